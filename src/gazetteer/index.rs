//! The index as others see it: a large base, small tiers of changes over it, and the answer from all.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::altered::find_altered;
use super::answer::{Answer, Former, Hit, Kind, Match, Part, Place, Query};
use super::best::{Found, LIMIT_MAX};
use super::by_parts::find_by_parts;
use super::columns::{Columns, Group, Role, StoredName, degrees};
use super::entry::Entry;
use super::find::find;
use super::gather::Gathering;
use super::own;
use super::score::Order;
use super::tier::{self, Tier};
use crate::domain::{FeatureId, Layer, NameKind};
use crate::language::search_key;

/// Rows looked at before a search gives up and says so. No question of the bench reaches it.
const WORK_LIMIT: u32 = 500_000;

/// What [`Index::search_if_easy`] does at most: rows looked at (about 0.1 ms), bytes of the text, hits, tiers asked.
const EASY_WORK: u32 = 2_000;
const EASY_TEXT_BYTES: usize = 200;
const EASY_HITS: usize = 10;
const EASY_TIERS: usize = 8;

/// Changes that a snapshot carries before it should be merged: what they replace is still looked at and passed over.
const DELTA_MAX: usize = 16_384;

/// An immutable snapshot of everything that can be found. Cloning it costs nothing.
#[derive(Clone, Default)]
pub struct Index {
    /// The base, then the changes, the newest last. Empty: nothing.
    tiers: Arc<Vec<Tier>>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("entries", &self.len()).field("bytes", &self.memory_bytes()).finish()
    }
}

/// A way of finding: columns, query, entries that do not count, work limit; the hits and whether it gave up.
type Find = fn(&Columns, &Query, &[u32], u32) -> (Vec<Found>, bool);

/// A hit before it is cut to the limit.
struct Candidate<'a> {
    columns: &'a Columns,
    found: Found,
}

impl Index {
    /// Of several entries with one id the last counts. Entries without name, code or address cannot be found.
    pub fn build(entries: Vec<Entry>) -> Self {
        Self { tiers: Arc::new(vec![Tier::of(&entries)]) }
    }

    /// Of entries that were gathered, in several parts: as if all those of the first had been added before those of the second.
    pub fn of(parts: Vec<Gathering>) -> Self {
        Self { tiers: Arc::new(vec![Tier::gathered(Gathering::joined(parts))]) }
    }

