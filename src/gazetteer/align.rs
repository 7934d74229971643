//! Which piece of a query meets which part of a place: first what is there exactly, wherever it stands, then the rest in
//! order by sound or with one edit; what stays over on either side is left out, extra, or says something else.

use super::parts::{How, PartMatch};
use crate::language::address::{self, ElementKind, Names};
use crate::language::{is_unspaced, romanised, sounds_alike, spellings};

/// A part of a place, ready for comparing.
#[derive(Clone, Debug)]
pub(super) struct OwnPart {
    pub part: ElementKind,
    /// Its key, then shorter ways of writing it that mean the same (羅東 for 羅東鎮, 12 for 12號).
    pub keys: Vec<String>,
    /// As the register writes it.
    pub shown: String,
    /// Nobody expects it: it is not said to be left out.
    pub is_optional: bool,
}

/// Signs of a query that are compared in order; what lies beyond is extra.
const SIGNS_MAX: usize = 64;
/// Costs in the comparison: of a sign that meets nothing, of a part left out, of a part by sound, of a part with an edit.
const SIGN_COST: u32 = 10;
const LEFT_OUT_COST: u32 = 12;
const SOUND_COST: u32 = 4;
const TYPO_COST: u32 = 8;
/// Last words of divisions.
const DIVISION_WORDS: &str = "省市县区镇乡村里";
const NEVER: u32 = u32::MAX / 2;

/// Every own part in its order, then what the query says beside them. `text`: the query as given; `key`: its search key.
pub(super) fn align(text: &str, key: &str, own: &[OwnPart], names: &dyn Names) -> Vec<PartMatch> {
    let signs: Vec<char> = key.chars().collect();
    let mut used = vec![false; signs.len()];
    let mut met: Vec<Option<(How, String)>> = vec![None; own.len()];
    let mut order: Vec<usize> = (0..own.len()).collect();
    order.sort_by_key(|part| std::cmp::Reverse(own[*part].keys[0].chars().count()));
    for short in [false, true] {
        for part in order.iter().copied() {
            let keys = if short { &own[part].keys[1..] } else { &own[part].keys[..1] };
            let last_first = own[part].part >= ElementKind::Lane;
            for key in keys {
                if met[part].is_some() {
                    break;
                }
                let key: Vec<char> = key.chars().collect();
                if let Some(place) = occurrence(&signs, &used, &key, last_first)
                    && !(short
                        && own[part].part.is_division()
                        && signs.get(place + key.len()).is_some_and(|next| DIVISION_WORDS.contains(*next)))
                {
                    used[place..place + key.len()].fill(true);
                    let how = if is_written_so(text, &own[part].shown) { How::Exact } else { How::Script };
                    met[part] = Some((how, key.into_iter().collect()));
                }
            }
        }
    }
    let open: Vec<usize> = (0..own.len()).filter(|part| met[*part].is_none()).collect();
    if !open.is_empty() && used.contains(&false) {
        in_order(&signs, &mut used, own, &open, &mut met);
    }
    let mut parts: Vec<PartMatch> = own
        .iter()
        .zip(met)
        .filter(|(own, met)| met.is_some() || !own.is_optional)
        .map(|(own, met)| {
            let (how, asked) = met.map_or((How::LeftOut, None), |(how, asked)| (how, Some(asked)));
            PartMatch { part: own.part, how, asked, found: Some(own.shown.clone()) }
        })
        .collect();
    for (part, asked) in extras(&signs, &used, names) {
        // 153号 alone reads like a room; where nothing else is the number of the door, it is that.
        let is_door = part == ElementKind::Room
            && asked.ends_with('号')
            && !parts.iter().any(|known| known.part == ElementKind::Number && known.asked.is_some());
        let part = if is_door { ElementKind::Number } else { part };
        match parts.iter_mut().find(|other| other.how == How::LeftOut && is_same_level(other.part, part)) {
            Some(other) => (other.how, other.asked) = (How::Differs, Some(asked)),
            None => parts.push(PartMatch { part, how: How::Extra, asked: Some(asked), found: None }),
        }
    }
    parts
}

