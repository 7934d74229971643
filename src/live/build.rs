//! Makes the features and search entries of the snapshots from rows of the store.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use anyhow::Result;
use geo::unary_union;
use geo_types::{Coord, Geometry, MultiPolygon, Point};
use rayon::slice::ParallelSliceMut;

use super::Settings;
use super::past::{History, past};
use crate::crs::{self, Crs};
use crate::domain::{Extent, FeatureId, Layer, NameKind, Value};
use crate::gazetteer::{Division, Entry, Index, Line};
use crate::geometry;
use crate::language::is_unspaced;
use crate::spatial::{Feature, LayerIndex, Shape, Tag};
use crate::store::SnapshotRow;

/// The footprints of the cases: (region, case number) to polygons.
pub type Footprints = HashMap<(Arc<str>, Arc<str>), Vec<MultiPolygon<f64>>>;

/// Turns a batch of rows into features, and into entries that go to `found` with the region of the row; a feature without any text
/// has none. `history` is what the register said of them before. Blocking: reprojects.
///
/// # Errors
/// When PROJ cannot make the transformation at all. A single geometry that cannot be reprojected leaves its feature without a
/// position, and the log says so.
pub(super) fn convert(
    settings: &Settings,
    layer: Layer,
    mut rows: Vec<SnapshotRow>,
    footprints: &Footprints,
    divisions: &LayerIndex,
    history: &History,
    found: &mut dyn FnMut(&Arc<str>, Entry),
) -> Result<Vec<Feature>> {
    let publicity = settings.publicity.get(&layer);
    let precision_m = publicity.map_or(0.0, |publicity| publicity.precision_m);
    // Footprints are never shown by themselves: their case number must stay, or they could not be joined to their case.
    let is_public = |name: &str| layer == Layer::PermitFootprints || publicity.is_none_or(|publicity| !publicity.hidden.contains(name));
    let shown: Vec<bool> = layer.fields().iter().map(|field| field.in_tiles && is_public(field.name)).collect();
    if layer == Layer::Permits {
        for row in &mut rows {
            assemble(row, footprints);
        }
    }
    // Which division it is in depends on where it is, not on where it is shown.
    let within = |row: &SnapshotRow| {
        let shape = row.geometry.clone().map_or(Shape::None, Shape::from_geometry);
        inner_point(&shape).and_then(|point| division(divisions, point, row.id))
    };
    let exact: Vec<Option<Arc<Division>>> = if precision_m > 0.0 { rows.iter().map(within).collect() } else { Vec::new() };
    for row in &mut rows {
        row.geometry = row.geometry.take().map(|geometry| rounded(geometry, precision_m));
    }
    let points = project_points(&settings.working, &rows)?;
    let mut features = Vec::with_capacity(rows.len());
    for (place, (row, point)) in rows.into_iter().zip(points).enumerate() {
        let working = row.geometry.clone().map_or(Shape::None, Shape::from_geometry);
        let drawn = match point {
            Some(mercator) => Some(Geometry::Point(Point::from(mercator))),
            None => row.geometry.clone().and_then(|geometry| project(&settings.working, geometry, layer, row.id)),
        };
        let mercator = drawn.map_or(Shape::None, Shape::from_geometry);
        let position = inner_point(&mercator).map(crs::mercator_to_wgs84);
        let hidden = publicity.map(|publicity| &publicity.hidden);
        if let Some(mut entry) = Entry::of(layer, row.id, row.name.as_deref(), &row.names, &row.fields, hidden) {
            entry.position = position;
            entry.past = history.get(&row.id).and_then(|rows| past(&entry, &row.region, rows, hidden));
            if layer == Layer::Roads {
                entry.line = line(&row, &mercator);
            }
            // A division is not labelled by another: it would depend on which of them was read first.
            if layer != Layer::Divisions && !names_its_divisions(&entry) {
                entry.division = match exact.get(place) {
                    Some(exact) => exact.clone(),
                    None => inner_point(&working).and_then(|point| division(divisions, point, row.id)),
                };
            }
            found(&row.region, entry);
        }
        features.push(Feature {
            id: row.id,
            region: Arc::clone(&row.region),
            name_en: english(&row).map(Into::into),
            tags: tags(&row, &shown),
            name: row.name,
            working,
            mercator,
        });
    }
    Ok(features)
}

