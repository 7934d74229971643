//! How the entries of an index lie in memory: groups in the order of the answer, their entries side by side.

use std::sync::Arc;

use chrono::NaiveDate;

use super::answer::{Kind, Part};
use super::earlier::{Earlier, Past, Said};
use super::entry::{Division, Entry};
use super::find::range_of;
use super::first_signs::FirstSigns;
use super::known_texts::KnownTexts;
use super::line::Line;
use super::postings::Postings;
use super::score::{Order, layer_order};
use super::sounds::Sounds;
use super::texts::Texts;
use crate::domain::{FeatureId, Layer, Name, NameKind};
use crate::language::address::Lexicon;

pub(super) const NONE: u32 = u32::MAX;

/// Entries that differ in number, position and id only: the plates of a street, the pieces of a road; or one entry.
#[derive(Debug)]
pub(super) struct Group {
    pub layer: Layer,
    pub rank: u8,
    /// What its members were called before, or what is no more.
    pub is_former: bool,
    /// Its members are no more.
    pub is_ended: bool,
    /// Since when they are called otherwise, or are no more.
    pub since: Option<NaiveDate>,
    /// Its members count as one place.
    pub is_one_place: bool,
    pub numbered: bool,
    pub has_address: bool,
    pub division: u32,
    /// Members: from here to the first of the next group, ascending by number.
    pub first: u32,
    pub names_first: u32,
    pub road: u32,
    pub lane: u32,
    /// The displayed address around the number.
    pub address_before: u32,
    pub address_after: u32,
    pub shortest_number_chars: u32,
    /// The shortest of its forms that a number can be part of, and that form's length without the number.
    pub shortest_form: u32,
    pub shortest_form_chars: u32,
    /// Of its positions; inverted when there are none.
    pub extent: [i32; 4],
}

#[derive(Clone, Copy, Debug)]
pub(super) struct StoredName {
    pub text: u32,
    pub lang: u32,
    pub role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Main,
    Further(NameKind),
    Code,
    /// No name: whether the names are in use.
    Status,
}

/// A searchable text of a group; see `forms`.
#[derive(Debug)]
pub(super) struct FormRow {
    pub group: u32,
    pub before: u32,
    pub after: u32,
    /// Without the number.
    pub chars: u32,
    pub part: Part,
}

#[derive(Debug)]
pub(super) struct StartRow {
    pub form: u32,
    pub offset_bytes: u32,
    /// From the start on, with the shortest number.
    pub chars: u32,
    pub part: Part,
    /// Of the group, here so that a long run of starts is passed over without looking at the groups.
    pub is_former: bool,
    pub layer_order: u8,
    pub rank: u8,
}

/// The numbers, each once, ascending by length in characters, then by key.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub keys: Texts,
    pub displayed: Texts,
    pub chars: Vec<u32>,
    /// The numbers in the order of their keys, and the place of each number in it.
    pub by_key: Vec<u32>,
    pub place: Vec<u32>,
    /// The characters that occur.
    pub signs: Vec<char>,
    /// Those with which a number begins.
    pub firsts: FirstSigns,
}

#[derive(Debug, Default)]
pub(super) struct Columns {
    pub keys: Texts,
    pub texts: Texts,
    pub names: Vec<StoredName>,
    pub divisions: Vec<Arc<Division>>,
    pub numbers: Numbers,
    pub groups: Vec<Group>,
    /// Ascending in the order of the answer.
    pub forms: Vec<FormRow>,
    /// Ascending by the text from the start on.
    pub starts: Vec<StartRow>,
    /// These texts.
    pub start_texts: KnownTexts,
    /// Numbered forms ascending by `before` read backwards.
    pub by_end: Vec<u32>,
    /// The others in the same way.
    pub by_end_whole: Vec<u32>,
    /// Numbered forms that have one, ascending by `after`.
    pub by_after: Vec<u32>,
    /// The signs with which an `after` begins.
    pub after_firsts: FirstSigns,
    pub postings: Postings,
    pub sounds: Sounds,
    /// The names that addresses are made of, for the grammar.
    pub lexicon: Lexicon,
    pub longest_form_chars: u32,
    pub ids: Vec<FeatureId>,
    pub number: Vec<u32>,
    pub positions: Vec<[i32; 2]>,
    /// Ascending by id; of one id what it is now comes first, then what it was called before.
    pub by_id: Vec<u32>,
    /// How many of the entries are features rather than earlier names of such.
    pub features: usize,
    /// Of roads, ascending by entry.
    pub lines: Vec<(u32, Arc<Line>)>,
}

