//! Whole tiles against brute force: nothing lost, nothing twice, valid, without gaps, all formats alike.

use std::collections::{BTreeMap, BTreeSet};

use geo::{Contains, Distance, Euclidean, Validation};
use geo_types::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon};
use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;
use crate::domain::{Extent, FeatureId, Value};
use crate::spatial::{Feature, LayerIndex, Shape, Tag, kind_field};

mod raster;
mod real_data;
mod whole;

/// Kunming, web mercator.
const ORIGIN: [f64; 2] = [11_430_000.0, 2_870_000.0];

fn snapshot(layer: Layer, shapes: Vec<Shape>) -> Snapshot {
    let features = shapes.into_iter().zip(0u32..).map(|(shape, number)| feature(layer, number, shape)).collect();
    Snapshot::empty(chrono::DateTime::UNIX_EPOCH).with_layer(LayerIndex::build(layer, features))
}

fn feature(layer: Layer, number: u32, shape: Shape) -> Feature {
    let kind = ["green", "water", "mixed"].get(number as usize % 4).map(|kind| Value::from(*kind));
    let tags = kind_field(layer).zip(kind).map(|(field, value)| Tag { field, value });
    Feature {
        id: FeatureId::derive(layer.id(), "test", &number.to_string()),
        region: "530102".into(),
        name: Some(format!("\"{number}\"号\n").into()),
        name_en: None,
        tags: tags.into_iter().collect(),
        working: shape.clone(),
        mercator: shape,
    }
}

fn coord([x, y]: [f64; 2]) -> Coord<f64> {
    Coord { x: ORIGIN[0] + x, y: ORIGIN[1] + y }
}

fn tiles_of(snapshot: &Snapshot, layer: Layer, z: u8) -> TileRange {
    tiles_reached(&snapshot.layer(layer).extent_mercator().unwrap(), z)
}

fn parse(bytes: &[u8]) -> Vec<Json> {
    let collection: Json = serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)));
    collection["features"].as_array().unwrap().clone()
}

fn geometry(feature: &Json) -> Geometry<f64> {
    let geometry: ::geojson::Geometry = serde_json::from_value(feature["geometry"].clone()).unwrap();
    geometry.try_into().unwrap()
}

