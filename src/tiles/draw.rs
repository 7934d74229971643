//! One feature's geometry as paths of a tile.

use geo_types::{Coord, Geometry, LineString, Polygon};

use super::clip::ClipBox;
use super::generalise::{Detail, Scratch, ZoomGrid};
use super::grid::{BUFFER_UNITS, PIXEL_UNITS, TILE_UNITS, TileId};
use super::kept::{self, Whole};
use super::paths::{Paths, Role};
use super::sound::{EdgeRoom, make_sound};
use crate::domain::Extent;
use crate::spatial::{Found, LayerIndex, Shape, grid_position};

/// Polygons thinner than this, three sixteenths of a pixel, are not drawn.
const THIN_UNITS: f64 = 1.5;

/// Rounding and thinning move no border farther than this.
const MOVED_UNITS: f64 = 8.0;
/// A polygon of so many corners is worth a look at which of them lie near the tile.
const LONG_CORNERS: usize = 256;
/// Corners farther along a ring than this do not matter to what becomes of one: in each of four turns a corner looks at two on
/// either side, and at most every other has gone in the turn before.
const CONTEXT_CORNERS: usize = 32;

/// What became of a geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is in the paths from `first` to `end`.
    Drawn { first: usize, end: usize, kind: PathKind },
    /// It shows, but not in this tile.
    Elsewhere,
    /// At this zoom nothing of it is left anywhere.
    Collapsed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathKind {
    Points,
    Lines,
    Polygons,
}

/// Draws geometries into one tile, or only into the part of it without buffer.
#[derive(Debug)]
pub(super) struct Pen {
    grid: ZoomGrid,
    origin: [i64; 2],
    clip: ClipBox,
    /// The zoom, where shapes that lie in this box as a whole are kept, and the box.
    whole: Option<(u8, usize, Extent)>,
    path: Vec<[i64; 2]>,
    spare: Vec<[i64; 2]>,
    /// The rings of the polygon that is drawn, so many as were gathered; the others are room.
    rings: Vec<Vec<[i64; 2]>>,
    gathered: usize,
    near: Vec<Coord<f64>>,
    beyond: Vec<u8>,
    matters: Vec<bool>,
    scratch: Scratch,
    edges: EdgeRoom,
}

impl Pen {
    pub(super) fn new(tile: TileId, buffer_units: i32, detail: Detail) -> Self {
        debug_assert!((0..=BUFFER_UNITS).contains(&buffer_units));
        let origin = ZoomGrid::origin(tile);
        let grid = ZoomGrid::new(tile.z(), detail);
        // Corners lie on even numbers unless every unit counts; an edge between them meets none.
        let buffer = i64::from(buffer_units) - i64::from(grid.is_even() && buffer_units > 0);
        let clip = ClipBox { min: origin.map(|c| c - buffer), max: origin.map(|c| c + i64::from(TILE_UNITS) + buffer) };
        // Rounding may take a corner half a step out.
        let edge = f64::from(buffer_units - 2 * PIXEL_UNITS) * grid.unit_m();
        let whole = kept::slot(tile.z(), detail).map(|slot| (tile.z(), slot, tile.extent_mercator().grown(edge)));
        Self { origin, clip, whole, ..Self::everywhere(tile.z(), detail) }
    }

    /// One that draws what lies anywhere.
    pub(super) fn everywhere(z: u8, detail: Detail) -> Self {
        Self {
            grid: ZoomGrid::new(z, detail),
            origin: [0; 2],
            clip: ClipBox { min: [i64::MIN; 2], max: [i64::MAX; 2] },
            whole: None,
            path: Vec::new(),
            spare: Vec::new(),
            rings: Vec::new(),
            gathered: 0,
            near: Vec::new(),
            beyond: Vec::new(),
            matters: Vec::new(),
            scratch: Scratch::default(),
            edges: EdgeRoom::default(),
        }
    }

    /// Counts what it draws from a position on the grid of the zoom.
    pub(super) fn begin_at(&mut self, origin: [i64; 2]) {
        self.origin = origin;
    }

    /// The same as [`Self::draw`] for what a window met, without looking at its geometry where it is known what becomes of it.
    pub(super) fn draw_found(&mut self, index: &LayerIndex, found: &Found<'_>, reach: &Extent, whole: bool, paths: &mut Paths) -> Outcome {
        if let Some((z, slot, inside)) = self.whole
            && let Some(shape) = kept::whole(index, found, z, slot)
        {
            let outcome = match inside.contains(&found.extent) {
                true => shape.copy(self.origin, paths),
                false => self.draw_part(&shape, paths),
            };
            if let Some(outcome) = outcome {
                return outcome;
            }
        }
        match &found.feature.mercator {
            Shape::Geometry(geometry) => self.draw(geometry, reach, whole, paths),
            Shape::Point(_) | Shape::None => Outcome::Elsewhere,
        }
    }

