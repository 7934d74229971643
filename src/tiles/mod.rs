//! Map tiles from the snapshot: what of which layer shows at which zoom, as GeoJSON, Mapbox Vector Tiles and MapLibre Tiles.
//!
//! All formats are written from one [`content::Content`], so they agree feature for feature. Nothing is dropped: what is too
//! small or too dense to be drawn by itself is merged (areas of a coverage, lines of one name) or counted in a point, with
//! `merged: true`; each such feature is counted in exactly one tile of a zoom. A tile that would be too heavy merges more and
//! says so. Pure: the same snapshot and tile give the same bytes. Leaves out: caching, HTTP.

mod arcs;
mod budget;
mod canvas;
mod clip;
mod content;
mod draw;
mod features;
mod fields;
mod generalise;
mod geojson;
mod grid;
mod join;
mod kept;
mod labels;
mod mlt;
mod mvt;
mod painted;
mod paths;
mod remainder;
mod rings;
mod sound;
mod squares;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;

pub use budget::{Aggregated, GEOJSON_BUDGET, MVT_GZIP_BUDGET};
pub use fields::{TileField, tilejson_fields};
pub use grid::{BUFFER_UNITS, PIXEL_UNITS, TILE_UNITS, TileId, TileRange, tiles_reached};
pub use mlt::Unencodable;

use budget::{Level, TOO_HEAVY, Weight};
use content::Content;

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

/// A finished tile, and which of its layers show less than usual because it would have been too heavy.
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    pub bytes: Vec<u8>,
    /// In drawing order; empty for most tiles.
    pub aggregated: Vec<Aggregated>,
}

/// A GeoJSON FeatureCollection (RFC 7946, lon lat in WGS 84) of the layers in drawing order, each once; within a layer
/// features by id, then joined lines, then clusters by row and column. At most [`GEOJSON_BUDGET`] bytes.
pub fn geojson(snapshot: &Snapshot, tile: TileId, layers: &[TileLayer]) -> Vec<u8> {
    geojson_tile(snapshot, tile, layers).bytes
}

/// The same as a Mapbox Vector Tile (version 2.1), a tile layer for each layer that has something; empty when none has. At
/// most [`MVT_GZIP_BUDGET`] bytes after gzip.
pub fn mvt(snapshot: &Snapshot, tile: TileId, layers: &[TileLayer]) -> Vec<u8> {
    mvt_tile(snapshot, tile, layers).bytes
}

/// The same as a MapLibre Tile, version 1; empty when no layer has anything. It holds what the Mapbox Vector Tile does, in fewer bytes.
///
/// # Errors
/// When the encoder refuses it, which it has no reason to.
pub fn mlt(snapshot: &Snapshot, tile: TileId, layers: &[TileLayer]) -> Result<Vec<u8>, Unencodable> {
    let mut out = Vec::new();
    fitting(snapshot, tile, layers).iter().try_for_each(|layer| mlt::layer(&mut out, &layer.content))?;
    Ok(out)
}

/// [`geojson`], and what was aggregated; the collection names it in its member `aggregated`.
pub fn geojson_tile(snapshot: &Snapshot, tile: TileId, layers: &[TileLayer]) -> Encoded {
    let layers = fitting(snapshot, tile, layers);
    let aggregated = aggregated(&layers);
    let contents = layers.iter().map(|layer| &layer.content);
    Encoded { bytes: written_as_geojson(tile, contents, &aggregated), aggregated }
}

/// [`mvt`], and what was aggregated.
pub fn mvt_tile(snapshot: &Snapshot, tile: TileId, layers: &[TileLayer]) -> Encoded {
    let mut layers = fitting(snapshot, tile, layers);
    let mut bytes = Vec::new();
    layers.iter_mut().for_each(|layer| bytes.extend_from_slice(layer.mvt()));
    Encoded { bytes, aggregated: aggregated(&layers) }
}

fn written_as_geojson<'a>(tile: TileId, contents: impl Iterator<Item = &'a Content<'a>>, aggregated: &[Aggregated]) -> Vec<u8> {
    let mut out = geojson::Writer::new(tile);
    contents.for_each(|content| out.layer(content));
    out.finish(aggregated)
}

