//! `/api/openapi.json`, and a page for it that works offline.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

pub fn router(description: OpenApi) -> Router {
    SwaggerUi::new("/api/docs").url("/api/openapi.json", description).config(Config::default().try_it_out_enabled(true)).into()
}
