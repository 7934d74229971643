//! Zones, parcels and villages of Cambridge and Yilan as coverages: no gap, nothing lost, at every zoom.
//! Reads the shared data folder (`YUTU_REAL_DATA`, else ../shared/data); says loudly when there is none.

use std::io::Read;
use std::path::PathBuf;

use super::raster::judge;
use super::*;
use crate::crs::{self, Crs};

fn file(name: &str) -> Option<PathBuf> {
    let asked = std::env::var_os("YUTU_REAL_DATA").map(PathBuf::from);
    let folder = asked.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(asked.is_none(), "YUTU_REAL_DATA is set, but there is no {}", path.display());
    eprintln!("NOT RUN: {} is not there; set YUTU_REAL_DATA to the folder with the shared data", path.display());
    None
}

fn json(name: &str) -> Option<Json> {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(file(name)?).unwrap()).read_to_string(&mut text).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// The geometries of a GeoJSON file in web mercator.
fn shapes(collection: &Json, from: &Crs) -> Vec<Shape> {
    let features = collection["features"].as_array().unwrap();
    let placed = features.iter().filter(|feature| !feature["geometry"].is_null()).map(geometry);
    placed
        .map(|mut geometry| {
            crs::transform(&mut geometry, from, &Crs::mercator()).unwrap();
            Shape::from_geometry(geometry)
        })
        .collect()
}

/// The polygons of the one object of a TopoJSON file in web mercator.
fn topology(file: &Json, object: &str) -> Vec<Shape> {
    let pair = |value: &Json| [0, 1].map(|axis| value[axis].as_f64().unwrap());
    let (scale, translate) = (pair(&file["transform"]["scale"]), pair(&file["transform"]["translate"]));
    let arcs: Vec<Vec<Coord<f64>>> = file["arcs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arc| {
            let mut at = [0.0; 2];
            arc.as_array()
                .unwrap()
                .iter()
                .map(|step| {
                    let step = pair(step);
                    at = [at[0] + step[0], at[1] + step[1]];
                    let [x, y] = crs::wgs84_to_mercator([0, 1].map(|axis| at[axis] * scale[axis] + translate[axis]));
                    Coord { x, y }
                })
                .collect()
        })
        .collect();
    let ring = |numbers: &Json| -> LineString<f64> {
        let mut ring: Vec<Coord<f64>> = Vec::new();
        for number in numbers.as_array().unwrap() {
            let number = number.as_i64().unwrap();
            let mut arc = arcs[(if number < 0 { !number } else { number }) as usize].clone();
            if number < 0 {
                arc.reverse();
            }
            ring.extend(arc.into_iter().skip(usize::from(!ring.is_empty())));
        }
        LineString(ring)
    };
    let polygon = |rings: &Json| {
        let mut rings = rings.as_array().unwrap().iter().map(ring);
        Polygon::new(rings.next().unwrap(), rings.collect())
    };
    let geometries = file["objects"][object]["geometries"].as_array().unwrap();
    geometries
        .iter()
        .filter_map(|geometry| match geometry["type"].as_str() {
            Some("Polygon") => Some(MultiPolygon(vec![polygon(&geometry["arcs"])])),
            Some("MultiPolygon") => Some(MultiPolygon(geometry["arcs"].as_array().unwrap().iter().map(polygon).collect())),
            _ => None,
        })
        .map(|parts| Shape::from_geometry(Geometry::MultiPolygon(parts)))
        .collect()
}

/// How many features a zoom draws or counts. A tile that was too heavy counts what lies in its midst, though a neighbour that
/// was not may draw some of it.
fn shown(snapshot: &Snapshot, layer: Layer, z: u8) -> u64 {
    let (mut drawn, mut counted, mut heavy) = (BTreeSet::new(), 0, BTreeSet::new());
    for tile in tiles_of(snapshot, layer, z).iter() {
        let encoded = geojson_tile(snapshot, tile, &[TileLayer::Features(layer)]);
        if encoded.aggregated.iter().any(|aggregated| aggregated.level > 1) {
            heavy.insert(tile);
        }
        for feature in parse(&encoded.bytes) {
            match feature["properties"].get("count") {
                Some(count) => counted += count.as_u64().unwrap(),
                None => drop(drawn.insert((feature["id"].as_str().unwrap().to_owned(), tile))),
            }
        }
    }
    let home = |id: &str| {
        let feature = snapshot.layer(layer).get(&id.parse().unwrap()).unwrap();
        let [x, y] = crate::spatial::anchor(&feature.mercator.extent().unwrap()).map(|at| at >> (32 - u32::from(z)));
        TileId::new(z, x, y).unwrap()
    };
    let by_itself = drawn.iter().filter(|(id, tile)| !heavy.contains(&home(id)) || home(id) == *tile).map(|(id, _)| id);
    by_itself.collect::<BTreeSet<_>>().len() as u64 + counted
}

