//! The question and the answer.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;

use super::line::At;
use super::{Division, PartMatch};
use crate::domain::{Extent, FeatureId, Layer};
use crate::language::is_unspaced;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub text: String,
    /// At most so many hits; more than 1000 count as 1000.
    pub limit: usize,
    /// BCP 47; the language in which labels begin. Anything but `zh...` means English first, where there is an English name.
    pub lang: String,
    /// WGS 84 longitude, latitude: of two equally good hits the nearer comes first.
    pub bias: Option<[f64; 2]>,
    /// WGS 84 west, south, east, north; what has no position is not in it.
    pub bbox: Option<Extent>,
    /// Empty: all.
    pub layers: Vec<Layer>,
    /// A division's code (then all divisions below it count too) or its name.
    pub division: Option<String>,
    /// The text is still being typed: a single letter or digit then finds beginnings only, not every text it occurs in.
    pub unfinished: bool,
    /// Say of each hit which of its parts the text met and how ([`Hit::parts`]).
    pub reasons: bool,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: String::new(),
            limit: 10,
            lang: "zh".to_owned(),
            bias: None,
            bbox: None,
            layers: Vec::new(),
            division: None,
            unfinished: false,
            reasons: false,
        }
    }
}

/// The hits, best first.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Answer {
    pub hits: Vec<Hit>,
    /// The search stopped at its work limit: a better hit may be missing. A longer text or fewer filters help.
    pub truncated: bool,
}

/// How a text was met by the query, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Exact,
    Prefix,
    Substring,
    /// All that the text says is there, in another order or with parts left out in between.
    Rearranged,
    /// The number lies between two known ones of its road: this is about where it is.
    Interpolated,
    /// The street is there, the number is not: this is the street itself.
    Street,
    /// The same when read aloud: characters of the same sound, or Pinyin for hanzi.
    Sound,
    /// One character or digit is wrong, missing or too many, or two have changed places.
    Typo,
    /// A part of the text is not met: the register does not have it, or has another.
    Partial,
    /// The street is there, the number is not: this is one of the nearest. Where nothing comes before it, the street is known
    /// from its plates only.
    NearestNumber,
    /// Found only in another division than the text says; the parts say which.
    Elsewhere,
}

/// Which of the texts of an entry was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Name,
    /// The name in another language or script.
    OtherName,
    ShortName,
    AlternativeName,
    /// 曾用名, or a former address; [`Hit::former`] says which.
    FormerName,
    Code,
    /// Road and number, without the divisions.
    StreetAddress,
    /// The address, whole or from one of its divisions on.
    Address,
    Pinyin,
    /// First letters of the Pinyin.
    Initials,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    pub kind: Kind,
    pub part: Part,
}

/// A feature as it is shown in a list of places.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// What to show: the name with the name in the other language, or the address; and the division where it is not said yet.
    pub label: String,
    pub name: Option<String>,
    pub name_en: Option<String>,
    pub layer: Layer,
    pub id: FeatureId,
    pub address: Option<String>,
    /// `historical` or `reserved`, where the register says so; `cancelled`: it is no more.
    pub status: Option<String>,
    /// Since when it is no more.
    pub cancelled_on: Option<NaiveDate>,
    pub division: Option<Arc<Division>>,
    /// WGS 84 longitude, latitude.
    pub position: Option<[f64; 2]>,
}

impl Place {
    /// A road becomes the address of a number on it.
    pub(super) fn put_at(&mut self, at: At) {
        let Some(name) = self.name.clone().or_else(|| self.name_en.clone()) else { return };
        let address = if name.chars().any(is_unspaced) { format!("{name}{}号", at.number) } else { format!("{} {name}", at.number) };
        self.label = self.label.replacen(&name, &address, 1);
        self.address = Some(address);
        self.position = Some(at.position);
    }
}

/// A place found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub place: Place,
    pub matched: Match,
    /// Between 0 and 1; never rises from one hit to the next.
    pub score: f64,
    /// What of the place each part of the query met, when [`Query::reasons`] are asked for.
    pub parts: Vec<PartMatch>,
    /// What the score is the sum of.
    pub weights: [(&'static str, f64); 5],
    /// The earlier name or address that was met, when it is not called so any more.
    pub former: Option<Former>,
    /// Metres within which the place lies when it was interpolated.
    pub error_m: Option<f64>,
    /// How many features this hit stands for: pieces of one road with the same names in the same division are one hit.
    pub features: u32,
}

/// A name or address that a place once had.
#[derive(Clone, Debug, PartialEq)]
pub struct Former {
    /// As the register wrote it.
    pub name: String,
    /// The day since which the present one is in force, where it is known.
    pub since: Option<NaiveDate>,
}
