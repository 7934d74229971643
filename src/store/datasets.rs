//! Dataset versions: what was imported, when, from which files.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::PgPool;

use super::StoreError;

/// One import of one profile's files.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Dataset {
    pub id: i64,
    pub city: String,
    pub source: String,
    pub profile: String,
    pub layer: String,
    pub files: serde_json::Value,
    pub valid_from: Option<NaiveDate>,
    pub counts: serde_json::Value,
    pub imported_at: DateTime<Utc>,
}

/// The newest dataset version of every source, by layer and source.
pub async fn latest_datasets(pool: &PgPool) -> Result<Vec<Dataset>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT DISTINCT ON (layer, source) id, city, source, profile, layer, files, valid_from, counts, imported_at
         FROM dataset ORDER BY layer, source, id DESC",
    )
    .fetch_all(pool)
    .await?)
}
