//! The whole program on whole cities: imported, served, changed, cut off from its database, stopped.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::StreamExt;
use nix::sys::signal::{Signal, kill};
use serde_json::{Value as Json, json};

use super::live::tile_of;
use super::program::{Program, Server, shipped};
use super::service::{eventually, problem};
use super::setup::real_data;

fn counts<'a>(report: &'a Json, profile: &str) -> &'a Json {
    let editions = report["editions"].as_array().unwrap();
    &editions.iter().rfind(|edition| edition["profile"] == profile).unwrap_or_else(|| panic!("no profile {profile}"))["counts"]
}

async fn count(server: &Server, layer: &str) -> (u64, u64) {
    let layer = server.layer(layer).await;
    (layer["count"].as_u64().unwrap(), layer["unlocated"].as_u64().unwrap())
}

/// Of the address list, read without our own readers: rows without a position, and addresses none of whose rows has one.
fn unplaced_addresses(data: &Path) -> (usize, u64) {
    let path = data.join("cambridge-ma/addresses/derived_address_positions_from_parcels.csv.gz");
    let mut rows = csv::Reader::from_reader(flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()));
    let headers = rows.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name).unwrap();
    let (address, lon) = (column("full_address"), column("lon"));
    let (mut unplaced, mut placed) = (0, HashMap::<String, bool>::new());
    for row in rows.records() {
        let row = row.unwrap();
        let has_position = !row[lon].trim().is_empty();
        unplaced += usize::from(!has_position);
        *placed.entry(row[address].to_owned()).or_default() |= has_position;
    }
    (unplaced, placed.values().filter(|placed| !**placed).count() as u64)
}

#[tokio::test(flavor = "multi_thread")]
async fn cambridge_is_imported_served_changed_cut_off_and_stopped() {
    let Some(data) = real_data("cambridge_is_imported_served_changed_cut_off_and_stopped") else { return };
    let (source, pack) = (data.join("cambridge-ma"), shipped("cambridge-ma"));
    let program = Program::new();
    let report = program.imported(&source, &pack, &[]);
    let mut server = program.serve(&pack);
    server.until_ready().await;
    assert_eq!(server.sequence().await, report["sequence"].as_u64().unwrap());

    reconciles_with_its_readme(&program, &server, &report, &data).await;
    shows_every_feature_once(&server).await;
    answers_for_other_days(&program, &server).await;

    let sequence = server.sequence().await;
    let again = program.imported(&source, &pack, &[]);
    let outcomes: Vec<&Json> = again["editions"].as_array().unwrap().iter().map(|edition| &edition["outcome"]).collect();
    assert!(outcomes.iter().all(|outcome| **outcome == "known" || **outcome == "superseded"), "{outcomes:?}");
    assert_eq!((again["sequence"].as_u64().unwrap(), server.sequence().await), (sequence, sequence), "the same files again change nothing");

    let feature = shows_a_change_made_in_psql(&program, &server).await;
    goes_on_from_memory(&program, &server, &feature).await;

    // An open map must not keep the service from stopping.
    let mut open_map = server.get("/api/live").await.bytes_stream();
    open_map.next().await.unwrap().unwrap();
    let asked = Instant::now();
    let status = server.terminate();
    assert_eq!(status.code(), Some(0), "{:#?}", server.log());
    assert!(asked.elapsed() < Duration::from_secs(10), "it took {:?} to stop", asked.elapsed());
    // of the time when it was cut off, and of what waited for a connection then
    let expected =
        ["the database is away; answering from memory", "the database does not answer", "time to acquire exceeded slow threshold"];
    assert_eq!(server.trouble(&expected), Vec::<String>::new());
    assert!(server.log().iter().all(|line| !line.contains('\u{1b}')), "no colours in a log that is not a terminal: {:?}", server.log());

    let mut server = program.serve(&pack);
    server.until_ready().await;
    assert_eq!(server.json(&format!("/api/features/roads/{feature}")).await["properties"]["name"], "Yutu Test Street");
    assert_eq!(server.terminate().to_string(), "exit status: 0");
    assert_eq!(server.trouble(&[]), Vec::<String>::new());

    // Stopped while it makes the first tiles, each time at another of them.
    for tenths in 0..6 {
        let mut server = program.serve(&pack);
        server.until_ready().await;
        tokio::time::sleep(Duration::from_millis(tenths * 100)).await;
        assert_eq!(server.terminate().to_string(), "exit status: 0");
    }
}

