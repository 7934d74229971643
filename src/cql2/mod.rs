//! CQL2 (OGC 21-065): filters as text and as JSON become one typed expression, which is asked of one feature at a time.
//! Pure. Leaves out: where the values come from, which features are asked, and coordinate systems: a geometry in a filter has its
//! coordinates in the order in which they were written; whoever knows the system turns them with [`Expression::map_coordinates`].
//!
//! Own, because the crate `cql2` 0.6 brings a JSON schema validator, an SQL parser and second versions of geojson and geozero with
//! it, switches the order of every JSON map of the program, and parses without a limit of depth.

mod evaluate;
mod json;
mod text;
mod types;
mod wkt;

use geo_types::Geometry;

pub use evaluate::{Answer, Asked};
pub use types::{Comparison, Expression, Kind, Operand, Scalar, Spatial};

/// Filters longer than this are refused.
pub const MAX_BYTES: usize = 16 * 1024;
/// What the feature's geometry is called among its properties.
pub const GEOMETRY: &str = "geometry";
/// Expressions nested deeper are refused.
pub const MAX_DEPTH: usize = 64;

/// What is wrong with a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{en}")]
pub struct Fault {
    pub zh: String,
    pub en: String,
}

impl Fault {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// The properties that a filter may name: `None` for a name that there is not.
pub type Properties<'a> = &'a dyn Fn(&str) -> Option<Kind>;

/// Reads `cql2-text`.
///
/// # Errors
/// What is not understood, and at which character; an unknown property; values of different kinds compared.
pub fn from_text(text: &str, properties: Properties<'_>) -> Result<Expression, Fault> {
    too_long(text)?;
    text::parse(text, properties)
}

/// Reads `cql2-json`.
///
/// # Errors
/// As [`from_text`].
pub fn from_json(text: &str, properties: Properties<'_>) -> Result<Expression, Fault> {
    too_long(text)?;
    json::parse(text, properties)
}

/// `property = value` for a value written as in a query parameter.
///
/// # Errors
/// An unknown property, one that is a geometry, or a value of another kind.
pub fn equals(property: &str, value: &str, properties: Properties<'_>) -> Result<Expression, Fault> {
    let property = Scalar::property(property, properties)?;
    let wrong = || Fault::new(format!("{value:.80} 不是数值。"), format!("{value:.80} is not a number."));
    let value = match property.kind() {
        Kind::Number => Scalar::number(value.parse().map_err(|_| wrong())?)?,
        Kind::Boolean => Scalar::Boolean(value == "true"),
        Kind::Date => Scalar::date(value)?,
        Kind::Time => Scalar::time(value)?,
        Kind::Text | Kind::Geometry => Scalar::Text(value.to_owned()),
    };
    Expression::compare(Comparison::Equal, property, value)
}

/// A geometry in well-known text, as CQL2 has it in filters; heights are left out.
///
/// # Errors
/// What is not understood.
pub fn geometry_from_wkt(text: &str) -> Result<Geometry<f64>, Fault> {
    too_long(text)?;
    wkt::parse(text)
}

fn too_long(text: &str) -> Result<(), Fault> {
    if text.len() > MAX_BYTES {
        return Err(Fault::new(format!("过滤条件超过 {MAX_BYTES} 字节。"), format!("The filter is longer than {MAX_BYTES} bytes.")));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
