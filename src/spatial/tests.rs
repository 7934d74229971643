//! The trees and cells against brute force, with judges that share no code with them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use geo_types::{Coord, Geometry, LineString, MultiPolygon, Polygon};
use proptest::prelude::*;

use super::*;
use crate::domain::{Extent, FeatureId, Layer, Value};

/// What a test feature looks like: integer coordinates, so that judging "on the boundary" is exact.
#[derive(Clone, Debug)]
enum Form {
    Nowhere,
    Point([i32; 2]),
    Line(Vec<[i32; 2]>),
    /// A rectangle by two corners, with a rectangular hole inside where there is room.
    Block([i32; 2], [i32; 2], bool),
    Triangle([i32; 2], [i32; 2], [i32; 2]),
}

const MERCATOR_SHIFT: [f64; 2] = [12_700_000.0, 2_580_000.0];

fn position() -> impl Strategy<Value = [i32; 2]> {
    [-40i32..40, -40i32..40]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![
        1 => Just(Form::Nowhere),
        6 => position().prop_map(Form::Point),
        3 => prop::collection::vec(position(), 2..5).prop_map(Form::Line),
        3 => (position(), [1i32..30, 1i32..30], any::<bool>()).prop_map(|(a, size, hole)| Form::Block(a, [a[0] + size[0], a[1] + size[1]], hole)),
        2 => (position(), position(), position()).prop_filter_map("flat", |(a, b, c)| (cross(a, b, c) != 0).then_some(Form::Triangle(a, b, c))),
    ]
}

