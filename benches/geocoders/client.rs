//! Asks a geocoder over HTTP: one answer after the other to be judged, and as many as it can give.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

use crate::questions::{Asked, Found};

/// As many as kept tiles are measured with: with four, each of which waits for its answer, the faster ones have cores to spare.
const CLIENTS: usize = 8;
const SECONDS: u32 = 10;
const WARM_SECONDS: u32 = 2;

/// How a geocoder is asked, and how its answer is read.
pub struct Dialect {
    /// Of a text (encoded), whether it is unfinished, and how many hits.
    pub search: fn(&str, bool, usize) -> String,
    /// Of longitude and latitude.
    pub reverse: fn([f64; 2]) -> String,
    pub found: fn(&Json) -> Option<Vec<Found>>,
}

/// What wrk says.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub rate: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// Percent of the questions that are answered right, of those that can be.
pub async fn right(address: &str, dialect: &Dialect, asked: &Asked) -> Result<f64> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let ask = async |(text, wanted): &(String, crate::questions::Wanted)| {
        let path = (dialect.search)(&encoded(text), asked.unfinished, asked.among);
        let answer = client.get(format!("http://{address}{path}")).send().await?.error_for_status().context(path)?;
        let found = (dialect.found)(&answer.json().await?).with_context(|| format!("the answer to {text}"))?;
        let is_right = found.iter().take(asked.among).any(|found| wanted.is(found));
        if !is_right && std::env::var_os("YUTU_BENCH_MISSES").is_some() {
            eprintln!("missed: {text}: {:?} for {wanted:?}", found.first());
        }
        anyhow::Ok(is_right)
    };
    let answers: Vec<Result<bool>> = futures::stream::iter(&asked.questions).map(ask).buffer_unordered(CLIENTS).collect().await;
    let mut count = 0;
    for answer in answers {
        count += usize::from(answer?);
    }
    Ok(100.0 * count as f64 / asked.questions.len() as f64 * 100.0 / asked.ceiling)
}

pub fn forward_rate(room: &Path, address: &str, dialect: &Dialect, asked: &Asked) -> Result<Load> {
    let path = |(text, _): &(String, _)| (dialect.search)(&encoded(text), asked.unfinished, asked.among);
    rate(room, address, &asked.questions.iter().map(path).collect::<Vec<_>>())
}

pub fn reverse_rate(room: &Path, address: &str, dialect: &Dialect, points: &[[f64; 2]]) -> Result<Load> {
    rate(room, address, &points.iter().map(|point| (dialect.reverse)(*point)).collect::<Vec<_>>())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Each path in turn by [`CLIENTS`] connections that are kept.
fn rate(room: &Path, address: &str, paths: &[String]) -> Result<Load> {
    let mut script = String::from("local requests = {}\nlocal at = 0\nlocal paths = {\n");
    for path in paths {
        writeln!(script, "{path:?},")?;
    }
    script.push_str(
        "}\nfunction init(args) for i, path in ipairs(paths) do requests[i] = wrk.format('GET', path) end end\n\
         function request() at = at % #requests + 1 return requests[at] end\n\
         function done(summary, latency, requests) io.write(string.format('RESULT %f %f %f %d\\n', summary.requests / summary.duration * 1e6, \
         latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, \
         summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout)) end\n",
    );
    let file = room.join("questions.lua");
    std::fs::write(&file, script)?;
    let mut load = None;
    for seconds in [WARM_SECONDS, SECONDS] {
        let said = Command::new("wrk")
            .args(["-t1", "--timeout", "30s", &format!("-c{CLIENTS}"), &format!("-d{seconds}s"), "-s"])
            .arg(&file)
            .arg(format!("http://{address}/"))
            .output()
            .context("wrk")?;
        let text = String::from_utf8_lossy(&said.stdout);
        let result = text.lines().find_map(|line| line.strip_prefix("RESULT ")).with_context(|| format!("wrk said: {text}"))?;
        let figures: Vec<f64> = result.split(' ').filter_map(|figure| figure.parse().ok()).collect();
        let [rate, p50_ms, p99_ms, errors] = figures[..] else { anyhow::bail!("wrk said: {result}") };
        ensure!(errors == 0.0, "{errors} requests failed at {address}, such as {}", paths[0]);
        load = Some(Load { rate, p50_ms, p99_ms });
    }
    load.context("nothing was asked")
}
