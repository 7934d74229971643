//! GeoJSON and TopoJSON.

use geo_types::Point;

use super::*;

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
