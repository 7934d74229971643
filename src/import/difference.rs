//! What an edition changes: each of its features compared with what the edition before left.

use std::collections::HashMap;

use crate::domain::{FeatureId, Record};
use crate::store::load::Existing;

/// The features of a source that have not ended.
#[derive(Debug, Default)]
pub struct Difference {
    regions: Vec<String>,
    known: HashMap<FeatureId, Version>,
    /// Further regions of the features that lie in several.
    more: HashMap<FeatureId, Vec<Version>>,
}

#[derive(Clone, Copy, Debug)]
struct Version {
    region: u16,
    content_hash: Option<i64>,
    seen: bool,
}

/// What becomes of one feature; the indexes are those of its regions.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    Unchanged,
    Insert,
    /// Some of its region rows are new, changed or gone.
    Update {
        insert: Vec<usize>,
        replace: Vec<usize>,
        leave: Vec<String>,
    },
}

impl Difference {
    pub fn new(existing: Vec<Existing>) -> Self {
        let mut difference = Self::default();
        difference.known.reserve(existing.len());
        for row in existing {
            let region = difference.region(&row.region);
            let version = Version { region, content_hash: row.content_hash, seen: false };
            match difference.known.entry(row.id) {
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(version);
                }
                std::collections::hash_map::Entry::Occupied(_) => difference.more.entry(row.id).or_default().push(version),
            }
        }
        difference
    }

    fn region(&mut self, name: &str) -> u16 {
        let place = self.regions.iter().position(|region| region == name).unwrap_or_else(|| {
            self.regions.push(name.to_owned());
            self.regions.len() - 1
        });
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    /// How many features there were.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// `regions`: all regions that the feature now lies in.
    pub fn compare(&mut self, record: &Record, regions: &[&str], content_hash: i64) -> Change {
        let Some(first) = self.known.get_mut(&record.id) else { return Change::Insert };
        first.seen = true;
        let first = *first;
        let others = self.more.get(&record.id).map(Vec::as_slice).unwrap_or_default();
        let versions: Vec<Version> = std::iter::once(first).chain(others.iter().copied()).collect();
        let (mut insert, mut replace) = (Vec::new(), Vec::new());
        for (place, region) in regions.iter().enumerate() {
            match versions.iter().find(|version| self.regions[usize::from(version.region)] == *region) {
                None => insert.push(place),
                Some(version) if version.content_hash != Some(content_hash) => replace.push(place),
                Some(_) => {}
            }
        }
        let leave: Vec<String> = versions
            .iter()
            .map(|version| &self.regions[usize::from(version.region)])
            .filter(|region| !regions.contains(&region.as_str()))
            .cloned()
            .collect();
        if insert.is_empty() && replace.is_empty() && leave.is_empty() {
            Change::Unchanged
        } else {
            Change::Update { insert, replace, leave }
        }
    }

    /// The rows of all features that were never compared, in order of id, and how many features they are.
    pub fn vanished(self) -> (Vec<(String, FeatureId)>, u64) {
        let mut rows = Vec::new();
        let mut features = 0;
        let mut ids: Vec<_> = self.known.iter().filter(|(_, version)| !version.seen).collect();
        ids.sort_by_key(|(id, _)| **id);
        for (id, version) in ids {
            features += 1;
            let others = self.more.get(id).map(Vec::as_slice).unwrap_or_default();
            for version in std::iter::once(version).chain(others) {
                rows.push((self.regions[usize::from(version.region)].clone(), *id));
            }
        }
        (rows, features)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Fields, Layer, Validity};

    fn existing(key: &str, region: &str, content_hash: i64) -> Existing {
        Existing {
            region: region.to_owned(),
            id: FeatureId::derive("roads", "s", key),
            source_id: key.to_owned(),
            content_hash: Some(content_hash),
            shape_hash: None,
            valid_from: None,
        }
    }

    fn record(key: &str) -> Record {
        Record {
            layer: Layer::Roads,
            region: "1".to_owned(),
            id: FeatureId::derive("roads", "s", key),
            validity: Validity::default(),
            source: "s".to_owned(),
            source_id: key.to_owned(),
            name: None,
            names: vec![],
            fields: Fields::new(Layer::Roads),
            attributes: serde_json::Map::new(),
            geometry: None,
        }
    }

    #[test]
    fn new_changed_same_and_vanished_features_are_told_apart() {
        let mut difference = Difference::new(vec![existing("a", "1", 10), existing("b", "1", 20), existing("c", "1", 30)]);
        assert_eq!(difference.len(), 3);
        assert_eq!(difference.compare(&record("a"), &["1"], 10), Change::Unchanged);
        assert_eq!(difference.compare(&record("b"), &["1"], 21), Change::Update { insert: vec![], replace: vec![0], leave: vec![] });
        assert_eq!(difference.compare(&record("d"), &["1"], 1), Change::Insert);
        let (rows, features) = difference.vanished();
        assert_eq!((rows, features), (vec![("1".to_owned(), FeatureId::derive("roads", "s", "c"))], 1));
    }

    #[test]
    fn a_feature_in_two_regions_is_one_feature_with_two_rows() {
        let both = || Difference::new(vec![existing("a", "1", 10), existing("a", "2", 10)]);
        assert_eq!(both().len(), 1);
        assert_eq!(both().compare(&record("a"), &["1", "2"], 10), Change::Unchanged);
        let moved = both().compare(&record("a"), &["2", "3"], 10);
        assert_eq!(moved, Change::Update { insert: vec![1], replace: vec![], leave: vec!["1".to_owned()] });
        let (rows, features) = both().vanished();
        assert_eq!((rows.len(), features), (2, 1));
    }
}
