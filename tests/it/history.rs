//! History on both time axes: what editions replace, end and bring back, and what the register said before.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;
use sqlx::AssertSqlSafe;
use yutu::domain::{FeatureId, Fields, Layer, Record, Validity};
use yutu::store::load::{DatasetVersion, LoadRow, Session};
use yutu::store::{self, Found, Moment, TimePoint};

use super::setup::Fresh;

const LAYER: Layer = Layer::PlaceNames;

fn id(n: usize) -> FeatureId {
    FeatureId::derive("place_names", "test", &n.to_string())
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn row(n: usize, name: &str, from: Option<&str>) -> LoadRow {
    let record = Record {
        layer: LAYER,
        region: "r".into(),
        id: id(n),
        validity: Validity::since(from.map(day)),
        source: "test".into(),
        source_id: n.to_string(),
        name: Some(name.into()),
        names: Vec::new(),
        fields: Fields::new(LAYER),
        attributes: serde_json::Map::new(),
        geometry: None,
    };
    LoadRow { record, content_hash: 1, shape_hash: None }
}

enum Step {
    Insert(LoadRow),
    Replace(LoadRow),
    End(usize, Option<&'static str>),
}

/// One import.
async fn load(fresh: &Fresh, steps: Vec<Step>) {
    let mut session = Session::begin(&fresh.pool).await.unwrap();
    let version = DatasetVersion {
        city: "test".into(),
        source: "test".into(),
        profile: "test".into(),
        profile_sha256: String::new(),
        layer: LAYER,
        files: json!([]),
        files_sha256: String::new(),
        valid_from: None,
        delivery: "full",
    };
    let dataset = session.dataset(&version).await.unwrap();
    for step in steps {
        match step {
            Step::Insert(row) => session.insert(dataset, &[row]).await.unwrap(),
            Step::Replace(row) => session.replace(dataset, &[row]).await.unwrap(),
            Step::End(n, on) => session.end(LAYER, &[("r".into(), id(n))], on.map(day)).await.unwrap(),
        }
    }
    session.commit().await.unwrap();
}

async fn now(fresh: &Fresh) -> DateTime<Utc> {
    sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&fresh.pool).await.unwrap()
}

async fn today(fresh: &Fresh) -> NaiveDate {
    sqlx::query_scalar("SELECT current_date").fetch_one(&fresh.pool).await.unwrap()
}

async fn found(fresh: &Fresh, n: usize, at: Option<&str>, recorded_at: Option<DateTime<Utc>>) -> Found {
    let moment = Moment { at: at.map(|text| TimePoint::Day(day(text))), recorded_at: recorded_at.map(TimePoint::Time) };
    store::find(&fresh.pool, LAYER, id(n), moment).await.unwrap()
}

async fn name(fresh: &Fresh, n: usize, at: Option<&str>, recorded_at: Option<DateTime<Utc>>) -> Option<String> {
    match found(fresh, n, at, recorded_at).await {
        Found::Feature(found) => found.record.name,
        _ => None,
    }
}

#[tokio::test]
async fn editions_follow_each_other_whether_dated_or_not() {
    let fresh = Fresh::new("EPSG:4549").await;
    load(&fresh, vec![Step::Insert(row(1, "undated", None))]).await;
    let first = now(&fresh).await;
    load(&fresh, vec![Step::Replace(row(1, "undated again", None))]).await;
    assert_eq!(name(&fresh, 1, Some("1900-01-01"), None).await.as_deref(), Some("undated again"));
    assert_eq!(name(&fresh, 1, Some("1900-01-01"), Some(first)).await.as_deref(), Some("undated"), "what it said before is kept");
    load(&fresh, vec![Step::Replace(row(1, "dated", Some("2024-05-01")))]).await;
    assert_eq!(name(&fresh, 1, Some("2024-04-30"), None).await.as_deref(), Some("undated again"));
    assert_eq!(name(&fresh, 1, Some("2024-05-01"), None).await.as_deref(), Some("dated"));
    let dated = now(&fresh).await;
    load(&fresh, vec![Step::Replace(row(1, "same day", Some("2024-05-01")))]).await;
    assert_eq!(name(&fresh, 1, Some("2024-05-01"), None).await.as_deref(), Some("same day"));
    assert_eq!(name(&fresh, 1, Some("2024-05-01"), Some(dated)).await.as_deref(), Some("dated"));
    assert_eq!(name(&fresh, 1, Some("2024-04-30"), Some(dated)).await.as_deref(), Some("undated again"));
    load(&fresh, vec![Step::End(1, Some("2025-01-01"))]).await;
    assert_eq!(name(&fresh, 1, None, None).await, None);
    assert_eq!(name(&fresh, 1, Some("2024-12-31"), None).await.as_deref(), Some("same day"));
    assert_eq!(name(&fresh, 1, None, Some(dated)).await.as_deref(), Some("dated"), "as known then, it had not ended");
}

#[tokio::test]
async fn a_feature_that_comes_back_holds_from_where_it_ended() {
    let fresh = Fresh::new("EPSG:4549").await;
    load(&fresh, vec![Step::Insert(row(1, "first", None)), Step::Insert(row(2, "first", Some("2020-01-01")))]).await;
    load(&fresh, vec![Step::End(1, None), Step::End(2, Some("2022-01-01"))]).await;
    load(&fresh, vec![Step::Insert(row(1, "back", None)), Step::Insert(row(2, "back", None)), Step::Insert(row(3, "new", None))]).await;
    for n in 1..=3 {
        let expected = if n == 3 { "new" } else { "back" };
        assert_eq!(name(&fresh, n, None, None).await.as_deref(), Some(expected), "{n}");
    }
    assert_eq!(name(&fresh, 1, Some("2000-01-01"), None).await.as_deref(), Some("first"));
    assert_eq!(name(&fresh, 2, Some("2021-12-31"), None).await.as_deref(), Some("first"));
    assert_eq!(name(&fresh, 2, Some("2022-01-01"), None).await.as_deref(), Some("back"), "two versions never hold on one day");
    let overlaps: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM place_names a JOIN place_names b ON a.region = b.region AND a.id = b.id AND a.valid_from < b.valid_from
         WHERE a.valid_to > b.valid_from",
    )
    .fetch_one(&fresh.pool)
    .await
    .unwrap();
    assert_eq!(overlaps, 0);
}

