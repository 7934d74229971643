//! The texts by which an entry is found, and where in them a match counts as a beginning.
//!
//! A form is `before` + number + `after`, all as search keys; the number is left open so that the plates of a street share
//! their forms. Whoever wants to know what a query finds reads this file.

use std::borrow::Cow;

use super::answer::Part;
use super::entry::Entry;
use crate::domain::NameKind;
use crate::language::{is_unspaced, romanised, search_key};

/// One text. Without a number all of it is in `before`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub before: String,
    pub after: String,
    pub numbered: bool,
    pub part: Part,
    /// Places in `before` at which a match is exact or a prefix rather than a substring.
    pub starts: Vec<Start>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub offset_bytes: usize,
    pub part: Part,
}

impl Form {
    /// Without the number.
    pub fn chars(&self) -> u32 {
        (self.before.chars().count() + self.after.chars().count()) as u32
    }
}

/// A displayed address taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Split<'a> {
    pub before: &'a str,
    pub number: &'a str,
    pub after: &'a str,
}

/// The address as it is displayed: the one given, else road, lane and number.
pub(super) fn address(entry: &Entry) -> Option<Cow<'_, str>> {
    if let Some(address) = entry.address.as_deref().filter(|address| !address.trim().is_empty()) {
        return Some(Cow::Borrowed(address));
    }
    let parts = [entry.road.as_deref(), entry.lane.as_deref(), entry.number.as_deref()];
    let joined = joined(parts.into_iter().flatten());
    (!joined.is_empty()).then_some(Cow::Owned(joined))
}

/// Parts with blanks between words and nothing beside hanzi.
fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut all = String::new();
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        if all.chars().next_back().is_some_and(|last| !is_unspaced(last)) && part.chars().next().is_some_and(|first| !is_unspaced(first)) {
            all.push(' ');
        }
        all.push_str(part);
    }
    all
}

/// The number within the address, when the keys of the three pieces make up the key of the whole. In hanzi all that
/// follows the number (floor, room) belongs to it. `None`: this address has to be kept as one text.
pub(super) fn split<'a>(address: &'a str, number: Option<&str>) -> Option<Split<'a>> {
    let number = number.map(str::trim).filter(|number| !number.is_empty())?;
    let start = if address.ends_with(number) {
        address.len() - number.len()
    } else if address.starts_with(number) {
        0
    } else {
        let apart = |start: usize| {
            let is_latin = |sign: Option<char>| sign.is_some_and(|sign| sign.is_alphanumeric() && !is_unspaced(sign));
            let (outer_left, outer_right) = (address[..start].chars().next_back(), address[start + number.len()..].chars().next());
            let (left, right) = (number.chars().next(), number.chars().next_back());
            !(is_latin(outer_left) && is_latin(left) || is_latin(right) && is_latin(outer_right))
        };
        let mut places = address.match_indices(number).map(|(start, _)| start).filter(|start| apart(*start));
        if address.chars().any(is_unspaced) { places.last()? } else { places.next()? }
    };
    let after_unspaced = address[..start].chars().next_back().is_some_and(is_unspaced);
    let end = if after_unspaced { address.len() } else { start + number.len() };
    let split = Split { before: &address[..start], number: &address[start..end], after: &address[end..] };
    (is_plainly_apart(&split) || pieces_make_the_whole(address, &split)).then_some(split)
}

/// A digit after a hanzi that is no numeral: no rule of keys looks across that place.
fn is_plainly_apart(split: &Split<'_>) -> bool {
    let last = split.before.chars().next_back();
    split.after.is_empty()
        && split.number.starts_with(|sign: char| sign.is_ascii_digit())
        && last.is_some_and(|last| matches!(last, '段' | '路' | '街' | '巷' | '弄' | '邻' | '鄰' | '村' | '里' | '道'))
}

fn pieces_make_the_whole(address: &str, split: &Split<'_>) -> bool {
    let number = search_key(split.number).into_string();
    let (before, after) = outer_keys(split.before, split.after);
    !number.is_empty() && search_key(address).as_str() == format!("{before}{number}{after}")
}

