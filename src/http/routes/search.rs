//! `GET /api/search`, `/api/suggest` and `/api/reverse`

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::app::{self, ReverseQuestion, SearchQuestion};
use crate::gazetteer::Query;
use crate::http::Serving;
use crate::http::language::Language;
use crate::http::params::{self, Params};
use crate::http::problem::{Failure, Problem};
use crate::http::view::geocode::GeocodeView;

const MOST_HITS: usize = 100;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// A name, an address or a code, in hanzi or Latin; or a place in degrees (24.75,121.75).
    q: String,
    /// At most so many hits; 10 by default, 100 at most.
    limit: Option<usize>,
    /// Language of the labels: zh or en; by default as Accept-Language says. Read by the language extractor.
    #[serde(rename = "lang")]
    _lang: Option<String>,
    /// Of equally good hits, those near this longitude come first.
    lon: Option<f64>,
    lat: Option<f64>,
    /// west,south,east,north in degrees.
    bbox: Option<String>,
    /// Layers, joined by commas; all by default.
    layer: Option<String>,
    /// A division's code (then all below it count too) or name: of what lies in it, or has an address that names it.
    division: Option<String>,
    /// Say of each hit what its score is the sum of (member `explain`).
    explain: Option<bool>,
    /// Answer only from an index that knows of this sequence: waits up to 5 s, then 503.
    after_sequence: Option<u64>,
}

/// Places by name, address or code, best first, as GeocodeJSON. Each hit says which part matched how. A place is also found by the names and
/// addresses that it had before, behind those that are called so today, and says since when it is called what it is (`former`); one that is
/// no more is found as `cancelled`.
#[utoipa::path(get, path = "/api/search", tag = "search", params(Search), responses((status = 200, body = GeocodeView), (status = 400, body = Problem)))]
pub async fn search(
    State(serving): State<Serving>,
    language: Language,
    Params(search): Params<Search>,
) -> Result<Json<GeocodeView>, Failure> {
    find(&serving, language, search, false).await
}

/// The same for a text that is still being typed: a single letter finds beginnings only, and `match.parts` are left out.
#[utoipa::path(get, path = "/api/suggest", tag = "search", params(Search), responses((status = 200, body = GeocodeView), (status = 400, body = Problem)))]
pub async fn suggest(
    State(serving): State<Serving>,
    language: Language,
    Params(search): Params<Search>,
) -> Result<Json<GeocodeView>, Failure> {
    find(&serving, language, search, true).await
}

async fn find(serving: &Serving, language: Language, search: Search, unfinished: bool) -> Result<Json<GeocodeView>, Failure> {
    let bias = match (search.lon, search.lat) {
        (Some(lon), Some(lat)) => Some(params::point(lon, lat, language)?),
        (None, None) => None,
        _ => return Err(Failure::invalid(language, "lon", "lon 与 lat 须同时给出。", "`lon` and `lat` go together.")),
    };
    let query = Query {
        text: search.q,
        limit: limit(search.limit, 10, language)?,
        lang: language.code().to_owned(),
        bias,
        bbox: search.bbox.as_deref().map(|text| params::bbox(text, language)).transpose()?,
        layers: search.layer.as_deref().map(|text| params::layers(text, language)).transpose()?.unwrap_or_default(),
        division: search.division,
        unfinished,
        reasons: !unfinished,
    };
    let text = query.text.clone();
    let question = SearchQuestion { query, after_sequence: search.after_sequence };
    let found = app::search(&serving.app, question).await.map_err(|error| Failure(error, language))?;
    let explain = search.explain.unwrap_or_default();
    Ok(Json(GeocodeView::of_search(text, found, &serving.app.city, language, explain)))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Reverse {
    /// Longitude, degrees.
    lon: f64,
    /// Latitude, degrees.
    lat: f64,
    /// Layers, joined by commas; plates, place names and roads by default.
    layer: Option<String>,
    /// Metres; 200 by default, 20000 at most.
    radius: Option<f64>,
    /// At most so many; 1 by default, 100 at most.
    limit: Option<usize>,
}

/// What is nearest to a point, nearest first, as GeocodeJSON with `distance_m`, and what it lies in and beside (`geocoding.surroundings`).
/// What is equally far comes in the order of the layers from the top of the map down (door plates, place names, ..., roads, ...), then by
/// id, in which letters come before digits (`a` is 0, `7` is 31). So an answer with a greater `limit` begins with that of a smaller one.
#[utoipa::path(get, path = "/api/reverse", tag = "search", params(Reverse), responses((status = 200, body = GeocodeView), (status = 400, body = Problem)))]
pub async fn reverse(
    State(serving): State<Serving>,
    language: Language,
    Params(reverse): Params<Reverse>,
) -> Result<Json<GeocodeView>, Failure> {
    let [longitude, latitude] = params::point(reverse.lon, reverse.lat, language)?;
    let radius_m = reverse.radius.unwrap_or(200.0);
    if !(0.0..=20_000.0).contains(&radius_m) {
        return Err(Failure::invalid(language, "radius", "radius 须在 0 至 20000 米之间。", "A radius lies between 0 and 20000 metres."));
    }
    let question = ReverseQuestion {
        longitude,
        latitude,
        layers: reverse.layer.as_deref().map(|text| params::layers(text, language)).transpose()?.unwrap_or_default(),
        radius_m,
        limit: limit(reverse.limit, 1, language)?,
        lang: language.code(),
    };
    let found = app::reverse(&serving.app, question).await.map_err(|error| Failure(error, language))?;
    Ok(Json(GeocodeView::of_nearest(&found, &serving.app.city, language)))
}

fn limit(asked: Option<usize>, default: usize, language: Language) -> Result<usize, Failure> {
    match asked.unwrap_or(default) {
        limit @ 1..=MOST_HITS => Ok(limit),
        _ => Err(Failure::invalid(language, "limit", "limit 须在 1 至 100 之间。", "A limit lies between 1 and 100.")),
    }
}
