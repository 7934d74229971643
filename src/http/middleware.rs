//! What happens to every request: counted, logged, limited, and answered with headers that keep the page safe.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;

use super::language::Language;
use super::problem;
use super::routes::tiles::SEQUENCE;
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
    metrics::counter!(telemetry::REQUESTS, "route" => route.clone(), "method" => known(&method), "status" => status.to_string())
        .increment(1);
    metrics::histogram!(telemetry::REQUEST_SECONDS, "route" => route.clone()).record(seconds);
    tracing::debug!(request_id = id, %method, route, status, ms = format!("{:.1}", seconds * 1e3), "answered");
    response
}

/// Anyone can make up methods, and each would be counted for ever.
fn known(method: &Method) -> &'static str {
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        .iter()
        .zip(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
        .find_map(|(one, name)| (one == method).then_some(name))
        .unwrap_or("other")
}

/// Refusals that the framework words itself, in plain text, become problems like all others.
pub async fn only_problems(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let language = Language::from_parts(&parts);
    let response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    let is_plain = response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if is_plain && (status.is_client_error() || status.is_server_error()) { problem::unworded(status, language) } else { response }
}

/// A strong tag belongs to the bytes; compressed they are others.
pub async fn weaken_compressed(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    // Tiles have a tag for each of their forms.
    let is_tile = response.headers().contains_key(SEQUENCE);
    let strong = response.headers().get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\"")).cloned();
    if let Some(tag) = strong
        && !is_tile
        && response.headers().contains_key(CONTENT_ENCODING)
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        response.headers_mut().insert(ETAG, weak);
    }
    response
}

/// What every answer carries, for the documentation page and for all else.
#[derive(Clone, Debug)]
pub struct Carried {
    docs: Arc<HeaderMap>,
    rest: Arc<HeaderMap>,
}

impl Carried {
    pub fn new(app: &App) -> Self {
        Self { docs: Arc::new(carried(app, true)), rest: Arc::new(carried(app, false)) }
    }
}

/// A strict content policy: everything the page needs comes from here, save the base map that the operator names.
pub fn carried(app: &App, docs: bool) -> HeaderMap {
    let base_map = app.config.base_map.as_ref().and_then(|map| map.origin()).unwrap_or_default();
    // The documentation page styles itself from its script.
    let style = if docs { "'self' 'unsafe-inline'" } else { "'self'" };
    let policy = format!(
        "default-src 'self'; img-src 'self' data: blob: {base_map}; style-src {style}; script-src 'self'; connect-src 'self' {base_map}; \
         worker-src 'self' blob:; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let mut headers = HeaderMap::new();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static("geolocation=(self), camera=(), microphone=()"));
    headers
}

/// Puts on the answer what every answer carries.
pub async fn security_headers(State(carried): State<Carried>, request: Request, next: Next) -> Response {
    let docs = request.uri().path().starts_with("/api/docs");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in if docs { &*carried.docs } else { &*carried.rest } {
        headers.insert(name, value.clone());
    }
    // What says nothing of itself is for now only: a cache may keep even a 404 otherwise.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
