//! Workbooks: `.xlsx`, `.xls`, `.ods`. One sheet, a header row, cells of any type.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use calamine::{Data, Reader, Sheets, open_workbook_auto};
use chrono::NaiveDate;

use super::source::Opened;
use super::table::Columns;
use super::{Cause, FormatError, LayerInfo, ReadOptions, Sink, SourceFeature, SourceInfo, SourceValue, unpack};

/// Excel has no more; a sheet that claims more is an attack on the memory.
const MAX_CELLS: usize = 200_000_000;

pub(super) fn layers(file: &Opened, options: &ReadOptions) -> Result<Vec<LayerInfo>, FormatError> {
    let book = open(file, options)?;
    Ok(book.sheet_names().into_iter().map(|name| LayerInfo { name, features: None, crs: None, fields: Vec::new() }).collect())
}

pub(super) fn read(file: &Opened, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<SourceInfo, FormatError> {
    let mut book = open(file, options)?;
    let known = book.sheet_names();
    let wanted = options.sheet.as_ref().or(options.layer.as_ref());
    let sheet = match wanted {
        Some(name) => known.iter().find(|known| *known == name),
        None => known.first(),
    };
    let Some(sheet) = sheet.cloned() else {
        return Err(FormatError::NoLayer { path: file.path.clone(), wanted: wanted.cloned(), known });
    };
    let range = book.worksheet_range(&sheet).map_err(|error| broken(file, &sheet, error))?;
    if range.height().saturating_mul(range.width()) > MAX_CELLS {
        return Err(FormatError::TooLarge { path: file.path.clone(), what: "the number of cells".to_owned(), limit: MAX_CELLS as u64 });
    }
    let mut rows = range.rows().filter(|row| row.iter().any(|cell| *cell != Data::Empty)).skip(options.csv.skip_rows);
    let header = match &options.csv.header {
        Some(header) => header.clone(),
        None => {
            let cells = rows.next().unwrap_or_default();
            let mut names: Vec<String> = cells.iter().map(|cell| value(cell).0.as_text().unwrap_or_default().into_owned()).collect();
            while names.last().is_some_and(String::is_empty) {
                names.pop();
            }
            names
        }
    };
    let columns = Columns::new(header, file, options)?;
    for (place, cells) in rows.enumerate() {
        if sink(feature(place as u64 + 1, cells, &columns)).is_break() {
            break;
        }
    }
    let driver = file.ending.to_uppercase();
    let fields = columns.names.iter().map(ToString::to_string).collect();
    Ok(SourceInfo { driver, layer: sheet, crs: None, encoding: None, encoding_guessed: false, fields })
}

fn feature(row: u64, cells: &[Data], columns: &Columns) -> SourceFeature {
    let mut notes = Vec::new();
    let mut fields = Vec::with_capacity(columns.names.len());
    for place in 0..cells.len().max(columns.names.len()) {
        let cell = cells.get(place).unwrap_or(&Data::Empty);
        let name: Arc<str> = match columns.names.get(place) {
            Some(name) => Arc::clone(name),
            None if *cell == Data::Empty => continue,
            None => format!("column_{}", place + 1).into(),
        };
        let (value, problem) = value(cell);
        notes.extend(problem.map(|problem| format!("{name}: {problem}")));
        fields.push((name, value));
    }
    let geometry = columns.point(&fields);
    SourceFeature { row, fields, geometry, notes }
}

/// Codes and numbers of houses are stored as decimal numbers by Excel: whole ones come out whole.
fn value(cell: &Data) -> (SourceValue, Option<String>) {
    let value = match cell {
        Data::Empty => SourceValue::Null,
        Data::Bool(value) => SourceValue::Bool(*value),
        Data::Int(value) => SourceValue::Int(*value),
        Data::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => SourceValue::Int(*value as i64),
        Data::Float(value) => SourceValue::Real(*value),
        Data::String(text) | Data::DurationIso(text) => SourceValue::of_text(text.clone()),
        Data::DateTime(moment) if moment.is_duration() => SourceValue::Real(moment.as_f64()),
        Data::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            match NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()) {
                Some(date) if (hour, minute, second) == (0, 0, 0) => SourceValue::Date(date),
                Some(date) => SourceValue::Text(format!("{date}T{hour:02}:{minute:02}:{second:02}")),
                None => return (SourceValue::Real(moment.as_f64()), Some("a date that does not exist".to_owned())),
            }
        }
        Data::DateTimeIso(text) => text
            .get(..10)
            .and_then(|day| day.parse().ok())
            .filter(|_| text.len() == 10 || text.ends_with("T00:00:00"))
            .map_or_else(|| SourceValue::of_text(text.clone()), SourceValue::Date),
        Data::Error(error) => return (SourceValue::Null, Some(format!("the cell holds the error {error}"))),
    };
    (value, None)
}

fn open(file: &Opened, options: &ReadOptions) -> Result<Sheets<BufReader<File>>, FormatError> {
    if file.ending != "xls" {
        unpack::check_zip(&file.data, &options.limits)?;
    }
    open_workbook_auto(&file.data).map_err(|error| broken(file, &file.stem, error))
}

fn broken(file: &Opened, layer: &str, error: calamine::Error) -> FormatError {
    FormatError::Damaged {
        path: file.path.clone(),
        layer: layer.to_owned(),
        what: "the workbook cannot be read".to_owned(),
        cause: Some(Cause(error.to_string())),
    }
}
