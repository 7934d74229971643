//! Awkward files, made on the spot.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use gdal::DriverManager;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Geometry as Ogr, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use geo_types::Point;
use tempfile::TempDir;

use super::*;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn written(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn all(path: &Path, options: &ReadOptions) -> Result<(SourceInfo, Vec<SourceFeature>), FormatError> {
    let mut features = Vec::new();
    let info = read(path, options, &mut |feature| {
        features.push(feature);
        ControlFlow::Continue(())
    })?;
    Ok((info, features))
}

fn plain(path: &Path) -> (SourceInfo, Vec<SourceFeature>) {
    all(path, &ReadOptions::default())
        .unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string)))
}

fn text(feature: &SourceFeature, name: &str) -> String {
    feature.field(name).and_then(SourceValue::as_text).unwrap_or_default().into_owned()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn with_columns(x: &str, y: &str) -> ReadOptions {
    ReadOptions { csv: CsvOptions { x: Some(x.into()), y: Some(y.into()), ..CsvOptions::default() }, ..ReadOptions::default() }
}

// ---- CSV

#[test]
fn a_csv_with_a_mark_and_ragged_rows_keeps_every_cell() {
    let folder = folder();
    let path = written(
        &folder,
        "plates.csv",
        "\u{feff}id,name,x,y\n1,中山路,120.1,30.2\n2,\"a, \"\"b\"\"\",,\n3,c\n4,d,abc,30,more\n5,e,120,\n\n6,f,NaN,1\n",
    );
    let (info, rows) = all(&path, &with_columns("x", "y")).unwrap();
    assert_eq!(info.fields, ["id", "name", "x", "y"]);
    assert_eq!((info.encoding.as_deref(), info.crs.as_deref(), rows.len()), (Some("UTF-8"), None, 6));
    assert_eq!(rows[0].geometry, Ok(Some(Point::new(120.1, 30.2).into())));
    assert_eq!((text(&rows[1], "name").as_str(), &rows[1].geometry), ("a, \"b\"", &Ok(None)));
    assert_eq!((rows[2].field("y"), rows[2].notes.len(), &rows[2].geometry), (Some(&SourceValue::Null), 1, &Ok(None)));
    assert_eq!(rows[3].geometry, Err("x is not a number: \"abc\"".to_owned()));
    assert_eq!((text(&rows[3], "column_5").as_str(), rows[3].notes[0].as_str()), ("more", "the row has 5 cells, the header 4"));
    assert_eq!(rows[4].geometry, Err("y is blank".to_owned()));
    assert!(rows[5].geometry.is_err() && rows[5].row == 6);
}

#[test]
fn title_rows_are_passed_over_and_a_header_can_be_given() {
    let folder = folder();
    let titled = written(&folder, "titled.csv", "Decisions of 2016,,\n,,\nref,date,\n1/16,14-May-12,\n");
    let options = ReadOptions { csv: CsvOptions { skip_rows: 2, ..CsvOptions::default() }, ..ReadOptions::default() };
    let (info, rows) = all(&titled, &options).unwrap();
    assert_eq!((info.fields.as_slice(), rows.len()), (["ref".to_owned(), "date".to_owned(), "column_3".to_owned()].as_slice(), 1));
    let bare = written(&folder, "bare.csv", "\u{feff}14754,14\n14755,15\n");
    let header = Some(vec!["address_id".to_owned(), "street_number".to_owned()]);
    let options = ReadOptions { csv: CsvOptions { header, ..CsvOptions::default() }, ..ReadOptions::default() };
    let (_, rows) = all(&bare, &options).unwrap();
    assert_eq!((rows.len(), text(&rows[0], "address_id").as_str()), (2, "14754"));
}

#[test]
fn every_usual_delimiter_is_found_out() {
    let folder = folder();
    for (name, body) in
        [("a.csv", "a;b;c\n1,5;2;3\n"), ("b.tsv", "a\tb\tc\n1,5\t2\t3\n"), ("c.txt", "a|b|c\n1,5|2|3\n"), ("d.csv", "a,b,c\n\"1,5\",2,3\n")]
    {
        let (info, rows) = plain(&written(&folder, name, body));
        assert_eq!((info.fields.len(), text(&rows[0], "a").as_str()), (3, "1,5"), "{name}");
    }
}

#[test]
fn a_csv_in_another_encoding_is_read_and_the_encoding_told() {
    let folder = folder();
    let body = "编号,道路名称\n1,中山路\n2,解放大道\n";
    let gbk = written(&folder, "gbk.csv", encoding_rs::GB18030.encode(body).0);
    let (info, rows) = plain(&gbk);
    assert_eq!((info.encoding.as_deref(), info.encoding_guessed), (Some("gb18030"), true));
    assert_eq!(text(&rows[1], "道路名称"), "解放大道");
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(body.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let (_, rows) = plain(&written(&folder, "wide.csv", wide));
    assert_eq!(text(&rows[0], "道路名称"), "中山路");
    let forced = ReadOptions { encoding: Some("utf-8".into()), ..ReadOptions::default() };
    let (info, rows) = all(&gbk, &forced).unwrap();
    assert!(!info.encoding_guessed && rows.iter().all(|row| row.notes[0].contains("not readable as UTF-8")), "{rows:?}");
    let nonsense = ReadOptions { encoding: Some("klingon".into()), ..ReadOptions::default() };
    assert!(matches!(all(&gbk, &nonsense), Err(FormatError::Encoding { .. })));
}

#[test]
fn a_missing_coordinate_column_is_named() {
    let folder = folder();
    let path = written(&folder, "a.csv", "lon,lat\n1,2\n");
    let error = all(&path, &with_columns("X", "lat")).unwrap_err();
    assert!(error.to_string().contains("no column \"X\"; there are: lon, lat") && error.zh().contains("没有列"), "{error}");
}

// ---- GeoJSON

#[test]
fn geojson_of_every_shape_gives_its_features() {
    let folder = folder();
    let collection = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3826"}},"features":[
        {"type":"Feature","id":"a/1","properties":{"name":"中山路","levels":3,"h":2.5,"ok":true,"none":null,"list":[1,2]},"geometry":{"type":"Point","coordinates":[325923.5,2734777.25,12]}},
        {"type":"Feature","properties":null,"geometry":null}]}"#;
    let (info, features) = plain(&written(&folder, "a.geojson", collection));
    assert_eq!((info.crs.as_deref(), info.driver.as_str()), (Some("EPSG:3826"), "GeoJSON"));
    assert_eq!(features[0].geometry, Ok(Some(Point::new(325923.5, 2734777.25).into())));
    let values = ["id", "name", "levels", "h", "ok", "none", "list"].map(|name| features[0].field(name).cloned().unwrap());
    let expected = [
        SourceValue::Text("a/1".into()),
        SourceValue::Text("中山路".into()),
        SourceValue::Int(3),
        SourceValue::Real(2.5),
        SourceValue::Bool(true),
        SourceValue::Null,
        SourceValue::Text("[1,2]".into()),
    ];
    assert_eq!(values, expected);
    assert_eq!(features[1].geometry, Ok(None));

    let lines = "{\"type\":\"Feature\",\"properties\":{\"n\":1},\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]}}\n\u{1e}{\"type\":\"Feature\",\"properties\":{\"n\":2},\"geometry\":null}\n";
    let (info, features) = plain(&written(&folder, "b.geojsonl", lines));
    assert_eq!((info.crs.as_deref(), features.len(), text(&features[1], "n").as_str()), (Some("EPSG:4326"), 2, "2"));
    let (_, features) = plain(&written(&folder, "c.json.gz", gzip(br#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#)));
    assert!(matches!(features[0].geometry, Ok(Some(Geometry::LineString(_)))));
}

#[test]
fn what_is_wrong_with_one_feature_stays_with_it() {
    let folder = folder();
    let body = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"n":1},"geometry":{"type":"Point","coordinates":[1]}},
        {"type":"Feature","properties":{"n":2},"geometry":{"type":"Spline","coordinates":[[1,2]]}},
        {"type":"Feature","properties":{"n":3},"geometry":{"type":"Polygon","coordinates":[[[1,"a"]]]}},
        {"type":"Feature","properties":{"n":4},"geometry":{"type":"Polygon","coordinates":[]}},
        {"type":"Feature","properties":{"n":5},"geometry":{"type":"Point","coordinates":[]}},
        {"type":"Feature","properties":{"n":NaN},"geometry":null},
        7,
        {"type":"Feature","properties":{"n":8},"geometry":{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[]},{"type":"MultiPolygon","coordinates":[[]]}]}},
        {"type":"Feature","properties":{"n":9},"geometry":{"type":"Point","coordinates":[1,2]}}]}"#;
    let (_, features) = plain(&written(&folder, "bad.geojson", body));
    let bad: Vec<u64> = features.iter().filter(|feature| feature.geometry.is_err()).map(|feature| feature.row).collect();
    assert_eq!((features.len(), bad.as_slice()), (9, [1, 2, 3, 5, 6, 7, 8].as_slice()));
    assert_eq!(text(&features[1], "n"), "2");
    assert_eq!(features[8].geometry, Ok(Some(Point::new(1.0, 2.0).into())));
}

