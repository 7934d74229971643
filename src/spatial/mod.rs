//! The spatial core: the features of every layer in memory, found by id, by window, by distance and by what covers a point.
//!
//! A [`LayerIndex`] is an immutable picture of one layer: a frozen base in the order of a space-filling curve, with R-trees
//! over runs of neighbours, plus the few changes since. Readers never wait; a change makes a new picture that shares nearly
//! everything with the old one. Each feature is held in the working system (metres, x east, y north: what decides) and in
//! web mercator (what is drawn). Leaves out: reading the store, reprojection, and what a tile looks like.

mod base;
mod cells;
mod curve;
mod delta;
mod derived;
mod feature;
mod index;
mod merge;
mod snapshot;
mod sorted;

#[cfg(test)]
mod tests;

pub use cells::{Cell, CellQuery, Cells, kind_field};
pub use curve::{MERCATOR_HALF_M, Positions, grid_position};
pub use derived::SLOTS;
pub use feature::{Feature, Shape, Tag, anchor};
pub use index::{Found, LayerIndex};
pub use snapshot::Snapshot;
