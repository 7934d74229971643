//! What places were called before: found from the first search after the change, labelled, and never instead of what is called so today.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value as Json;
use yutu::config::Limits;
use yutu::domain::Layer;
use yutu::live::Publicity;
use yutu::store;

use super::live::{ORIGIN, id};
use super::service::Service;
use super::setup::Fresh;

fn road(n: usize, name: &str) -> String {
    let (x, y) = (ORIGIN[0] + (n * 37 % 500) as f64, ORIGIN[1] + (n * 91 % 700) as f64);
    format!(
        "INSERT INTO roads (region, id, name, class, geom) VALUES ('330106', '{}', '{name}', 'local',
         ST_GeomFromText('MULTILINESTRING(({x} {y},{} {}))', 4549));",
        id("roads", n),
        x + 80.0,
        y + 25.0
    )
}

fn rename(n: usize, name: &str) -> String {
    format!("UPDATE roads SET name = '{name}' WHERE id = '{}';", id("roads", n))
}

/// Writes as psql does, and asks at once: no search before this one, no waiting but by `after_sequence`.
async fn asked_after(service: &Service, statements: &str, text: &str) -> Vec<Json> {
    service.fresh.psql(statements).await;
    let sequence = store::current_sequence(&service.fresh.pool).await.unwrap();
    hits(service, &format!("{text}&after_sequence={sequence}")).await
}

/// The `geocoding` objects of what is found as written.
async fn hits(service: &Service, text: &str) -> Vec<Json> {
    let found = service.json(&format!("/api/search?q={text}")).await;
    let all = found["features"].as_array().unwrap().iter().map(|feature| feature["properties"]["geocoding"].clone());
    all.filter(|hit| ["exact", "prefix", "substring", "rearranged"].contains(&hit["match"]["kind"].as_str().unwrap())).collect()
}

async fn today(service: &Service) -> String {
    sqlx::query_scalar("SELECT current_date::text").fetch_one(&service.fresh.pool).await.unwrap()
}