#[tokio::test]
async fn a_feature_that_ends_and_comes_back_in_one_import_is_there() {
    let fresh = Fresh::new("EPSG:4549").await;
    load(&fresh, vec![Step::Insert(row(1, "first", Some("2020-01-01")))]).await;
    load(&fresh, vec![Step::End(1, Some("2022-01-01")), Step::Insert(row(1, "back", Some("2023-01-01")))]).await;
    assert_eq!(name(&fresh, 1, Some("2021-06-01"), None).await.as_deref(), Some("first"));
    assert_eq!(name(&fresh, 1, Some("2022-06-01"), None).await, None);
    assert_eq!(name(&fresh, 1, None, None).await.as_deref(), Some("back"));
}

#[tokio::test]
async fn why_a_feature_does_not_hold_is_told_apart() {
    let fresh = Fresh::new("EPSG:4549").await;
    load(&fresh, vec![Step::Insert(row(1, "a", Some("2020-01-01"))), Step::End(1, Some("2022-01-01")), Step::Insert(row(2, "b", None))])
        .await;
    let known = now(&fresh).await;
    assert!(matches!(found(&fresh, 1, Some("2023-01-01"), None).await, Found::Ended { on } if on == day("2022-01-01")));
    assert!(matches!(found(&fresh, 1, Some("2019-01-01"), None).await, Found::NotYet { from } if from == day("2020-01-01")));
    fresh.psql("DELETE FROM place_names").await;
    assert!(matches!(found(&fresh, 2, None, None).await, Found::Removed), "it was there, so it is not simply unknown");
    assert!(matches!(found(&fresh, 2, None, Some(known)).await, Found::Feature(_)));
    assert!(matches!(found(&fresh, 2, None, Some(known - TimeDelta::hours(1))).await, Found::Never), "not known yet at that time");
    assert!(matches!(found(&fresh, 3, None, None).await, Found::Never));
}

