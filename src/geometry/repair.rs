//! Repairs that keep what the drawing shows: figure-of-eight rings, spikes, holes that reach out, overlapping parts.

use geo::{Area, BooleanOps, CoordsIter, MakeValid, RemoveRepeatedPoints, unary_union};
use geo_types::{Geometry, GeometryCollection, LineString, MultiLineString, MultiPolygon, Polygon};

use super::{Flaw, check};

/// A sound geometry of the same kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Repaired {
    pub geometry: Geometry<f64>,
    /// By how much the area differs from that of the drawn rings (shells less holes). A figure of eight, whose two lobes
    /// cancel out when measured, shows a large change.
    pub area_change_m2: f64,
}

/// A sound geometry for an unsound one; a sound one comes back unchanged. `None` when it cannot be repaired safely: a
/// coordinate that is not a number, nothing left, or another kind of geometry would come out.
pub fn repair(geometry: &Geometry<f64>) -> Option<Repaired> {
    match check(geometry) {
        Ok(()) => return Some(Repaired { geometry: geometry.clone(), area_change_m2: 0.0 }),
        Err(Flaw::Invalid { .. }) => {}
        Err(_) => return None,
    }
    let repaired = repaired(geometry)?;
    check(&repaired).ok()?;
    let area_change_m2 = (repaired.unsigned_area() - drawn_area(geometry)).abs();
    area_change_m2.is_finite().then_some(Repaired { geometry: repaired, area_change_m2 })
}

fn repaired(geometry: &Geometry<f64>) -> Option<Geometry<f64>> {
    match geometry {
        Geometry::LineString(line) => sound_line(line).map(Geometry::LineString),
        Geometry::MultiLineString(lines) => {
            let lines: Vec<LineString<f64>> = lines.iter().filter_map(sound_line).collect();
            (!lines.is_empty()).then(|| MultiLineString(lines).into())
        }
        Geometry::Polygon(polygon) => {
            let mut areas = sound_area(polygon)?;
            Some(if areas.0.len() == 1 { areas.0.remove(0).into() } else { areas.into() })
        }
        Geometry::MultiPolygon(polygons) => sound_areas(polygons).map(Geometry::MultiPolygon),
        Geometry::GeometryCollection(members) => {
            let kept = members.iter().filter(|member| member.coords_iter().next().is_some());
            let kept: Option<Vec<Geometry<f64>>> = kept.map(|member| repair(member).map(|repaired| repaired.geometry)).collect();
            kept.map(|kept| Geometry::GeometryCollection(GeometryCollection(kept)))
        }
        _ => None,
    }
}

fn sound_line(line: &LineString<f64>) -> Option<LineString<f64>> {
    let line = line.remove_repeated_points();
    (line.0.len() > 1).then_some(line)
}

fn sound_areas(polygons: &MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
    let parts: Vec<Polygon<f64>> = polygons.iter().filter_map(sound_area).flatten().collect();
    if parts.is_empty() {
        return None;
    }
    let parts = MultiPolygon(parts);
    if check(&parts.clone().into()).is_ok() {
        return Some(parts);
    }
    // parts that overlap or adjoin are one area
    resolved(unary_union(parts.iter()))
}

/// Of the two ways to read unsound rings the one whose area is nearer to what was drawn: ring by ring, or all line work at once
/// (a road network whose shell touches itself around blocks is drawn in the second way).
fn sound_area(polygon: &Polygon<f64>) -> Option<MultiPolygon<f64>> {
    let by_rings = ring_by_ring(polygon);
    let drawn = polygon.unsigned_area();
    let change = |areas: &MultiPolygon<f64>| (areas.unsigned_area() - drawn).abs();
    if by_rings.as_ref().is_some_and(|areas| change(areas) <= drawn * 1e-6) {
        return by_rings;
    }
    let none = MultiPolygon::<f64>(vec![]);
    let by_lines = resolved(MultiPolygon(vec![polygon.clone()]).union(&none));
    match (by_rings, by_lines) {
        (Some(rings), Some(lines)) if change(&lines) < change(&rings) => Some(lines),
        (Some(rings), _) => Some(rings),
        (None, lines) => lines,
    }
}

/// The shell as drawn, less its holes wherever they lie.
fn ring_by_ring(polygon: &Polygon<f64>) -> Option<MultiPolygon<f64>> {
    let shell = sound_ring(polygon.exterior())?;
    let holes: Vec<MultiPolygon<f64>> = polygon.interiors().iter().filter_map(sound_ring).collect();
    if holes.is_empty() {
        return Some(shell);
    }
    // the holes may have been sound beside a shell that was not, or useless ones among them
    if let [only] = shell.0.as_slice() {
        let simple: Vec<LineString<f64>> = holes.iter().flatten().map(|hole| hole.exterior().clone()).collect();
        let plain = MultiPolygon(vec![Polygon::new(only.exterior().clone(), simple)]);
        if only.interiors().is_empty()
            && holes.iter().flatten().all(|hole| hole.interiors().is_empty())
            && check(&plain.clone().into()).is_ok()
        {
            return Some(plain);
        }
    }
    resolved(shell.difference(&unary_union(holes.iter().flatten())))
}

