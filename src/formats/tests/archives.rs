//! Archives, limits, and files that are not what they seem.

use super::*;

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
