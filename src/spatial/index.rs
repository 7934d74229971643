//! A layer's features: a frozen base, and on top of it the changes since.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use rstar::AABB;

use super::base::{Base, Boxes, boxes_of};
use super::feature::{Feature, is_empty, size_m};
use super::share::share_texts;
use crate::domain::{Extent, FeatureId, Layer};

/// An immutable picture of one layer. Cloning is cheap. One feature per id: a feature stored for several regions is handed
/// in once.
#[derive(Clone, Debug)]
pub struct LayerIndex {
    layer: Layer,
    pub(super) base: Arc<Base>,
    pub(super) delta: Arc<Delta>,
}

/// The changes since the base was frozen. Small, so it is read from end to end and copied whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Delta {
    /// New and replaced features, by id.
    pub(super) entries: Vec<Entry>,
    /// Positions in the base that hold no longer, ascending.
    hidden: Vec<u32>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) feature: Arc<Feature>,
    pub(super) boxes: Boxes,
}

/// A candidate for nearest; the greatest is the one to give up first.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    distance_m: f64,
    feature: &'a Feature,
}

/// The best so far of a nearest query.
struct Nearest<'a> {
    point: [f64; 2],
    k: usize,
    max_distance_m: f64,
    found: BinaryHeap<Candidate<'a>>,
}

impl LayerIndex {
    /// Builds the picture from nothing; 1.2 million points take about a second. Of several features with one id the last
    /// stays. A shape with coordinates that are no numbers counts as none.
    pub fn build(layer: Layer, features: Vec<Feature>) -> Self {
        Self { layer, base: Arc::new(Base::build(layer, features)), delta: Arc::default() }
    }

    /// The picture after `removed` went and `upserted` came or took the place of their older selves (an id in both is
    /// upserted; an unknown one in `removed` is ignored). Costs as much as the changes since the last merge; when those are
    /// far beyond [`Self::needs_merge`], it merges by itself.
    #[must_use]
    pub fn with_changes(&self, removed: &[FeatureId], mut upserted: Vec<Feature>) -> Self {
        share_texts(&mut upserted);
        let mut changes: BTreeMap<FeatureId, Option<Entry>> = removed.iter().map(|id| (*id, None)).collect();
        for feature in upserted {
            let boxes = boxes_of(&feature);
            changes.insert(feature.id, Some(Entry { feature: Arc::new(feature), boxes }));
        }
        let mut hidden = self.delta.hidden.clone();
        hidden.extend(changes.keys().filter_map(|id| self.base.position(id)).map(|at| at as u32));
        hidden.sort_unstable();
        hidden.dedup();
        let mut entries = Vec::with_capacity(self.delta.entries.len() + changes.len());
        let mut old = self.delta.entries.iter().peekable();
        for (id, change) in changes {
            while let Some(entry) = old.next_if(|entry| entry.feature.id < id) {
                entries.push(entry.clone());
            }
            old.next_if(|entry| entry.feature.id == id);
            entries.extend(change);
        }
        entries.extend(old.cloned());
        let next = Self { layer: self.layer, base: Arc::clone(&self.base), delta: Arc::new(Delta { entries, hidden }) };
        if next.delta_len() > 8 * next.delta_limit() { next.merged() } else { next }
    }

    /// Whether queries would gain from [`Self::merged`]. Nothing is wrong without it.
    pub fn needs_merge(&self) -> bool {
        self.delta_len() > self.delta_limit()
    }

    /// The same features with everything in the base; takes about 0.3 s for a million, so call it off the hot path. Changes
    /// that came meanwhile can be applied to the result again: `with_changes` of the same changes gives the same picture.
    #[must_use]
    pub fn merged(&self) -> Self {
        let mut features = Vec::with_capacity(self.len());
        features.extend(self.live(0..self.base.len()).map(|at| Arc::clone(&self.base.features[at])));
        features.extend(self.delta.entries.iter().map(|entry| Arc::clone(&entry.feature)));
        Self { layer: self.layer, base: Arc::new(Base::from_shared(self.layer, features)), delta: Arc::default() }
    }

    pub fn layer(&self) -> Layer {
        self.layer
    }