#[test]
fn brackets_without_end_are_refused_at_once_in_every_wrapping() {
    let folder = folder();
    let brackets = "[".repeat(40 << 20);
    let start = std::time::Instant::now();
    for body in [
        brackets.clone(),
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{{\"geometry\":{brackets}"),
        format!("{{\"type\":\"Topology\",\"objects\":{brackets}"),
    ] {
        let path = written(&folder, "deep.geojson.gz", gzip(body.as_bytes()));
        let error = plain_error(&path);
        assert!(matches!(error, FormatError::TooLarge { .. } | FormatError::Damaged { .. }), "{error}");
    }
    assert!(start.elapsed().as_secs() < 60);
}

#[test]
fn broken_json_tells_where_it_breaks() {
    let folder = folder();
    let whole = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":null},{"type":"Fea"#;
    let error = plain_error(&written(&folder, "cut.geojson", whole));
    assert!(error.to_string().contains("after feature 1"), "{error}");
    for body in ["", "{}", "[1,2]", "{\"a\":1}", "hello"] {
        let error = plain_error(&written(&folder, "other.json", body));
        assert!(matches!(error, FormatError::Damaged { .. }), "{body}: {error}");
    }
}

#[test]
fn closed_lines_become_areas_on_request() {
    let folder = folder();
    let body = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[0,0],[1,0],[1,1],[0,0]]}},
        {"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[0,0],[1,0],[1,1]]}}]}"#;
    let path = written(&folder, "lines.geojson", body);
    assert!(plain(&path).1.iter().all(|feature| matches!(feature.geometry, Ok(Some(Geometry::LineString(_))))));
    let (_, features) = all(&path, &ReadOptions { close_lines: true, ..ReadOptions::default() }).unwrap();
    assert!(
        matches!(features[0].geometry, Ok(Some(Geometry::Polygon(_)))) && matches!(features[1].geometry, Ok(Some(Geometry::LineString(_))))
    );
}

