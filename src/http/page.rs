//! The page, built into the binary.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use super::Serving;
use super::language::Language;
use super::problem::Failure;
use crate::app::{AppError, Message};

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Files;

/// `/` and what it loads.
pub(super) fn router() -> Router<Serving> {
    Router::new()
        .route("/", get(|language: Language, headers: HeaderMap| async move { file("index.html", &headers, language) }))
        .route("/favicon.svg", get(|language: Language, headers: HeaderMap| async move { file("favicon.svg", &headers, language) }))
        .route(
            "/assets/{*path}",
            get(|Path(path): Path<String>, language: Language, headers: HeaderMap| async move {
                file(&format!("assets/{path}"), &headers, language)
            }),
        )
}

fn file(name: &str, headers: &HeaderMap, language: Language) -> Response {
    let Some(file) = Files::get(name) else {
        let message = Message::new(
            format!("没有文件 {name}。页面可能未构建：运行 make build。"),
            format!("There is no file {name}. If the page is not built: make build."),
        );
        return Failure(AppError::NotFound(message), language).into_response();
    };
    let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    // Names under assets/ carry a hash of their content.
    let cache = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = mime_guess::from_path(name).first_or_octet_stream().to_string();
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, etag), (CACHE_CONTROL, cache.to_owned())]).into_response();
    }
    ([(CONTENT_TYPE, kind), (ETAG, etag), (CACHE_CONTROL, cache.to_owned())], file.data).into_response()
}
