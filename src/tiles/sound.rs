//! Polygons on whole numbers that are valid by the book (OGC Simple Features), after rounding and cutting.
//!
//! Nearly all are, and a look at pairs of edges shows it; the rest go through the overlay of i_overlay on whole numbers.

use std::collections::BTreeSet;

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{Overlay, ShapeType};
use i_overlay::i_float::int::point::IntPoint;
use i_overlay::vector::edge::{SUBJ_LEFT, SUBJ_RIGHT};

use super::paths::{Paths, Role};
use super::rings::{self, Ring};

/// An edge with its box, for the look at pairs.
#[derive(Clone, Copy, Debug)]
struct Edge {
    ends: [[i32; 2]; 2],
    min_x: i32,
    max_x: i32,
    min_y: i32,
    max_y: i32,
    ring: u32,
    /// Its number in the ring, and how many there are.
    at: u32,
    of: u32,
}

/// How much room edges of a polygon leave each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// Rounding by an eighth of a unit changes nothing.
    Wide,
    /// They meet at a corner of both rings, and are far apart elsewhere.
    Touching,
    /// Somewhere a corner lies so near an edge that coordinates must keep more digits.
    Tight,
    /// Edges meet where they must not.
    None,
}

/// Makes the rings from `first` on, which are one feature's, a valid multipolygon: shells of positive area (in x east, y
/// south), each followed by its holes of negative area. Rings without area go; those with little room are marked as tight.
pub(super) fn make_sound(paths: &mut Paths, first: usize, room: &mut EdgeRoom) {
    orient(paths, first);
    if !room.look(paths, first, room_between) || !(paths.count() - first <= 1 || rings_lie_well(paths, first)) {
        overlay(paths, first);
        // Where edges meet now, they may.
        room.look(paths, first, room_where_touching);
        room.spread_tightness();
    }
    room.tight.drain(..).for_each(|ring| paths.set_tight(ring as usize));
}

/// Room to work in, kept from feature to feature.
#[derive(Debug, Default)]
pub(super) struct EdgeRoom {
    edges: Vec<Edge>,
    tight: Vec<u32>,
    /// Pairs of rings that have a corner in common.
    touching: Vec<[u32; 2]>,
}

/// Turns rings the way their role wants; drops those without area, and holes whose shell went.
fn orient(paths: &mut Paths, first: usize) {
    let mut keep_holes = false;
    paths.retain_from(first, |role, ring| {
        let area = doubled_area(ring);
        let keep = ring.len() >= 3 && area != 0 && (role == Role::Shell || keep_holes);
        if role == Role::Shell {
            keep_holes = keep;
        }
        if (area > 0) != (role == Role::Shell) {
            ring.reverse();
        }
        keep
    });
}

pub(super) fn doubled_area(ring: &[[i32; 2]]) -> i64 {
    let Some(mut before) = ring.last().copied() else { return 0 };
    let mut area = 0;
    for &point in ring {
        area += i64::from(before[0]) * i64::from(point[1]) - i64::from(point[0]) * i64::from(before[1]);
        before = point;
    }
    area
}

impl EdgeRoom {
    /// Looks at all pairs of edges that come near each other and notes tight rings; false as soon as two have no room.
    fn look(&mut self, paths: &Paths, first: usize, between: fn(&Edge, &Edge) -> Room) -> bool {
        let Self { edges, tight, touching } = self;
        edges.clear();
        tight.clear();
        touching.clear();
        for ring in first..paths.count() {
            let points = paths.points(ring);
            for at in 0..points.len() {
                let (a, b) = (points[at], points[(at + 1) % points.len()]);
                let (min_x, max_x) = (a[0].min(b[0]), a[0].max(b[0]));
                let (min_y, max_y) = (a[1].min(b[1]), a[1].max(b[1]));
                edges.push(Edge { ends: [a, b], min_x, max_x, min_y, max_y, ring: ring as u32, at: at as u32, of: points.len() as u32 });
            }
        }
        let sorted = edges.len() > 24;
        if sorted {
            edges.sort_unstable_by_key(|edge| (edge.min_x, edge.ring, edge.at));
        }
        for (at, edge) in edges.iter().enumerate() {
            for other in &edges[at + 1..] {
                if sorted && other.min_x > edge.max_x {
                    break;
                }
                if lie_apart(edge, other) {
                    continue;
                }
                match between(edge, other) {
                    Room::Wide => {}
                    Room::Touching => touching.push([edge.ring, other.ring]),
                    Room::Tight => tight.extend([edge.ring, other.ring]),
                    Room::None => return false,
                }
            }
        }
        true
    }

