//! CSV in UTF-8, with the columns `x` and `y` where all positions are points, else `WKT`. Beside it `.csvt` tells GDAL and QGIS
//! the types of the columns, and `.prj` the coordinate system.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use geo_types::Geometry;

use super::{ColumnKind, Layout, Losses, Row, ShapeKind, WriteError, Written, WrittenFile, rounded, wkt};
use crate::domain::GeometryKind;

/// Spreadsheets take a file without it for text in the encoding of the country.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Where the position of a row goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    XAndY,
    Wkt,
    Nowhere,
}

/// A table under way.
#[derive(Debug)]
pub(super) struct Table<'a> {
    folder: &'a Path,
    stem: &'a str,
    path: PathBuf,
    layout: &'a Layout,
    place: Place,
    table: csv::Writer<BufWriter<File>>,
    rows: u64,
}

pub(super) fn write(folder: &Path, stem: &str, layout: &Layout, rows: &mut dyn Iterator<Item = Row>) -> Result<Written, WriteError> {
    let points =
        layout.geometry == GeometryKind::Point || layout.kinds.iter().all(|kind| matches!(kind, ShapeKind::Nothing | ShapeKind::Point));
    let mut table = Table::create(folder, stem, layout, if points { Place::XAndY } else { Place::Wkt })?;
    for row in rows {
        table.add(&row)?;
    }
    Ok(Written { files: vec![table.finish()?], losses: Losses::default() })
}

impl<'a> Table<'a> {
    /// For rows without a position.
    pub(super) fn of_unlocated(folder: &'a Path, stem: &'a str, layout: &'a Layout) -> Result<Self, WriteError> {
        Self::create(folder, stem, layout, Place::Nowhere)
    }

    fn create(folder: &'a Path, stem: &'a str, layout: &'a Layout, place: Place) -> Result<Self, WriteError> {
        let path = folder.join(format!("{stem}.csv"));
        let open = || -> io::Result<BufWriter<File>> {
            let mut file = BufWriter::new(File::create(&path)?);
            file.write_all(BYTE_ORDER_MARK)?;
            Ok(file)
        };
        let mut table = csv::Writer::from_writer(open().map_err(|cause| WriteError::of_io(&path, cause))?);
        let heading = place.columns().iter().map(|(name, _)| *name).chain(layout.columns.iter().map(|column| column.name));
        table.write_record(heading).map_err(|error| broken(&path, error))?;
        Ok(Self { folder, stem, path, layout, place, table, rows: 0 })
    }

    pub(super) fn add(&mut self, row: &Row) -> Result<(), WriteError> {
        self.write_row(row).map_err(|error| broken(&self.path, error))?;
        self.rows += 1;
        Ok(())
    }

    fn write_row(&mut self, row: &Row) -> Result<(), csv::Error> {
        let geometry = row.geometry.as_ref().map(|geometry| rounded(geometry, &self.layout.crs));
        match (&geometry, self.place) {
            (Some(Geometry::Point(point)), Place::XAndY) => {
                self.table.write_field(point.x().to_string())?;
                self.table.write_field(point.y().to_string())?;
            }
            (Some(geometry), Place::Wkt) => self.table.write_field(wkt::text(geometry))?,
            _ => self.place.columns().iter().try_for_each(|_| self.table.write_field(""))?,
        }
        for value in &row.values {
            self.table.write_field(value.as_text().unwrap_or_default().as_bytes())?;
        }
        self.table.write_record(None::<&[u8]>)
    }

    pub(super) fn finish(self) -> Result<WrittenFile, WriteError> {
        let Self { folder, stem, path, layout, place, table, rows } = self;
        let failed = |cause| WriteError::of_io(&path, cause);
        let file = table.into_inner().map_err(|error| failed(error.into_error()))?;
        file.into_inner().map_err(|error| failed(error.into_error()))?;
        let kind = |kind| match kind {
            ColumnKind::Text | ColumnKind::Json => "String",
            ColumnKind::Int => "Integer64",
            ColumnKind::Number => "Real",
            ColumnKind::Date => "Date",
        };
        let kinds = place.columns().iter().map(|(_, kind)| *kind).chain(layout.columns.iter().map(|column| kind(column.kind)));
        let types: Vec<String> = kinds.map(|kind| format!("\"{kind}\"")).collect();
        beside(folder, stem, "csvt", &types.join(","))?;
        if place != Place::Nowhere && !layout.crs.wkt.is_empty() {
            beside(folder, stem, "prj", &layout.crs.wkt)?;
        }
        Ok(WrittenFile { path, rows })
    }
}

impl Place {
    /// Name, and type as GDAL knows it.
    fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Place::XAndY => &[("x", "CoordX"), ("y", "CoordY")],
            Place::Wkt => &[("WKT", "WKT")],
            Place::Nowhere => &[],
        }
    }
}

fn beside(folder: &Path, stem: &str, ending: &str, text: &str) -> Result<(), WriteError> {
    let path = folder.join(format!("{stem}.{ending}"));
    std::fs::write(&path, format!("{text}\n")).map_err(|cause| WriteError::of_io(&path, cause))
}

fn broken(path: &Path, error: csv::Error) -> WriteError {
    let cause = match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    };
    WriteError::of_io(path, cause)
}
