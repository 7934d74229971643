//! The change log: nothing is missed, whoever writes and however long it takes.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::{AssertSqlSafe, PgPool};
use yutu::domain::FeatureId;
use yutu::store::{self, Moment, Reading, TimePoint};

use super::setup::Fresh;

fn id(n: usize) -> String {
    FeatureId::derive("place_names", "test", &n.to_string()).to_string()
}

fn insert(n: usize) -> String {
    format!("INSERT INTO place_names (region, id, name) VALUES ('r', '{}', 'n{n}')", id(n))
}

async fn seen_after(pool: &PgPool, sequence: u64) -> (BTreeSet<FeatureId>, u64) {
    let mut reading = Reading::begin(pool).await.unwrap();
    let changes = reading.changes_after(sequence, 1_000_000).await.unwrap();
    (changes.features.into_iter().map(|(_, id)| id).collect(), reading.sequence)
}

#[tokio::test]
async fn a_long_transaction_that_commits_late_is_not_missed() {
    let fresh = Fresh::new("EPSG:4549").await;
    let mut long = fresh.pool.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(insert(1))).execute(&mut *long).await.unwrap();
    fresh.psql(&insert(2)).await;
    let (seen, sequence) = seen_after(&fresh.pool, 0).await;
    assert_eq!(seen.len(), 1, "only what has committed");
    long.commit().await.unwrap();
    let (seen, later) = seen_after(&fresh.pool, sequence).await;
    assert_eq!(seen, BTreeSet::from([id(1).parse().unwrap()]));
    assert!(later > sequence, "the late commit has the higher number although it began first");
}

#[tokio::test]
async fn a_rollback_leaves_a_gap_and_nothing_else() {
    let fresh = Fresh::new("EPSG:4549").await;
    fresh.psql(&format!("BEGIN; {}; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK", insert(1))).await;
    fresh.psql(&insert(2)).await;
    let (seen, _) = seen_after(&fresh.pool, 0).await;
    assert_eq!(seen, BTreeSet::from([id(2).parse().unwrap()]));
    assert_eq!(sqlx::query_scalar::<_, i64>("SELECT count(*) FROM change").fetch_one(&fresh.pool).await.unwrap(), 1);
}

/// Writers that overlap, dawdle and roll back; a follower that reads now and then must end up with exactly what was committed.
#[tokio::test(flavor = "multi_thread")]
async fn a_follower_sees_every_commit_exactly_once_whatever_the_writers_do() {
    let fresh = Fresh::new("EPSG:4549").await;
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let follower = {
        let (pool, done) = (fresh.pool.clone(), std::sync::Arc::clone(&done));
        tokio::spawn(async move {
            let (mut at, mut all, mut last) = (0, BTreeSet::new(), false);
            loop {
                let finished = done.load(std::sync::atomic::Ordering::SeqCst);
                let (seen, sequence) = seen_after(&pool, at).await;
                assert!(sequence >= at, "sequences never go back");
                for id in seen {
                    assert!(all.insert(id), "{id} was told twice");
                }
                at = sequence;
                if last {
                    return all;
                }
                last = finished;
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        })
    };
    let mut writers = Vec::new();
    for writer in 0..6 {
        let pool = fresh.pool.clone();
        writers.push(tokio::spawn(async move {
            let mut committed = BTreeSet::new();
            for step in 0..25usize {
                let n = writer * 1000 + step * 10;
                let mut transaction = pool.begin().await.unwrap();
                let mut mine = Vec::new();
                for more in 0..(step % 4 + 1) {
                    sqlx::raw_sql(AssertSqlSafe(insert(n + more))).execute(&mut *transaction).await.unwrap();
                    mine.push(id(n + more).parse::<FeatureId>().unwrap());
                    tokio::time::sleep(Duration::from_millis((n * 7 % 5) as u64)).await;
                }
                if (step + writer) % 5 == 0 {
                    transaction.rollback().await.unwrap();
                } else {
                    transaction.commit().await.unwrap();
                    committed.extend(mine);
                }
            }
            committed
        }));
    }
    let mut committed = BTreeSet::new();
    for writer in writers {
        committed.extend(writer.await.unwrap());
    }
    done.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(follower.await.unwrap(), committed);
}

#[tokio::test]
async fn what_the_register_said_before_is_kept_and_answered() {
    let fresh = Fresh::new("EPSG:4549").await;
    let layer = yutu::domain::Layer::PlaceNames;
    let feature: FeatureId = id(1).parse().unwrap();
    fresh.psql(&insert(1)).await;
    let first: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&fresh.pool).await.unwrap();
    fresh.psql(&format!("UPDATE place_names SET name = 'corrected' WHERE id = '{feature}'")).await;
    let second: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&fresh.pool).await.unwrap();
    fresh.psql(&format!("DELETE FROM place_names WHERE id = '{feature}'")).await;
    let name = async |recorded_at: Option<chrono::DateTime<chrono::Utc>>| match store::find(
        &fresh.pool,
        layer,
        feature,
        Moment { at: None, recorded_at: recorded_at.map(TimePoint::Time) },
    )
    .await
    .unwrap()
    {
        store::Found::Feature(found) => found.record.name,
        _ => None,
    };
    assert_eq!(name(Some(first)).await.as_deref(), Some("n1"));
    assert_eq!(name(Some(second)).await.as_deref(), Some("corrected"));
    assert_eq!(name(None).await, None);
    assert_eq!(name(Some(first - chrono::TimeDelta::hours(1))).await, None, "before it was known");
}

