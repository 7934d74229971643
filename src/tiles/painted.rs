//! Areas too many to be drawn one by one, painted on squares of half a pixel or more and outlined anew: what comes out is as
//! heavy as its outlines, however many corners went in.
//!
//! A square belongs to the area that its middle lies in; gaps of one square are closed. Outlines are cut into arcs where three
//! areas meet, and each arc is simplified once for both its sides, so a shared border stays shared. The squares are those of
//! the world, and arcs end at the edge of a tile, so tiles meet. Borders run half a square off at most, and then as far as
//! arcs are simplified. A group lies in one cell of a tile: what sticks out of a neighbouring tile belongs to the nearest
//! cell here. Where areas lie over each other, the last group shows.

use geo_types::{Coord, Geometry, LineString};

use super::canvas::Canvas;
use super::draw::each_polygon;
use super::generalise::ZoomGrid;
use super::grid::{BUFFER_UNITS, TILE_UNITS, TileId};
use super::paths::Paths;
use super::remainder::Remainder;
use super::rings;
use super::sound::{EdgeRoom, make_sound, push_rings};
use crate::domain::Extent;
use crate::spatial::MERCATOR_HALF_M;

/// The areas of one tile.
#[derive(Debug)]
pub(super) struct Painted<'a> {
    squares: Squares,
    members: Vec<Member<'a>>,
}

#[derive(Debug)]
struct Member<'a> {
    group: u32,
    within: Span,
    geometry: &'a Geometry<f64>,
}

/// Columns and rows of squares, the ends not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) min: [i32; 2],
    pub(super) max: [i32; 2],
}

/// From mercator metres to squares, counted from the tile's north-west corner.
#[derive(Clone, Copy, Debug)]
struct Squares {
    side_units: i32,
    squares_per_m: f64,
    /// The middle of the world.
    middle: [f64; 2],
    /// All that a tile shows.
    tile: Span,
}

impl Squares {
    fn new(tile: TileId, side_units: i32) -> Self {
        let world = (i64::from(TILE_UNITS) << tile.z()) / i64::from(side_units);
        let buffer = BUFFER_UNITS / side_units;
        Self {
            side_units,
            squares_per_m: world as f64 / 2.0 / MERCATOR_HALF_M,
            middle: ZoomGrid::origin(tile).map(|c| world as f64 / 2.0 - c as f64 / f64::from(side_units)),
            tile: Span { min: [-buffer; 2], max: [TILE_UNITS / side_units + buffer; 2] },
        }
    }

    fn position(&self, coord: &Coord<f64>) -> [f64; 2] {
        [self.middle[0] + coord.x * self.squares_per_m, self.middle[1] - coord.y * self.squares_per_m]
    }

    /// Squares of the tile whose middles can lie in a mercator box.
    fn within(&self, extent: &Extent) -> Span {
        let corner = |x: f64, y: f64| self.position(&Coord { x, y });
        let (low, high) = (corner(extent.min[0], extent.max[1]), corner(extent.max[0], extent.min[1]));
        Span {
            min: [0, 1].map(|axis| first_middle(low[axis]).max(self.tile.min[axis])),
            max: [0, 1].map(|axis| first_middle(high[axis]).min(self.tile.max[axis])),
        }
    }
}

/// A place of a tile as one number, which rises from row to row and along each.
pub(super) fn packed([column, row]: [i32; 2]) -> u32 {
    // Squares of a tile are some thousand on a side at most, and begin a little before it.
    ((row + 1024) as u32) << 16 | (column + 1024) as u32
}

pub(super) fn unpacked(place: u32) -> [i32; 2] {
    [(place & 0xFFFF) as i32 - 1024, (place >> 16) as i32 - 1024]
}

/// The first square whose middle lies behind a place.
fn first_middle(place: f64) -> i32 {
    // Truncation rounds down what is not negative; what lies farther out than that, or saturates, is outside of any tile.
    const BEFORE: i32 = 1 << 20;
    ((place + 0.5 + f64::from(BEFORE)) as i32).saturating_sub(BEFORE)
}

