//! What a query text may have been meant as, when it is not there as written: read aloud, with one edit undone, or with
//! another number of the same street.
//!
//! An edit is a wrong, missing or added character, or two that changed places. Instead of comparing the text with all
//! texts, the texts that are there say which characters can follow its first half and stand before its second half;
//! each such change is then looked up as if it had been asked for. Bounds: [`LOOKUPS_MAX`] changes of one text, and the work
//! limit of every search; who stops there says so.

use super::answer::{Kind, Query};
use super::best::{Found, Meeting};
use super::columns::{Columns, StartRow};
use super::find::{Search, Spelling, range_of};
use super::sounds;
use crate::language::{search_key, sounds_alike};

/// Changed texts looked up for one query.
const LOOKUPS_MAX: usize = 4000;
/// A digit too many or too few, or two that changed places, is a greater change than a wrong one: it weighs like so many
/// characters of length.
pub(super) const GREATER_CHANGE_CHARS: u32 = 100;
/// Shorter texts with an edit could be anything.
const SHORTEST_CHARS: usize = 3;
const SHORTEST_LATIN_CHARS: usize = 4;
/// Of each street.
const NEAREST_NUMBERS: usize = 5;

/// A changed text.
struct Edit {
    text: String,
    kind: Kind,
    /// A digit more or less, or digits that changed places.
    is_greater: bool,
}

/// The best hits that are not there as written, in order, and whether the search gave up at its limits.
pub(super) fn find_altered(columns: &Columns, query: &Query, removed: &[u32], work_limit: u32) -> (Vec<Found>, bool) {
    let key = search_key(&query.text);
    let text = key.as_str();
    let mut search = Search::new(columns, query, removed, work_limit);
    let shortest = if text.is_ascii() { SHORTEST_LATIN_CHARS } else { SHORTEST_CHARS };
    if text.chars().count() < shortest || search.is_too_long(text) {
        return (Vec::new(), false);
    }
    let mut lookups_left = LOOKUPS_MAX;
    search.read_aloud(text);
    search.missing_unit(text);
    search.wrong_numbers(text);
    search.edited_heads(text, &mut lookups_left);
    search.edited_afters(text, &mut lookups_left);
    search.nearest_numbers(text);
    let (hits, gave_up) = search.best.into_hits();
    (hits, gave_up || lookups_left == 0)
}

