//! From entries to columns: take addresses apart, gather groups, number everything in the order of the answer, sort.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use rayon::prelude::*;

use super::columns::{Columns, FormRow, Group, NONE, Numbers, Role, StartRow, StoredName, fixed};
use super::earlier::{self, EarlierRow};
use super::entry::{Division, Entry};
use super::first_signs::FirstSigns;
use super::forms::{self, Form};
use super::known_texts::KnownTexts;
use super::lexicon;
use super::postings::postings;
use super::score::layer_order;
use super::sounds::Sounds;
use super::texts::TextsBuilder;
use crate::domain::{FeatureId, Layer, NameKind};
use crate::language::search_key;

/// An entry with its displayed address and the place of the number in it.
struct Prepared<'a> {
    entry: &'a Entry,
    address: Option<Cow<'a, str>>,
    number: Option<(usize, usize)>,
    was: Option<Was<'a>>,
}

/// Of what is not called so any more, or is no more.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Was<'a> {
    is_ended: bool,
    since: Option<NaiveDate>,
    /// Language of the earlier name.
    lang: &'a str,
    /// What it is called now.
    now: Option<&'a str>,
}

/// What the members of a group have in common.
#[derive(PartialEq, Eq, Hash)]
enum Common<'a> {
    Street {
        layer: Layer,
        rank: u8,
        division: Option<&'a Division>,
        before: &'a str,
        after: &'a str,
        road: Option<&'a str>,
        lane: Option<&'a str>,
        was: Option<Was<'a>>,
    },
    Place {
        division: Option<&'a Division>,
        name: &'a str,
        names: Vec<(&'a str, &'a str, NameKind)>,
        codes: Vec<&'a str>,
        was: Option<Was<'a>>,
    },
}

struct Gathered<'a> {
    model: &'a Prepared<'a>,
    rank: u8,
    is_one_place: bool,
    numbered: bool,
    shortest_number_chars: u32,
    forms: Vec<Form>,
    shortest_form_chars: u32,
}

/// Of several entries with one id the last is kept; an entry without any text is left out.
pub(super) fn columns(entries: &[Entry]) -> Columns {
    let (kept, by_id) = last_of_each_id(entries);
    let earlier: Vec<EarlierRow<'_>> = kept.par_iter().flat_map_iter(|entry| earlier::rows(entry)).collect();
    let by_id = with_earlier(by_id, &kept, &earlier);
    let features = kept.len();
    let now = kept.par_iter().map(|entry| prepare(entry, ended(entry)));
    let prepared: Vec<Prepared<'_>> = now.chain(earlier.par_iter().map(|row| prepare(&row.entry, Some(was(row))))).collect();
    let (mut gathered, group_of) = gather(&prepared);
    gathered.par_iter_mut().for_each(Gathered::make_forms);

    let mut known: HashMap<&str, u32> = HashMap::new();
    let number_of: Vec<u32> = prepared
        .iter()
        .map(|entry| {
            let next = known.len() as u32;
            entry.stored_number().map_or(NONE, |number| *known.entry(number).or_insert(next))
        })
        .collect();
    let (numbers, renumbered) = numbers(known);
    let number_of: Vec<u32> = number_of.into_iter().map(|number| renumbered.get(number as usize).copied().unwrap_or(NONE)).collect();
    for (group, number) in group_of.iter().zip(&number_of) {
        let group = &mut gathered[*group as usize];
        if group.numbered {
            group.shortest_number_chars = group.shortest_number_chars.min(numbers.chars[*number as usize]);
        }
    }
    gathered.iter_mut().filter(|group| !group.numbered).for_each(|group| group.shortest_number_chars = 0);

    // groups without a text come last and are dropped
    let mut order: Vec<u32> = (0..gathered.len() as u32).collect();
    order.par_sort_unstable_by(|a, b| {
        let [a, b] = [a, b].map(|group| &gathered[*group as usize]);
        a.key().cmp(&b.key()).then_with(|| a.first_text().cmp(&b.first_text())).then_with(|| a.model.entry.id.cmp(&b.model.entry.id))
    });
    let mut place_of = vec![NONE; gathered.len()];
    for (place, group) in order.iter().enumerate() {
        place_of[*group as usize] = place as u32;
    }
    let dropped_from = order.iter().position(|group| gathered[*group as usize].forms.is_empty()).unwrap_or(order.len());
    order.truncate(dropped_from);

    let members = members(&prepared, |entry| place_of[group_of[entry] as usize], &number_of, dropped_from);
    let mut place_of_entry = vec![NONE; prepared.len()];
    for (place, member) in members.iter().enumerate() {
        place_of_entry[*member as usize] = place as u32;
    }

    let mut columns = Columns { numbers, ..Columns::default() };
    columns.features = place_of_entry[..features].iter().filter(|place| **place != NONE).count();
    columns.ids = members.iter().map(|member| prepared[*member as usize].entry.id).collect();
    columns.number = members.iter().map(|member| number_of[*member as usize]).collect();
    columns.positions = members.iter().map(|member| fixed(prepared[*member as usize].entry.position)).collect();
    columns.by_id = by_id.into_iter().map(|entry| place_of_entry[entry as usize]).filter(|place| *place != NONE).collect();
    columns.by_id.shrink_to_fit();
    let line = |(place, member): (usize, &u32)| Some((place as u32, prepared[*member as usize].entry.line.clone()?));
    columns.lines = members.iter().enumerate().filter_map(line).collect();
    let firsts = members.iter().map(|member| place_of[group_of[*member as usize] as usize]);
    add_groups(&mut columns, &order, &gathered, firsts);
    add_forms(&mut columns, &order, &gathered);
    sort_starts(&mut columns);
    columns.postings = postings(&columns);
    columns.sounds = Sounds::of(&columns);
    columns.lexicon = lexicon::of(&columns);
    columns
}

