//! How sure it is that a place is the one that was meant: A, B or C, from what matched how and whether another fits as well.

use serde::Serialize;

use super::answer::{Answer, Hit, Kind, Part, Query};
use super::index::Index;
use super::parts::How;
use crate::language::address::ElementKind;

/// Of a place found for an address or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Certainty {
    /// Every part is there as written, and no other place is.
    A,
    /// One thing differs (sound, another script, a typo, divisions left out, a part inside the house that the register does not
    /// have), or the number is interpolated; no other place fits as well.
    B,
    /// Anything else: somebody has to look.
    C,
}

/// What came of looking for one place.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Resolution {
    /// The best hit, with its parts; `None`: nothing was found.
    pub hit: Option<Hit>,
    /// Of the hit; `None` without one.
    pub certainty: Option<Certainty>,
    /// Other places that fit as well as the hit.
    pub rivals: usize,
    /// The search stopped at its work limit: never A or B then.
    pub truncated: bool,
}

/// Hits looked at for rivals.
const LOOKED_AT: usize = 10;
/// Plates of one text nearer to each other than this are one place.
const SAME_PLACE_M: f64 = 50.0;

impl Index {
    /// The one place that a text means, as batch geocoding wants it. `query.limit` and `query.reasons` do not count.
    pub fn resolve(&self, query: &Query) -> Resolution {
        let query = Query { limit: LOOKED_AT, reasons: true, ..query.clone() };
        resolution(self.search(&query))
    }
}

fn resolution(answer: Answer) -> Resolution {
    let truncated = answer.truncated;
    let mut hits = answer.hits.into_iter();
    let Some(first) = hits.next() else { return Resolution { truncated, ..Resolution::default() } };
    let rivals = hits.filter(|hit| is_rival(&first, hit)).count();
    let certainty = if truncated { Certainty::C } else { certainty(&first, rivals) };
    Resolution { hit: Some(first), certainty: Some(certainty), rivals, truncated }
}

fn is_rival(first: &Hit, other: &Hit) -> bool {
    let (own, theirs) = (weight(first), weight(other));
    let is_same_place = first.place.layer == other.place.layer
        && first.place.label == other.place.label
        && matches!((first.place.position, other.place.position), (Some(a), Some(b)) if super::score::distance_m(a, b) < SAME_PLACE_M);
    theirs <= own && !is_same_place
}

/// How much differs, comparable between the hits of one query.
fn weight(hit: &Hit) -> usize {
    differences(hit).len() + 100 * hit.parts.iter().filter(|part| part.how.contradicts()).count()
}

/// What differs, each kind once where it is one decision of the writer: divisions left out count together, as does the script.
fn differences(hit: &Hit) -> Vec<(How, Option<ElementKind>)> {
    let mut all: Vec<(How, Option<ElementKind>)> = Vec::new();
    for part in hit.parts.iter().filter(|part| part.how != How::Exact) {
        let together = match part.how {
            How::Script | How::Former => true,
            How::LeftOut | How::Extra => part.part.is_division() || part.part.is_inside(),
            _ => false,
        };
        let difference = (part.how, Some(part.part).filter(|_| !together));
        if !all.contains(&difference) {
            all.push(difference);
        }
    }
    all
}

/// Of a hit with its parts, when so many others fit as well.
pub fn certainty(hit: &Hit, rivals: usize) -> Certainty {
    let differs = differences(hit);
    let is_far_off = matches!(hit.matched.kind, Kind::NearestNumber | Kind::Street | Kind::Elsewhere)
        || hit.parts.iter().any(|part| part.how.contradicts());
    // found by an old or short name, or not in use: one more thing to know
    let is_old_part = hit.parts.iter().any(|part| part.how == How::Former);
    let is_other_name = matches!(hit.matched.part, Part::AlternativeName | Part::ShortName)
        || hit.matched.part == Part::FormerName && !is_old_part
        || hit.place.status.is_some();
    match differs.len() + usize::from(is_other_name) {
        _ if rivals > 0 || is_far_off || hit.parts.is_empty() => Certainty::C,
        0 if hit.matched.kind != Kind::Interpolated => Certainty::A,
        0 | 1 => Certainty::B,
        _ => Certainty::C,
    }
}
