//! Templates: text with `{FIELD|filter}` places that are filled from a row of a source.
//!
//! A place whose field is blank leaves the whole template blank, so that the next of a list is tried; `{FIELD?}` may be blank.
//! `{@file}`, `{@layer}`, `{@row}` and `{@profile}` stand for the file's name, the layer inside it, the row's number and the
//! profile. `{{` and `}}` are braces.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use serde::de::{self, Deserialize, Deserializer};

use crate::formats::SourceValue;

/// What a template is filled from.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub fields: &'a [(Arc<str>, SourceValue)],
    /// The file's name without its folder.
    pub file: &'a str,
    /// The layer inside the file, such as `multipolygons`.
    pub layer: &'a str,
    pub number: u64,
    pub profile: &'a str,
    pub lookups: &'a Lookups,
}

/// The tables a profile looks words up in, by name.
pub type Lookups = BTreeMap<String, Table>;

/// One lookup table; keys and values are trimmed.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub values: std::collections::HashMap<String, String>,
}

/// A word that a lookup table does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    pub table: String,
    pub word: String,
}

/// A parsed template; [`Template::fill`] fills it.
#[derive(Clone, Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Place(Place),
}

#[derive(Clone, Debug)]
struct Place {
    name: String,
    optional: bool,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug)]
enum Filter {
    Trim,
    Upper,
    Lower,
    Title,
    Digits,
    Integer,
    HalfWidth,
    Squeeze,
    Date(String),
    Lookup(String),
    Default(String),
    NoneIf(String),
    Replace(String, String),
    Remove(String),
    Before(String),
    After(String),
    First(usize),
    Last(usize),
    Pad(usize),
    Prefix(String),
    Suffix(String),
    Scale(f64),
    Han,
    NoHan,
}

/// The filters, for error messages and the reference.
pub const FILTERS: &str = "trim, upper, lower, title, digits, integer, halfwidth, squeeze, han, nohan, date:FORMAT, lookup:NAME, default:TEXT, \
                           none_if:TEXT, replace:FROM:TO, remove:TEXT, before:TEXT, after:TEXT, first:N, last:N, pad:N, prefix:TEXT, suffix:TEXT, scale:FACTOR";

impl Row<'_> {
    /// The text of a field, trimmed; `None` when it is absent, null or blank.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        let text = match name {
            "@file" => Cow::Borrowed(self.file),
            "@layer" => Cow::Borrowed(self.layer),
            "@row" => Cow::Owned(self.number.to_string()),
            "@profile" => Cow::Borrowed(self.profile),
            _ => self.fields.iter().find(|(field, _)| &**field == name)?.1.as_text()?,
        };
        match text {
            Cow::Borrowed(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(Cow::Borrowed),
            Cow::Owned(text) if text.trim().len() == text.len() => (!text.is_empty()).then_some(Cow::Owned(text)),
            Cow::Owned(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()).map(Cow::Owned),
        }
    }
}

impl Template {
    /// # Errors
    /// Says in words what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if rest.starts_with("{{") || rest.starts_with("}}") {
                plain.push(character);
                rest = &rest[2..];
            } else if character == '}' {
                return Err(format!("a }} without {{ in {text:?}; write }}}} for a brace"));
            } else if character == '{' {
                let end = rest.find('}').ok_or_else(|| format!("a {{ without }} in {text:?}; write {{{{ for a brace"))?;
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Place(Place::parse(&rest[1..end])?));
                rest = &rest[end + 1..];
            } else {
                plain.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// The text, or `None` when a field it needs is blank or nothing but blanks came out.
    pub fn fill(&self, row: &Row<'_>, misses: &mut Vec<Miss>) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Place(place) => match place.fill(row, misses) {
                    Some(text) => out.push_str(&text),
                    None if place.optional => {}
                    None => return None,
                },
            }
        }
        let trimmed = out.trim();
        match trimmed.len() {
            0 => None,
            same if same == out.len() => Some(out),
            _ => Some(trimmed.to_owned()),
        }
    }

    /// The fields it reads.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Place(place) if !place.name.starts_with('@') => Some(place.name.as_str()),
            _ => None,
        })
    }

    /// The lookup tables it needs.
    pub fn lookups(&self) -> impl Iterator<Item = &str> {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Place(place) => Some(&place.filters),
                Part::Text(_) => None,
            })
            .flatten()
            .filter_map(|filter| match filter {
                Filter::Lookup(name) => Some(name.as_str()),
                _ => None,
            })
    }

    /// The text of a template without places.
    pub fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text.trim()),
            _ => None,
        }
    }

    /// The one field whose text this template passes on as it is, if that is all it does.
    pub fn verbatim(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Place(place)] if place.filters.iter().all(|filter| matches!(filter, Filter::Trim)) => Some(&place.name),
            _ => None,
        }
    }
}