    pub fn len(&self) -> usize {
        self.base.len() - self.delta.hidden.len() + self.delta.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, id: &FeatureId) -> Option<&Feature> {
        if let Ok(found) = self.delta.entries.binary_search_by_key(id, |entry| entry.feature.id) {
            return Some(&self.delta.entries[found].feature);
        }
        let at = self.base.position(id)?;
        self.delta.hidden.binary_search(&(at as u32)).is_err().then(|| &*self.base.features[at])
    }

    /// All features in the order of their ids, also those without a position.
    pub fn iter(&self) -> impl Iterator<Item = &Feature> {
        self.iter_after(None)
    }

    /// The same, of ids that are greater than `after`: the first is found without walking there.
    pub fn iter_after(&self, after: Option<FeatureId>) -> impl Iterator<Item = &Feature> {
        let seen = after.map_or(0, |after| self.delta.entries.partition_point(|entry| entry.feature.id <= after));
        let mut base = self
            .base
            .in_id_order(after)
            .filter(|at| self.delta.hidden.binary_search(&(*at as u32)).is_err())
            .map(|at| &*self.base.features[at])
            .peekable();
        let mut delta = self.delta.entries[seen..].iter().map(|entry| &*entry.feature).peekable();
        std::iter::from_fn(move || match (base.peek(), delta.peek()) {
            (Some(a), Some(b)) if a.id < b.id => base.next(),
            (_, Some(_)) => delta.next(),
            _ => base.next(),
        })
    }

    /// Around everything on the map, web mercator. After removals it may be too large until the next merge.
    pub fn extent_mercator(&self) -> Option<Extent> {
        self.extent(|boxes| boxes.mercator)
    }

    /// The same in the working system.
    pub fn extent_working(&self) -> Option<Extent> {
        self.extent(|boxes| boxes.working)
    }

    /// Features whose bounding box meets the box (touching counts) in web mercator. Each once, in no order to rely on:
    /// who needs one sorts by id.
    pub fn window_mercator(&self, extent: &Extent) -> impl Iterator<Item = &Feature> {
        self.window_mercator_sized(extent, 0.0).map(|(feature, _)| feature)
    }

    /// The same, but only features whose box is at least `min_size_m` (mercator metres) on its longer side; with the box.
    pub fn window_mercator_sized(&self, extent: &Extent, min_size_m: f64) -> impl Iterator<Item = (&Feature, Extent)> {
        let extent = *extent;
        let wanted = move |found: &Extent| found.intersects(&extent) && size_m(found) >= min_size_m;
        let runs = envelope(&extent).map(|envelope| self.base.mercator.locate_in_envelope_intersecting(envelope));
        let base = runs
            .into_iter()
            .flatten()
            .filter(move |run| f64::from(run.max_size_m) >= min_size_m)
            .flat_map(move |run| self.live(self.base.mapped_members(run)))
            .map(|at| (at, self.base.mercator_box(at)))
            .filter(move |(_, found)| wanted(found))
            .map(|(at, found)| (&*self.base.features[at], found));
        let delta = self.delta.entries.iter().map(|entry| (&*entry.feature, entry.boxes.mercator));
        base.chain(delta.filter(move |(_, found)| wanted(found)))
    }

    /// Features whose bounding box meets the box (touching counts) in the working system; order as in
    /// [`Self::window_mercator`].
    pub fn window(&self, extent: &Extent) -> impl Iterator<Item = &Feature> {
        let extent = *extent;
        let runs = envelope(&extent).map(|envelope| self.base.working.locate_in_envelope_intersecting(envelope));
        let base = runs
            .into_iter()
            .flatten()
            .flat_map(|run| self.live(self.base.placed_members(run)))
            .filter(move |at| self.base.working_box(*at).intersects(&extent))
            .map(|at| &*self.base.features[at]);
        base.chain(self.delta.entries.iter().filter(move |entry| entry.boxes.working.intersects(&extent)).map(|entry| &*entry.feature))
    }

    /// The `k` nearest features to a point of the working system within `max_distance_m` (included), nearest first, ids
    /// deciding between equals. Distance is to the geometry itself: 0 inside a polygon.
    pub fn nearest(&self, point: [f64; 2], k: usize, max_distance_m: f64) -> Vec<(&Feature, f64)> {
        if k == 0 || !point.iter().all(|c| c.is_finite()) || max_distance_m.is_nan() || max_distance_m < 0.0 {
            return Vec::new();
        }
        let mut best = Nearest { point, k, max_distance_m, found: BinaryHeap::new() };
        for entry in &self.delta.entries {
            best.offer(&entry.feature, &entry.boxes.working);
        }
        for (run, distance_2) in self.base.working.nearest_neighbor_iter_with_distance_2(point) {
            if best.out_of_reach(distance_2) {
                break;
            }
            for at in self.live(self.base.placed_members(run)) {
                best.offer(&self.base.features[at], &self.base.working_box(at));
            }
        }
        best.found.into_sorted_vec().into_iter().map(|found| (found.feature, found.distance_m)).collect()
    }

