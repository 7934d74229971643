//! Geographic files out: one layer into a file, or into the few files that its format needs, feature by feature.
//! Leaves out: coordinate transformation, what the columns mean, and where the finished file comes to lie.
//!
//! GeoJSON and CSV are written here, GeoPackage, FlatGeobuf and Shapefile by GDAL. Coordinates are written as they come,
//! x (east, longitude) first, which is what all five formats want; the binary ones hold them to the last bit, the texts to
//! a tenth of a millimetre.

mod csv;
mod error;
mod geojson;
mod ogr;
mod shapefile;
#[cfg(test)]
mod tests;
mod wkt;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use geo::MapCoords;
use geo_types::{Coord, Geometry};

use super::SourceValue;
use crate::domain::GeometryKind;

pub use error::WriteError;

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    GeoPackage,
    FlatGeobuf,
    GeoJson,
    Csv,
    Shapefile,
}

/// No format has this name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "没有名为 {0:?} 的格式；可选：{known} / no format is called {0:?}; there are: {known}",
    known = FileFormat::ALL.map(FileFormat::id).join(", ")
)]
pub struct UnknownFormat(pub String);

/// A column of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnKind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    Text,
    Int,
    Number,
    Date,
    /// JSON, handed over as text.
    Json,
}

/// What of a geometry decides into which file it may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShapeKind {
    Nothing,
    Point,
    MultiPoint,
    Line,
    Area,
    Collection,
}

/// The system of the coordinates, in the words that files have for it.
#[derive(Clone, Debug)]
pub struct FileCrs {
    /// As a person names it.
    pub name: String,
    pub epsg: Option<u32>,
    /// Empty for systems that have none, such as GCJ-02: then the file cannot say in which system it is.
    pub wkt: String,
    /// In degrees.
    pub geographic: bool,
}

/// What will be written.
#[derive(Clone, Debug)]
pub struct Layout {
    pub layer: String,
    pub geometry: GeometryKind,
    /// The kinds of shapes that will come.
    pub kinds: BTreeSet<ShapeKind>,
    pub columns: Vec<Column>,
    pub crs: FileCrs,
    /// Names and texts about the whole, such as its licence. GeoPackage and GeoJSON have a place for them.
    pub about: Vec<(&'static str, String)>,
}

/// A feature to be written: a value for each column.
#[derive(Clone, Debug)]
pub struct Row {
    pub geometry: Option<Geometry<f64>>,
    pub values: Vec<SourceValue>,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    pub files: Vec<WrittenFile>,
    pub losses: Losses,
}

/// A file that can be opened by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    pub path: PathBuf,
    pub rows: u64,
}

/// What the format could not hold as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Column, and what it is called in the file.
    pub renamed: Vec<(&'static str, String)>,
    /// Column, how many of its texts were cut, and the most bytes that fit.
    pub cut: Vec<(&'static str, u64, usize)>,
    /// Column, and how many of its values were left out whole.
    pub left_out: Vec<(&'static str, u64)>,
}

impl FileFormat {
    pub const ALL: [FileFormat; 5] =
        [FileFormat::GeoPackage, FileFormat::FlatGeobuf, FileFormat::GeoJson, FileFormat::Csv, FileFormat::Shapefile];

    /// The usual ending, which is also what `--format` calls it.
    pub fn id(self) -> &'static str {
        match self {
            FileFormat::GeoPackage => "gpkg",
            FileFormat::FlatGeobuf => "fgb",
            FileFormat::GeoJson => "geojson",
            FileFormat::Csv => "csv",
            FileFormat::Shapefile => "shp",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            FileFormat::GeoPackage => "GeoPackage",
            FileFormat::FlatGeobuf => "FlatGeobuf",
            FileFormat::GeoJson => "GeoJSON",
            FileFormat::Csv => "CSV",
            FileFormat::Shapefile => "Shapefile",
        }
    }

    /// As the file's ending tells.
    pub fn of_path(path: &Path) -> Option<Self> {
        path.extension()?.to_str()?.parse().ok()
    }

    /// Whether [`Layout::about`] is written into the file itself.
    pub fn tells_about(self) -> bool {
        matches!(self, FileFormat::GeoPackage | FileFormat::GeoJson)
    }
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl FromStr for FileFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "gpkg" | "geopackage" => FileFormat::GeoPackage,
            "fgb" | "flatgeobuf" => FileFormat::FlatGeobuf,
            "geojson" | "json" => FileFormat::GeoJson,
            "csv" => FileFormat::Csv,
            "shp" | "shapefile" | "esri shapefile" => FileFormat::Shapefile,
            _ => return Err(UnknownFormat(text.to_owned())),
        })
    }
}

