//! The items of a collection and single ones.

use axum::extract::State;
use axum::http::HeaderName;
use axum::response::{IntoResponse, Response};

use super::ask::{Ask, Format, json};
use crate::app::ogc::{self, Bbox, Filter, Frame, ItemsQuestion, Property, Role, SortKey};
use crate::cql2::{self, Expression, Fault, Kind};
use crate::domain::{Extent, Layer};
use crate::http::Serving;
use crate::http::params::{self, Place};
use crate::http::problem::Failure;
use crate::http::view::ogc::{html, items as view};
use crate::store::Interval;

const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");
const FORMATS: [Format; 2] = [Format::Json, Format::Html];
const KNOWN: [&str; 10] = ["limit", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs", "sortby", view::TOKEN];

pub async fn items(State(serving): State<Serving>, ask: Ask, Place(id): Place<String>) -> Result<Response, Failure> {
    let fail = |error| Failure(error, ask.language);
    let collection = ogc::collection(&serving.app, &id).map_err(fail)?;
    let properties = ogc::properties(&serving.app.city, collection.layer);
    let queryables = properties.iter().filter(|property| property.role != Role::Geometry).map(|property| property.name);
    let known: Vec<&str> = KNOWN.into_iter().chain(queryables).collect();
    ask.only(&known)?;
    let format = ask.format(&FORMATS)?;
    let question = question(&serving, &ask, collection.layer, &properties)?;
    let frame = question.frame.clone();
    let answer = ogc::items(&serving.app, question).await.map_err(fail)?;
    let crs = content_crs(&frame);
    Ok(match format {
        Format::Html => (crs, html::items(&answer, &collection, &properties, &frame, &ask.pairs, &ask.base, ask.language)).into_response(),
        _ => (crs, json("application/geo+json", &view::page(&answer, &frame, &ask.pairs, &ask.base, ask.language))).into_response(),
    })
}

pub async fn item(State(serving): State<Serving>, ask: Ask, Place((id, item)): Place<(String, String)>) -> Result<Response, Failure> {
    let fail = |error| Failure(error, ask.language);
    let collection = ogc::collection(&serving.app, &id).map_err(fail)?;
    ask.only(&["crs", "datetime"])?;
    let format = ask.format(&FORMATS)?;
    let frame = frame(&serving, &ask, "crs")?;
    let day = ask.get("datetime").map(|text| datetime(&ask, text)).transpose()?;
    let item = ogc::item(&serving.app, collection.layer, &item, day, frame.clone()).await.map_err(fail)?;
    let view = view::single(&item, collection.layer, &frame, &ask.base, ask.language);
    let crs = content_crs(&frame);
    Ok(match format {
        Format::Html => (crs, html::page(&view, &ask.base, ask.language)).into_response(),
        _ => (crs, json("application/geo+json", &view)).into_response(),
    })
}

fn content_crs(frame: &Frame) -> [(HeaderName, String); 1] {
    [(CONTENT_CRS, format!("<{}>", frame.uri))]
}

fn question(serving: &Serving, ask: &Ask, layer: Layer, properties: &[Property]) -> Result<ItemsQuestion, Failure> {
    Ok(ItemsQuestion {
        layer,
        limit: limit(ask)?,
        bbox: bbox(serving, ask)?,
        datetime: ask.get("datetime").map(|text| datetime(ask, text)).transpose()?,
        filter: filter(serving, ask, properties)?,
        sort: ask.get("sortby").map(|text| sort(ask, text, properties)).transpose()?.unwrap_or_default(),
        token: ask.get(view::TOKEN).map(str::to_owned),
        frame: frame(serving, ask, "crs")?,
    })
}

fn limit(ask: &Ask) -> Result<usize, Failure> {
    let Some(text) = ask.get("limit") else { return Ok(ogc::DEFAULT_LIMIT) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // More than there is room for is as much as there is room for.
    let limit = if digits { text.parse().unwrap_or(ogc::MAX_LIMIT) } else { 0 };
    if limit == 0 {
        return Err(ask.invalid("limit", "limit 须为正整数。", "`limit` is a number from 1 on."));
    }
    Ok(limit.min(ogc::MAX_LIMIT))
}

fn frame(serving: &Serving, ask: &Ask, parameter: &str) -> Result<Frame, Failure> {
    let mut frames = ogc::frames(&serving.app);
    let Some(uri) = ask.get(parameter) else { return Ok(frames.swap_remove(0)) };
    frames.into_iter().find(|frame| frame.uri == uri).ok_or_else(|| {
        ask.invalid(
            parameter,
            format!("不支持坐标系 {uri:.100}，见集合的 crs。"),
            format!("The coordinate system {uri:.100} is not offered: see `crs` of the collection."),
        )
    })
}

fn bbox(serving: &Serving, ask: &Ask) -> Result<Option<Bbox>, Failure> {
    let frame = frame(serving, ask, "bbox-crs")?;
    let Some(text) = ask.get("bbox") else { return Ok(None) };
    let wrong = || {
        ask.invalid(
            "bbox",
            "bbox 须为 4 或 6 个数：下角，然后上角，轴序按坐标系。",
            "A bbox is 4 or 6 numbers: the lower corner, then the upper, in the axis order of its coordinate system.",
        )
    };
    let numbers: Vec<f64> = text.split(',').map(|part| part.trim().parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let (low, high) = match numbers.as_slice() {
        [a, b, c, d] | [a, b, _, c, d, _] if numbers.iter().all(|number| number.is_finite()) => ([*a, *b], [*c, *d]),
        _ => return Err(wrong()),
    };
    let (low, high) = (frame.turned(low), frame.turned(high));
    if low[1] > high[1] || (low[0] > high[0] && !frame.is_degrees()) {
        return Err(wrong());
    }
    let boxes = if low[0] > high[0] {
        // over the antimeridian
        vec![Extent { min: low, max: [180.0, high[1]] }, Extent { min: [-180.0, low[1]], max: high }]
    } else {
        vec![Extent { min: low, max: high }]
    };
    Ok(Some(Bbox { frame, boxes }))
}

/// An instant, or two with a slash between them, of which one may be open: empty or `..`.
fn datetime(ask: &Ask, text: &str) -> Result<Interval, Failure> {
    let point = |text: &str| match text {
        "" | ".." => Ok(None),
        text => params::time_point(text, "datetime", ask.language).map(Some),
    };
    let Some((from, to)) = text.split_once('/') else {
        let at = params::time_point(text, "datetime", ask.language)?;
        return Ok(Interval { from: Some(at), to: Some(at) });
    };
    let interval = Interval { from: point(from)?, to: point(to)? };
    let backwards = match (interval.from, interval.to) {
        (None, None) => true,
        (Some(from), Some(to)) => from.is_after(to),
        _ => false,
    };
    if backwards {
        return Err(ask.invalid(
            "datetime",
            "datetime 的区间无效。",
            "The interval of `datetime` is open at both ends, or ends before it begins.",
        ));
    }
    Ok(interval)
}

fn filter(serving: &Serving, ask: &Ask, properties: &[Property]) -> Result<Option<Filter>, Failure> {
    let kind = |name: &str| properties.iter().find(|property| property.name == name).map(|property| property.kind);
    let told = |parameter: &str, fault: Fault| ask.invalid(parameter, fault.zh, fault.en);
    let frame = frame(serving, ask, "filter-crs")?;
    let mut all = Vec::new();
    for (name, value) in &ask.pairs {
        if !KNOWN.contains(&name.as_str()) && kind(name).is_some() {
            all.push(cql2::equals(name, value, &kind).map_err(|fault| told(name, fault))?);
        }
    }
    let read = match ask.get("filter-lang") {
        None | Some("cql2-text") => cql2::from_text,
        Some("cql2-json") => cql2::from_json,
        Some(_) => {
            return Err(ask.invalid(
                "filter-lang",
                "filter-lang 须为 cql2-text 或 cql2-json。",
                "`filter-lang` is cql2-text or cql2-json.",
            ));
        }
    };
    if let Some(text) = ask.get("filter") {
        let mut expression = read(text, &kind).map_err(|fault| told("filter", fault))?;
        expression.map_coordinates(&|point| frame.turned(point));
        all.push(expression);
    }
    let expression = match all.len() {
        0 => return Ok(None),
        1 => all.remove(0),
        _ => Expression::And(all),
    };
    Ok(Some(Filter { frame, expression }))
}

/// Names joined by commas, `-` before one that goes down.
fn sort(ask: &Ask, text: &str, properties: &[Property]) -> Result<Vec<SortKey>, Failure> {
    text.split(',')
        .map(|part| {
            // A plus sign that was not encoded comes as a blank.
            let part = part.trim().trim_start_matches('+');
            let (descending, name) = part.strip_prefix('-').map_or((false, part), |name| (true, name));
            let property = properties.iter().find(|property| property.name == name && property.kind != Kind::Geometry);
            let unknown = || {
                ask.invalid(
                    "sortby",
                    format!("不能按 {name:.80} 排序，见该集合的 sortables。"),
                    format!("{name:.80} is not among the sortables of the collection."),
                )
            };
            Ok(SortKey { property: property.ok_or_else(unknown)?.clone(), descending })
        })
        .collect()
}
