//! `yutu export`

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use chrono::DateTime;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::serve::publicity;
use super::{Database, ExportArgs, store};
use crate::crs::Crs;
use crate::domain::Layer;
use crate::export::{self, About, Bilingual, LayerReport, LayerRequest, Public, Stop, TilesReport, TilesRequest};
use crate::formats::write::FileFormat;
use crate::import::Pack;
use crate::live;
use crate::store::{Moment, Pool, TimePoint};
use crate::telemetry::{self, LogFormat};
use crate::tiles::TileLayer;

/// The word that stands for the whole map where a layer could stand.
const TILES: &str = "tiles";

/// What is asked for, understood before the database is opened.
enum Asked {
    Layer { layer: Layer, format: FileFormat, crs: Option<Crs>, moment: Moment },
    Tiles { layers: Vec<TileLayer>, min_zoom: u8, max_zoom: u8 },
}

pub(super) fn run(args: &ExportArgs) -> Result<ExitCode> {
    telemetry::start_log(LogFormat::Text, telemetry::COMMAND_FILTER);
    if let Some(misplaced) = misplaced(args) {
        writeln!(std::io::stderr(), "yutu: {misplaced}")?;
        return Ok(ExitCode::from(2));
    }
    let asked = understood(args)?;
    let pack = Pack::read(&args.city)?;
    let database = Database::open(&args.database)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let pool = store::connect(&database, &pack.city.time_zone, CONNECTIONS).await?;
        let working = store::working_of(&pool, &pack).await?;
        store::prepare(&pool, &working).await?;
        let stop = Arc::new(Stop::default());
        let stopping = tokio::spawn(ask_when_told(Arc::clone(&stop), signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?));
        let done = match asked {
            Asked::Layer { layer, format, crs, moment } => layer_file(args, &pack, &pool, working, layer, format, crs, moment, stop).await,
            Asked::Tiles { layers, min_zoom, max_zoom } => archive(args, &pack, &pool, working, layers, [min_zoom, max_zoom], stop).await,
        };
        stopping.abort();
        pool.close().await;
        done
    })?;
    Ok(ExitCode::SUCCESS)
}

const CONNECTIONS: u32 = 2;

