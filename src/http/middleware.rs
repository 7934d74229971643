//! What happens to every request: counted, logged, limited, and answered with headers that keep the page safe.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;

use super::language::Language;
use super::problem;
use crate::app::App;
use crate::config::Limits;
use crate::telemetry;

/// How many requests may be under way.
#[derive(Clone, Debug)]
pub struct Gate {
    places: Arc<Semaphore>,
    limits: Limits,
}

impl Gate {
    pub fn new(limits: Limits) -> Self {
        Self { places: Arc::new(Semaphore::new(limits.concurrent_requests)), limits }
    }
}

/// Paths that answer however busy the server is.
fn always_open(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// Sheds requests above the limit and ends those that take too long. An event stream counts as answered when it has begun.
pub async fn limit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    if always_open(request.uri().path()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let language = Language::from_parts(&parts);
    let request = Request::from_parts(parts, body);
    let Ok(_place) = gate.places.try_acquire() else {
        metrics::counter!(telemetry::SHED).increment(1);
        return problem::overloaded(language);
    };
    match tokio::time::timeout(gate.limits.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => problem::too_slow(language),
    }
}

/// Counts and logs. Query texts are not logged: they are people's searches.
pub async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let response = next.run(request).await;
    let seconds = started.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    metrics::counter!(telemetry::REQUESTS, "route" => route.clone(), "method" => method.to_string(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!(telemetry::REQUEST_SECONDS, "route" => route.clone()).record(seconds);
    tracing::debug!(request_id = id, %method, route, status, ms = format!("{:.1}", seconds * 1e3), "answered");
    response
}

/// A strict content policy: everything the page needs comes from here, save the base map that the operator names.
pub async fn security_headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let docs = request.uri().path().starts_with("/api/docs");
    let mut response = next.run(request).await;
    let base_map = app.config.base_map.as_ref().and_then(|map| map.origin()).unwrap_or_default();
    // The documentation page styles itself from its script.
    let style = if docs { "'self' 'unsafe-inline'" } else { "'self'" };
    let policy = format!(
        "default-src 'self'; img-src 'self' data: blob: {base_map}; style-src {style}; script-src 'self'; connect-src 'self' {base_map}; \
         worker-src 'self' blob:; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static("geolocation=(self), camera=(), microphone=()"));
    response
}