/// The figures of the README beside the data.
async fn reconciles_with_its_readme(program: &Program, server: &Server, report: &Json, data: &Path) {
    let figure = |profile: &str, name: &str| counts(report, profile)[name].as_u64().unwrap();
    assert_eq!(figure("centrelines", "read"), 2643);
    assert_eq!(count(server, "roads").await, (2643 + figure("rail", "inserted"), 0));
    assert_eq!((figure("parcels", "read"), figure("parcels", "rejected")), (13_116, 1));
    assert_eq!(count(server, "parcels").await, (13_115, 0));
    assert_eq!(count(server, "zoning").await, (261, 0));
    assert_eq!(count(server, "permits").await, (424, 0));
    assert_eq!(figure("permit-areas", "inserted"), 355);
    let (unplaced_rows, unplaced) = unplaced_addresses(data);
    assert_eq!((figure("addresses", "read"), unplaced_rows), (24_099, 1_379));
    assert_eq!(count(server, "door_plates").await, (22_779, unplaced));

    // A case with footprints is drawn as areas, one without as a point.
    let cases = server.drawn("permits", 17).await;
    let points = cases.features.values().filter(|kinds| kinds.iter().all(|kind| kind == "Point")).count();
    assert_eq!((cases.features.len(), cases.counted, points), (424, 0, 76));
    assert_eq!(program.psql("SELECT count(*) FROM permit_footprints WHERE valid_to = 'infinity'"), "355");
}

/// At any zoom each located feature is drawn, or counted in one place: none missing, none twice (but for what lies on the border of a
/// tile that was too heavy).
async fn shows_every_feature_once(server: &Server) {
    for layer in ["roads", "parcels", "zoning", "permits", "door_plates", "control_areas", "place_names", "divisions"] {
        let (all, unlocated) = count(server, layer).await;
        for z in [11, 14, 16] {
            let drawn = server.drawn(layer, z).await;
            if drawn.heavy {
                assert!((all - unlocated..(all - unlocated) * 5 / 4).contains(&drawn.total()), "{layer} at zoom {z}: {}", drawn.total());
            } else {
                assert_eq!(drawn.total(), all - unlocated, "{layer} at zoom {z}");
            }
        }
    }
}

async fn answers_for_other_days(program: &Program, server: &Server) {
    let renamed = program.psql("SELECT id FROM roads WHERE source_id = 'Sidney_St_Ext_1' AND valid_to = 'infinity'");
    let path = format!("/api/features/roads/{renamed}");
    for (day, name) in
        [("", "Sidney St Ext"), ("?at=2015-06-01", "Sidney St"), ("?at=2026-08-16", "Sidney St"), ("?at=2026-08-17", "Sidney St Ext")]
    {
        assert_eq!(server.json(&format!("{path}{day}")).await["properties"]["name"], name, "{day}");
    }
    assert_eq!(problem(server.get(&format!("{path}?at=2013-01-01")).await, &path).await.0, 410, "before the first edition");

    // drawn anew in 2024 and again in 2026
    let zone = program.psql("SELECT id FROM zoning WHERE valid_from = '2024-03-05' AND valid_to = '2026-01-30' ORDER BY id LIMIT 1");
    let path = format!("/api/features/zoning/{zone}");
    assert_eq!(server.json(&format!("{path}?at=2025-01-01")).await["properties"]["valid_to"], "2026-01-30");
    for day in ["", "?at=2020-01-01", "?at=2026-01-30"] {
        assert_eq!(problem(server.get(&format!("{path}{day}")).await, &path).await.0, 410, "{day}");
    }
}