/// The values that are shown, in a block of just their size: one that is cut to size leaves a hole behind it, ten million times.
fn tags(row: &SnapshotRow, shown: &[bool]) -> Box<[Tag]> {
    let values =
        || row.fields.iter().zip(0u8..).zip(shown).filter_map(|(((_, value), field), shown)| Some((field, value.filter(|_| *shown)?)));
    let mut tags = Vec::with_capacity(values().count());
    tags.extend(values().map(|(field, value)| Tag { field, value: value.clone() }));
    tags.into()
}

/// A feature that is stored for several regions is one feature in memory: that of the first region, in the index as on the map.
pub(super) fn once_each<T: Send>(mut all: Vec<T>, key: fn(&T) -> (FeatureId, &str)) -> Vec<T> {
    // Few layers have such features, and putting a million of them in order only to find none takes a while.
    let mut ids: Vec<FeatureId> = all.iter().map(|one| key(one).0).collect();
    ids.par_sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        all.par_sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        all.dedup_by_key(|one| key(one).0);
    }
    all
}

/// Notes whose footprint the rows are.
pub fn collect_footprints(rows: &[SnapshotRow], into: &mut Footprints) {
    for row in rows {
        let case = row.fields.get("case_no");
        if let (Some(Value::Text(case)), Some(Geometry::MultiPolygon(polygons))) = (case, &row.geometry) {
            into.entry((Arc::clone(&row.region), Arc::clone(case))).or_default().push(polygons.clone());
        }
    }
}

/// A case is drawn by its footprints; only one that has none is drawn by its own position.
pub fn assemble(row: &mut SnapshotRow, footprints: &Footprints) {
    let Some(Value::Text(case)) = row.fields.get("case_no") else { return };
    let Some(parts) = footprints.get(&(Arc::clone(&row.region), Arc::clone(case))) else { return };
    let whole = ground(parts);
    if !whole.0.is_empty() {
        row.geometry = Some(Geometry::MultiPolygon(whole));
    }
}

/// What the footprints of a case cover together.
pub fn ground(footprints: &[MultiPolygon<f64>]) -> MultiPolygon<f64> {
    match footprints {
        [only] => only.clone(),
        // overlapping footprints of one case would make an invalid multipolygon
        parts => unary_union(parts.iter().flatten()),
    }
}

fn project_points(working: &Crs, rows: &[SnapshotRow]) -> Result<Vec<Option<[f64; 2]>>> {
    let mercator = Crs::mercator();
    let mut points: Vec<[f64; 2]> = rows
        .iter()
        .filter_map(|row| match &row.geometry {
            Some(Geometry::Point(point)) => Some([point.x(), point.y()]),
            _ => None,
        })
        .collect();
    if crs::transform_points(&mut points, working, &mercator).is_err() {
        // one of them cannot be: find out which by doing them one at a time
        return Ok(vec![None; rows.len()]);
    }
    let mut points = points.into_iter();
    Ok(rows.iter().map(|row| if matches!(row.geometry, Some(Geometry::Point(_))) { points.next() } else { None }).collect())
}

fn project(working: &Crs, mut geometry: Geometry<f64>, layer: Layer, id: FeatureId) -> Option<Geometry<f64>> {
    match crs::transform(&mut geometry, working, &Crs::mercator()) {
        Ok(()) => Some(geometry),
        Err(error) => {
            tracing::warn!(%layer, %id, %error, "the feature cannot be drawn");
            None
        }
    }
}

