//! The best hits so far, and what can be skipped because it cannot be among them.

use std::cmp::Ordering;

use super::answer::{Kind, Match, Query};
use super::columns::{Columns, NONE, Role, StoredName, degrees, fixed};
use super::forms::divisions;
use super::line::At;
use super::score::{Order, distance_m};
use crate::domain::Layer;
use crate::language::search_key;

pub(super) const LIMIT_MAX: usize = 1000;

/// The filters of a query, ready for comparing.
pub(super) struct Filter<'a> {
    query: &'a Query,
    bbox: Option<[i32; 4]>,
    /// For each division of the index whether it is asked for; `None`: all are.
    divisions: Option<Vec<bool>>,
    /// Keys of the name of the division asked for: an address that names it lies in it.
    division_names: Vec<String>,
    /// Entries that are no longer valid.
    removed: &'a [u32],
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub order: Order,
    pub matched: Match,
    pub entry: u32,
    pub group: u32,
    pub features: u32,
    /// Where it is on the line of its road, if that is not its own place.
    pub at: Option<At>,
    /// The group of the earlier name of its road, where the text names that.
    pub road_was: Option<u32>,
}

/// What of a group is met.
#[derive(Clone, Copy)]
pub(super) struct Meeting {
    pub group: u32,
    pub matched: Match,
    /// Of the text met, without the number.
    pub chars: u32,
}

pub(super) struct Best<'a> {
    columns: &'a Columns,
    filter: Filter<'a>,
    /// What [`Found::road_was`] of all that is offered now is.
    pub road_was: Option<u32>,
    limit: usize,
    hits: Vec<Found>,
    work: u32,
    work_limit: u32,
}

impl<'a> Filter<'a> {
    pub fn new(query: &'a Query, columns: &Columns, removed: &'a [u32]) -> Self {
        let bbox = query.bbox.map(|bbox| {
            let [west, south] = bbox.min.map(|value| (value.max(-180.0) * 1e7).ceil() as i32);
            let [east, north] = bbox.max.map(|value| (value.min(180.0) * 1e7).floor() as i32);
            [west, south, east, north]
        });
        let divisions = query.division.as_deref().map(|wanted| {
            let name = search_key(wanted);
            let code = significant(wanted.trim());
            let is_wanted = |division: &super::Division| {
                (!code.is_empty() && division.code.starts_with(code)) || (!name.is_empty() && search_key(&division.name) == name)
            };
            columns.divisions.iter().map(|division| is_wanted(division)).collect()
        });
        let division_names = query.division.as_deref().map(|wanted| names_of(columns, wanted.trim())).unwrap_or_default();
        Self { query, bbox, divisions, division_names, removed }
    }
}

/// A division by its name, or by the code under which the register has it.
fn names_of(columns: &Columns, wanted: &str) -> Vec<String> {
    let is_code = !wanted.is_empty() && wanted.bytes().all(|byte| byte.is_ascii_digit());
    if !is_code {
        return Some(search_key(wanted).into_string()).filter(|name| name.chars().count() > 1).into_iter().collect();
    }
    let text = |name: &StoredName| columns.texts.get(name.text);
    let of_code = columns.groups.iter().enumerate().filter(|(group, row)| {
        let codes = || columns.names_of(*group as u32).iter().filter(|name| name.role == Role::Code);
        row.layer == Layer::Divisions && codes().any(|code| significant(text(code)) == significant(wanted))
    });
    let named = of_code.filter_map(|(group, _)| columns.names_of(group as u32).iter().find(|name| name.role == Role::Main));
    named.map(|name| search_key(text(name)).into_string()).collect()
}

/// A division code without the zeros that only fill it up: 330100 (a city) is 3301, whose counties are 3301xx.
fn significant(code: &str) -> &str {
    if !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return code;
    }
    let step = |length: usize| if length > 6 { 3 } else { 2 };
    let mut code = code;
    while matches!(code.len(), 4 | 6 | 9 | 12) && code[code.len() - step(code.len())..].bytes().all(|byte| byte == b'0') {
        code = &code[..code.len() - step(code.len())];
    }
    code
}

impl<'a> Best<'a> {
    pub fn new(columns: &'a Columns, filter: Filter<'a>, work_limit: u32) -> Self {
        let limit = filter.query.limit.min(LIMIT_MAX);
        Self { columns, filter, road_was: None, limit, hits: Vec::with_capacity(limit + 1), work: 0, work_limit }
    }