#[track_caller]
fn assert_former(hit: &Json, was: &str, now: &str, since: &str) {
    assert_eq!((hit["name"].as_str(), hit["match"]["part"].as_str()), (Some(now), Some("former_name")), "{hit}");
    assert_eq!(hit["former"], serde_json::json!({ "name": was, "since": since }), "{hit}");
    assert!(hit["note"].as_str().unwrap().contains(&format!("现名「{now}」，自{since}起")), "{hit}");
    assert_eq!(hit["match"]["parts"].as_array().unwrap().iter().find(|part| part["part"] == "road").unwrap()["how"], "former", "{hit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_road_is_found_by_both_names_on_the_first_search_and_after_a_restart() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let today = today(&service).await;
    let feature = id("roads", 1);
    service.change(&road(1, "文三路")).await;

    let new = asked_after(&service, &rename(1, "学院路"), "学院路").await;
    assert_eq!((new.len(), new[0]["id"].as_str(), &new[0]["former"]), (1, Some(feature.as_str()), &Json::Null));
    let old = hits(&service, "文三路").await;
    assert_eq!((old.len(), old[0]["id"].as_str()), (1, Some(feature.as_str())));
    assert_former(&old[0], "文三路", "学院路", &today);
    let english = service.json("/api/search?q=文三路&lang=en").await;
    let note = english["features"][0]["properties"]["geocoding"]["note"].as_str().unwrap().to_owned();
    assert_eq!(note, format!("\u{201C}文三路\u{201D} is a former name; now called 学院路 since {today}."));
    assert_eq!(service.get(&format!("/api/features/roads/{feature}")).await.status(), 200);

    // the old name is asked for first
    let old = asked_after(&service, &rename(1, "古翠路"), "学院路").await;
    assert_former(&old[0], "学院路", "古翠路", &today);
    assert_former(&hits(&service, "文三路").await[0], "文三路", "古翠路", &today);
    assert_eq!(hits(&service, "wensanlu").await[0]["name"], "古翠路", "by its sound as well");

    // as a part of an address that nobody has changed
    service.change(&plate(7, "古翠路", "12号")).await;
    let door = hits(&service, "文三路12号").await;
    assert_eq!((door[0]["address"].as_str(), door[0]["former"]["name"].as_str()), (Some("西湖区古翠路12号"), Some("文三路")), "{door:?}");

    // another that bears the name today comes first
    service.change(&road(2, "文三路")).await;
    let both = hits(&service, "文三路").await;
    assert_eq!((both[0]["id"].as_str(), &both[0]["former"]), (Some(id("roads", 2).as_str()), &Json::Null));
    assert_former(&both[1], "文三路", "古翠路", &today);

    let again = Service::start(service.fresh.clone()).await;
    for text in ["文三路", "学院路", "古翠路", "wensanlu", "文三路12号"] {
        assert_eq!(hits(&again, text).await, hits(&service, text).await, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undone_name_is_the_name_again_and_what_nobody_could_see_is_no_old_name() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let today = today(&service).await;
    service.change(&road(1, "文三路")).await;
    service.change(&rename(1, "学院路")).await;
    let back = asked_after(&service, &rename(1, "文三路"), "文三路").await;
    assert_eq!((back.len(), &back[0]["former"]), (1, &Json::Null));
    assert_former(&hits(&service, "学院路").await[0], "学院路", "文三路", &today);

    // within one transaction; in other characters; what is not the name
    service.change(&road(2, "羅東路")).await;
    service.change(&format!("BEGIN; {} {} COMMIT", rename(2, "天目山路"), rename(2, "羅東路"))).await;
    service.change(&rename(2, "罗东路")).await;
    service.change(&format!("UPDATE roads SET class = 'arterial' WHERE id = '{}'", id("roads", 2))).await;
    assert!(hits(&service, "天目山路").await.is_empty());
    for text in ["羅東路", "罗东路"] {
        let found = hits(&service, text).await;
        assert_eq!((found.len(), found[0]["name"].as_str(), &found[0]["former"]), (1, Some("罗东路"), &Json::Null));
    }
    let state = service.live.state();
    assert_eq!(state.gazetteer.get(&id("roads", 2).parse().unwrap()).unwrap().past, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_replaced_another_says_since_which_day() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let feature = id("roads", 1);
    service.change(&road(1, "文一路")).await;
    let replace = |day: &str, name: &str, class: &str| {
        format!(
            "BEGIN; UPDATE roads SET valid_to = '{day}' WHERE id = '{feature}' AND valid_to = 'infinity';
             INSERT INTO roads (region, id, valid_from, name, class, names, geom) SELECT region, id, '{day}', '{name}', '{class}',
                '[{{\"text\": \"{name} Road\", \"lang\": \"en\", \"kind\": \"official\"}}]', geom
             FROM roads WHERE id = '{feature}' AND valid_to = '{day}'; COMMIT"
        )
    };
    let old = asked_after(&service, &replace("2015-03-01", "文二路", "local"), "文一路").await;
    assert_former(&old[0], "文一路", "文二路", "2015-03-01");
    // more lanes, the same name
    service.change(&replace("2019-06-01", "文二路", "arterial")).await;
    assert_former(&hits(&service, "文一路").await[0], "文一路", "文二路", "2015-03-01");
    service.change(&replace("2022-07-01", "文三路", "arterial")).await;
    assert_former(&hits(&service, "文一路").await[0], "文一路", "文三路", "2022-07-01");
    let english = &hits(&service, "文二路 Road").await[0];
    assert_eq!((english["former"]["name"].as_str(), english["former"]["since"].as_str()), (Some("文二路 Road"), Some("2022-07-01")));
    // a name that is to come is not yet one, and a plan given up never was
    service.change(&replace("2999-01-01", "未来路", "arterial")).await;
    assert!(hits(&service, "未来路").await.is_empty());
    service.change(&format!("DELETE FROM roads WHERE id = '{feature}' AND valid_from = '2999-01-01'")).await;
    assert!(hits(&service, "未来路").await.is_empty());
    // in place, on a version with a date: the day of the change
    service.change(&rename(1, "文四路")).await;
    service.change(&format!("UPDATE roads SET valid_to = 'infinity' WHERE id = '{feature}' AND valid_to = '2999-01-01'")).await;
    let today = today(&service).await;
    for was in ["文一路", "文二路", "文三路"] {
        assert_former(&hits(&service, was).await[0], was, "文四路", &today);
    }
    // in place, with its date
    service
        .change(&format!(
            "UPDATE roads SET name = '文五路', valid_from = '2024-01-01' WHERE id = '{feature}' AND valid_from = '2022-07-01'"
        ))
        .await;
    assert_former(&hits(&service, "文四路").await[0], "文四路", "文五路", "2024-01-01");
    let again = Service::start(service.fresh.clone()).await;
    for text in ["文一路", "文二路", "文三路", "文四路", "文五路"] {
        assert_eq!(hits(&again, text).await, hits(&service, text).await, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_found_as_cancelled_and_is_nowhere_else() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let [x, y] = ORIGIN;
    let place = |n: usize, name: &str| {
        format!(
            "INSERT INTO place_names (region, id, name, class, geom) VALUES ('330106', '{}', '{name}', 'bridge', ST_SetSRID(ST_MakePoint({x} + {n}, {y}), 4549));",
            id("place_names", n)
        )
    };
    service.change(&format!("{} {} {}", place(1, "长桥"), place(2, "短桥"), place(3, "新桥"))).await;
    service.change(&format!("UPDATE place_names SET name = '断桥' WHERE id = '{}'", id("place_names", 1))).await;
    let at = hits(&service, "断桥").await;
    let [lon, lat] = service.live.state().gazetteer.get(&id("place_names", 1).parse().unwrap()).unwrap().position.unwrap();
    assert_eq!(at[0]["status"], Json::Null);

    let end = |n: usize, day: &str| format!("UPDATE place_names SET valid_to = '{day}' WHERE id = '{}';", id("place_names", n));
    let found = asked_after(&service, &end(1, "2025-01-01"), "断桥").await;
    assert_eq!((found[0]["status"].as_str(), found[0]["cancelled_on"].as_str()), (Some("cancelled"), Some("2025-01-01")), "{found:?}");
    assert_eq!(found[0]["note"], "已注销，自2025-01-01起。");
    let old = hits(&service, "长桥").await;
    assert_eq!((old[0]["former"]["name"].as_str(), old[0]["status"].as_str()), (Some("长桥"), Some("cancelled")), "{old:?}");
    let sure = service.client.post(format!("{}/api/geocode?lang=en", service.base)).header("content-type", "text/csv").body("地址\n断桥\n");
    let washed = sure.send().await.unwrap().text().await.unwrap();
    assert!(washed.contains(",B,") && washed.contains("Cancelled since 2025-01-01"), "{washed}");
    // neither on the map nor near a point
    let near = service.json(&format!("/api/reverse?lon={lon}&lat={lat}&radius=100&limit=5")).await;
    assert!(near["features"].as_array().unwrap().iter().all(|feature| feature["id"] != id("place_names", 1).as_str()), "{near}");
    assert!(service.live.state().snapshot.layer(Layer::PlaceNames).get(&id("place_names", 1).parse().unwrap()).is_none());
    assert_eq!(service.get(&format!("/api/features/place_names/{}", id("place_names", 1))).await.status(), 410);

    // one deleted was never meant to be there; one that ends later is still in force
    service.change(&format!("DELETE FROM place_names WHERE id = '{}'", id("place_names", 2))).await;
    assert!(hits(&service, "短桥").await.is_empty());
    service.change(&end(3, "2999-01-01")).await;
    assert_eq!(hits(&service, "新桥").await[0]["status"], Json::Null);
    // another takes over the name
    service.change(&place(4, "断桥")).await;
    let ids: Vec<Json> = hits(&service, "断桥").await.into_iter().map(|hit| hit["id"].clone()).collect();
    assert_eq!(ids, [Json::from(id("place_names", 4))]);
    let again = Service::start(service.fresh.clone()).await;
    for text in ["断桥", "长桥", "短桥", "新桥"] {
        assert_eq!(hits(&again, text).await, hits(&service, text).await, "{text}");
    }
    // it was a mistake
    service.change(&format!("{} DELETE FROM place_names WHERE id = '{}'", end(1, "infinity"), id("place_names", 4))).await;
    let back = hits(&service, "断桥").await;
    assert_eq!((back[0]["id"].as_str(), &back[0]["status"]), (Some(id("place_names", 1).as_str()), &Json::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_names_change_a_place_is_always_found_by_one_of_them() {
    let service = Arc::new(Service::start(Fresh::new("EPSG:4549").await).await);
    service.change(&road(1, "文三路")).await;
    let done = Arc::new(AtomicBool::new(false));
    let feature = id("roads", 1);
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (service, done, feature) = (Arc::clone(&service), Arc::clone(&done), feature.clone());
            tokio::spawn(async move {
                let mut asked = 0;
                while !done.load(Ordering::Relaxed) {
                    for text in ["文三路", "学院路"] {
                        let found = hits(&service, text).await;
                        let by_name = found.iter().any(|hit| hit["id"] == feature.as_str());
                        // before the first change nobody knows the other name
                        assert!(by_name || text == "学院路" && asked < 100, "{text} after {asked}: {found:?}");
                        asked += 1;
                    }
                    assert_eq!(service.get(&format!("/api/features/roads/{feature}")).await.status(), 200);
                }
                asked
            })
        })
        .collect();
    for round in 0..40 {
        let name = ["学院路", "文三路"][round % 2];
        let found = asked_after(&service, &rename(1, name), name).await;
        assert_eq!(
            (found[0]["id"].as_str(), found[0]["name"].as_str(), &found[0]["former"]),
            (Some(feature.as_str()), Some(name), &Json::Null)
        );
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.await.unwrap() > 40);
    }
}

fn plate(n: usize, road: &str, number: &str) -> String {
    let (x, y) = (ORIGIN[0] + (n % 200 * 20) as f64, ORIGIN[1] + (n / 200 * 20) as f64);
    format!(
        "INSERT INTO door_plates (region, id, road, number, address, geom) VALUES ('330106', '{}', '{road}', '{number}', '西湖区{road}{number}',
         ST_SetSRID(ST_MakePoint({x}, {y}), 4549));",
        id("door_plates", n)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_address_is_found_and_washed_with_the_part_that_was_another() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    service.change(&format!("{} {} {}", plate(1, "旧路", "12号"), plate(2, "旧路", "14号"), plate(3, "长街", "1号"))).await;
    let moved = "UPDATE door_plates SET road = '新路', address = replace(address, '旧路', '新路') WHERE road = '旧路'";
    let found = asked_after(&service, moved, "西湖区旧路12号").await;
    assert_eq!(
        (found[0]["address"].as_str(), found[0]["match"]["part"].as_str()),
        (Some("西湖区新路12号"), Some("former_name")),
        "{found:?}"
    );
    let parts = found[0]["match"]["parts"].as_array().unwrap();
    let how = |part: &str| parts.iter().find(|own| own["part"] == part).map(|own| own["how"].as_str().unwrap());
    assert_eq!((how("road"), how("number")), (Some("former"), Some("exact")), "{parts:?}");
    assert_eq!(hits(&service, "旧路14号").await[0]["id"], id("door_plates", 2).as_str());
    assert_eq!(hits(&service, "新路12号").await[0]["former"], Json::Null);
    let table = "地址\n西湖区旧路12号\n西湖区新路12号\n";
    let asked = service.client.post(format!("{}/api/geocode", service.base)).header("content-type", "text/csv").body(table);
    let washed = asked.send().await.unwrap().text().await.unwrap();
    let rows: Vec<&str> = washed.lines().collect();
    assert!(
        rows[1].contains(",B,") && rows[1].contains("道路：曾用名（旧路→新路）") && rows[1].contains("现名「西湖区新路12号」"),
        "{washed}"
    );
    assert!(rows[2].contains(",A,"), "{washed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn old_addresses_are_known_when_a_layer_is_read_as_a_whole() {
    let service = Service::start(Fresh::new("EPSG:4549").await).await;
    let [x, y] = ORIGIN;
    let many = format!(
        "INSERT INTO door_plates (region, id, road, number, address, geom)
         SELECT 'r', substr(translate(md5('p' || n), '0189', 'ghij'), 1, 16), '旧路', n || '号', '西湖区旧路' || n || '号', ST_SetSRID(ST_MakePoint({x} + n % 200 * 20, {y} + n / 200 * 20), 4549)
         FROM generate_series(1, 21000) n"
    );
    // twenty thousand changes take longer than one
    let change = async |statements: &str| {
        service.fresh.psql(statements).await;
        let sequence = store::current_sequence(&service.fresh.pool).await.unwrap();
        assert!(service.live.reached(sequence, Duration::from_secs(60)).await, "the change was not seen");
    };
    change(&many).await;
    change("UPDATE door_plates SET road = '新路', address = replace(address, '旧路', '新路')").await;
    let old = hits(&service, "旧路20999号").await;
    assert_eq!((old[0]["address"].as_str(), old[0]["former"]["name"].as_str()), (Some("西湖区新路20999号"), Some("西湖区旧路20999号")));
    assert_eq!(service.live.state().gazetteer.len(), 21_000);
    change("UPDATE door_plates SET valid_to = '2026-01-01'").await;
    assert_eq!(hits(&service, "新路20999号").await[0]["status"], "cancelled");
    assert_eq!(service.live.state().gazetteer.len(), 21_000);
    change("DELETE FROM door_plates").await;
    assert!(hits(&service, "新路20999号").await.is_empty() && service.live.state().gazetteer.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_was_hidden_before() {
    let public = Publicity { hidden: ["address", "road", "lane", "number"].map(str::to_owned).into(), ..Publicity::default() };
    let service = Service::with(Fresh::new("EPSG:4549").await, Limits::default(), [(Layer::DoorPlates, public)].into()).await;
    service.change(&format!("{} UPDATE door_plates SET name = '甲宅'", plate(1, "旧路", "12号"))).await;
    service.change("UPDATE door_plates SET name = '乙宅', road = '新路', address = '西湖区新路12号'").await;
    assert_eq!(hits(&service, "甲宅").await[0]["former"]["name"], "甲宅");
    assert!(hits(&service, "旧路12号").await.is_empty() && hits(&service, "新路12号").await.is_empty());
}
