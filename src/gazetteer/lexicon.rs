//! The register's names of divisions, roads, estates and places, as the address grammar wants them.

use std::collections::HashSet;

use super::columns::{Columns, NONE, Role};
use super::forms::divisions;
use super::own::division_kind;
use crate::domain::Layer;
use crate::language::address::{ElementKind, Lexicon};
use crate::language::{is_unspaced, search_key};

/// More signs than a name has that is part of an address: longer ones would only slow the grammar down.
const LONGEST_NAME: usize = 16;
/// Names of Western places have more letters.
const LONGEST_LATIN_NAME: usize = 40;

pub(super) fn of(columns: &Columns) -> Lexicon {
    let mut names: HashSet<(ElementKind, String)> = HashSet::new();
    let mut seen: HashSet<(u32, u32, u32)> = HashSet::new();
    for row in &columns.groups {
        let text = |text: u32| if text == NONE { "" } else { columns.texts.get(text) };
        if row.numbered && seen.insert((row.address_before, row.road, row.lane)) {
            let before = search_key(text(row.address_before)).into_string();
            let found = divisions(&before);
            for (place, (from, to)) in found.iter().enumerate() {
                let kind = division_kind(&before[*from..*to], place > 0);
                if kind != ElementKind::Group {
                    names.insert((kind, before[*from..*to].to_owned()));
                }
            }
            if row.road != NONE {
                let road = search_key(text(row.road)).into_string();
                let whole = road.strip_suffix('段').map(|rest| rest.trim_end_matches(|sign: char| sign.is_ascii_digit()));
                names.extend(whole.map(|whole| (ElementKind::Road, whole.to_owned())));
                names.insert((ElementKind::Road, road));
            }
            let lane = search_key(text(row.lane)).into_string();
            let end = lane.char_indices().find(|(_, sign)| matches!(sign, '巷' | '弄')).map(|(place, sign)| place + sign.len_utf8());
            if let Some(end) = end.filter(|_| !lane.starts_with(|sign: char| sign.is_ascii_digit())) {
                names.insert((ElementKind::Road, lane[..end].to_owned()));
            }
        }
    }
    for division in &columns.divisions {
        let key = search_key(&division.name).into_string();
        names.insert((division_kind(&key, true), key));
    }
    for (group, row) in columns.groups.iter().enumerate() {
        let kind = match row.layer {
            Layer::Roads => ElementKind::Road,
            Layer::PlaceNames | Layer::Buildings => ElementKind::Estate,
            Layer::Divisions => ElementKind::Town,
            _ => continue,
        };
        for name in columns.names_of(group as u32).iter().filter(|name| !matches!(name.role, Role::Code | Role::Status)) {
            let key = search_key(columns.texts.get(name.text)).into_string();
            // An object that is called 35 must not turn every number 35 into a name.
            if is_number(&key) {
                continue;
            }
            let kind = if row.layer == Layer::Divisions { division_kind(&key, row.rank > 3) } else { kind };
            names.insert((kind, key));
        }
    }
    // in one order, whatever the set's: the same entries give the same answers
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_unstable();
    let mut lexicon = Lexicon::new();
    for (kind, name) in &names {
        let most = if name.chars().any(is_unspaced) { LONGEST_NAME } else { LONGEST_LATIN_NAME };
        if name.chars().count() <= most {
            lexicon.add(*kind, name);
        }
    }
    lexicon
}

fn is_number(key: &str) -> bool {
    key.starts_with(|sign: char| sign.is_ascii_digit()) && key.chars().filter(|sign| sign.is_alphabetic()).count() <= 1
}