impl Span {
    fn is_empty(&self) -> bool {
        (0..2).any(|axis| self.min[axis] >= self.max[axis])
    }

    fn with(self, other: Self) -> Self {
        Self { min: [0, 1].map(|axis| self.min[axis].min(other.min[axis])), max: [0, 1].map(|axis| self.max[axis].max(other.max[axis])) }
    }
}

impl<'a> Painted<'a> {
    pub(super) fn new(tile: TileId, side_units: i32) -> Self {
        Self { squares: Squares::new(tile, side_units), members: Vec::new() }
    }

    /// Adds what of a geometry with this mercator box lies in the tile to a group.
    pub(super) fn add(&mut self, group: u32, geometry: &'a Geometry<f64>, extent: &Extent) {
        let within = self.squares.within(extent);
        if !within.is_empty() {
            self.members.push(Member { group, within, geometry });
        }
    }

    /// Draws the areas, in the order of the groups; a group that shows nowhere has none. `order`: the place of each group
    /// among all, which must not depend on how they came.
    pub(super) fn finish(self, order: &[u32], paths: &mut Paths) -> Vec<Remainder> {
        let Some(within) = self.members.iter().map(|member| member.within).reduce(Span::with) else { return Vec::new() };
        let mut canvas = Canvas::new(within, self.squares.tile.max[0] - BUFFER_UNITS / self.squares.side_units);
        let mut crossings = Vec::new();
        for member in &self.members {
            each_polygon(member.geometry, &mut |polygon| {
                crossings.clear();
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    self.squares.crossings(ring, &member.within, &mut crossings);
                }
                canvas.paint(order[member.group as usize] + 1, &mut crossings);
            });
        }
        canvas.close_gaps();
        canvas.settle();
        canvas.close_corners();
        let mut rings = canvas.rings();
        rings.sort_by_key(|(colour, _)| *colour);
        let mut groups = vec![0; order.len()];
        order.iter().enumerate().for_each(|(group, place)| groups[*place as usize] = group as u32);
        let (mut found, mut room) = (Vec::new(), EdgeRoom::default());
        for same in rings.chunk_by(|a, b| a.0 == b.0) {
            let colour = same[0].0;
            let to_units = |ring: &Vec<[i32; 2]>| ring.iter().map(|corner| corner.map(|c| c * self.squares.side_units)).collect();
            let (shells, holes) = rings::with_shells(same.iter().map(|(_, ring)| to_units(ring)).collect());
            let first = paths.count();
            push_rings(paths, &shells, &holes);
            make_sound(paths, first, &mut room);
            if paths.count() > first {
                found.push(Remainder { group: groups[colour as usize - 1], first, end: paths.count() });
            }
        }
        found
    }
}

impl Squares {
    /// Where a ring crosses the middles of rows: row and first column behind it, as [`packed`].
    fn crossings(&self, ring: &LineString<f64>, within: &Span, out: &mut Vec<u32>) {
        let mut corners = ring.0.iter().map(|coord| self.position(coord));
        let Some(mut before) = corners.next() else { return };
        let mut row_before = first_middle(before[1]);
        for corner in corners {
            let row = first_middle(corner[1]);
            if row != row_before {
                // From the north to the south, so that both who share an edge come to the same.
                let (a, b) = if before[1] < corner[1] { (before, corner) } else { (corner, before) };
                let slope = (b[0] - a[0]) / (b[1] - a[1]);
                let rows = row.min(row_before).max(within.min[1])..row.max(row_before).min(within.max[1]);
                for row in rows {
                    let x = a[0] + (f64::from(row) + 0.5 - a[1]) * slope;
                    out.push(packed([first_middle(x).clamp(within.min[0], within.max[0]), row]));
                }
            }
            (before, row_before) = (corner, row);
        }
    }
}
