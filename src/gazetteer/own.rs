//! The parts that the register has of a place: divisions, road, lane, number and what is inside; or its names.

use super::align::{OwnPart, align};
use super::answer::{Kind, Part};
use super::asked::with_other_dash;
use super::best::Found;
use super::columns::{Columns, Role};
use super::forms::divisions;
use super::parts::{How, PartMatch};
use crate::domain::Layer;
use crate::language::address::{ElementKind, street_spellings};
use crate::language::{is_unspaced, search_key};

/// What each part of the text met in this hit. `key`: the search key of the text.
pub(super) fn parts(columns: &Columns, found: &Found, text: &str, key: &str) -> Vec<PartMatch> {
    let division = columns.divisions.get(columns.groups[found.group as usize].division as usize);
    let mut ways: Vec<Vec<OwnPart>> = Vec::new();
    if columns.groups[found.group as usize].has_address {
        ways.push(of_address(columns, found));
    }
    let is_by_name = ways.is_empty() || !matches!(found.matched.part, Part::Address | Part::StreetAddress);
    for name in columns.names_of(found.group).iter().filter(|name| is_by_name && name.role != Role::Status) {
        let shown = columns.texts.get(name.text);
        let kind = match (name.role, columns.groups[found.group as usize].layer) {
            (Role::Code, _) => ElementKind::Other,
            (_, Layer::Roads) => ElementKind::Road,
            (_, Layer::Divisions) => division_kind(&search_key(shown).into_string(), false),
            _ => ElementKind::Estate,
        };
        ways.push(own(kind, shown).into_iter().collect());
    }
    for way in &mut ways {
        let is_said = |name: &str| way.iter().any(|part| part.shown.contains(name) || part.shown == name);
        if let Some(division) = division.filter(|division| !division.name.is_empty() && !is_said(&division.name))
            && let Some(mut part) = own(division_kind(&search_key(&division.name).into_string(), false), &division.name)
        {
            part.is_optional = true;
            way.insert(0, part);
        }
    }
    let aligned = ways.iter().filter(|way| !way.is_empty()).map(|way| align(text, key, way, &columns.lexicon));
    let mut best = aligned.min_by_key(|parts| parts.iter().map(|part| penalty(part.how)).sum::<u32>()).unwrap_or_default();
    if found.matched.kind == Kind::Interpolated {
        let number = best.iter_mut().find(|part| part.part == ElementKind::Number);
        number.into_iter().for_each(|part| part.how = How::Interpolated);
    }
    best
}

fn penalty(how: How) -> u32 {
    match how {
        How::Exact => 0,
        How::Script => 1,
        How::Sound => 4,
        How::Typo | How::Interpolated => 6,
        How::LeftOut | How::Extra => 10,
        How::Differs => 20,
    }
}

fn own(part: ElementKind, shown: &str) -> Option<OwnPart> {
    let key = search_key(shown).into_string();
    if key.is_empty() {
        return None;
    }
    let mut keys = vec![key.clone()];
    let generic = ["省", "市", "县", "区", "镇", "乡", "街道", "村", "里"].into_iter().find_map(|generic| key.strip_suffix(generic));
    keys.extend(generic.filter(|short| part.is_division() && short.chars().count() > 1).map(str::to_owned));
    keys.extend(key.strip_suffix('号').filter(|_| part == ElementKind::Number).map(str::to_owned));
    if part == ElementKind::Number {
        keys.extend(with_other_dash(&key));
    }
    if part == ElementKind::Road {
        keys.extend(street_spellings(&key).into_iter().skip(1));
    }
    Some(OwnPart { part, keys, shown: shown.to_owned(), is_optional: false })
}

