//! The texts by which groups are found, in the order of the answer, and where in them a match counts as a beginning.

use std::ops::Range;

use rayon::prelude::*;

use super::groups::Gathered;
use crate::gazetteer::answer::Part;
use crate::gazetteer::columns::{Columns, FormRow, NONE, StartRow};
use crate::gazetteer::first_signs::FirstSigns;
use crate::gazetteer::forms::{Form, Start};
use crate::gazetteer::known_texts::KnownTexts;
use crate::gazetteer::score::layer_order;
use crate::gazetteer::texts::{Texts, TextsBuilder};

/// The forms of all groups before they are in order, with nothing that is an allocation of its own.
#[derive(Default)]
pub(super) struct Forms {
    /// What stands before the number and what behind it, in turn.
    texts: Texts,
    rows: Vec<Packed>,
    starts: Vec<Start>,
}

struct Packed {
    part: Part,
    chars: u32,
    /// Its starts are those up to here, from where those of the one before end.
    starts_end: u32,
}

impl Forms {
    pub fn add(&mut self, forms: Vec<Form>) -> Range<u32> {
        let first = self.rows.len() as u32;
        for form in forms {
            self.texts.push(&form.before);
            self.texts.push(&form.after);
            self.starts.extend(&form.starts);
            self.rows.push(Packed { part: form.part, chars: form.chars(), starts_end: self.starts.len() as u32 });
        }
        first..self.rows.len() as u32
    }

    /// All of the other behind these. The first has this number.
    pub fn append(&mut self, other: Self) -> u32 {
        let (first, starts) = (self.rows.len() as u32, self.starts.len() as u32);
        self.texts.append(other.texts);
        self.starts.extend(other.starts);
        self.rows.extend(other.rows.into_iter().map(|row| Packed { starts_end: starts + row.starts_end, ..row }));
        first
    }

    /// Without the number.
    pub fn chars(&self, form: u32) -> u32 {
        self.rows[form as usize].chars
    }

    /// Before and behind the number.
    pub fn texts(&self, form: u32) -> [&str; 2] {
        [self.texts.get(2 * form), self.texts.get(2 * form + 1)]
    }

    fn starts(&self, form: u32) -> &[Start] {
        let first = if form == 0 { 0 } else { self.rows[form as usize - 1].starts_end };
        &self.starts[first as usize..self.rows[form as usize].starts_end as usize]
    }
}

pub(super) fn add_forms(columns: &mut Columns, order: &[u32], gathered: &[Gathered], forms: &Forms) {
    let mut all: Vec<(u32, u32, u32)> = Vec::new();
    for (place, group) in (0..).zip(order) {
        let group = &gathered[*group as usize];
        all.extend(group.forms.clone().map(|form| (place, form, forms.chars(form) + group.shortest_number_chars)));
    }
    let groups = &columns.groups;
    all.par_sort_unstable_by(|(group_a, a, chars_a), (group_b, b, chars_b)| {
        let key = |group: &u32, chars: &u32| {
            let row = &groups[*group as usize];
            (row.is_former, layer_order(row.layer), row.rank, *chars, *group)
        };
        let text = |form: u32| (forms.rows[form as usize].part, forms.texts(form));
        key(group_a, chars_a).cmp(&key(group_b, chars_b)).then_with(|| text(*a).cmp(&text(*b)))
    });
    let mut keys = TextsBuilder::default();
    columns.forms.reserve_exact(all.len());
    for (place, (group, form, _)) in (0..).zip(all) {
        let [before, after] = forms.texts(form);
        let Packed { part, chars, .. } = forms.rows[form as usize];
        let row = FormRow { group, before: keys.add(before), after: keys.add(after), chars, part };
        for start in forms.starts(form) {
            let passed_chars = before[..start.offset_bytes].chars().count() as u32;
            let group = &columns.groups[group as usize];
            columns.starts.push(StartRow {
                form: place,
                offset_bytes: start.offset_bytes as u32,
                chars: row.chars - passed_chars + group.shortest_number_chars,
                part: start.part,
                is_former: group.is_former,
                layer_order: layer_order(group.layer),
                rank: group.rank,
            });
        }
        let group = &mut columns.groups[group as usize];
        if group.shortest_form == NONE {
            group.shortest_form = place;
        }
        if group.numbered {
            columns.by_end.push(place);
            if !after.is_empty() {
                columns.by_after.push(place);
            }
        } else {
            columns.by_end_whole.push(place);
        }
        columns.longest_form_chars = columns.longest_form_chars.max(row.chars);
        columns.forms.push(row);
    }
    columns.keys = keys.finish();
    columns.starts.shrink_to_fit();
    columns.by_end.shrink_to_fit();
    columns.by_end_whole.shrink_to_fit();
    columns.by_after.shrink_to_fit();
}

pub(super) fn sort_starts(columns: &mut Columns) {
    let Columns { keys, forms, starts, by_end, by_end_whole, by_after, after_firsts, start_texts, .. } = columns;
    let before = |form: u32| keys.get(forms[form as usize].before);
    starts.par_sort_unstable_by(|a, b| {
        let [text_a, text_b] = [a, b].map(|start| &before(start.form)[start.offset_bytes as usize..]);
        text_a.cmp(text_b).then_with(|| (a.form, a.offset_bytes).cmp(&(b.form, b.offset_bytes)))
    });
    *start_texts = KnownTexts::of(starts.len(), starts.iter().map(|start| &before(start.form).as_bytes()[start.offset_bytes as usize..]));
    let backwards = |a: &u32, b: &u32| before(*a).bytes().rev().cmp(before(*b).bytes().rev()).then_with(|| a.cmp(b));
    by_end.par_sort_unstable_by(backwards);
    by_end_whole.par_sort_unstable_by(backwards);
    let after = |form: u32| keys.get(forms[form as usize].after);
    by_after.par_sort_unstable_by(|a, b| after(*a).cmp(after(*b)).then_with(|| a.cmp(b)));
    *after_firsts = FirstSigns::of(by_after.iter().map(|form| after(*form)));
}