    /// How many features can be found, those that are no more among them.
    pub fn len(&self) -> usize {
        self.tiers.iter().map(Tier::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry of an id as it was given, save that the position is kept to 1e-7 degrees, an address made of parts is
    /// written out, and a number holds what follows it in the address.
    pub fn get(&self, id: &FeatureId) -> Option<Entry> {
        self.locate(id).map(|(columns, entry)| columns.entry(entry))
    }

    /// How a feature found in another way (nearest to a point) is shown.
    pub fn place(&self, id: &FeatureId, lang: &str) -> Option<Place> {
        self.locate(id).map(|(columns, entry)| place(columns, columns.group_of(entry), entry, lang))
    }

    fn locate(&self, id: &FeatureId) -> Option<(&Columns, u32)> {
        self.tiers.iter().rev().find_map(|tier| Some((&*tier.columns, tier.find(id)?)))
    }

    /// The best hits in the order that `score` defines. Never fails: a text that means nothing finds nothing.
    ///
    /// What is not quite the text asked for (other order, another sound, a typo, another number) is looked for only when nothing is
    /// exactly it, the answer is not full and the first search came to its end; while a text is being typed only when it
    /// finds nothing.
    pub fn search(&self, query: &Query) -> Answer {
        let (mut all, mut truncated) = self.candidates(query, find, WORK_LIMIT);
        if !truncated && is_open(&all, query) {
            for find in [find_by_parts, find_altered] {
                let (more, gave_up) = self.candidates(query, find, WORK_LIMIT);
                truncated |= gave_up;
                add(&mut all, more);
                if all.iter().any(|candidate| candidate.found.order.kind == Kind::Rearranged) {
                    break;
                }
            }
            all.sort_by(Candidate::cmp);
            all.truncate(query.limit);
        }
        answer(all, query, truncated)
    }

    /// The answer of [`Index::search`] where little work is sure to give it, so for threads on which nothing may take long: the text
    /// is short, and what it says is there as written. `None`: it takes [`Index::search`] to tell.
    pub fn search_if_easy(&self, query: &Query) -> Option<Answer> {
        let is_small = query.text.len() <= EASY_TEXT_BYTES && query.limit <= EASY_HITS && self.tiers.len() <= EASY_TIERS;
        // who asks for a division has all groups looked through for it
        if !is_small || query.division.is_some() {
            return None;
        }
        let (all, gave_up) = self.candidates(query, find, EASY_WORK / self.tiers.len().max(1) as u32);
        (!gave_up && !is_open(&all, query)).then(|| answer(all, query, false))
    }

    /// The best of all tiers, in order.
    fn candidates(&self, query: &Query, find: Find, work_limit: u32) -> (Vec<Candidate<'_>>, bool) {
        let mut all: Vec<Candidate<'_>> = Vec::new();
        let mut truncated = false;
        for tier in self.tiers.iter() {
            let (found, gave_up) = find(&tier.columns, query, &tier.removed, work_limit);
            truncated |= gave_up;
            let known = all.len();
            for candidate in found.into_iter().map(|found| Candidate { columns: &tier.columns, found }) {
                match all[..known].iter_mut().find(|known| known.is_same_place(&candidate)) {
                    Some(known) => known.join(candidate),
                    None => all.push(candidate),
                }
            }
        }
        all.sort_by(Candidate::cmp);
        all.truncate(query.limit.min(LIMIT_MAX));
        (all, truncated)
    }

    /// The snapshot after these changes; an upserted entry replaces the one with its id.
    pub fn with_changes(&self, removed: &[FeatureId], upserted: Vec<Entry>) -> Self {
        if self.is_empty() {
            return Self::build(upserted);
        }
        let changed: HashSet<&FeatureId> = removed.iter().chain(upserted.iter().map(|entry| &entry.id)).collect();
        let tiers = self.tiers.iter().map(|tier| tier.without(&changed)).collect();
        Self { tiers: Arc::new(tier::with_newest(tiers, upserted)) }
    }

    /// The ids of all entries of a layer, those that are no more among them.
    pub fn ids(&self, layer: Layer) -> Vec<FeatureId> {
        let of_tier = |tier: &Tier| tier.ids(layer);
        self.tiers.iter().flat_map(of_tier).collect()
    }

    /// Whether there are so many changes that [`Index::merged`] pays.
    pub fn needs_merge(&self) -> bool {
        let changed: usize = self.tiers.iter().skip(1).map(Tier::len).sum();
        changed + self.tiers.first().map_or(0, |base| base.removed.len()) > DELTA_MAX
    }

    /// The same entries as one base. Takes as long as building anew: seconds for a million, so not where a change waits.
    pub fn merged(&self) -> Self {
        Self::of(vec![self.gathered(|_| true)])
    }

    /// One base, in which these are all entries of the layer.
    pub fn with_layer(&self, layer: Layer, parts: Vec<Gathering>) -> Self {
        let others = self.gathered(|entry| entry.layer != layer);
        Self::of(std::iter::once(others).chain(parts).collect())
    }

    fn gathered(&self, wanted: impl Fn(&Entry) -> bool) -> Gathering {
        let mut all = Gathering::default();
        self.tiers.iter().flat_map(Tier::entries).filter(wanted).for_each(|entry| all.add(&entry));
        all
    }

    /// Bytes of all columns.
    pub fn memory_bytes(&self) -> usize {
        self.tiers.iter().map(Tier::memory_bytes).sum()
    }
}

/// Whether what is not quite the text asked for is looked for too.
fn is_open(all: &[Candidate<'_>], query: &Query) -> bool {
    let is_known = all.iter().any(|candidate| candidate.found.order.kind == Kind::Exact);
    let is_full = all.len() >= query.limit.min(LIMIT_MAX);
    !is_known && !is_full && (all.is_empty() || !query.unfinished)
}

fn answer(mut all: Vec<Candidate<'_>>, query: &Query, truncated: bool) -> Answer {
    without_successors(&mut all);
    let key = if query.reasons { search_key(&query.text).into_string() } else { String::new() };
    let hits = all.iter().map(|candidate| candidate.hit(query, &key)).collect();
    Answer { hits, truncated }
}

/// What is no more is not told where the same name or address of today is told before it: editions that call a feature by another id
/// end it and begin it anew.
fn without_successors(all: &mut Vec<Candidate<'_>>) {
    if !all.iter().any(|candidate| candidate.row().is_ended) {
        return;
    }
    let name = |candidate: &Candidate<'_>| {
        (candidate.row().layer, place(candidate.columns, candidate.found.group, candidate.found.entry, "zh").label)
    };
    let mut known: HashSet<(Layer, String)> = HashSet::new();
    all.retain(|candidate| known.insert(name(candidate)) || !candidate.row().is_ended);
}

/// What is there already stays as it is unless it is met better now.
fn add<'a>(all: &mut Vec<Candidate<'a>>, more: Vec<Candidate<'a>>) {
    let known = all.len();
    for candidate in more {
        match all[..known].iter().position(|other| other.id() == candidate.id() || other.is_same_place(&candidate)) {
            None => all.push(candidate),
            Some(other) if candidate.cmp(&all[other]) == Ordering::Less => all[other] = candidate,
            Some(_) => {}
        }
    }
}

impl Candidate<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let text = |candidate: &Self| candidate.columns.displayed(candidate.found.group, candidate.found.entry).concat();
        Order::cmp(&self.found.order, &other.found.order).then_with(|| text(self).cmp(&text(other))).then_with(|| self.id().cmp(other.id()))
    }

    fn id(&self) -> &FeatureId {
        &self.columns.ids[self.found.entry as usize]
    }

    fn row(&self) -> &Group {
        &self.columns.groups[self.found.group as usize]
    }

    /// What it is called now, where the text met is an earlier name.
    fn now(&self) -> Option<[&str; 3]> {
        let own = self.columns.now(self.found.entry)?;
        Some(self.columns.displayed(self.columns.group_of(own), own))
    }

    /// Its earlier name, where that is still its name in another language and the text is just that.
    fn shown_before(&self, query: &Query) -> Option<(u32, u32)> {
        let columns = self.columns;
        if self.found.matched != (Match { kind: Kind::Exact, part: Part::OtherName }) {
            return None;
        }
        let key = search_key(&query.text);
        let earlier = columns.all_of(self.id()).iter().skip(1).map(|row| (columns.group_of(*row), *row));
        earlier.into_iter().find(|(group, row)| search_key(&columns.displayed(*group, *row).concat()) == key)
    }

    /// Pieces of one road, some of which have changed.
    fn is_same_place(&self, other: &Self) -> bool {
        let (row, other_row) = (self.row(), other.row());
        let division = |candidate: &Self, division: u32| candidate.columns.divisions.get(division as usize).cloned();
        row.is_one_place
            && other_row.is_one_place
            && division(self, row.division) == division(other, other_row.division)
            && (row.is_former, row.is_ended, row.since) == (other_row.is_former, other_row.is_ended, other_row.since)
            && self.names().eq(other.names())
            && (!row.is_former || self.now() == other.now())
    }

    fn names(&self) -> impl Iterator<Item = (&str, &str, Role)> {
        let texts = &self.columns.texts;
        self.columns.names_of(self.found.group).iter().map(|name| (texts.get(name.text), texts.get(name.lang), name.role))
    }

    fn join(&mut self, other: Self) {
        let features = self.found.features + other.found.features;
        if other.cmp(self) == Ordering::Less {
            *self = other;
        }
        self.found.features = features;
    }

    /// `key`: the search key of the query, where reasons are asked for.
    fn hit(&self, query: &Query, key: &str) -> Hit {
        let Found { order, matched, entry, group, features, at, road_was } = self.found;
        let columns = self.columns;
        let parts = if query.reasons { own::parts(columns, &self.found, &query.text, key) } else { Vec::new() };
        let own = columns.now(entry).unwrap_or(entry);
        let mut place = place(columns, columns.group_of(own), own, &query.lang);
        let met_by = road_was.map(|was| (was, columns.groups[was as usize].first)).or((own != entry).then_some((group, entry)));
        let met_by = met_by.or_else(|| self.shown_before(query));
        let former = met_by
            .map(|(group, entry)| Former { name: columns.displayed(group, entry).concat(), since: columns.groups[group as usize].since });
        let matched = if former.is_some() { Match { part: Part::FormerName, ..matched } } else { matched };
        if let Some(at) = at {
            place.put_at(at);
        }
        let error_m = at.map(|at| at.error_m.ceil());
        Hit { place, matched, score: order.score(), parts, weights: order.weights(), former, error_m, features }
    }
}

