//! Sizes, distances, extents and inner points, in the plane of the coordinates.

use geo::{Area, BoundingRect, Closest, ClosestPoint, CoordsIter, Distance, Euclidean, InteriorPoint, InterpolateLine, Length};
use geo_types::{Geometry, LineString, Point};

use super::MAX_COORDINATE;
use crate::domain::Extent;

/// Has coordinates, and all are finite and on this planet: what the functions of this file ask for before they calculate.
pub fn is_sane(geometry: &Geometry<f64>) -> bool {
    let mut coords = geometry.coords_iter().peekable();
    coords.peek().is_some() && coords.all(|coord| coord.x.abs() <= MAX_COORDINATE && coord.y.abs() <= MAX_COORDINATE)
}

/// `None` for an empty geometry or one with a coordinate that is not a number.
pub fn extent(geometry: &Geometry<f64>) -> Option<Extent> {
    if let Geometry::Point(point) = geometry {
        return is_sane(geometry).then(|| Extent { min: [point.x(), point.y()], max: [point.x(), point.y()] });
    }
    if !is_sane(geometry) {
        return None;
    }
    let rect = geometry.bounding_rect()?;
    Some(Extent { min: [rect.min().x, rect.min().y], max: [rect.max().x, rect.max().y] })
}

/// Area, holes left out; 0 for points and lines.
pub fn area_m2(geometry: &Geometry<f64>) -> f64 {
    if is_sane(geometry) { geometry.unsigned_area() } else { 0.0 }
}

/// Length of the lines; 0 for points and areas.
pub fn length_m(geometry: &Geometry<f64>) -> f64 {
    match geometry {
        Geometry::Line(line) => Euclidean.length(line),
        Geometry::LineString(line) => Euclidean.length(line),
        Geometry::MultiLineString(lines) => Euclidean.length(lines),
        Geometry::GeometryCollection(members) => members.iter().map(length_m).sum(),
        _ => 0.0,
    }
}

/// Length of all boundaries of an area, holes too; 0 for points and lines.
pub fn perimeter_m(geometry: &Geometry<f64>) -> f64 {
    let rings = |polygon: &geo_types::Polygon<f64>| {
        Euclidean.length(polygon.exterior()) + polygon.interiors().iter().map(|ring| Euclidean.length(ring)).sum::<f64>()
    };
    match geometry {
        Geometry::Polygon(polygon) => rings(polygon),
        Geometry::MultiPolygon(polygons) => polygons.iter().map(rings).sum(),
        Geometry::Rect(rect) => rings(&rect.to_polygon()),
        Geometry::Triangle(triangle) => rings(&triangle.to_polygon()),
        Geometry::GeometryCollection(members) => members.iter().map(perimeter_m).sum(),
        _ => 0.0,
    }
}

/// From a point to the nearest point of the geometry; 0 inside an area. `None` where there is no distance.
pub fn distance_m(from: [f64; 2], to: &Geometry<f64>) -> Option<f64> {
    if !(from[0].is_finite() && from[1].is_finite() && is_sane(to)) {
        return None;
    }
    Some(Euclidean.distance(&Geometry::Point(from.into()), to)).filter(|distance| distance.is_finite())
}

/// The shortest distance between two geometries; 0 when they meet. `None` where there is none.
pub fn distance_to_m(a: &Geometry<f64>, b: &Geometry<f64>) -> Option<f64> {
    if !(is_sane(a) && is_sane(b)) {
        return None;
    }
    Some(Euclidean.distance(a, b)).filter(|distance| distance.is_finite())
}

