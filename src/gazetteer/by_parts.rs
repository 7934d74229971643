//! A query taken apart by the address grammar, with the register's own names, and its parts looked up each where it belongs:
//! for texts whose parts are in another order than the register's, that leave parts out in the middle, or that say more
//! (a room, an occupant, a division) than the register has.

use std::collections::BTreeSet;

use super::align::is_same_level;
use super::altered::leading_number;
use super::answer::{Kind, Match, Query};
use super::asked::Asked;
use super::best::{Found, Meeting};
use super::columns::{Columns, NONE, StartRow, degrees};
use super::find::Search;
use super::forms::divisions;
use super::line::{self, Door, Line};
use super::own::division_kind;
use crate::domain::Layer;
use crate::language::address::{self, street_spellings};
use crate::language::{is_unspaced, search_key};

/// No address has more signs.
const SIGNS_MAX: usize = 150;
/// Readings of one text that are tried.
const READINGS: usize = 3;
/// What weighs as so many characters of length: a division that is another, a part the register does not have, a part left out.
const ELSEWHERE_CHARS: u32 = 10_000;
const EXTRA_CHARS: u32 = 100;
const LEFT_OUT_CHARS: u32 = 1;
/// Changed streets looked up for one reading.
const CHANGED_MAX: usize = 400;

/// The best hits by their parts, in order, and whether the search gave up at its limit.
pub(super) fn find_by_parts(columns: &Columns, query: &Query, removed: &[u32], work_limit: u32) -> (Vec<Found>, bool) {
    if query.text.chars().count() > SIGNS_MAX {
        return (Vec::new(), false);
    }
    let mut search = Search::new(columns, query, removed, work_limit);
    for reading in address::readings(&query.text, &columns.lexicon, READINGS) {
        let Some(asked) = Asked::of(&reading, &query.text) else { continue };
        search.by_parts(&asked);
        // another reading is for what the first finds nowhere
        if search.best.has_any() {
            break;
        }
    }
    search.best.into_hits()
}

/// How the divisions of the text agree with those of a place.
#[derive(Clone, Copy, Default)]
struct Agreement {
    /// Named in the text, while the place has another of that level.
    other: u32,
    /// Named in the text; the place has none of that level.
    unknown: u32,
    /// Named by the place only.
    left_out: u32,
}

impl Agreement {
    fn chars(self, asked: &Asked) -> u32 {
        ELSEWHERE_CHARS * self.other + EXTRA_CHARS * (self.unknown + asked.extras) + LEFT_OUT_CHARS * self.left_out
    }

    fn kind(self, asked: &Asked, kind: Kind) -> Kind {
        match kind {
            _ if self.other > 0 => Kind::Elsewhere,
            Kind::Interpolated | Kind::Street | Kind::NearestNumber => kind,
            _ if self.unknown + asked.extras > 0 => Kind::Partial,
            kind => kind,
        }
    }
}

impl<'a> Search<'a> {
    fn by_parts(&mut self, asked: &Asked) {
        if asked.street.is_empty() {
            self.by_division(asked);
            return;
        }
        // In Pinyin, a door that sounds the same is closer than a road of that name in Latin letters without the number.
        if asked.number.is_some() && super::sounds::spelt(&asked.street).is_none() && self.sounding_door(asked) {
            return;
        }
        let mut any = false;
        for street in street_spellings(&asked.street) {
            any |= self.street(asked, &street, Kind::Rearranged).is_some();
        }
        if any {
            return;
        }
        for (street, kind) in self.changed(&asked.street) {
            any |= self.street(asked, &street, kind).is_some();
            if any && kind == Kind::Sound {
                return;
            }
        }
    }

    /// The number in streets that sound as this one is spelt, where it is in none that is written so; whether there is one.
    fn sounding_door(&mut self, asked: &Asked) -> bool {
        let heads: Vec<String> = street_spellings(&asked.street).iter().map(|street| format!("{street} ")).collect();
        let written = heads.iter().flat_map(|head| self.starts_at(head)).any(|start| self.is_numbered(start));
        let mut is_met = false;
        for (street, kind) in self.changed(&asked.street) {
            if written || kind != Kind::Sound {
                break;
            }
            let doors: Vec<&StartRow> = self.starts_at(&street).iter().filter(|start| self.is_numbered(start)).collect();
            for start in doors {
                let agreement = self.agreement(asked, start);
                is_met |= agreement.other == 0 && self.number(asked, start, agreement, kind);
            }
        }
        is_met
    }

    /// A street that is not there as it reads: the same by sound, or with an edit undone.
    fn changed(&self, street: &str) -> Vec<(String, Kind)> {
        if street.chars().count() < 3 {
            return Vec::new();
        }
        let sounds = &self.columns.sounds;
        let mut all: Vec<(String, Kind)> = Vec::new();
        let read = match super::sounds::spelt(street) {
            Some(spelt) => sounds.read(&spelt),
            None => sounds.read(street),
        };
        all.extend(read.into_iter().map(|text| (text, Kind::Sound)));
        all.extend(self.edits_of(street).into_iter().take(CHANGED_MAX));
        all
    }

