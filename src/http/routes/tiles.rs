//! `GET /tiles/{layers}/{z}/{x}/{y}.geojson` and `.mvt`, and TileJSON.

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HOST, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::app::{self, AppError, Coding, Message, Tile, TileFormat};
use crate::http::Serving;
use crate::http::conditional;
use crate::http::language::Language;
use crate::http::params::Place;
use crate::http::problem::{Failure, Problem};
use crate::http::view::tilejson::TileJson;
use crate::tiles::TileId;

/// Bytes under which packing saves nothing.
const WORTH_PACKING: usize = 256;
/// The sequence at which a tile stands; only tiles carry it.
pub const SEQUENCE: HeaderName = HeaderName::from_static("yutu-sequence");

/// A tile of one or several layers (joined by commas; `<layer>_labels` for label points), z 0 to 22, in the web mercator grid.
/// GeoJSON coordinates are WGS 84. Nothing is dropped silently: what is merged or counted says so in its properties.
#[utoipa::path(
    get, path = "/tiles/{layers}/{z}/{x}/{y}", tag = "tiles",
    params(("layers" = String, Path), ("z" = u8, Path), ("x" = u32, Path), ("y" = String, Path, description = "Row and format: 7.geojson or 7.mvt")),
    responses(
        (status = 200, content_type = "application/geo+json"), (status = 204, description = "An MVT tile with nothing in it"), (status = 304),
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
    let (tile, sequence) = app::tile(&serving.app, id, layers, format).await.map_err(fail)?;
    Ok(answer(&tile, format, sequence, &headers))
}

pub(super) fn answer(tile: &Tile, format: TileFormat, sequence: u64, headers: &HeaderMap) -> Response {
    let coding = if tile.plain.len() > WORTH_PACKING { best_coding(headers) } else { Coding::Identity };
    // A packed form is another representation, and a strong ETag tells them apart.
    let etag = match coding {
        Coding::Identity => tile.etag.clone(),
        Coding::Gzip => format!("{}-gz\"", tile.etag.trim_end_matches('"')),
        Coding::Brotli => format!("{}-br\"", tile.etag.trim_end_matches('"')),
    };
    let mut response = if conditional::is_known(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if tile.plain.is_empty() && format == TileFormat::Mvt {
        StatusCode::NO_CONTENT.into_response()
    } else {
        let mut response = tile.coded(coding).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
        let name = match coding {
            Coding::Identity => None,
            Coding::Gzip => Some("gzip"),
            Coding::Brotli => Some("br"),
        };
        if let Some(name) = name {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        response
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(ETAG, etag);
    }
    // Always ask again: a change must show within a second, and a 304 costs next to nothing.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(SEQUENCE, sequence.into());
    response
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
            format!("瓦片地址 {z}/{x}/{y} 无法理解，应如 14/13650/6700.geojson 或 .mvt。"),
            format!("The tile {z}/{x}/{y} cannot be understood; write it like 14/13650/6700.geojson or .mvt."),
        )
    };
    let (y, format) = match y.rsplit_once('.') {
        Some((y, "geojson")) => (y, TileFormat::GeoJson),
        Some((y, "mvt")) => (y, TileFormat::Mvt),
        _ => return Err(malformed()),
    };
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

/// TileJSON 3.0 of one or several layers.
#[utoipa::path(get, path = "/tiles/{layers}", tag = "tiles", params(("layers" = String, Path, description = "roads.json")), responses((status = 200, body = TileJson), (status = 404, body = Problem)))]
pub async fn tilejson(
    State(serving): State<Serving>,
    language: Language,
    Place(name): Place<String>,
    headers: HeaderMap,
) -> Result<Json<TileJson>, Failure> {
    let fail = |error| Failure(error, language);
    let missing = || fail(AppError::NotFound(Message::new("此处只有 <图层>.json。", "There is only <layers>.json here.")));
    let names = name.strip_suffix(".json").ok_or_else(missing)?;
    let layers = app::named_layers(names).map_err(fail)?;
    let infos = app::layers(&serving.app).await.map_err(fail)?;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme =
        headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok()).filter(|scheme| *scheme == "https").unwrap_or("http");
    Ok(Json(TileJson::new(names, &layers, &infos, &serving.app.city, &format!("{scheme}://{host}"), language)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
