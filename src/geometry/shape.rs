//! Whether two geometries are the same shape to a tolerance, and a number by which millions of them are matched.
//!
//! Editions of one dataset come with coordinates that differ in the last digits, rings that start elsewhere or run the other
//! way, parts in another order, points added on straight edges. [`same_shape`] sees through all of that. A single number
//! cannot: whatever is rounded has an edge where a hair decides. So the number of a shape ([`fingerprint`], to be stored)
//! is looked up under every number that a shape within the tolerance can have ([`fingerprints_near`], up to 32, 4 for a
//! point): if `same_shape(a, b, t)` then `fingerprints_near(b, t)` contains `fingerprint(a, t)`, always. The other way
//! round, shapes with a number in common agree to three tolerances in their box, and in area to three quarters of a
//! tolerance times the girth of the box (30 m² for a parcel of 100 m by 100 m at 0.1 m), but may differ inside: where both
//! geometries are at hand, `same_shape` decides.

use std::collections::HashMap;

use geo_types::{Coord, Geometry, Line, LineString};

use super::measure::{area_m2, extent, is_sane, length_m};

/// The number to store for a shape: equal tolerance needed everywhere. The same in every version and on every machine.
/// 0 for a geometry that is empty or not finite.
pub fn fingerprint(geometry: &Geometry<f64>, tolerance_m: f64) -> u64 {
    let Some(measures) = Measures::of(geometry, tolerance_m) else { return 0 };
    let cells = measures.values.map(|(value, slack)| cell(value, slack));
    number(&measures, cells)
}

/// All numbers that [`fingerprint`] may have given to the same shape, its own first, none twice. Empty for a geometry that
/// is empty or not finite: such shapes match nothing.
pub fn fingerprints_near(geometry: &Geometry<f64>, tolerance_m: f64) -> Vec<u64> {
    let Some(measures) = Measures::of(geometry, tolerance_m) else { return Vec::new() };
    let own = measures.values.map(|(value, slack)| cell(value, slack));
    let mut numbers = vec![number(&measures, own)];
    let is_point = measures.dimension == 0 && measures.single;
    let free = if is_point { 2 } else { measures.values.len() };
    for choice in 0..1u32 << free {
        let mut cells = own;
        for (place, (value, slack)) in measures.values.into_iter().enumerate().take(free) {
            let sign = if choice >> place & 1 == 0 { -1.0 } else { 1.0 };
            cells[place] = cell(value + sign * slack, slack);
        }
        if is_point {
            (cells[2], cells[3]) = (cells[0], cells[1]);
        }
        numbers.push(number(&measures, cells));
    }
    let first = numbers[0];
    numbers.sort_unstable();
    numbers.dedup();
    if let Some(place) = numbers.iter().position(|number| *number == first) {
        numbers.swap(0, place);
    }
    numbers
}

/// The same shape: of one dimension, no vertex (or middle of an edge) of either further than the tolerance from the other's
/// line work, boxes alike to the tolerance and sizes to a quarter of it (area over girth of the box; length, less strictly
/// the longer the line: 0.1 m at 60 m, 1.3 m at 1 km for a tolerance of 0.1 m). Order, direction, starting points and points on straight edges do not
/// matter. `false` for anything empty or not finite.
pub fn same_shape(a: &Geometry<f64>, b: &Geometry<f64>, tolerance_m: f64) -> bool {
    let (Some(one), Some(other)) = (Measures::of(a, tolerance_m), Measures::of(b, tolerance_m)) else { return false };
    if one.dimension != other.dimension || one.single != other.single {
        return false;
    }
    let alike = one.values.iter().zip(&other.values).all(|((a, slack), (b, _))| (a - b).abs() <= *slack);
    alike && LineWork::of(b, tolerance_m).is_near(a) && LineWork::of(a, tolerance_m).is_near(b)
}

/// What is stable under the tolerance: the box, and one size.
struct Measures {
    /// 0 points, 1 lines, 2 areas, 3 mixed
    dimension: u8,
    /// Exactly one point.
    single: bool,
    /// West, south, east, north and size, each with how far it may move while the shape is the same.
    values: [(f64, f64); 5],
}

