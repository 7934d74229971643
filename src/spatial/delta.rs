//! What changed since the base was frozen, in the order of the curve like the base: a question reads the chunks that may hold
//! an answer, and a change copies little.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::base::{Boxes, Place, boxes_of, place_of};
use super::feature::{EMPTY_EXTENT, Feature};
use super::sorted::{Item, Sorted};
use crate::domain::{Extent, FeatureId};

#[derive(Clone, Debug, Default)]
pub(super) struct Delta {
    /// New and replaced features.
    entries: Sorted<Entry>,
    /// Where in `entries` they are.
    by_id: Sorted<Known>,
    /// Positions in the base that hold no longer, ascending.
    hidden: Vec<u32>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) feature: Arc<Feature>,
    pub(super) boxes: Boxes,
    pub(super) place: Place,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    place: Place,
}

impl Entry {
    pub(super) fn new(feature: Feature) -> Self {
        Self { boxes: boxes_of(&feature), place: place_of(&feature), feature: Arc::new(feature) }
    }
}

impl Item for Entry {
    type Key = Place;
    /// Around all of them.
    type Sum = Boxes;

    fn key(&self) -> Place {
        self.place
    }

    fn sum(items: &[Self]) -> Boxes {
        items.iter().fold(Boxes { mercator: EMPTY_EXTENT, working: EMPTY_EXTENT }, |all, entry| all.union(&entry.boxes))
    }
}

impl Item for Known {
    type Key = FeatureId;
    type Sum = ();

    fn key(&self) -> FeatureId {
        self.place.id
    }

    fn sum(_: &[Self]) {}
}

impl Delta {
    /// After `changes` (nothing: removed), of which `hidden` are the positions in the base, in any order.
    pub(super) fn changed(&self, changes: BTreeMap<FeatureId, Option<Entry>>, hidden: Vec<u32>) -> Self {
        let ids = changes.iter().map(|(id, change)| (*id, change.as_ref().map(|entry| Known { place: entry.place })));
        let by_id = self.by_id.changed(ids);
        let mut places = BTreeMap::new();
        for (id, change) in changes {
            // Where it was comes first: it may be where it is.
            if let Some(known) = self.by_id.get(id) {
                places.insert(known.place, None);
            }
            if let Some(entry) = change {
                places.insert(entry.place, Some(entry));
            }
        }
        Self { entries: self.entries.changed(places), by_id, hidden: joined(&self.hidden, hidden) }
    }

    /// How many features it holds.
    pub(super) fn count(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, id: FeatureId) -> Option<&Feature> {
        self.entries.get(self.by_id.get(id)?.place).map(|entry| &*entry.feature)
    }

    /// In the order of the curve, as in the base.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Those with ids greater than `after`.
    pub(super) fn in_id_order(&self, after: Option<FeatureId>) -> impl Iterator<Item = &Feature> {
        let (first, last) = (after.unwrap_or(FeatureId::from_bytes([0; 10])), FeatureId::from_bytes([u8::MAX; 10]));
        let known = self.by_id.between(first, last).filter(move |known| Some(known.place.id) > after);
        known.filter_map(|known| self.entries.get(known.place)).map(|entry| &*entry.feature)
    }

    /// Those whose box meets the extent (touching counts); `of` says which box.
    pub(super) fn meeting(&self, extent: Extent, of: impl Fn(&Boxes) -> Extent + Copy) -> impl Iterator<Item = &Entry> {
        let chunks = self.entries.chunks().iter().filter(move |chunk| of(&chunk.sum).intersects(&extent));
        chunks.flat_map(|chunk| chunk.items.iter()).filter(move |entry| of(&entry.boxes).intersects(&extent))
    }

    /// Those on the map whose anchor lies on this part of the curve, its ends included.
    pub(super) fn anchored(&self, (first, last): (u64, u64)) -> impl Iterator<Item = &Entry> {
        let end = |key, byte| Place { rank: 0, key, id: FeatureId::from_bytes([byte; 10]) };
        self.entries.between(end(first, 0), end(last, u8::MAX))
    }

    /// Runs of entries with the box around each.
    pub(super) fn runs(&self) -> impl Iterator<Item = (&Boxes, &[Entry])> {
        self.entries.chunks().iter().map(|chunk| (&chunk.sum, &*chunk.items))
    }

    pub(super) fn hidden(&self) -> &[u32] {
        &self.hidden
    }

    /// Around all of them.
    pub(super) fn extents(&self) -> Option<Boxes> {
        self.runs().map(|(all, _)| *all).reduce(|a, b| a.union(&b))
    }

    /// What it holds in memory, the features included.
    pub(super) fn bytes(&self) -> usize {
        let entry = |entry: &Entry| size_of::<Entry>() + size_of::<Feature>() + size_of::<Known>() + entry.feature.heap_bytes();
        self.iter().map(entry).sum::<usize>() + size_of_val(&*self.hidden)
    }
}

/// Ascending, each once.
fn joined(old: &[u32], mut new: Vec<u32>) -> Vec<u32> {
    new.sort_unstable();
    let (mut all, mut rest) = (Vec::with_capacity(old.len() + new.len()), old);
    for at in new {
        let (before, after) = rest.split_at(rest.partition_point(|old| *old < at));
        all.extend_from_slice(before);
        if after.first() != Some(&at) {
            all.push(at);
        }
        rest = after;
    }
    all.extend_from_slice(rest);
    all
}