/// Keys of what stands around a number, with the blanks that stand towards it.
fn outer_keys(before: &str, after: &str) -> (String, String) {
    let mut before = search_key(before).into_string();
    if before.chars().next_back().is_some_and(|last| !is_unspaced(last)) {
        before.push(' ');
    }
    let mut after = search_key(after).into_string();
    if after.chars().next().is_some_and(|first| !is_unspaced(first)) {
        after.insert(0, ' ');
    }
    (before, after)
}

/// The forms that all plates of a street share. `before` and `after` are pieces of a [`Split`].
pub(super) fn street_forms(before: &str, after: &str, road: Option<&str>, lane: Option<&str>) -> Vec<Form> {
    let (before, after) = outer_keys(before, after);
    let street = search_key(&joined([road, lane].into_iter().flatten())).into_string();
    let mut forms = address_forms(before, after, true, &street, road);
    if !street.is_empty() && street.chars().next_back().is_some_and(|last| !is_unspaced(last)) {
        add(&mut forms, short(format!("{street} "), String::new()));
        add(&mut forms, short(String::new(), format!(" {street}")));
        forms.extend(turned(&forms[0], &street));
    } else if !street.is_empty() && !forms[0].before.ends_with(&street) {
        // the source's road is not what the address says (公路 in 公路新村6號): both are found
        add(&mut forms, short(street, String::new()));
    }
    forms
}

/// A Western address with the number on the other side of the street: 12 Main St, Cambridge for Main St 12, Cambridge.
fn turned(whole: &Form, street: &str) -> Option<Form> {
    let Form { before, after, .. } = whole;
    let (before, after) = match before.strip_suffix(' ') {
        Some(before) if before == street => (String::new(), format!(" {street}{after}")),
        None if before.is_empty() => (format!("{street} "), after.strip_prefix(' ')?.strip_prefix(street)?.to_owned()),
        _ => return None,
    };
    let is_more = !after.is_empty() && after.trim_start() != street && (before.is_empty() || after.starts_with(' '));
    let starts = vec![Start { offset_bytes: 0, part: Part::Address }];
    is_more.then_some(Form { before, after, numbered: true, part: Part::Address, starts })
}

fn short(before: String, after: String) -> Form {
    let part = Part::StreetAddress;
    Form { before, after, numbered: true, part, starts: vec![Start { offset_bytes: 0, part }] }
}

/// The forms of an entry that shares none: its names, codes and address as they are.
pub(super) fn own_forms(entry: &Entry) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut whole = |text: String, part: Part| {
        if !text.is_empty() {
            let starts = vec![Start { offset_bytes: 0, part }];
            add(&mut forms, Form { before: text, after: String::new(), numbered: false, part, starts });
        }
    };
    if let Some(name) = entry.name.as_deref() {
        whole(search_key(name).into_string(), Part::Name);
    }
    for name in &entry.names {
        let key = search_key(&name.text);
        match name.kind {
            NameKind::Pinyin => whole(key.compact(), Part::Pinyin),
            NameKind::Official => whole(key.into_string(), Part::OtherName),
            NameKind::Short => whole(key.into_string(), Part::ShortName),
            NameKind::Alternative => whole(key.into_string(), Part::AlternativeName),
            // a row of its own: see `earlier`
            NameKind::Former => {}
        }
    }
    for code in &entry.codes {
        whole(search_key(code).into_string(), Part::Code);
    }
    let further = entry.names.iter().filter(|name| name.kind != NameKind::Former).map(|name| name.text.as_str());
    for text in entry.name.as_deref().into_iter().chain(further) {
        if let Some(pinyin) = romanised(text) {
            whole(pinyin.joined, Part::Pinyin);
            whole(pinyin.initials, Part::Initials);
        }
    }
    let (road, lane) = (entry.road.as_deref(), entry.lane.as_deref());
    let street = search_key(&joined([road, lane].into_iter().flatten())).into_string();
    if let Some(address) = address(entry) {
        for form in address_forms(search_key(&address).into_string(), String::new(), false, &street, road) {
            add(&mut forms, form);
        }
    }
    if let Some(number) = entry.number.as_deref().map(search_key).filter(|number| !street.is_empty() && !number.is_empty()) {
        let part = Part::StreetAddress;
        for text in [[street.as_str(), number.as_str()], [number.as_str(), street.as_str()]] {
            let text = search_key(&joined(text.into_iter())).into_string();
            if street.chars().next_back().is_some_and(is_unspaced) && text.ends_with(&street) {
                continue;
            }
            let starts = vec![Start { offset_bytes: 0, part }];
            add(&mut forms, Form { before: text, after: String::new(), numbered: false, part, starts });
        }
    }
    forms
}

