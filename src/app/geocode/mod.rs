//! Finds the place of every row of a table: the table flows through, each row comes out as it was, with what was found behind it.
//!
//! `columns` decides which cells are the address, `wash` makes rows of rows, `words` says in words what differs, `stream` feeds bytes
//! through beside the other questions of the service. A whole table is answered at one sequence.

mod columns;
mod place;
mod stream;
#[cfg(test)]
mod tests;
mod wash;
mod words;

pub use crate::formats::rows::{Named, separator};
pub use stream::{Washed, geocode};
pub use wash::{Counts, Wash, WashForm};

/// The columns that are added, in their order.
pub const ADDED: [&str; 11] = [
    "yutu_label",
    "yutu_layer",
    "yutu_id",
    "yutu_lon",
    "yutu_lat",
    "yutu_certainty",
    "yutu_match",
    "yutu_differs",
    "yutu_rivals",
    "yutu_sequence",
    "yutu_note",
];