/// A point that lies in the geometry: inside an area, in the middle of the longest line, the point nearest to the middle of
/// many points. `None` for an empty geometry or one with a coordinate that is not a number.
pub fn inner_point(geometry: &Geometry<f64>) -> Option<[f64; 2]> {
    if !is_sane(geometry) {
        return None;
    }
    let middle = |line: &LineString<f64>| Euclidean.point_at_ratio_from_start(line, 0.5).or_else(|| line.points().next());
    let point: Point<f64> = match geometry {
        Geometry::LineString(line) => middle(line)?,
        Geometry::MultiLineString(lines) => middle(lines.iter().max_by(|a, b| Euclidean.length(*a).total_cmp(&Euclidean.length(*b)))?)?,
        Geometry::MultiPoint(points) => {
            let extent = extent(geometry)?;
            let centre = Point::new((extent.min[0] + extent.max[0]) / 2.0, (extent.min[1] + extent.max[1]) / 2.0);
            match points.closest_point(&centre) {
                Closest::Intersection(point) | Closest::SinglePoint(point) => point,
                Closest::Indeterminate => *points.0.first()?,
            }
        }
        _ => geometry.interior_point()?,
    };
    (point.x().is_finite() && point.y().is_finite()).then(|| [point.x(), point.y()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Intersects, wkt};
    use geo_types::{Coord, MultiPolygon, Polygon};
    use proptest::prelude::*;

    #[test]
    fn sizes_are_those_of_the_figure() {
        let square: Geometry<f64> = wkt!(POLYGON((0. 0., 10. 0., 10. 10., 0. 10., 0. 0.),(4. 4., 4. 6., 6. 6., 6. 4., 4. 4.))).into();
        assert!((area_m2(&square) - 96.0).abs() < 1e-9);
        assert!((perimeter_m(&square) - 48.0).abs() < 1e-9);
        assert!((length_m(&wkt!(LINESTRING(0. 0., 3. 4.)).into()) - 5.0).abs() < 1e-9);
        assert_eq!(distance_m([12.0, 5.0], &square), Some(2.0));
        assert_eq!(distance_m([5.0, 5.0], &square), Some(1.0));
        assert_eq!(distance_m([1.0, 5.0], &square), Some(0.0));
        assert_eq!(inner_point(&wkt!(LINESTRING(0. 0., 10. 0.)).into()), Some([5.0, 0.0]));
    }

    #[test]
    fn the_inner_point_of_a_ring_road_is_not_in_its_hole() {
        let ring: Geometry<f64> = wkt!(POLYGON((0. 0., 10. 0., 10. 10., 0. 10., 0. 0.),(1. 1., 1. 9., 9. 9., 9. 1., 1. 1.))).into();
        let [x, y] = inner_point(&ring).unwrap();
        assert!(ring.intersects(&Point::new(x, y)));
    }

    #[test]
    fn nothing_has_no_extent() {
        for geometry in [
            MultiPolygon::<f64>(vec![]).into(),
            Polygon::<f64>::new(LineString(vec![]), vec![]).into(),
            Geometry::Point(Point::new(f64::NAN, 1.0)),
        ] {
            assert_eq!(extent(&geometry), None);
            assert_eq!(inner_point(&geometry), None);
            assert_eq!(distance_m([0.0, 0.0], &geometry), None);
        }
    }

    fn any_number() -> impl Strategy<Value = f64> {
        prop_oneof![8 => -100.0..100.0f64, 1 => Just(f64::NAN), 1 => Just(1e300), 1 => Just(f64::NEG_INFINITY), 2 => (-3..3i32).prop_map(f64::from)]
    }

    fn any_geometry() -> impl Strategy<Value = Geometry<f64>> {
        let ring = || {
            prop::collection::vec((any_number(), any_number()), 0..8)
                .prop_map(|points| LineString(points.into_iter().map(|(x, y)| Coord { x, y }).collect()))
        };
        prop_oneof![
            ring().prop_map(Geometry::LineString),
            (ring(), prop::collection::vec(ring(), 0..3)).prop_map(|(outer, holes)| Polygon::new(outer, holes).into()),
            prop::collection::vec((ring(), prop::collection::vec(ring(), 0..2)), 0..3)
                .prop_map(|parts| MultiPolygon(parts.into_iter().map(|(outer, holes)| Polygon::new(outer, holes)).collect()).into()),
            prop::collection::vec(ring(), 0..3).prop_map(|lines| geo_types::MultiLineString(lines).into()),
        ]
    }

    proptest! {
        #[test]
        fn nothing_in_this_room_panics(geometry in any_geometry(), x in any_number(), y in any_number()) {
            let sound = crate::geometry::check(&geometry).is_ok();
            if let Some(repaired) = crate::geometry::repair(&geometry) {
                prop_assert_eq!(crate::geometry::check(&repaired.geometry), Ok(()));
            } else {
                prop_assert!(!sound);
            }
            let (_, _, _) = (area_m2(&geometry), length_m(&geometry), perimeter_m(&geometry));
            prop_assert!(distance_m([x, y], &geometry).is_none_or(|distance| distance >= 0.0));
            let _ = crate::geometry::fingerprint(&geometry, 0.1);
            let _ = crate::geometry::fingerprints_near(&geometry, 0.1);
            let _ = crate::geometry::same_shape(&geometry, &geometry, 0.1);
            if sound {
                let extent = extent(&geometry).unwrap();
                let inner = inner_point(&geometry).unwrap();
                prop_assert!(extent.grown(1e-9).contains_point(inner));
                prop_assert!(distance_m(inner, &geometry).unwrap() < 1e-6);
            }
        }
    }
}
