//! Tiles as MapLibre Tiles, version 1 (<https://maplibre.org/maplibre-tile-spec/>), by the encoder of that project: the same features,
//! properties and whole coordinates as in a Mapbox Vector Tile, in columns.

use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use mlt_core::encoder::EncoderConfig;
use mlt_core::{MltError, PropKind, PropValue, TileLayer as Table};

use super::content::{Content, Drawn, Source, TileFeature};
use super::draw::PathKind;
use super::fields::{Property, properties};
use super::geojson::{write_extent, write_kinds};
use super::grid::TILE_UNITS;
use super::paths::Role;

/// A tile that the encoder refused.
#[derive(Debug, thiserror::Error)]
#[error("the layer {layer} cannot be encoded as a MapLibre Tile")]
pub struct Unencodable {
    layer: String,
    #[source]
    source: MltError,
}

/// Columns of a layer, in order of first use.
#[derive(Default)]
struct Columns(Vec<(&'static str, PropKind)>);

impl Columns {
    fn at(&mut self, name: &'static str, kind: PropKind) -> usize {
        self.0.iter().position(|known| *known == (name, kind)).unwrap_or_else(|| {
            self.0.push((name, kind));
            self.0.len() - 1
        })
    }
}

/// Appends a layer to a tile; nothing when there is nothing in it.
pub(super) fn layer(out: &mut Vec<u8>, content: &Content<'_>) -> Result<(), Unencodable> {
    if content.features.is_empty() {
        return Ok(());
    }
    let name = content.layer.to_string();
    let bytes = encoded(&name, content).map_err(|source| Unencodable { layer: name, source })?;
    out.extend_from_slice(&bytes);
    Ok(())
}

fn encoded(name: &str, content: &Content<'_>) -> Result<Vec<u8>, MltError> {
    // All features have all columns of their layer: which those are is known when all were seen.
    let mut columns = Columns::default();
    let mut rows = Vec::with_capacity(content.features.len());
    for feature in &content.features {
        let mut id = Vec::new();
        content.write_id(feature, &mut id);
        let mut values = vec![(columns.at("id", PropKind::Str), text(id)), (columns.at("layer", PropKind::Str), text(name.into()))];
        properties(content, feature, |name, value| {
            let value = owned(&value);
            values.push((columns.at(name, PropKind::from(&value)), value));
        });
        rows.push((feature, values));
    }
    let mut table = Table::builder(name, TILE_UNITS as u32)?;
    let keys = columns.0.iter().map(|(name, kind)| table.add_property(*name, *kind)).collect::<Result<Vec<_>, _>>()?;
    for (feature, values) in rows {
        let mut row = table.feature(geometry(content, feature));
        row.id(match &feature.source {
            Source::Feature(feature) | Source::Label { of: feature, .. } => Some(feature.id.number()),
            Source::Cluster { .. } | Source::Joined { .. } => None,
        });
        for (at, value) in values {
            row.property(keys[at], value)?;
        }
        row.finish()?;
    }
    table.finish().encode(config())
}

/// In the order of drawing, and so that the same tile is the same bytes: no sorting, no columns grouped by likeness.
fn config() -> EncoderConfig {
    EncoderConfig::default().with_id_sort(false).with_spatial_morton_sort(false).with_spatial_hilbert_sort(false).with_shared_dict(false)
}

fn text(bytes: Vec<u8>) -> PropValue {
    PropValue::Str(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn owned(value: &Property<'_>) -> PropValue {
    match value {
        Property::Text(value) => PropValue::Str(Some((*value).to_owned())),
        Property::Int(value) => PropValue::I64(Some(*value)),
        Property::Number(value) => PropValue::F64(Some(*value)),
        Property::Bool(value) => PropValue::Bool(Some(*value)),
        Property::Date(date) => PropValue::Str(Some(date.to_string())),
        Property::Kinds(kinds) => {
            let mut out = Vec::new();
            write_kinds(&mut out, kinds);
            text(out)
        }
        Property::Extent(extent) => {
            let mut out = Vec::new();
            write_extent(&mut out, extent);
            text(out)
        }
    }
}

fn geometry(content: &Content<'_>, feature: &TileFeature<'_>) -> Geometry<i32> {
    let coord = |[x, y]: [i32; 2]| Coord { x, y };
    let (first, end, kind) = match feature.drawn {
        Drawn::Point(point) => return Geometry::Point(Point(coord(content.units(point)))),
        Drawn::Paths { first, end, kind, .. } => (first, end, kind),
    };
    let paths = &content.paths;
    let line = |path: usize| LineString(paths.points(path).iter().copied().map(coord).collect());
    match kind {
        PathKind::Points => {
            let mut points: Vec<Point<i32>> = (first..end).map(|path| Point(coord(paths.points(path)[0]))).collect();
            if points.len() == 1 { Geometry::Point(points.remove(0)) } else { Geometry::MultiPoint(MultiPoint(points)) }
        }
        PathKind::Lines => {
            let mut lines: Vec<LineString<i32>> = (first..end).map(line).collect();
            if lines.len() == 1 { Geometry::LineString(lines.remove(0)) } else { Geometry::MultiLineString(MultiLineString(lines)) }
        }
        PathKind::Polygons => {
            let mut polygons: Vec<Polygon<i32>> = Vec::new();
            for path in first..end {
                match (paths.role(path), polygons.last_mut()) {
                    (Role::Hole, Some(polygon)) => polygon.interiors_push(line(path)),
                    _ => polygons.push(Polygon::new(line(path), Vec::new())),
                }
            }
            if polygons.len() == 1 { Geometry::Polygon(polygons.remove(0)) } else { Geometry::MultiPolygon(MultiPolygon(polygons)) }
        }
    }
}