#[test]
fn topojson_is_known_by_its_content_and_its_dirt_does_no_harm() {
    let folder = folder();
    let body = r#"{"type":"Topology","objects":{"parcels":{"type":"GeometryCollection","geometries":[
        {"type":"Polygon","arcs":[[0]],"properties":{"n":1}},{"type":null,"properties":{"n":2}},{"type":"Polygon","arcs":[],"properties":{"n":3}}]}},
        "arcs":[[[0,0],[1,0],[1,1],[0,0]]]}"#;
    let (info, features) = plain(&written(&folder, "parcels.json", body));
    assert_eq!((info.driver.as_str(), info.crs.as_deref(), features.len()), ("TopoJSON", None, 3));
    assert!(matches!(features[0].geometry, Ok(Some(Geometry::Polygon(_)))));
    let of = |n: &str| features.iter().find(|feature| text(feature, "n") == n).unwrap();
    assert_eq!((&of("2").geometry, of("2").row), (&Ok(None), 3));
    assert_eq!(of("3").geometry, Ok(Some(geo_types::Polygon::<f64>::new(LineString(vec![]), vec![]).into())));
}

// ---- Shapefile and others by GDAL

fn shapefile(folder: &TempDir, encoding: &str) -> PathBuf {
    let path = folder.path().join("roads.shp");
    let mut dataset = DriverManager::get_driver_by_name("ESRI Shapefile").unwrap().create_vector_only(&path).unwrap();
    let system = SpatialRef::from_epsg(4549).unwrap();
    let option = format!("ENCODING={encoding}");
    let layer = dataset
        .create_layer(LayerOptions { name: "roads", srs: Some(&system), ty: OGRwkbGeometryType::wkbLineString, options: Some(&[&option]) })
        .unwrap();
    layer
        .create_defn_fields(&[("道路名称", OGRFieldType::OFTString), ("width", OGRFieldType::OFTReal), ("opened", OGRFieldType::OFTDate)])
        .unwrap();
    for (row, name) in ["中山路", "解放大道", "人民路东段"].iter().enumerate() {
        let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
        feature.set_geometry(Ogr::from_wkt(&format!("LINESTRING (500000 {row},500100 {row})")).unwrap()).unwrap();
        feature.set_field_string(0, name).unwrap();
        feature.set_field_double(1, 12.5).unwrap();
        feature.set_field_string(2, "2024/03/05").unwrap();
        feature.create(&layer).unwrap();
    }
    dataset.close().unwrap();
    path
}

