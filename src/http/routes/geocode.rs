//! `POST /api/geocode`: a table of addresses in, the same table with places out, as it comes.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONNECTION, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Version};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::app::{self, AppError, Message, Named, WashForm};
use crate::gazetteer::Query;
use crate::http::Serving;
use crate::http::language::Language;
use crate::http::params::{self, Params};
use crate::http::problem::{self, Failure, Problem};

/// What a table may be called by who sends it; browsers on Windows call a CSV file an Excel file.
const TABLES: [&str; 5] = ["text/csv", "text/plain", "text/tab-separated-values", "application/octet-stream", "application/vnd.ms-excel"];

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Geocode {
    /// The column with the address, by its heading or its number (from 1); several joined by commas are read in that order. Found out
    /// when one heading says it is the address, else asked for.
    column: Option<String>,
    /// Whether the first row is a heading; true by default.
    heading: Option<bool>,
    /// utf-8, gb18030, big5, windows-1252, ...; by default as the `charset` of the content type says, else found out.
    encoding: Option<String>,
    /// comma, semicolon, tab or pipe; found out from the first row by default.
    separator: Option<String>,
    /// Language of labels and notes: zh or en; by default as Accept-Language says. Read by the language extractor.
    #[serde(rename = "lang")]
    _lang: Option<String>,
    /// Of equally good places, those near this longitude come first.
    lon: Option<f64>,
    lat: Option<f64>,
    /// Look in these layers only, joined by commas.
    layer: Option<String>,
    /// Look in this division only: its code or name.
    division: Option<String>,
}

/// Geocodes a table. Each row comes out as it was, in its order, with columns behind it: `yutu_label`, `yutu_layer`, `yutu_id`,
/// `yutu_lon` and `yutu_lat` (WGS 84) of the place, `yutu_certainty` (A: every part as written and nothing else fits; B: one thing
/// differs; C: somebody has to look; empty: not found), `yutu_match` (how), `yutu_differs` (part by part, in words), `yutu_rivals` (other
/// places that fit as well), `yutu_sequence`, `yutu_note` (an old name and what it is called now since when, a cancelled place, a number that is
/// missing, a row with too many cells). What is found by an old name or is cancelled is never A. Rows are answered while the table is still being sent; blank lines are left out.
/// An answer that breaks off is not complete: its last row says why. UTF-8 and GB18030 come back as they are, others as UTF-8 with BOM.
#[utoipa::path(
    post, path = "/api/geocode", tag = "search", params(Geocode),
    request_body(content = String, content_type = "text/csv", description = "A table of any size; no row longer than 64 KiB."),
    responses((status = 200, content_type = "text/csv", body = String), (status = 400, body = Problem), (status = 415, body = Problem), (status = 503, body = Problem))
)]
pub async fn geocode(
    State(serving): State<Serving>,
    language: Language,
    Params(asked): Params<Geocode>,
    version: Version,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let refuse = |failure: Failure| unread(failure.into_response(), version);
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (media, charset) = content_type(kind);
    if !media.is_empty() && !TABLES.contains(&media.as_str()) {
        let (zh, en) = ("请以 text/csv 传送表格本身。", "Send the table itself as text/csv.");
        return Err(unread(problem::wrong_media(&Message::new(zh, en), language), version));
    }
    let form = form(asked, charset, language).map_err(refuse)?;
    let place = Arc::clone(&serving.batches).try_acquire_owned().map_err(|_| {
        let message = Message::new("正在处理的表格已经太多，请稍后再试。", "Too many tables are being answered; try again later.");
        refuse(Failure(AppError::Unavailable { retry_after_s: 30, message }, language))
    })?;
    let has_heading = form.has_heading;
    let washed =
        app::geocode(&serving.app, form, body.into_data_stream(), place).await.map_err(|error| refuse(Failure(error, language)))?;
    let header = if has_heading { "present" } else { "absent" };
    let kind = format!("text/csv; charset={}; header={header}", washed.form.charset().to_lowercase());
    let headers = [(CONTENT_TYPE, kind.as_str()), (CONTENT_DISPOSITION, "attachment; filename=\"geocoded.csv\"")];
    Ok((headers, Body::from_stream(washed.bytes)).into_response())
}

/// A refusal while the table is still being sent: over HTTP/1.1 the rest would stand in the way of the next request.
fn unread(mut response: Response, version: Version) -> Response {
    if version <= Version::HTTP_11 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn form(asked: Geocode, charset: Option<String>, language: Language) -> Result<WashForm, Failure> {
    let bias = match (asked.lon, asked.lat) {
        (Some(lon), Some(lat)) => Some(params::point(lon, lat, language)?),
        (None, None) => None,
        _ => return Err(Failure::invalid(language, "lon", "lon 与 lat 须同时给出。", "`lon` and `lat` go together.")),
    };
    let query = Query {
        lang: language.code().to_owned(),
        bias,
        layers: asked.layer.as_deref().map(|text| params::layers(text, language)).transpose()?.unwrap_or_default(),
        division: asked.division,
        ..Query::default()
    };
    let separator = asked.separator.map(|name| separator(&name, language)).transpose()?;
    let columns = asked.column.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let named = Named { encoding: asked.encoding.or(charset), separator };
    Ok(WashForm { columns, has_heading: asked.heading.unwrap_or(true), named, query })
}

fn separator(name: &str, language: Language) -> Result<u8, Failure> {
    app::separator(name).ok_or_else(|| {
        let (zh, en) = ("separator 须为 comma、semicolon、tab 或 pipe。", "A separator is `comma`, `semicolon`, `tab` or `pipe`.");
        Failure::invalid(language, "separator", zh, en)
    })
}

/// The media type in lower case, and its charset.
fn content_type(text: &str) -> (String, Option<String>) {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset = parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    (media, charset.map(|(_, value)| value.trim_matches('"').to_owned()).filter(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::content_type;

    #[test]
    fn a_content_type_says_what_it_is_and_how_it_is_encoded() {
        assert_eq!(content_type("Text/CSV; header=present; Charset=\"gb18030\""), ("text/csv".to_owned(), Some("gb18030".to_owned())));
        assert_eq!(content_type("text/csv;charset="), ("text/csv".to_owned(), None));
        assert_eq!(content_type(""), (String::new(), None));
    }
}