    /// A corner has as many digits in one ring as in the other, or one would cross the other there.
    fn spread_tightness(&mut self) {
        let mut marked: BTreeSet<u32> = self.tight.drain(..).collect();
        loop {
            let before = marked.len();
            for [a, b] in &self.touching {
                if marked.contains(a) || marked.contains(b) {
                    marked.extend([a, b]);
                }
            }
            if marked.len() == before {
                break;
            }
        }
        self.tight.extend(marked);
    }
}

/// For rings that do not touch: each hole lies in its shell, and all else that is around a ring comes in pairs of a shell and
/// a hole, as with an island in a lake.
fn rings_lie_well(paths: &Paths, first: usize) -> bool {
    let boxes: Vec<[[i32; 2]; 2]> = (first..paths.count()).map(|ring| box_of(paths.points(ring))).collect();
    let around = |ring: usize, [x, y]: [i32; 2]| {
        let [low, high] = boxes[ring - first];
        low[0] <= x && x <= high[0] && low[1] <= y && y <= high[1] && encloses(paths.points(ring), [x, y])
    };
    let mut shell = first;
    (first..paths.count()).all(|ring| {
        let hole = paths.role(ring) == Role::Hole;
        if !hole {
            shell = ring;
        }
        let corner = paths.points(ring)[0];
        if hole && !around(shell, corner) {
            return false;
        }
        let others = (first..paths.count()).filter(|other| *other != ring && !(hole && *other == shell) && around(*other, corner));
        others.map(|other| if paths.role(other) == Role::Shell { 1 } else { -1 }).sum::<i32>() == 0
    })
}

fn box_of(ring: &[[i32; 2]]) -> [[i32; 2]; 2] {
    let ends = |axis: usize| ring.iter().fold((i32::MAX, i32::MIN), |(low, high), p| (low.min(p[axis]), high.max(p[axis])));
    let ([west, east], [north, south]) = ([ends(0).0, ends(0).1], [ends(1).0, ends(1).1]);
    [[west, north], [east, south]]
}

/// Crossing number; corners on the ring itself do not come here.
fn encloses(ring: &[[i32; 2]], [x, y]: [i32; 2]) -> bool {
    let Some(mut before) = ring.last().copied() else { return false };
    let mut inside = false;
    for &point in ring {
        let (low, high) = if before[1] <= point[1] { (before, point) } else { (point, before) };
        if low[1] <= y && y < high[1] && turn(low, high, [x, y]) > 0 {
            inside = !inside;
        }
        before = point;
    }
    inside
}

