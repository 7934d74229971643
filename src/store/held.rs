//! What held within a period of valid time, as the register knows it now: for questions about days other than today.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::sync::mpsc::Sender;

use super::features::{FoundFeature, versions};
use super::snapshot::{Reading, SnapshotRow, Texts, columns, decode_row};
use super::{StoreError, TimePoint};
use crate::domain::{FeatureId, Layer};

/// A period of valid time with both ends in it; `None` is open.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    pub from: Option<TimePoint>,
    pub to: Option<TimePoint>,
}

/// A feature with everything that is known of it, in its last version within the interval (`None`: today); `None` when it did not hold
/// then. Of several regions that of the first, as in [`Reading::held`].
pub async fn find_held(pool: &PgPool, layer: Layer, id: FeatureId, interval: Option<Interval>) -> Result<Option<FoundFeature>, StoreError> {
    Ok(held_of(pool, layer, &[id], interval).await?.into_iter().next())
}

/// The footprints of a case, likewise, in the order of their ids.
pub async fn find_permit_footprints(
    pool: &PgPool,
    region: &str,
    case_no: &str,
    interval: Option<Interval>,
) -> Result<Vec<FoundFeature>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT DISTINCT id FROM permit_footprints WHERE region = $1 AND case_no = $2")
        .bind(region)
        .bind(case_no)
        .fetch_all(pool)
        .await?;
    let ids: Vec<FeatureId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let mut found = held_of(pool, Layer::PermitFootprints, &ids, interval).await?;
    found.retain(|footprint| footprint.record.region == region);
    found.dedup_by_key(|footprint| footprint.record.id);
    // One that came to another case is not a part of this one any more.
    found.retain(|footprint| footprint.record.fields.text("case_no") == Some(case_no));
    Ok(found)
}

/// All versions within the interval, by id, the last of each first.
async fn held_of(pool: &PgPool, layer: Layer, ids: &[FeatureId], interval: Option<Interval>) -> Result<Vec<FoundFeature>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ((from_day, from_time), (to_day, to_time)) = parts(interval.unwrap_or(Interval { from: None, to: None }));
    let (from, to): (Option<NaiveDate>, Option<NaiveDate>) = sqlx::query_as(
        "SELECT CASE WHEN $5 THEN current_date ELSE coalesce($1::date, ($2::timestamptz)::date) END,
                CASE WHEN $5 THEN current_date ELSE coalesce($3::date, ($4::timestamptz)::date) END",
    )
    .bind(from_day)
    .bind(from_time)
    .bind(to_day)
    .bind(to_time)
    .bind(interval.is_none())
    .fetch_one(pool)
    .await?;
    let mut found = versions(pool, layer, ids, None).await?;
    found.retain(|version| {
        let validity = version.record.validity;
        validity.from.is_none_or(|begins| to.is_none_or(|to| begins <= to))
            && validity.to.is_none_or(|ends| from.is_none_or(|from| ends > from))
    });
    // `None` is the distant past, so the least.
    found.sort_by(|a, b| {
        let (a, b) = (&a.record, &b.record);
        a.id.cmp(&b.id).then(b.validity.from.cmp(&a.validity.from)).then_with(|| a.region.cmp(&b.region))
    });
    Ok(found)
}

/// Days and times apart, as the statements take them.
type Parts = (Option<NaiveDate>, Option<DateTime<Utc>>);

fn parts(interval: Interval) -> (Parts, Parts) {
    let parts = |point| match point {
        None => (None, None),
        Some(TimePoint::Day(day)) => (Some(day), None),
        Some(TimePoint::Time(time)) => (None, Some(time)),
    };
    (parts(interval.from), parts(interval.to))
}

impl Reading {
    /// Sends every feature that held on some day of the interval, once and in the order of ids: in its last version within it, of
    /// several regions that of the first. Waits while the channel is full; a receiver that has gone ends the reading.
    pub async fn held(&mut self, layer: Layer, interval: Interval, batch: usize, to: &Sender<Vec<SnapshotRow>>) -> Result<(), StoreError> {
        let statement = format!(
            "SELECT DISTINCT ON (id) {} FROM {layer}
             WHERE valid_from <= coalesce($3::date, ($4::timestamptz)::date, 'infinity')
               AND valid_to > coalesce($1::date, ($2::timestamptz)::date, '-infinity')
             ORDER BY id, valid_from DESC, region",
            columns(layer, "geom")
        );
        let ((from_day, from_time), (to_day, to_time)) = parts(interval);
        // A cursor would do as well; pages by id need no more than this statement.
        let page = format!("SELECT * FROM ({statement}) held WHERE $5::text IS NULL OR id > $5 ORDER BY id LIMIT {batch}");
        let mut after: Option<String> = None;
        let mut texts = Texts::default();
        loop {
            let found = sqlx::query(AssertSqlSafe(page.clone()))
                .bind(from_day)
                .bind(from_time)
                .bind(to_day)
                .bind(to_time)
                .bind(after.take())
                .fetch_all(self.connection())
                .await?;
            let rows = found.iter().map(|row| decode_row(layer, row, &mut texts)).collect::<Result<Vec<_>, _>>()?;
            after = rows.last().map(|row| row.id.to_string());
            if to.send(rows).await.is_err() || found.len() < batch {
                return Ok(());
            }
        }
    }
}