/// Returns the id of the road that got another name.
async fn shows_a_change_made_in_psql(program: &Program, server: &Server) -> String {
    let found = server.json("/api/search?q=Sidney St Ext&layer=roads").await;
    let feature = found["features"][0]["id"].as_str().unwrap().to_owned();
    let position = found["features"][0]["geometry"]["coordinates"].clone();
    let (x, y) = tile_of(position[0].as_f64().unwrap(), position[1].as_f64().unwrap(), 17);
    let tile = format!("/tiles/roads/17/{x}/{y}.geojson");
    assert!(server.get(&tile).await.text().await.unwrap().contains(&feature));
    let before = server.sequence().await;
    let mut map = server.get("/api/live").await.bytes_stream();

    program.psql(&format!("UPDATE roads SET name = 'Yutu Test Street' WHERE id = '{feature}' AND valid_to = 'infinity'"));
    let mut heard = String::new();
    let listening = async {
        while !(heard.contains("event: change") && heard.ends_with("\n\n")) {
            heard.push_str(std::str::from_utf8(&map.next().await.unwrap().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(10), listening).await.expect("open maps are told of the change");
    let change: Json = serde_json::from_str(heard.rsplit("data: ").next().unwrap().trim()).unwrap();
    assert!(change["sequence"].as_u64().unwrap() > before && change["layers"][0]["layer"] == "roads", "{change}");
    eventually("the tile shows the name", || async {
        let response = server.get(&tile).await;
        let sequence: u64 = response.headers()["yutu-sequence"].to_str().unwrap().parse().unwrap();
        response.text().await.unwrap().contains("Yutu Test Street") && sequence > before
    })
    .await;
    eventually("the search finds the name", || async {
        let found = server.json("/api/search?q=Yutu Test Street").await;
        found["features"][0]["id"] == feature.as_str() && found["geocoding"]["sequence"].as_u64().unwrap() > before
    })
    .await;
    feature
}

/// While the database is away: tiles and search as before, honest readiness; afterwards everything as if nothing had been.
async fn goes_on_from_memory(program: &Program, server: &Server, feature: &str) {
    let (x, y) = tile_of(-71.11, 42.373, 15);
    let tile = format!("/tiles/roads,parcels,zoning/15/{x}/{y}.mvt");
    let before = server.get(&tile).await.bytes().await.unwrap();
    let sequence = server.sequence().await;
    // The keeper would start the postmaster again at once.
    let keeper = program.keeper().unwrap();
    kill(keeper, Signal::SIGSTOP).unwrap();
    kill(program.postmaster().unwrap(), Signal::SIGKILL).unwrap();
    eventually("/readyz says that the database is away", || async { server.get("/readyz").await.status() == 503 }).await;

    let response = server.get(&tile).await;
    assert_eq!(response.headers()["yutu-sequence"].to_str().unwrap(), sequence.to_string());
    assert_eq!(response.bytes().await.unwrap(), before);
    assert!(
        !server.get(&format!("/tiles/parcels/16/{}/{}.geojson", 2 * x, 2 * y)).await.bytes().await.unwrap().is_empty(),
        "one not asked for before"
    );
    assert_eq!(server.json("/api/search?q=Yutu Test Street").await["features"][0]["id"], feature);
    assert_eq!(server.get("/healthz").await.status(), 200);
    let path = format!("/api/features/roads/{feature}");
    assert_eq!(problem(server.get(&path).await, &path).await.0, 503, "what only the database knows is not made up");

    kill(keeper, Signal::SIGCONT).unwrap();
    server.until_ready().await;
    assert_eq!(server.sequence().await, sequence);
    assert_eq!(server.json(&path).await["id"], json!(feature));
}

#[tokio::test(flavor = "multi_thread")]
async fn yilan_is_imported_and_served_with_every_plate_accounted_for() {
    let Some(data) = real_data("yilan_is_imported_and_served_with_every_plate_accounted_for") else { return };
    let (source, pack) = (data.join("tw-yilan"), shipped("yilan"));
    let program = Program::new();
    let defects = program.data_dir().join("defects.geojson");
    let report = program.imported(&source, &pack, &["--report", defects.to_str().unwrap()]);
    let plates = counts(&report, "plates");
    for (name, expected) in [("read", 156_201), ("loaded", 156_148), ("merged", 51), ("rejected", 2)] {
        assert_eq!(plates[name], expected, "{name}");
    }
    let defects: Json = serde_json::from_slice(&std::fs::read(defects).unwrap()).unwrap();
    let rejected: Vec<&Json> = defects["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|defect| &defect["properties"])
        .filter(|defect| defect["severity"] == "rejected")
        .collect();
    assert_eq!(rejected.len(), 2, "{rejected:?}");
    for (defect, name) in rejected.iter().zip(["宜蘭縣五結鄉二結村17鄰?結路71號", "宜蘭縣礁溪鄉白雲村13鄰白雲二路79號"])
    {
        assert_eq!((&defect["source_id"], &defect["file"]), (&json!(name), &json!("address_points.csv.gz")));
        assert!(defect["row"].as_u64().unwrap() > 0);
    }

    let mut server = program.serve(&pack);
    server.until_ready().await;
    assert_eq!(count(&server, "door_plates").await, (156_148, 0));
    assert_eq!(count(&server, "zoning").await, (4_692, 0));
    for z in [9, 13] {
        assert_eq!(server.drawn("door_plates", z).await.total(), 156_148, "zoom {z}");
        assert_eq!(server.drawn("zoning", z).await.total(), 4_692, "zoom {z}");
    }
    let address = program.psql("SELECT address FROM door_plates ORDER BY id LIMIT 1");
    let found = server.json(&format!("/api/search?q={address}")).await;
    assert_eq!(found["features"][0]["properties"]["geocoding"]["match"]["kind"], "exact", "{found}");

    let sequence = server.sequence().await;
    let again = program.imported(&source, &pack, &["--force"]);
    let totals = &again["totals"];
    assert_eq!((&totals["inserted"], &totals["updated"], &totals["ended"]), (&json!(0), &json!(0), &json!(0)), "compared again, the same");
    assert_eq!(server.sequence().await, sequence);
    assert_eq!(server.terminate().code(), Some(0));
    assert_eq!(server.trouble(&[]), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn liechtenstein_is_imported_and_served_from_one_pbf() {
    let Some(data) = real_data("liechtenstein_is_imported_and_served_from_one_pbf") else { return };
    let (source, pack) = (data.join("osm-liechtenstein/liechtenstein-2022-12-15.osm.pbf"), shipped("osm"));
    let program = Program::new();
    let report = program.imported(&source, &pack, &[]);
    assert_eq!(counts(&report, "boundary-markers")["inserted"], 19);
    assert_eq!(counts(&report, "house-numbers")["inserted"], 12_503);
    let mut server = program.serve(&pack);
    server.until_ready().await;
    assert_eq!(count(&server, "boundary_markers").await, (19, 0));
    assert_eq!(count(&server, "door_plates").await.0, 12_503);
    assert_eq!(server.drawn("boundary_markers", 12).await.total(), 19);
    let again = program.imported(&source, &pack, &["--force"]);
    let totals = &again["totals"];
    assert_eq!((&totals["inserted"], &totals["updated"], &totals["ended"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!(server.terminate().to_string(), "exit status: 0");
    assert_eq!(server.trouble(&[]), Vec::<String>::new());

    // Stopped while it makes the first tiles, each time at another of them.
    for tenths in 0..6 {
        let mut server = program.serve(&pack);
        server.until_ready().await;
        tokio::time::sleep(Duration::from_millis(tenths * 100)).await;
        assert_eq!(server.terminate().to_string(), "exit status: 0");
    }
}

/// The figures are ten times off: a debug build on a busy machine. What a release reaches is in BENCHMARKS.md.
#[tokio::test(flavor = "multi_thread")]
async fn a_million_plates_of_kaohsiung_are_imported_and_served() {
    let Some(data) = real_data("a_million_plates_of_kaohsiung_are_imported_and_served") else { return };
    let (source, pack) = (data.join("tw-kaohsiung-addresses"), shipped("yilan"));
    let program = Program::new();
    let report = program.imported(&source, &pack, &["--profile", "kaohsiung"]);
    let plates = counts(&report, "kaohsiung");
    assert_eq!((&plates["read"], &plates["loaded"], &plates["merged"]), (&json!(1_227_927), &json!(1_227_897), &json!(30)));
    assert!(report["seconds"].as_f64().unwrap() < 490.0, "2,500 features a second: {}", report["seconds"]);
    assert_eq!(program.psql("SELECT count(*) FROM pg_indexes WHERE indexname = 'door_plates_geom_idx'"), "1");

    let started = Instant::now();
    let mut server = program.serve(&pack);
    server.until_ready().await;
    assert!(started.elapsed() < Duration::from_secs(100), "{:?}", started.elapsed());
    assert_eq!(count(&server, "door_plates").await, (1_227_897, 0));
    let metrics = server.get("/metrics").await.text().await.unwrap();
    let line = metrics.lines().find(|line| line.starts_with("yutu_snapshot_bytes") && line.contains("spatial")).unwrap();
    let bytes: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(bytes / 1_227_897.0 < 400.0, "{line}");
    assert_eq!(server.drawn("door_plates", 10).await.total(), 1_227_897);
    assert_eq!(server.terminate().code(), Some(0));
}
