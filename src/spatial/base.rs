//! The frozen part of a layer: features along the Hilbert curve, R-trees over runs of neighbours, sums over longer runs.
//!
//! rstar takes 64 bytes for every leaf. Because neighbours on the curve are neighbours on the ground, a leaf here stands for
//! a run of 16 features, and one order serves both trees: 8 bytes a feature for the two instead of 174.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use rayon::prelude::*;
use rstar::{AABB, Envelope, PointDistance, RTree, RTreeObject};

use super::cells::kind_field;
use super::curve::{Positions, curve_key};
use super::derived::Derived;
use super::feature::{EMPTY_EXTENT, Feature, Shape, allocated, anchor, is_empty, size_m};
use crate::domain::{Extent, FeatureId, Layer, Value};

/// Features in a leaf of the trees.
pub(super) const RUN: usize = 16;
/// Features in a block of sums; a multiple of [`RUN`].
pub(super) const BLOCK: usize = 64;

/// Of features without a value of the kind field, and of those whose value was one too many.
pub(super) const NO_KIND: u16 = u16::MAX;

/// Where a feature reaches in the two systems; empty where it has no shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boxes {
    pub(super) mercator: Extent,
    pub(super) working: Extent,
}

/// The boxes of everything placed.
#[derive(Debug)]
pub(super) enum Extents {
    /// All are points, which are their own boxes. The working ones stand in a row here too, so that a question at a place
    /// reads features only to answer with them.
    Points(Vec<[f64; 2]>),
    Boxes(Vec<Boxes>),
}

/// [`RUN`] neighbours on the curve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    envelope: AABB<[f64; 2]>,
    pub(super) number: u32,
    /// Not less than the longer side of any box in it.
    pub(super) max_size_m: f32,
}

/// [`BLOCK`] neighbours on the curve, summed up by their anchors (the centres of their mercator boxes on the world grid).
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) first_key: u64,
    pub(super) anchors: Positions,
    pub(super) max_size_m: f32,
    /// Where its part of `kind_counts` ends; it begins where that of the block before ends.
    pub(super) kinds_end: u32,
}

/// First those on the map in curve order, then those with a position in the working system only, then the others.
#[derive(Debug, Default)]
pub(super) struct Base {
    pub(super) features: Vec<Arc<Feature>>,
    /// How many at the front have a mercator shape, and how many have any.
    pub(super) mapped: usize,
    pub(super) placed: usize,
    /// Positions in `features`, by id.
    pub(super) by_id: Vec<u32>,
    pub(super) boxes: Extents,
    pub(super) mercator: RTree<Run>,
    pub(super) working: RTree<Run>,
    pub(super) blocks: Vec<Block>,
    /// Values of the layer's kind field, and how often each comes in each block.
    pub(super) kinds: Vec<Arc<str>>,
    pub(super) kind_counts: Vec<(u16, u16)>,
    /// The place of each mapped feature's value in `kinds`, or [`NO_KIND`]; empty where there is no kind at all.
    pub(super) kind_numbers: Vec<u16>,
    pub(super) derived: Derived,
    pub(super) extents: Option<Boxes>,
    /// What the features hold beside themselves.
    pub(super) heap_bytes: usize,
}

/// A base as pictures hold it. Letting go of ten million features takes a third of a second; whoever happens to be the last
/// reader of an old picture must not be kept by it.
#[derive(Debug, Default)]
pub(super) struct Held(Base);

/// Fewer features than this are let go in place.
const MANY: usize = 100_000;

impl Held {
    pub(super) fn new(base: Base) -> Arc<Self> {
        Arc::new(Self(base))
    }
}

impl Deref for Held {
    type Target = Base;

    fn deref(&self) -> &Base {
        &self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.0.len() >= MANY {
            let base = std::mem::take(&mut self.0);
            // Without a thread it goes here and now.
            let _ = std::thread::Builder::new().name("letting go".to_owned()).spawn(move || drop(base));
        }
    }
}

