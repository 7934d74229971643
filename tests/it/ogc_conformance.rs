//! The abstract tests of the standards (annex A of OGC 17-069r4, 18-058r1, 19-079r2 and 20-057) for what /ogc declares, and other
//! people's clients: GDAL's OAPIF driver and OWSLib walk it. OGC's own suites: `make conformance`.

use std::collections::{BTreeMap, BTreeSet};

use gdal::vector::{Geometry, LayerAccess};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE};
use serde_json::Value as Json;

use super::judges::cambridge;

const GEOJSON: &str = "application/geo+json";

/// Every link of a resource.
fn links(value: &Json, into: &mut Vec<(String, String, String)>) {
    match value {
        Json::Object(members) => {
            if let Some(Json::Array(all)) = members.get("links") {
                for link in all.iter().filter(|link| link["templated"] != true) {
                    let text = |name: &str| link[name].as_str().unwrap_or_else(|| panic!("a link without {name}: {link}")).to_owned();
                    into.push((text("rel"), text("type"), text("href")));
                }
            }
            members.values().for_each(|member| links(member, into));
        }
        Json::Array(all) => all.iter().for_each(|one| links(one, into)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_leads_to_what_it_says() {
    let Some(service) = cambridge("every_link_leads_to_what_it_says").await else { return };
    let mut todo = vec![(GEOJSON.to_owned(), format!("{}/ogc/collections/roads/items?limit=2000&f=json", service.base))];
    todo.push(("application/json".into(), format!("{}/ogc?f=json", service.base)));
    let mut seen: BTreeSet<String> = todo.iter().map(|(_, href)| href.clone()).collect();
    let (mut pages, mut rels) = (0, BTreeSet::new());
    while let Some((media, href)) = todo.pop() {
        assert!(href.starts_with(&service.base), "{href} is absolute and here");
        let answer = service.client.get(&href).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{href}");
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        assert!(kind.starts_with(media.split(';').next().unwrap()), "{href}: {kind}, not {media}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let text = answer.text().await.unwrap();
        pages += 1;
        if kind.starts_with("text/html") {
            if href.contains("/ogc") {
                assert!(!text.contains("<script") && !text.contains("style=") && policy.contains("style-src 'self';"), "{href}");
                assert!(text.starts_with("<!doctype html><html lang=\"") && text.contains("<main><h1>"), "{href}");
            }
            continue;
        }
        let mut found = Vec::new();
        links(&serde_json::from_str(&text).unwrap_or_else(|error| panic!("{href}: {error}")), &mut found);
        for (rel, media, href) in found {
            rels.insert(rel);
            if seen.insert(href.clone()) {
                todo.push((media, href));
            }
        }
    }
    assert!(pages > 100, "only {pages} resources");
    for rel in ["self", "alternate", "service-desc", "service-doc", "conformance", "data", "items", "next", "collection"] {
        assert!(rels.contains(rel), "no link says {rel}");
    }
    for rel in ["queryables", "sortables", "schema", "tilesets-vector", "tiling-scheme", "tiling-schemes"] {
        assert!(rels.contains(&format!("http://www.opengis.net/def/rel/ogc/1.0/{rel}")), "no link says {rel}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_format_and_the_language_are_what_was_asked_for() {
    let Some(service) = cambridge("the_format_and_the_language_are_what_was_asked_for").await else { return };
    let get = |path: &'static str, accept: &'static str, language: &'static str| {
        let request = service.client.get(format!("{}{path}", service.base)).header(ACCEPT, accept).header(ACCEPT_LANGUAGE, language);
        async { request.send().await.unwrap() }
    };
    for (path, accept, kind) in [
        ("/ogc", "*/*", "application/json"),
        ("/ogc/", "application/json", "application/json"),
        ("/ogc", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html"),
        ("/ogc/collections", "text/html;q=0.1, application/json", "application/json"),
        ("/ogc/collections/roads/items?limit=1", "application/geo+json", GEOJSON),
        ("/ogc/collections/roads/items?limit=1", "text/html", "text/html"),
        ("/ogc/collections/roads/items?limit=1&f=json", "text/html", GEOJSON),
        ("/ogc/collections/roads/queryables", "*/*", "application/schema+json"),
        ("/ogc/api", "*/*", "application/vnd.oai.openapi+json;version=3.0"),
        ("/ogc/tiles/WebMercatorQuad/12/1515/1239", "*/*", "application/vnd.mapbox-vector-tile"),
        ("/ogc/tiles/WebMercatorQuad/12/1515/1239", "application/geo+json", GEOJSON),
        ("/ogc/collections/roads/tiles/WebMercatorQuad/12/1515/1239?f=json", "*/*", GEOJSON),
    ] {
        let answer = get(path, accept, "en").await;
        assert_eq!(answer.status(), 200, "{path}");
        assert!(
            answer.headers()[CONTENT_TYPE].to_str().unwrap().starts_with(kind),
            "{path} {accept}: {:?}",
            answer.headers()[CONTENT_TYPE]
        );
    }
    let english: Json = get("/ogc/collections/roads", "*/*", "en").await.json().await.unwrap();
    let chinese: Json = get("/ogc/collections/roads", "*/*", "zh").await.json().await.unwrap();
    assert_eq!((english["title"].as_str(), chinese["title"].as_str()), (Some("Roads"), Some("道路")));
    let asked: Json = get("/ogc/collections/roads?lang=en", "*/*", "zh").await.json().await.unwrap();
    assert!(asked["links"].as_array().unwrap().iter().all(|link| link["href"].as_str().unwrap().contains("lang=en")), "the language stays");
    let https = service.client.get(format!("{}/ogc", service.base)).header("x-forwarded-proto", "https").header("host", "maps.example");
    let landing: Json = https.send().await.unwrap().json().await.unwrap();
    assert!(landing["links"][0]["href"].as_str().unwrap().starts_with("https://maps.example/ogc"), "{}", landing["links"][0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_has_every_path_and_parameter_that_works() {
    let Some(service) = cambridge("the_description_has_every_path_and_parameter_that_works").await else { return };
    let api = service.json("/ogc/api").await;
    assert_eq!(api["openapi"], "3.0.3");
    assert_eq!(api["servers"][0]["url"], format!("{}/ogc", service.base));
    let mut operations = BTreeSet::new();
    let paths = api["paths"].as_object().unwrap();
    for (path, item) in paths {
        let operation = &item["get"];
        assert!(operations.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}: an id of its own");
        let mut named = BTreeSet::new();
        for given in operation["parameters"].as_array().unwrap() {
            let parameter = match given["$ref"].as_str() {
                Some(to) => api.pointer(to.trim_start_matches('#')).unwrap_or_else(|| panic!("{to} leads nowhere")),
                None => given,
            };
            let name = parameter["name"].as_str().unwrap();
            assert!(named.insert(name.to_owned()), "{path}: {name} twice");
            assert_eq!(parameter["in"] == "path", path.contains(&format!("{{{name}}}")), "{path}: {name}");
        }
        for answer in operation["responses"].as_object().unwrap().values() {
            if let Some(to) = answer["$ref"].as_str() {
                assert!(api.pointer(to.trim_start_matches('#')).is_some(), "{to} leads nowhere");
            }
        }
        if path.contains('{') {
            continue;
        }
        assert_eq!(service.get(&format!("/ogc{path}?lang=en")).await.status(), 200, "{path}");
        for name in ["limit", "bbox", "datetime", "crs", "bbox-crs", "filter", "filter-lang", "filter-crs", "sortby"] {
            assert_eq!(named.contains(name), path.ends_with("/items"), "{path}: {name}");
        }
    }
    let queryables = service.json("/ogc/collections/zoning/queryables").await;
    for name in queryables["properties"].as_object().unwrap().keys().filter(|name| *name != "geometry") {
        let described = paths["/collections/zoning/items"]["get"]["parameters"].as_array().unwrap();
        assert!(described.iter().any(|parameter| parameter["name"] == *name), "{name} is described");
        assert_eq!(service.get(&format!("/ogc/collections/zoning/items?limit=1&{name}=1")).await.status(), 200, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tile_sets_say_where_tiles_are_and_tiles_are_those_of_the_map() {
    let Some(service) = cambridge("tile_sets_say_where_tiles_are_and_tiles_are_those_of_the_map").await else { return };
    let matrix_set = service.json("/ogc/tileMatrixSets/WebMercatorQuad").await;
    let matrices = matrix_set["tileMatrices"].as_array().unwrap();
    // OGC 17-083r4, annex D.1
    for (z, scale) in [(0, 559_082_264.028_717_8), (1, 279_541_132.014_358_9), (18, 2_132.729_583_849_784_3)] {
        assert!((matrices[z]["scaleDenominator"].as_f64().unwrap() / scale - 1.0).abs() < 1e-9, "{z}");
        assert_eq!(matrices[z]["matrixWidth"], 1u64 << z);
    }
    for (above, layers) in [("/ogc/collections/zoning", "zoning"), ("/ogc", "zoning,roads")] {
        let list = service.json(&format!("{above}/tiles")).await;
        let set = &list["tilesets"][0];
        assert_eq!(set["tileMatrixSetURI"], "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad");
        let full = service.json(&format!("{above}/tiles/WebMercatorQuad")).await;
        let limits = full["tileMatrixSetLimits"].as_array().unwrap();
        assert_eq!(limits.len(), matrices.len());
        let chosen = if above == "/ogc" { "&collections=roads,zoning" } else { "" };
        for z in [0usize, 11, 14] {
            let at = |name: &str| limits[z][name].as_u64().unwrap();
            let (row, column) = ((at("minTileRow") + at("maxTileRow")) / 2, (at("minTileCol") + at("maxTileCol")) / 2);
            for (format, ending) in [("mvt", "mvt"), ("json", "geojson")] {
                let ours = service.get(&format!("{above}/tiles/WebMercatorQuad/{z}/{row}/{column}?f={format}{chosen}")).await;
                assert_eq!(ours.status(), 200, "{above} {z}/{row}/{column} {format}");
                let plain = service.get(&format!("/tiles/{layers}/{z}/{column}/{row}.{ending}")).await;
                assert_eq!(ours.bytes().await.unwrap(), plain.bytes().await.unwrap(), "{above} {z}/{row}/{column} {format}");
            }
            if at("maxTileCol") + 1 < 1 << z {
                let outside = format!("{above}/tiles/WebMercatorQuad/{z}/{row}/{}?f=mvt{chosen}", at("maxTileCol") + 40);
                assert_eq!(service.problem(&outside).await.0, 404, "{outside}");
            }
        }
    }
}

/// A layer as GDAL's driver reads it: how many there are, how many with a condition, how many in a box, and their ids.
#[derive(Debug)]
struct Read {
    count: u64,
    conditioned: u64,
    boxed: u64,
    ids: BTreeSet<String>,
}

fn read(address: &str, layer: &str, condition: &str, [w, s, e, n]: [f64; 4]) -> Read {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR,
        allowed_drivers: Some(&["OAPIF"]),
        open_options: Some(&["PAGE_SIZE=5000"]),
        ..DatasetOptions::default()
    };
    let dataset = Dataset::open_ex(address, options).unwrap_or_else(|error| panic!("{address}: {error}"));
    let mut layer = dataset.layer_by_name(layer).unwrap();
    let count = layer.feature_count();
    let ids = layer.features().filter_map(|feature| feature.field_as_string(0).ok()?).collect();
    layer.set_attribute_filter(condition).unwrap();
    let conditioned = layer.features().count() as u64;
    layer.clear_attribute_filter();
    layer.set_spatial_filter(&Geometry::bbox(w, s, e, n).unwrap());
    let boxed = layer.features().count() as u64;
    Read { count, conditioned, boxed, ids }
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_reads_every_collection_with_counts_and_filters() {
    let Some(service) = cambridge("gdal_reads_every_collection_with_counts_and_filters").await else { return };
    let collections = service.json("/ogc/collections").await;
    let mut read_in_all = 0;
    for collection in collections["collections"].as_array().unwrap() {
        let id = collection["id"].as_str().unwrap();
        let counted = service.items(id, &[("limit", "1")]).await["numberMatched"].as_u64().unwrap();
        if counted == 0 {
            continue;
        }
        let statement = format!("SELECT id FROM {id}");
        let known: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_all(&service.fresh.pool).await.unwrap();
        let known: BTreeSet<String> = known.into_iter().collect();
        let address = format!("OAPIF:{}/ogc", service.base);
        let (condition, sql) = ("id >= 'm'", r#"id COLLATE "C" >= 'm'"#);
        let bbox = [-71.12, 42.365, -71.10, 42.38];
        let layer = id.to_owned();
        let found = tokio::task::spawn_blocking(move || read(&address, &layer, condition, bbox)).await.unwrap();
        assert_eq!(found.count, counted, "{id}");
        assert_eq!(found.ids.len() as u64, counted, "{id}: an id for each");
        assert!(found.ids.is_subset(&known), "{id}: ids are ours");
        let now = "valid_from <= current_date AND valid_to > current_date";
        let wanted: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {id} WHERE {now} AND {sql}")))
            .fetch_one(&service.fresh.pool)
            .await
            .unwrap();
        assert_eq!(found.conditioned, wanted.unsigned_abs(), "{id}: {condition}");
        if id != "permits" {
            let window = "ST_MakeEnvelope(-71.12, 42.365, -71.10, 42.38, 4326)";
            let statement = format!("SELECT count(*) FROM {id} WHERE {now} AND ST_Intersects(ST_Transform(geom, 4326), {window})");
            let wanted: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&service.fresh.pool).await.unwrap();
            assert_eq!(found.boxed, wanted.unsigned_abs(), "{id}: in the box");
        }
        read_in_all += found.ids.len();
    }
    assert!(read_in_all > 20_000, "only {read_in_all} were read");
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_finds_items_of_every_system_in_the_same_place() {
    let Some(service) = cambridge("gdal_finds_items_of_every_system_in_the_same_place").await else { return };
    let base = service.base.clone();
    let places = tokio::task::spawn_blocking(move || {
        [4326u32, 4490, 3857, 26986].map(|code| {
            let uri = format!("http://www.opengis.net/def/crs/EPSG/0/{code}").replace(':', "%3A").replace('/', "%2F");
            let address = format!("{base}/ogc/collections/roads/items?limit=50&crs={uri}");
            let dataset = Dataset::open(&address).unwrap_or_else(|error| panic!("{address}: {error}"));
            let mut layer = dataset.layer(0).unwrap();
            let mut from = gdal::spatial_ref::SpatialRef::from_epsg(code).unwrap();
            // as the authority has them: that is what part 2 asks for
            from.set_axis_mapping_strategy(gdal::spatial_ref::AxisMappingStrategy::AuthorityCompliant);
            let mut to = gdal::spatial_ref::SpatialRef::from_epsg(26986).unwrap();
            to.set_axis_mapping_strategy(gdal::spatial_ref::AxisMappingStrategy::TraditionalGisOrder);
            let turn = gdal::spatial_ref::CoordTransform::new(&from, &to).unwrap();
            let place = |feature: gdal::vector::Feature<'_>| {
                let envelope = feature.geometry().unwrap().transform(&turn).unwrap().envelope();
                [envelope.MinX, envelope.MinY]
            };
            layer.features().map(place).collect::<Vec<_>>()
        })
    })
    .await
    .unwrap();
    for (number, other) in places.iter().enumerate() {
        assert_eq!(other.len(), 50);
        for (a, b) in places[3].iter().zip(other) {
            assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 0.01, "system {number}: {a:?} and {b:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn owslib_walks_through_everything() {
    let Some(service) = cambridge("owslib_walks_through_everything").await else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/owslib_walk.py");
    // Debian's package serves Debian's interpreter, whatever else comes first in the path.
    let has_owslib =
        |python: &&str| std::process::Command::new(python).args(["-c", "import owslib"]).output().is_ok_and(|out| out.status.success());
    let python = ["/usr/bin/python3", "python3"].into_iter().find(has_owslib).expect("OWSLib: scripts/packages.sh test");
    let url = format!("{}/ogc", service.base);
    let walk = tokio::task::spawn_blocking(move || std::process::Command::new(python).arg(script).arg(url).output().unwrap());
    let out = walk.await.unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let seen: BTreeMap<String, Json> = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(seen.len(), 11);
    for (layer, found) in seen {
        let counted = service.items(&layer, &[("limit", "1")]).await["numberMatched"].clone();
        assert_eq!(found["matched"], counted, "{layer}");
        assert!(found["whole"] == false || found["paged"] == counted, "{layer}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_reads_the_pages_without_a_script() {
    let Some(service) = cambridge("a_browser_reads_the_pages_without_a_script").await else { return };
    let page = service
        .get("/ogc/collections/roads/items?f=html&limit=3&lang=en&filter=name%20LIKE%20'%25%3C%25'%20OR%20true")
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains("<html lang=\"en\">") && page.contains("<th scope=\"col\">Name</th>") && page.contains("rel=\"next\""), "{page}");
    let wicked = service.get("/ogc/collections/%3Cscript%3E?f=html").await.text().await.unwrap();
    assert!(!wicked.contains("<script>") || wicked.starts_with('{'), "{wicked}");
    let style = service.get("/ogc/style.css").await;
    assert_eq!(style.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
}
