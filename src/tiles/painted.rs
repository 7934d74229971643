//! Areas too many to be drawn one by one, painted on squares of half a pixel or more and outlined anew: what comes out is as
//! heavy as its outlines, however many corners went in.
//!
//! A square belongs to the area that its middle lies in; gaps of one square are closed. Outlines are cut into arcs where three
//! areas meet, and each arc is simplified once for both its sides, so a shared border stays shared. The squares are those of
//! the world, and arcs end at the edge of a tile, so tiles meet. Borders run half a square off at most, and then as far as
//! arcs are simplified. A group lies in one cell of a tile: what sticks out of a neighbouring tile belongs to the nearest
//! cell here. Where areas lie over each other, the last group shows.

use std::ops::Range;

use geo_types::{Coord, Geometry, LineString};

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
struct Span {
    min: [i32; 2],
    max: [i32; 2],
}

/// How far from an arc its simplified form may lie.
const FLAT_SQUARES: f64 = 1.25;

/// Pieces of no more squares than this are given to their neighbours.
const SPECK_SQUARES: usize = 4;

/// From mercator metres to squares, counted from the tile's north-west corner.
#[derive(Clone, Copy, Debug)]
struct Squares {
    side_units: i32,
    half_world: f64,
    origin: [f64; 2],
    /// All that a tile shows.
    tile: Span,
}

impl Squares {
    fn new(tile: TileId, side_units: i32) -> Self {
        let world = (i64::from(TILE_UNITS) << tile.z()) / i64::from(side_units);
        let buffer = BUFFER_UNITS / side_units;
        Self {
            side_units,
            half_world: world as f64 / 2.0,
            origin: ZoomGrid::origin(tile).map(|c| c as f64 / f64::from(side_units)),
            tile: Span { min: [-buffer; 2], max: [TILE_UNITS / side_units + buffer; 2] },
        }
    }

