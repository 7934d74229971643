//! The interface that other programs rely on: shapes, status codes, headers, problems.

use serde_json::json;
use yutu::config::Limits;
use yutu::store::{Accounts, Role};

use super::live::{ORIGIN, id, tile_of};
use super::service::{Service, eventually, problem};
use super::setup::Fresh;

async fn small_city() -> Service {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let [x, y] = ORIGIN;
    service
        .change(&format!(
            "BEGIN;
             INSERT INTO roads (region, id, name, names, class, geom) VALUES ('r', '{}', '文三路', '[{{\"text\":\"Wensan Lu\",\"lang\":\"en\",\"kind\":\"official\"}}]', 'arterial',
                 ST_GeomFromText('MULTILINESTRING(({x} {y}, {} {y}))', 4549));
             INSERT INTO zoning (region, id, name, land_use, class, geom, attributes) VALUES ('r', '{}', 'A-01', '070102', 'residential',
                 ST_Multi(ST_MakeEnvelope({x}, {y}, {}, {}, 4549)), '{{\"note\": \"as the source says\"}}');
             INSERT INTO door_plates (region, id, number, road, address, geom) VALUES ('r', '{}', '1号', '文三路', '文三路1号', ST_SetSRID(ST_MakePoint({}, {}), 4549));
             INSERT INTO door_plates (region, id, number, road, address) VALUES ('r', '{}', '3号', '文三路', '文三路3号');
             COMMIT",
            id("roads", 1), x + 200.0, id("zoning", 1), x + 200.0, y + 100.0, id("door_plates", 1), x + 20.0, y + 8.0, id("door_plates", 3)
        ))
        .await;
    service
}

