//! The follower: what any writer commits is in tiles, search and the live feed, and memory equals the store.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use rand::{Rng, SeedableRng};
use yutu::config::Limits;
use yutu::domain::{FeatureId, Layer};
use yutu::live::Publicity;
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
    let old = &old["features"][0];
    assert_eq!(
        (old["id"].as_str(), old["properties"]["geocoding"]["match"]["part"].as_str()),
        (Some(feature.as_str()), Some("former_name")),
        "{old}"
    );
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

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_read_as_a_whole_is_the_same_as_one_read_change_by_change() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let [x, y] = ORIGIN;
    let rows = |layer: &str, from: usize, to: usize, columns: &str, values: &str| {
        format!(
            "INSERT INTO {layer} (region, id, {columns}) SELECT 'r', substr(translate(md5('{layer}' || n), '0189', 'ghij'), 1, 16), {values}
             FROM generate_series({from}, {to}) n;"
        )
    };
    let square = format!("ST_Multi(ST_MakeEnvelope({x} + n, {y}, {x} + n + 10, {y} + 10, 4549))");
    // More changes in one transaction than are looked at one by one, most of which come to nothing.
    let many = |layer: &str, columns: &str, values: &str, then: &str| {
        let rows = rows(layer, 1001, 11_200, columns, values);
        format!("BEGIN; {rows} DELETE FROM {layer} WHERE case_no LIKE 'none-%'; {then}; COMMIT")
    };
    service.change(&rows("permits", 1, 300, "case_no, name", "'A-' || n, '工程' || n")).await;
    service.change(&rows("permit_footprints", 1, 300, "case_no, geom", &format!("'A-' || n, {square}"))).await;
    let check = async |name: &str, count: usize, width_m: f64| {
        let state = service.live.state();
        let permits = state.snapshot.layer(Layer::Permits);
        assert_eq!((permits.len(), state.gazetteer.len()), (count, count));
        for permit in permits.iter() {
            let width = permit.working.extent().map(|extent| extent.width().round());
            assert_eq!(width, Some(width_m), "{} is drawn by its footprint", permit.id);
            assert!(permit.name.as_deref().unwrap().starts_with(name));
            assert_eq!(state.gazetteer.place(&permit.id, "zh").unwrap().name.as_deref(), permit.name.as_deref());
        }
    };
    check("工程", 300, 10.0).await;
    let wider = "UPDATE permit_footprints SET geom = ST_Multi(ST_Envelope(ST_Buffer(geom, 5, 'join=mitre')))";
    service.change(&many("permit_footprints", "case_no, geom", &format!("'none-' || n, {square}"), wider)).await;
    check("工程", 300, 20.0).await;
    // A merge begun before is not to bring back what was read since.
    for n in 1..6 {
        service.change("UPDATE permits SET name = '改名工程'").await;
        service.change(&many("permits", "case_no", "'none-' || n", &format!("DELETE FROM permits WHERE case_no = 'A-{n}'"))).await;
        check("改名工程", 300 - n, 20.0).await;
    }
}

