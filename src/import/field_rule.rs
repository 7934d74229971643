//! How one field of a feature is filled: from templates, a value map, or a constant.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess};

use super::profile::NameTarget;
use super::template::{Miss, Row, Template};
use crate::domain::{Layer, NameKind};

/// One value or a list of them.
#[derive(Clone, Debug)]
pub enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

/// What a key under `[fields]` means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldName {
    /// The index into `Layer::fields`.
    Typed(usize),
    Name(NameTarget),
}

/// The rule: the first alternative that is not blank, passed through the value map.
#[derive(Clone, Debug)]
pub struct FieldRule {
    alternatives: Vec<Template>,
    map: Option<BTreeMap<String, String>>,
    default: Option<Template>,
}

/// What a rule made of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled {
    Blank,
    Value(String),
    /// The value map does not know this value; it is kept as it is.
    Unmapped(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    from: OneOrMany<Template>,
    map: Option<BTreeMap<String, String>>,
    default: Option<Template>,
}

impl<T> OneOrMany<T> {
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl FieldName {
    /// # Errors
    /// Says which names there are.
    pub fn parse(layer: Layer, key: &str) -> Result<Self, String> {
        if let Some(index) = layer.field_index(key) {
            return Ok(Self::Typed(index));
        }
        let target = match key {
            "name" => NameTarget::Name,
            "name_pinyin" => NameTarget::Language { lang: "zh-Latn-pinyin".to_owned(), kind: NameKind::Pinyin },
            "alt_names" => NameTarget::List(NameKind::Alternative),
            "old_names" => NameTarget::List(NameKind::Former),
            "short_names" => NameTarget::List(NameKind::Short),
            _ => match key.strip_prefix("name_").filter(|lang| is_language(lang)) {
                Some(lang) => NameTarget::Language { lang: lang.replace('_', "-"), kind: NameKind::Official },
                None => {
                    let known: Vec<_> = layer.fields().iter().map(|field| field.name).collect();
                    return Err(format!(
                        "{layer} has no field {key:?}; there are name, name_<language>, name_pinyin, alt_names, old_names, short_names, {}",
                        known.join(", ")
                    ));
                }
            },
        };
        Ok(Self::Name(target))
    }
}

impl FieldRule {
    pub fn fill(&self, row: &Row<'_>, misses: &mut Vec<Miss>) -> Filled {
        let found = self.alternatives.iter().find_map(|template| template.fill(row, misses));
        let default = |misses: &mut Vec<Miss>| self.default.as_ref().and_then(|template| template.fill(row, misses));
        match (found, &self.map) {
            (None, _) => default(misses).map_or(Filled::Blank, Filled::Value),
            (Some(value), None) => Filled::Value(value),
            (Some(value), Some(map)) => match lookup(map, &value) {
                Some(mapped) => Filled::Value(mapped.to_owned()),
                None => default(misses).map_or(Filled::Unmapped(value), Filled::Value),
            },
        }
    }

    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.alternatives.iter().chain(&self.default)
    }

    /// The source field that this rule passes on unchanged, if it does only that.
    pub fn verbatim(&self) -> Option<&str> {
        match (self.alternatives.as_slice(), &self.map, &self.default) {
            ([template], None, None) => template.verbatim(),
            _ => None,
        }
    }

    /// The values it can give that do not come from the source.
    pub fn constants(&self) -> impl Iterator<Item = &str> {
        let plain = |template: &'_ &Template| template.constant().is_some();
        let unmapped = self.map.is_none();
        self.alternatives
            .iter()
            .filter(move |_| unmapped)
            .chain(&self.default)
            .filter(plain)
            .filter_map(Template::constant)
            .chain(self.map.iter().flat_map(|map| map.values().map(String::as_str)))
    }
}

/// Exact words first, then the longest `prefix*`.
fn lookup<'a>(map: &'a BTreeMap<String, String>, value: &str) -> Option<&'a str> {
    map.get(value).map(String::as_str).or_else(|| {
        map.iter()
            .filter_map(|(key, mapped)| {
                key.strip_suffix('*').filter(|prefix| value.starts_with(prefix)).map(|prefix| (prefix.len(), mapped))
            })
            .max_by_key(|(length, _)| *length)
            .map(|(_, mapped)| mapped.as_str())
    })
}

