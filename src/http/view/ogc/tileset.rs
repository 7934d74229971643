//! Tile sets and the one tile matrix set (OGC 17-083r4): WebMercatorQuad, as the tiles are.

use serde_json::{Value as Json, json};

use super::link::{Base, GEOJSON, JSON, MVT, link};
use super::schema::kind;
use super::{said, told};
use crate::app::City;
use crate::app::ogc::{self, Collection, Role};
use crate::domain::{Extent, GeometryKind};
use crate::http::language::Language;
use crate::tiles::{TileId, TileRange, tiles_reached};

const MATRIX_SET: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
const MERCATOR: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";
/// Half the side of the world in web mercator, metres.
const HALF_M: f64 = 20_037_508.342_789_244;
/// Side of a tile in the pixels of the standard, and the size of those, metres.
const TILE_PIXELS: u32 = 256;
const PIXEL_M: f64 = 0.000_28;

/// The tiles of each zoom that can have something in them.
pub fn limits(collections: &[Collection]) -> Vec<TileRange> {
    let extent = collections.iter().filter_map(|one| one.extent_mercator).reduce(Extent::union);
    extent.map(|extent| (0..=TileId::MAX_Z).map(|z| tiles_reached(&extent, z)).collect()).unwrap_or_default()
}

pub fn list(collections: &[Collection], of: Option<&str>, base: &Base, language: Language) -> Json {
    let mut one = head(collections, of, language);
    one["links"] = tile_links(of, base, language).into();
    json!({
        "title": said(language, "矢量瓦片集", "Vector tile sets"),
        "links": base.itself(JSON, language),
        "tilesets": [one],
    })
}

pub fn one(city: &City, collections: &[Collection], of: Option<&str>, base: &Base, language: Language) -> Json {
    let mut view = head(collections, of, language);
    view["links"] = tile_links(of, base, language).into();
    view["tileMatrixSetLimits"] = limits(collections)
        .iter()
        .map(|range| {
            json!({
                "tileMatrix": range.z.to_string(), "minTileRow": range.y[0], "maxTileRow": range.y[1], "minTileCol": range.x[0], "maxTileCol": range.x[1],
            })
        })
        .collect();
    if let Some(extent) = collections.iter().filter_map(|one| one.extent).reduce(Extent::union) {
        view["boundingBox"] = json!({
            "lowerLeft": extent.min, "upperRight": extent.max, "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "orderedAxes": ["Lon", "Lat"],
        });
    }
    view["layers"] = collections
        .iter()
        .map(|one| {
            let properties: serde_json::Map<String, Json> = ogc::properties(city, one.layer)
                .iter()
                .filter(|property| matches!(property.role, Role::Name | Role::EnglishName | Role::Field(_)))
                .map(|property| (property.name.to_owned(), kind(property)))
                .collect();
            let mut layer = json!({
                "id": one.layer.id(),
                "title": told(one.layer.title(), language),
                "dataType": "vector",
                "minTileMatrix": "0",
                "maxTileMatrix": TileId::MAX_Z.to_string(),
                "propertiesSchema": { "type": "object", "properties": properties },
            });
            let dimension = match one.layer.geometry() {
                GeometryKind::Point => Some(0),
                GeometryKind::Line => Some(1),
                GeometryKind::Polygon => Some(2),
                GeometryKind::Any => None,
            };
            if let Some(dimension) = dimension {
                layer["geometryDimension"] = dimension.into();
            }
            layer
        })
        .collect();
    view
}

pub fn matrix_sets(base: &Base) -> Json {
    let address = base.formatted("/tileMatrixSets/WebMercatorQuad", "json");
    json!({ "tileMatrixSets": [{
        "id": "WebMercatorQuad",
        "title": "Google Maps Compatible for the World",
        "uri": MATRIX_SET,
        "crs": MERCATOR,
        "links": [link("self", JSON, "WebMercatorQuad", &address)],
    }]})
}

pub fn matrix_set() -> Json {
    let matrices: Vec<Json> = (0..=TileId::MAX_Z)
        .map(|z| {
            let side = 1u32 << z;
            let cell_m = 2.0 * HALF_M / f64::from(TILE_PIXELS) / f64::from(side);
            json!({
                "id": z.to_string(),
                "scaleDenominator": cell_m / PIXEL_M,
                "cellSize": cell_m,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF_M, HALF_M],
                "tileWidth": TILE_PIXELS,
                "tileHeight": TILE_PIXELS,
                "matrixWidth": side,
                "matrixHeight": side,
            })
        })
        .collect();
    json!({
        "id": "WebMercatorQuad",
        "title": "Google Maps Compatible for the World",
        "uri": MATRIX_SET,
        "crs": MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
    })
}

fn head(collections: &[Collection], of: Option<&str>, language: Language) -> Json {
    let whole = said(language, "全部图层", "All layers");
    let title = match (of, collections) {
        (Some(_), [one]) => told(one.layer.title(), language).to_owned(),
        _ => whole,
    };
    json!({ "title": title, "dataType": "vector", "crs": MERCATOR, "tileMatrixSetId": "WebMercatorQuad", "tileMatrixSetURI": MATRIX_SET })
}

fn tile_links(of: Option<&str>, base: &Base, language: Language) -> Vec<Json> {
    let above = of.map(|id| format!("/collections/{id}")).unwrap_or_default();
    let path = format!("{above}/tiles/WebMercatorQuad");
    let template = |format| format!("{}{path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f={format}", base.root());
    let mut links = vec![
        link("self", JSON, &said(language, "此瓦片集", "This tile set"), &base.formatted(&path, "json")),
        link(
            "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
            JSON,
            "WebMercatorQuad",
            &base.formatted("/tileMatrixSets/WebMercatorQuad", "json"),
        ),
    ];
    for (media, format, title) in [(MVT, "mvt", "Mapbox Vector Tiles"), (GEOJSON, "json", "GeoJSON")] {
        let mut one = link("item", media, title, &template(format));
        one["templated"] = true.into();
        links.push(one);
    }
    links
}