/// An option that belongs to the other kind of export.
fn misplaced(args: &ExportArgs) -> Option<String> {
    let of_layers = [
        ("--format", args.format.is_some()),
        ("--crs", args.crs.is_some()),
        ("--at", args.at.is_some()),
        ("--recorded-at", args.recorded_at.is_some()),
        ("--public", args.public),
    ];
    let of_tiles =
        [("--layers", !args.layers.is_empty()), ("--min-zoom", args.min_zoom.is_some()), ("--max-zoom", args.max_zoom.is_some())];
    let given = |options: &[(&'static str, bool)]| options.iter().find(|(_, given)| *given).map(|(name, _)| *name);
    if args.what == TILES {
        given(&of_layers).map(|name| {
            format!("瓦片导出没有选项 {name}：瓦片总是当前的公开内容 / tiles have no option {name}: they are what the public sees now")
        })
    } else {
        given(&of_tiles).map(|name| {
            format!("{name} 只用于导出瓦片：yutu export tiles FILE.pmtiles / {name} is for tiles: yutu export tiles FILE.pmtiles")
        })
    }
}

fn understood(args: &ExportArgs) -> Result<Asked> {
    if args.what == TILES {
        return Ok(Asked::Tiles {
            layers: tile_layers(&args.layers)?,
            min_zoom: args.min_zoom.unwrap_or(0),
            max_zoom: args.max_zoom.unwrap_or(export::DEFAULT_MAX_ZOOM),
        });
    }
    let layer: Layer = args.what.parse().map_err(|error| {
        let known = Layer::ALL.map(Layer::id).join(", ");
        anyhow!("没有名为 {0:?} 的图层；可选：{known}，或 {TILES} / {error}, or {TILES}", args.what)
    })?;
    if args.public && layer == Layer::PermitFootprints {
        bail!("许可范围只随案件公开，请导出 permits / the public sees footprints as part of their cases: export permits");
    }
    let format = match &args.format {
        Some(format) => format.parse()?,
        None => FileFormat::of_path(&args.file).ok_or_else(|| {
            let known = FileFormat::ALL.map(|format| format!(".{}", format.id())).join(" ");
            anyhow!("无法由文件名 {0} 得知格式；扩展名应为 {known}，或加 --format / the name {0} does not tell the format; it should end in {known}, or add --format", args.file.display())
        })?,
    };
    let crs = args.crs.as_deref().map(parse_crs).transpose()?;
    let moment = Moment {
        at: args.at.as_deref().map(|text| time_point("--at", text)).transpose()?,
        recorded_at: args.recorded_at.as_deref().map(|text| time_point("--recorded-at", text)).transpose()?,
    };
    Ok(Asked::Layer { layer, format, crs, moment })
}

fn parse_crs(text: &str) -> Result<Crs> {
    let named = |error: crate::crs::CrsError| anyhow!("--crs {text}：{} / {error}", error.zh());
    let crs = Crs::parse(text).map_err(named)?;
    crs.check_parameters().map_err(named)?;
    Ok(crs)
}

fn time_point(option: &str, text: &str) -> Result<TimePoint> {
    let day = || text.parse().map(TimePoint::Day).ok();
    let time = || DateTime::parse_from_rfc3339(text).map(|time| TimePoint::Time(time.to_utc())).ok();
    day().or_else(time).with_context(|| {
        format!("{option} {text}：须为日期或 RFC 3339 时间 / write a day or an RFC 3339 time, such as 2026-11-22 or 2026-11-22T09:00:00Z")
    })
}

fn tile_layers(names: &[String]) -> Result<Vec<TileLayer>> {
    if names.is_empty() {
        return Ok(Layer::public().flat_map(|layer| [TileLayer::Features(layer), TileLayer::Labels(layer)]).collect());
    }
    let mut layers = Vec::new();
    for name in names {
        let layer: TileLayer = name.parse().map_err(|_| {
            let known = Layer::public().map(Layer::id).collect::<Vec<_>>().join(", ");
            anyhow!("没有名为 {name:?} 的瓦片图层；可选：{known}，各可加 _labels / no tile layer is called {name:?}; there are: {known}, each also with _labels")
        })?;
        if !layers.contains(&layer) {
            layers.push(layer);
        }
    }
    Ok(layers)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one command, in one place")]
async fn layer_file(
    args: &ExportArgs,
    pack: &Pack,
    pool: &Pool,
    working: Crs,
    layer: Layer,
    format: FileFormat,
    crs: Option<Crs>,
    moment: Moment,
    stop: Arc<Stop>,
) -> Result<()> {
    let crs = crs.unwrap_or_else(|| if format == FileFormat::GeoJson { Crs::wgs84() } else { working.clone() });
    let credited: &[Layer] = if layer == Layer::Permits { &[Layer::Permits, Layer::PermitFootprints] } else { &[layer] };
    let request = LayerRequest {
        layer,
        file: args.file.clone(),
        format,
        force: args.force,
        working,
        crs,
        moment,
        public: args.public.then(|| public(pack).remove(&layer).unwrap_or_default()),
        about: about(pack, credited),
    };
    let told = teller(args.json);
    let report = export::layer(pool, request, stop, move |done, of| told(layer.id(), done, of)).await?;
    say(args, &report, || layer_text(&report))
}

async fn archive(
    args: &ExportArgs,
    pack: &Pack,
    pool: &Pool,
    working: Crs,
    layers: Vec<TileLayer>,
    [min_zoom, max_zoom]: [u8; 2],
    stop: Arc<Stop>,
) -> Result<()> {
    let read: Vec<Layer> = Layer::public().filter(|layer| layers.iter().any(|of| of.layer() == *layer)).collect();
    let request = TilesRequest {
        file: args.file.clone(),
        force: args.force,
        min_zoom,
        max_zoom,
        public: public(pack).into_iter().collect(),
        about: about(pack, &read),
        layers,
    };
    // Before the city is read: a file that is in the way is known at once.
    drop(export::Destination::new(&args.file, args.force)?);
    let settings = live::Settings { working, publicity: publicity(pack) };
    let snapshot = live::snapshot(pool, settings, &read).await?;
    let told = teller(args.json);
    let report =
        tokio::task::spawn_blocking(move || export::tiles(&snapshot, &request, &stop, |z, done, of| told(&format!("z{z}"), done, of)))
            .await??;
    say(args, &report, || tiles_text(&report))
}

fn say(args: &ExportArgs, report: &impl serde::Serialize, text: impl FnOnce() -> String) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, report)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", text())?;
    }
    Ok(())
}

