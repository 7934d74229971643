//! Well-known text with coordinates to the last bit that matters.

use std::fmt::{self, Write};

use geo_types::{Coord, Geometry, LineString, Polygon};

/// A geometry as WKT (OGC 06-103r4), coordinates in the shortest form that is read back as the same number.
pub(super) fn text(geometry: &Geometry<f64>) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, geometry);
    out
}

fn write(out: &mut String, geometry: &Geometry<f64>) -> fmt::Result {
    match geometry {
        Geometry::Point(point) => {
            out.write_str("POINT (")?;
            coord(out, &point.0)?;
            out.write_char(')')
        }
        Geometry::Line(line) => write(out, &LineString::from(*line).into()),
        Geometry::LineString(points) => {
            out.write_str("LINESTRING ")?;
            line(out, points)
        }
        Geometry::Polygon(area) => {
            out.write_str("POLYGON ")?;
            polygon(out, area)
        }
        Geometry::MultiPoint(points) => {
            out.write_str("MULTIPOINT ")?;
            list(out, &points.0, |out, point| {
                out.write_char('(')?;
                coord(out, &point.0)?;
                out.write_char(')')
            })
        }
        Geometry::MultiLineString(lines) => {
            out.write_str("MULTILINESTRING ")?;
            list(out, &lines.0, line)
        }
        Geometry::MultiPolygon(areas) => {
            out.write_str("MULTIPOLYGON ")?;
            list(out, &areas.0, polygon)
        }
        Geometry::GeometryCollection(members) => {
            out.write_str("GEOMETRYCOLLECTION ")?;
            list(out, &members.0, write)
        }
        Geometry::Rect(rect) => write(out, &rect.to_polygon().into()),
        Geometry::Triangle(triangle) => write(out, &triangle.to_polygon().into()),
    }
}

fn polygon(out: &mut String, area: &Polygon<f64>) -> fmt::Result {
    let rings: Vec<&LineString<f64>> = std::iter::once(area.exterior()).chain(area.interiors()).filter(|ring| !ring.0.is_empty()).collect();
    list(out, &rings, |out, ring| line(out, ring))
}

fn line(out: &mut String, points: &LineString<f64>) -> fmt::Result {
    list(out, &points.0, coord)
}

fn coord(out: &mut String, Coord { x, y }: &Coord<f64>) -> fmt::Result {
    write!(out, "{x} {y}")
}

fn list<T>(out: &mut String, members: &[T], each: impl Fn(&mut String, &T) -> fmt::Result) -> fmt::Result {
    if members.is_empty() {
        return out.write_str("EMPTY");
    }
    out.write_char('(')?;
    for (place, member) in members.iter().enumerate() {
        if place > 0 {
            out.write_str(", ")?;
        }
        each(out, member)?;
    }
    out.write_char(')')
}