    pub fn into_hits(self) -> (Vec<Found>, bool) {
        let gave_up = self.gave_up();
        (self.hits, gave_up)
    }

    pub fn has_any(&self) -> bool {
        !self.hits.is_empty()
    }

    pub fn gave_up(&self) -> bool {
        self.work > self.work_limit
    }

    /// Counts work; false when it is too much.
    pub fn may_go_on(&mut self, work: usize) -> bool {
        self.work = self.work.saturating_add(u32::try_from(work).unwrap_or(u32::MAX));
        !self.gave_up()
    }

    /// Whether anything of this kind may still be among the best.
    pub fn wants(&self, kind: Kind) -> bool {
        self.limit > 0 && (self.hits.len() < self.limit || self.hits.last().is_some_and(|worst| kind <= worst.order.kind))
    }

    /// Whether a match in this group may still be among the best, if the text met is at least this long.
    pub fn wants_group(&self, group: u32, kind: Kind, chars_at_least: u32) -> bool {
        self.wants_order(self.order(group, kind, chars_at_least))
    }

    /// The same for an order without its distance.
    pub fn wants_order(&self, order: Order) -> bool {
        if self.hits.len() < self.limit {
            return true;
        }
        self.hits.last().is_some_and(|worst| order.cmp_before_distance(&worst.order) != Ordering::Greater)
    }

    pub fn passes(&self, group: u32) -> bool {
        let row = &self.columns.groups[group as usize];
        (self.filter.query.layers.is_empty() || self.filter.query.layers.contains(&row.layer))
            && self
                .filter
                .divisions
                .as_ref()
                .is_none_or(|wanted| wanted.get(row.division as usize).copied().unwrap_or_else(|| self.names_it(group)))
            && self.filter.bbox.is_none_or(|[west, south, east, north]| {
                row.extent[0] <= east && west <= row.extent[2] && row.extent[1] <= north && south <= row.extent[3]
            })
    }

    /// Whether the address, which has no division beside it, names the one asked for.
    fn names_it(&self, group: u32) -> bool {
        let row = &self.columns.groups[group as usize];
        let names = &self.filter.division_names;
        if names.is_empty() || !row.has_address || row.address_before == NONE {
            return false;
        }
        let address = search_key(self.columns.texts.get(row.address_before)).into_string();
        let own = divisions(&address);
        own.into_iter().any(|(from, to)| names.iter().any(|name| *name == address[from..to]))
    }

    fn order(&self, group: u32, kind: Kind, length_chars: u32) -> Order {
        let row = &self.columns.groups[group as usize];
        let is_former = row.is_former || self.road_was.is_some();
        Order { kind, is_former, layer: self.columns.layer_order(group), rank: row.rank, length_chars, distance_m: 0.0 }
    }

    /// All members whose number is wanted; the numbers are given as they are in [`Columns::number`].
    pub fn offer(&mut self, meeting: Meeting, is_wanted: impl Fn(u32) -> bool) {
        let columns = self.columns;
        let row = &columns.groups[meeting.group as usize];
        let kind = meeting.matched.kind;
        if !self.wants_group(meeting.group, kind, meeting.chars + row.shortest_number_chars) || !self.passes(meeting.group) {
            return;
        }
        if row.is_one_place {
            return self.offer_place(meeting);
        }
        let mut looked_at = 0;
        for entry in columns.members(meeting.group) {
            looked_at += 1;
            let number = columns.number[entry];
            let number_chars = if row.numbered { columns.numbers.chars[number as usize] } else { 0 };
            if row.numbered && !is_wanted(number) {
                continue;
            }
            if !self.wants_group(meeting.group, kind, meeting.chars + number_chars) {
                break;
            }
            self.offer_entry(entry as u32, meeting, meeting.chars + number_chars);
        }
        // members lie side by side: cheaper to look at than anything else
        self.may_go_on(looked_at / 4);
    }

    pub fn offer_entry(&mut self, entry: u32, meeting: Meeting, length_chars: u32) {
        if !self.is_valid(entry) {
            return;
        }
        let mut order = self.order(meeting.group, meeting.matched.kind, length_chars);
        order.distance_m = self.distance_m(entry);
        self.insert(Found { order, matched: meeting.matched, entry, group: meeting.group, features: 1, at: None, road_was: self.road_was });
    }

