//! Everything that GDAL reads: Shapefile, GeoPackage, FileGDB, DXF, KML, GML, FlatGeobuf, TopoJSON, OSM and more.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use encoding_rs::Encoding;
use gdal::errors::CplErrType;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Feature, FieldValue, LayerAccess, OGRFieldType, sql};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use tempfile::TempDir;

use super::source::{Kind, Opened, scratch};
use super::{
    Cause, FormatError, LayerInfo, ReadOptions, Sink, SourceFeature, SourceInfo, SourceValue, hstore, shapefile, text, topojson, wkb,
};

/// The drivers that may open a file of this ending. Nothing else is tried: some drivers of GDAL fetch from the network or
/// open whatever other file the data names.
pub(super) fn drivers(ending: &str) -> Option<&'static [&'static str]> {
    Some(match ending {
        "shp" | "dbf" => &["ESRI Shapefile"],
        "gpkg" => &["GPKG"],
        "gdb" => &["OpenFileGDB"],
        "dxf" => &["DXF"],
        "dgn" => &["DGN"],
        "kml" => &["LIBKML", "KML"],
        "gml" => &["GML"],
        "gpx" => &["GPX"],
        "fgb" => &["FlatGeobuf"],
        "topojson" | "json" => &["TopoJSON"],
        "osm" | "pbf" | "osm.pbf" => &["OSM"],
        "tab" | "mif" => &["MapInfo File"],
        "sqlite" => &["SQLite"],
        _ => return None,
    })
}

thread_local! {
    static PROBLEMS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// GDAL reports on the thread that called it; nothing may reach the terminal.
pub(super) fn collect_problems() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gdal::config::set_error_handler(|kind, number, message| match kind {
            CplErrType::Failure | CplErrType::Fatal => PROBLEMS.with(|problems| {
                if let Ok(mut problems) = problems.try_borrow_mut()
                    && problems.len() < 20
                {
                    problems.push(message.to_owned());
                }
            }),
            _ => tracing::debug!(number, message, "GDAL"),
        });
    });
    PROBLEMS.take();
}

pub(super) fn problems() -> Option<Cause> {
    let problems = PROBLEMS.take();
    (!problems.is_empty()).then(|| Cause(problems.join("; ")))
}

/// A dataset with what it needs to stay open; fields are dropped in this order.
struct Open {
    dataset: Dataset,
    encoding: Option<(&'static Encoding, bool)>,
    _scratch: Vec<TempDir>,
}

fn open(file: &Opened, options: &ReadOptions) -> Result<Open, FormatError> {
    collect_problems();
    let (mut data, unpacked) = file.as_file(options)?;
    let mut scratches: Vec<TempDir> = unpacked.into_iter().collect();
    if ["gml", "gpx", "kml"].contains(&file.ending.as_str()) {
        // these drivers leave files beside what they read
        let folder = scratch(&file.path)?;
        data = linked(&data, &folder).map_err(|cause| FormatError::Open { path: file.path.clone(), cause })?;
        scratches.push(folder);
    }
    let mut open_options = Vec::new();
    let mut encoding = None;
    if ["shp", "dbf"].contains(&file.ending.as_str()) {
        shapefile::check(file)?;
        encoding = Some(shapefile::encoding(file, options)?);
        // every byte as one character, to be decoded here: GDAL drops what it cannot decode
        open_options.push("ENCODING=ISO-8859-1");
    }
    let allowed = if file.kind == Kind::Json { Some(["TopoJSON"].as_slice()) } else { drivers(&file.ending) };
    let dataset = Dataset::open_ex(
        &data,
        DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
            allowed_drivers: allowed,
            open_options: (!open_options.is_empty()).then_some(open_options.as_slice()),
            sibling_files: None,
        },
    )
    .map_err(|error| FormatError::Damaged {
        path: file.path.clone(),
        layer: file.stem.clone(),
        what: "it cannot be opened as what its name says".to_owned(),
        cause: problems().or(Some(Cause(error.to_string()))),
    })?;
    Ok(Open { dataset, encoding, _scratch: scratches })
}

fn linked(data: &Path, folder: &TempDir) -> std::io::Result<PathBuf> {
    let link = folder.path().join(data.file_name().unwrap_or_default());
    std::os::unix::fs::symlink(std::fs::canonicalize(data)?, &link)?;
    Ok(link)
}

