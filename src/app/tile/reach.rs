//! Which of the tiles that are kept a change reaches. Pure.
//!
//! The tiles of all zooms form a tree, each over the four of the next zoom. The kept ones lie in the order of a walk through that
//! tree, so the changed boxes can be handed down from the root, to those children only that they reach and that have something
//! kept under them. That costs no more than looking at every kept tile, and no more than naming every tile that was reached.

use std::collections::BTreeMap;

use super::key::LayerSet;
use crate::domain::Extent;
use crate::tiles::{TileId, tiles_reached};

/// Where a tile comes in the walk: before everything under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Column and row of its first tile of the deepest zoom, bit by bit in turn (a Morton number).
    start: u64,
    z: u8,
}

/// A changed box (web mercator) and the tile layers it concerns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub extent: Extent,
    pub layers: LayerSet,
}

impl Place {
    pub fn of(tile: TileId) -> Self {
        let deeper = TileId::MAX_Z - tile.z();
        let start = (spread(tile.x()) | spread(tile.y()) << 1) << (2 * deeper);
        Self { start, z: tile.z() }
    }

    /// Right behind everything under it.
    fn end(self) -> Self {
        Self { start: self.start + (1 << (2 * (TileId::MAX_Z - self.z))), z: 0 }
    }
}

/// Tells of every place that is reached, with the layers that changed there. `everywhere` changed in all of them.
pub(super) fn reached<V>(places: &BTreeMap<Place, V>, everywhere: LayerSet, changes: &[Change], found: &mut impl FnMut(Place, LayerSet)) {
    if let Some(root) = TileId::new(0, 0, 0) {
        descend(places, root, everywhere, changes.iter().collect(), found);
    }
}

fn descend<V>(
    places: &BTreeMap<Place, V>,
    tile: TileId,
    mut everywhere: LayerSet,
    changes: Vec<&Change>,
    found: &mut impl FnMut(Place, LayerSet),
) {
    let here = Place::of(tile);
    let mut kept = places.range(here..here.end()).map(|(place, _)| *place).peekable();
    if kept.next_if_eq(&here).is_some() {
        let layers = changes.iter().fold(everywhere, |layers, change| layers.and(change.layers));
        if !layers.is_empty() {
            found(here, layers);
        }
    }
    if kept.peek().is_none() {
        return;
    }
    let extent = tile.extent_mercator();
    let mut below: [Vec<&Change>; 4] = Default::default();
    for change in changes {
        if change.extent.union(extent) == change.extent {
            everywhere = everywhere.and(change.layers);
        }
        if change.layers.is_within(everywhere) {
            continue;
        }
        let range = tiles_reached(&change.extent, tile.z() + 1);
        for (child, into) in below.iter_mut().enumerate() {
            let [x, y] = child_position(tile, child);
            if (range.x[0]..=range.x[1]).contains(&x) && (range.y[0]..=range.y[1]).contains(&y) {
                into.push(change);
            }
        }
    }
    if below.iter().all(Vec::is_empty) {
        if !everywhere.is_empty() {
            kept.for_each(|place| found(place, everywhere));
        }
        return;
    }
    for (child, changes) in below.into_iter().enumerate() {
        let [x, y] = child_position(tile, child);
        if let Some(tile) = TileId::new(tile.z() + 1, x, y)
            && !(everywhere.is_empty() && changes.is_empty())
        {
            descend(places, tile, everywhere, changes, found);
        }
    }
}

fn child_position(tile: TileId, child: usize) -> [u32; 2] {
    [2 * tile.x() + (child as u32 & 1), 2 * tile.y() + (child as u32 >> 1)]
}