/// The same features as changes on top of nothing: what is derived from the frozen part of a layer has no part in it. A third of
/// them, or a picture is made anew.
fn as_changes(layer: Layer, snapshot: &Snapshot) -> [Snapshot; 2] {
    let some = || snapshot.layer(layer).iter().take(5000).cloned().collect::<Vec<_>>();
    let frozen = snapshot.with_layer(LayerIndex::build(layer, some()));
    let changed = LayerIndex::build(layer, Vec::new()).with_changes(&[], some());
    assert!(changed.needs_merge() || changed.len() < 2048, "nothing is left to compare with");
    [frozen, snapshot.with_layer(changed)]
}

/// Judges the tiles around a place (degrees) at all zooms, and counts everything at the low ones.
fn judged(layer: Layer, shapes: Vec<Shape>, middle: [f64; 2]) {
    let count = shapes.len() as u64;
    let snapshot = snapshot(layer, shapes);
    let [x, y] = crs::wgs84_to_mercator(middle);
    let mut areas = 0;
    let alike = as_changes(layer, &snapshot);
    for z in [7, 9, 10, 11, 12, 13, 14, 15, 16, 18] {
        let position = crate::spatial::grid_position([x, y]).map(|at| at >> (32 - u32::from(z)));
        let tile = TileId::new(z, position[0], position[1]).unwrap();
        areas += judge(&snapshot, layer, tile);
        let [kept, anew] = alike.each_ref().map(|snapshot| super::super::mvt_tile(snapshot, tile, &[TileLayer::Features(layer)]));
        assert!(kept.bytes == anew.bytes && kept.aggregated == anew.aggregated, "{layer} at zoom {z}: what is kept is not what is drawn");
        if (9..=12).contains(&z) {
            assert_eq!(shown(&snapshot, layer, z), count, "{layer} at zoom {z}");
        }
    }
    assert!(areas > 100, "only {areas} areas");
}

#[test]
fn cambridge_s_zones_leave_no_gap_in_any_edition() {
    for name in ["zoning/CDD_ZoningDistricts", "editions/CDD_ZoningDistricts.2013-08-15", "editions/CDD_ZoningDistricts.2024-03-05"] {
        let Some(zones) = json(&format!("cambridge-ma/{name}.geojson.gz")) else { return };
        judged(Layer::Zoning, shapes(&zones, &Crs::wgs84()), [-71.1106, 42.3736]);
    }
}

#[test]
fn cambridge_s_parcels_leave_no_gap() {
    let Some(parcels) = json("cambridge-ma/parcels/ASSESSING_ParcelsFY2014.topojson.gz") else { return };
    judged(Layer::Parcels, topology(&parcels, "ASSESSING_ParcelsFY2014"), [-71.1106, 42.3736]);
}

#[test]
fn yilan_s_zones_and_villages_leave_no_gap() {
    let names = ["G0101", "G0102", "G0103", "G0104", "G0105", "G0106", "G0201", "G0204"];
    let mut zones = Vec::new();
    for name in names {
        let Some(plan) = json(&format!("tw-yilan/zoning/{name}.geojson.gz")) else { return };
        zones.extend(shapes(&plan, &Crs::parse("EPSG:3826").unwrap()));
    }
    judged(Layer::Zoning, zones, [121.7539, 24.7561]);
    let Some(villages) = json("tw-yilan/admin/villages.geojson.gz") else { return };
    judged(Layer::Divisions, shapes(&villages, &Crs::wgs84()), [121.7539, 24.7561]);
}
