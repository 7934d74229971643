//! The spatial core at the size of a province: memory, windows, nearest, single changes on top of many others, merges; and the
//! same questions to an R-tree with a leaf for each point (rstar) and to a packed Hilbert R-tree (geo-index).
//!
//! `YUTU_BENCH_PLATES=10000000 cargo bench --bench spatial`; the plates are those of `yutu demo`, as many districts as it takes.

#![allow(clippy::print_stdout, reason = "a report")]

use std::collections::HashSet;
use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use geo_index::IndexableNum;
use geo_index::rtree::sort::HilbertSort;
use geo_index::rtree::{RTreeBuilder, RTreeIndex};
use geo_types::{Geometry, LineString, MultiPolygon, Polygon};
use rand::{Rng, SeedableRng, rngs::StdRng};
use rstar::primitives::GeomWithData;
use yutu::crs::{self, Crs};
use yutu::demo;
use yutu::domain::{Extent, FeatureId, Layer, Value};
use yutu::spatial::{Feature, LayerIndex, Shape, Tag};

const QUESTIONS: usize = 50_000;
const CHANGES: usize = 10_000;
/// Plates in a window, on average.
const HITS: f64 = 72.0;
const PARCELS: u32 = 200_000;
/// Side of the square of parcels, metres.
const SIDE_M: f64 = 40_000.0;

type AnyError = Box<dyn std::error::Error>;

fn main() -> Result<(), AnyError> {
    if std::env::args().any(|argument| argument == "--list") {
        return Ok(());
    }
    let wanted: usize = std::env::var("YUTU_BENCH_PLATES").map_or(Ok(1_000_000), |count| count.parse())?;
    println!("## Spatial core, {wanted} plates of the demo city\n\n{}\n", load());
    let before = resident_bytes();
    let started = Instant::now();
    let features = plates(wanted)?;
    let count = features.len();
    println!("made in {:.0} s\n", started.elapsed().as_secs_f64());
    let points: Vec<[f64; 2]> = features.iter().filter_map(position).collect();
    let own = size_of_val(&*points);
    let started = Instant::now();
    let index = LayerIndex::build(Layer::DoorPlates, features);
    let built = started.elapsed();
    let grown = resident_bytes().saturating_sub(before + own);
    println!("| memory and building | |\n|---|---|");
    println!("| features | {count} |");
    println!("| resident memory, bytes a plate | {} |", grown / count);
    println!("| said by `memory_bytes`, bytes a plate | {} |", index.memory_bytes() / count);
    println!("| resident memory, GB | {:.2} |", grown as f64 / 1e9);
    println!("| most while building, GB (the features as read, and the index) | {:.2} |", peak_bytes() as f64 / 1e9);
    println!("| build, s | {:.1} |", built.as_secs_f64());

    let asked = Asked::about(&index, &points);
    println!("\nWindows of {:.0} m with {HITS} plates on average, 10 nearest; {QUESTIONS} of each, one thread.\n", 2.0 * asked.half_m);
    println!(
        "| | bytes a plate | windows a CPU second | p50 µs | p99 µs | nearest a CPU second | p50 µs | p99 µs |\n|---|---|---|---|---|---|---|---|"
    );
    let hits = asked.of_picture("this core", "features and all", &index);
    with_leaves(&asked, &points, hits);
    packed::<f64>("geo-index, packed Hilbert, f64", &asked, &points, |metres| metres);
    packed::<f32>("geo-index, packed Hilbert, f32", &asked, &points, |metres| metres as f32);
    let changed = changes(&index);
    println!(
        "\n| | bytes a plate | windows a CPU second | p50 µs | p99 µs | nearest a CPU second | p50 µs | p99 µs |\n|---|---|---|---|---|---|---|---|"
    );
    asked.of_picture("nothing changed", "", &index);
    asked.of_picture(&format!("{CHANGES} changes on top"), "", &changed);
    merges(&asked, index, changed);
    polygons();
    println!("\n{}", load());
    Ok(())
}

