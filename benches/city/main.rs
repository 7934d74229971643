//! The figures an operator asks for, on real cities: import rate, time until ready, memory, questions, tiles against `ST_AsMVT`.
//!
//! One run, one machine, one database: what is compared is measured minutes apart under the same load, so that the ratios mean
//! something even where the seconds do not. Prints Markdown. Reads `YUTU_REAL_DATA` (default ../shared/data); without it the
//! made-up city stands in, and the first line says so. `YUTU_BENCH_CITIES` (names joined by commas) chooses some of the cities;
//! `YUTU_BENCH_PARTS` some of start, questions, tiles, http, serving, burst.

mod burst;
mod postgis;
mod program;
mod questions;
mod serving;
mod tiles;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use yutu::cluster::{self, Durability, Options};
use yutu::domain::Layer;
use yutu::import::{self, Pack};
use yutu::live::{self, Live, Settings};
use yutu::{app, store};

/// A city, and what of it is read from where.
struct City {
    name: &'static str,
    pack: &'static str,
    source: &'static str,
    profile: Option<&'static str>,
}

const CITIES: [City; 4] = [
    City { name: "kaohsiung", pack: "yilan", source: "tw-kaohsiung-addresses", profile: Some("kaohsiung") },
    City { name: "yilan", pack: "yilan", source: "tw-yilan", profile: None },
    City { name: "cambridge-ma", pack: "cambridge-ma", source: "cambridge-ma", profile: None },
    City { name: "liechtenstein", pack: "osm", source: "osm-liechtenstein/liechtenstein-2022-12-15.osm.pbf", profile: None },
];
const DEMO: City = City { name: "demo", pack: "demo", source: "", profile: None };
/// How many districts the made-up city has, unless `YUTU_BENCH_DEMO_SCALE` says otherwise; 920 have ten million plates.
const DEMO_SCALE: &str = "4";

/// Where the lines go as they are found, so that a run that is broken off has told something.
struct Report(std::io::Stdout);

impl Report {
    fn line(&mut self, text: impl AsRef<str>) {
        // A closed pipe must not look like a failed benchmark.
        let _ = writeln!(self.0, "{}", text.as_ref());
        let _ = self.0.flush();
    }
}

fn main() -> Result<()> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("YUTU_REAL_DATA").map_or_else(|| project.join("../shared/data"), PathBuf::from);
    let mut report = Report(std::io::stdout());
    let chosen = std::env::var("YUTU_BENCH_CITIES").unwrap_or_default();
    let chosen: Vec<&str> = chosen.split(',').filter(|name| !name.is_empty()).collect();
    let there: Vec<&City> = CITIES.iter().filter(|city| data.join(city.source).exists()).collect();
    let wanted: Vec<&City> = there.iter().copied().filter(|city| chosen.is_empty() || chosen.contains(&city.name)).collect();
    report.line(format!("load before: {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()));
    if there.is_empty() || chosen.contains(&DEMO.name) {
        report.line(format!("NO REAL DATA at {}: the made-up city stands in", data.display()));
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let source = folder.path().join("source");
        program::demo(&source, &std::env::var("YUTU_BENCH_DEMO_SCALE").unwrap_or_else(|_| DEMO_SCALE.into()))?;
        measure(project, &DEMO, &source, &mut report)?;
    }
    for city in wanted {
        measure(project, city, &data.join(city.source), &mut report).with_context(|| city.name)?;
    }
    report.line(format!("load after: {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()));
    Ok(())
}

fn measure(project: &Path, city: &City, source: &Path, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let data_dir = folder.path().join("var");
    std::fs::create_dir(&data_dir)?;
    let pack = project.join("data/cities").join(city.pack);
    let options = Options { data_dir: data_dir.clone(), keeper: program::yutu(), durability: Durability::Durable };
    // Held to the end: the database is made once and is warm for every start.
    let lease = cluster::acquire_with(&options)?;

    report.line(format!("\n## {}\n\n| measure | figure |\n|---|---|", city.name));
    let import = program::import(source, &pack, city.profile, &data_dir)?;
    report.line(format!(
        "| import: rows read | {} in {:.1} s: **{:.0} features/s** (CPU of yutu {:.1} s) |",
        import.rows,
        import.seconds,
        import.rows as f64 / import.seconds,
        import.cpu_seconds
    ));
    let parts = std::env::var("YUTU_BENCH_PARTS").unwrap_or_default();
    let wanted = |part: &str| parts.is_empty() || parts.split(',').any(|one| one == part);
    for name in ["first start after the import", "start again"].into_iter().filter(|_| wanted("start")) {
        let server = program::Server::start(&pack, &data_dir)?;
        let metrics = server.metrics()?;
        let plates = metrics.get("yutu_features{layer=\"door_plates\"}").copied().unwrap_or_default();
        let all: f64 = metrics.iter().filter(|(name, _)| name.starts_with("yutu_features{")).map(|(_, count)| count).sum();
        report.line(format!(
            "| {name}: until /readyz answers 200 | **{:.1} s** for {all} features (CPU {:.1} s) |",
            server.ready_s,
            server.cpu_s()
        ));
        let bytes = |kind| metrics.get(format!("yutu_snapshot_bytes{{kind=\"{kind}\"}}").as_str()).copied().unwrap_or_default();
        report.line(format!(
            "| memory per feature ({:.0} % plates) | **{:.0} bytes** spatial, {:.0} bytes search |",
            plates / all * 100.0,
            bytes("spatial") / all,
            bytes("gazetteer") / all
        ));
    }

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let pack_read = Pack::read(&pack)?;
        let pool = store::connect(lease.connect_options(), &pack_read.city.time_zone, 8).await?;
        let working = import::working_crs(&pack_read, source)?;
        let live = Arc::new(Live::new());
        app::warm_up(&working);
        let settings = Settings { working, publicity: Default::default() };
        let following = tokio::spawn(live::follow(Arc::clone(&live), pool.clone(), settings));
        live.built().await;
        following.abort();
        let state = live.state();
        let layers: Vec<Layer> = Layer::ALL
            .into_iter()
            .filter(|layer| !postgis::ASSEMBLED.contains(layer) && !state.snapshot.layer(*layer).is_empty())
            .collect();
        postgis::copy_in_mercator(&pool, &layers).await?;
        if wanted("questions") {
            questions::compare(&pool, &state.snapshot, report).await?;
        }
        if wanted("tiles") {
            tiles::compare(&pool, &state.snapshot, &layers, report).await?;
        }
        if wanted("http") {
            let server = program::Server::start(&pack, &data_dir)?;
            tiles::over_http(&server, &state.snapshot, &layers, report).await?;
        }
        if wanted("serving") {
            let socket = lease.socket_folder();
            let (pool, snapshot, layers, pack, data_dir, room) = (&pool, &state.snapshot, &layers[..], &*pack, &*data_dir, folder.path());
            serving::compare(&serving::Stage { pool, snapshot, layers, pack, data_dir, socket: &socket, room }, report).await?;
        }
        if wanted("burst") {
            let server = program::Server::start(&pack, &data_dir)?;
            burst::compare(&server, &pool, &state.snapshot, &layers, report).await?;
        }
        Ok(())
    })
}
