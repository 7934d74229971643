//! `GET /api/identify`

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::app;
use crate::http::Serving;
use crate::http::language::Language;
use crate::http::params::{self, Params};
use crate::http::problem::{Failure, Problem};
use crate::http::view::identify::IdentifyView;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct At {
    /// Longitude, degrees.
    lon: f64,
    /// Latitude, degrees.
    lat: f64,
    /// How far points and lines may be off, metres; 10 by default, 1000 at most.
    radius: Option<f64>,
}

/// Everything at a point, by layer, with sources. A layer without data says `no_data`, never that nothing is there.
#[utoipa::path(get, path = "/api/identify", tag = "features", params(At), responses((status = 200, body = IdentifyView), (status = 400, body = Problem), (status = 503, body = Problem)))]
pub async fn identify(State(serving): State<Serving>, language: Language, Params(at): Params<At>) -> Result<Json<IdentifyView>, Failure> {
    let [longitude, latitude] = params::point(at.lon, at.lat, language)?;
    let radius_m = at.radius.unwrap_or(10.0);
    if !(0.0..=1000.0).contains(&radius_m) {
        return Err(Failure::invalid(language, "radius", "radius 须在 0 至 1000 米之间。", "A radius lies between 0 and 1000 metres."));
    }
    let answer = app::identify(&serving.app, longitude, latitude, radius_m).await.map_err(|error| Failure(error, language))?;
    Ok(Json(IdentifyView::new(&answer)))
}
