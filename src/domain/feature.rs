//! One feature as the register knows it: identity, validity, names, typed fields, attributes, geometry.

use std::sync::Arc;

use chrono::NaiveDate;
use geo_types::Geometry;
use serde::{Deserialize, Serialize};

use super::{FeatureId, Layer};

/// From when until when something is so in the world; `None` is "has always been" and "until further notice".
/// The first day counts, the last does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Validity {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

impl Validity {
    pub fn since(from: Option<NaiveDate>) -> Self {
        Self { from, to: None }
    }

    pub fn contains(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }
}

/// What kind of name a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// 标准名: the name in another language or script.
    Official,
    /// 汉语拼音 with tone marks.
    Pinyin,
    /// 别名
    Alternative,
    /// 曾用名
    Former,
    /// 简称
    Short,
}

/// A further name of a feature beside its `name`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    pub text: String,
    /// BCP 47, such as `en`, `zh-Hant`, `gv`; empty when not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lang: String,
    pub kind: NameKind,
}

/// A value of a typed field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Int(i64),
    Number(f64),
    Date(NaiveDate),
    Text(Arc<str>),
}

impl Value {
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Int(value) => Some(*value as f64),
            Value::Number(value) => Some(*value),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

/// The typed fields of a feature, one place for each of [`Layer::fields`], in that order.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    layer: Layer,
    values: Box<[Option<Value>]>,
}

impl Fields {
    pub fn new(layer: Layer) -> Self {
        Self { layer, values: vec![None; layer.fields().len()].into() }
    }

    /// # Panics
    /// When the layer has no such field: that is a mistake in the program, not in the data.
    pub fn set(&mut self, name: &str, value: Option<Value>) {
        match self.layer.field_index(name) {
            Some(index) => self.values[index] = value,
            None => panic!("layer {} has no field {name}", self.layer),
        }
    }

    pub fn set_at(&mut self, index: usize, value: Option<Value>) {
        self.values[index] = value;
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values[self.layer.field_index(name)?].as_ref()
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    pub fn at(&self, index: usize) -> Option<&Value> {
        self.values[index].as_ref()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static super::Field, Option<&Value>)> {
        self.layer.fields().iter().zip(self.values.iter().map(Option::as_ref))
    }
}

/// One version of a feature: what holds for `validity`, as the register knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub layer: Layer,
    /// County-level division code, or the city's own: the first part of every key.
    pub region: String,
    pub id: FeatureId,
    pub validity: Validity,
    /// The stream of editions the feature comes from, such as `cambridge-ma/zoning`.
    pub source: String,
    /// What that source calls it.
    pub source_id: String,
    pub name: Option<String>,
    pub names: Vec<Name>,
    pub fields: Fields,
    /// Everything else the source said, as it said it.
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// In the working coordinate system (x east, y north, metres). `None`: kept and found, but not on the map.
    pub geometry: Option<Geometry<f64>>,
}

impl Record {
    /// The first further name in this language.
    pub fn name_in(&self, lang: &str) -> Option<&str> {
        self.names.iter().find(|name| name.lang == lang && name.kind == NameKind::Official).map(|name| name.text.as_str())
    }
}

/// An axis-parallel box; the unit and the axes are those of the coordinates it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    pub min: [f64; 2],
    pub max: [f64; 2],
}

impl Extent {
    pub fn new(a: [f64; 2], b: [f64; 2]) -> Self {
        Self { min: [a[0].min(b[0]), a[1].min(b[1])], max: [a[0].max(b[0]), a[1].max(b[1])] }
    }

    pub fn union(self, other: Self) -> Self {
        Self {
            min: [self.min[0].min(other.min[0]), self.min[1].min(other.min[1])],
            max: [self.max[0].max(other.max[0]), self.max[1].max(other.max[1])],
        }
    }

    /// Whether all of the other lies in this one; touching counts.
    pub fn contains(&self, other: &Self) -> bool {
        (0..2).all(|axis| self.min[axis] <= other.min[axis] && other.max[axis] <= self.max[axis])
    }

    /// Touching counts.
    pub fn intersects(&self, other: &Self) -> bool {
        self.min[0] <= other.max[0] && other.min[0] <= self.max[0] && self.min[1] <= other.max[1] && other.min[1] <= self.max[1]
    }

    pub fn contains_point(&self, [x, y]: [f64; 2]) -> bool {
        self.min[0] <= x && x <= self.max[0] && self.min[1] <= y && y <= self.max[1]
    }

    pub fn grown(self, by: f64) -> Self {
        Self { min: [self.min[0] - by, self.min[1] - by], max: [self.max[0] + by, self.max[1] + by] }
    }

    pub fn width(&self) -> f64 {
        self.max[0] - self.min[0]
    }

    pub fn height(&self) -> f64 {
        self.max[1] - self.min[1]
    }
}