impl Measures {
    fn of(geometry: &Geometry<f64>, tolerance_m: f64) -> Option<Self> {
        if !(tolerance_m > 0.0 && tolerance_m.is_finite() && is_sane(geometry)) {
            return None;
        }
        let extent = extent(geometry)?;
        let dimension = dimension(geometry)?;
        let size = match dimension {
            0 => 0.0,
            1 => {
                // grows like the length while that is short, then like its logarithm: a long line may differ by more
                let scale = 200.0 * tolerance_m;
                scale * (length_m(geometry) / scale).ln_1p()
            }
            // the area over the girth of the box: moving the whole boundary outwards moves this by about as much
            _ => {
                let girth = 2.0 * (extent.width() + extent.height());
                if girth > 0.0 { (area_m2(geometry) + length_m(geometry)) / girth } else { 0.0 }
            }
        };
        let [[west, south], [east, north]] = [extent.min, extent.max];
        let slack = tolerance_m;
        // errors of single points cancel out in the size, so it may be judged more strictly than a corner
        let values = [(west, slack), (south, slack), (east, slack), (north, slack), (size, 0.25 * slack)];
        Some(Self { dimension, single: matches!(geometry, Geometry::Point(_)), values })
    }
}

/// Twice as wide as a value may move, so that a shape has at most two cells per value.
fn cell(value: f64, slack: f64) -> i64 {
    (value / (2.0 * slack)).floor() as i64
}

fn number(measures: &Measures, cells: [i64; 5]) -> u64 {
    let mut state = u64::from(measures.dimension) * 2 + u64::from(measures.single) + 1;
    for cell in cells {
        state = mix(state ^ mix(cell as u64));
    }
    state.max(1)
}

/// SplitMix64 (Steele, Lea, Flood 2014), whose output is the same everywhere, unlike that of the standard hasher.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn dimension(geometry: &Geometry<f64>) -> Option<u8> {
    Some(match geometry {
        Geometry::Point(_) | Geometry::MultiPoint(_) => 0,
        Geometry::Line(_) | Geometry::LineString(_) | Geometry::MultiLineString(_) => 1,
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => 2,
        Geometry::GeometryCollection(members) => {
            let mut dimensions = members.iter().map(dimension);
            let first = dimensions.next()??;
            if dimensions.all(|other| other == Some(first)) { first } else { 3 }
        }
    })
}

/// The edges of a geometry in the squares of a grid.
struct LineWork {
    edges: Vec<Line<f64>>,
    squares: HashMap<(i64, i64), Vec<u32>>,
    side: f64,
    tolerance_m: f64,
}

impl LineWork {
    fn of(geometry: &Geometry<f64>, tolerance_m: f64) -> Self {
        let mut edges = Vec::new();
        visit_edges(geometry, &mut |edge| edges.push(edge));
        let total: f64 = edges.iter().map(|edge| edge.dx().hypot(edge.dy())).sum();
        let side = (2.0 * total / edges.len().max(1) as f64).max(4.0 * tolerance_m);
        let mut squares: HashMap<(i64, i64), Vec<u32>> = HashMap::new();
        if edges.len() > 16 {
            for (index, edge) in edges.iter().enumerate() {
                let steps = (edge.dx().hypot(edge.dy()) / side).ceil().max(1.0) as usize;
                let mut last = None;
                for step in 0..steps {
                    let (from, to) = (at(edge, step, steps), at(edge, step + 1, steps));
                    let low = [from.x.min(to.x) - tolerance_m, from.y.min(to.y) - tolerance_m];
                    let high = [from.x.max(to.x) + tolerance_m, from.y.max(to.y) + tolerance_m];
                    for x in (low[0] / side).floor() as i64..=(high[0] / side).floor() as i64 {
                        for y in (low[1] / side).floor() as i64..=(high[1] / side).floor() as i64 {
                            if last != Some((x, y)) {
                                squares.entry((x, y)).or_default().push(index as u32);
                                last = Some((x, y));
                            }
                        }
                    }
                }
            }
        }
        Self { edges, squares, side, tolerance_m }
    }

    /// Whether every vertex and every middle of an edge of `geometry` is near these lines.
    fn is_near(&self, geometry: &Geometry<f64>) -> bool {
        let mut near = true;
        visit_edges(geometry, &mut |edge| {
            near = near && [edge.start, at(&edge, 1, 2), edge.end].into_iter().all(|point| self.has_near(point));
        });
        near
    }

    fn has_near(&self, point: Coord<f64>) -> bool {
        // a rounding error more than the tolerance is not a difference
        let limit = self.tolerance_m * (1.0 + 1e-6) + 1e-8;
        let is_near = |edge: &Line<f64>| distance(point, edge) <= limit;
        if self.squares.is_empty() {
            return self.edges.iter().any(is_near);
        }
        let square = ((point.x / self.side).floor() as i64, (point.y / self.side).floor() as i64);
        self.squares.get(&square).is_some_and(|edges| edges.iter().any(|index| is_near(&self.edges[*index as usize])))
    }
}