async fn place(service: &Service) -> (f64, f64) {
    let found = service.json("/api/search?q=文三路1号").await;
    let point = &found["features"][0]["geometry"]["coordinates"];
    (point[0].as_f64().unwrap(), point[1].as_f64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_keep_the_promises_of_their_headers() {
    let service = small_city().await;
    let (lon, lat) = place(&service).await;
    let (x, y) = tile_of(lon, lat, 18);
    for (format, kind) in
        [("geojson", "application/geo+json"), ("mvt", "application/vnd.mapbox-vector-tile"), ("mlt", "application/vnd.maplibre-tile")]
    {
        let path = format!("/tiles/roads,zoning,door_plates/18/{x}/{y}.{format}");
        let response = service.get(&path).await;
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), kind);
        assert!(header("yutu-sequence").parse::<u64>().unwrap() > 0);
        assert!(header("cache-control").contains("no-cache"));
        let etag = header("etag");
        assert!(etag.starts_with('"') && etag.ends_with('"'), "strong: {etag}");
        let plain = response.bytes().await.unwrap();
        let again = service.client.get(format!("{}{path}", service.base)).header("if-none-match", &etag).send().await.unwrap();
        assert_eq!(again.status(), 304);
        let packed = service.client.get(format!("{}{path}", service.base)).header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        assert_ne!(packed.headers()["etag"].to_str().unwrap(), etag, "another representation, another tag");
        let mut unpacked = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed.bytes().await.unwrap()[..]), &mut unpacked).unwrap();
        assert_eq!(unpacked, plain);
    }
    let tile = service.json(&format!("/tiles/roads,zoning,door_plates/18/{x}/{y}.geojson")).await;
    let ids: Vec<&str> = tile["features"].as_array().unwrap().iter().map(|feature| feature["id"].as_str().unwrap()).collect();
    for expected in [id("roads", 1), id("zoning", 1), id("door_plates", 1)] {
        assert!(ids.contains(&expected.as_str()), "{tile}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_outside_and_malformed_tiles_are_told_apart() {
    let service = small_city().await;
    let empty = service.get("/tiles/roads/5/0/0.geojson").await;
    assert_eq!(empty.status(), 200);
    assert_eq!(empty.json::<serde_json::Value>().await.unwrap()["features"], json!([]));
    assert_eq!(service.get("/tiles/roads/5/0/0.mvt").await.status(), 204);
    for (path, status) in [
        ("/tiles/roads/5/32/0.geojson", 404),
        ("/tiles/roads/23/0/0.geojson", 404),
        ("/tiles/roads/5/4294967296/0.mvt", 404),
        ("/tiles/nothing/5/0/0.geojson", 404),
        ("/tiles/permit_footprints/5/0/0.geojson", 404),
        ("/tiles/roads,nothing/5/0/0.geojson", 404),
        ("/tiles/roads/5/-1/0.geojson", 400),
        ("/tiles/roads/5/0/0.png", 400),
        ("/tiles/roads/5/0/0", 400),
        ("/tiles/roads/5.5/0/0.mvt", 400),
        ("/tiles/roads,roads/5/0/0.mvt", 400),
        ("/tiles/roads/99999999999999999999999/0/0.mvt", 400),
    ] {
        assert_eq!(service.problem(path).await.0, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_is_answered_with_everything_known_and_an_etag() {
    let service = small_city().await;
    let path = format!("/api/features/zoning/{}", id("zoning", 1));
    let response = service.get(&path).await;
    let etag = response.headers()["etag"].clone();
    let feature: serde_json::Value = response.json().await.unwrap();
    assert_eq!(feature["type"], "Feature");
    assert_eq!(feature["properties"]["land_use"], "070102");
    assert_eq!(feature["properties"]["attributes"]["note"], "as the source says");
    assert_eq!(feature["geometry"]["type"], "MultiPolygon");
    let again = service.client.get(format!("{}{path}", service.base)).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);

    // ended: gone today, answered for the day before
    service.change(&format!("UPDATE zoning SET valid_from = '2020-01-01', valid_to = '2024-01-01' WHERE id = '{}'", id("zoning", 1))).await;
    assert_eq!(service.problem(&path).await.0, 410);
    assert_eq!(service.json(&format!("{path}?at=2023-12-31")).await["properties"]["valid_to"], "2024-01-01");
    assert_eq!(service.problem(&format!("{path}?at=2019-12-31")).await.0, 410);
    for (path, status) in [
        (format!("/api/features/zoning/{}", id("zoning", 99)), 404),
        ("/api/features/zoning/not-an-id".into(), 404),
        ("/api/features/nothing/aaaaaaaaaaaaaaaa".into(), 404),
        (format!("{path}?at=tomorrow"), 400),
        (format!("{path}?recorded_at=2020-13-01"), 400),
    ] {
        assert_eq!(service.problem(&path).await.0, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn identify_tells_found_none_and_no_data_apart() {
    let service = small_city().await;
    let (lon, lat) = place(&service).await;
    let answer = service.json(&format!("/api/identify?lon={lon}&lat={lat}")).await;
    let outcome = |answer: &serde_json::Value, layer: &str| {
        let layers = answer["layers"].as_array().unwrap();
        layers.iter().find(|answer| answer["layer"] == layer).unwrap()["outcome"].as_str().unwrap().to_owned()
    };
    for (layer, expected) in
        [("zoning", "found"), ("door_plates", "found"), ("roads", "found"), ("control_areas", "no_data"), ("parcels", "no_data")]
    {
        assert_eq!(outcome(&answer, layer), expected, "{layer}");
    }
    assert!((answer["point"]["working"]["x"].as_f64().unwrap() - ORIGIN[0] - 20.0).abs() < 0.01);
    let elsewhere = service.json(&format!("/api/identify?lon={}&lat={lat}", lon + 0.1)).await;
    assert_eq!(outcome(&elsewhere, "zoning"), "none");
    for path in [
        "/api/identify?lon=200&lat=0",
        "/api/identify?lon=1",
        "/api/identify?lon=x&lat=1",
        "/api/identify?lon=1&lat=1&radius=-1",
        "/api/identify?lon=NaN&lat=1",
    ] {
        assert_eq!(service.problem(path).await.0, 400, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn search_finds_in_both_scripts_and_says_how() {
    let service = small_city().await;
    for (query, expected, kind) in
        [("文三路", id("roads", 1), "exact"), ("wensan", id("roads", 1), "prefix"), ("文三路1号", id("door_plates", 1), "exact")]
    {
        let found = service.json(&format!("/api/search?q={query}")).await;
        assert_eq!(found["type"], "FeatureCollection");
        assert_eq!(found["geocoding"]["query"], query);
        let first = &found["features"][0];
        assert_eq!(first["id"], expected.as_str(), "{query}: {found}");
        assert_eq!(first["properties"]["geocoding"]["match"]["kind"], kind, "{query}");
    }
    let unplaced = service.json("/api/search?q=文三路3号").await;
    assert_eq!(unplaced["features"][0]["geometry"], json!(null), "found, but not where");
    let only = service.json("/api/search?q=文三路&layer=door_plates").await;
    assert!(only["features"].as_array().unwrap().iter().all(|found| found["properties"]["geocoding"]["layer"] == "door_plates"));
    assert!(!service.json("/api/suggest?q=文").await["features"].as_array().unwrap().is_empty());
    let long = "路".repeat(2000);
    for path in [
        "/api/search",
        "/api/search?q=a&limit=0",
        "/api/search?q=a&layer=x",
        "/api/search?q=a&bbox=1,2,3",
        "/api/search?q=a&lon=1",
        &format!("/api/search?q={long}"),
    ] {
        assert_eq!(service.problem(path).await.0, 400, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_tells_its_parts_and_coordinates_are_a_place() {
    let service = small_city().await;
    let geocoding = |found: &serde_json::Value| found["features"][0]["properties"]["geocoding"].clone();
    let found = geocoding(&service.json("/api/search?q=1号文三路&explain=true").await);
    assert_eq!(found["match"]["parts"][0], json!({"part": "road", "how": "exact", "asked": "文三路", "found": "文三路"}), "{found}");
    let sum: f64 = found["explain"].as_object().unwrap().values().map(|weight| weight.as_f64().unwrap()).sum();
    assert!((sum - found["score"].as_f64().unwrap()).abs() < 1e-9, "{found}");
    let road = geocoding(&service.json("/api/search?q=文三路99号").await);
    assert_eq!((&road["match"]["kind"], &road["layer"]), (&json!("street"), &json!("roads")), "{road}");
    assert!(road["note"].as_str().unwrap().contains("仅定位到道路"));
    let road = geocoding(&service.json("/api/search?q=文三路99号&lang=en").await);
    assert!(road["note"].as_str().unwrap().contains("this is the road"));

    let (lon, lat) = place(&service).await;
    for text in [format!("{lat:.7},{lon:.7}"), format!("{lon:.7} {lat:.7}"), format!("{lat:.7}N {lon:.7}E")] {
        let found = service.json(&format!("/api/search?q={text}")).await;
        assert_eq!(found["features"][0]["properties"]["geocoding"]["kind"], "point", "{found}");
        assert_eq!(found["features"][1]["id"], id("door_plates", 1).as_str());
        let around = &found["geocoding"]["surroundings"];
        assert_eq!(
            (&around["zones"][0]["name"], &around["road"]["name"], &around["road"]["side"]),
            (&json!("A-01"), &json!("文三路"), &json!("left"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reverse_answers_nearest_first_with_distances() {
    let service = small_city().await;
    let (lon, lat) = place(&service).await;
    let found = service.json(&format!("/api/reverse?lon={lon}&lat={lat}&limit=5")).await;
    let features = found["features"].as_array().unwrap();
    assert_eq!(features[0]["id"], id("door_plates", 1).as_str());
    assert_eq!(features[1]["id"], id("roads", 1).as_str());
    let distance = features[1]["properties"]["geocoding"]["distance_m"].as_f64().unwrap();
    assert!((distance - 8.0).abs() < 0.02, "{distance}");
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_speak_the_reader_s_language() {
    let service = small_city().await;
    let english = service.client.get(format!("{}/api/search", service.base)).header("accept-language", "en").send().await.unwrap();
    let (_, english) = problem(english, "en").await;
    assert_eq!(english["title"], "Invalid request");
    assert_eq!(service.problem("/api/search").await.1["title"], "请求有误");
    assert_eq!(service.problem("/api/search?lang=en").await.1["title"], "Invalid request");
    assert_eq!(service.problem("/no/such/path").await.0, 404);
    let wrong = service.client.delete(format!("{}/api/layers", service.base)).send().await.unwrap();
    assert_eq!(problem(wrong, "delete").await.0, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_keep_the_page_safe() {
    let service = small_city().await;
    for path in ["/healthz", "/api/layers", "/no/such/path"] {
        let response = service.get(path).await;
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe-eval") && !policy.contains("unsafe-inline"), "{policy}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert!(response.headers().contains_key("x-request-id"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_and_tilejson_describe_what_is_there() {
    let service = small_city().await;
    let layers = service.json("/api/layers").await;
    let ids: Vec<&str> = layers.as_array().unwrap().iter().map(|layer| layer["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "divisions",
            "zoning",
            "parcels",
            "control_areas",
            "roads",
            "buildings",
            "permits",
            "boundary_lines",
            "boundary_markers",
            "place_names",
            "door_plates"
        ]
    );
    let plates = &layers.as_array().unwrap()[10];
    assert_eq!((plates["count"].as_u64(), plates["unlocated"].as_u64()), (Some(2), Some(1)));
    let tilejson = service.json("/tiles/roads,zoning.json").await;
    assert_eq!(tilejson["tilejson"], "3.0.0");
    assert!(tilejson["tiles"][0].as_str().unwrap().starts_with(&service.base));
    assert_eq!(tilejson["vector_layers"].as_array().unwrap().len(), 2);
    let description = service.json("/api/openapi.json").await;
    for path in ["/api/search", "/tiles/{layers}/{z}/{x}/{y}", "/api/features/{layer}/{id}", "/api/session"] {
        assert!(description["paths"].get(path).is_some(), "{path} is described");
    }
    assert!(service.get("/api/docs/").await.text().await.unwrap().contains("swagger"));
    let metrics = service.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("yutu_http_requests_total") && metrics.contains("yutu_sequence"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_logs_in_with_the_right_password_from_this_site_only() {
    let service = small_city().await;
    let accounts = Accounts(service.fresh.pool.clone());
    yutu::app::add_account(&accounts, "wang", "王", Role::Planner, "a long password").await.unwrap();
    let url = format!("{}/api/session", service.base);
    assert_eq!(service.get("/api/session").await.status(), 204);
    let wrong = service.client.post(&url).json(&json!({"name": "wang", "password": "another password"})).send().await.unwrap();
    assert_eq!(problem(wrong, "wrong password").await.0, 401);
    let foreign = service
        .client
        .post(&url)
        .header("origin", "https://elsewhere.example")
        .json(&json!({"name": "wang", "password": "a long password"}));
    assert_eq!(problem(foreign.send().await.unwrap(), "foreign").await.0, 403);
    let right = service.client.post(&url).json(&json!({"name": "wang", "password": "a long password"})).send().await.unwrap();
    let cookie = right.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(service.json("/api/session").await["role"], "planner");
    let stored: Vec<u8> = sqlx::query_scalar("SELECT token_sha256 FROM login_session").fetch_one(&service.fresh.pool).await.unwrap();
    assert!(!cookie.contains(&hex::encode(stored)), "the cookie itself is nowhere kept");
    accounts.disable("wang").await.unwrap();
    assert_eq!(service.get("/api/session").await.status(), 204, "a closed account is logged out at once");
    for body in ["{", "{\"name\": 1}", "{\"name\":\"a\",\"password\":\"b\",\"more\":1}"] {
        let bad = service.client.post(&url).header("content-type", "application/json").body(body).send().await.unwrap();
        assert_eq!(problem(bad, body).await.0, 400);
    }
    let big = service
        .client
        .post(&url)
        .header("content-type", "application/json")
        .body(format!("\"{}\"", "a".repeat(2 << 20)))
        .send()
        .await
        .unwrap();
    assert_eq!(problem(big, "big").await.0, 413);
    let wrong_type = service.client.post(&url).body("name=wang").send().await.unwrap();
    assert_eq!(problem(wrong_type, "form").await.0, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refuses_it_a_request_gets_a_problem() {
    let service = small_city().await;
    for (path, status) in [
        ("/assets/%ff.js", 400),
        ("/assets/none.js", 404),
        ("/api/features/%ff/aaaaaaaaaaaaaaaa", 400),
        ("/tiles/%ff/1/0/0.mvt", 400),
        ("/api/docs/none.js", 404),
        ("/api/search?q=%ff&limit=%zz", 400),
        ("/api/search?q=a&q=b", 400),
        ("/api/reverse?lon=1&lat=1e999", 400),
    ] {
        assert_eq!(service.problem(path).await.0, status, "{path}");
    }
    let wrong = service.client.post(format!("{}/api/layers", service.base)).send().await.unwrap();
    assert_eq!(wrong.headers()["allow"], "GET,HEAD");
    assert_eq!(problem(wrong, "POST").await.0, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn known_answers_are_not_sent_again_and_no_answer_is_kept_by_chance() {
    let service = small_city().await;
    let feature = format!("/api/features/zoning/{}", id("zoning", 1));
    for path in [feature.as_str(), "/tiles/zoning/0/0/0.geojson", "/tiles/zoning/0/0/0.mvt"] {
        let etag = service.get(path).await.headers()["etag"].to_str().unwrap().to_owned();
        for known in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
            let again = service.client.get(format!("{}{path}", service.base)).header("if-none-match", &known).send().await.unwrap();
            assert_eq!(again.status(), 304, "{path} {known}");
            assert_eq!(again.headers()["etag"], etag.as_str());
            assert!(again.headers()["cache-control"].to_str().unwrap().contains("no-cache"), "{path}");
            assert!(again.bytes().await.unwrap().is_empty());
        }
        let head = service.client.head(format!("{}{path}", service.base)).send().await.unwrap();
        assert_eq!((head.status().as_u16(), head.headers()["etag"].to_str().unwrap()), (200, etag.as_str()), "{path}");
        assert!(head.bytes().await.unwrap().is_empty());
    }
    // Compressed on the way, the bytes are others: the tag may not claim to be theirs.
    service
        .change(&format!(
            "UPDATE zoning SET attributes = jsonb_build_object('note', repeat('long ', 500)) WHERE id = '{}'",
            id("zoning", 1)
        ))
        .await;
    let packed = service.client.get(format!("{}{feature}", service.base)).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(packed.headers().get("content-encoding").map(|coding| coding.to_str().unwrap()), Some("gzip"), "{:?}", packed.headers());
    assert!(packed.headers()["etag"].to_str().unwrap().starts_with("W/\""));
    for path in ["/api/session", "/api/layers", "/api/search?q=a", "/no/such/path"] {
        assert_eq!(service.get(path).await.headers()["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_was_removed_or_is_to_come_is_told_apart() {
    let service = small_city().await;
    let path = format!("/api/features/roads/{}", id("roads", 1));
    service.change("UPDATE roads SET valid_from = '2020-01-01', valid_to = '2024-01-01'").await;
    let detail = async |path: String| {
        let (status, problem) = service.problem(&path).await;
        assert_eq!(status, 410, "{path}");
        problem["detail"].as_str().unwrap().to_owned()
    };
    assert!(detail(format!("{path}?lang=en")).await.contains("ended on 2024-01-01"));
    assert!(detail(format!("{path}?lang=en&at=2019-06-01")).await.contains("from 2020-01-01 on"));
    service.change("DELETE FROM roads").await;
    assert!(detail(format!("{path}?lang=en")).await.contains("removed"), "it was there, and the interface promises 410");
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_methods_are_counted_together() {
    let service = small_city().await;
    for n in 0..3 {
        let method = reqwest::Method::from_bytes(format!("FROB{n}").as_bytes()).unwrap();
        let response = service.client.request(method, format!("{}/api/layers", service.base)).send().await.unwrap();
        assert_eq!(problem(response, "made up").await.0, 405);
    }
    let metrics = service.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("method=\"other\"") && !metrics.contains("FROB"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_is_counted_until_it_leaves() {
    let limits = Limits { live_listeners: 1, ..Limits::default() };
    let service = Service::with_limits(Fresh::new("EPSG:4549").await, limits).await;
    let first = service.get("/api/live").await;
    assert_eq!(first.status(), 200);
    assert_eq!(service.problem("/api/live").await.0, 503, "there is place for one");
    drop(first);
    let service = &service;
    eventually("its place is free again", || async move { service.get("/api/live").await.status() == 200 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_service_sheds_but_stays_alive() {
    let limits = Limits { concurrent_requests: 0, ..Limits::default() };
    let service = Service::with_limits(Fresh::new("EPSG:4549").await, limits).await;
    let response = service.get("/api/layers").await;
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(problem(response, "shed").await.0, 503);
    assert_eq!(service.get("/healthz").await.status(), 200);
    assert_eq!(service.get("/readyz").await.status(), 200);
}
