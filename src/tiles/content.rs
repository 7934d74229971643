//! What a tile holds of one layer: which features are drawn, and which are counted.

use super::budget::Level;
use super::draw::PathKind;
use super::fields::Shown;
use super::generalise::Detail;
use super::grid::{BUFFER_UNITS, PIXEL_UNITS, TILE_UNITS, TileId, unit_m};
use super::join::Joined;
use super::paths::Paths;
use super::{TileLayer, features, labels};
use crate::domain::{FeatureId, Layer};
use crate::spatial::{Cell, CellQuery, Cells, Feature, Found, LayerIndex, MERCATOR_HALF_M, Shape, Snapshot};

/// One layer of one tile.
#[derive(Debug)]
pub(super) struct Content<'a> {
    pub(super) tile: TileId,
    pub(super) layer: TileLayer,
    pub(super) level: Level,
    pub(super) shown: Shown,
    pub(super) paths: Paths,
    pub(super) features: Vec<TileFeature<'a>>,
    /// It is not whole: it was given up when it was certain to be too heavy.
    pub(super) given_up: bool,
    /// What a coarser level needs besides, so that nothing is drawn twice.
    pub(super) kept: Kept<'a>,
}

/// What of a layer was looked at but is not in the content.
#[derive(Debug, Default)]
pub(super) enum Kept<'a> {
    #[default]
    Nothing,
    /// Shapes large enough to be drawn of which nothing is left at this zoom.
    Collapsed(Vec<Found<'a>>),
    /// All lines, joined but not yet simplified.
    Joined(Joined<'a>),
}

/// A feature of a tile and where it lies in it.
#[derive(Debug)]
pub(super) struct TileFeature<'a> {
    pub(super) source: Source<'a>,
    pub(super) drawn: Drawn,
    /// The longer side of its box where it is drawn as a shape; web mercator metres.
    pub(super) longer_side_m: f64,
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
    /// Several features, or one too small to be drawn; `kind` when all that is drawn is of one. Where only parts of features
    /// are seen that another tile counts, it counts none.
    Cluster {
        cell: Cell<'a>,
        kind: Option<&'a str>,
    },
    /// Lines of one name and kind; `of` is one of them.
    Joined {
        of: &'a Feature,
        id: FeatureId,
        counted: Cell<'a>,
    },
}

/// Where a feature lies in the tile.
#[derive(Debug)]
pub(super) enum Drawn {
    /// One point: exactly, in web mercator.
    Point([f64; 2]),
    /// Paths of the content from `first` to before `end`.
    Paths { first: usize, end: usize, kind: PathKind },
}

pub(super) fn assemble<'a>(snapshot: &'a Snapshot, tile: TileId, layer: TileLayer, level: Level) -> Content<'a> {
    let index = snapshot.layer(layer.layer());
    let mut content = Content::new(tile, layer, level);
    match layer {
        TileLayer::Features(_) => features::features(index, &mut content),
        TileLayer::Labels(_) => labels::labels(index, &mut content),
    }
    content
}

/// What [`assemble`] gives at a coarser level, from what was drawn before where that says it all.
pub(super) fn coarser<'a>(snapshot: &'a Snapshot, finer: Content<'a>, level: Level) -> Content<'a> {
    let (tile, layer) = (finer.tile, finer.layer);
    if level.says_less_only() && !finer.given_up {
        return Content { level, shown: Shown::new(layer, tile.z(), level), ..finer };
    }
    match features::coarser(snapshot.layer(layer.layer()), finer, level) {
        Some(content) => content,
        None => assemble(snapshot, tile, layer, level),
    }
}

/// The cells of a tile with what is always counted: what is shorter than `smaller_than_m`, and points where they do not stand
/// alone.
pub(super) fn counted<'a>(index: &'a LayerIndex, content: &Content<'_>, smaller_than_m: f64) -> Cells<'a> {
    let (tile, level) = (content.tile, content.level);
    index.cells(&CellQuery {
        z: tile.z(),
        tile: [tile.x(), tile.y()],
        cell_bits: level.cell_bits(tile.z()),
        smaller_than_m,
        points: !level.points_alone(tile.z()),
    })
}

/// A pixel, web mercator metres.
pub(super) fn pixel_m(z: u8) -> f64 {
    f64::from(PIXEL_UNITS) * unit_m(z)
}

/// The one point a cell holds, where that is all it holds: it is drawn as itself.
pub(super) fn lone_point<'a>(cell: &Cell<'a>) -> Option<(&'a Feature, [f64; 2])> {
    match cell.only {
        Some(feature @ Feature { mercator: Shape::Point(point), .. }) => Some((feature, *point)),
        _ => None,
    }
}

/// The points of a tile where all stand alone.
pub(super) fn points_alone<'a>(index: &'a LayerIndex, content: &Content<'_>) -> impl Iterator<Item = (&'a Feature, [f64; 2])> + use<'a> {
    let tile = content.tile;
    let alone = content.level.points_alone(tile.z());
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

impl<'a> TileFeature<'a> {
    /// One that is no shape of a single feature.
    pub(super) fn new(source: Source<'a>, drawn: Drawn) -> Self {
        Self { source, drawn, longer_side_m: 0.0 }
    }
}

impl Content<'_> {
    pub(super) fn new(tile: TileId, layer: TileLayer, level: Level) -> Self {
        Self {
            tile,
            layer,
            level,
            shown: Shown::new(layer, tile.z(), level),
            paths: Paths::default(),
            features: Vec::new(),
            given_up: false,
            kept: Kept::Nothing,
        }
    }

    pub(super) fn detail(&self) -> Detail {
        self.level.detail(self.layer.layer())
    }

    /// What is drawn by itself is at least this long on its longer side, web mercator metres.
    pub(super) fn smallest_m(&self) -> f64 {
        self.level.smallest_px(self.layer.layer()) * pixel_m(self.tile.z())
    }

    /// The id that a client sees, written into `out`.
    pub(super) fn write_id(&self, feature: &TileFeature<'_>, out: &mut Vec<u8>) {
        use std::io::Write;
        // Writing to a vector cannot fail.
        let _ = match &feature.source {
            Source::Feature(feature) | Source::Label { of: feature, .. } => {
                out.extend_from_slice(&feature.id.letters());
                Ok(())
            }
            // Cells of another level than the usual one are others: they say which.
            Source::Cluster { cell, kind } => {
                let bits = self.level.cell_bits(self.tile.z());
                let [column, row] = [(self.tile.x(), cell.place[0]), (self.tile.y(), cell.place[1])].map(|(tile, at)| (tile << bits) + at);
                let _ = write!(out, "cluster:{}:{}{}/{column}/{row}", self.layer, self.tile.z(), self.level);
                // Kinds may hold any letters; an id does not.
                kind.map_or(Ok(()), |kind| write!(out, "/{}", FeatureId::derive(self.layer.layer().id(), "kind", kind)))
            }
            Source::Joined { id, .. } => {
                let tile = self.tile;
                write!(out, "cluster:{}:{}{}/{}/{}/{id}", self.layer, tile.z(), self.level, tile.x(), tile.y())
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
