//! Which rows are the same feature: repeats of a key within an edition, and shapes known from the edition before.

use std::collections::HashMap;

use geo_types::Geometry;
use serde_json::Value as Json;

use super::defect::Problem;
use super::mapping::Checked;
use super::profile::{Identity, Repeats};
use crate::domain::{FeatureId, GeometryKind};
use crate::geometry;

/// Two shapes that differ by no more than this anywhere are the same shape.
pub const SAME_SHAPE_M: f64 = 0.1;

/// The keys seen so far in an edition.
#[derive(Debug)]
pub struct Repetition<'a> {
    identity: &'a Identity,
    first: HashMap<FeatureId, Seen>,
    /// Positions of the further features under a key, for the few that have any.
    others: HashMap<FeatureId, Vec<Seen>>,
}

/// Where a feature is; NaN when it has no position.
#[derive(Clone, Copy, Debug)]
struct Seen([f64; 2]);

/// What is to be done with a row.
#[derive(Debug)]
pub enum Verdict {
    /// A feature of its own.
    New(Box<Checked>),
    /// It goes into the feature with this id; what of it is kept is the caller's to decide.
    Merge(Box<Checked>, Option<f64>),
    Reject(Box<Checked>),
}

impl<'a> Repetition<'a> {
    pub fn new(identity: &'a Identity) -> Self {
        Self { identity, first: HashMap::new(), others: HashMap::new() }
    }

    /// Rows must come in the order of the files.
    pub fn judge(&mut self, mut row: Box<Checked>) -> Verdict {
        let seen = Seen(row.record.geometry.as_ref().and_then(middle).unwrap_or([f64::NAN; 2]));
        let Some(first) = self.first.get(&row.record.id) else {
            self.first.insert(row.record.id, seen);
            return Verdict::New(row);
        };
        match self.identity.repeats {
            Repeats::Reject => Verdict::Reject(row),
            Repeats::Union | Repeats::First => {
                let limit = self.identity.merge_within_m;
                let others = self.others.get(&row.record.id).map(Vec::as_slice).unwrap_or_default();
                let near = std::iter::once(first).chain(others).enumerate().find(|(_, other)| match (limit, other.distance(seen)) {
                    (None, _) => true,
                    (Some(limit), Some(distance)) => distance <= limit,
                    // without a position nothing says that they are at different places
                    (Some(_), None) => true,
                });
                match near {
                    Some((0, other)) => {
                        let distance = other.distance(seen);
                        Verdict::Merge(row, distance)
                    }
                    Some((place, other)) => {
                        let distance = other.distance(seen);
                        rename(&mut row, place as u32 + 1);
                        Verdict::Merge(row, distance)
                    }
                    None => {
                        let distance_m = first.distance(seen);
                        let others = self.others.entry(row.record.id).or_default();
                        others.push(seen);
                        let serial = others.len() as u32 + 1;
                        row.problems.push(Problem::KeptApart { distance_m, serial });
                        rename(&mut row, serial);
                        Verdict::New(row)
                    }
                }
            }
            Repeats::Keep => {
                let distance_m = first.distance(seen);
                let others = self.others.entry(row.record.id).or_default();
                others.push(seen);
                let serial = others.len() as u32 + 1;
                row.problems.push(Problem::KeptApart { distance_m, serial });
                rename(&mut row, serial);
                Verdict::New(row)
            }
        }
    }
}

impl Seen {
    fn distance(self, other: Self) -> Option<f64> {
        let distance = (self.0[0] - other.0[0]).hypot(self.0[1] - other.0[1]);
        distance.is_finite().then_some(distance)
    }
}

/// The number-th feature under one key has an id of its own.
fn rename(row: &mut Checked, serial: u32) {
    row.record.source_id = format!("{}#{serial}", row.record.source_id);
    row.record.id = FeatureId::derive(row.record.layer.id(), &row.record.source, &row.record.source_id);
}

fn middle(shape: &Geometry<f64>) -> Option<[f64; 2]> {
    if let Geometry::Point(point) = shape {
        return Some([point.x(), point.y()]);
    }
    let bounds = geometry::extent(shape)?;
    Some([(bounds.min[0] + bounds.max[0]) / 2.0, (bounds.min[1] + bounds.max[1]) / 2.0])
}

