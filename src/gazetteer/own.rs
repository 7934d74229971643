//! The parts that the register has of a place: divisions, road, lane, number and what is inside; or its names.

use super::align::{OwnPart, align, is_same_level};
use super::answer::{Kind, Part};
use super::asked::with_other_dash;
use super::best::Found;
use super::columns::{Columns, Role};
use super::forms::divisions;
use super::parts::{How, PartMatch};
use crate::domain::{Layer, NameKind};
use crate::language::address::{ElementKind, street_spellings};
use crate::language::{is_unspaced, search_key};

/// What each part of the text met in this hit. `key`: the search key of the text.
pub(super) fn parts(columns: &Columns, found: &Found, text: &str, key: &str) -> Vec<PartMatch> {
    let division = columns.divisions.get(columns.groups[found.group as usize].division as usize);
    let is_by_address = matches!(found.matched.part, Part::Address | Part::StreetAddress);
    let mut ways = ways(columns, found.group, found.entry, is_by_address);
    let road_was = found.road_was.map(|was| search_key(&columns.displayed(was, 0).concat()).into_string());
    if let Some(key) = &road_was {
        let roads = ways.iter_mut().flatten().filter(|part| part.part == ElementKind::Road);
        roads.for_each(|road| road.keys.push(key.clone()));
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
    for part in best.iter_mut().filter(|part| part.part == ElementKind::Road && part.asked.is_some() && part.asked == road_was) {
        part.how = How::Former;
    }
    match columns.now(found.entry) {
        Some(now) => as_it_is_now(best, &ways_of(columns, now, is_by_address)),
        None => best,
    }
}

fn ways_of(columns: &Columns, entry: u32, is_by_address: bool) -> Vec<OwnPart> {
    ways(columns, columns.group_of(entry), entry, is_by_address).into_iter().flatten().collect()
}

/// The parts of an earlier name or address, with what they are now.
fn as_it_is_now(parts: Vec<PartMatch>, now: &[OwnPart]) -> Vec<PartMatch> {
    let mut all = Vec::with_capacity(parts.len());
    for mut part in parts {
        let Some(was) = part.found.as_deref().map(|shown| search_key(shown).into_string()) else {
            all.push(part);
            continue;
        };
        let mut same = now.iter().filter(|own| is_same_level(own.part, part.part));
        if now.iter().any(|own| own.keys[0] == was) {
            all.push(part);
            continue;
        }
        let is = same.next();
        match part.how {
            // What it was is not missed.
            How::LeftOut if is.is_none() => continue,
            How::Exact | How::Script => part.how = How::Former,
            _ => {}
        }
        part.found = is.map(|own| own.shown.clone());
        all.push(part);
    }
    all
}

/// The ways in which a place may be meant: by its address, by each of its names and codes.
fn ways(columns: &Columns, group: u32, entry: u32, is_by_address: bool) -> Vec<Vec<OwnPart>> {
    let mut ways: Vec<Vec<OwnPart>> = Vec::new();
    if columns.groups[group as usize].has_address {
        ways.push(of_address(columns, group, entry));
    }
    let is_by_name = ways.is_empty() || !is_by_address;
    // What the register marks as former has a row of its own.
    let counts = |role: Role| !matches!(role, Role::Status | Role::Further(NameKind::Former));
    for name in columns.names_of(group).iter().filter(|name| is_by_name && counts(name.role)) {
        let shown = columns.texts.get(name.text);
        let kind = match (name.role, columns.groups[group as usize].layer) {
            (Role::Code, _) => ElementKind::Other,
            (_, Layer::Roads) => ElementKind::Road,
            (_, Layer::Divisions) => division_kind(&search_key(shown).into_string(), false),
            _ => ElementKind::Estate,
        };
        ways.push(own(kind, shown).into_iter().collect());
    }
    ways
}

fn penalty(how: How) -> u32 {
    match how {
        How::Exact => 0,
        How::Script => 1,
        How::Former => 2,
        How::Sound => 4,
        How::Typo | How::Interpolated => 6,
        How::LeftOut | How::Extra => 10,
        How::Differs => 20,
    }
}

fn own(part: ElementKind, shown: &str) -> Option<OwnPart> {
    keyed(part, shown, search_key(shown).into_string())
}

/// `key`: of what is shown.
fn keyed(part: ElementKind, shown: &str, key: String) -> Option<OwnPart> {
    if key.is_empty() {
        return None;
    }
    let mut keys = match part {
        ElementKind::Road => street_spellings(&key),
        _ => vec![key.clone()],
    };
    if part.is_division() {
        let generic = ["省", "市", "县", "区", "镇", "乡", "街道", "村", "里"].into_iter().find_map(|generic| key.strip_suffix(generic));
        keys.extend(generic.filter(|short| short.chars().count() > 1).map(str::to_owned));
    }
    if part == ElementKind::Number {
        keys.extend(key.strip_suffix('号').map(str::to_owned));
        keys.extend(with_other_dash(&key));
    }
    Some(OwnPart { part, keys, shown: shown.to_owned(), is_optional: false })
}

fn of_address(columns: &Columns, group: u32, entry: u32) -> Vec<OwnPart> {
    let row = &columns.groups[group as usize];
    let [before, number, after] = columns.address_pieces(group, entry);
    let text = |text: u32| (text != super::columns::NONE).then(|| columns.texts.get(text));
    let (road, lane) = (text(row.road), text(row.lane));
    let mut parts = Vec::new();
    // by the place of the street in the key of what stands before the number
    let whole = Keyed::of(before);
    let [road_key, lane_key] = [road, lane].map(|part| part.map(|part| search_key(part).into_string()).unwrap_or_default());
    let street = format!("{road_key}{lane_key}");
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
        parts.extend(road.and_then(|road| keyed(ElementKind::Road, road, road_key)));
        parts.extend(lane.and_then(|lane| keyed(ElementKind::Lane, lane, lane_key)));
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