/// Puts a zero before every bit.
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    for (shift, mask) in [
        (16, 0x0000_FFFF_0000_FFFF),
        (8, 0x00FF_00FF_00FF_00FF),
        (4, 0x0F0F_0F0F_0F0F_0F0F),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Layer;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const LAYERS: [Layer; 3] = [Layer::Roads, Layer::Zoning, Layer::DoorPlates];

    fn tile() -> impl Strategy<Value = TileId> {
        // Near each other, so that they lie over and beside one another at every zoom.
        (0u8..=22, 0.0..2000.0f64, 0.0..2000.0f64).prop_map(|(z, x, y)| {
            let range = tiles_reached(&Extent { min: [x, y], max: [x, y] }, z);
            TileId::new(z, range.x[0], range.y[0]).unwrap()
        })
    }

    fn change() -> impl Strategy<Value = Change> {
        let sizes = prop_oneof![Just(0.0), 0.0..20.0f64, 0.0..3000.0f64, Just(1e7)];
        (0.0..2000.0f64, 0.0..2000.0f64, sizes.clone(), sizes, 0usize..3).prop_map(|(x, y, width, height, layer)| Change {
            extent: Extent { min: [x, y], max: [x + width, y + height] },
            layers: LayerSet::made_from(LAYERS[layer]),
        })
    }

    proptest! {
        #[test]
        fn the_walk_finds_what_a_loop_over_all_tiles_finds(
            tiles in prop::collection::vec(tile(), 0..60),
            changes in prop::collection::vec(change(), 0..20),
            whole in prop::option::of(0usize..3),
        ) {
            let everywhere = whole.map(|layer| LayerSet::made_from(LAYERS[layer])).unwrap_or_default();
            let places: BTreeMap<Place, TileId> = tiles.iter().map(|tile| (Place::of(*tile), *tile)).collect();
            let mut found = BTreeSet::new();
            reached(&places, everywhere, &changes, &mut |place, layers| {
                for layer in LAYERS.into_iter().filter(|layer| layers.meets(LayerSet::made_from(*layer))) {
                    found.insert((places[&place], layer));
                }
            });
            let mut expected = BTreeSet::new();
            for tile in &tiles {
                for layer in LAYERS {
                    let set = LayerSet::made_from(layer);
                    let touched = changes.iter().any(|change| change.layers.meets(set) && tiles_reached(&change.extent, tile.z()).contains(*tile));
                    if touched || everywhere.meets(set) {
                        expected.insert((*tile, layer));
                    }
                }
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn ten_thousand_changes_are_looked_up_in_milliseconds() {
        let city = 30_000.0;
        // A third of a million kept tiles, and changes all over the city.
        let mut places = BTreeMap::new();
        for z in 0..=18 {
            let range = tiles_reached(&Extent { min: [0.0; 2], max: [city; 2] }, z);
            places.extend(range.iter().step_by((range.count() / 100_000 + 1) as usize).map(|tile| (Place::of(tile), ())));
        }
        let layers = LayerSet::made_from(Layer::Roads);
        let changes: Vec<Change> = (0..10_000u32)
            .map(|n| {
                let at = [f64::from(n * 7919 % 10_007) / 10_007.0 * city, f64::from(n * 104_729 % 10_009) / 10_009.0 * city];
                Change { extent: Extent { min: at, max: at.map(|c| c + 50.0) }, layers }
            })
            .collect();
        let started = std::time::Instant::now();
        let mut count = 0;
        reached(&places, LayerSet::default(), &changes, &mut |_, _| count += 1);
        let took = started.elapsed();
        eprintln!("{count} of {} kept tiles reached by {} changes in {took:?}", places.len(), changes.len());
        // Tests run without optimisation, beside others.
        assert!(count > 10_000 && took.as_secs_f64() < 2.0, "{took:?}");
    }

    #[test]
    fn places_come_in_the_order_of_the_walk() {
        let tile = TileId::new(9, 402, 219).unwrap();
        let child = TileId::new(10, 805, 438).unwrap();
        let beside = TileId::new(9, 403, 219).unwrap();
        assert!(Place::of(tile) < Place::of(child) && Place::of(child) < Place::of(tile).end());
        assert_eq!(Place::of(tile).end().start, Place::of(beside).start);
    }
}
