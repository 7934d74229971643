//! Finding places by what people type: names, codes and door plates, in hanzi or Latin, finished or not.
//!
//! [`Index`] is an immutable snapshot: many threads may search it while the next one is made from it with
//! [`Index::with_changes`]. A text of an entry is found when the key of the query is the whole of its key (exact), its
//! beginning (prefix) or a part of it (substring); [`crate::language::search_key`] says what keys are, `forms` which texts
//! an entry is found by, `score` what comes first. What is not there as written is looked for in other ways, and says so:
//! read aloud (Pinyin, characters of the same sound), with one edit, with the nearest numbers of the same street (`altered`).
//! Leaves out, so far: two edits, words in another order, an edit in a text that is still being typed and not yet whole,
//! house numbers between known ones.
//!
//! How it holds 1.2 million plates: what plates of one street share (the address around the number) is stored once, as a
//! group; a plate is its id, a number from a dictionary and a position. Texts of groups are sorted from the front (exact,
//! prefix) and from the back (street end + number), with postings of their one- and two-character pieces for what lies
//! in between. Groups and numbers lie in the order of the answer, so that common pieces (路) stop early. Entries come into
//! it one by one through a [`Gathering`], packed in the same way (`gather`, `model`), so that building it takes little more
//! memory than it has in the end.

mod align;
mod altered;
mod answer;
mod asked;
mod best;
mod build;
mod by_parts;
mod certainty;
mod columns;
mod earlier;
mod entry;
mod find;
mod first_signs;
mod forms;
mod gather;
mod index;
mod known_texts;
mod lexicon;
mod line;
mod model;
mod notes;
mod own;
mod parts;
mod postings;
mod score;
mod sounds;
mod texts;
mod tier;

#[cfg(test)]
mod real_data;
#[cfg(test)]
mod tests;

pub use crate::language::address::ElementKind;
pub use answer::{Answer, Former, Hit, Kind, Match, Part, Place, Query};
pub use certainty::{Certainty, Resolution, certainty};
pub use earlier::{Earlier, Past, Said};
pub use entry::{Division, Entry};
pub use gather::Gathering;
pub use index::Index;
pub use line::Line;
pub use notes::{note, standing};
pub use parts::{How, PartMatch};
