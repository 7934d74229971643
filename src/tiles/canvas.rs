//! Squares of a tile with a colour for each area: gaps and specks are closed, and outlines are walked.

use std::ops::Range;

use super::arcs::{Arcs, Corner};
use super::squares::{Run, Span};

/// Pieces of no more squares than this are given to their neighbours.
const SPECK_SQUARES: usize = 4;

/// A colour, and a ring around squares of it.
pub(super) type Outline = (u32, Vec<[i32; 2]>);

/// The colour of each square of a span (0: none), with room for one more on each side.
#[derive(Debug)]
pub(super) struct Canvas {
    offset: [i32; 2],
    /// Where the tile ends; it begins at 0.
    tile_end: i32,
    within: Span,
    width: usize,
    colours: Vec<u32>,
    /// A bit for each square that may have another colour than the one to the west.
    changes: Vec<u64>,
}

impl Canvas {
    /// Of the squares `within`; `origin` is the one in the tile's north-west corner, and the tile has `tile_end` on a side.
    pub(super) fn new(within: Span, origin: [i64; 2], tile_end: i32) -> Self {
        let [columns, rows] = [0, 1].map(|axis| (within.max[axis] - within.min[axis]).max(0) as usize);
        let offset = [0, 1].map(|axis| (within.min[axis] - 1 - origin[axis]) as i32);
        let (width, squares) = (columns + 2, (columns + 2) * (rows + 2));
        Self { within, offset, tile_end, width, colours: vec![0; squares], changes: vec![0; squares.div_ceil(64)] }
    }

    /// Paints what of a run is here. The highest colour stays.
    pub(super) fn paint(&mut self, colour: u32, Run { row, from, to }: Run) {
        let Span { min, max } = self.within;
        let (from, to) = (from.max(min[0]), to.min(max[0]));
        if row < min[1] || row >= max[1] || from >= to {
            return;
        }
        let start = (row - min[1] + 1) as usize * self.width + 1;
        let [from, to] = [from, to].map(|column| start + (column - min[0]) as usize);
        self.colours[from..to].iter_mut().for_each(|square| *square = colour.max(*square));
        mark(&mut self.changes, from);
        mark(&mut self.changes, to);
    }

    fn set(&mut self, at: usize, colour: u32) {
        self.colours[at] = colour;
        mark(&mut self.changes, at);
        mark(&mut self.changes, at + 1);
    }

    /// Paints what has paint on both sides, west and east or north and south.
    pub(super) fn close_gaps(&mut self) {
        let width = self.width;
        let mut painted: Vec<(usize, u32)> = Vec::new();
        for start in (width..self.colours.len() - width).step_by(width) {
            let row = |start: usize| &self.colours[start..start + width];
            let (above, here, below) = (row(start - width), row(start), row(start + width));
            for column in (1..width - 1).filter(|column| here[*column] == 0) {
                // Most of what is not painted lies among its like.
                if here[column - 1] != 0 || above[column] != 0 {
                    let (west, east, north, south) = (here[column - 1], here[column + 1], above[column], below[column]);
                    let across = if west != 0 && east != 0 { west.max(east) } else { 0 };
                    let down = if north != 0 && south != 0 { north.max(south) } else { 0 };
                    painted.extend(Some((start + column, across.max(down))).filter(|(_, colour)| *colour != 0));
                }
            }
        }
        painted.into_iter().for_each(|(square, colour)| self.set(square, colour));
    }

    /// Gives pieces of a few squares, painted or not, to what is most around them: what is narrower than squares would be confetti.
    pub(super) fn settle(&mut self) {
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
        changes.into_iter().for_each(|(square, colour)| self.set(square, colour));
    }

    /// Paints a third square where two of a colour touch at a corner only: outlines never meet themselves then.
    pub(super) fn close_corners(&mut self) {
        let width = self.width;
        let mut borders = Vec::new();
        for row in (0..self.colours.len() - width).step_by(width) {
            borders.clear();
            self.borders(row..row + width, &mut borders);
            for at in borders.iter().copied() {
                let [a, b, c, d] = [self.colours[at - 1], self.colours[at], self.colours[at + width - 1], self.colours[at + width]];
                if a == d && a != 0 && a != c {
                    self.set(at + width - 1, a);
                } else if b == c && b != 0 && b != d {
                    self.set(at + width, b);
                }
            }
        }
    }

    /// Adds the squares of a range that have another colour than the one to the west.
    fn borders(&self, range: Range<usize>, out: &mut Vec<usize>) {
        let (first, last) = (range.start / 64, range.end.div_ceil(64).min(self.changes.len()));
        for word in first..last {
            let mut bits = self.changes[word];
            while bits != 0 {
                let at = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if range.contains(&at) && at > range.start && self.colours[at] != self.colours[at - 1] {
                    out.push(at);
                }
            }
        }
    }

    /// The outlines with their colours, the inside on the right of who walks with y south; squares from the tile's corner.
    pub(super) fn rings(&self) -> Vec<Outline> {
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
        let mut place = [(start % width) as i32 + self.offset[0], (start / width) as i32 + self.offset[1]];
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
            let [column, row] = place;
            (at, place) = match way {
                Way::North => (at - width, [column, row - 1]),
                Way::East => (at + 1, [column + 1, row]),
                Way::South => (at + width, [column, row + 1]),
                Way::West => (at - 1, [column - 1, row]),
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
        let span = Span { min: [0, 0], max: [side as i64, side as i64] };
        let mut canvas = Canvas::new(span, [0, 0], 1000);
        for (at, colour) in colours.iter().enumerate() {
            let width = canvas.width;
            canvas.set((at / side + 1) * width + at % side + 1, *colour);
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
            lonely.set(5 * 14 + 5, 1);
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
