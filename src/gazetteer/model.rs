//! What the rows of a group have in common, packed into one text: its parts one after the other, each behind its length. Equal texts
//! are one group, and what is packed is no allocation of its own: the entries of ten million plates come and go without leaving holes.

use chrono::{Datelike, NaiveDate};

use super::earlier::EarlierRow;
use super::entry::Entry;
use super::forms;
use crate::domain::{FeatureId, Layer, Name, NameKind};

/// Why rows are one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// They are the plates of a street: all but the number is the same.
    Street,
    /// They are the pieces of a road.
    Place,
    /// It is one row.
    Nothing,
}

/// A group.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Model<'a> {
    pub sharing: Sharing,
    pub layer: Layer,
    /// Of a street; else it is that of the rows.
    pub rank: u8,
    /// Code and name.
    pub division: Option<[&'a str; 2]>,
    pub name: Option<&'a str>,
    pub names: Vec<(&'a str, &'a str, NameKind)>,
    pub codes: Vec<&'a str>,
    pub status: Option<&'a str>,
    pub road: Option<&'a str>,
    pub lane: Option<&'a str>,
    /// Where no street is shared.
    pub number: Option<&'a str>,
    /// The displayed address before and after the number; all of it before where no street is shared.
    pub address: Option<[&'a str; 2]>,
    pub was: Option<Was<'a>>,
}

/// Of what is not called so any more, or is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Was<'a> {
    pub is_ended: bool,
    pub since: Option<NaiveDate>,
    /// Language of the earlier name.
    pub lang: &'a str,
    /// What it is called now.
    pub now: Option<&'a str>,
}

const SHARINGS: [Sharing; 3] = [Sharing::Street, Sharing::Place, Sharing::Nothing];
const KINDS: [NameKind; 5] = [NameKind::Official, NameKind::Pinyin, NameKind::Alternative, NameKind::Former, NameKind::Short];

impl<'a> Was<'a> {
    pub fn ended(entry: &Entry) -> Option<Self> {
        entry.ended().map(|day| Self { is_ended: true, since: Some(day), lang: "", now: None })
    }

    pub fn earlier(row: &'a EarlierRow<'_>) -> Self {
        let now = row.of.name.as_deref().or(row.of.road.as_deref());
        Self { is_ended: false, since: row.since, lang: row.lang, now }
    }
}

impl<'a> Model<'a> {
    /// The group of an entry with this displayed address, and its number.
    pub fn of(entry: &'a Entry, address: Option<&'a str>, was: Option<Was<'a>>) -> (Self, Option<&'a str>) {
        let number = entry.number.as_deref();
        let may_share = entry.name.is_none() && entry.names.is_empty() && entry.codes.is_empty();
        let split = address.filter(|_| may_share).and_then(|address| forms::split(address, number));
        let is_road = entry.layer == Layer::Roads && entry.name.is_some() && address.is_none();
        let (sharing, rank, address) = match split {
            Some(split) => (Sharing::Street, entry.rank, Some([split.before, split.after])),
            None if is_road => (Sharing::Place, 0, None),
            None => (Sharing::Nothing, 0, address.map(|address| [address, ""])),
        };
        let model = Self {
            sharing,
            layer: entry.layer,
            rank,
            division: entry.division.as_deref().map(|division| [&*division.code, &*division.name]),
            name: entry.name.as_deref(),
            names: entry.names.iter().map(|name| (name.text.as_str(), name.lang.as_str(), name.kind)).collect(),
            codes: entry.codes.iter().map(AsRef::as_ref).collect(),
            status: entry.status.as_deref(),
            road: entry.road.as_deref(),
            lane: entry.lane.as_deref(),
            number: number.filter(|_| split.is_none()),
            address,
            was,
        };
        (model, split.map_or(number, |split| Some(split.number)))
    }

    /// Puts it behind what `to` holds.
    pub fn pack(&self, to: &mut String) {
        put_number(to, SHARINGS.iter().position(|sharing| *sharing == self.sharing).unwrap_or_default() as u32);
        put_number(to, self.layer as u32);
        put_number(to, u32::from(self.rank));
        put_both(to, self.division);
        put(to, self.name);
        put_number(to, self.names.len() as u32);
        for (text, lang, kind) in &self.names {
            put(to, Some(text));
            put(to, Some(lang));
            put_number(to, KINDS.iter().position(|known| known == kind).unwrap_or_default() as u32);
        }
        put_number(to, self.codes.len() as u32);
        self.codes.iter().for_each(|code| put(to, Some(code)));
        [self.status, self.road, self.lane, self.number].into_iter().for_each(|text| put(to, text));
        put_both(to, self.address);
        put_number(to, u32::from(self.was.is_some()));
        if let Some(was) = self.was {
            put_number(to, u32::from(was.is_ended));
            put_number(to, u32::from(was.since.is_some()));
            // The bits of the sign too.
            put_number(to, was.since.map_or(0, |since| since.num_days_from_ce()).cast_unsigned());
            put(to, Some(was.lang));
            put(to, was.now);
        }
    }

    /// Whether others may belong to the group of this packed text.
    pub fn is_shared(packed: &str) -> bool {
        SHARINGS[Packed(packed).number() as usize] != Sharing::Nothing
    }

