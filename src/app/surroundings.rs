//! What a point lies in and beside: the chain of divisions, the plan's zones, the nearest road and boundary and on which side.

use geo::{Closest, ClosestPoint};
use geo_types::{Geometry, Point};
use serde::Serialize;

use crate::domain::{FeatureId, Layer, Value};
use crate::spatial::{Feature, Shape, Snapshot};

/// How far roads and boundaries are looked for.
const FAR_M: f64 = 2000.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// From the large to the small; empty where the register has no division, which is not to say that there is none.
    pub divisions: Vec<Area>,
    pub zones: Vec<Area>,
    pub road: Option<Beside>,
    pub boundary: Option<Beside>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    pub id: FeatureId,
    pub name: Option<String>,
    pub code: Option<String>,
    /// Of a division; of a zone its land use.
    pub class: Option<String>,
}

/// A line near the point.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    pub id: FeatureId,
    pub name: Option<String>,
    pub distance_m: f64,
    /// Of the line in the direction of its points: left, right, or on it.
    pub side: Side,
    /// The division beyond the boundary.
    pub beyond: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Left,
    Right,
    On,
}

/// `point` in the working system.
pub(super) fn surroundings(snapshot: &Snapshot, point: [f64; 2]) -> Surroundings {
    Surroundings {
        divisions: divisions(snapshot, point),
        zones: snapshot.layer(Layer::Zoning).covering(point).into_iter().map(|zone| area(Layer::Zoning, zone, "land_use")).collect(),
        road: beside(snapshot, Layer::Roads, point),
        boundary: beside(snapshot, Layer::BoundaryLines, point).map(|boundary| beyond(snapshot, point, boundary)),
    }
}

fn divisions(snapshot: &Snapshot, point: [f64; 2]) -> Vec<Area> {
    const LEVELS: [&str; 6] = ["country", "province", "city", "county", "town", "village"];
    let rank = |area: &Area| LEVELS.iter().position(|level| Some(*level) == area.class.as_deref()).unwrap_or(LEVELS.len());
    let found = snapshot.layer(Layer::Divisions).covering(point);
    let mut chain: Vec<Area> = found.into_iter().map(|division| area(Layer::Divisions, division, "level")).collect();
    chain.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.id.cmp(&b.id)));
    chain
}

fn area(layer: Layer, feature: &Feature, class: &str) -> Area {
    let text = |field: &str| {
        let index = u8::try_from(layer.field_index(field)?).ok()?;
        feature.tag(index).and_then(Value::text).map(str::to_owned)
    };
    Area { id: feature.id, name: feature.name.as_deref().map(str::to_owned), code: text("code"), class: text(class) }
}

fn beside(snapshot: &Snapshot, layer: Layer, point: [f64; 2]) -> Option<Beside> {
    let (feature, distance_m) = snapshot.layer(layer).nearest(point, 1, FAR_M).into_iter().next()?;
    let Shape::Geometry(geometry) = &feature.working else { return None };
    Some(Beside {
        id: feature.id,
        name: feature.name.as_deref().map(str::to_owned),
        distance_m: (distance_m * 100.0).round() / 100.0,
        side: side(geometry, point),
        beyond: None,
    })
}

/// Mirrors the point at the boundary, a metre further, and asks again.
fn beyond(snapshot: &Snapshot, point: [f64; 2], mut boundary: Beside) -> Beside {
    let foot = snapshot.layer(Layer::BoundaryLines).get(&boundary.id).and_then(|line| match &line.working {
        Shape::Geometry(geometry) => foot(geometry, point),
        _ => None,
    });
    if let Some([x, y]) = foot.filter(|_| boundary.distance_m > 0.0) {
        let more = 1.0 / boundary.distance_m;
        let mirrored = [x + (x - point[0]) * more, y + (y - point[1]) * more];
        let own: Vec<FeatureId> = divisions(snapshot, point).into_iter().map(|division| division.id).collect();
        let there = divisions(snapshot, mirrored).into_iter().rev().find(|division| !own.contains(&division.id));
        boundary.beyond = there.and_then(|division| division.name);
    }
    boundary
}

fn foot(geometry: &Geometry<f64>, point: [f64; 2]) -> Option<[f64; 2]> {
    match geometry.closest_point(&Point::from(point)) {
        Closest::Intersection(at) | Closest::SinglePoint(at) => Some([at.x(), at.y()]),
        Closest::Indeterminate => None,
    }
}

/// By the segment that is nearest.
fn side(geometry: &Geometry<f64>, point: [f64; 2]) -> Side {
    let lines: Vec<&geo_types::LineString<f64>> = match geometry {
        Geometry::LineString(line) => vec![line],
        Geometry::MultiLineString(lines) => lines.iter().collect(),
        _ => return Side::On,
    };
    let apart = |line: &geo_types::Line<f64>| {
        let foot = foot(&Geometry::Line(*line), point).unwrap_or([line.start.x, line.start.y]);
        (foot[0] - point[0]).hypot(foot[1] - point[1])
    };
    let nearest = lines.into_iter().flat_map(|line| line.lines()).min_by(|a, b| apart(a).total_cmp(&apart(b)));
    let Some(line) = nearest else { return Side::On };
    let turn = line.dx() * (point[1] - line.start.y) - line.dy() * (point[0] - line.start.x);
    match turn {
        turn if turn > 0.0 => Side::Left,
        turn if turn < 0.0 => Side::Right,
        _ => Side::On,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::line_string;

    #[test]
    fn the_side_is_that_of_the_nearest_segment() {
        // east, then north
        let line = Geometry::LineString(line_string![(x: 0.0, y: 0.0), (x: 10.0, y: 0.0), (x: 10.0, y: 10.0)]);
        assert_eq!(side(&line, [5.0, 1.0]), Side::Left);
        assert_eq!(side(&line, [5.0, -1.0]), Side::Right);
        assert_eq!(side(&line, [11.0, 8.0]), Side::Right);
        assert_eq!(side(&line, [9.0, 8.0]), Side::Left);
        assert_eq!(side(&line, [5.0, 0.0]), Side::On);
    }
}
