//! Geometry as calculation: is it sound, can it be repaired, how large is it, is it the same shape as another.
//! Leaves out: coordinate systems, indexes, overlay, and what a tile needs.
//!
//! Lengths and areas are in the unit of the coordinates: metres when the geometry is in the working system.
//! Nothing here panics on NaN, infinite, huge or empty geometry.

mod check;
mod kind;
mod measure;
mod repair;
mod rings;
mod shape;

pub use check::{Flaw, MAX_COORDINATE, Reason, check};
pub use kind::{kind_name, to_kind};
pub use measure::{area_m2, distance_m, distance_to_m, extent, inner_point, is_sane, length_m, perimeter_m};
pub use repair::{Repaired, repair};
pub use shape::{fingerprint, fingerprints_near, same_shape};
