//! HTTP: parameters in, one app function, a view out. A handler decides nothing.

mod conditional;
mod connections;
mod kept;
mod language;
mod middleware;
mod page;
mod params;
mod problem;
mod request_id;
mod routes;
mod view;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use connections::Front;
use kept::Kept;
use request_id::RequestIds;

/// How often the metrics tidy up.
const UPKEEP: Duration = Duration::from_secs(5);

/// What every handler gets.
#[derive(Clone, Debug)]
pub(crate) struct Serving {
    pub app: Arc<App>,
    pub metrics: PrometheusHandle,
    /// Places for tables that are being answered.
    pub batches: Arc<Semaphore>,
    /// Turns true when the service ends: what would never end by itself ends then.
    pub closing: watch::Receiver<bool>,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Yutu 舆图",
    description = "地名、地址、界线、规划与许可的开放服务。A city's place names, addresses, boundaries, plans and permits. \
                   Coordinates are WGS 84 longitude and latitude unless a parameter says otherwise; errors are RFC 9457 problems \
                   in Chinese or English (parameter `lang` or Accept-Language)."
))]
struct Description;

/// All routes.
fn router(context: &Serving, ids: RequestIds) -> Router {
    let app = &context.app;
    let (described, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(routes::city::city))
        .routes(routes!(routes::layers::layers))
        .routes(routes!(routes::features::feature))
        .routes(routes!(routes::identify::identify))
        .routes(routes!(routes::search::search))
        .routes(routes!(routes::search::suggest))
        .routes(routes!(routes::search::reverse))
        .routes(routes!(routes::geocode::geocode))
        .routes(routes!(routes::live::live))
        .routes(routes!(routes::session::log_in, routes::session::who, routes::session::log_out))
        .routes(routes!(routes::tiles::tile))
        .routes(routes!(routes::tiles::tilejson))
        .routes(routes!(routes::health::alive))
        .routes(routes!(routes::health::ready))
        .split_for_parts();
    let described = described.with_state(context.clone());
    // Text that must flow is left alone, and tiles are compressed once, when they are made.
    let is_no_tile = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| !headers.contains_key(routes::tiles::SEQUENCE);
    let compression = CompressionLayer::new().compress_when(
        SizeAbove::new(512).and(NotForContentType::new("text/event-stream")).and(NotForContentType::new("image/")).and(is_no_tile),
    );
    let answers = described
        .merge(page::router())
        .merge(routes::ogc::router())
        .route("/metrics", axum::routing::get(routes::health::metrics))
        .with_state(context.clone())
        .merge(routes::docs::router(description))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::wrong_method);
    answers.layer(
        ServiceBuilder::new()
            .layer(axum::middleware::from_fn_with_state(middleware::Around::new(app, ids), middleware::around))
            .layer(compression)
            .layer(DefaultBodyLimit::max(app.config.limits.body_bytes)),
    )
}

/// Serves until `stop` completes, then lets running requests end.
pub async fn serve(listener: TcpListener, app: Arc<App>, metrics: PrometheusHandle, stop: impl Future<Output = ()>) {
    let closing = watch::Sender::new(false);
    let ids = RequestIds::default();
    let batches = Arc::new(Semaphore::new(app.config.limits.batch.at_once));
    let context = Serving { app: Arc::clone(&app), metrics: metrics.clone(), batches, closing: closing.subscribe() };
    let head_timeout = app.config.limits.head_timeout;
    let front = Front { router: router(&context, ids.clone()), kept: Arc::new(Kept::new(app, ids)) };
    tokio::select! {
        () = connections::take(listener, front, head_timeout, closing, stop) => {}
        never = keep_small(metrics) => match never {},
    }
}

/// Times that nobody reads would pile up.
async fn keep_small(metrics: PrometheusHandle) -> Infallible {
    loop {
        tokio::time::sleep(UPKEEP).await;
        metrics.run_upkeep();
    }
}
