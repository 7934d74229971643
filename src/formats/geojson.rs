//! GeoJSON: feature collections, single features and geometries, and texts of one object per line. Reads the `crs` member
//! of the 2008 edition; without one the coordinates are longitude and latitude (RFC 7946, section 4).

use std::collections::HashMap;
use std::sync::Arc;

use ::geojson::{GeometryValue, Position};
use encoding_rs::{Encoding, UTF_8};
use geo_types::{Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use serde_json::Value;

use super::json::{JsonError, Scanner};
use super::source::Opened;
use super::{Cause, FormatError, ReadOptions, Sink, SourceFeature, SourceInfo, SourceValue, text};

/// `None`: it is TopoJSON, and nothing was given to the sink.
pub(super) fn read(file: &Opened, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<Option<SourceInfo>, FormatError> {
    let encoding = match &options.encoding {
        Some(name) => text::by_name(name).ok_or_else(|| FormatError::Encoding { path: file.path.clone(), encoding: name.clone() })?,
        None => UTF_8,
    };
    let mut reader = Reader { encoding, names: Names::default(), row: 0, max_fields: options.limits.fields };
    let mut scanner = Scanner::new(file.reader(options)?, options.limits.depth.min(MAX_DEPTH), options.limits.feature_bytes);
    let mut crs = Some("EPSG:4326".to_owned());
    let mut layer = None;
    let (mut stopped, mut found) = (false, false);
    loop {
        let members = scanner.object(&mut |bytes| {
            stopped = sink(reader.feature(bytes)).is_break();
            !stopped
        });
        let Some(members) = members.map_err(|error| problem(file, error, reader.row))? else { break };
        let member = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice());
        let parsed = |name: &str| member(name).and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        if member("crs").is_some() {
            crs = crs_of(&parsed("crs").unwrap_or_default());
        }
        layer = layer.or_else(|| parsed("name").and_then(|name| name.as_str().map(str::to_owned)));
        match parsed("type").as_ref().and_then(Value::as_str) {
            Some("Topology") if !found => return Ok(None),
            Some("Feature") => stopped = sink(reader.feature(&object(&members))).is_break(),
            Some("FeatureCollection") => {}
            Some(_) if member("coordinates").is_some() || member("geometries").is_some() => {
                let whole = [b"{\"type\":\"Feature\",\"properties\":{},\"geometry\":".as_slice(), &object(&members), b"}"].concat();
                stopped = sink(reader.feature(&whole)).is_break();
            }
            _ if member("features").is_some() => {}
            _ => return Err(FormatError::damaged(&file.path, &file.stem, "it is JSON, but neither GeoJSON nor TopoJSON")),
        }
        found = true;
        if stopped {
            break;
        }
    }
    if !found && !stopped {
        return Err(FormatError::damaged(&file.path, &file.stem, "it is empty"));
    }
    let layer = layer.unwrap_or_else(|| file.stem.clone());
    let encoding = Some(encoding.name().to_owned());
    Ok(Some(SourceInfo { driver: "GeoJSON".to_owned(), layer, crs, encoding, encoding_guessed: false, fields: reader.names.order }))
}

/// The parser behind us recurses, and gives up at 128.
const MAX_DEPTH: usize = 120;

fn problem(file: &Opened, error: JsonError, row: u64) -> FormatError {
    let path = file.path.clone();
    match error {
        JsonError::Io(error) => FormatError::reading(&file.path, &file.stem, error),
        JsonError::TooDeep(limit, at) => {
            FormatError::TooLarge { path, what: format!("the nesting of brackets (at byte {at})"), limit: limit as u64 }
        }
        JsonError::TooLong(limit, at) => {
            FormatError::TooLarge { path, what: format!("a feature's size in bytes (at byte {at})"), limit: limit as u64 }
        }
        other => {
            let what = format!("the JSON breaks off or is wrong after feature {row}");
            FormatError::Damaged { path, layer: file.stem.clone(), what, cause: Some(Cause(other.to_string())) }
        }
    }
}

fn object(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut whole = b"{".to_vec();
    for (place, (key, value)) in members.iter().enumerate() {
        if place > 0 {
            whole.push(b',');
        }
        whole.extend_from_slice(Value::from(key.as_str()).to_string().as_bytes());
        whole.push(b':');
        whole.extend_from_slice(if value.is_empty() { b"null" } else { value });
    }
    whole.push(b'}');
    whole
}

/// `{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3826"}}`; `null` says that there is none.
fn crs_of(member: &Value) -> Option<String> {
    let name = member["properties"]["name"].as_str().or_else(|| member.as_str())?.trim();
    if name.to_uppercase().ends_with("CRS84") {
        return Some("EPSG:4326".to_owned());
    }
    let code = name.to_uppercase().contains("EPSG").then(|| name.rsplit([':', '/']).next()).flatten();
    match code {
        Some(code) if !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit()) => Some(format!("EPSG:{code}")),
        _ => Some(name.to_owned()),
    }
}

/// Field names are few and features many: each name is stored once.
#[derive(Default)]
struct Names {
    known: HashMap<String, Arc<str>>,
    order: Vec<String>,
}

