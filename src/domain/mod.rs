//! The words of the trade: layers, features, names, validity, datasets. Everything else speaks in them.
//! Leaves out: geometry operations, storage, and every rule of a city.

mod feature;
mod id;
mod layer;

pub use feature::{Extent, Fields, Name, NameKind, Record, Validity, Value};
pub use id::{FeatureId, InvalidId};
pub use layer::{Field, FieldKind, GeometryKind, Layer, Text, UnknownLayer};