fn sound_ring(ring: &LineString<f64>) -> Option<MultiPolygon<f64>> {
    let ring = Polygon::new(ring.clone(), vec![]);
    if check(&ring.clone().into()).is_ok() {
        return Some(MultiPolygon(vec![ring]));
    }
    let areas = ring.make_valid().ok()?;
    (!areas.0.is_empty()).then_some(areas)
}

/// Overlay rounds to a grid, which now and then leaves a touching ring behind: then the linework is resolved once more.
fn resolved(areas: MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
    if areas.0.is_empty() {
        return None;
    }
    if check(&areas.clone().into()).is_ok() {
        return Some(areas);
    }
    let again = areas.make_valid().ok()?;
    (!again.0.is_empty()).then_some(again)
}

fn drawn_area(geometry: &Geometry<f64>) -> f64 {
    let drawn = |polygon: &Polygon<f64>| polygon.unsigned_area();
    match geometry {
        Geometry::Polygon(polygon) => drawn(polygon),
        Geometry::MultiPolygon(polygons) => polygons.iter().map(drawn).sum(),
        Geometry::GeometryCollection(members) => members.iter().map(drawn_area).sum(),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::wkt;
    use proptest::prelude::*;

    fn repaired(geometry: impl Into<Geometry<f64>>) -> Repaired {
        repair(&geometry.into()).unwrap()
    }

    #[test]
    fn a_shell_that_touches_itself_around_a_block_keeps_the_block_open() {
        // a street around a block: out along one side, around the block, back to the same corner
        let street = wkt!(POLYGON((0. 0., 10. 0., 10. 10., 0. 10., 0. 0., 2. 2., 2. 8., 8. 8., 8. 2., 2. 2., 0. 0.)));
        let result = repaired(street);
        assert!((result.geometry.unsigned_area() - 64.0).abs() < 1e-6 && result.area_change_m2 < 1e-6, "{result:?}");
    }

    #[test]
    fn a_figure_of_eight_becomes_two_areas_and_the_change_is_told() {
        let result = repaired(wkt!(POLYGON((0. 0., 4. 4., 4. 0., 0. 4., 0. 0.))));
        assert!((result.geometry.unsigned_area() - 8.0).abs() < 1e-9 && (result.area_change_m2 - 8.0).abs() < 1e-9, "{result:?}");
        assert!(matches!(result.geometry, Geometry::MultiPolygon(_)));
    }

    #[test]
    fn a_spike_goes_and_the_rest_stays() {
        let result = repaired(wkt!(POLYGON((0. 0., 4. 0., 8. 0., 4. 0., 4. 4., 0. 4., 0. 0.))));
        assert!((result.geometry.unsigned_area() - 16.0).abs() < 1e-9 && result.area_change_m2 < 1e-9, "{result:?}");
    }

    #[test]
    fn a_hole_outside_does_not_become_land() {
        let result = repaired(wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(11. 1., 12. 1., 12. 3., 11. 1.))));
        assert!((result.geometry.unsigned_area() - 81.0).abs() < 1e-6, "{result:?}");
        let across = repaired(wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(8. 1., 10. 1., 10. 3., 8. 3., 8. 1.))));
        assert!((across.geometry.unsigned_area() - 79.0).abs() < 1e-6, "{across:?}");
    }

    #[test]
    fn overlapping_parts_are_joined_and_not_cut_out() {
        let result = repaired(wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.)),((2. 0., 6. 0., 6. 4., 2. 4., 2. 0.)))));
        assert!((result.geometry.unsigned_area() - 24.0).abs() < 1e-6 && (result.area_change_m2 - 8.0).abs() < 1e-6, "{result:?}");
    }

    #[test]
    fn what_would_vanish_or_change_its_kind_is_not_repaired() {
        for geometry in [
            wkt!(POLYGON((0. 0., 2. 0., 1. 0., 0. 0.))).into(),
            wkt!(POLYGON((0. 0., 0. 0., 0. 0., 0. 0.))).into(),
            Geometry::from(wkt!(LINESTRING(1. 1., 1. 1.))),
            MultiPolygon(vec![]).into(),
        ] {
            assert_eq!(repair(&geometry), None, "{geometry:?}");
        }
        let with_rest = wkt!(MULTILINESTRING((1. 1., 1. 1.),(0. 0., 5. 0.)));
        assert_eq!(repaired(with_rest).geometry, wkt!(MULTILINESTRING((0. 0., 5. 0.))).into());
    }

    proptest! {
        #[test]
        fn a_random_scribble_is_repaired_to_something_sound(points in prop::collection::vec((0.0..1000.0f64, 0.0..1000.0f64), 3..14), holes in prop::collection::vec(prop::collection::vec((0.0..1000.0f64, 0.0..1000.0f64), 3..6), 0..2)) {
            let polygon = Polygon::new(points.into(), holes.into_iter().map(LineString::from).collect());
            if let Some(result) = repair(&polygon.clone().into()) {
                prop_assert_eq!(check(&result.geometry), Ok(()));
                prop_assert!(matches!(result.geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_)));
                prop_assert_eq!(repair(&result.geometry).map(|again| again.area_change_m2), Some(0.0));
            } else {
                prop_assert!(!polygon.interiors().is_empty() || polygon.unsigned_area() < 1.0, "{:?}", polygon);
            }
        }
    }
}
