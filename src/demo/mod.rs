//! The demo city: a fictional Chinese district of any size, made by rule and chance from a seed. It fills every layer with data
//! that a planner's audit finds in order, apart from a few permits that break a rule on purpose and are listed.
//! Leaves out: reading it back, which is the import's work. Same seed and scale, same bytes, on every machine.

mod breaches;
mod controls;
mod dice;
mod district;
mod divisions;
mod emit;
mod land;
mod markers;
mod mesh;
mod names;
mod numbering;
mod permits;
mod places;
mod plan;
mod shape;
mod site;
mod uses;
mod warp;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;

use crate::domain::Layer;
pub use emit::Feature;
pub use names::MAX_DISTRICTS;
pub use shape::{Point, Ring, Shape};
pub use write::write;

/// The seed of the city that ships: the README of the demo pack counts it and lists its breaches.
pub const DEFAULT_SEED: u64 = 1;

/// Receives the features one by one.
pub trait Sink {
    /// # Errors
    /// What the receiver's medium reports; generation stops there.
    fn feature(&mut self, layer: Layer, feature: Feature) -> io::Result<()>;

    /// Told of each permit that breaks a rule on purpose, after the permit itself.
    ///
    /// # Errors
    /// As for [`Sink::feature`].
    fn breach(&mut self, breach: &Breach) -> io::Result<()> {
        let _ = breach;
        Ok(())
    }
}

/// A permit that breaks rules on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub case_no: String,
    /// Such as `far_max`, `blue_line`; the README of the demo pack lists them.
    pub rules: Vec<&'static str>,
    pub why_zh: String,
    pub why_en: String,
}

/// What was made.
#[derive(Debug, Default, PartialEq)]
pub struct Summary {
    pub districts: u32,
    pub features: BTreeMap<Layer, u64>,
    /// Permits in breach on purpose.
    pub breaches: u64,
    /// `[west, south, east, north]` of all coordinates, metres (EPSG:4549).
    pub extent_m: Option<[f64; 4]>,
}

/// Makes `scale` districts (at least 1, at most [`MAX_DISTRICTS`]) and hands over their features; memory does not grow with `scale`.
///
/// # Errors
/// A `scale` out of range, and whatever the sink reports.
pub fn generate(seed: u64, scale: u32, sink: &mut dyn Sink) -> io::Result<Summary> {
    if !(1..=MAX_DISTRICTS).contains(&scale) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("scale must be from 1 to {MAX_DISTRICTS}, not {scale}")));
    }
    let mut counted = Counted { sink, summary: Summary { districts: scale, ..Summary::default() } };
    for index in 0..scale {
        emit::emit(&district::district(seed, index), &mut counted)?;
    }
    Ok(counted.summary)
}

struct Counted<'a> {
    sink: &'a mut dyn Sink,
    summary: Summary,
}

impl Sink for Counted<'_> {
    fn feature(&mut self, layer: Layer, feature: Feature) -> io::Result<()> {
        *self.summary.features.entry(layer).or_default() += 1;
        feature.shape.each_point(|point| {
            let [x, y] = shape::metres(point);
            let [west, south, east, north] = self.summary.extent_m.unwrap_or([x, y, x, y]);
            self.summary.extent_m = Some([west.min(x), south.min(y), east.max(x), north.max(y)]);
        });
        self.sink.feature(layer, feature)
    }

    fn breach(&mut self, breach: &Breach) -> io::Result<()> {
        self.summary.breaches += 1;
        self.sink.breach(breach)
    }
}
