//! One feature as the snapshot holds it, and its shape in two coordinate systems.

use std::sync::Arc;

use geo::{BoundingRect, Distance, Euclidean, Intersects, Point};
use geo_types::{Coord, Geometry};

use super::curve::grid_position;
use crate::domain::{Extent, FeatureId, Value};

/// A feature with what maps and questions at a place need. The rest stays in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    pub id: FeatureId,
    pub region: Arc<str>,
    pub name: Option<Box<str>>,
    pub name_en: Option<Box<str>>,
    /// The typed fields that have a value.
    pub tags: Box<[Tag]>,
    /// In the working system: x east, y north, metres.
    pub working: Shape,
    /// The same in web mercator (EPSG:3857).
    pub mercator: Shape,
}

/// A typed field's value.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// Index into [`crate::domain::Layer::fields`].
    pub field: u8,
    pub value: Value,
}

/// A geometry; points, which come by the million, without an allocation of their own.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Shape {
    Point([f64; 2]),
    Geometry(Box<Geometry<f64>>),
    /// Not on the map: found by id only.
    #[default]
    None,
}

/// The box of nothing: it meets no box and adds nothing to a union.
pub(super) const EMPTY_EXTENT: Extent = Extent { min: [f64::INFINITY; 2], max: [f64::NEG_INFINITY; 2] };

pub(super) fn is_empty(extent: &Extent) -> bool {
    extent.min[0] > extent.max[0]
}

/// The longer side of a box, metres.
pub(super) fn size_m(extent: &Extent) -> f64 {
    extent.width().max(extent.height())
}

/// The world grid position that stands for a feature of this mercator box: its centre.
pub fn anchor(extent: &Extent) -> [u32; 2] {
    grid_position(centre(extent))
}

fn centre(extent: &Extent) -> [f64; 2] {
    [extent.min[0] + extent.width() / 2.0, extent.min[1] + extent.height() / 2.0]
}

impl Shape {
    /// The most compact shape that says the same; a geometry without coordinates is [`Shape::None`].
    pub fn from_geometry(geometry: Geometry<f64>) -> Self {
        match geometry {
            Geometry::Point(point) => Shape::Point([point.x(), point.y()]),
            Geometry::MultiPoint(points) if points.0.len() == 1 => Shape::Point([points.0[0].x(), points.0[0].y()]),
            geometry if geometry.bounding_rect().is_none() => Shape::None,
            geometry => Shape::Geometry(Box::new(geometry)),
        }
    }

    /// `None` when there is no position, or one that is not a number.
    pub fn extent(&self) -> Option<Extent> {
        let extent = match self {
            Shape::Point(point) => Extent { min: *point, max: *point },
            Shape::Geometry(geometry) => {
                let rect = geometry.bounding_rect()?;
                Extent { min: [rect.min().x, rect.min().y], max: [rect.max().x, rect.max().y] }
            }
            Shape::None => return None,
        };
        extent.min.iter().chain(&extent.max).all(|c| c.is_finite()).then_some(extent)
    }

    /// Distance from a point of the same system, metres; 0 inside a polygon. `None` without a position.
    pub fn distance_m(&self, [x, y]: [f64; 2]) -> Option<f64> {
        match self {
            Shape::Point([px, py]) => Some((px - x).hypot(py - y)),
            Shape::Geometry(geometry) => Some(Euclidean.distance(&Point::new(x, y), geometry.as_ref())),
            Shape::None => None,
        }
    }

    /// Whether the point lies in the shape or on its boundary (lines and points: exactly on them).
    #[allow(clippy::float_cmp, reason = "a point covers that very point only")]
    pub fn covers(&self, [x, y]: [f64; 2]) -> bool {
        match self {
            Shape::Point(point) => *point == [x, y],
            Shape::Geometry(geometry) => geometry.intersects(&Coord { x, y }),
            Shape::None => false,
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Shape::Geometry(geometry) => allocated(size_of::<Geometry<f64>>()) + geometry_heap_bytes(geometry),
            _ => 0,
        }
    }
}

impl Feature {
    /// The value of a typed field by its index.
    pub fn tag(&self, field: u8) -> Option<&Value> {
        self.tags.iter().find(|tag| tag.field == field).map(|tag| &tag.value)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| allocated(text.len()));
        let tags: usize = self.tags.iter().map(|tag| if let Value::Text(text) = &tag.value { shared_bytes(text) } else { 0 }).sum();
        text(&self.name)
            + text(&self.name_en)
            + allocated(size_of_val(&*self.tags))
            + tags
            + shared_bytes(&self.region)
            + self.working.heap_bytes()
            + self.mercator.heap_bytes()
    }
}

/// What one holder's part of a shared text takes.
fn shared_bytes(text: &Arc<str>) -> usize {
    allocated(2 * size_of::<usize>() + text.len()) / Arc::strong_count(text)
}

/// What the allocator takes for `bytes`: glibc keeps 8 bytes before each block, rounds to 16 and never takes under 32.
pub(super) fn allocated(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { (bytes + 8).next_multiple_of(16).max(32) }
}

fn geometry_heap_bytes(geometry: &Geometry<f64>) -> usize {
    const COORD: usize = size_of::<Coord<f64>>();
    let line = |line: &geo_types::LineString<f64>| allocated(line.0.capacity() * COORD);
    let polygon = |polygon: &geo_types::Polygon<f64>| {
        line(polygon.exterior()) + allocated(size_of_val(polygon.interiors())) + polygon.interiors().iter().map(line).sum::<usize>()
    };
    match geometry {
        Geometry::Point(_) | Geometry::Line(_) | Geometry::Rect(_) | Geometry::Triangle(_) => 0,
        Geometry::LineString(geometry) => line(geometry),
        Geometry::Polygon(geometry) => polygon(geometry),
        Geometry::MultiPoint(points) => allocated(points.0.capacity() * COORD),
        Geometry::MultiLineString(lines) => allocated(size_of_val(&lines.0[..])) + lines.0.iter().map(line).sum::<usize>(),
        Geometry::MultiPolygon(parts) => allocated(size_of_val(&parts.0[..])) + parts.0.iter().map(polygon).sum::<usize>(),
        Geometry::GeometryCollection(parts) => {
            allocated(size_of_val(&parts.0[..])) + parts.0.iter().map(geometry_heap_bytes).sum::<usize>()
        }
    }
}
