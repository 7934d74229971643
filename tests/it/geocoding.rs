//! Search and reverse on a real city: PostGIS judges what is nearest, plates taken away judge where numbers are interpolated.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value as Json;
use sqlx::AssertSqlSafe;
use yutu::crs::Crs;
use yutu::domain::{FeatureId, Layer};
use yutu::gazetteer::{Certainty, Kind, Query};

use super::judges::{cambridge, yilan};
use super::live::{ORIGIN, id};
use super::service::Service;
use super::setup::Fresh;

/// Of each of three layers: 10,000 in all.
const POINTS: usize = 3_334;
/// Two transformations of one point differ by less.
const SAME_M: f64 = 1e-3;

#[tokio::test(flavor = "multi_thread")]
async fn reverse_is_what_postgis_says_is_nearest() {
    let Some(service) = cambridge("reverse_is_what_postgis_says_is_nearest").await else { return };
    let mut random = ChaCha8Rng::seed_from_u64(20_261_122);
    let points: Vec<[f64; 2]> = (0..POINTS).map(|_| [random.random_range(-71.165..-71.06), random.random_range(42.35..42.405)]).collect();
    for layer in [Layer::DoorPlates, Layer::Roads, Layer::PlaceNames] {
        let table = format!("nearest_{layer}");
        service
            .fresh
            .psql(&format!(
                "CREATE TABLE {table} AS SELECT id, geom FROM {layer} WHERE valid_from <= current_date AND valid_to > current_date AND geom IS NOT NULL;
                 CREATE INDEX ON {table} USING gist (geom); ANALYZE {table}"
            ))
            .await;
        let [lons, lats] = [0, 1].map(|axis| points.iter().map(|point| point[axis]).collect::<Vec<f64>>());
        let theirs: Vec<(i64, String, f64)> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT p.n, f.id, f.d FROM (SELECT n, ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 26986) AS at
                 FROM unnest($1::float8[], $2::float8[]) WITH ORDINALITY AS given(lon, lat, n)) p,
             LATERAL (SELECT id, ST_Distance(geom, p.at) AS d FROM {table} ORDER BY geom <-> p.at LIMIT 1) f"
        )))
        .bind(&lons)
        .bind(&lats)
        .fetch_all(&service.fresh.pool)
        .await
        .unwrap();
        assert_eq!(theirs.len(), POINTS);
        let theirs: HashMap<i64, (String, f64)> = theirs.into_iter().map(|(n, id, d)| (n, (id, d))).collect();
        let mut other_of_a_tie = 0;
        let service = &service;
        let asked = stream::iter(points.iter().enumerate()).map(async |(place, [lon, lat])| {
            (place, [lon, lat], service.json(&format!("/api/reverse?lon={lon}&lat={lat}&radius=20000&layer={layer}")).await)
        });
        let mut answers = std::pin::pin!(asked.buffer_unordered(8));
        while let Some((place, [lon, lat], found)) = answers.next().await {
            let first = &found["features"][0];
            let (id, distance) = &theirs[&(place as i64 + 1)];
            let ours = first["properties"]["geocoding"]["distance_m"].as_f64().unwrap();
            // distances are told to a centimetre
            assert!((ours - distance).abs() < 0.005 + SAME_M, "{layer} at {lon} {lat}: {ours}, PostGIS {distance}");
            other_of_a_tie += usize::from(first["id"] != id.as_str());
        }
        // plates of one parcel share their place: the lowest id stands for them, PostGIS takes any
        let ties: (i64,) = sqlx::query_as(AssertSqlSafe(format!("SELECT count(*) - count(DISTINCT geom) FROM {table}")))
            .fetch_one(&service.fresh.pool)
            .await
            .unwrap();
        assert!(other_of_a_tie == 0 || ties.0 > 0 || layer == Layer::Roads, "{layer}: {other_of_a_tie} others");
    }
    let found = service.json("/api/reverse?lon=-71.106&lat=42.367").await;
    let around = &found["geocoding"]["surroundings"];
    assert_eq!(around["divisions"][0]["name"], "City of Cambridge", "{around}");
    assert!(around["zones"][0]["name"].is_string() && around["road"]["distance_m"].as_f64().unwrap() > 0.0, "{around}");
    assert!(["left", "right"].contains(&around["road"]["side"].as_str().unwrap()), "{around}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_interpolated_within_their_error() {
    let Some(service) = cambridge("numbers_are_interpolated_within_their_error").await else { return };
    let state = service.live.state();
    let plates: Vec<FeatureId> = state.snapshot.layer(Layer::DoorPlates).iter().map(|feature| feature.id).collect();
    // every sixtieth plate is taken away, and asked for
    let gone: Vec<_> =
        plates.iter().step_by(60).filter_map(|id| state.gazetteer.get(id)).filter(|entry| entry.position.is_some()).collect();
    let ids: Vec<FeatureId> = gone.iter().map(|entry| entry.id).collect();
    let index = state.gazetteer.with_changes(&ids, Vec::new());
    let (mut asked, mut interpolated, mut within, mut sure) = (0u32, 0u32, 0u32, 0u32);
    let mut off = Vec::new();
    let mut took = std::time::Duration::ZERO;
    for entry in &gone {
        let address = entry.address.as_deref().unwrap();
        // another row of the register may have the very address, or a unit of it
        if !entry.number.as_deref().unwrap_or_default().bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        asked += 1;
        let query = Query { text: address.to_owned(), layers: vec![Layer::DoorPlates, Layer::Roads], ..Query::default() };
        let started = std::time::Instant::now();
        let found = index.resolve(&query);
        took += started.elapsed();
        assert!(found.certainty != Some(Certainty::A), "{address} is not there any more: {found:?}");
        let Some(hit) = found.hit.filter(|hit| hit.matched.kind == Kind::Interpolated) else {
            continue;
        };
        interpolated += 1;
        sure += u32::from(found.certainty == Some(Certainty::B));
        let ([lon, lat], [x, y]) = (entry.position.unwrap(), hit.place.position.unwrap());
        let metres = ((lon - x) * 82_200.0).hypot((lat - y) * 111_195.0);
        within += u32::from(metres <= hit.error_m.unwrap() + 20.0);
        off.push(metres);
    }
    off.sort_by(f64::total_cmp);
    let median = off[off.len() / 2];
    eprintln!(
        "Cambridge: {asked} asked, {interpolated} interpolated ({sure} with certainty B), {within} within the error bar, median {median:.1} m off; {:.1?} each",
        took / asked
    );
    assert!(asked > 250 && interpolated * 100 > asked * 85, "{interpolated} of {asked}");
    assert!(within * 100 > interpolated * 95, "{within} of {interpolated} within their error");
    assert!(median < 40.0, "{median} m");
}

