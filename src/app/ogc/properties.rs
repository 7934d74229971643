//! What the items of a collection have, what may be asked of them, and by what they can be sorted: one list, from the layer's fields.

use std::borrow::Cow;

use crate::app::City;
use crate::cql2::{Answer, GEOMETRY, Kind};
use crate::domain::{FieldKind, Layer, Text, Value};
use crate::spatial::Feature;

/// A property of the items of a collection.
#[derive(Clone, Debug)]
pub struct Property {
    pub name: &'static str,
    pub kind: Kind,
    /// Numbers without decimals.
    pub whole: bool,
    pub title: Text,
    pub role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The id of the item itself.
    Id,
    Name,
    EnglishName,
    Region,
    /// A typed field, by its index.
    Field(u8),
    Geometry,
}

/// Everything that the public sees of a layer in memory, the geometry last.
pub fn properties(city: &City, layer: Layer) -> Vec<Property> {
    let text = |name, zh, en, role| Property { name, kind: Kind::Text, whole: false, title: Text { zh, en }, role };
    let mut all = vec![
        text("id", "标识码", "Identifier", Role::Id),
        text("name", "名称", "Name", Role::Name),
        text("name_en", "英文名称", "English name", Role::EnglishName),
        text("region", "所属区划代码", "Code of the division it is kept for", Role::Region),
    ];
    let hidden = city.layers.get(&layer).map(|credits| &credits.hidden);
    for (index, field) in layer.fields().iter().enumerate() {
        if field.in_tiles && hidden.is_none_or(|hidden| !hidden.contains(field.name)) {
            let kind = match field.kind {
                FieldKind::Text => Kind::Text,
                FieldKind::Int | FieldKind::Number => Kind::Number,
                FieldKind::Date => Kind::Date,
            };
            let role = Role::Field(u8::try_from(index).unwrap_or(u8::MAX));
            all.push(Property { name: field.name, kind, whole: field.kind == FieldKind::Int, title: field.title, role });
        }
    }
    let title = Text { zh: "几何", en: "Geometry" };
    all.push(Property { name: GEOMETRY, kind: Kind::Geometry, whole: false, title, role: Role::Geometry });
    all
}

impl Property {
    /// Its value in a feature; the geometry has none here.
    pub(super) fn of<'a>(&self, feature: &'a Feature) -> Option<Answer<'a>> {
        let text = |text: &'a str| Answer::Text(Cow::Borrowed(text));
        match self.role {
            Role::Id => Some(Answer::Text(feature.id.to_string().into())),
            Role::Name => feature.name.as_deref().map(text),
            Role::EnglishName => feature.name_en.as_deref().map(text),
            Role::Region => Some(text(&feature.region)),
            Role::Field(index) => Some(match feature.tag(index)? {
                Value::Text(value) => text(value),
                Value::Int(value) => Answer::Number(*value as f64),
                Value::Number(value) => Answer::Number(*value),
                Value::Date(value) => Answer::Date(*value),
            }),
            Role::Geometry => None,
        }
    }
}