/// Puts a repeat into the feature it repeats: shapes are joined, blank fields and names filled, attributes that differ become lists.
pub fn unite(into: &mut Checked, other: Checked) {
    let kind = into.record.layer.geometry();
    into.record.geometry = match (into.record.geometry.take(), other.record.geometry) {
        (None, shape) => shape,
        (shape, None) => shape,
        // a plate has one place: the first
        (Some(shape), Some(_)) if kind == GeometryKind::Point => Some(shape),
        (Some(one), Some(two)) => Some(join(one, two)),
    };
    if into.record.geometry.is_some() {
        into.problems.retain(|problem| *problem != Problem::NoPosition);
    }
    into.place = into.place.or(other.place);
    for (index, field) in into.record.layer.fields().iter().enumerate() {
        match (into.record.fields.at(index), other.record.fields.at(index)) {
            (None, Some(value)) => {
                let value = value.clone();
                into.record.fields.set_at(index, Some(value));
            }
            (Some(kept), Some(value)) if kept != value => {
                let value = serde_json::to_value(value).unwrap_or_default();
                let kept = serde_json::to_value(kept).unwrap_or_default();
                add(into.record.attributes.entry(field.name).or_insert(kept), value);
            }
            _ => {}
        }
    }
    match (&into.record.name, other.record.name) {
        (None, Some(name)) => into.record.name = Some(name),
        (Some(kept), Some(name)) if *kept != name => {
            let kept = Json::from(kept.as_str());
            add(into.record.attributes.entry("name").or_insert(kept), name.into());
        }
        _ => {}
    }
    for name in other.record.names {
        if !into.record.names.contains(&name) {
            into.record.names.push(name);
        }
    }
    for (name, value) in other.record.attributes {
        match into.record.attributes.get_mut(&name) {
            Some(kept) => add(kept, value),
            None => {
                into.record.attributes.insert(name, value);
            }
        }
    }
    for region in std::iter::once(other.record.region).chain(other.more_regions) {
        if region != into.record.region && !into.more_regions.contains(&region) {
            into.more_regions.push(region);
        }
    }
    into.repaired |= other.repaired;
}

/// A value that differs makes a list; no value twice.
fn add(kept: &mut Json, value: Json) {
    match kept {
        Json::Array(list) => {
            let more = if let Json::Array(more) = value { more } else { vec![value] };
            for value in more {
                if !list.contains(&value) {
                    list.push(value);
                }
            }
        }
        kept if *kept == value => {}
        kept => *kept = Json::Array(vec![kept.take(), value]),
    }
}

fn join(one: Geometry<f64>, two: Geometry<f64>) -> Geometry<f64> {
    use geo::BooleanOps;
    use geo_types::{GeometryCollection, MultiLineString, MultiPoint, MultiPolygon};
    let points = |shape: Geometry<f64>| match shape {
        Geometry::Point(point) => Ok(vec![point]),
        Geometry::MultiPoint(points) => Ok(points.0),
        other => Err(other),
    };
    let (one, two) = match (points(one), points(two)) {
        (Ok(mut all), Ok(more)) => {
            for point in more {
                if !all.contains(&point) {
                    all.push(point);
                }
            }
            return if all.len() == 1 { Geometry::Point(all[0]) } else { Geometry::MultiPoint(MultiPoint(all)) };
        }
        (one, two) => (
            one.map_or_else(|other| other, |points| Geometry::MultiPoint(MultiPoint(points))),
            two.map_or_else(|other| other, |points| Geometry::MultiPoint(MultiPoint(points))),
        ),
    };
    match (one, two) {
        (Geometry::Polygon(a), Geometry::Polygon(b)) => Geometry::MultiPolygon(a.union(&b)),
        (Geometry::MultiPolygon(a), Geometry::MultiPolygon(b)) => Geometry::MultiPolygon(a.union(&b)),
        (Geometry::Polygon(a), Geometry::MultiPolygon(b)) | (Geometry::MultiPolygon(b), Geometry::Polygon(a)) => {
            Geometry::MultiPolygon(MultiPolygon(vec![a]).union(&b))
        }
        (Geometry::MultiLineString(mut a), Geometry::MultiLineString(b)) => {
            for line in b.0 {
                if !a.0.contains(&line) {
                    a.0.push(line);
                }
            }
            Geometry::MultiLineString(a)
        }
        (Geometry::LineString(a), Geometry::LineString(b)) => {
            Geometry::MultiLineString(MultiLineString(if a == b { vec![a] } else { vec![a, b] }))
        }
        (a, b) => Geometry::GeometryCollection(GeometryCollection(vec![a, b])),
    }
}

/// The shapes of the edition before, to be known again.
#[derive(Debug, Default)]
pub struct Shapes {
    known: Vec<KnownShape>,
    by_number: HashMap<i64, Vec<usize>>,
}

#[derive(Debug)]
struct KnownShape {
    id: FeatureId,
    source_id: String,
    shape: Geometry<f64>,
    taken: bool,
}

impl Shapes {
    pub fn add(&mut self, id: FeatureId, source_id: String, number: i64, shape: Geometry<f64>) {
        self.by_number.entry(number).or_default().push(self.known.len());
        self.known.push(KnownShape { id, source_id, shape, taken: false });
    }

    /// Gives the row the identity of the known feature of the same shape and class, once. Of several, the first by source id.
    pub fn recognise(&mut self, row: &mut Checked) {
        let Some(shape) = &row.record.geometry else { return };
        let mut found: Vec<usize> = geometry::fingerprints_near(shape, SAME_SHAPE_M)
            .into_iter()
            .filter_map(|number| self.by_number.get(&number.cast_signed()))
            .flatten()
            .copied()
            .filter(|place| {
                let known = &self.known[*place];
                !known.taken && class_of(&known.source_id) == row.class && geometry::same_shape(&known.shape, shape, SAME_SHAPE_M)
            })
            .collect();
        found.sort_by(|a, b| self.known[*a].source_id.cmp(&self.known[*b].source_id));
        if let Some(place) = found.first() {
            let known = &mut self.known[*place];
            known.taken = true;
            row.record.id = known.id;
            row.record.source_id.clone_from(&known.source_id);
        }
    }
}