#[tokio::test]
async fn a_day_on_the_recorded_axis_is_a_day_of_the_city() {
    let fresh = Fresh::new("EPSG:4549").await;
    let pool = store::connect(fresh.options.clone(), "Asia/Shanghai", 2).await.unwrap();
    // 22:00 of the first of March in Shanghai; 14:00 in UTC. And 07:00 of the second, 23:00 of the first in UTC.
    for (n, time) in [(1, "2025-03-01T14:00:00Z"), (2, "2025-03-01T23:00:00Z")] {
        fresh.psql(&format!("INSERT INTO place_names (region, id, name, recorded_from) VALUES ('r', '{}', 'n', '{time}')", id(n))).await;
    }
    let known = async |n: usize, recorded_at: &str| {
        let moment = Moment { at: None, recorded_at: Some(TimePoint::Day(day(recorded_at))) };
        matches!(store::find(&pool, LAYER, id(n), moment).await.unwrap(), Found::Feature(_))
    };
    assert!(known(1, "2025-03-01").await && !known(1, "2025-02-28").await);
    assert!(known(2, "2025-03-02").await && !known(2, "2025-03-01").await);
    // 17:00 UTC on the last of February is the first of March in Shanghai.
    fresh.psql(&format!("UPDATE place_names SET valid_from = '2025-03-01' WHERE id = '{}'", id(1))).await;
    let at = |text: &str| Moment { at: Some(TimePoint::Time(text.parse().unwrap())), recorded_at: None };
    assert!(matches!(store::find(&pool, LAYER, id(1), at("2025-02-28T17:00:00Z")).await.unwrap(), Found::Feature(_)));
    assert!(matches!(store::find(&pool, LAYER, id(1), at("2025-02-28T15:00:00Z")).await.unwrap(), Found::NotYet { .. }));
}

#[tokio::test]
async fn a_writer_that_began_earlier_does_not_lose_what_another_said_meanwhile() {
    for last in ["UPDATE place_names SET name = 'slow'", "DELETE FROM place_names"] {
        let fresh = Fresh::new("EPSG:4549").await;
        fresh.psql(&format!("INSERT INTO place_names (region, id, name) VALUES ('r', '{}', 'first')", id(1))).await;
        let mut slow = fresh.pool.begin().await.unwrap();
        sqlx::query("SELECT 1").execute(&mut *slow).await.unwrap();
        fresh.psql("UPDATE place_names SET name = 'quick'").await;
        let quick: DateTime<Utc> = sqlx::query_scalar("SELECT recorded_from FROM place_names").fetch_one(&fresh.pool).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(last.to_owned())).execute(&mut *slow).await.unwrap();
        if last.starts_with("UPDATE") {
            sqlx::raw_sql("UPDATE place_names SET name = 'slow again'").execute(&mut *slow).await.unwrap();
        }
        slow.commit().await.unwrap();
        let kept: Vec<String> =
            sqlx::query_scalar("SELECT name FROM place_names_past ORDER BY recorded_from").fetch_all(&fresh.pool).await.unwrap();
        assert_eq!(kept, ["first", "quick"], "{last}");
        assert_eq!(name(&fresh, 1, None, Some(quick)).await.as_deref(), Some("quick"), "{last}");
        let overlapping: i64 = sqlx::query_scalar("SELECT count(*) FROM place_names_past WHERE recorded_from >= recorded_to")
            .fetch_one(&fresh.pool)
            .await
            .unwrap();
        assert_eq!(overlapping, 0, "each was said for some time");
    }
}

#[tokio::test]
async fn text_that_looks_like_an_escape_is_loaded_as_it_is() {
    let fresh = Fresh::new("EPSG:4549").await;
    let mut row = row(1, "n", None);
    for (key, text) in [("a", "\\u0000"), ("b", "x\\u0000b"), ("c", "tab\tquote\"back\\slash\u{0}end"), ("d", "\\\\u0000")] {
        row.record.attributes.insert(key.into(), text.into());
    }
    load(&fresh, vec![Step::Insert(row.clone())]).await;
    let Found::Feature(found) = found(&fresh, 1, None, None).await else { panic!("it is there") };
    row.record.attributes.insert("c".into(), "tab\tquote\"back\\slashend".into());
    assert_eq!(found.record.attributes, row.record.attributes);
}

#[tokio::test]
async fn a_day_that_passes_unseen_is_made_up_for() {
    let fresh = Fresh::new("EPSG:4549").await;
    let today = today(&fresh).await;
    let shift = |days: i64| today + TimeDelta::days(days);
    for (n, from, to) in [(1, -2, 900), (2, -900, -1), (3, 0, 900), (4, -3, 900), (5, 1, 900)] {
        fresh
            .psql(&format!(
                "INSERT INTO place_names (region, id, name, valid_from, valid_to) VALUES ('r', '{}', 'n', '{}', '{}')",
                id(n),
                shift(from),
                shift(to)
            ))
            .await;
    }
    let mut reading = store::Reading::begin(&fresh.pool).await.unwrap();
    let mut turning = reading.turning_since(LAYER, shift(-3)).await.unwrap();
    turning.sort();
    let mut expected = [1, 2, 3].map(id);
    expected.sort();
    assert_eq!(turning, expected, "everything that turned after the last day seen, not only today");
}