pub(super) fn layers(file: &Opened, options: &ReadOptions) -> Result<Vec<LayerInfo>, FormatError> {
    let open = open(file, options)?;
    let is_osm = open.dataset.driver().short_name() == "OSM";
    let describe = |layer: gdal::vector::Layer<'_>| LayerInfo {
        name: layer.name(),
        features: if is_osm { None } else { layer.try_feature_count() },
        crs: layer.spatial_ref().and_then(crs),
        fields: layer.defn().fields().map(|field| field_name(&field.name(), open.encoding)).collect(),
    };
    Ok(open.dataset.layers().map(describe).collect())
}

pub(super) fn read(file: &Opened, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<SourceInfo, FormatError> {
    let open = open(file, options)?;
    let driver = open.dataset.driver().short_name();
    let known: Vec<String> = open.dataset.layers().map(|layer| layer.name()).collect();
    // the name of a file in an archive has done its work when that file has one layer
    let wanted = options.layer.as_ref().filter(|name| !(known.len() == 1 && file.stem.eq_ignore_ascii_case(name)));
    let place = match wanted {
        Some(name) => {
            known.iter().position(|known| known == name).or_else(|| known.iter().position(|known| known.eq_ignore_ascii_case(name)))
        }
        None => (known.len() == 1).then_some(0),
    };
    let Some(place) = place else {
        return Err(FormatError::NoLayer { path: file.path.clone(), wanted: wanted.cloned(), known });
    };
    let damaged =
        |what: String, cause: Option<Cause>| FormatError::Damaged { path: file.path.clone(), layer: known[place].clone(), what, cause };
    let failed = |error: gdal::errors::GdalError| damaged("the layer cannot be read".to_owned(), Some(Cause(error.to_string())));

    let mut layer = open.dataset.layer(place).map_err(failed)?;
    let names: Vec<Arc<str>> = layer.defn().fields().map(|field| field_name(&field.name(), open.encoding).into()).collect();
    if names.len() > options.limits.fields {
        let what = format!("the number of fields ({})", names.len());
        return Err(FormatError::TooLarge { path: file.path.clone(), what, limit: options.limits.fields as u64 });
    }
    let types: Vec<OGRFieldType::Type> = layer.defn().fields().map(|field| field.field_type()).collect();
    let mut info = SourceInfo {
        layer: layer.name(),
        crs: layer.spatial_ref().and_then(crs),
        encoding: open.encoding.map(|(encoding, _)| encoding.name().to_owned()),
        encoding_guessed: open.encoding.is_some_and(|(_, guessed)| guessed),
        fields: names.iter().map(ToString::to_string).collect(),
        driver,
    };
    let mut reader =
        Reader { names, types, encoding: open.encoding.map(|(encoding, _)| encoding), is_osm: info.driver == "OSM", row: 0, options };
    let mut stopped = false;
    PROBLEMS.take();
    let expected = if reader.is_osm {
        // a query tells the driver to collect this layer only: reading the layer itself keeps all others in memory
        let query = format!("SELECT * FROM \"{}\"", info.layer);
        let mut result = open.dataset.execute_sql(query, None, sql::Dialect::DEFAULT).map_err(failed)?;
        let result = result.as_mut().ok_or_else(|| damaged("the layer cannot be read".to_owned(), problems()))?;
        for feature in result.features() {
            stopped = sink(reader.feature(&feature)).is_break();
            if stopped {
                break;
            }
        }
        None
    } else {
        let expected = layer.try_feature_count();
        for feature in layer.features() {
            stopped = sink(reader.feature(&feature)).is_break();
            if stopped {
                break;
            }
        }
        expected
    };
    let cause = problems();
    let is_short = expected.map_or(cause.is_some(), |expected| reader.row < expected);
    if !stopped && is_short {
        let of = expected.map(|expected| format!(" of {expected}")).unwrap_or_default();
        return Err(damaged(format!("only {}{of} features could be read", reader.row), cause));
    }
    if !stopped && info.driver == "TopoJSON" {
        for feature in topojson::without_geometry(file, options, &info.layer, reader.row)? {
            if sink(feature).is_break() {
                break;
            }
        }
    }
    if reader.is_osm {
        info.fields.retain(|name| name != "other_tags");
    }
    Ok(info)
}

struct Reader<'a> {
    names: Vec<Arc<str>>,
    types: Vec<OGRFieldType::Type>,
    encoding: Option<&'static Encoding>,
    is_osm: bool,
    row: u64,
    options: &'a ReadOptions,
}

