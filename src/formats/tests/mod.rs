//! Awkward files, made on the spot.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use gdal::DriverManager;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Geometry as Ogr, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use tempfile::TempDir;

use super::*;

mod archives;
mod json;
mod ogr;
mod tables;

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

fn plain_error(path: &Path) -> FormatError {
    match all(path, &ReadOptions::default()) {
        Ok((info, features)) => panic!("{} was read: {info:?}, {} features", path.display(), features.len()),
        Err(error) => error,
    }
}

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

/// To the nearest metre.
fn point(geometry: &Geometry<f64>) -> [i64; 2] {
    match geometry {
        Geometry::Point(point) => [point.x().round() as i64, point.y().round() as i64],
        other => panic!("{other:?}"),
    }
}
