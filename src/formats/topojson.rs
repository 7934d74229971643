//! What GDAL leaves out of TopoJSON: geometries of type `null`, which still are features with properties.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::geojson::value;
use super::source::Opened;
use super::{Cause, FormatError, ReadOptions, SourceFeature, SourceValue};

/// Only what is needed here: arcs and coordinates are passed over.
#[derive(Deserialize)]
struct Topology {
    #[serde(default)]
    objects: BTreeMap<String, Object>,
}

#[derive(Deserialize)]
struct Object {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<Value>,
    properties: Option<Map<String, Value>>,
    #[serde(default)]
    geometries: Vec<Object>,
}

/// The features of the layer without a geometry, numbered from `row` on.
pub(super) fn without_geometry(file: &Opened, options: &ReadOptions, layer: &str, mut row: u64) -> Result<Vec<SourceFeature>, FormatError> {
    let topology: Topology = serde_json::from_reader(file.reader(options)?).map_err(|error| FormatError::Damaged {
        path: file.path.clone(),
        layer: layer.to_owned(),
        what: "the TopoJSON is not as it should be".to_owned(),
        cause: Some(Cause(error.to_string())),
    })?;
    let members = topology.objects.into_iter().filter(|(name, _)| name == layer).flat_map(|(_, object)| object.geometries);
    let feature = |object: Object| {
        row += 1;
        let id = object.id.map(|id| (Arc::from("id"), value(id)));
        let properties = object.properties.unwrap_or_default().into_iter().map(|(name, json)| (Arc::from(name), value(json)));
        let fields: Vec<(Arc<str>, SourceValue)> = id.into_iter().chain(properties).collect();
        SourceFeature { row, fields, geometry: Ok(None), notes: Vec::new() }
    };
    Ok(members.filter(|object| object.kind.is_none()).map(feature).collect())
}