/// Where all of it stands in free signs, whole words and numbers only.
fn occurrence(signs: &[char], used: &[bool], key: &[char], last_first: bool) -> Option<usize> {
    if key.is_empty() || key.len() > signs.len() {
        return None;
    }
    let is_free = |place: &usize| {
        let end = place + key.len();
        signs[*place..end] == *key
            && !used[*place..end].contains(&true)
            && !is_joined(place.checked_sub(1).map(|before| signs[before]), key[0])
            && !is_joined(signs.get(end).copied(), key[key.len() - 1])
            && (signs.get(end) != Some(&'-') || !key[key.len() - 1].is_ascii_digit())
    };
    let mut places = 0..=signs.len() - key.len();
    if last_first { places.rfind(is_free) } else { places.find(is_free) }
}

/// Whether a sign goes on beyond the end of a piece: the 1 of 12, the a of 12a, the n of main.
fn is_joined(outer: Option<char>, inner: char) -> bool {
    let Some(outer) = outer else { return false };
    let is_word = |sign: char| sign.is_alphanumeric() && !is_unspaced(sign);
    is_word(inner)
        && (is_word(outer) && (outer.is_ascii_digit() || !inner.is_ascii_digit()) || inner.is_ascii_digit() && "-/".contains(outer))
}

/// Whether the characters are those of the register, forms of numbers aside.
fn is_written_so(text: &str, shown: &str) -> bool {
    shown
        .chars()
        .filter(|sign| is_unspaced(*sign) && !"〇零一二三四五六七八九十百千號号之段".contains(*sign))
        .all(|sign| text.contains(sign))
}

/// Whether a place has one of them only.
pub(super) fn is_same_level(a: ElementKind, b: ElementKind) -> bool {
    use ElementKind::*;
    let level = |kind| match kind {
        Province => 0,
        City | County => 1,
        DevelopmentZone | Town => 2,
        Community => 3,
        Group => 4,
        Road | Estate => 5,
        Lane | SubLane => 6,
        Number => 7,
        Floor | Room => 8,
        other => 20 + other as u32,
    };
    level(a) == level(b)
}

/// What stays over, with what it seems to be.
fn extras(signs: &[char], used: &[bool], names: &dyn Names) -> Vec<(ElementKind, String)> {
    let mut found = Vec::new();
    let mut place = 0;
    while place < signs.len() {
        if used[place] || signs[place] == ' ' {
            place += 1;
            continue;
        }
        let end = (place..signs.len()).find(|end| used[*end]).unwrap_or(signs.len());
        let run: String = signs[place..end].iter().collect();
        let elements = address::readings(run.trim(), names, 1).into_iter().next().map(|reading| reading.elements);
        found.extend(elements.into_iter().flatten().map(|element| (element.kind, element.value)));
        place = end + 1;
    }
    found
}

#[derive(Clone, Copy)]
struct Step {
    cost: u32,
    from: (usize, usize),
    how: Option<How>,
}

/// The cheapest way to meet the open parts in their order with the signs that are free.
fn in_order(signs: &[char], used: &mut [bool], own: &[OwnPart], open: &[usize], met: &mut [Option<(How, String)>]) {
    let free: Vec<usize> = (0..signs.len()).filter(|place| !used[*place]).take(SIGNS_MAX).collect();
    let keys: Vec<Vec<char>> = open.iter().map(|part| own[*part].keys[0].chars().collect()).collect();
    let width = free.len() + 1;
    let mut steps = vec![Step { cost: NEVER, from: (0, 0), how: None }; (open.len() + 1) * width];
    steps[0].cost = 0;
    for part in 0..=open.len() {
        for place in 0..width {
            let cost = steps[part * width + place].cost;
            if cost >= NEVER {
                continue;
            }
            let mut offer = |to: (usize, usize), more: u32, how: Option<How>| {
                let step = &mut steps[to.0 * width + to.1];
                if cost + more < step.cost {
                    *step = Step { cost: cost + more, from: (part, place), how };
                }
            };
            if place < free.len() {
                offer((part, place + 1), if signs[free[place]] == ' ' { 0 } else { SIGN_COST }, None);
            }
            if part == open.len() {
                continue;
            }
            offer((part + 1, place), if own[open[part]].is_optional { 1 } else { LEFT_OUT_COST }, None);
            // a piece lies side by side
            let run = free[place..].iter().enumerate().take_while(|(ahead, at)| **at == free[place] + ahead).count();
            let piece: Vec<char> = (place..place + run).map(|at| signs[free[at]]).collect();
            let key = &keys[part];
            if let Some(chars) = sound_end(key, &piece) {
                offer((part + 1, place + chars), SOUND_COST, Some(How::Sound));
            }
            for chars in key.len().saturating_sub(1).max(1)..=(key.len() + 1).min(run) {
                let is_division = |sign: Option<&char>| sign.is_some_and(|sign| DIVISION_WORDS.contains(*sign));
                let is_cut = is_division(key.last()) && is_division(piece.get(chars)) && !is_division(piece[..chars].last());
                let cuts_word = is_joined(piece.get(chars).copied(), piece[chars - 1]);
                if let Some(how) = similar(key, &piece[..chars]).filter(|_| !is_cut && !cuts_word) {
                    offer((part + 1, place + chars), if how == How::Sound { SOUND_COST } else { TYPO_COST }, Some(how));
                }
            }
        }
    }
    let (mut part, mut place) = (open.len(), free.len());
    while (part, place) != (0, 0) {
        let step = steps[part * width + place];
        if let Some(how) = step.how {
            let piece = step.from.1..place;
            met[open[step.from.0]] = Some((how, piece.clone().map(|at| signs[free[at]]).collect()));
            piece.for_each(|at| used[free[at]] = true);
        }
        (part, place) = step.from;
    }
}

