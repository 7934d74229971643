//! GDAL and MapLibre's decoder as clients over HTTP: other people's programs open our tiles and features and find what we say is in them.

use std::collections::BTreeMap;

use gdal::vector::{Geometry, LayerAccess};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use serde_json::Value as Json;
use yutu::crs;
use yutu::tiles::{TILE_UNITS, TileId};

use super::judges::cambridge;
use super::live::tile_of;

/// West, south, east, north.
type Box4 = [f64; 4];

/// What GDAL finds: for each layer the features by id, each with its box in the layer's own system and its attributes.
type Found = BTreeMap<String, BTreeMap<String, (Box4, BTreeMap<String, String>)>>;

async fn opened(address: String, driver: &'static str) -> Found {
    let open = move || {
        // What reaches over the edge of a tile is wanted too.
        let whole = if driver == "MVT" { Some(["CLIP=NO"].as_slice()) } else { None };
        let options = DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_VECTOR,
            allowed_drivers: Some(&[driver]),
            open_options: whole,
            ..DatasetOptions::default()
        };
        let dataset = Dataset::open_ex(&address, options).unwrap_or_else(|error| panic!("{address}: {error}"));
        dataset
            .layers()
            .map(|mut layer| {
                let names: Vec<String> = layer.defn().fields().map(|field| field.name()).collect();
                let features = layer.features().map(|feature| {
                    // Every kind as text: the binding aborts at an empty list. A field that is not set is an empty text there.
                    let text = |(at, name): (usize, &String)| Some((name.clone(), feature.field_as_string(at).ok()??));
                    let fields = names.iter().enumerate().filter_map(text).filter(|(_, value)| !value.is_empty());
                    let fields: BTreeMap<String, String> = fields.collect();
                    (fields["id"].clone(), (bounds(feature.geometry().unwrap()), fields))
                });
                let features: BTreeMap<_, _> = features.collect();
                assert_eq!(layer.feature_count(), features.len() as u64, "{address}: an id for each");
                (layer.name(), features)
            })
            .collect()
    };
    tokio::task::spawn_blocking(open).await.unwrap()
}

fn bounds(geometry: &Geometry) -> Box4 {
    let envelope = geometry.envelope();
    [envelope.MinX, envelope.MinY, envelope.MaxX, envelope.MaxY]
}

fn near(a: Box4, b: Box4, tolerance: f64) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

#[tokio::test(flavor = "multi_thread")]
async fn maplibre_s_own_decoder_reads_our_tiles() {
    use geo::BoundingRect;
    use mlt_core::{Decoder, Layer, Parser, PropValue};
    let Some(service) = cambridge("maplibre_s_own_decoder_reads_our_tiles").await else { return };
    let layers = "zoning,parcels,roads,roads_labels,permits,door_plates";
    let (mut seen, mut plain, mut packed) = (0, [0; 2], [0; 2]);
    for (z, lon, lat) in
        [(11, -71.106, 42.366), (13, -71.106, 42.366), (15, -71.106, 42.366), (17, -71.0995, 42.3632), (18, -71.12, 42.375)]
    {
        let (x, y) = tile_of(lon, lat, z);
        let path = format!("/tiles/{layers}/{z}/{x}/{y}");
        let answer = service.get(&format!("{path}.mlt")).await;
        assert_eq!(answer.headers()["content-type"], "application/vnd.maplibre-tile");
        let bytes = answer.bytes().await.unwrap();
        let tile: Json = service.json(&format!("{path}.geojson")).await;
        let ours = tile["features"].as_array().unwrap();
        let extent = TileId::new(u8::try_from(z).unwrap(), x, y).unwrap().extent_mercator();
        let unit_m = extent.width() / f64::from(TILE_UNITS);
        // The order is the same: layers from the lowest, features as they are drawn.
        let mut expected = ours.iter();
        for part in Parser::default().parse_layers(&bytes).unwrap() {
            let Layer::Tag01(part) = part else { panic!("{path}: a part of another kind") };
            let table = part.into_tile(&mut Decoder::default()).unwrap();
            for row in table.features() {
                let feature = expected.next().unwrap_or_else(|| panic!("{path}: more features than in GeoJSON"));
                let mut properties = feature["properties"].as_object().unwrap().clone();
                properties.insert("id".to_owned(), feature["id"].clone());
                for (name, value) in table.property_names().iter().zip(row.properties()) {
                    let same = match (value, properties.remove(name)) {
                        (value, None) => value.is_null(),
                        (PropValue::Str(Some(text)), Some(Json::String(ours))) => *text == ours,
                        (PropValue::Str(Some(text)), Some(ours)) => serde_json::from_str::<Json>(text).unwrap() == ours,
                        (PropValue::Bool(Some(value)), Some(ours)) => ours == *value,
                        (PropValue::I32(Some(value)), Some(ours)) => ours == *value,
                        (PropValue::U32(Some(value)), Some(ours)) => ours == *value,
                        (PropValue::I64(Some(value)), Some(ours)) => ours == *value,
                        (PropValue::F64(Some(value)), Some(ours)) => ours == *value,
                        _ => false,
                    };
                    assert!(same, "{path}: {name} is {value:?} in {feature}");
                }
                assert!(properties.is_empty(), "{path}: {properties:?} of {feature} are not there");
                let mut lonlat = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
                corners(&feature["geometry"]["coordinates"], &mut lonlat);
                let [west, south] = crs::wgs84_to_mercator([lonlat[0], lonlat[1]]);
                let [east, north] = crs::wgs84_to_mercator([lonlat[2], lonlat[3]]);
                let rect = row.geometry().bounding_rect().unwrap();
                let [x0, x1] = [rect.min().x, rect.max().x].map(|x| extent.min[0] + f64::from(x) * unit_m);
                let [y0, y1] = [rect.max().y, rect.min().y].map(|y| extent.max[1] - f64::from(y) * unit_m);
                assert!(near([x0, y0, x1, y1], [west, south, east, north], unit_m), "{path}: {feature}");
                seen += 1;
            }
        }
        assert!(expected.next().is_none(), "{path}: fewer features than in GeoJSON");
        let mvt = service.get(&format!("{path}.mvt")).await.bytes().await.unwrap();
        plain = [plain[0] + bytes.len(), plain[1] + mvt.len()];
        packed = [packed[0] + gzip_len(&bytes), packed[1] + gzip_len(&mvt)];
    }
    assert!(seen > 1000, "only {seen} features were compared");
    assert!(plain[0] < plain[1] && packed[0] < packed[1], "a MapLibre Tile is the smaller: {plain:?}, {packed:?} after gzip");

    let empty = service.get("/tiles/roads/18/0/0.mlt").await;
    assert_eq!(empty.status(), 204);
    let tilejson = service.json("/tiles/roads,zoning.json?encoding=mlt").await;
    assert_eq!(tilejson["encoding"], "mlt");
    assert!(tilejson["tiles"][0].as_str().unwrap().ends_with("/tiles/roads,zoning/{z}/{x}/{y}.mlt"));
    assert_eq!(service.json("/tiles/roads.json").await["encoding"], "mvt");
    assert_eq!(service.problem("/tiles/roads.json?encoding=png").await.0, 400);
}