impl StartRow {
    pub fn order(&self, kind: Kind) -> Order {
        Order { kind, is_former: self.is_former, layer: self.layer_order, rank: self.rank, length_chars: self.chars, distance_m: 0.0 }
    }
}

const NOWHERE: [i32; 2] = [i32::MIN, i32::MIN];

/// 1e-7 degrees; `None` for what is not a longitude and a latitude.
pub(super) fn fixed(position: Option<[f64; 2]>) -> [i32; 2] {
    match position {
        Some([lon, lat]) if lon.abs() <= 180.0 && lat.abs() <= 90.0 => [(lon * 1e7).round() as i32, (lat * 1e7).round() as i32],
        _ => NOWHERE,
    }
}

pub(super) fn degrees(position: [i32; 2]) -> Option<[f64; 2]> {
    (position != NOWHERE).then(|| [f64::from(position[0]) / 1e7, f64::from(position[1]) / 1e7])
}

impl Numbers {
    /// The places in `by_key` of the numbers whose key begins with this, and of those whose key it is.
    pub fn beginning_with(&self, text: &str) -> (std::ops::Range<u32>, std::ops::Range<u32>) {
        if !self.firsts.may_begin(text) {
            return (0..0, 0..0);
        }
        let text = text.as_bytes();
        let key = |number: &u32| self.keys.bytes(*number);
        let beginning = range_of(&self.by_key, |number| key(number).cmp(text), |number| key(number).starts_with(text));
        // of one key there are a few at most, written differently
        let same = self.by_key[beginning.clone()].iter().take_while(|number| key(number) == text).count() as u32;
        let (start, end) = (beginning.start as u32, beginning.end as u32);
        (start..end, start..start + same)
    }
}

impl Columns {
    pub fn members(&self, group: u32) -> std::ops::Range<usize> {
        let end = self.groups.get(group as usize + 1).map_or(self.ids.len(), |next| next.first as usize);
        self.groups[group as usize].first as usize..end
    }

    pub fn group_of(&self, entry: u32) -> u32 {
        self.groups.partition_point(|group| group.first <= entry) as u32 - 1
    }

    /// What it is now.
    pub fn find(&self, id: &FeatureId) -> Option<u32> {
        self.all_of(id).first().copied()
    }

    /// The entry of what the feature of this entry is now, where that is another.
    pub fn now(&self, entry: u32) -> Option<u32> {
        // Hardly any index has earlier names, and looking for them takes longer than all the rest.
        let may_be_earlier = self.features != self.ids.len();
        may_be_earlier.then(|| self.find(&self.ids[entry as usize])).flatten().filter(|now| *now != entry)
    }

    /// What it is now, and what it was called before.
    pub fn all_of(&self, id: &FeatureId) -> &[u32] {
        let from = self.by_id.partition_point(|entry| self.ids[*entry as usize] < *id);
        let rest = &self.by_id[from..];
        &rest[..rest.iter().take_while(|entry| self.ids[**entry as usize] == *id).count()]
    }

    /// Whether it is an earlier name or address of a feature.
    pub fn is_earlier(&self, entry: u32) -> bool {
        let group = &self.groups[self.group_of(entry) as usize];
        group.is_former && !group.is_ended
    }

    pub fn names_of(&self, group: u32) -> &[StoredName] {
        let end = self.groups.get(group as usize + 1).map_or(self.names.len(), |next| next.names_first as usize);
        &self.names[self.groups[group as usize].names_first as usize..end]
    }

    pub fn number_of(&self, entry: u32) -> Option<u32> {
        Some(self.number[entry as usize]).filter(|number| *number != NONE)
    }

    fn text(&self, text: u32) -> Option<&str> {
        (text != NONE).then(|| self.texts.get(text))
    }

    /// The displayed address in pieces.
    pub fn address_pieces(&self, group: u32, entry: u32) -> [&str; 3] {
        let row = &self.groups[group as usize];
        let number = self.number_of(entry).filter(|_| row.numbered).map_or("", |number| self.numbers.displayed.get(number));
        [self.text(row.address_before).unwrap_or(""), number, self.text(row.address_after).unwrap_or("")]
    }

    pub fn address(&self, group: u32, entry: u32) -> Option<String> {
        self.groups[group as usize].has_address.then(|| self.address_pieces(group, entry).concat())
    }

    /// The text by which equals are ordered: the first name, else the address.
    pub fn displayed(&self, group: u32, entry: u32) -> [&str; 3] {
        match self.names_of(group).first().filter(|name| name.role != Role::Status) {
            Some(name) => [self.texts.get(name.text), "", ""],
            None => self.address_pieces(group, entry),
        }
    }

