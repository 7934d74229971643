//! The filters of a profile's `where`: which rows of the source it means.

use serde::Deserialize;
use serde::de::Error;

use super::template::Row;
use crate::domain::GeometryKind;

/// One condition on a row.
#[derive(Clone, Debug)]
pub enum Condition {
    Present {
        field: String,
        present: bool,
    },
    In {
        field: String,
        words: Vec<String>,
        wanted: bool,
    },
    /// At least one of these holds.
    Any(Vec<Condition>),
    Geometry(GeometryKind),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    field: Option<String>,
    present: Option<bool>,
    equals: Option<String>,
    not: Option<String>,
    #[serde(rename = "in")]
    within: Option<Vec<String>>,
    not_in: Option<Vec<String>>,
    any: Option<Vec<Condition>>,
    geometry: Option<String>,
}

impl Condition {
    /// Whether the row with this kind of geometry is meant. Blank fields are absent; words are compared trimmed and exactly.
    pub fn holds(&self, row: &Row<'_>, geometry: Option<GeometryKind>) -> bool {
        match self {
            Self::Present { field, present } => row.text(field).is_some() == *present,
            Self::In { field, words, wanted } => row.text(field).is_some_and(|text| words.iter().any(|word| *word == text)) == *wanted,
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(row, geometry)),
            Self::Geometry(kind) => geometry == Some(*kind),
        }
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let one = "a condition is one of { field = \"F\", present = true }, { field, equals = \"X\" }, { field, not = \"X\" }, { field, in = [..] }, \
                   { field, not_in = [..] }, { geometry = \"polygon\" }, { any = [ .. ] }";
        let condition = match raw {
            Raw {
                field: Some(field),
                present: Some(present),
                equals: None,
                not: None,
                within: None,
                not_in: None,
                any: None,
                geometry: None,
            } => Self::Present { field, present },
            Raw {
                field: Some(field),
                present: None,
                equals: Some(word),
                not: None,
                within: None,
                not_in: None,
                any: None,
                geometry: None,
            } => Self::In { field, words: vec![word], wanted: true },
            Raw {
                field: Some(field),
                present: None,
                equals: None,
                not: Some(word),
                within: None,
                not_in: None,
                any: None,
                geometry: None,
            } => Self::In { field, words: vec![word], wanted: false },
            Raw {
                field: Some(field),
                present: None,
                equals: None,
                not: None,
                within: Some(words),
                not_in: None,
                any: None,
                geometry: None,
            } => Self::In { field, words, wanted: true },
            Raw {
                field: Some(field),
                present: None,
                equals: None,
                not: None,
                within: None,
                not_in: Some(words),
                any: None,
                geometry: None,
            } => Self::In { field, words, wanted: false },
            Raw {
                field: None,
                present: None,
                equals: None,
                not: None,
                within: None,
                not_in: None,
                any: Some(conditions),
                geometry: None,
            } => Self::Any(conditions),
            Raw { field: None, present: None, equals: None, not: None, within: None, not_in: None, any: None, geometry: Some(kind) } => {
                Self::Geometry(match kind.as_str() {
                    "point" => GeometryKind::Point,
                    "line" => GeometryKind::Line,
                    "polygon" => GeometryKind::Polygon,
                    _ => return Err(D::Error::custom(format!("geometry = {kind:?}: write point, line or polygon"))),
                })
            }
            _ => return Err(D::Error::custom(one)),
        };
        Ok(condition)
    }
}
