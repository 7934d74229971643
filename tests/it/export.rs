//! The way out: every format read back by GDAL and compared with PostGIS, the tile archive with what the server serves.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gdal::spatial_ref::SpatialRef;
use gdal::vector::{LayerAccess, OGRwkbGeometryType};
use gdal::{Dataset, Metadata};
use geo::{Area, CoordsIter};
use geo_types::Geometry;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pmtiles::{AsyncPmTilesReader, MmapBackend, TileCoord};
use sqlx::AssertSqlSafe;
use yutu::config::Limits;
use yutu::crs::Crs;
use yutu::domain::{Extent, Layer};
use yutu::export::{self, About, Bilingual, LayerReport, LayerRequest, Public, Stop, TilesRequest};
use yutu::formats::write::FileFormat;
use yutu::import::{self, ImportRequest, Pack};
use yutu::live::{self, Publicity, Settings};
use yutu::store::{self, Moment, TimePoint};
use yutu::tiles::{self, TileLayer, tiles_reached};

use super::cluster::wait_until;
use super::judges::cambridge;
use super::live::id;
use super::program::{Program, shipped};
use super::service::Service;
use super::setup::Fresh;

/// One feature as GDAL reads it.
struct Read {
    geometry: Option<Geometry<f64>>,
    fields: BTreeMap<String, String>,
}

/// A file as GDAL reads it.
struct Opened {
    epsg: Option<i32>,
    features: BTreeMap<String, Read>,
    metadata: BTreeMap<String, String>,
}

fn code(system: Option<SpatialRef>) -> Option<i32> {
    let mut system = system?;
    system.auth_code().ok().or_else(|| {
        system.auto_identify_epsg().ok()?;
        system.auth_code().ok()
    })
}

fn opened(path: &Path) -> Opened {
    let dataset = Dataset::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let metadata = ["licence", "attribution", "sequence", "layer"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), dataset.metadata_item(key, "")?)))
        .collect();
    assert_eq!(dataset.layer_count(), 1, "{}", path.display());
    let mut layer = dataset.layer(0).unwrap();
    let names: Vec<String> = layer.defn().fields().map(|field| field.name()).collect();
    let count = layer.feature_count();
    let has_shapes = layer.defn().geometry_type() != OGRwkbGeometryType::wkbNone;
    let read = layer.features().map(|feature| {
        let field =
            |(at, name): (usize, &String)| Some((name.clone(), feature.field_as_string(at).ok()??)).filter(|(_, text)| !text.is_empty());
        let fields: BTreeMap<String, String> = names.iter().enumerate().filter_map(field).collect();
        let geometry =
            if has_shapes { feature.geometry().filter(|shape| !shape.is_empty()).map(|shape| shape.to_geo().unwrap()) } else { None };
        (fields["id"].clone(), Read { geometry, fields })
    });
    let features: BTreeMap<String, Read> = read.collect();
    assert_eq!(features.len() as u64, count, "{}: each once", path.display());
    Opened { epsg: code(layer.spatial_ref()), features, metadata }
}

/// Everything in the files that can be opened by themselves.
fn all(report: &LayerReport) -> BTreeMap<String, Read> {
    let files = report.files.iter().filter(|file| file.features.is_some());
    let mut found = BTreeMap::new();
    for file in files {
        let features = opened(&file.path).features;
        assert_eq!(features.len() as u64, file.features.unwrap(), "{}", file.path.display());
        found.extend(features);
    }
    found
}

fn request(fresh: &Fresh, layer: Layer, file: PathBuf) -> LayerRequest {
    let format = FileFormat::of_path(&file).unwrap();
    LayerRequest {
        layer,
        format,
        file,
        force: false,
        working: fresh.working.clone(),
        crs: fresh.working.clone(),
        moment: Moment::default(),
        public: None,
        about: about(),
    }
}

fn about() -> About {
    About {
        city: Bilingual { zh: "试验市".into(), en: "Trial City".into() },
        notice: None,
        attribution: vec![Bilingual { zh: "某局".into(), en: "An Office".into() }],
        licence: vec!["CC-BY-4.0".into()],
    }
}

async fn exported(fresh: &Fresh, request: LayerRequest) -> LayerReport {
    let layer = request.layer;
    export::layer(&fresh.pool, request, Arc::default(), |_, _| {}).await.unwrap_or_else(|error| panic!("{layer}: {error:#}"))
}

