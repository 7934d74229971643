//! HTTP: parameters in, one app function, a view out. A handler decides nothing.

mod conditional;
mod language;
mod middleware;
mod page;
mod params;
mod problem;
mod routes;
mod view;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// What every handler gets.
#[derive(Clone, Debug)]
pub(crate) struct Serving {
    pub app: Arc<App>,
    pub metrics: PrometheusHandle,
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
pub fn router(app: Arc<App>, metrics: PrometheusHandle) -> Router {
    let limits = app.config.limits;
    let context = Serving { app: Arc::clone(&app), metrics };
    let (described, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(routes::city::city))
        .routes(routes!(routes::layers::layers))
        .routes(routes!(routes::features::feature))
        .routes(routes!(routes::identify::identify))
        .routes(routes!(routes::search::search))
        .routes(routes!(routes::search::suggest))
        .routes(routes!(routes::search::reverse))
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
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(axum::middleware::from_fn(middleware::observe))
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), middleware::security_headers))
            .layer(axum::middleware::from_fn(middleware::only_problems))
            .layer(CatchPanicLayer::custom(problem::panicked))
            .layer(axum::middleware::from_fn_with_state(middleware::Gate::new(limits), middleware::limit))
            .layer(axum::middleware::from_fn(middleware::weaken_compressed))
            .layer(compression)
            .layer(DefaultBodyLimit::max(limits.body_bytes)),
    )
}

/// Serves until `stop` completes, then lets running requests end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    metrics: PrometheusHandle,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let (tell, told) = tokio::sync::watch::channel(false);
    let server = axum::serve(listener, router(app, metrics)).with_graceful_shutdown(async move {
        stop.await;
        let _ = tell.send(true);
    });
    let mut asked = told.clone();
    tokio::select! {
        result = server.into_future() => result.context("serving HTTP"),
        // Open event streams never end by themselves.
        () = async {
            let _ = asked.wait_for(|asked| *asked).await;
            tokio::time::sleep(Duration::from_secs(5)).await;
        } => Ok(()),
    }
}
