//! `/ogc`: OGC API Features (parts 1, 2, 3, 5) and Tiles (part 1). Each resource as JSON and as a plain page.

mod ask;
mod collections;
mod items;
mod landing;
mod tiles;

use axum::Router;
use axum::routing::get;

use crate::http::Serving;

/// All routes below `/ogc`. They describe themselves at `/ogc/api`, with what a collection can be asked, so they are not part of the
/// description of the rest.
pub fn router() -> Router<Serving> {
    let matrix = "WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}";
    Router::new()
        .route("/ogc", get(landing::landing))
        .route("/ogc/", get(landing::landing))
        .route("/ogc/style.css", get(landing::style))
        .route("/ogc/conformance", get(landing::conformance))
        .route("/ogc/api", get(landing::api))
        .route("/ogc/collections", get(collections::collections))
        .route("/ogc/collections/{collection}", get(collections::collection))
        .route("/ogc/collections/{collection}/schema", get(collections::schema))
        .route("/ogc/collections/{collection}/queryables", get(collections::queryables))
        .route("/ogc/collections/{collection}/sortables", get(collections::sortables))
        .route("/ogc/collections/{collection}/items", get(items::items))
        .route("/ogc/collections/{collection}/items/{item}", get(items::item))
        .route("/ogc/collections/{collection}/tiles", get(tiles::collection_tilesets))
        .route("/ogc/collections/{collection}/tiles/WebMercatorQuad", get(tiles::collection_tileset))
        .route(&format!("/ogc/collections/{{collection}}/tiles/{matrix}"), get(tiles::collection_tile))
        .route("/ogc/tiles", get(tiles::tilesets))
        .route("/ogc/tiles/WebMercatorQuad", get(tiles::tileset))
        .route(&format!("/ogc/tiles/{matrix}"), get(tiles::tile))
        .route("/ogc/tileMatrixSets", get(tiles::matrix_sets))
        .route("/ogc/tileMatrixSets/WebMercatorQuad", get(tiles::matrix_set))
}
