//! `/api/openapi.json`, and a page for it that works offline.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

pub fn router(description: OpenApi) -> Router {
    // The OGC API describes itself: what can be asked there depends on the city.
    let both = Config::new([Url::with_primary("Yutu", "/api/openapi.json", true), Url::new("OGC API", "/ogc/api")]);
    SwaggerUi::new("/api/docs").url("/api/openapi.json", description).config(both.try_it_out_enabled(true)).into()
}
