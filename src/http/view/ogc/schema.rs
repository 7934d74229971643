//! What the items of a collection have, as JSON Schema: everything (part 5), what can be asked (part 3), what can be sorted by (part 5).

use serde_json::{Map, Value as Json, json};

use super::link::Base;
use super::{said, told};
use crate::app::City;
use crate::app::ogc::{self, Property, Role};
use crate::cql2::Kind;
use crate::domain::{FieldKind, GeometryKind, Layer};
use crate::http::language::Language;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Returned,
    Queried,
    Sorted,
}

pub fn schema(city: &City, layer: Layer, purpose: Purpose, base: &Base, language: Language) -> Json {
    let mut properties: Map<String, Json> = ogc::properties(city, layer)
        .iter()
        .filter(|property| purpose != Purpose::Sorted || property.role != Role::Geometry)
        .map(|property| (property.name.to_owned(), described(property, layer, language)))
        .collect();
    if purpose == Purpose::Returned {
        properties.extend(further(city, layer, language));
    }
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

/// What a single item has besides: fields that are not on the map, and what every record has.
fn further(city: &City, layer: Layer, language: Language) -> impl Iterator<Item = (String, Json)> {
    let hidden = city.layers.get(&layer).map(|credits| &credits.hidden);
    let fields = layer.fields().iter().filter(move |field| !field.in_tiles && hidden.is_none_or(|hidden| !hidden.contains(field.name)));
    let fields = fields.map(|field| {
        let schema = match field.kind {
            FieldKind::Text => json!({ "type": "string" }),
            FieldKind::Int => json!({ "type": "integer" }),
            FieldKind::Number => json!({ "type": "number" }),
            FieldKind::Date => json!({ "type": "string", "format": "date" }),
        };
        (field.name, field.title.zh, field.title.en, schema)
    });
    let text = || json!({ "type": "string" });
    let object = || json!({ "type": "object" });
    let name = json!({ "type": "object", "properties": { "text": text(), "lang": text(), "kind": text() } });
    let all = [
        ("names", "其他名称", "Further names", json!({ "type": "array", "items": name })),
        ("source", "来源", "Source", text()),
        ("source_id", "来源中的编号", "Identifier at the source", text()),
        ("valid_from", "有效期起", "The first day on which it holds", json!({ "type": "string", "format": "date" })),
        ("valid_to", "有效期止（不含）", "The first day on which it holds no more", json!({ "type": "string", "format": "date" })),
        ("recorded_from", "登记时间", "When this was recorded", json!({ "type": "string", "format": "date-time" })),
        ("dataset", "数据集版本", "The version of the data set", object()),
        ("attributes", "来源的其他属性", "Everything else the source said", object()),
    ];
    fields.chain(all).map(move |(name, zh, en, mut view)| {
        view["title"] = said(language, zh, en).into();
        view["description"] = said(language, "仅单个要素有此项。", "Only a single item has it.").into();
        (name.to_owned(), view)
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
