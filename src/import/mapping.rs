//! A row of a source becomes a checked record in the working system, or a defect that says why not.
//!
//! Rows are independent of one another here; what they have in common (repeats of a key, earlier editions) comes after.

use std::collections::HashSet;

use geo_types::Geometry;
use rayon::prelude::*;
use serde_json::{Map, Value as Json};

use super::content::content_hash;
use super::defect::Problem;
use super::field_rule::Filled;
use super::pack::Bilingual;
use super::profile::{Match, NameTarget, Profile};
use super::region::Regions;
use super::template::{self, Lookups, Miss, Row};
use super::vocabulary;
use crate::crs::{self, Crs, CrsError};
use crate::domain::{Extent, FeatureId, FieldKind, Fields, GeometryKind, Name, NameKind, Record, Validity, Value};
use crate::formats::{SourceFeature, SourceValue};
use crate::geometry;

/// What one row became.
#[derive(Debug)]
pub enum Mapped {
    /// The profile does not mean this row.
    Skipped,
    Rejected(Rejected),
    Kept(Box<Checked>),
}

/// A row that is not kept.
#[derive(Debug)]
pub struct Rejected {
    pub row: u64,
    pub source_id: String,
    pub problem: Problem,
    /// WGS 84, where the row says one that can be drawn.
    pub place: Option<Geometry<f64>>,
}

/// A record that can be stored, with what was found on the way.
#[derive(Debug)]
pub struct Checked {
    pub row: u64,
    pub record: Record,
    /// Further regions that the feature lies in.
    pub more_regions: Vec<String>,
    pub content_hash: i64,
    /// The class by which a shape is known again; for `match = "geometry"` only.
    pub class: String,
    pub repaired: bool,
    pub problems: Vec<Problem>,
    /// A point of the feature in WGS 84, to show defects at.
    pub place: Option<[f64; 2]>,
}

/// What rows of one file are mapped with.
#[derive(Debug)]
pub struct Mapper<'a> {
    pub profile: &'a Profile,
    pub region: &'a str,
    pub regions: &'a Regions,
    pub lookups: &'a Lookups,
    pub working: &'a Crs,
    pub wgs84: Crs,
    pub extent: Option<Extent>,
    pub validity: Validity,
    dropped: HashSet<&'a str>,
}

/// The file the rows come from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Without its folder.
    pub file: &'a str,
    pub layer: &'a str,
    pub crs: &'a Crs,
}

/// Rows that share their PROJ calls; also the unit of parallel work.
const BATCH: usize = 1024;
/// A repair that changes more of the area than this is not safe.
const SAFE_SHARE: f64 = 0.02;
const SAFE_AREA_M2: f64 = 2.0;

enum Shape {
    None,
    Point([f64; 2]),
    Other(Geometry<f64>),
}

struct Pending {
    row: SourceFeature,
    shape: Shape,
    place: Option<[f64; 2]>,
    problems: Vec<Problem>,
    repaired: bool,
    /// What is wrong with the geometry as it is in the file.
    flaw: Option<String>,
}

impl<'a> Mapper<'a> {
    pub fn new(
        profile: &'a Profile,
        region: &'a str,
        regions: &'a Regions,
        lookups: &'a Lookups,
        working: &'a Crs,
        validity: Validity,
    ) -> Self {
        let verbatim = profile
            .fields
            .iter()
            .map(|(_, rule)| rule)
            .chain(profile.names.iter().map(|(_, rule)| rule))
            .filter_map(|rule| rule.verbatim());
        let csv = &profile.source.csv;
        let dropped =
            verbatim.chain(profile.attributes.drop.iter().map(String::as_str)).chain(csv.x.as_deref()).chain(csv.y.as_deref()).collect();
        let extent = profile.extent.or_else(|| working.area_of_use().map(|area| area.grown(0.5)));
        Self { profile, region, regions, lookups, working, wgs84: Crs::wgs84(), extent, validity, dropped }
    }

    /// Maps rows in parallel; the answers are in the order of the rows.
    pub fn map(&self, origin: Origin<'_>, rows: Vec<SourceFeature>) -> Vec<Mapped> {
        let mut batches: Vec<Vec<SourceFeature>> = Vec::with_capacity(rows.len() / BATCH + 1);
        let mut rows = rows.into_iter();
        loop {
            let batch: Vec<_> = rows.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            batches.push(batch);
        }
        batches.into_par_iter().flat_map_iter(|batch| self.map_batch(origin, batch)).collect()
    }

