//! PostGIS as the judge of the spatial core and of the tiles, on real cities: the same questions, the same answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value as Json;
use sqlx::AssertSqlSafe;
use tokio::sync::OnceCell;
use yutu::domain::{Extent, Layer};
use yutu::import::{self, ImportRequest, Pack};
use yutu::spatial::LayerIndex;

use super::live::tile_of;
use super::program::shipped;
use super::service::Service;
use super::setup::{Fresh, real_data};

/// A degree of freedom for the last bits of a distance, metres.
const EXACT_M: f64 = 1e-6;
/// What `tiles` lets features reach over the edge, in parts of a tile.
const BUFFER: f64 = 128.0 / 4096.0;

/// A service over a city that was imported once for all tests. `None`: the data is not there.
pub async fn cambridge(test: &str) -> Option<Service> {
    static CITY: OnceCell<Fresh> = OnceCell::const_new();
    let data = real_data(test)?;
    let city = CITY.get_or_init(|| imported(data.join("cambridge-ma"), "cambridge-ma", &[])).await;
    Some(Service::start(city.copy().await).await)
}

pub async fn yilan(test: &str) -> Option<Service> {
    static CITY: OnceCell<Fresh> = OnceCell::const_new();
    let data = real_data(test)?;
    let city = CITY.get_or_init(|| imported(data.join("tw-yilan"), "yilan", &["plates", "zoning", "towns"])).await;
    Some(Service::start(city.copy().await).await)
}

async fn imported(source: std::path::PathBuf, pack: &str, profiles: &[&str]) -> Fresh {
    let pack = Pack::read(Path::new(&shipped(pack))).unwrap();
    let working = import::working_crs(&pack, &source).unwrap();
    let fresh = Fresh::new(working.definition()).await;
    let request = ImportRequest {
        source,
        pack: Arc::new(pack),
        profiles: profiles.iter().map(|profile| (*profile).to_owned()).collect(),
        dry_run: false,
        report: None,
        valid_from: None,
        allow_ends: false,
        force: false,
        working,
    };
    import::run(&fresh.pool, request, Arc::new(|_| {})).await.unwrap_or_else(|error| panic!("{error:#}"));
    fresh.pool.close().await;
    fresh
}

/// What PostGIS is asked about a layer: one row per feature as it is now, a case by its footprints.
async fn judged(service: &Service, layer: Layer) -> String {
    let table = format!("judged_{layer}");
    let now = "valid_from <= current_date AND valid_to > current_date";
    let rows = if layer == Layer::Permits {
        format!(
            "SELECT p.id, coalesce((SELECT ST_Collect(f.geom) FROM permit_footprints f WHERE f.region = p.region AND f.case_no = p.case_no AND {now}), p.geom) AS geom
             FROM permits p WHERE {now}"
        )
    } else {
        format!("SELECT id, geom FROM {layer} WHERE {now}")
    };
    service.fresh.psql(&format!("CREATE TABLE {table} AS {rows}; CREATE INDEX ON {table} USING gist (geom); ANALYZE {table}")).await;
    table
}

async fn rows<T>(service: &Service, statement: String) -> Vec<T>
where
    T: Send + Unpin + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    sqlx::query_as(AssertSqlSafe(statement)).fetch_all(&service.fresh.pool).await.unwrap()
}

/// Places worth asking about: anywhere in the layer's extent, and on the features themselves.
fn places(index: &LayerIndex, random: &mut ChaCha8Rng, count: usize) -> Vec<[f64; 2]> {
    let extent = index.extent_working().unwrap();
    let features: Vec<_> = index.iter().filter_map(|feature| feature.working.extent()).collect();
    (0..count)
        .map(|number| match number % 3 {
            0 => [random.random_range(extent.min[0]..=extent.max[0]), random.random_range(extent.min[1]..=extent.max[1])],
            1 => features[random.random_range(0..features.len())].min,
            _ => {
                let Extent { min, max } = features[random.random_range(0..features.len())];
                [(min[0] + max[0]) / 2.0, (min[1] + max[1]) / 2.0]
            }
        })
        .collect()
}