impl Place {
    fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = text.split('|');
        let name = pieces.next().unwrap_or_default().trim();
        let (name, optional) = match name.strip_suffix('?') {
            Some(name) => (name, true),
            None => (name, false),
        };
        if name.is_empty() {
            return Err(format!("{{{text}}} names no field"));
        }
        let filters = pieces.map(Filter::parse).collect::<Result<_, _>>()?;
        Ok(Self { name: name.to_owned(), optional, filters })
    }

    fn fill(&self, row: &Row<'_>, misses: &mut Vec<Miss>) -> Option<String> {
        let mut value = row.text(&self.name).map(Cow::into_owned);
        for filter in &self.filters {
            value = filter.apply(value, row.lookups, misses);
        }
        value.filter(|text| !text.is_empty())
    }
}

impl Filter {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name.trim(), Some(argument)),
            None => (text.trim(), None),
        };
        let need = || argument.map(str::to_owned).ok_or_else(|| format!("the filter {name} needs a value, as in {name}:VALUE"));
        let count = || {
            need()
                .and_then(|text| text.trim().parse::<usize>().map_err(|_| format!("the filter {name} needs a whole number, not {text:?}")))
        };
        Ok(match name {
            "trim" => Self::Trim,
            "upper" => Self::Upper,
            "lower" => Self::Lower,
            "title" => Self::Title,
            "digits" => Self::Digits,
            "integer" => Self::Integer,
            "halfwidth" => Self::HalfWidth,
            "squeeze" => Self::Squeeze,
            "han" => Self::Han,
            "nohan" => Self::NoHan,
            "date" => Self::Date(argument.unwrap_or("%Y-%m-%d").to_owned()),
            "lookup" => Self::Lookup(need()?.trim().to_owned()),
            "default" => Self::Default(need()?),
            "none_if" => Self::NoneIf(need()?),
            "replace" => {
                let both = need()?;
                let (from, to) = both.split_once(':').ok_or("the filter replace needs two values, as in replace:FROM:TO")?;
                if from.is_empty() {
                    return Err("the filter replace needs something to replace".to_owned());
                }
                Self::Replace(from.to_owned(), to.to_owned())
            }
            "remove" => Self::Remove(need()?),
            "before" => Self::Before(need()?),
            "after" => Self::After(need()?),
            "first" => Self::First(count()?),
            "last" => Self::Last(count()?),
            "pad" => Self::Pad(count()?.min(64)),
            "prefix" => Self::Prefix(need()?),
            "suffix" => Self::Suffix(need()?),
            "scale" => {
                let text = need()?;
                let factor = text.trim().parse::<f64>().ok().filter(|factor| factor.is_finite());
                Self::Scale(factor.ok_or_else(|| format!("the filter scale needs a number, not {text:?}"))?)
            }
            _ => return Err(format!("there is no filter {name:?}; there are {FILTERS}")),
        })
    }

    fn apply(&self, value: Option<String>, lookups: &Lookups, misses: &mut Vec<Miss>) -> Option<String> {
        let Some(text) = value else {
            return match self {
                Self::Default(default) => Some(default.clone()),
                _ => None,
            };
        };
        let out = match self {
            Self::Trim => text.trim().to_owned(),
            Self::Upper => text.to_uppercase(),
            Self::Lower => text.to_lowercase(),
            Self::Title => title_case(&text),
            Self::Digits => text.chars().filter(char::is_ascii_digit).collect(),
            Self::Integer => text.parse::<f64>().ok().filter(|n| n.is_finite() && n.abs() < 9e15).map_or(text, |n| format!("{n:.0}")),
            Self::HalfWidth => {
                use unicode_normalization::UnicodeNormalization;
                text.nfkc().collect()
            }
            Self::Squeeze => text.split_whitespace().collect::<Vec<_>>().join(" "),
            Self::Date(format) => date(&text, format).map_or(text, |day| day.to_string()),
            Self::Lookup(name) => match lookups.get(name).and_then(|table| table.values.get(text.as_str())) {
                Some(found) => found.clone(),
                None => {
                    misses.push(Miss { table: name.clone(), word: text });
                    return None;
                }
            },
            Self::Default(_) => text,
            Self::NoneIf(unwanted) if text == *unwanted => return None,
            Self::NoneIf(_) => text,
            Self::Replace(from, to) => text.replace(from.as_str(), to),
            Self::Remove(unwanted) => text.replace(unwanted.as_str(), ""),
            Self::Before(mark) => text.split_once(mark.as_str()).map_or(text.clone(), |(before, _)| before.to_owned()),
            Self::After(mark) => text.split_once(mark.as_str()).map_or(text.clone(), |(_, after)| after.to_owned()),
            Self::First(count) => text.chars().take(*count).collect(),
            Self::Last(count) => {
                let length = text.chars().count();
                text.chars().skip(length.saturating_sub(*count)).collect()
            }
            Self::Pad(width) => format!("{text:0>width$}"),
            Self::Prefix(prefix) => format!("{prefix}{text}"),
            Self::Suffix(suffix) => format!("{text}{suffix}"),
            Self::Scale(factor) => text.parse::<f64>().map_or(text, |number| (number * factor).to_string()),
            Self::Han => keep_script(&text, true),
            Self::NoHan => keep_script(&text, false),
        };
        let out =
            if out.trim().len() == out.len() || matches!(self, Self::Prefix(_) | Self::Suffix(_)) { out } else { out.trim().to_owned() };
        (!out.is_empty()).then_some(out)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Template;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a template such as \"{FIELD}\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Template, E> {
                Template::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// A day from the usual ways of writing one: the given format, `2026-08-17` with or without a time, `20260817`,
/// or milliseconds since 1970 as ArcGIS writes them.
pub fn date(text: &str, format: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let head = text.get(..10).unwrap_or(text);
    NaiveDate::parse_from_str(text, format)
        .or_else(|_| NaiveDate::parse_from_str(head, "%Y-%m-%d"))
        .or_else(|_| NaiveDate::parse_from_str(head, "%Y/%m/%d"))
        .or_else(|_| if text.len() == 8 { NaiveDate::parse_from_str(text, "%Y%m%d") } else { NaiveDate::parse_from_str("", "%Y") })
        .ok()
        .or_else(|| {
            let milliseconds = text.parse::<f64>().ok().filter(|ms| ms.abs() >= 1e11 && ms.abs() < 1e14)?;
            DateTime::from_timestamp_millis(milliseconds as i64).map(|moment| moment.date_naive())
        })
}

/// `ABERDEEN AVE` becomes `Aberdeen Ave`; letters after an apostrophe stay small.
fn title_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for character in text.chars() {
        if inside {
            out.extend(character.to_lowercase());
        } else {
            out.extend(character.to_uppercase());
        }
        inside = character.is_alphanumeric() || character == '\'' || character == '’';
    }
    out
}