/// The source id of a feature known by its shape is `<class>@<number>`.
fn class_of(source_id: &str) -> &str {
    source_id.rsplit_once('@').map_or("", |(class, _)| class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Fields, Layer, Record, Validity};
    use crate::import::profile::Match;

    fn row(number: u64, key: &str, at: Option<[f64; 2]>) -> Box<Checked> {
        let attributes = [("MapLot".to_owned(), Json::from(format!("lot {number}")))].into_iter().collect();
        Box::new(Checked {
            row: number,
            record: Record {
                layer: Layer::DoorPlates,
                region: "1".to_owned(),
                id: FeatureId::derive("door_plates", "s", key),
                validity: Validity::default(),
                source: "s".to_owned(),
                source_id: key.to_owned(),
                name: None,
                names: vec![],
                fields: Fields::new(Layer::DoorPlates),
                attributes,
                geometry: at.map(|[x, y]| Geometry::Point(geo_types::Point::new(x, y))),
            },
            more_regions: vec![],
            content_hash: 0,
            class: String::new(),
            repaired: false,
            problems: vec![],
            place: None,
        })
    }

    fn identity(repeats: Repeats, merge_within_m: Option<f64>) -> Identity {
        Identity { source: "s".to_owned(), matching: Match::Key(vec![]), repeats, merge_within_m }
    }

    #[test]
    fn repeats_at_one_place_merge_and_distant_ones_are_numbered() {
        let identity = identity(Repeats::First, Some(1.0));
        let mut repetition = Repetition::new(&identity);
        assert!(matches!(repetition.judge(row(1, "a", Some([0.0, 0.0]))), Verdict::New(_)));
        assert!(matches!(repetition.judge(row(2, "a", Some([0.5, 0.0]))), Verdict::Merge(_, Some(_))));
        let Verdict::New(apart) = repetition.judge(row(3, "a", Some([50.0, 0.0]))) else { panic!("kept apart") };
        assert_eq!(apart.record.source_id, "a#2");
        let Verdict::Merge(again, _) = repetition.judge(row(4, "a", Some([50.5, 0.0]))) else { panic!("merged with the second") };
        assert_eq!(again.record.id, apart.record.id);
        assert!(matches!(repetition.judge(row(5, "a", None)), Verdict::Merge(_, None)));
    }

    #[test]
    fn repeats_are_rejected_or_all_kept_when_the_profile_says_so() {
        let reject = identity(Repeats::Reject, None);
        let mut repetition = Repetition::new(&reject);
        assert!(matches!(repetition.judge(row(1, "a", None)), Verdict::New(_)));
        assert!(matches!(repetition.judge(row(2, "a", None)), Verdict::Reject(_)));
        let keep = identity(Repeats::Keep, None);
        let mut repetition = Repetition::new(&keep);
        let ids: std::collections::HashSet<_> = (1..=3)
            .map(|number| match repetition.judge(row(number, "a", Some([0.0, 0.0]))) {
                Verdict::New(row) => row.record.id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn a_union_takes_the_position_from_the_row_that_has_one_and_lists_what_differs() {
        let mut first = *row(1, "a", None);
        first.problems.push(Problem::NoPosition);
        unite(&mut first, *row(2, "a", Some([1.0, 2.0])));
        unite(&mut first, *row(2, "a", Some([1.0, 2.0])));
        unite(&mut first, *row(3, "a", None));
        assert_eq!(first.record.geometry, Some(Geometry::Point(geo_types::Point::new(1.0, 2.0))));
        assert_eq!(first.record.attributes["MapLot"], serde_json::json!(["lot 1", "lot 2", "lot 3"]));
        assert!(first.problems.is_empty());
    }

    #[test]
    fn a_shape_is_known_again_by_shape_and_class_and_only_once() {
        let square = |by: f64| -> Geometry<f64> {
            geo_types::Polygon::new(vec![(by, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (by, 0.0)].into(), vec![]).into()
        };
        let id = FeatureId::derive("zoning", "s", "C@1");
        let mut shapes = Shapes::default();
        shapes.add(id, "C@1".to_owned(), geometry::fingerprint(&square(0.0), SAME_SHAPE_M).cast_signed(), square(0.0));
        let new = |class: &str, by: f64| {
            let mut row = row(1, "x@2", None);
            row.record.geometry = Some(square(by));
            row.class = class.to_owned();
            row
        };
        let mut other_class = new("B", 0.0);
        shapes.recognise(&mut other_class);
        assert_ne!(other_class.record.id, id);
        let mut moved = new("C", 3.0);
        shapes.recognise(&mut moved);
        assert_ne!(moved.record.id, id);
        let mut same = new("C", 0.05);
        shapes.recognise(&mut same);
        assert_eq!((same.record.id, same.record.source_id.as_str()), (id, "C@1"));
        let mut twin = new("C", 0.0);
        shapes.recognise(&mut twin);
        assert_ne!(twin.record.id, id);
    }
}