/// Positive when a, b, c turn from the x axis towards the y axis.
pub(super) fn turn(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> i64 {
    let d = |from: i32, to: i32| i64::from(to) - i64::from(from);
    d(a[0], b[0]) * d(a[1], c[1]) - d(a[1], b[1]) * d(a[0], c[0])
}

/// [`Room::None`] when two edges have a point in common that they should not.
fn room_between(one: &Edge, two: &Edge) -> Room {
    let ([a, b], [c, d]) = (one.ends, two.ends);
    // Neighbours share a corner; they are in conflict when they run back over each other.
    let next = |edge: &Edge| (edge.at + 1) % edge.of;
    if one.ring == two.ring && next(one) == two.at {
        return room_around(b, a, d);
    }
    if one.ring == two.ring && next(two) == one.at {
        return room_around(d, c, b);
    }
    let (c_side, d_side) = (turn(a, b, c), turn(a, b, d));
    let (a_side, b_side) = (turn(c, d, a), turn(c, d, b));
    if c_side.signum() * d_side.signum() != 1 && a_side.signum() * b_side.signum() != 1 {
        return Room::None;
    }
    let near = is_near(c_side, a, b) || is_near(d_side, a, b) || is_near(a_side, c, d) || is_near(b_side, c, d);
    if near { Room::Tight } else { Room::Wide }
}

/// The same for a polygon that is valid: edges may meet at corners.
fn room_where_touching(one: &Edge, two: &Edge) -> Room {
    let ([a, b], [c, d]) = (one.ends, two.ends);
    let common = [(a, b, c, d), (a, b, d, c), (b, a, c, d), (b, a, d, c)].into_iter().find(|(corner, _, other, _)| corner == other);
    let room = match common {
        Some((corner, one_end, _, two_end)) => room_around(corner, one_end, two_end),
        None => room_between(one, two),
    };
    match room {
        Room::Wide if common.is_some() && one.ring != two.ring => Room::Touching,
        Room::None => Room::Tight,
        room => room,
    }
}

/// A corner beyond the box of an edge is a whole unit or more away from it.
fn lie_apart(one: &Edge, two: &Edge) -> bool {
    two.max_y < one.min_y || one.max_y < two.min_y || one.max_x < two.min_x || two.max_x < one.min_x
}

/// Of two edges from one corner.
fn room_around(corner: [i32; 2], one_end: [i32; 2], two_end: [i32; 2]) -> Room {
    let back = dot(corner, one_end, two_end) > 0;
    match turn(corner, one_end, two_end) {
        0 if back => Room::None,
        area if back && is_near(area, corner, one_end).max(is_near(area, corner, two_end)) => Room::Tight,
        _ => Room::Wide,
    }
}

/// Whether a corner is under half a unit from the line from `a` to `b`, given twice the area of the triangle of the three.
fn is_near(doubled_area: i64, a: [i32; 2], b: [i32; 2]) -> bool {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]].map(i64::from);
    4 * doubled_area * doubled_area < dx * dx + dy * dy
}

fn dot(from: [i32; 2], a: [i32; 2], b: [i32; 2]) -> i64 {
    let d = |to: i32, axis: usize| i64::from(to) - i64::from(from[axis]);
    d(a[0], 0) * d(b[0], 0) + d(a[1], 1) * d(b[1], 1)
}

fn overlay(paths: &mut Paths, first: usize) {
    let mut union = Union::new();
    for ring in first..paths.count() {
        union.add(paths.points(ring));
    }
    let (shells, holes) = union.rings();
    paths.truncate(first);
    push_rings(paths, &shells, &holes);
}

/// Adds shells, each followed by its holes.
pub(super) fn push_rings(paths: &mut Paths, shells: &[Ring], holes: &[Ring]) {
    for (at, shell) in shells.iter().enumerate() {
        paths.push(Role::Shell, shell.points.iter().copied());
        for hole in holes.iter().filter(|hole| hole.shell == Some(at)) {
            paths.push(Role::Hole, hole.points.iter().copied());
        }
    }
}

/// What rings wind around at least once. i_overlay splits the edges where they meet and tells the sides; the rings are put
/// together here, because its own way to OGC polygons fails where edges touch in several places.
pub(super) struct Union(Overlay);

impl Union {
    pub(super) fn new() -> Self {
        Self(Overlay::new(64))
    }

    pub(super) fn add(&mut self, ring: &[[i32; 2]]) {
        self.0.add_path_iter(ring.iter().map(|p| IntPoint::new(p[0], p[1])), ShapeType::Subject);
    }