    fn map_batch(&self, origin: Origin<'_>, rows: Vec<SourceFeature>) -> Vec<Mapped> {
        let mut out: Vec<Mapped> = Vec::with_capacity(rows.len());
        let mut pending: Vec<(usize, Pending)> = Vec::with_capacity(rows.len());
        for (at, row) in rows.into_iter().enumerate() {
            out.push(Mapped::Skipped);
            match self.read_shape(origin, row) {
                Ok(None) => {}
                Ok(Some(found)) => pending.push((at, found)),
                Err(rejected) => out[at] = Mapped::Rejected(*rejected),
            }
        }
        self.place(origin, &mut pending, &mut out);
        for (at, mut found) in pending {
            if matches!(out[at], Mapped::Rejected(_)) {
                continue;
            }
            let shape = std::mem::replace(&mut found.shape, Shape::None);
            out[at] = match self.check_shape(shape, &mut found) {
                Ok(geometry) => Mapped::Kept(Box::new(self.record(origin, found, geometry))),
                Err(problem) => Mapped::Rejected(self.rejected(origin, &found.row, problem, found.place)),
            };
        }
        out
    }

    /// The row's geometry in the file's system; `Ok(None)`: the row is not meant.
    fn read_shape(&self, origin: Origin<'_>, mut row: SourceFeature) -> Result<Option<Pending>, Box<Rejected>> {
        let geometry = std::mem::replace(&mut row.geometry, Ok(None));
        let view = self.view(origin, &row);
        let kind = geometry.as_ref().ok().and_then(Option::as_ref).map(kind_of);
        if !self.profile.conditions.iter().all(|condition| condition.holds(&view, kind)) {
            return Ok(None);
        }
        let mut problems = Vec::new();
        let shape = match geometry {
            Err(reason) => return Err(Box::new(self.rejected(origin, &row, Problem::UnreadableGeometry { reason }, None))),
            Ok(Some(Geometry::Point(point))) => Shape::Point([point.x(), point.y()]),
            Ok(Some(other)) => Shape::Other(other),
            Ok(None) => match &self.profile.position {
                Some(position) => {
                    let mut misses = Vec::new();
                    match (position.x.fill(&view, &mut misses), position.y.fill(&view, &mut misses)) {
                        (Some(x), Some(y)) => match (x.parse(), y.parse()) {
                            (Ok(x), Ok(y)) => Shape::Point([x, y]),
                            _ => return Err(Box::new(self.rejected(origin, &row, Problem::BadPosition { x, y }, None))),
                        },
                        _ => Shape::None,
                    }
                }
                None => Shape::None,
            },
        };
        if matches!(shape, Shape::None) {
            if !self.profile.keep_without_position {
                return Err(Box::new(self.rejected(origin, &row, Problem::NoGeometry, None)));
            }
            problems.push(Problem::NoPosition);
        }
        if let Shape::Other(geometry) = &shape
            && geometry::extent(geometry).is_none()
        {
            return Err(Box::new(self.rejected(origin, &row, Problem::EmptyGeometry, None)));
        }
        problems.extend(row.notes.drain(..).map(|reason| Problem::UnreadableText { reason }));
        Ok(Some(Pending { row, shape, place: None, problems, repaired: false, flaw: None }))
    }

