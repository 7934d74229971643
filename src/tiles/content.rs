//! What a tile holds of one layer: which features are drawn, and which are counted.

use super::draw::{Outcome, PathKind, Pen};
use super::grid::{BUFFER_UNITS, PIXEL_UNITS, TILE_UNITS, TileId, unit_m};
use super::paths::Paths;
use super::sound::Room;
use super::{POINTS_ALONE_FROM_Z, TileLayer, labels};
use crate::domain::Layer;
use crate::spatial::{Cell, CellQuery, Cells, Feature, LayerIndex, MERCATOR_HALF_M, Shape, Snapshot, anchor};

/// A tile has 2^3 cells on a side.
const CELL_BITS: u8 = 3;

/// One layer of one tile.
#[derive(Debug)]
pub(super) struct Content<'a> {
    pub(super) tile: TileId,
    pub(super) layer: TileLayer,
    pub(super) paths: Paths,
    pub(super) features: Vec<TileFeature<'a>>,
}

/// A feature of a tile and where it lies in it.
#[derive(Debug)]
pub(super) struct TileFeature<'a> {
    pub(super) source: Source<'a>,
    pub(super) drawn: Drawn,
}

/// What a tile's feature stands for.
#[derive(Debug)]
pub(super) enum Source<'a> {
    Feature(&'a Feature),
    /// Lower ranks are written first when there is no room for all.
    Label {
        of: &'a Feature,
        rank: u8,
    },
    /// Several features, or one too small to be drawn.
    Cluster(Cell<'a>),
}

/// Where a feature lies in the tile.
#[derive(Debug)]
pub(super) enum Drawn {
    /// One point: exactly, in web mercator.
    Point([f64; 2]),
    /// Paths of the content from `first` to before `end`.
    Paths { first: usize, end: usize, kind: PathKind, room: Room },
}

pub(super) fn assemble<'a>(snapshot: &'a Snapshot, tile: TileId, layer: TileLayer) -> Content<'a> {
    let index = snapshot.layer(layer.layer());
    let mut content = Content { tile, layer, paths: Paths::default(), features: Vec::new() };
    match layer {
        TileLayer::Features(_) => features(index, &mut content),
        TileLayer::Labels(_) => labels::labels(index, &mut content),
    }
    content
}

/// The cells of a tile with what is always counted: what is shorter than a pixel, and points where they do not stand alone.
pub(super) fn counted(index: &LayerIndex, tile: TileId) -> Cells<'_> {
    index.cells(&CellQuery {
        z: tile.z(),
        tile: [tile.x(), tile.y()],
        cell_bits: CELL_BITS,
        smaller_than_m: smallest_m(index.layer(), tile.z()),
        points: tile.z() < POINTS_ALONE_FROM_Z,
    })
}

/// A pixel, web mercator metres.
pub(super) fn pixel_m(z: u8) -> f64 {
    f64::from(PIXEL_UNITS) * unit_m(z)
}

/// What is drawn at a zoom is at least this long on its longer side, web mercator metres; what is shorter is counted. A mesh
/// of parcels or houses under three pixels says nothing but weighs megabytes; zones and roads still make the picture.
pub(super) fn smallest_m(layer: Layer, z: u8) -> f64 {
    let pixels = if matches!(layer, Layer::Parcels | Layer::Buildings) { 3.0 } else { 1.0 };
    pixels * pixel_m(z)
}

/// The one point a cell holds, where that is all it holds: it is drawn as itself.
pub(super) fn lone_point<'a>(cell: &Cell<'a>) -> Option<(&'a Feature, [f64; 2])> {
    match cell.only {
        Some(feature @ Feature { mercator: Shape::Point(point), .. }) => Some((feature, *point)),
        _ => None,
    }
}

/// The points of a tile at zooms where all stand alone.
pub(super) fn points_alone(index: &LayerIndex, tile: TileId) -> impl Iterator<Item = (&Feature, [f64; 2])> {
    let alone = tile.z() >= POINTS_ALONE_FROM_Z;
    let points = alone.then(|| index.points_in_tile(tile.z(), [tile.x(), tile.y()]));
    points.into_iter().flatten().filter_map(|feature| match feature.mercator {
        Shape::Point(point) => Some((feature, point)),
        _ => None,
    })
}

