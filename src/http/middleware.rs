//! What happens to every request: counted, logged, limited, and answered with headers that keep the page safe. One layer does it all:
//! each layer more costs every answer a few allocations.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;
use tokio::sync::Semaphore;

use super::language::Language;
use super::problem;
use super::request_id::{REQUEST_ID, RequestIds};
use super::routes::tiles::SEQUENCE;
use crate::app::App;
use crate::config::Limits;
use crate::telemetry;

/// What goes around every answer of the router.
#[derive(Clone, Debug)]
pub struct Around {
    ids: RequestIds,
    /// What every answer carries, the documentation page and all else.
    docs: Arc<HeaderMap>,
    rest: Arc<HeaderMap>,
    /// How many requests may be under way.
    places: Arc<Semaphore>,
    limits: Limits,
}

/// What of a request is needed when it is answered.
struct Asked {
    method: Method,
    uri: Uri,
    accept_language: Option<HeaderValue>,
    route: Option<MatchedPath>,
    id: HeaderValue,
}

impl Around {
    pub fn new(app: &App, ids: RequestIds) -> Self {
        let limits = app.config.limits;
        let places = Arc::new(Semaphore::new(limits.concurrent_requests));
        Self { ids, docs: Arc::new(carried(app, true)), rest: Arc::new(carried(app, false)), places, limits }
    }
}

/// Paths that answer however busy the server is.
fn always_open(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// Everything around the answer, from the outside to the inside: counts and the log, the id, headers, words for refusals of the framework,
/// panics, the limits.
pub async fn around(State(around): State<Around>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request.headers_mut().entry(REQUEST_ID).or_insert_with(|| around.ids.next()).clone();
    let asked = Asked {
        method: request.method().clone(),
        uri: request.uri().clone(),
        accept_language: request.headers().get(ACCEPT_LANGUAGE).cloned(),
        route: request.extensions().get::<MatchedPath>().cloned(),
        id,
    };
    let answered = AssertUnwindSafe(around.limited(request, next, &asked)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(problem::panicked);
    if is_unworded(&response) {
        response = problem::unworded(response.status(), asked.language());
    }
    let headers = response.headers_mut();
    for (name, value) in if asked.uri.path().starts_with("/api/docs") { &*around.docs } else { &*around.rest } {
        headers.insert(name, value.clone());
    }
    // What says nothing of itself is for now only: a cache may keep even a 404 otherwise.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(REQUEST_ID, asked.id.clone());
    observe(&asked, &response, started);
    response
}

impl Around {
    /// Sheds requests above the limit and ends those that take too long. An event stream counts as answered when it has begun.
    async fn limited(&self, request: Request, next: Next, asked: &Asked) -> Response {
        if always_open(asked.uri.path()) {
            return next.run(request).await;
        }
        let Ok(_place) = self.places.try_acquire() else {
            metrics::counter!(telemetry::SHED).increment(1);
            return problem::overloaded(asked.language());
        };
        match tokio::time::timeout(self.limits.request_timeout, next.run(request)).await {
            Ok(mut response) => {
                weaken_compressed(&mut response);
                response
            }
            Err(_) => problem::too_slow(asked.language()),
        }
    }
}

impl Asked {
    fn language(&self) -> Language {
        Language::asked(self.uri.query(), self.accept_language.as_ref())
    }
}

/// Counts and logs. Query texts are not logged: they are people's searches.
fn observe(asked: &Asked, response: &Response, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    let route = asked.route.as_ref().map_or("other", MatchedPath::as_str);
    let status = response.status();
    metrics::counter!(
        telemetry::REQUESTS, "route" => route.to_owned(), "method" => known(&asked.method), "status" => status.as_str().to_owned()
    )
    .increment(1);
    metrics::histogram!(telemetry::REQUEST_SECONDS, "route" => route.to_owned()).record(seconds);
    let id = asked.id.to_str().unwrap_or_default();
    tracing::debug!(request_id = id, method = %asked.method, route, status = status.as_u16(), ms = format!("{:.1}", seconds * 1e3), "answered");
}

/// A refusal that the framework words itself, in plain text: it becomes a problem like all others.
fn is_unworded(response: &Response) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

/// A strong tag belongs to the bytes; compressed they are others.
fn weaken_compressed(response: &mut Response) {
    // Tiles have a tag for each of their forms.
    let headers = response.headers();
    if !headers.contains_key(CONTENT_ENCODING) || headers.contains_key(SEQUENCE) {
        return;
    }
    let strong = headers.get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\""));
    if let Some(weak) = strong.and_then(|tag| HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()).ok()) {
        response.headers_mut().insert(ETAG, weak);
    }
}

/// Anyone can make up methods, and each would be counted for ever.
fn known(method: &Method) -> &'static str {
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        .iter()
        .zip(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
        .find_map(|(one, name)| (one == method).then_some(name))
        .unwrap_or("other")
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