/// The plates of the demo city, mercator copies included.
fn plates(wanted: usize) -> Result<Vec<Feature>, AnyError> {
    let mut plates = Plates { wanted, features: Vec::with_capacity(wanted), known: HashSet::new() };
    let made = demo::generate(demo::DEFAULT_SEED, demo::MAX_DISTRICTS, &mut plates);
    if let Err(error) = made
        && plates.features.len() < wanted
    {
        return Err(error.into());
    }
    let (working, mercator) = (Crs::parse("EPSG:4549")?, Crs::mercator());
    for features in plates.features.chunks_mut(1 << 16) {
        let mut points: Vec<[f64; 2]> = features.iter().filter_map(position).collect();
        crs::transform_points(&mut points, &working, &mercator)?;
        let placed = features.iter_mut().filter(|feature| position(feature).is_some());
        for (feature, point) in placed.zip(points) {
            feature.mercator = Shape::Point(point);
        }
    }
    Ok(plates.features)
}

struct Plates {
    wanted: usize,
    features: Vec<Feature>,
    known: HashSet<Arc<str>>,
}

impl Plates {
    /// Texts that repeat are held once, as the store hands them out.
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.known.insert(Arc::clone(&new));
        new
    }
}

impl demo::Sink for Plates {
    fn feature(&mut self, layer: Layer, feature: demo::Feature) -> io::Result<()> {
        if layer != Layer::DoorPlates {
            return Ok(());
        }
        if self.features.len() == self.wanted {
            return Err(io::Error::other("enough"));
        }
        let mut tags = Vec::new();
        for (field, number) in layer.fields().iter().zip(0u8..) {
            if let (true, Some(text)) = (field.in_tiles, feature.properties.get(field.name).and_then(|value| value.as_str())) {
                tags.push(Tag { field: number, value: Value::Text(self.text(text)) });
            }
        }
        let region = feature.properties.get("region").and_then(|value| value.as_str()).unwrap_or_default();
        let region = self.text(region);
        self.features.push(Feature {
            id: FeatureId::derive("door_plates", "demo", &feature.id),
            region,
            name: None,
            name_en: None,
            tags: tags.into(),
            working: feature.shape.to_geo().map_or(Shape::None, Shape::from_geometry),
            mercator: Shape::None,
        });
        Ok(())
    }
}

fn position(feature: &Feature) -> Option<[f64; 2]> {
    if let Shape::Point(point) = feature.working { Some(point) } else { None }
}

/// Where is asked, and how wide.
struct Asked {
    places: Vec<[f64; 2]>,
    half_m: f64,
}

impl Asked {
    /// Near plates, as people ask.
    fn about(index: &LayerIndex, points: &[[f64; 2]]) -> Self {
        let mut random = StdRng::seed_from_u64(7);
        let mut place = || {
            let [x, y] = points[random.random_range(0..points.len())];
            [x + random.random_range(-200.0..200.0), y + random.random_range(-200.0..200.0)]
        };
        let mut asked = Self { places: (0..QUESTIONS).map(|_| place()).collect(), half_m: 0.0 };
        let (mut low, mut high) = (1.0, 2000.0);
        while high - low > 0.5 {
            asked.half_m = f64::midpoint(low, high);
            let found: usize = asked.places[..2000].iter().map(|place| index.window(&asked.window(*place)).count()).sum();
            if found as f64 / 2000.0 < HITS { low = asked.half_m } else { high = asked.half_m }
        }
        asked
    }

    fn window(&self, [x, y]: [f64; 2]) -> Extent {
        Extent { min: [x - self.half_m, y - self.half_m], max: [x + self.half_m, y + self.half_m] }
    }

    fn of_picture(&self, name: &str, bytes: &str, index: &LayerIndex) -> usize {
        let mut hits = 0;
        let windows = timed(&self.places, |place| hits += index.window(&self.window(place)).count());
        let nearest = timed(&self.places, |place| black_box(index.nearest(place, 10, f64::INFINITY).len()));
        row(name, bytes, windows, nearest);
        hits
    }
}

/// A leaf for each point.
fn with_leaves(asked: &Asked, points: &[[f64; 2]], expected: usize) {
    let before = resident_bytes();
    let started = Instant::now();
    let leaves: Vec<GeomWithData<[f64; 2], u32>> = points.iter().zip(0..).map(|(point, at)| GeomWithData::new(*point, at)).collect();
    let tree = rstar::RTree::bulk_load(leaves);
    let built = started.elapsed();
    let grown = resident_bytes().saturating_sub(before);
    let mut hits = 0;
    let windows = timed(&asked.places, |place| {
        let window = asked.window(place);
        hits += tree.locate_in_envelope_intersecting(rstar::AABB::from_corners(window.min, window.max)).count();
    });
    let nearest = timed(&asked.places, |place| black_box(tree.nearest_neighbor_iter(place).take(10).count()));
    row(
        &format!("rstar 0.14, a leaf a point (built in {:.1} s)", built.as_secs_f64()),
        &(grown / points.len()).to_string(),
        windows,
        nearest,
    );
    assert_eq!(hits, expected, "the trees do not agree");
}

