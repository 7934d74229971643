//! A new base from an old one and what changed: one pass over it, without sorting and on one thread, so that ten million
//! features take two seconds of one core and readers keep the other.

use std::ops::Range;
use std::sync::Arc;

use super::base::{Base, Extents, boxes_of, place_of};
use super::delta::{Delta, Entry};
use super::feature::{Feature, Shape};
use crate::domain::{FeatureId, Layer};

/// What comes next in the new order.
enum Step {
    /// These of the old base.
    Keep(Range<usize>),
    /// The entry of this number.
    Add(usize),
}

impl Base {
    /// The same features as a picture of this base and the changes on top.
    pub(super) fn with(&self, layer: Layer, delta: &Delta) -> Self {
        let entries: Vec<&Entry> = delta.iter().collect();
        let steps = self.steps(delta.hidden(), &entries);
        let mut features: Vec<Arc<Feature>> = Vec::with_capacity(self.len() + entries.len() - delta.hidden().len());
        // Where the old ones and the new ones come to stand.
        let mut moved = vec![u32::MAX; self.len()];
        let mut added: Vec<(FeatureId, u32)> = Vec::with_capacity(entries.len());
        for step in &steps {
            match step {
                Step::Keep(range) => {
                    for (moved, to) in moved[range.clone()].iter_mut().zip(features.len() as u32..) {
                        *moved = to;
                    }
                    features.extend_from_slice(&self.features[range.clone()]);
                }
                Step::Add(number) => {
                    added.push((entries[*number].place.id, features.len() as u32));
                    features.push(Arc::clone(&entries[*number].feature));
                }
            }
        }
        let by_id = self.ids_with(&moved, added);
        let counted = |before: usize, rank: u8| {
            before - delta.hidden().partition_point(|at| (*at as usize) < before)
                + entries.partition_point(|entry| entry.place.rank <= rank)
        };
        let (mapped, placed) = (counted(self.mapped, 0), counted(self.placed, 1));
        let boxes = self.boxes_with(&steps, &entries, placed, mapped == placed);
        let heap = |features: &mut dyn Iterator<Item = &Arc<Feature>>| features.map(|feature| feature.heap_bytes()).sum::<usize>();
        let gone = heap(&mut delta.hidden().iter().map(|at| &self.features[*at as usize]));
        let come = heap(&mut entries.iter().map(|entry| &entry.feature));
        Self::finish(layer, features, by_id, [mapped, placed], boxes, (self.heap_bytes + come).saturating_sub(gone))
    }

    fn steps(&self, hidden: &[u32], entries: &[&Entry]) -> Vec<Step> {
        let mut steps = Vec::with_capacity(hidden.len() + 2 * entries.len() + 1);
        let (mut at, mut hidden) = (0, hidden.iter().map(|at| *at as usize).peekable());
        let mut keep_until = |end: usize, steps: &mut Vec<Step>| {
            while let Some(gone) = hidden.next_if(|gone| *gone < end) {
                steps.push(Step::Keep(at..gone));
                at = gone + 1;
            }
            steps.push(Step::Keep(at..end));
            at = end;
        };
        for (number, entry) in entries.iter().enumerate() {
            keep_until(self.features.partition_point(|feature| place_of(feature) < entry.place), &mut steps);
            steps.push(Step::Add(number));
        }
        keep_until(self.len(), &mut steps);
        steps
    }

    fn ids_with(&self, moved: &[u32], mut added: Vec<(FeatureId, u32)>) -> Vec<u32> {
        added.sort_unstable();
        let mut by_id = Vec::with_capacity(self.by_id.len() + added.len());
        let still = |part: &[u32], by_id: &mut Vec<u32>| {
            by_id.extend(part.iter().map(|at| moved[*at as usize]).filter(|at| *at != u32::MAX));
        };
        let mut rest = &self.by_id[..];
        for (id, at) in added {
            let (before, after) = rest.split_at(rest.partition_point(|at| self.features[*at as usize].id < id));
            still(before, &mut by_id);
            by_id.push(at);
            rest = after;
        }
        still(rest, &mut by_id);
        by_id.shrink_to_fit();
        by_id
    }

    fn boxes_with(&self, steps: &[Step], entries: &[&Entry], placed: usize, all_mapped: bool) -> Extents {
        let kept = |range: &Range<usize>| range.start.min(self.placed)..range.end.min(self.placed);
        let added = entries.iter().filter(|entry| entry.place.rank <= 1);
        let points = all_mapped && added.clone().all(|entry| is_point(&entry.feature));
        match &self.boxes {
            Extents::Points(old) if points => {
                let mut all = Vec::with_capacity(placed);
                for step in steps {
                    match step {
                        Step::Keep(range) => all.extend_from_slice(&old[kept(range)]),
                        Step::Add(number) => all.extend(match (&entries[*number].feature.working, entries[*number].place.rank) {
                            (Shape::Point(point), 0 | 1) => Some(*point),
                            _ => None,
                        }),
                    }
                }
                Extents::Points(all)
            }
            old => {
                let mut all = Vec::with_capacity(placed);
                for step in steps {
                    match (step, old) {
                        (Step::Keep(range), Extents::Boxes(old)) => all.extend_from_slice(&old[kept(range)]),
                        (Step::Keep(range), Extents::Points(_)) => {
                            all.extend(self.features[kept(range)].iter().map(|feature| boxes_of(feature)));
                        }
                        (Step::Add(number), _) => all.extend((entries[*number].place.rank <= 1).then_some(entries[*number].boxes)),
                    }
                }
                Extents::Boxes(all)
            }
        }
    }
}

fn is_point(feature: &Feature) -> bool {
    matches!((&feature.mercator, &feature.working), (Shape::Point(_), Shape::Point(_)))
}