impl<'a> Search<'a> {
    /// Pinyin in the text as the hanzi of names, or hanzi as others of the same sound.
    fn read_aloud(&mut self, text: &str) {
        let sounds = &self.columns.sounds;
        let mut texts = sounds.read(text);
        if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            texts = sounds::spelt(text).map(|spelt| sounds.read(&spelt)).unwrap_or_default();
        }
        self.counts_as = Some(Kind::Sound);
        for read in texts {
            let key = search_key(&read);
            if key.as_str() != text {
                self.beginnings(key.as_str(), Spelling::AsWritten);
            }
        }
        self.counts_as = None;
    }

    /// A numeral counts as digits before its unit only, so a missing or wrong 段 changes two characters of the key.
    fn missing_unit(&mut self, text: &str) {
        self.counts_as = Some(Kind::Typo);
        let signs: Vec<char> = text.chars().collect();
        for place in 1..signs.len() {
            let is_section = "一二三四五六七八九十".contains(signs[place - 1]) && !"一二三四五六七八九十".contains(signs[place]);
            if !is_section {
                continue;
            }
            for skipped in 0..=usize::from(!signs[place].is_ascii_digit()) {
                let changed: String = signs[..place].iter().chain(&['段']).chain(&signs[place + skipped..]).collect();
                self.beginnings(search_key(&changed).as_str(), Spelling::AsWritten);
            }
        }
        self.counts_as = None;
    }

    /// The street as written, the number with an edit.
    fn wrong_numbers(&mut self, text: &str) {
        let (columns, numbers) = (self.columns, &self.columns.numbers);
        for (end, _) in text.char_indices().skip(1) {
            let (head, rest) = text.split_at(end);
            for start in self.starts_at(head) {
                let form = self.form(start.form);
                if !self.best.may_go_on(1) {
                    return;
                }
                if !columns.groups[form.group as usize].numbered || !self.after(start.form).is_empty() {
                    continue;
                }
                let meeting = self.meeting_from(start, Kind::Typo);
                let change = |number: u32| change(rest, numbers.keys.get(number));
                self.best.may_go_on(columns.members(form.group).len());
                self.best.offer(meeting, |number| change(number) == Some(Change::Wrong));
                let longer = Meeting { chars: meeting.chars + GREATER_CHANGE_CHARS, ..meeting };
                self.best.offer(longer, |number| change(number) == Some(Change::Greater));
            }
        }
    }

    /// An edit before the number, or in a name without one.
    fn edited_heads(&mut self, text: &str, lookups_left: &mut usize) {
        let columns = self.columns;
        for end in text.char_indices().map(|(place, _)| place).skip(1).chain([text.len()]) {
            let (head, rest) = text.split_at(end);
            let (beginning, same) = columns.numbers.beginning_with(rest);
            if !rest.is_empty() && beginning.is_empty() {
                continue;
            }
            let wanted = if same.is_empty() { beginning } else { same };
            let is_digit = |sign: Option<char>| sign.is_some_and(|sign| sign.is_ascii_digit());
            let starts_with_digit = is_digit(rest.chars().next());
            let inside_number = starts_with_digit && is_digit(head.chars().next_back());
            for edit in self.edits(head, inside_number) {
                if *lookups_left == 0 {
                    return;
                }
                *lookups_left -= 1;
                if starts_with_digit && is_digit(edit.text.chars().next_back()) {
                    continue;
                }
                for start in self.starts_at(&edit.text) {
                    if !self.best.may_go_on(1) {
                        return;
                    }
                    let form = self.form(start.form);
                    let numbered = columns.groups[form.group as usize].numbered;
                    if (!rest.is_empty() && !numbered) || !self.after(start.form).is_empty() {
                        continue;
                    }
                    let mut meeting = self.meeting_from(start, edit.kind);
                    if edit.is_greater {
                        meeting.chars += GREATER_CHANGE_CHARS;
                    }
                    let place = |number: u32| columns.numbers.place.get(number as usize);
                    self.best.offer(meeting, |number| rest.is_empty() || place(number).is_some_and(|place| wanted.contains(place)));
                }
            }
        }
    }

    /// An edit behind a number that comes first: 12 Mian St.
    fn edited_afters(&mut self, text: &str, lookups_left: &mut usize) {
        let columns = self.columns;
        if columns.by_after.is_empty() {
            return;
        }
        self.counts_as = Some(Kind::Typo);
        for (end, _) in text.char_indices().skip(1).filter(|(_, sign)| *sign == ' ') {
            let (number, rest) = text.split_at(end);
            if columns.numbers.beginning_with(number).1.is_empty() {
                continue;
            }
            let signs: Vec<char> = rest.chars().collect();
            let mut edits = Vec::new();
            let mut range = 0..columns.by_after.len();
            let mut depth = 0;
            for place in 0..=signs.len() {
                for next in next_signs(range.clone(), |row| self.after(columns.by_after[row]), depth) {
                    edits.extend(edits_with(&signs, place, next));
                }
                let Some(sign) = signs.get(place) else { break };
                let rows = &columns.by_after[range.clone()];
                let longer = &rest[..depth + sign.len_utf8()];
                let within = range_of(rows, |form| self.after(*form).cmp(longer), |form| self.after(*form).starts_with(longer));
                range = range.start + within.start..range.start + within.end;
                depth = longer.len();
            }
            edits.extend(edits_of_its_own(&signs));
            for edit in edits {
                if *lookups_left == 0 {
                    break;
                }
                *lookups_left -= 1;
                let after = edit.text.as_str();
                let known = range_of(&columns.by_after, |form| self.after(*form).cmp(after), |form| self.after(*form).starts_with(after));
                if !known.is_empty() {
                    self.number_then_after(&format!("{number}{after}"), true);
                }
            }
        }
        self.counts_as = None;
    }

    /// Every text that some start may be and that is one edit away. `only_at_end`: nothing but a missing last character.
    fn edits(&self, text: &str, only_at_end: bool) -> Vec<Edit> {
        let columns = self.columns;
        let signs: Vec<char> = text.chars().collect();
        let half = if only_at_end { signs.len() } else { signs.len() / 2 };
        let offsets: Vec<usize> = text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
        let mut edits = Vec::new();
        // behind the first half, which stays
        for place in half..=signs.len() {
            let prefix = &text[..offsets[place]];
            let starts = self.starts_from(prefix);
            if starts.is_empty() {
                break;
            }
            for next in next_signs(0..starts.len(), |row| self.start_text(&starts[row]), prefix.len()) {
                edits.extend(edits_with(&signs, place, next));
            }
        }
        if only_at_end {
            edits.retain(|edit| edit.text.len() > text.len());
            return edits;
        }
        // before the second half, which stays
        for place in (0..=half).rev() {
            let suffix = &text[offsets[place]..];
            let mut any = false;
            for forms in [&columns.by_end, &columns.by_end_whole] {
                let backwards = |form: &u32| self.before(*form).bytes().rev().cmp(suffix.bytes().rev());
                let range = range_of(forms, backwards, |form| self.before(*form).ends_with(suffix));
                any |= !range.is_empty();
                for sign in signs_before(range, |row| self.before(forms[row]), suffix.len()) {
                    edits.push(Edit::new(&signs, place, place, Some(sign)));
                    if place > 0 {
                        edits.push(Edit::new(&signs, place - 1, place, Some(sign)));
                    }
                }
            }
            if !any {
                break;
            }
        }
        edits.extend(edits_of_its_own(&signs));
        edits
    }

    /// The street as written, and of its numbers those nearest to the one asked for.
    fn nearest_numbers(&mut self, text: &str) {
        for (end, _) in text.char_indices().skip(1) {
            let (head, rest) = text.split_at(end);
            let Some(wanted) = leading_number(rest).filter(|_| !head.ends_with(|sign: char| sign.is_ascii_digit())) else { continue };
            for start in self.starts_at(head) {
                if self.best.gave_up() {
                    return;
                }
                self.nearest_in(start, wanted, Kind::NearestNumber, 0);
            }
        }
    }

    /// Of the numbers of one street those nearest to this one; `chars` weigh as more distance.
    pub fn nearest_in(&mut self, start: &StartRow, wanted: u32, kind: Kind, chars: u32) {
        let (columns, numbers) = (self.columns, &self.columns.numbers);
        let group = self.form(start.form).group;
        let members = columns.members(group);
        if !self.best.wants(kind)
            || !self.best.may_go_on(members.len())
            || !columns.groups[group as usize].numbered
            || !self.best.passes(group)
        {
            return;
        }
        let apart = |entry: usize| {
            let number = columns.number_of(entry as u32).and_then(|number| leading_number(numbers.keys.get(number)))?;
            Some((number.abs_diff(wanted), entry as u32))
        };
        let mut nearest: Vec<(u32, u32)> = members.filter(|entry| self.best.is_valid(*entry as u32)).filter_map(apart).collect();
        nearest.sort_unstable();
        let meeting = self.meeting_from(start, kind);
        for (difference, entry) in nearest.into_iter().take(NEAREST_NUMBERS) {
            self.best.offer_entry(entry, meeting, difference.saturating_add(chars));
        }
    }

    /// The same for a street by itself: all texts one edit away, with how they differ.
    pub fn edits_of(&self, text: &str) -> Vec<(String, Kind)> {
        self.edits(text, false).into_iter().map(|edit| (edit.text, edit.kind)).collect()
    }
}

