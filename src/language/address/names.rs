//! The names that the grammar knows, by what they are names of.

use std::collections::HashMap;

use super::ElementKind;
use super::signs::Signs;
use super::words;

/// Names of a register. Asked with folded texts, many times for each address: an answer should cost no more than a hash.
pub trait Names {
    /// What this is the name of, if anything, and whether the name is whole: 浙江 is a short form of 浙江省.
    fn known(&self, folded: &str) -> &[Known];

    /// Signs of the longest name; longer texts are not asked for.
    fn longest(&self) -> usize;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Known {
    pub kind: ElementKind,
    pub whole: bool,
}

/// No names: patterns alone.
#[derive(Clone, Copy, Debug)]
pub struct NoNames;

impl Names for NoNames {
    fn known(&self, _: &str) -> &[Known] {
        &[]
    }

    fn longest(&self) -> usize {
        0
    }
}

/// Names held in a table.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    names: HashMap<Box<str>, Vec<Known>>,
    longest: usize,
}

impl Lexicon {
    pub fn new() -> Lexicon {
        Lexicon::default()
    }

    /// Adds a name as the register has it; that of a division down to towns also in its short form (杭州 for
    /// 杭州市), where at least two signs are left. Names of one sign and names without letters are left out: they would be found in everything.
    pub fn add(&mut self, kind: ElementKind, name: &str) {
        let signs = Signs::of(name);
        if signs.len() < 2 {
            return;
        }
        let folded = if signs.has_unspaced() { signs.folded(0..signs.len()) } else { signs.folded_words(0..signs.len()) };
        self.put(&folded, Known { kind, whole: true });
        let generic = words::DIVISION_GENERICS.iter().filter(|(of, _)| *of == kind).find(|(_, generic)| folded.ends_with(generic));
        if let Some(short) = generic
            .and_then(|(_, generic)| folded.strip_suffix(generic))
            .filter(|short| kind <= ElementKind::Town && short.chars().count() > 1)
        {
            self.put(short, Known { kind, whole: false });
        }
    }

    /// Bytes of the names and what is known of them.
    pub fn memory_bytes(&self) -> usize {
        let texts: usize = self.names.iter().map(|(name, known)| name.len() + known.capacity() * size_of::<Known>()).sum();
        self.names.capacity() * (size_of::<Box<str>>() + size_of::<Vec<Known>>()) + texts
    }

    fn put(&mut self, folded: &str, known: Known) {
        self.longest = self.longest.max(folded.chars().count());
        let all = self.names.entry(folded.into()).or_default();
        match all.iter_mut().find(|other| other.kind == known.kind) {
            Some(other) => other.whole |= known.whole,
            None => all.push(known),
        }
    }
}

impl Names for Lexicon {
    fn known(&self, folded: &str) -> &[Known] {
        self.names.get(folded).map_or(&[], Vec::as_slice)
    }

    fn longest(&self) -> usize {
        self.longest
    }
}
