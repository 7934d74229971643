//! Shapes as they are drawn before a tile cuts them: generalised once for each zoom, kept with the frozen part of a layer.
//!
//! What becomes of a shape before a tile cuts it is the same in every tile but for where it lies. So a tile copies most of what
//! it shows from rows of small numbers, in the order of the curve, and reads neither features nor geometries.

use super::draw::{Outcome, PathKind, Pen};
use super::generalise::{Detail, ZoomGrid};
use super::grid::{TILE_UNITS, unit_m};
use super::paths::{Kind, Paths};
use crate::domain::Extent;
use crate::spatial::{Feature, Found, LayerIndex, SLOTS, Shape, grid_position};

/// Shapes and the squares they cover are kept below this zoom; from there on a tile shows few of them.
pub(super) const KEPT_BELOW_Z: u8 = 16;
/// What reaches over more tiles than this is not kept: its corners would not fit, and each tile shows little of it.
const MOST_TILES: f64 = 8.0;
/// The slots before are those of the runs of squares, one for each zoom too.
const FIRST_SLOT: usize = KEPT_BELOW_Z as usize;
const _: () = assert!(2 * FIRST_SLOT <= SLOTS);

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

/// What is kept of a feature, or was made for one of which nothing is.
pub(super) struct Whole<'a> {
    shapes: Shapes<'a>,
    place: usize,
}

enum Shapes<'a> {
    Kept(&'a BlockShapes),
    Made(Box<BlockShapes>),
}

/// Where the shapes of a zoom are kept when they are drawn so closely, if they are.
pub(super) fn slot(z: u8, detail: Detail) -> Option<usize> {
    (z < KEPT_BELOW_Z && detail == Detail::USUAL).then(|| FIRST_SLOT + usize::from(z))
}

/// The whole shape of a found feature, unless it is too wide for that.
pub(super) fn whole<'a>(index: &'a LayerIndex, found: &Found<'a>, z: u8, slot: usize) -> Option<Whole<'a>> {
    if !is_kept(&found.extent, z) {
        return None;
    }
    let kept = index.derived(found, slot, |features| BlockShapes::made(z, features));
    Some(match kept {
        Some((block, place)) => Whole { shapes: Shapes::Kept(block), place },
        // One that changed: the same way, so that it comes to the same.
        None => Whole { shapes: Shapes::Made(Box::new(BlockShapes::made(z, &mut std::iter::once(found.feature)).0)), place: 0 },
    })
}

fn is_kept(extent: &Extent, z: u8) -> bool {
    extent.width().max(extent.height()) < MOST_TILES * f64::from(TILE_UNITS) * unit_m(z)
}

impl Whole<'_> {
    fn block(&self) -> &BlockShapes {
        match &self.shapes {
            Shapes::Kept(block) => block,
            Shapes::Made(block) => block,
        }
    }

    fn shape(&self) -> KeptShape {
        self.block().features.get(self.place).copied().unwrap_or(KeptShape::None)
    }

    /// Where its first line begins, on the world grid.
    pub(super) fn start(&self) -> Option<[u32; 2]> {
        match self.shape() {
            KeptShape::Drawn { start, .. } => start,
            KeptShape::None | KeptShape::Collapsed => None,
        }
    }

    /// Draws all of it, counted from a position on the grid of the zoom.
    pub(super) fn copy(&self, origin: [i64; 2], paths: &mut Paths) -> Option<Outcome> {
        let start = paths.count();
        self.each_path(|from, kind, points| {
            let moved = [0, 1].map(|axis| (from[axis] - origin[axis]) as i32);
            paths.push_as(kind, points.iter().map(|p| [moved[0] + i32::from(p[0]), moved[1] + i32::from(p[1])]));
        });
        match self.shape() {
            KeptShape::None => None,
            KeptShape::Collapsed => Some(Outcome::Collapsed),
            KeptShape::Drawn { kind, .. } => Some(Outcome::Drawn { first: start, end: paths.count(), kind }),
        }
    }

    /// What is drawn of it anywhere; `None` where a pen has to look.
    pub(super) fn outcome(&self) -> Option<Option<PathKind>> {
        match self.shape() {
            KeptShape::None => None,
            KeptShape::Collapsed => Some(None),
            KeptShape::Drawn { kind, .. } => Some(Some(kind)),
        }
    }

    /// Hands over the paths: the position on the grid that their points are counted from, what they are, and those.
    pub(super) fn each_path(&self, mut visit: impl FnMut([i64; 2], Kind, &[[u16; 2]])) {
        let KeptShape::Drawn { origin, first, end, .. } = self.shape() else { return };
        let block = self.block();
        let (first, end) = (first as usize, end as usize);
        let mut at = first.checked_sub(1).map_or(0, |before| block.paths[before].0 as usize);
        for (to, kind) in &block.paths[first..end] {
            let to = *to as usize;
            visit(origin, *kind, &block.points[at..to]);
            at = to;
        }
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
                (Shape::Geometry(geometry), Some(extent)) if is_kept(&extent, z) => {
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
