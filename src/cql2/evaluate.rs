//! Asks an expression of a feature. Unknown values make unknown answers, as in SQL: only what is true passes.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, Utc};
use geo::{BoundingRect, Intersects, Relate};
use geo_types::Geometry;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::GEOMETRY;
use super::types::{Comparison, Expression, Operand, Scalar, Spatial};

/// A value of a feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    Boolean(bool),
    Date(NaiveDate),
    Time(DateTime<Utc>),
}

/// A feature, as far as a filter may ask.
pub trait Asked {
    /// The value of a property that was declared; `None` when it has none.
    fn value(&self, property: &str) -> Option<Answer<'_>>;
    /// In the coordinate system of the filter; `None` without a position.
    fn geometry(&self) -> Option<&Geometry<f64>>;
}

impl Expression {
    /// Whether the feature passes.
    pub fn passes<A: Asked>(&self, feature: &A) -> bool {
        self.ask(feature) == Some(true)
    }

    fn ask<A: Asked>(&self, feature: &A) -> Option<bool> {
        match self {
            Self::Constant(value) => Some(*value),
            // false (or true) decides, whatever else is unknown
            Self::And(parts) => all(parts, feature, true),
            Self::Or(parts) => all(parts, feature, false),
            Self::Not(part) => part.ask(feature).map(|answer| !answer),
            Self::Compare(comparison, a, b) => {
                let order = order(&a.of(feature)?, &b.of(feature)?)?;
                Some(match comparison {
                    Comparison::Equal => order == Ordering::Equal,
                    Comparison::NotEqual => order != Ordering::Equal,
                    Comparison::Less => order == Ordering::Less,
                    Comparison::LessOrEqual => order != Ordering::Greater,
                    Comparison::Greater => order == Ordering::Greater,
                    Comparison::GreaterOrEqual => order != Ordering::Less,
                })
            }
            Self::Between(value, low, high) => {
                let value = value.of(feature)?;
                Some(order(&low.of(feature)?, &value)? != Ordering::Greater && order(&value, &high.of(feature)?)? != Ordering::Greater)
            }
            Self::In(value, list) => {
                let value = value.of(feature)?;
                let mut unknown = false;
                for one in list {
                    match one.of(feature).and_then(|one| order(&value, &one)) {
                        Some(Ordering::Equal) => return Some(true),
                        Some(_) => {}
                        None => unknown = true,
                    }
                }
                (!unknown).then_some(false)
            }
            Self::Like(value, pattern) => match (value.of(feature)?, pattern.of(feature)?) {
                (Answer::Text(value), Answer::Text(pattern)) => Some(like(&value, &pattern)),
                _ => None,
            },
            Self::IsNull(property) if property == GEOMETRY => Some(feature.geometry().is_none()),
            Self::IsNull(property) => Some(feature.value(property).is_none()),
            Self::Spatial(spatial, a, b) => Some(holds(*spatial, a.of(feature)?, b.of(feature)?)),
        }
    }
}

impl Operand {
    fn of<'a, A: Asked>(&'a self, feature: &'a A) -> Option<&'a Geometry<f64>> {
        match self {
            Operand::Feature => feature.geometry(),
            Operand::Literal(literal) => Some(literal),
        }
    }
}

fn all<A: Asked>(parts: &[Expression], feature: &A, neutral: bool) -> Option<bool> {
    let mut answer = Some(neutral);
    for part in parts {
        match part.ask(feature) {
            Some(one) if one != neutral => return Some(one),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}

impl Scalar {
    fn of<'a, A: Asked>(&'a self, feature: &'a A) -> Option<Answer<'a>> {
        let text = |inner: &'a Scalar, change: fn(&str) -> String| match inner.of(feature)? {
            Answer::Text(text) => Some(Answer::Text(change(&text).into())),
            other => Some(other),
        };
        match self {
            Scalar::Property(name, _) => feature.value(name),
            Scalar::Text(text) => Some(Answer::Text(text.as_str().into())),
            Scalar::Number(number) => Some(Answer::Number(*number)),
            Scalar::Boolean(value) => Some(Answer::Boolean(*value)),
            Scalar::Date(date) => Some(Answer::Date(*date)),
            Scalar::Time(time) => Some(Answer::Time(*time)),
            Scalar::CaseFolded(inner) => text(inner, str::to_lowercase),
            Scalar::Unaccented(inner) => text(inner, |text| text.nfd().filter(|c| !is_combining_mark(*c)).nfc().collect()),
        }
    }
}

/// Texts by their code points.
fn order(a: &Answer<'_>, b: &Answer<'_>) -> Option<Ordering> {
    match (a, b) {
        (Answer::Text(a), Answer::Text(b)) => Some(a.cmp(b)),
        (Answer::Number(a), Answer::Number(b)) => a.partial_cmp(b),
        (Answer::Boolean(a), Answer::Boolean(b)) => Some(a.cmp(b)),
        (Answer::Date(a), Answer::Date(b)) => Some(a.cmp(b)),
        (Answer::Time(a), Answer::Time(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The pattern against the text with one step back to the last `%`: never more than length times length.
fn like(text: &str, pattern: &str) -> bool {
    enum Part {
        Any,
        One,
        Character(char),
    }
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        parts.push(match character {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => Part::Character(characters.next().unwrap_or('\\')),
            other => Part::Character(other),
        });
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut part) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match parts.get(part) {
            Some(Part::Any) => {
                back = Some((at, part));
                part += 1;
            }
            Some(Part::One) => (at, part) = (at + 1, part + 1),
            Some(Part::Character(wanted)) if *wanted == text[at] => (at, part) = (at + 1, part + 1),
            _ => {
                let Some((from, star)) = back else { return false };
                back = Some((from + 1, star));
                (at, part) = (from + 1, star + 1);
            }
        }
    }
    parts[part..].iter().all(|part| matches!(part, Part::Any))
}

fn holds(spatial: Spatial, a: &Geometry<f64>, b: &Geometry<f64>) -> bool {
    let apart = match (a.bounding_rect(), b.bounding_rect()) {
        (Some(a), Some(b)) => !a.intersects(&b),
        _ => true,
    };
    if apart {
        return spatial == Spatial::Disjoint;
    }
    match spatial {
        Spatial::Intersects => a.intersects(b),
        Spatial::Disjoint => !a.intersects(b),
        Spatial::Equals => a.relate(b).is_equal_topo(),
        Spatial::Touches => a.relate(b).is_touches(),
        Spatial::Within => a.relate(b).is_within(),
        Spatial::Overlaps => a.relate(b).is_overlaps(),
        Spatial::Crosses => a.relate(b).is_crosses(),
        Spatial::Contains => a.relate(b).is_contains(),
    }
}
