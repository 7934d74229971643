//! The search index over 1.2 million real door plates (Kaohsiung): build, memory, and how long questions take.
//! Reads `YUTU_REAL_DATA` (default ../shared/data); percentiles go to standard error, throughput to criterion.

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use yutu::domain::{Extent, FeatureId, Layer};
use yutu::gazetteer::{Division, Entry, Index, Query};

fn plates() -> Option<Vec<Entry>> {
    let folder = std::env::var_os("YUTU_REAL_DATA").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let file = std::fs::File::open(folder.join("tw-kaohsiung-addresses/address_points.csv.gz")).ok()?;
    let mut all = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut all).ok()?;
    let mut shared: HashMap<String, Arc<str>> = HashMap::new();
    let mut share = |text: String| {
        let text = Some(text).filter(|text| !text.is_empty())?;
        Some(shared.entry(text.clone()).or_insert_with(|| text.into()).clone())
    };
    let mut divisions: HashMap<String, Arc<Division>> = HashMap::new();
    let mut rows = csv::Reader::from_reader(all.as_bytes());
    let entry = |(place, row): (usize, csv::StringRecord)| {
        let mut bytes = [0; 10];
        // spread like real ids, which are hashes
        bytes[..8].copy_from_slice(&(place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        let mut entry = Entry::new(Layer::DoorPlates, FeatureId::from_bytes(bytes));
        entry.address = Some(row[0].into());
        entry.road = share(format!("{}{}", &row[5], &row[6]));
        entry.lane = share(format!("{}{}", &row[7], &row[8]));
        entry.number = share(row[11].to_owned());
        entry.position = Some([row[12].parse().ok()?, row[13].parse().ok()?]);
        let town: String = row[0].chars().skip(3).take(3).collect();
        let new = || Arc::new(Division { code: row[3].into(), name: town.into() });
        entry.division = Some(divisions.entry(row[3].to_owned()).or_insert_with(new).clone());
        Some(entry)
    };
    rows.records().filter_map(Result::ok).enumerate().map(entry).collect()
}

/// Every so-many-th plate, asked for in one way.
fn asked(entries: &[Entry], text: impl Fn(&Entry) -> String) -> Vec<Query> {
    entries.iter().step_by(613).map(|entry| Query { text: text(entry), ..Query::default() }).collect()
}

fn street(entry: &Entry) -> String {
    [&entry.road, &entry.lane, &entry.number].map(|part| part.as_deref().unwrap_or("")).concat()
}

/// A character in the first half that is in no address.
fn with_wrong(text: &str) -> String {
    let place = text.chars().count() / 3;
    text.chars().enumerate().map(|(other, sign)| if other == place { '鱻' } else { sign }).collect()
}

fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

fn percentiles(name: &str, index: &Index, queries: &[Query]) {
    let mut times: Vec<(Duration, usize)> = Vec::with_capacity(queries.len());
    let (mut hits, mut truncated) = (0, 0);
    for (place, query) in queries.iter().enumerate() {
        let start = Instant::now();
        let answer = index.search(query);
        times.push((start.elapsed(), place));
        hits += answer.hits.len();
        truncated += usize::from(answer.truncated);
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].0;
    let (worst, place) = times[times.len() - 1];
    let worst_text = &queries[place].text;
    eprintln!(
        "{name:<34} {:>5} queries  p50 {:>9.1?}  p99 {:>9.1?}  max {worst:>9.1?} ({worst_text})  {hits} hits, {truncated} truncated",
        queries.len(),
        at(0.5),
        at(0.99)
    );
}

fn gazetteer(criterion: &mut Criterion) {
    let Some(entries) = plates() else {
        eprintln!("NOT RUN: no tw-kaohsiung-addresses; set YUTU_REAL_DATA to the folder with the shared data");
        return;
    };
    let copy = entries.clone();
    let start = Instant::now();
    let index = Index::build(copy);
    let took = start.elapsed();
    let bytes = index.memory_bytes();
    eprintln!("{} plates built in {took:.2?}; {} MB, {} bytes a plate", index.len(), bytes >> 20, bytes / index.len());

    let searches: Vec<(&str, Vec<Query>)> = vec![
        ("full address", asked(&entries, |entry| entry.address.as_deref().unwrap_or("").to_owned())),
        ("road and number", asked(&entries, street)),
        ("town, road and number", asked(&entries, |entry| first(entry.address.as_deref().unwrap_or(""), 6) + &street(entry))),
        ("inside: end of road and number", asked(&entries, |entry| street(entry).chars().skip(1).collect())),
        ("nothing there", asked(&entries, |entry| street(entry) + "x")),
        ("full address, a character wrong", asked(&entries, |entry| with_wrong(entry.address.as_deref().unwrap_or("")))),
        ("road and number, a character wrong", asked(&entries, |entry| with_wrong(&street(entry)))),
        (
            "other order: number, road, town",
            asked(&entries, |entry| {
                let town = first(entry.address.as_deref().unwrap_or(""), 6).chars().skip(3).collect::<String>();
                [entry.number.as_deref().unwrap_or(""), entry.road.as_deref().unwrap_or(""), &town].concat()
            }),
        ),
        (
            "town, road, number and a floor",
            asked(&entries, |entry| first(entry.address.as_deref().unwrap_or(""), 6) + &street(entry) + "99樓"),
        ),
        ("road and number, none such", asked(&entries, |entry| street(entry).replace('號', "9999號"))),
    ];
    let mut common: Vec<Query> = ["路", "1", "號", "1號", "高", "高雄市", "之", "樓", "路1號", "巷", "里", "12號", "一", "a", "3樓之1"]
        .map(|text| Query { text: text.to_owned(), ..Query::default() })
        .to_vec();
    let near: Vec<Query> = common.iter().map(|query| Query { bias: Some([120.3, 22.63]), ..query.clone() }).collect();
    let boxed = Some(Extent::new([120.30, 22.62], [120.31, 22.63]));
    let in_view: Vec<Query> = common.iter().map(|query| Query { bbox: boxed, ..query.clone() }).collect();
    let nowhere = Some(Extent::new([0.0, 0.0], [1.0, 1.0]));
    let empty_view: Vec<Query> = common.iter().map(|query| Query { bbox: nowhere, ..query.clone() }).collect();
    for (name, queries) in &searches {
        percentiles(name, &index, queries);
    }
    let reasons: Vec<Query> = searches[2].1.iter().map(|query| Query { reasons: true, ..query.clone() }).collect();
    percentiles("town, road and number, with reasons", &index, &reasons);
    percentiles("common pieces", &index, &common);
    percentiles("common pieces, near a place", &index, &near);
    percentiles("common pieces, in a view", &index, &in_view);
    percentiles("common pieces, in an empty view", &index, &empty_view);
    for length in [1, 2, 3, 4, 6, 8, 12] {
        let mut queries = asked(&entries, |entry| first(&street(entry), length));
        queries.extend(asked(&entries, |entry| first(entry.address.as_deref().unwrap_or(""), length)));
        queries.iter_mut().for_each(|query| query.unfinished = true);
        percentiles(&format!("suggest, {length} typed"), &index, &queries);
    }

    common.truncate(4);
    let mut group = criterion.benchmark_group("gazetteer, 1.2 million plates");
    for (name, queries) in &searches {
        let mut next = queries.iter().cycle();
        group.bench_function(*name, |bencher| bencher.iter(|| next.next().map(|query| index.search(query))));
    }
    let mut next = entries.iter().cycle();
    group.bench_function("one change", |bencher| {
        bencher.iter(|| index.with_changes(&[], next.next().cloned().into_iter().collect()));
    });
    let mut changed = index.clone();
    for entry in entries.iter().step_by(120) {
        changed = changed.with_changes(&[], vec![entry.clone()]);
    }
    percentiles("full address over 10,000 changes", &changed, &searches[0].1);
    group.bench_function("one change over 10,000 others", |bencher| {
        bencher.iter(|| changed.with_changes(&[], next.next().cloned().into_iter().collect()));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(300));
    targets = gazetteer
}
criterion_main!(benches);
