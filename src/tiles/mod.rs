//! Map tiles from the snapshot: what of which layer shows at which zoom, as GeoJSON and as Mapbox Vector Tiles.
//!
//! Both formats are written from one [`content::Content`], so they agree feature for feature. Nothing is dropped: what is too
//! small or too dense to be drawn is counted in a point with `merged: true`, each feature in exactly one tile of a zoom.
//! Pure: the same snapshot and tile give the same bytes. Leaves out: caching, compression, HTTP.

mod clip;
mod content;
mod draw;
mod fields;
mod generalise;
mod geojson;
mod grid;
mod labels;
mod mvt;
mod paths;
mod rings;
mod sound;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use fields::{TileField, tilejson_fields};
pub use grid::{BUFFER_UNITS, PIXEL_UNITS, TILE_UNITS, TileId, TileRange, tiles_reached};

use crate::domain::{Layer, UnknownLayer};
use crate::spatial::Snapshot;

/// From this zoom on every point stands alone; below it, points that share a cell of an eighth of a tile are counted.
pub const POINTS_ALONE_FROM_Z: u8 = 16;

/// What a tile can hold: the features of a layer, or the points and lines that carry their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileLayer {
    /// `<layer>`
    Features(Layer),
    /// `<layer>_labels`
    Labels(Layer),
}

impl TileLayer {
    pub fn layer(self) -> Layer {
        match self {
            TileLayer::Features(layer) | TileLayer::Labels(layer) => layer,
        }
    }
}

impl fmt::Display for TileLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TileLayer::Features(layer) => f.write_str(layer.id()),
            TileLayer::Labels(layer) => write!(f, "{layer}_labels"),
        }
    }
}

impl FromStr for TileLayer {
    type Err = UnknownLayer;

    fn from_str(text: &str) -> Result<Self, UnknownLayer> {
        let found = match text.strip_suffix("_labels") {
            Some(layer) => layer.parse().map(TileLayer::Labels),
            None => text.parse().map(TileLayer::Features),
        };
        match found {
            // Footprints are drawn as part of their cases.
            Ok(layer) if layer.layer() != Layer::PermitFootprints => Ok(layer),
            _ => Err(UnknownLayer(text.to_owned())),
        }
    }
}

/// A GeoJSON FeatureCollection (RFC 7946, lon lat in WGS 84) of the layers in drawing order, each once; within a layer
/// features by id, then clusters by row and column.
pub fn geojson(snapshot: &Snapshot, tile: TileId, layers: &[TileLayer]) -> Vec<u8> {
    let mut out = geojson::Writer::new(tile);
    for layer in in_order(layers) {
        out.layer(&content::assemble(snapshot, tile, layer));
    }
    out.finish()
}

/// The same as a Mapbox Vector Tile (version 2.1), a tile layer for each layer that has something; empty when none has.
pub fn mvt(snapshot: &Snapshot, tile: TileId, layers: &[TileLayer]) -> Vec<u8> {
    let mut out = Vec::new();
    for layer in in_order(layers) {
        mvt::layer(&mut out, &content::assemble(snapshot, tile, layer));
    }
    out
}

fn in_order(layers: &[TileLayer]) -> Vec<TileLayer> {
    let mut layers = layers.to_vec();
    layers.sort_unstable();
    layers.dedup();
    layers
}