    /// Cuts what is known as a whole.
    fn draw_part(&mut self, shape: &Whole<'_>, paths: &mut Paths) -> Option<Outcome> {
        let Some(kind) = shape.outcome()? else { return Some(Outcome::Collapsed) };
        let first = paths.count();
        self.gathered = 0;
        shape.each_path(|from, of, points| {
            if of.role() == Role::Shell {
                self.cut(paths);
                self.gathered = 0;
            }
            self.path.clear();
            self.path.extend(points.iter().map(|p| [from[0] + i64::from(p[0]), from[1] + i64::from(p[1])]));
            match of.role() {
                Role::Line => self.cut_line(paths),
                Role::Shell | Role::Hole => self.gather(),
            }
        });
        if kind == PathKind::Polygons {
            self.cut(paths);
            make_sound(paths, first, &mut self.edges);
        }
        Some(match paths.count() > first {
            true => Outcome::Drawn { first, end: paths.count(), kind },
            false => Outcome::Elsewhere,
        })
    }

    /// Where on the world grid the first line of a feature begins that is left at this zoom.
    pub(super) fn start_of(&mut self, index: &LayerIndex, found: &Found<'_>) -> Option<[u32; 2]> {
        if let Some((z, slot, _)) = self.whole
            && let Some(start) = kept::whole(index, found, z, slot).and_then(|shape| shape.start())
        {
            return Some(start);
        }
        match &found.feature.mercator {
            Shape::Geometry(geometry) => self.line_start(geometry).map(grid_position),
            Shape::Point(_) | Shape::None => None,
        }
    }

    /// Adds to `paths` what of a mercator geometry lies in the tile. Parts outside `reach` are looked at only when `whole`, or
    /// when nothing else tells whether an area is left at all: that of an area every tile it reaches must know.
    pub(super) fn draw(&mut self, geometry: &Geometry<f64>, reach: &Extent, whole: bool, paths: &mut Paths) -> Outcome {
        let first = paths.count();
        let mut alive = false;
        let kind = kind(geometry);
        match kind {
            PathKind::Polygons => {
                let mut here = false;
                each_polygon(geometry, &mut |polygon| {
                    if meets(&polygon.exterior().0, reach) {
                        here = true;
                        alive |= self.polygon(polygon, Some((reach, paths)));
                    }
                });
                if !alive && (here || whole) {
                    each_polygon(geometry, &mut |polygon| {
                        alive = alive || (!meets(&polygon.exterior().0, reach) && self.polygon(polygon, None));
                    });
                    if !alive {
                        paths.truncate(first);
                        return Outcome::Collapsed;
                    }
                }
            }
            PathKind::Lines => {
                each_line(geometry, &mut |line| alive |= self.line(line, reach, whole, paths));
                if !alive && whole {
                    return Outcome::Collapsed;
                }
            }
            PathKind::Points => each_point(geometry, &mut |point| {
                self.grid.line(&[point], &mut self.path, &mut self.scratch);
                // Without buffer and half open: in exactly one tile.
                let local = self.local(self.path[0]);
                if local.iter().all(|c| (0..TILE_UNITS).contains(c)) {
                    paths.push(Role::Line, [local]);
                }
            }),
        }
        let polygons = kind == PathKind::Polygons && paths.count() > first;
        if polygons {
            make_sound(paths, first, &mut self.edges);
        }
        match paths.count() > first {
            true => Outcome::Drawn { first, end: paths.count(), kind },
            false => Outcome::Elsewhere,
        }
    }

    /// Whether anything is left of the geometry at this zoom.
    pub(super) fn survives(&mut self, geometry: &Geometry<f64>) -> bool {
        let mut alive = false;
        match kind(geometry) {
            PathKind::Points => alive = true,
            PathKind::Lines => alive = self.line_start(geometry).is_some(),
            PathKind::Polygons => each_polygon(geometry, &mut |polygon| {
                alive = alive || self.polygon(polygon, None);
            }),
        }
        alive
    }

    /// The first end of the first line that is left at this zoom: one whose points do not all come to lie on one place.
    pub(super) fn line_start(&mut self, geometry: &Geometry<f64>) -> Option<[f64; 2]> {
        let mut start = None;
        each_line(geometry, &mut |line| {
            let place = line.0.first().map(|c| self.grid.position(c));
            if start.is_none() && line.0.iter().any(|c| Some(self.grid.position(c)) != place) {
                start = line.0.first().map(|c| [c.x, c.y]);
            }
        });
        start
    }

