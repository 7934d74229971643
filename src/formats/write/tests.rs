//! What is written is read back by the readers of this room.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use geo_types::{Geometry, LineString, MultiLineString, MultiPolygon, Point, polygon};

use super::*;
use crate::formats::{ReadOptions, SourceFeature, read};

const LONG: usize = 300;

fn layout(geometry: GeometryKind, kinds: &[ShapeKind]) -> Layout {
    let column = |name, kind| Column { name, kind };
    Layout {
        layer: "trial".into(),
        geometry,
        kinds: kinds.iter().copied().collect(),
        columns: vec![
            column("id", ColumnKind::Text),
            column("density_max_pct", ColumnKind::Number),
            column("density_max_text", ColumnKind::Text),
            column("levels", ColumnKind::Int),
            column("valid_from", ColumnKind::Date),
            column("attributes", ColumnKind::Json),
        ],
        crs: FileCrs { name: "WGS 84".into(), epsg: Some(4326), wkt: crate::crs::Crs::wgs84().wkt(), geographic: true },
        about: vec![("licence", "CC0-1.0 \"自由\"".into())],
    }
}

fn row(id: &str, geometry: Option<Geometry<f64>>) -> Row {
    let values = vec![
        SourceValue::Text(id.into()),
        SourceValue::Real(35.25),
        SourceValue::Text(format!("{id}，\"引号\"\n第二行")),
        SourceValue::Int(9_007_199_254_740_993),
        SourceValue::Date("1949-10-01".parse().unwrap()),
        SourceValue::Text(r#"{"a":[1,{"b":"字"}]}"#.into()),
    ];
    Row { geometry, values }
}

fn empty(id: &str) -> Row {
    Row { geometry: None, values: std::iter::once(SourceValue::Text(id.into())).chain((0..5).map(|_| SourceValue::Null)).collect() }
}

fn found(path: &Path) -> Vec<SourceFeature> {
    let mut all = Vec::new();
    let options = ReadOptions::default();
    read(path, &options, &mut |feature| {
        all.push(feature);
        ControlFlow::Continue(())
    })
    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    all
}

fn area() -> Geometry<f64> {
    let ground = polygon![exterior: [(x: 120.1, y: 30.2), (x: 120.1, y: 30.3), (x: 120.2, y: 30.3), (x: 120.2, y: 30.2)], interiors: [[(x: 120.12, y: 30.22), (x: 120.18, y: 30.22), (x: 120.15, y: 30.28)]]];
    MultiPolygon(vec![ground]).into()
}

#[test]
fn every_format_gives_back_what_it_was_given() {
    for format in FileFormat::ALL {
        let folder = tempfile::tempdir().unwrap();
        let layout = layout(GeometryKind::Polygon, &[ShapeKind::Area, ShapeKind::Nothing]);
        let mut rows = vec![row("aaa", Some(area())), empty("bbb")].into_iter();
        let written = write(folder.path(), "trial", format, &layout, &mut rows).unwrap_or_else(|error| panic!("{format}: {error}"));
        assert_eq!(written.files.iter().map(|file| file.rows).sum::<u64>(), 2, "{format}");
        let mut made: Vec<String> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        made.sort();
        let mut named = file_names(format, "trial", &layout).unwrap();
        named.sort();
        assert_eq!(made, named, "{format}");
        if format == FileFormat::Csv {
            // read back by GDAL in tests/it: our reader takes tables with WKT for tables
            continue;
        }
        let by_id = |id: &str, path: &Path| {
            let is = |feature: &SourceFeature| feature.field("id").unwrap().as_text().unwrap() == id;
            found(path).into_iter().find(is).unwrap_or_else(|| panic!("{format}: {id} in {}", path.display()))
        };
        let names = if format == FileFormat::Shapefile {
            ["density_ma", "density__2", "valid_from"]
        } else {
            ["density_max_pct", "density_max_text", "valid_from"]
        };
        let first = by_id("aaa", &written.files[0].path);
        assert_eq!(first.field(names[0]), Some(&SourceValue::Real(35.25)), "{format}");
        assert_eq!(first.field(names[1]).unwrap().as_text().unwrap(), "aaa，\"引号\"\n第二行", "{format}");
        assert_eq!(first.field("levels").unwrap().as_text().unwrap(), "9007199254740993", "{format}");
        // FlatGeobuf knows days only as their beginning
        let day = first.field(names[2]).unwrap().as_text().unwrap();
        let is_day = day == "1949-10-01" || (format == FileFormat::FlatGeobuf && day.starts_with("1949-10-01T00:00:00"));
        assert!(is_day, "{format}: {day}");
        let attributes: serde_json::Value = serde_json::from_str(&first.field("attributes").unwrap().as_text().unwrap()).unwrap();
        assert_eq!(attributes, serde_json::json!({"a": [1, {"b": "字"}]}), "{format}");
        let shape = first.geometry.clone().unwrap().unwrap();
        let same = geo::Relate::relate(&shape, &area());
        assert!(same.is_equal_topo(), "{format}: {shape:?}");
        // FlatGeobuf has those without a position apart
        let second = by_id("bbb", &written.files[written.files.len() - 1].path);
        assert_eq!(second.geometry, Ok(None), "{format}");
        assert!(
            names.iter().all(|name| second.field(name).is_none_or(|value| *value == SourceValue::Null)),
            "{format}: {:?}",
            second.fields
        );
    }
}

#[test]
fn a_shapefile_says_what_it_cannot_hold() {
    let folder = tempfile::tempdir().unwrap();
    let layout = layout(GeometryKind::Any, &[ShapeKind::Point, ShapeKind::Area, ShapeKind::Line, ShapeKind::Nothing]);
    let mut long = row("ccc", Some(Point::new(120.1, 30.2).into()));
    long.values[2] = SourceValue::Text("长".repeat(LONG));
    long.values[5] = SourceValue::Text(format!("{{\"a\":\"{}\"}}", "x".repeat(LONG)));
    let line = MultiLineString(vec![LineString::from(vec![(120.0, 30.0), (121.0, 31.0)])]);
    let mut rows = vec![row("aaa", Some(area())), empty("bbb"), long, row("ddd", Some(line.into()))].into_iter();
    let written = write(folder.path(), "trial", FileFormat::Shapefile, &layout, &mut rows).unwrap();
    let names: Vec<(String, u64)> =
        written.files.iter().map(|file| (file.path.file_name().unwrap().to_string_lossy().into_owned(), file.rows)).collect();
    assert_eq!(
        names,
        [("trial_points.shp".into(), 1), ("trial_lines.shp".into(), 1), ("trial_areas.shp".into(), 1), ("trial_unlocated.dbf".into(), 1)]
    );
    let losses = written.losses;
    assert_eq!(losses.renamed, [("density_max_pct", "density_ma".to_owned()), ("density_max_text", "density__2".to_owned())]);
    assert_eq!((losses.cut, losses.left_out), (vec![("density_max_text", 1, 254)], vec![("attributes", 1)]));
    let point = &found(&folder.path().join("trial_points.shp"))[0];
    assert_eq!(point.field("density__2").unwrap().as_text().unwrap(), "长".repeat(84), "cut between two characters");
    assert_eq!(point.field("attributes"), Some(&SourceValue::Null));
    assert_eq!(std::fs::read_to_string(folder.path().join("trial_points.cpg")).unwrap().trim(), "UTF-8");
}

#[test]
fn a_shapefile_of_a_collection_is_refused() {
    let layout = layout(GeometryKind::Any, &[ShapeKind::Collection]);
    assert!(matches!(file_names(FileFormat::Shapefile, "x", &layout), Err(WriteError::Collection { .. })));
}

#[test]
fn short_names_are_short_and_different() {
    let columns: Vec<Column> = ["certificate_no", "certificate_number", "CERTIFICATE", "use", "Use", "许可证编号"]
        .map(|name| Column { name, kind: ColumnKind::Text })
        .to_vec();
    let names = shapefile::short_names(&columns);
    assert_eq!(names, ["certificat", "certific_2", "CERTIFIC_3", "use", "Use_2", "许可证"]);
    assert_eq!(names.iter().map(|name| name.to_lowercase()).collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn geojson_is_wound_as_the_standard_wants_and_carries_its_licence() {
    let folder = tempfile::tempdir().unwrap();
    let layout = layout(GeometryKind::Polygon, &[ShapeKind::Area]);
    let written = write(folder.path(), "trial", FileFormat::GeoJson, &layout, &mut vec![row("aaa", Some(area()))].into_iter()).unwrap();
    let text = std::fs::read_to_string(&written.files[0].path).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["licence"], &json["features"][0]["id"], json.get("crs")), (&"CC0-1.0 \"自由\"".into(), &"aaa".into(), None));
    assert!(json["features"][0]["properties"].get("id").is_none());
    let ring = |place: usize| -> f64 {
        let points = json["features"][0]["geometry"]["coordinates"][0][place].as_array().unwrap();
        let at = |n: usize, axis: usize| points[n][axis].as_f64().unwrap();
        (1..points.len()).map(|n| (at(n, 0) - at(n - 1, 0)) * (at(n, 1) + at(n - 1, 1))).sum()
    };
    assert!(ring(0) < 0.0 && ring(1) > 0.0, "outside counter-clockwise, hole clockwise: {text}");
}

#[test]
fn well_known_text_is_what_gdal_reads() {
    let collection = Geometry::GeometryCollection(vec![Point::new(1.5, -2e-7).into(), area()].into());
    for geometry in [
        area(),
        collection,
        LineString::from(vec![(1e15, 0.1), (2.0, 3.0)]).into(),
        geo_types::MultiPoint::from(vec![(1.0, 2.0), (3.0, 4.0)]).into(),
    ] {
        let text = wkt::text(&geometry);
        let read = gdal::vector::Geometry::from_wkt(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.to_geo().unwrap(), geometry, "{text}");
    }
}

#[test]
fn a_full_disk_is_told_from_other_trouble() {
    let full = |path: &Path| {
        let layout = layout(GeometryKind::Polygon, &[ShapeKind::Area]);
        geojson::write(path, &layout, &mut vec![row("aaa", Some(area()))].into_iter()).unwrap_err()
    };
    let error = full(Path::new("/dev/full"));
    assert!(matches!(error, WriteError::Full { .. }), "{error}");
    assert!(error.to_string().contains("磁盘已满") && error.to_string().contains("the disk is full"));
    assert!(matches!(full(Path::new("/nowhere/at/all.geojson")), WriteError::Failed { .. }));
}