impl RTreeObject for Run {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

impl PointDistance for Run {
    fn distance_2(&self, point: &[f64; 2]) -> f64 {
        Envelope::distance_2(&self.envelope, point)
    }
}

/// Where a feature comes in the order: first by rank (0 on the map, 1 with a working position only, 2 without any), then by curve
/// key. The id decides where that is the same, so that the order depends on the features only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) rank: u8,
    pub(super) key: u64,
    pub(super) id: FeatureId,
}

/// The place of one of those that are being put in order.
#[derive(Clone, Copy)]
struct Arranged {
    rank: u8,
    key: u64,
    from: u32,
}

impl Base {
    /// Of several features with one id the last stays.
    pub(super) fn build(layer: Layer, features: Vec<Feature>) -> Self {
        let places = arrange(&features);
        Self::assemble(layer, shared_in_order(features, &places), &places)
    }

    fn assemble(layer: Layer, features: Vec<Arc<Feature>>, places: &[Arranged]) -> Self {
        let mut ids: Vec<(FeatureId, u32, u32)> =
            features.iter().zip(places).zip(0u32..).map(|((feature, place), at)| (feature.id, place.from, at)).collect();
        ids.par_sort_unstable();
        if ids.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            let mut last: HashMap<FeatureId, u32> = HashMap::new();
            for (id, from, _) in &ids {
                last.insert(*id, *from); // ascending within an id
            }
            let (features, places): (Vec<_>, Vec<_>) =
                features.into_iter().zip(places.iter().copied()).filter(|(feature, place)| last[&feature.id] == place.from).unzip();
            return Self::assemble(layer, features, &places);
        }
        let by_id: Vec<u32> = ids.iter().map(|(_, _, at)| *at).collect();
        drop(ids);
        let mapped = places.partition_point(|place| place.rank == 0);
        let placed = places.partition_point(|place| place.rank <= 1);
        let all_points = features[..placed]
            .par_iter()
            .all(|feature| matches!((&feature.mercator, &feature.working), (Shape::Point(_), Shape::Point(_))) && mapped == placed);
        let boxes = if all_points {
            let working = |feature: &Arc<Feature>| if let Shape::Point(point) = feature.working { point } else { [f64::NAN; 2] };
            Extents::Points(features[..placed].iter().map(working).collect())
        } else {
            Extents::Boxes(features[..placed].par_iter().map(|feature| boxes_of(feature)).collect())
        };
        let heap_bytes = features.par_iter().map(|feature| feature.heap_bytes()).sum::<usize>();
        Self::finish(layer, features, by_id, [mapped, placed], boxes, heap_bytes)
    }

    /// Trees and sums over what is in order.
    pub(super) fn finish(
        layer: Layer,
        features: Vec<Arc<Feature>>,
        by_id: Vec<u32>,
        [mapped, placed]: [usize; 2],
        boxes: Extents,
        heap_bytes: usize,
    ) -> Self {
        let mut base = Self { features, mapped, placed, by_id, boxes, heap_bytes, ..Self::default() };
        let ((mercator, working), blocks) = rayon::join(
            || rayon::join(|| base.tree(mapped, Self::mercator_box), || base.tree(placed, Self::working_box)),
            || base.sum_up(layer),
        );
        (base.mercator, base.working) = (mercator, working);
        (base.blocks, base.kinds, base.kind_counts, base.kind_numbers) = blocks;
        let around = |tree: &RTree<Run>| {
            let runs = tree.iter().map(|run| Extent { min: run.envelope.lower(), max: run.envelope.upper() });
            runs.fold(EMPTY_EXTENT, Extent::union)
        };
        base.extents = (placed > 0).then(|| Boxes { mercator: around(&base.mercator), working: around(&base.working) });
        base
    }

    pub(super) fn len(&self) -> usize {
        self.features.len()
    }

    pub(super) fn position(&self, id: &FeatureId) -> Option<usize> {
        self.by_id.binary_search_by_key(id, |at| self.features[*at as usize].id).ok().map(|found| self.by_id[found] as usize)
    }

    /// Positions in the order of ids, of those that are greater than `after`.
    pub(super) fn in_id_order(&self, after: Option<FeatureId>) -> impl Iterator<Item = usize> {
        let first = after.map_or(0, |after| self.by_id.partition_point(|at| self.features[*at as usize].id <= after));
        self.by_id[first..].iter().map(|at| *at as usize)
    }

    /// Only for positions below `placed`; so is [`Self::working_box`].
    pub(super) fn mercator_box(&self, at: usize) -> Extent {
        match (&self.boxes, &self.features[at].mercator) {
            (Extents::Boxes(boxes), _) => boxes[at].mercator,
            (Extents::Points(_), Shape::Point(point)) => Extent { min: *point, max: *point },
            (Extents::Points(_), _) => EMPTY_EXTENT,
        }
    }

    pub(super) fn working_box(&self, at: usize) -> Extent {
        match &self.boxes {
            Extents::Boxes(boxes) => boxes[at].working,
            Extents::Points(points) => Extent { min: points[at], max: points[at] },
        }
    }

    /// Positions of the members of a run of the mercator tree, and of the working tree.
    pub(super) fn mapped_members(&self, run: &Run) -> std::ops::Range<usize> {
        let start = run.number as usize * RUN;
        start..(start + RUN).min(self.mapped)
    }

    pub(super) fn placed_members(&self, run: &Run) -> std::ops::Range<usize> {
        let start = run.number as usize * RUN;
        start..(start + RUN).min(self.placed)
    }

    pub(super) fn block_members(&self, block: usize) -> std::ops::Range<usize> {
        block * BLOCK..((block + 1) * BLOCK).min(self.mapped)
    }

    pub(super) fn all_points(&self) -> bool {
        matches!(self.boxes, Extents::Points(_))
    }

    pub(super) fn bytes(&self) -> usize {
        self.own_bytes() + self.heap_bytes
    }

    fn tree(&self, count: usize, of: impl Fn(&Self, usize) -> Extent + Sync) -> RTree<Run> {
        let runs: Vec<Run> = (0..count.div_ceil(RUN))
            .into_par_iter()
            .filter_map(|number| {
                let members = (number * RUN..((number + 1) * RUN).min(count)).map(|at| of(self, at));
                let (all, size) =
                    members.fold((EMPTY_EXTENT, 0.0f64), |(all, size), extent| (all.union(extent), size.max(size_m(&extent))));
                let envelope = AABB::from_corners(all.min, all.max);
                (!is_empty(&all)).then_some(Run { envelope, number: number as u32, max_size_m: rounded_up(size) })
            })
            .collect();
        RTree::bulk_load(runs)
    }

    #[allow(clippy::type_complexity, reason = "four parts of one table, taken apart at once")]
    fn sum_up(&self, layer: Layer) -> (Vec<Block>, Vec<Arc<str>>, Vec<(u16, u16)>, Vec<u16>) {
        let (mut blocks, mut kinds, mut counts, mut of_each) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        if kind_field(layer).is_some() {
            of_each.resize(self.mapped, NO_KIND);
        }
        let mut numbers: HashMap<Arc<str>, u16> = HashMap::new();
        for block in 0..self.mapped.div_ceil(BLOCK) {
            let members = self.block_members(block);
            let mut sum = Block {
                first_key: curve_key(anchor(&self.mercator_box(members.start))),
                anchors: Positions::NONE,
                max_size_m: 0.0,
                kinds_end: 0,
            };
            let begin = counts.len();
            for at in members {
                let extent = self.mercator_box(at);
                sum.anchors = sum.anchors.and(Positions::one(anchor(&extent)));
                sum.max_size_m = sum.max_size_m.max(rounded_up(size_m(&extent)));
                let Some(kind) = kind_of(layer, &self.features[at]) else { continue };
                let number = match numbers.get(kind) {
                    Some(number) => *number,
                    // A field with more values than that is no kind; the rest goes uncounted, the total does not.
                    None if kinds.len() >= usize::from(NO_KIND) => continue,
                    None => {
                        let number = kinds.len() as u16;
                        kinds.push(Arc::clone(kind));
                        numbers.insert(Arc::clone(kind), number);
                        number
                    }
                };
                of_each[at] = number;
                match counts[begin..].iter_mut().find(|(known, _): &&mut (u16, u16)| *known == number) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((number, 1)),
                }
            }
            sum.kinds_end = counts.len() as u32;
            blocks.push(sum);
        }
        (blocks, kinds, counts, of_each)
    }

    /// What the tables take; the features' own heap comes on top.
    fn own_bytes(&self) -> usize {
        // A leaf or an inner node of rstar is an enum of a run and of (vector, envelope); leaves are full to at least a half.
        let tree = |tree: &RTree<Run>| tree.size() * (size_of::<rstar::RTreeNode<Run>>() * 5 / 4);
        self.features.len() * allocated(2 * size_of::<usize>() + size_of::<Feature>())
            + self.features.capacity() * size_of::<Arc<Feature>>()
            + self.by_id.capacity() * size_of::<u32>()
            + match &self.boxes {
                Extents::Points(points) => points.capacity() * size_of::<[f64; 2]>(),
                Extents::Boxes(boxes) => boxes.capacity() * size_of::<Boxes>(),
            }
            + tree(&self.mercator)
            + tree(&self.working)
            + self.blocks.capacity() * size_of::<Block>()
            + self.kind_counts.capacity() * size_of::<(u16, u16)>()
            + self.kind_numbers.capacity() * size_of::<u16>()
            + self.derived.bytes()
    }
}