impl Names {
    fn get(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.known.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.known.insert(name.to_owned(), Arc::clone(&shared));
        self.order.push(name.to_owned());
        shared
    }
}

struct Reader {
    encoding: &'static Encoding,
    names: Names,
    row: u64,
    max_fields: usize,
}

impl Reader {
    fn feature(&mut self, bytes: &[u8]) -> SourceFeature {
        self.row += 1;
        let mut notes = Vec::new();
        let decoded;
        let bytes = if self.encoding == UTF_8 && std::str::from_utf8(bytes).is_ok() {
            bytes
        } else {
            let (text, lost) = text::decode(bytes, self.encoding);
            if lost {
                notes.push(format!("text is not readable as {}", self.encoding.name()));
            }
            decoded = text.into_bytes();
            &decoded
        };
        let (properties, id, geometry) = match serde_json::from_slice::<::geojson::Feature>(bytes) {
            Ok(feature) => {
                let id = feature.id.map(|id| match id {
                    ::geojson::feature::Id::String(text) => Value::from(text),
                    ::geojson::feature::Id::Number(number) => Value::from(number),
                });
                (feature.properties.unwrap_or_default(), id, feature.geometry.map(|geometry| to_geo(&geometry.value)).transpose())
            }
            // keep what can be kept
            Err(error) => match serde_json::from_slice::<Value>(bytes) {
                Ok(Value::Object(mut feature)) => {
                    let properties = match feature.remove("properties") {
                        Some(Value::Object(properties)) => properties,
                        _ => serde_json::Map::new(),
                    };
                    let geometry = match feature.get("geometry") {
                        None | Some(Value::Null) => Ok(None),
                        Some(_) => Err(format!("not a GeoJSON geometry: {error}")),
                    };
                    (properties, feature.remove("id"), geometry)
                }
                Ok(_) => (serde_json::Map::new(), None, Err("not a feature".to_owned())),
                Err(error) => (serde_json::Map::new(), None, Err(format!("the feature is not JSON: {error}"))),
            },
        };
        let mut fields = Vec::with_capacity(properties.len() + 1);
        if let Some(id) = id.filter(|id| !id.is_null() && !properties.contains_key("id")) {
            fields.push((self.names.get("id"), value(id)));
        }
        for (place, (name, property)) in properties.into_iter().enumerate() {
            if place == self.max_fields {
                notes.push(format!("more than {} properties: the others were left out", self.max_fields));
                break;
            }
            fields.push((self.names.get(&name), value(property)));
        }
        SourceFeature { row: self.row, fields, geometry, notes }
    }
}

/// Objects and lists are kept as their JSON text.
pub(super) fn value(json: Value) -> SourceValue {
    match json {
        Value::Null => SourceValue::Null,
        Value::Bool(value) => SourceValue::Bool(value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => SourceValue::Int(value),
            (None, Some(value)) if !number.is_u64() => SourceValue::Real(value),
            _ => SourceValue::Text(number.to_string()),
        },
        Value::String(text) => SourceValue::of_text(text),
        other => SourceValue::Text(other.to_string()),
    }
}

fn coord(position: &Position) -> Result<Coord<f64>, String> {
    match position.as_slice() {
        [x, y, ..] => Ok(Coord { x: *x, y: *y }),
        _ => Err("a position needs two numbers".to_owned()),
    }
}

fn line(positions: &[Position]) -> Result<LineString<f64>, String> {
    positions.iter().map(coord).collect::<Result<Vec<_>, _>>().map(LineString)
}

fn polygon(rings: &[Vec<Position>]) -> Result<Polygon<f64>, String> {
    let mut rings = rings.iter().map(|ring| line(ring)).collect::<Result<Vec<_>, _>>()?.into_iter();
    Ok(Polygon::new(rings.next().unwrap_or(LineString(vec![])), rings.collect()))
}

fn to_geo(value: &GeometryValue) -> Result<Geometry<f64>, String> {
    Ok(match value {
        GeometryValue::Point { coordinates } => Point(coord(coordinates)?).into(),
        GeometryValue::MultiPoint { coordinates } => {
            MultiPoint(coordinates.iter().map(|position| coord(position).map(Point)).collect::<Result<_, _>>()?).into()
        }
        GeometryValue::LineString { coordinates } => line(coordinates)?.into(),
        GeometryValue::MultiLineString { coordinates } => {
            MultiLineString(coordinates.iter().map(|positions| line(positions)).collect::<Result<_, _>>()?).into()
        }
        GeometryValue::Polygon { coordinates } => polygon(coordinates)?.into(),
        GeometryValue::MultiPolygon { coordinates } => {
            MultiPolygon(coordinates.iter().map(|rings| polygon(rings)).collect::<Result<_, _>>()?).into()
        }
        GeometryValue::GeometryCollection { geometries } => {
            let members = geometries.iter().map(|geometry| to_geo(&geometry.value)).collect::<Result<_, _>>()?;
            Geometry::GeometryCollection(GeometryCollection(members))
        }
    })
}
