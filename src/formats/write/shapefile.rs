//! What a Shapefile cannot hold, and how it is put in nevertheless: short names, short texts, one kind of shape in a file.

use std::collections::BTreeSet;

use gdal::vector::OGRwkbGeometryType;

use super::{Column, ColumnKind, Layout, Losses, ShapeKind, WriteError};
use crate::domain::GeometryKind;
use crate::formats::SourceValue;

/// Bytes of a column's name (dBASE III).
const NAME_BYTES: usize = 10;
/// Bytes of a text (dBASE III).
const TEXT_BYTES: usize = 254;

/// One of the files of a layer.
#[derive(Debug)]
pub(super) struct Part {
    /// Without an ending.
    pub stem: String,
    pub geometry: OGRwkbGeometryType::Type,
    pub kinds: Vec<ShapeKind>,
}

impl Part {
    /// The file to be opened: a table alone has no shapes.
    pub(super) fn file_name(&self) -> String {
        let ending = if self.geometry == OGRwkbGeometryType::wkbNone { "dbf" } else { "shp" };
        format!("{}.{ending}", self.stem)
    }
}

/// The files that the shapes make necessary. A layer of one kind is one file, features without a position among the others.
///
/// # Errors
/// Geometry collections have no place in a Shapefile.
pub(super) fn parts(stem: &str, layout: &Layout) -> Result<Vec<Part>, WriteError> {
    use OGRwkbGeometryType::{wkbMultiLineString, wkbMultiPoint, wkbMultiPolygon, wkbNone, wkbPoint};
    if layout.kinds.contains(&ShapeKind::Collection) {
        return Err(WriteError::Collection { row: 0 });
    }
    let typed = match layout.geometry {
        GeometryKind::Point => Some((wkbPoint, ShapeKind::Point)),
        GeometryKind::Line => Some((wkbMultiLineString, ShapeKind::Line)),
        GeometryKind::Polygon => Some((wkbMultiPolygon, ShapeKind::Area)),
        GeometryKind::Any => None,
    };
    if let Some((geometry, kind)) = typed {
        return Ok(vec![Part { stem: stem.to_owned(), geometry, kinds: vec![kind, ShapeKind::Nothing] }]);
    }
    let known = [
        (ShapeKind::Point, wkbPoint, "points"),
        (ShapeKind::MultiPoint, wkbMultiPoint, "multipoints"),
        (ShapeKind::Line, wkbMultiLineString, "lines"),
        (ShapeKind::Area, wkbMultiPolygon, "areas"),
        (ShapeKind::Nothing, wkbNone, "unlocated"),
    ];
    let mut parts: Vec<Part> = known
        .into_iter()
        .filter(|(kind, ..)| layout.kinds.contains(kind))
        .map(|(kind, geometry, suffix)| Part { stem: format!("{stem}_{suffix}"), geometry, kinds: vec![kind] })
        .collect();
    if let [only] = parts.as_mut_slice() {
        only.stem = stem.to_owned();
    }
    if parts.is_empty() {
        parts.push(Part { stem: stem.to_owned(), geometry: wkbPoint, kinds: vec![ShapeKind::Point, ShapeKind::Nothing] });
    }
    Ok(parts)
}

pub(super) fn file_names(stem: &str, layout: &Layout) -> Result<Vec<String>, WriteError> {
    let parts = parts(stem, layout)?;
    let mut names: Vec<String> = parts.iter().map(Part::file_name).collect();
    for part in &parts {
        let is_table = part.geometry == OGRwkbGeometryType::wkbNone;
        let endings: &[&str] = match (is_table, layout.crs.wkt.is_empty()) {
            (true, _) => &["cpg"],
            (false, true) => &["shx", "dbf", "cpg"],
            (false, false) => &["shx", "dbf", "cpg", "prj"],
        };
        names.extend(endings.iter().map(|ending| format!("{}.{ending}", part.stem)));
    }
    Ok(names)
}

/// Names of at most ten bytes, each once whatever the case of its letters, in the order of the columns.
pub(super) fn short_names(columns: &[Column]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut names = Vec::with_capacity(columns.len());
    for column in columns {
        let mut name = column.name[..column.name.floor_char_boundary(NAME_BYTES)].to_owned();
        let mut number = 1;
        while !taken.insert(name.to_ascii_lowercase()) {
            number += 1;
            let tail = format!("_{number}");
            name = format!("{}{tail}", &column.name[..column.name.floor_char_boundary(NAME_BYTES - tail.len())]);
        }
        names.push(name);
    }
    names
}

/// Counts what does not fit.
#[derive(Debug)]
pub(super) struct Fitting<'a> {
    columns: &'a [Column],
    cut: Vec<u64>,
    left_out: Vec<u64>,
}

impl<'a> Fitting<'a> {
    pub(super) fn new(columns: &'a [Column]) -> Self {
        Self { columns, cut: vec![0; columns.len()], left_out: vec![0; columns.len()] }
    }

    /// The value as it fits. A text is cut between two characters; JSON that was cut would be none, so it is left out.
    pub(super) fn fit(&mut self, place: usize, value: SourceValue) -> SourceValue {
        match value {
            SourceValue::Text(text) if text.len() > TEXT_BYTES => {
                if self.columns[place].kind == ColumnKind::Json {
                    self.left_out[place] += 1;
                    return SourceValue::Null;
                }
                self.cut[place] += 1;
                SourceValue::Text(text[..text.floor_char_boundary(TEXT_BYTES)].to_owned())
            }
            value => value,
        }
    }

    pub(super) fn losses(&self, names: &[String]) -> Losses {
        let named = |counts: &[u64]| -> Vec<(&'static str, u64)> {
            self.columns.iter().zip(counts).filter(|(_, count)| **count > 0).map(|(column, count)| (column.name, *count)).collect()
        };
        Losses {
            renamed: self
                .columns
                .iter()
                .zip(names)
                .filter(|(column, name)| column.name != *name)
                .map(|(column, name)| (column.name, name.clone()))
                .collect(),
            cut: named(&self.cut).into_iter().map(|(name, count)| (name, count, TEXT_BYTES)).collect(),
            left_out: named(&self.left_out),
        }
    }
}
