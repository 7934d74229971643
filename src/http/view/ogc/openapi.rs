//! The OpenAPI 3.0 description of the OGC API: every collection by its name, with what it can be asked.

use serde_json::{Map, Value as Json, json};

use super::link::{Base, GEOJSON, HTML, JSON, MVT, SCHEMA};
use super::schema::kind;
use super::{said, told};
use crate::app::City;
use crate::app::ogc::{self, DEFAULT_LIMIT, Frame, MAX_LIMIT, Role};
use crate::domain::Layer;
use crate::http::language::Language;
use crate::tiles::TileId;

pub fn description(city: &City, frames: &[Frame], base: &Base, language: Language) -> Json {
    let mut paths = Map::new();
    let mut add = |path: String, id: String, tag: &str, title: &str, parameters: Vec<Json>, content: &[&str]| {
        paths.insert(path, json!({ "get": operation(&id, tag, title, parameters, content) }));
    };
    let page = [JSON, HTML];
    add("/".into(), "getLandingPage".into(), "Capabilities", "The landing page", vec![], &page);
    add("/conformance".into(), "getConformance".into(), "Capabilities", "What is conformed to", vec![], &page);
    add("/api".into(), "getApi".into(), "Capabilities", "This description", vec![], &["application/vnd.oai.openapi+json;version=3.0"]);
    add("/collections".into(), "getCollections".into(), "Capabilities", "The collections", vec![], &page);
    for layer in Layer::public() {
        let (id, title) = (layer.id(), told(layer.title(), language));
        let path = format!("/collections/{id}");
        add(path.clone(), format!("describe.{id}"), "Capabilities", title, vec![], &page);
        for part in ["schema", "queryables", "sortables"] {
            add(format!("{path}/{part}"), format!("{part}.{id}"), "Schemas", title, vec![], &[SCHEMA, HTML]);
        }
        add(format!("{path}/items"), format!("items.{id}"), "Data", title, item_parameters(city, layer, language), &[GEOJSON, HTML]);
        let named = json!({ "name": "featureId", "in": "path", "required": true, "schema": { "type": "string" } });
        let one = vec![named, parameter("crs"), parameter("datetime")];
        add(format!("{path}/items/{{featureId}}"), format!("item.{id}"), "Data", title, one, &[GEOJSON, HTML]);
        add(format!("{path}/tiles"), format!("tilesets.{id}"), "Tiles", title, vec![], &page);
        add(format!("{path}/tiles/WebMercatorQuad"), format!("{id}.collection.vector.getTileSet"), "Tiles", title, vec![], &page);
        let tile = format!("{path}/tiles/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}");
        add(tile, format!("{id}.collection.vector.getTile"), "Tiles", title, place(), &[MVT, GEOJSON]);
    }
    let all = said(language, "全部图层", "All layers");
    add("/tiles".into(), "dataset.vector.getTileSetsList".into(), "Tiles", &all, vec![], &page);
    let chosen = || vec![parameter("collections")];
    add("/tiles/WebMercatorQuad".into(), "dataset.vector.getTileSet".into(), "Tiles", &all, chosen(), &page);
    let tile = "/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}".to_owned();
    add(tile, "dataset.vector.getTile".into(), "Tiles", &all, place().into_iter().chain(chosen()).collect(), &[MVT, GEOJSON]);
    add("/tileMatrixSets".into(), "getTileMatrixSetsList".into(), "Tiles", "Tile matrix sets", vec![], &page);
    add("/tileMatrixSets/WebMercatorQuad".into(), "getTileMatrixSet".into(), "Tiles", "WebMercatorQuad", vec![], &page);
    let tags = ["Capabilities", "Schemas", "Data", "Tiles"].map(|name| json!({ "name": name }));
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": format!("{} · Yutu 舆图 · OGC API", language.of(&city.name)),
            "version": env!("CARGO_PKG_VERSION"),
            "description": said(language, "OGC API 要素（第 1、2、3、5 部分）与瓦片（第 1 部分）。", "OGC API Features (parts 1, 2, 3, 5) and Tiles (part 1)."),
        },
        "servers": [{ "url": base.root() }],
        "tags": tags,
        "paths": paths,
        "components": { "parameters": parameters(frames), "schemas": schemas(), "responses": {
            "Problem": { "description": "A problem (RFC 9457)", "content": { "application/problem+json": { "schema": reference("schemas", "Problem") } } },
        } },
    })
}