/// West, south, east and north of all positions.
fn corners(coordinates: &Json, into: &mut Box4) {
    let all = coordinates.as_array().unwrap();
    if let (Some(x), Some(y)) = (all[0].as_f64(), all.get(1).and_then(Json::as_f64)) {
        *into = [into[0].min(x), into[1].min(y), into[2].max(x), into[3].max(y)];
    } else {
        all.iter().for_each(|inner| corners(inner, into));
    }
}

fn gzip_len(bytes: &[u8]) -> usize {
    use std::io::Write;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(5));
    out.write_all(bytes).unwrap();
    out.finish().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_reads_our_tiles_and_features_over_http() {
    let Some(service) = cambridge("gdal_reads_our_tiles_and_features_over_http").await else { return };
    let layers = "zoning,parcels,roads,permits,door_plates";
    let mut seen = 0;
    for (z, lon, lat) in [(15, -71.106, 42.366), (17, -71.0995, 42.3632), (18, -71.12, 42.375)] {
        let (x, y) = tile_of(lon, lat, z);
        let tile: Json = service.json(&format!("/tiles/{layers}/{z}/{x}/{y}.geojson")).await;
        // layer, id: what our own GeoJSON says
        let mut ours: BTreeMap<String, BTreeMap<String, Option<String>>> = BTreeMap::new();
        for feature in tile["features"].as_array().unwrap() {
            let (layer, id) = (feature["properties"]["layer"].as_str().unwrap(), feature["id"].as_str().unwrap());
            let name = feature["properties"]["name"].as_str().map(str::to_owned);
            ours.entry(layer.to_owned()).or_default().insert(id.to_owned(), name);
            seen += 1;
        }
        let base = &service.base;
        let geojson = opened(format!("{base}/tiles/{layers}/{z}/{x}/{y}.geojson"), "GeoJSON").await;
        let mvt = opened(format!("/vsicurl/{base}/tiles/{layers}/{z}/{x}/{y}.mvt"), "MVT").await;

        assert_eq!(mvt.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>(), "{z}/{x}/{y}: tile layers by their ids");
        let flat = geojson.values().next().unwrap();
        assert_eq!((geojson.len(), flat.len()), (1, ours.values().map(BTreeMap::len).sum()));
        let unit_m = TileId::new(u8::try_from(z).unwrap(), x, y).unwrap().extent_mercator().width() / f64::from(TILE_UNITS);
        for (layer, features) in &mvt {
            assert_eq!(features.keys().collect::<Vec<_>>(), ours[layer].keys().collect::<Vec<_>>(), "{layer} in {z}/{x}/{y}");
            for (id, (mercator, fields)) in features {
                assert_eq!(fields.get("name"), ours[layer][id].as_ref(), "{layer} {id}");
                let (lonlat, fields) = &flat[id];
                assert_eq!(&fields["layer"], layer);
                let [west, south] = crs::wgs84_to_mercator([lonlat[0], lonlat[1]]);
                let [east, north] = crs::wgs84_to_mercator([lonlat[2], lonlat[3]]);
                assert!(near(*mercator, [west, south, east, north], unit_m), "{layer} {id}: {mercator:?} and {lonlat:?}");
            }
        }
    }
    assert!(seen > 500, "only {seen} features were compared");

    let found = service.json("/api/search?q=Sidney St Ext&layer=roads").await;
    let id = found["features"][0]["id"].as_str().unwrap();
    let feature = service.json(&format!("/api/features/roads/{id}")).await;
    let read = opened(format!("{}/api/features/roads/{id}", service.base), "GeoJSON").await;
    let (bounds, fields) = &read.values().next().unwrap()[id];
    assert_eq!((read.len(), fields["name"].as_str(), fields["layer"].as_str()), (1, "Sidney St Ext", "roads"));
    let lines = feature["geometry"]["coordinates"].as_array().unwrap();
    let lons: Vec<f64> = lines.iter().flat_map(|line| line.as_array().unwrap()).map(|point| point[0].as_f64().unwrap()).collect();
    let (west, east) = (lons.iter().copied().fold(f64::MAX, f64::min), lons.iter().copied().fold(f64::MIN, f64::max));
    assert!((bounds[0] - west).abs() < 1e-9 && (bounds[2] - east).abs() < 1e-9, "{bounds:?}");
}
