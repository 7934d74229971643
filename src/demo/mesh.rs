//! The board's vertices. Every corner of every rectangle is noted on its two lines, so that a border drawn from either side
//! passes through the same points and the faces share it exactly, T-junctions included.

use std::collections::{BTreeSet, HashMap};

use super::shape::{Point, Ring};
use super::warp::Warp;

/// A rectangle of the board, whole metres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    pub u0: i32,
    pub v0: i32,
    pub u1: i32,
    pub v1: i32,
}

impl Rect {
    pub fn new(u0: i32, v0: i32, u1: i32, v1: i32) -> Self {
        Self { u0, v0, u1, v1 }
    }

    pub fn width(&self) -> i32 {
        self.u1 - self.u0
    }

    pub fn height(&self) -> i32 {
        self.v1 - self.v0
    }

    pub fn centre(&self) -> [f64; 2] {
        [f64::from(self.u0 + self.u1) / 2.0, f64::from(self.v0 + self.v1) / 2.0]
    }

    pub fn corners(&self) -> Vec<[i32; 2]> {
        vec![[self.u0, self.v0], [self.u1, self.v0], [self.u1, self.v1], [self.u0, self.v1]]
    }

    /// The shared ground, if there is any.
    pub fn shared(&self, other: &Rect) -> Option<Rect> {
        let both = Rect::new(self.u0.max(other.u0), self.v0.max(other.v0), self.u1.min(other.u1), self.v1.min(other.v1));
        (both.u0 < both.u1 && both.v0 < both.v1).then_some(both)
    }

    pub fn holds(&self, u: f64, v: f64) -> bool {
        f64::from(self.u0) <= u && u <= f64::from(self.u1) && f64::from(self.v0) <= v && v <= f64::from(self.v1)
    }

    pub fn grown(&self, by: i32) -> Rect {
        Rect::new(self.u0 - by, self.v0 - by, self.u1 + by, self.v1 + by)
    }
}

/// Curves are drawn with a vertex at least this often, metres.
const STEP: i32 = 40;
const FINE_STEP: i32 = 20;

/// All corners of a district, by line.
#[derive(Debug)]
pub struct Mesh {
    along_u: HashMap<i32, BTreeSet<i32>>,
    along_v: HashMap<i32, BTreeSet<i32>>,
    /// Where the ground bends more and is drawn finer.
    fine: Rect,
}

impl Mesh {
    pub fn new(fine: Rect) -> Self {
        Self { along_u: HashMap::new(), along_v: HashMap::new(), fine }
    }

    pub fn note(&mut self, corners: &[[i32; 2]]) {
        for &[u, v] in corners {
            self.along_u.entry(v).or_default().insert(u);
            self.along_v.entry(u).or_default().insert(v);
        }
    }

    /// The ring through these corners (sides parallel to the axes, counter-clockwise, not closed) on the ground.
    pub fn ring(&self, warp: &Warp, corners: &[[i32; 2]]) -> Ring {
        let mut ring = Vec::with_capacity(corners.len() * 4);
        for (place, &from) in corners.iter().enumerate() {
            self.side(warp, from, corners[(place + 1) % corners.len()], &mut ring);
        }
        ring.push(ring[0]);
        ring
    }

    pub fn rect(&self, warp: &Warp, rect: &Rect) -> Ring {
        self.ring(warp, &rect.corners())
    }

    /// A line through these corners, both ends included.
    pub fn line(&self, warp: &Warp, corners: &[[i32; 2]]) -> Vec<Point> {
        let mut line = Vec::new();
        for pair in corners.windows(2) {
            self.side(warp, pair[0], pair[1], &mut line);
        }
        if let Some(&[u, v]) = corners.last() {
            line.push(warp.at(f64::from(u), f64::from(v)));
        }
        line
    }

    /// The vertices from `from` up to but without `to`.
    fn side(&self, warp: &Warp, from: [i32; 2], to: [i32; 2], out: &mut Vec<Point>) {
        let level = from[1] == to[1];
        let (start, end, fixed) = if level { (from[0], to[0], from[1]) } else { (from[1], to[1], from[0]) };
        let (low, high) = (start.min(end), start.max(end));
        let noted = if level { self.along_u.get(&fixed) } else { self.along_v.get(&fixed) };
        let mut places: Vec<i32> = noted.into_iter().flat_map(|line| line.range(low + 1..high)).copied().collect();
        let mut step = (low.div_euclid(FINE_STEP) + 1) * FINE_STEP;
        while step < high {
            let [u, v] = if level { [step, fixed] } else { [fixed, step] };
            if step % STEP == 0 || self.fine.holds(f64::from(u), f64::from(v)) {
                places.push(step);
            }
            step += FINE_STEP;
        }
        places.sort_unstable();
        places.dedup();
        if start > end {
            places.reverse();
        }
        out.push(warp.at(f64::from(from[0]), f64::from(from[1])));
        out.extend(places.into_iter().map(|place| {
            let [u, v] = if level { [place, fixed] } else { [fixed, place] };
            warp.at(f64::from(u), f64::from(v))
        }));
    }
}
