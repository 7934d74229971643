//! CSV in UTF-8, with the columns `x` and `y` where all positions are points, else `WKT`. Beside it `.csvt` tells GDAL and QGIS
//! the types of the columns, and `.prj` the coordinate system.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::{ColumnKind, Layout, Losses, Row, ShapeKind, WriteError, Written, WrittenFile, rounded, wkt};
use crate::domain::GeometryKind;

/// Spreadsheets take a file without it for text in the encoding of the country.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) fn write(folder: &Path, stem: &str, layout: &Layout, rows: &mut dyn Iterator<Item = Row>) -> Result<Written, WriteError> {
    let path = folder.join(format!("{stem}.csv"));
    let failed = |cause| WriteError::of_io(&path, cause);
    let points =
        layout.geometry == GeometryKind::Point || layout.kinds.iter().all(|kind| matches!(kind, ShapeKind::Nothing | ShapeKind::Point));
    let place = if points { ["x", "y"].as_slice() } else { &["WKT"] };

    let mut file = BufWriter::new(std::fs::File::create(&path).map_err(failed)?);
    file.write_all(BYTE_ORDER_MARK).map_err(failed)?;
    let mut table = csv::Writer::from_writer(file);
    let broken = |error: csv::Error| WriteError::of_io(&path, io_of(error));
    table.write_record(place.iter().copied().chain(layout.columns.iter().map(|column| column.name))).map_err(broken)?;
    let mut count = 0;
    for row in rows {
        let geometry = row.geometry.as_ref().map(|geometry| rounded(geometry, &layout.crs));
        match (&geometry, points) {
            (Some(geo_types::Geometry::Point(point)), true) => {
                table.write_field(point.x().to_string()).map_err(broken)?;
                table.write_field(point.y().to_string()).map_err(broken)?;
            }
            (Some(geometry), _) => table.write_field(wkt::text(geometry)).map_err(broken)?,
            (None, _) => place.iter().try_for_each(|_| table.write_field("")).map_err(broken)?,
        }
        let values = row.values.iter().map(|value| value.as_text().unwrap_or_default());
        values.into_iter().try_for_each(|value| table.write_field(value.as_bytes())).map_err(broken)?;
        table.write_record(None::<&[u8]>).map_err(broken)?;
        count += 1;
    }
    let file = table.into_inner().map_err(|error| failed(error.into_error()))?;
    file.into_inner().map_err(|error| failed(error.into_error()))?;

    let types = if points { "\"CoordX\",\"CoordY\"" } else { "\"WKT\"" };
    let kind = |kind| match kind {
        ColumnKind::Text | ColumnKind::Json => "String",
        ColumnKind::Int => "Integer64",
        ColumnKind::Number => "Real",
        ColumnKind::Date => "Date",
    };
    let types = layout.columns.iter().fold(types.to_owned(), |all, column| format!("{all},\"{}\"", kind(column.kind)));
    beside(folder, stem, "csvt", &types)?;
    if !layout.crs.wkt.is_empty() {
        beside(folder, stem, "prj", &layout.crs.wkt)?;
    }
    Ok(Written { files: vec![WrittenFile { path, rows: count }], losses: Losses::default() })
}

fn beside(folder: &Path, stem: &str, ending: &str, text: &str) -> Result<(), WriteError> {
    let path = folder.join(format!("{stem}.{ending}"));
    std::fs::write(&path, format!("{text}\n")).map_err(|cause| WriteError::of_io(&path, cause))
}

fn io_of(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}
