//! Polygons too small to be drawn by themselves, as one area for each group: a coverage keeps no holes where they were.
//!
//! Edges that two of them share cancel out before anything is built, also where rounding left nothing of either; what is
//! left runs around them all. A group lies in one cell of a tile, and its area stays in its tile: what sticks out of a
//! neighbouring tile belongs to the nearest cell here, so tiles meet without knowing each other.

use geo_types::{Coord, Geometry, LineString};

use super::clip::ClipBox;
use super::draw::each_polygon;
use super::generalise::{Detail, Scratch, ZoomGrid};
use super::grid::{BUFFER_UNITS, PIXEL_UNITS, TILE_UNITS, TileId};
use super::paths::Paths;
use super::sound::{EdgeRoom, Union, make_sound, push_rings};
use crate::domain::Extent;

/// Room for the areas of one tile.
#[derive(Debug)]
pub(super) struct Remainders {
    grid: ZoomGrid,
    origin: [i64; 2],
    clip: ClipBox,
    /// Holes no wider than this are filled.
    fill_units: i32,
    edges: Vec<Edge>,
    path: Vec<[i64; 2]>,
    spare: Vec<[i64; 2]>,
}

/// An edge of a cell's area, from the lower end to the higher; `way` is -1 when it runs the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    group: u32,
    low: [i32; 2],
    high: [i32; 2],
    way: i32,
}

/// The area of one group, paths of a tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remainder {
    pub(super) group: u32,
    pub(super) first: usize,
    pub(super) end: usize,
}

