//! Geographic files in: one stream of features as the file has them, whatever the format; and out, in [`write`]. Tables that flow
//! through, row by row as they come: [`rows`].
//! Leaves out: coordinate transformation, judging geometry, and what the fields mean.
//!
//! Tables (`.csv .tsv .txt .xlsx .xls .ods`) and GeoJSON are read here, everything else by GDAL. `.gz` and `.zip` are
//! unpacked under [`Limits`]. Coordinates come exactly as they are in the file, x (east, longitude) first.

mod csv;
mod error;
mod geojson;
mod hstore;
mod json;
mod ogr;
pub mod rows;
mod shapefile;
mod sheet;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod topojson;
mod unpack;
mod wkb;
pub mod write;

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use geo_types::{Geometry, LineString, MultiPolygon, Polygon};

pub use error::{Cause, FormatError};
pub use source::sha256;

use source::{Kind, Opened};

/// A feature as the file has it.
#[derive(Debug, Clone)]
pub struct SourceFeature {
    /// The number of the feature in its layer, from 1, headings not counted.
    pub row: u64,
    /// In the order of the file. A field that the file leaves out may be missing here.
    pub fields: Vec<(Arc<str>, SourceValue)>,
    /// `None`: the file has none. `Err`: there is something, and why it is not a geometry.
    pub geometry: Result<Option<Geometry<f64>>, String>,
    /// What could not be read as it should be, such as text in another encoding.
    pub notes: Vec<String>,
}

impl SourceFeature {
    pub fn field(&self, name: &str) -> Option<&SourceValue> {
        self.fields.iter().find(|(field, _)| &**field == name).map(|(_, value)| value)
    }
}

/// A value as the file has it; blank text is [`SourceValue::Null`].
#[derive(Debug, Clone, PartialEq)]
pub enum SourceValue {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    Text(String),
    Date(NaiveDate),
}

impl SourceValue {
    /// As a person would write it; `None` for no value. Whole numbers have no decimals.
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
            Self::Int(value) => Cow::Owned(value.to_string()),
            Self::Real(value) => Cow::Owned(value.to_string()),
            Self::Text(value) => Cow::Borrowed(value),
            Self::Date(value) => Cow::Owned(value.to_string()),
        })
    }

    fn of_text(text: String) -> Self {
        if text.is_empty() { Self::Null } else { Self::Text(text) }
    }
}

/// How a file is to be read; the default lets the file speak for itself.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Which layer of a file that has several; in an archive of several files also the name of one of them.
    pub layer: Option<String>,
    /// Of text files and Shapefiles: `utf-8`, `gb18030` (also `gbk`, `cp936`), `big5` (`cp950`), `windows-1252` ...
    pub encoding: Option<String>,
    pub csv: CsvOptions,
    /// Sheet of a workbook; the first one otherwise.
    pub sheet: Option<String>,
    /// A closed line is an area (GDAL and some converters write areas as lines).
    pub close_lines: bool,
    pub limits: Limits,
}

/// For tables; `header`, `skip_rows`, `x` and `y` hold for workbooks too.
#[derive(Debug, Clone, Default)]
pub struct CsvOptions {
    /// Found out from the first lines when not given.
    pub delimiter: Option<u8>,
    /// For a file without a header row.
    pub header: Option<Vec<String>>,
    /// Rows above the header (or above the data, when a header is given). Rows without any character do not count.
    pub skip_rows: usize,
    /// The columns with the coordinates; both or none.
    pub x: Option<String>,
    pub y: Option<String>,
}

/// What is more is refused with a message that names the limit.
#[derive(Debug, Clone)]
pub struct Limits {
    pub file_bytes: u64,
    pub unpacked_bytes: u64,
    /// Unpacked to packed, looked at beyond the first 64 MiB.
    pub unpack_ratio: u64,
    pub fields: usize,
    /// One feature, row or object.
    pub feature_bytes: usize,
    /// Brackets in brackets (JSON), collections in collections.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const GIB: u64 = 1 << 30;
        Self { file_bytes: 32 * GIB, unpacked_bytes: 64 * GIB, unpack_ratio: 400, fields: 4096, feature_bytes: 256 << 20, depth: 64 }
    }
}