    /// A number on the line of a road.
    pub fn offer_at(&mut self, entry: u32, meeting: Meeting, at: At) {
        if !self.passes(meeting.group) || !self.is_valid(entry) {
            return;
        }
        let mut order = self.order(meeting.group, meeting.matched.kind, meeting.chars);
        order.distance_m = self.filter.query.bias.map_or(0.0, |bias| distance_m(bias, at.position));
        self.insert(Found {
            order,
            matched: meeting.matched,
            entry,
            group: meeting.group,
            features: 1,
            at: Some(at),
            road_was: self.road_was,
        });
    }

    /// The nearest member for all of them.
    fn offer_place(&mut self, meeting: Meeting) {
        let members = self.columns.members(meeting.group);
        self.may_go_on(members.len() / 4);
        let mut features = 0;
        let mut nearest: Option<(f64, u32)> = None;
        for entry in members.map(|entry| entry as u32).filter(|entry| self.is_valid(*entry)) {
            features += 1;
            let distance_m = self.distance_m(entry);
            let is_nearer = nearest.is_none_or(|(known, other)| {
                let ids = &self.columns.ids;
                distance_m.total_cmp(&known).then_with(|| ids[entry as usize].cmp(&ids[other as usize])) == Ordering::Less
            });
            if is_nearer {
                nearest = Some((distance_m, entry));
            }
        }
        if let Some((distance_m, entry)) = nearest {
            let order = Order { distance_m, ..self.order(meeting.group, meeting.matched.kind, meeting.chars) };
            self.insert(Found {
                order,
                matched: meeting.matched,
                entry,
                group: meeting.group,
                features,
                at: None,
                road_was: self.road_was,
            });
        }
    }

    /// Whether it has not changed since, and lies where it is looked for.
    pub fn is_valid(&self, entry: u32) -> bool {
        if !self.filter.removed.is_empty() && self.filter.removed.binary_search(&entry).is_ok() {
            return false;
        }
        let Some([west, south, east, north]) = self.filter.bbox else { return true };
        let position = self.columns.positions[entry as usize];
        position != fixed(None) && west <= position[0] && position[0] <= east && south <= position[1] && position[1] <= north
    }

    fn distance_m(&self, entry: u32) -> f64 {
        match self.filter.query.bias {
            None => 0.0,
            Some(bias) => degrees(self.columns.positions[entry as usize]).map_or(f64::INFINITY, |position| distance_m(bias, position)),
        }
    }

    /// One feature, be it by its present or by an earlier name.
    fn is_same(&self, a: u32, b: u32) -> bool {
        a == b || self.columns.ids[a as usize] == self.columns.ids[b as usize]
    }

    fn compare(&self, a: &Found, b: &Found) -> Ordering {
        let columns = self.columns;
        let text = |found: &Found| columns.displayed(found.group, found.entry).into_iter().flat_map(str::bytes);
        a.order
            .cmp(&b.order)
            .then_with(|| text(a).cmp(text(b)))
            .then_with(|| columns.ids[a.entry as usize].cmp(&columns.ids[b.entry as usize]))
    }

    /// A feature that is there already keeps its better match.
    fn insert(&mut self, found: Found) {
        if self.hits.len() >= self.limit && self.hits.last().is_none_or(|worst| self.compare(&found, worst) == Ordering::Greater) {
            return;
        }
        if let Some(known) = self.hits.iter().position(|hit| self.is_same(hit.entry, found.entry)) {
            let order = self.compare(&found, &self.hits[known]).then(found.matched.part.cmp(&self.hits[known].matched.part));
            if order != Ordering::Less {
                return;
            }
            self.hits.remove(known);
        }
        let place = self.hits.partition_point(|hit| self.compare(hit, &found) == Ordering::Less);
        self.hits.insert(place, found);
        self.hits.truncate(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use super::significant;

    #[test]
    fn zeros_that_fill_up_a_code_do_not_count() {
        for (code, expected) in [("330100", "3301"), ("330000", "33"), ("330106", "330106"), ("330106000000", "330106"), ("64", "64")] {
            assert_eq!(significant(code), expected);
        }
        assert_eq!((significant("1000210"), significant("110100001000"), significant("")), ("1000210", "110100001", ""));
    }
}
