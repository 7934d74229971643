//! Where the rings of an area meet, and whether that is allowed (OGC Simple Features 1.2.1, section 6.1.11, as GEOS reads it).

use std::cmp::Ordering;
use std::collections::HashMap;

use geo::algorithm::kernels::{Kernel, Orientation, RobustKernel};
use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
use geo::line_intersection::{LineIntersection, line_intersection};
use geo_types::{Coord, Line, LineString, Polygon};

use super::check::{Flaw, Reason};

/// One ring without repeated points, closed.
struct Ring {
    polygon: usize,
    is_hole: bool,
    line: LineString<f64>,
    min: Coord<f64>,
    max: Coord<f64>,
}

#[derive(Clone, Copy)]
struct Segment {
    ring: usize,
    index: usize,
    line: Line<f64>,
    min_x: f64,
    max_x: f64,
    min_y: f64,
    max_y: f64,
}

/// Two rings meet in one point, which is not yet wrong.
struct Touch {
    rings: [usize; 2],
    /// The segment of each ring on which the point lies.
    segments: [usize; 2],
    at: Coord<f64>,
}

/// Finite coordinates are taken for granted.
pub(super) fn check_areas<'a>(polygons: impl Iterator<Item = &'a Polygon<f64>>) -> Result<(), Flaw> {
    let mut rings = Vec::new();
    for (index, polygon) in polygons.enumerate() {
        rings.push(ring(index, false, polygon.exterior())?);
        for hole in polygon.interiors() {
            rings.push(ring(index, true, hole)?);
        }
    }
    let touches = meetings(&rings)?;
    nesting(&rings, &touches)?;
    connection(&rings, &touches)
}

fn invalid<T>(reason: Reason, at: Coord<f64>) -> Result<T, Flaw> {
    Err(Flaw::Invalid { reason, at: [at.x, at.y] })
}

fn ring(polygon: usize, is_hole: bool, line: &LineString<f64>) -> Result<Ring, Flaw> {
    let mut points = line.0.clone();
    points.dedup();
    let Some(first) = points.first().copied() else {
        return Err(Flaw::Invalid { reason: Reason::EmptyPart, at: [f64::NAN; 2] });
    };
    if points.len() < 4 {
        return invalid(Reason::TooFewPoints, first);
    }
    let (mut min, mut max) = (first, first);
    for point in &points {
        min = Coord { x: min.x.min(point.x), y: min.y.min(point.y) };
        max = Coord { x: max.x.max(point.x), y: max.y.max(point.y) };
    }
    Ok(Ring { polygon, is_hole, line: LineString(points), min, max })
}

/// Refuses what is never allowed; returns the rest. Segments are visited by their western end, so that only those
/// over the same stretch of x are compared.
fn meetings(rings: &[Ring]) -> Result<Vec<Touch>, Flaw> {
    let mut segments: Vec<Segment> = Vec::new();
    for (ring, Ring { line, .. }) in rings.iter().enumerate() {
        for (index, line) in line.lines().enumerate() {
            let (a, b) = (line.start, line.end);
            let (min_x, max_x, min_y, max_y) = (a.x.min(b.x), a.x.max(b.x), a.y.min(b.y), a.y.max(b.y));
            segments.push(Segment { ring, index, line, min_x, max_x, min_y, max_y });
        }
    }
    segments.sort_by(|a, b| a.min_x.partial_cmp(&b.min_x).unwrap_or(Ordering::Equal));
    let mut touches = Vec::new();
    for (place, one) in segments.iter().enumerate() {
        for other in segments[place + 1..].iter().take_while(|other| other.min_x <= one.max_x) {
            if other.min_y <= one.max_y && one.min_y <= other.max_y {
                touches.extend(meeting(rings, one, other)?);
            }
        }
    }
    Ok(touches)
}