    /// The entry again, as it was given (the position to 1e-7 degrees).
    pub fn entry(&self, entry: u32) -> Entry {
        let group = self.group_of(entry);
        let row = &self.groups[group as usize];
        let mut whole = Entry::new(row.layer, self.ids[entry as usize]);
        whole.rank = row.rank;
        whole.division = self.divisions.get(row.division as usize).cloned();
        whole.address = self.address(group, entry).map(Arc::from);
        whole.road = self.text(row.road).map(Arc::from);
        whole.lane = self.text(row.lane).map(Arc::from);
        whole.number = self.number_of(entry).map(|number| self.numbers.displayed.get(number).into());
        whole.line = self.line(entry).cloned();
        whole.past = self.past(row, entry);
        whole.position = degrees(self.positions[entry as usize]);
        for name in self.names_of(group) {
            let text = self.texts.get(name.text);
            match name.role {
                Role::Main => whole.name = Some(text.into()),
                Role::Status => whole.status = Some(text.into()),
                Role::Code => whole.codes.push(text.into()),
                Role::Further(kind) => whole.names.push(Name { text: text.to_owned(), lang: self.texts.get(name.lang).to_owned(), kind }),
            }
        }
        whole
    }

    fn past(&self, row: &Group, entry: u32) -> Option<Box<Past>> {
        // Hardly any have one, and looking for it takes longer than all the rest.
        if !row.is_ended && self.features == self.ids.len() {
            return None;
        }
        let others = self.all_of(&self.ids[entry as usize]).iter().filter(|other| **other != entry);
        let earlier: Vec<Earlier> = others.filter_map(|other| self.earlier(entry, *other)).collect();
        let ended = row.since.filter(|_| row.is_ended);
        (ended.is_some() || !earlier.is_empty()).then(|| Box::new(Past { earlier, ended }))
    }

    /// `None`: it is one of the names that the register itself marks as former.
    fn earlier(&self, of: u32, entry: u32) -> Option<Earlier> {
        let group = self.group_of(entry);
        let row = &self.groups[group as usize];
        let arc = |text: u32| self.text(text).map(Arc::from);
        let said = match self.names_of(group).first() {
            Some(name) => {
                let same = |other: &&StoredName| {
                    other.role == Role::Further(NameKind::Former) && self.texts.get(other.text) == self.texts.get(name.text)
                };
                if row.since.is_none() && self.names_of(self.group_of(of)).iter().any(|other| same(&other)) {
                    return None;
                }
                Said::Name { text: self.texts.get(name.text).into(), lang: self.texts.get(name.lang).into() }
            }
            None => Said::Address {
                address: self.address(group, entry).map(Arc::from),
                road: arc(row.road),
                lane: arc(row.lane),
                number: self.number_of(entry).map(|number| self.numbers.displayed.get(number).into()),
            },
        };
        Some(Earlier { said, since: row.since })
    }

    pub fn line(&self, entry: u32) -> Option<&Arc<Line>> {
        self.lines.binary_search_by_key(&entry, |(of, _)| *of).ok().map(|place| &self.lines[place].1)
    }

    pub fn layer_order(&self, group: u32) -> u8 {
        layer_order(self.groups[group as usize].layer)
    }

    pub fn memory_bytes(&self) -> usize {
        fn bytes<T>(column: &Vec<T>) -> usize {
            column.capacity() * size_of::<T>()
        }
        let numbers = &self.numbers;
        let divisions: usize = self.divisions.iter().map(|division| division.code.len() + division.name.len() + 96).sum();
        self.keys.memory_bytes()
            + self.texts.memory_bytes()
            + numbers.keys.memory_bytes()
            + numbers.displayed.memory_bytes()
            + bytes(&numbers.chars)
            + bytes(&numbers.by_key)
            + bytes(&numbers.place)
            + bytes(&self.names)
            + divisions
            + bytes(&self.groups)
            + bytes(&self.forms)
            + bytes(&self.starts)
            + self.start_texts.memory_bytes()
            + bytes(&self.by_end)
            + bytes(&self.by_end_whole)
            + bytes(&self.by_after)
            + self.sounds.memory_bytes()
            + self.lexicon.memory_bytes()
            + bytes(&self.postings.pieces)
            + bytes(&self.postings.ends)
            + bytes(&self.postings.forms)
            + bytes(&self.ids)
            + bytes(&self.number)
            + bytes(&self.positions)
            + bytes(&self.by_id)
            + bytes(&self.lines)
            + self.lines.iter().map(|(_, line)| size_of::<Line>() + size_of_val(&*line.points)).sum::<usize>()
    }
}
