//! GeoJSON geometries: longitude and latitude, seven decimals (a centimetre), rings as RFC 7946 wants them.

use geo::MapCoords;
use geo::orient::{Direction, Orient};
use geo_types::{Coord, Geometry};
use serde::Serialize;
use utoipa::ToSchema;

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

/// A point, which is written as it is: no object of GeoJSON is made of it first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Point {
    #[serde(rename = "type")]
    kind: &'static str,
    coordinates: [f64; 2],
}

impl Point {
    /// Longitude and latitude.
    pub fn new(position: [f64; 2]) -> Self {
        Self { kind: "Point", coordinates: position.map(|value| (value * 1e7).round() / 1e7) }
    }
}
