//! Shapes as they are drawn where a tile shows all of them: generalised once for each zoom, kept with the frozen part of a layer.
//!
//! What becomes of a shape that no edge of a tile cuts is the same in every tile but for where it lies. So a tile copies most
//! of what it shows from rows of small numbers, in the order of the curve, and reads neither features nor geometries.

use super::draw::{Outcome, PathKind, Pen};
use super::generalise::{Detail, ZoomGrid};
use super::grid::TILE_UNITS;
use super::paths::{Kind, Paths};
use crate::domain::Extent;
use crate::spatial::{Feature, Found, LayerIndex, SLOTS, Shape, grid_position};

/// Shapes are kept below this zoom; from there on a tile shows few of them.
const KEPT_BELOW_Z: u8 = 16;
/// Where runs of squares are kept, the other half is for shapes.
const FIRST_SLOT: usize = SLOTS / 2;

/// The shapes of a block of features at a zoom.
#[derive(Debug)]
pub(super) struct BlockShapes {
    features: Vec<KeptShape>,
    /// Where each path ends in `points`, and what it is.
    paths: Vec<(u32, Kind)>,
    points: Vec<[u16; 2]>,
}

#[derive(Clone, Copy, Debug)]
enum KeptShape {
    /// Too wide for any tile, or not drawn by a pen.
    None,
    Collapsed,
    /// Paths from `first` to before `end`; points are counted from `origin`, a position on the grid of the zoom.
    /// `start`: where the first line begins, on the world grid.
    Drawn {
        origin: [i64; 2],
        first: u32,
        end: u32,
        kind: PathKind,
        start: Option<[u32; 2]>,
    },
}

/// Where the shapes of a zoom are kept when they are drawn so closely, if they are.
pub(super) fn slot(z: u8, detail: Detail) -> Option<usize> {
    (z < KEPT_BELOW_Z && detail == Detail::USUAL).then(|| FIRST_SLOT + usize::from(z))
}

/// Draws a found feature, of which all lies in the tile that begins at `origin`, if it is known how.
pub(super) fn copy(index: &LayerIndex, found: &Found<'_>, z: u8, slot: usize, origin: [i64; 2], paths: &mut Paths) -> Option<Outcome> {
    let (block, place) = index.derived(found, slot, |features| BlockShapes::made(z, features))?;
    match *block.features.get(place)? {
        KeptShape::None => None,
        KeptShape::Collapsed => Some(Outcome::Collapsed),
        KeptShape::Drawn { origin: from, first, end, kind, .. } => {
            let moved = [0, 1].map(|axis| (from[axis] - origin[axis]) as i32);
            let start = paths.count();
            let (first, end) = (first as usize, end as usize);
            let mut at = first.checked_sub(1).map_or(0, |before| block.paths[before].0 as usize);
            for (to, kind) in &block.paths[first..end] {
                let to = *to as usize;
                paths.push_as(*kind, block.points[at..to].iter().map(|p| [moved[0] + i32::from(p[0]), moved[1] + i32::from(p[1])]));
                at = to;
            }
            Some(Outcome::Drawn { first: start, end: paths.count(), kind })
        }
    }
}

/// Where a found line begins, if that is kept.
pub(super) fn start(index: &LayerIndex, found: &Found<'_>, z: u8, slot: usize) -> Option<[u32; 2]> {
    let (block, place) = index.derived(found, slot, |features| BlockShapes::made(z, features))?;
    match block.features.get(place)? {
        KeptShape::Drawn { start, .. } => *start,
        KeptShape::None | KeptShape::Collapsed => None,
    }
}

impl BlockShapes {
    fn made(z: u8, features: &mut dyn Iterator<Item = &Feature>) -> (Self, usize) {
        let grid = ZoomGrid::new(z, Detail::USUAL);
        let everywhere = Extent { min: [f64::NEG_INFINITY; 2], max: [f64::INFINITY; 2] };
        let mut pen = Pen::everywhere(z, Detail::USUAL);
        let (mut drawn, mut made) = (Paths::default(), Self { features: Vec::new(), paths: Vec::new(), points: Vec::new() });
        for feature in features {
            let shape = match (&feature.mercator, feature.mercator.extent()) {
                (Shape::Geometry(geometry), Some(extent))
                    if extent.width().max(extent.height()) < 2.0 * f64::from(TILE_UNITS) * grid.unit_m() =>
                {
                    let origin = grid.position(&geo_types::Coord { x: extent.min[0], y: extent.max[1] });
                    pen.begin_at(origin);
                    drawn.truncate(0);
                    match pen.draw(geometry, &everywhere, true, &mut drawn) {
                        Outcome::Collapsed => KeptShape::Collapsed,
                        Outcome::Drawn { kind, .. } if kind != PathKind::Points => {
                            let start = pen.line_start(geometry).map(grid_position);
                            made.keep(origin, kind, start, &drawn)
                        }
                        Outcome::Drawn { .. } | Outcome::Elsewhere => KeptShape::None,
                    }
                }
                _ => KeptShape::None,
            };
            made.features.push(shape);
        }
        made.paths.shrink_to_fit();
        made.points.shrink_to_fit();
        let bytes = size_of_val(&*made.features) + size_of_val(&*made.paths) + size_of_val(&*made.points);
        (made, bytes)
    }

    fn keep(&mut self, origin: [i64; 2], kind: PathKind, start: Option<[u32; 2]>, drawn: &Paths) -> KeptShape {
        let first = self.paths.len();
        let before = self.points.len();
        for path in 0..drawn.count() {
            for point in drawn.points(path) {
                let (Ok(x), Ok(y)) = (u16::try_from(point[0]), u16::try_from(point[1])) else {
                    self.paths.truncate(first);
                    self.points.truncate(before);
                    return KeptShape::None;
                };
                self.points.push([x, y]);
            }
            self.paths.push((self.points.len() as u32, drawn.kind(path)));
        }
        KeptShape::Drawn { origin, first: first as u32, end: self.paths.len() as u32, kind, start }
    }
}
