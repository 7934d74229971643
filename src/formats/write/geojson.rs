//! GeoJSON (RFC 7946), a feature a line. In another system than WGS 84 it names that in `crs`, as the format did before the RFC.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use geo::orient::{Direction, Orient};
use geo_types::Geometry;

use super::{ColumnKind, FileCrs, Layout, Losses, Row, WriteError, Written, WrittenFile, rounded};
use crate::formats::SourceValue;

/// The column that becomes the feature's `id`.
const ID: &str = "id";
const WGS84: u32 = 4326;

pub(super) fn write(path: &Path, layout: &Layout, rows: &mut dyn Iterator<Item = Row>) -> Result<Written, WriteError> {
    let count = write_all(path, layout, rows).map_err(|cause| WriteError::of_io(path, cause))?;
    Ok(Written { files: vec![WrittenFile { path: path.to_owned(), rows: count }], losses: Losses::default() })
}

fn write_all(path: &Path, layout: &Layout, rows: &mut dyn Iterator<Item = Row>) -> io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 18, std::fs::File::create(path)?);
    out.write_all(b"{\"type\":\"FeatureCollection\",\"name\":")?;
    serde_json::to_writer(&mut out, &layout.layer)?;
    if layout.crs.epsg != Some(WGS84) {
        write!(out, ",\"crs\":{}", crs_member(&layout.crs))?;
    }
    for (name, text) in &layout.about {
        write!(out, ",\"{name}\":")?;
        serde_json::to_writer(&mut out, text)?;
    }
    out.write_all(b",\"features\":[")?;
    let mut count = 0;
    for row in rows {
        out.write_all(if count == 0 { b"\n" } else { b",\n" })?;
        feature(&mut out, layout, &row)?;
        count += 1;
    }
    out.write_all(b"\n]}\n")?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(count)
}

fn feature(out: &mut impl Write, layout: &Layout, row: &Row) -> io::Result<()> {
    out.write_all(b"{\"type\":\"Feature\"")?;
    let columns = || layout.columns.iter().zip(&row.values);
    if let Some((column, id)) = columns().find(|(column, _)| column.name == ID) {
        out.write_all(b",\"id\":")?;
        value(out, column.kind, id)?;
    }
    out.write_all(b",\"geometry\":")?;
    match &row.geometry {
        Some(geometry) => serde_json::to_writer(&mut *out, &::geojson::Geometry::from(&wound(rounded(geometry, &layout.crs))))?,
        None => out.write_all(b"null")?,
    }
    out.write_all(b",\"properties\":{")?;
    let mut before: &[u8] = b"";
    for (column, found) in columns().filter(|(column, _)| column.name != ID) {
        out.write_all(before)?;
        before = b",";
        write!(out, "\"{}\":", column.name)?;
        value(out, column.kind, found)?;
    }
    out.write_all(b"}}")
}

fn value(out: &mut impl Write, kind: ColumnKind, value: &SourceValue) -> io::Result<()> {
    match value {
        SourceValue::Null => out.write_all(b"null")?,
        SourceValue::Text(json) if kind == ColumnKind::Json => out.write_all(json.as_bytes())?,
        SourceValue::Text(text) => serde_json::to_writer(out, text)?,
        SourceValue::Int(value) => serde_json::to_writer(out, value)?,
        // no numbers that are none in JSON: serde writes null
        SourceValue::Real(value) => serde_json::to_writer(out, value)?,
        SourceValue::Bool(value) => serde_json::to_writer(out, value)?,
        SourceValue::Date(day) => serde_json::to_writer(out, day)?,
    }
    Ok(())
}

/// Outer rings counter-clockwise, holes clockwise (RFC 7946, 3.1.6).
fn wound(geometry: Geometry<f64>) -> Geometry<f64> {
    match geometry {
        Geometry::Polygon(area) => Geometry::Polygon(area.orient(Direction::Default)),
        Geometry::MultiPolygon(areas) => Geometry::MultiPolygon(areas.orient(Direction::Default)),
        Geometry::GeometryCollection(members) => Geometry::GeometryCollection(members.into_iter().map(wound).collect()),
        other => other,
    }
}

/// The member of GeoJSON 2008; `null` there means that the system is not known.
fn crs_member(crs: &FileCrs) -> serde_json::Value {
    match crs.epsg {
        Some(code) => serde_json::json!({ "type": "name", "properties": { "name": format!("urn:ogc:def:crs:EPSG::{code}") } }),
        None => serde_json::Value::Null,
    }
}