/// Ids drawn, and the sum of what clusters count.
fn drawn_and_counted(snapshot: &Snapshot, layer: Layer, z: u8) -> (BTreeSet<String>, u64) {
    let (mut drawn, mut counted) = (BTreeSet::new(), 0);
    for tile in tiles_of(snapshot, layer, z).iter() {
        for feature in parse(&super::geojson(snapshot, tile, &[TileLayer::Features(layer)])) {
            let properties = &feature["properties"];
            assert_eq!(properties["layer"], layer.id());
            if properties["merged"] == true {
                let kinds: u64 = properties["kinds"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
                let count = properties["count"].as_u64().unwrap();
                assert!(kinds <= count);
                counted += count;
            } else {
                drawn.insert(feature["id"].as_str().unwrap().to_owned());
            }
        }
    }
    (drawn, counted)
}

/// Star-shaped polygons, some with a hole, from tiny to large; and lines and points.
fn shape() -> impl Strategy<Value = Shape> {
    let size = prop_oneof![0.05..2.0f64, 2.0..60.0f64, 60.0..900.0f64];
    let centre = || [0.0..1500.0f64, 0.0..1500.0f64];
    let star =
        (centre(), size.clone(), prop::collection::vec(0.3..1.0f64, 3..24), prop_oneof![Just(None), Just(Some(0.6)), Just(Some(0.98))]);
    let line = (centre(), size, prop::collection::vec([-1.0..1.0f64, -1.0..1.0f64], 2..30));
    prop_oneof![
        3 => star.prop_map(|(centre, size, radii, hole)| Shape::from_geometry(Geometry::MultiPolygon(MultiPolygon(vec![star_polygon(centre, size, &radii, hole)])))),
        2 => line.prop_map(|(centre, size, points)| {
            let line: LineString<f64> = points.iter().map(|p| coord([centre[0] + p[0] * size, centre[1] + p[1] * size])).collect();
            Shape::from_geometry(Geometry::LineString(line))
        }),
        2 => centre().prop_map(|c| { let c = coord(c); Shape::Point([c.x, c.y]) }),
        1 => Just(Shape::None),
    ]
}

fn star_polygon(centre: [f64; 2], size: f64, radii: &[f64], hole: Option<f64>) -> Polygon<f64> {
    let ring = |scale: f64| -> LineString<f64> {
        let count = radii.len() as f64;
        let point = |(radius, at): (&f64, i32)| {
            let angle = std::f64::consts::TAU * f64::from(at) / count;
            coord([centre[0] + scale * size * radius * angle.cos(), centre[1] + scale * size * radius * angle.sin()])
        };
        radii.iter().zip(0..).map(point).collect()
    };
    Polygon::new(ring(1.0), hole.map(ring).into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_feature_is_drawn_or_counted_once(shapes in prop::collection::vec(shape(), 1..40), z in 3u8..=17) {
        let expected = shapes.iter().filter(|shape| **shape != Shape::None).count() as u64;
        prop_assume!(expected > 0);
        let snapshot = snapshot(Layer::PlaceNames, shapes);
        let (drawn, counted) = drawn_and_counted(&snapshot, Layer::PlaceNames, z);
        prop_assert_eq!(drawn.len() as u64 + counted, expected, "{} drawn, {} counted at zoom {}", drawn.len(), counted, z);
    }

    #[test]
    fn every_drawn_feature_has_one_label_in_all(shapes in prop::collection::vec(shape(), 1..30), z in 8u8..=17) {
        let snapshot = snapshot(Layer::PlaceNames, shapes);
        prop_assume!(snapshot.layer(Layer::PlaceNames).extent_mercator().is_some());
        let (drawn, _) = drawn_and_counted(&snapshot, Layer::PlaceNames, z);
        let mut labels = Vec::new();
        for tile in tiles_of(&snapshot, Layer::PlaceNames, z).iter() {
            for label in parse(&super::geojson(&snapshot, tile, &[TileLayer::Labels(Layer::PlaceNames)])) {
                prop_assert!(label["properties"]["rank"].is_u64());
                labels.push(label["id"].as_str().unwrap().to_owned());
            }
        }
        labels.sort_unstable();
        prop_assert_eq!(labels, drawn.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn polygons_are_valid_and_wound_as_rfc_7946_wants(shapes in prop::collection::vec(shape(), 1..25), z in 8u8..=20, at in [0.0..1.0f64, 0.0..1.0f64]) {
        let snapshot = snapshot(Layer::PlaceNames, shapes);
        prop_assume!(snapshot.layer(Layer::PlaceNames).extent_mercator().is_some());
        let range = tiles_of(&snapshot, Layer::PlaceNames, z);
        let pick = |[low, high]: [u32; 2], share: f64| low + (share * f64::from(high - low)).round() as u32;
        let tile = TileId::new(z, pick(range.x, at[0]), pick(range.y, at[1])).unwrap();
        for feature in parse(&super::geojson(&snapshot, tile, &[TileLayer::Features(Layer::PlaceNames)])) {
            let geometry = geometry(&feature);
            prop_assert!(geometry.is_valid(), "{:?}: {}", geometry.check_validation(), feature);
            let polygons = match geometry {
                Geometry::Polygon(polygon) => vec![polygon],
                Geometry::MultiPolygon(parts) => parts.0,
                _ => continue,
            };
            for polygon in polygons {
                prop_assert!(signed_area(polygon.exterior()) > 0.0);
                prop_assert!(polygon.interiors().iter().all(|hole| signed_area(hole) < 0.0), "{}", feature);
            }
        }
    }

    #[test]
    fn all_formats_hold_the_same(shapes in prop::collection::vec(shape(), 1..30), z in 6u8..=18, at in [0.0..1.0f64, 0.0..1.0f64]) {
        let snapshot = snapshot(Layer::PlaceNames, shapes);
        prop_assume!(snapshot.layer(Layer::PlaceNames).extent_mercator().is_some());
        let range = tiles_of(&snapshot, Layer::PlaceNames, z);
        let pick = |[low, high]: [u32; 2], share: f64| low + (share * f64::from(high - low)).round() as u32;
        let tile = TileId::new(z, pick(range.x, at[0]), pick(range.y, at[1])).unwrap();
        let layers = [TileLayer::Labels(Layer::PlaceNames), TileLayer::Features(Layer::PlaceNames)];
        let json = parse(&super::geojson(&snapshot, tile, &layers));
        let mvt: Vec<read::Feature> = read::tile(&super::mvt(&snapshot, tile, &layers)).into_iter().flat_map(|(_, features)| features).collect();
        prop_assert_eq!(json.len(), mvt.len());
        for (json, mvt) in json.iter().zip(&mvt) {
            let mut properties = json["properties"].as_object().unwrap().clone();
            properties.insert("id".to_owned(), json["id"].clone());
            for nested in ["kinds", "extent"] {
                if let Some(value) = properties.get_mut(nested) {
                    *value = Json::String(serde_json::to_string(value).unwrap());
                }
            }
            prop_assert_eq!(&Json::Object(properties), &Json::Object(mvt.properties.clone()));
            let id: Option<FeatureId> = json["id"].as_str().unwrap().parse().ok();
            prop_assert_eq!(id.map(|id| id.number()), mvt.id);
            let (a, b) = (points(&geometry(json)), mvt.points(tile));
            prop_assert_eq!(a.len(), b.len());
            let near = |p: &[f64; 2], others: &[[f64; 2]], tolerance: f64| others.iter().any(|q| (p[0] - q[0]).abs() < tolerance && (p[1] - q[1]).abs() < tolerance);
            // An eighth of a unit of rounding, and half a unit where a point is exact in one of the two.
            let tolerance = 0.7 * 360.0 / (4096.0 * f64::from(1u32 << z)) + 1e-9;
            prop_assert!(a.iter().all(|p| near(p, &b, tolerance)) && b.iter().all(|p| near(p, &a, tolerance)), "{:?} {:?}", a, b);
        }
        // A MapLibre Tile has what the other vector tile has, in its order.
        let bytes = super::mlt(&snapshot, tile, &layers).unwrap();
        prop_assert_eq!(&bytes, &super::mlt(&snapshot, tile, &layers).unwrap(), "the same tile, other bytes");
        let mlt = read_mlt(&bytes);
        prop_assert_eq!(mlt.len(), mvt.len());
        for (mlt, mvt) in mlt.iter().zip(&mvt) {
            prop_assert_eq!((&mlt.properties, mlt.id), (&mvt.properties, mvt.id));
            prop_assert_eq!(points(&mlt.geometry), mvt.points(tile).iter().map(|p| units(tile, *p)).collect::<Vec<_>>());
        }
    }
}

fn signed_area(ring: &LineString<f64>) -> f64 {
    let o = ring.0[0];
    ring.lines().map(|s| (s.start.x - o.x) * (s.end.y - o.y) - (s.end.x - o.x) * (s.start.y - o.y)).sum()
}

/// A feature of a MapLibre Tile, as that project's own decoder reads it.
struct FromMlt {
    id: Option<u64>,
    properties: serde_json::Map<String, Json>,
    /// In tile units.
    geometry: Geometry<f64>,
}

fn read_mlt(bytes: &[u8]) -> Vec<FromMlt> {
    use geo::MapCoords;
    use mlt_core::{Decoder, Layer as Part, Parser, PropValue};
    let mut features = Vec::new();
    for part in Parser::default().parse_layers(bytes).unwrap() {
        let Part::Tag01(part) = part else { panic!("a part of another kind") };
        let table = part.into_tile(&mut Decoder::default()).unwrap();
        assert_eq!(table.extent().get(), 4096);
        for row in table.features() {
            let values = table.property_names().iter().zip(row.properties()).filter_map(|(name, value)| {
                let value = match value {
                    PropValue::Str(value) => value.clone().map(Json::from),
                    PropValue::Bool(value) => value.map(Json::from),
                    PropValue::I32(value) => value.map(Json::from),
                    PropValue::U32(value) => value.map(Json::from),
                    PropValue::I64(value) => value.map(Json::from),
                    PropValue::U64(value) => value.map(Json::from),
                    PropValue::F64(value) => value.map(Json::from),
                    other => panic!("{name}: {other:?}"),
                };
                Some((name.clone(), value?))
            });
            let properties: serde_json::Map<String, Json> = values.collect();
            assert_eq!(properties["layer"], table.name());
            let geometry = row.geometry().map_coords(|c| Coord { x: f64::from(c.x), y: f64::from(c.y) });
            features.push(FromMlt { id: row.id(), properties, geometry });
        }
    }
    features
}

/// Degrees as whole units of a tile.
fn units(tile: TileId, at: [f64; 2]) -> [f64; 2] {
    let ([x, y], extent) = (crate::crs::wgs84_to_mercator(at), tile.extent_mercator());
    [x - extent.min[0], extent.max[1] - y].map(|distance| (distance / extent.width() * 4096.0).round())
}

/// The corners of a geometry, without order.
fn points(geometry: &Geometry<f64>) -> Vec<[f64; 2]> {
    use geo::CoordsIter;
    geometry.coords_iter().map(|c| [c.x, c.y]).collect()
}

/// Zones that share borders with many corners, some borders shared with two neighbours on the other side.
fn zones(side: usize, cell_m: f64) -> Vec<Shape> {
    let wobble = |x: f64, y: f64| [x + 9.0 * (y / 11.0).sin() + 4.0 * (x / 7.0).cos(), y + 8.0 * (x / 13.0).sin() + 3.0 * (y / 5.0).cos()];
    let edge = |a: [f64; 2], b: [f64; 2]| -> Vec<Coord<f64>> {
        // The same corners whichever zone asks; the last belongs to the next edge.
        let steps = 24;
        (0..steps)
            .map(|step| f64::from(step) / f64::from(steps))
            .map(|t| wobble(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t))
            .map(coord)
            .collect()
    };
    let mut zones = Vec::new();
    for row in 0..side {
        for column in 0..side {
            let (x, y) = (column as f64 * cell_m, row as f64 * cell_m);
            // Every third cell is split, so that its halves meet their neighbours in the middle of an edge.
            let parts = if (row + column) % 3 == 0 { vec![(0.0, 0.5), (0.5, 1.0)] } else { vec![(0.0, 1.0)] };
            for (from, to) in parts {
                let (south, north) = (y + from * cell_m, y + to * cell_m);
                let corners = [[x, south], [x + cell_m, south], [x + cell_m, north], [x, north]];
                let ring: LineString<f64> = (0..4).flat_map(|at| edge(corners[at], corners[(at + 1) % 4])).collect();
                zones.push(Shape::from_geometry(Geometry::Polygon(Polygon::new(ring, vec![]))));
            }
        }
    }
    zones
}

#[test]
fn neighbouring_zones_leave_no_gap_wider_than_a_pixel_at_any_zoom() {
    let snapshot = snapshot(Layer::Zoning, zones(6, 120.0));
    for z in 9..=18 {
        // Of the tiles of a zoom the one in the middle, where zones lie on all sides.
        let middle = Extent::new([ORIGIN[0] + 300.0, ORIGIN[1] + 300.0], [ORIGIN[0] + 420.0, ORIGIN[1] + 420.0]);
        let tile = {
            let centre = coord([360.0, 360.0]);
            tiles_reached(&Extent { min: [centre.x, centre.y], max: [centre.x, centre.y] }, z)
                .iter()
                .find(|tile| tile.extent_mercator().contains_point([centre.x, centre.y]))
                .unwrap()
        };
        let shown = tile.extent_mercator();
        let polygons: Vec<Geometry<f64>> = parse(&super::geojson(&snapshot, tile, &[TileLayer::Features(Layer::Zoning)]))
            .iter()
            .filter(|feature| feature["properties"]["merged"] != true)
            .map(geometry)
            .collect();
        let pixel_deg = 360.0 / (512.0 * f64::from(1u32 << z));
        // Where zones are under a few pixels they may have gone to the remainder as a whole.
        let expect_all = 60.0 / (super::content::pixel_m(z)) > 2.0;
        assert!(!polygons.is_empty() || !expect_all);
        for step in 0..400 {
            let (u, v) = (f64::from(step % 20) / 20.0 + 0.0137, f64::from(step / 20) / 20.0 + 0.0171);
            let x = middle.min[0] + u * middle.width();
            let y = middle.min[1] + v * middle.height();
            if !expect_all || !shown.contains_point([x, y]) {
                continue;
            }
            let [lon, lat] = super::grid::to_wgs84([x, y]);
            let point = Point::new(lon, lat);
            let covering = polygons.iter().filter(|polygon| polygon.contains(&point)).count();
            let nearest = polygons.iter().map(|polygon| Euclidean.distance(&point, polygon)).fold(f64::INFINITY, f64::min);
            assert!(covering > 0 || nearest < 0.5 * pixel_deg, "a gap of {} pixels at zoom {z}", 2.0 * nearest / pixel_deg);
        }
    }
}

#[test]
fn a_street_in_pieces_has_one_label_that_runs_along_it() {
    let piece = |from: f64, to: f64| {
        Shape::from_geometry(Geometry::LineString(
            [[700.0 + from, 0.0], [700.0 + (from + to) / 2.0, 2.0], [700.0 + to, 0.0]].into_iter().map(coord).collect(),
        ))
    };
    let mut features: Vec<Feature> = [(100.0, 160.0), (0.0, 100.0), (160.0, 200.0)]
        .into_iter()
        .zip(0..)
        .map(|((from, to), at)| feature(Layer::Roads, at, piece(from, to)))
        .collect();
    for feature in &mut features {
        feature.name = Some("人民路".into());
    }
    let snapshot = Snapshot::empty(chrono::DateTime::UNIX_EPOCH).with_layer(LayerIndex::build(Layer::Roads, features));
    let z = 14;
    let labels: Vec<Json> = tiles_of(&snapshot, Layer::Roads, z)
        .iter()
        .flat_map(|tile| parse(&super::geojson(&snapshot, tile, &[TileLayer::Labels(Layer::Roads)])))
        .collect();
    assert_eq!(labels.len(), 1, "{labels:?}");
    let line = points(&geometry(&labels[0]));
    let metres = (line[0][0] - line[line.len() - 1][0]).abs() / 360.0 * 2.0 * crate::spatial::MERCATOR_HALF_M;
    assert!((metres - 200.0).abs() < 3.0, "{metres}");
}

#[test]
fn a_million_counted_points_come_as_clusters_with_their_kinds() {
    let points = (0..20_000u32)
        .map(|n| {
            let c = coord([f64::from(n % 150) * 9.0, f64::from(n / 150) * 9.0]);
            Shape::Point([c.x, c.y])
        })
        .collect();
    let snapshot = snapshot(Layer::PlaceNames, points);
    let tile = tiles_of(&snapshot, Layer::PlaceNames, 4).iter().next().unwrap();
    let features: Vec<Json> = tiles_of(&snapshot, Layer::PlaceNames, 4)
        .iter()
        .flat_map(|tile| parse(&super::geojson(&snapshot, tile, &[TileLayer::Features(Layer::PlaceNames)])))
        .collect();
    assert_eq!(features.len(), 1, "{tile:?}");
    let properties = &features[0]["properties"];
    assert_eq!(properties["count"], 20_000);
    assert_eq!(properties["kinds"], serde_json::json!({"green": 5000, "water": 5000, "mixed": 5000}));
    assert!(features[0]["id"].as_str().unwrap().starts_with("cluster:place_names:4/"));
}

#[test]
fn a_tile_without_features_is_an_empty_collection_and_no_bytes() {
    let snapshot = Snapshot::empty(chrono::DateTime::UNIX_EPOCH);
    let tile = TileId::new(3, 1, 1).unwrap();
    let all: Vec<TileLayer> = Layer::public().flat_map(|layer| [TileLayer::Features(layer), TileLayer::Labels(layer)]).collect();
    assert_eq!(super::geojson(&snapshot, tile, &all), br#"{"type":"FeatureCollection","features":[]}"#);
    assert!(super::mvt(&snapshot, tile, &all).is_empty());
}

#[test]
fn layers_are_named_as_they_are_written_and_footprints_are_no_layer() {
    for layer in Layer::public().flat_map(|layer| [TileLayer::Features(layer), TileLayer::Labels(layer)]) {
        assert_eq!(layer.to_string().parse(), Ok(layer));
    }
    for unknown in ["permit_footprints", "permit_footprints_labels", "_labels", "roads_labels_labels", ""] {
        assert!(unknown.parse::<TileLayer>().is_err());
    }
}

#[test]
fn the_order_and_repetition_of_layers_asked_for_do_not_change_the_bytes() {
    let snapshot = snapshot(Layer::PlaceNames, vec![Shape::Point(ORIGIN)]);
    let tile = tiles_of(&snapshot, Layer::PlaceNames, 16).iter().next().unwrap();
    let (features, labels) = (TileLayer::Features(Layer::PlaceNames), TileLayer::Labels(Layer::PlaceNames));
    assert_eq!(super::geojson(&snapshot, tile, &[labels, features, labels]), super::geojson(&snapshot, tile, &[features, labels]));
    assert_eq!(super::mvt(&snapshot, tile, &[labels, features]), super::mvt(&snapshot, tile, &[features, labels]));
}

#[test]
fn edits_and_merges_give_the_same_bytes_as_a_fresh_build() {
    let shapes = |shift: f64| zones(3, 100.0 + shift);
    let edited = {
        let before = snapshot(Layer::Zoning, shapes(5.0));
        let index = before
            .layer(Layer::Zoning)
            .with_changes(&[], shapes(0.0).into_iter().zip(0u32..).map(|(shape, at)| feature(Layer::Zoning, at, shape)).collect());
        before.with_layer(index)
    };
    let merged = edited.with_layer(edited.layer(Layer::Zoning).merged());
    let fresh = snapshot(Layer::Zoning, shapes(0.0));
    for z in [5, 12, 15, 17] {
        for tile in tiles_of(&fresh, Layer::Zoning, z).iter() {
            let layers = [TileLayer::Features(Layer::Zoning), TileLayer::Labels(Layer::Zoning)];
            let expected = super::geojson(&fresh, tile, &layers);
            assert_eq!(super::geojson(&edited, tile, &layers), expected);
            assert_eq!(super::geojson(&merged, tile, &layers), expected);
        }
    }
}

/// A reader of vector tiles that knows the specification and nothing of the writer.
mod read {
    use super::*;

    pub struct Feature {
        pub id: Option<u64>,
        pub properties: serde_json::Map<String, Json>,
        kind: u64,
        geometry: Vec<u64>,
    }

    /// Field number, and its number or bytes.
    fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let (number, content) = match key & 7 {
                0 => (varint(&mut bytes), &[][..]),
                1 => {
                    let (content, rest) = bytes.split_at(8);
                    bytes = rest;
                    (0, content)
                }
                2 => {
                    let length = varint(&mut bytes) as usize;
                    let (content, rest) = bytes.split_at(length);
                    bytes = rest;
                    (0, content)
                }
                kind => panic!("wire type {kind}"),
            };
            fields.push((key >> 3, number, content));
        }
        fields
    }

    fn varint(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let (byte, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return value;
            }
        }
    }

    fn varints(mut bytes: &[u8]) -> Vec<u64> {
        let mut values = Vec::new();
        while !bytes.is_empty() {
            values.push(varint(&mut bytes));
        }
        values
    }

    pub fn tile(bytes: &[u8]) -> Vec<(String, Vec<Feature>)> {
        fields(bytes)
            .into_iter()
            .map(|(number, _, content)| {
                assert_eq!(number, 3);
                layer(content)
            })
            .collect()
    }

    fn layer(bytes: &[u8]) -> (String, Vec<Feature>) {
        let all = fields(bytes);
        let one = |wanted: u64| all.iter().find(|(number, ..)| *number == wanted).unwrap();
        assert_eq!((one(15).1, one(5).1), (2, 4096));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let keys: Vec<String> = all.iter().filter(|(number, ..)| *number == 3).map(|(_, _, content)| text(content)).collect();
        let values: Vec<Json> = all
            .iter()
            .filter(|(number, ..)| *number == 4)
            .map(|(_, _, content)| {
                let value = fields(content);
                assert_eq!(value.len(), 1);
                match value[0] {
                    (1, _, content) => Json::String(text(content)),
                    (3, _, content) => f64::from_le_bytes(content.try_into().unwrap()).into(),
                    (4, number, _) => (number as i64).into(),
                    (7, number, _) => Json::Bool(number == 1),
                    _ => panic!("value {value:?}"),
                }
            })
            .collect();
        let features = all
            .iter()
            .filter(|(number, ..)| *number == 2)
            .map(|(_, _, content)| {
                let parts = fields(content);
                let part = |wanted: u64| parts.iter().find(|(number, ..)| *number == wanted);
                let tags = varints(part(2).unwrap().2);
                Feature {
                    id: part(1).map(|(_, id, _)| *id),
                    properties: tags.chunks(2).map(|pair| (keys[pair[0] as usize].clone(), values[pair[1] as usize].clone())).collect(),
                    kind: part(3).unwrap().1,
                    geometry: varints(part(4).unwrap().2),
                }
            })
            .collect();
        (text(one(1).2), features)
    }

    impl Feature {
        /// The corners in degrees, rings closed.
        pub fn points(&self, tile: TileId) -> Vec<[f64; 2]> {
            let (mut points, mut first, mut at) = (Vec::new(), [0i64; 2], [0i64; 2]);
            let mut numbers = self.geometry.iter();
            let mut area = 0;
            while let Some(command) = numbers.next() {
                for step in 0..command >> 3 {
                    match command & 7 {
                        code @ 1..=2 => {
                            let before = at;
                            for axis in &mut at {
                                let number = *numbers.next().unwrap();
                                *axis += (number >> 1) as i64 ^ -((number & 1) as i64);
                            }
                            if code == 1 {
                                assert!(step == 0 || self.kind == 1);
                                first = at;
                            } else {
                                assert_ne!(before, at, "a step of length zero");
                                area += before[0] * at[1] - at[0] * before[1];
                            }
                            points.push(at);
                        }
                        7 => {
                            area += at[0] * first[1] - first[0] * at[1];
                            assert!(self.kind == 3 && area != 0);
                            assert!(area > 0 || points.len() > 4, "the first ring of a polygon has positive area");
                            area = 0;
                            points.push(first);
                        }
                        code => panic!("command {code}"),
                    }
                }
            }
            let extent = tile.extent_mercator();
            let unit = extent.width() / 4096.0;
            points
                .into_iter()
                .map(|[x, y]| super::super::grid::to_wgs84([extent.min[0] + x as f64 * unit, extent.max[1] - y as f64 * unit]))
                .collect()
        }
    }
}

#[test]
fn a_feature_has_a_property_once() {
    for layer in Layer::ALL.into_iter().flat_map(|layer| [TileLayer::Features(layer), TileLayer::Labels(layer)]) {
        let fields = tilejson_fields(layer);
        let names: BTreeSet<&str> = fields.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), fields.len(), "{layer}: {fields:?}");
    }
    let mut line = feature(
        Layer::BoundaryLines,
        0,
        Shape::from_geometry(Geometry::LineString(LineString::from(vec![
            (ORIGIN[0], ORIGIN[1]),
            (ORIGIN[0] + 9000.0, ORIGIN[1] + 9000.0),
        ]))),
    );
    let rank = Layer::BoundaryLines.field_index("rank").unwrap() as u8;
    (line.name, line.tags) = (Some("界线".into()), [Tag { field: rank, value: Value::from("county") }].into());
    let snapshot = Snapshot::empty(chrono::DateTime::UNIX_EPOCH).with_layer(LayerIndex::build(Layer::BoundaryLines, vec![line]));
    let (mut all, mut lines) = (0, 0);
    for tile in tiles_of(&snapshot, Layer::BoundaryLines, 14).iter() {
        let both = [TileLayer::Features(Layer::BoundaryLines), TileLayer::Labels(Layer::BoundaryLines)];
        let text = String::from_utf8(super::geojson(&snapshot, tile, &both)).unwrap();
        assert_eq!(text.matches("\"rank\":").count(), parse(text.as_bytes()).len(), "once in each feature: {text}");
        lines += text.matches("\"rank\":\"county\"").count();
        all += text.matches("\"rank\":").count();
        assert_eq!(read_mlt(&super::mlt(&snapshot, tile, &both).unwrap()).len(), parse(text.as_bytes()).len());
    }
    assert!(lines > 0 && all > lines, "{all} features, {lines} of them lines");
}

#[test]
fn text_values_are_shared_between_features_of_a_vector_tile() {
    let snapshot = snapshot(Layer::PlaceNames, (0..400).map(|n| Shape::Point([ORIGIN[0] + f64::from(n), ORIGIN[1]])).collect());
    let mut greens: BTreeMap<usize, usize> = BTreeMap::new();
    for tile in tiles_of(&snapshot, Layer::PlaceNames, 16).iter() {
        let bytes = super::mvt(&snapshot, tile, &[TileLayer::Features(Layer::PlaceNames)]);
        let count = bytes.windows(5).filter(|window| window == b"green").count();
        *greens.entry(count).or_default() += 1;
    }
    assert!(greens.keys().all(|count| *count <= 1), "{greens:?}");
}
