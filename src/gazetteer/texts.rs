//! Many texts in one buffer, each stored once and called by its number.

use std::collections::HashMap;
use std::ops::Range;

/// Texts by number.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: String,
    ends: Vec<u32>,
}

/// A buffer that is being filled.
#[derive(Debug, Default)]
pub(super) struct TextsBuilder {
    texts: Texts,
    known: HashMap<Box<str>, u32>,
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

    pub fn push(&mut self, text: &str) -> u32 {
        self.bytes.push_str(text);
        self.ends.push(u32::try_from(self.bytes.len()).expect("the texts of one index are under 4 GB"));
        self.ends.len() as u32 - 1
    }

    pub fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

impl TextsBuilder {
    pub fn add(&mut self, text: &str) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let number = self.texts.push(text);
        self.known.insert(text.into(), number);
        number
    }

    pub fn finish(mut self) -> Texts {
        self.texts.bytes.shrink_to_fit();
        self.texts.ends.shrink_to_fit();
        self.texts
    }
}
