//! Which forms a character, or a pair of characters, occurs in: the way to what lies inside a text.

use rayon::prelude::*;

use super::columns::{Columns, FormRow};
use super::texts::Texts;

/// Forms by their one- and two-character pieces, in the order of the answer.
#[derive(Debug, Default)]
pub(super) struct Postings {
    pub pieces: Vec<u64>,
    pub ends: Vec<u32>,
    pub forms: Vec<u32>,
}

impl Postings {
    pub fn of(&self, piece: u64) -> &[u32] {
        match self.pieces.binary_search(&piece) {
            Ok(0) => &self.forms[..self.ends[0] as usize],
            Ok(place) => &self.forms[self.ends[place - 1] as usize..self.ends[place] as usize],
            Err(_) => &[],
        }
    }
}

/// A character, or two that follow each other.
pub(super) fn piece(first: char, second: Option<char>) -> u64 {
    u64::from(u32::from(first)) << 32 | second.map_or(0, |second| u64::from(u32::from(second)))
}

pub(super) fn postings(columns: &Columns) -> Postings {
    let pieces_of = |keys: &Texts, form: &FormRow| {
        let mut pieces = Vec::new();
        for text in [keys.get(form.before), keys.get(form.after)] {
            let mut signs = text.chars().peekable();
            while let Some(first) = signs.next() {
                pieces.push(piece(first, None));
                pieces.extend(signs.peek().map(|second| piece(first, Some(*second))));
            }
        }
        pieces.sort_unstable();
        pieces.dedup();
        pieces
    };
    let searched = columns.forms.par_iter().enumerate().filter(|(_, form)| !form.part.is_typed_joined());
    let mut pairs: Vec<(u64, u32)> = searched
        .flat_map_iter(|(place, form)| pieces_of(&columns.keys, form).into_iter().map(move |piece| (piece, place as u32)))
        .collect();
    pairs.par_sort_unstable();
    let mut postings = Postings { forms: pairs.iter().map(|(_, form)| *form).collect(), ..Postings::default() };
    for (place, (piece, _)) in pairs.iter().enumerate() {
        if postings.pieces.last() != Some(piece) {
            postings.pieces.push(*piece);
            postings.ends.push(0);
        }
        if let Some(end) = postings.ends.last_mut() {
            *end = place as u32 + 1;
        }
    }
    postings
}
