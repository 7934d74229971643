//! Imports into a real PostGIS: editions as history, one transaction, refusals, and counts that add up.

use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use yutu::crs::Crs;
use yutu::import::{self, ImportReport, ImportRequest, Outcome, Pack};

use crate::setup::Fresh;

const CITY: &str = r#"
name = { zh = "试验市", en = "Trial City" }
code = "330199"
crs = "EPSG:4549"
time_zone = "Asia/Shanghai"
"#;

const ZONES: &str = r#"
layer = "zoning"
[source]
files = ["zones.geojson"]
[identity]
match = ["id"]
[edition]
valid_from = 2020-01-01
[fields]
name = "{name}"
land_use = "{use}"
class = { from = "{use}", map = { R = "residential", G = "green" } }
far_max = "{far}"
[attributes]
volatile = ["edited"]
"#;

/// A square of about 100 m near 120.1 E 30.1 N, `step` squares to the east.
fn square(step: usize) -> String {
    let (west, south) = (120.1 + step as f64 * 0.002, 30.1);
    let (east, north) = (west + 0.001, south + 0.001);
    format!("[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]")
}

fn zone(id: usize, usage: &str, extra: &str) -> String {
    format!(
        r#"{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":[{}]}},"properties":{{"id":{id},"name":"Z{id}","use":"{usage}"{extra}}}}}"#,
        square(id)
    )
}

fn collection(features: &[String]) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

struct Trial {
    fresh: Fresh,
    folder: tempfile::TempDir,
}

impl Trial {
    async fn new(profiles: &[(&str, &str)]) -> Self {
        let trial = Self { fresh: Fresh::new("EPSG:4549").await, folder: tempfile::tempdir().unwrap() };
        trial.write("pack/city.toml", CITY);
        for (name, text) in profiles {
            trial.write(&format!("pack/profiles/{name}.toml"), text);
        }
        trial
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn request(&self) -> ImportRequest {
        let pack = Pack::read(&self.folder.path().join("pack")).unwrap();
        request(&self.folder.path().join("data"), pack, &self.fresh.working)
    }

    async fn import(&self) -> anyhow::Result<ImportReport> {
        self.run(self.request()).await
    }

    async fn run(&self, request: ImportRequest) -> anyhow::Result<ImportReport> {
        let report = import::run(&self.fresh.pool, request, Arc::new(|_| {})).await?;
        for edition in &report.editions {
            assert!(edition.counts.balance(), "{}: {:?}", edition.profile, edition.counts);
        }
        Ok(report)
    }

    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.fresh.pool).await.unwrap()
    }
}

