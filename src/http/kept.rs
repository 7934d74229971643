//! Kept tiles are answered here, before the router and everything around it: a look into the cache and prepared headers, without
//! a lock, a log line or a wait. Whatever is not such a tile is left to the router, which would give the same answer.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use bytes::Bytes;
use metrics::Counter;

use super::middleware;
use super::request_id::{REQUEST_ID, RequestIds};
use super::routes::tiles;
use crate::app::App;
use crate::telemetry;

/// The path of the tile route in the counts.
const ROUTE: &str = "/tiles/{layers}/{z}/{x}/{y}";

#[derive(Debug)]
pub(super) struct Kept {
    app: Arc<App>,
    ids: RequestIds,
    /// What every answer carries.
    carried: HeaderMap,
    hits: Counter,
    found: Counter,
    empty: Counter,
    not_modified: Counter,
}

impl Kept {
    pub fn new(app: Arc<App>, ids: RequestIds) -> Self {
        let status = |status: &'static str| metrics::counter!(telemetry::REQUESTS, "route" => ROUTE, "method" => "GET", "status" => status);
        Self {
            carried: middleware::carried(&app, false),
            ids,
            hits: metrics::counter!(telemetry::TILE_CACHE, "result" => "hit"),
            found: status("200"),
            empty: status("204"),
            not_modified: status("304"),
            app,
        }
    }

    /// The answer, if the request is for a tile that is kept as the reader wants it.
    pub fn answer<B>(&self, request: &Request<B>) -> Option<Response<Bytes>> {
        // Who brings an id of their own follows their request through the log.
        if request.method() != Method::GET || request.headers().contains_key(REQUEST_ID) {
            return None;
        }
        let key = tiles::plainly_named(request.uri().path())?;
        // Read before the tile is: see `Live::announced`.
        let sequence = self.app.live.announced();
        let tile = self.app.tiles.held(&key)?;
        let mut response = tiles::answer(&tile, key.format, sequence, request.headers())?;
        match response.status() {
            StatusCode::OK => self.found.increment(1),
            StatusCode::NO_CONTENT => self.empty.increment(1),
            StatusCode::NOT_MODIFIED => self.not_modified.increment(1),
            _ => return None,
        }
        self.hits.increment(1);
        let headers = response.headers_mut();
        for (name, value) in &self.carried {
            headers.insert(name, HeaderValue::clone(value));
        }
        headers.insert(REQUEST_ID, self.ids.next());
        Some(response)
    }
}
