//! `yutu geocode`: a table in, the same table with places out, by the search index of the database.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::serve::publicity;
use super::{Database, GeocodeArgs, store};
use crate::app::{AppError, Counts, Wash, WashForm};
use crate::config::BatchLimits;
use crate::domain::Layer;
use crate::export::Destination;
use crate::formats::rows::{self, Named};
use crate::gazetteer::Query;
use crate::import::Pack;
use crate::live::{self, Live, State};
use crate::telemetry::{self, LogFormat};

const CONNECTIONS: u32 = 4;
const PIECE_BYTES: usize = 256 << 10;
const ROWS_AT_ONCE: usize = 4096;
const LINES_EVERY: Duration = Duration::from_secs(5);

pub(super) fn run(args: &GeocodeArgs) -> Result<ExitCode> {
    telemetry::start_log(LogFormat::Text, telemetry::COMMAND_FILTER);
    let form = form(args)?;
    // What is wrong with the files is known before the database is read.
    let (input, length): (Box<dyn Read>, Option<u64>) = if args.table.as_os_str() == "-" {
        (Box::new(std::io::stdin().lock()), None)
    } else {
        let shown = args.table.display();
        let file = File::open(&args.table).with_context(|| format!("无法打开 {shown} / {shown} cannot be opened"))?;
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|about| about.len());
        (Box::new(file), length)
    };
    let destination = args.out.as_deref().map(|out| Destination::new(out, args.force)).transpose()?;
    let pack = Pack::read(&args.city)?;
    let state = state(args, &pack)?;
    // A person answers for their own table: no limit to its rows.
    let limits = BatchLimits { rows: u64::MAX, ..BatchLimits::default() };
    let wash = Wash::new(Arc::clone(&state.gazetteer), state.snapshot.sequence, form, limits).map_err(told)?;
    let progress = Progress::new(length, args.json);
    let counts = match destination {
        None => through(input, std::io::stdout().lock(), wash, progress)?,
        Some(destination) => {
            let name = "table.csv";
            let out = File::create(destination.folder().join(name))?;
            let counts = through(input, &out, wash, progress)?;
            out.sync_all()?;
            destination.publish(name, &[(name.to_owned(), counts.rows)])?;
            counts
        }
    };
    say(args, counts, state.snapshot.sequence)?;
    Ok(ExitCode::SUCCESS)
}

fn form(args: &GeocodeArgs) -> Result<WashForm> {
    let layer = |text: &String| text.parse::<Layer>().map_err(|error| anyhow!("没有名为 {text:?} 的图层 / {error}"));
    let separator = |name: &String| {
        rows::separator(name)
            .with_context(|| format!("--separator {name}：须为 comma、semicolon、tab 或 pipe / it is comma, semicolon, tab or pipe"))
    };
    let query = Query {
        lang: args.lang.clone(),
        layers: args.layers.iter().map(layer).collect::<Result<_>>()?,
        division: args.division.clone(),
        ..Query::default()
    };
    let named = Named { encoding: args.encoding.clone(), separator: args.separator.as_ref().map(separator).transpose()? };
    Ok(WashForm { columns: args.column.clone(), has_heading: !args.no_heading, named, query })
}

/// The search index as a server would hold it now.
fn state(args: &GeocodeArgs, pack: &Pack) -> Result<Arc<State>> {
    let database = Database::open(&args.database)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let state = runtime.block_on(async {
        let pool = store::connect(&database, &pack.city.time_zone, CONNECTIONS).await?;
        let working = store::working_of(&pool, pack).await?;
        store::prepare(&pool, &working).await?;
        let live = Arc::new(Live::new());
        let settings = live::Settings { working, publicity: publicity(pack) };
        let following = live::follow(Arc::clone(&live), pool.clone(), settings);
        tokio::select! {
            () = live.built() => {}
            () = following => bail!("数据库读取中断 / the database could not be read to its end"),
        }
        let state = live.state();
        pool.close().await;
        Ok(state)
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(state)
}

/// Reads no more than is washed and written.
fn through(mut input: impl Read, out: impl Write, mut wash: Wash, mut progress: Progress) -> Result<Counts> {
    let unwritable = "无法写出结果 / the result cannot be written";
    let mut out = BufWriter::with_capacity(PIECE_BYTES, out);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = match input.read(&mut piece) {
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).context("无法读完表格 / the table cannot be read to its end"),
        };
        let taken = if count == 0 { wash.end() } else { wash.take(&piece[..count]) };
        while wash.is_waiting() {
            out.write_all(&wash.work(ROWS_AT_ONCE, true).map_err(told)?).context(unwritable)?;
        }
        progress.tell(count, wash.counts());
        taken.map_err(told)?;
        if count == 0 {
            out.flush().context(unwritable)?;
            return Ok(wash.counts());
        }
    }
}

/// In both languages: who reads the command's errors is not known.
fn told(error: AppError) -> anyhow::Error {
    match error {
        AppError::Invalid { message, .. } => {
            let named = |text: String| text.replace("`column`", "--column").replace(" column ", " --column ");
            anyhow!("{} / {}", named(message.zh), named(message.en))
        }
        AppError::Internal(error) => error,
        other => anyhow!("{other:?}"),
    }
}

fn say(args: &GeocodeArgs, counts: Counts, sequence: u64) -> Result<()> {
    let mut error = std::io::stderr().lock();
    let Counts { rows, a, b, c, not_found } = counts;
    if args.json {
        serde_json::to_writer(&mut error, &serde_json::json!({ "counts": counts, "sequence": sequence }))?;
        return Ok(writeln!(error)?);
    }
    let zh = format!("{rows} 行：A {a}，B {b}，C {c}，未找到 {not_found}；序号 {sequence}");
    Ok(writeln!(error, "{zh} / {rows} row(s): A {a}, B {b}, C {c}, not found {not_found}; sequence {sequence}")?)
}

/// A bar on a terminal, a line now and then elsewhere; always on standard error.
struct Progress {
    bar: Option<ProgressBar>,
    is_quiet: bool,
    length: Option<u64>,
    read: u64,
    last: Instant,
}

impl Progress {
    fn new(length: Option<u64>, is_quiet: bool) -> Self {
        let bar = (!is_quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {msg} ({eta})") {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, is_quiet, length, read: 0, last: Instant::now() }
    }

    fn tell(&mut self, bytes: usize, counts: Counts) {
        self.read += bytes as u64;
        let rows = counts.rows;
        if let Some(bar) = &self.bar {
            bar.set_position(self.read);
            bar.set_message(format!("{rows}"));
        } else if !self.is_quiet && self.last.elapsed() > LINES_EVERY {
            self.last = Instant::now();
            let share =
                self.length.filter(|length| *length > 0).map(|length| format!(", {} %", self.read * 100 / length)).unwrap_or_default();
            // A closed pipe must not stop the work.
            let _ = writeln!(std::io::stderr(), "{rows} 行 / rows{share}");
        }
    }
}
