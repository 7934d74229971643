//! One feature's geometry as paths of a tile.

use geo_types::{Coord, Geometry, LineString, Polygon};

use super::clip::ClipBox;
use super::generalise::{Detail, Scratch, ZoomGrid};
use super::grid::{BUFFER_UNITS, TILE_UNITS, TileId};
use super::paths::{Paths, Role};
use super::sound::{EdgeRoom, make_sound};
use crate::domain::Extent;

/// Polygons thinner than this, three sixteenths of a pixel, are not drawn.
const THIN_UNITS: f64 = 1.5;

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
    path: Vec<[i64; 2]>,
    spare: Vec<[i64; 2]>,
    scratch: Scratch,
    edges: EdgeRoom,
}

impl Pen {
    pub(super) fn new(tile: TileId, buffer_units: i32, detail: Detail) -> Self {
        debug_assert!((0..=BUFFER_UNITS).contains(&buffer_units));
        let origin = ZoomGrid::origin(tile);
        let buffer = i64::from(buffer_units);
        let clip = ClipBox { min: origin.map(|c| c - buffer), max: origin.map(|c| c + i64::from(TILE_UNITS) + buffer) };
        Self {
            grid: ZoomGrid::new(tile.z(), detail),
            origin,
            clip,
            path: Vec::new(),
            spare: Vec::new(),
            scratch: Scratch::default(),
            edges: EdgeRoom::default(),
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

    /// The first end of the first line that is left at this zoom.
    pub(super) fn line_start(&mut self, geometry: &Geometry<f64>) -> Option<[f64; 2]> {
        let mut start = None;
        each_line(geometry, &mut |line| {
            if start.is_none() {
                self.grid.line(&line.0, &mut self.path, &mut self.scratch);
                start = line.0.first().filter(|_| self.path.len() > 1).map(|c| [c.x, c.y]);
            }
        });
        start
    }

    /// Adds what of a part is within reach to the paths, if wanted, and says whether it is at least [`THIN_UNITS`] wide on average (twice the area
    /// over the length of its edges). What is thinner may be nothing at all after rounding and shows only beside wider
    /// parts. The answer is the same in every tile.
    fn polygon(&mut self, polygon: &Polygon<f64>, mut show: Option<(&Extent, &mut Paths)>) -> bool {
        self.grid.ring(&polygon.exterior().0, &mut self.path, &mut self.scratch);
        let (mut area, mut length) = doubled_area_and_length(&self.path);
        if let Some((_, paths)) = &mut show {
            self.cut_ring(Role::Shell, paths);
        }
        for hole in polygon.interiors() {
            self.grid.ring(&hole.0, &mut self.path, &mut self.scratch);
            let (hole_area, hole_length) = doubled_area_and_length(&self.path);
            area -= hole_area;
            length += hole_length;
            if let Some((reach, paths)) = &mut show
                && meets(&hole.0, reach)
            {
                self.cut_ring(Role::Hole, paths);
            }
        }
        area > 0.0 && area >= THIN_UNITS * length
    }

    fn cut_ring(&mut self, role: Role, paths: &mut Paths) {
        self.clip.ring(&mut self.path, &mut self.spare);
        let Self { path, origin, .. } = self;
        // Also when nothing is left: a shell that went takes its holes with it.
        paths.push(role, path.iter().map(|p| [(p[0] - origin[0]) as i32, (p[1] - origin[1]) as i32]));
    }

    fn line(&mut self, line: &LineString<f64>, reach: &Extent, whole: bool, paths: &mut Paths) -> bool {
        let here = meets(&line.0, reach);
        if !here && !whole {
            return false;
        }
        self.grid.line(&line.0, &mut self.path, &mut self.scratch);
        if here && self.path.len() > 1 {
            let Self { clip, path, spare, origin, .. } = self;
            clip.line(path, spare, |part| {
                paths.push(Role::Line, part.iter().map(|p| [(p[0] - origin[0]) as i32, (p[1] - origin[1]) as i32]));
            });
        }
        self.path.len() > 1
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

/// The area without sign.
fn doubled_area_and_length(ring: &[[i64; 2]]) -> (f64, f64) {
    let (Some(o), Some(last)) = (ring.first(), ring.last()) else { return (0.0, 0.0) };
    // Relative to the first corner, in doubles: exact enough to compare with a threshold, at any zoom.
    let corner = |p: &[i64; 2]| [(p[0] - o[0]) as f64, (p[1] - o[1]) as f64];
    let (mut area, mut length, mut before) = (0.0, 0.0, corner(last));
    for point in ring.iter().map(corner) {
        area += before[0] * point[1] - point[0] * before[1];
        length += (point[0] - before[0]).hypot(point[1] - before[1]);
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