    /// Adds what of a part is within reach to the paths, if wanted, and says whether it is at least [`THIN_UNITS`] wide on average (twice the area
    /// over the length of its edges). What is thinner may be nothing at all after rounding and shows only beside wider
    /// parts. The answer is the same in every tile.
    fn polygon(&mut self, polygon: &Polygon<f64>, mut show: Option<(&Extent, &mut Paths)>) -> bool {
        if let Some((reach, paths)) = &mut show
            && is_long(polygon)
            && self.is_certainly_wide(polygon)
        {
            self.near_rings(polygon, reach, paths);
            return true;
        }
        self.grid.ring(&polygon.exterior().0, &mut self.path, &mut self.scratch);
        let (mut area, mut length) = doubled_area_and_length(&self.path);
        self.gathered = 0;
        if show.is_some() {
            self.gather();
        }
        for hole in polygon.interiors() {
            self.grid.ring(&hole.0, &mut self.path, &mut self.scratch);
            let (hole_area, hole_length) = doubled_area_and_length(&self.path);
            area -= hole_area;
            length += hole_length;
            if let Some((reach, _)) = &show
                && meets(&hole.0, reach)
            {
                self.gather();
            }
        }
        if let Some((_, paths)) = &mut show {
            self.cut(paths);
        }
        area > 0.0 && area >= THIN_UNITS * length
    }

    /// Whether a part is so wide that it is as wide as is asked after whatever rounding and thinning do to it.
    fn is_certainly_wide(&self, polygon: &Polygon<f64>) -> bool {
        let (mut area, mut length) = area_and_length_at_most(&polygon.exterior().0);
        for hole in polygon.interiors() {
            let (hole_area, hole_length) = area_and_length_at_most(&hole.0);
            area -= hole_area;
            length += hole_length;
        }
        area >= (THIN_UNITS + 2.0 * MOVED_UNITS) * self.grid.unit_m() * length
    }

    /// Adds the rings of a part without looking closely at what lies far from the tile.
    fn near_rings(&mut self, polygon: &Polygon<f64>, reach: &Extent, paths: &mut Paths) {
        self.gathered = 0;
        let holes = polygon.interiors().iter().filter(|hole| meets(&hole.0, reach));
        for ring in std::iter::once(polygon.exterior()).chain(holes) {
            near(&ring.0, reach, &mut self.beyond, &mut self.matters, &mut self.near);
            self.grid.ring(&self.near, &mut self.path, &mut self.scratch);
            self.gather();
        }
        self.cut(paths);
    }

    /// Puts the path aside as a ring of the polygon that is drawn.
    fn gather(&mut self) {
        match self.rings.get_mut(self.gathered) {
            Some(ring) => ring.clone_from(&self.path),
            None => self.rings.push(self.path.clone()),
        }
        self.gathered += 1;
    }

    /// Adds what of the gathered rings, a shell and its holes, lies in the box.
    fn cut(&mut self, paths: &mut Paths) {
        let Self { clip, origin, rings, gathered, spare, .. } = self;
        let rings = &mut rings[..*gathered];
        if rings.is_empty() {
            return;
        }
        let mut add =
            |role, ring: &[[i64; 2]]| paths.push(role, ring.iter().map(|p| [(p[0] - origin[0]) as i32, (p[1] - origin[1]) as i32]));
        let role = |shell| if shell { Role::Shell } else { Role::Hole };
        if rings.iter().all(|ring| clip.holds(ring)) {
            rings.iter().enumerate().for_each(|(at, ring)| add(role(at == 0), ring));
        } else if let Some(cuts) = clip.area(rings, spare) {
            cuts.iter().for_each(|cut| add(role(cut.shell), &cut.ring));
        } else {
            for (at, ring) in rings.iter_mut().enumerate() {
                clip.ring(ring, spare);
                // Also when nothing is left: a shell that went takes its holes with it.
                add(role(at == 0), ring);
            }
        }
    }

    fn line(&mut self, line: &LineString<f64>, reach: &Extent, whole: bool, paths: &mut Paths) -> bool {
        let here = meets(&line.0, reach);
        if !here && !whole {
            return false;
        }
        self.grid.line(&line.0, &mut self.path, &mut self.scratch);
        if here && self.path.len() > 1 {
            self.cut_line(paths);
        }
        self.path.len() > 1
    }

