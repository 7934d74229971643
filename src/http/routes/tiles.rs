//! `GET /tiles/{layers}/{z}/{x}/{y}.geojson`, `.mvt` and `.mlt`, and TileJSON.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HOST, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;

use crate::app::{self, AppError, Coding, LayerSet, Message, Tile, TileFormat, TileKey};
use crate::http::Serving;
use crate::http::conditional;
use crate::http::language::Language;
use crate::http::params::{Params, Place};
use crate::http::problem::{Failure, Problem};
use crate::http::view::tilejson::TileJson;
use crate::tiles::TileId;

/// Headers of a tile's answer: room for all at once.
const CARRIED: usize = 20;
/// The sequence at which a tile stands; only tiles carry it.
pub const SEQUENCE: HeaderName = HeaderName::from_static("yutu-sequence");

/// A tile of one or several layers (joined by commas; `<layer>_labels` for label points), z 0 to 22, in the web mercator grid.
/// GeoJSON coordinates are WGS 84. Nothing is dropped silently: what is merged or counted says so in its properties.
#[utoipa::path(
    get, path = "/tiles/{layers}/{z}/{x}/{y}", tag = "tiles",
    params(("layers" = String, Path), ("z" = u8, Path), ("x" = u32, Path), ("y" = String, Path, description = "Row and format: 7.geojson, 7.mvt (Mapbox Vector Tile) or 7.mlt (MapLibre Tile)")),
    responses(
        (status = 200, content_type = "application/geo+json"), (status = 204, description = "An MVT or MLT tile with nothing in it"), (status = 304),
        (status = 400, body = Problem), (status = 404, body = Problem, description = "No such layer, or a tile outside the grid"), (status = 503, body = Problem)
    )
)]
pub async fn tile(
    State(serving): State<Serving>,
    language: Language,
    Place((layers, z, x, y)): Place<(String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let fail = |error| Failure(error, language);
    let (id, format) = parse(&z, &x, &y, language)?;
    let layers = app::named_layers(&layers).map_err(fail)?;
    drawn(&serving, TileKey { tile: id, layers: layers.into_iter().collect(), format }, &headers, language).await
}

/// The answer with the tile, made if it is not kept.
pub(super) async fn drawn(serving: &Serving, key: TileKey, headers: &HeaderMap, language: Language) -> Result<Response, Failure> {
    let fail = |error| Failure(error, language);
    let (tile, sequence) = app::tile(&serving.app, key, best_coding(headers)).await.map_err(fail)?;
    let unpacked = || fail(AppError::Internal(anyhow::anyhow!("the tile is not there in the coding that was asked for")));
    Ok(answer(&tile, key.format, sequence, headers).ok_or_else(unpacked)?.map(Body::from))
}

/// The answer, but for what every answer carries. `None` when the tile is not there in the coding that is wanted.
pub(in crate::http) fn answer(tile: &Tile, format: TileFormat, sequence: u64, asked: &HeaderMap) -> Option<Response<Bytes>> {
    let coding = tile.coding(best_coding(asked));
    let etag = tile.etag(coding);
    let mut response = Response::new(Bytes::new());
    if conditional::is_known(asked, std::str::from_utf8(etag).unwrap_or_default()) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else if tile.plain().is_empty() && format != TileFormat::GeoJson {
        *response.status_mut() = StatusCode::NO_CONTENT;
    } else {
        *response.body_mut() = tile.bytes_in(coding)?.clone();
        let headers = response.headers_mut();
        headers.reserve(CARRIED);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
        let name = match coding {
            Coding::Identity => None,
            Coding::Gzip => Some("gzip"),
            Coding::Brotli => Some("br"),
        };
        if let Some(name) = name {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
    }
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_maybe_shared(etag.clone()) {
        headers.insert(ETAG, etag);
    }
    // Always ask again: a change must show within a second, and a 304 costs next to nothing.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(SEQUENCE, sequence.into());
    Some(response)
}

/// The tile that a path names, when it names one in the plain way: anything else is for the router to understand or refuse.
pub(in crate::http) fn plainly_named(path: &str) -> Option<TileKey> {
    let mut parts = path.strip_prefix("/tiles/")?.split('/');
    let (names, z, x, last) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (y, format) = last.rsplit_once('.')?;
    let format = TileFormat::of_ending(format)?;
    let number = |text: &str| if text.bytes().all(|b| b.is_ascii_digit()) { text.parse::<u32>().ok() } else { None };
    let tile = TileId::new(u8::try_from(number(z)?).ok()?, number(x)?, number(y)?)?;
    let mut layers = LayerSet::default();
    for name in names.split(',') {
        let layer = name.parse().ok().filter(|layer| !layers.contains(*layer))?;
        layers = layers.with(layer);
    }
    parts.next().is_none().then_some(TileKey { tile, layers, format })
}

/// The coding the reader likes best; of equals brotli, which packs tiles tighter. What is said of a coding itself counts before what
/// is said of any (`*`).
fn best_coding(headers: &HeaderMap) -> Coding {
    let weight = |wanted: &str| {
        headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).find_map(
            |coding| {
                let mut parts = coding.split(';');
                let named = parts.next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted);
                let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse::<f32>().ok());
                named.then(|| weight.unwrap_or(1.0))
            },
        )
    };
    let brotli = weight("br").unwrap_or(0.0);
    let gzip = weight("gzip").or_else(|| weight("*")).unwrap_or(0.0);
    if brotli > 0.0 && brotli >= gzip {
        Coding::Brotli
    } else if gzip > 0.0 {
        Coding::Gzip
    } else {
        Coding::Identity
    }
}

