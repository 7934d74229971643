//! The content of a feature as a number, to tell whether an edition says anything new of it.

use geo::{CoordsIter, LinesIter};
use geo_types::Geometry;
use sha2::{Digest, Sha256};

use crate::domain::{Record, Value};

/// A hash of what the source says of a feature. Coordinates count to the millimetre; the period of validity and the ids do not count.
pub fn content_hash(record: &Record, volatile: &[String], with_shape: bool) -> i64 {
    let mut hash = Sha256::new();
    let mut put = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    put(record.name.as_deref().unwrap_or_default().as_bytes());
    for name in &record.names {
        put(name.text.as_bytes());
        put(name.lang.as_bytes());
        put(&[name.kind as u8]);
    }
    for (field, value) in record.fields.iter() {
        let Some(value) = value else { continue };
        put(field.name.as_bytes());
        match value {
            Value::Text(text) => put(text.as_bytes()),
            Value::Int(value) => put(&value.to_le_bytes()),
            Value::Number(value) => put(&value.to_bits().to_le_bytes()),
            Value::Date(day) => put(day.to_string().as_bytes()),
        }
    }
    // sorted: editions name the same attributes in another order
    let mut attributes: Vec<_> = record.attributes.iter().filter(|(name, _)| !volatile.contains(name)).collect();
    attributes.sort_by(|a, b| a.0.cmp(b.0));
    for (name, value) in attributes {
        put(name.as_bytes());
        put(value.to_string().as_bytes());
    }
    if with_shape && let Some(geometry) = &record.geometry {
        put(&shape_words(geometry));
    }
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(first)
}

/// The coordinates to the millimetre, as bytes. Of areas the edges in no order, because files and repairs start the same ring
/// anywhere; of lines in their order, because a road's sides depend on it.
fn shape_words(geometry: &Geometry<f64>) -> Vec<u8> {
    let cell = |coord: geo_types::Coord<f64>| [(coord.x * 1000.0).round() as i64, (coord.y * 1000.0).round() as i64];
    match geometry {
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) => {
            let edge = |line: geo_types::Line<f64>| {
                let (a, b) = (cell(line.start), cell(line.end));
                [a.min(b), a.max(b)]
            };
            let mut edges: Vec<[[i64; 2]; 2]> = match geometry {
                Geometry::Polygon(polygon) => polygon.lines_iter().map(edge).collect(),
                Geometry::MultiPolygon(polygons) => polygons.lines_iter().map(edge).collect(),
                _ => Vec::new(),
            };
            edges.sort_unstable();
            edges.into_iter().flatten().flatten().flat_map(i64::to_le_bytes).collect()
        }
        _ => geometry.coords_iter().flat_map(cell).flat_map(i64::to_le_bytes).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FeatureId, Fields, Layer, Validity};

    fn record(layer: Layer, points: &[(f64, f64)]) -> Record {
        let line = geo_types::LineString::from(points.to_vec());
        let geometry = match layer {
            Layer::Roads => Geometry::LineString(line),
            _ => Geometry::Polygon(geo_types::Polygon::new(line, vec![])),
        };
        Record {
            layer,
            region: "1".to_owned(),
            id: FeatureId::derive("zoning", "s", "k"),
            validity: Validity::default(),
            source: "s".to_owned(),
            source_id: "k".to_owned(),
            name: None,
            names: vec![],
            fields: Fields::new(layer),
            attributes: [("a".to_owned(), 1.into()), ("edited".to_owned(), 1.into())].into_iter().collect(),
            geometry: Some(geometry),
        }
    }

    fn hash(record: &Record) -> i64 {
        content_hash(record, &["edited".to_owned()], true)
    }

    #[test]
    fn a_ring_may_start_anywhere_but_a_road_has_a_direction() {
        let ring = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 0.0)];
        let turned = [(9.0, 0.0), (9.0, 9.0), (0.0, 0.0), (9.0, 0.0)];
        assert_eq!(hash(&record(Layer::Zoning, &ring)), hash(&record(Layer::Zoning, &turned)));
        assert_ne!(hash(&record(Layer::Zoning, &ring)), hash(&record(Layer::Zoning, &[(0.0, 0.0), (9.0, 0.0), (9.0, 9.01), (0.0, 0.0)])));
        assert_ne!(hash(&record(Layer::Roads, &[(0.0, 0.0), (9.0, 0.0)])), hash(&record(Layer::Roads, &[(9.0, 0.0), (0.0, 0.0)])));
    }

    #[test]
    fn volatile_attributes_and_a_new_beginning_are_no_change_but_other_words_are() {
        let points = [(0.0, 0.0), (9.0, 0.0)];
        let (one, mut other) = (record(Layer::Roads, &points), record(Layer::Roads, &points));
        other.attributes.insert("edited".to_owned(), 2.into());
        other.validity = Validity::since(chrono::NaiveDate::from_ymd_opt(2024, 1, 1));
        assert_eq!(hash(&one), hash(&other));
        other.attributes.insert("a".to_owned(), 2.into());
        assert_ne!(hash(&one), hash(&other));
        let mut named = record(Layer::Roads, &points);
        named.fields.set("class", Some("local".into()));
        assert_ne!(hash(&one), hash(&named));
    }
}
