//! A feature with everything that is known of it.

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use super::geometry;
use crate::app::FeatureAnswer;
use crate::domain::Value;

/// A GeoJSON Feature. `properties`: layer, name, names, the layer's typed fields, source, source_id, region, valid_from, valid_to,
/// recorded_from, dataset (imported_at, files, edition) and attributes (everything else the source said).
#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureView {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    #[schema(value_type = Option<Object>)]
    geometry: Option<geojson::Geometry>,
    #[schema(value_type = Object)]
    properties: Map<String, Json>,
}

impl FeatureView {
    pub fn new(answer: &FeatureAnswer) -> Self {
        let record = &answer.found.record;
        let mut properties = Map::new();
        let mut put = |name: &str, value: Json| {
            properties.insert(name.to_owned(), value);
        };
        put("layer", record.layer.id().into());
        put("name", record.name.clone().into());
        if let Some(name) = record.name_in("en") {
            put("name_en", name.into());
        }
        put("names", json!(record.names));
        for (field, value) in record.fields.iter() {
            if let Some(value) = value {
                put(field.name, value_json(value));
            }
        }
        put("region", record.region.clone().into());
        put("source", record.source.clone().into());
        put("source_id", record.source_id.clone().into());
        put("valid_from", json!(record.validity.from));
        put("valid_to", json!(record.validity.to));
        put("recorded_from", json!(answer.found.recorded_from));
        put("dataset", answer.found.dataset.clone().unwrap_or_default());
        put("attributes", Json::Object(record.attributes.clone()));
        if let Some(distance_m) = answer.distance_m {
            put("distance_m", json!((distance_m * 100.0).round() / 100.0));
        }
        Self { kind: "Feature", id: record.id.to_string(), geometry: geometry::geojson(answer.geometry.as_ref()), properties }
    }
}

/// As JSON has it.
pub fn value_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_ref().into(),
        Value::Int(value) => (*value).into(),
        Value::Number(value) => json!(value),
        Value::Date(value) => json!(value),
    }
}
