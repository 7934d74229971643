//! The change log as its followers read it: what was committed since, and which features it touched.

use std::collections::BTreeSet;

use sqlx::PgPool;
use sqlx::postgres::PgListener;

use super::StoreError;
use super::snapshot::Reading;
use crate::domain::{FeatureId, Layer};

/// What a reading sees beyond an earlier sequence.
#[derive(Debug, Default)]
pub struct Changes {
    /// Layers with more changed features than are worth looking at one by one.
    pub whole: BTreeSet<Layer>,
    /// The changed features of all other layers.
    pub features: BTreeSet<(Layer, FeatureId)>,
}

impl Reading {
    /// Everything that was committed after `sequence` and that this reading sees. Complete: numbers become visible in their order.
    pub async fn changes_after(&mut self, sequence: u64, most_per_layer: u32) -> Result<Changes, StoreError> {
        let after = i64::try_from(sequence).unwrap_or(i64::MAX);
        // Asked one after the other: joined, the planner reads the whole log rather than its end, at every commit.
        let transactions: Vec<String> = sqlx::query_scalar("SELECT xid::text FROM change_transaction WHERE sequence > $1")
            .bind(after)
            .fetch_all(self.connection())
            .await?;
        let counts: Vec<(String, i64)> =
            sqlx::query_as("SELECT layer, count(*) FROM change WHERE xid = ANY($1::text[]::xid8[]) GROUP BY layer")
                .bind(&transactions)
                .fetch_all(self.connection())
                .await?;
        let mut changes = Changes::default();
        for (layer, count) in counts {
            let layer: Layer = layer.parse().map_err(|error| StoreError::Unreadable(format!("{error}")))?;
            if count > i64::from(most_per_layer) {
                changes.whole.insert(layer);
                continue;
            }
            let ids: Vec<String> = sqlx::query_scalar("SELECT DISTINCT id FROM change WHERE xid = ANY($1::text[]::xid8[]) AND layer = $2")
                .bind(&transactions)
                .bind(layer.id())
                .fetch_all(self.connection())
                .await?;
            for id in ids {
                changes.features.insert((layer, id.parse().map_err(|_| StoreError::Unreadable(format!("id {id:?}")))?));
            }
        }
        Ok(changes)
    }
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
