//! Query and body extractors whose rejections are problems, and the forms that several routes share.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::response::Response;
use chrono::DateTime;
use serde::de::DeserializeOwned;

use super::language::Language;
use super::problem::{Failure, Rejected};
use crate::domain::{Extent, Layer};
use crate::store::TimePoint;

/// The query parameters as `T`.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let language = Language::from_parts(parts);
        let Query(value) = Query::<T>::from_request_parts(parts, state).await.map_err(|rejection| rejection.tell(language))?;
        Ok(Self(value))
    }
}

/// The JSON body as `T`.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let language = Language::from_parts(&parts);
        let request = Request::from_parts(parts, body);
        let Json(value) = Json::<T>::from_request(request, state).await.map_err(|rejection| rejection.tell(language))?;
        Ok(Self(value))
    }
}

/// The path parameters as `T`.
#[derive(Debug)]
pub struct Place<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Place<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let language = Language::from_parts(parts);
        let axum::extract::Path(value) =
            axum::extract::Path::<T>::from_request_parts(parts, state).await.map_err(|rejection| rejection.tell(language))?;
        Ok(Self(value))
    }
}

/// A longitude and a latitude in degrees.
pub fn point(lon: f64, lat: f64, language: Language) -> Result<[f64; 2], Failure> {
    if !(-180.0..=180.0).contains(&lon) {
        return Err(Failure::invalid(language, "lon", "经度须在 -180 至 180 之间。", "A longitude lies between -180 and 180."));
    }
    if !(-90.0..=90.0).contains(&lat) {
        return Err(Failure::invalid(language, "lat", "纬度须在 -90 至 90 之间。", "A latitude lies between -90 and 90."));
    }
    Ok([lon, lat])
}

/// `west,south,east,north` in degrees.
pub fn bbox(text: &str, language: Language) -> Result<Extent, Failure> {
    let wrong = || {
        Failure::invalid(
            language,
            "bbox",
            "bbox 须为 西,南,东,北 四个数（度）。",
            "A bbox is four numbers in degrees: west,south,east,north.",
        )
    };
    let numbers: Vec<f64> = text.split(',').map(|part| part.trim().parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
    match numbers.as_slice() {
        [west, south, east, north] if west <= east && south <= north && numbers.iter().all(|n| n.is_finite()) => {
            Ok(Extent { min: [*west, *south], max: [*east, *north] })
        }
        _ => Err(wrong()),
    }
}

/// Layer ids joined by commas.
pub fn layers(text: &str, language: Language) -> Result<Vec<Layer>, Failure> {
    text.split(',')
        .filter(|id| !id.is_empty())
        .map(|id| {
            id.parse().ok().filter(|layer| *layer != Layer::PermitFootprints).ok_or_else(|| {
                let known = Layer::public().map(Layer::id).collect::<Vec<_>>().join(", ");
                Failure::invalid(
                    language,
                    "layer",
                    format!("没有图层 {id:?}。可用：{known}"),
                    format!("There is no layer {id:?}; there are: {known}"),
                )
            })
        })
        .collect()
}

/// A day of the city such as `2026-11-22`, or an RFC 3339 time.
pub fn time_point(text: &str, field: &str, language: Language) -> Result<TimePoint, Failure> {
    let day = || text.parse().map(TimePoint::Day).ok();
    let time = || DateTime::parse_from_rfc3339(text).map(|time| TimePoint::Time(time.to_utc())).ok();
    day().or_else(time).ok_or_else(|| {
        Failure::invalid(
            language,
            field,
            format!("{field} 须为日期或 RFC 3339 时间，例如 2026-11-22 或 2026-11-22T09:00:00Z。"),
            format!("`{field}` is a day or an RFC 3339 time such as 2026-11-22 or 2026-11-22T09:00:00Z."),
        )
    })
}