fn cross(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> i64 {
    i64::from(b[0] - a[0]) * i64::from(c[1] - a[1]) - i64::from(b[1] - a[1]) * i64::from(c[0] - a[0])
}

impl Form {
    /// Rings or lines; the flag says whether they bound an area.
    fn paths(&self) -> (Vec<Vec<[i32; 2]>>, bool) {
        match self {
            Form::Nowhere => (vec![], false),
            Form::Point(point) => (vec![vec![*point]], false),
            Form::Line(line) => (vec![line.clone()], false),
            Form::Block(a, b, hole) => {
                let ring = |a: [i32; 2], b: [i32; 2]| vec![a, [b[0], a[1]], b, [a[0], b[1]], a];
                let mut rings = vec![ring(*a, *b)];
                if *hole && b[0] - a[0] > 4 && b[1] - a[1] > 4 {
                    rings.push(ring([a[0] + 2, a[1] + 2], [b[0] - 2, b[1] - 2]));
                }
                (rings, true)
            }
            Form::Triangle(a, b, c) => (vec![vec![*a, *b, *c, *a]], true),
        }
    }

    fn shape(&self, shift: [f64; 2]) -> Shape {
        let (paths, area) = self.paths();
        let line = |path: &Vec<[i32; 2]>| {
            LineString::from(
                path.iter().map(|[x, y]| Coord { x: f64::from(*x) + shift[0], y: f64::from(*y) + shift[1] }).collect::<Vec<_>>(),
            )
        };
        match (paths.as_slice(), area) {
            ([], _) => Shape::None,
            ([only], false) if only.len() == 1 => Shape::Point([f64::from(only[0][0]) + shift[0], f64::from(only[0][1]) + shift[1]]),
            (lines, false) => Shape::from_geometry(Geometry::LineString(line(&lines[0]))),
            (rings, true) => Shape::from_geometry(Geometry::MultiPolygon(MultiPolygon(vec![Polygon::new(
                line(&rings[0]),
                rings[1..].iter().map(line).collect(),
            )]))),
        }
    }

    fn box_of(&self) -> Option<[[i32; 2]; 2]> {
        let points: Vec<[i32; 2]> = self.paths().0.concat();
        let axis = |axis: usize| Some((points.iter().map(|p| p[axis]).min()?, points.iter().map(|p| p[axis]).max()?));
        let ((x0, x1), (y0, y1)) = (axis(0)?, axis(1)?);
        Some([[x0, y0], [x1, y1]])
    }

    fn on_boundary(&self, p: [i32; 2]) -> bool {
        let within = |a: i32, b: i32, v: i32| a.min(b) <= v && v <= a.max(b);
        self.paths().0.iter().any(|path| {
            (path.len() == 1 && path[0] == p)
                || path.windows(2).any(|s| cross(s[0], s[1], p) == 0 && within(s[0][0], s[1][0], p[0]) && within(s[0][1], s[1][1], p[1]))
        })
    }

    /// Crossing number over all rings.
    fn inside(&self, p: [i32; 2]) -> bool {
        let (paths, area) = self.paths();
        let crossings = paths.iter().flat_map(|path| path.windows(2)).filter(|s| {
            let (low, high) = if s[0][1] <= s[1][1] { (s[0], s[1]) } else { (s[1], s[0]) };
            low[1] <= p[1] && p[1] < high[1] && cross(low, high, p) > 0
        });
        area && crossings.count() % 2 == 1
    }

    fn distance(&self, p: [i32; 2]) -> Option<f64> {
        if self.inside(p) || self.on_boundary(p) {
            return Some(0.0);
        }
        let [px, py] = p.map(f64::from);
        let paths = self.paths().0;
        let segments = paths.iter().flat_map(|path| (0..path.len()).map(move |at| [path[at], path[(at + 1).min(path.len() - 1)]]));
        segments
            .map(|[a, b]| {
                let ([ax, ay], [bx, by]) = (a.map(f64::from), b.map(f64::from));
                let length_2 = (bx - ax).powi(2) + (by - ay).powi(2);
                let along = if length_2 > 0.0 { (((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length_2).clamp(0.0, 1.0) } else { 0.0 };
                ((ax + along * (bx - ax) - px).powi(2) + (ay + along * (by - ay) - py).powi(2)).sqrt()
            })
            .min_by(f64::total_cmp)
    }
}

fn id(number: u16) -> FeatureId {
    let mut bytes = [0u8; 10];
    // Scattered, as real ids are.
    bytes[..8].copy_from_slice(&(u64::from(number) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    FeatureId::from_bytes(bytes)
}

fn feature(number: u16, form: &Form) -> Feature {
    let kind: Option<Value> = ["school", "park", "estate"].get(usize::from(number % 4)).map(|kind| Value::from(*kind));
    Feature {
        id: id(number),
        region: "530102".into(),
        name: Some(format!("place {number}").into()),
        name_en: None,
        tags: kind.into_iter().map(|value| Tag { field: kind_field(Layer::PlaceNames).unwrap(), value }).collect(),
        working: form.shape([0.0; 2]),
        mercator: form.shape(MERCATOR_SHIFT),
    }
}

/// What a picture must hold.
type Truth = BTreeMap<FeatureId, (u16, Form)>;
type Judgement = Result<(), TestCaseError>;

/// A picture after a random history, with what it must hold.
fn history() -> impl Strategy<Value = (LayerIndex, Truth)> {
    let changes = (prop::collection::vec(0u16..150, 0..20), prop::collection::vec((0u16..150, form()), 0..30), any::<bool>());
    (prop::collection::vec(form(), 0..120), prop::collection::vec(changes, 0..4)).prop_map(|(first, steps)| {
        let numbered: Vec<(u16, Form)> = (0..).zip(first).collect();
        let mut truth: BTreeMap<_, _> = numbered.iter().map(|(number, form)| (id(*number), (*number, form.clone()))).collect();
        let mut index = LayerIndex::build(Layer::PlaceNames, numbered.iter().map(|(number, form)| feature(*number, form)).collect());
        for (removed, upserted, merge) in steps {
            let gone: Vec<FeatureId> = removed.iter().map(|number| id(*number)).collect();
            index = index.with_changes(&gone, upserted.iter().map(|(number, form)| feature(*number, form)).collect());
            truth.retain(|id, _| !gone.contains(id));
            truth.extend(upserted.into_iter().map(|(number, form)| (id(number), (number, form))));
            if merge {
                index = index.merged();
            }
        }
        (index, truth)
    })
}

/// The same with thousands of features and of changes on top, so that those fill many chunks and lose some again.
fn long_history() -> impl Strategy<Value = (LayerIndex, Truth)> {
    let step = (2000usize..4500, any::<u64>(), prop::bool::weighted(0.3));
    (0usize..3000, any::<u64>(), prop::collection::vec(step, 1..4)).prop_map(|(first, seed, steps)| {
        let forms = |count: usize, seed: u64| -> Vec<(u16, Form)> {
            let mut random = Scatter(seed);
            (0..count).map(|_| (random.below(6000) as u16, random.form())).collect()
        };
        let first = forms(first, seed);
        let mut truth: BTreeMap<_, _> = first.iter().map(|(number, form)| (id(*number), (*number, form.clone()))).collect();
        let mut index = LayerIndex::build(Layer::PlaceNames, first.iter().map(|(number, form)| feature(*number, form)).collect());
        for (count, seed, merge) in steps {
            // A burst, then single changes.
            let mut upserted = forms(count, seed);
            let singles = upserted.split_off(count - 50);
            let mut random = Scatter(!seed);
            let gone: Vec<FeatureId> = (0..count / 3).map(|_| id(random.below(6000) as u16)).collect();
            index = index.with_changes(&gone, upserted.iter().map(|(number, form)| feature(*number, form)).collect());
            truth.retain(|id, _| !gone.contains(id));
            truth.extend(upserted.into_iter().map(|(number, form)| (id(number), (number, form))));
            for (number, form) in singles {
                let gone = id(random.below(6000) as u16);
                index = index.with_changes(&[gone], vec![feature(number, &form)]);
                truth.remove(&gone);
                truth.insert(id(number), (number, form));
            }
            if merge {
                index = index.merged();
            }
        }
        (index, truth)
    })
}

/// Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014: thousands of forms from one number, which
/// is all that has to be shrunk.
struct Scatter(u64);

impl Scatter {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    /// Spread so far that a window holds few of thousands.
    fn form(&mut self) -> Form {
        let at = [self.below(2000) as i32 - 1000, self.below(2000) as i32 - 1000];
        let near = [at[0] + self.below(20) as i32, at[1] + 1 + self.below(20) as i32];
        match self.below(10) {
            0 => Form::Nowhere,
            1 | 2 => Form::Line(vec![at, near]),
            3 | 4 => Form::Block(at, [near[0] + 1, near[1]], self.below(2) == 0),
            _ => Form::Point(at),
        }
    }
}

fn sorted<'a>(features: impl Iterator<Item = &'a Feature>) -> Vec<FeatureId> {
    let mut ids: Vec<FeatureId> = features.map(|feature| feature.id).collect();
    ids.sort_unstable();
    ids
}

fn judge_windows(index: &LayerIndex, truth: &Truth, a: [i32; 2], size: [i32; 2]) -> Judgement {
    let b = [a[0] + size[0], a[1] + size[1]];
    let meets = |form: &Form| form.box_of().is_some_and(|[min, max]| (0..2).all(|i| min[i] <= b[i] && a[i] <= max[i]));
    let expected: Vec<FeatureId> = truth.iter().filter(|(_, (_, form))| meets(form)).map(|(id, _)| *id).collect();
    let window = Extent::new(a.map(f64::from), b.map(f64::from));
    prop_assert_eq!(sorted(index.window(&window)), expected.clone());
    let shifted = |p: [f64; 2]| [p[0] + MERCATOR_SHIFT[0], p[1] + MERCATOR_SHIFT[1]];
    let window = Extent::new(shifted(window.min), shifted(window.max));
    prop_assert_eq!(sorted(index.window_mercator(&window)), expected);
    let large = |form: &Form| form.box_of().is_some_and(|[min, max]| (max[0] - min[0]).max(max[1] - min[1]) >= 12);
    let expected: Vec<FeatureId> = truth.iter().filter(|(_, (_, form))| meets(form) && large(form)).map(|(id, _)| *id).collect();
    prop_assert_eq!(sorted(index.window_mercator_sized(&window, 12.0).map(|found| found.feature)), expected);
    Ok(())
}

fn judge_nearest(index: &LayerIndex, truth: &Truth, p: [i32; 2], k: usize, max: f64) -> Judgement {
    let mut expected: Vec<(f64, FeatureId)> =
        truth.iter().filter_map(|(id, (_, form))| Some((form.distance(p)?, *id))).filter(|(distance, _)| *distance <= max).collect();
    expected.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let found = index.nearest(p.map(f64::from), k, max);
    prop_assert_eq!(found.len(), expected.len().min(k));
    for ((found, distance), (expected_distance, _)) in found.iter().zip(&expected) {
        prop_assert!((distance - expected_distance).abs() < 1e-9);
        let own = truth[&found.id].1.distance(p).unwrap();
        prop_assert!((distance - own).abs() < 1e-9);
    }
    let keys: Vec<_> = found.iter().map(|(feature, distance)| (*distance, feature.id)).collect();
    prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "not by distance, then id: {:?}", keys);
    // Where the distance is exact in both, so are the ties.
    let zeros: Vec<FeatureId> = expected.iter().filter(|(distance, _)| *distance == 0.0).take(k).map(|(_, id)| *id).collect();
    prop_assert_eq!(&keys[..zeros.len()].iter().map(|(_, id)| *id).collect::<Vec<_>>(), &zeros);
    Ok(())
}

fn judge_covering(index: &LayerIndex, truth: &Truth, p: [i32; 2]) -> Judgement {
    let expected: Vec<FeatureId> = truth.iter().filter(|(_, (_, form))| form.inside(p) || form.on_boundary(p)).map(|(id, _)| *id).collect();
    let found: Vec<FeatureId> = index.covering(p.map(f64::from)).iter().map(|feature| feature.id).collect();
    prop_assert_eq!(found, expected);
    Ok(())
}

fn judge_ids(index: &LayerIndex, truth: &Truth, numbers: u16) -> Judgement {
    prop_assert_eq!(index.len(), truth.len());
    for number in 0..numbers {
        let expected = truth.get(&id(number)).map(|(_, form)| feature(number, form));
        prop_assert_eq!(index.get(&id(number)), expected.as_ref());
    }
    let all: Vec<FeatureId> = index.iter().map(|feature| feature.id).collect();
    prop_assert_eq!(all, truth.keys().copied().collect::<Vec<_>>());
    Ok(())
}

#[allow(clippy::type_complexity)]
fn judge_cells(index: &LayerIndex, truth: &Truth, z: u8, points: bool) -> Judgement {
    let threshold = 9.0;
    let small = |form: &Form| form.box_of().is_some_and(|[min, max]| f64::from((max[0] - min[0]).max(max[1] - min[1])) < threshold);
    let counted = |form: &Form| small(form) && (points || !matches!(form, Form::Point(_)));
    let mut expected: BTreeMap<([u32; 2], [u32; 2]), (u64, BTreeMap<String, u64>)> = BTreeMap::new();
    for (number, form) in truth.values().filter(|(_, form)| counted(form)) {
        let [min, max] = form.box_of().unwrap();
        let anchor = [0, 1].map(|i| f64::from(min[i]) + f64::from(max[i] - min[i]) / 2.0 + MERCATOR_SHIFT[i]);
        // The cell by its definition: share of the world, floored.
        let share = [(anchor[0] + MERCATOR_HALF_M) / (2.0 * MERCATOR_HALF_M), (MERCATOR_HALF_M - anchor[1]) / (2.0 * MERCATOR_HALF_M)];
        let cell = share.map(|share| (share * f64::from(z + 3).exp2()).floor() as u32);
        let entry = expected.entry((cell.map(|c| c >> 3), cell.map(|c| c & 7))).or_default();
        entry.0 += 1;
        if let Some(kind) = feature(*number, form).tags.first().and_then(|tag| tag.value.text().map(str::to_owned)) {
            *entry.1.entry(kind).or_default() += 1;
        }
    }
    let tiles: std::collections::BTreeSet<[u32; 2]> = expected.keys().map(|(tile, _)| *tile).collect();
    let mut found = BTreeMap::new();
    for tile in tiles {
        for cell in index.cells(&CellQuery { z, tile, cell_bits: 3, smaller_than_m: threshold, points }).into_vec() {
            prop_assert_eq!(cell.only.is_some(), cell.count == 1);
            let kinds = cell.kinds.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect();
            found.insert((tile, cell.place), (cell.count, kinds));
        }
    }
    prop_assert_eq!(found, expected);
    Ok(())
}

fn judge_points_in_tiles(index: &LayerIndex, truth: &Truth, z: u8) -> Judgement {
    let tiles: std::collections::BTreeSet<[u32; 2]> = index
        .iter()
        .filter_map(|feature| feature.mercator.extent())
        .map(|extent| grid_position(extent.min).map(|position| position >> (32 - z)))
        .collect();
    let found: Vec<FeatureId> = sorted(tiles.into_iter().flat_map(|tile| index.points_in_tile(z, tile)));
    let expected: Vec<FeatureId> = truth.iter().filter(|(_, (_, form))| matches!(form, Form::Point(_))).map(|(id, _)| *id).collect();
    prop_assert_eq!(found, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn windows_are_those_of_brute_force((index, truth) in history(), a in position(), size in [0i32..60, 0i32..60]) {
        judge_windows(&index, &truth, a, size)?;
    }

    #[test]
    fn nearest_is_that_of_brute_force((index, truth) in history(), p in position(), k in 0usize..12, max in prop_oneof![Just(f64::INFINITY), 0.0..60.0f64]) {
        judge_nearest(&index, &truth, p, k, max)?;
    }

    #[test]
    fn covering_includes_the_boundary_and_nothing_beyond((index, truth) in history(), p in position()) {
        judge_covering(&index, &truth, p)?;
    }

    #[test]
    fn every_feature_is_found_by_id_in_its_last_state((index, truth) in history()) {
        judge_ids(&index, &truth, 150)?;
        for number in 0..=200 {
            let after = id(number);
            let rest: Vec<FeatureId> = index.iter_after(Some(after)).map(|feature| feature.id).collect();
            prop_assert_eq!(&rest, &truth.keys().copied().filter(|known| *known > after).collect::<Vec<_>>());
        }
    }

    #[test]
    fn cells_count_each_small_feature_once_and_large_ones_never((index, truth) in history(), z in 10u8..24, points: bool) {
        judge_cells(&index, &truth, z, points)?;
    }

    #[test]
    fn each_point_is_in_exactly_one_tile((index, truth) in history(), z in 16u8..=24) {
        judge_points_in_tiles(&index, &truth, z)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn thousands_of_changes_answer_as_brute_force_does(
        (index, truth) in long_history(),
        places in prop::collection::vec([-1000i32..1000, -1000i32..1000], 8),
        size in [0i32..400, 0i32..400],
        (k, max) in (1usize..40, prop_oneof![Just(f64::INFINITY), 0.0..100.0f64]),
        z in 12u8..20,
    ) {
        judge_ids(&index, &truth, 6000)?;
        for place in places {
            judge_windows(&index, &truth, place, size)?;
            judge_nearest(&index, &truth, place, k, max)?;
            judge_covering(&index, &truth, place)?;
        }
        judge_cells(&index, &truth, z, true)?;
        judge_points_in_tiles(&index, &truth, z)?;
        let merged = index.merged();
        let anew = LayerIndex::build(Layer::PlaceNames, truth.values().map(|(number, form)| feature(*number, form)).collect());
        prop_assert!(merged.iter().eq(anew.iter()));
        prop_assert_eq!(merged.extent_mercator(), anew.extent_mercator());
        prop_assert_eq!(merged.extent_working(), anew.extent_working());
        judge_cells(&merged, &truth, z, false)?;
    }
}

#[test]
fn a_change_leaves_the_older_picture_as_it_was() {
    let before = LayerIndex::build(Layer::PlaceNames, vec![feature(1, &Form::Point([0, 0])), feature(2, &Form::Point([5, 5]))]);
    let after = before.with_changes(&[id(1)], vec![feature(2, &Form::Point([9, 9]))]);
    assert_eq!(before.len(), 2);
    assert_eq!(before.get(&id(2)).unwrap().working, Shape::Point([5.0, 5.0]));
    assert_eq!(after.len(), 1);
    assert_eq!(after.get(&id(2)).unwrap().working, Shape::Point([9.0, 9.0]));
    assert_eq!(after.get(&id(1)), None);
}

#[test]
fn many_changes_ask_for_a_merge_and_far_more_bring_it_about() {
    let points = |range: std::ops::Range<u16>| range.map(|n| feature(n, &Form::Point([i32::from(n) % 7, 3]))).collect::<Vec<_>>();
    let few = LayerIndex::build(Layer::PlaceNames, points(0..10)).with_changes(&[], points(10..20));
    assert!(!few.needs_merge());
    let many = few.with_changes(&[], points(20..3000));
    assert!(many.needs_merge());
    let merged = many.merged();
    assert!(!merged.needs_merge());
    assert_eq!(merged.iter().collect::<Vec<_>>(), many.iter().collect::<Vec<_>>());
    let all = few.with_changes(&[], points(20..20_000));
    assert!(!all.needs_merge());
    assert_eq!(all.len(), 20_000);
}

#[test]
fn of_features_with_one_id_the_last_is_kept() {
    let index = LayerIndex::build(
        Layer::PlaceNames,
        vec![feature(1, &Form::Point([0, 0])), feature(2, &Form::Nowhere), feature(1, &Form::Point([7, 7]))],
    );
    assert_eq!(index.len(), 2);
    assert_eq!(index.get(&id(1)).unwrap().working, Shape::Point([7.0, 7.0]));
}

#[test]
fn coordinates_that_are_no_numbers_find_nothing_and_break_nothing() {
    let mut broken = feature(1, &Form::Point([0, 0]));
    broken.working = Shape::Point([f64::NAN, 0.0]);
    broken.mercator = Shape::Point([f64::INFINITY, 0.0]);
    let index = LayerIndex::build(Layer::PlaceNames, vec![broken, feature(2, &Form::Point([1, 1]))]);
    assert_eq!(index.len(), 2);
    assert_eq!(index.nearest([0.0, 0.0], 5, f64::INFINITY).len(), 1);
    assert!(index.nearest([f64::NAN, 0.0], 5, f64::INFINITY).is_empty());
    assert!(index.nearest([0.0, 0.0], 5, f64::NAN).is_empty());
    assert!(index.covering([f64::NAN, 0.0]).is_empty());
    assert_eq!(index.window(&Extent { min: [f64::NAN; 2], max: [1.0; 2] }).count(), 0);
    assert_eq!(index.extent_working(), Some(Extent { min: [1.0, 1.0], max: [1.0, 1.0] }));
}

#[test]
fn pictures_pass_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<LayerIndex>();
    shared::<Snapshot>();
}

/// Door plates as they come from the store.
fn plates(count: u32) -> Vec<Feature> {
    // Texts that repeat are held once, as the store hands them out.
    let mut known: HashSet<Arc<str>> = HashSet::new();
    let mut shared = |text: &str| {
        let one = known.get(text).cloned().unwrap_or_else(|| Arc::from(text));
        known.insert(Arc::clone(&one));
        one
    };
    let field = |name: &str| Layer::DoorPlates.field_index(name).unwrap() as u8;
    (0..count)
        .map(|n| {
            let (x, y) = (f64::from(n % 1000) * 12.5, f64::from(n / 1000) * 17.5);
            let (road, number) = (format!("人民路{}段", n / 800), format!("{}号", n % 800 + 1));
            Feature {
                id: FeatureId::derive("door_plates", "test", &n.to_string()),
                region: shared("530102"),
                name: Some(format!("{road}{number}").into()),
                name_en: None,
                tags: [
                    Tag { field: field("number"), value: Value::Text(shared(&number)) },
                    Tag { field: field("road"), value: Value::Text(shared(&road)) },
                ]
                .into(),
                working: Shape::Point([500_000.0 + x, 2_760_000.0 + y]),
                mercator: Shape::Point([11_430_000.0 + x * 1.1, 2_870_000.0 + y * 1.1]),
            }
        })
        .collect()
}

/// Anonymous memory of this process, bytes.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

const ALONE: &str = "YUTU_TEST_MEMORY_ALONE";

/// Memory can only be weighed in a process that does nothing else, so the test starts itself again.
#[test]
fn a_door_plate_takes_under_400_bytes_and_memory_bytes_says_so() {
    if std::env::var_os(ALONE).is_none() {
        let name = "spatial::tests::a_door_plate_takes_under_400_bytes_and_memory_bytes_says_so";
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&run.stderr));
        return;
    }
    const COUNT: u32 = 100_000;
    // Threads and lazy tables first.
    drop(LayerIndex::build(Layer::DoorPlates, plates(5000)));
    let before = resident_bytes();
    let index = LayerIndex::build(Layer::DoorPlates, plates(COUNT));
    let measured = resident_bytes().saturating_sub(before) as f64 / f64::from(COUNT);
    let said = index.memory_bytes() as f64 / f64::from(COUNT);
    assert_eq!(index.len(), COUNT as usize);
    assert!(said < 400.0, "memory_bytes: {said:.0} bytes a plate");
    // Freed scraps between the live blocks are in the measured figure as well.
    assert!((0.85..1.25).contains(&(measured / said)), "measured {measured:.0}, memory_bytes {said:.0} bytes a plate");
    assert!(measured < 400.0, "measured {measured:.0} bytes a plate");
}