/// Of a text in two scripts such as `沙田正街 Sha Tin Centre Street`, the Chinese or the other part.
fn keep_script(text: &str, han: bool) -> String {
    let is_han = |c: char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '〇' | '－' | '·' | '（' | '）');
    let kept: String = text.chars().filter(|c| is_han(*c) == han || (c.is_whitespace() && !han)).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fill(template: &str, fields: &[(&str, &str)]) -> Option<String> {
        let fields: Vec<(Arc<str>, SourceValue)> =
            fields.iter().map(|(name, value)| (Arc::from(*name), SourceValue::Text((*value).to_owned()))).collect();
        let lookups = Lookups::from([("towns".to_owned(), Table { values: [("1".to_owned(), "羅東鎮".to_owned())].into() })]);
        let row = Row { fields: &fields, file: "plates.csv", layer: "plates", number: 7, profile: "plates", lookups: &lookups };
        Template::parse(template).unwrap().fill(&row, &mut Vec::new())
    }

    #[test]
    fn text_around_a_field_is_kept() {
        assert_eq!(fill("{a}-{b}", &[("a", "1"), ("b", "2")]).as_deref(), Some("1-2"));
        assert_eq!(fill("{{{a}}}", &[("a", "1")]).as_deref(), Some("{1}"));
        assert_eq!(fill("{@file}:{@row}", &[]).as_deref(), Some("plates.csv:7"));
    }

    #[test]
    fn a_blank_field_leaves_the_template_blank_unless_it_is_optional() {
        assert_eq!(fill("No {a}", &[("a", "  ")]), None);
        assert_eq!(fill("{a?}{b?}", &[("b", "2")]).as_deref(), Some("2"));
        assert_eq!(fill("{a?}", &[]), None);
    }

    #[test]
    fn filters_work_from_left_to_right() {
        assert_eq!(fill("{a|title}", &[("a", "O'BRIEN'S AVE")]).as_deref(), Some("O'brien's Ave"));
        assert_eq!(fill("{a|digits|pad:4}", &[("a", "12號")]).as_deref(), Some("0012"));
        assert_eq!(fill("{a|lookup:towns}", &[("a", "1")]).as_deref(), Some("羅東鎮"));
        assert_eq!(fill("{a|integer}", &[("a", "122.0")]).as_deref(), Some("122"));
        assert_eq!(fill("{a|none_if:-1|default:none}", &[("a", "-1")]).as_deref(), Some("none"));
        assert_eq!(fill("{b?|prefix: (|suffix:)}", &[("b", "x")]).as_deref(), Some("(x)"));
        assert_eq!(fill("{a|date:%d-%b-%y}", &[("a", "14-May-12")]).as_deref(), Some("2012-05-14"));
        assert_eq!(fill("{a|han}", &[("a", "沙田正街 Sha Tin Centre Street")]).as_deref(), Some("沙田正街"));
        assert_eq!(fill("{a|nohan}", &[("a", "沙田正街 Sha Tin Centre Street")]).as_deref(), Some("Sha Tin Centre Street"));
        assert_eq!(fill("{a|halfwidth}", &[("a", "１巷")]).as_deref(), Some("1巷"));
    }

    #[test]
    fn a_word_missing_in_a_lookup_is_told() {
        let fields = [(Arc::from("a"), SourceValue::Text("9".to_owned()))];
        let lookups = Lookups::from([("towns".to_owned(), Table::default())]);
        let row = Row { fields: &fields, file: "", layer: "", number: 1, profile: "", lookups: &lookups };
        let mut misses = Vec::new();
        assert_eq!(Template::parse("{a|lookup:towns}").unwrap().fill(&row, &mut misses), None);
        assert_eq!(misses, [Miss { table: "towns".to_owned(), word: "9".to_owned() }]);
    }

    #[test]
    fn mistakes_are_told_in_words() {
        for (text, part) in
            [("{a", "without }"), ("a}", "without {"), ("{}", "names no field"), ("{a|shout}", "no filter"), ("{a|pad:x}", "whole number")]
        {
            assert!(Template::parse(text).unwrap_err().contains(part), "{text}");
        }
    }

    #[test]
    fn days_are_read_in_the_ways_sources_write_them() {
        let day = NaiveDate::from_ymd_opt(2026, 8, 17);
        for text in ["2026-08-17", "2026/08/17", "20260817", "2026-08-17T10:00:00Z", "1786924800000"] {
            assert_eq!(date(text, "%Y-%m-%d"), day, "{text}");
        }
        assert_eq!(date("17.13.26", "%d.%m.%y"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = Template::parse(&text);
        }

        #[test]
        fn text_without_braces_is_itself(text in "[^{}]*") {
            let lookups = Lookups::new();
            let row = Row { fields: &[], file: "", layer: "", number: 1, profile: "", lookups: &lookups };
            let filled = Template::parse(&text).unwrap().fill(&row, &mut Vec::new());
            prop_assert_eq!(filled.unwrap_or_default(), text.trim());
        }
    }
}