#[test]
fn a_shapefile_is_read_in_its_encoding_stated_or_not() {
    for encoding in ["CP936", "UTF-8"] {
        for with_cpg in [true, false] {
            let folder = folder();
            let path = shapefile(&folder, encoding);
            if !with_cpg {
                let _ = fs::remove_file(path.with_extension("cpg"));
                // no language byte either
                let mut table = fs::read(path.with_extension("dbf")).unwrap();
                table[29] = 0;
                fs::write(path.with_extension("dbf"), table).unwrap();
            }
            let (info, features) = plain(&path);
            assert_eq!(
                (info.crs.as_deref(), info.encoding_guessed, features.len()),
                (Some("EPSG:4549"), !with_cpg, 3),
                "{encoding} {with_cpg} {info:?}"
            );
            assert_eq!(info.fields[0].chars().next(), Some('道'));
            let name = features[1].fields[0].1.as_text().unwrap().into_owned();
            assert_eq!(name, "解放大道", "{encoding} {with_cpg} {info:?}");
            assert_eq!(features[1].field("width"), Some(&SourceValue::Real(12.5)));
            assert_eq!(features[1].field("opened"), Some(&SourceValue::Date(NaiveDate::from_ymd_opt(2024, 3, 5).unwrap())));
            assert!(features.iter().all(|feature| feature.notes.is_empty()));
        }
    }
}

#[test]
fn a_wrong_encoding_is_told_row_by_row() {
    let folder = folder();
    let path = shapefile(&folder, "CP936");
    let options = ReadOptions { encoding: Some("utf-8".into()), ..ReadOptions::default() };
    let (_, features) = all(&path, &options).unwrap();
    assert!(features.iter().all(|feature| feature.notes.iter().any(|note| note.contains("not readable as UTF-8"))), "{features:?}");
}

#[test]
fn a_cut_shapefile_or_one_without_its_index_is_an_error() {
    let folder = folder();
    let path = shapefile(&folder, "UTF-8");
    let whole = fs::read(&path).unwrap();
    for length in [whole.len() - 1, whole.len() / 2, 100, 50, 0] {
        fs::write(&path, &whole[..length]).unwrap();
        let error = plain_error(&path);
        assert!(matches!(error, FormatError::Damaged { .. }), "{length}: {error}");
    }
    fs::write(&path, &whole).unwrap();
    let index = fs::read(path.with_extension("shx")).unwrap();
    fs::write(path.with_extension("shx"), &index[..index.len() - 8]).unwrap();
    assert!(matches!(plain_error(&path), FormatError::Damaged { .. }));
    fs::remove_file(path.with_extension("shx")).unwrap();
    let error = plain_error(&path);
    assert!(error.to_string().contains(".shx is missing") && error.zh().contains("缺少 .shx"), "{error}");
}