fn of_address(columns: &Columns, found: &Found) -> Vec<OwnPart> {
    let row = &columns.groups[found.group as usize];
    let [before, number, after] = columns.address_pieces(found.group, found.entry);
    let text = |text: u32| (text != super::columns::NONE).then(|| columns.texts.get(text));
    let (road, lane) = (text(row.road), text(row.lane));
    let mut parts = Vec::new();
    // by the place of the street in the key of what stands before the number
    let whole = Keyed::of(before);
    let street = [road, lane].into_iter().flatten().map(|part| search_key(part).into_string()).collect::<String>();
    let start = Some(street.as_str()).filter(|street| !street.is_empty()).and_then(|street| whole.key.rfind(street));
    let divisions_end = start.unwrap_or(whole.key.len());
    let mut end = 0;
    let mut below_county = false;
    if whole.key.chars().any(is_unspaced) {
        for (from, to) in divisions(&whole.key[..divisions_end]) {
            let kind = division_kind(&whole.key[from..to], below_county);
            below_county |= kind == ElementKind::County;
            parts.extend(own(kind, &whole.shown(from, to)));
            end = to;
        }
    }
    let rest = whole.shown(end, divisions_end);
    if start.is_some() {
        parts.extend(rest_parts(&rest, !whole.key.chars().any(is_unspaced)));
        parts.extend(road.and_then(|road| own(ElementKind::Road, road)));
        parts.extend(lane.and_then(|lane| own(ElementKind::Lane, lane)));
    } else {
        parts.extend(own(ElementKind::Road, road.filter(|_| !rest_has(&rest)).unwrap_or(&rest)));
    }
    let (door, inside) = inside_of(number);
    parts.extend(own(ElementKind::Number, door));
    parts.extend(own(if inside.contains(['樓', '楼', '層', '层']) { ElementKind::Floor } else { ElementKind::Room }, inside));
    let mut after = after.to_owned();
    if start.is_none()
        && let Some(road) = road.filter(|road| after.contains(*road))
    {
        after = after.replacen(road, ",", 1);
    }
    parts.extend(rest_parts(&after, true));
    parts
}

fn rest_has(rest: &str) -> bool {
    !search_key(rest).is_empty()
}

/// 9490 Vaduz: what stands around the street of a Western address; or what is left between divisions and road.
fn rest_parts(rest: &str, is_western: bool) -> Vec<OwnPart> {
    if !is_western {
        return own(ElementKind::Community, rest).into_iter().collect();
    }
    let is_code = |word: &&str| word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = Vec::new();
    for piece in rest.split(',').map(str::trim) {
        let code = piece.split(' ').find(is_code);
        parts.extend(code.and_then(|code| own(ElementKind::Postcode, code)));
        let name: Vec<&str> = piece.split(' ').filter(|word| !is_code(word)).collect();
        parts.extend(own(ElementKind::Town, &name.join(" ")));
    }
    parts
}

/// 12號8樓之3 is the door 12號 and what is inside.
fn inside_of(number: &str) -> (&str, &str) {
    let Some((place, mark)) = number.char_indices().find(|(_, sign)| matches!(sign, '號' | '号')) else { return (number, "") };
    let rest = &number[place + mark.len_utf8()..];
    let suffix = rest.strip_prefix(['之', '-']).map_or(0, |after| {
        let end = after.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(after.len());
        rest.len() - after.len() + end
    });
    number.split_at(place + mark.len_utf8() + suffix)
}

/// By its last word. A 市 below a county is a town.
pub(super) fn division_kind(key: &str, below_county: bool) -> ElementKind {
    match key.chars().next_back() {
        Some('省') => ElementKind::Province,
        Some('市' | '州' | '盟') if !below_county => ElementKind::City,
        Some('县' | '区' | '旗') => ElementKind::County,
        Some('村' | '里') => ElementKind::Community,
        Some('邻' | '组' | '队' | '社') => ElementKind::Group,
        _ => ElementKind::Town,
    }
}

/// A text with its key, where a piece of the key can be shown as it is written.
struct Keyed<'a> {
    text: &'a str,
    key: String,
}

impl<'a> Keyed<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, key: search_key(text).into_string() }
    }

    /// Bytes of the key; the key itself where its signs are not those of the text one for one.
    fn shown(&self, from: usize, to: usize) -> String {
        if self.key.chars().count() != self.text.chars().count() {
            return self.key[from..to].to_owned();
        }
        let (skipped, taken) = (self.key[..from].chars().count(), self.key[from..to].chars().count());
        self.text.chars().skip(skipped).take(taken).collect()
    }
}
