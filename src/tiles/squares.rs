//! Areas as runs of squares. The squares are those of the world at a zoom, so an area comes to the same runs in whatever tile.
//!
//! The runs of what stands in the frozen part of a layer are kept with it: painting a tile then reads neither a corner nor a
//! feature.

use geo_types::{Geometry, LineString};

use super::budget::Level;
use super::draw::each_polygon;
use super::grid::TILE_UNITS;
use super::kept::KEPT_BELOW_Z;
use crate::domain::Extent;
use crate::spatial::{Feature, Found, LayerIndex, MERCATOR_HALF_M, Shape};

/// An area of more rows or columns than this is looked at anew each time, where the tile is.
const MOST_KEPT: i64 = 4096;

/// From mercator metres to the squares of the world at a zoom, columns from the west and rows from the north.
#[derive(Clone, Copy, Debug)]
pub(super) struct Squares {
    per_m: f64,
    middle: f64,
}

/// Squares of a row: the first, and the one behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) row: i64,
    pub(super) from: i64,
    pub(super) to: i64,
}

/// Columns and rows, the ends not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) min: [i64; 2],
    pub(super) max: [i64; 2],
}

/// The runs of a block of features.
#[derive(Debug)]
struct BlockRuns {
    features: Vec<Option<Outline>>,
    runs: Vec<[u16; 3]>,
}

#[derive(Clone, Copy, Debug)]
struct Outline {
    /// What row and columns are counted from.
    origin: [i64; 2],
    first: u32,
    end: u32,
}

/// The runs of one area.
#[derive(Debug)]
pub(super) enum Runs<'a> {
    Kept { origin: [i64; 2], runs: &'a [[u16; 3]] },
    Made(Vec<Run>),
}

impl Runs<'_> {
    pub(super) fn each(&self, mut visit: impl FnMut(Run)) {
        match self {
            Runs::Kept { origin: [column, row], runs } => runs.iter().for_each(|[down, from, to]| {
                visit(Run { row: row + i64::from(*down), from: column + i64::from(*from), to: column + i64::from(*to) });
            }),
            Runs::Made(runs) => runs.iter().copied().for_each(visit),
        }
    }
}

impl Squares {
    pub(super) fn new(z: u8, side_units: i32) -> Self {
        let world = (i64::from(TILE_UNITS) << z) / i64::from(side_units);
        Self { per_m: world as f64 / 2.0 / MERCATOR_HALF_M, middle: world as f64 / 2.0 }
    }

    /// Squares whose middles can lie in a mercator box.
    pub(super) fn within(&self, extent: &Extent) -> Span {
        let corner = |[x, y]: [f64; 2]| self.position(x, y).map(first_middle);
        Span { min: corner([extent.min[0], extent.max[1]]), max: corner([extent.max[0], extent.min[1]]) }
    }

    fn position(&self, x: f64, y: f64) -> [f64; 2] {
        [self.middle + x * self.per_m, self.middle - y * self.per_m]
    }

    /// What of a found feature lies in these rows at least; `slot` is where such runs are kept at this zoom, if they are.
    pub(super) fn runs<'a>(&self, index: &'a LayerIndex, found: &Found<'a>, within: &Span, slot: Option<usize>) -> Runs<'a> {
        let kept = slot.and_then(|slot| index.derived(found, slot, |block| self.block(block)));
        if let Some((BlockRuns { features, runs }, place)) = kept
            && let Some(Some(Outline { origin, first, end })) = features.get(place)
        {
            return Runs::Kept { origin: *origin, runs: &runs[*first as usize..*end as usize] };
        }
        let mut made = Vec::new();
        if let Shape::Geometry(geometry) = &found.feature.mercator {
            self.outline(geometry, within.min[1]..within.max[1], &mut made);
        }
        Runs::Made(made)
    }

    fn block(&self, features: &mut dyn Iterator<Item = &Feature>) -> (BlockRuns, usize) {
        let (mut runs, mut one) = (Vec::new(), Vec::new());
        let outline = |feature: &Feature| {
            let Shape::Geometry(geometry) = &feature.mercator else { return None };
            let Span { min, max } = self.within(&feature.mercator.extent()?);
            if (0..2).any(|axis| max[axis] - min[axis] > MOST_KEPT) {
                return None;
            }
            one.clear();
            self.outline(geometry, min[1]..max[1], &mut one);
            let first = runs.len() as u32;
            runs.extend(one.iter().map(|Run { row, from, to }| [row - min[1], from - min[0], to - min[0]].map(|c| c as u16)));
            Some(Outline { origin: min, first, end: runs.len() as u32 })
        };
        let features: Vec<Option<Outline>> = features.map(outline).collect();
        runs.shrink_to_fit();
        let bytes = size_of_val(&*features) + size_of_val(&*runs);
        (BlockRuns { features, runs }, bytes)
    }