fn request(source: &Path, pack: Pack, working: &Crs) -> ImportRequest {
    ImportRequest {
        source: source.to_owned(),
        pack: Arc::new(pack),
        profiles: vec![],
        dry_run: false,
        report: None,
        valid_from: None,
        allow_ends: false,
        force: false,
        working: working.clone(),
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_edition_becomes_inserts_updates_and_ends_and_the_past_stays() {
    let trial = Trial::new(&[("zones", ZONES)]).await;
    let first: Vec<_> = (0..10).map(|id| zone(id, "R", r#","edited":1"#)).collect();
    trial.write("data/zones.geojson", &collection(&first));
    let report = trial.import().await.unwrap();
    assert_eq!(report.totals().inserted, 10);

    // one gone, one rezoned, one new, and every row edited without a change
    let mut second: Vec<_> = (0..9).map(|id| zone(id, if id == 3 { "G" } else { "R" }, r#","edited":2"#)).collect();
    second.push(zone(20, "R", ""));
    trial.write("data/zones.geojson", &collection(&second));
    let report = trial.run(ImportRequest { valid_from: day("2024-01-01"), ..trial.request() }).await.unwrap();
    let counts = report.totals();
    assert_eq!((counts.inserted, counts.updated, counts.ended, counts.unchanged), (1, 1, 1, 8));
    assert_eq!(trial.count("SELECT count(*) FROM zoning WHERE valid_to = 'infinity'").await, 10);
    assert_eq!(trial.count("SELECT count(*) FROM zoning WHERE valid_from <= '2022-01-01' AND valid_to > '2022-01-01'").await, 10);
    assert_eq!(
        trial
            .count("SELECT count(*) FROM zoning a JOIN zoning b USING (region, id) WHERE a.class = 'residential' AND b.class = 'green'")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_files_again_change_nothing_even_when_compared() {
    let trial = Trial::new(&[("zones", ZONES)]).await;
    trial.write("data/zones.geojson", &collection(&(0..5).map(|id| zone(id, "R", "")).collect::<Vec<_>>()));
    trial.import().await.unwrap();
    let again = trial.import().await.unwrap();
    assert_eq!(again.editions[0].outcome, Outcome::Known);
    let changes = trial.count("SELECT count(*) FROM change_transaction").await;
    let forced = trial.run(ImportRequest { force: true, ..trial.request() }).await.unwrap();
    assert_eq!((forced.totals().changes(), forced.totals().unchanged), (0, 5));
    assert_eq!(trial.count("SELECT count(*) FROM change_transaction").await, changes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_would_end_too_much_is_refused_and_changes_nothing() {
    let trial = Trial::new(&[("zones", ZONES)]).await;
    trial.write("data/zones.geojson", &collection(&(0..10).map(|id| zone(id, "R", "")).collect::<Vec<_>>()));
    trial.import().await.unwrap();
    trial.write("data/zones.geojson", &collection(&(0..7).map(|id| zone(id, "R", "")).collect::<Vec<_>>()));
    let request = ImportRequest { valid_from: day("2024-01-01"), ..trial.request() };
    let error = format!("{:#}", trial.run(request.clone()).await.unwrap_err());
    assert!(error.contains("--allow-ends") && error.contains("3 of 10"), "{error}");
    assert_eq!(trial.count("SELECT count(*) FROM zoning WHERE valid_to = 'infinity'").await, 10);
    let report = trial.run(ImportRequest { allow_ends: true, ..request }).await.unwrap();
    assert_eq!(report.totals().ended, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_older_than_the_newest_is_refused() {
    let trial = Trial::new(&[("zones", ZONES)]).await;
    trial.write("data/zones.geojson", &collection(&[zone(1, "R", "")]));
    trial.import().await.unwrap();
    trial.write("data/zones.geojson", &collection(&[zone(1, "G", "")]));
    let error = trial.run(ImportRequest { valid_from: day("2019-01-01"), ..trial.request() }).await.unwrap_err();
    assert!(format!("{error:#}").contains("older than that of 2020-01-01"), "{error:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_reports_and_keeps_nothing() {
    let trial = Trial::new(&[("zones", ZONES)]).await;
    trial.write("data/zones.geojson", &collection(&[zone(1, "R", ""), zone(2, "X", "")]));
    let place = trial.folder.path().join("defects.geojson");
    let request = ImportRequest { dry_run: true, report: Some(place.clone()), ..trial.request() };
    let report = trial.run(request).await.unwrap();
    assert_eq!((report.totals().inserted, report.sequence), (2, None));
    assert_eq!(trial.count("SELECT count(*) FROM zoning").await + trial.count("SELECT count(*) FROM dataset").await, 0);
    let defects: geojson::FeatureCollection = std::fs::read_to_string(place).unwrap().parse().unwrap();
    let codes: Vec<_> = defects.features.iter().map(|feature| feature.property("code").unwrap().as_str().unwrap().to_owned()).collect();
    assert_eq!(codes, ["not_in_value_map", "unknown_word"]);
    assert!(defects.features[0].geometry.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_dirt_is_counted_once_and_told_with_its_row() {
    let trial = Trial::new(&[("zones", &ZONES.replace("valid_from = 2020-01-01", ""))]).await;
    let feature = |id: usize, geometry: &str, far: &str| {
        format!(r#"{{"type":"Feature","geometry":{geometry},"properties":{{"id":{id},"use":"R","far":{far}}}}}"#)
    };
    let spike = r#"{"type":"Polygon","coordinates":[[[120.1,30.2],[120.101,30.2],[120.101,30.201],[120.101,30.2],[120.1005,30.199],[120.1,30.2]]]}"#;
    let features = [
        zone(1, "R", ""),
        zone(1, "R", ""),
        feature(2, "null", "1"),
        feature(3, r#"{"type":"Polygon","coordinates":[]}"#, "1"),
        feature(4, r#"{"type":"Polygon","coordinates":[[[0,0],[0.001,0],[0.001,0.001],[0,0]]]}"#, "1"),
        feature(5, r#"{"type":"Point","coordinates":[120.1,30.1]}"#, "1"),
        feature(6, spike, "1"),
        feature(7, &format!(r#"{{"type":"Polygon","coordinates":[{}]}}"#, square(7)), r#""three""#),
    ];
    trial.write("data/zones.geojson", &collection(&features));
    let report = trial.import().await.unwrap();
    let (counts, defects) = (report.totals(), &report.editions[0].defects);
    let count = |code: &str| defects.count(code);
    assert_eq!((counts.read, counts.loaded, counts.repaired, counts.rejected), (8, 2, 1, 5), "{}", report.text(9));
    assert_eq!((count("repeated_key"), count("no_geometry") + count("empty_geometry"), count("outside_extent")), (1, 2, 1));
    assert_eq!((count("wrong_geometry_kind"), count("repaired_geometry"), count("wrong_type")), (1, 1, 1));
    let far = defects.listed().iter().find(|defect| defect.problem.code() == "wrong_type").unwrap();
    assert_eq!((far.row, far.source_id.as_str(), far.file.as_str()), (8, "7", "zones.geojson"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_parameterless_coordinate_system_refuses_the_profile() {
    let plates = |crs: &str| {
        format!(
            "layer = \"door_plates\"\n[source]\nfiles = [\"plates.csv\"]\n{crs}[source.csv]\nx = \"x\"\ny = \"y\"\n[identity]\nmatch = \"no\"\n"
        )
    };
    for (crs, reason) in [("", "states no coordinate system"), ("crs = \"EPSG:2334\"\n", "parameters")] {
        let trial = Trial::new(&[("plates", &plates(crs))]).await;
        trial.write("data/plates.csv", "no,x,y\n1,500000,3300000\n");
        let error = format!("{:#}", trial.import().await.unwrap_err());
        assert!(error.contains(reason) && error.contains("plates.csv"), "{error}");
    }
    let trial = Trial::new(&[("zones", &ZONES.replace("[identity]", "crs = \"GCJ-02\"\n[identity]"))]).await;
    trial.write("data/zones.geojson", &collection(&[zone(1, "R", "")]));
    let error = format!("{:#}", trial.import().await.unwrap_err());
    assert!(error.contains("crs_lies"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_across_two_regions_is_stored_once_for_each_under_one_id() {
    let counties = r#"
layer = "divisions"
order = 1
[source]
files = ["counties.geojson"]
[identity]
match = "code"
[fields]
name = "{code}"
code = "{code}"
level = "county"
"#;
    let trial = Trial::new(&[("counties", counties), ("zones", ZONES)]).await;
    trial.write("pack/city.toml", &format!("{CITY}\n[regions]\nprofile = \"counties\"\n"));
    let county = |code: &str, west: f64, east: f64| {
        format!(
            r#"{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":[[[{west},30],[{east},30],[{east},30.3],[{west},30.3],[{west},30]]]}},"properties":{{"code":"{code}"}}}}"#
        )
    };
    trial.write("data/counties.geojson", &collection(&[county("330101", 120.0, 120.1005), county("330102", 120.1005, 120.3)]));
    trial.write("data/zones.geojson", &collection(&[zone(0, "R", ""), zone(5, "R", "")]));
    let report = trial.import().await.unwrap();
    assert_eq!(report.of("zones").next().unwrap().counts.inserted, 2);
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT id, count(DISTINCT region) FROM zoning GROUP BY id ORDER BY 2").fetch_all(&trial.fresh.pool).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), [1, 2]);
    let forced = trial.run(ImportRequest { force: true, ..trial.request() }).await.unwrap();
    assert_eq!(forced.totals().changes(), 0);
}