fn place(columns: &Columns, group: u32, entry: u32, lang: &str) -> Place {
    let row = &columns.groups[group as usize];
    let names = columns.names_of(group).iter();
    let text = |name: &StoredName| columns.texts.get(name.text).to_owned();
    let is_english =
        |name: &&StoredName| name.role == Role::Further(NameKind::Official) && columns.texts.get(name.lang).split('-').next() == Some("en");
    let name = names.clone().find(|name| name.role == Role::Main).map(text);
    let name_en = names.clone().find(is_english).map(text);
    let address = columns.address(group, entry);
    let status = if row.is_ended { Some("cancelled".to_owned()) } else { names.clone().find(|name| name.role == Role::Status).map(text) };
    let cancelled_on = row.since.filter(|_| row.is_ended);
    let division = columns.divisions.get(row.division as usize).cloned();

    let both = if lang.starts_with("zh") { [&name, &name_en] } else { [&name_en, &name] };
    let mut label = match both {
        [Some(first), Some(second)] if first != second => format!("{first} ({second})"),
        [Some(one), _] | [None, Some(one)] => one.clone(),
        [None, None] => address.clone().unwrap_or_else(|| columns.displayed(group, entry).concat()),
    };
    if let Some(division) = division.as_ref().filter(|division| !division.name.is_empty() && !label.contains(division.name.as_ref())) {
        label = format!("{label}, {}", division.name);
    }
    let position = degrees(columns.positions[entry as usize]);
    Place { label, name, name_en, layer: row.layer, id: columns.ids[entry as usize], address, status, cancelled_on, division, position }
}