/// A language tag with underscores for hyphens: `en`, `zh_Hant`, `gv`.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('_');
    parts.next().is_some_and(|first| (2..=3).contains(&first.len()) && first.chars().all(|c| c.is_ascii_lowercase()))
        && parts.all(|part| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric()))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Visitor<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list of values")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(de::value::StrDeserializer::new(text)).map(OneOrMany::One)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(OneOrMany::One)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut many = Vec::new();
                while let Some(one) = list.next_element()? {
                    many.push(one);
                }
                Ok(OneOrMany::Many(many))
            }
        }
        deserializer.deserialize_any(Visitor(std::marker::PhantomData))
    }
}

impl<'de> Deserialize<'de> for FieldRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = FieldRule;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a template, a number, a list of templates, or { from, map, default }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<FieldRule, E> {
                Ok(plain(vec![Template::parse(text).map_err(E::custom)?]))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<FieldRule, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<FieldRule, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<FieldRule, A::Error> {
                let mut alternatives = Vec::new();
                while let Some(template) = list.next_element()? {
                    alternatives.push(template);
                }
                Ok(plain(alternatives))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<FieldRule, A::Error> {
                let raw = Raw::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(FieldRule { alternatives: raw.from.into_vec(), map: raw.map, default: raw.default })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

fn plain(alternatives: Vec<Template>) -> FieldRule {
    FieldRule { alternatives, map: None, default: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::SourceValue;
    use crate::import::template::Lookups;

    fn fill(rule: &str, fields: &[(&str, &str)]) -> Filled {
        #[derive(Deserialize)]
        struct Holder {
            rule: FieldRule,
        }
        let rule = toml::from_str::<Holder>(&format!("rule = {rule}")).unwrap().rule;
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).into(), SourceValue::Text((*value).to_owned()))).collect();
        let lookups = Lookups::new();
        rule.fill(&Row { fields: &fields, file: "", layer: "", number: 1, profile: "", lookups: &lookups }, &mut Vec::new())
    }

    #[test]
    fn the_first_alternative_that_is_not_blank_counts() {
        assert_eq!(fill("['{a}', '{b}']", &[("a", " "), ("b", "2")]), Filled::Value("2".to_owned()));
        assert_eq!(fill("['{a}', '{b}']", &[]), Filled::Blank);
        assert_eq!(fill("12", &[]), Filled::Value("12".to_owned()));
    }

    #[test]
    fn a_value_map_prefers_the_whole_word_and_then_the_longest_prefix() {
        let rule = "{ from = '{z}', map = { 'C-*' = 'residential', 'C-3A*' = 'mixed', 'C-3' = 'green' } }";
        assert_eq!(fill(rule, &[("z", "C-3")]), Filled::Value("green".to_owned()));
        assert_eq!(fill(rule, &[("z", "C-3A-1")]), Filled::Value("mixed".to_owned()));
        assert_eq!(fill(rule, &[("z", "C-1")]), Filled::Value("residential".to_owned()));
        assert_eq!(fill(rule, &[("z", "IA")]), Filled::Unmapped("IA".to_owned()));
    }

    #[test]
    fn a_default_stands_for_blank_and_for_unmapped_values() {
        let rule = "{ from = '{z}', map = { a = 'b' }, default = 'other' }";
        assert_eq!(fill(rule, &[("z", "x")]), Filled::Value("other".to_owned()));
        assert_eq!(fill(rule, &[]), Filled::Value("other".to_owned()));
    }

    #[test]
    fn names_of_fields_are_those_of_the_layer_and_of_names() {
        assert!(matches!(FieldName::parse(Layer::Roads, "left_from"), Ok(FieldName::Typed(2))));
        let language = |lang: &str| FieldName::Name(NameTarget::Language { lang: lang.to_owned(), kind: NameKind::Official });
        assert_eq!(FieldName::parse(Layer::Roads, "name_zh_Hant"), Ok(language("zh-Hant")));
        assert_eq!(FieldName::parse(Layer::Roads, "name_gv"), Ok(language("gv")));
        assert!(FieldName::parse(Layer::Roads, "name_").is_err());
        assert!(FieldName::parse(Layer::Roads, "colour").unwrap_err().contains("left_from"));
    }
}
