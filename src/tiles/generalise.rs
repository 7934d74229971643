//! From mercator metres to the whole numbers of a zoom, with no more corners than can be seen.
//!
//! Every decision depends on a corner and its two neighbours only, and is the same read forwards or backwards. So a border
//! that two zones share stays one border in both, whatever tile is drawn, without knowing who the neighbours are. Borders
//! part only where a corner is a junction in one zone and a straight run in the other, by less than a pixel.

use geo_types::Coord;

use super::grid::{PIXEL_UNITS, TILE_UNITS, TileId};
use crate::spatial::MERCATOR_HALF_M;

/// From this zoom on nothing is simplified, only rounded to whole units.
const PLAIN_FROM_Z: u8 = 17;
/// Below that, corners go to a grid of a quarter of a pixel ...
const STEP_UNITS: i64 = PIXEL_UNITS as i64 / 4;
/// ... and those near to the line between their neighbours go away, in four turns. Within 1.5 units that makes 7.4 units
/// together at most, under a pixel.
const PASSES: usize = 4;

/// How closely geometry is followed; tile units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Detail {
    /// Corners are rounded to this at least, a power of two.
    pub(super) step_units: i64,
    /// Corners within this of the line between their neighbours go.
    pub(super) flat_units: f64,
}

impl Detail {
    pub(super) const USUAL: Self = Self { step_units: 1, flat_units: 1.5 };
}

/// The whole-number grid of a zoom: x from the west, y from the north edge of the world.
#[derive(Clone, Copy, Debug)]
pub(super) struct ZoomGrid {
    half_steps: f64,
    steps_per_m: f64,
    step: i64,
    flat_units: f64,
    simplify: bool,
}

/// Room to work in, kept from feature to feature.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    flat: Vec<bool>,
    kept: Vec<[i64; 2]>,
}

impl ZoomGrid {
    pub(super) fn new(z: u8, Detail { step_units, flat_units }: Detail) -> Self {
        let usual = if z < PLAIN_FROM_Z { STEP_UNITS } else { 1 };
        let step = usual.max(step_units);
        let half_units = (i64::from(TILE_UNITS) << z) / 2;
        let half_steps = half_units as f64 / step as f64;
        Self { half_steps, steps_per_m: half_steps / MERCATOR_HALF_M, step, flat_units, simplify: step > 1 }
    }

    /// A unit of a tile, web mercator metres.
    pub(super) fn unit_m(&self) -> f64 {
        MERCATOR_HALF_M / (self.half_steps * self.step as f64)
    }

    /// Whether corners lie on even numbers only.
    pub(super) fn is_even(&self) -> bool {
        self.step % 2 == 0
    }

    /// The grid position of a tile's north-west corner.
    pub(super) fn origin(tile: TileId) -> [i64; 2] {
        [i64::from(tile.x()) * i64::from(TILE_UNITS), i64::from(tile.y()) * i64::from(TILE_UNITS)]
    }

    pub(super) fn position(&self, coord: &Coord<f64>) -> [i64; 2] {
        // Truncation after adding a half rounds, as nothing of the world is negative here.
        let steps = |from_middle: f64| (self.half_steps + from_middle * self.steps_per_m + 0.5) as i64 * self.step;
        [steps(coord.x), steps(-coord.y)]
    }

    /// A ring without its repeated last corner, generalised into `out`. Fewer than three corners: it collapsed.
    pub(super) fn ring(&self, ring: &[Coord<f64>], out: &mut Vec<[i64; 2]>, scratch: &mut Scratch) {
        self.round_ring(ring, out);
        self.thin(out, true, scratch);
    }

    /// A ring that is only rounded.
    pub(super) fn round_ring(&self, ring: &[Coord<f64>], out: &mut Vec<[i64; 2]>) {
        self.round(ring, out);
        while out.len() > 1 && out.first() == out.last() {
            out.pop();
        }
    }

    /// Takes the corners that cannot be seen from a path on this grid.
    pub(super) fn thin(&self, path: &mut Vec<[i64; 2]>, closed: bool, scratch: &mut Scratch) {
        if self.simplify {
            // A turn in which nothing went would be followed by its like.
            let _ = (0..PASSES).all(|_| thin(path, closed, self.flat_units, scratch));
        }
    }

    /// A line generalised into `out`; its ends stay. Fewer than two points: it collapsed.
    pub(super) fn line(&self, line: &[Coord<f64>], out: &mut Vec<[i64; 2]>, scratch: &mut Scratch) {
        self.round(line, out);
        self.thin(out, false, scratch);
    }

    fn round(&self, path: &[Coord<f64>], out: &mut Vec<[i64; 2]>) {
        out.clear();
        for coord in path {
            let position = self.position(coord);
            if out.last() != Some(&position) {
                out.push(position);
            }
        }
    }
}