#[test]
fn the_hash_of_a_shapefile_covers_its_table() {
    let folder = folder();
    let path = shapefile(&folder, "UTF-8");
    let before = sha256(&path).unwrap();
    let mut table = fs::read(path.with_extension("dbf")).unwrap();
    let last = table.len() - 10;
    table[last] ^= 1;
    fs::write(path.with_extension("dbf"), table).unwrap();
    assert_ne!(sha256(&path).unwrap(), before);
    let text = written(&folder, "abc.txt", "abc");
    assert_eq!(sha256(&text).unwrap(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn a_geopackage_with_two_layers_asks_which_one_and_draws_curves() {
    let folder = folder();
    let path = folder.path().join("plan.gpkg");
    let mut dataset = DriverManager::get_driver_by_name("GPKG").unwrap().create_vector_only(&path).unwrap();
    for (name, wkt) in
        [("zones", "CURVEPOLYGON (CIRCULARSTRING (0 0,10 0,0 0))"), ("solids", "POLYHEDRALSURFACE Z (((0 0 0,1 0 0,1 1 1,0 0 0)))")]
    {
        let layer = dataset.create_layer(LayerOptions { name, srs: None, ty: OGRwkbGeometryType::wkbUnknown, options: None }).unwrap();
        layer.create_defn_fields(&[("count", OGRFieldType::OFTInteger)]).unwrap();
        let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
        feature.set_geometry(Ogr::from_wkt(wkt).unwrap()).unwrap();
        feature.create(&layer).unwrap();
        gdal::vector::Feature::new(layer.defn()).unwrap().create(&layer).unwrap();
    }
    dataset.close().unwrap();
    let error = plain_error(&path);
    assert!(error.to_string().contains("zones, solids"), "{error}");
    let names: Vec<String> = layers(&path, &ReadOptions::default()).unwrap().into_iter().map(|layer| layer.name).collect();
    assert_eq!(names, ["zones", "solids"]);
    let of = |layer: &str| all(&path, &ReadOptions { layer: Some(layer.into()), ..ReadOptions::default() });
    let (info, zones) = of("zones").unwrap();
    assert!(matches!(zones[0].geometry, Ok(Some(Geometry::Polygon(_)))));
    // a field that was never set is no zero, and a feature without geometry is no error
    assert_eq!((zones[0].field("count"), &zones[1].geometry, info.crs), (Some(&SourceValue::Null), &Ok(None), None));
    assert!(of("solids").unwrap().1[0].geometry.as_ref().unwrap_err().contains("PolyhedralSurface"));
    assert!(matches!(of("roads"), Err(FormatError::NoLayer { wanted: Some(_), .. })));
}

#[test]
fn drawings_and_markup_are_read_and_nothing_is_left_beside_them() {
    let folder = folder();
    let dxf = "0\nSECTION\n2\nENTITIES\n0\nLINE\n8\nroads\n10\n0\n20\n0\n11\n5\n21\n5\n0\nENDSEC\n0\nEOF\n";
    let (info, features) = plain(&written(&folder, "a.dxf", dxf));
    assert_eq!((info.driver.as_str(), text(&features[0], "Layer").as_str()), ("DXF", "roads"));
    let kml = r#"<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>沙田</name><Point><coordinates>114.2,22.4,5</coordinates></Point></Placemark></Document></kml>"#;
    let (info, features) = plain(&written(&folder, "b.kml", kml));
    assert_eq!((info.crs.as_deref(), features[0].geometry.clone()), (Some("EPSG:4326"), Ok(Some(Point::new(114.2, 22.4).into()))));
    let gml = r#"<f:FeatureCollection xmlns:f="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><f:place fid="1"><f:geometryProperty><gml:Point srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>22.4 114.2</gml:pos></gml:Point></f:geometryProperty><f:name>沙田</f:name></f:place></gml:featureMember></f:FeatureCollection>"#;
    let (_, features) = plain(&written(&folder, "c.gml.gz", gzip(gml.as_bytes())));
    assert_eq!(features[0].geometry, Ok(Some(Point::new(114.2, 22.4).into())));
    let (_, features) = plain(&written(&folder, "c.gml", gml));
    assert_eq!((features.len(), text(&features[0], "name").as_str()), (1, "沙田"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn openstreetmap_tags_are_fields_and_layers_are_chosen() {
    let folder = folder();
    let osm = r#"<?xml version="1.0"?><osm version="0.6">
        <node id="1" lat="22.4" lon="114.2"><tag k="name" v="沙田 Sha Tin"/><tag k="name:zh" v="沙田"/><tag k="addr:housenumber" v="5"/></node>
        <node id="2" lat="22.5" lon="114.2"/><node id="3" lat="22.5" lon="114.3"/>
        <way id="9"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/><tag k="name:en" v="A &quot;quoted&quot; road"/></way></osm>"#;
    let path = written(&folder, "a.osm.gz", gzip(osm.as_bytes()));
    let known: Vec<String> = layers(&path, &ReadOptions::default()).unwrap().into_iter().map(|layer| layer.name).collect();
    assert_eq!(known, ["points", "lines", "multilinestrings", "multipolygons", "other_relations"]);
    let of = |layer: &str| all(&path, &ReadOptions { layer: Some(layer.into()), ..ReadOptions::default() }).unwrap();
    let (info, points) = of("points");
    assert_eq!(
        (info.crs.as_deref(), points.len(), text(&points[0], "name:zh").as_str(), text(&points[0], "addr:housenumber").as_str()),
        (Some("EPSG:4326"), 1, "沙田", "5")
    );
    let (_, lines) = of("lines");
    assert_eq!(
        (lines.len(), text(&lines[0], "name:en").as_str(), text(&lines[0], "highway").as_str()),
        (1, "A \"quoted\" road", "residential")
    );
}

// ---- archives and limits

fn zipped(folder: &TempDir, name: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.path().join(name);
    let mut archive = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, bytes) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
    path
}

#[test]
fn a_zipped_shapefile_is_one_file_and_several_files_are_asked_for() {
    let folder = folder();
    let path = shapefile(&folder, "CP936");
    let part = |ending: &str| fs::read(path.with_extension(ending)).unwrap();
    let (shp, shx, dbf, prj, cpg) = (part("shp"), part("shx"), part("dbf"), part("prj"), part("cpg"));
    let parts: Vec<(&str, &[u8])> =
        vec![("d/roads.shp", &shp), ("d/roads.shx", &shx), ("d/roads.dbf", &dbf), ("d/roads.prj", &prj), ("d/roads.cpg", &cpg)];
    let (_, features) = plain(&zipped(&folder, "one.zip", &parts));
    assert_eq!(features[0].fields[0].1.as_text().unwrap(), "中山路");
    let more = [parts.as_slice(), &[("names.csv", b"a,b\n1,2\n".as_slice()), ("../../evil.csv", b"a\n1\n"), ("readme.md", b"x")]].concat();
    let both = zipped(&folder, "both.zip", &more);
    let error = plain_error(&both);
    assert!(error.to_string().contains("roads") && error.to_string().contains("names"), "{error}");
    for (name, count) in [("roads", 3), ("names", 1)] {
        let (_, features) = all(&both, &ReadOptions { layer: Some(name.into()), ..ReadOptions::default() }).unwrap();
        assert_eq!(features.len(), count, "{name}");
    }
    assert_eq!(layers(&both, &ReadOptions::default()).unwrap().len(), 2);
}

#[test]
fn bombs_do_not_go_off() {
    let folder = folder();
    let zeros = vec![b' '; 80 << 20];
    for path in [
        written(&folder, "a.csv.gz", gzip(&zeros)),
        written(&folder, "a.osm.gz", gzip(&zeros)),
        zipped(&folder, "a.zip", &[("a.csv", &zeros)]),
        zipped(&folder, "a.xlsx", &[("a.xml", &zeros)]),
    ] {
        let error = plain_error(&path);
        assert!(matches!(error, FormatError::TooLarge { .. }), "{}: {error}", path.display());
        assert!(error.to_string().contains("ratio"), "{error}");
    }
    let small = ReadOptions { limits: Limits { file_bytes: 10, ..Limits::default() }, ..ReadOptions::default() };
    assert!(matches!(all(&written(&folder, "b.csv", "a,b\n1,2\n3,4\n"), &small), Err(FormatError::TooLarge { .. })));
}

#[test]
fn files_that_are_not_what_they_are_called_are_errors() {
    let folder = folder();
    for name in [
        "a.gpkg",
        "a.fgb",
        "a.dxf.gz",
        "a.osm",
        "a.osm.pbf",
        "a.xlsx",
        "a.xls",
        "a.ods",
        "a.zip",
        "a.csv.gz",
        "a.geojson.gz",
        "a.shp",
        "a.kml",
        "a.gml",
        "a.topojson",
    ] {
        let error = plain_error(&written(&folder, name, "this is something else entirely\n"));
        assert!(matches!(error, FormatError::Damaged { .. } | FormatError::MissingPart { .. }), "{name}: {error:?}");
    }
    assert!(matches!(plain_error(&written(&folder, "a.exe", "MZ")), FormatError::Unknown { .. }));
    assert!(matches!(plain_error(Path::new("no/such/file.csv")), FormatError::Open { .. }));
}

#[test]
fn the_reader_stops_when_it_is_told_to() {
    let folder = folder();
    let path = written(&folder, "a.csv", "a\n1\n2\n3\n");
    let mut seen = 0;
    read(&path, &ReadOptions::default(), &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!(seen, 1);
}

#[test]
fn a_workbook_gives_numbers_texts_and_dates() {
    let folder = folder();
    let sheet = r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>门牌登记表</t></is></c></row>
        <row r="2"><c r="A2" t="inlineStr"><is><t>编号</t></is></c><c r="B2" t="inlineStr"><is><t>日期</t></is></c><c r="C2" t="inlineStr"><is><t>x</t></is></c><c r="D2" t="inlineStr"><is><t>y</t></is></c></row>
        <row r="3"><c r="A3"><v>330106</v></c><c r="B3" s="1"><v>45356</v></c><c r="C3"><v>120.5</v></c><c r="D3"><v>30</v></c></row>
        <row r="5"><c r="A5" t="inlineStr"><is><t>二</t></is></c><c r="B5" t="e"><v>#N/A</v></c></row></sheetData></worksheet>"#;
    let files: [(&str, &[u8]); 6] = [
        ("[Content_Types].xml", br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>"#),
        ("_rels/.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/workbook.xml", r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="门牌" sheetId="1" r:id="r1"/></sheets></workbook>"#.as_bytes()),
        ("xl/_rels/workbook.xml.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#),
        ("xl/styles.xml", br#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"#),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    let path = zipped(&folder, "plates.xlsx", &files);
    let mut options = with_columns("x", "y");
    options.csv.skip_rows = 1;
    let (info, rows) = all(&path, &options).unwrap();
    assert_eq!((info.layer.as_str(), info.fields.as_slice()), ("门牌", ["编号", "日期", "x", "y"].map(str::to_owned).as_slice()));
    assert_eq!(rows[0].field("编号"), Some(&SourceValue::Int(330106)));
    assert_eq!(rows[0].field("日期"), Some(&SourceValue::Date(NaiveDate::from_ymd_opt(2024, 3, 5).unwrap())));
    assert_eq!(rows[0].geometry, Ok(Some(Point::new(120.5, 30.0).into())));
    assert_eq!((rows.len(), rows[1].geometry.clone(), rows[1].notes.len()), (2, Ok(None), 1));
    options.sheet = Some("别的".into());
    assert!(matches!(all(&path, &options), Err(FormatError::NoLayer { .. })));
}

fn plain_error(path: &Path) -> FormatError {
    match all(path, &ReadOptions::default()) {
        Ok((info, features)) => panic!("{} was read: {info:?}, {} features", path.display(), features.len()),
        Err(error) => error,
    }
}