/// One edit apart; digits have to be the same ones.
fn similar(key: &[char], piece: &[char]) -> Option<How> {
    let digits = |signs: &[char]| signs.iter().copied().filter(char::is_ascii_digit).collect::<Vec<_>>();
    if key.len() < 2 || piece.contains(&' ') != key.contains(&' ') || digits(key) != digits(piece) {
        return None;
    }
    let numbered = key[0].is_ascii_digit();
    let same = key.iter().zip(piece).take_while(|(a, b)| a == b).count();
    let (key, piece) = (&key[same..], &piece[same..]);
    let same = key.iter().rev().zip(piece.iter().rev()).take_while(|(a, b)| a == b).count();
    let (key, piece) = (&key[..key.len() - same], &piece[..piece.len() - same]);
    // 3樓 is not 3鄰 with an edit
    let is_unit = |sign: &char| "楼层室户邻组巷弄号段栋幢座".contains(*sign);
    if numbered && piece.iter().any(is_unit) {
        return None;
    }
    // 宜蘭市 is not 宜蘭縣 with an edit
    if let ([own], [other]) = (key, piece)
        && DIVISION_WORDS.contains(*own)
        && DIVISION_WORDS.contains(*other)
    {
        return None;
    }
    match (key, piece) {
        ([a], [b]) if sounds_alike(*a, *b) => Some(How::Sound),
        ([_], [_]) | ([_], []) | ([], [_]) => Some(How::Typo),
        ([a, b], [c, d]) if (a, b) == (d, c) => Some(How::Typo),
        _ => None,
    }
}

/// How many signs from the beginning on are the same when read aloud: Pinyin, initials, other characters of the sound.
fn sound_end(key: &[char], piece: &[char]) -> Option<usize> {
    if key.len() < 2 || !key.iter().any(|sign| is_unspaced(*sign)) {
        return None;
    }
    let initials = || {
        let text: String = key.iter().collect();
        let initials: Vec<char> = romanised(&text)?.initials.chars().collect();
        let is_word = |sign: &char| sign.is_ascii_lowercase();
        (initials.len() > 1 && piece.starts_with(&initials) && !piece.get(initials.len()).is_some_and(is_word)).then_some(initials.len())
    };
    aloud(key, piece, 0).or_else(initials)
}

fn aloud(key: &[char], piece: &[char], at: usize) -> Option<usize> {
    let Some((sign, rest)) = key.split_first() else { return Some(at) };
    let at = if at > 0 && piece.get(at) == Some(&' ') { at + 1 } else { at };
    let next = *piece.get(at)?;
    if next == *sign || is_unspaced(next) && sounds_alike(*sign, next) {
        return aloud(rest, piece, at + 1);
    }
    if !next.is_ascii_lowercase() || !is_unspaced(*sign) {
        return None;
    }
    let mut readings = spellings(sign.encode_utf8(&mut [0; 4]));
    readings.sort_by_key(|reading| std::cmp::Reverse(reading.len()));
    readings.into_iter().find_map(|reading| {
        let fits = reading.chars().enumerate().all(|(ahead, letter)| piece.get(at + ahead) == Some(&letter));
        fits.then(|| aloud(rest, piece, at + reading.len())).flatten()
    })
}
