//! The shipped packs against the real data: every count that the READMEs of the data state.

use std::path::Path;
use std::sync::Arc;

use yutu::import::{self, Counts, ImportReport, ImportRequest, Outcome, Pack};

use crate::setup::{Fresh, real_data};

fn request(source: &Path, city: &str) -> ImportRequest {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cities").join(city);
    let pack = Pack::read(&folder).unwrap_or_else(|error| panic!("{error}"));
    let working = import::working_crs(&pack, source).unwrap();
    ImportRequest {
        source: source.to_owned(),
        pack: Arc::new(pack),
        profiles: vec![],
        dry_run: false,
        report: None,
        valid_from: None,
        allow_ends: false,
        force: false,
        working,
    }
}

async fn run(fresh: &Fresh, request: ImportRequest) -> ImportReport {
    let report = import::run(&fresh.pool, request, Arc::new(|_| {})).await.unwrap_or_else(|error| panic!("{error:#}"));
    for edition in &report.editions {
        assert!(edition.counts.balance(), "{}: {:?}", edition.profile, edition.counts);
    }
    report
}

/// Of the profile's last edition.
fn counts(report: &ImportReport, profile: &str) -> Counts {
    report.of(profile).last().unwrap_or_else(|| panic!("no profile {profile}")).counts
}

