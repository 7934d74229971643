//! GeoPackage, FlatGeobuf and Shapefile, by GDAL. Everything is read back once, as this GDAL does not tell when closing a file fails.

use std::path::{Path, PathBuf};

use gdal::errors::GdalError;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{Feature, FieldDefn, FieldValue, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType, ToGdal};
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags, Metadata};

use super::shapefile::{self, Fitting};
use super::{Column, ColumnKind, FileCrs, FileFormat, Layout, Losses, Row, ShapeKind, WriteError, Written, WrittenFile};
use crate::domain::GeometryKind;
use crate::formats::SourceValue;
use crate::formats::ogr::{collect_problems, problems};

/// A file under way.
struct Target {
    path: PathBuf,
    geometry: OGRwkbGeometryType::Type,
    /// The shapes that go into it; empty: all.
    kinds: Vec<ShapeKind>,
}

pub(super) fn write(
    folder: &Path,
    stem: &str,
    format: FileFormat,
    layout: &Layout,
    rows: &mut dyn Iterator<Item = Row>,
) -> Result<Written, WriteError> {
    collect_problems();
    let targets = targets(folder, stem, format, layout)?;
    let names: Vec<String> = match format {
        FileFormat::Shapefile => shapefile::short_names(&layout.columns),
        _ => layout.columns.iter().map(|column| column.name.to_owned()).collect(),
    };
    let mut datasets = targets.iter().map(|target| create(target, format, layout, &names)).collect::<Result<Vec<_>, _>>()?;
    let mut fitting = Fitting::new(&layout.columns);
    let mut fitted = rows.map(|mut row| {
        if format == FileFormat::Shapefile {
            row.values = row.values.into_iter().enumerate().map(|(place, value)| fitting.fit(place, value)).collect();
        }
        row
    });
    let counts = match datasets.as_mut_slice() {
        [only] if format == FileFormat::GeoPackage => {
            let path = &targets[0].path;
            let transaction = only.start_transaction().map_err(|error| failed(path, &error))?;
            let counts = fill(&[&transaction], &targets, layout, &mut fitted)?;
            transaction.commit().map_err(|error| failed(path, &error))?;
            for (name, text) in &layout.about {
                only.set_metadata_item(name, text, "").map_err(|error| failed(path, &error))?;
            }
            counts
        }
        all => fill(&all.iter().collect::<Vec<_>>(), &targets, layout, &mut fitted)?,
    };
    for (dataset, target) in datasets.into_iter().zip(&targets) {
        dataset.close().map_err(|error| failed(&target.path, &error))?;
    }
    if let Some(cause) = problems() {
        return Err(WriteError::of_library(&targets[0].path, &cause.0));
    }
    let mut files = Vec::new();
    for (target, written) in targets.into_iter().zip(counts) {
        let found = read_back(&target.path, format).map_err(|error| failed(&target.path, &error))?;
        if found != written {
            return Err(WriteError::ReadBack { path: target.path, written, found });
        }
        files.push(WrittenFile { path: target.path, rows: written });
    }
    let losses = if format == FileFormat::Shapefile { fitting.losses(&names) } else { Losses::default() };
    Ok(Written { files, losses })
}

fn targets(folder: &Path, stem: &str, format: FileFormat, layout: &Layout) -> Result<Vec<Target>, WriteError> {
    if format == FileFormat::Shapefile {
        let parts = shapefile::parts(stem, layout)?;
        let target = |part: shapefile::Part| Target { path: folder.join(part.file_name()), geometry: part.geometry, kinds: part.kinds };
        return Ok(parts.into_iter().map(target).collect());
    }
    let geometry = match layout.geometry {
        GeometryKind::Point => OGRwkbGeometryType::wkbPoint,
        GeometryKind::Line => OGRwkbGeometryType::wkbMultiLineString,
        GeometryKind::Polygon => OGRwkbGeometryType::wkbMultiPolygon,
        GeometryKind::Any => OGRwkbGeometryType::wkbUnknown,
    };
    Ok(vec![Target { path: folder.join(format!("{stem}.{}", format.id())), geometry, kinds: Vec::new() }])
}

fn driver_name(format: FileFormat) -> &'static str {
    match format {
        FileFormat::GeoPackage => "GPKG",
        FileFormat::FlatGeobuf => "FlatGeobuf",
        FileFormat::Shapefile => "ESRI Shapefile",
        FileFormat::GeoJson => "GeoJSON",
        FileFormat::Csv => "CSV",
    }
}

