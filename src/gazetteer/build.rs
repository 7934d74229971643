//! From what was gathered to columns: number everything in the order of the answer, sort. Rows are sorted where they stand, and what is
//! not needed any more goes before the next table is made: ten million plates are built in little more than the index takes.

mod forms;
mod groups;
mod numbers;

use std::collections::HashSet;

use rayon::prelude::*;

use self::forms::{Forms, add_forms, sort_starts};
use self::groups::{Gathered, add_groups, gathered};
use self::numbers::numbers;
use super::columns::{Columns, NONE};
use super::gather::{Gathering, Row};
use super::lexicon;
use super::postings::postings;
use super::sounds::Sounds;
use crate::domain::FeatureId;

/// Of several entries with one id the last is kept; an entry without any text is left out.
pub(super) fn columns(gathering: Gathering) -> Columns {
    let Gathering { models, numbers: texts, mut rows, mut lines, .. } = gathering;
    let (models, texts) = (models.finish(), texts.finish());
    if let Some(replaced) = replaced(&rows) {
        lines.retain(|(row, _)| !replaced.contains(row));
        rows.iter_mut().zip(0..).filter(|(_, row)| replaced.contains(row)).for_each(|(row, _)| row.group = NONE);
    }
    let lines: Vec<_> = lines.into_iter().map(|(row, line)| (rows[row as usize].id, line)).collect();
    rows.retain(|row| row.group != NONE);

    let (numbers, renumbered) = numbers(&texts, &rows);
    drop(texts);
    rows.par_iter_mut().for_each(|row| row.number = renumbered.get(row.number as usize).copied().unwrap_or(NONE));
    drop(renumbered);
    let (gathered, forms) = gathered(&models, &rows, &numbers);
    let order = order(&gathered, &forms);
    let mut place_of = vec![NONE; gathered.len()];
    (0..).zip(&order).for_each(|(place, group)| place_of[*group as usize] = place);
    rows.par_iter_mut().for_each(|row| row.group = place_of[row.group as usize]);
    drop(place_of);
    rows.retain(|row| row.group != NONE);
    rows.par_sort_unstable_by_key(|row| (row.group, row.number, row.id));

    let mut columns = Columns { numbers, ..Columns::default() };
    columns.features = rows.iter().filter(|row| row.earlier == 0).count();
    columns.ids = rows.iter().map(|row| row.id).collect();
    columns.number = rows.iter().map(|row| row.number).collect();
    columns.positions = rows.iter().map(|row| row.position).collect();
    add_groups(&mut columns, &models, &order, &gathered, rows.iter().map(|row| row.group));
    columns.by_id = by_id(rows);
    let line = |(id, line)| Some((columns.find(&id)?, line));
    let mut lines: Vec<_> = lines.into_iter().filter_map(line).collect();
    lines.sort_unstable_by_key(|(row, _)| *row);
    columns.lines = lines;
    drop(models);
    add_forms(&mut columns, &order, &gathered, &forms);
    drop((gathered, forms, order));
    sort_starts(&mut columns);
    columns.postings = postings(&columns);
    columns.sounds = Sounds::of(&columns);
    columns.lexicon = lexicon::of(&columns);
    columns
}

/// The places of entries whose id comes again, with what those were called before.
fn replaced(rows: &[Row]) -> Option<HashSet<u32>> {
    let mut ids: Vec<(FeatureId, u32)> =
        rows.iter().zip(0..).filter(|(row, _)| row.earlier == 0).map(|(row, place)| (row.id, place)).collect();
    ids.par_sort_unstable();
    let comes_again = ids.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].1);
    let with_earlier = |place: u32| {
        let earlier = rows[place as usize + 1..].iter().take_while(|row| row.earlier > 0).count() as u32;
        place..=place + earlier
    };
    Some(comes_again.flat_map(with_earlier).collect::<HashSet<u32>>()).filter(|replaced| !replaced.is_empty())
}

/// The groups in the order of the answer, without those that nobody can find.
fn order(gathered: &[Gathered], forms: &Forms) -> Vec<u32> {
    let mut order: Vec<u32> = (0..gathered.len() as u32).filter(|group| gathered[*group as usize].is_found()).collect();
    let first_text = |group: &Gathered| forms.texts(group.forms.start);
    order.par_sort_unstable_by(|a, b| {
        let [a, b] = [a, b].map(|group| &gathered[*group as usize]);
        a.key().cmp(&b.key()).then_with(|| first_text(a).cmp(&first_text(b))).then_with(|| a.first_id.cmp(&b.first_id))
    });
    order
}

/// The places of the rows, ascending by id, of one id what it is now first.
fn by_id(rows: Vec<Row>) -> Vec<u32> {
    // keys beside the places: sorting a million scattered rows would wait for memory most of the time
    let mut ids: Vec<(FeatureId, u8, u32)> = rows.iter().zip(0..).map(|(row, place)| (row.id, row.earlier, place)).collect();
    drop(rows);
    ids.par_sort_unstable();
    ids.iter().map(|(_, _, place)| *place).collect()
}