fn division(n: usize, name: &str, level: &str, size_m: f64) -> String {
    let [x, y] = ORIGIN;
    format!(
        "INSERT INTO divisions (region, id, name, code, level, geom) VALUES ('r', '{}', '{name}', '33{n}', '{level}', ST_Multi(ST_MakeEnvelope({x}, {y}, {}, {}, 4549)))",
        id("divisions", n),
        x + size_m,
        y + size_m
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_follow_the_divisions_they_name() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    service.change(&road(1, "文三路")).await;
    let label =
        async || service.json("/api/search?q=文三路").await["features"][0]["properties"]["geocoding"]["label"].as_str().unwrap().to_owned();
    assert_eq!(label().await, "文三路");
    let etag = service.get("/tiles/roads/0/0/0.geojson").await.headers()["etag"].clone();
    service.change(&division(1, "东镇", "town", 900.0)).await;
    assert_eq!(label().await, "文三路, 东镇", "a division that came later names what lies in it");
    service.change(&format!("UPDATE divisions SET name = '西镇' WHERE id = '{}'", id("divisions", 1))).await;
    assert_eq!(label().await, "文三路, 西镇");
    service.change(&division(2, "大县", "county", 5000.0)).await;
    service.change("UPDATE divisions SET geom = ST_Translate(geom, 20000, 0) WHERE name = '西镇'").await;
    assert_eq!(label().await, "文三路, 大县", "it lies in the county only");
    service.change("DELETE FROM divisions").await;
    assert_eq!(label().await, "文三路");
    assert_eq!(service.get("/tiles/roads/0/0/0.geojson").await.headers()["etag"], etag, "the roads themselves are as they were");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_keeps_its_footprints_when_its_number_is_hidden() {
    let hidden = || Publicity { hidden: ["case_no".to_owned()].into(), ..Publicity::default() };
    let publicity = [(Layer::Permits, hidden()), (Layer::PermitFootprints, hidden())].into();
    let service = Service::with(Fresh::new("EPSG:4549").await, Limits::default(), publicity).await;
    let [x, y] = ORIGIN;
    let footprint = |n: usize, size_m: f64| {
        format!(
            "INSERT INTO permit_footprints (region, id, case_no, kind, geom) VALUES ('r', '{}', 'SECRET-1', 'parcel', ST_Multi(ST_MakeEnvelope({x}, {y}, {}, {}, 4549)))",
            id("permit_footprints", n),
            x + size_m,
            y + size_m
        )
    };
    let permit = id("permits", 1);
    service.change(&format!("INSERT INTO permits (region, id, case_no, status) VALUES ('r', '{permit}', 'SECRET-1', 'approved')")).await;
    for (n, size_m) in [(1, 10.0), (2, 40.0)] {
        service.change(&footprint(n, size_m)).await;
        let state = service.live.state();
        let extent = state.snapshot.layer(Layer::Permits).get(&permit.parse().unwrap()).unwrap().working.extent().unwrap();
        assert!((extent.width() - size_m).abs() < 1e-6, "{extent:?}");
    }
    let found = service.json("/api/search?q=SECRET-1").await;
    assert_eq!(found["features"].as_array().unwrap().len(), 0, "{found}");
    let position = service.json(&format!("/api/features/permits/{permit}")).await["geometry"]["coordinates"][0][0][0].clone();
    let (lon, lat) = (position[0].as_f64().unwrap(), position[1].as_f64().unwrap());
    let (column, row) = tile_of(lon, lat, 16);
    for path in [
        format!("/api/features/permits/{permit}"),
        format!("/api/identify?lon={lon}&lat={lat}"),
        format!("/api/reverse?lon={lon}&lat={lat}&layer=permits"),
        format!("/tiles/permits,permits_labels/16/{column}/{row}.geojson"),
        "/tiles/permits.json".into(),
        "/api/layers".into(),
    ] {
        let text = service.get(&path).await.text().await.unwrap();
        assert!(!text.contains("SECRET-1"), "{path}: {text}");
        // In the list of layers it stands for others that have a field of this name.
        assert!(path == "/api/layers" || !text.contains("case_no"), "{path}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_the_public_gets_roughly_is_rough_wherever_it_is_told() {
    let publicity = [(Layer::PlaceNames, Publicity { precision_m: 100.0, ..Publicity::default() })].into();
    let service = Service::with(Fresh::new("EPSG:4549").await, Limits::default(), publicity).await;
    let [x, y] = [ORIGIN[0] + 30.0, ORIGIN[1] + 20.0];
    let place = id("place_names", 1);
    service
        .change(&format!(
            "INSERT INTO place_names (region, id, name, geom) VALUES ('r', '{place}', '古井', ST_SetSRID(ST_MakePoint({x}, {y}), 4549));
             INSERT INTO door_plates (region, id, number, geom) VALUES ('r', '{}', '1', ST_SetSRID(ST_MakePoint({x}, {y}), 4549))",
            id("door_plates", 1)
        ))
        .await;
    let point = |answer: &serde_json::Value| {
        let coordinates = &answer["coordinates"];
        (coordinates[0].as_f64().unwrap(), coordinates[1].as_f64().unwrap())
    };
    let (lon, lat) = point(&service.json(&format!("/api/features/door_plates/{}", id("door_plates", 1))).await["geometry"]);
    let rough = point(&service.json(&format!("/api/features/place_names/{place}")).await["geometry"]);
    let found = point(&service.json("/api/search?q=古井").await["features"][0]["geometry"]);
    assert!(
        (rough.0 - found.0).abs() < 2e-7 && (rough.1 - found.1).abs() < 2e-7,
        "one place, not two that narrow it down: {rough:?} {found:?}"
    );
    let near = service.json(&format!("/api/reverse?lon={lon}&lat={lat}&layer=place_names")).await;
    let told = near["features"][0]["properties"]["geocoding"]["distance_m"].as_f64().unwrap();
    assert!((told - 30.0_f64.hypot(20.0)).abs() < 0.1, "distances are to the rough place: {told}");
    let identified = service.json(&format!("/api/identify?lon={lon}&lat={lat}&radius=1000")).await;
    let layer = identified["layers"].as_array().unwrap().iter().find(|layer| layer["layer"] == "place_names").unwrap().clone();
    let told = layer["features"][0]["properties"]["distance_m"].as_f64().unwrap();
    assert!((told - 30.0_f64.hypot(20.0)).abs() < 0.1, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_feature_named_differently_in_two_regions_map_and_search_tell_the_same() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    // The first region is stored last.
    service.change(&format!("{}; {}", road(1, "乙路").replace("'330106'", "'330108'"), road(1, "甲路"))).await;
    let check = async || {
        let state = service.live.state();
        let feature: FeatureId = id("roads", 1).parse().unwrap();
        assert_eq!(state.snapshot.layer(Layer::Roads).get(&feature).unwrap().name.as_deref(), Some("甲路"));
        assert_eq!(state.gazetteer.place(&feature, "zh").unwrap().name.as_deref(), Some("甲路"));
    };
    check().await;
    // Another database, as far as readers know: everything is read from the beginning.
    service.fresh.psql("UPDATE installation SET epoch = gen_random_uuid()").await;
    let epoch: String = sqlx::query_scalar("SELECT epoch::text FROM installation").fetch_one(&service.fresh.pool).await.unwrap();
    let (live, epoch) = (&service.live, &epoch);
    eventually("read anew", || async move { live.state().epoch == *epoch }).await;
    check().await;
}

/// Column and row of the tile that holds a place.
pub fn tile_of(lon: f64, lat: f64, z: u32) -> (u32, u32) {
    let n = f64::from(1u32 << z);
    let x = (lon + 180.0) / 360.0 * n;
    let y = (1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * n;
    (x.floor() as u32, y.floor() as u32)
}