fn aggregated(layers: &[Weighed<'_>]) -> Vec<Aggregated> {
    let heavy = layers.iter().map(|layer| &layer.content).filter(|content| content.level > Level::default());
    heavy.map(|content| Aggregated { layer: content.layer, level: content.level.number() }).collect()
}

/// Below this zoom the layers of a tile are drawn side by side; from there on a tile is done before another thread has begun.
const SIDE_BY_SIDE_BELOW_Z: u8 = 16;

/// The layers at the levels at which the tile fits its budgets in both formats. The heaviest layer gives way first.
fn fitting<'a>(snapshot: &'a Snapshot, tile: TileId, layers: &[TileLayer]) -> Vec<Weighed<'a>> {
    let by_itself = |layer: TileLayer| {
        let mut content = content::assemble(snapshot, tile, layer, Level::default());
        // Whatever the others weigh.
        while content.given_up
            && let Some(level) = content.level.next(layer.layer(), TOO_HEAVY + 1)
        {
            content = content::coarser(snapshot, content, level);
        }
        Weighed::new(tile, content)
    };
    let layers = in_order(layers);
    let mut layers: Vec<Weighed<'a>> = match tile.z() < SIDE_BY_SIDE_BELOW_Z && layers.len() > 1 {
        true => layers.into_par_iter().map(by_itself).collect(),
        false => layers.into_iter().map(by_itself).collect(),
    };
    // The member that says so, should it be needed.
    let said = 80 * layers.len() + 60;
    loop {
        let geojson = said + layers.iter().map(|layer| layer.most.geojson).sum::<usize>();
        // The weights are upper bounds, by some hundredths too high; only a tile near its budget is worth a look at what it comes to.
        let fits_as_geojson = geojson <= GEOJSON_BUDGET || (geojson <= GEOJSON_BUDGET * 11 / 10 && comes_to_less(&mut layers, geojson));
        let mvt = layers.iter().map(|layer| layer.most.mvt).sum::<usize>();
        // Each layer packed by itself: together they are hardly smaller, and those that stay need not be packed again.
        // What fits as it is need not be packed to know that it does.
        let fits_as_mvt = |layers: &mut [Weighed<'_>]| {
            mvt <= MVT_GZIP_BUDGET
                || layers.iter_mut().map(|layer| layer.mvt().len() + budget::GZIP_FRAME).sum::<usize>() <= MVT_GZIP_BUDGET
                || layers.iter_mut().map(Weighed::mvt_packed).sum::<usize>() <= MVT_GZIP_BUDGET
        };
        if fits_as_geojson && fits_as_mvt(&mut layers) {
            break;
        }
        let next = |at: usize| Some((at, layers[at].content.level.next(layers[at].content.layer.layer(), geojson)?));
        // What is still drawn as closely as can be seen gives way before any other is drawn worse.
        let gives_way = (0..layers.len()).filter_map(next).max_by_key(|(at, level)| (level.is_exact(), layers[*at].most.geojson, *at));
        let Some((at, level)) = gives_way else { break };
        let finer = layers.remove(at);
        layers.insert(at, Weighed::new(tile, content::coarser(snapshot, finer.content, level)));
    }
    layers
}

/// Whether layers that weigh so much at most fit as GeoJSON. The heaviest are written first: the others need not be when those
/// came to enough less.
fn comes_to_less(layers: &mut [Weighed<'_>], mut geojson: usize) -> bool {
    let mut order: Vec<usize> = (0..layers.len()).collect();
    order.sort_unstable_by_key(|at| std::cmp::Reverse(layers[*at].most.geojson));
    order.into_iter().any(|at| {
        geojson -= layers[at].most.geojson.saturating_sub(layers[at].geojson());
        geojson <= GEOJSON_BUDGET
    })
}

/// A layer of a tile, and what it weighs: at most, and, once somebody has asked, written.
struct Weighed<'a> {
    tile: TileId,
    content: Content<'a>,
    most: Weight,
    geojson: Option<usize>,
    mvt: Option<Vec<u8>>,
    mvt_packed: Option<usize>,
}

impl<'a> Weighed<'a> {
    fn new(tile: TileId, content: Content<'a>) -> Self {
        Self { tile, most: Weight::of(&content), content, geojson: None, mvt: None, mvt_packed: None }
    }

    fn geojson(&mut self) -> usize {
        let Self { tile, content, .. } = self;
        *self.geojson.get_or_insert_with(|| written_as_geojson(*tile, std::iter::once(&*content), &[]).len())
    }

    fn mvt(&mut self) -> &[u8] {
        let Self { content, .. } = self;
        self.mvt.get_or_insert_with(|| {
            let mut out = Vec::new();
            mvt::layer(&mut out, content);
            out
        })
    }

    fn mvt_packed(&mut self) -> usize {
        let packed = self.mvt_packed.unwrap_or_else(|| budget::gzip_len(self.mvt()));
        *self.mvt_packed.insert(packed)
    }
}

fn in_order(layers: &[TileLayer]) -> Vec<TileLayer> {
    let mut layers = layers.to_vec();
    layers.sort_unstable();
    layers.dedup();
    layers
}
