//! `yutu import`

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Database, ImportArgs, store};
use crate::crs::Crs;
use crate::import::{self, ImportRequest, Pack, Progress, WorkingCrs};
use crate::telemetry::{self, LogFormat};

/// How many defects of each kind are shown; `--report` has them all.
const EXAMPLES: usize = 5;

pub(super) fn run(args: &ImportArgs) -> Result<ExitCode> {
    telemetry::start_log(LogFormat::Text, telemetry::COMMAND_FILTER);
    let pack = Pack::read(&args.city)?;
    let working = working(args, &pack)?;
    let database = Database::open(&args.database)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        let pool = store::open(&database, &pack.city.time_zone, &working).await?;
        let request = ImportRequest {
            source: args.source.clone(),
            pack: Arc::new(pack),
            profiles: args.profile.clone(),
            dry_run: args.dry_run,
            report: args.report.clone(),
            valid_from: args.valid_from,
            allow_ends: args.allow_ends,
            force: args.force,
            working,
        };
        let report = import::run(&pool, request, listener(args.json)).await;
        pool.close().await;
        report
    })?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report.json())?;
        writeln!(out)?;
    } else {
        write!(out, "{}", report.text(EXAMPLES))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn working(args: &ImportArgs, pack: &Pack) -> Result<Crs> {
    match (&args.crs, &pack.city.crs) {
        (Some(given), WorkingCrs::FromExtent) => {
            let crs = Crs::parse(given).with_context(|| format!("--crs {given}"))?;
            crs.check_working().with_context(|| format!("--crs {given}"))?;
            Ok(crs)
        }
        (Some(given), WorkingCrs::Given(own)) => {
            bail!("--crs {given}：城市包已指定 {own} / the pack says {own} itself; leave --crs out", own = own.definition())
        }
        (None, _) => import::working_crs(pack, &args.source),
    }
}

/// A bar on a terminal, plain lines otherwise, nothing for machines.
fn listener(json: bool) -> Arc<dyn Fn(Progress) + Send + Sync> {
    if json {
        return Arc::new(|_| {});
    }
    if std::io::stderr().is_terminal() {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos} ({per_sec})") {
            bar.set_style(style);
        }
        return Arc::new(move |progress| match progress {
            Progress::Started { profile, layer, .. } => {
                bar.reset();
                bar.set_message(format!("{profile} → {layer}"));
            }
            Progress::Rows { read, .. } => bar.set_position(read),
            Progress::Finished { .. } => bar.tick(),
        });
    }
    let told = Mutex::new(());
    Arc::new(move |progress| {
        let Ok(_one) = told.lock() else { return };
        let mut err = std::io::stderr().lock();
        // A closed pipe must not stop an import.
        let _ = match progress {
            Progress::Started { profile, layer, files, .. } => writeln!(err, "{profile} -> {layer}: {files} file(s)"),
            Progress::Rows { profile, read } => writeln!(err, "{profile}: {read} rows"),
            Progress::Finished { profile, .. } => writeln!(err, "{profile}: done"),
        };
    })
}