#[tokio::test(flavor = "multi_thread")]
async fn cambridge_reconciles_with_its_readme_and_loads_its_history_once() {
    let Some(data) = real_data("cambridge_reconciles_with_its_readme_and_loads_its_history_once") else { return };
    let source = data.join("cambridge-ma");
    let fresh = Fresh::new("EPSG:26986").await;
    let report = run(&fresh, request(&source, "cambridge-ma")).await;

    assert_eq!((counts(&report, "centrelines").read, counts(&report, "centrelines").rejected), (2643, 0));
    let parcels = counts(&report, "parcels");
    assert_eq!((parcels.read, parcels.repaired, parcels.rejected), (13_116, 37, 1));
    let zoning: Vec<Counts> = report.of("zoning").map(|edition| edition.counts).collect();
    assert_eq!(zoning.iter().map(|counts| counts.read).collect::<Vec<_>>(), [289, 297, 261]);
    assert_eq!((zoning[2].unchanged, zoning[2].inserted, zoning[2].ended), (232, 29, 65));
    let permits = counts(&report, "permits");
    assert_eq!((permits.read, permits.inserted, permits.merged), (499, 424, 75));
    assert_eq!(counts(&report, "permit-areas").inserted, 355);
    let addresses = counts(&report, "addresses");
    assert_eq!((addresses.read, addresses.inserted, addresses.merged), (24_099, 22_779, 1_320));

    let one = async |query: &'static str| sqlx::query_scalar::<_, i64>(query).fetch_one(&fresh.pool).await.unwrap();
    let open = "SELECT count(*) FROM permits p WHERE valid_to = 'infinity' AND NOT EXISTS
                (SELECT 1 FROM permit_footprints f WHERE f.region = p.region AND f.case_no = p.case_no)";
    assert_eq!(one(open).await, 76);
    // 1,379 rows have no position; of 22,779 addresses 1,275 have none in any of their rows
    assert_eq!(one("SELECT count(*) FROM door_plates WHERE geom IS NULL").await, 1_275);
    assert_eq!(one("SELECT count(*) FROM zoning WHERE valid_from <= '2025-01-01' AND valid_to > '2025-01-01'").await, 297);
    assert_eq!(one("SELECT count(*) FROM zoning WHERE valid_to = 'infinity'").await, 261);

    let again = run(&fresh, request(&source, "cambridge-ma")).await;
    assert!(again.editions.iter().all(|edition| matches!(edition.outcome, Outcome::Known | Outcome::Superseded)));
    let forced = run(&fresh, ImportRequest { force: true, ..request(&source, "cambridge-ma") }).await;
    assert_eq!(forced.totals().changes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn yilan_reconciles_with_its_readme_and_names_the_two_misplaced_plates() {
    let Some(data) = real_data("yilan_reconciles_with_its_readme_and_names_the_two_misplaced_plates") else { return };
    let fresh = Fresh::new("EPSG:3826").await;
    let report = run(&fresh, request(&data.join("tw-yilan"), "yilan")).await;
    let plates = counts(&report, "plates");
    assert_eq!((plates.read, plates.loaded, plates.merged, plates.rejected), (156_201, 156_148, 51, 2));
    let rejected: Vec<&str> = report
        .of("plates")
        .flat_map(|edition| edition.defects.listed())
        .filter(|defect| defect.problem.code() == "outside_extent")
        .map(|defect| defect.source_id.as_str())
        .collect();
    assert_eq!(rejected, ["宜蘭縣五結鄉二結村17鄰?結路71號", "宜蘭縣礁溪鄉白雲村13鄰白雲二路79號"]);
    let zoning = counts(&report, "zoning");
    assert_eq!((zoning.read, zoning.loaded, zoning.repaired), (4_692, 4_691, 1));
    assert_eq!(counts(&report, "villages").read, 233);
    assert!(report.editions.iter().all(|edition| edition.defects.count("shifted") == 0));
    let unclassed: i64 = sqlx::query_scalar("SELECT count(*) FROM zoning WHERE class IS NULL").fetch_one(&fresh.pool).await.unwrap();
    assert_eq!(unclassed, 1, "one zone of the source has no class");
}

#[tokio::test(flavor = "multi_thread")]
async fn liechtenstein_is_read_with_its_markers_and_house_numbers() {
    let Some(data) = real_data("liechtenstein_is_read_with_its_markers_and_house_numbers") else { return };
    let source = data.join("osm-liechtenstein/liechtenstein-2022-12-15.osm.pbf");
    let request = request(&source, "osm");
    assert_eq!(request.working.epsg(), Some(32_632));
    let fresh = Fresh::new("EPSG:32632").await;
    let report = run(&fresh, request).await;
    assert_eq!(counts(&report, "boundary-markers").inserted, 19);
    assert_eq!(counts(&report, "house-numbers").inserted, 12_503);
    assert_eq!(counts(&report, "divisions").inserted, 14);
    assert!(counts(&report, "buildings").inserted > 17_600);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_isle_of_man_and_sha_tin_need_only_toml() {
    let Some(data) = real_data("the_isle_of_man_and_sha_tin_need_only_toml") else { return };
    let fresh = Fresh::new("EPSG:27700").await;
    let report = run(&fresh, request(&data.join("isle-of-man"), "isle-of-man")).await;
    assert_eq!((counts(&report, "addresses").read, counts(&report, "places").read, counts(&report, "natural").read), (4_231, 1_393, 272));
    let manx: i64 =
        sqlx::query_scalar("SELECT count(*) FROM place_names WHERE names @> '[{\"lang\": \"gv\"}]'").fetch_one(&fresh.pool).await.unwrap();
    assert!(manx > 150, "{manx}");

    let fresh = Fresh::new("EPSG:2326").await;
    let report = run(&fresh, request(&data.join("hk-shatin"), "hk-shatin")).await;
    assert!(counts(&report, "roads").inserted > 1_000);
    let both: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM roads WHERE name = '沙田正街' AND names @> '[{\"lang\": \"en\", \"text\": \"Sha Tin Centre Street\"}]'",
    )
    .fetch_one(&fresh.pool)
    .await
    .unwrap();
    assert!(both > 0);
}

/// The counties of Zhejiang twice: in WGS 84, and in GCJ-02 that calls itself WGS 84.
#[tokio::test(flavor = "multi_thread")]
async fn counties_in_undeclared_gcj02_are_flagged_and_declared_ones_are_not() {
    let Some(data) = real_data("counties_in_undeclared_gcj02_are_flagged_and_declared_ones_are_not") else { return };
    let profile = |file: &str, code: &str, crs: &str| {
        format!(
            "layer = \"divisions\"\n[source]\nfiles = [\"gcj02-pair/{file}\"]\n{crs}[identity]\nmatch = \"{code}\"\n[fields]\nname = \"{{{code}}}\"\ncode = \"{{{code}}}\"\nlevel = \"county\"\n"
        )
    };
    for (crs, flagged) in [("", 1), ("crs = \"GCJ-02\"\ncrs_lies = true\n", 0)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("profiles")).unwrap();
        std::fs::write(
            folder.path().join("city.toml"),
            "name = { zh = \"浙江\", en = \"Zhejiang\" }\ncode = \"330000\"\ncrs = \"EPSG:4549\"\ntime_zone = \"Asia/Shanghai\"\nextent = [117.5, 26.5, 123.5, 31.8]\n",
        )
        .unwrap();
        std::fs::write(
            folder.path().join("profiles/a-amap.toml"),
            profile("zhejiang_district_amap_wgs84_2025.geojson.gz", "district_adcode", ""),
        )
        .unwrap();
        std::fs::write(folder.path().join("profiles/b-datav.toml"), profile("zhejiang_county_datav_gcj02_2021.geojson.gz", "adcode", crs))
            .unwrap();
        let pack = Pack::read(folder.path()).unwrap();
        let fresh = Fresh::new("EPSG:4549").await;
        let request =
            ImportRequest { pack: Arc::new(pack), working: fresh.working.clone(), ..request(&data.join("cn-divisions"), "yilan") };
        let report = run(&fresh, ImportRequest { dry_run: true, ..request }).await;
        assert_eq!(report.of("b-datav").next().unwrap().defects.count("shifted"), flagged, "{}", report.text(3));
        assert_eq!(report.of("a-amap").next().unwrap().defects.count("shifted"), 0);
        if flagged == 1 {
            let text = report.text(3);
            assert!(text.contains("GCJ-02"), "{text}");
        }
    }
}
