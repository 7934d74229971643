//! GeoJSON geometries: longitude and latitude, seven decimals (a centimetre), rings as RFC 7946 wants them.

use geo::MapCoords;
use geo::orient::{Direction, Orient};
use geo_types::{Coord, Geometry};

/// The geometry as GeoJSON; `null` without one.
pub fn geojson(geometry: Option<&Geometry<f64>>) -> Option<geojson::Geometry> {
    let rounded = geometry?.map_coords(|Coord { x, y }| Coord { x: (x * 1e7).round() / 1e7, y: (y * 1e7).round() / 1e7 });
    let oriented = match rounded {
        Geometry::Polygon(polygon) => Geometry::Polygon(polygon.orient(Direction::Default)),
        Geometry::MultiPolygon(polygons) => Geometry::MultiPolygon(polygons.orient(Direction::Default)),
        other => other,
    };
    Some(geojson::Geometry::new(geojson::GeometryValue::from(&oriented)))
}

/// A point.
pub fn point([x, y]: [f64; 2]) -> geojson::Geometry {
    let round = |value: f64| (value * 1e7).round() / 1e7;
    geojson::Geometry::new(geojson::GeometryValue::from(&geo_types::Point::new(round(x), round(y))))
}
