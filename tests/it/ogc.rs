//! The OGC API beside PostGIS: the same boxes, filters, systems and days, the same answers; pages that miss nothing while things change.

use std::collections::{BTreeMap, BTreeSet};

use proptest::test_runner::{Config, TestRunner};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value as Json;
use sqlx::AssertSqlSafe;
use yutu::domain::Layer;
use yutu::live::Publicity;

use super::judges::cambridge;
use super::service::Service;
use super::setup::Fresh;

const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";
const NOW: &str = "valid_from <= current_date AND valid_to > current_date";

impl Service {
    /// A page of items, its parameters encoded.
    pub async fn items(&self, layer: &str, parameters: &[(&str, &str)]) -> Json {
        let answer = self.asked(&format!("/ogc/collections/{layer}/items"), parameters).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{layer} {parameters:?}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn asked(&self, path: &str, parameters: &[(&str, &str)]) -> reqwest::Response {
        let mut url = reqwest::Url::parse(&format!("{}{path}", self.base)).unwrap();
        for (name, value) in parameters {
            url.query_pairs_mut().append_pair(name, value);
        }
        self.client.get(url).send().await.unwrap()
    }

    async fn ids_of(&self, statement: &str) -> BTreeSet<String> {
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(statement.to_owned())).fetch_all(&self.fresh.pool).await.unwrap();
        rows.into_iter().collect()
    }
}

fn ids(page: &Json) -> Vec<String> {
    page["features"].as_array().unwrap().iter().map(|feature| feature["id"].as_str().unwrap().to_owned()).collect()
}

fn next(page: &Json) -> Option<String> {
    let links = page["links"].as_array().unwrap();
    links
        .iter()
        .find(|link| link["rel"] == "next" && link["type"] == "application/geo+json")
        .map(|link| link["href"].as_str().unwrap().to_owned())
}

