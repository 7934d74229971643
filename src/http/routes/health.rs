//! `/healthz`, `/readyz` and `/metrics`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Serving;
use crate::live::Health;
use crate::telemetry;

/// Whether the service can answer fully, and why not.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    ready: bool,
    sequence: u64,
    reasons: Vec<String>,
}

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200)))]
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Ready: the database is reachable and the snapshots are built. 503 with the reasons when not; tiles and search go on from memory.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub async fn ready(State(serving): State<Serving>) -> Response {
    let sequence = serving.app.live.state().snapshot.sequence;
    let reasons = match serving.app.live.health() {
        Health::Following => Vec::new(),
        Health::Starting => vec!["the snapshots are not built yet".to_owned()],
        Health::Stale { since } => vec![format!("the database is away since {}; answers stand at sequence {sequence}", since.to_rfc3339())],
    };
    let ready = reasons.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, sequence, reasons })).into_response()
}

/// Prometheus metrics.
pub async fn metrics(State(serving): State<Serving>) -> impl IntoResponse {
    metrics::gauge!(telemetry::TILE_CACHE_BYTES).set(serving.app.tiles.bytes() as f64);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], serving.metrics.render())
}
