//! `GET /api/layers`

use axum::Json;
use axum::extract::State;

use crate::app;
use crate::http::Serving;
use crate::http::language::Language;
use crate::http::problem::{Failure, Problem};
use crate::http::view::layer::LayerView;

/// The layers in drawing order, lowest first, with counts, extents, credits and the sequence they stand at.
#[utoipa::path(get, path = "/api/layers", tag = "layers", responses((status = 200, body = [LayerView]), (status = 503, body = Problem)))]
pub async fn layers(State(serving): State<Serving>, language: Language) -> Result<Json<Vec<LayerView>>, Failure> {
    let layers = app::layers(&serving.app).await.map_err(|error| Failure(error, language))?;
    Ok(Json(layers.into_iter().map(|layer| LayerView::new(layer, &serving.app.city)).collect()))
}