    pub(super) fn rings(mut self) -> (Vec<Ring>, Vec<Ring>) {
        let boundary = self.0.build_separate_vectors(FillRule::Positive).into_iter().filter_map(|edge| {
            let (a, b) = ([edge.a.x, edge.a.y], [edge.b.x, edge.b.y]);
            match edge.fill & (SUBJ_LEFT | SUBJ_RIGHT) {
                SUBJ_LEFT => Some([a, b]),
                SUBJ_RIGHT => Some([b, a]),
                _ => None,
            }
        });
        rings::trace(boundary.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Validation;
    use geo_types::{Coord, MultiPolygon, Polygon};
    use proptest::prelude::*;

    fn polygons(paths: &Paths) -> MultiPolygon<f64> {
        let line = |path: usize| -> geo_types::LineString<f64> {
            paths.points(path).iter().map(|p| Coord { x: f64::from(p[0]), y: f64::from(p[1]) }).collect()
        };
        let mut parts: Vec<Polygon<f64>> = Vec::new();
        for path in 0..paths.count() {
            match (paths.role(path), parts.last_mut()) {
                (Role::Hole, Some(part)) => part.interiors_push(line(path)),
                _ => parts.push(Polygon::new(line(path), vec![])),
            }
        }
        MultiPolygon(parts)
    }

    /// How often a ring winds around a point off its edges.
    fn winding(ring: &[[i32; 2]], [x, y]: [f64; 2]) -> i32 {
        (0..ring.len())
            .map(|at| (ring[at].map(f64::from), ring[(at + 1) % ring.len()].map(f64::from)))
            .map(|(a, b)| {
                let side = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
                if a[1] <= y && b[1] > y && side > 0.0 {
                    1
                } else if a[1] > y && b[1] <= y && side < 0.0 {
                    -1
                } else {
                    0
                }
            })
            .sum()
    }

    fn distance(ring: &[[i32; 2]], [x, y]: [f64; 2]) -> f64 {
        (0..ring.len())
            .map(|at| (ring[at].map(f64::from), ring[(at + 1) % ring.len()].map(f64::from)))
            .map(|(a, b)| {
                let d = [b[0] - a[0], b[1] - a[1]];
                let length_2 = d[0] * d[0] + d[1] * d[1];
                let along = if length_2 > 0.0 { (((x - a[0]) * d[0] + (y - a[1]) * d[1]) / length_2).clamp(0.0, 1.0) } else { 0.0 };
                (a[0] + along * d[0] - x).hypot(a[1] + along * d[1] - y)
            })
            .fold(f64::INFINITY, f64::min)
    }

    fn rings() -> impl Strategy<Value = Vec<(bool, Vec<[i32; 2]>)>> {
        // Few places, so that corners meet corners and edges all the time.
        let corner = || [0i32..8, 0i32..8].prop_map(|p| p.map(|c| c * 32));
        prop::collection::vec((any::<bool>(), prop::collection::vec(corner(), 3..9)), 1..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

        #[test]
        fn whatever_the_rings_the_result_is_valid_and_covers_what_they_wind_around(rings in rings()) {
            let mut paths = Paths::default();
            for (at, (hole, ring)) in rings.iter().enumerate() {
                let mut ring = ring.clone();
                ring.dedup();
                while ring.len() > 1 && ring.first() == ring.last() {
                    ring.pop();
                }
                paths.push(if *hole && at > 0 { Role::Hole } else { Role::Shell }, ring);
            }
            // As they are turned for the judgement.
            let mut turned = Vec::new();
            orient(&mut paths, 0);
            for path in 0..paths.count() {
                turned.push(paths.points(path).to_vec());
            }
            make_sound(&mut paths, 0, &mut EdgeRoom::default());
            let result = polygons(&paths);
            prop_assert!(result.is_valid(), "{:?} {:?}", result.check_validation(), result);
            for path in 0..paths.count() {
                prop_assert_eq!(doubled_area(paths.points(path)) > 0, paths.role(path) == Role::Shell, "{:?}", paths.points(path));
            }
            for at in 0..256 {
                let point = [f64::from(at % 16) * 14.3 + 3.7, f64::from(at / 16) * 14.3 + 4.1];
                if turned.iter().any(|ring| distance(ring, point) < 3.0) {
                    continue;
                }
                let wanted = turned.iter().map(|ring| winding(ring, point)).sum::<i32>() > 0;
                let covered: i32 = (0..paths.count()).map(|path| winding(paths.points(path), point)).sum();
                prop_assert_eq!(covered, i32::from(wanted), "at {:?} of {:?}", point, turned);
            }
        }
    }
}
