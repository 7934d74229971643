//! What GDAL reads.

use geo_types::Point;

use super::*;

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

#[test]
fn a_file_geodatabase_is_a_folder_and_may_come_in_an_archive() {
    let folder = folder();
    let path = folder.path().join("plan.gdb");
    let mut dataset = DriverManager::get_driver_by_name("OpenFileGDB").unwrap().create_vector_only(&path).unwrap();
    let system = SpatialRef::from_epsg(4549).unwrap();
    let layer =
        dataset.create_layer(LayerOptions { name: "地块", srs: Some(&system), ty: OGRwkbGeometryType::wkbPoint, options: None }).unwrap();
    layer.create_defn_fields(&[("用途", OGRFieldType::OFTString)]).unwrap();
    let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
    feature.set_geometry(Ogr::from_wkt("POINT (500000 3350000)").unwrap()).unwrap();
    feature.set_field_string(0, "住宅").unwrap();
    feature.create(&layer).unwrap();
    drop(feature);
    dataset.close().unwrap();

    let parts: Vec<(String, Vec<u8>)> = fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|part| (format!("plan.gdb/{}", part.file_name().unwrap().to_string_lossy()), fs::read(&part).unwrap()))
        .collect();
    let archive = zipped(&folder, "plan.zip", &parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect::<Vec<_>>());
    for path in [path, archive] {
        let (info, features) = plain(&path);
        assert_eq!((info.layer.as_str(), info.crs.as_deref(), text(&features[0], "用途").as_str()), ("地块", Some("EPSG:4549"), "住宅"));
        assert_eq!(features[0].geometry.as_ref().unwrap().as_ref().map(point), Some([500_000, 3_350_000]));
    }
}
