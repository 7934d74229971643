//! Log setup, and the names of all metrics in one place.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// What a server logs. The geometry library warns of hairline shapes without saying whose they are; an import reports them by row.
pub const SERVER_FILTER: &str = "info,sqlx::postgres::notice=warn,geo=error";
/// What a command that works through much logs: that a statement takes long is no news there.
pub const COMMAND_FILTER: &str = "info,sqlx::postgres::notice=warn,sqlx::query=error,geo=error";

pub const REQUESTS: &str = "yutu_http_requests_total";
pub const REQUEST_SECONDS: &str = "yutu_http_request_seconds";
pub const TILE_SECONDS: &str = "yutu_tile_seconds";
pub const TILE_CACHE: &str = "yutu_tile_cache_total";
pub const TILE_CACHE_BYTES: &str = "yutu_tile_cache_bytes";
pub const SEQUENCE: &str = "yutu_sequence";
pub const FEATURES: &str = "yutu_features";
pub const SNAPSHOT_BYTES: &str = "yutu_snapshot_bytes";
pub const SNAPSHOT_LAG_SECONDS: &str = "yutu_snapshot_lag_seconds";
pub const STORE_REACHABLE: &str = "yutu_store_reachable";
pub const LIVE_LISTENERS: &str = "yutu_live_listeners";
pub const SHED: &str = "yutu_http_shed_total";

/// Sends the log to standard error. `YUTU_LOG` filters it, or else `filter`. May be called once.
pub fn start_log(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_from_env("YUTU_LOG").unwrap_or_else(|_| EnvFilter::new(filter));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "the log was already started");
    }
}

/// Begins to count. The handle renders the Prometheus text.
///
/// # Errors
/// When the process already counts.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Suffix("_seconds".into()),
            &[0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0],
        )?
        .install_recorder()?;
    metrics::describe_counter!(REQUESTS, "HTTP requests by route, method and status");
    metrics::describe_histogram!(REQUEST_SECONDS, "Time to answer, by route");
    metrics::describe_histogram!(TILE_SECONDS, "Time to make a tile that was not in the cache, by format");
    metrics::describe_counter!(TILE_CACHE, "Tiles asked for, by whether they were in the cache");
    metrics::describe_gauge!(TILE_CACHE_BYTES, "Bytes of tiles in the cache");
    metrics::describe_gauge!(SEQUENCE, "Sequence at which the snapshots stand");
    metrics::describe_gauge!(FEATURES, "Features in memory, by layer");
    metrics::describe_gauge!(SNAPSHOT_BYTES, "Bytes of the snapshots, by kind");
    metrics::describe_histogram!(SNAPSHOT_LAG_SECONDS, "From a commit to its being seen by readers");
    metrics::describe_gauge!(STORE_REACHABLE, "1 while the database answers");
    metrics::describe_gauge!(LIVE_LISTENERS, "Open maps that listen for changes");
    metrics::describe_counter!(SHED, "Requests refused because too many were under way");
    Ok(handle)
}