/// All pages; every one says the same of how many there are.
async fn walk(service: &Service, layer: &str, parameters: &[(&str, &str)]) -> Vec<String> {
    let mut page = service.items(layer, parameters).await;
    let matched = page["numberMatched"].as_u64().unwrap();
    let mut all = ids(&page);
    while let Some(href) = next(&page) {
        page = service.client.get(href).send().await.unwrap().json().await.unwrap();
        assert_eq!(page["numberMatched"], matched, "{layer} {parameters:?}");
        assert_eq!(page["numberReturned"].as_u64().unwrap(), page["features"].as_array().unwrap().len() as u64);
        all.extend(ids(&page));
    }
    assert_eq!(all.len() as u64, matched, "{layer} {parameters:?}");
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_in_every_system_hold_what_postgis_says() {
    let Some(service) = cambridge("boxes_in_every_system_hold_what_postgis_says").await else { return };
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut found = 0;
    for layer in ["zoning", "roads", "parcels", "door_plates"] {
        // 4326 twice: as CRS84 and in the order of its authority
        for (srid, uri, north_first) in
            [(4326, "", false), (4326, "4326", true), (4490, "4490", true), (3857, "3857", false), (26986, "26986", false)]
        {
            let corner = format!(
                "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_PointOnSurface(geom), {srid}) AS p FROM {layer} WHERE {NOW} AND geom IS NOT NULL ORDER BY md5(id || $1) LIMIT 1) s"
            );
            for round in 0..4 {
                let (x, y): (f64, f64) = sqlx::query_as(AssertSqlSafe(corner.clone()))
                    .bind(format!("{uri}{round}"))
                    .fetch_one(&service.fresh.pool)
                    .await
                    .unwrap();
                let unit = if srid == 4326 || srid == 4490 { 1e-5 } else { 1.0 };
                let (w, h) = (unit * 10f64.powf(random.random_range(0.0..3.3)), unit * 10f64.powf(random.random_range(0.0..3.3)));
                let bbox = if north_first { format!("{y},{x},{},{}", y + h, x + w) } else { format!("{x},{y},{},{}", x + w, y + h) };
                let mut parameters = vec![("bbox", bbox.as_str()), ("limit", "10000")];
                let system = format!("{EPSG}{uri}");
                if !uri.is_empty() {
                    parameters.push(("bbox-crs", &system));
                }
                let ours: BTreeSet<String> = walk(&service, layer, &parameters).await.into_iter().collect();
                let theirs = service
                    .ids_of(&format!(
                        "SELECT id FROM {layer} WHERE {NOW} AND ST_Intersects(ST_Transform(geom, {srid}), ST_MakeEnvelope({x:?}, {y:?}, {:?}, {:?}, {srid}))",
                        x + w,
                        y + h
                    ))
                    .await;
                assert_eq!(ours, theirs, "{layer} in {srid}: {bbox}");
                found += ours.len();
            }
        }
    }
    assert!(found > 1000, "only {found} were in the boxes");
}

/// Least and greatest of the first and of the second coordinate.
fn bounds(coordinates: &Json, into: &mut [f64; 4]) {
    let all = coordinates.as_array().unwrap();
    if let Some(first) = all[0].as_f64() {
        let second = all[1].as_f64().unwrap();
        *into = [into[0].min(first), into[1].min(second), into[2].max(first), into[3].max(second)];
    } else {
        all.iter().for_each(|inner| bounds(inner, into));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn coordinates_are_those_of_postgis_in_the_order_of_the_authority() {
    let Some(service) = cambridge("coordinates_are_those_of_postgis_in_the_order_of_the_authority").await else { return };
    for layer in ["zoning", "roads", "door_plates"] {
        for (srid, uri, north_first) in [
            (4326, "http://www.opengis.net/def/crs/OGC/1.3/CRS84".to_owned(), false),
            (4326, format!("{EPSG}4326"), true),
            (4490, format!("{EPSG}4490"), true),
            (3857, format!("{EPSG}3857"), false),
            (26986, format!("{EPSG}26986"), false),
        ] {
            let answer = service
                .asked(&format!("/ogc/collections/{layer}/items"), &[("crs", &uri), ("limit", "200"), ("filter", "geometry IS NOT NULL")])
                .await;
            assert_eq!(answer.headers()["content-crs"], format!("<{uri}>"));
            let page: Json = answer.json().await.unwrap();
            let statement = format!(
                "SELECT id, ST_XMin(g), ST_YMin(g), ST_XMax(g), ST_YMax(g) FROM (SELECT id, ST_Transform(geom, {srid}) AS g FROM {layer} WHERE {NOW}) s WHERE id = ANY($1)"
            );
            let rows: Vec<(String, f64, f64, f64, f64)> =
                sqlx::query_as(AssertSqlSafe(statement)).bind(ids(&page)).fetch_all(&service.fresh.pool).await.unwrap();
            let theirs: BTreeMap<String, [f64; 4]> = rows.into_iter().map(|(id, w, s, e, n)| (id, [w, s, e, n])).collect();
            let tolerance = if srid == 4326 || srid == 4490 { 1.1e-8 } else { 1.1e-3 };
            for feature in page["features"].as_array().unwrap() {
                let mut ours = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
                bounds(&feature["geometry"]["coordinates"], &mut ours);
                let [w, s, e, n] = theirs[feature["id"].as_str().unwrap()];
                let wanted = if north_first { [s, w, n, e] } else { [w, s, e, n] };
                let near = ours.iter().zip(wanted).all(|(a, b)| (a - b).abs() < tolerance);
                assert!(near, "{layer} {} in {uri}: {ours:?}, PostGIS {wanted:?}", feature["id"]);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_choose_what_sql_chooses_in_text_and_in_json() {
    let Some(service) = cambridge("filters_choose_what_sql_chooses_in_text_and_in_json").await else { return };
    let box_ = "POLYGON((-71.115 42.36, -71.10 42.362, -71.098 42.375, -71.113 42.372, -71.115 42.36))";
    let geom = "ST_Transform(geom, 4326)";
    let shape = format!("ST_GeomFromText('{box_}', 4326)");
    let coordinates = "[[[-71.115,42.36],[-71.10,42.362],[-71.098,42.375],[-71.113,42.372],[-71.115,42.36]]]";
    let spatial =
        |op: &str| format!(r#"{{"op":"{op}","args":[{{"property":"geometry"}},{{"type":"Polygon","coordinates":{coordinates}}}]}}"#);
    let mut chosen = 0;
    for (layer, text, json, sql) in [
        ("zoning", "land_use = 'C-1'".to_owned(), r#"{"op":"=","args":[{"property":"land_use"},"C-1"]}"#.to_owned(), "land_use = 'C-1'".to_owned()),
        (
            "zoning",
            "land_use LIKE 'C-%' AND NOT land_use IN ('C-1', 'C-1A')".to_owned(),
            r#"{"op":"and","args":[{"op":"like","args":[{"property":"land_use"},"C-%"]},{"op":"not","args":[{"op":"in","args":[{"property":"land_use"},["C-1","C-1A"]]}]}]}"#.to_owned(),
            "land_use LIKE 'C-%' AND land_use NOT IN ('C-1', 'C-1A')".to_owned(),
        ),
        (
            "roads",
            "CASEI(name) LIKE CASEI('MASS%') OR name IS NULL".to_owned(),
            r#"{"op":"or","args":[{"op":"like","args":[{"op":"casei","args":[{"property":"name"}]},{"op":"casei","args":["MASS%"]}]},{"op":"isNull","args":[{"property":"name"}]}]}"#.to_owned(),
            "lower(name) LIKE 'mass%' OR name IS NULL".to_owned(),
        ),
        (
            "roads",
            "name >= 'H' AND name < 'K'".to_owned(),
            r#"{"op":"and","args":[{"op":">=","args":[{"property":"name"},"H"]},{"op":"<","args":[{"property":"name"},"K"]}]}"#.to_owned(),
            r#"name COLLATE "C" >= 'H' AND name COLLATE "C" < 'K'"#.to_owned(),
        ),
        ("parcels", format!("S_INTERSECTS(geometry, {box_})"), spatial("s_intersects"), format!("ST_Intersects({geom}, {shape})")),
        ("parcels", format!("S_WITHIN(geometry, {box_})"), spatial("s_within"), format!("ST_Within({geom}, {shape})")),
        ("zoning", format!("S_OVERLAPS(geometry, {box_})"), spatial("s_overlaps"), format!("ST_Overlaps({geom}, {shape})")),
        ("zoning", format!("S_DISJOINT(geometry, {box_})"), spatial("s_disjoint"), format!("ST_Disjoint({geom}, {shape})")),
        ("roads", format!("S_CROSSES(geometry, {box_})"), spatial("s_crosses"), format!("ST_Crosses({geom}, {shape})")),
        (
            "roads",
            "S_INTERSECTS(geometry, BBOX(-71.12, 42.37, -71.10, 42.38)) AND class <> 'local'".to_owned(),
            r#"{"op":"and","args":[{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[-71.12,42.37,-71.10,42.38]}]},{"op":"<>","args":[{"property":"class"},"local"]}]}"#.to_owned(),
            format!("ST_Intersects({geom}, ST_MakeEnvelope(-71.12, 42.37, -71.10, 42.38, 4326)) AND class <> 'local'"),
        ),
    ] {
        let theirs = service.ids_of(&format!("SELECT id FROM {layer} WHERE {NOW} AND ({sql})")).await;
        let by_text: BTreeSet<String> = walk(&service, layer, &[("filter", &text), ("limit", "5000")]).await.into_iter().collect();
        assert_eq!(by_text, theirs, "{layer}: {text}");
        let parameters = [("filter", json.as_str()), ("filter-lang", "cql2-json"), ("limit", "5000")];
        let by_json: BTreeSet<String> = walk(&service, layer, &parameters).await.into_iter().collect();
        assert_eq!(by_json, theirs, "{layer}: {json}");
        assert!(!theirs.is_empty(), "{layer}: {sql} chooses nothing");
        chosen += theirs.len();
    }
    assert!(chosen > 1000, "only {chosen}");

    // the same shape in the working system, and latitude first
    let statement = "SELECT ST_AsText(ST_Transform(ST_MakeEnvelope(-71.11, 42.36, -71.10, 42.37, 4326), 26986), 10)";
    let working: String = sqlx::query_scalar(statement).fetch_one(&service.fresh.pool).await.unwrap();
    let theirs =
        service.ids_of(&format!("SELECT id FROM roads WHERE {NOW} AND ST_Intersects(geom, ST_GeomFromText('{working}', 26986))")).await;
    let filter = format!("S_INTERSECTS(geometry, {working})");
    let ours = walk(&service, "roads", &[("filter", &filter), ("filter-crs", &format!("{EPSG}26986")), ("limit", "5000")]).await;
    assert_eq!(ours.into_iter().collect::<BTreeSet<_>>(), theirs);
    let lonlat = walk(&service, "roads", &[("filter", "S_INTERSECTS(geometry, BBOX(-71.11, 42.36, -71.10, 42.37))")]).await;
    let parameters = [("filter", "S_INTERSECTS(geometry, BBOX(42.36, -71.11, 42.37, -71.10))"), ("filter-crs", &format!("{EPSG}4326"))];
    assert_eq!(walk(&service, "roads", &parameters).await, lonlat);

    // a queryable by its name
    let plain = walk(&service, "zoning", &[("land_use", "C-1")]).await;
    assert_eq!(plain, walk(&service, "zoning", &[("filter", "land_use = 'C-1'")]).await);
}

/// A small town whose authority writes north first.
async fn town() -> Service {
    Service::start(town_database().await).await
}

async fn town_database() -> Fresh {
    let fresh = Fresh::new("EPSG:4549").await;
    fresh
        .psql(
            "INSERT INTO place_names (region, id, attributes, name, class, status, geom)
             SELECT 'r', translate(lpad(i::text, 16, 'a'), '0123456789', 'bcdefghijk'), jsonb_build_object('class', 'secret', 'note', i), CASE WHEN i % 7 > 0 THEN '地' || i % 11 END,
                    (ARRAY['park', 'school', 'bridge'])[1 + i % 3], 'standard',
                    CASE WHEN i % 10 > 0 THEN ST_SetSRID(ST_MakePoint(500000 + i * 10, 3850000 + (i * 37) % 1000), 4549) END
             FROM generate_series(1, 250) i",
        )
        .await;
    fresh
}

#[tokio::test(flavor = "multi_thread")]
async fn the_working_system_has_the_axis_order_of_its_authority() {
    let service = town().await;
    let collection = service.json("/ogc/collections/place_names").await;
    assert_eq!(collection["storageCrs"], format!("{EPSG}4549"));
    let page = service.items("place_names", &[("crs", &format!("{EPSG}4549")), ("filter", "geometry IS NOT NULL"), ("limit", "1")]).await;
    let point = &page["features"][0]["geometry"]["coordinates"];
    assert!(point[0].as_f64().unwrap() > 3_800_000.0 && point[1].as_f64().unwrap() < 600_000.0, "north first: {point}");
    let bbox = [("bbox", "3849999,500005,3851001,500505"), ("bbox-crs", &format!("{EPSG}4549"))];
    let ours: BTreeSet<String> = walk(&service, "place_names", &bbox).await.into_iter().collect();
    let theirs = service.ids_of("SELECT id FROM place_names WHERE ST_X(geom) BETWEEN 500005 AND 500505").await;
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 45);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_item_is_on_exactly_one_page_however_it_is_asked_for() {
    let service = town().await;
    let handle = tokio::runtime::Handle::current();
    let everything: BTreeSet<String> = service.ids_of("SELECT id FROM place_names").await;
    let parks: BTreeSet<String> = service.ids_of("SELECT id FROM place_names WHERE class = 'park'").await;
    let strategy = (
        1usize..120,
        proptest::sample::select(vec!["", "name", "-name", "class,-name", "-id", "+status,name_en", "region"]),
        proptest::bool::ANY,
    );
    tokio::task::block_in_place(|| {
        let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
        runner
            .run(&strategy, |(limit, sort, only_parks)| {
                let limit = limit.to_string();
                let mut parameters = vec![("limit", limit.as_str())];
                if !sort.is_empty() {
                    parameters.push(("sortby", sort));
                }
                if only_parks {
                    parameters.push(("class", "park"));
                }
                let all = handle.block_on(walk(&service, "place_names", &parameters));
                let set: BTreeSet<String> = all.iter().cloned().collect();
                assert_eq!(all.len(), set.len(), "twice: {parameters:?}");
                assert_eq!(&set, if only_parks { &parks } else { &everything }, "{parameters:?}");
                Ok(())
            })
            .unwrap();
    });

    // Sorting is as SQL does it.
    let statement = r#"SELECT id FROM place_names ORDER BY class COLLATE "C" DESC, name COLLATE "C" ASC NULLS LAST, id"#;
    let sorted: Vec<String> = sqlx::query_scalar(statement).fetch_all(&service.fresh.pool).await.unwrap();
    assert_eq!(walk(&service, "place_names", &[("sortby", "-class,name"), ("limit", "33")]).await, sorted);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_between_pages_moves_nothing_that_stays() {
    let service = town().await;
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut page = service.items("place_names", &[("limit", "20"), ("sortby", "class")]).await;
    let mut shown = ids(&page);
    let mut gone = BTreeSet::new();
    let first = page["sequence"].as_u64().unwrap();
    while let Some(href) = next(&page) {
        let victim = random.random_range(1..=250);
        let id: String = sqlx::query_scalar("SELECT translate(lpad($1::text, 16, 'a'), '0123456789', 'bcdefghijk')")
            .bind(victim.to_string())
            .fetch_one(&service.fresh.pool)
            .await
            .unwrap();
        let letter = char::from(b'a' + random.random_range(0..26u8));
        service
            .change(&format!(
                "DELETE FROM place_names WHERE id = '{id}';
                 INSERT INTO place_names (region, id, class, status) VALUES ('r', 'z{letter}{}', 'park', 'standard') ON CONFLICT DO NOTHING",
                "z".repeat(14)
            ))
            .await;
        gone.insert(id);
        page = service.client.get(href).send().await.unwrap().json().await.unwrap();
        shown.extend(ids(&page));
    }
    assert!(page["sequence"].as_u64().unwrap() > first, "each page says what it stands at");
    let set: BTreeSet<String> = shown.iter().cloned().collect();
    assert_eq!(set.len(), shown.len(), "an item was shown twice");
    let stayed = service.ids_of("SELECT id FROM place_names WHERE id NOT LIKE 'z%'").await;
    assert_eq!(stayed.len() + gone.len(), 250);
    assert!(stayed.is_subset(&set), "missed: {:?}", stayed.difference(&set).collect::<Vec<_>>());
}

/// The same item, and more of it.
fn is_whole(listed: &Json, single: &Json) {
    assert_eq!((&listed["id"], &listed["geometry"]), (&single["id"], &single["geometry"]));
    for (name, value) in listed["properties"].as_object().unwrap() {
        assert_eq!(value, &single["properties"][name], "{name} of {}", listed["id"]);
    }
    for name in ["names", "attributes", "source", "source_id", "recorded_from"] {
        assert!(!single["properties"][name].is_null(), "{name} of {}", listed["id"]);
    }
}

/// Whether a value is what a JSON Schema of the simple kind that we write says.
fn fits(value: &Json, schema: &Json) -> bool {
    match schema["type"].as_str().unwrap() {
        "string" => match schema["format"].as_str() {
            Some("date") => value.as_str().is_some_and(|text| text.parse::<chrono::NaiveDate>().is_ok()),
            Some("date-time") => value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()),
            _ => value.is_string(),
        },
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.as_array().is_some_and(|all| all.iter().all(|one| fits(one, &schema["items"]))),
        "object" => value.as_object().is_some_and(|all| {
            all.iter().all(|(name, value)| schema["properties"].as_object().is_none_or(|known| fits(value, &known[name])))
        }),
        other => panic!("{other} is no type"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_item_has_all_that_is_known_and_the_schema_says_so() {
    let Some(service) = cambridge("a_single_item_has_all_that_is_known_and_the_schema_says_so").await else { return };
    let working = format!("{EPSG}26986");
    let (mut compared, mut attributes) = (0, 0);
    for collection in service.json("/ogc/collections").await["collections"].as_array().unwrap() {
        let layer = collection["id"].as_str().unwrap();
        let schema = service.json(&format!("/ogc/collections/{layer}/schema")).await;
        assert_eq!(schema["additionalProperties"], false);
        for crs in ["http://www.opengis.net/def/crs/OGC/1.3/CRS84", &working, &format!("{EPSG}3857"), &format!("{EPSG}4490")] {
            for listed in service.items(layer, &[("limit", "3"), ("crs", crs)]).await["features"].as_array().unwrap() {
                let id = listed["id"].as_str().unwrap();
                let item = service.asked(&format!("/ogc/collections/{layer}/items/{id}"), &[("crs", crs)]).await;
                assert_eq!(item.headers()["content-crs"], format!("<{crs}>"));
                let item: Json = item.json().await.unwrap();
                // Kept in the tiles' system, where the last decimal may be another.
                if !crs.ends_with("/3857") {
                    is_whole(listed, &item);
                }
                for (name, value) in item["properties"].as_object().unwrap() {
                    let known = &schema["properties"][name];
                    assert!(known.is_object() && fits(value, known), "{layer} {id}: {name} is {value}, not {known}");
                }
                let feature = service.json(&format!("/api/features/{layer}/{id}")).await;
                for (name, value) in feature["properties"].as_object().unwrap().iter().filter(|(name, _)| *name != "layer") {
                    assert_eq!(&item["properties"][name], value, "{layer} {id}: {name}");
                    compared += 1;
                }
                attributes += item["properties"]["attributes"].as_object().unwrap().len();
            }
        }
    }
    assert!(compared > 500 && attributes > 100, "only {compared} properties, {attributes} attributes");
}

#[tokio::test(flavor = "multi_thread")]
async fn days_choose_what_held_then() {
    let fresh = Fresh::new("EPSG:4549").await;
    fresh
        .psql(
            "INSERT INTO place_names (region, id, valid_from, valid_to, name, class, geom) VALUES
             ('r', 'aaaaaaaaaaaaaaaa', '2010-01-01', '2015-01-01', '老渡口', 'other', ST_SetSRID(ST_MakePoint(500000, 3850000), 4549)),
             ('r', 'aaaaaaaaaaaaaaaa', '2015-01-01', 'infinity', '新渡口', 'other', ST_SetSRID(ST_MakePoint(500000, 3850000), 4549)),
             ('r', 'bbbbbbbbbbbbbbbb', '2012-06-01', '2013-06-01', '集市', 'other', NULL),
             ('r', 'cccccccccccccccc', '-infinity', 'infinity', '山', 'mountain', ST_SetSRID(ST_MakePoint(510000, 3850000), 4549));
             INSERT INTO permits (region, id, valid_from, case_no, status) VALUES ('r', 'dddddddddddddddd', '2011-01-01', 'A1', 'built');
             INSERT INTO permit_footprints (region, id, valid_from, case_no, geom) VALUES ('r', 'eeeeeeeeeeeeeeee', '2011-01-01', 'A1',
               ST_Multi(ST_MakeEnvelope(500000, 3850000, 500100, 3850100, 4549)))",
        )
        .await;
    let service = Service::start(fresh).await;
    let names = |page: &Json| -> Vec<String> {
        page["features"].as_array().unwrap().iter().map(|feature| feature["properties"]["name"].as_str().unwrap().to_owned()).collect()
    };
    for (datetime, expected) in [
        ("2012-12-31", vec!["老渡口", "集市", "山"]),
        ("2014-12-31", vec!["老渡口", "山"]),
        ("2015-01-01", vec!["新渡口", "山"]),
        ("2013-06-01T12:00:00Z", vec!["老渡口", "山"]),
        ("../2009-12-31", vec!["山"]),
        ("2013-01-01/2016-01-01", vec!["新渡口", "集市", "山"]),
        ("2020-01-01/..", vec!["新渡口", "山"]),
        ("2020-01-01/", vec!["新渡口", "山"]),
    ] {
        let page = service.items("place_names", &[("datetime", datetime)]).await;
        assert_eq!(names(&page), expected, "{datetime}");
        assert_eq!(page["numberMatched"], expected.len(), "{datetime}");
        let mut paged = Vec::new();
        let mut page = service.items("place_names", &[("datetime", datetime), ("limit", "1")]).await;
        loop {
            paged.extend(names(&page));
            let Some(href) = next(&page) else { break };
            page = service.client.get(href).send().await.unwrap().json().await.unwrap();
        }
        assert_eq!(paged, expected, "{datetime} page by page");
        // A single item is there exactly when it is in the list, in the same version.
        let page = service.items("place_names", &[("datetime", datetime)]).await;
        for id in ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc"] {
            let item = service.asked(&format!("/ogc/collections/place_names/items/{id}"), &[("datetime", datetime)]).await;
            match page["features"].as_array().unwrap().iter().find(|feature| feature["id"] == id) {
                None => assert_eq!(item.status(), 404, "{datetime} {id}"),
                Some(listed) => is_whole(listed, &item.json().await.unwrap()),
            }
        }
    }
    assert_eq!(names(&service.items("place_names", &[]).await), ["新渡口", "山"], "now");
    let both = service.items("place_names", &[("datetime", "2012-12-31"), ("filter", "class = 'other' AND geometry IS NOT NULL")]).await;
    assert_eq!(names(&both), ["老渡口"]);
    let permits = service.items("permits", &[("datetime", "2012-01-01")]).await;
    assert_eq!(permits["features"][0]["geometry"]["type"], "MultiPolygon", "a case is drawn by its footprints then too");
    let case = "/ogc/collections/permits/items/dddddddddddddddd";
    is_whole(&permits["features"][0], &service.json(&format!("{case}?datetime=2012-01-01")).await);
    assert_eq!(service.problem(&format!("{case}?datetime=2010-12-31")).await.0, 404);
    assert_eq!(service.problem(&format!("{case}?datetime=yesterday")).await.0, 400);
    // The case goes on after its footprint has gone: each time has the ground of that time.
    service.change("UPDATE permit_footprints SET valid_to = '2020-01-01'").await;
    assert_eq!(service.json(&format!("{case}?datetime=2019-12-31")).await["geometry"]["type"], "MultiPolygon");
    assert!(service.json(&format!("{case}?datetime=2020-01-01")).await["geometry"].is_null());
    let feature = "/api/features/permits/dddddddddddddddd";
    assert_eq!(service.json(&format!("{feature}?at=2019-12-31")).await["geometry"]["type"], "MultiPolygon");
    assert!(service.json(feature).await["geometry"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_public_does_not_see_is_not_there_to_be_asked() {
    let fresh = town_database().await;
    let public = Publicity { precision_m: 1000.0, hidden: ["class".to_owned()].into() };
    let service = Service::with(fresh, yutu::config::Limits::default(), [(Layer::PlaceNames, public)].into()).await;
    for part in ["schema", "queryables", "sortables"] {
        let schema = service.json(&format!("/ogc/collections/place_names/{part}")).await;
        assert!(schema["properties"]["class"].is_null() && schema["properties"]["name"].is_object(), "{part}");
    }
    for query in ["filter=class%20=%20'park'", "class=park", "sortby=class"] {
        assert_eq!(service.problem(&format!("/ogc/collections/place_names/items?{query}")).await.0, 400, "{query}");
    }
    for datetime in [None, Some("2020-01-01")] {
        let working = format!("{EPSG}4549");
        let mut parameters = vec![("crs", working.as_str()), ("filter", "geometry IS NOT NULL")];
        parameters.extend(datetime.map(|day| ("datetime", day)));
        let page = service.items("place_names", &parameters).await;
        for feature in page["features"].as_array().unwrap() {
            assert!(feature["properties"]["class"].is_null());
            let east = feature["geometry"]["coordinates"][1].as_f64().unwrap();
            assert!((east / 1000.0).fract().abs() < 1e-9, "{datetime:?}: {east}");
            let path = format!("/ogc/collections/place_names/items/{}", feature["id"].as_str().unwrap());
            let parameters: Vec<_> = parameters.iter().copied().filter(|(name, _)| *name != "filter").collect();
            let item: Json = service.asked(&path, &parameters).await.json().await.unwrap();
            assert_eq!(item["geometry"], feature["geometry"]);
            assert!(item["properties"]["class"].is_null() && item["properties"]["attributes"]["class"].is_null(), "{item}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_questions_are_refused_in_both_languages() {
    let service = town().await;
    let items = "/ogc/collections/place_names/items";
    for query in [
        "foo=1",
        "limit=0",
        "limit=x",
        "limit=-1",
        "limit=1&limit=2",
        "bbox=1,2,3",
        "bbox=1,2,3,x",
        "bbox=1,5,2,4",
        "bbox=1,2,3,4&bbox-crs=EPSG:4326",
        "crs=http://www.opengis.net/def/crs/EPSG/0/99999",
        "datetime=yesterday",
        "datetime=2026-01-01/2025-01-01",
        "datetime=../..",
        "filter=class",
        "filter=geometry%20=%201",
        "filter=true&filter-lang=ecql",
        "filter={}&filter-lang=cql2-json",
        "sortby=geometry",
        "sortby=nothing",
        "token=ff",
        "f=xml",
    ] {
        let (status, problem) = service.problem(&format!("{items}?{query}&lang=en")).await;
        assert_eq!(status, 400, "{query}");
        assert!(problem["detail"].as_str().unwrap().is_ascii(), "{query}: {problem}");
        let (_, chinese) = service.problem(&format!("{items}?{query}&lang=zh")).await;
        assert!(!chinese["detail"].as_str().unwrap().is_ascii(), "{query}: {chinese}");
    }
    // a token of another order
    let page = service.items("place_names", &[("limit", "3"), ("sortby", "name")]).await;
    let other = next(&page).unwrap().replace("sortby=name", "sortby=class");
    assert_eq!(service.client.get(other).send().await.unwrap().status(), 400);
    for path in [
        "/ogc/collections/nothing",
        "/ogc/collections/permit_footprints",
        "/ogc/collections/permit_footprints/items",
        "/ogc/collections/place_names/items/zzz",
        "/ogc/collections/place_names/items/zzzzzzzzzzzzzzzz",
        "/ogc/collections/place_names/tiles/WebMercatorQuad/14/0/0",
        "/ogc/tiles/WebMercatorQuad/99/0/0",
        "/ogc/tiles/OtherQuad",
    ] {
        assert_eq!(service.problem(path).await.0, 404, "{path}");
    }
}
