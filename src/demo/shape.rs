//! Plane shapes in whole millimetres (x east, y north) and their GeoJSON text. Whole numbers make shared borders exactly shared.

/// A point in millimetres of the working coordinate system: `[east, north]`.
pub type Point = [i64; 2];

/// Closed: the first point is repeated at the end.
pub type Ring = Vec<Point>;

/// The geometry of a generated feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Known by its road or file only.
    Nowhere,
    Point(Point),
    Line(Vec<Point>),
    /// The outer ring first, counter-clockwise; then holes.
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
}

impl Shape {
    /// Appends the GeoJSON geometry, metres with three decimals.
    pub fn write(&self, out: &mut String) {
        match self {
            Shape::Nowhere => out.push_str("null"),
            Shape::Point(point) => {
                out.push_str(r#"{"type":"Point","coordinates":"#);
                write_point(*point, out);
                out.push('}');
            }
            Shape::Line(points) => {
                out.push_str(r#"{"type":"LineString","coordinates":"#);
                write_list(points, out, |point, out| write_point(*point, out));
                out.push('}');
            }
            Shape::Polygon(rings) => {
                out.push_str(r#"{"type":"Polygon","coordinates":"#);
                write_rings(rings, out);
                out.push('}');
            }
            Shape::MultiPolygon(parts) => {
                out.push_str(r#"{"type":"MultiPolygon","coordinates":"#);
                write_list(parts, out, |rings, out| write_rings(rings, out));
                out.push('}');
            }
        }
    }

    /// Every point of the shape.
    pub fn each_point(&self, mut visit: impl FnMut(Point)) {
        match self {
            Shape::Nowhere => {}
            Shape::Point(point) => visit(*point),
            Shape::Line(points) => points.iter().copied().for_each(visit),
            Shape::Polygon(rings) => rings.iter().flatten().copied().for_each(visit),
            Shape::MultiPolygon(parts) => parts.iter().flatten().flatten().copied().for_each(visit),
        }
    }

    /// The same shape in metres.
    pub fn to_geo(&self) -> Option<geo_types::Geometry<f64>> {
        use geo_types::{Geometry, LineString, MultiPolygon, Point as GeoPoint, Polygon};
        let line = |points: &[Point]| LineString::from(points.iter().map(|p| metres(*p)).collect::<Vec<_>>());
        let polygon = |rings: &[Ring]| Polygon::new(line(&rings[0]), rings[1..].iter().map(|ring| line(ring)).collect());
        Some(match self {
            Shape::Nowhere => return None,
            Shape::Point(point) => Geometry::Point(GeoPoint::from(metres(*point))),
            Shape::Line(points) => Geometry::LineString(line(points)),
            Shape::Polygon(rings) => Geometry::Polygon(polygon(rings)),
            Shape::MultiPolygon(parts) => Geometry::MultiPolygon(MultiPolygon(parts.iter().map(|p| polygon(p)).collect())),
        })
    }
}

pub fn metres([x, y]: Point) -> [f64; 2] {
    [x as f64 / 1000.0, y as f64 / 1000.0]
}

/// Twice the signed area in mm², positive counter-clockwise; exact.
pub fn doubled_area(ring: &[Point]) -> i128 {
    let Some(origin) = ring.first() else { return 0 };
    let from = |p: &Point| [i128::from(p[0] - origin[0]), i128::from(p[1] - origin[1])];
    ring.windows(2).map(|pair| (from(&pair[0]), from(&pair[1]))).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
}

/// Area of a polygon with holes, m².
pub fn area_m2(rings: &[Ring]) -> f64 {
    let outer = rings.first().map_or(0, |ring| doubled_area(ring).abs());
    let holes: i128 = rings.iter().skip(1).map(|ring| doubled_area(ring).abs()).sum();
    (outer - holes) as f64 / 2e6
}

/// Length of a line, m.
pub fn length_m(points: &[Point]) -> f64 {
    points.windows(2).map(|pair| distance_mm(pair[0], pair[1])).sum::<f64>() / 1000.0
}

/// From a point to the nearest place of a line, m.
pub fn distance_m(point: Point, line: &[Point]) -> f64 {
    line.windows(2).map(|pair| point_to_segment_mm(point, pair)).fold(f64::INFINITY, f64::min) / 1000.0
}

/// How far the ring `inner` keeps away from the border of `outer`, in metres; negative when it is not inside it.
pub fn clearance_m(inner: &[Point], outer: &[Point]) -> f64 {
    let Some(first) = inner.first() else { return -1.0 };
    let gap = border_gap_m(inner, outer);
    if gap > 0.0 && contains(outer, *first) { gap } else { -1.0 }
}

/// The gap between two polygons without holes, in metres; 0 when they touch or share ground.
pub fn gap_m(a: &[Point], b: &[Point]) -> f64 {
    let (Some(first_a), Some(first_b)) = (a.first(), b.first()) else { return f64::INFINITY };
    if contains(b, *first_a) || contains(a, *first_b) { 0.0 } else { border_gap_m(a, b) }
}

fn border_gap_m(a: &[Point], b: &[Point]) -> f64 {
    let mut least = f64::INFINITY;
    for one in a.windows(2) {
        for other in b.windows(2) {
            if cross([one[0], one[1]], [other[0], other[1]]) {
                return 0.0;
            }
            least = least
                .min(point_to_segment_mm(one[0], other))
                .min(point_to_segment_mm(one[1], other))
                .min(point_to_segment_mm(other[0], one))
                .min(point_to_segment_mm(other[1], one));
        }
    }
    least / 1000.0
}

/// Even-odd rule; points on the border count as either.
pub fn contains(ring: &[Point], p: Point) -> bool {
    let mut inside = false;
    for pair in ring.windows(2) {
        let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
        if (ay > p[1]) != (by > p[1]) {
            let side = i128::from(bx - ax) * i128::from(p[1] - ay) - i128::from(by - ay) * i128::from(p[0] - ax);
            if (side > 0) == (by > ay) {
                inside = !inside;
            }
        }
    }
    inside
}

fn cross(a: [Point; 2], b: [Point; 2]) -> bool {
    let turn = |p: Point, q: Point, r: Point| {
        (i128::from(q[0] - p[0]) * i128::from(r[1] - p[1]) - i128::from(q[1] - p[1]) * i128::from(r[0] - p[0])).signum()
    };
    turn(a[0], a[1], b[0]) * turn(a[0], a[1], b[1]) < 0 && turn(b[0], b[1], a[0]) * turn(b[0], b[1], a[1]) < 0
}

fn distance_mm(a: Point, b: Point) -> f64 {
    let (dx, dy) = ((b[0] - a[0]) as f64, (b[1] - a[1]) as f64);
    (dx * dx + dy * dy).sqrt()
}

fn point_to_segment_mm(p: Point, segment: &[Point]) -> f64 {
    let (a, b) = (segment[0], segment[1]);
    let (dx, dy) = ((b[0] - a[0]) as f64, (b[1] - a[1]) as f64);
    let (px, py) = ((p[0] - a[0]) as f64, (p[1] - a[1]) as f64);
    let square = dx * dx + dy * dy;
    let along = if square > 0.0 { ((px * dx + py * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
    let (ex, ey) = (px - along * dx, py - along * dy);
    (ex * ex + ey * ey).sqrt()
}

fn write_rings(rings: &[Ring], out: &mut String) {
    write_list(rings, out, |ring, out| write_list(ring, out, |point, out| write_point(*point, out)));
}

fn write_list<T>(items: &[T], out: &mut String, mut write: impl FnMut(&T, &mut String)) {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}

fn write_point(point: Point, out: &mut String) {
    out.push('[');
    write_mm(point[0], out);
    out.push(',');
    write_mm(point[1], out);
    out.push(']');
}

fn write_mm(mm: i64, out: &mut String) {
    use std::fmt::Write;
    let sign = if mm < 0 { "-" } else { "" };
    let mm = mm.unsigned_abs();
    // Writing into a String cannot fail.
    let _ = write!(out, "{sign}{}.{:03}", mm / 1000, mm % 1000);
}
