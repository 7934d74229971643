//! GeocodeJSON 0.1: the answers of search, suggest and reverse.

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::geometry;
use crate::app::{City, Nearest, SearchAnswer};
use crate::domain::{Layer, Value};
use crate::gazetteer::Hit;
use crate::http::language::Language;

#[derive(Debug, Serialize, ToSchema)]
pub struct GeocodeView {
    #[serde(rename = "type")]
    kind: &'static str,
    geocoding: Geocoding,
    features: Vec<Place>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Geocoding {
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    attribution: String,
    /// The answer knows of every change up to this one.
    sequence: u64,
    /// The search stopped at its work limit: a better hit may be missing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Place {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    /// A point; null when it is known but not where.
    #[schema(value_type = Option<Object>)]
    geometry: Option<geojson::Geometry>,
    properties: Properties,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Properties {
    #[schema(value_type = Object)]
    geocoding: Json,
}

impl GeocodeView {
    pub fn of_search(text: &str, found: &SearchAnswer, city: &City, language: Language) -> Self {
        let mut head = Geocoding::new(city, found.sequence, language, found.answer.hits.iter().map(|hit| hit.layer));
        head.query = Some(text.to_owned());
        head.truncated = found.answer.truncated;
        Self { kind: "FeatureCollection", geocoding: head, features: found.answer.hits.iter().map(Place::of_hit).collect() }
    }

    pub fn of_nearest(found: Vec<Nearest>, sequence: u64, city: &City, language: Language) -> Self {
        let head = Geocoding::new(city, sequence, language, found.iter().map(|near| near.layer));
        Self { kind: "FeatureCollection", geocoding: head, features: found.iter().map(|near| Place::of_nearest(near, language)).collect() }
    }
}

impl Geocoding {
    fn new(city: &City, sequence: u64, language: Language, layers: impl Iterator<Item = Layer>) -> Self {
        let mut credits: Vec<&str> = Vec::new();
        for layer in layers {
            let credit = city.layers.get(&layer).and_then(|credits| credits.attribution.as_ref()).map(|text| language.of(text));
            if let Some(credit) = credit
                && !credits.contains(&credit)
            {
                credits.push(credit);
            }
        }
        Self { version: "0.1.0", query: None, attribution: credits.join("; "), sequence, truncated: false }
    }
}

impl Place {
    fn new(id: String, position: Option<[f64; 2]>, geocoding: Json) -> Self {
        Self { kind: "Feature", id, geometry: position.map(geometry::point), properties: Properties { geocoding } }
    }

    fn of_hit(hit: &Hit) -> Self {
        let mut geocoding = serde_json::to_value(hit).unwrap_or_default();
        if let Json::Object(members) = &mut geocoding {
            members.insert("kind".into(), hit.layer.id().into());
        }
        Self::new(hit.id.to_string(), hit.position, geocoding)
    }

    fn of_nearest(near: &Nearest, language: Language) -> Self {
        let text = |field: &str| {
            let index = near.layer.field_index(field).and_then(|index| u8::try_from(index).ok())?;
            near.feature.tag(index).and_then(Value::text)
        };
        let name = near.feature.name.as_deref();
        let label = match (name, near.feature.name_en.as_deref(), text("road"), text("number")) {
            (None, _, Some(road), Some(number)) if road.is_ascii() => format!("{number} {road}"),
            (None, _, road, Some(number)) => format!("{}{number}", road.unwrap_or_default()),
            (Some(_), Some(english), ..) if language == Language::English => english.to_owned(),
            (Some(name), ..) => name.to_owned(),
            _ => near.layer.title_in(language).to_owned(),
        };
        let geocoding = serde_json::json!({
            "label": label,
            "name": name,
            "name_en": near.feature.name_en,
            "layer": near.layer,
            "kind": near.layer,
            "id": near.id,
            "distance_m": (near.distance_m * 100.0).round() / 100.0,
        });
        Self::new(near.id.to_string(), near.position, geocoding)
    }
}

impl Layer {
    fn title_in(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.title().zh,
            Language::English => self.title().en,
        }
    }
}