    /// Checks the believable extent and moves every shape into the working system.
    fn place(&self, origin: Origin<'_>, pending: &mut [(usize, Pending)], out: &mut [Mapped]) {
        let mut points: Vec<[f64; 2]> = Vec::with_capacity(pending.len());
        let mut owners: Vec<usize> = Vec::with_capacity(pending.len());
        for (index, (at, found)) in pending.iter_mut().enumerate() {
            match &mut found.shape {
                Shape::None => {}
                Shape::Point(point) => {
                    points.push(*point);
                    owners.push(index);
                }
                Shape::Other(geometry) => {
                    found.flaw = geometry::check(geometry).err().map(|flaw| flaw.to_string());
                    let moved = self.believable(origin.crs, geometry).and_then(|place| {
                        found.place = Some(place);
                        crs::transform(geometry, origin.crs, self.working).map_err(|error| outside(&error))
                    });
                    if let Err(problem) = moved {
                        let place = drawable(geometry, origin.crs, &self.wgs84);
                        out[*at] = Mapped::Rejected(Rejected { place, ..self.rejected(origin, &found.row, problem, None) });
                    }
                }
            }
        }
        let globe = transform_each(&points, origin.crs, &self.wgs84);
        let moved = transform_each(&points, origin.crs, self.working);
        for ((index, globe), moved) in owners.into_iter().zip(globe).zip(moved) {
            let (at, found) = &mut pending[index];
            let problem = match (globe, moved) {
                (Ok(place), moved) => {
                    found.place = Some(place);
                    match (self.extent, moved) {
                        (Some(extent), _) if !extent.contains_point(place) => Some(far(Some(place), extent)),
                        (_, Ok(point)) => {
                            found.shape = Shape::Point(point);
                            None
                        }
                        (_, Err(error)) => Some(outside(&error)),
                    }
                }
                (Err(error), _) => Some(outside(&error)),
            };
            if let Some(problem) = problem {
                out[*at] = Mapped::Rejected(self.rejected(origin, &found.row, problem, found.place));
            }
        }
    }

    /// The middle of the geometry in WGS 84, when all of its box is believable.
    fn believable(&self, from: &Crs, geometry: &Geometry<f64>) -> Result<[f64; 2], Problem> {
        let Some(bounds) = geometry::extent(geometry) else { return Err(Problem::EmptyGeometry) };
        let [[west, south], [east, north]] = [bounds.min, bounds.max];
        let mut corners = [[west, south], [east, south], [east, north], [west, north], [(west + east) / 2.0, (south + north) / 2.0]];
        crs::transform_points(&mut corners, from, &self.wgs84).map_err(|error| outside(&error))?;
        if let Some(extent) = self.extent
            && let Some(stray) = corners.iter().find(|corner| !extent.contains_point(**corner))
        {
            return Err(far(Some(*stray), extent));
        }
        Ok(corners[4])
    }

    /// The geometry as the layer holds it: valid, and of its kind.
    fn check_shape(&self, shape: Shape, found: &mut Pending) -> Result<Option<Geometry<f64>>, Problem> {
        let geometry = match shape {
            Shape::None => return Ok(None),
            Shape::Point(point) => Geometry::Point(point.into()),
            Shape::Other(geometry) => geometry,
        };
        let wanted = self.profile.layer.geometry();
        let geometry = match geometry::check(&geometry) {
            // moving the coordinates by less than a nanometre can undo a crossing that the file has
            Ok(()) => {
                if let Some(reason) = found.flaw.take() {
                    found.problems.push(Problem::RepairedGeometry { reason, area_change_m2: 0.0 });
                    found.repaired = true;
                }
                geometry
            }
            Err(flaw) => {
                let reason = flaw.to_string();
                let repaired = geometry::repair(&geometry).ok_or_else(|| Problem::InvalidGeometry { reason: reason.clone() })?;
                let allowed = (geometry::area_m2(&repaired.geometry) * SAFE_SHARE).max(SAFE_AREA_M2);
                // where the area decides nothing, a place is worth more than its exact outline
                if wanted == GeometryKind::Polygon && repaired.area_change_m2.abs() > allowed {
                    let reason = format!("{reason}; {:+.1} m²", repaired.area_change_m2);
                    return Err(Problem::InvalidGeometry { reason });
                }
                found.problems.push(Problem::RepairedGeometry { reason, area_change_m2: repaired.area_change_m2 });
                found.repaired = true;
                repaired.geometry
            }
        };
        let geometry = if self.profile.inner_point && !matches!(geometry, Geometry::Point(_)) {
            let [x, y] = geometry::inner_point(&geometry).ok_or(Problem::EmptyGeometry)?;
            Geometry::Point(geo_types::Point::new(x, y))
        } else {
            geometry
        };
        geometry::to_kind(geometry, wanted)
            .map(Some)
            .map_err(|flaw| Problem::WrongGeometryKind { wanted: kind_word(wanted), reason: flaw.to_string() })
    }