/// Coordinates from the middle of the plates, so that an f32 keeps centimetres.
fn packed<N: IndexableNum>(name: &str, asked: &Asked, points: &[[f64; 2]], number: impl Fn(f64) -> N) {
    let middle = points[points.len() / 2];
    let started = Instant::now();
    let mut builder = RTreeBuilder::<N>::new(points.len() as u32);
    for [x, y] in points {
        let (x, y) = (number(x - middle[0]), number(y - middle[1]));
        builder.add(x, y, x, y);
    }
    let tree = builder.finish::<HilbertSort>();
    let built = started.elapsed();
    let windows = timed(&asked.places, |[x, y]| {
        let (x, y) = (x - middle[0], y - middle[1]);
        let found = tree.search(number(x - asked.half_m), number(y - asked.half_m), number(x + asked.half_m), number(y + asked.half_m));
        black_box(found.len())
    });
    let nearest =
        timed(&asked.places, |[x, y]| black_box(tree.neighbors(number(x - middle[0]), number(y - middle[1]), Some(10), None).len()));
    row(
        &format!("{name} (built in {:.1} s)", built.as_secs_f64()),
        &(tree.into_inner().len() / points.len()).to_string(),
        windows,
        nearest,
    );
}

/// Single changes, and many at once; answers the picture with all the single ones on top.
fn changes(index: &LayerIndex) -> LayerIndex {
    let mut random = StdRng::seed_from_u64(11);
    let ids: Vec<FeatureId> = index.iter().step_by((index.len() / (2 * CHANGES)).max(1)).map(|feature| feature.id).collect();
    let mut plate = || index.get(&ids[random.random_range(0..ids.len())]);
    // To where another stands.
    let mut moved = || {
        let (mut plate, other) = (plate()?.clone(), plate()?);
        (plate.working, plate.mercator) = (other.working.clone(), other.mercator.clone());
        Some(plate)
    };
    let rows: Vec<Feature> = std::iter::from_fn(|| Some(moved())).flatten().take(CHANGES).collect();
    let one_by_one = |on: &LayerIndex, keep: bool| {
        let mut now = on.clone();
        let spent = timed(&rows, |row| {
            let next = now.with_changes(&[], vec![row]);
            if keep {
                now = next;
            }
        });
        (now, spent)
    };
    println!("\n| changing one row | p50 µs | p99 µs | most µs |\n|---|---|---|---|");
    let line = |name: &str, spent: &Spent| {
        let spent = &spent.each;
        println!("| {name} | {:.1} | {:.1} | {:.0} |", at(spent, 0.5), at(spent, 0.99), at(spent, 1.0));
    };
    line("on nothing changed", &one_by_one(index, false).1);
    let (changed, spent) = one_by_one(index, true);
    line(&format!("{CHANGES} one after the other"), &spent);
    line(&format!("on {CHANGES} changes"), &one_by_one(&changed, false).1);
    let all = timed(&[rows], |rows| black_box(index.with_changes(&[], rows).len()));
    println!("\n{CHANGES} rows in one change: {:.0} ms on a processor.", all.cpu.as_secs_f64() * 1e3);
    changed
}

/// A merge on one thread beside a reader, and what the reader pays for the old picture.
fn merges(asked: &Asked, index: LayerIndex, changed: LayerIndex) {
    let merge = std::thread::spawn(move || {
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
        one.install(|| {
            let (before, started) = (cpu_time(), Instant::now());
            let merged = changed.merged();
            Ok::<_, rayon::ThreadPoolBuildError>((merged, started.elapsed(), cpu_time().saturating_sub(before)))
        })
    });
    let (mut spent, mut cpu) = (Vec::new(), Duration::ZERO);
    while !merge.is_finished() {
        let some = timed(&asked.places[..1000], |place| black_box(index.window(&asked.window(place)).count()));
        spent.extend(some.each);
        cpu += some.cpu;
    }
    spent.sort_unstable();
    if let Ok(Ok((merged, took, own))) = merge.join() {
        println!(
            "\nA merge of {} features with {CHANGES} changes on one thread: {:.2} s, of which {:.2} s on a processor; beside it {:.0} windows a CPU second, p50 {:.1} µs, p99 {:.1} µs.",
            merged.len(),
            took.as_secs_f64(),
            own.as_secs_f64(),
            spent.len() as f64 / cpu.as_secs_f64(),
            at(&spent, 0.5),
            at(&spent, 0.99),
        );
    }
    let started = Instant::now();
    drop(index);
    println!("Letting go of the old picture takes its last reader {:.2} ms.", started.elapsed().as_secs_f64() * 1e3);
}