fn layer_text(report: &LayerReport) -> String {
    let LayerReport { layer, features, unlocated, format, crs, sequence, .. } = report;
    let mut text = format!(
        "{layer}：{features} 个要素，其中 {unlocated} 个无位置；{format}，{crs}，序号 {sequence} / {features} feature(s), {unlocated} of them without a position; {format}, {crs}, sequence {sequence}\n"
    );
    for file in &report.files {
        let count = file.features.map(|count| format!(", {count}")).unwrap_or_default();
        text += &format!("{} ({} bytes{count})\n", file.path.display(), file.bytes);
    }
    for note in &report.notes {
        text += &format!("注意 / note: {note}\n");
    }
    text
}

fn tiles_text(report: &TilesReport) -> String {
    let TilesReport { tiles, sequence, zooms, .. } = report;
    let mut text = String::new();
    for (z, count) in zooms {
        text += &format!("z{z}\t{count}\n");
    }
    text += &format!("{tiles} 个瓦片，序号 {sequence} / {tiles} tile(s), sequence {sequence}\n");
    for file in &report.files {
        text += &format!("{} ({} bytes)\n", file.path.display(), file.bytes);
    }
    text
}

fn public(pack: &Pack) -> BTreeMap<Layer, Public> {
    publicity(pack).into_iter().map(|(layer, public)| (layer, Public { precision_m: public.precision_m, hidden: public.hidden })).collect()
}

/// Each attribution and licence once, in the order of the layers.
fn about(pack: &Pack, layers: &[Layer]) -> About {
    let both = |text: &crate::import::Bilingual| Bilingual { zh: text.zh.clone(), en: text.en.clone() };
    let mut about =
        About { city: both(&pack.city.name), notice: pack.city.notice.as_ref().map(both), attribution: Vec::new(), licence: Vec::new() };
    for settings in layers.iter().filter_map(|layer| pack.city.layers.get(layer)) {
        if let Some(attribution) = settings.attribution.as_ref().map(both).filter(|text| !about.attribution.contains(text)) {
            about.attribution.push(attribution);
        }
        if let Some(licence) = settings.licence.clone().filter(|text| !about.licence.contains(text)) {
            about.licence.push(licence);
        }
    }
    about
}

async fn ask_when_told(stop: Arc<Stop>, mut interrupt: Signal, mut terminate: Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stop.ask();
}

/// Hears what is being written, how much of it is done, and of how much.
type Teller = Box<dyn Fn(&str, u64, u64) + Send>;

/// A bar on a terminal, plain lines otherwise, nothing for machines.
fn teller(json: bool) -> Teller {
    if json {
        return Box::new(|_, _, _| {});
    }
    if std::io::stderr().is_terminal() {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} ({eta})") {
            bar.set_style(style);
        }
        return Box::new(move |what, done, of| {
            bar.set_message(what.to_owned());
            bar.set_length(of);
            bar.set_position(done);
        });
    }
    let told = std::sync::Mutex::new(std::time::Instant::now());
    Box::new(move |what, done, of| {
        let Ok(mut last) = told.lock() else { return };
        if last.elapsed() < LINES_EVERY {
            return;
        }
        *last = std::time::Instant::now();
        // A closed pipe must not stop an export.
        let _ = writeln!(std::io::stderr(), "{what}: {done} / {of}");
    })
}

const LINES_EVERY: std::time::Duration = std::time::Duration::from_secs(2);
