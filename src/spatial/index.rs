//! A layer's features: a frozen base, and on top of it the changes since.

use std::any::Any;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use rstar::AABB;

use super::base::{BLOCK, Base, Boxes, Held, kind_of};
use super::delta::{Delta, Entry};
use super::feature::{Feature, is_empty, size_m};
use crate::domain::{Extent, FeatureId, Layer};

/// An immutable picture of one layer. Cloning is cheap. One feature per id: a feature stored for several regions is handed
/// in once.
#[derive(Clone, Debug)]
pub struct LayerIndex {
    layer: Layer,
    pub(super) base: Arc<Held>,
    pub(super) delta: Arc<Delta>,
}

/// A feature that a window met.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    pub feature: &'a Feature,
    /// Around it in web mercator.
    pub extent: Extent,
    /// Where it stands in the base.
    at: Option<u32>,
}

impl<'a> Found<'a> {
    pub(super) fn of_base(feature: &'a Feature, extent: Extent, at: usize) -> Self {
        Self { feature, extent, at: Some(at as u32) }
    }

    pub(super) fn of_delta(entry: &'a Entry) -> Self {
        Self { feature: &entry.feature, extent: entry.boxes.mercator, at: None }
    }
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
        Self { layer, base: Held::new(Base::build(layer, features)), delta: Arc::default() }
    }

    /// The picture after `removed` went and `upserted` came or took the place of their older selves (an id in both is
    /// upserted; an unknown one in `removed` is ignored). One change on top of ten thousand costs some microseconds. When the
    /// changes since the last merge outnumber the features, it merges by itself.
    #[must_use]
    pub fn with_changes(&self, removed: &[FeatureId], upserted: Vec<Feature>) -> Self {
        let mut changes: BTreeMap<FeatureId, Option<Entry>> = removed.iter().map(|id| (*id, None)).collect();
        changes.extend(upserted.into_iter().map(|feature| (feature.id, Some(Entry::new(feature)))));
        let hidden = changes.keys().filter_map(|id| self.base.position(id)).map(|at| at as u32).collect();
        let next = Self { layer: self.layer, base: Arc::clone(&self.base), delta: Arc::new(self.delta.changed(changes, hidden)) };
        // Then a merge costs no more than the changes did.
        if next.delta_len() > self.base.len().max(8 * next.delta_limit()) { next.merged() } else { next }
    }

    /// Whether queries would gain from [`Self::merged`]. Nothing is wrong without it.
    pub fn needs_merge(&self) -> bool {
        self.delta_len() > self.delta_limit()
    }

    /// The same features with everything in the base; takes about 0.2 s for a million, so call it off the hot path. Changes
    /// that came meanwhile can be applied to the result again: `with_changes` of the same changes gives the same picture.
    #[must_use]
    pub fn merged(&self) -> Self {
        Self { layer: self.layer, base: Held::new(self.base.with(self.layer, &self.delta)), delta: Arc::default() }
    }

    pub fn layer(&self) -> Layer {
        self.layer
    }

    pub fn len(&self) -> usize {
        self.base.len() - self.delta.hidden().len() + self.delta.count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, id: &FeatureId) -> Option<&Feature> {
        if let Some(found) = self.delta.get(*id) {
            return Some(found);
        }
        let at = self.base.position(id)?;
        self.delta.hidden().binary_search(&(at as u32)).is_err().then(|| &*self.base.features[at])
    }

    /// All features in the order of their ids, also those without a position.
    pub fn iter(&self) -> impl Iterator<Item = &Feature> {
        self.iter_after(None)
    }

    /// The same, of ids that are greater than `after`: the first is found without walking there.
    pub fn iter_after(&self, after: Option<FeatureId>) -> impl Iterator<Item = &Feature> {
        let mut base = self
            .base
            .in_id_order(after)
            .filter(|at| self.delta.hidden().binary_search(&(*at as u32)).is_err())
            .map(|at| &*self.base.features[at])
            .peekable();
        let mut delta = self.delta.in_id_order(after).peekable();
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
        self.window_mercator_sized(extent, 0.0).map(|found| found.feature)
    }

    /// The same, but only features whose box is at least `min_size_m` (mercator metres) on its longer side.
    pub fn window_mercator_sized(&self, extent: &Extent, min_size_m: f64) -> impl Iterator<Item = Found<'_>> {
        let extent = *extent;
        let wanted = move |found: &Extent| found.intersects(&extent) && size_m(found) >= min_size_m;
        let envelope = envelope(&extent);
        let delta = envelope.map(|_| self.delta.meeting(extent, |boxes| boxes.mercator));
        let base = envelope
            .map(|envelope| self.base.mercator.locate_in_envelope_intersecting(envelope))
            .into_iter()
            .flatten()
            .filter(move |run| f64::from(run.max_size_m) >= min_size_m)
            .flat_map(move |run| self.live(self.base.mapped_members(run)))
            .map(|at| (at, self.base.mercator_box(at)))
            .filter(move |(_, found)| wanted(found))
            .map(|(at, extent)| Found::of_base(&self.base.features[at], extent, at));
        let delta = delta.into_iter().flatten().map(Found::of_delta);
        base.chain(delta.filter(move |found| wanted(&found.extent)))
    }

    /// The value of the layer's kind field, without reading the feature where its base knows.
    pub fn kind<'a>(&'a self, found: &Found<'a>) -> Option<&'a str> {
        let known = found.at.and_then(|at| self.base.kinds.get(usize::from(*self.base.kind_numbers.get(at as usize)?)));
        match (known, found.at) {
            (Some(kind), _) => Some(kind),
            (None, Some(_)) if self.base.kinds.is_empty() => None,
            _ => kind_of(self.layer, found.feature).map(|kind| &**kind),
        }
    }

    /// What a reader derived from the block of features that one found stands in, and its place there; `make` derives it when
    /// nobody did so before, and says how many bytes it takes beside itself. It is kept as long as the frozen part of the layer.
    /// Nothing for a feature that changed since that was made.
    pub fn derived<T: Any + Send + Sync>(
        &self,
        found: &Found<'_>,
        slot: usize,
        make: impl FnOnce(&mut dyn Iterator<Item = &Feature>) -> (T, usize),
    ) -> Option<(&T, usize)> {
        let at = found.at? as usize;
        let (block, place) = (at / BLOCK, at % BLOCK);
        let make = || make(&mut self.base.block_members(block).map(|at| &*self.base.features[at]));
        self.base.derived.get(slot, block, self.base.blocks.len(), make).map(|derived| (derived, place))
    }

    /// Features whose bounding box meets the box (touching counts) in the working system; order as in
    /// [`Self::window_mercator`].
    pub fn window(&self, extent: &Extent) -> impl Iterator<Item = &Feature> {
        let extent = *extent;
        let envelope = envelope(&extent);
        let delta = envelope.map(|_| self.delta.meeting(extent, |boxes| boxes.working));
        let base = envelope
            .map(|envelope| self.base.working.locate_in_envelope_intersecting(envelope))
            .into_iter()
            .flatten()
            .flat_map(|run| self.live(self.base.placed_members(run)))
            .filter(move |at| self.base.working_box(*at).intersects(&extent))
            .map(|at| &*self.base.features[at]);
        base.chain(delta.into_iter().flatten().map(|entry| &*entry.feature))
    }

    /// The `k` nearest features to a point of the working system within `max_distance_m` (included), nearest first, ids
    /// deciding between equals. Distance is to the geometry itself: 0 inside a polygon.
    pub fn nearest(&self, point: [f64; 2], k: usize, max_distance_m: f64) -> Vec<(&Feature, f64)> {
        if k == 0 || !point.iter().all(|c| c.is_finite()) || max_distance_m.is_nan() || max_distance_m < 0.0 {
            return Vec::new();
        }
        let mut best = Nearest { point, k, max_distance_m, found: BinaryHeap::new() };
        for (run, distance_2) in self.base.working.nearest_neighbor_iter_with_distance_2(point) {
            if best.out_of_reach(distance_2) {
                break;
            }
            for at in self.live(self.base.placed_members(run)) {
                best.offer(&self.base.features[at], &self.base.working_box(at));
            }
        }
        // What the base holds near has narrowed it to a few runs of the changes.
        let mut runs: Vec<(f64, &[Entry])> =
            self.delta.runs().map(|(around, entries)| (distance_2(&around.working, point), entries)).collect();
        runs.retain(|(distance_2, _)| !best.out_of_reach(*distance_2));
        runs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        for (distance_2, entries) in runs {
            if best.out_of_reach(distance_2) {
                break;
            }
            for entry in entries {
                best.offer(&entry.feature, &entry.boxes.working);
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
        self.base.bytes() + self.delta.bytes()
    }

    /// The positions in a range of the base that still hold.
    pub(super) fn live(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = usize> + use<'_> {
        let mut hidden = self.hidden_in(&range).iter().map(|at| *at as usize).peekable();
        range.filter(move |at| hidden.next_if_eq(at).is_none())
    }

    /// The positions in a range of the base that hold no longer.
    pub(super) fn hidden_in(&self, range: &std::ops::Range<usize>) -> &[u32] {
        let hidden = self.delta.hidden();
        let first = hidden.partition_point(|at| (*at as usize) < range.start);
        let count = hidden[first..].partition_point(|at| (*at as usize) < range.end);
        &hidden[first..first + count]
    }

    fn delta_len(&self) -> usize {
        self.delta.count() + self.delta.hidden().len()
    }

    /// So many changes take nothing from a small window, and from the cells of a whole city what is taken by the blocks that have
    /// to be counted one by one.
    fn delta_limit(&self) -> usize {
        2048 + self.base.len() / 512
    }

    fn extent(&self, of: impl Fn(&Boxes) -> Extent) -> Option<Extent> {
        let all = self.base.extents.into_iter().chain(self.delta.extents()).map(|boxes| of(&boxes)).reduce(Extent::union)?;
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
