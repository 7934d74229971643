//! The follower: what any writer commits is in tiles, search and the live feed, and memory equals the store.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use rand::{Rng, SeedableRng};
use yutu::domain::{FeatureId, Layer};
use yutu::store;

use super::service::{Service, eventually};
use super::setup::Fresh;

/// Somewhere near 120.2 east, 30.3 north in EPSG:4549.
pub const ORIGIN: [f64; 2] = [520_000.0, 3_353_000.0];

pub fn id(layer: &str, n: usize) -> String {
    FeatureId::derive(layer, "test", &n.to_string()).to_string()
}

fn road(n: usize, name: &str) -> String {
    let (x, y) = (ORIGIN[0] + (n * 37 % 500) as f64, ORIGIN[1] + (n * 91 % 700) as f64);
    format!(
        "INSERT INTO roads (region, id, name, class, geom) VALUES ('330106', '{}', '{name}', 'local',
         ST_GeomFromText('MULTILINESTRING(({x} {y},{} {}))', 4549))",
        id("roads", n),
        x + 80.0,
        y + 25.0
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_changed_in_psql_is_in_tiles_search_and_the_live_feed() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    service.change(&road(1, "文三路")).await;
    let feature = id("roads", 1);
    let found = service.json("/api/search?q=文三路").await;
    assert_eq!(found["features"][0]["id"], feature.as_str());
    let position = found["features"][0]["geometry"]["coordinates"].clone();
    let (x, y) = tile_of(position[0].as_f64().unwrap(), position[1].as_f64().unwrap(), 17);
    let tile = format!("/tiles/roads/17/{x}/{y}.geojson");
    let before = service.get(&tile).await;
    let (etag, sequence) = (before.headers()["etag"].clone(), before.headers()["yutu-sequence"].to_str().unwrap().parse::<u64>().unwrap());
    assert!(before.text().await.unwrap().contains("文三路"));

    let response = service.get("/api/live").await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    let mut heard = String::new();
    service.fresh.psql(&format!("UPDATE roads SET name = '文四路' WHERE id = '{feature}'")).await;
    let listening = async {
        while !(heard.contains("event: change") && heard.ends_with("\n\n")) {
            heard.push_str(std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(10), listening).await.expect("the live feed tells of the change");
    assert!(heard.contains("event: hello"), "{heard}");
    let data = heard.rsplit("data: ").next().unwrap();
    let change: serde_json::Value = serde_json::from_str(data.trim()).unwrap();
    assert!(change["sequence"].as_u64().unwrap() > sequence, "{change}");
    assert_eq!(change["layers"][0]["layer"], "roads");
    let extent = &change["layers"][0]["extents"][0];
    assert!(
        extent[0].as_f64().unwrap() <= position[0].as_f64().unwrap() && position[0].as_f64().unwrap() <= extent[2].as_f64().unwrap(),
        "{extent}"
    );

    let after = service.get(&tile).await;
    assert_ne!(after.headers()["etag"], etag);
    assert!(after.headers()["yutu-sequence"].to_str().unwrap().parse::<u64>().unwrap() > sequence);
    let text = after.text().await.unwrap();
    assert!(text.contains("文四路") && !text.contains("文三路"));
    assert_eq!(service.json("/api/search?q=文四路").await["features"][0]["id"], feature.as_str());
    let old = service.json("/api/search?q=文三路").await;
    assert!(old["features"].as_array().unwrap().iter().all(|found| found["id"] != feature.as_str()), "{old}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_change_after_a_start_shows_in_a_tile_that_was_asked_for_before() {
    let fresh = Fresh::new("EPSG:4549").await;
    fresh.psql(&road(1, "文三路")).await;
    let service = Service::start(fresh).await;
    let position = service.json("/api/search?q=文三路").await["features"][0]["geometry"]["coordinates"].clone();
    let (x, y) = tile_of(position[0].as_f64().unwrap(), position[1].as_f64().unwrap(), 17);
    let tile = format!("/tiles/roads/17/{x}/{y}.geojson");
    for (before, after) in [("文三路", "文四路"), ("文四路", "文五路"), ("文五路", "文六路")] {
        assert!(service.get(&tile).await.text().await.unwrap().contains(before));
        service.change(&format!("UPDATE roads SET name = '{after}'")).await;
        assert!(service.get(&tile).await.text().await.unwrap().contains(after), "{after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_waits_for_the_sequence_it_must_know_of() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    for n in 0..20 {
        service.fresh.psql(&road(n, &format!("新名{n}路"))).await;
        let sequence = store::current_sequence(&service.fresh.pool).await.unwrap();
        let found = service.json(&format!("/api/search?q=新名{n}路&after_sequence={sequence}")).await;
        assert_eq!(found["features"][0]["id"], id("roads", n).as_str(), "found at the first try");
    }
    let (status, _) = service.problem("/api/search?q=路&after_sequence=999999").await;
    assert_eq!(status, 503, "a sequence that never comes is not waited for without end");
}

/// Random inserts, updates and deletes in many layers through SQL: memory must equal a fresh reading of the store.
#[tokio::test(flavor = "multi_thread")]
async fn after_random_edits_memory_equals_the_store() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut roads = BTreeSet::new();
    for _ in 0..60 {
        let mut statements = String::from("BEGIN;");
        for _ in 0..random.random_range(1..8) {
            let n = random.random_range(0..40usize);
            if roads.contains(&n) {
                if random.random_bool(0.5) {
                    statements.push_str(&format!(
                        "UPDATE roads SET name = '路{}', geom = ST_Translate(geom, 5, 3) WHERE id = '{}';",
                        random.random_range(0..1000),
                        id("roads", n)
                    ));
                } else {
                    statements.push_str(&format!("DELETE FROM roads WHERE id = '{}';", id("roads", n)));
                    roads.remove(&n);
                }
            } else {
                statements.push_str(&road(n, &format!("路{n}")));
                statements.push(';');
                roads.insert(n);
            }
        }
        let committed = random.random_bool(0.8);
        if !committed {
            service.fresh.psql(&format!("{statements} ROLLBACK")).await;
            roads = current(&service).await;
            continue;
        }
        service.change(&format!("{statements} COMMIT")).await;
        let state = service.live.state();
        let layer = state.snapshot.layer(Layer::Roads);
        assert_eq!(layer.len(), roads.len());
        let stored: Vec<(String, String, f64)> =
            sqlx::query_as("SELECT id, name, ST_XMin(geom) FROM roads ORDER BY id").fetch_all(&service.fresh.pool).await.unwrap();
        for (id, name, x) in stored {
            let feature = layer.get(&id.parse().unwrap()).expect("in memory");
            assert_eq!(feature.name.as_deref(), Some(name.as_str()));
            assert!((feature.working.extent().unwrap().min[0] - x).abs() < 1e-9);
            let place = state.gazetteer.place(&feature.id, "zh").expect("in the gazetteer");
            assert_eq!(place.name.as_deref(), Some(name.as_str()));
        }
    }
}

async fn current(service: &Service) -> BTreeSet<usize> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM roads").fetch_all(&service.fresh.pool).await.unwrap();
    (0..40).filter(|n| ids.contains(&id("roads", *n))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_made_again_and_nothing_is_missed() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    service.change(&road(1, "一号路")).await;
    // The tests' own pool is killed too: it reconnects, as the follower must.
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for n in 2..6 {
        service.fresh.psql(&format!("{kill}; {}", road(n, &format!("{n}号路")))).await;
        let client = &service;
        eventually("the change after the loss is found", || async move {
            let found = client.json(&format!("/api/search?q={n}号路")).await;
            found["features"].as_array().unwrap().iter().any(|found| found["id"] == id("roads", n).as_str())
        })
        .await;
    }
    let client = &service;
    eventually("ready again", || async move { client.get("/readyz").await.status() == 200 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_drawn_by_its_footprints_wherever_they_are_moved() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let case = |n: usize, number: &str| {
        format!(
            "INSERT INTO permits (region, id, case_no, status, geom) VALUES ('r', '{}', '{number}', 'approved', ST_SetSRID(ST_MakePoint({}, {}), 4549));",
            id("permits", n),
            ORIGIN[0],
            ORIGIN[1]
        )
    };
    let footprint = format!(
        "INSERT INTO permit_footprints (region, id, case_no, geom) VALUES ('r', '{}', 'A-1', ST_Multi(ST_MakeEnvelope({}, {}, {}, {}, 4549)));",
        id("permit_footprints", 1),
        ORIGIN[0],
        ORIGIN[1],
        ORIGIN[0] + 40.0,
        ORIGIN[1] + 30.0
    );
    service.change(&format!("BEGIN; {} {} {footprint} COMMIT", case(1, "A-1"), case(2, "A-2"))).await;
    let area = |n: usize| {
        let state = service.live.state();
        let feature = state.snapshot.layer(Layer::Permits).get(&id("permits", n).parse().unwrap()).unwrap().clone();
        let extent = feature.working.extent().unwrap();
        extent.width() * extent.height()
    };
    assert_eq!((area(1).round(), area(2).round()), (1200.0, 0.0));
    service.change("UPDATE permit_footprints SET case_no = 'A-2'").await;
    assert_eq!((area(1).round(), area(2).round()), (0.0, 1200.0), "the footprint went to the other case, and the first is a point again");
    service.change("DELETE FROM permit_footprints").await;
    assert_eq!((area(1).round(), area(2).round()), (0.0, 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_stored_for_two_regions_is_counted_drawn_and_found_once() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    service.change(&format!("{}; {}", road(1, "界河路"), road(1, "界河路").replace("'330106'", "'330108'"))).await;
    assert_eq!(service.live.state().snapshot.layer(Layer::Roads).len(), 1);
    let found = service.json("/api/search?q=界河路").await;
    assert_eq!(found["features"].as_array().unwrap().len(), 1);
    assert_eq!(found["features"][0]["properties"]["geocoding"]["features"], 1);
    let feature = service.json(&format!("/api/features/roads/{}", id("roads", 1))).await;
    assert_eq!(feature["properties"]["name"], "界河路");
    service.change("DELETE FROM roads WHERE region = '330106'").await;
    assert_eq!(service.live.state().snapshot.layer(Layer::Roads).len(), 1, "it is still in the other region");
}

/// Column and row of the tile that holds a place.
pub fn tile_of(lon: f64, lat: f64, z: u32) -> (u32, u32) {
    let n = f64::from(1u32 << z);
    let x = (lon + 180.0) / 360.0 * n;
    let y = (1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * n;
    (x.floor() as u32, y.floor() as u32)
}
