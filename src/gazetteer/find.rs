//! Everything that a query text meets: first exactly and as a beginning, then, where there is room left, inside.

use std::ops::Range;

use super::answer::{Kind, Match, Part, Query};
use super::best::{Best, Filter, Found, Meeting};
use super::columns::{Columns, FormRow, StartRow};
use super::postings::piece;
use crate::language::{is_unspaced, search_key};

/// The best hits in order, and whether the search gave up at its work limit.
/// `removed`: entries that do not count, ascending. `work_limit`: rows looked at before it gives up.
pub(super) fn find(columns: &Columns, query: &Query, removed: &[u32], work_limit: u32) -> (Vec<Found>, bool) {
    let key = search_key(&query.text);
    let mut search = Search::new(columns, query, removed, work_limit);
    if !key.is_empty() {
        let has_blank = key.as_str().contains(' ');
        let numeral = key.with_final_numeral_as_digits();
        let compact = if has_blank { key.compact() } else { String::new() };
        let text = key.as_str();
        search.beginnings(text, if has_blank { Spelling::AsWritten } else { Spelling::Both });
        search.beginnings(&compact, Spelling::Joined);
        if let Some(numeral) = &numeral {
            search.beginnings(numeral.as_str(), Spelling::AsWritten);
        }
        let only_beginnings = query.unfinished && text.chars().count() == 1 && !text.chars().any(is_unspaced);
        if search.best.wants(Kind::Substring) && !only_beginnings {
            search.insides(text);
            if let Some(numeral) = &numeral {
                search.insides(numeral.as_str());
            }
        }
    }
    search.best.into_hits()
}

/// Which forms a text is compared with.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Spelling {
    /// All but Pinyin.
    AsWritten,
    /// Pinyin without blanks.
    Joined,
    Both,
}

impl Spelling {
    fn suits(self, part: Part) -> bool {
        match self {
            Spelling::AsWritten => !part.is_typed_joined(),
            Spelling::Joined => part.is_typed_joined(),
            Spelling::Both => true,
        }
    }
}

pub(super) struct Search<'a> {
    pub columns: &'a Columns,
    pub best: Best<'a>,
    /// What every match counts as, when the text is not the one asked for.
    pub counts_as: Option<Kind>,
}

impl<'a> Search<'a> {
    pub fn new(columns: &'a Columns, query: &'a Query, removed: &'a [u32], work_limit: u32) -> Self {
        Self { columns, best: Best::new(columns, Filter::new(query, columns, removed), work_limit), counts_as: None }
    }

    fn kind(&self, kind: Kind) -> Kind {
        self.counts_as.unwrap_or(kind)
    }

