//! Tells at once that a text is none of many: nearly all texts that a typo might have been are none.

use std::hash::{DefaultHasher, Hasher};

/// Bits for each text. With two of them set, one text in 70 is looked up in vain.
const BITS: usize = 16;

/// A Bloom filter (Bloom 1970) with two bits a text.
#[derive(Debug, Default)]
pub(super) struct KnownTexts {
    /// A power of two of them, or none.
    words: Vec<u64>,
}

impl KnownTexts {
    /// `most`: how many texts there are, those that are there twice among them.
    pub fn of<'t>(most: usize, texts: impl Iterator<Item = &'t [u8]>) -> Self {
        if most == 0 {
            return Self::default();
        }
        let mut known = Self { words: vec![0; (most * BITS).div_ceil(64).next_power_of_two()] };
        for text in texts {
            for (word, bit) in known.places(text) {
                known.words[word] |= bit;
            }
        }
        known
    }

    /// False: the text is surely none of them.
    pub fn may_have(&self, text: &[u8]) -> bool {
        !self.words.is_empty() && self.places(text).into_iter().all(|(word, bit)| self.words[word] & bit != 0)
    }

    fn places(&self, text: &[u8]) -> [(usize, u64); 2] {
        let mut hasher = DefaultHasher::new();
        hasher.write(text);
        let hash = hasher.finish();
        [hash, hash >> 32].map(|half| ((half as usize >> 6) & (self.words.len() - 1), 1 << (half & 63)))
    }

    pub fn memory_bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_known_and_hardly_any_other() {
        let texts: Vec<String> = (0..20_000).map(|number| format!("中正路{number}巷")).collect();
        let known = KnownTexts::of(texts.len(), texts.iter().map(String::as_bytes));
        assert!(texts.iter().all(|text| known.may_have(text.as_bytes())));
        let others = (20_000..120_000).filter(|number| known.may_have(format!("中正路{number}巷").as_bytes())).count();
        assert!(others < 2_500, "{others} of 100,000");
        assert!(!KnownTexts::of(0, std::iter::empty()).may_have(b""));
    }
}