fn reference(kind: &str, name: &str) -> Json {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

fn parameter(name: &str) -> Json {
    reference("parameters", name)
}

fn operation(id: &str, tag: &str, title: &str, parameters: Vec<Json>, content: &[&str]) -> Json {
    let schema = |media: &str| match media {
        GEOJSON => json!({ "type": "object" }),
        MVT => json!({ "type": "string", "format": "binary" }),
        HTML => json!({ "type": "string" }),
        _ => json!({ "type": "object" }),
    };
    let content: Map<String, Json> = content.iter().map(|media| ((*media).to_owned(), json!({ "schema": schema(media) }))).collect();
    let problem = || reference("responses", "Problem");
    let parameters: Vec<Json> = parameters.into_iter().chain([parameter("f"), parameter("lang")]).collect();
    json!({
        "operationId": id,
        "tags": [tag],
        "summary": title,
        "parameters": parameters,
        "responses": {
            "200": { "description": "OK", "content": content },
            "400": problem(),
            "404": problem(),
            "500": problem(),
            "503": problem(),
        },
    })
}

/// What a collection can be asked: the common parameters, then each of its queryables by name.
fn item_parameters(city: &City, layer: Layer, language: Language) -> Vec<Json> {
    let common = ["limit", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs", "sortby", "token"];
    let queryables = ogc::properties(city, layer).into_iter().filter(|property| property.role != Role::Geometry).map(|property| {
        json!({
            "name": property.name, "in": "query", "required": false, "style": "form", "explode": false,
            "description": told(property.title, language), "schema": kind(&property),
        })
    });
    common.iter().map(|name| parameter(name)).chain(queryables).collect()
}

fn place() -> Vec<Json> {
    ["tileMatrix", "tileRow", "tileCol"].iter().map(|name| parameter(name)).collect()
}

fn parameters(frames: &[Frame]) -> Json {
    let uris: Vec<&str> = frames.iter().map(|frame| frame.uri.as_str()).collect();
    let crs84 = uris.first().copied().unwrap_or_default();
    let query = |name: &str, description: &str, schema: Json| json!({ "name": name, "in": "query", "required": false, "style": "form", "explode": false, "description": description, "schema": schema });
    let path = |name: &str, schema: Json| json!({ "name": name, "in": "path", "required": true, "schema": schema });
    let system = || json!({ "type": "string", "format": "uri", "enum": uris, "default": crs84 });
    let number = || json!({ "type": "number" });
    let most = (1u64 << TileId::MAX_Z) - 1;
    json!({
        "f": query("f", "The format: json, html, or mvt for tiles; else as the header Accept says.", json!({ "type": "string", "enum": ["json", "html", "mvt", "geojson"] })),
        "lang": query("lang", "The language of titles, pages and problems; else as the header Accept-Language says.", json!({ "type": "string", "enum": ["zh", "en"] })),
        "limit": query("limit", "Items on a page.", json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT })),
        "bbox": query("bbox", "Only what intersects this box: lower corner, upper corner, in the axis order of bbox-crs.",
            json!({ "type": "array", "oneOf": [{ "minItems": 4, "maxItems": 4 }, { "minItems": 6, "maxItems": 6 }], "items": number() })),
        "bbox-crs": query("bbox-crs", "The coordinate system of bbox.", system()),
        "crs": query("crs", "The coordinate system of the answer.", system()),
        "datetime": query("datetime", "Valid time: a day, an RFC 3339 time, or an interval of two with a slash, one of which may be open (..). Now by default. An item of several versions is given in its last within the interval.", json!({ "type": "string" })),
        "filter": query("filter", "A CQL2 expression over the queryables.", json!({ "type": "string" })),
        "filter-lang": query("filter-lang", "How the filter is written.", json!({ "type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text" })),
        "filter-crs": query("filter-crs", "The coordinate system of geometries in the filter.", system()),
        "sortby": query("sortby", "Sortables, the first first; a minus sign before one that goes down.", json!({ "type": "array", "minItems": 1, "items": { "type": "string" } })),
        "token": query("token", "Where the next page begins; only ever taken from a link.", json!({ "type": "string" })),
        "collections": query("collections", "Only these collections in the tiles.", json!({ "type": "array", "items": { "type": "string" } })),
        "tileMatrix": path("tileMatrix", json!({ "type": "string" })),
        "tileRow": path("tileRow", json!({ "type": "integer", "minimum": 0, "maximum": most })),
        "tileCol": path("tileCol", json!({ "type": "integer", "minimum": 0, "maximum": most })),
    })
}

fn schemas() -> Json {
    json!({
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status"],
            "properties": {
                "type": { "type": "string" },
                "title": { "type": "string" },
                "status": { "type": "integer" },
                "detail": { "type": "string" },
                "field": { "type": "string" },
            },
        },
    })
}
