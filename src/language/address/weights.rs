//! What each assumption costs, in hundredths, all in one place. Chosen by reading addresses, then by the floors that the
//! tests keep; only differences matter.

use super::ElementKind::{self, *};
use super::candidates::{Candidate, Form};
use super::signs::Signs;

pub(super) const COUNTRY: u32 = 50;
/// A number with its mark says what it is.
pub(super) const MARKED: u32 = 40;
/// 东区, 甲单元.
pub(super) const LETTERED: u32 = 70;
/// A dash or # between two elements.
pub(super) const SEPARATOR: u32 = 20;
/// An element across a blank or comma.
pub(super) const BLANK_INSIDE: u32 = 30;
/// No reading.
pub(super) const NEVER: u32 = 100_000;

/// A name of the register. Short forms (杭州 for 杭州市) are what other names begin with, the more so the smaller the place.
pub(super) fn known(kind: ElementKind, whole: bool, chars: usize) -> u32 {
    let own: u32 = match (kind, whole) {
        (Province | City | County | Town | DevelopmentZone, true) => 40,
        (Province | City, false) => 90,
        (County, false) => 130,
        (Town, false) => 190,
        (Community, false) => 200,
        (Community, true) => 90,
        (Estate, _) => 140,
        (Road, _) => 60,
        (_, true) => 60,
        (_, false) => 200,
    };
    own - 5 * chars.min(6) as u32
}

/// A name by its end, with so many signs before it.
pub(super) fn by_end(kind: ElementKind, before: usize) -> u32 {
    let (own, usual) = match kind {
        Province | City => (200, 2),
        County => (170, 2),
        DevelopmentZone => (160, 4),
        Town => (120, 2),
        Community => (150, 2),
        _ => (110, 2),
    };
    own + 35 * before.saturating_sub(usual) as u32 + if before < usual { 60 } else { 0 }
}

/// An end of names in the middle of a name read by pattern: 小路下村共济路 is more likely a village and a road.
pub(super) fn ends_inside(signs: &Signs, start: usize, end: usize) -> u32 {
    let inside = (start + 2..end).filter(|place| signs.at(*place).is_some_and(is_end));
    let joins = (start + 2..end).any(|place| joins_roads(signs, place));
    80 * inside.count() as u32 + if joins { 150 } else { 0 } + starts(signs, start)
}

/// The "and" of 文三路与学院路, not of 和平路.
pub(super) fn joins_roads(signs: &Signs, place: usize) -> bool {
    matches!(signs.at(place), Some('与' | '和' | '跟' | '&')) && place > 0 && signs.at(place - 1).is_some_and(is_end)
}

/// A name that begins with an end of names: 镇三村 after 九堡.
fn starts(signs: &Signs, start: usize) -> u32 {
    match signs.at(start) {
        _ if joins_roads(signs, start) => 100,
        Some('口') => 100,
        Some(sign) if start > 0 && is_end(sign) => 60,
        _ => 0,
    }
}

fn is_end(sign: char) -> bool {
    matches!(sign, '路' | '街' | '巷' | '镇' | '乡' | '村' | '区' | '县' | '市' | '省' | '道' | '邻')
}

pub(super) fn marked(kind: ElementKind, mark: &str, joined: bool) -> u32 {
    let own = match (kind, mark) {
        (Building, "楼") => 140,
        (Building | Unit | Room, "号") if joined => 100,
        (Building | Unit, "号") => 50,
        (Unit, "门") => 80,
        (Lane | SubLane, "巷") => 60,
        _ => MARKED,
    };
    own + match kind {
        Building | Unit | Floor | Room if joined => 100,
        _ if joined => 40,
        _ => 0,
    }
}

/// A number or letter without a mark; most of what it costs is in `after`.
pub(super) fn bare(signs: &Signs, start: usize, end: usize) -> u32 {
    let numeral = signs.is_numeral(start) && !signs.is_digit(start);
    let cut = if signs.is_digit(end) {
        200
    } else if signs.is_latin(end) {
        60
    } else {
        0
    };
    60 + cut + if numeral { 120 } else { 0 }
}

pub(super) fn hint(chars: usize, joins_roads: bool) -> u32 {
    if chars > 1 || joins_roads { 100 } else { 220 }
}

/// A name that nothing is known of.
pub(super) fn text(chars: usize, is_estate: bool) -> u32 {
    let own = if is_estate { 130 } else { 200 };
    own + if chars < 2 { 150 } else { 0 }
}

pub(super) fn sign_of_text(signs: &Signs, start: usize, place: usize) -> u32 {
    let begins = |is: fn(&Signs, usize) -> bool| is(signs, place) && (place == start || !is(signs, place - 1));
    let number = if begins(Signs::is_digit) { 120 } else { 0 };
    let sign = match signs.at(place) {
        Some('楼' | '层' | '幢' | '栋' | '座' | '室' | '单' | '弄' | '邻') if place > start && signs.is_numeral(place - 1) => 200,
        Some('-' | '#' | '/' | '&') => 250,
        Some('号') => 150,
        _ if signs.is_latin(place) || signs.is_digit(place) => 8,
        _ => 65,
    };
    let first = if place == start { starts(signs, start) } else { 0 };
    number + sign + first
}