    /// Everything in this street that fits. `None`: there is no such street; else whether the number is met in it.
    fn street(&mut self, asked: &Asked, street: &str, kind: Kind) -> Option<bool> {
        let is_latin = street.chars().next_back().is_some_and(|last| !is_unspaced(last));
        let head = if is_latin { format!("{street} ") } else { street.to_owned() };
        let starts: Vec<&StartRow> = self.starts_at(&head).iter().filter(|start| self.is_numbered(start)).collect();
        let (mut is_met, mut is_met_elsewhere) = (false, false);
        let mut any = false;
        for start in starts.iter().copied() {
            any = true;
            if !self.best.may_go_on(1) {
                return Some(true);
            }
            let agreement = self.agreement(asked, start);
            let has_number = self.number(asked, start, agreement, kind);
            is_met |= has_number && agreement.other == 0;
            is_met_elsewhere |= has_number;
        }
        let named: Vec<&StartRow> = self.starts_at(street).iter().filter(|start| !self.is_numbered(start)).collect();
        if asked.number.is_some() && !is_met {
            is_met |= self.renamed(asked, &named, kind);
        }
        for start in named.iter().copied() {
            if !self.best.may_go_on(1) {
                return Some(true);
            }
            any = true;
            let agreement = self.agreement(asked, start);
            let kind = match kind {
                kind if asked.number.is_none() => kind,
                Kind::Rearranged => Kind::Street,
                // neither the street as written nor the number
                _ => Kind::NearestNumber,
            };
            if !is_met || asked.number.is_none() {
                self.offer(start, agreement.kind(asked, kind), agreement.chars(asked), |_| true);
            }
        }
        if let Some(number) = asked.number.as_deref().filter(|_| !is_met)
            && let Some(wanted) = leading_number(number)
        {
            for start in named.iter().filter(|_| kind == Kind::Rearranged) {
                self.interpolated(asked, start, &starts, wanted);
            }
            for start in starts.iter().copied() {
                let agreement = self.agreement(asked, start);
                if agreement.other > 0 && is_met_elsewhere {
                    continue;
                }
                self.nearest_in(start, wanted, agreement.kind(asked, Kind::NearestNumber), agreement.chars(asked));
            }
        }
        any.then_some(is_met)
    }

    /// The number in the roads that had this name before, under the name that they have now; whether it is there.
    fn renamed(&mut self, asked: &Asked, named: &[&StartRow], kind: Kind) -> bool {
        let columns = self.columns;
        if self.best.road_was.is_some() {
            return false;
        }
        let groups: BTreeSet<u32> = named.iter().map(|start| self.form(start.form).group).collect();
        let mut is_met = false;
        for group in groups {
            let row = &columns.groups[group as usize];
            if row.layer != Layer::Roads || !row.is_former || row.is_ended {
                continue;
            }
            let Some(piece) = columns.members(group).find(|piece| self.best.is_valid(*piece as u32)) else { continue };
            let Some(now) = columns.find(&columns.ids[piece]) else { continue };
            let now = search_key(&columns.displayed(columns.group_of(now), now).concat());
            self.best.road_was = Some(group);
            is_met |= self.street(asked, now.as_str(), kind) == Some(true);
            self.best.road_was = None;
        }
        is_met
    }

    /// A number on the line of this road: by its own ranges, else between the plates of the street.
    fn interpolated(&mut self, asked: &Asked, road: &StartRow, plates: &[&StartRow], wanted: u32) {
        let columns = self.columns;
        let group = self.form(road.form).group;
        let members = columns.members(group);
        let agreement = self.agreement(asked, road);
        if columns.groups[group as usize].layer != Layer::Roads || !self.best.may_go_on(members.len()) {
            return;
        }
        let lines: Vec<(u32, &Line)> = members.filter_map(|entry| Some((entry as u32, &**columns.line(entry as u32)?))).collect();
        let ranged = lines.iter().filter_map(|(entry, line)| Some((*entry, line.by_range(wanted)?)));
        let mut found = ranged.min_by(|a, b| a.1.error_m.total_cmp(&b.1.error_m));
        if found.is_none() && !lines.is_empty() {
            let mut doors = Vec::new();
            for start in plates {
                let members = columns.members(self.form(start.form).group);
                if self.agreement(asked, start).other > 0 || !self.best.may_go_on(members.len()) {
                    continue;
                }
                doors.extend(members.filter(|entry| self.best.is_valid(*entry as u32)).filter_map(|entry| {
                    let number = columns.number_of(entry as u32).and_then(|number| leading_number(columns.numbers.keys.get(number)))?;
                    Some(Door { number, position: degrees(columns.positions[entry])? })
                }));
            }
            let pieces: Vec<&Line> = lines.iter().map(|(_, line)| *line).collect();
            found = line::by_doors(&pieces, &doors, wanted).map(|at| (lines[0].0, at));
        }
        if let Some((entry, at)) = found {
            let kind = agreement.kind(asked, Kind::Interpolated);
            let meeting = Meeting { group, matched: Match { kind, part: road.part }, chars: agreement.chars(asked) };
            self.best.offer_at(entry, meeting, at);
        }
    }