/// Each coordinate of one is one of the other, wherever a ring begins and whichever way it runs.
fn same_places(a: &Geometry<f64>, b: &Geometry<f64>, tolerance: f64) -> bool {
    let places = |geometry: &Geometry<f64>| {
        let mut all: Vec<[f64; 2]> = geometry.coords_iter().map(|c| [c.x, c.y]).collect();
        all.sort_by(|a, b| a.partial_cmp(b).unwrap());
        all.dedup();
        all
    };
    let (a, b) = (places(a), places(b));
    let near = |p: &[f64; 2], q: &[f64; 2]| (p[0] - q[0]).abs() <= tolerance && (p[1] - q[1]).abs() <= tolerance;
    a.len() == b.len() && a.iter().all(|p| b.iter().any(|q| near(p, q))) && b.iter().all(|p| a.iter().any(|q| near(p, q)))
}

/// What PostGIS has: id to the position in another system.
async fn judged(fresh: &Fresh, layer: Layer, epsg: u32) -> BTreeMap<String, Option<Geometry<f64>>> {
    let statement = format!(
        "SELECT id, ST_AsText(ST_Transform(geom, {epsg}), 17) FROM {layer} WHERE valid_from <= current_date AND valid_to > current_date"
    );
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(AssertSqlSafe(statement)).fetch_all(&fresh.pool).await.unwrap();
    let shape = |text: String| gdal::vector::Geometry::from_wkt(&text).unwrap().to_geo().unwrap();
    rows.into_iter().map(|(id, text)| (id, text.map(shape))).collect()
}

