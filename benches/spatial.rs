//! The spatial core at the size of a city: build, window, nearest, covering, change, merge; memory of a door plate.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use geo_types::{Geometry, LineString, MultiPolygon, Polygon};
use rand::{Rng, SeedableRng, rngs::StdRng};
use yutu::domain::{Extent, FeatureId, Layer, Value};
use yutu::spatial::{Feature, LayerIndex, Shape, SharedTexts, Tag};

const PLATES: u32 = 1_200_000;
const PARCELS: u32 = 200_000;
/// The city is a square of this side, metres.
const SIDE_M: f64 = 40_000.0;
const WORKING: [f64; 2] = [500_000.0, 2_760_000.0];
const MERCATOR: [f64; 2] = [11_430_000.0, 2_870_000.0];
/// Stretch of web mercator at 25 degrees north.
const STRETCH: f64 = 1.103;

fn mercator([x, y]: [f64; 2]) -> [f64; 2] {
    [MERCATOR[0] + (x - WORKING[0]) * STRETCH, MERCATOR[1] + (y - WORKING[1]) * STRETCH]
}

fn plates(count: u32, seed: u64) -> Vec<Feature> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut texts = SharedTexts::default();
    let field = |name: &str| Layer::DoorPlates.field_index(name).map_or(0, |index| index as u8);
    (0..count)
        .map(|n| {
            let at = [WORKING[0] + random.random_range(0.0..SIDE_M), WORKING[1] + random.random_range(0.0..SIDE_M)];
            let (road, number) = (format!("人民路{}段", n / 300), format!("{}号", n % 300 + 1));
            Feature {
                id: FeatureId::derive("door_plates", "bench", &n.to_string()),
                region: texts.get("530102"),
                name: Some(format!("{road}{number}").into()),
                name_en: None,
                tags: [(field("number"), &number), (field("road"), &road)]
                    .map(|(field, text)| Tag { field, value: Value::Text(texts.get(text)) })
                    .into(),
                working: Shape::Point(at),
                mercator: Shape::Point(mercator(at)),
            }
        })
        .collect()
}

fn parcels(count: u32) -> Vec<Feature> {
    let columns = f64::from(count).sqrt() as u32;
    let cell = SIDE_M / f64::from(columns);
    let region: Arc<str> = "530102".into();
    (0..count)
        .map(|n| {
            let (x, y) = (WORKING[0] + f64::from(n % columns) * cell, WORKING[1] + f64::from(n / columns) * cell);
            let ring: Vec<[f64; 2]> = [[0.0, 0.0], [0.5, 0.03], [1.0, 0.0], [1.0, 0.6], [1.0, 1.0], [0.4, 0.97], [0.0, 1.0]]
                .iter()
                .map(|p| [x + p[0] * cell, y + p[1] * cell])
                .collect();
            let shape = |ring: Vec<[f64; 2]>| {
                let line: LineString<f64> = ring.into_iter().map(|p| (p[0], p[1])).collect();
                Shape::from_geometry(Geometry::MultiPolygon(MultiPolygon(vec![Polygon::new(line, vec![])])))
            };
            Feature {
                id: FeatureId::derive("parcels", "bench", &n.to_string()),
                region: Arc::clone(&region),
                name: None,
                name_en: None,
                tags: [Tag { field: 1, value: Value::from("0701") }].into(),
                working: shape(ring.clone()),
                mercator: shape(ring.into_iter().map(mercator).collect()),
            }
        })
        .collect()
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}

#[allow(clippy::print_stdout, reason = "a figure for the report")]
fn spatial(c: &mut Criterion) {
    let before = resident_bytes();
    let index = LayerIndex::build(Layer::DoorPlates, plates(PLATES, 1));
    let bytes = resident_bytes().saturating_sub(before);
    println!("memory: {} bytes a plate resident, {} by memory_bytes", bytes / PLATES as usize, index.memory_bytes() / PLATES as usize);
    let zones = LayerIndex::build(Layer::Parcels, parcels(PARCELS));
    let mut random = StdRng::seed_from_u64(7);
    let mut place = || [WORKING[0] + random.random_range(0.0..SIDE_M), WORKING[1] + random.random_range(0.0..SIDE_M)];
    let places: Vec<[f64; 2]> = (0..10_000).map(|_| place()).collect();
    let mut at = 0;
    let mut next = move || {
        at = (at + 1) % places.len();
        places[at]
    };

    let mut group = c.benchmark_group("spatial");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.throughput(Throughput::Elements(u64::from(PLATES)));
    group.bench_function("build 1.2 M plates", |b| {
        b.iter_batched(|| plates(PLATES, 1), |features| LayerIndex::build(Layer::DoorPlates, features), criterion::BatchSize::PerIteration)
    });
    group.bench_function("merge 1.2 M plates", |b| b.iter(|| index.merged()));
    group.finish();

    let mut group = c.benchmark_group("spatial");
    // About 72 plates in view.
    let half = (SIDE_M * SIDE_M / f64::from(PLATES) * 72.0).sqrt() / 2.0;
    group.bench_function("window of 72 plates", |b| {
        b.iter(|| {
            let [x, y] = next();
            black_box(index.window(&Extent { min: [x - half, y - half], max: [x + half, y + half] }).count())
        })
    });
    group.bench_function("10 nearest plates", |b| b.iter(|| black_box(index.nearest(next(), 10, f64::INFINITY).len())));
    group.bench_function("parcels covering a point", |b| b.iter(|| black_box(zones.covering(next()).len())));
    group.bench_function("10 nearest parcels", |b| b.iter(|| black_box(zones.nearest(next(), 10, f64::INFINITY).len())));
    let changed = index.with_changes(&[], plates(1000, 2));
    group.bench_function("one change on top of 1000", |b| {
        b.iter_batched(|| plates(1, 3), |one| changed.with_changes(&[], one), criterion::BatchSize::SmallInput)
    });
    group.bench_function("window of 72 plates, 1000 of them changed", |b| {
        b.iter(|| {
            let [x, y] = next();
            black_box(changed.window(&Extent { min: [x - half, y - half], max: [x + half, y + half] }).count())
        })
    });
    group.finish();
}

criterion_group!(benches, spatial);
criterion_main!(benches);
