//! `GET /api/live`: tells open maps what changed, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::{Stream, StreamExt, stream};
use tokio_stream::wrappers::BroadcastStream;

use crate::app::{App, AppError, Message};
use crate::http::Serving;
use crate::http::language::Language;
use crate::http::problem::{Failure, Problem};
use crate::http::view::live;
use crate::telemetry;

/// Counts a listener for as long as its stream lives.
struct Listener(Arc<App>);

impl Listener {
    fn new(app: &Arc<App>) -> Self {
        let now = app.listeners.fetch_add(1, Ordering::Relaxed) + 1;
        metrics::gauge!(telemetry::LIVE_LISTENERS).set(now as f64);
        Self(Arc::clone(app))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let now = self.0.listeners.fetch_sub(1, Ordering::Relaxed) - 1;
        metrics::gauge!(telemetry::LIVE_LISTENERS).set(now as f64);
    }
}

/// `hello` with the sequence, then `change` for every change (layers and extents in degrees; `null` extents: anywhere in the layer),
/// `stale` while the database is away and `fresh` when it is back.
#[utoipa::path(get, path = "/api/live", tag = "live", responses((status = 200, content_type = "text/event-stream"), (status = 503, body = Problem)))]
pub async fn live(
    State(serving): State<Serving>,
    language: Language,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let app = &serving.app;
    if app.listeners.load(Ordering::Relaxed) >= app.config.limits.live_listeners {
        let message = Message::new("监听者过多，请稍后再试。", "Too many listeners; try again later.");
        return Err(Failure(AppError::Unavailable { retry_after_s: 30, message }, language));
    }
    let listener = Listener::new(app);
    let changes = BroadcastStream::new(app.live.subscribe());
    let hello = live::hello(&app.live);
    let followed = Arc::clone(&app.live);
    let changes = changes.map(move |event| {
        // Keeps the count until the stream is dropped.
        let _ = &listener;
        match event {
            Ok(event) => live::event(&event),
            // This listener was too slow: what it missed may be anywhere.
            Err(_) => live::everything(&followed),
        }
    });
    let mut closing = serving.closing.clone();
    let closed = async move {
        let _ = closing.wait_for(|closing| *closing).await;
    };
    let events = stream::once(async move { hello }).chain(changes).take_until(Box::pin(closed)).map(Ok);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}