impl Reader<'_> {
    fn feature(&mut self, feature: &Feature<'_>) -> SourceFeature {
        self.row += 1;
        let mut notes = Vec::new();
        let mut fields = Vec::with_capacity(self.names.len());
        for (place, name) in self.names.iter().enumerate() {
            let value = self.value(feature, place, name, &mut notes);
            if !self.is_osm {
                fields.push((Arc::clone(name), value));
                continue;
            }
            match value {
                SourceValue::Null => {}
                SourceValue::Text(tags) if &**name == "other_tags" => match hstore::pairs(&tags) {
                    Some(pairs) => fields.extend(pairs.into_iter().map(|(key, value)| (key.into(), SourceValue::of_text(value)))),
                    None => {
                        notes.push("the tags cannot be told apart".to_owned());
                        fields.push((Arc::clone(name), SourceValue::Text(tags)));
                    }
                },
                value => fields.push((Arc::clone(name), value)),
            }
        }
        let geometry = match feature.geometry_by_index(0) {
            // there is no geometry, or no place for one
            Err(_) => Ok(None),
            Ok(geometry) => match geometry.iso_wkb() {
                Ok(bytes) if bytes.len() > self.options.limits.feature_bytes => {
                    Err(format!("the geometry has {} bytes, more than the limit", bytes.len()))
                }
                Ok(bytes) => wkb::read(&bytes, self.options.limits.depth).map(Some),
                Err(error) => Err(error.to_string()),
            },
        };
        SourceFeature { row: self.row, fields, geometry, notes }
    }

    fn value(&self, feature: &Feature<'_>, place: usize, name: &str, notes: &mut Vec<String>) -> SourceValue {
        // a field that is not set is no null to the binding, but its text is empty
        let Ok(Some(text)) = feature.field_as_string(place) else { return SourceValue::Null };
        if text.is_empty() {
            return SourceValue::Null;
        }
        let as_text = |text: String| SourceValue::Text(text);
        match self.types[place] {
            OGRFieldType::OFTString => match self.encoding {
                Some(encoding) => {
                    let (decoded, lost) = recoded(&text, encoding);
                    if lost {
                        notes.push(format!("text in {name} is not readable as {}: {decoded:?}", encoding.name()));
                    }
                    SourceValue::of_text(decoded)
                }
                None => as_text(text),
            },
            OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64 => text.parse().map_or_else(|_| as_text(text), SourceValue::Int),
            OGRFieldType::OFTReal => match feature.field_as_double(place) {
                Ok(Some(value)) => SourceValue::Real(value),
                _ => as_text(text),
            },
            OGRFieldType::OFTDate => match feature.field(place) {
                Ok(Some(FieldValue::DateValue(day))) => SourceValue::Date(day),
                _ => {
                    notes.push(format!("{name} is not a date: {text:?}"));
                    as_text(text)
                }
            },
            OGRFieldType::OFTDateTime => match feature.field(place) {
                Ok(Some(FieldValue::DateTimeValue(moment))) => as_text(moment.to_rfc3339()),
                _ => as_text(text),
            },
            OGRFieldType::OFTStringList => match feature.field(place) {
                Ok(Some(FieldValue::StringListValue(words))) => as_text(serde_json::Value::from(words).to_string()),
                _ => as_text(text),
            },
            _ => as_text(text),
        }
    }
}

/// Back to the bytes that were opened as Latin-1, and decoded as what they are.
fn recoded(text: &str, encoding: &'static Encoding) -> (String, bool) {
    if text.is_ascii() {
        return (text.to_owned(), false);
    }
    let bytes: Vec<u8> = text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect();
    text::decode(&bytes, encoding)
}

/// Names are cut at ten bytes, often in the middle of a character: what is left of it goes.
fn field_name(name: &str, encoding: Option<(&'static Encoding, bool)>) -> String {
    match encoding {
        Some((encoding, _)) => recoded(name, encoding).0.trim_end_matches('\u{fffd}').to_owned(),
        None => name.to_owned(),
    }
}

/// `EPSG:n` where GDAL knows the code, else WKT; `None` for a local or undefined system.
fn crs(mut system: SpatialRef) -> Option<String> {
    let is_undefined = system.name().is_some_and(|name| name.to_lowercase().starts_with("undefined"));
    if system.is_local() || is_undefined {
        return None;
    }
    let code = |system: &SpatialRef| match (system.auth_name(), system.auth_code()) {
        (Some(name), Ok(code)) if name.eq_ignore_ascii_case("EPSG") => Some(format!("EPSG:{code}")),
        _ => None,
    };
    if let Some(code) = code(&system) {
        return Some(code);
    }
    let wkt = system.to_wkt().ok();
    let identified = system.auto_identify_epsg().ok().and_then(|()| code(&system));
    PROBLEMS.take();
    identified.or(wkt)
}