/// To the precision that the public gets, in the working system: what is measured, found and drawn are then one and the same place.
pub fn rounded(mut geometry: Geometry<f64>, precision_m: f64) -> Geometry<f64> {
    if precision_m > 0.0 {
        use geo::MapCoordsInPlace;
        geometry.map_coords_in_place(|Coord { x, y }| Coord {
            x: (x / precision_m).round() * precision_m,
            y: (y / precision_m).round() * precision_m,
        });
    }
    geometry
}

/// The line of a road with the numbers of its sides, for interpolation.
fn line(row: &SnapshotRow, mercator: &Shape) -> Option<Arc<Line>> {
    let Shape::Geometry(geometry) = mercator else { return None };
    let parts: Vec<&geo_types::LineString<f64>> = match &**geometry {
        Geometry::LineString(line) => vec![line],
        Geometry::MultiLineString(lines) => lines.iter().collect(),
        _ => return None,
    };
    let points = parts.into_iter().flat_map(|part| part.coords()).map(|at| crs::mercator_to_wgs84([at.x, at.y])).collect();
    let number = |field: &str| match row.fields.get(field) {
        Some(Value::Int(number)) => u32::try_from(*number).ok(),
        Some(Value::Text(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let side = |from: &str, to: &str| Some([number(from)?, number(to)?]);
    Some(Arc::new(Line { points, left: side("left_from", "left_to"), right: side("right_from", "right_to") }))
}

/// Of what lies in these boxes (working system), the features whose entry names another division than the one they now lie in.
pub(super) fn relabelled(layer: &LayerIndex, divisions: &LayerIndex, index: &Index, boxes: &[Extent]) -> BTreeSet<FeatureId> {
    let mut checked = BTreeSet::new();
    let mut found = BTreeSet::new();
    for feature in boxes.iter().flat_map(|extent| layer.window(extent)) {
        if !checked.insert(feature.id) {
            continue;
        }
        let Some(entry) = index.get(&feature.id) else { continue };
        if entry.division.is_none() && names_its_divisions(&entry) {
            continue;
        }
        let now = inner_point(&feature.working).and_then(|point| division(divisions, point, feature.id));
        if now.as_deref() != entry.division.as_deref() {
            found.insert(feature.id);
        }
    }
    found
}

/// An address in hanzi begins with its divisions; a Western one names a town at most, and not always the one it lies in.
fn names_its_divisions(entry: &Entry) -> bool {
    entry.address.as_deref().is_some_and(|address| address.chars().any(is_unspaced))
}

fn inner_point(shape: &Shape) -> Option<[f64; 2]> {
    match shape {
        Shape::Point(point) => Some(*point),
        Shape::Geometry(geometry) => geometry::inner_point(geometry),
        Shape::None => None,
    }
}

/// The official English name.
pub fn english(row: &SnapshotRow) -> Option<&str> {
    row.names.iter().find(|name| name.lang == "en" && name.kind == NameKind::Official).map(|name| name.text.as_str())
}

/// The town, or else the county, that the point lies in: what people add to a name to tell it from its twin.
fn division(divisions: &LayerIndex, point: [f64; 2], own: FeatureId) -> Option<Arc<Division>> {
    let level = Layer::Divisions.field_index("level").and_then(|index| u8::try_from(index).ok())?;
    let code = Layer::Divisions.field_index("code").and_then(|index| u8::try_from(index).ok())?;
    let rank = |feature: &Feature| match feature.tag(level).and_then(Value::text) {
        Some("town") => 0,
        Some("county") => 1,
        Some("city") => 2,
        _ => 3,
    };
    let found = divisions
        .covering(point)
        .into_iter()
        .filter(|feature| feature.id != own && feature.name.is_some() && rank(feature) < 3)
        .min_by_key(|feature| (rank(feature), feature.id))?;
    Some(Arc::new(Division {
        code: found.tag(code).and_then(Value::text).unwrap_or_default().into(),
        name: found.name.as_deref().unwrap_or_default().into(),
    }))
}