/// Whether a position of the world grid lies in the tile; each lies in one of a zoom.
pub(super) fn holds(tile: TileId, position: [u32; 2]) -> bool {
    position.map(|c| (u64::from(c) >> (32 - u32::from(tile.z()))) as u32) == [tile.x(), tile.y()]
}

fn features<'a>(index: &'a LayerIndex, content: &mut Content<'a>) {
    let tile = content.tile;
    let reach = tile.reach_mercator();
    let mut cells = counted(index, tile);
    let mut pen = Pen::new(tile, BUFFER_UNITS);
    let mut large: Vec<_> = index.window_mercator_sized(&reach, smallest_m(index.layer(), tile.z())).collect();
    large.sort_unstable_by_key(|(feature, _)| feature.id);
    for (feature, extent) in large {
        let Shape::Geometry(geometry) = &feature.mercator else { continue };
        let anchored = holds(tile, anchor(&extent));
        match pen.draw(geometry, &reach, anchored, &mut content.paths) {
            Outcome::Drawn { first, end, kind, room } => {
                let drawn = Drawn::Paths { first, end, kind, room };
                content.features.push(TileFeature { source: Source::Feature(feature), drawn });
            }
            Outcome::Collapsed => cells.add_feature(feature),
            Outcome::Elsewhere => {}
        }
    }
    let alone = points_alone(index, tile);
    content.features.extend(alone.map(|(feature, point)| TileFeature { source: Source::Feature(feature), drawn: Drawn::Point(point) }));
    for cell in cells.into_vec() {
        let (source, point) = match lone_point(&cell) {
            Some((feature, point)) => (Source::Feature(feature), point),
            None => {
                let point = mercator(cell.mean());
                (Source::Cluster(cell), point)
            }
        };
        content.features.push(TileFeature { source, drawn: Drawn::Point(point) });
    }
    content.features.sort_by_key(|feature| match &feature.source {
        Source::Feature(feature) | Source::Label { of: feature, .. } => (false, feature.id.as_bytes(), [0; 2]),
        Source::Cluster(cell) => (true, &[0; 10], [cell.place[1], cell.place[0]]),
    });
}

impl Content<'_> {
    /// The id that a client sees, written into `out`.
    pub(super) fn write_id(&self, feature: &TileFeature<'_>, out: &mut Vec<u8>) {
        use std::io::Write;
        // Writing to a vector cannot fail.
        let _ = match &feature.source {
            Source::Feature(feature) | Source::Label { of: feature, .. } => write!(out, "{}", feature.id),
            Source::Cluster(cell) => {
                let [column, row] =
                    [(self.tile.x(), cell.place[0]), (self.tile.y(), cell.place[1])].map(|(tile, at)| (tile << CELL_BITS) + at);
                write!(out, "cluster:{}:{}/{column}/{row}", self.layer, self.tile.z())
            }
        };
    }

    /// A point in tile units, x east, y south.
    pub(super) fn units(&self, [x, y]: [f64; 2]) -> [i32; 2] {
        let (extent, unit) = (self.tile.extent_mercator(), unit_m(self.tile.z()));
        [(x - extent.min[0]) / unit, (extent.max[1] - y) / unit].map(|c| (c.round() as i32).clamp(-BUFFER_UNITS, TILE_UNITS + BUFFER_UNITS))
    }
}

/// The middle of a square of the world grid in web mercator.
pub(super) fn mercator(position: [u32; 2]) -> [f64; 2] {
    let [x, y] = position.map(|c| (f64::from(c) + 0.5) / 2_147_483_648.0 - 1.0);
    [x * MERCATOR_HALF_M, -y * MERCATOR_HALF_M]
}

/// The field that says what a feature without a name is called on the map, such as a zone's land-use code.
pub(super) fn text_field(layer: Layer) -> Option<u8> {
    let name = match layer {
        Layer::Zoning => "land_use",
        Layer::Divisions | Layer::Parcels | Layer::ControlAreas | Layer::BoundaryLines => "code",
        Layer::Permits | Layer::PermitFootprints => "case_no",
        Layer::BoundaryMarkers | Layer::DoorPlates => "number",
        Layer::Roads | Layer::Buildings | Layer::PlaceNames => return None,
    };
    layer.field_index(name).map(|index| index as u8)
}
