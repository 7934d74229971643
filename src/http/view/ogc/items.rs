//! Items as GeoJSON (RFC 7946; in another system than CRS84 the coordinates are in the order of its authority, as part 2 says).

use chrono::{SecondsFormat, Utc};
use geo::MapCoords;
use geo::orient::{Direction, Orient};
use geo_types::{Coord, Geometry};
use serde_json::{Map, Value as Json, json};

use super::link::{Base, GEOJSON, HTML, JSON, link};
use super::said;
use crate::app::ogc::{Frame, Item, ItemsAnswer, WholeItem};
use crate::cql2::Answer;
use crate::domain::Layer;
use crate::http::language::Language;
use crate::http::view::feature::value_json;

/// The parameter that carries where the next page begins.
pub const TOKEN: &str = "token";

pub fn page(answer: &ItemsAnswer, frame: &Frame, asked: &[(String, String)], base: &Base, language: Language) -> Json {
    json!({
        "type": "FeatureCollection",
        "links": links(answer, asked, base, language),
        "timeStamp": Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        "numberMatched": answer.matched,
        "numberReturned": answer.items.len(),
        // of the change log: what the whole page stands at
        "sequence": answer.sequence,
        "features": answer.items.iter().map(|item| feature(item, frame)).collect::<Vec<_>>(),
    })
}

/// What only a single item has, see [`super::schema`].
pub fn single(whole: &WholeItem, layer: Layer, frame: &Frame, base: &Base, language: Language) -> Json {
    let (item, record) = (&whole.item, &whole.found.record);
    let mut view = feature(item, frame);
    let mut put = |name: &str, value: Json| {
        if !value.is_null() {
            view["properties"][name] = value;
        }
    };
    // Fields that are not on the map are in the store only.
    for (field, value) in record.fields.iter() {
        put(field.name, value.map_or(Json::Null, value_json));
    }
    put("names", json!(record.names));
    put("source", record.source.clone().into());
    put("source_id", record.source_id.clone().into());
    put("valid_from", json!(record.validity.from));
    put("valid_to", json!(record.validity.to));
    put("recorded_from", json!(whole.found.recorded_from));
    put("dataset", json!(whole.found.dataset));
    put("attributes", Json::Object(record.attributes.clone()));
    let mut links = base.itself(GEOJSON, language);
    let path = format!("/collections/{}", layer.id());
    links.push(link("collection", JSON, &said(language, "所在集合", "The collection"), &base.formatted(&path, "json")));
    let whole = format!("{}/api/features/{}/{}", base.site(), layer.id(), item.id);
    links.push(link("related", GEOJSON, &said(language, "登记的全部内容", "Everything that is known of it"), &whole));
    view["links"] = links.into();
    view
}

fn links(answer: &ItemsAnswer, asked: &[(String, String)], base: &Base, language: Language) -> Vec<Json> {
    let same = || asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| *name != "f");
    let address = |format| base.with(base.path(), same().chain([("f", format)]));
    let mut links = vec![
        link("self", GEOJSON, &said(language, "本页", "This page"), &address("json")),
        link("alternate", HTML, &said(language, "网页", "As a page"), &address("html")),
    ];
    for (format, media) in [("json", GEOJSON), ("html", HTML)] {
        if let Some(href) = next(answer, asked, base, format) {
            links.push(link("next", media, &said(language, "下一页", "The next page"), &href));
        }
    }
    let collection = base.path().trim_end_matches("/items");
    links.push(link("collection", JSON, &said(language, "所在集合", "The collection"), &base.formatted(collection, "json")));
    links
}

/// Where the next page is.
pub fn next(answer: &ItemsAnswer, asked: &[(String, String)], base: &Base, format: &str) -> Option<String> {
    let token = answer.next.as_deref()?;
    let same = asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| *name != "f" && *name != TOKEN);
    Some(base.with(base.path(), same.chain([("f", format), (TOKEN, token)])))
}

fn feature(item: &Item, frame: &Frame) -> Json {
    let properties: Map<String, Json> =
        item.properties.iter().map(|(property, value)| (property.name.to_owned(), scalar(value, property.whole))).collect();
    json!({
        "type": "Feature",
        "id": item.id.to_string(),
        "geometry": item.geometry.as_ref().map(|geometry| geojson(geometry, frame)),
        "properties": properties,
    })
}

pub fn scalar(value: &Answer<'_>, whole: bool) -> Json {
    match value {
        Answer::Text(text) => text.as_ref().into(),
        #[allow(clippy::cast_possible_truncation, reason = "it came from a whole number")]
        Answer::Number(number) if whole => (*number as i64).into(),
        Answer::Number(number) => json!(number),
        Answer::Boolean(value) => (*value).into(),
        Answer::Date(date) => json!(date),
        Answer::Time(time) => json!(time),
    }
}

fn geojson(geometry: &Geometry<f64>, frame: &Frame) -> geojson::Geometry {
    let unit = 10f64.powi(frame.decimals());
    let round = |value: f64| (value * unit).round() / unit;
    let oriented = match geometry {
        Geometry::Polygon(polygon) => Geometry::Polygon(polygon.orient(Direction::Default)),
        Geometry::MultiPolygon(polygons) => Geometry::MultiPolygon(polygons.orient(Direction::Default)),
        other => other.clone(),
    };
    let written = oriented.map_coords(|Coord { x, y }| frame.turned([round(x), round(y)]).into());
    geojson::Geometry::new(geojson::GeometryValue::from(&written))
}
