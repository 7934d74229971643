//! OGC API Tiles: the tiles of the whole service and of single collections, in the web mercator grid.

use axum::extract::State;
use axum::response::Response;

use super::ask::{Ask, Format};
use super::landing::answer;
use crate::app::ogc::{self, Collection};
use crate::app::{AppError, Message, TileFormat, TileKey};
use crate::http::Serving;
use crate::http::params::Place;
use crate::http::problem::Failure;
use crate::http::routes::tiles as plain;
use crate::http::view::ogc::tileset;
use crate::tiles::{TileId, TileLayer};

pub async fn tilesets(State(serving): State<Serving>, ask: Ask) -> Result<Response, Failure> {
    ask.only(&[])?;
    let all = all(&serving, &ask)?;
    answer(&ask, &tileset::list(&all, None, &ask.base, ask.language))
}

pub async fn tileset(State(serving): State<Serving>, ask: Ask) -> Result<Response, Failure> {
    ask.only(&["collections"])?;
    let chosen = chosen(&serving, &ask)?;
    answer(&ask, &tileset::one(&serving.app.city, &chosen, None, &ask.base, ask.language))
}

/// `collections`: names joined by commas; all by default.
pub async fn tile(State(serving): State<Serving>, ask: Ask, place: Place<(String, String, String)>) -> Result<Response, Failure> {
    ask.only(&["collections"])?;
    let chosen = chosen(&serving, &ask)?;
    drawn(&serving, &ask, &chosen, &place.0).await
}

pub async fn collection_tilesets(State(serving): State<Serving>, ask: Ask, Place(id): Place<String>) -> Result<Response, Failure> {
    ask.only(&[])?;
    let one = one(&serving, &ask, &id)?;
    answer(&ask, &tileset::list(&one, Some(&id), &ask.base, ask.language))
}

pub async fn collection_tileset(State(serving): State<Serving>, ask: Ask, Place(id): Place<String>) -> Result<Response, Failure> {
    ask.only(&[])?;
    let one = one(&serving, &ask, &id)?;
    answer(&ask, &tileset::one(&serving.app.city, &one, Some(&id), &ask.base, ask.language))
}

pub async fn collection_tile(
    State(serving): State<Serving>,
    ask: Ask,
    Place((id, z, row, column)): Place<(String, String, String, String)>,
) -> Result<Response, Failure> {
    ask.only(&[])?;
    let one = one(&serving, &ask, &id)?;
    drawn(&serving, &ask, &one, &(z, row, column)).await
}

pub async fn matrix_sets(ask: Ask) -> Result<Response, Failure> {
    ask.only(&[])?;
    answer(&ask, &tileset::matrix_sets(&ask.base))
}

pub async fn matrix_set(ask: Ask) -> Result<Response, Failure> {
    ask.only(&[])?;
    answer(&ask, &tileset::matrix_set())
}

fn all(serving: &Serving, ask: &Ask) -> Result<Vec<Collection>, Failure> {
    ogc::collections(&serving.app).map_err(|error| Failure(error, ask.language))
}

fn one(serving: &Serving, ask: &Ask, id: &str) -> Result<Vec<Collection>, Failure> {
    ogc::collection(&serving.app, id).map(|one| vec![one]).map_err(|error| Failure(error, ask.language))
}

fn chosen(serving: &Serving, ask: &Ask) -> Result<Vec<Collection>, Failure> {
    let all = all(serving, ask)?;
    let Some(names) = ask.get("collections") else { return Ok(all) };
    let mut chosen = Vec::new();
    for name in names.split(',') {
        let found = all
            .iter()
            .find(|collection| collection.layer.id() == name)
            .ok_or_else(|| ask.invalid("collections", format!("没有集合 {name:.80}。"), format!("There is no collection {name:.80}.")))?;
        if !chosen.iter().any(|one: &Collection| one.layer == found.layer) {
            chosen.push(found.clone());
        }
    }
    Ok(chosen)
}

async fn drawn(serving: &Serving, ask: &Ask, chosen: &[Collection], place: &(String, String, String)) -> Result<Response, Failure> {
    let fail = |error| Failure(error, ask.language);
    let format = match ask.format(&[Format::Mvt, Format::Json])? {
        Format::Mvt => TileFormat::Mvt,
        _ => TileFormat::GeoJson,
    };
    let (z, row, column) = place;
    let number = |text: &str| if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse::<u32>().ok() } else { None };
    let id = number(z).and_then(|z| TileId::new(u8::try_from(z).ok()?, number(column)?, number(row)?));
    // What lies outside the limits that the tileset names does not exist.
    let limits = tileset::limits(chosen);
    let id = id.filter(|id| limits.iter().any(|limit| limit.contains(*id))).ok_or_else(|| {
        fail(AppError::NotFound(Message::new(
            format!("瓦片 {z:.20}/{row:.20}/{column:.20} 超出瓦片集的范围。"),
            format!("The tile {z:.20}/{row:.20}/{column:.20} is outside the limits of the tile set."),
        )))
    })?;
    let layers = chosen.iter().map(|collection| TileLayer::Features(collection.layer)).collect();
    plain::drawn(serving, TileKey { tile: id, layers, format }, &ask.headers, ask.language).await
}
