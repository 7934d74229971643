//! Which elements could stand at a place of a hanzi address: names that are known, names by their ends, numbers by their
//! marks, bare numbers, and plain text.

use super::ElementKind::{self, *};
use super::names::Names;
use super::signs::Signs;
use super::weights;
use super::words;

/// More signs than a name of an estate or firm has.
const LONGEST_TEXT: usize = 28;

/// An element that could stand at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub kind: ElementKind,
    pub end: usize,
    pub penalty: u32,
    pub form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Name,
    /// With its mark: 478号.
    Marked,
    /// Without, so that only its neighbours can tell what it is.
    Bare {
        digits: usize,
        joined: bool,
        dash_follows: bool,
    },
}

pub(super) fn at(signs: &Signs, start: usize, names: &dyn Names, found: &mut Vec<Candidate>) {
    found.clear();
    if !matches!(signs.at(start), None | Some('-' | '#' | '/')) {
        known(signs, start, names, found);
        by_end(signs, start, found);
        marked(signs, start, found);
        bare(signs, start, found);
        hints(signs, start, found);
        plain_text(signs, start, found);
    }
    found.retain(|candidate| signs.is_boundary(candidate.end));
}

fn known(signs: &Signs, start: usize, names: &dyn Names, found: &mut Vec<Candidate>) {
    let mut name = String::new();
    for end in start + 1..=signs.len().min(start + names.longest()) {
        let Some(sign) = signs.at(end - 1) else { return };
        name.push(sign);
        if end - start < 2 {
            continue;
        }
        for known in names.known(&name) {
            let penalty = weights::known(known.kind, known.whole, end - start);
            found.push(Candidate { kind: known.kind, end, penalty, form: Form::Name });
            if known.kind == Road
                && let Some(end) = section(signs, end)
            {
                found.push(Candidate { kind: Road, end, penalty, form: Form::Name });
            }
        }
    }
    if signs.starts_with(start, "中国") {
        found.push(Candidate { kind: Country, end: start + 2, penalty: weights::COUNTRY, form: Form::Name });
    }
}

/// The end of 一段 or 3段 after a road.
fn section(signs: &Signs, start: usize) -> Option<usize> {
    let mut end = number(signs, start).unwrap_or(start);
    if end == start && signs.at(start).is_some_and(|sign| "东西南北中".contains(sign)) {
        end += 1;
    }
    (end > start && signs.at(end) == Some('段')).then_some(end + 1)
}

fn by_end(signs: &Signs, start: usize, found: &mut Vec<Candidate>) {
    for (kind, generic, fewest, most) in words::GENERICS {
        let chars = generic.chars().count();
        for before in *fewest..=*most {
            let generic_start = start + before;
            if generic_start + chars > signs.len() {
                break;
            }
            if !signs.starts_with(generic_start, generic) || !may_be_name(signs, start, generic_start, *kind) {
                continue;
            }
            let end = generic_start + chars;
            if matches!(kind, County | Community)
                && words::ESTATES.iter().any(|estate| *estate != "里" && signs.ends_with(start..end, estate))
            {
                continue;
            }
            let penalty = weights::by_end(*kind, before) + weights::ends_inside(signs, start, generic_start);
            found.push(Candidate { kind: *kind, end, penalty, form: Form::Name });
            if *kind == Road
                && let Some(end) = section(signs, end)
            {
                found.push(Candidate { kind: Road, end, penalty, form: Form::Name });
            }
        }
    }
}

/// A name may hold numbers only before its end (西园5路), and is not a number alone (3弄, 12巷).
fn may_be_name(signs: &Signs, start: usize, end: usize, kind: ElementKind) -> bool {
    let all_numbers = (start..end).all(|place| signs.is_numeral(place));
    if all_numbers && end > start {
        return kind == Road && end - start > 1 && !(start..end).any(|place| signs.is_digit(place)) && signs.at(end) != Some('弄');
    }
    let first_digit = (start..end).position(|place| signs.is_digit(place));
    let digits_are_last = first_digit.is_none_or(|first| first > 0 && (start + first..end).all(|place| signs.is_digit(place)));
    digits_are_last && !(start..end).any(|place| matches!(signs.at(place), Some('-' | '号' | '#' | '/')))
}

/// The end of a run of digits or of Chinese numerals.
fn number(signs: &Signs, start: usize) -> Option<usize> {
    let of_digits = signs.is_digit(start);
    let mut end = start;
    while signs.is_numeral(end) && signs.is_digit(end) == of_digits {
        end += 1;
    }
    (end > start).then_some(end)
}

/// 12, 12-3, a12, 12a, a: the end, and whether a dash joins two.
fn label(signs: &Signs, start: usize, most_letters: usize) -> Option<(usize, bool)> {
    let mut end = start;
    while end - start < most_letters && signs.is_latin(end) {
        end += 1;
    }
    if signs.is_latin(end) {
        return None;
    }
    let Some(mut end) = number(signs, end) else { return (end > start).then_some((end, false)) };
    let mut joined = false;
    while matches!(signs.at(end), Some('-' | '之'))
        && let Some(next) = number(signs, end + 1)
    {
        (end, joined) = (next, true);
    }
    if signs.is_latin(end) && !signs.is_latin(end + 1) && !signs.is_digit(end + 1) {
        end += 1;
    }
    Some((end, joined))
}