    /// A square is inside whose middle is: between an odd and an even crossing of its row.
    fn outline(&self, geometry: &Geometry<f64>, rows: std::ops::Range<i64>, out: &mut Vec<Run>) {
        let mut crossings: Vec<[i64; 2]> = Vec::new();
        each_polygon(geometry, &mut |polygon| {
            crossings.clear();
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                self.crossings(ring, &rows, &mut crossings);
            }
            crossings.sort_unstable();
            let runs = crossings.chunks_exact(2).map(|pair| Run { row: pair[0][0], from: pair[0][1], to: pair[1][1] });
            out.extend(runs.filter(|run| run.from < run.to));
        });
    }

    /// Where a ring crosses the middles of rows: row and first column behind it.
    fn crossings(&self, ring: &LineString<f64>, rows: &std::ops::Range<i64>, out: &mut Vec<[i64; 2]>) {
        let mut corners = ring.0.iter().map(|coord| self.position(coord.x, coord.y));
        let Some(mut before) = corners.next() else { return };
        let mut row_before = first_middle(before[1]);
        for corner in corners {
            let row = first_middle(corner[1]);
            if row != row_before {
                // From the north to the south, so that both who share an edge come to the same.
                let (a, b) = if before[1] < corner[1] { (before, corner) } else { (corner, before) };
                let slope = (b[0] - a[0]) / (b[1] - a[1]);
                let (west, east) = (a[0].min(b[0]), a[0].max(b[0]));
                for row in row.min(row_before).max(rows.start)..row.max(row_before).min(rows.end) {
                    // An edge that hardly falls has a slope that no place can be told by: it is crossed between its ends all the same.
                    let x = (a[0] + (row as f64 + 0.5 - a[1]) * slope).clamp(west, east);
                    out.push([row, first_middle(x)]);
                }
            }
            (before, row_before) = (corner, row);
        }
    }
}

/// Where runs of a zoom are kept: those of the first level that is painted. Coarser ones are seldom asked for.
pub(super) fn slot(z: u8, level: Level) -> Option<usize> {
    (z < KEPT_BELOW_Z && level.is_exact()).then_some(usize::from(z))
}

/// The first square whose middle lies behind a place.
fn first_middle(place: f64) -> i64 {
    // Truncation rounds down what is not negative; what lies farther out of the world than that is on no map.
    const BEFORE: i64 = 1 << 20;
    ((place + 0.5 + BEFORE as f64) as i64).saturating_sub(BEFORE)
}

impl Span {
    pub(super) fn is_empty(&self) -> bool {
        (0..2).any(|axis| self.min[axis] >= self.max[axis])
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self { min: [0, 1].map(|axis| self.min[axis].min(other.min[axis])), max: [0, 1].map(|axis| self.max[axis].max(other.max[axis])) }
    }

    pub(super) fn cut(self, other: Self) -> Self {
        Self { min: [0, 1].map(|axis| self.min[axis].max(other.min[axis])), max: [0, 1].map(|axis| self.max[axis].min(other.max[axis])) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::BoundingRect;
    use geo_types::{Coord, Polygon};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_edge_that_hardly_falls_is_crossed_between_its_ends(column in 1000i64..(1 << 24), row in 1000i64..(1 << 24), long in 1i64..3000, falls in -9.0..9.0f64, deep in 1i64..9) {
            // From a hair above the middle of a row to a hair below it.
            let squares = Squares::new(15, 4);
            let at = |x: f64, y: f64| Coord { x: (x - squares.middle) / squares.per_m, y: (squares.middle - y) / squares.per_m };
            let (west, east, middle) = (column as f64 + 0.3, (column + long) as f64 + 0.8, row as f64 + 0.5);
            let corners = vec![at(west, middle - falls * 1e-9), at(east, middle + falls * 1e-9), at(east, middle + deep as f64), at(west, middle + deep as f64)];
            let area = Geometry::Polygon(Polygon::new(LineString(corners), vec![]));
            let bounds = area.bounding_rect().unwrap();
            let span = squares.within(&Extent { min: [bounds.min().x, bounds.min().y], max: [bounds.max().x, bounds.max().y] });
            let mut runs = Vec::new();
            squares.outline(&area, span.min[1]..span.max[1], &mut runs);
            prop_assert!(runs.len() as i64 >= deep - 1);
            for run in runs {
                prop_assert!(span.min[0] <= run.from && run.to <= span.max[0] && (span.min[1]..span.max[1]).contains(&run.row), "{:?} is not in {:?}", run, span);
            }
        }
    }
}
