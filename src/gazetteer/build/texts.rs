//! The texts by which groups are found, in the order of the answer, and where in them a match counts as a beginning.

use rayon::prelude::*;

use super::groups::Gathered;
use crate::gazetteer::columns::{Columns, FormRow, NONE, StartRow};
use crate::gazetteer::forms::Form;
use crate::gazetteer::score::layer_order;
use crate::gazetteer::texts::TextsBuilder;

pub(super) fn add_forms(columns: &mut Columns, order: &[u32], gathered: &[Gathered]) {
    let mut all: Vec<(u32, &Form, u32)> = Vec::new();
    for (place, group) in order.iter().enumerate() {
        let group = &gathered[*group as usize];
        all.extend(group.forms.iter().map(|form| (place as u32, form, form.chars() + group.shortest_number_chars)));
    }
    let groups = &columns.groups;
    all.par_sort_unstable_by(|(group_a, a, chars_a), (group_b, b, chars_b)| {
        let key = |group: &u32, chars: &u32| {
            let row = &groups[*group as usize];
            (row.is_former, layer_order(row.layer), row.rank, *chars, *group)
        };
        key(group_a, chars_a).cmp(&key(group_b, chars_b)).then_with(|| (a.part, &a.before, &a.after).cmp(&(b.part, &b.before, &b.after)))
    });
    let mut keys = TextsBuilder::default();
    for (place, (group, form, _)) in all.into_iter().enumerate() {
        let place = place as u32;
        let row = FormRow { group, before: keys.add(&form.before), after: keys.add(&form.after), chars: form.chars(), part: form.part };
        for start in &form.starts {
            let passed_chars = form.before[..start.offset_bytes].chars().count() as u32;
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
            if !form.after.is_empty() {
                columns.by_after.push(place);
            }
        } else {
            columns.by_end_whole.push(place);
        }
        columns.longest_form_chars = columns.longest_form_chars.max(row.chars);
        columns.forms.push(row);
    }
    columns.keys = keys.finish();
    columns.forms.shrink_to_fit();
    columns.starts.shrink_to_fit();
    columns.by_end.shrink_to_fit();
    columns.by_end_whole.shrink_to_fit();
    columns.by_after.shrink_to_fit();
}

pub(super) fn sort_starts(columns: &mut Columns) {
    let Columns { keys, forms, starts, by_end, by_end_whole, by_after, .. } = columns;
    let before = |form: u32| keys.get(forms[form as usize].before);
    starts.par_sort_unstable_by(|a, b| {
        let [text_a, text_b] = [a, b].map(|start| &before(start.form)[start.offset_bytes as usize..]);
        text_a.cmp(text_b).then_with(|| (a.form, a.offset_bytes).cmp(&(b.form, b.offset_bytes)))
    });
    let backwards = |a: &u32, b: &u32| before(*a).bytes().rev().cmp(before(*b).bytes().rev()).then_with(|| a.cmp(b));
    by_end.par_sort_unstable_by(backwards);
    by_end_whole.par_sort_unstable_by(backwards);
    let after = |form: u32| keys.get(forms[form as usize].after);
    by_after.par_sort_unstable_by(|a, b| after(*a).cmp(after(*b)).then_with(|| a.cmp(b)));
}