    fn record(&self, origin: Origin<'_>, found: Pending, geometry: Option<Geometry<f64>>) -> Checked {
        let Pending { row, place, mut problems, repaired, .. } = found;
        let profile = self.profile;
        let layer = profile.layer;
        let view = self.view(origin, &row);
        let mut misses: Vec<Miss> = Vec::new();
        let mut attributes = self.attributes(&row);

        let mut fields = Fields::new(layer);
        for (index, rule) in &profile.fields {
            let name = layer.fields()[*index].name;
            let text = match rule.fill(&view, &mut misses) {
                Filled::Blank => continue,
                Filled::Value(text) => text,
                Filled::Unmapped(value) => {
                    problems.push(Problem::Unmapped { field: name.to_owned(), value: value.clone() });
                    value
                }
            };
            if let Some(words) = vocabulary::words(layer, name)
                && !words.contains(&text.as_str())
            {
                attributes.entry(name).or_insert_with(|| text.as_str().into());
                problems.push(Problem::UnknownWord { field: name, value: text });
                continue;
            }
            match typed(layer.fields()[*index].kind, &text) {
                Ok(value) => fields.set_at(*index, Some(value)),
                Err(wanted) => {
                    attributes.entry(name).or_insert_with(|| text.as_str().into());
                    problems.push(Problem::WrongType { field: name, value: text, wanted });
                }
            }
        }

        let mut name = None;
        let mut names = Vec::new();
        for (target, rule) in &profile.names {
            let text = match rule.fill(&view, &mut misses) {
                Filled::Blank => continue,
                Filled::Value(text) => text,
                Filled::Unmapped(value) => {
                    problems.push(Problem::Unmapped { field: "name".to_owned(), value: value.clone() });
                    value
                }
            };
            match target {
                NameTarget::Name => name = Some(text),
                NameTarget::Language { lang, kind } => names.push(Name { text, lang: lang.clone(), kind: *kind }),
                NameTarget::List(kind) => names.extend(text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(|part| Name {
                    text: part.to_owned(),
                    lang: String::new(),
                    kind: *kind,
                })),
            }
        }
        if name.is_none() {
            name = names.iter().find(|name| name.kind == NameKind::Official).map(|name| name.text.clone());
        }

        let region = profile.region.as_ref().and_then(|template| template.fill(&view, &mut misses));
        let mut more_regions = match (&region, &geometry) {
            (None, Some(geometry)) => self.regions.of(geometry),
            _ => Vec::new(),
        };
        let region = region.unwrap_or_else(|| if more_regions.is_empty() { self.region.to_owned() } else { more_regions.remove(0) });

        let (source_id, class) = match &profile.identity.matching {
            Match::Key(_) => (key(profile, &view, &mut misses), String::new()),
            Match::Geometry { class } => (None, class.as_ref().and_then(|class| class.fill(&view, &mut misses)).unwrap_or_default()),
        };
        for miss in misses {
            let problem = Problem::NotInLookup { table: miss.table, value: miss.word };
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }

        let mut record = Record {
            layer,
            region,
            id: FeatureId::from_bytes([0; 10]),
            validity: self.validity,
            source: profile.identity.source.clone(),
            source_id: String::new(),
            name,
            names,
            fields,
            attributes,
            geometry,
        };
        let by_shape = matches!(profile.identity.matching, Match::Geometry { .. });
        let content_hash = content_hash(&record, &profile.attributes.volatile, !by_shape);
        record.source_id = match (source_id, by_shape) {
            (Some(key), _) => key,
            (None, true) => {
                let shape = record.geometry.as_ref().map_or(0, |geometry| geometry::fingerprint(geometry, super::identity::SAME_SHAPE_M));
                format!("{class}@{shape:016x}")
            }
            (None, false) => {
                problems.push(Problem::NoKey);
                format!("~{content_hash:016x}")
            }
        };
        record.id = FeatureId::derive(layer.id(), &record.source, &record.source_id);
        Checked { row: row.row, record, more_regions, content_hash, class, repaired, problems, place }
    }

