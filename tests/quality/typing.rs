//! How people write what they have in mind: slips of the fingers and seeded chance, without a look at the code that is judged.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Chance that is the same in every run.
pub struct Chance(ChaCha8Rng);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.0.next_u64() % limit as u64) as usize
    }

    pub fn one_of<'t, T>(&mut self, all: &'t [T]) -> Option<&'t T> {
        (!all.is_empty()).then(|| &all[self.below(all.len())])
    }

    /// So many of them in a random order; all of them when there are not more.
    pub fn some<T>(&mut self, mut all: Vec<T>, count: usize) -> Vec<T> {
        for place in 0..all.len().min(count) {
            let other = place + self.below(all.len() - place);
            all.swap(place, other);
        }
        all.truncate(count);
        all
    }
}

/// One slip on a Latin keyboard in a word: a letter wrong, missing, doubled or too many, or two that changed places. Digits and
/// blanks stay as they are. `None`: there are fewer than four letters.
pub fn slip(text: &str, chance: &mut Chance) -> Option<String> {
    let signs: Vec<char> = text.chars().collect();
    let letters: Vec<usize> = (0..signs.len()).filter(|place| signs[*place].is_alphabetic()).collect();
    if letters.len() < 4 {
        return None;
    }
    for _ in 0..20 {
        let place = *chance.one_of(&letters)?;
        let other = char::from(b'a' + chance.below(26) as u8);
        let mut slipped = signs.clone();
        match chance.below(4) {
            0 => slipped[place] = other,
            1 => drop(slipped.remove(place)),
            2 => slipped.insert(place + 1, if chance.below(2) == 0 { signs[place] } else { other }),
            _ if place + 1 < signs.len() && signs[place + 1].is_alphabetic() => slipped.swap(place, place + 1),
            _ => continue,
        }
        let slipped: String = slipped.into_iter().collect();
        if slipped.to_lowercase() != text.to_lowercase() {
            return Some(slipped);
        }
    }
    None
}

#[test]
fn a_slip_is_one_edit_and_the_same_in_every_run() {
    let slips = |seed| {
        let mut chance = Chance::new(seed);
        (0..50).map(|_| slip("Landstrasse 12", &mut chance).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(slips(1), slips(1));
    assert_ne!(slips(1), slips(2));
    for slipped in slips(3) {
        assert!(slipped.ends_with(" 12") && slipped != "Landstrasse 12", "{slipped}");
        assert!((13..=15).contains(&slipped.chars().count()), "{slipped}");
    }
    assert_eq!(slip("Ree 12", &mut Chance::new(1)), None);
}