fn marked(signs: &Signs, start: usize, found: &mut Vec<Candidate>) {
    let digits_start = if signs.at(start) == Some('第') { start + 1 } else { start };
    if let Some((end, joined)) = label(signs, digits_start, 2) {
        let simple = number(signs, digits_start).filter(|simple| *simple < end);
        marks(signs, end, joined, found);
        if let Some(simple) = simple {
            marks(signs, simple, false, found);
        }
    }
    if signs.at(start).is_some_and(|sign| words::LETTERS.contains(sign)) {
        for (kind, mark) in words::NUMBERED {
            if matches!(kind, Block | Building | Unit) && !matches!(*mark, "号" | "楼" | "门") && signs.starts_with(start + 1, mark) {
                let end = start + 1 + mark.chars().count();
                found.push(Candidate { kind: *kind, end, penalty: weights::LETTERED, form: Form::Marked });
            }
        }
    }
    if let Some(end) = below_ground(signs, start) {
        found.push(Candidate { kind: Floor, end, penalty: weights::MARKED, form: Form::Marked });
    }
    door_number(signs, start, found);
}

fn marks(signs: &Signs, end: usize, joined: bool, found: &mut Vec<Candidate>) {
    for (kind, mark) in words::NUMBERED {
        if !signs.starts_with(end, mark) {
            continue;
        }
        let after = end + mark.chars().count();
        if *mark == "号" && matches!(signs.at(after), Some('楼' | '馆')) {
            continue;
        }
        if *mark == "f" && signs.is_latin(after) {
            continue;
        }
        let penalty = weights::marked(*kind, mark, joined);
        found.push(Candidate { kind: *kind, end: after, penalty, form: Form::Marked });
        if *kind == Floor && *mark == "楼" && matches!(signs.at(after), Some('之')) {
            // 8楼之3: the door on the floor
            if let Some(room) = number(signs, after + 1) {
                found.push(Candidate { kind: Floor, end: room, penalty, form: Form::Marked });
            }
        }
    }
}

/// 地下1层, 负一楼, 底层, 顶楼.
fn below_ground(signs: &Signs, start: usize) -> Option<usize> {
    let mut end = start;
    for word in ["地下", "负", "底", "顶"] {
        if signs.starts_with(start, word) {
            end = start + word.chars().count();
        }
    }
    if end == start {
        return None;
    }
    let end = number(signs, end).unwrap_or(end);
    matches!(signs.at(end), Some('层' | '楼')).then_some(end + 1)
}

/// The number of a door with all its suffixes; every place where it could end is offered.
fn door_number(signs: &Signs, start: usize, found: &mut Vec<Candidate>) {
    let prefixed = signs.at(start).is_some_and(|sign| "临新旧特甲乙丙丁附".contains(sign));
    let Some((end, _)) = label(signs, if prefixed { start + 1 } else { start }, 1) else { return };
    if !(start..end).any(|place| signs.is_numeral(place)) {
        return;
    }
    let lettered = signs.at(end).is_some_and(|sign| "甲乙丙丁".contains(sign)) && signs.at(end + 1) == Some('号');
    let mut end = if lettered { end + 1 } else { end };
    if signs.at(end) != Some('号') || matches!(signs.at(end + 1), Some('楼' | '馆')) {
        return;
    }
    end += 1;
    let marked = |end, penalty| Candidate { kind: Number, end, penalty, form: Form::Marked };
    found.push(marked(end, weights::MARKED));
    if signs.at(end) == Some('院') {
        end += 1;
        found.push(marked(end, weights::MARKED));
    }
    let suffix = match signs.at(end) {
        Some('附' | '临') => number(signs, end + 1).map(|end| if signs.at(end) == Some('号') { end + 1 } else { end }),
        Some('之' | '-') => number(signs, end + 1),
        Some(sign) if "甲乙丙丁".contains(sign) => Some(end + 1),
        _ => None,
    };
    if let Some(end) = suffix {
        found.push(marked(end, weights::MARKED));
    }
}

fn bare(signs: &Signs, start: usize, found: &mut Vec<Candidate>) {
    let Some((end, _)) = label(signs, start, 2) else { return };
    // all of 12-3-401a, or its first piece, or its digits
    let dash = (start..end).find(|place| matches!(signs.at(*place), Some('-')));
    let mut ends: Vec<usize> = [Some(end), dash, number(signs, start)].into_iter().flatten().collect();
    ends.sort_unstable();
    ends.dedup();
    for end in ends {
        let digits = (start..end).filter(|place| signs.is_numeral(*place)).count();
        let joined = (start..end).any(|place| matches!(signs.at(place), Some('-' | '之')));
        let form = Form::Bare { digits, joined, dash_follows: signs.at(end) == Some('-') && signs.get(end + 1).is_some() };
        for kind in [Number, Building, Unit, Floor, Room] {
            if digits > 0 || matches!(kind, Building | Unit) {
                found.push(Candidate { kind, end, penalty: weights::bare(signs, start, end), form });
            }
        }
    }
}

fn hints(signs: &Signs, start: usize, found: &mut Vec<Candidate>) {
    for word in words::HINTS.iter().filter(|word| signs.starts_with(start, word)) {
        let chars = word.chars().count();
        found.push(Candidate {
            kind: Hint,
            end: start + chars,
            penalty: weights::hint(chars, weights::joins_roads(signs, start)),
            form: Form::Name,
        });
    }
}

fn plain_text(signs: &Signs, start: usize, found: &mut Vec<Candidate>) {
    let mut penalty = 0;
    for end in start + 1..=signs.len().min(start + LONGEST_TEXT) {
        penalty += weights::sign_of_text(signs, start, end - 1);
        let is_estate = words::ESTATES.iter().any(|generic| signs.ends_with(start..end, generic) && end - start > generic.chars().count());
        let own = weights::text(end - start, is_estate);
        found.push(Candidate { kind: Estate, end, penalty: own + penalty, form: Form::Name });
        found.push(Candidate { kind: Occupant, end, penalty: own + penalty, form: Form::Name });
    }
}