async fn judge(service: &Service, layer: Layer, questions: usize) {
    let state = service.live.state();
    let index = state.snapshot.layer(layer);
    let table = judged(service, layer).await;
    let srid = service.fresh.working.epsg().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(layer as u64);
    let stored: Vec<(i64, i64)> = rows(service, format!("SELECT count(*), count(geom) FROM {table}")).await;
    let located = index.iter().filter(|feature| feature.working.extent().is_some()).count();
    assert_eq!((index.len() as i64, located as i64), stored[0], "{layer}");

    let (mut found_in_windows, mut found_near, mut found_covering) = (0, 0, 0);
    for [x, y] in places(index, &mut random, questions) {
        // windows from a door to a district
        let (width, height) = (10f64.powf(random.random_range(-1.0..3.7)), 10f64.powf(random.random_range(-1.0..3.7)));
        let window = Extent { min: [x, y], max: [x + width, y + height] };
        let ours: BTreeSet<String> = index.window(&window).map(|feature| feature.id.to_string()).collect();
        let [x2, y2] = window.max;
        // The operator && compares boxes rounded to single precision; the limits themselves are compared here.
        let theirs: Vec<(String,)> = rows(
            service,
            format!(
                "SELECT id FROM {table} WHERE geom && ST_Expand(ST_MakeEnvelope({x:?}, {y:?}, {x2:?}, {y2:?}, {srid}), 5)
                 AND ST_XMin(geom) <= {x2:?} AND ST_XMax(geom) >= {x:?} AND ST_YMin(geom) <= {y2:?} AND ST_YMax(geom) >= {y:?}"
            ),
        )
        .await;
        assert_eq!(ours, theirs.into_iter().map(|(id,)| id).collect(), "{layer}: window {window:?}");
        found_in_windows += ours.len();

        let k = random.random_range(1..=10);
        let most_m = 10f64.powf(random.random_range(0.0..3.5));
        let ours = index.nearest([x, y], k, most_m);
        let point = format!("ST_SetSRID(ST_MakePoint({x:?}, {y:?}), {srid})");
        let theirs: Vec<(String, f64)> =
            rows(service, format!("SELECT id, ST_Distance(geom, {point}) FROM {table} WHERE ST_DWithin(geom, {point}, {most_m:?})")).await;
        let distances: BTreeMap<&str, f64> = theirs.iter().map(|(id, distance)| (id.as_str(), *distance)).collect();
        let mut nearest: Vec<f64> = distances.values().copied().collect();
        nearest.sort_by(f64::total_cmp);
        nearest.truncate(k);
        assert_eq!(ours.len(), nearest.len(), "{layer}: nearest {k} to {x} {y} within {most_m}");
        for (rank, (feature, distance)) in ours.iter().enumerate() {
            let id = feature.id.to_string();
            let theirs = distances.get(id.as_str()).unwrap_or_else(|| panic!("{layer}: {id} is not within {most_m} of {x} {y}"));
            assert!(
                (distance - theirs).abs() < EXACT_M && (distance - nearest[rank]).abs() < EXACT_M,
                "{layer}: {id} at {distance}, PostGIS {theirs}, rank {rank}: {}",
                nearest[rank]
            );
        }
        assert!(ours.is_sorted_by(|(a, near), (b, far)| near < far || (near <= far && a.id < b.id)), "{layer}: nearest first, then by id");
        found_near += ours.len();

        let ours: Vec<String> = index.covering([x, y]).iter().map(|feature| feature.id.to_string()).collect();
        // Within a hair of a boundary, or of a line, either answer is right: the last bits of two calculations differ.
        let theirs: Vec<(String, bool)> = rows(
            service,
            format!(
                "SELECT id, CASE ST_Dimension(geom) WHEN 2 THEN ST_Distance(ST_Boundary(geom), {point}) > {EXACT_M} WHEN 0 THEN ST_Distance(geom, {point}) = 0 ELSE false END
                 FROM {table} WHERE ST_DWithin(geom, {point}, {EXACT_M})"
            ),
        )
        .await;
        let sure: BTreeSet<&str> = theirs.iter().filter(|(_, sure)| *sure).map(|(id, _)| id.as_str()).collect();
        let possible: BTreeSet<&str> = theirs.iter().map(|(id, _)| id.as_str()).collect();
        let ours: BTreeSet<&str> = ours.iter().map(String::as_str).collect();
        assert!(sure.is_subset(&ours) && ours.is_subset(&possible), "{layer}: at {x} {y} PostGIS has {theirs:?}, we {ours:?}");
        found_covering += ours.len();
    }
    assert!(found_in_windows > questions && found_near > questions, "{layer}: the questions found too little to tell anything");
    assert!(found_covering > 0 || layer == Layer::Roads, "{layer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cambridge_is_answered_as_postgis_answers() {
    let Some(service) = cambridge("cambridge_is_answered_as_postgis_answers").await else { return };
    for layer in [
        Layer::Parcels,
        Layer::Zoning,
        Layer::Roads,
        Layer::Permits,
        Layer::ControlAreas,
        Layer::PlaceNames,
        Layer::DoorPlates,
        Layer::Divisions,
    ] {
        let questions = if layer == Layer::Divisions { 30 } else { 300 };
        judge(&service, layer, questions).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn yilan_s_plates_and_zones_are_answered_as_postgis_answers() {
    let Some(service) = yilan("yilan_s_plates_and_zones_are_answered_as_postgis_answers").await else { return };
    judge(&service, Layer::DoorPlates, 300).await;
    judge(&service, Layer::Zoning, 300).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_polygon_of_a_tile_is_valid_and_stays_in_the_tile_s_buffer() {
    let Some(service) = cambridge("every_polygon_of_a_tile_is_valid_and_stays_in_the_tile_s_buffer").await else { return };
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut polygons = 0;
    for z in [10, 12, 13, 14, 15, 16, 17, 18, 19, 20] {
        for _ in 0..12 {
            let (x, y) = tile_of(random.random_range(-71.16..-71.065), random.random_range(42.355..42.4), z);
            let path = format!("/tiles/divisions,zoning,parcels,control_areas,permits,place_names/{z}/{x}/{y}.geojson");
            let tile: Json = service.json(&path).await;
            // A digit of the coordinates may round over the edge.
            let rounding = 1.1e-3f64.min(360.0 / f64::from(1u32 << z) / 4096.0 / 4.0);
            let flawed: Vec<(String, String, bool)> = sqlx::query_as(
                "WITH drawn AS (SELECT f->>'id' AS id, ST_GeomFromGeoJSON(f->>'geometry') AS geom FROM jsonb_array_elements($1::jsonb->'features') f)
                 SELECT id, ST_IsValidReason(geom), ST_Within(geom, edge)
                 FROM drawn, (SELECT ST_Expand(ST_Transform(ST_TileEnvelope($2, $3, $4, margin => $5), 4326), $6) AS edge) tile
                 WHERE NOT (ST_IsValid(geom) AND ST_Within(geom, edge))",
            )
            .bind(&tile)
            .bind(z as i32)
            .bind(x as i32)
            .bind(y as i32)
            .bind(BUFFER)
            .bind(rounding)
            .fetch_all(&service.fresh.pool)
            .await
            .unwrap();
            assert!(flawed.is_empty(), "{path}: {flawed:?}");
            let features = tile["features"].as_array().unwrap();
            polygons += features.iter().filter(|feature| feature["geometry"]["type"].as_str().unwrap().ends_with("Polygon")).count();
        }
    }
    assert!(polygons > 3000, "only {polygons} polygons were looked at");
}
