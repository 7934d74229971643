//! Brings a geometry to the kind a layer holds.

use geo_types::{Geometry, MultiLineString, MultiPoint, MultiPolygon};

use super::Flaw;
use crate::domain::GeometryKind;

/// `Line` becomes MultiLineString and `Polygon` MultiPolygon, also from a collection whose members all fit; a MultiPoint of
/// one point becomes that point. `Any` leaves points and mixed collections as they are and makes lines and areas Multi.
///
/// # Errors
/// [`Flaw::WrongKind`] when it is something else, [`Flaw::Empty`] for a collection of nothing.
pub fn to_kind(geometry: Geometry<f64>, kind: GeometryKind) -> Result<Geometry<f64>, Flaw> {
    let found = kind_name(&geometry);
    let wrong = Err(Flaw::WrongKind { found, wanted: kind });
    let geometry = gathered(geometry);
    match (&geometry, kind) {
        (Geometry::GeometryCollection(members), _) if members.is_empty() => Err(Flaw::Empty),
        (Geometry::MultiPoint(points), GeometryKind::Point | GeometryKind::Any) if points.0.len() == 1 => Ok(points.0[0].into()),
        (Geometry::Point(_), GeometryKind::Point)
        | (Geometry::MultiLineString(_), GeometryKind::Line)
        | (Geometry::MultiPolygon(_), GeometryKind::Polygon)
        | (_, GeometryKind::Any) => Ok(geometry),
        _ => wrong,
    }
}

/// The name of the kind in the Simple Features standard.
pub fn kind_name(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) => "Point",
        Geometry::Line(_) | Geometry::LineString(_) => "LineString",
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => "Polygon",
        Geometry::MultiPoint(_) => "MultiPoint",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::MultiPolygon(_) => "MultiPolygon",
        Geometry::GeometryCollection(_) => "GeometryCollection",
    }
}

/// Lines and areas as Multi, collections of one sort as their Multi.
fn gathered(geometry: Geometry<f64>) -> Geometry<f64> {
    match geometry {
        Geometry::Line(line) => MultiLineString(vec![line.into()]).into(),
        Geometry::LineString(line) => MultiLineString(vec![line]).into(),
        Geometry::Polygon(polygon) => MultiPolygon(vec![polygon]).into(),
        Geometry::Rect(rect) => MultiPolygon(vec![rect.to_polygon()]).into(),
        Geometry::Triangle(triangle) => MultiPolygon(vec![triangle.to_polygon()]).into(),
        Geometry::GeometryCollection(members) => {
            let members: Vec<Geometry<f64>> = members.0.into_iter().map(gathered).collect();
            let (mut points, mut lines, mut areas) = (Vec::new(), Vec::new(), Vec::new());
            for member in &members {
                match member {
                    Geometry::Point(point) => points.push(*point),
                    Geometry::MultiPoint(more) => points.extend(more.iter().copied()),
                    Geometry::MultiLineString(more) => lines.extend(more.iter().cloned()),
                    Geometry::MultiPolygon(more) => areas.extend(more.iter().cloned()),
                    _ => return Geometry::GeometryCollection(members.into()),
                }
            }
            match (points.is_empty(), lines.is_empty(), areas.is_empty()) {
                (false, true, true) => MultiPoint(points).into(),
                (true, false, true) => MultiLineString(lines).into(),
                (true, true, false) => MultiPolygon(areas).into(),
                _ => Geometry::GeometryCollection(members.into()),
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::wkt;

    #[test]
    fn single_parts_become_multi() {
        let line = to_kind(wkt!(LINESTRING(0. 0., 1. 1.)).into(), GeometryKind::Line).unwrap();
        assert_eq!(kind_name(&line), "MultiLineString");
        let area = to_kind(wkt!(POLYGON((0. 0., 1. 0., 1. 1., 0. 0.))).into(), GeometryKind::Polygon).unwrap();
        assert_eq!(kind_name(&area), "MultiPolygon");
        assert_eq!(to_kind(wkt!(MULTIPOINT(1. 2.)).into(), GeometryKind::Point).unwrap(), wkt!(POINT(1. 2.)).into());
    }

    #[test]
    fn a_collection_of_one_sort_is_that_sort_and_a_mixed_one_is_refused() {
        let same = wkt!(GEOMETRYCOLLECTION(POLYGON((0. 0., 1. 0., 1. 1., 0. 0.)), POLYGON((5. 5., 6. 5., 6. 6., 5. 5.))));
        let Geometry::MultiPolygon(areas) = to_kind(Geometry::GeometryCollection(same), GeometryKind::Polygon).unwrap() else { panic!() };
        assert_eq!(areas.0.len(), 2);
        let mixed = Geometry::GeometryCollection(wkt!(GEOMETRYCOLLECTION(POINT(0. 0.), LINESTRING(0. 0., 1. 1.))));
        for kind in [GeometryKind::Point, GeometryKind::Line, GeometryKind::Polygon] {
            assert!(matches!(to_kind(mixed.clone(), kind), Err(Flaw::WrongKind { found: "GeometryCollection", .. })));
        }
        assert!(to_kind(mixed, GeometryKind::Any).is_ok());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let error = to_kind(wkt!(LINESTRING(0. 0., 1. 1.)).into(), GeometryKind::Polygon).unwrap_err();
        assert_eq!(error.to_string(), "the geometry is a LineString, but the layer holds polygons");
        assert!(to_kind(wkt!(MULTIPOINT(1. 2., 3. 4.)).into(), GeometryKind::Point).is_err());
    }
}