    /// Of what [`Model::pack`] wrote.
    pub fn unpack(packed: &'a str) -> Self {
        let mut packed = Packed(packed);
        Self {
            sharing: SHARINGS[packed.number() as usize],
            layer: Layer::ALL[packed.number() as usize],
            rank: packed.number() as u8,
            division: packed.both(),
            name: packed.text(),
            names: (0..packed.number())
                .map(|_| (packed.text().unwrap_or_default(), packed.text().unwrap_or_default(), KINDS[packed.number() as usize]))
                .collect(),
            codes: (0..packed.number()).filter_map(|_| packed.text()).collect(),
            status: packed.text(),
            road: packed.text(),
            lane: packed.text(),
            number: packed.text(),
            address: packed.both(),
            was: packed.was(),
        }
    }

    pub fn is_numbered(&self) -> bool {
        self.sharing == Sharing::Street
    }

    pub fn is_one_place(&self) -> bool {
        self.sharing == Sharing::Place
    }

    /// An entry with the texts of one whose group shares no street.
    pub fn texts(&self) -> Entry {
        let mut entry = Entry::new(self.layer, FeatureId::from_bytes([0; 10]));
        entry.name = self.name.map(Into::into);
        let name = |(text, lang, kind): &(&str, &str, NameKind)| Name { text: (*text).to_owned(), lang: (*lang).to_owned(), kind: *kind };
        entry.names = self.names.iter().map(name).collect();
        entry.codes = self.codes.iter().map(|code| (*code).into()).collect();
        entry.address = self.address.map(|[address, _]| address.into());
        (entry.road, entry.lane, entry.number) = (self.road.map(Into::into), self.lane.map(Into::into), self.number.map(Into::into));
        entry
    }
}

/// In digits of 6 bits, the lowest first, each a character; 64 is added to all but the last.
fn put_number(to: &mut String, mut number: u32) {
    while number >= 64 {
        to.push(char::from((number % 64) as u8 + 64));
        number /= 64;
    }
    to.push(char::from(number as u8));
}

fn put(to: &mut String, text: Option<&str>) {
    put_number(to, text.map_or(0, |text| text.len() as u32 + 1));
    to.push_str(text.unwrap_or_default());
}

fn put_both(to: &mut String, texts: Option<[&str; 2]>) {
    put(to, texts.map(|texts| texts[0]));
    put(to, texts.map(|texts| texts[1]));
}

/// What is left to read.
struct Packed<'a>(&'a str);

impl<'a> Packed<'a> {
    fn number(&mut self) -> u32 {
        let (mut number, mut digits) = (0, 0);
        for byte in self.0.bytes() {
            number |= u32::from(byte % 64) << (6 * digits);
            digits += 1;
            if byte < 64 {
                break;
            }
        }
        self.0 = &self.0[digits..];
        number
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = (self.number() as usize).checked_sub(1)?;
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(text)
    }

    fn both(&mut self) -> Option<[&'a str; 2]> {
        let [first, second] = [self.text(), self.text()];
        Some([first?, second?])
    }

    fn was(&mut self) -> Option<Was<'a>> {
        if self.number() == 0 {
            return None;
        }
        let (is_ended, has_day, day) = (self.number() == 1, self.number() == 1, self.number());
        let since = NaiveDate::from_num_days_from_ce_opt(day.cast_signed()).filter(|_| has_day);
        Some(Was { is_ended, since, lang: self.text().unwrap_or_default(), now: self.text() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_out_as_it_went_in(
            texts in prop::collection::vec(prop::option::of("\\PC{0,90}|\\x00{1,3}|[\\x00-\\x7f]{60,140}"), 12),
            (further, codes, sharing, layer, rank) in (0..4usize, 0..3usize, 0..3usize, 0..Layer::ALL.len(), any::<u8>()),
            day in prop::option::of(-800_000..800_000i32),
            (was, is_ended) in any::<(bool, bool)>(),
        ) {
            let text = |number: usize| texts[number].as_deref();
            let plain = |number: usize| text(number).unwrap_or("");
            let since = day.and_then(NaiveDate::from_num_days_from_ce_opt);
            let model = Model {
                sharing: SHARINGS[sharing],
                layer: Layer::ALL[layer],
                rank,
                division: text(0).map(|code| [code, plain(1)]),
                name: text(2),
                names: (0..further).map(|number| (plain(number), plain(number + 1), KINDS[number])).collect(),
                codes: (0..codes).map(plain).collect(),
                status: text(3),
                road: text(4),
                lane: text(5),
                number: text(6),
                address: text(7).map(|before| [before, plain(8)]),
                was: was.then_some(Was { is_ended, since, lang: plain(9), now: text(10) }),
            };
            let mut packed = String::new();
            model.pack(&mut packed);
            prop_assert_eq!(Model::is_shared(&packed), sharing < 2);
            prop_assert_eq!(Model::unpack(&packed), model);
        }
    }

    #[test]
    fn the_layers_are_called_by_their_places() {
        assert!(Layer::ALL.into_iter().all(|layer| Layer::ALL[layer as usize] == layer));
    }
}
