//! Which forms a character, or a pair of characters, occurs in: the way to what lies inside a text.

use std::collections::HashMap;

use foldhash::fast::FixedState;
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

/// Forms come in their order for each piece, so nothing is sorted but the pieces; for each form and piece 12 bytes are held at most.
pub(super) fn postings(columns: &Columns) -> Postings {
    let size = columns.forms.len().div_ceil(rayon::current_num_threads()).max(WORTH_A_PART);
    let part = |(number, forms)| part(&columns.keys, forms, number * size);
    joined(columns.forms.par_chunks(size).enumerate().map(part).collect())
}

/// Fewer forms than this are not worth the joining.
const WORTH_A_PART: usize = 2000;

/// Of these forms, of which the first has this place.
fn part(keys: &Texts, forms: &[FormRow], first: usize) -> Postings {
    let mut known: HashMap<u64, u32, FixedState> = HashMap::default();
    // Of each piece: how often it comes, and the last form in which it was met.
    let mut counts: Vec<(u32, u32)> = Vec::new();
    // The pieces of one form after the other, and where those of each end.
    let (mut met, mut ends): (Vec<u32>, Vec<usize>) = (Vec::new(), Vec::with_capacity(forms.len()));
    for (place, form) in (first as u32..).zip(forms) {
        let mut meet = |piece: u64| {
            let number = *known.entry(piece).or_insert(counts.len() as u32);
            if number as usize == counts.len() {
                counts.push((0, u32::MAX));
            }
            let (count, last) = &mut counts[number as usize];
            if *last != place {
                (*count, *last) = (*count + 1, place);
                met.push(number);
            }
        };
        for text in [form.before, form.after].into_iter().filter(|_| !form.part.is_typed_joined()) {
            let mut signs = keys.get(text).chars().peekable();
            while let Some(first) = signs.next() {
                meet(piece(first, None));
                if let Some(second) = signs.peek() {
                    meet(piece(first, Some(*second)));
                }
            }
        }
        ends.push(met.len());
    }
    let mut pieces: Vec<(u64, u32)> = known.into_iter().collect();
    pieces.sort_unstable();
    // Where the next form of each piece comes to stand.
    let mut next = vec![0; counts.len()];
    let mut end = 0;
    let mut postings = Postings { pieces: pieces.iter().map(|(piece, _)| *piece).collect(), ends: Vec::new(), forms: vec![0; met.len()] };
    for (_, number) in pieces {
        next[number as usize] = end;
        end += counts[number as usize].0;
        postings.ends.push(end);
    }
    let mut from = 0;
    for (place, until) in (first as u32..).zip(ends) {
        for number in &met[from..until] {
            let next = &mut next[*number as usize];
            postings.forms[*next as usize] = place;
            *next += 1;
        }
        from = until;
    }
    postings
}

/// The forms of a part are all behind those of the part before.
fn joined(mut parts: Vec<Postings>) -> Postings {
    if parts.len() < 2 {
        return parts.pop().unwrap_or_default();
    }
    let mut pieces: Vec<u64> = parts.iter().flat_map(|part| &part.pieces).copied().collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces.shrink_to_fit();
    let mut all = Postings {
        ends: Vec::with_capacity(pieces.len()),
        forms: Vec::with_capacity(parts.iter().map(|part| part.forms.len()).sum()),
        pieces: Vec::new(),
    };
    for piece in &pieces {
        parts.iter().for_each(|part| all.forms.extend_from_slice(part.of(*piece)));
        all.ends.push(all.forms.len() as u32);
    }
    Postings { pieces, ..all }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gazetteer::answer::Part;

    #[test]
    fn each_form_is_listed_once_for_each_of_its_pieces_in_whatever_parts_it_was_made() {
        let texts = ["中正路", "正路中正", "", "路", "a b"];
        let (mut keys, mut forms) = (Texts::default(), Vec::new());
        for number in 0..40_usize {
            let before = keys.push(texts[number % texts.len()]);
            let part = if number % 7 == 6 { Part::Pinyin } else { Part::Name };
            forms.push(FormRow { group: 0, before, after: keys.push(texts[number % 3]), chars: 0, part });
        }
        let whole = part(&keys, &forms, 0);
        let has = |form: &FormRow, text: &str| [form.before, form.after].iter().any(|own| keys.get(*own).contains(text));
        for text in ["中", "正", "路", "中正", "路中", "a", " ", "b", "a ", "x", "正中"] {
            let mut signs = text.chars();
            let found = whole.of(piece(signs.next().unwrap(), signs.next()));
            let expected: Vec<u32> =
                (0..).zip(&forms).filter(|(_, form)| form.part == Part::Name && has(form, text)).map(|(n, _)| n).collect();
            assert_eq!(found, expected, "{text}");
        }
        let of_parts = joined(forms.chunks(7).enumerate().map(|(number, forms)| part(&keys, forms, 7 * number)).collect());
        assert_eq!((of_parts.pieces, of_parts.ends, of_parts.forms), (whole.pieces, whole.ends, whole.forms));
    }
}
