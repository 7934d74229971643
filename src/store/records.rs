//! All features of a layer as they held and were known at a moment, with everything that is known of them: what is handed on whole.

use chrono::{DateTime, NaiveDate, Utc};
use futures::TryStreamExt;
use sqlx::AssertSqlSafe;
use tokio::sync::mpsc::Sender;

use super::features::{self, columns};
use super::{FoundFeature, Moment, Reading, StoreError};
use crate::domain::Layer;

/// What a [`Moment`] means in a reading: the day on which the features held, and until when the register's words count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    pub on: NaiveDate,
    /// `None`: as known now.
    pub known_at: Option<DateTime<Utc>>,
}

/// How many features have a geometry of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeCount {
    /// As PostGIS calls it, such as `MULTIPOLYGON`; `None`: no position.
    pub kind: Option<String>,
    pub features: u64,
}

/// Features that are handed over at once.
const BATCH: usize = 500;

impl Reading {
    /// # Errors
    /// The database does not answer.
    pub async fn as_of(&mut self, moment: Moment) -> Result<AsOf, StoreError> {
        let (on, known_at) = features::resolve(self.connection(), moment).await?;
        Ok(AsOf { on, known_at })
    }

    /// The features of the layer by the type of their geometry. A feature that is stored for several regions counts once.
    pub async fn count_shapes(&mut self, layer: Layer, as_of: AsOf) -> Result<Vec<ShapeCount>, StoreError> {
        let statement = format!(
            "{}
             SELECT kind, count(*) FROM (SELECT DISTINCT ON (id) id, GeometryType(geom) AS kind FROM ({}) h ORDER BY id, region) one
             GROUP BY kind ORDER BY kind",
            footprints(layer),
            rows(layer, &format!("f.region, f.id, {} AS geom", geometry(layer))),
        );
        let counts: Vec<(Option<String>, i64)> =
            sqlx::query_as(AssertSqlSafe(statement)).bind(as_of.on).bind(as_of.known_at).fetch_all(self.connection()).await?;
        Ok(counts.into_iter().map(|(kind, count)| ShapeCount { kind, features: count.unsigned_abs() }).collect())
    }

    /// Sends every feature of the layer to `to`, in the order of their ids, some hundreds at a time; one that is stored for several
    /// regions comes once for each, one after the other. A case has the union of its footprints, as it is drawn. Waits while the
    /// channel is full; a receiver that has gone ends the reading.
    pub async fn records(&mut self, layer: Layer, as_of: AsOf, to: &Sender<Vec<FoundFeature>>) -> Result<(), StoreError> {
        let columns = columns(layer, "NULL::jsonb", geometry(layer));
        // id, region
        let statement = format!("{} {} ORDER BY 2, 1", footprints(layer), rows(layer, &columns));
        let mut found = sqlx::query(AssertSqlSafe(statement)).bind(as_of.on).bind(as_of.known_at).fetch(self.connection());
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(row) = found.try_next().await? {
            batch.push(features::read(layer, &row)?);
            if batch.len() == BATCH && to.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))).await.is_err() {
                return Ok(());
            }
        }
        // Whoever went away knows why.
        let _ = to.send(batch).await;
        Ok(())
    }
}

/// The rows of a layer that held on day `$1`, as known at `$2` (null: now): as they stand if they are that old, else what was kept
/// when they were changed.
fn rows(layer: Layer, columns: &str) -> String {
    let joined = match layer {
        Layer::Permits => "LEFT JOIN footprints p ON p.region = f.region AND p.case_no = f.case_no",
        _ => "",
    };
    format!(
        "SELECT {columns} FROM {layer} f {joined}
         WHERE f.valid_from <= $1::date AND f.valid_to > $1 AND ($2::timestamptz IS NULL OR f.recorded_from <= $2)
         UNION ALL
         SELECT {columns} FROM {layer}_past f {joined}
         WHERE f.valid_from <= $1 AND f.valid_to > $1 AND f.recorded_from <= $2 AND f.recorded_to > $2"
    )
}

fn geometry(layer: Layer) -> &'static str {
    if layer == Layer::Permits { "coalesce(p.geom, f.geom)" } else { "f.geom" }
}

/// The ground of each case; overlapping footprints of one would make an invalid multipolygon.
fn footprints(layer: Layer) -> String {
    if layer != Layer::Permits {
        return String::new();
    }
    format!(
        "WITH footprints AS (
             SELECT region, case_no, CASE WHEN count(*) = 1 THEN (array_agg(geom))[1] ELSE ST_Multi(ST_Union(geom)) END AS geom
             FROM ({}) h WHERE case_no IS NOT NULL GROUP BY region, case_no)",
        rows(Layer::PermitFootprints, "f.region, f.case_no, f.geom")
    )
}