/// `f.id` as ids are ordered: by their value, where `a` is 0 and `7` is 31.
const ID_ORDER: &str = "translate(f.id, '234567', 'àáâãäå') COLLATE \"C\"";

/// What PostGIS says is nearest to a point of the working system, equals in the order that the interface promises.
async fn nearest_by_postgis(service: &Service, layer: Layer, [x, y]: [f64; 2], radius_m: f64, limit: i64) -> Vec<String> {
    let statement = format!(
        "SELECT f.id FROM {layer} f, (SELECT ST_SetSRID(ST_MakePoint($1, $2), (SELECT working_srid FROM installation)) AS geom) at
         WHERE ST_DWithin(f.geom, at.geom, $3) AND f.valid_from <= current_date AND f.valid_to > current_date
         ORDER BY ST_Distance(f.geom, at.geom), {ID_ORDER} LIMIT $4"
    );
    sqlx::query_scalar(AssertSqlSafe(statement)).bind(x).bind(y).bind(radius_m).bind(limit).fetch_all(&service.fresh.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn plates_at_one_place_come_in_the_order_of_their_ids() {
    let Some(service) = yilan("plates_at_one_place_come_in_the_order_of_their_ids").await else { return };
    let shared: Vec<(f64, f64, i64)> = sqlx::query_as(
        "SELECT ST_X(geom), ST_Y(geom), count(*) FROM door_plates WHERE geom IS NOT NULL GROUP BY geom HAVING count(*) > 1 ORDER BY md5(geom::text) LIMIT 400",
    )
    .fetch_all(&service.fresh.pool)
    .await
    .unwrap();
    assert!(shared.len() > 50, "{} places are shared", shared.len());
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let (mut ties, mut most) = (0, 0);
    for (x, y, count) in shared {
        let near = [x + random.random_range(-3.0..3.0), y + random.random_range(-3.0..3.0)];
        // The point as the service is asked for it, and as it understands that.
        let mut at = [near];
        yutu::crs::transform_points(&mut at, &service.fresh.working, &Crs::wgs84()).unwrap();
        let [lon, lat] = at[0];
        yutu::crs::transform_points(&mut at, &Crs::wgs84(), &service.fresh.working).unwrap();
        for limit in [1, 3, 20] {
            let found = service.json(&format!("/api/reverse?lon={lon}&lat={lat}&radius=50&limit={limit}&layer=door_plates")).await;
            let ours: Vec<&str> = found["features"].as_array().unwrap().iter().map(|feature| feature["id"].as_str().unwrap()).collect();
            assert_eq!(ours, nearest_by_postgis(&service, Layer::DoorPlates, at[0], 50.0, limit).await, "{lon} {lat}");
        }
        ties += 1;
        most = most.max(count);
    }
    eprintln!("Yilan: {ties} places with several plates, up to {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_western_address_is_found_in_the_division_it_lies_in() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let [x, y] = ORIGIN;
    let plate = |n: usize, address: &str, number: &str, east_m: f64| {
        let road = address.trim_start_matches(number).trim();
        format!(
            "INSERT INTO door_plates (region, id, address, road, number, geom)
             VALUES ('r', '{}', '{address}', '{road}', '{number}', ST_SetSRID(ST_MakePoint({}, {}), 4549));",
            id("door_plates", n),
            x + east_m,
            y + 100.0
        )
    };
    let town = |n: usize, name: &str, east_m: f64| {
        format!(
            "INSERT INTO divisions (region, id, name, code, level, geom)
             VALUES ('r', '{}', '{name}', '33{n}', 'town', ST_Multi(ST_MakeEnvelope({}, {y}, {}, {}, 4549)));",
            id("divisions", n),
            x + east_m,
            x + east_m + 900.0,
            y + 900.0
        )
    };
    service.change(&[plate(1, "12 Main St", "12", 100.0), plate(2, "12 Main St", "12", 1100.0), town(1, "Eastham", 1000.0)].concat()).await;
    let labels = async |query: &str| {
        let found = service.json(&format!("/api/search?q=12%20Main%20St&{query}")).await;
        let label = |hit: &Json| hit["properties"]["geocoding"]["label"].as_str().unwrap().to_owned();
        let mut labels: Vec<String> = found["features"].as_array().unwrap().iter().map(label).collect();
        labels.sort_unstable();
        labels
    };
    assert_eq!(labels("").await, ["12 Main St", "12 Main St, Eastham"]);
    for division in ["Eastham", "331"] {
        assert_eq!(labels(&format!("division={division}")).await, ["12 Main St, Eastham"], "{division}");
    }
    service.change(&town(2, "Westham", 0.0)).await;
    assert_eq!(labels("division=Westham").await, ["12 Main St, Westham"], "a division that came later");
    service.change("UPDATE divisions SET name = 'Weston' WHERE name = 'Westham'").await;
    assert_eq!(labels("division=Weston").await, ["12 Main St, Weston"]);
    assert_eq!(labels("division=Westham").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_equally_far_comes_in_the_order_that_is_promised() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let [x, y] = ORIGIN;
    // Exactly 5 m away, all around; two at one of the places; and others that are nearer and farther by little.
    let offsets =
        [[3.0, 4.0], [4.0, 3.0], [-3.0, 4.0], [3.0, -4.0], [-4.0, -3.0], [5.0, 0.0], [0.0, 5.0], [-5.0, 0.0], [0.0, -5.0], [3.0, 4.0]];
    let others = [[3.0, 3.9], [3.0, 4.1], [-5.1, 0.0], [30.0, 40.0]];
    let mut statements = String::new();
    for (n, [east, north]) in (0..).zip(offsets.into_iter().chain(others)) {
        for layer in [Layer::DoorPlates, Layer::PlaceNames] {
            statements.push_str(&format!(
                "INSERT INTO {layer} (region, id, name, geom) VALUES ('r', '{}', '{n}', ST_SetSRID(ST_MakePoint({}, {}), 4549));",
                id(layer.id(), n),
                x + east,
                y + north
            ));
        }
        statements.push_str(&format!(
            "INSERT INTO roads (region, id, name, geom) VALUES ('r', '{}', '{n}', ST_SetSRID(ST_Multi(ST_MakeLine(ST_MakePoint({a}, {b}), ST_MakePoint({c}, {d}))), 4549));",
            id("roads", n),
            a = x + east,
            b = y + north,
            c = x + 2.0 * east,
            d = y + 2.0 * north
        ));
    }
    service.change(&statements).await;
    let judge = async |service: &Service| {
        for layer in [Layer::DoorPlates, Layer::PlaceNames, Layer::Roads] {
            for limit in 1..=14 {
                let state = service.live.state();
                let nearest = state.snapshot.layer(layer).nearest(ORIGIN, limit as usize, 60.0);
                let ours: Vec<String> = nearest.iter().map(|(feature, _)| feature.id.to_string()).collect();
                assert_eq!(ours, nearest_by_postgis(service, layer, ORIGIN, 60.0, limit).await, "{layer}, {limit}");
                assert_eq!(
                    nearest.iter().filter(|(_, distance_m)| distance_m.to_bits() == 5.0_f64.to_bits()).count(),
                    (ours.len() - 1).min(10)
                );
            }
        }
        // at one place plates come before other names
        let [lon, lat] = {
            let mut at = [[x + 30.0, y + 40.0]];
            yutu::crs::transform_points(&mut at, &service.fresh.working, &Crs::wgs84()).unwrap();
            at[0]
        };
        let found = service.json(&format!("/api/reverse?lon={lon}&lat={lat}&radius=1&limit=3&layer=place_names,door_plates")).await;
        let kinds: Vec<&str> =
            found["features"].as_array().unwrap().iter().map(|one| one["properties"]["geocoding"]["layer"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["door_plates", "place_names"]);
    };
    judge(&service).await;
    // after a restart they lie in the trees instead of among the changes
    judge(&Service::start(service.fresh.clone()).await).await;
}

/// Every member of the answer is described, and so is every member of what it is made of.
fn assert_described(answer: &Json, schema: &Json, all: &Json, path: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        return assert_described(answer, &all[name.rsplit('/').next().unwrap()], all, path);
    }
    if let Some(one) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
        let described = one.iter().find(|one| one["type"] != "null").unwrap();
        if !answer.is_null() {
            assert_described(answer, described, all, path);
        }
        return;
    }
    match answer {
        Json::Object(members) if schema["properties"].is_object() => {
            for (name, member) in members {
                let path = format!("{path}.{name}");
                assert!(schema["properties"][name].is_object(), "{path} is not described");
                assert_described(member, &schema["properties"][name], all, &path);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| assert_described(item, &schema["items"], all, path)),
        // a geometry, or a value
        other => assert!(!other.is_object() || path.ends_with("geometry") || path.ends_with("explain"), "{path}: {other} {schema}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_member_of_an_answer_is_described() {
    let Some(service) = cambridge("every_member_of_an_answer_is_described").await else { return };
    let most = "SELECT name FROM roads WHERE name IS NOT NULL GROUP BY name ORDER BY count(*) DESC, name LIMIT 1";
    let renamed: String = sqlx::query_scalar(most).fetch_one(&service.fresh.pool).await.unwrap();
    service.change(&format!("UPDATE roads SET name = 'Renamed Street' WHERE name = '{}'", renamed.replace('\'', "''"))).await;
    service
        .change("UPDATE place_names SET valid_to = '2025-01-01' WHERE id = (SELECT min(id) FROM place_names WHERE name IS NOT NULL)")
        .await;
    let ended: String =
        sqlx::query_scalar("SELECT name FROM place_names WHERE valid_to = '2025-01-01'").fetch_one(&service.fresh.pool).await.unwrap();
    let description = service.json("/api/openapi.json").await;
    let all = &description["components"]["schemas"];
    let mut met = std::collections::BTreeSet::new();
    let ended = ended.replace('&', "%26");
    for (path, question) in [
        ("/api/search", format!("q={renamed}&layer=roads&explain=true")),
        ("/api/search", "q=Hampshir St&explain=true".to_owned()),
        ("/api/search", "q=7 Hampshire St".to_owned()),
        ("/api/search", format!("q={ended}")),
        ("/api/search", "q=42.367,-71.106".to_owned()),
        ("/api/suggest", "q=Broad".to_owned()),
        ("/api/reverse", "lon=-71.106&lat=42.367&limit=5&layer=buildings,door_plates,roads".to_owned()),
    ] {
        let operation = &description["paths"][path]["get"];
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let answer = service.json(&format!("{path}?{question}")).await;
        assert_described(&answer, schema, all, path);
        let features = answer["features"].as_array().unwrap();
        assert!(!features.is_empty(), "{question}");
        met.extend(features.iter().flat_map(|one| one["properties"]["geocoding"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()));
        assert!(
            operation["parameters"].as_array().unwrap().iter().all(|one| one["name"] == "lat" || one["description"].is_string()),
            "{path}"
        );
    }
    let described: std::collections::BTreeSet<String> = all["FoundView"]["properties"].as_object().unwrap().keys().cloned().collect();
    let unmet: Vec<&String> = described.difference(&met).collect();
    assert!(unmet.iter().all(|member| *member == "error_m"), "described, but in no answer: {unmet:?}");
}

/// How long it goes on; `YUTU_FUZZ_SECONDS` for longer.
const FUZZED: Duration = Duration::from_secs(15);
/// A development build on a busy machine; a released one answers in milliseconds.
const SLOWEST: Duration = Duration::from_secs(3);

/// Noise, and addresses of the register with pieces of each other and of noise in them.
fn any_text(random: &mut ChaCha8Rng, addresses: &[String]) -> Vec<u8> {
    let noise = |random: &mut ChaCha8Rng, most: usize| -> Vec<u8> { (0..random.random_range(0..=most)).map(|_| random.random()).collect() };
    let piece = |random: &mut ChaCha8Rng| -> Vec<u8> {
        let address = addresses[random.random_range(0..addresses.len())].as_bytes();
        let from = random.random_range(0..address.len());
        address[from..random.random_range(from..=address.len())].to_vec()
    };
    match random.random_range(0..4) {
        0 => noise(random, 4096),
        1 => piece(random).repeat(random.random_range(1..60)).into_iter().take(4096).collect(),
        2 => (0..random.random_range(1..40)).flat_map(|_| piece(random)).take(4096).collect(),
        _ => [piece(random), noise(random, 12), piece(random)].concat(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_asked_makes_the_service_fail() {
    let Some(service) = yilan("nothing_that_is_asked_makes_the_service_fail").await else { return };
    let addresses: Vec<String> = sqlx::query_scalar("SELECT address FROM door_plates WHERE address IS NOT NULL ORDER BY id LIMIT 500")
        .fetch_all(&service.fresh.pool)
        .await
        .unwrap();
    let seconds = std::env::var("YUTU_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).map_or(FUZZED, Duration::from_secs);
    let (began, service) = (Instant::now(), &service);
    let askers = (0..4u64).map(async |asker| {
        let mut random = ChaCha8Rng::seed_from_u64(asker);
        let mut asked = 0;
        while began.elapsed() < seconds {
            let text = any_text(&mut random, &addresses);
            let value: String = text.iter().map(|byte| format!("%{byte:02X}")).collect();
            let path = match random.random_range(0..5) {
                0 => format!("/api/search?q={value}"),
                1 => format!("/api/search?q={value}&explain=true&limit=50&lon=121.75&lat=24.75"),
                2 => format!("/api/suggest?q={value}"),
                3 => format!("/api/search?q={value}&division={value}&layer={value}"),
                _ => "/api/geocode".to_owned(),
            };
            let started = Instant::now();
            let request = match path.as_str() {
                "/api/geocode" => {
                    service.client.post(format!("{}{path}", service.base)).body([b"address\n".to_vec(), text.clone()].concat())
                }
                _ => service.client.get(format!("{}{path}", service.base)),
            };
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let whole = answer.bytes().await;
            let took = started.elapsed();
            let said = || format!("{path} {:?}: {status} after {took:?}", String::from_utf8_lossy(&text));
            assert!(!status.is_server_error() && whole.is_ok() && took < SLOWEST, "{}", said());
            asked += 1;
        }
        asked
    });
    let asked: u32 = futures::future::join_all(askers).await.into_iter().sum();
    assert!(asked > 100, "{asked} questions in {seconds:?}");
    assert_eq!(service.get("/readyz").await.status(), 200);
}
