//! Readers, coordinate systems and geometry on real files: the counts are those of the README beside each dataset.
//! The data is looked for in YUTU_REAL_DATA, else in ../shared/data. Absent and not named: one loud line; named and absent: failure.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use geo_types::Geometry;
use yutu::crs::{Crs, transform};
use yutu::formats::{CsvOptions, ReadOptions, SourceFeature, SourceInfo, read};
use yutu::geometry::{Flaw, area_m2, check, fingerprint, fingerprints_near, repair, same_shape};

const TOLERANCE_M: f64 = 0.1;

fn data(dataset: &str) -> Option<PathBuf> {
    let named = std::env::var_os("YUTU_REAL_DATA").map(PathBuf::from);
    let folder = named.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data")).join(dataset);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(named.is_none(), "YUTU_REAL_DATA is set, but {} is not there", folder.display());
    eprintln!("REAL DATA NOT TESTED: {} is not there; set YUTU_REAL_DATA", folder.display());
    None
}

fn all_with(path: &Path, options: &ReadOptions) -> (SourceInfo, Vec<SourceFeature>) {
    let mut features = Vec::new();
    let info = read(path, options, &mut |feature| {
        features.push(feature);
        ControlFlow::Continue(())
    });
    (info.unwrap_or_else(|error| panic!("{error}")), features)
}

fn all(path: &Path) -> (SourceInfo, Vec<SourceFeature>) {
    all_with(path, &ReadOptions::default())
}

fn layer(path: &Path, name: &str) -> Vec<SourceFeature> {
    all_with(path, &ReadOptions { layer: Some(name.to_owned()), ..ReadOptions::default() }).1
}

/// In the working system; every geometry must be readable and in reach.
fn in_system(features: &[SourceFeature], from: &str, to: &str) -> Vec<Geometry<f64>> {
    let (from, to) = (Crs::parse(from).unwrap(), Crs::parse(to).unwrap());
    let geometries = features.iter().filter_map(|feature| feature.geometry.clone().unwrap());
    geometries
        .map(|mut geometry| {
            transform(&mut geometry, &from, &to).unwrap();
            geometry
        })
        .collect()
}

fn invalid(geometries: &[Geometry<f64>]) -> usize {
    geometries.iter().filter(|geometry| matches!(check(geometry), Err(Flaw::Invalid { .. }))).count()
}

#[test]
fn cambridge_has_the_features_and_the_dirt_its_readme_counts() {
    let Some(folder) = data("cambridge-ma") else { return };
    for (file, count) in [
        ("roads/TRANS_Centerlines.geojson.gz", 2643),
        ("zoning/CDD_ZoningDistricts.geojson.gz", 261),
        ("permits/CDD_SpecialPermitAreas.geojson.gz", 355),
        ("permits/CDD_SpecialPermits.geojson.gz", 499),
        ("editions/CDD_ZoningDistricts.2024-03-05.geojson.gz", 297),
    ] {
        let (info, features) = all(&folder.join(file));
        assert_eq!((info.crs.as_deref(), features.len()), (Some("EPSG:4326"), count), "{file}");
        assert_eq!(invalid(&in_system(&features, "EPSG:4326", "EPSG:26986")), 0, "{file}");
    }
    let (_, lots) = all(&folder.join("basemap/BASEMAP_ParkingLots.geojson.gz"));
    assert_eq!(invalid(&in_system(&lots, "EPSG:4326", "EPSG:26986")), 9);

    let (info, parcels) = all(&folder.join("parcels/ASSESSING_ParcelsFY2014.topojson.gz"));
    assert_eq!((info.driver.as_str(), info.crs, parcels.len()), ("TopoJSON", None, 13_116));
    let geometries: Vec<Geometry<f64>> = parcels.iter().filter_map(|parcel| parcel.geometry.clone().unwrap()).collect();
    let unsound: Vec<&Geometry<f64>> = geometries.iter().filter(|geometry| check(geometry).is_err()).collect();
    let empty = unsound.iter().filter(|geometry| check(geometry) == Err(Flaw::Empty)).count();
    assert_eq!((empty, unsound.len() - empty), (1, 37));
    for geometry in unsound.into_iter().filter(|geometry| check(geometry) != Err(Flaw::Empty)) {
        if let Some(repaired) = repair(geometry) {
            assert_eq!(check(&repaired.geometry), Ok(()));
        }
    }

    let header = [
        "address_id",
        "street_number",
        "suffix",
        "street_name",
        "street_suffix",
        "dir",
        "full_address",
        "poi",
        "poi_type",
        "MapLot",
        "BldgID",
    ];
    let csv = CsvOptions { header: Some(header.map(str::to_owned).to_vec()), ..CsvOptions::default() };
    let (_, addresses) = all_with(
        &folder.join("addresses/Master_Address_Database_with_MapLot_and_BldgID.2021-06-14.csv.gz"),
        &ReadOptions { csv, ..ReadOptions::default() },
    );
    assert_eq!(addresses.len(), 24_099);
    let csv = CsvOptions { x: Some("lon".into()), y: Some("lat".into()), ..CsvOptions::default() };
    let (_, positions) =
        all_with(&folder.join("addresses/derived_address_positions_from_parcels.csv.gz"), &ReadOptions { csv, ..ReadOptions::default() });
    assert_eq!(positions.iter().filter(|row| row.geometry == Ok(None)).count(), 1379);
}