    /// A village and a number, without a road: what lies between is left out.
    fn by_division(&mut self, asked: &Asked) {
        let (Some(last), Some(_)) = (asked.divisions.last(), &asked.number) else { return };
        for start in self.starts_from(last) {
            if !self.best.may_go_on(1) {
                return;
            }
            let rest = &self.start_text(start)[last.len()..];
            let is_divisions = divisions(rest).last().map_or(rest.is_empty(), |(_, end)| *end == rest.len());
            if is_divisions && self.is_numbered(start) {
                let agreement = self.agreement(asked, start);
                self.number(asked, start, agreement, Kind::Rearranged);
            }
        }
    }

    fn is_numbered(&self, start: &StartRow) -> bool {
        let form = self.form(start.form);
        self.columns.groups[form.group as usize].numbered && self.after(start.form).is_empty()
    }

    fn offer(&mut self, start: &StartRow, kind: Kind, chars: u32, is_wanted: impl Fn(u32) -> bool) {
        let meeting = Meeting { group: self.form(start.form).group, matched: Match { kind, part: start.part }, chars };
        self.best.offer(meeting, is_wanted);
    }

    /// Its plates with the number asked for, if any; whether there are some.
    fn number(&mut self, asked: &Asked, start: &StartRow, agreement: Agreement, kind: Kind) -> bool {
        let columns = self.columns;
        let numbers = &columns.numbers;
        let group = self.form(start.form).group;
        let chars = agreement.chars(asked);
        for (number, extra) in asked.numbers() {
            let (beginning, same) = numbers.beginning_with(&number);
            let place = |member: usize| numbers.place[columns.number[member] as usize];
            let is_there = |range: &std::ops::Range<u32>| {
                columns.members(group).any(|member| range.contains(&place(member)) && self.best.is_valid(member as u32))
            };
            let (has_same, goes_beyond) =
                (!same.is_empty() && is_there(&same), number.ends_with('号') && !beginning.is_empty() && is_there(&beginning));
            self.best.may_go_on(columns.members(group).len() / 4);
            let kind = agreement.kind(asked, if extra { Kind::Partial } else { kind });
            let more = if extra { EXTRA_CHARS } else { 0 };
            if has_same {
                self.offer(start, kind, chars + more, |number| same.contains(&numbers.place[number as usize]));
                return true;
            }
            // 12號 where the register has 12號2樓 only
            let goes_on = |number: u32, text: &str| !numbers.keys.get(number)[text.len()..].starts_with(|sign: char| sign.is_ascii_digit());
            if goes_beyond {
                let wanted = |other: u32| beginning.contains(&numbers.place[other as usize]) && goes_on(other, &number);
                self.offer(start, kind, chars + more + LEFT_OUT_CHARS, wanted);
                return true;
            }
        }
        false
    }

    fn agreement(&self, asked: &Asked, start: &StartRow) -> Agreement {
        let columns = self.columns;
        let row = &columns.groups[self.form(start.form).group as usize];
        let own = columns.divisions.get(row.division as usize).map_or("", |division| &division.name);
        let mut context = self.before(start.form)[..start.offset_bytes as usize].to_owned();
        if !context.chars().any(is_unspaced) {
            let text = |text: u32| if text == NONE { "" } else { columns.texts.get(text) };
            context = search_key(&format!("{} {}", text(row.address_before), text(row.address_after))).into_string();
        }
        let own = search_key(own).into_string();
        let levels: Vec<_> =
            divisions(&context).into_iter().map(|(from, to)| (division_kind(&context[from..to], from > 0), &context[from..to])).collect();
        let mut agreement = Agreement::default();
        for (kind, name) in &asked.known_divisions {
            if occurs(&context, name) || occurs(&own, name) {
                continue;
            }
            // a division that stands alone beside a name is its town or county
            let is_unsaid = |own: &str| !asked.known_divisions.iter().any(|(_, other)| occurs(own, other));
            let is_other = levels.iter().any(|(level, own)| is_same_level(*level, *kind) && is_unsaid(own))
                || !own.is_empty() && row.layer != Layer::Divisions && levels.is_empty();
            if is_other { agreement.other += 1 } else { agreement.unknown += 1 }
        }
        agreement.left_out = (levels.len() as u32).saturating_sub(asked.known_divisions.len() as u32);
        agreement
    }
}

/// Whether a division is named, in hanzi also without its last word.
fn occurs(within: &str, name: &str) -> bool {
    if name.chars().any(is_unspaced) {
        return within.contains(name);
    }
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (within, name) = (words(within), words(name));
    within.windows(name.len().max(1)).any(|window| window == name)
}