    pub fn form(&self, form: u32) -> &'a FormRow {
        &self.columns.forms[form as usize]
    }

    pub fn before(&self, form: u32) -> &'a str {
        self.columns.keys.get(self.form(form).before)
    }

    pub fn after(&self, form: u32) -> &'a str {
        self.columns.keys.get(self.form(form).after)
    }

    pub fn start_text(&self, start: &StartRow) -> &'a str {
        &self.before(start.form)[start.offset_bytes as usize..]
    }

    /// The same for comparing.
    fn start_bytes(&self, start: &StartRow) -> &'a [u8] {
        &self.columns.keys.bytes(self.form(start.form).before)[start.offset_bytes as usize..]
    }

    fn after_bytes(&self, form: u32) -> &'a [u8] {
        self.columns.keys.bytes(self.form(form).after)
    }

    /// The starts that are this text.
    pub fn starts_at(&self, text: &str) -> &'a [StartRow] {
        let text = text.as_bytes();
        if !self.columns.start_texts.may_have(text) {
            return &[];
        }
        let starts: &'a [StartRow] = &self.columns.starts;
        &starts[range_of(starts, |start| self.start_bytes(start).cmp(text), |start| self.start_bytes(start) == text)]
    }

    /// The starts that begin with this text.
    pub fn starts_from(&self, text: &str) -> &'a [StartRow] {
        let starts: &'a [StartRow] = &self.columns.starts;
        let text = text.as_bytes();
        &starts[range_of(starts, |start| self.start_bytes(start).cmp(text), |start| self.start_bytes(start).starts_with(text))]
    }

    pub fn meeting_from(&self, start: &StartRow, kind: Kind) -> Meeting {
        let group = self.form(start.form).group;
        let chars = start.chars - self.columns.groups[group as usize].shortest_number_chars;
        Meeting { group, matched: Match { kind, part: start.part }, chars }
    }

    pub fn is_too_long(&self, text: &str) -> bool {
        let longest = self.columns.longest_form_chars + self.columns.numbers.chars.last().copied().unwrap_or(0);
        // a character has at most four bytes
        text.len() > longest as usize * 4
    }

    /// Exact and prefix matches.
    pub fn beginnings(&mut self, text: &str, spelling: Spelling) {
        if text.is_empty() || self.is_too_long(text) {
            return;
        }
        self.starts_that_go_on(text, spelling);
        if spelling == Spelling::Joined {
            return;
        }
        for (end, _) in text.char_indices() {
            self.starts_then_number(&text[..end], &text[end..]);
        }
        self.number_then_after(text, true);
    }

    /// The text ends before the number, or there is none.
    fn starts_that_go_on(&mut self, text: &str, spelling: Spelling) {
        let starts = self.starts_from(text);
        // the shortest come first, and with them all that are the text itself
        let same = starts.partition_point(|start| self.start_bytes(start).len() == text.len());
        for (place, start) in starts.iter().enumerate() {
            if !self.best.may_go_on(1) {
                return;
            }
            let is_same = place < same;
            if !self.best.wants_order(start.order(self.kind(if is_same { Kind::Exact } else { Kind::Prefix }))) {
                continue;
            }
            let row = self.form(start.form);
            if !spelling.suits(row.part) {
                continue;
            }
            let is_whole = is_same && !self.columns.groups[row.group as usize].numbered;
            let kind = self.kind(if is_whole { Kind::Exact } else { Kind::Prefix });
            self.best.offer(self.meeting_from(start, kind), |_| true);
        }
    }

    /// The text ends in the number or with it.
    fn starts_then_number(&mut self, head: &str, rest: &str) {
        let numbers = &self.columns.numbers;
        let (beginning, same) = numbers.beginning_with(rest);
        if beginning.is_empty() {
            return;
        }
        for start in self.starts_at(head) {
            if !self.best.may_go_on(1) {
                return;
            }
            if !self.columns.groups[self.form(start.form).group as usize].numbered {
                continue;
            }
            if self.after(start.form).is_empty() && !same.is_empty() {
                let exact = self.meeting_from(start, self.kind(Kind::Exact));
                self.best.offer(exact, |number| same.contains(&numbers.place[number as usize]));
            }
            let prefix = self.meeting_from(start, self.kind(Kind::Prefix));
            self.best.offer(prefix, |number| beginning.contains(&numbers.place[number as usize]));
        }
    }

    /// The text goes on behind the number. `from_start`: those that begin at a start, else the others.
    pub fn number_then_after(&mut self, text: &str, from_start: bool) {
        let columns = self.columns;
        let (by_after, numbers) = (&columns.by_after, &columns.numbers);
        for (tail, _) in text.char_indices().skip(1) {
            let rest = &text[tail..];
            if !columns.after_firsts.may_begin(rest) {
                continue;
            }
            let after = rest.as_bytes();
            let range = range_of(by_after, |form| self.after_bytes(*form).cmp(after), |form| self.after_bytes(*form).starts_with(after));
            if range.is_empty() {
                continue;
            }
            for (end, _) in text[..tail].char_indices() {
                let (head, number) = (&text[..end], &text[end..tail]);
                if !self.best.may_go_on(1) {
                    return;
                }
                let (_, same) = numbers.beginning_with(number);
                if same.is_empty() && (from_start || end > 0) {
                    continue;
                }
                let is_same = |number: u32| same.contains(&numbers.place[number as usize]);
                if from_start {
                    let (starts, forms) = (self.starts_at(head), &by_after[range.clone()]);
                    if !self.best.may_go_on(starts.len().min(forms.len())) {
                        return;
                    }
                    for start in self.starts_before(head, starts, rest, forms) {
                        let kind = self.kind(if self.after(start.form).len() == rest.len() { Kind::Exact } else { Kind::Prefix });
                        self.best.offer(self.meeting_from(start, kind), is_same);
                    }
                    continue;
                }
                for form in &by_after[range.clone()] {
                    if !self.best.may_go_on(1) {
                        return;
                    }
                    let row = self.form(*form);
                    let before = self.before(*form);
                    if !before.ends_with(head) {
                        continue;
                    }
                    if begins_a_number_or_none(before, before.len() - head.len(), text) {
                        let ends_so = |other: u32| head.is_empty() && ends_with_whole(numbers.keys.get(other), number);
                        self.best.offer(inside(row), |other| is_same(other) || ends_so(other));
                    }
                }
            }
        }
    }

    /// Of the `starts` that are `head` those with a number behind which `rest` begins: looked for among them, or among the `forms` that
    /// go on so, whichever are fewer.
    fn starts_before(&self, head: &str, starts: &'a [StartRow], rest: &str, forms: &[u32]) -> Vec<&'a StartRow> {
        if starts.len() > forms.len() {
            return forms.iter().filter_map(|form| self.start_at(head, *form)).collect();
        }
        let goes_on = |start: &&StartRow| {
            self.columns.groups[self.form(start.form).group as usize].numbered && self.after_bytes(start.form).starts_with(rest.as_bytes())
        };
        starts.iter().filter(goes_on).collect()
    }

    /// The start of this form from which on its text before the number is this.
    fn start_at(&self, text: &str, form: u32) -> Option<&'a StartRow> {
        if !self.before(form).ends_with(text) {
            return None;
        }
        let starts = &self.columns.starts;
        let place = starts.partition_point(|start| self.start_bytes(start).cmp(text.as_bytes()).then(start.form.cmp(&form)).is_lt());
        starts.get(place).filter(|start| start.form == form && self.start_text(start) == text)
    }

    /// Substring matches.
    fn insides(&mut self, text: &str) {
        if text.is_empty() || self.is_too_long(text) {
            return;
        }
        self.inside_a_form(text);
        for (end, _) in text.char_indices().skip(1) {
            self.end_then_number(&text[..end], &text[end..], text);
        }
        self.number_then_after(text, false);
        self.inside_a_number(text);
    }

    fn inside_a_form(&mut self, text: &str) {
        let columns = self.columns;
        let signs: Vec<char> = text.chars().collect();
        let pieces: Vec<u64> = match signs[..] {
            [only] => vec![piece(only, None)],
            _ => signs.windows(2).map(|pair| piece(pair[0], Some(pair[1]))).collect(),
        };
        let Some(rarest) = pieces.into_iter().map(|piece| columns.postings.of(piece)).min_by_key(|forms| forms.len()) else { return };
        for form in rarest {
            let row = self.form(*form);
            let group = &columns.groups[row.group as usize];
            // forms come in the order of the answer: what follows is no better
            if !self.best.wants_group(row.group, Kind::Substring, row.chars + group.shortest_number_chars) || !self.best.may_go_on(1) {
                return;
            }
            if self.best.passes(row.group) && [self.before(*form), self.after(*form)].iter().any(|within| occurs(within, text, row.part)) {
                self.best.offer(inside(row), |_| true);
            }
        }
    }

    /// From the end of what stands before the number into the number.
    fn end_then_number(&mut self, head: &str, rest: &str, text: &str) {
        let numbers = &self.columns.numbers;
        let (beginning, _) = numbers.beginning_with(rest);
        if beginning.is_empty() {
            return;
        }
        let by_end = &self.columns.by_end;
        let backwards = |form: &u32| self.before(*form).bytes().rev().cmp(head.bytes().rev());
        let range = range_of(by_end, backwards, |form| self.before(*form).ends_with(head));
        for form in &by_end[range] {
            if !self.best.may_go_on(1) {
                return;
            }
            let row = self.form(*form);
            let before = self.before(*form);
            if begins_a_number_or_none(before, before.len() - head.len(), text) {
                self.best.offer(inside(row), |number| beginning.contains(&numbers.place[number as usize]));
            }
        }
    }

    fn inside_a_number(&mut self, text: &str) {
        let columns = self.columns;
        let numbers = &columns.numbers;
        if text.chars().any(|sign| numbers.signs.binary_search(&sign).is_err()) || !self.best.may_go_on(numbers.keys.len() / 4) {
            return;
        }
        let is_met: Vec<bool> =
            (0..numbers.keys.len() as u32).map(|number| occurs(numbers.keys.get(number), text, Part::Address)).collect();
        if !is_met.contains(&true) {
            return;
        }
        for (group, row) in columns.groups.iter().enumerate().filter(|(_, row)| row.numbered) {
            let group = group as u32;
            // groups come in the order of the answer: what follows is no better
            let shortest = row.shortest_form_chars + row.shortest_number_chars;
            if !self.best.wants_group(group, Kind::Substring, shortest) || !self.best.may_go_on(1) {
                return;
            }
            let form = self.form(row.shortest_form);
            self.best.offer(inside(form), |number| is_met[number as usize]);
        }
    }
}