    /// Features that cover a point of the working system, their boundary included, by id. Lines and points cover only what
    /// lies exactly on them.
    pub fn covering(&self, point: [f64; 2]) -> Vec<&Feature> {
        let here = Extent { min: point, max: point };
        let mut found: Vec<&Feature> = self.window(&here).filter(|feature| feature.working.covers(point)).collect();
        found.sort_unstable_by_key(|feature| feature.id);
        found
    }

    /// What this picture holds in memory: features, trees, tables, changes. Shared texts count once.
    pub fn memory_bytes(&self) -> usize {
        let entry = |entry: &Entry| size_of::<Entry>() + size_of::<Feature>() + entry.feature.heap_bytes();
        self.base.bytes() + self.delta.entries.iter().map(entry).sum::<usize>() + self.delta.hidden.len() * size_of::<u32>()
    }

    /// The positions in a range of the base that still hold.
    pub(super) fn live(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = usize> + use<'_> {
        let mut hidden = self.hidden_in(&range).iter().map(|at| *at as usize).peekable();
        range.filter(move |at| hidden.next_if_eq(at).is_none())
    }

    /// The positions in a range of the base that hold no longer.
    pub(super) fn hidden_in(&self, range: &std::ops::Range<usize>) -> &[u32] {
        let hidden = &self.delta.hidden;
        let first = hidden.partition_point(|at| (*at as usize) < range.start);
        let count = hidden[first..].partition_point(|at| (*at as usize) < range.end);
        &hidden[first..first + count]
    }

    fn delta_len(&self) -> usize {
        self.delta.entries.len() + self.delta.hidden.len()
    }

    /// Reading this many changes from end to end costs about as much as a small window query.
    fn delta_limit(&self) -> usize {
        1024 + self.base.len() / 1024
    }

    fn extent(&self, of: impl Fn(&Boxes) -> Extent) -> Option<Extent> {
        let delta = self.delta.entries.iter().map(|entry| of(&entry.boxes));
        let all = self.base.extents.iter().map(&of).chain(delta).reduce(Extent::union)?;
        (!is_empty(&all)).then_some(all)
    }
}

impl<'a> Nearest<'a> {
    fn limit_m(&self) -> f64 {
        match self.found.peek() {
            Some(worst) if self.found.len() == self.k => worst.distance_m,
            _ => self.max_distance_m,
        }
    }

    /// Of a box: with a little room, so that rounding in its distance never costs an answer.
    fn out_of_reach(&self, distance_2: f64) -> bool {
        distance_2 > self.limit_m().powi(2) * (1.0 + 1e-9)
    }

    fn offer(&mut self, feature: &'a Feature, extent: &Extent) {
        if is_empty(extent) || self.out_of_reach(distance_2(extent, self.point)) {
            return;
        }
        if let Some(distance_m) = feature.working.distance_m(self.point).filter(|distance_m| *distance_m <= self.limit_m()) {
            self.found.push(Candidate { distance_m, feature });
            if self.found.len() > self.k {
                self.found.pop();
            }
        }
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate<'_> {}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance_m.total_cmp(&other.distance_m).then(self.feature.id.cmp(&other.feature.id))
    }
}

/// `None` for a box that is upside down or not of numbers: nothing meets it.
fn envelope(extent: &Extent) -> Option<AABB<[f64; 2]>> {
    (extent.min[0] <= extent.max[0] && extent.min[1] <= extent.max[1]).then(|| AABB::from_corners(extent.min, extent.max))
}

fn distance_2(extent: &Extent, [x, y]: [f64; 2]) -> f64 {
    let dx = (extent.min[0] - x).max(x - extent.max[0]).max(0.0);
    let dy = (extent.min[1] - y).max(y - extent.max[1]).max(0.0);
    dx * dx + dy * dy
}