    /// What the source said besides what went into fields word for word.
    fn attributes(&self, row: &SourceFeature) -> Map<String, Json> {
        let mut attributes = Map::new();
        for (name, value) in &row.fields {
            if self.dropped.contains(&**name) {
                continue;
            }
            let value = match value {
                SourceValue::Null => continue,
                SourceValue::Bool(value) => Json::Bool(*value),
                SourceValue::Int(value) => Json::from(*value),
                SourceValue::Real(value) => Json::from(*value),
                SourceValue::Text(text) if text.trim().is_empty() => continue,
                SourceValue::Text(text) => Json::from(text.as_str()),
                SourceValue::Date(day) => Json::from(day.to_string()),
            };
            attributes.insert((**name).to_owned(), value);
        }
        attributes
    }

    fn view<'r>(&'r self, origin: Origin<'r>, row: &'r SourceFeature) -> Row<'r> {
        Row {
            fields: &row.fields,
            file: origin.file,
            layer: origin.layer,
            number: row.row,
            profile: &self.profile.name,
            lookups: self.lookups,
        }
    }

    fn rejected(&self, origin: Origin<'_>, row: &SourceFeature, problem: Problem, place: Option<[f64; 2]>) -> Rejected {
        let source_id = key(self.profile, &self.view(origin, row), &mut Vec::new()).unwrap_or_default();
        Rejected { row: row.row, source_id, problem, place: place.map(|[x, y]| Geometry::Point(geo_types::Point::new(x, y))) }
    }
}

/// What the source calls the row; `None` when a part of the key is blank or shapes are the key.
fn key(profile: &Profile, view: &Row<'_>, misses: &mut Vec<Miss>) -> Option<String> {
    let Match::Key(parts) = &profile.identity.matching else { return None };
    let mut key = String::new();
    for part in parts {
        let text = part.iter().find_map(|template| template.fill(view, misses))?;
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(&text);
    }
    Some(key)
}

fn typed(kind: FieldKind, text: &str) -> Result<Value, &'static str> {
    match kind {
        FieldKind::Text => Ok(Value::Text(text.into())),
        FieldKind::Int => text
            .parse::<i64>()
            .ok()
            .or_else(|| text.parse::<f64>().ok().filter(|n| n.fract() == 0.0 && n.abs() < 9e15).map(|n| n as i64))
            .map(Value::Int)
            .ok_or("a whole number"),
        FieldKind::Number => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::Number).ok_or("a number"),
        FieldKind::Date => template::date(text, "%Y-%m-%d").map(Value::Date).ok_or("a day"),
    }
}

/// Every point by itself when they do not all go: one bad row must not cost its neighbours.
fn transform_each(points: &[[f64; 2]], from: &Crs, to: &Crs) -> Vec<Result<[f64; 2], CrsError>> {
    let mut moved = points.to_vec();
    match crs::transform_points(&mut moved, from, to) {
        Ok(()) => moved.into_iter().map(Ok).collect(),
        Err(_) => points
            .iter()
            .map(|point| {
                let mut one = [*point];
                crs::transform_points(&mut one, from, to).map(|()| one[0])
            })
            .collect(),
    }
}

/// The geometry in WGS 84 when it can be drawn there.
fn drawable(geometry: &Geometry<f64>, from: &Crs, wgs84: &Crs) -> Option<Geometry<f64>> {
    let mut copy = geometry.clone();
    crs::transform(&mut copy, from, wgs84).ok()?;
    Some(copy)
}

fn outside(error: &CrsError) -> Problem {
    Problem::OutsideCrs { reason: Bilingual { zh: error.zh(), en: error.to_string() } }
}

fn far(point: Option<[f64; 2]>, extent: Extent) -> Problem {
    Problem::OutsideExtent { point, extent: [extent.min[0], extent.min[1], extent.max[0], extent.max[1]] }
}

fn kind_of(geometry: &Geometry<f64>) -> GeometryKind {
    match geometry {
        Geometry::Point(_) | Geometry::MultiPoint(_) => GeometryKind::Point,
        Geometry::Line(_) | Geometry::LineString(_) | Geometry::MultiLineString(_) => GeometryKind::Line,
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => GeometryKind::Polygon,
        Geometry::GeometryCollection(_) => GeometryKind::Any,
    }
}

fn kind_word(kind: GeometryKind) -> &'static str {
    match kind {
        GeometryKind::Point => "point",
        GeometryKind::Line => "line",
        GeometryKind::Polygon => "polygon",
        GeometryKind::Any => "any",
    }
}