fn meeting(rings: &[Ring], one: &Segment, other: &Segment) -> Result<Option<Touch>, Flaw> {
    if one.ring == other.ring {
        let count = rings[one.ring].line.0.len() - 1;
        if (one.index + 1) % count == other.index {
            return spike(one.line, other.line).map(|()| None);
        }
        if (other.index + 1) % count == one.index {
            return spike(other.line, one.line).map(|()| None);
        }
    }
    let Some(found) = line_intersection(one.line, other.line) else { return Ok(None) };
    let same_polygon = rings[one.ring].polygon == rings[other.ring].polygon;
    match found {
        LineIntersection::SinglePoint { intersection, .. } if one.ring == other.ring => invalid(Reason::SelfIntersection, intersection),
        LineIntersection::Collinear { intersection } if one.ring == other.ring => invalid(Reason::SelfIntersection, intersection.start),
        LineIntersection::SinglePoint { intersection, is_proper: true } => {
            invalid(if same_polygon { Reason::RingsCross } else { Reason::PartsOverlap }, intersection)
        }
        LineIntersection::Collinear { intersection } if intersection.start != intersection.end => {
            invalid(if same_polygon { Reason::RingsShareLine } else { Reason::PartsShareLine }, intersection.start)
        }
        LineIntersection::SinglePoint { intersection, .. } => Ok(Some(touch(one, other, intersection))),
        LineIntersection::Collinear { intersection } => Ok(Some(touch(one, other, intersection.start))),
    }
}

fn touch(one: &Segment, other: &Segment, at: Coord<f64>) -> Touch {
    // a meeting that is not proper is at an end of one of the two: take that end exactly
    let ends = [one.line.start, one.line.end, other.line.start, other.line.end];
    let gap = |end: &Coord<f64>| (end.x - at.x).abs() + (end.y - at.y).abs();
    let at = ends.into_iter().min_by(|a, b| gap(a).total_cmp(&gap(b))).unwrap_or(at);
    Touch { rings: [one.ring, other.ring], segments: [one.index, other.index], at }
}

/// Two segments one after the other may not run back over each other.
fn spike(before: Line<f64>, after: Line<f64>) -> Result<(), Flaw> {
    let straight = RobustKernel::orient2d(before.start, before.end, after.end) == Orientation::Collinear;
    if straight && before.dx() * after.dx() + before.dy() * after.dy() < 0.0 {
        return invalid(Reason::SelfIntersection, before.end);
    }
    Ok(())
}

/// Holes in their shell and beside each other, parts beside each other.
fn nesting(rings: &[Ring], touches: &[Touch]) -> Result<(), Flaw> {
    let mut by_pair: HashMap<(usize, usize), Vec<&Touch>> = HashMap::new();
    for touch in touches {
        by_pair.entry((touch.rings[0].min(touch.rings[1]), touch.rings[0].max(touch.rings[1]))).or_default().push(touch);
    }
    let mut first_of_polygon: Vec<usize> = rings.iter().enumerate().filter(|(_, ring)| !ring.is_hole).map(|(index, _)| index).collect();
    first_of_polygon.push(rings.len());
    let shells = &first_of_polygon[..first_of_polygon.len() - 1];

    let none = Vec::new();
    let between = |a: usize, b: usize| by_pair.get(&(a.min(b), a.max(b))).unwrap_or(&none);
    for (polygon, &shell) in shells.iter().enumerate() {
        let holes = shell + 1..first_of_polygon[polygon + 1];
        for hole in holes.clone() {
            if let Some(outside) =
                sample(rings, hole, between(hole, shell)).find(|point| position(&rings[shell], *point) != CoordPos::Inside)
            {
                return invalid(Reason::HoleOutside, outside);
            }
            for other in holes.clone().filter(|other| *other != hole && boxes_meet(&rings[hole], &rings[*other])) {
                if let Some(inside) =
                    sample(rings, hole, between(hole, other)).find(|point| position(&rings[other], *point) == CoordPos::Inside)
                {
                    return invalid(Reason::HolesOverlap, inside);
                }
            }
        }
        for (other_polygon, &other) in shells.iter().enumerate() {
            if other == shell || !boxes_meet(&rings[shell], &rings[other]) {
                continue;
            }
            let other_holes = other + 1..first_of_polygon[other_polygon + 1];
            let mut meetings: Vec<&Touch> = between(shell, other).clone();
            for hole in other_holes.clone() {
                meetings.extend(between(shell, hole));
            }
            let inside = |point: Coord<f64>| {
                position(&rings[other], point) == CoordPos::Inside
                    && other_holes.clone().all(|hole| position(&rings[hole], point) == CoordPos::Outside)
            };
            if let Some(inside) = sample(rings, shell, &meetings).find(|point| inside(*point)) {
                return invalid(Reason::PartsOverlap, inside);
            }
        }
    }
    Ok(())
}