/// A text that is there already is not added again: the first, better part stays.
fn add(forms: &mut Vec<Form>, form: Form) {
    if !forms.iter().any(|known| {
        known.before == form.before && known.after == form.after && known.part.is_typed_joined() == form.part.is_typed_joined()
    }) {
        forms.push(form);
    }
}

/// The full address, and in hanzi the address without the divisions below the town, which people leave out.
fn address_forms(before: String, after: String, numbered: bool, street: &str, road: Option<&str>) -> Vec<Form> {
    if before.is_empty() && after.is_empty() && !numbered {
        return Vec::new();
    }
    let trimmed = before.trim_end();
    let street_start = if street.is_empty() {
        None
    } else if trimmed.ends_with(street) {
        Some(trimmed.len() - street.len())
    } else {
        let road = road.map(|road| search_key(road).into_string()).filter(|road| !road.is_empty());
        before.rfind(street).or_else(|| before.rfind(&road?))
    };
    let divisions = divisions(&before[..street_start.unwrap_or(before.len())]);
    let mut starts = vec![Start { offset_bytes: 0, part: Part::Address }];
    if street_start == Some(0) {
        starts[0].part = Part::StreetAddress;
    }
    let ends = divisions.iter().map(|(_, end)| *end).filter(|end| *end < before.len() && street_start != Some(*end));
    starts.extend(ends.map(|offset_bytes| Start { offset_bytes, part: Part::Address }));
    starts.extend(street_start.filter(|start| *start > 0).map(|offset_bytes| Start { offset_bytes, part: Part::StreetAddress }));

    let mut forms = Vec::new();
    if let (Some(street_start), Some((_, last))) = (street_start, divisions.last()) {
        let (mut upper, mut upper_starts) = (String::new(), Vec::new());
        for (start, end) in &divisions {
            let division = &before[*start..*end];
            if upper.is_empty() || !is_below_town(division) {
                upper_starts.push(Start { offset_bytes: upper.len(), part: Part::Address });
                upper.push_str(division);
            }
        }
        if upper.len() < *last && *last == street_start {
            let short = format!("{upper}{}", &before[street_start..]);
            forms.push(Form { before: short, after: after.clone(), numbered, part: Part::Address, starts: upper_starts });
        }
    }
    forms.insert(0, Form { before, after, numbered, part: Part::Address, starts });
    forms
}

/// The leading divisions of an address by their generic words, as byte ranges: 宜兰县 | 罗东镇 | 南豪里 | 7邻 |.
/// A word that follows another at once (埔里镇, 新市区) or stands first (镇海里) ends no division, save behind 区, 县 and
/// the like, which are hardly ever part of a name.
pub(super) fn divisions(before: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut signs = before.char_indices().peekable();
    let mut length = 0;
    while let Some((place, sign)) = signs.next() {
        length += 1;
        let may_go_on = matches!(sign, '市' | '州' | '镇' | '村' | '里') && signs.peek().is_some_and(|(_, next)| is_generic(*next));
        if length > 1 && is_generic(sign) && !may_go_on {
            let end = place + sign.len_utf8();
            found.push((start, end));
            (start, length) = (end, 0);
        }
    }
    found
}

/// The division with which a key begins.
pub(super) fn first_division(key: &str) -> Option<&str> {
    divisions(key).first().map(|(start, end)| &key[*start..*end])
}

fn is_generic(sign: char) -> bool {
    matches!(sign, '省' | '市' | '州' | '盟' | '县' | '区' | '旗' | '镇' | '乡' | '村' | '里' | '邻')
}

fn is_below_town(division: &str) -> bool {
    division.ends_with(['村', '里', '邻']) || division.ends_with("社区")
}