impl Edit {
    /// The text with the signs from here to there replaced.
    fn new(signs: &[char], from: usize, to: usize, sign: Option<char>) -> Self {
        let text = signs[..from].iter().chain(&sign).chain(&signs[to..]).collect();
        let sounds_so = to == from + 1 && sign.is_some_and(|sign| sounds_alike(sign, signs[from]));
        let digits = |signs: &mut dyn Iterator<Item = &char>| signs.filter(|sign| sign.is_ascii_digit()).count();
        let is_greater = digits(&mut signs[from..to].iter()) != digits(&mut sign.iter());
        Self { text, kind: if sounds_so { Kind::Sound } else { Kind::Typo }, is_greater }
    }
}

/// This sign put in at a place, or there instead of the one that is.
fn edits_with(signs: &[char], place: usize, sign: char) -> impl Iterator<Item = Edit> {
    let instead = (place < signs.len() && signs[place] != sign).then(|| Edit::new(signs, place, place + 1, Some(sign)));
    [Some(Edit::new(signs, place, place, Some(sign))), instead].into_iter().flatten()
}

/// One sign left out, or two that change places.
fn edits_of_its_own(signs: &[char]) -> impl Iterator<Item = Edit> {
    let without = (0..signs.len()).map(|place| Edit::new(signs, place, place + 1, None));
    let swapped = (1..signs.len()).map(|place| {
        let mut swapped = signs.to_vec();
        swapped.swap(place - 1, place);
        let is_greater = signs[place].is_ascii_digit() && signs[place - 1].is_ascii_digit();
        Edit { text: swapped.into_iter().collect(), kind: Kind::Typo, is_greater }
    });
    without.chain(swapped)
}

