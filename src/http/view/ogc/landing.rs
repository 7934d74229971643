//! The landing page and what is conformed to.

use serde_json::{Value as Json, json};

use super::link::{Base, HTML, JSON, link};
use super::said;
use crate::app::City;
use crate::http::language::Language;

/// Only what is true, by the identifiers of the published standards: OGC 19-072, 20-024, 17-069r4, 18-058r1, 19-079r2, 21-065r2,
/// 23-058r2 and 20-057.
pub const CLASSES: [&str; 39] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    // Features part 5 was published as part 3 of Common (OGC 23-058r2).
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/advanced-property-roles",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/returnables-and-receivables",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/collections-selection",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geojson",
];

pub fn landing(city: &City, base: &Base, language: Language) -> Json {
    let mut links = base.itself(JSON, language);
    let mut add = |rel: &str, media: &str, zh: &str, en: &str, href: String| links.push(link(rel, media, &said(language, zh, en), &href));
    let api = "application/vnd.oai.openapi+json;version=3.0";
    add("service-desc", api, "接口描述", "Description of the API", base.formatted("/api", "json"));
    add("service-doc", HTML, "接口文档", "Documentation of the API", format!("{}/api/docs/", base.site()));
    add("conformance", JSON, "符合性声明", "Conformance", base.formatted("/conformance", "json"));
    add("data", JSON, "集合", "Collections", base.formatted("/collections", "json"));
    let tilesets = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
    add(tilesets, JSON, "矢量瓦片集", "Vector tile sets", base.formatted("/tiles", "json"));
    let schemes = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";
    add(schemes, JSON, "瓦片矩阵集", "Tile matrix sets", base.formatted("/tileMatrixSets", "json"));
    let mut view = json!({
        "title": format!("{} · Yutu 舆图", language.of(&city.name)),
        "description": said(
            language,
            "地名、地址、界线、规划与许可：OGC API 要素与瓦片。",
            "Place names, addresses, boundaries, plans and permits: OGC API Features and Tiles.",
        ),
        "links": links,
    });
    if let Some(notice) = &city.notice {
        view["attribution"] = language.of(notice).into();
    }
    view
}

pub fn conformance(base: &Base, language: Language) -> Json {
    json!({ "title": said(language, "符合性声明", "Conformance"), "conformsTo": CLASSES.as_slice(), "links": base.itself(JSON, language) })
}