/// One point of the ring for each stretch between its meetings: the whole stretch is on one side of what it meets.
fn sample<'a>(rings: &'a [Ring], ring: usize, touches: &'a [&'a Touch]) -> impl Iterator<Item = Coord<f64>> + 'a {
    let points = &rings[ring].line.0;
    let mut on_ring: Vec<(usize, f64, Coord<f64>)> = touches
        .iter()
        .map(|touch| {
            let segment = touch.segments[usize::from(touch.rings[0] != ring)];
            // a corner belongs to the segment that begins there
            let segment = if touch.at == points[segment + 1] { (segment + 1) % (points.len() - 1) } else { segment };
            let start = points[segment];
            (segment, (touch.at.x - start.x).hypot(touch.at.y - start.y), touch.at)
        })
        .collect();
    on_ring.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    on_ring.dedup_by(|a, b| a.2 == b.2);
    let count = on_ring.len();
    let whole = (count == 0).then(|| points[0]);
    let stretches = (0..count).map(move |place| {
        let (segment, _, from) = on_ring[place];
        let to = match on_ring.get(place + 1) {
            Some((next_segment, _, next)) if *next_segment == segment => *next,
            _ => points[segment + 1],
        };
        Coord { x: from.x + (to.x - from.x) / 2.0, y: from.y + (to.y - from.y) / 2.0 }
    });
    whole.into_iter().chain(stretches)
}

/// The inside of an area must hang together: rings that touch may not form a circle.
fn connection(rings: &[Ring], touches: &[Touch]) -> Result<(), Flaw> {
    let mut points: HashMap<(usize, u64, u64), usize> = HashMap::new();
    let mut leader: Vec<usize> = (0..rings.len()).collect();
    let mut joined: HashMap<(usize, usize), ()> = HashMap::new();
    for touch in touches {
        let polygon = rings[touch.rings[0]].polygon;
        if polygon != rings[touch.rings[1]].polygon {
            continue;
        }
        let key = (polygon, (touch.at.x + 0.0).to_bits(), (touch.at.y + 0.0).to_bits());
        let point = *points.entry(key).or_insert_with(|| {
            leader.push(leader.len());
            leader.len() - 1
        });
        for ring in touch.rings {
            if joined.insert((ring, point), ()).is_some() {
                continue;
            }
            let (a, b) = (root(&mut leader, ring), root(&mut leader, point));
            if a == b {
                return invalid(Reason::Disconnected, touch.at);
            }
            leader[a] = b;
        }
    }
    Ok(())
}

fn root(leader: &mut [usize], mut of: usize) -> usize {
    while leader[of] != of {
        leader[of] = leader[leader[of]];
        of = leader[of];
    }
    of
}

fn position(ring: &Ring, point: Coord<f64>) -> CoordPos {
    if point.x < ring.min.x || point.x > ring.max.x || point.y < ring.min.y || point.y > ring.max.y {
        return CoordPos::Outside;
    }
    coord_pos_relative_to_ring(point, &ring.line)
}

fn boxes_meet(a: &Ring, b: &Ring) -> bool {
    a.min.x <= b.max.x && b.min.x <= a.max.x && a.min.y <= b.max.y && b.min.y <= a.max.y
}