    /// Adds what of the path lies in the box.
    fn cut_line(&mut self, paths: &mut Paths) {
        let Self { clip, path, spare, origin, .. } = self;
        clip.line(path, spare, |part| {
            paths.push(Role::Line, part.iter().map(|p| [(p[0] - origin[0]) as i32, (p[1] - origin[1]) as i32]));
        });
    }

    fn local(&self, p: [i64; 2]) -> [i32; 2] {
        // Only ever of points near the tile, or compared with its size: saturation does no harm.
        [0, 1].map(|axis| (p[axis] - self.origin[axis]).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
    }
}

/// Areas before lines before points, for collections of several.
pub(super) fn kind(geometry: &Geometry<f64>) -> PathKind {
    match geometry {
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => PathKind::Polygons,
        Geometry::LineString(_) | Geometry::MultiLineString(_) | Geometry::Line(_) => PathKind::Lines,
        Geometry::Point(_) | Geometry::MultiPoint(_) => PathKind::Points,
        Geometry::GeometryCollection(parts) => {
            let kinds = || parts.0.iter().map(kind);
            if kinds().any(|kind| kind == PathKind::Polygons) {
                PathKind::Polygons
            } else if kinds().any(|kind| kind == PathKind::Lines) {
                PathKind::Lines
            } else {
                PathKind::Points
            }
        }
    }
}

pub(super) fn each_polygon(geometry: &Geometry<f64>, visit: &mut impl FnMut(&Polygon<f64>)) {
    match geometry {
        Geometry::Polygon(polygon) => visit(polygon),
        Geometry::MultiPolygon(parts) => parts.0.iter().for_each(visit),
        Geometry::Rect(rect) => visit(&rect.to_polygon()),
        Geometry::Triangle(triangle) => visit(&triangle.to_polygon()),
        Geometry::GeometryCollection(parts) => parts.0.iter().for_each(|part| each_polygon(part, visit)),
        _ => {}
    }
}

pub(super) fn each_line(geometry: &Geometry<f64>, visit: &mut impl FnMut(&LineString<f64>)) {
    match geometry {
        Geometry::LineString(line) => visit(line),
        Geometry::MultiLineString(lines) => lines.0.iter().for_each(visit),
        Geometry::Line(line) => visit(&LineString(vec![line.start, line.end])),
        Geometry::GeometryCollection(parts) => parts.0.iter().for_each(|part| each_line(part, visit)),
        _ => {}
    }
}

pub(super) fn each_point(geometry: &Geometry<f64>, visit: &mut impl FnMut(Coord<f64>)) {
    match geometry {
        Geometry::Point(point) => visit(point.0),
        Geometry::MultiPoint(points) => points.0.iter().for_each(|point| visit(point.0)),
        Geometry::GeometryCollection(parts) => parts.0.iter().for_each(|part| each_point(part, visit)),
        _ => {}
    }
}

fn is_long(polygon: &Polygon<f64>) -> bool {
    polygon.exterior().0.len() + polygon.interiors().iter().map(|hole| hole.0.len()).sum::<usize>() >= LONG_CORNERS
}

/// Twice the area, and a length that is no less than that of the ring; in the units of its coordinates.
fn area_and_length_at_most(ring: &[Coord<f64>]) -> (f64, f64) {
    let Some(o) = ring.first() else { return (0.0, 0.0) };
    let (mut area, mut length) = (0.0, 0.0);
    for pair in ring.windows(2) {
        let [a, b] = [pair[0], pair[1]].map(|c| [c.x - o.x, c.y - o.y]);
        area += a[0] * b[1] - b[0] * a[1];
        length += (b[0] - a[0]).abs() + (b[1] - a[1]).abs();
    }
    (area.abs(), length)
}

/// A closed ring with fewer corners that is the same ring within reach: all corners that matter there, and of the others as many
/// as are needed to go around it the same way. The vectors between are room to work in.
fn near(ring: &[Coord<f64>], reach: &Extent, beyond: &mut Vec<u8>, matters: &mut Vec<bool>, out: &mut Vec<Coord<f64>>) {
    out.clear();
    let count = ring.len().saturating_sub(1);
    let Some(last) = count.checked_sub(1) else { return };
    // Beyond which sides of the reach each corner lies.
    beyond.clear();
    beyond.extend(ring.iter().map(|Coord { x, y }| {
        let [min, max] = [reach.min, reach.max];
        u8::from(*x < min[0]) | u8::from(*x > max[0]) << 1 | u8::from(*y < min[1]) << 2 | u8::from(*y > max[1]) << 3
    }));
    matters.clear();
    matters.resize(count, false);
    let mut marked_to = isize::MIN;
    for at in 0..count {
        // An edge may come near unless both its ends lie beyond one side. It matters to corners on both sides, around the ring.
        if beyond[at] & beyond[at + 1] == 0 {
            let context = CONTEXT_CORNERS.min(last) as isize;
            let (from, to) = (at as isize - context, at as isize + 1 + context);
            (from.max(marked_to)..=to).for_each(|corner| matters[corner.rem_euclid(count as isize) as usize] = true);
            marked_to = to + 1;
        }
    }
    // The sides that all corners since the last one in `out` lie beyond.
    let mut common = 0;
    for at in 0..=count {
        let here = if at == count { 0 } else { at };
        let keeps = here == 0 || matters[here];
        if at > 0 && common & beyond[at] == 0 && !(matters[here] && matters[at - 1]) {
            // The way past those left out must not cut through: over the one before.
            if out.last() != Some(&ring[at - 1]) {
                out.push(ring[at - 1]);
            }
            common = beyond[at - 1] & beyond[at];
        } else {
            common &= beyond[at];
        }
        if keeps {
            out.push(ring[at]);
            common = beyond[at];
        }
    }
}

/// The area without sign.
fn doubled_area_and_length(ring: &[[i64; 2]]) -> (f64, f64) {
    let (Some(o), Some(last)) = (ring.first(), ring.last()) else { return (0.0, 0.0) };
    // Relative to the first corner, in doubles: exact enough to compare with a threshold, at any zoom.
    let corner = |p: &[i64; 2]| [(p[0] - o[0]) as f64, (p[1] - o[1]) as f64];
    let (mut area, mut length, mut before) = (0.0, 0.0, corner(last));
    for point in ring.iter().map(corner) {
        area += before[0] * point[1] - point[0] * before[1];
        let [dx, dy] = [point[0] - before[0], point[1] - before[1]];
        length += (dx * dx + dy * dy).sqrt();
        before = point;
    }
    (area.abs(), length)
}

fn meets(path: &[Coord<f64>], reach: &Extent) -> bool {
    let [min, max] = [reach.min, reach.max];
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for c in path {
        low = [low[0].min(c.x), low[1].min(c.y)];
        high = [high[0].max(c.x), high[1].max(c.y)];
    }
    low[0] <= max[0] && min[0] <= high[0] && low[1] <= max[1] && min[1] <= high[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How often a closed ring winds around a place.
    fn winding(ring: &[Coord<f64>], x: f64, y: f64) -> i32 {
        let side = |a: Coord<f64>, b: Coord<f64>| (b.x - a.x) * (y - a.y) - (x - a.x) * (b.y - a.y);
        ring.windows(2)
            .map(|pair| match (pair[0].y <= y, pair[1].y <= y) {
                (true, false) if side(pair[0], pair[1]) > 0.0 => 1,
                (false, true) if side(pair[0], pair[1]) < 0.0 => -1,
                _ => 0,
            })
            .sum()
    }

    proptest! {
        #[test]
        fn a_ring_seen_from_near_winds_the_same_way_and_keeps_what_comes_near(
            steps in prop::collection::vec([-9.0..9.0f64, -9.0..9.0f64], 3..600),
            places in prop::collection::vec([-8.0..8.0f64, -8.0..8.0f64], 20),
        ) {
            // A walk that comes and goes.
            let mut at = [0.0, 0.0];
            let mut ring: Vec<Coord<f64>> = steps.iter().map(|step| {
                at = [0, 1].map(|axis| at[axis] * 0.97 + step[axis]);
                Coord { x: at[0], y: at[1] }
            }).collect();
            ring.push(ring[0]);
            let reach = Extent { min: [-8.0, -8.0], max: [8.0, 8.0] };
            let (mut beyond, mut matters, mut seen) = (Vec::new(), Vec::new(), Vec::new());
            near(&ring, &reach, &mut beyond, &mut matters, &mut seen);
            prop_assert!(seen.len() <= ring.len() && seen.first() == seen.last());
            for [x, y] in places {
                prop_assert_eq!(winding(&ring, x, y), winding(&seen, x, y), "at {} {}", x, y);
            }
            // In order, and without a gap where it matters.
            let mut rest = ring.iter();
            prop_assert!(seen[..seen.len() - 1].iter().all(|corner| rest.any(|known| known == corner)));
            for pair in ring.windows(2).filter(|pair| reach.intersects(&Extent { min: [pair[0].x.min(pair[1].x), pair[0].y.min(pair[1].y)], max: [pair[0].x.max(pair[1].x), pair[0].y.max(pair[1].y)] })) {
                prop_assert!(seen.windows(2).any(|kept| kept == pair), "{:?} is gone", pair);
            }
        }
    }
}
