//! The landing page, what is conformed to, and the description of the API.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::ask::{Ask, Format, json};
use crate::app::ogc;
use crate::http::Serving;
use crate::http::problem::Failure;
use crate::http::view::ogc::{html, landing, openapi};

const FORMATS: [Format; 2] = [Format::Json, Format::Html];

pub async fn landing(State(serving): State<Serving>, ask: Ask) -> Result<Response, Failure> {
    ask.only(&[])?;
    let view = landing::landing(&serving.app.city, &ask.base, ask.language);
    answer(&ask, &view)
}

pub async fn conformance(ask: Ask) -> Result<Response, Failure> {
    ask.only(&[])?;
    answer(&ask, &landing::conformance(&ask.base, ask.language))
}

/// OpenAPI 3.0; the page for it is that of the whole service.
pub async fn api(State(serving): State<Serving>, ask: Ask) -> Result<Response, Failure> {
    ask.only(&[])?;
    ask.format(&[Format::Json])?;
    let frames = ogc::frames(&serving.app);
    Ok(json("application/vnd.oai.openapi+json;version=3.0", &openapi::description(&serving.app.city, &frames, &ask.base, ask.language)))
}

pub async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")], html::STYLE).into_response()
}

/// JSON, or the same as a page.
pub(super) fn answer(ask: &Ask, view: &serde_json::Value) -> Result<Response, Failure> {
    Ok(match ask.format(&FORMATS)? {
        Format::Html => html::page(view, &ask.base, ask.language).into_response(),
        _ => json("application/json", view),
    })
}
