//! Where something changed, told in few boxes.

use std::collections::BTreeMap;

use crate::domain::Extent;
use crate::spatial::{Feature, LayerIndex};

/// The finest grid that is tried: 4096 cells on a side.
const FINEST_BITS: u32 = 12;

/// The boxes themselves while they are few, else those of each cell of a grid joined: the finest grid that gives at most `most`.
pub(super) fn joined(boxes: Vec<Extent>, most: usize) -> Vec<Extent> {
    if boxes.len() <= most {
        return boxes;
    }
    let Some(all) = boxes.iter().copied().reduce(Extent::union) else { return boxes };
    for bits in (1..=FINEST_BITS).rev() {
        let cells = f64::from(1u32 << bits);
        let cell = |axis: usize, of: &Extent| {
            let size = all.max[axis] - all.min[axis];
            let share = ((of.min[axis] + of.max[axis]) / 2.0 - all.min[axis]) / size;
            // All at one place have no size to divide: NaN is taken to 0.
            (share * cells) as u32
        };
        let mut grid: BTreeMap<[u32; 2], Extent> = BTreeMap::new();
        for one in &boxes {
            grid.entry([cell(0, one), cell(1, one)]).and_modify(|joined| *joined = joined.union(*one)).or_insert(*one);
            if grid.len() > most {
                break;
            }
        }
        if grid.len() <= most {
            return grid.into_values().collect();
        }
    }
    vec![all]
}

/// The web mercator boxes of all features in which two pictures of a layer differ, as they were and as they are; `None` when
/// they are more than `most`.
pub(super) fn differing(before: &LayerIndex, after: &LayerIndex, most: usize) -> Option<Vec<Extent>> {
    let mut boxes = Vec::new();
    let mut add = |feature: &Feature| {
        boxes.extend(feature.mercator.extent());
        boxes.len() <= most
    };
    // Both come in the order of their ids.
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let goes_on = match (before.peek(), after.peek()) {
            (None, None) => return Some(boxes),
            (Some(was), Some(is)) if was.id == is.id => {
                let goes_on = was == is || (add(was) && add(is));
                before.next();
                after.next();
                goes_on
            }
            (Some(was), is) if is.is_none_or(|is| was.id < is.id) => before.next().is_none_or(&mut add),
            _ => after.next().is_none_or(&mut add),
        };
        if !goes_on {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FeatureId, Layer};
    use crate::spatial::Shape;
    use proptest::prelude::*;

    fn feature(n: u8, x: f64) -> Feature {
        let id = FeatureId::derive("roads", "test", &n.to_string());
        let shape = Shape::Point([x, 0.0]);
        Feature { id, region: "r".into(), name: None, name_en: None, tags: Box::new([]), working: shape.clone(), mercator: shape }
    }

    #[test]
    fn many_changes_at_one_place_are_one_box() {
        let one = Extent { min: [3.0, 4.0], max: [3.0, 4.0] };
        assert_eq!(joined(vec![one; 1000], 100), [one]);
    }

    #[test]
    fn two_clusters_are_not_joined_across_the_city() {
        let corner = |at: f64| (0..200).map(move |n| Extent { min: [at + f64::from(n), at], max: [at + f64::from(n) + 1.0, at + 1.0] });
        let few = joined(corner(0.0).chain(corner(1e6)).collect(), 100);
        assert!(few.len() <= 100 && few.iter().all(|one| one.width() < 300.0), "{few:?}");
    }

    proptest! {
        #[test]
        fn every_box_lies_in_one_of_the_joined(corners in prop::collection::vec([0.0..1e4f64, 0.0..1e4f64, 0.0..50.0f64], 0..400), most in 1usize..120) {
            let boxes: Vec<Extent> = corners.iter().map(|[x, y, size]| Extent { min: [*x, *y], max: [x + size, y + size] }).collect();
            let few = joined(boxes.clone(), most);
            prop_assert!(few.len() <= most);
            for one in boxes {
                prop_assert!(few.iter().any(|joined| joined.union(one) == *joined));
            }
        }

        #[test]
        fn the_difference_is_what_a_loop_over_both_finds(before in prop::collection::btree_map(0u8..30, 0u8..3, 0..20), after in prop::collection::btree_map(0u8..30, 0u8..3, 0..20)) {
            let index = |of: &std::collections::BTreeMap<u8, u8>| LayerIndex::build(Layer::Roads, of.iter().map(|(n, x)| feature(*n, f64::from(*x))).collect());
            let mut found: Vec<f64> = differing(&index(&before), &index(&after), 1000).unwrap().iter().map(|one| one.min[0]).collect();
            let mut expected: Vec<f64> = (0..30).flat_map(|n| {
                let (was, is) = (before.get(&n), after.get(&n));
                if was == is { vec![] } else { [was, is].into_iter().flatten().map(|x| f64::from(*x)).collect() }
            }).collect();
            found.sort_by(f64::total_cmp);
            expected.sort_by(f64::total_cmp);
            prop_assert_eq!(found.len() > 5, differing(&index(&before), &index(&after), 5).is_none());
            prop_assert_eq!(found, expected);
        }
    }
}
