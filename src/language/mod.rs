//! How texts are compared and addresses read: the search key of a name or address, numerals, Pinyin, the address grammar.
//!
//! Two texts that people would call the same have the same [`SearchKey`]. Keys are for finding only: what is stored and
//! shown is always the text as the register has it. Leaves out, so far: phrases whose simplified form is not that of their
//! characters, and several readings of one character in a key.

pub mod address;
mod key;
mod numerals;
mod pinyin;
mod simplified;

pub use key::{SearchKey, is_unspaced, search_key};
pub use numerals::digits;
pub use pinyin::{Romanised, romanised, sounds_alike, spellings};
