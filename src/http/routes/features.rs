//! `GET /api/features/{layer}/{id}`

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::app::{self, AppError, Message};
use crate::domain::{FeatureId, Layer};
use crate::http::Serving;
use crate::http::language::Language;
use crate::http::params::{self, Params, Place};
use crate::http::problem::{Failure, Problem};
use crate::http::view::feature::FeatureView;
use crate::store::Moment;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct When {
    /// The day on which it should hold, such as 2026-11-22, or a time of that day; today by default.
    at: Option<String>,
    /// As the register knew it at this time (RFC 3339) or at the end of this day of the city; now by default.
    recorded_at: Option<String>,
}

/// A feature with everything that is known of it, as a GeoJSON Feature.
#[utoipa::path(
    get, path = "/api/features/{layer}/{id}", tag = "features",
    params(("layer" = String, Path, description = "A layer's id"), ("id" = String, Path, description = "The feature's id"), When),
    responses((status = 200, body = FeatureView, content_type = "application/geo+json"), (status = 304), (status = 404, body = Problem), (status = 410, body = Problem))
)]
pub async fn feature(
    State(serving): State<Serving>,
    language: Language,
    Place((layer, id)): Place<(String, String)>,
    Params(when): Params<When>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let unknown =
        |what: &str| Failure(AppError::NotFound(Message::new(format!("没有 {what:?}。"), format!("There is no {what:?}."))), language);
    let layer: Layer = layer.parse().ok().filter(|layer| *layer != Layer::PermitFootprints).ok_or_else(|| unknown(&layer))?;
    let id: FeatureId = id.parse().map_err(|_| unknown(&id))?;
    let moment = Moment {
        at: when.at.map(|text| params::time_point(&text, "at", language)).transpose()?,
        recorded_at: when.recorded_at.map(|text| params::time_point(&text, "recorded_at", language)).transpose()?,
    };
    let answer = app::feature(&serving.app, layer, id, moment).await.map_err(|error| Failure(error, language))?;
    let view = FeatureView::new(&answer);
    let bytes = serde_json::to_vec(&view).map_err(|error| Failure(AppError::Internal(error.into()), language))?;
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..12]));
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, etag)]).into_response());
    }
    Ok(([(CONTENT_TYPE, "application/geo+json".to_owned()), (ETAG, etag), (CACHE_CONTROL, "no-cache".to_owned())], bytes).into_response())
}