/// The characters that stand behind so many bytes, in sorted rows that agree up to there.
fn next_signs<'t>(rows: std::ops::Range<usize>, text: impl Fn(usize) -> &'t str, depth_bytes: usize) -> Vec<char> {
    let mut signs = Vec::new();
    let mut row = rows.start;
    while row < rows.end {
        let sign = text(row)[depth_bytes..].chars().next();
        signs.extend(sign);
        row = first_other(row..rows.end, |row| text(row)[depth_bytes..].chars().next() == sign);
    }
    signs
}

/// The same for rows sorted backwards that agree in so many last bytes.
fn signs_before<'t>(rows: std::ops::Range<usize>, text: impl Fn(usize) -> &'t str, depth_bytes: usize) -> Vec<char> {
    let sign_of = |row: usize| {
        let text = text(row);
        text[..text.len() - depth_bytes].chars().next_back()
    };
    let mut signs = Vec::new();
    let mut row = rows.start;
    while row < rows.end {
        let sign = sign_of(row);
        signs.extend(sign);
        row = first_other(row..rows.end, |row| sign_of(row) == sign);
    }
    signs
}

/// The first row that is not like the first one; like ones lie together. Steps grow, so near ones are found soon.
fn first_other(rows: std::ops::Range<usize>, is_like: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut step) = (rows.start, 1);
    while low + step < rows.end && is_like(low + step) {
        low += step;
        step *= 2;
    }
    let mut high = rows.end.min(low + step);
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if is_like(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// A sign stands for another of its sort.
    Wrong,
    /// There is a digit more or less, or two signs have changed places.
    Greater,
}

/// How a number differs by one edit; `None`: it is the same, or differs by more.
fn change(wanted: &str, number: &str) -> Option<Change> {
    // two characters are at most eight bytes
    if wanted.len().abs_diff(number.len()) > 8 {
        return None;
    }
    let mut same = wanted.bytes().zip(number.bytes()).take_while(|(a, b)| a == b).count();
    while !wanted.is_char_boundary(same) || !number.is_char_boundary(same) {
        same -= 1;
    }
    let (wanted, number) = (&wanted[same..], &number[same..]);
    let mut same = wanted.bytes().rev().zip(number.bytes().rev()).take_while(|(a, b)| a == b).count();
    while !wanted.is_char_boundary(wanted.len() - same) || !number.is_char_boundary(number.len() - same) {
        same -= 1;
    }
    let mut wanted = wanted[..wanted.len() - same].chars();
    let mut number = number[..number.len() - same].chars();
    match ([wanted.next(), wanted.next(), wanted.next()], [number.next(), number.next(), number.next()]) {
        ([Some(a), None, _], [Some(b), None, _]) if a.is_ascii_digit() == b.is_ascii_digit() => Some(Change::Wrong),
        ([Some(_), None, _], [Some(_), None, _]) | ([Some(_), None, _], [None, ..]) | ([None, ..], [Some(_), None, _]) => {
            Some(Change::Greater)
        }
        ([Some(a), Some(b), None], [Some(c), Some(d), None]) if (a, b) == (d, c) => Some(Change::Greater),
        _ => None,
    }
}

pub(super) fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Change, change};

    #[test]
    fn one_edit_of_a_number_is_told_from_two() {
        for (wanted, number, expected) in [
            ("12号", "13号", Some(Change::Wrong)),
            ("12号", "12楼", Some(Change::Wrong)),
            ("12号", "1-号", Some(Change::Greater)),
            ("12号", "21号", Some(Change::Greater)),
            ("12号", "112号", Some(Change::Greater)),
            ("11号", "1号", Some(Change::Greater)),
            ("2-2号", "22号", Some(Change::Greater)),
            ("12号", "12号", None),
            ("12号", "34号", None),
            ("12号", "12号8楼", None),
            ("", "12", None),
            ("号", "叶", Some(Change::Wrong)),
        ] {
            assert_eq!(change(wanted, number), expected, "{wanted} {number}");
            assert_eq!(change(number, wanted), expected, "{number} {wanted}");
        }
    }
}
