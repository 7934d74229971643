//! Chance that is the same on every machine: a ChaCha stream for each seed, district and stage of the work.
//! Own sampling instead of `rand`'s, so that an update of that crate cannot move the city.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

#[derive(Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// One stream per stage, so that a change in one stage leaves the others as they were.
    pub fn new(seed: u64, district: u32, stage: u8) -> Self {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..12].copy_from_slice(&district.to_le_bytes());
        key[12] = stage;
        Self(ChaCha8Rng::from_seed(key))
    }

    /// In `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number from `low` to `high`, both possible.
    pub fn range(&mut self, low: i32, high: i32) -> i32 {
        low + (self.unit() * f64::from(high - low + 1)) as i32
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// # Panics
    /// When there is nothing to pick from.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.range(0, from.len() as i32 - 1) as usize]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.range(0, place as i32) as usize);
        }
    }
}