#[test]
fn cambridges_zones_of_2024_are_recognised_in_2026() {
    let Some(folder) = data("cambridge-ma") else { return };
    let zones = |file: &str| in_system(&all(&folder.join(file)).1, "EPSG:4326", "EPSG:26986");
    let (old, new) = (zones("editions/CDD_ZoningDistricts.2024-03-05.geojson.gz"), zones("zoning/CDD_ZoningDistricts.geojson.gz"));
    let mut by_number: HashMap<u64, Vec<&Geometry<f64>>> = HashMap::new();
    for zone in &old {
        by_number.entry(fingerprint(zone, TOLERANCE_M)).or_default().push(zone);
    }
    let (mut by_hand, mut found, mut by_number_only) = (0, 0, 0);
    for zone in &new {
        by_hand += usize::from(old.iter().any(|other| same_shape(other, zone, TOLERANCE_M)));
        let candidates: Vec<_> =
            fingerprints_near(zone, TOLERANCE_M).into_iter().filter_map(|number| by_number.get(&number)).flatten().collect();
        found += usize::from(candidates.iter().any(|other| same_shape(other, zone, TOLERANCE_M)));
        by_number_only += usize::from(!candidates.is_empty());
    }
    assert_eq!(found, by_hand, "no shape is missed by its number");
    // at a tolerance of 0.1 m; the number alone, without looking at the shape, errs on few
    assert!((230..=240).contains(&found) && by_number_only - by_hand <= 2, "{found} by shape, {by_number_only} by number");
}

#[test]
fn yilans_zones_are_in_their_own_system_and_one_is_invalid() {
    let Some(folder) = data("tw-yilan") else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("zoning")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".geojson.gz"));
    files.sort();
    let (system, mercator) = (Crs::parse("EPSG:3826").unwrap(), Crs::mercator());
    let (mut count, mut unsound) = (0, 0);
    for file in &files {
        let (info, features) = all(file);
        assert_eq!(info.crs.as_deref(), Some("EPSG:3826"), "{}", file.display());
        count += features.len();
        let geometries: Vec<Geometry<f64>> = features.into_iter().filter_map(|feature| feature.geometry.unwrap()).collect();
        for geometry in geometries.iter().filter(|geometry| check(geometry).is_err()) {
            unsound += 1;
            let repaired = repair(geometry).unwrap();
            assert!(repaired.area_change_m2 < 1.0 && area_m2(&repaired.geometry) > 100.0, "{}", repaired.area_change_m2);
        }
        for mut geometry in geometries {
            transform(&mut geometry, &system, &mercator).unwrap();
        }
    }
    assert_eq!((files.len(), count, unsound), (21, 4692, 1));

    let csv = CsvOptions { x: Some("X".into()), y: Some("Y".into()), ..CsvOptions::default() };
    let (_, plates) = all_with(&folder.join("address_points.csv.gz"), &ReadOptions { csv, ..ReadOptions::default() });
    assert_eq!(plates.len(), 156_201);
    let (from, to) = (Crs::wgs84(), Crs::parse("EPSG:3826").unwrap());
    let misplaced: Vec<_> =
        plates.iter().filter(|plate| transform(&mut plate.geometry.clone().unwrap().unwrap(), &from, &to).is_err()).collect();
    assert_eq!(misplaced.len(), 2, "{misplaced:?}");
}