fn polygons() {
    let zones = LayerIndex::build(Layer::Parcels, parcels());
    let mut random = StdRng::seed_from_u64(7);
    let places: Vec<[f64; 2]> = (0..QUESTIONS).map(|_| [random.random_range(0.0..SIDE_M), random.random_range(0.0..SIDE_M)]).collect();
    let covering = timed(&places, |place| black_box(zones.covering(place).len()));
    let nearest = timed(&places, |place| black_box(zones.nearest(place, 10, f64::INFINITY).len()));
    println!("\n{PARCELS} parcels: {:.0} covering a point/s, {:.0} 10-nearest/s.", rate(&covering), rate(&nearest));
}

fn parcels() -> Vec<Feature> {
    let columns = f64::from(PARCELS).sqrt() as u32;
    let cell = SIDE_M / f64::from(columns);
    let region: Arc<str> = "530102".into();
    let parcel = |n: u32| {
        let (x, y) = (f64::from(n % columns) * cell, f64::from(n / columns) * cell);
        let corners = [[0.0, 0.0], [0.5, 0.03], [1.0, 0.0], [1.0, 0.6], [1.0, 1.0], [0.4, 0.97], [0.0, 1.0]];
        let line: LineString<f64> = corners.iter().map(|p| (x + p[0] * cell, y + p[1] * cell)).collect();
        let shape = Shape::from_geometry(Geometry::MultiPolygon(MultiPolygon(vec![Polygon::new(line, vec![])])));
        Feature {
            id: FeatureId::derive("parcels", "bench", &n.to_string()),
            region: Arc::clone(&region),
            name: None,
            name_en: None,
            tags: [Tag { field: 1, value: Value::from("0701") }].into(),
            working: shape.clone(),
            mercator: shape,
        }
    };
    (0..PARCELS).map(parcel).collect()
}

/// How long each took.
struct Spent {
    /// Ascending.
    each: Vec<Duration>,
    /// This thread's own time on a processor for all of them, which others on the machine take nothing from.
    cpu: Duration,
}

fn timed<T: Clone, R>(over: &[T], mut ask: impl FnMut(T) -> R) -> Spent {
    let before = cpu_time();
    let mut each: Vec<Duration> = over
        .iter()
        .cloned()
        .map(|one| {
            let started = Instant::now();
            black_box(ask(one));
            started.elapsed()
        })
        .collect();
    let cpu = cpu_time().saturating_sub(before);
    each.sort_unstable();
    Spent { each, cpu }
}

fn cpu_time() -> Duration {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(schedule.split_whitespace().next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0))
}

fn row(name: &str, bytes: &str, windows: Spent, nearest: Spent) {
    let figures = |spent: &Spent| format!("{:.0} | {:.1} | {:.1}", rate(spent), at(&spent.each, 0.5), at(&spent.each, 0.99));
    println!("| {name} | {bytes} | {} | {} |", figures(&windows), figures(&nearest));
}

fn rate(spent: &Spent) -> f64 {
    spent.each.len() as f64 / spent.cpu.as_secs_f64()
}

/// A quantile of what is in ascending order, microseconds.
fn at(spent: &[Duration], quantile: f64) -> f64 {
    let place = ((spent.len() as f64 * quantile) as usize).min(spent.len().saturating_sub(1));
    spent.get(place).map_or(f64::NAN, |spent| spent.as_secs_f64() * 1e6)
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("load {}", load.split_whitespace().next().unwrap_or("unknown"))
}

fn resident_bytes() -> usize {
    status_bytes("RssAnon:")
}

fn peak_bytes() -> usize {
    status_bytes("VmHWM:")
}

fn status_bytes(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix(field)).and_then(|rest| rest.split_whitespace().next()?.parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}
