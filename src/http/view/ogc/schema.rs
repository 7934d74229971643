//! What the items of a collection have, as JSON Schema: everything (part 5), what can be asked (part 3), what can be sorted by (part 5).

use serde_json::{Map, Value as Json, json};

use super::link::Base;
use super::{said, told};
use crate::app::City;
use crate::app::ogc::{self, Property, Role};
use crate::cql2::Kind;
use crate::domain::{GeometryKind, Layer};
use crate::http::language::Language;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Returned,
    Queried,
    Sorted,
}

pub fn schema(city: &City, layer: Layer, purpose: Purpose, base: &Base, language: Language) -> Json {
    let properties: Map<String, Json> = ogc::properties(city, layer)
        .iter()
        .filter(|property| purpose != Purpose::Sorted || property.role != Role::Geometry)
        .map(|property| (property.name.to_owned(), described(property, layer, language)))
        .collect();
    let what = match purpose {
        Purpose::Returned => said(language, "要素的结构", "What items have"),
        Purpose::Queried => said(language, "可查询属性", "What can be asked"),
        Purpose::Sorted => said(language, "可排序属性", "What can be sorted by"),
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{}{}", base.root(), base.path()),
        "type": "object",
        "title": format!("{}: {what}", told(layer.title(), language)),
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The type of a property, for the API's description too.
pub fn kind(property: &Property) -> Json {
    match property.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Number if property.whole => json!({ "type": "integer" }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
        Kind::Geometry => json!({}),
    }
}

fn described(property: &Property, layer: Layer, language: Language) -> Json {
    let mut view = kind(property);
    view["title"] = told(property.title, language).into();
    match property.role {
        Role::Id => view["x-ogc-role"] = "id".into(),
        Role::Geometry => {
            view["x-ogc-role"] = "primary-geometry".into();
            view["format"] = match layer.geometry() {
                GeometryKind::Point => "geometry-point",
                GeometryKind::Line => "geometry-multilinestring",
                GeometryKind::Polygon => "geometry-multipolygon",
                GeometryKind::Any => "geometry-any",
            }
            .into();
        }
        _ => {}
    }
    view
}
