//! Many texts in one buffer, called by their numbers.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::fast::RandomState;

/// Texts by number.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: String,
    ends: Vec<u32>,
}

/// A buffer that is being filled, each text once. No text is an allocation of its own, so that nothing of it is left between those
/// that stay when it goes.
#[derive(Debug, Default)]
pub(super) struct TextsBuilder {
    texts: Texts,
    /// By hash; see [`TextsBuilder::add`].
    known: HashMap<u64, u32, RandomState>,
}

impl Texts {
    pub fn get(&self, text: u32) -> &str {
        &self.bytes[self.range(text)]
    }

    /// The same for comparing, which goes by bytes anyway.
    pub fn bytes(&self, text: u32) -> &[u8] {
        &self.bytes.as_bytes()[self.range(text)]
    }

    fn range(&self, text: u32) -> Range<usize> {
        let text = text as usize;
        let start = if text == 0 { 0 } else { self.ends[text - 1] as usize };
        start..self.ends[text] as usize
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|text| self.get(text))
    }

    pub fn push(&mut self, text: &str) -> u32 {
        self.bytes.push_str(text);
        self.ends.push(u32::try_from(self.bytes.len()).expect("the texts of one index are under 4 GB"));
        self.ends.len() as u32 - 1
    }

    /// All of the other behind these. The first has this number.
    pub fn append(&mut self, other: Self) -> u32 {
        let (first, before) = (self.len() as u32, self.bytes.len() as u32);
        self.bytes.push_str(&other.bytes);
        assert!(u32::try_from(self.bytes.len()).is_ok(), "the texts of one index are under 4 GB");
        self.ends.extend(other.ends.into_iter().map(|end| before + end));
        first
    }

    pub fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

impl TextsBuilder {
    pub fn add(&mut self, text: &str) -> u32 {
        // Where another text has the same hash, the next attempt is another one.
        let mut attempt = 0_u32;
        loop {
            let hash = self.known.hasher().hash_one((attempt, text));
            match self.known.get(&hash) {
                Some(known) if self.texts.get(*known) == text => return *known,
                Some(_) => attempt += 1,
                None => {
                    let number = self.texts.push(text);
                    self.known.insert(hash, number);
                    return number;
                }
            }
        }
    }

    /// One more, even if it is there already; it is not found again.
    pub fn push(&mut self, text: &str) -> u32 {
        self.texts.push(text)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter()
    }

    pub fn finish(mut self) -> Texts {
        self.texts.bytes.shrink_to_fit();
        self.texts.ends.shrink_to_fit();
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_unless_it_is_pushed() {
        let mut builder = TextsBuilder::default();
        assert_eq!(["中正路", "", "中正", "中正路"].map(|text| builder.add(text)), [0, 1, 2, 0]);
        assert_eq!([builder.push("中正路"), builder.add("中正路"), builder.add("")], [3, 0, 1]);
        assert_eq!(builder.finish().iter().collect::<Vec<_>>(), ["中正路", "", "中正", "中正路"]);
    }
}