fn at(edge: &Line<f64>, step: usize, steps: usize) -> Coord<f64> {
    let part = step as f64 / steps as f64;
    Coord { x: edge.start.x + edge.dx() * part, y: edge.start.y + edge.dy() * part }
}

fn distance(point: Coord<f64>, edge: &Line<f64>) -> f64 {
    let (dx, dy) = (edge.dx(), edge.dy());
    let square = dx * dx + dy * dy;
    let along = if square > 0.0 { ((point.x - edge.start.x) * dx + (point.y - edge.start.y) * dy) / square } else { 0.0 };
    let along = along.clamp(0.0, 1.0);
    (point.x - edge.start.x - along * dx).hypot(point.y - edge.start.y - along * dy)
}

/// A point is an edge of no length.
fn visit_edges(geometry: &Geometry<f64>, visit: &mut dyn FnMut(Line<f64>)) {
    let mut lines = |line: &LineString<f64>| line.lines().for_each(&mut *visit);
    match geometry {
        Geometry::Point(point) => visit(Line::new(point.0, point.0)),
        Geometry::MultiPoint(points) => points.iter().for_each(|point| visit(Line::new(point.0, point.0))),
        Geometry::Line(line) => visit(*line),
        Geometry::LineString(line) => lines(line),
        Geometry::MultiLineString(all) => all.iter().for_each(lines),
        Geometry::Polygon(polygon) => std::iter::once(polygon.exterior()).chain(polygon.interiors()).for_each(lines),
        Geometry::MultiPolygon(polygons) => {
            polygons.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors())).for_each(lines);
        }
        Geometry::Rect(rect) => lines(rect.to_polygon().exterior()),
        Geometry::Triangle(triangle) => lines(triangle.to_polygon().exterior()),
        Geometry::GeometryCollection(members) => members.iter().for_each(|member| visit_edges(member, visit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::wkt;
    use geo_types::{MultiPolygon, Polygon};
    use proptest::prelude::*;

    const TOLERANCE_M: f64 = 0.1;

    fn matches(a: &Geometry<f64>, b: &Geometry<f64>) -> bool {
        fingerprints_near(b, TOLERANCE_M).contains(&fingerprint(a, TOLERANCE_M))
    }

    #[test]
    fn start_direction_order_and_points_on_edges_do_not_matter() {
        let one: Geometry<f64> = wkt!(MULTIPOLYGON(((0. 0., 10. 0., 10. 10., 0. 10., 0. 0.)),((20. 0., 30. 0., 30. 9., 20. 0.)))).into();
        let other: Geometry<f64> =
            wkt!(MULTIPOLYGON(((30. 9., 20. 0., 30. 0., 30. 9.)),((10. 10., 10. 0., 5. 0., 0. 0., 0. 10., 10. 10.)))).into();
        assert!(same_shape(&one, &other, TOLERANCE_M) && matches(&one, &other));
        assert_eq!(fingerprint(&one, TOLERANCE_M), fingerprint(&other, TOLERANCE_M));
        let single: Geometry<f64> = wkt!(POLYGON((0. 0., 10. 0., 10. 10., 0. 0.))).into();
        let multi: Geometry<f64> = wkt!(MULTIPOLYGON(((0. 0., 10. 0., 10. 10., 0. 0.)))).into();
        assert!(same_shape(&single, &multi, TOLERANCE_M));
    }

    #[test]
    fn a_corner_that_moved_is_another_shape() {
        let one: Geometry<f64> = wkt!(POLYGON((0. 0., 100. 0., 100. 100., 50. 50., 0. 100., 0. 0.))).into();
        let other: Geometry<f64> = wkt!(POLYGON((0. 0., 100. 0., 100. 100., 50. 52., 0. 100., 0. 0.))).into();
        assert!(!same_shape(&one, &other, TOLERANCE_M) && !matches(&one, &other));
        let line: Geometry<f64> = wkt!(LINESTRING(0. 0., 100. 0., 100. 100., 0. 0.)).into();
        let area: Geometry<f64> = wkt!(POLYGON((0. 0., 100. 0., 100. 100., 0. 0.))).into();
        assert!(!same_shape(&line, &area, TOLERANCE_M) && !matches(&line, &area));
    }

    #[test]
    fn a_filled_hole_is_another_shape() {
        let one: Geometry<f64> = wkt!(POLYGON((0. 0., 10. 0., 10. 10., 0. 10., 0. 0.),(4. 4., 5. 4., 5. 5., 4. 4.))).into();
        let other: Geometry<f64> = wkt!(POLYGON((0. 0., 10. 0., 10. 10., 0. 10., 0. 0.))).into();
        assert!(!same_shape(&one, &other, TOLERANCE_M));
    }

    #[test]
    fn the_number_is_the_same_on_every_machine() {
        assert_eq!(fingerprint(&wkt!(POINT(500123.4 3350514.4)).into(), TOLERANCE_M), 3_227_525_106_513_658_457);
        assert!(fingerprints_near(&wkt!(POINT(500123.4 3350514.4)).into(), TOLERANCE_M).len() <= 5);
        assert_eq!(fingerprint(&MultiPolygon(vec![]).into(), TOLERANCE_M), 0);
        assert!(fingerprints_near(&wkt!(POINT(1. 1.)).into(), f64::NAN).is_empty());
    }

    fn star(radii: &[f64], jitter: &[(f64, f64)], start: usize, backwards: bool) -> Geometry<f64> {
        let count = radii.len();
        let mut points: Vec<(f64, f64)> = (0..count)
            .map(|index| {
                let index = (index + start) % count;
                let angle = index as f64 / count as f64 * std::f64::consts::TAU;
                let (dx, dy) = jitter[index % jitter.len()];
                (514_920.8 + radii[index] * angle.cos() + dx, 3_350_514.4 + radii[index] * angle.sin() + dy)
            })
            .collect();
        if backwards {
            points.reverse();
        }
        Polygon::new(points.into(), vec![]).into()
    }

    proptest! {
        #[test]
        fn jitter_turning_and_reversing_keep_the_shape_and_find_its_number(
            radii in prop::collection::vec(5.0..500.0f64, 3..60),
            jitter in prop::collection::vec((-0.01..0.01f64, -0.01..0.01f64), 1..9),
            start in 0usize..60,
            backwards: bool,
        ) {
            let one = star(&radii, &[(0.0, 0.0)], 0, false);
            let other = star(&radii, &jitter, start, backwards);
            prop_assert!(same_shape(&one, &other, TOLERANCE_M));
            prop_assert!(matches(&one, &other) && matches(&other, &one));
        }

        #[test]
        fn the_same_shape_is_always_found_by_number(
            radii in prop::collection::vec(1.0..50.0f64, 3..12),
            jitter in prop::collection::vec((-0.2..0.2f64, -0.2..0.2f64), 1..9),
        ) {
            let (one, other) = (star(&radii, &[(0.0, 0.0)], 0, false), star(&radii, &jitter, 1, true));
            if same_shape(&one, &other, TOLERANCE_M) {
                prop_assert!(matches(&one, &other) && matches(&other, &one));
            }
        }

        #[test]
        fn points_within_the_tolerance_are_found_and_distant_ones_are_not(x in -1e6..1e6f64, y in -1e6..1e6f64, dx in -0.5..0.5f64, dy in -0.5..0.5f64) {
            let (one, other) = (Geometry::from(geo_types::Point::new(x, y)), Geometry::from(geo_types::Point::new(x + dx, y + dy)));
            let same = dx.hypot(dy) <= TOLERANCE_M;
            prop_assert_eq!(same_shape(&one, &other, TOLERANCE_M), same);
            if same {
                prop_assert!(matches(&one, &other));
            }
            if dx.abs().max(dy.abs()) > 0.31 {
                prop_assert!(!matches(&one, &other));
            }
        }

        #[test]
        fn a_large_area_is_compared_edge_by_edge_as_a_loop_would(
            radii in prop::collection::vec(80.0..120.0f64, 20..60),
            other in prop::collection::vec(-0.3..0.3f64, 20..60),
        ) {
            let moved: Vec<f64> = radii.iter().enumerate().map(|(index, radius)| radius + other[index % other.len()]).collect();
            let (one, two) = (star(&radii, &[(0.0, 0.0)], 0, false), star(&moved, &[(0.0, 0.0)], 0, false));
            let brute = |a: &Geometry<f64>, b: &Geometry<f64>| {
                let (mut near, mut edges) = (true, Vec::new());
                visit_edges(b, &mut |edge| edges.push(edge));
                visit_edges(a, &mut |edge| for point in [edge.start, at(&edge, 1, 2), edge.end] {
                    near &= edges.iter().any(|edge| distance(point, edge) <= TOLERANCE_M);
                });
                near
            };
            prop_assert_eq!(LineWork::of(&two, TOLERANCE_M).is_near(&one), brute(&one, &two));
        }
    }
}