impl ShapeKind {
    pub fn of(geometry: Option<&Geometry<f64>>) -> Self {
        match geometry {
            None => ShapeKind::Nothing,
            Some(Geometry::Point(_)) => ShapeKind::Point,
            Some(Geometry::MultiPoint(_)) => ShapeKind::MultiPoint,
            Some(Geometry::Line(_) | Geometry::LineString(_) | Geometry::MultiLineString(_)) => ShapeKind::Line,
            Some(Geometry::Polygon(_) | Geometry::MultiPolygon(_) | Geometry::Rect(_) | Geometry::Triangle(_)) => ShapeKind::Area,
            Some(Geometry::GeometryCollection(_)) => ShapeKind::Collection,
        }
    }
}

/// The names of all files that [`write`] will make of this layout, those that can be opened by themselves first.
///
/// # Errors
/// When the format cannot hold what will come.
pub fn file_names(format: FileFormat, stem: &str, layout: &Layout) -> Result<Vec<String>, WriteError> {
    Ok(match format {
        FileFormat::Csv => {
            let parts = if layout.crs.wkt.is_empty() { ["csv", "csvt"].as_slice() } else { &["csv", "csvt", "prj"] };
            parts.iter().map(|ending| format!("{stem}.{ending}")).collect()
        }
        FileFormat::Shapefile => shapefile::file_names(stem, layout)?,
        FileFormat::FlatGeobuf if layout.kinds.contains(&ShapeKind::Nothing) => {
            let apart = unlocated(stem);
            vec![format!("{stem}.fgb"), format!("{apart}.csv"), format!("{apart}.csvt")]
        }
        format => vec![format!("{stem}.{}", format.id())],
    })
}

/// Writes all rows into a folder that holds nothing else, and reads back how many there are. Blocking, and long. When the rows end
/// early, so does the file: whoever ends them knows.
///
/// # Errors
/// What cannot be written, by the format or by the disk. What was written until then stays in the folder.
pub fn write(
    folder: &Path,
    stem: &str,
    format: FileFormat,
    layout: &Layout,
    rows: &mut dyn Iterator<Item = Row>,
) -> Result<Written, WriteError> {
    let written = match format {
        FileFormat::GeoJson => geojson::write(&folder.join(format!("{stem}.geojson")), layout, rows)?,
        FileFormat::Csv => csv::write(folder, stem, layout, rows)?,
        FileFormat::FlatGeobuf if layout.kinds.contains(&ShapeKind::Nothing) => write_unlocated_apart(folder, stem, format, layout, rows)?,
        FileFormat::GeoPackage | FileFormat::FlatGeobuf | FileFormat::Shapefile => ogr::write(folder, stem, format, layout, rows)?,
    };
    // What the system has taken but not yet put on the disk may still fail.
    for file in std::fs::read_dir(folder).map_err(|cause| WriteError::of_io(folder, cause))? {
        let path = file.map_err(|cause| WriteError::of_io(folder, cause))?.path();
        std::fs::File::open(&path).and_then(|file| file.sync_all()).map_err(|cause| WriteError::of_io(&path, cause))?;
    }
    Ok(written)
}

fn unlocated(stem: &str) -> String {
    format!("{stem}_unlocated")
}

/// Features without a position go into a table of their own: FlatGeobuf has no place for them in its index, and older releases of
/// GDAL drop them without a word (github.com/OSGeo/gdal/issues/7401).
fn write_unlocated_apart(
    folder: &Path,
    stem: &str,
    format: FileFormat,
    layout: &Layout,
    rows: &mut dyn Iterator<Item = Row>,
) -> Result<Written, WriteError> {
    let apart = unlocated(stem);
    let mut table = csv::Table::of_unlocated(folder, &apart, layout)?;
    let mut failure = None;
    let mut located = std::iter::from_fn(|| {
        loop {
            let row = rows.next()?;
            if row.geometry.is_some() {
                return Some(row);
            }
            if let Err(error) = table.add(&row) {
                failure = Some(error);
                return None;
            }
        }
    });
    let mut written = ogr::write(folder, stem, format, layout, &mut located)?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    written.files.push(table.finish()?);
    Ok(written)
}

/// Coordinates to a tenth of a millimetre, for formats that spell them out.
fn rounded(geometry: &Geometry<f64>, crs: &FileCrs) -> Geometry<f64> {
    let parts = if crs.geographic { 1e9 } else { 1e4 };
    let round = |value: f64| (value * parts).round() / parts;
    geometry.map_coords(|Coord { x, y }| Coord { x: round(x), y: round(y) })
}