fn parse(z: &str, x: &str, y: &str, language: Language) -> Result<(TileId, TileFormat), Failure> {
    let malformed = || {
        Failure::invalid(
            language,
            "tile",
            format!("瓦片地址 {z}/{x}/{y} 无法理解，应如 14/13650/6700.geojson、.mvt 或 .mlt。"),
            format!("The tile {z}/{x}/{y} cannot be understood; write it like 14/13650/6700.geojson, .mvt or .mlt."),
        )
    };
    let format = y.rsplit_once('.').and_then(|(y, ending)| Some((y, TileFormat::of_ending(ending)?)));
    let (y, format) = format.ok_or_else(malformed)?;
    let number =
        |text: &str| if text.bytes().all(|b| b.is_ascii_digit()) { text.parse::<u64>().map_err(|_| malformed()) } else { Err(malformed()) };
    let (z, x, y) = (number(z)?, number(x)?, number(y)?);
    let id = u8::try_from(z).ok().zip(u32::try_from(x).ok()).zip(u32::try_from(y).ok()).and_then(|((z, x), y)| TileId::new(z, x, y));
    let outside = || {
        let message = Message::new(
            format!("瓦片 {z}/{x}/{y} 不在网格内（z 为 0 至 22）。"),
            format!("The tile {z}/{x}/{y} is outside the grid (z is 0 to 22)."),
        );
        Failure(AppError::NotFound(message), language)
    };
    Ok((id.ok_or_else(outside)?, format))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Encoding {
    /// Of the vector tiles: mvt (Mapbox Vector Tile, by default) or mlt (MapLibre Tile).
    encoding: Option<String>,
}

/// TileJSON 3.0 of one or several layers.
#[utoipa::path(
    get, path = "/tiles/{layers}", tag = "tiles", params(("layers" = String, Path, description = "roads.json"), Encoding),
    responses((status = 200, body = TileJson), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub async fn tilejson(
    State(serving): State<Serving>,
    language: Language,
    Place(name): Place<String>,
    Params(asked): Params<Encoding>,
    headers: HeaderMap,
) -> Result<Json<TileJson>, Failure> {
    let fail = |error| Failure(error, language);
    let missing = || fail(AppError::NotFound(Message::new("此处只有 <图层>.json。", "There is only <layers>.json here.")));
    let names = name.strip_suffix(".json").ok_or_else(missing)?;
    let layers = app::named_layers(names).map_err(fail)?;
    let format = match asked.encoding.as_deref() {
        None | Some("mvt") => TileFormat::Mvt,
        Some("mlt") => TileFormat::Mlt,
        Some(_) => return Err(Failure::invalid(language, "encoding", "encoding 须为 mvt 或 mlt。", "`encoding` is mvt or mlt.")),
    };
    let infos = app::layers(&serving.app).await.map_err(fail)?;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme =
        headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok()).filter(|scheme| *scheme == "https").unwrap_or("http");
    Ok(Json(TileJson::new(names, &layers, &infos, &serving.app.city, &format!("{scheme}://{host}"), format, language)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_plainly_is_answered_before_the_router() {
        let key = plainly_named("/tiles/roads,zoning_labels/14/13650/6700.mvt").unwrap();
        assert_eq!((key.tile.z(), key.tile.x(), key.tile.y(), key.format), (14, 13650, 6700, TileFormat::Mvt));
        assert_eq!(key.layers.iter().map(|layer| layer.to_string()).collect::<Vec<_>>(), ["roads", "zoning_labels"]);
        assert_eq!(plainly_named("/tiles/zoning_labels,roads/14/13650/6700.mvt"), Some(key), "in any order");
        for path in [
            "/tiles/roads.json",
            "/tiles/roads/5/0/0",
            "/tiles/roads/5/0/0.png",
            "/tiles/roads/5/32/0.mvt",
            "/tiles/roads/23/0/0.mvt",
            "/tiles/roads/+5/0/0.mvt",
            "/tiles/roads/5//0.mvt",
            "/tiles/roads/5/0/0.mvt/",
            "/tiles/roads,roads/5/0/0.mvt",
            "/tiles/roads%2Czoning/5/0/0.mvt",
            "/tiles/permit_footprints/5/0/0.mvt",
            "/tiles//5/0/0.mvt",
            "/api/layers",
        ] {
            assert_eq!(plainly_named(path), None, "{path}");
        }
    }

    #[test]
    fn the_reader_s_favourite_coding_is_taken() {
        for (header, expected) in [
            ("", Coding::Identity),
            ("gzip", Coding::Gzip),
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("br;q=0.5, gzip", Coding::Gzip),
            ("br;q=0, gzip;q=0", Coding::Identity),
            ("deflate, *;q=0.1", Coding::Gzip),
            ("gzip;q=0, *", Coding::Identity),
            ("*;q=0, GZIP", Coding::Gzip),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(header).unwrap())]);
            assert_eq!(best_coding(&headers), expected, "{header}");
        }
    }
}
