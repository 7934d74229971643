//! A collection and the list of them.

use serde_json::{Value as Json, json};

use super::link::{Base, GEOJSON, HTML, JSON, SCHEMA, link};
use super::{said, told};
use crate::app::App;
use crate::app::ogc::{self, Collection};
use crate::http::language::Language;

const RELATION: &str = "http://www.opengis.net/def/rel/ogc/1.0/";

pub fn list(app: &App, all: &[Collection], base: &Base, language: Language) -> Json {
    json!({
        "title": said(language, "集合", "Collections"),
        "links": base.itself(JSON, language),
        "collections": all.iter().map(|one| collection(app, one, base, language)).collect::<Vec<_>>(),
    })
}

/// One collection at its own address.
pub fn page(app: &App, one: &Collection, base: &Base, language: Language) -> Json {
    collection(app, one, base, language)
}

fn collection(app: &App, one: &Collection, base: &Base, language: Language) -> Json {
    let id = one.layer.id();
    let path = format!("/collections/{id}");
    let mut links = vec![
        link("self", JSON, &said(language, "此集合", "This collection"), &base.formatted(&path, "json")),
        link("alternate", HTML, &said(language, "网页", "As a page"), &base.formatted(&path, "html")),
    ];
    let mut add = |rel: &str, media: &str, zh: &str, en: &str, part: &str, format: &str| {
        links.push(link(rel, media, &said(language, zh, en), &base.formatted(&format!("{path}/{part}"), format)));
    };
    add("items", GEOJSON, "要素", "Items", "items", "json");
    add("items", HTML, "要素（网页）", "Items as a page", "items", "html");
    add(&format!("{RELATION}schema"), SCHEMA, "要素的结构", "What items have", "schema", "json");
    add(&format!("{RELATION}queryables"), SCHEMA, "可查询属性", "What can be asked", "queryables", "json");
    add(&format!("{RELATION}sortables"), SCHEMA, "可排序属性", "What can be sorted by", "sortables", "json");
    add(&format!("{RELATION}tilesets-vector"), JSON, "矢量瓦片集", "Vector tile sets", "tiles", "json");
    let credits = app.city.layers.get(&one.layer);
    let mut view = json!({
        "id": id,
        "title": told(one.layer.title(), language),
        "description": said(
            language,
            &format!("{} 个要素，截至变更序号 {}。datetime 按有效期选择，默认为现在。", one.count, one.sequence),
            &format!("{} items at sequence {} of the change log. `datetime` chooses by validity, now by default.", one.count, one.sequence),
        ),
        "itemType": "feature",
        "crs": ogc::frames(app).into_iter().map(|frame| frame.uri).collect::<Vec<_>>(),
    });
    if let Some(frame) = ogc::storage_frame(app) {
        view["storageCrs"] = frame.uri.into();
    }
    if let Some(extent) = one.extent {
        view["extent"] = json!({ "spatial": {
            "bbox": [[extent.min[0], extent.min[1], extent.max[0], extent.max[1]]],
            "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        }});
    }
    if let Some(attribution) = credits.and_then(|credits| credits.attribution.as_ref()) {
        view["attribution"] = language.of(attribution).into();
    }
    if let Some(licence) = credits.and_then(|credits| credits.licence.as_ref()) {
        view["license"] = licence.clone().into();
    }
    view["links"] = links.into();
    view
}
