//! Where the real data is, and its tables row by row.

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;

/// A file of the shared data. `None`, said loudly, when the data is not there and nobody asked for it.
///
/// # Panics
/// When `YUTU_REAL_DATA` names a folder without the file.
pub fn file(name: &str) -> Option<PathBuf> {
    let asked = std::env::var_os("YUTU_REAL_DATA").map(PathBuf::from);
    let folder = asked.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let path = folder.join(name);
    if !path.exists() {
        assert!(asked.is_none(), "YUTU_REAL_DATA is set, but there is no {}", path.display());
        eprintln!("NOT RUN: {} is not there; set YUTU_REAL_DATA to the folder with the shared data", path.display());
        return None;
    }
    Some(path)
}

/// The bytes of a gzipped file.
pub fn unpacked(name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(file(name)?).unwrap()).read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

/// A row by the names of its columns.
pub type Row = HashMap<String, String>;

pub fn table(name: &str) -> Option<Vec<Row>> {
    let bytes = unpacked(name)?;
    let mut rows = csv::Reader::from_reader(bytes.as_slice());
    let header: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |row: csv::StringRecord| header.iter().cloned().zip(row.iter().map(|value| value.trim().to_owned())).collect();
    Some(rows.records().map(|record| row(record.unwrap())).collect())
}

/// The features of a GDAL layer of an OSM file: their fields that have a value, and a position where they have one.
pub fn osm(name: &str, layer: &str) -> Option<Vec<(Row, Option<[f64; 2]>)>> {
    let path = file(name)?;
    let mut all = Vec::new();
    let options = yutu::formats::ReadOptions { layer: Some(layer.to_owned()), ..Default::default() };
    let mut sink = |feature: yutu::formats::SourceFeature| {
        let position = feature.geometry.ok().flatten().and_then(|geometry| yutu::geometry::inner_point(&geometry));
        let fields = feature.fields.iter().filter_map(|(field, value)| Some((field.to_string(), value.as_text()?.into_owned())));
        all.push((fields.collect(), position));
        std::ops::ControlFlow::Continue(())
    };
    yutu::formats::read(&path, &options, &mut sink).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
    Some(all)
}