fn create(target: &Target, format: FileFormat, layout: &Layout, names: &[String]) -> Result<Dataset, WriteError> {
    let make = || -> Result<Dataset, GdalError> {
        let mut dataset = DriverManager::get_driver_by_name(driver_name(format))?.create_vector_only(&target.path)?;
        let system = system(&layout.crs)?;
        let described =
            format!("DESCRIPTION={}", layout.about.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join("\n"));
        let options: &[&str] = match format {
            FileFormat::GeoPackage => &["FID=fid", "GEOMETRY_NAME=geom", &described],
            FileFormat::Shapefile => &["ENCODING=UTF-8", "2GB_LIMIT=YES"],
            _ => &[],
        };
        let stem = target.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(&layout.layer);
        let name = if format == FileFormat::Shapefile { stem } else { &layout.layer };
        let layer = dataset.create_layer(LayerOptions { name, srs: system.as_ref(), ty: target.geometry, options: Some(options) })?;
        for (column, name) in layout.columns.iter().zip(names) {
            field(column, name, format)?.add_to_layer(&layer)?;
        }
        Ok(dataset)
    };
    make().map_err(|error| failed(&target.path, &error))
}

fn field(column: &Column, name: &str, format: FileFormat) -> Result<FieldDefn, GdalError> {
    let kind = match column.kind {
        ColumnKind::Text | ColumnKind::Json => OGRFieldType::OFTString,
        ColumnKind::Int => OGRFieldType::OFTInteger64,
        ColumnKind::Number => OGRFieldType::OFTReal,
        ColumnKind::Date => OGRFieldType::OFTDate,
    };
    let field = FieldDefn::new(name, kind)?;
    if format == FileFormat::Shapefile && kind == OGRFieldType::OFTString {
        // Every row takes so much room; the driver widens the column when a longer text comes.
        field.set_width(16);
    }
    Ok(field)
}

/// Coordinates are handed over x first, and so they are to be written.
fn system(crs: &FileCrs) -> Result<Option<SpatialRef>, GdalError> {
    let mut system = match crs.epsg {
        Some(code) => SpatialRef::from_epsg(code)?,
        None if crs.wkt.is_empty() => return Ok(None),
        None => SpatialRef::from_wkt(&crs.wkt)?,
    };
    system.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    Ok(Some(system))
}

/// How many rows went into each file.
fn fill(datasets: &[&Dataset], targets: &[Target], layout: &Layout, rows: &mut dyn Iterator<Item = Row>) -> Result<Vec<u64>, WriteError> {
    let layers = datasets
        .iter()
        .zip(targets)
        .map(|(dataset, target)| dataset.layer(0).map_err(|error| failed(&target.path, &error)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut counts = vec![0; targets.len()];
    for (row, number) in rows.zip(1..) {
        let kind = ShapeKind::of(row.geometry.as_ref());
        let place = targets.iter().position(|target| target.kinds.is_empty() || target.kinds.contains(&kind));
        let Some(place) = place else { return Err(WriteError::Collection { row: number }) };
        let add = || -> Result<(), GdalError> {
            let mut feature = Feature::new(layers[place].defn())?;
            if let Some(geometry) = &row.geometry {
                feature.set_geometry(geometry.to_gdal()?)?;
            }
            for (at, value) in row.values.iter().enumerate() {
                set(&mut feature, at, &layout.columns[at], value)?;
            }
            feature.create(&layers[place])
        };
        add().map_err(|error| failed(&targets[place].path, &error))?;
        counts[place] += 1;
    }
    Ok(counts)
}

fn set(feature: &mut Feature<'_>, at: usize, column: &Column, value: &SourceValue) -> Result<(), GdalError> {
    match value {
        SourceValue::Null => Ok(()),
        SourceValue::Int(value) if column.kind == ColumnKind::Int => feature.set_field_integer64(at, *value),
        SourceValue::Real(value) if !value.is_finite() => Ok(()),
        SourceValue::Real(value) => feature.set_field_double(at, *value),
        SourceValue::Date(day) => feature.set_field(at, &FieldValue::DateValue(*day)),
        value => feature.set_field_string(at, value.as_text().unwrap_or_default().as_ref()),
    }
}

fn read_back(path: &Path, format: FileFormat) -> Result<u64, GdalError> {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY,
        allowed_drivers: Some(&[driver_name(format)]),
        ..DatasetOptions::default()
    };
    Ok(Dataset::open_ex(path, options)?.layer(0)?.feature_count())
}

/// What GDAL reported along with the error says more than the error.
fn failed(path: &Path, error: &GdalError) -> WriteError {
    let said = problems().map_or_else(|| error.to_string(), |cause| format!("{}; {error}", cause.0));
    WriteError::of_library(path, &said)
}
