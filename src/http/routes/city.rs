//! `GET /api/city`

use axum::Json;
use axum::extract::State;

use crate::http::Serving;
use crate::http::view::city::CityView;

/// The city that this service is for, and its working coordinate system.
#[utoipa::path(get, path = "/api/city", tag = "city", responses((status = 200, body = CityView)))]
pub async fn city(State(serving): State<Serving>) -> Json<CityView> {
    Json(CityView::new(&serving.app))
}