impl Remainders {
    pub(super) fn new(tile: TileId, detail: Detail) -> Self {
        let origin = ZoomGrid::origin(tile);
        let buffer = i64::from(BUFFER_UNITS);
        Self {
            grid: ZoomGrid::new(tile.z(), detail),
            origin,
            clip: ClipBox { min: origin.map(|c| c - buffer), max: origin.map(|c| c + i64::from(TILE_UNITS) + buffer) },
            fill_units: (PIXEL_UNITS / 2).max(detail.step_units as i32),
            edges: Vec::new(),
            path: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Adds what of a geometry with this mercator box lies in the tile to a group.
    pub(super) fn add(&mut self, group: u32, geometry: &Geometry<f64>, extent: &Extent) {
        let corner = |[x, y]: [f64; 2]| self.grid.position(&Coord { x, y });
        // All of it comes to lie on one point: no edge is left.
        if corner(extent.min) == corner(extent.max) {
            return;
        }
        each_polygon(geometry, &mut |polygon| {
            self.ring(group, polygon.exterior(), true);
            polygon.interiors().iter().for_each(|hole| self.ring(group, hole, false));
        });
    }

    /// `shell`: the inside goes in; otherwise it is cut out. The way a ring runs is told before it is rounded, or neighbours
    /// would not cancel out where rounding turned one of them over.
    fn ring(&mut self, group: u32, ring: &LineString<f64>, shell: bool) {
        self.grid.round_ring(&ring.0, &mut self.path);
        if self.path.len() < 2 {
            return;
        }
        self.clip.ring(&mut self.path, &mut self.spare);
        let Some(last) = self.path.last() else { return };
        let local = |p: &[i64; 2]| [(p[0] - self.origin[0]) as i32, (p[1] - self.origin[1]) as i32];
        // Counter-clockwise with y north is clockwise with y south.
        let forwards = (signed_area(ring) < 0.0) == shell;
        let mut before = local(last);
        for point in self.path.iter().map(local) {
            if point != before {
                let along = before < point;
                let (low, high) = if along { (before, point) } else { (point, before) };
                self.edges.push(Edge { group, low, high, way: if along == forwards { 1 } else { -1 } });
            }
            before = point;
        }
    }

    /// Draws the areas, in the order of the groups; a group of which nothing can be seen has none.
    pub(super) fn finish(mut self, paths: &mut Paths) -> Vec<Remainder> {
        self.edges.sort_unstable();
        let (mut scratch, mut room_to_work) = (Scratch::default(), EdgeRoom::default());
        let mut found = Vec::new();
        let edges = std::mem::take(&mut self.edges);
        for of_group in edges.chunk_by(|a, b| a.group == b.group) {
            let outline = outline(of_group);
            if outline.is_empty() {
                continue;
            }
            let (mut shells, mut holes) = union(outline).rings();
            // A gap that narrow is none; and rounding makes many of them.
            holes.retain(|hole| shorter_side(&hole.points) > self.fill_units);
            for ring in shells.iter_mut().chain(&mut holes) {
                thin(&mut ring.points, &self.grid, self.origin, &mut self.path, &mut scratch);
            }
            let first = paths.count();
            push_rings(paths, &shells, &holes);
            make_sound(paths, first, &mut room_to_work);
            if paths.count() > first {
                found.push(Remainder { group: of_group[0].group, first, end: paths.count() });
            }
        }
        found
    }
}

/// Takes the corners of a ring in tile units that cannot be seen. `path` is room to work in.
fn thin(ring: &mut Vec<[i32; 2]>, grid: &ZoomGrid, origin: [i64; 2], path: &mut Vec<[i64; 2]>, scratch: &mut Scratch) {
    path.clear();
    path.extend(ring.iter().map(|p| [i64::from(p[0]) + origin[0], i64::from(p[1]) + origin[1]]));
    grid.thin(path, true, scratch);
    // A ring that would be gone stays as it was: it may be all there is of its features.
    if path.len() >= 3 && path.len() < ring.len() {
        ring.clear();
        ring.extend(path.iter().map(|p| [(p[0] - origin[0]) as i32, (p[1] - origin[1]) as i32]));
    }
}

/// The edges of a group without those that cancel out, each as from, to.
fn outline(edges: &[Edge]) -> Vec<[[i32; 2]; 2]> {
    let mut outline = Vec::new();
    for same in edges.chunk_by(|a, b| (a.low, a.high) == (b.low, b.high)) {
        let ways: i32 = same.iter().map(|edge| edge.way).sum();
        let Edge { low, high, .. } = same[0];
        let directed = if ways > 0 { [low, high] } else { [high, low] };
        outline.extend(std::iter::repeat_n(directed, ways.unsigned_abs() as usize));
    }
    outline
}

/// What the edges wind around. As many leave each corner as arrive, so they are closed walks; which ones does not matter.
fn union(mut edges: Vec<[[i32; 2]; 2]>) -> Union {
    edges.sort_unstable();
    let mut union = Union::new();
    let mut taken = vec![0usize; edges.len()];
    let mut walk = Vec::new();
    for start in 0..edges.len() {
        if start > 0 && edges[start][0] == edges[start - 1][0] {
            continue;
        }
        // `taken` stands at the first edge that leaves a corner, and counts those used.
        while edges.get(start + taken[start]).is_some_and(|edge| edge[0] == edges[start][0]) {
            walk.clear();
            let mut corner = start;
            while let Some([from, to]) = edges.get(corner + taken[corner]).copied().filter(|edge| edge[0] == edges[corner][0]) {
                taken[corner] += 1;
                walk.push(from);
                corner = edges.partition_point(|edge| edge[0] < to);
                if corner == edges.len() {
                    break;
                }
            }
            union.add(&walk);
        }
    }
    union
}

/// Twice the area, positive when the ring runs counter-clockwise.
fn signed_area(ring: &LineString<f64>) -> f64 {
    let Some(o) = ring.0.first() else { return 0.0 };
    ring.0.windows(2).map(|s| (s[0].x - o.x) * (s[1].y - o.y) - (s[1].x - o.x) * (s[0].y - o.y)).sum()
}

fn shorter_side(ring: &[[i32; 2]]) -> i32 {
    let side = |axis: usize| {
        let ends = ring.iter().fold((i32::MAX, i32::MIN), |(low, high), p| (low.min(p[axis]), high.max(p[axis])));
        ends.1 - ends.0
    };
    if ring.is_empty() { 0 } else { side(0).min(side(1)) }
}
