//! What features were called before, and which are no more, from what the register said of them: for the search index.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use anyhow::Result;
use chrono::NaiveDate;

use super::Settings;
use super::build::{Footprints, convert};
use crate::domain::{FeatureId, Layer, NameKind};
use crate::gazetteer::{Earlier, Entry, Past, Said};
use crate::language::search_key;
use crate::spatial::LayerIndex;
use crate::store::{EarlierRow, SnapshotRow};

/// The earlier wordings of the features that have any.
pub(super) type History = HashMap<FeatureId, Vec<EarlierRow>>;

pub(super) fn by_feature(rows: Vec<EarlierRow>) -> History {
    let mut history = History::new();
    for row in rows {
        history.entry(row.row.id).or_default().push(row);
    }
    history
}

/// What the feature of this entry was called before, and since when it is called what it is. `rows` of other regions do not count.
pub(super) fn past(entry: &Entry, region: &str, rows: &[EarlierRow], hidden: Option<&HashSet<String>>) -> Option<Box<Past>> {
    let rows = rows.iter().filter(|row| *row.row.region == *region);
    let wordings: Vec<Wording<'_>> = rows.map(|row| Wording { row, entry: entry_of(entry.layer, &row.row, hidden) }).collect();
    let now_from = wordings.first()?.row.now_from;
    let mut facets = vec![Facet::Name, Facet::Address];
    for name in wordings.iter().flat_map(|wording| &wording.entry.names).filter(|name| name.kind == NameKind::Official) {
        let facet = Facet::NameIn(&name.lang);
        if !facets.contains(&facet) {
            facets.push(facet);
        }
    }
    let mut earlier: Vec<Earlier> = Vec::new();
    for facet in facets {
        let now = facet.key(entry);
        let others: Vec<&Wording<'_>> = wordings.iter().filter(|wording| facet.key(&wording.entry) != now).collect();
        if others.is_empty() {
            continue;
        }
        let since = since(now_from, &wordings, |wording| facet.key(&wording.entry) == now);
        let said = others.into_iter().filter_map(|wording| facet.said(&wording.entry));
        earlier.extend(said.map(|said| Earlier { said, since }));
    }
    (!earlier.is_empty()).then(|| Box::new(Past { earlier, ended: None }))
}

/// The entries of the features that are no more, for `found`: `history` without those that hold today.
pub(super) fn ended(
    settings: &Settings,
    layer: Layer,
    history: History,
    divisions: &LayerIndex,
    found: &mut dyn FnMut(&Arc<str>, Entry),
) -> Result<()> {
    let (mut last, mut before) = (Vec::new(), HashMap::new());
    for (id, mut rows) in history {
        let standing = (0..rows.len()).filter(|place| rows[*place].recorded_until.is_none());
        // one that comes twice comes once with its place
        let newest = standing.max_by_key(|place| (rows[*place].validity.to, rows[*place].row.geometry.is_some()));
        if let Some((row, Some(on))) = newest.map(|place| rows.swap_remove(place)).map(|row| (row.row, row.validity.to)) {
            last.push(row);
            before.insert(id, (rows, on));
        }
    }
    let hidden = settings.publicity.get(&layer).map(|publicity| &publicity.hidden);
    let mut whole = |region: &Arc<str>, mut entry: Entry| {
        if let Some((rows, on)) = before.get(&entry.id) {
            let mut known = past(&entry, region, rows, hidden).unwrap_or_default();
            known.ended = Some(*on);
            entry.past = Some(known);
            found(region, entry);
        }
    };
    convert(settings, layer, last, &Footprints::new(), divisions, &History::new(), &mut whole)?;
    Ok(())
}

struct Wording<'a> {
    row: &'a EarlierRow,
    entry: Entry,
}

/// One thing that a feature is called by.
#[derive(Clone, Copy, PartialEq)]
enum Facet<'a> {
    Name,
    /// The official name in another language.
    NameIn(&'a str),
    Address,
}

impl Facet<'_> {
    fn said(self, entry: &Entry) -> Option<Said> {
        match self {
            Facet::Name => Some(Said::Name { text: entry.name.clone()?, lang: "".into() }),
            Facet::NameIn(lang) => {
                let name = entry.names.iter().find(|name| name.kind == NameKind::Official && name.lang == lang)?;
                Some(Said::Name { text: name.text.as_str().into(), lang: lang.into() })
            }
            Facet::Address if entry.layer != Layer::DoorPlates => None,
            Facet::Address => entry.full_address().map(|_| Said::Address {
                address: entry.address.clone(),
                road: entry.road.clone(),
                lane: entry.lane.clone(),
                number: entry.number.clone(),
            }),
        }
    }

    /// Equal where nobody would call it another name.
    fn key(self, entry: &Entry) -> Option<String> {
        let key = |text: &str| search_key(text).into_string();
        match self.said(entry)? {
            Said::Name { text, .. } => Some(key(&text)),
            Said::Address { .. } => entry.full_address().map(|address| key(&address)),
        }
    }
}

fn entry_of(layer: Layer, row: &SnapshotRow, hidden: Option<&HashSet<String>>) -> Entry {
    Entry::of(layer, row.id, row.name.as_deref(), &row.names, &row.fields, hidden).unwrap_or_else(|| Entry::new(layer, row.id))
}

/// Since when it is called so: the first day of the unbroken run of versions that say so; or, where the very version that begins the
/// run said something else before, the day on which that was changed.
fn since(now_from: Option<NaiveDate>, wordings: &[Wording<'_>], says_so: impl Fn(&Wording<'_>) -> bool) -> Option<NaiveDate> {
    let mut standing: Vec<&Wording<'_>> = wordings.iter().filter(|wording| wording.row.recorded_until.is_none()).collect();
    standing.sort_by_key(|wording| std::cmp::Reverse(wording.row.validity.to));
    let run = standing.into_iter().take_while(|wording| says_so(wording));
    let from = run.map(|wording| wording.row.validity.from).chain([now_from]).min().flatten();
    let changed = wordings.iter().filter(|wording| !says_so(wording) && wording.row.validity.from >= from);
    changed.filter_map(|wording| wording.row.recorded_until).max().or(from)
}