/// Removes flat corners, and says whether there were any to go. Of flat corners in a row those with the lowest number go, never
/// two neighbours at once.
fn thin(path: &mut Vec<[i64; 2]>, closed: bool, flat_units: f64, scratch: &mut Scratch) -> bool {
    let count = path.len();
    if count < 3 + usize::from(closed) {
        return false;
    }
    let around = |at: usize| (if at == 0 { count - 1 } else { at - 1 }, if at + 1 == count { 0 } else { at + 1 });
    let Scratch { flat, kept } = scratch;
    flat.clear();
    flat.extend((0..count).map(|at| {
        let (before, after) = around(at);
        (closed || (at > 0 && at + 1 < count)) && is_flat(path[before], path[at], path[after], flat_units)
    }));
    if !flat.contains(&true) {
        return false;
    }
    kept.clear();
    for at in 0..count {
        let (before, after) = around(at);
        let number = scatter(path[at]);
        let goes = flat[at] && [before, after].iter().all(|other| !flat[*other] || number < scatter(path[*other]));
        // Corners that come to lie on each other become one.
        if !goes && kept.last() != Some(&path[at]) {
            kept.push(path[at]);
        }
    }
    while closed && kept.len() > 1 && kept.first() == kept.last() {
        kept.pop();
    }
    let goes = kept.len() < count && kept.len() >= 2 + usize::from(closed);
    if goes {
        std::mem::swap(path, kept);
    }
    goes
}

/// Whether `b` lies within `flat_units` of the line from `a` to `c` and between the two.
fn is_flat(a: [i64; 2], b: [i64; 2], c: [i64; 2], flat_units: f64) -> bool {
    let [abx, aby, acx, acy] = [b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]].map(|d| d as f64);
    let cross = abx * acy - aby * acx;
    let along = abx * acx + aby * acy;
    let length_2 = acx * acx + acy * acy;
    cross * cross <= flat_units * flat_units * length_2 && 0.0 < along && along < length_2
}

/// A number for a place, without pattern: the last step of splitmix64 (G. Steele et al., OOPSLA 2014).
fn scatter([x, y]: [i64; 2]) -> u64 {
    let mut bits = (x as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (y as u64).rotate_left(32);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USUAL: Detail = Detail::USUAL;
    const COARSE: Detail = Detail { step_units: 1, flat_units: 2.0 };

    fn coords(points: &[[f64; 2]]) -> Vec<Coord<f64>> {
        points.iter().map(|[x, y]| Coord { x: 1.2e7 + x, y: 3e6 + y }).collect()
    }

    proptest! {
        #[test]
        fn a_line_is_the_same_read_backwards(points in prop::collection::vec([0.0..4000.0f64, 0.0..4000.0f64], 2..60), z in 8u8..20, detail in prop::sample::select(vec![USUAL, COARSE])) {
            let (grid, mut scratch) = (ZoomGrid::new(z, detail), Scratch::default());
            let mut forwards = coords(&points);
            let (mut a, mut b) = (Vec::new(), Vec::new());
            grid.line(&forwards, &mut a, &mut scratch);
            forwards.reverse();
            grid.line(&forwards, &mut b, &mut scratch);
            b.reverse();
            prop_assert_eq!(a, b);
        }

        #[test]
        fn no_corner_ends_farther_than_a_pixel_from_the_line(points in prop::collection::vec([0.0..3000.0f64, 0.0..3000.0f64], 2..60), z in 8u8..20, detail in prop::sample::select(vec![USUAL, COARSE])) {
            let (grid, mut scratch, mut line) = (ZoomGrid::new(z, detail), Scratch::default(), Vec::new());
            let coords = coords(&points);
            grid.line(&coords, &mut line, &mut scratch);
            let units = (f64::from(TILE_UNITS) * f64::from(1u32 << z)) / (2.0 * MERCATOR_HALF_M);
            for coord in &coords {
                let p = [(coord.x + MERCATOR_HALF_M) * units, (MERCATOR_HALF_M - coord.y) * units];
                let nearest = (0..line.len()).map(|at| {
                    let [a, b] = [line[at], line[(at + 1).min(line.len() - 1)]].map(|p| p.map(|c| c as f64));
                    let d = [b[0] - a[0], b[1] - a[1]];
                    let length_2 = d[0] * d[0] + d[1] * d[1];
                    let t = if length_2 > 0.0 { (((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]) / length_2).clamp(0.0, 1.0) } else { 0.0 };
                    (a[0] + t * d[0] - p[0]).hypot(a[1] + t * d[1] - p[1])
                }).fold(f64::INFINITY, f64::min);
                prop_assert!(nearest < 1.5 + 4.0 * detail.flat_units, "{} units off at zoom {}", nearest, z);
            }
        }
    }

    #[test]
    fn a_dense_straight_line_loses_most_of_its_points() {
        let points: Vec<[f64; 2]> = (0..1000).map(|n| [f64::from(n) * 3.0, f64::from(n) * 1.7]).collect();
        let (mut line, mut scratch) = (Vec::new(), Scratch::default());
        ZoomGrid::new(13, USUAL).line(&coords(&points), &mut line, &mut scratch);
        // A line of 360 pixels.
        assert!(line.len() < 360, "{} points", line.len());
    }
}
