//! The change log as its followers read it: which transactions committed since, and what they touched.

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use sqlx::postgres::types::PgBox;

use super::StoreError;
use crate::domain::{Extent, FeatureId, Layer};

/// A committed transaction and what it changed.
#[derive(Debug)]
pub struct Change {
    pub sequence: u64,
    pub features: Vec<ChangedFeature>,
}

/// A feature that changed. Extents are in the working coordinate system; `None`: no geometry on that side.
#[derive(Clone, Copy, Debug)]
pub struct ChangedFeature {
    pub layer: Layer,
    pub id: FeatureId,
    pub old_extent: Option<Extent>,
    pub new_extent: Option<Extent>,
}

/// Up to `limit` transactions after `sequence`, in the order of their commits. Complete: a number that is missing was rolled back.
pub async fn changes_after(pool: &PgPool, sequence: u64, limit: u32) -> Result<Vec<Change>, StoreError> {
    // One statement, hence one snapshot: every row of a visible transaction is visible.
    let rows: Vec<(i64, String, String, Option<PgBox>, Option<PgBox>)> = sqlx::query_as(
        "SELECT t.sequence, c.layer, c.id, c.old_extent, c.new_extent
         FROM (SELECT xid, sequence FROM change_transaction WHERE sequence > $1 ORDER BY sequence LIMIT $2) t
         JOIN change c USING (xid)
         ORDER BY t.sequence, c.n",
    )
    .bind(i64::try_from(sequence).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    let mut changes: Vec<Change> = Vec::new();
    for (sequence, layer, id, old, new) in rows {
        let sequence = sequence.unsigned_abs();
        let feature = ChangedFeature {
            layer: layer.parse().map_err(|error| StoreError::Unreadable(format!("{error}")))?,
            id: id.parse().map_err(|_| StoreError::Unreadable(format!("id {id:?}")))?,
            old_extent: old.as_ref().map(extent),
            new_extent: new.as_ref().map(extent),
        };
        match changes.last_mut() {
            Some(last) if last.sequence == sequence => last.features.push(feature),
            _ => changes.push(Change { sequence, features: vec![feature] }),
        }
    }
    Ok(changes)
}

/// The last sequence that is visible now.
pub async fn current_sequence(pool: &PgPool) -> Result<u64, StoreError> {
    let sequence: i64 = sqlx::query_scalar("SELECT coalesce(max(sequence), 0) FROM change_transaction").fetch_one(pool).await?;
    Ok(sequence.unsigned_abs())
}

/// Hears of every commit that changed a feature. It may miss some while the connection is away: read on after every reconnect.
pub async fn listener(pool: &PgPool) -> Result<PgListener, StoreError> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen("yutu_change").await?;
    Ok(listener)
}

fn extent(of: &PgBox) -> Extent {
    Extent::new([of.upper_right_x, of.upper_right_y], [of.lower_left_x, of.lower_left_y])
}