impl Part {
    /// Whether blanks between the syllables do not count.
    pub(super) fn is_typed_joined(self) -> bool {
        matches!(self, Part::Pinyin | Part::Initials)
    }

    /// Whether a match must not begin inside a number: 2号 is not in 12号. Codes and names are searched in full.
    pub(super) fn keeps_numbers_whole(self) -> bool {
        matches!(self, Part::Address | Part::StreetAddress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FeatureId, Layer};

    fn starts(form: &Form) -> Vec<&str> {
        form.starts.iter().map(|start| &form.before[start.offset_bytes..]).collect()
    }

    #[test]
    fn an_address_in_hanzi_begins_at_each_of_its_divisions_and_its_road() {
        let split = split("宜蘭縣羅東鎮南豪里7鄰南英巷2之2號", Some("2之2號")).unwrap();
        assert_eq!((split.before, split.number, split.after), ("宜蘭縣羅東鎮南豪里7鄰南英巷", "2之2號", ""));
        let forms = street_forms(split.before, split.after, None, Some("南英巷"));
        let found: Vec<_> = forms.iter().map(starts).collect();
        let first = vec!["宜兰县罗东镇南豪里7邻南英巷", "罗东镇南豪里7邻南英巷", "南豪里7邻南英巷", "7邻南英巷", "南英巷"];
        assert_eq!(found, [first, vec!["宜兰县罗东镇南英巷", "罗东镇南英巷"]]);
    }

    #[test]
    fn a_generic_word_within_a_name_ends_no_division() {
        let names = |text| divisions(text).into_iter().map(|(start, end)| &text[start..end]).collect::<Vec<_>>();
        assert_eq!(names("南投县埔里镇"), ["南投县", "埔里镇"]);
        assert_eq!(names("台南市新市区镇海里"), ["台南市", "新市区", "镇海里"]);
    }

    #[test]
    fn a_floor_belongs_to_the_number_in_hanzi() {
        let split = split("中正路12號8樓之3", Some("12號")).unwrap();
        assert_eq!((split.before, split.number), ("中正路", "12號8樓之3"));
    }

    #[test]
    fn a_western_address_is_found_with_the_number_on_either_side() {
        let split = split("12 Main St, Cambridge", Some("12")).unwrap();
        assert_eq!((split.before, split.number, split.after), ("", "12", " Main St, Cambridge"));
        let forms = street_forms(split.before, split.after, Some("Main St"), None);
        let texts: Vec<_> = forms.iter().map(|form| (form.before.as_str(), form.after.as_str())).collect();
        assert_eq!(texts, [("", " main st cambridge"), ("main st ", ""), ("", " main st"), ("main st ", " cambridge")]);
        let between = super::split("Hauptstrasse 12, 9490 Vaduz", Some("12")).unwrap();
        assert_eq!((between.before, between.after), ("Hauptstrasse ", ", 9490 Vaduz"));
        let forms = street_forms(between.before, between.after, Some("Hauptstrasse"), None);
        let texts: Vec<_> = forms.iter().map(|form| (form.before.as_str(), form.after.as_str())).collect();
        let whole = [("hauptstrasse ", " 9490 vaduz"), ("", " hauptstrasse 9490 vaduz")];
        assert_eq!(texts, [whole[0], ("hauptstrasse ", ""), ("", " hauptstrasse"), whole[1]]);
        let alone = street_forms("Hauptstrasse ", "", Some("Hauptstrasse"), None);
        assert_eq!(alone.len(), 2, "{alone:?}");
    }

    #[test]
    fn pieces_that_do_not_make_the_whole_are_not_split() {
        // the numeral before the dash reads differently alone
        assert_eq!(split("Route 66", Some("6")), None);
        assert_eq!(split("Main St", Some("12")), None);
        assert_eq!(split("Main St 12", None), None);
    }

    #[test]
    fn names_are_found_by_their_pinyin() {
        let mut entry = Entry::new(Layer::Roads, FeatureId::from_bytes([0; 10]));
        entry.name = Some("中正路".into());
        let texts: Vec<_> = own_forms(&entry).into_iter().map(|form| form.before).collect();
        assert_eq!(texts, ["中正路", "zhongzhenglu", "zzl"]);
    }
}