fn inside(row: &FormRow) -> Meeting {
    Meeting { group: row.group, matched: Match { kind: Kind::Substring, part: row.part }, chars: row.chars }
}

/// Where in sorted rows those lie that fit: the first that is not below, and all after it that fit.
pub(super) fn range_of<T>(rows: &[T], order: impl Fn(&T) -> std::cmp::Ordering, fits: impl Fn(&T) -> bool) -> Range<usize> {
    let start = rows.partition_point(|row| order(row).is_lt());
    start..start + fitting(&rows[start..], fits)
}

/// How many of the first rows fit, where none does behind one that does not. Steps grow: mostly there are few or none.
fn fitting<T>(rows: &[T], fits: impl Fn(&T) -> bool) -> usize {
    let (mut known, mut step) = (0, 1);
    while rows.get(known + step - 1).is_some_and(&fits) {
        known += step;
        step *= 2;
    }
    let open = &rows[known..rows.len().min(known + step)];
    known + open.partition_point(fits)
}

/// Whether the text occurs; in addresses not from the middle of a number on.
fn occurs(within: &str, text: &str, part: Part) -> bool {
    if text.len() > within.len() {
        return false;
    }
    if !part.keeps_numbers_whole() || !text.starts_with(|sign: char| sign.is_ascii_digit()) {
        return within.contains(text);
    }
    // matches may overlap (11 in 111), so each place is looked at
    let starts = within.char_indices().map(|(start, _)| start);
    starts.into_iter().any(|start| within[start..].starts_with(text) && begins_a_number_or_none(within, start, text))
}

/// A text that begins with a digit must not be found behind another digit.
fn begins_a_number_or_none(within: &str, start: usize, text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    start == 0 || !text.bytes().next().is_some_and(is_digit) || !is_digit(within.as_bytes()[start - 1])
}

fn ends_with_whole(number: &str, text: &str) -> bool {
    number.ends_with(text) && begins_a_number_or_none(number, number.len() - text.len(), text)
}
