//! What places were called before. An earlier name or address is a row of its own in the index, behind all that is called so today;
//! what it finds is the place as it is called now.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDate;

use super::entry::Entry;
use super::forms;
use crate::domain::NameKind;
use crate::language::search_key;

/// What is known of an entry's past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    pub earlier: Vec<Earlier>,
    /// The day since which it is no more: found by its last name, and said to be cancelled.
    pub ended: Option<NaiveDate>,
}

/// A name or an address that it once had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub said: Said,
    /// The day since which the present one is in force.
    pub since: Option<NaiveDate>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// With its language (BCP 47); empty for the name it is shown by.
    Name { text: Arc<str>, lang: Arc<str> },
    /// As in an [`Entry`].
    Address { address: Option<Arc<str>>, road: Option<Arc<str>>, lane: Option<Arc<str>>, number: Option<Arc<str>> },
}

/// An earlier name or address as the entry that it would be.
pub(super) struct EarlierRow<'a> {
    pub entry: Entry,
    pub of: &'a Entry,
    pub since: Option<NaiveDate>,
    pub lang: &'a str,
}

/// Everything by which an entry was found before and is not now, each text once; of two with one text the one with a day.
pub(super) fn rows(of: &Entry) -> Vec<EarlierRow<'_>> {
    let marked = of.names.iter().filter(|name| name.kind == NameKind::Former);
    let known = of.past.as_deref().map_or(&[][..], |past| &past.earlier);
    // What nobody can find by what it is called now is left out as a whole.
    if known.is_empty() && marked.clone().next().is_none() || forms::own_forms(of).is_empty() {
        return Vec::new();
    }
    let present = of.names.iter().filter(|name| name.kind != NameKind::Former).map(|name| name.text.as_str());
    let mut names: HashSet<String> = of.name.as_deref().into_iter().chain(present).map(key).collect();
    // A name it was shown by is news even where it is still its name in another language.
    let mut shown: HashSet<String> = of.name.as_deref().map(key).into_iter().collect();
    let mut addresses: HashSet<String> = forms::address(of).map(|address| key(&address)).into_iter().collect();
    let blank = || {
        let mut entry = Entry::new(of.layer, of.id);
        (entry.position, entry.rank, entry.division) = (of.position, of.rank, of.division.clone());
        entry
    };
    let mut rows = Vec::new();
    let mut by_day: Vec<&Earlier> = known.iter().collect();
    by_day.sort_by_key(|earlier| earlier.since.is_none());
    for Earlier { said, since } in by_day {
        let mut entry = blank();
        let mut of_language: &str = "";
        match said {
            Said::Name { text, lang } => {
                of_language = lang;
                entry.name = Some(Arc::clone(text));
            }
            Said::Address { address, road, lane, number } => {
                (entry.address, entry.road, entry.lane, entry.number) = (address.clone(), road.clone(), lane.clone(), number.clone());
            }
        }
        let is_new = match (&entry.name, forms::address(&entry)) {
            (Some(name), _) if of_language.is_empty() => {
                names.insert(key(name));
                shown.insert(key(name))
            }
            (Some(name), _) => names.insert(key(name)),
            (None, Some(address)) => addresses.insert(key(&address)),
            (None, None) => false,
        };
        if is_new {
            rows.push(EarlierRow { entry, of, since: *since, lang: of_language });
        }
    }
    for name in marked {
        if names.insert(key(&name.text)) {
            let entry = Entry { name: Some(name.text.as_str().into()), ..blank() };
            rows.push(EarlierRow { entry, of, since: None, lang: &name.lang });
        }
    }
    rows
}

fn key(text: &str) -> String {
    search_key(text).into_string()
}