fn rank(kind: ElementKind) -> u32 {
    match kind {
        Country => 0,
        Province => 10,
        City => 20,
        County => 30,
        DevelopmentZone => 36,
        Town => 40,
        Community => 50,
        Group => 60,
        Road => 70,
        Lane => 80,
        SubLane => 85,
        Number => 90,
        Estate => 100,
        Block => 110,
        Building => 120,
        Unit => 130,
        Floor => 140,
        Room => 150,
        Occupant | Postcode | Hint | Other => 160,
    }
}

/// What it costs that this element follows that one (`None`: it is the first).
pub(super) fn after(before: Option<ElementKind>, next: &Candidate) -> u32 {
    if let Form::Bare { digits, joined, dash_follows } = next.form {
        return after_bare(before, next.kind, digits, joined, dash_follows);
    }
    let Some(before) = before else {
        return match next.kind {
            Number | SubLane | Lane => 150,
            Hint => 250,
            Occupant => 400,
            Unit | Block => 150,
            _ => 0,
        };
    };
    match (before, next.kind) {
        (Hint, Hint) => 60,
        (_, Hint) => 0,
        (Hint, Occupant) => 300,
        (Hint, Unit) => 60,
        (Hint, _) => 0,
        (before, next) if rank(next) < rank(before) => backwards(before, next),
        (before, Number) => match before {
            Road | Lane | SubLane | Group => 0,
            Community => 30,
            Number => 250,
            _ => 110,
        },
        (before, Group) => {
            if before == Community {
                0
            } else {
                60
            }
        }
        (before, Building) => match before {
            Estate | Block => 0,
            Number => 20,
            Lane | SubLane => 120,
            Road => 250,
            Community => 90,
            _ => 150,
        },
        (before, Unit) => match before {
            Building => 0,
            Estate | Number | Block | Lane | SubLane => 60,
            Community | Road => 100,
            _ => 200,
        },
        (before, Floor) => {
            if matches!(before, Number | Lane | Estate | Block | Building | Unit) {
                0
            } else {
                150
            }
        }
        (before, Room) => match before {
            Building | Unit | Floor => 0,
            Number | Estate | Block => 40,
            Room => 250,
            _ => 250,
        },
        (before, Lane) => {
            if before == Road {
                0
            } else {
                60
            }
        }
        (before, SubLane) => {
            if before == Lane {
                0
            } else {
                NEVER
            }
        }
        (before, Block) => {
            if matches!(before, Estate | Community) {
                0
            } else {
                200
            }
        }
        (before, Occupant) => match before {
            Floor | Room => 0,
            Unit | Building => 60,
            _ => NEVER,
        },
        (before, Estate) => match before {
            Building | Unit => 100,
            Floor | Room => NEVER,
            Estate => 60,
            _ => 0,
        },
        (Road, Road) => 60,
        (before, next) if before == next => 100,
        _ => 0,
    }
}

fn backwards(before: ElementKind, next: ElementKind) -> u32 {
    match (before, next) {
        (Town, DevelopmentZone) => 20,
        (Community | Road | Estate, DevelopmentZone) => 80,
        (Estate, Road) => 40,
        (Number, Road) => 150,
        (Estate | Block, Number) => 120,
        (Block, Estate) => 60,
        (Building | Unit, Estate) => 120,
        (Floor | Room | Occupant, Estate) => NEVER,
        (Unit, Building) | (Floor, Unit | Building) => 100,
        (_, Province | City) => 100,
        (_, County) => 130,
        (Community, Town) => 100,
        (Road | Estate, Town | Community) => 180,
        (Building | Unit | Floor | Room | Occupant, _) => 400,
        _ => 250,
    }
}

fn after_bare(before: Option<ElementKind>, kind: ElementKind, digits: usize, joined: bool, dash_follows: bool) -> u32 {
    use ElementKind as E;
    let Some(before) = before else { return if kind == Number { 300 } else { NEVER } };
    let long = digits >= 3;
    match (kind, before) {
        (E::Number, Road | Lane | SubLane | Group) => {
            if dash_follows {
                120
            } else {
                0
            }
        }
        (E::Number, Community) => 90,
        (E::Number, Town) => 250,
        (E::Building, Estate | Block) if !joined => {
            if dash_follows {
                0
            } else if long {
                150
            } else {
                60
            }
        }
        (E::Building, Lane | Number | Community) if !joined => {
            if dash_follows {
                30
            } else {
                160
            }
        }
        (E::Unit, Building) if !joined => {
            if dash_follows {
                0
            } else if long {
                250
            } else {
                80
            }
        }
        (E::Unit, Estate) if !joined && digits == 0 => 200,
        (E::Floor, Unit) if !joined => {
            if dash_follows {
                60
            } else {
                NEVER
            }
        }
        (E::Room, Building | Unit | Floor) => {
            if dash_follows {
                120
            } else if joined {
                150
            } else if long {
                0
            } else {
                40
            }
        }
        (E::Room, Number) if joined => 60,
        (E::Room, Estate | Block) if joined => 220,
        (E::Room, Number | Estate | Block) => {
            if long {
                40
            } else {
                100
            }
        }
        _ => NEVER,
    }
}
