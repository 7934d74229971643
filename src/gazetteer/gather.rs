//! Entries on their way into an index. What the plates of a street share is kept once, packed; a plate is a row of 28 bytes.

use std::sync::Arc;

use rayon::prelude::*;

use super::columns::{NONE, fixed};
use super::earlier;
use super::entry::Entry;
use super::forms;
use super::line::Line;
use super::model::{Model, Was};
use super::texts::TextsBuilder;
use crate::domain::FeatureId;

/// Entries that were added one after the other; the entries themselves need not be kept.
#[derive(Debug, Default)]
pub struct Gathering {
    /// See [`Model::pack`].
    pub(super) models: TextsBuilder,
    pub(super) numbers: TextsBuilder,
    /// An entry, then what it was called before, then the next one.
    pub(super) rows: Vec<Row>,
    /// Of roads, by their rows.
    pub(super) lines: Vec<(u32, Arc<Line>)>,
    /// Where models are packed.
    packed: String,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub id: FeatureId,
    /// 0: as it is called now. Else the how-manieth of what it was called before (the 255th and all behind it are equal).
    pub earlier: u8,
    pub rank: u8,
    /// Of the models.
    pub group: u32,
    /// Of the numbers, or [`NONE`].
    pub number: u32,
    pub position: [i32; 2],
}

/// Fewer entries than this are not worth the joining.
const WORTH_A_PART: usize = 20_000;

impl Gathering {
    /// Of entries that are there already.
    pub(super) fn of(entries: &[Entry]) -> Self {
        let size = entries.len().div_ceil(rayon::current_num_threads()).max(WORTH_A_PART);
        let part = |entries: &[Entry]| {
            let mut part = Self::default();
            entries.iter().for_each(|entry| part.add(entry));
            part
        };
        Self::joined(entries.par_chunks(size).map(part).collect())
    }

    pub fn add(&mut self, entry: &Entry) {
        if let Some(line) = &entry.line {
            self.lines.push((self.rows.len() as u32, Arc::clone(line)));
        }
        self.put(entry, Was::ended(entry), 0);
        for (before, row) in earlier::rows(entry).iter().enumerate() {
            self.put(&row.entry, Some(Was::earlier(row)), u8::try_from(before + 1).unwrap_or(u8::MAX));
        }
    }

    fn put(&mut self, entry: &Entry, was: Option<Was<'_>>, earlier: u8) {
        let address = forms::address(entry);
        let (model, number) = Model::of(entry, address.as_deref(), was);
        self.packed.clear();
        model.pack(&mut self.packed);
        let group = if Model::is_shared(&self.packed) { self.models.add(&self.packed) } else { self.models.push(&self.packed) };
        let number = number.map_or(NONE, |number| self.numbers.add(number));
        self.rows.push(Row { id: entry.id, earlier, rank: entry.rank, group, number, position: fixed(entry.position) });
    }

    /// The entries of all, one part behind the other.
    pub(super) fn joined(parts: Vec<Self>) -> Self {
        parts.into_iter().reduce(Self::with).unwrap_or_default()
    }

    fn with(mut self, other: Self) -> Self {
        if self.rows.is_empty() {
            return other;
        }
        let Self { models, numbers, rows, lines, .. } = other;
        let known = |model: &str, all: &mut TextsBuilder| if Model::is_shared(model) { all.add(model) } else { all.push(model) };
        let groups: Vec<u32> = models.iter().map(|model| known(model, &mut self.models)).collect();
        let renumbered: Vec<u32> = numbers.iter().map(|number| self.numbers.add(number)).collect();
        let first = self.rows.len() as u32;
        self.lines.extend(lines.into_iter().map(|(row, line)| (first + row, line)));
        let row = |row: Row| Row {
            group: groups[row.group as usize],
            number: renumbered.get(row.number as usize).copied().unwrap_or(NONE),
            ..row
        };
        self.rows.extend(rows.into_iter().map(row));
        self
    }
}
