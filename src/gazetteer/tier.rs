//! One part of the index: entries that were indexed together, less those that have changed since.

use std::collections::HashSet;
use std::sync::Arc;

use super::build;
use super::columns::Columns;
use super::entry::Entry;
use super::gather::Gathering;
use crate::domain::{FeatureId, Layer};

/// A tier is joined with the next older one unless that has more than so many times its entries: each change is then
/// indexed anew a few times only, and there are few tiers to ask.
const GROWTH: usize = 4;

#[derive(Clone, Default)]
pub(super) struct Tier {
    pub columns: Arc<Columns>,
    /// Entries that are gone or replaced, ascending.
    pub removed: Arc<Vec<u32>>,
    /// Features that are left.
    features: usize,
}

impl Tier {
    pub fn of(entries: &[Entry]) -> Self {
        Self::gathered(Gathering::of(entries))
    }

    pub fn gathered(gathering: Gathering) -> Self {
        let columns = Arc::new(build::columns(gathering));
        Self { features: columns.features, columns, removed: Arc::default() }
    }

    pub fn len(&self) -> usize {
        self.features
    }

    pub fn find(&self, id: &FeatureId) -> Option<u32> {
        self.columns.find(id).filter(|entry| self.removed.binary_search(entry).is_err())
    }

    pub fn without(&self, ids: &HashSet<&FeatureId>) -> Self {
        let found: Vec<&FeatureId> = ids.iter().copied().filter(|id| self.find(id).is_some()).collect();
        if found.is_empty() {
            return self.clone();
        }
        let mut gone: Vec<u32> = found.iter().flat_map(|id| self.columns.all_of(id)).copied().collect();
        gone.extend(self.removed.iter());
        gone.sort_unstable();
        Self { columns: Arc::clone(&self.columns), removed: Arc::new(gone), features: self.features - found.len() }
    }

    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let all = 0..self.columns.ids.len() as u32;
        let has_earlier = self.columns.features != self.columns.ids.len();
        let is_feature = move |entry: &u32| self.removed.binary_search(entry).is_err() && !(has_earlier && self.columns.is_earlier(*entry));
        all.filter(is_feature).map(|entry| self.columns.entry(entry))
    }

    /// Of the features of a layer that are left.
    pub fn ids(&self, layer: Layer) -> Vec<FeatureId> {
        let columns = &self.columns;
        let groups = (0..columns.groups.len() as u32).filter(|group| columns.groups[*group as usize].layer == layer);
        let entries = groups.flat_map(|group| columns.members(group)).map(|entry| entry as u32);
        let left = entries.filter(|entry| self.removed.binary_search(entry).is_err());
        let mut ids: Vec<FeatureId> = left.map(|entry| columns.ids[entry as usize]).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    pub fn memory_bytes(&self) -> usize {
        self.columns.memory_bytes() + self.removed.capacity() * size_of::<u32>()
    }
}

/// The tiers, oldest first, with these entries as the newest; the first (the base) is never joined.
pub(super) fn with_newest(mut tiers: Vec<Tier>, entries: Vec<Entry>) -> Vec<Tier> {
    let mut newest = entries;
    while tiers.len() > 1 && tiers.last().is_some_and(|last| last.len() <= GROWTH * newest.len() || last.len() == 0) {
        newest.splice(0..0, tiers.pop().iter().flat_map(Tier::entries));
    }
    if !newest.is_empty() {
        tiers.push(Tier::of(&newest));
    }
    tiers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Layer;

    #[test]
    fn ten_changes_or_ten_thousand_each_is_indexed_anew_a_few_times() {
        let entry = |number: u32| {
            let id = FeatureId::derive("roads", "test", &number.to_string());
            Entry { name: Some(format!("r{number}").into()), ..Entry::new(Layer::Roads, id) }
        };
        let mut tiers = vec![Tier::of(&[entry(0)])];
        let (mut indexed, mut most_tiers) = (0, 0);
        const CHANGES: u32 = 3000;
        for number in 1..=CHANGES {
            // every other one changes what an earlier one made
            let entry = if number % 2 == 0 { entry(number / 2) } else { entry(number) };
            let id = entry.id;
            tiers = tiers.iter().map(|tier| tier.without(&HashSet::from([&id]))).collect();
            tiers = with_newest(tiers, vec![entry]);
            indexed += tiers.last().map_or(0, Tier::len);
            most_tiers = most_tiers.max(tiers.len());
        }
        assert!(indexed < 16 * CHANGES as usize && most_tiers < 9, "{indexed} indexed, {most_tiers} tiers");
        let left: HashSet<FeatureId> = tiers.iter().flat_map(Tier::entries).map(|entry| entry.id).collect();
        assert_eq!(left.len(), tiers.iter().map(Tier::len).sum::<usize>(), "each id is there once");
        assert_eq!(left.len(), 2251);
    }
}
