//! GeocodeJSON 0.1: the answers of search, suggest and reverse.

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::geometry;
use crate::app::{City, Nearest, PointAnswer, ReverseAnswer, SearchAnswer, Surroundings};
use crate::domain::Layer;
use crate::gazetteer::{Hit, note};
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
    /// Of a point: its divisions, zones, and the road and boundary beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    surroundings: Option<Surroundings>,
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
    /// `explain`: with what each score is the sum of.
    pub fn of_search(text: &str, found: &SearchAnswer, city: &City, language: Language, explain: bool) -> Self {
        if let Some(point) = &found.point {
            return Self::of_point(text, point, city, language);
        }
        let mut head = Geocoding::new(city, found.sequence, language, found.answer.hits.iter().map(|hit| hit.place.layer));
        head.query = Some(text.to_owned());
        head.truncated = found.answer.truncated;
        Self {
            kind: "FeatureCollection",
            geocoding: head,
            features: found.answer.hits.iter().map(|hit| Place::of_hit(hit, language, explain)).collect(),
        }
    }

    /// The point itself, then what is near it.
    fn of_point(text: &str, found: &PointAnswer, city: &City, language: Language) -> Self {
        let mut view = Self::of_nearest(&found.answer, city, language);
        view.geocoding.query = Some(text.to_owned());
        view.features.insert(0, Place::of_coordinates(found.point));
        view
    }

    pub fn of_nearest(found: &ReverseAnswer, city: &City, language: Language) -> Self {
        let mut head = Geocoding::new(city, found.sequence, language, found.nearest.iter().map(|near| near.layer));
        head.surroundings = Some(found.surroundings.clone());
        Self {
            kind: "FeatureCollection",
            geocoding: head,
            features: found.nearest.iter().map(|near| Place::of_nearest(near, language)).collect(),
        }
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
        Self { version: "0.1.0", query: None, attribution: credits.join("; "), sequence, truncated: false, surroundings: None }
    }
}

impl Place {
    fn new(id: String, position: Option<[f64; 2]>, geocoding: Json) -> Self {
        Self { kind: "Feature", id, geometry: position.map(geometry::point), properties: Properties { geocoding } }
    }

    fn of_coordinates([lon, lat]: [f64; 2]) -> Self {
        let label = format!("{lat:.6}, {lon:.6}");
        let geocoding = serde_json::json!({ "label": label, "name": null, "layer": null, "id": null, "kind": "point", "distance_m": 0.0,
            "match": { "kind": "coordinates", "part": null } });
        Self::new(format!("point:{lat},{lon}"), Some([lon, lat]), geocoding)
    }

    fn of_hit(hit: &Hit, language: Language, explain: bool) -> Self {
        let mut geocoding = serde_json::to_value(hit).unwrap_or_default();
        if let Json::Object(members) = &mut geocoding {
            members.insert("kind".into(), hit.place.layer.id().into());
            if let Some(Json::Object(matched)) = members.get_mut("match")
                && !hit.parts.is_empty()
            {
                matched.insert("parts".into(), serde_json::to_value(&hit.parts).unwrap_or_default());
            }
            if let Some([zh, en]) = note(hit) {
                members.insert("note".into(), if language == Language::Chinese { zh } else { en }.into());
            }
            if explain {
                let weights: serde_json::Map<String, Json> =
                    hit.weights.iter().map(|(name, weight)| ((*name).to_owned(), (*weight).into())).collect();
                members.insert("explain".into(), weights.into());
            }
        }
        Self::new(hit.place.id.to_string(), hit.place.position, geocoding)
    }

    fn of_nearest(near: &Nearest, language: Language) -> Self {
        let mut geocoding = near.place.as_ref().and_then(|place| serde_json::to_value(place).ok()).unwrap_or_else(
            || serde_json::json!({ "label": near.layer.title_in(language), "name": null, "layer": near.layer, "id": near.id }),
        );
        if let Json::Object(members) = &mut geocoding {
            members.insert("kind".into(), near.layer.id().into());
            members.insert("distance_m".into(), ((near.distance_m * 100.0).round() / 100.0).into());
        }
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