#[tokio::test]
async fn truncating_a_layer_is_refused_because_it_would_lose_history() {
    let fresh = Fresh::new("EPSG:4549").await;
    let error = sqlx::raw_sql("TRUNCATE roads").execute(&fresh.pool).await.unwrap_err();
    assert!(error.to_string().contains("DELETE"), "{error}");
}

async fn logged(fresh: &Fresh) -> Vec<(String, String)> {
    sqlx::query_as(
        "SELECT id, string_agg(operation::text, '' ORDER BY sequence, n) FROM change JOIN change_transaction USING (xid) GROUP BY id ORDER BY id",
    )
    .fetch_all(&fresh.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn upserts_merges_and_changed_keys_are_logged_row_by_row() {
    let fresh = Fresh::new("EPSG:4549").await;
    fresh.psql(&insert(1)).await;
    fresh
        .psql(&format!(
            "INSERT INTO place_names (region, id, name) VALUES ('r', '{}', 'a'), ('r', '{}', 'b')
             ON CONFLICT (region, id, valid_from) DO UPDATE SET name = excluded.name",
            id(1),
            id(2)
        ))
        .await;
    fresh
        .psql(&format!(
            "MERGE INTO place_names t USING (VALUES ('{}', 'x'), ('{}', NULL), ('{}', 'y')) AS s (id, name) ON t.id = s.id AND t.region = 'r'
             WHEN MATCHED AND s.name IS NULL THEN DELETE
             WHEN MATCHED THEN UPDATE SET name = s.name
             WHEN NOT MATCHED THEN INSERT (region, id, name) VALUES ('r', s.id, s.name)",
            id(1),
            id(2),
            id(3)
        ))
        .await;
    fresh.psql(&format!("UPDATE place_names SET id = '{}' WHERE id = '{}'", id(4), id(3))).await;
    let mut expected: Vec<(String, String)> =
        [(1, "IUU"), (2, "ID"), (3, "ID"), (4, "I")].map(|(n, operations)| (id(n), operations.to_owned())).into();
    expected.sort();
    assert_eq!(logged(&fresh).await, expected);
    let past: Vec<String> =
        sqlx::query_scalar("SELECT name FROM place_names_past ORDER BY recorded_to, id").fetch_all(&fresh.pool).await.unwrap();
    assert_eq!(past.len(), 4, "every earlier wording is kept: {past:?}");
}

#[tokio::test]
async fn a_session_that_switches_triggers_off_is_logged_all_the_same() {
    let fresh = Fresh::new("EPSG:4549").await;
    for statement in [insert(1), "UPDATE place_names SET name = 'other'".to_owned()] {
        fresh.psql(&format!("SET session_replication_role = replica; {statement}")).await;
    }
    let (seen, sequence) = seen_after(&fresh.pool, 0).await;
    assert_eq!((seen.len(), sequence), (1, 2));
    assert_eq!(sqlx::query_scalar::<_, i64>("SELECT count(*) FROM place_names_past").fetch_one(&fresh.pool).await.unwrap(), 1);
}

/// Judged by the planner's own figure: reading all of the key costs it some hundreds here, and more with every row.
#[tokio::test]
async fn a_row_known_by_its_id_alone_is_found_by_the_key() {
    let fresh = Fresh::new("EPSG:4549").await;
    fresh
        .psql(
            "INSERT INTO place_names (region, id, name)
             SELECT 'r', translate(substr(md5(n::text), 1, 16), '0189', 'ghij'), 'n' FROM generate_series(1, 20000) n;
             UPDATE place_names SET name = 'm';
             ANALYZE place_names; ANALYZE place_names_past",
        )
        .await;
    for statement in ["UPDATE place_names SET name = 'x'", "SELECT * FROM place_names", "SELECT * FROM place_names_past"] {
        let explain = format!("EXPLAIN (FORMAT json) {statement} WHERE id = 'aaaaaaaaaaaaaaaa'");
        let plan: serde_json::Value = sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(&fresh.pool).await.unwrap();
        let cost = plan[0]["Plan"]["Total Cost"].as_f64().unwrap();
        assert!(cost < 20.0, "{statement}: {plan}");
    }
}