#[test]
fn liechtenstein_has_the_layers_gdal_counts() {
    let Some(folder) = data("osm-liechtenstein") else { return };
    let path = folder.join("liechtenstein-2022-12-15.osm.pbf");
    for (name, count) in [("points", 16_630), ("lines", 9_356), ("multilinestrings", 321), ("multipolygons", 23_245)] {
        let features = layer(&path, name);
        assert_eq!(features.len(), count, "{name}");
        assert!(features.iter().all(|feature| feature.geometry.is_ok() && feature.notes.is_empty()), "{name}");
        if name == "points" {
            let is = |feature: &&SourceFeature, key: &str, value: &str| {
                feature.field(key).and_then(|field| field.as_text().map(|text| text == value)).unwrap_or(false)
            };
            let markers =
                features.iter().filter(|point| is(point, "boundary", "marker") || is(point, "historic", "boundary_stone")).count();
            assert_eq!(markers, 19);
        }
        if name == "multipolygons" {
            let geometries: Vec<Geometry<f64>> = features.into_iter().filter_map(|feature| feature.geometry.unwrap()).collect();
            assert_eq!(invalid(&geometries), 12);
        }
    }
    assert!(!layer(&path, "other_relations").is_empty());
}

#[test]
fn sha_tin_has_its_layers_and_its_names_in_two_languages() {
    let Some(folder) = data("hk-shatin") else { return };
    let path = folder.join("shatin.osm.gz");
    for (name, count) in [("points", 475), ("lines", 1094), ("multilinestrings", 73), ("multipolygons", 839)] {
        assert_eq!(layer(&path, name).len(), count, "{name}");
    }
    let lines = layer(&path, "lines");
    assert!(lines.iter().any(|line| line.field("name:zh").and_then(|name| name.as_text().map(|name| name == "沙田正街")).unwrap_or(false)));
}

#[test]
fn closed_lines_of_the_isle_of_man_become_areas() {
    let Some(folder) = data("isle-of-man") else { return };
    let path = folder.join("boundary/admin_boundaries.geojson.gz");
    let areas = |close_lines: bool| {
        let (_, features) = all_with(&path, &ReadOptions { close_lines, ..ReadOptions::default() });
        assert_eq!(features.len(), 89);
        features.iter().filter(|feature| matches!(feature.geometry, Ok(Some(Geometry::Polygon(_) | Geometry::MultiPolygon(_))))).count()
    };
    assert_eq!(areas(false), 31);
    assert!(areas(true) >= 31);
    let (info, rows) = all(&folder.join("planning/planning-applications-2016.csv.gz"));
    assert_eq!((info.encoding.as_deref(), info.encoding_guessed), (Some("windows-1252"), true));
    assert!(rows.iter().any(|row| !row.notes.is_empty()), "the stray byte is told");
}

#[test]
fn chinas_districts_are_all_there_and_valid() {
    let Some(folder) = data("cn-divisions") else { return };
    for (file, count) in [("cn_province", 34), ("cn_city", 375), ("cn_district", 2891)] {
        let (info, features) = all(&folder.join(format!("boundary/{file}_tianditu_wgs84.fgb")));
        assert_eq!((info.crs.as_deref(), features.len()), (Some("EPSG:4326"), count), "{file}");
        let geometries: Vec<Geometry<f64>> = features.into_iter().filter_map(|feature| feature.geometry.unwrap()).collect();
        assert_eq!(invalid(&geometries), 0, "{file}");
    }
}