/// The value of the field that clusters count by.
pub(super) fn kind_of(layer: Layer, feature: &Feature) -> Option<&Arc<str>> {
    match feature.tag(kind_field(layer)?)? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

pub(super) fn boxes_of(feature: &Feature) -> Boxes {
    Boxes { mercator: feature.mercator.extent().unwrap_or(EMPTY_EXTENT), working: feature.working.extent().unwrap_or(EMPTY_EXTENT) }
}

pub(super) fn place_of(feature: &Feature) -> Place {
    let (rank, key) = rank_and_key(feature);
    Place { rank, key, id: feature.id }
}

fn rank_and_key(feature: &Feature) -> (u8, u64) {
    match (feature.mercator.extent(), feature.working.extent()) {
        (Some(extent), _) => (0, curve_key(anchor(&extent))),
        (None, Some(_)) => (1, 0),
        (None, None) => (2, 0),
    }
}

impl Boxes {
    pub(super) fn union(&self, other: &Self) -> Self {
        Self { mercator: self.mercator.union(other.mercator), working: self.working.union(other.working) }
    }
}

impl Default for Extents {
    fn default() -> Self {
        Self::Points(Vec::new())
    }
}

fn arrange(features: &[Feature]) -> Vec<Arranged> {
    let arranged = |(feature, from): (&Feature, u32)| {
        let (rank, key) = rank_and_key(feature);
        Arranged { rank, key, from }
    };
    let mut places: Vec<Arranged> = features.par_iter().zip(0..features.len() as u32).map(arranged).collect();
    // As places are ordered; of the same feature given twice, in the order given.
    places.par_sort_unstable_by(|a, b| {
        let id = |place: &Arranged| features[place.from as usize].id;
        (a.rank, a.key).cmp(&(b.rank, b.key)).then_with(|| id(a).cmp(&id(b)).then(a.from.cmp(&b.from)))
    });
    places
}

/// The features in the order of `places`, allocated in that order too, so that a window reads memory in a row. What was read is
/// given back piece by piece: ten million features never take their memory twice.
fn shared_in_order(mut features: Vec<Feature>, places: &[Arranged]) -> Vec<Arc<Feature>> {
    const PIECE: usize = 1 << 18;
    // The last comes first, since a vector shrinks from its end.
    let mut from: Vec<u32> = places.iter().rev().map(|place| place.from).collect();
    for to in 0..from.len() {
        let mut source = from[to] as usize;
        // Who stood there was swapped away when that place was filled.
        while source < to {
            source = from[source] as usize;
        }
        from[to] = source as u32;
        features.swap(to, source);
    }
    let mut shared = Vec::with_capacity(features.len());
    while let Some(feature) = features.pop() {
        shared.push(Arc::new(feature));
        if features.len().is_multiple_of(PIECE) {
            features.shrink_to_fit();
        }
    }
    shared
}

fn rounded_up(size_m: f64) -> f32 {
    let size = size_m as f32;
    if f64::from(size) < size_m { size.next_up() } else { size }
}