/// Features of every kind of layer near 120.2 east, 30.3 north.
async fn city() -> Fresh {
    let fresh = Fresh::new("EPSG:4549").await;
    let names =
        r#"'[{"text": "Wensan Road", "lang": "en", "kind": "official"}, {"text": "Wénsān Lù", "lang": "zh-Latn", "kind": "pinyin"}]'"#;
    for n in 0..40 {
        let (x, y) = (520_000.0 + n as f64 * 123.456_789, 3_353_000.0 + (n * n) as f64 * 7.891_011);
        fresh
            .psql(&format!(
                "INSERT INTO zoning (region, id, name, land_use, far_max, valid_from, source, source_id, attributes, geom) VALUES ('330106', '{}', '地块 {n}', 'R{n}',
                    {n}.25, '2020-01-01', 'trial/zoning', 'Z{n}', '{{\"note\": \"字 {n}\", \"list\": [1, 2]}}',
                    ST_GeomFromText('MULTIPOLYGON((({x} {y},{x} {y1},{x1} {y1},{x1} {y},{x} {y}),({a} {b},{a1} {b},{a1} {b1},{a} {b})))', 4549));
                 INSERT INTO roads (region, id, name, names, class, left_from, width_m, geom) VALUES ('330106', '{}', '文三路', {names}, 'local', {n}, 12.5,
                    ST_GeomFromText('MULTILINESTRING(({x} {y},{x1} {b},{a1} {y1}),({x} {b},{x} {y1}))', 4549));
                 INSERT INTO door_plates (region, id, number, address, geom) VALUES ('330106', '{}', '{n}号', '文三路{n}号',
                    CASE WHEN {n} % 10 = 3 THEN NULL ELSE ST_GeomFromText('POINT({x} {y})', 4549) END);
                 INSERT INTO place_names (region, id, name, class, geom) VALUES ('330106', '{}', '地名{n}', 'park',
                    ST_GeomFromText((ARRAY['POINT({x} {y})', 'MULTIPOLYGON((({x} {y},{x} {y1},{x1} {y1},{x} {y})))', 'MULTILINESTRING(({x} {y},{x1} {y1}))', NULL])[1 + {n} % 4], 4549))",
                id("zoning", n),
                id("roads", n),
                id("door_plates", n),
                id("place_names", n),
                x1 = x + 80.0,
                y1 = y + 60.0,
                a = x + 10.0,
                b = y + 10.0,
                a1 = x + 30.0,
                b1 = y + 30.0,
            ))
            .await;
    }
    fresh
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_reads_every_format_in_every_system_as_postgis_says() {
    let fresh = city().await;
    let folder = tempfile::tempdir().unwrap();
    for layer in [Layer::Zoning, Layer::Roads, Layer::DoorPlates, Layer::PlaceNames] {
        for epsg in [4549, 4326, 4490, 3857, 4528] {
            let judge = judged(&fresh, layer, epsg).await;
            assert_eq!(judge.len(), 40);
            for format in FileFormat::ALL {
                let place = format!("{layer} {format} EPSG:{epsg}");
                let file = folder.path().join(format!("{layer}-{epsg}-{0}.{0}", format.id()));
                let crs = Crs::parse(&format!("EPSG:{epsg}")).unwrap();
                let geographic = crs.is_geographic();
                let report = exported(&fresh, LayerRequest { crs, ..request(&fresh, layer, file) }).await;
                assert_eq!(
                    (report.features, report.unlocated),
                    (40, judge.values().filter(|shape| shape.is_none()).count() as u64),
                    "{place}"
                );
                let found = all(&report);
                assert_eq!(found.keys().collect::<Vec<_>>(), judge.keys().collect::<Vec<_>>(), "{place}");
                for (id, expected) in &judge {
                    let shape = &found[id].geometry;
                    // texts hold a tenth of a millimetre, and are rounded to it; PostGIS and we use the same PROJ
                    let tolerance = if geographic { 1.1e-9 } else { 1.1e-4 };
                    match (shape, expected) {
                        (None, None) => {}
                        (Some(shape), Some(expected)) => {
                            assert!(same_places(shape, expected, tolerance), "{place} {id}: {shape:?}\n{expected:?}")
                        }
                        other => panic!("{place} {id}: {other:?}"),
                    }
                }
                let main = report
                    .files
                    .iter()
                    .find(|file| file.features.is_some_and(|count| count > 0) && !file.path.to_string_lossy().contains("unlocated"))
                    .unwrap();
                assert_eq!(opened(&main.path).epsg, Some(epsg as i32), "{place}: the file says its system");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_names_validity_and_licence_come_along() {
    let fresh = city().await;
    let folder = tempfile::tempdir().unwrap();
    for format in FileFormat::ALL {
        let file = |layer: Layer| folder.path().join(format!("{layer}-{0}.{0}", format.id()));
        let report = exported(&fresh, request(&fresh, Layer::Zoning, file(Layer::Zoning))).await;
        let zone = &all(&report)[&id("zoning", 7)].fields;
        let text = |name: &str| zone.get(name).map(String::as_str);
        assert_eq!(
            (text("name"), text("land_use"), text("region"), text("source")),
            (Some("地块 7"), Some("R7"), Some("330106"), Some("trial/zoning")),
            "{format}"
        );
        assert!((zone["far_max"].parse::<f64>().unwrap() - 7.25).abs() < 1e-12, "{format}");
        // FlatGeobuf has days only as the beginning of them
        assert_eq!(zone["valid_from"].replace('/', "-").trim_end_matches(" 00:00:00"), "2020-01-01", "{format}");
        assert_eq!(text("valid_to"), None, "{format}: until further notice");
        let attributes: serde_json::Value = serde_json::from_str(&zone["attributes"]).unwrap();
        assert_eq!(attributes, serde_json::json!({"note": "字 7", "list": [1, 2]}), "{format}");

        let report = exported(&fresh, request(&fresh, Layer::Roads, file(Layer::Roads))).await;
        let road = &all(&report)[&id("roads", 7)].fields;
        let pinyin = if format == FileFormat::Shapefile { "name_pinyi" } else { "name_pinyin" };
        assert_eq!(
            (road["name"].as_str(), road["name_en"].as_str(), road[pinyin].as_str()),
            ("文三路", "Wensan Road", "Wénsān Lù"),
            "{format}"
        );
        assert_eq!((road["left_from"].as_str(), road["width_m"].parse::<f64>().unwrap()), ("7", 12.5), "{format}");
        let names: serde_json::Value = serde_json::from_str(&road["names"]).unwrap();
        assert_eq!(names[0]["text"], "Wensan Road", "{format}");

        let main = file(Layer::Roads);
        let beside = folder.path().join(format!("roads-{0}.{0}.txt", format.id()));
        let told = match format {
            FileFormat::GeoPackage => {
                let metadata = opened(&main).metadata;
                assert_eq!(metadata["sequence"], report.sequence.to_string());
                format!("{metadata:?}")
            }
            FileFormat::GeoJson => {
                let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&main).unwrap()).unwrap();
                assert_eq!(json["sequence"], report.sequence.to_string());
                format!("{} {}", json["licence"], json["attribution"])
            }
            _ => std::fs::read_to_string(&beside).unwrap(),
        };
        assert!(told.contains("CC-BY-4.0") && told.contains("某局") && told.contains("An Office"), "{format}: {told}");
        assert_eq!(beside.exists(), !format.tells_about(), "{format}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().starts_with('.'))
        .collect();
    assert_eq!(left, Vec::<std::ffi::OsString>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_exported_as_it_held_and_as_it_was_known() {
    let fresh = Fresh::new("EPSG:4549").await;
    let folder = tempfile::tempdir().unwrap();
    let of = |n: usize| id("place_names", n);
    fresh
        .psql(&format!(
            "INSERT INTO place_names (region, id, name, valid_from, valid_to) VALUES ('r', '{0}', '旧名', '2000-01-01', '2020-01-01'), ('r', '{0}', '新名', '2020-01-01', 'infinity'),
             ('r', '{1}', '不变', '-infinity', 'infinity'), ('r', '{2}', '将来', '2999-01-01', 'infinity'), ('s', '{1}', '不变', '-infinity', 'infinity')",
            of(1),
            of(2),
            of(3)
        ))
        .await;
    let known: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&fresh.pool).await.unwrap();
    fresh
        .psql(&format!(
            "UPDATE place_names SET name = '更正' WHERE id = '{}' AND valid_from = '2020-01-01'; DELETE FROM place_names WHERE id = '{}'",
            of(1),
            of(2)
        ))
        .await;
    let day = |text: &str| Some(TimePoint::Day(text.parse().unwrap()));
    let then = Some(TimePoint::Time(known));
    for (number, (at, recorded_at, expected)) in [
        (None, None, vec!["更正"]),
        (day("2019-12-31"), None, vec!["旧名"]),
        (day("1990-01-01"), None, vec![]),
        (None, then, vec!["新名", "不变"]),
        (day("2019-12-31"), then, vec!["旧名", "不变"]),
        (day("2999-06-01"), then, vec!["新名", "不变", "将来"]),
        (None, day("1999-01-01"), vec![]),
    ]
    .into_iter()
    .enumerate()
    {
        let file = folder.path().join(format!("{number}.csv"));
        let report =
            exported(&fresh, LayerRequest { moment: Moment { at, recorded_at }, ..request(&fresh, Layer::PlaceNames, file) }).await;
        let found = all(&report);
        let names: BTreeSet<&str> = found.values().map(|read| read.fields["name"].as_str()).collect();
        assert_eq!(names, expected.iter().copied().collect(), "{number}");
        assert_eq!(report.features, expected.len() as u64, "{number}");
        if let Some(read) = found.get(&of(2)) {
            assert_eq!(read.fields["region"], "r;s", "a feature of two regions is one feature, and both are named");
        }
    }
}

/// Two cases: one of two footprints that overlap, one with a position only.
const CASES: &str = "
    INSERT INTO permits (region, id, case_no, applicant, status, attributes, geom) VALUES
        ('r', 'aaaaaaaaaaaaaaaa', 'A-1', '某公司', 'approved', '{\"phone\": \"123\", \"kept\": \"yes\"}', ST_GeomFromText('POINT(520001 3353001)', 4549)),
        ('r', 'bbbbbbbbbbbbbbbb', 'B-1', '某公司', 'applied', '{}', ST_GeomFromText('POINT(520011.3 3353017.8)', 4549));
    INSERT INTO permit_footprints (region, id, case_no, kind, geom) VALUES
        ('r', 'cccccccccccccccc', 'A-1', 'parcel', ST_GeomFromText('MULTIPOLYGON(((520000 3353000,520100 3353000,520100 3353100,520000 3353100,520000 3353000)))', 4549)),
        ('r', 'dddddddddddddddd', 'A-1', 'parcel', ST_GeomFromText('MULTIPOLYGON(((520050 3353000,520150 3353000,520150 3353100,520050 3353100,520050 3353000)))', 4549))";

#[tokio::test(flavor = "multi_thread")]
async fn a_case_has_the_ground_of_its_footprints_and_the_public_sees_less() {
    let fresh = Fresh::new("EPSG:4549").await;
    fresh.psql(CASES).await;
    let folder = tempfile::tempdir().unwrap();
    let report = exported(&fresh, request(&fresh, Layer::Permits, folder.path().join("full.gpkg"))).await;
    let full = all(&report);
    let (case, other) = (&full["aaaaaaaaaaaaaaaa"], &full["bbbbbbbbbbbbbbbb"]);
    let Some(Geometry::MultiPolygon(ground)) = &case.geometry else { panic!("{:?}", case.geometry) };
    assert!((ground.unsigned_area() - 15_000.0).abs() < 1e-6, "the ground that two footprints share counts once");
    assert!(matches!(other.geometry, Some(Geometry::Point(_))));
    assert!(case.fields["applicant"] == "某公司" && case.fields["attributes"].contains("phone"));

    let public = Public { precision_m: 20.0, hidden: HashSet::from(["applicant".to_owned(), "phone".to_owned()]) };
    let report =
        exported(&fresh, LayerRequest { public: Some(public), ..request(&fresh, Layer::Permits, folder.path().join("public.geojson")) })
            .await;
    let text = std::fs::read_to_string(&report.files[0].path).unwrap();
    assert!(!text.contains("某公司") && !text.contains("phone") && text.contains("kept") && !text.contains("applicant"), "{text}");
    let seen = all(&report);
    assert_eq!(seen["bbbbbbbbbbbbbbbb"].geometry, Some(geo_types::Point::new(520_020.0, 3_353_020.0).into()));
    for coord in seen["aaaaaaaaaaaaaaaa"].geometry.as_ref().unwrap().coords_iter() {
        assert!(coord.x % 20.0 == 0.0 && coord.y % 20.0 == 0.0, "{coord:?}");
    }
    // The case as it was before it got its second footprint.
    let before: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&fresh.pool).await.unwrap();
    fresh.psql("DELETE FROM permit_footprints WHERE id = 'dddddddddddddddd'").await;
    for (name, recorded_at, area) in [("now.fgb", None, 10_000.0), ("then.fgb", Some(TimePoint::Time(before)), 15_000.0)] {
        let moment = Moment { at: None, recorded_at };
        let report = exported(&fresh, LayerRequest { moment, ..request(&fresh, Layer::Permits, folder.path().join(name)) }).await;
        let found = all(&report)["aaaaaaaaaaaaaaaa"].geometry.as_ref().unwrap().unsigned_area();
        assert!((found - area).abs() < 1e-6, "{name}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shapefile_tells_what_it_could_not_hold() {
    let fresh = city().await;
    fresh
        .psql(&format!(
            "UPDATE place_names SET address = repeat('长', 200), attributes = jsonb_build_object('a', repeat('x', 400)) WHERE id = '{}'",
            id("place_names", 0)
        ))
        .await;
    let folder = tempfile::tempdir().unwrap();
    let report = exported(&fresh, request(&fresh, Layer::PlaceNames, folder.path().join("names.shp"))).await;
    let mains: Vec<String> = report
        .files
        .iter()
        .filter(|file| file.features.is_some())
        .map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(
        mains.iter().collect::<BTreeSet<_>>(),
        ["names_points.shp", "names_lines.shp", "names_areas.shp", "names_unlocated.dbf"].map(String::from).iter().collect()
    );
    let notes = report.notes.join("\n");
    assert!(notes.contains("name_pinyin → name_pinyi") && notes.contains("address：1") && notes.contains("attributes：1"), "{notes}");
    let beside = std::fs::read_to_string(folder.path().join("names.shp.txt")).unwrap();
    assert!(report.notes.iter().all(|note| beside.contains(note)) && beside.contains("names_areas.shp"), "{beside}");
    assert_eq!(all(&report)[&id("place_names", 0)].fields["address"], "长".repeat(84));

    fresh
        .psql(&format!(
            "UPDATE place_names SET geom = ST_GeomFromText('GEOMETRYCOLLECTION(POINT(520000 3353000))', 4549) WHERE id = '{}'",
            id("place_names", 0)
        ))
        .await;
    let refused =
        export::layer(&fresh.pool, request(&fresh, Layer::PlaceNames, folder.path().join("mixed.shp")), Arc::default(), |_, _| {})
            .await
            .unwrap_err();
    assert!(refused.to_string().contains("GeoPackage") && !folder.path().join("mixed.shp").exists(), "{refused}");
    let report = exported(&fresh, request(&fresh, Layer::PlaceNames, folder.path().join("mixed.gpkg"))).await;
    assert_eq!(report.features, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_in_a_file_stands_at_one_sequence() {
    let fresh = Fresh::new("EPSG:4549").await;
    fresh
        .psql(
            "INSERT INTO place_names (region, id, name, attributes)
             SELECT 'r', translate(substr(md5(n::text), 1, 16), '0189', 'ghij'), 'before', jsonb_build_object('text', repeat(n::text, 40)) FROM generate_series(1, 45000) n",
        )
        .await;
    let before = store::current_sequence(&fresh.pool).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (send, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let pool = fresh.pool.clone();
    let wanted = request(&fresh, Layer::PlaceNames, folder.path().join("names.fgb"));
    let export = tokio::spawn(async move {
        let progress = move |done, of| {
            send.send((done, of)).unwrap();
            let _ = wait.lock().unwrap().recv();
        };
        export::layer(&pool, wanted, Arc::default(), progress).await
    });
    assert_eq!(heard.recv().await, Some((20_000, 45_000)));
    fresh.psql("UPDATE place_names SET name = 'after'; DELETE FROM place_names WHERE id < 'd'").await;
    drop(go_on);
    let report = export.await.unwrap().unwrap();
    assert_eq!((report.features, report.sequence), (45_000, before));
    let file = report.files.iter().find(|file| file.features == Some(45_000)).unwrap();
    assert!(file.path.ends_with("names_unlocated.csv"), "{}", file.path.display());
    let text = std::fs::read_to_string(&file.path).unwrap();
    assert!(!text.contains("after"));
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Nothing but what is named lies in the folder, hidden or not.
fn names_in(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_command_refuses_in_two_languages_and_leaves_nothing() {
    let program = Program::new();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("there.gpkg"), "old").unwrap();
    std::fs::write(folder.path().join("there.shx"), "old").unwrap();
    std::fs::write(folder.path().join("strange.csvt"), "old").unwrap();
    let run = |what: &str, file: &str, more: &[&str]| {
        let mut command = program.command("export");
        command.arg("--city").arg(shipped("demo")).arg(what).arg(folder.path().join(file)).args(more).output().unwrap()
    };
    for (what, file, more, status, words) in [
        ("street", "a.gpkg", [].as_slice(), 1, ["没有名为", "no layer is called"]),
        ("roads", "a.dwg", &[], 1, ["无法由文件名", "does not tell the format"]),
        ("roads", "a.gpkg", &["--format", "dwg"], 1, ["没有名为", "no format is called"]),
        ("roads", "a.dat", &["--format", "shp"], 1, ["须以 .shp 结尾", "must end in .shp"]),
        ("roads", "a.gpkg", &["--crs", "EPSG:99999"], 1, ["无法识别坐标系", "cannot be read"]),
        ("roads", "a.gpkg", &["--crs", "EPSG:4610"], 1, ["没有公开的转换参数", "without local parameters"]),
        ("roads", "a.gpkg", &["--at", "yesterday"], 1, ["须为日期", "write a day"]),
        ("roads", "there.gpkg", &[], 1, ["已存在", "is there already"]),
        ("roads", "there.shp", &[], 1, ["已存在", "is there already"]),
        ("roads", "strange.shp", &["--force"], 1, ["共用同一个 .prj", "would share one .prj"]),
        ("roads", "nowhere/a.gpkg", &[], 1, ["不存在", "does not exist"]),
        ("roads", ".", &["--format", "csv"], 1, ["是文件夹", "is a folder"]),
        ("permit_footprints", "a.csv", &["--public"], 1, ["请导出 permits", "export permits"]),
        ("tiles", "a.pmtiles", &["--layers", "roads,streets"], 1, ["没有名为", "no tile layer is called"]),
        ("tiles", "a.pmtiles", &["--min-zoom", "9", "--max-zoom", "3"], 1, ["缩放级别", "zooms go"]),
        ("tiles", "a.pmtiles", &["--public"], 2, ["没有选项", "have no option"]),
        ("roads", "a.gpkg", &["--max-zoom", "3"], 2, ["只用于导出瓦片", "is for tiles"]),
    ] {
        let output = run(what, file, more);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(status), "{what} {file} {more:?}: {text}");
        assert!(words.iter().all(|word| text.contains(word)), "{what} {file} {more:?}: {text}");
        assert_eq!(names_in(folder.path()), ["strange.csvt", "there.gpkg", "there.shx"].map(String::from).into(), "{what} {file} {more:?}");
    }
    // With --force the old file goes, and what belonged to it.
    let output = run("roads", "there.gpkg", &["--force"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(opened_empty(&folder.path().join("there.gpkg")), 0, "an empty layer is an empty file");
    let output = run("roads", "there.shp", &["--force", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    assert_eq!((&report["features"], &report["layer"]), (&0.into(), &"roads".into()));
    let help = String::from_utf8(program.command("export").arg("--help").output().unwrap().stdout).unwrap();
    assert!(help.contains("PMTiles") && help.contains("坐标系") && help.contains("precision"), "{help}");
}

fn opened_empty(path: &Path) -> u64 {
    Dataset::open(path).unwrap().layer(0).unwrap().feature_count()
}

#[test]
fn an_export_that_is_killed_leaves_no_file_and_the_next_one_clears_up() {
    let program = Program::new();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("names.gpkg");
    let command = || {
        let mut command = program.command("export");
        command.arg("--city").arg(shipped("demo")).arg("place_names").arg(&target);
        command
    };
    assert!(command().output().unwrap().status.success());
    std::fs::remove_file(&target).unwrap();
    program.psql(
        "INSERT INTO place_names (region, id, name, attributes, geom)
         SELECT 'r', translate(substr(md5(n::text), 1, 16), '0189', 'ghij'), 'n' || n, jsonb_build_object('text', repeat(n::text, 30)),
            ST_SetSRID(ST_MakePoint(520000 + n % 1000, 3353000 + n / 1000), 4549) FROM generate_series(1, 150000) n",
    );
    let under_way = |before: &BTreeSet<String>| {
        let child = command().spawn().unwrap();
        let started = Instant::now();
        let bytes = || -> u64 {
            let new = names_in(folder.path()).difference(before).cloned().collect::<Vec<_>>();
            let made = new.iter().filter_map(|name| std::fs::metadata(folder.path().join(name).join("files/names.gpkg")).ok());
            made.map(|made| made.len()).max().unwrap_or(0)
        };
        while bytes() < 1_000_000 {
            assert!(started.elapsed() < Duration::from_secs(120), "it does not begin to write");
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(!target.exists(), "nothing under its name before it is complete");
        child
    };
    let mut killed = under_way(&BTreeSet::new());
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = names_in(folder.path());
    assert!(left.len() == 1 && left.iter().all(|name| name.starts_with(".yutu-export-")), "{left:?}");

    let told = under_way(&left);
    assert!(names_in(folder.path()).is_disjoint(&left), "the next export clears away what the killed one left");
    kill(Pid::from_raw(i32::try_from(told.id()).unwrap()), Signal::SIGTERM).unwrap();
    let output = told.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("导出已中止") && said(&output).contains("was stopped"), "{}", said(&output));
    assert_eq!(names_in(folder.path()), BTreeSet::new(), "one that is told to stop leaves nothing at all");

    let output = command().output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("150000 个要素") && text.contains("150000 feature(s)"), "{text}");
    assert_eq!(names_in(folder.path()), ["names.gpkg".to_owned()].into());
    assert_eq!(Dataset::open(&target).unwrap().layer(0).unwrap().feature_count(), 150_000);
    wait_until("the private database has gone", || program.postmaster().is_none());
}

async fn demo_city() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    yutu::demo::write(folder.path(), 1, 1).unwrap();
    let fresh = Fresh::new("EPSG:4549").await;
    let request = ImportRequest {
        source: folder.path().to_owned(),
        pack: Arc::new(Pack::read(&shipped("demo")).unwrap()),
        profiles: Vec::new(),
        dry_run: false,
        report: None,
        valid_from: None,
        allow_ends: false,
        force: false,
        working: fresh.working.clone(),
    };
    import::run(&fresh.pool, request, Arc::new(|_| {})).await.unwrap_or_else(|error| panic!("{error:#}"));
    fresh
}

fn every_tile_layer() -> Vec<TileLayer> {
    Layer::public().flat_map(|layer| [TileLayer::Features(layer), TileLayer::Labels(layer)]).collect()
}

/// Makes the archive of a service's city without the service, and compares it with the service's tiles, one by one, at all zooms.
async fn compare_archive(service: &Service, publicity: BTreeMap<Layer, Publicity>, layers: Vec<TileLayer>, max_zoom: u8) -> u64 {
    let fresh = &service.fresh;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("city.pmtiles");
    let all: Vec<Layer> = Layer::public().collect();
    let public = publicity.iter().map(|(layer, of)| (*layer, Public { precision_m: of.precision_m, hidden: of.hidden.clone() })).collect();
    let settings = Settings { working: fresh.working.clone(), publicity };
    let snapshot = live::snapshot(&fresh.pool, settings, &all).await.unwrap();
    let request = TilesRequest { file: path.clone(), force: false, layers: layers.clone(), min_zoom: 0, max_zoom, public, about: about() };
    let report =
        tokio::task::spawn_blocking(move || export::tiles(&snapshot, &request, &Stop::default(), |_, _, _| {})).await.unwrap().unwrap();
    let state = service.live.state();
    assert_eq!(report.sequence, state.snapshot.sequence);
    assert_eq!(names_in(folder.path()), ["city.pmtiles".to_owned()].into());

    let archive = AsyncPmTilesReader::<MmapBackend>::new_with_path(&path).await.unwrap();
    let header = archive.get_header();
    assert!(header.clustered() && (header.min_zoom, header.max_zoom) == (0, max_zoom));
    assert!(header.n_tile_contents() <= header.n_addressed_tiles());
    let metadata: serde_json::Value = serde_json::from_str(&archive.get_metadata().await.unwrap()).unwrap();
    assert_eq!((&metadata["sequence"], &metadata["licence"]), (&report.sequence.into(), &"CC-BY-4.0".into()));
    let described: Vec<&str> = metadata["vector_layers"].as_array().unwrap().iter().map(|layer| layer["id"].as_str().unwrap()).collect();
    assert_eq!(described, layers.iter().map(ToString::to_string).collect::<Vec<_>>());

    let extents = layers.iter().filter_map(|layer| state.snapshot.layer(layer.layer()).extent_mercator());
    let everything = extents.reduce(Extent::union).unwrap();
    let [west, south, east, north] = report.bounds.unwrap();
    let corner = yutu::crs::mercator_to_wgs84(everything.min);
    assert!((corner[0] - west).abs() < 1e-9 && (corner[1] - south).abs() < 1e-9);
    assert!(
        (header.min_longitude - west).abs() < 1e-6
            && (header.max_latitude - north).abs() < 1e-6
            && (header.max_longitude - east).abs() < 1e-6
    );

    let mut compared = 0;
    for z in 0..=max_zoom {
        for tile in tiles_reached(&everything, z).iter() {
            let expected = tiles::mvt(&state.snapshot, tile, &layers);
            let coord = TileCoord::new(z, tile.x(), tile.y()).unwrap();
            let found = archive.get_tile_decompressed(coord).await.unwrap();
            assert_eq!(found.as_deref().unwrap_or_default(), expected, "{tile:?}");
            compared += u64::from(found.is_some());
        }
    }
    // The whole grid was looked at: there is nothing elsewhere.
    assert_eq!((Some(compared), compared), (header.n_addressed_tiles().map(u64::from), report.tiles));
    assert_eq!(report.zooms.iter().map(|(_, count)| count).sum::<u64>(), compared);
    let names: Vec<String> = layers.iter().map(ToString::to_string).collect();
    let centre = [(everything.min[0] + everything.max[0]) / 2.0, (everything.min[1] + everything.max[1]) / 2.0];
    for z in [0, 12, max_zoom] {
        let tile = tiles_reached(&Extent { min: centre, max: centre }, z).iter().next().unwrap();
        let path = format!("/tiles/{}/{z}/{}/{}.mvt", names.join(","), tile.x(), tile.y());
        let served = service.get(&path).await.bytes().await.unwrap();
        let kept = archive.get_tile_decompressed(TileCoord::new(z, tile.x(), tile.y()).unwrap()).await.unwrap();
        assert_eq!(served, kept.unwrap_or_default(), "{path}: over HTTP too");
    }
    compared
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tile_archive_is_tile_for_tile_what_the_server_serves() {
    let publicity = BTreeMap::from([
        (Layer::DoorPlates, Publicity { precision_m: 50.0, hidden: HashSet::new() }),
        (Layer::Roads, Publicity { precision_m: 0.0, hidden: HashSet::from(["class".to_owned()]) }),
    ]);
    let service = Service::with(demo_city().await, Limits::default(), publicity.clone()).await;
    let compared = compare_archive(&service, publicity.clone(), every_tile_layer(), 15).await;
    assert!(compared > 60, "only {compared} tiles hold something");
    compare_archive(&service, publicity, vec![TileLayer::Features(Layer::Permits), TileLayer::Labels(Layer::Roads)], 13).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cambridge_goes_out_as_postgis_has_it() {
    let Some(service) = cambridge("cambridge_goes_out_as_postgis_has_it").await else { return };
    let fresh = &service.fresh;
    let folder = tempfile::tempdir().unwrap();
    for layer in [
        Layer::Divisions,
        Layer::Zoning,
        Layer::Parcels,
        Layer::ControlAreas,
        Layer::Roads,
        Layer::PermitFootprints,
        Layer::PlaceNames,
        Layer::DoorPlates,
    ] {
        let judge = judged(fresh, layer, 4326).await;
        for format in FileFormat::ALL {
            let file = folder.path().join(format!("{layer}-{0}.{0}", format.id()));
            let report = exported(fresh, LayerRequest { crs: Crs::wgs84(), ..request(fresh, layer, file) }).await;
            let found = all(&report);
            assert_eq!((found.len(), report.features), (judge.len(), judge.len() as u64), "{layer} {format}");
            for (id, expected) in &judge {
                let read = &found[id].geometry;
                assert_eq!(read.is_some(), expected.is_some(), "{layer} {format} {id}");
                if let (Some(read), Some(expected)) = (read, expected) {
                    let (a, b) = (extent(read), extent(expected));
                    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1.1e-9), "{layer} {format} {id}: {a:?} {b:?}");
                    let around = a[2] - a[0] + a[3] - a[1];
                    assert!((read.unsigned_area() - expected.unsigned_area()).abs() <= 4e-9 * around, "{layer} {format} {id}");
                }
            }
        }
    }
    let compared = compare_archive(&service, BTreeMap::new(), every_tile_layer(), 15).await;
    assert!(compared > 60, "only {compared} tiles hold something");
}

/// Of all coordinates, those of holes too: a sliver of a parcel that is an area in metres and a mere line in degrees may come
/// back from a Shapefile as a hole.
fn extent(geometry: &Geometry<f64>) -> [f64; 4] {
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    geometry.coords_iter().fold(start, |all, c| [all[0].min(c.x), all[1].min(c.y), all[2].max(c.x), all[3].max(c.y)])
}