    fn position(&self, coord: &Coord<f64>) -> [f64; 2] {
        [
            (1.0 + coord.x / MERCATOR_HALF_M) * self.half_world - self.origin[0],
            (1.0 - coord.y / MERCATOR_HALF_M) * self.half_world - self.origin[1],
        ]
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
fn packed([column, row]: [i32; 2]) -> u32 {
    // Squares of a tile are some thousand on a side at most, and begin a little before it.
    ((row + 1024) as u32) << 16 | (column + 1024) as u32
}

fn unpacked(place: u32) -> [i32; 2] {
    [(place & 0xFFFF) as i32 - 1024, (place >> 16) as i32 - 1024]
}

/// The first square whose middle is not before a place.
fn first_middle(place: f64) -> i32 {
    // Far outside of any tile it saturates, which is far enough.
    (place - 0.5).ceil() as i32
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

/// The colour of each square of a span (0: none), with room for one more on each side.
#[derive(Debug)]
struct Canvas {
    offset: [i32; 2],
    /// Where the tile ends; it begins at 0.
    tile_end: i32,
    width: usize,
    colours: Vec<u32>,
}

impl Canvas {
    fn new(within: Span, tile_end: i32) -> Self {
        let [columns, rows] = [0, 1].map(|axis| (within.max[axis] - within.min[axis]).max(0) as usize);
        Self { offset: within.min.map(|c| c - 1), tile_end, width: columns + 2, colours: vec![0; (columns + 2) * (rows + 2)] }
    }

    /// What lies between an odd and an even crossing of a row is inside. The highest colour stays.
    fn paint(&mut self, colour: u32, crossings: &mut [u32]) {
        crossings.sort_unstable();
        for pair in crossings.chunks_exact(2) {
            let ([from, row], [to, _]) = (unpacked(pair[0]), unpacked(pair[1]));
            let row = (row - self.offset[1]) as usize * self.width;
            let [from, to] = [from, to].map(|column| row + (column - self.offset[0]) as usize);
            self.colours[from..to].iter_mut().for_each(|square| *square = colour.max(*square));
        }
    }

    /// Paints what has paint on both sides, west and east or north and south.
    fn close_gaps(&mut self) {
        let width = self.width;
        // As they were: the row above, and this one.
        let (mut above, mut here) = (vec![0; width], vec![0; width]);
        for start in (width..self.colours.len() - width).step_by(width) {
            above.copy_from_slice(&here);
            here.copy_from_slice(&self.colours[start..start + width]);
            for column in (1..width - 1).filter(|column| here[*column] == 0) {
                // Most of what is not painted lies among its like.
                if here[column - 1] != 0 || above[column] != 0 {
                    let (west, east, north, south) =
                        (here[column - 1], here[column + 1], above[column], self.colours[start + width + column]);
                    let across = if west != 0 && east != 0 { west.max(east) } else { 0 };
                    let down = if north != 0 && south != 0 { north.max(south) } else { 0 };
                    self.colours[start + column] = across.max(down);
                }
            }
        }
    }

    /// Gives pieces of a few squares, painted or not, to what is most around them: what is narrower than squares would be confetti.
    fn settle(&mut self) {
        let width = self.width;
        let around = |at: usize| [at - 1, at + 1, at - width, at + width];
        let mut changes: Vec<(usize, u32)> = Vec::new();
        let (mut piece, mut beside) = (Vec::with_capacity(SPECK_SQUARES + 1), Vec::new());
        let mut borders = Vec::new();
        for row in (width..self.colours.len() - width).step_by(width) {
            borders.clear();
            self.borders(row..row + width, &mut borders);
            'squares: for at in borders.iter().copied().filter(|at| *at < row + width - 1) {
                let colour = self.colours[at];
                // The first of a piece has others to the west and to the north.
                if self.colours[at - width] == colour {
                    continue;
                }
                piece.clear();
                beside.clear();
                piece.push(at);
                let mut looked = 0;
                while looked < piece.len() {
                    for other in around(piece[looked]) {
                        if self.colours[other] != colour {
                            beside.push(self.colours[other]);
                        } else if !piece.contains(&other) {
                            if piece.len() == SPECK_SQUARES || other < at {
                                continue 'squares;
                            }
                            piece.push(other);
                        }
                    }
                    looked += 1;
                }
                let most =
                    beside.iter().filter(|one| **one != 0).map(|one| (beside.iter().filter(|other| *other == one).count(), *one)).max();
                if let Some((_, most)) = most {
                    changes.extend(piece.iter().map(|square| (*square, most)));
                }
            }
        }
        changes.into_iter().for_each(|(square, colour)| self.colours[square] = colour);
    }

    /// Paints a third square where two of a colour touch at a corner only: outlines never meet themselves then.
    fn close_corners(&mut self) {
        let width = self.width;
        let mut borders = Vec::new();
        for row in (0..self.colours.len() - width).step_by(width) {
            borders.clear();
            self.borders(row..row + width, &mut borders);
            for at in borders.iter().copied() {
                let [a, b, c, d] = [self.colours[at - 1], self.colours[at], self.colours[at + width - 1], self.colours[at + width]];
                if a == d && a != 0 && a != c {
                    self.colours[at + width - 1] = a;
                } else if b == c && b != 0 && b != d {
                    self.colours[at + width] = b;
                }
            }
        }
    }

    /// Adds the squares of a row that have another colour than the one to the west.
    fn borders(&self, row: Range<usize>, out: &mut Vec<usize>) {
        const AT_ONCE: usize = 32;
        let mut at = row.start + 1;
        while at < row.end {
            let end = (at + AT_ONCE).min(row.end);
            // Long runs are passed over in one look.
            if self.colours[at..end] != self.colours[at - 1..end - 1] {
                out.extend((at..end).filter(|at| self.colours[*at] != self.colours[at - 1]));
            }
            at = end;
        }
    }

    /// The outlines with their colours, the inside on the right of who walks with y south; squares from the tile's corner.
    fn rings(&self) -> Vec<(u32, Vec<[i32; 2]>)> {
        // Each outline has a western edge, and goes along each of them once.
        let mut seen = vec![0u64; self.colours.len().div_ceil(64)];
        let (mut rings, mut walk, mut arcs) = (Vec::new(), Vec::new(), Arcs::default());
        let mut borders = Vec::new();
        self.borders(0..self.colours.len(), &mut borders);
        for at in borders {
            let colour = self.colours[at];
            if colour != 0 && mark(&mut seen, at) {
                self.walk(at, &mut seen, &mut walk);
                rings.push((colour, arcs.simplified(&walk)));
            }
        }
        rings
    }

    /// Around what begins at the western edge of a square.
    fn walk(&self, start: usize, seen: &mut [u64], walk: &mut Vec<Corner>) {
        walk.clear();
        let (colour, width) = (self.colours[start], self.width);
        let edge_rows = [0, self.tile_end].map(|row| {
            let start = (row - self.offset[1]).max(0) as usize * width;
            start..start + width
        });
        // The square to the south east of the corner we stand on.
        let (mut at, mut way) = (start, Way::North);
        loop {
            let [north_west, north_east, south_west, south_east] =
                [self.colours[at - width - 1], self.colours[at - width], self.colours[at - 1], self.colours[at]];
            let (right, ahead) = match way {
                Way::North => (north_east, north_west),
                Way::East => (south_east, north_east),
                Way::South => (south_west, south_east),
                Way::West => (north_west, south_west),
            };
            let turned = if right != colour {
                way.right()
            } else if ahead == colour {
                way.left()
            } else {
                way
            };
            let borders = u8::from(north_west != north_east)
                + u8::from(south_west != south_east)
                + u8::from(north_west != south_west)
                + u8::from(north_east != south_east);
            let junction = borders > 2;
            // A straight run matters only where it crosses the edge of the tile.
            let crosses = match way {
                Way::North | Way::South => {
                    at >= edge_rows[0].start && at < edge_rows[0].end || at >= edge_rows[1].start && at < edge_rows[1].end
                }
                Way::East | Way::West => true,
            };
            if turned != way || junction || crosses {
                let place = [(at % width) as i32 + self.offset[0], (at / width) as i32 + self.offset[1]];
                let on_edge = |axis: usize| place[axis] == 0 || place[axis] == self.tile_end;
                let across = match way {
                    _ if turned != way => on_edge(0) || on_edge(1),
                    Way::North | Way::South => on_edge(1),
                    Way::East | Way::West => on_edge(0),
                };
                if turned != way || junction || across {
                    walk.push(Corner { place, fixed: junction || across });
                }
            }
            way = turned;
            at = match way {
                Way::North => at - width,
                Way::East => at + 1,
                Way::South => at + width,
                Way::West => at - 1,
            };
            if way == Way::North && !mark(seen, at) {
                return;
            }
        }
    }
}

/// Sets a bit; says whether it was not set before.
fn mark(bits: &mut [u64], at: usize) -> bool {
    let bit = 1 << (at % 64);
    let new = bits[at / 64] & bit == 0;
    bits[at / 64] |= bit;
    new
}

/// A corner of an outline; a fixed one stays, because others end there.
#[derive(Clone, Copy, Debug)]
struct Corner {
    place: [i32; 2],
    fixed: bool,
}

/// Room to work in.
#[derive(Debug, Default)]
struct Arcs {
    arc: Vec<[i32; 2]>,
    kept: Vec<[i32; 2]>,
    ring: Vec<[i32; 2]>,
    keep: Vec<bool>,
    open: Vec<(usize, usize)>,
}

impl Arcs {
    /// An outline simplified arc by arc.
    fn simplified(&mut self, walk: &[Corner]) -> Vec<[i32; 2]> {
        self.ring.clear();
        let fixed = walk.iter().position(|corner| corner.fixed);
        // Without fixed corners only one other area sees it: the first of its corners is the same for both.
        let start = fixed.or_else(|| (0..walk.len()).min_by_key(|at| walk[*at].place)).unwrap_or_default();
        let around = |at: usize| walk[(start + at) % walk.len()];
        let mut from = 0;
        for to in 1..=walk.len() {
            if to == walk.len() || around(to).fixed {
                self.arc.clear();
                self.arc.extend((from..=to).map(|at| around(at).place));
                self.arc();
                from = to;
            }
        }
        // What is no more than its arcs' ends stays as it is.
        match self.ring.len() {
            3.. => std::mem::take(&mut self.ring),
            _ => walk.iter().map(|corner| corner.place).collect(),
        }
    }

    /// Adds what is kept of the arc to the ring, without its end.
    fn arc(&mut self) {
        let Self { arc, kept, ring, keep, open } = self;
        let turned = arc.last() < arc.first() || (arc.last() == arc.first() && arc[arc.len() - 2] < arc[1]);
        if turned {
            arc.reverse();
        }
        let last = arc.len() - 1;
        keep.clear();
        keep.resize(arc.len(), false);
        (keep[0], keep[last]) = (true, true);
        open.clear();
        if arc[0] == arc[last] {
            let farthest = (1..last).max_by_key(|at| (square_of(arc[0], arc[*at]), arc[*at])).unwrap_or_default();
            keep[farthest] = true;
            open.extend([(0, farthest), (farthest, last)]);
        } else {
            open.push((0, last));
        }
        while let Some((from, to)) = open.pop() {
            let off =
                (from + 1..to).map(|at| (off_line(arc[from], arc[to], arc[at]), at)).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            if let Some((off, at)) = off
                && off > FLAT_SQUARES
            {
                keep[at] = true;
                open.extend([(from, at), (at, to)]);
            }
        }
        kept.clear();
        kept.extend(arc.iter().zip(keep.iter()).filter(|(_, keep)| **keep).map(|(corner, _)| *corner));
        if turned {
            kept.reverse();
        }
        ring.extend(&kept[..kept.len() - 1]);
    }
}
fn square_of(a: [i32; 2], b: [i32; 2]) -> i64 {
    [0, 1].map(|axis| i64::from(b[axis] - a[axis]).pow(2)).iter().sum()
}

/// How far a corner lies from the line between two others, or from the nearer of them.
fn off_line(a: [i32; 2], b: [i32; 2], p: [i32; 2]) -> f64 {
    let [dx, dy, px, py] = [b[0] - a[0], b[1] - a[1], p[0] - a[0], p[1] - a[1]].map(f64::from);
    let length_2 = dx * dx + dy * dy;
    let along = ((px * dx + py * dy) / length_2).clamp(0.0, 1.0);
    let [ox, oy] = [px - along * dx, py - along * dy];
    (ox * ox + oy * oy).sqrt()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    North,
    East,
    South,
    West,
}

impl Way {
    fn right(self) -> Self {
        match self {
            Way::North => Way::East,
            Way::East => Way::South,
            Way::South => Way::West,
            Way::West => Way::North,
        }
    }

    fn left(self) -> Self {
        self.right().right().right()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canvas(side: usize, colours: &[u32]) -> Canvas {
        let span = Span { min: [0, 0], max: [side as i32, side as i32] };
        let mut canvas = Canvas::new(span, 1000);
        for (at, colour) in colours.iter().enumerate() {
            let width = canvas.width;
            canvas.colours[(at / side + 1) * width + at % side + 1] = *colour;
        }
        canvas
    }

    /// Which colours a place has, by the rings: each counts as often as it winds around it.
    fn winding(rings: &[(u32, Vec<[i32; 2]>)], colour: u32, [x, y]: [f64; 2]) -> i32 {
        let crossings = |ring: &Vec<[i32; 2]>| -> i32 {
            (0..ring.len())
                .map(|at| (ring[at].map(f64::from), ring[(at + 1) % ring.len()].map(f64::from)))
                .map(|(a, b)| {
                    if (a[1] <= y) == (b[1] <= y) || a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) > x {
                        return 0;
                    }
                    if a[1] <= y { -1 } else { 1 }
                })
                .sum()
        };
        rings.iter().filter(|(of, _)| *of == colour).map(|(_, ring)| crossings(ring)).sum()
    }

    fn picture() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(prop::sample::select(vec![0u32, 0, 1, 1, 1, 2, 3]), 12 * 12)
    }

    proptest! {
        #[test]
        fn outlines_before_they_are_simplified_are_the_picture(picture in picture()) {
            let mut canvas = canvas(12, &picture);
            canvas.close_corners();
            let (mut seen, mut walk, mut rings) = (vec![0; canvas.colours.len()], Vec::new(), Vec::new());
            for at in 1..canvas.colours.len() {
                let colour = canvas.colours[at];
                if colour != 0 && canvas.colours[at - 1] != colour && mark(&mut seen, at) {
                    canvas.walk(at, &mut seen, &mut walk);
                    let ring: Vec<[i32; 2]> = walk.iter().map(|corner| corner.place).collect();
                    let mut corners = ring.clone();
                    corners.sort_unstable();
                    corners.dedup();
                    prop_assert_eq!(corners.len(), ring.len(), "an outline meets itself: {:?}", ring);
                    rings.push((colour, ring));
                }
            }
            for row in 0..12 {
                for column in 0..12 {
                    let is = canvas.colours[(row + 1) * canvas.width + column + 1];
                    for colour in 1..=3 {
                        let around = winding(&rings, colour, [column as f64 + 0.5, row as f64 + 0.5]);
                        prop_assert_eq!(around, i32::from(is == colour), "colour {} at {} {}", colour, column, row);
                    }
                }
            }
        }

        #[test]
        fn nothing_that_was_painted_is_lost_and_gaps_wider_than_a_pixel_stay(picture in picture()) {
            let before = canvas(12, &picture);
            let mut after = canvas(12, &picture);
            after.close_gaps();
            after.settle();
            after.close_corners();
            for (was, is) in before.colours.iter().zip(&after.colours) {
                prop_assert!(*was == 0 || *is != 0);
            }
            // Far from all paint nothing is painted.
            let mut lonely = canvas(12, &[0; 144]);
            lonely.colours[5 * 14 + 5] = 1;
            lonely.close_gaps();
            lonely.settle();
            lonely.close_corners();
            prop_assert_eq!(lonely.colours.iter().filter(|colour| **colour != 0).count(), 1);
        }

        #[test]
        fn both_sides_of_a_border_come_to_the_same_corners(picture in prop::collection::vec(1u32..4, 12 * 12)) {
            let mut canvas = canvas(12, &picture);
            canvas.settle();
            canvas.close_corners();
            let rings: Vec<Vec<[i32; 2]>> = canvas.rings().into_iter().map(|(_, ring)| ring).collect();
            let edges_of = |ring: &Vec<[i32; 2]>| (0..ring.len()).map(|at| [ring[at], ring[(at + 1) % ring.len()]]).collect::<Vec<_>>();
            let edges: std::collections::BTreeSet<[[i32; 2]; 2]> = rings.iter().flat_map(edges_of).collect();
            // What would be only a line is drawn as it is, over its neighbours.
            let as_it_is = |ring: &&Vec<[i32; 2]>| edges_of(ring).iter().all(|[a, b]| a[0] == b[0] || a[1] == b[1]);
            let small: std::collections::BTreeSet<[i32; 2]> = rings.iter().filter(as_it_is).flatten().copied().collect();
            let on_frame = |place: &[i32; 2]| place.iter().any(|c| *c == 0 || *c == 12) || small.contains(place);
            for [a, b] in edges.iter().filter(|ends| !ends.iter().all(on_frame)) {
                prop_assert!(edges.contains(&[*b, *a]), "{:?} {:?} is the border of one only", a, b);
            }
        }
    }
}
