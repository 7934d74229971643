//! Yutu, addok and Nominatim side by side: Liechtenstein's addresses, the same questions, the same clients, one run.
//!
//! `scripts/bench-gazetteer.sh` installs the two and runs this. All are filled and served first; then each
//! question is put to one after the other, so that whatever else the machine does meets them alike. Who is right is judged alike for all:
//! the house of that number where it stands, or the street of that name. Prints Markdown; the misses too where `YUTU_BENCH_MISSES` is set.
//! Reads `YUTU_REAL_DATA` (default ../shared/data), `YUTU_BENCH_TOOLS` (default target/bench-tools).

mod client;
mod peers;
#[path = "../city/program.rs"]
#[allow(dead_code)]
mod program;
mod questions;

#[path = "../../tests/quality/figures.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod figures;
#[path = "../../tests/quality/gold.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod gold;
#[path = "../../tests/quality/liechtenstein.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod liechtenstein;
#[path = "../../tests/quality/source.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod source;
#[path = "../../tests/quality/typing.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod typing;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use client::{Dialect, Load};

const EXTRACT: &str = "osm-liechtenstein/liechtenstein-2022-12-15.osm.pbf";

/// One of those that are compared, served until it is dropped.
struct Side {
    name: &'static str,
    address: String,
    dialect: Dialect,
    _server: Box<dyn std::any::Any>,
}

/// What was seen of one way of asking, a geocoder after the other.
struct Row {
    asked: String,
    seen: Vec<(Option<f64>, Load)>,
}

fn main() -> Result<()> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some((country, sets)) = questions::drawn() else { return Ok(()) };
    let points = questions::points(&country);
    let extract = source::file(EXTRACT).context("the extract")?;
    let tools = std::env::var_os("YUTU_BENCH_TOOLS").map_or_else(|| project.join("target/bench-tools"), PathBuf::from);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let room = folder.path();
    let mut output = std::io::stdout();

    let (pack, data_dir) = (project.join("data/cities/osm"), room.join("yutu"));
    program::import(&extract, &pack, None, &data_dir)?;
    let server = program::Server::start(&pack, &data_dir)?;
    let mut sides = vec![Side { name: "Yutu", address: server.address.to_string(), dialect: peers::YUTU, _server: Box::new(server) }];
    let streets = questions::for_addok(&country)?;
    let started = [
        ("addok", peers::ADDOK, peers::addok(&tools.join("addok"), room, &streets)),
        ("Nominatim", peers::NOMINATIM, peers::nominatim(&tools.join("nominatim"), room, &extract)),
    ];
    for (name, dialect, peer) in started {
        match peer {
            Ok(peer) => sides.push(Side { name, address: peer.address.clone(), dialect, _server: Box::new(peer) }),
            Err(error) => writeln!(output, "{name} was not measured: {error:#}")?,
        }
    }

    let load = || std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    writeln!(output, "load before: {}", load().trim())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut rows = Vec::new();
    for asked in &sets {
        let see = |side: &Side| {
            let right = runtime.block_on(client::right(&side.address, &side.dialect, asked))?;
            anyhow::Ok((Some(right), client::forward_rate(room, &side.address, &side.dialect, asked)?))
        };
        let seen = sides.iter().map(|side| see(side).context(side.name)).collect::<Result<_>>()?;
        rows.push(Row { asked: format!("{}, first {}", asked.way, asked.among), seen });
    }
    let see = |side: &Side| anyhow::Ok((None, client::reverse_rate(room, &side.address, &side.dialect, &points)?));
    rows.push(Row { asked: "reverse".into(), seen: sides.iter().map(|side| see(side).context(side.name)).collect::<Result<_>>()? });
    tell(&mut output, &sides, &rows)?;
    writeln!(output, "load after: {}", load().trim())?;
    Ok(())
}

fn tell(output: &mut impl Write, sides: &[Side], rows: &[Row]) -> Result<()> {
    writeln!(
        output,
        "\n| right, %; a second; p50 and p99, ms |{}",
        sides.iter().map(|side| format!(" {} |", side.name)).collect::<String>()
    )?;
    writeln!(output, "|---|{}", "---|".repeat(sides.len()))?;
    for Row { asked, seen } in rows {
        write!(output, "| {asked} |")?;
        for (place, (right, load)) in seen.iter().enumerate() {
            let right = right.map_or(String::new(), |right| format!("{right:.1} %; "));
            let times = if place == 0 { String::new() } else { format!(" (**{:.1}** times slower)", seen[0].1.rate / load.rate) };
            write!(output, " {right}{:.0}{times}; {:.2} and {:.2} |", load.rate, load.p50_ms, load.p99_ms)?;
        }
        writeln!(output)?;
    }
    Ok(())
}
