//! How heavy a tile may be, and what is done about one that is heavier: it shows less by itself and counts more, level by
//! level, until it fits. Nothing is dropped.

use std::io::Write;

use super::content::{Content, Drawn, Source};
use super::draw::PathKind;
use super::fields::{Property, properties};
use super::geojson::{decimals, json_len};
use super::grid::to_wgs84;
use super::sound::Room;
use super::{POINTS_ALONE_FROM_Z, TileLayer};
use crate::domain::{GeometryKind, Layer};

/// The most a tile weighs as GeoJSON, bytes, before compression. At half of it a whole district's zones would be merged across
/// kinds at zoom 12 and painted as most of them are: wrong for whoever reads a plan.
pub const GEOJSON_BUDGET: usize = 1_000_000;
/// The most it weighs as MVT, bytes, after gzip.
pub const MVT_GZIP_BUDGET: usize = 200_000;

/// Below this zoom lines of one name and kind are joined.
const LINES_ALONE_FROM_Z: u8 = 14;
/// A tile has 2^3 cells on a side where it is not said otherwise.
const CELL_BITS: u8 = 3;
/// How many kinds a cell names when room is scarce.
const FEW_KINDS: usize = 8;

/// How far a layer of a tile is aggregated; 0 is the usual. From 1 on only the fields that maps draw by are kept, at 2 and 3
/// larger features are merged and counted, from 4 on all of them; at 5 and 6 merged areas are coarser too, and only there
/// may gaps be wider than a pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level(u8);

impl Level {
    const LAST: u8 = 6;

    /// What to try after this one came to so many times the budget; `None` after the last. Fewer fields alone seldom save
    /// more than a third.
    pub(super) fn next(self, times: f64) -> Option<Self> {
        let step = if self.0 == 0 && times > 1.5 { 2 } else { 1 };
        (self.0 < Self::LAST).then_some(Self(self.0 + step))
    }

    pub(super) fn number(self) -> u8 {
        self.0
    }

    pub(super) fn has_all_fields(self) -> bool {
        self.0 == 0
    }

    /// What is drawn by itself is at least this long on its longer side, pixels; what is shorter is counted. A mesh of parcels
    /// or houses under three pixels says nothing but weighs megabytes; zones and roads still make the picture.
    pub(super) fn smallest_px(self, layer: Layer) -> f64 {
        let usual = if matches!(layer, Layer::Parcels | Layer::Buildings) { 3.0 } else { 1.0 };
        match self.0 {
            0 | 1 => usual,
            2 => 4.0 * usual,
            3 => 16.0 * usual,
            _ => f64::INFINITY,
        }
    }

    /// A tile has 2^this cells on a side.
    pub(super) fn cell_bits(self, z: u8) -> u8 {
        match self.0 {
            2 if z >= POINTS_ALONE_FROM_Z => 5,
            3 if z >= POINTS_ALONE_FROM_Z => 4,
            _ => CELL_BITS,
        }
    }

    pub(super) fn points_alone(self, z: u8) -> bool {
        z >= POINTS_ALONE_FROM_Z && self.0 < 2
    }

    pub(super) fn joins_lines(self, layer: Layer, z: u8) -> bool {
        layer.geometry() == GeometryKind::Line && (z < LINES_ALONE_FROM_Z || self.0 >= 2)
    }

    /// What the corners of merged areas are rounded to at least, and how far off the line between their neighbours those lie
    /// that go; tile units.
    pub(super) fn remainder_detail(self) -> (i64, f64) {
        match self.0 {
            0 | 1 => (1, 1.5),
            2..=4 => (2, 2.5),
            5 => (32, 20.0),
            _ => (128, 80.0),
        }
    }

    /// How far joined lines may run from where they were; tile units.
    pub(super) fn line_detail(self) -> f64 {
        match self.0 {
            0 | 1 => 3.0,
            2 => 6.0,
            _ => 12.0,
        }
    }

    pub(super) fn kinds_named(self) -> usize {
        if self.0 < 4 { usize::MAX } else { FEW_KINDS }
    }
}

/// The layers of which no hole may be left where small areas were: together they cover the ground.
pub(super) fn is_coverage(layer: Layer) -> bool {
    matches!(layer, Layer::Divisions | Layer::Zoning | Layer::Parcels)
}

/// What a layer of a tile weighs at most, before compression; bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    pub(super) geojson: usize,
    pub(super) mvt: usize,
}

impl Weight {
    pub(super) fn of(content: &Content<'_>) -> Self {
        let extent = content.tile.extent_mercator().grown(content.tile.extent_mercator().width() / 8.0);
        let [west, south] = to_wgs84(extent.min);
        let [east, north] = to_wgs84(extent.max);
        let digits = |a: f64, b: f64| [a, b].into_iter().map(whole_digits).max().unwrap_or(0);
        // Brackets, comma, points; the rings of a polygon come with brackets of their own and their first corner twice.
        let position = digits(west, east) + digits(south, north) + 2 * decimals(content.tile.z()) as usize + 6;
        let name = content.layer.to_string().len();
        let mut weight = Self { geojson: 0, mvt: 2 * name + 200 };
        for feature in &content.features {
            let (mut points, mut paths) = (1, 1);
            let mut tight = 0;
            if let Drawn::Paths { first, end, kind, room } = feature.drawn {
                paths = end - first;
                points = content.paths.points_in(first, end) + if kind == PathKind::Polygons { paths } else { 0 };
                tight = if room == Room::Wide { 0 } else { 6 };
            }
            let id = match &feature.source {
                Source::Feature(_) | Source::Label { .. } => 10,
                Source::Cluster(_) | Source::Joined { .. } => 60,
            };
            // The braces and words around a feature.
            weight.geojson += 115 + id + name + points * (position + tight) + 4 * paths;
            weight.mvt += 40 + id + points * 4 + 6 * paths;
            properties(content, feature, |name, value| {
                let (json, mvt) = match value {
                    Property::Text(text) => (json_len(text), text.len() + 4),
                    Property::Int(_) => (20, 12),
                    Property::Number(_) => (24, 12),
                    Property::Date(_) => (12, 16),
                    Property::Bool(_) => (5, 4),
                    Property::Kinds(kinds) => {
                        let length = kinds.iter().map(|(kind, _)| json_len(kind) + 22).sum::<usize>() + 2;
                        (length, length + 4)
                    }
                    Property::Extent(_) => (60, 64),
                };
                weight.geojson += name.len() + 4 + json;
                weight.mvt += 4 + mvt;
            });
        }
        weight
    }
}

/// What bytes come to after gzip, as tiles are compressed for clients.
pub(super) fn gzip_len(bytes: &[u8]) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().map_or(0, |packed| packed.len())
}

/// How many bytes the sign and the digits before the point take.
fn whole_digits(degrees: f64) -> usize {
    let digits = match degrees.abs() {
        100.0.. => 3,
        10.0.. => 2,
        _ => 1,
    };
    digits + usize::from(degrees < 0.0)
}

/// A layer of a tile that was too heavy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aggregated {
    pub layer: TileLayer,
    /// 1: fewer fields. 2 and 3: larger features are merged and counted too. 4 to 6: all are, ever coarser.
    pub level: u8,
}