/// What the file says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceInfo {
    /// GDAL's name of the format, such as `GeoJSON`, `CSV`, `ESRI Shapefile`.
    pub driver: String,
    pub layer: String,
    /// `EPSG:n` or WKT; `None` when the file states none.
    pub crs: Option<String>,
    /// Of text files and Shapefiles: the encoding that was taken.
    pub encoding: Option<String>,
    /// The encoding was neither given nor stated, but found out from the bytes.
    pub encoding_guessed: bool,
    /// All fields met, in the order of the file.
    pub fields: Vec<String>,
}

/// A layer of a file, before its features are read.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerInfo {
    pub name: String,
    /// When the file knows it without being read.
    pub features: Option<u64>,
    pub crs: Option<String>,
    pub fields: Vec<String>,
}

/// Receives features; `Break` ends the reading without an error.
pub type Sink<'a> = dyn FnMut(SourceFeature) -> ControlFlow<()> + 'a;

/// The layers, sheets or files (of an archive) that [`ReadOptions::layer`] or [`ReadOptions::sheet`] can name.
pub fn layers(path: &Path, options: &ReadOptions) -> Result<Vec<LayerInfo>, FormatError> {
    let mut all = Vec::new();
    for file in source::open_all(path, options)? {
        match file.kind {
            Kind::Csv | Kind::Json => {
                // a text file has one layer, and knows nothing about it before it is read
                let mut none = |_: SourceFeature| ControlFlow::Break(());
                let info = if file.kind == Kind::Csv {
                    csv::read(&file, options, &mut none)?
                } else {
                    geojson_or_topojson(&file, options, &mut none)?
                };
                all.push(LayerInfo { name: info.layer, features: None, crs: info.crs, fields: info.fields });
            }
            Kind::Sheet => all.extend(sheet::layers(&file, options)?),
            Kind::Ogr => all.extend(ogr::layers(&file, options)?),
        }
    }
    Ok(all)
}

/// Reads all features of one layer, one by one, in the order of the file. Blocking, and long: for a thread of its own.
///
/// # Errors
/// When the file as a whole cannot be read, or not to its end. What is wrong with one feature comes with that feature.
pub fn read(path: &Path, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<SourceInfo, FormatError> {
    let file = source::open(path, options)?;
    let mut finish = |mut feature: SourceFeature| {
        if options.close_lines {
            feature.geometry = feature.geometry.map(|geometry| geometry.map(closed));
        }
        sink(feature)
    };
    match file.kind {
        Kind::Csv => csv::read(&file, options, &mut finish),
        Kind::Json => geojson_or_topojson(&file, options, &mut finish),
        Kind::Sheet => sheet::read(&file, options, &mut finish),
        Kind::Ogr => ogr::read(&file, options, &mut finish),
    }
}

fn geojson_or_topojson(file: &Opened, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<SourceInfo, FormatError> {
    match geojson::read(file, options, sink)? {
        Some(info) => Ok(info),
        None => ogr::read(file, options, sink),
    }
}

/// Closed lines as areas, everything else as it is.
fn closed(geometry: Geometry<f64>) -> Geometry<f64> {
    let is_ring = |line: &LineString<f64>| line.0.len() >= 4 && line.is_closed();
    match geometry {
        Geometry::LineString(line) if is_ring(&line) => Polygon::new(line, vec![]).into(),
        Geometry::MultiLineString(lines) if !lines.0.is_empty() && lines.iter().all(is_ring) => {
            MultiPolygon(lines.into_iter().map(|line| Polygon::new(line, vec![])).collect()).into()
        }
        other => other,
    }
}