/// The entries that count, in their order, and their places ascending by id.
fn last_of_each_id(entries: &[Entry]) -> (Vec<&Entry>, Vec<u32>) {
    // keys beside the places: sorting a million scattered entries would wait for memory most of the time
    let mut order: Vec<(FeatureId, u32)> = (0..).zip(entries).map(|(place, entry)| (entry.id, place)).collect();
    order.par_sort_unstable();
    let mut kept_place = vec![NONE; entries.len()];
    let is_last = |place: usize| order.get(place + 1).is_none_or(|next| next.0 != order[place].0);
    let last: Vec<u32> = (0..order.len()).filter(|place| is_last(*place)).map(|place| order[place].1).collect();
    last.iter().for_each(|entry| kept_place[*entry as usize] = 0);
    let mut kept = Vec::with_capacity(last.len());
    for (entry, place) in entries.iter().zip(&mut kept_place).filter(|(_, place)| **place == 0) {
        *place = kept.len() as u32;
        kept.push(entry);
    }
    let by_id = last.into_iter().map(|entry| kept_place[entry as usize]).collect();
    (kept, by_id)
}

/// The places with those of the earlier names, which follow the entries, behind what they are of.
fn with_earlier(by_id: Vec<u32>, kept: &[&Entry], earlier: &[EarlierRow<'_>]) -> Vec<u32> {
    if earlier.is_empty() {
        return by_id;
    }
    let mut rows: HashMap<FeatureId, Vec<u32>> = HashMap::new();
    for (place, row) in (kept.len() as u32..).zip(earlier) {
        rows.entry(row.of.id).or_default().push(place);
    }
    let whole = |entry: u32| std::iter::once(entry).chain(rows.get(&kept[entry as usize].id).into_iter().flatten().copied());
    by_id.into_iter().flat_map(whole).collect()
}

/// The entries of the first groups, ascending by group, number and id.
fn members(prepared: &[Prepared<'_>], group: impl Fn(usize) -> u32 + Sync, number_of: &[u32], groups: usize) -> Vec<u32> {
    let key = |entry: usize| u64::from(group(entry)) << 32 | u64::from(number_of[entry]);
    let all = (0..prepared.len()).into_par_iter().filter(|entry| (group(*entry) as usize) < groups);
    let mut members: Vec<(u64, FeatureId, u32)> = all.map(|entry| (key(entry), prepared[entry].entry.id, entry as u32)).collect();
    members.par_sort_unstable();
    members.into_iter().map(|(_, _, entry)| entry).collect()
}

fn ended(entry: &Entry) -> Option<Was<'_>> {
    entry.ended().map(|day| Was { is_ended: true, since: Some(day), lang: "", now: None })
}

fn was<'a>(row: &'a EarlierRow<'_>) -> Was<'a> {
    let now = row.of.name.as_deref().or(row.of.road.as_deref());
    Was { is_ended: false, since: row.since, lang: row.lang, now }
}

fn prepare<'a>(entry: &'a Entry, was: Option<Was<'a>>) -> Prepared<'a> {
    let address = forms::address(entry);
    let shares = entry.name.is_none() && entry.names.is_empty() && entry.codes.is_empty();
    let split = address.as_deref().filter(|_| shares).and_then(|address| forms::split(address, entry.number.as_deref()));
    let number = split.map(|split| (split.before.len(), split.before.len() + split.number.len()));
    Prepared { entry, address, number, was }
}

impl<'a> Prepared<'a> {
    /// The address before, at and after the number.
    fn pieces(&'a self) -> Option<[&'a str; 3]> {
        let (start, end) = self.number?;
        let address = self.address.as_deref()?;
        Some([&address[..start], &address[start..end], &address[end..]])
    }

    fn stored_number(&'a self) -> Option<&'a str> {
        self.pieces().map(|pieces| pieces[1]).or(self.entry.number.as_deref())
    }

    fn common(&'a self) -> Option<Common<'a>> {
        let entry = self.entry;
        let division = entry.division.as_deref();
        if let Some([before, _, after]) = self.pieces() {
            let (road, lane) = (entry.road.as_deref(), entry.lane.as_deref());
            return Some(Common::Street { layer: entry.layer, rank: entry.rank, division, before, after, road, lane, was: self.was });
        }
        let is_road = entry.layer == Layer::Roads && self.address.is_none();
        let name = entry.name.as_deref().filter(|_| is_road)?;
        let names = entry.names.iter().map(|name| (name.text.as_str(), name.lang.as_str(), name.kind)).collect();
        Some(Common::Place { division, name, names, codes: entry.codes.iter().map(Arc::as_ref).collect(), was: self.was })
    }
}

/// The groups, and to which of them each entry belongs.
fn gather<'a>(prepared: &'a [Prepared<'a>]) -> (Vec<Gathered<'a>>, Vec<u32>) {
    let mut known: HashMap<Common<'a>, u32> = HashMap::new();
    let mut gathered: Vec<Gathered<'a>> = Vec::new();
    let mut group_of = Vec::with_capacity(prepared.len());
    for model in prepared {
        let common = model.common();
        let is_one_place = matches!(common, Some(Common::Place { .. }));
        let next = gathered.len() as u32;
        let group = common.map_or(next, |common| *known.entry(common).or_insert(next));
        if group == next {
            gathered.push(Gathered {
                model,
                rank: model.entry.rank,
                is_one_place,
                numbered: model.number.is_some(),
                shortest_number_chars: u32::MAX,
                forms: Vec::new(),
                shortest_form_chars: 0,
            });
        } else {
            // the pieces of a road may differ in class: it counts as the best of them
            let rank = &mut gathered[group as usize].rank;
            *rank = (*rank).min(model.entry.rank);
        }
        group_of.push(group);
    }
    (gathered, group_of)
}

impl Gathered<'_> {
    fn make_forms(&mut self) {
        let entry = self.model.entry;
        self.forms = match self.model.pieces() {
            Some([before, _, after]) => forms::street_forms(before, after, entry.road.as_deref(), entry.lane.as_deref()),
            None => forms::own_forms(entry),
        };
        self.shortest_form_chars = self.forms.iter().map(form_chars).min().unwrap_or(0);
    }

    fn key(&self) -> (bool, bool, u8, u8, u32) {
        let shortest = self.shortest_form_chars + self.shortest_number_chars;
        (self.forms.is_empty(), self.model.was.is_some(), layer_order(self.model.entry.layer), self.rank, shortest)
    }

    fn first_text(&self) -> (&str, &str) {
        self.forms.first().map_or(("", ""), |form| (&form.before, &form.after))
    }
}

fn form_chars(form: &Form) -> u32 {
    (form.before.chars().count() + form.after.chars().count()) as u32
}

/// The numbers in their order, and the new number of each old one.
fn numbers(known: HashMap<&str, u32>) -> (Numbers, Vec<u32>) {
    let mut all: Vec<(u32, String, &str, u32)> = known
        .into_par_iter()
        .map(|(displayed, old)| {
            let key = search_key(displayed).into_string();
            (key.chars().count() as u32, key, displayed, old)
        })
        .collect();
    all.par_sort_unstable();
    let mut numbers = Numbers::default();
    let mut renumbered = vec![0; all.len()];
    for (place, (chars, key, displayed, old)) in all.iter().enumerate() {
        numbers.keys.push(key);
        numbers.displayed.push(displayed);
        numbers.chars.push(*chars);
        numbers.signs.extend(key.chars());
        renumbered[*old as usize] = place as u32;
        if numbers.signs.len() > 1 << 16 {
            numbers.signs.sort_unstable();
            numbers.signs.dedup();
        }
    }
    numbers.signs.sort_unstable();
    numbers.signs.dedup();
    numbers.firsts = FirstSigns::of(all.iter().map(|(_, key, ..)| key.as_str()));
    numbers.by_key = (0..all.len() as u32).collect();
    numbers.by_key.par_sort_by(|a, b| numbers.keys.get(*a).cmp(numbers.keys.get(*b)));
    numbers.place = vec![0; all.len()];
    for (place, number) in numbers.by_key.iter().enumerate() {
        numbers.place[*number as usize] = place as u32;
    }
    (numbers, renumbered)
}

fn add_groups(columns: &mut Columns, order: &[u32], gathered: &[Gathered<'_>], group_of_member: impl Iterator<Item = u32>) {
    let mut texts = TextsBuilder::default();
    let mut divisions: HashMap<&Division, u32> = HashMap::new();
    for group in order {
        let group = &gathered[*group as usize];
        let entry = group.model.entry;
        let next = columns.divisions.len() as u32;
        let division = entry.division.as_ref().map_or(NONE, |division| {
            *divisions.entry(division).or_insert_with(|| {
                columns.divisions.push(division.clone());
                next
            })
        });
        let names_first = columns.names.len() as u32;
        let mut name = |text: &str, lang: &str, role| columns.names.push(StoredName { text: texts.add(text), lang: texts.add(lang), role });
        if let Some(text) = entry.name.as_deref() {
            name(text, group.model.was.map_or("", |was| was.lang), Role::Main);
        }
        entry.names.iter().for_each(|further| name(&further.text, &further.lang, Role::Further(further.kind)));
        entry.codes.iter().for_each(|code| name(code, "", Role::Code));
        entry.status.iter().for_each(|status| name(status, "", Role::Status));
        let address = group.model.address.as_deref();
        let [before, _, after] = group.model.pieces().unwrap_or([address.unwrap_or(""), "", ""]);
        let mut text = |text: Option<&str>| text.map_or(NONE, |text| texts.add(text));
        columns.groups.push(Group {
            layer: entry.layer,
            rank: group.rank,
            is_former: group.model.was.is_some(),
            is_ended: group.model.was.is_some_and(|was| was.is_ended),
            since: group.model.was.and_then(|was| was.since),
            is_one_place: group.is_one_place,
            numbered: group.numbered,
            has_address: address.is_some(),
            division,
            first: 0,
            names_first,
            road: text(entry.road.as_deref()),
            lane: text(entry.lane.as_deref()),
            address_before: text(Some(before)),
            address_after: text(Some(after)),
            shortest_number_chars: group.shortest_number_chars,
            shortest_form: NONE,
            shortest_form_chars: group.shortest_form_chars,
            extent: [i32::MAX, i32::MAX, i32::MIN, i32::MIN],
        });
    }
    columns.texts = texts.finish();
    let mut last = NONE;
    for (member, group) in group_of_member.enumerate() {
        let row = &mut columns.groups[group as usize];
        if group != last {
            row.first = member as u32;
            last = group;
        }
        let [lon, lat] = columns.positions[member];
        if lon != i32::MIN {
            let [west, south, east, north] = row.extent;
            row.extent = [west.min(lon), south.min(lat), east.max(lon), north.max(lat)];
        }
    }
    columns.names.shrink_to_fit();
    columns.groups.shrink_to_fit();
}

fn add_forms(columns: &mut Columns, order: &[u32], gathered: &[Gathered<'_>]) {
    let mut all: Vec<(u32, &Form, u32)> = Vec::new();
    for (place, group) in order.iter().enumerate() {
        let group = &gathered[*group as usize];
        all.extend(group.forms.iter().map(|form| (place as u32, form, form_chars(form) + group.shortest_number_chars)));
    }
    let groups = &columns.groups;
    all.par_sort_unstable_by(|(group_a, a, chars_a), (group_b, b, chars_b)| {
        let key = |group: &u32, chars: &u32| {
            let row = &groups[*group as usize];
            (row.is_former, layer_order(row.layer), row.rank, *chars, *group)
        };
        key(group_a, chars_a).cmp(&key(group_b, chars_b)).then_with(|| (a.part, &a.before, &a.after).cmp(&(b.part, &b.before, &b.after)))
    });
    let mut keys = TextsBuilder::default();
    for (place, (group, form, _)) in all.into_iter().enumerate() {
        let place = place as u32;
        let row = FormRow { group, before: keys.add(&form.before), after: keys.add(&form.after), chars: form_chars(form), part: form.part };
        for start in &form.starts {
            let passed_chars = form.before[..start.offset_bytes].chars().count() as u32;
            let group = &columns.groups[group as usize];
            columns.starts.push(StartRow {
                form: place,
                offset_bytes: start.offset_bytes as u32,
                chars: row.chars - passed_chars + group.shortest_number_chars,
                part: start.part,
                is_former: group.is_former,
                layer_order: layer_order(group.layer),
                rank: group.rank,
            });
        }
        let group = &mut columns.groups[group as usize];
        if group.shortest_form == NONE {
            group.shortest_form = place;
        }
        if group.numbered {
            columns.by_end.push(place);
            if !form.after.is_empty() {
                columns.by_after.push(place);
            }
        } else {
            columns.by_end_whole.push(place);
        }
        columns.longest_form_chars = columns.longest_form_chars.max(row.chars);
        columns.forms.push(row);
    }
    columns.keys = keys.finish();
    columns.forms.shrink_to_fit();
    columns.starts.shrink_to_fit();
    columns.by_end.shrink_to_fit();
    columns.by_end_whole.shrink_to_fit();
    columns.by_after.shrink_to_fit();
}

fn sort_starts(columns: &mut Columns) {
    let Columns { keys, forms, starts, by_end, by_end_whole, by_after, after_firsts, start_texts, .. } = columns;
    let before = |form: u32| keys.get(forms[form as usize].before);
    starts.par_sort_unstable_by(|a, b| {
        let [text_a, text_b] = [a, b].map(|start| &before(start.form)[start.offset_bytes as usize..]);
        text_a.cmp(text_b).then_with(|| (a.form, a.offset_bytes).cmp(&(b.form, b.offset_bytes)))
    });
    *start_texts = KnownTexts::of(starts.len(), starts.iter().map(|start| &before(start.form).as_bytes()[start.offset_bytes as usize..]));
    let backwards = |a: &u32, b: &u32| before(*a).bytes().rev().cmp(before(*b).bytes().rev()).then_with(|| a.cmp(b));
    by_end.par_sort_unstable_by(backwards);
    by_end_whole.par_sort_unstable_by(backwards);
    let after = |form: u32| keys.get(forms[form as usize].after);
    by_after.par_sort_unstable_by(|a, b| after(*a).cmp(after(*b)).then_with(|| a.cmp(b)));
    *after_firsts = FirstSigns::of(by_after.iter().map(|form| after(*form)));
}
