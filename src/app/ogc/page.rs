//! One page of what matches: the first so many in order after where the last page ended, found in one pass that also counts.

use std::borrow::Borrow;
use std::cmp::Ordering;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::properties::Property;
use crate::app::AppError;
use crate::cql2::Answer;
use crate::domain::{FeatureId, Layer};
use crate::spatial::Feature;

/// By what to sort; the id decides between equals.
#[derive(Clone, Debug)]
pub struct SortKey {
    pub property: Property,
    pub descending: bool,
}

/// A value to sort by, in the order of its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Key {
    T(String),
    N(f64),
    B(bool),
    D(NaiveDate),
}

/// Where an item stands; what has no value comes last, up and down.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    keys: Vec<Option<Key>>,
    id: FeatureId,
}

/// What a link to the next page carries.
#[derive(Serialize, Deserialize)]
struct Token {
    after: Place,
    /// Of the layer and the order: a token of another question is refused.
    of: String,
}

/// A page that is being filled.
#[derive(Debug)]
pub(super) struct Page<T> {
    sort: Vec<SortKey>,
    of: String,
    after: Option<Place>,
    limit: usize,
    pub matched: usize,
    kept: Vec<(Place, T)>,
}

impl<T: Borrow<Feature>> Page<T> {
    /// # Errors
    /// `Invalid` for a token that is none, or of another question.
    pub(super) fn new(layer: Layer, sort: &[SortKey], limit: usize, token: Option<&str>) -> Result<Self, AppError> {
        let of = sort.iter().fold(layer.id().to_owned(), |all, key| format!("{all} {}{}", key.property.name, key.descending));
        let of = hex::encode(&Sha256::digest(of)[..4]);
        let read = |token: &str| {
            let bytes = hex::decode(token).ok()?;
            let token: Token = serde_json::from_slice(&bytes).ok()?;
            (token.of == of && token.after.keys.len() == sort.len()).then_some(token.after)
        };
        let wrong = || {
            AppError::invalid(
                "token",
                "翻页标记无效，请从第一页开始。",
                "The token is not one of this question: begin with the first page.",
            )
        };
        let after = token.map(|token| read(token).ok_or_else(wrong)).transpose()?;
        Ok(Self { sort: sort.to_vec(), of, after, limit, matched: 0, kept: Vec::new() })
    }

    /// Whether order is by id alone, so that what comes in that order can end early.
    pub(super) fn is_by_id(&self) -> bool {
        self.sort.is_empty()
    }

    /// Where in the order of ids the page begins: after this one.
    pub(super) fn begins_after(&self) -> Option<FeatureId> {
        self.after.as_ref().filter(|_| self.is_by_id()).map(|place| place.id)
    }

    /// Whether in the order of ids nothing more is needed.
    pub(super) fn is_full(&self) -> bool {
        self.kept.len() > self.limit
    }

    /// Takes note of a feature that matches.
    pub(super) fn offer(&mut self, item: T) {
        self.matched += 1;
        self.keep(item);
    }

    /// The same without counting it.
    pub(super) fn keep(&mut self, item: T) {
        let feature = item.borrow();
        let place = Place { keys: self.sort.iter().map(|key| key.property.of(feature).map(Key::from)).collect(), id: feature.id };
        if self.after.as_ref().is_some_and(|after| self.order(&place, after) != Ordering::Greater) {
            return;
        }
        self.kept.push((place, item));
        if self.kept.len() > 4 * (self.limit + 1) + 1024 {
            self.cut();
        }
    }

    /// The items of the page in order, and the token of the next when there is one. `weigh` says how much of `budget` an item takes;
    /// a page ends before it takes more, but has an item at least.
    pub(super) fn finish(mut self, budget: usize, weigh: impl Fn(&Feature) -> usize) -> (Vec<T>, Option<String>) {
        self.cut();
        let mut spent = 0;
        let fitting = self.kept.iter().take(self.limit).take_while(|(_, item)| {
            let first = spent == 0;
            spent += weigh(item.borrow()).max(1);
            first || spent <= budget
        });
        let count = fitting.count();
        let more = self.kept.len() > count;
        self.kept.truncate(count);
        let next = self.kept.last().filter(|_| more).and_then(|(place, _)| {
            let token = Token { after: place.clone(), of: self.of.clone() };
            serde_json::to_vec(&token).map(hex::encode).ok()
        });
        (self.kept.into_iter().map(|(_, item)| item).collect(), next)
    }

    fn cut(&mut self) {
        let mut kept = std::mem::take(&mut self.kept);
        kept.sort_unstable_by(|(a, _), (b, _)| self.order(a, b));
        kept.truncate(self.limit + 1);
        self.kept = kept;
    }

    fn order(&self, a: &Place, b: &Place) -> Ordering {
        let keys = self.sort.iter().zip(a.keys.iter().zip(&b.keys)).map(|(sort, pair)| match pair {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) if sort.descending => b.order(a),
            (Some(a), Some(b)) => a.order(b),
        });
        keys.fold(Ordering::Equal, Ordering::then).then(a.id.cmp(&b.id))
    }
}

impl Key {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Key::T(a), Key::T(b)) => a.cmp(b),
            (Key::N(a), Key::N(b)) => a.total_cmp(b),
            (Key::B(a), Key::B(b)) => a.cmp(b),
            (Key::D(a), Key::D(b)) => a.cmp(b),
            // one property is of one kind
            _ => Ordering::Equal,
        }
    }
}

impl From<Answer<'_>> for Key {
    fn from(answer: Answer<'_>) -> Self {
        match answer {
            Answer::Text(text) => Key::T(text.into_owned()),
            Answer::Number(number) => Key::N(number),
            Answer::Boolean(value) => Key::B(value),
            Answer::Date(date) => Key::D(date),
            Answer::Time(time) => Key::T(time.to_rfc3339()),
        }
    }
}
