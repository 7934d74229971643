//! How heavy a tile may be, and what is done about one that is heavier: it shows less by itself and counts more, level by
//! level, until it fits. Nothing is dropped.

use std::fmt;
use std::io::Write;

use super::content::{Content, Drawn, Source};
use super::draw::PathKind;
use super::fields::{Property, properties};
use super::generalise::Detail;
use super::geojson::{MORE_DECIMALS, decimals, json_len};
use super::grid::{PIXEL_UNITS, TileId, to_wgs84};
use super::{POINTS_ALONE_FROM_Z, TileLayer};
use crate::domain::{GeometryKind, Layer};

/// The most a tile weighs as GeoJSON, bytes, before compression.
pub const GEOJSON_BUDGET: usize = 500_000;
/// The most it weighs as MVT, bytes, after gzip.
pub const MVT_GZIP_BUDGET: usize = 200_000;

/// What gzip adds to bytes that it cannot pack, for as many as a tile may have: a header, a checksum, and 5 bytes for each block.
pub(super) const GZIP_FRAME: usize = 128;

/// What weighs more than this by [`Weight`], an upper bound, is not looked at more closely.
pub(super) const TOO_HEAVY: usize = GEOJSON_BUDGET * 5 / 4;
/// The braces and words around a feature of GeoJSON.
pub(super) const FEATURE_BYTES: usize = 115;

/// Below this zoom lines of one name and kind are joined.
const LINES_ALONE_FROM_Z: u8 = 14;
/// A tile has 2^3 cells on a side where it is not said otherwise.
const CELL_BITS: u8 = 3;
/// How many kinds a cell names when room is scarce.
const FEW_KINDS: usize = 8;

/// How far a layer of a tile is aggregated; 0 is the usual. From 1 on only the fields that maps draw by are kept; at 2 and 3 larger features are merged and counted; from 4 on all of them, and areas are painted on
/// squares of half a pixel; from 5 on the squares are so large that borders may be off by more than a pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level(u8);

impl Level {
    const PAINTED: u8 = 4;
    const LAST: u8 = 7;

    /// What to try after the tile came to so many bytes; `None` after the last. Each try costs as much as the tile: fewer
    /// fields and corners seldom save more than a tenth, and a coverage is not much lighter for being merged, before it is
    /// painted.
    pub(super) fn next(self, layer: Layer, geojson: usize) -> Option<Self> {
        let to = match self.0 {
            0 if geojson <= GEOJSON_BUDGET * 23 / 20 => 1,
            0..Self::PAINTED if is_coverage(layer) => Self::PAINTED,
            0 => 2,
            level => level + 1,
        };
        (self.0 < Self::LAST).then_some(Self(to))
    }

    /// Whether nothing is off by more than a pixel.
    pub(super) fn is_exact(self) -> bool {
        self.0 <= Self::PAINTED
    }

    /// Up to which level every tile shows the same features by themselves.
    pub(super) fn merges_more(self) -> bool {
        self.0 > 1
    }

    /// Whether it draws what the usual level draws.
    pub(super) fn says_less_only(self) -> bool {
        self.0 == 1
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
        z >= POINTS_ALONE_FROM_Z && !self.merges_more()
    }

    pub(super) fn joins_lines(self, layer: Layer, z: u8) -> bool {
        layer.geometry() == GeometryKind::Line && (z < LINES_ALONE_FROM_Z || self.merges_more())
    }

    /// What corners are rounded to at least, and how far off the line between their neighbours those lie that go; tile units.
    /// The same for what is drawn and what is merged, or the two would part. What is nobody's neighbour is drawn once: a coarser
    /// level leaves out what is small.
    pub(super) fn detail(self, layer: Layer) -> Detail {
        let (step_units, flat_units) = match self.0 {
            _ if !is_coverage(layer) => return Detail::USUAL,
            0 | 1 => return Detail::USUAL,
            2 | 3 => (1, 2.0),
            4 => (4, 3.0),
            5 => (8, 5.0),
            6 => (32, 20.0),
            _ => (128, 80.0),
        };
        Detail { step_units, flat_units }
    }

    /// The side of the squares that areas are painted on where none is drawn by itself; tile units.
    pub(super) fn square_units(self) -> Option<i32> {
        match self.0 {
            ..Self::PAINTED => None,
            Self::PAINTED => Some(PIXEL_UNITS / 2),
            5 => Some(PIXEL_UNITS),
            6 => Some(4 * PIXEL_UNITS),
            _ => Some(16 * PIXEL_UNITS),
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
        if self.0 < Self::PAINTED { usize::MAX } else { FEW_KINDS }
    }
}

/// As ids say it: nothing for the usual.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, "+{}", self.0) }
    }
}

/// The layers whose areas are painted by their kind: areas of different kinds are not merged into one.
pub(super) fn is_painted_by_kind(layer: Layer) -> bool {
    matches!(layer, Layer::Divisions | Layer::Zoning)
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

/// What a position of a tile weighs in GeoJSON at most, unless its path is tight: with brackets, comma, points.
pub(super) fn position_bytes(tile: TileId) -> usize {
    let extent = tile.extent_mercator().grown(tile.extent_mercator().width() / 8.0);
    let [west, south] = to_wgs84(extent.min);
    let [east, north] = to_wgs84(extent.max);
    let digits = |a: f64, b: f64| [a, b].into_iter().map(whole_digits).max().unwrap_or(0);
    digits(west, east) + digits(south, north) + 2 * decimals(tile.z()) as usize + 6
}

impl Weight {
    pub(super) fn of(content: &Content<'_>) -> Self {
        // The rings of a polygon come with brackets of their own and their first corner twice.
        let position = position_bytes(content.tile);
        let name = content.layer.to_string().len();
        let mut weight = Self { geojson: 0, mvt: 2 * name + 200 };
        if content.given_up {
            return Self { geojson: TOO_HEAVY + 1, ..weight };
        }
        let mut id = Vec::new();
        for feature in &content.features {
            let (mut points, mut paths, mut tight_points) = (1, 1, 0);
            if let Drawn::Paths { first, end, kind } = feature.drawn {
                paths = end - first;
                points = content.paths.points_in(first, end) + if kind == PathKind::Polygons { paths } else { 0 };
                tight_points = content.paths.tight_points_in(first, end);
            }
            let id = match &feature.source {
                Source::Feature(_) | Source::Label { .. } => 10,
                Source::Cluster { .. } | Source::Joined { .. } => {
                    id.clear();
                    content.write_id(feature, &mut id);
                    id.len()
                }
            };
            weight.geojson += FEATURE_BYTES + id + name + points * position + 2 * MORE_DECIMALS as usize * tight_points + 4 * paths;
            weight.mvt += 40 + id + points * 4 + 6 * paths;
            properties(content, feature, |name, value| {
                let (json, mvt) = match value {
                    Property::Text(text) => (json_len(text), text.len() + 4),
                    Property::Int(value) => (int_len(value), 12),
                    Property::Number(_) => (24, 12),
                    Property::Date(_) => (12, 16),
                    Property::Bool(_) => (5, 4),
                    Property::Kinds(kinds) => {
                        let length = kinds.iter().map(|(kind, _)| json_len(kind) + 22).sum::<usize>() + 2;
                        (length, length + 4)
                    }
                    Property::Extent(_) => (56, 64),
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

fn int_len(value: i64) -> usize {
    usize::from(value < 0) + value.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1
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
    /// 1: fewer fields. 2 and 3: larger features are merged and counted too. 4 to 7: all are, ever coarser; up to
    /// 4 no border is off by more than a pixel.
    pub level: u8,
}
