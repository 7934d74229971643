//! Search and reverse on a real city: PostGIS judges what is nearest, plates taken away judge where numbers are interpolated.

use std::collections::HashMap;

use futures::{StreamExt, stream};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::AssertSqlSafe;
use yutu::domain::{FeatureId, Layer};
use yutu::gazetteer::{Certainty, Kind, Query};

use super::judges::cambridge;

/// Of each of three layers: 10,000 in all.
const POINTS: usize = 3_334;
/// Two transformations of one point differ by less.
const SAME_M: f64 = 1e-3;

#[tokio::test(flavor = "multi_thread")]
async fn reverse_is_what_postgis_says_is_nearest() {
    let Some(service) = cambridge("reverse_is_what_postgis_says_is_nearest").await else { return };
    let mut random = ChaCha8Rng::seed_from_u64(20_261_122);
    let points: Vec<[f64; 2]> = (0..POINTS).map(|_| [random.random_range(-71.165..-71.06), random.random_range(42.35..42.405)]).collect();
    for layer in [Layer::DoorPlates, Layer::Roads, Layer::PlaceNames] {
        let table = format!("nearest_{layer}");
        service
            .fresh
            .psql(&format!(
                "CREATE TABLE {table} AS SELECT id, geom FROM {layer} WHERE valid_from <= current_date AND valid_to > current_date AND geom IS NOT NULL;
                 CREATE INDEX ON {table} USING gist (geom); ANALYZE {table}"
            ))
            .await;
        let [lons, lats] = [0, 1].map(|axis| points.iter().map(|point| point[axis]).collect::<Vec<f64>>());
        let theirs: Vec<(i64, String, f64)> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT p.n, f.id, f.d FROM (SELECT n, ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 26986) AS at
                 FROM unnest($1::float8[], $2::float8[]) WITH ORDINALITY AS given(lon, lat, n)) p,
             LATERAL (SELECT id, ST_Distance(geom, p.at) AS d FROM {table} ORDER BY geom <-> p.at LIMIT 1) f"
        )))
        .bind(&lons)
        .bind(&lats)
        .fetch_all(&service.fresh.pool)
        .await
        .unwrap();
        assert_eq!(theirs.len(), POINTS);
        let theirs: HashMap<i64, (String, f64)> = theirs.into_iter().map(|(n, id, d)| (n, (id, d))).collect();
        let mut other_of_a_tie = 0;
        let service = &service;
        let asked = stream::iter(points.iter().enumerate()).map(async |(place, [lon, lat])| {
            (place, [lon, lat], service.json(&format!("/api/reverse?lon={lon}&lat={lat}&radius=20000&layer={layer}")).await)
        });
        let mut answers = std::pin::pin!(asked.buffer_unordered(8));
        while let Some((place, [lon, lat], found)) = answers.next().await {
            let first = &found["features"][0];
            let (id, distance) = &theirs[&(place as i64 + 1)];
            let ours = first["properties"]["geocoding"]["distance_m"].as_f64().unwrap();
            // distances are told to a centimetre
            assert!((ours - distance).abs() < 0.005 + SAME_M, "{layer} at {lon} {lat}: {ours}, PostGIS {distance}");
            other_of_a_tie += usize::from(first["id"] != id.as_str());
        }
        // plates of one parcel share their place: the lowest id stands for them, PostGIS takes any
        let ties: (i64,) = sqlx::query_as(AssertSqlSafe(format!("SELECT count(*) - count(DISTINCT geom) FROM {table}")))
            .fetch_one(&service.fresh.pool)
            .await
            .unwrap();
        assert!(other_of_a_tie == 0 || ties.0 > 0 || layer == Layer::Roads, "{layer}: {other_of_a_tie} others");
    }
    let found = service.json("/api/reverse?lon=-71.106&lat=42.367").await;
    let around = &found["geocoding"]["surroundings"];
    assert_eq!(around["divisions"][0]["name"], "City of Cambridge", "{around}");
    assert!(around["zones"][0]["name"].is_string() && around["road"]["distance_m"].as_f64().unwrap() > 0.0, "{around}");
    assert!(["left", "right"].contains(&around["road"]["side"].as_str().unwrap()), "{around}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_interpolated_within_their_error() {
    let Some(service) = cambridge("numbers_are_interpolated_within_their_error").await else { return };
    let state = service.live.state();
    let plates: Vec<FeatureId> = state.snapshot.layer(Layer::DoorPlates).iter().map(|feature| feature.id).collect();
    // every sixtieth plate is taken away, and asked for
    let gone: Vec<_> =
        plates.iter().step_by(60).filter_map(|id| state.gazetteer.get(id)).filter(|entry| entry.position.is_some()).collect();
    let ids: Vec<FeatureId> = gone.iter().map(|entry| entry.id).collect();
    let index = state.gazetteer.with_changes(&ids, Vec::new());
    let (mut asked, mut interpolated, mut within, mut sure) = (0u32, 0u32, 0u32, 0u32);
    let mut off = Vec::new();
    let mut took = std::time::Duration::ZERO;
    for entry in &gone {
        let address = entry.address.as_deref().unwrap();
        // another row of the register may have the very address, or a unit of it
        if !entry.number.as_deref().unwrap_or_default().bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        asked += 1;
        let query = Query { text: address.to_owned(), layers: vec![Layer::DoorPlates, Layer::Roads], ..Query::default() };
        let started = std::time::Instant::now();
        let found = index.resolve(&query);
        took += started.elapsed();
        assert!(found.certainty != Some(Certainty::A), "{address} is not there any more: {found:?}");
        let Some(hit) = found.hit.filter(|hit| hit.matched.kind == Kind::Interpolated) else {
            continue;
        };
        interpolated += 1;
        sure += u32::from(found.certainty == Some(Certainty::B));
        let ([lon, lat], [x, y]) = (entry.position.unwrap(), hit.place.position.unwrap());
        let metres = ((lon - x) * 82_200.0).hypot((lat - y) * 111_195.0);
        within += u32::from(metres <= hit.error_m.unwrap() + 20.0);
        off.push(metres);
    }
    off.sort_by(f64::total_cmp);
    let median = off[off.len() / 2];
    eprintln!(
        "Cambridge: {asked} asked, {interpolated} interpolated ({sure} with certainty B), {within} within the error bar, median {median:.1} m off; {:.1?} each",
        took / asked
    );
    assert!(asked > 250 && interpolated * 100 > asked * 85, "{interpolated} of {asked}");
    assert!(within * 100 > interpolated * 95, "{within} of {interpolated} within their error");
    assert!(median < 40.0, "{median} m");
}
