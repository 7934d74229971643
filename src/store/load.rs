//! Writes an import: one transaction, rows by COPY, so that a failing or killed import leaves what was there.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use chrono::NaiveDate;
use serde_json::Value as Json;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};

use super::StoreError;
use super::geom::write_ewkb;
use crate::domain::{FeatureId, Layer, Record, Value};

/// A dataset version's number.
pub type DatasetId = i64;

/// What a dataset version is; see the table `dataset`.
#[derive(Clone, Debug)]
pub struct DatasetVersion {
    pub city: String,
    pub source: String,
    pub profile: String,
    pub profile_sha256: String,
    pub layer: Layer,
    /// Array of `{path, sha256, bytes}`.
    pub files: Json,
    pub files_sha256: String,
    pub valid_from: Option<NaiveDate>,
    /// `full` or `delta`.
    pub delivery: &'static str,
}

/// Rows that are sent while the database still works on those before them.
const SENT_TOGETHER: usize = 512;

/// A feature that holds and has not ended, as the last edition of its source left it.
#[derive(Clone, Debug)]
pub struct Existing {
    pub region: String,
    pub id: FeatureId,
    pub source_id: String,
    pub content_hash: Option<i64>,
    pub shape_hash: Option<i64>,
    pub valid_from: Option<NaiveDate>,
}

/// A version of a feature to be written.
#[derive(Clone, Debug)]
pub struct LoadRow {
    pub record: Record,
    pub content_hash: i64,
    pub shape_hash: Option<i64>,
}

/// One import: everything or nothing.
#[derive(Debug)]
pub struct Session {
    transaction: Transaction<'static, Postgres>,
    srid: i32,
    /// Whether anything has ended in a layer, so that it may come back. Asked once: on a bulk load it never has.
    ended: HashMap<Layer, bool>,
}

impl Session {
    /// Waits for another import to end, then begins.
    pub async fn begin(pool: &PgPool) -> Result<Self, StoreError> {
        let mut transaction = pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock(7903361284502)").execute(&mut *transaction).await?;
        let srid = sqlx::query_scalar("SELECT working_srid FROM installation").fetch_one(&mut *transaction).await?;
        Ok(Self { transaction, srid, ended: HashMap::new() })
    }

    /// Whether these very files were read with this very profile before, as the newest edition of the source or an older one.
    pub async fn edition_known(
        &mut self,
        source: &str,
        profile: &str,
        files_sha256: &str,
        profile_sha256: &str,
    ) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM dataset WHERE source = $1 AND profile = $2 AND files_sha256 = $3 AND profile_sha256 = $4)",
        )
        .bind(source)
        .bind(profile)
        .bind(files_sha256)
        .bind(profile_sha256)
        .fetch_one(&mut *self.transaction)
        .await?)
    }

    /// Whether these very files were read into the source before, with whatever wording of a profile.
    pub async fn files_known(&mut self, source: &str, files_sha256: &str) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM dataset WHERE source = $1 AND files_sha256 = $2)")
            .bind(source)
            .bind(files_sha256)
            .fetch_one(&mut *self.transaction)
            .await?)
    }

    /// The newest edition date of the source; `Some(None)`: it has an undated edition only; `None`: nothing was loaded from it yet.
    pub async fn newest_edition(&mut self, source: &str) -> Result<Option<Option<NaiveDate>>, StoreError> {
        let (count, newest): (i64, Option<NaiveDate>) = sqlx::query_as("SELECT count(*), max(valid_from) FROM dataset WHERE source = $1")
            .bind(source)
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok((count > 0).then_some(newest))
    }

    /// Every feature of the source that has not ended, by source id.
    pub async fn existing(&mut self, layer: Layer, source: &str) -> Result<Vec<Existing>, StoreError> {
        type Row = (String, String, String, Option<i64>, Option<i64>, Option<NaiveDate>);
        let statement = format!(
            "SELECT region, id, source_id, content_hash, shape_hash, CASE WHEN isfinite(valid_from) THEN valid_from END
             FROM {layer} WHERE source = $1 AND valid_to = 'infinity' ORDER BY source_id, region"
        );
        let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(statement)).bind(source).fetch_all(&mut *self.transaction).await?;
        rows.into_iter()
            .map(|(region, id, source_id, content_hash, shape_hash, valid_from)| {
                let id = id.parse().map_err(|_| StoreError::Unreadable(format!("{layer}: id {id:?}")))?;
                Ok(Existing { region, id, source_id, content_hash, shape_hash, valid_from })
            })
            .collect()
    }

    /// The geometries of these features, to compare shapes exactly. In no particular order.
    pub async fn shapes(&mut self, layer: Layer, ids: &[FeatureId]) -> Result<Vec<(FeatureId, geo_types::Geometry<f64>)>, StoreError> {
        let statement = format!("SELECT id, geom FROM {layer} WHERE id = ANY($1) AND valid_to = 'infinity' AND geom IS NOT NULL");
        let ids: Vec<String> = ids.iter().map(FeatureId::to_string).collect();
        let rows: Vec<(String, super::Geom)> =
            sqlx::query_as(AssertSqlSafe(statement)).bind(&ids).fetch_all(&mut *self.transaction).await?;
        rows.into_iter()
            .map(|(id, geom)| Ok((id.parse().map_err(|_| StoreError::Unreadable(format!("{layer}: id {id:?}")))?, geom.geometry)))
            .collect()
    }

    /// Begins a dataset version; rows written from now on may name it.
    pub async fn dataset(&mut self, version: &DatasetVersion) -> Result<DatasetId, StoreError> {
        Ok(sqlx::query_scalar(
            "INSERT INTO dataset (city, source, profile, profile_sha256, layer, files, files_sha256, valid_from, delivery, counts)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '{}') RETURNING id",
        )
        .bind(&version.city)
        .bind(&version.source)
        .bind(&version.profile)
        .bind(&version.profile_sha256)
        .bind(version.layer.id())
        .bind(&version.files)
        .bind(&version.files_sha256)
        .bind(version.valid_from)
        .bind(version.delivery)
        .fetch_one(&mut *self.transaction)
        .await?)
    }

    /// Notes what a dataset version did.
    pub async fn counts(&mut self, dataset: DatasetId, counts: &Json) -> Result<(), StoreError> {
        sqlx::query("UPDATE dataset SET counts = $2 WHERE id = $1").bind(dataset).bind(counts).execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// New features. All rows are of one layer. A feature that ended and is back holds again from the day on which it ended, or
    /// from `validity.from` when that is later.
    pub async fn insert(&mut self, dataset: DatasetId, rows: &[LoadRow]) -> Result<(), StoreError> {
        let rows = self.after_what_ended(rows).await?;
        let Some(first) = rows.first() else { return Ok(()) };
        let statement = format!("COPY {} ({}) FROM STDIN", first.record.layer, columns(first.record.layer));
        let srid = self.srid;
        let mut copy = self.transaction.copy_in_raw(&statement).await?;
        let mut text = String::with_capacity(SENT_TOGETHER * 400);
        for part in rows.chunks(SENT_TOGETHER) {
            text.clear();
            let sent = match part.iter().try_for_each(|row| write(srid, dataset, row, &mut text)) {
                Ok(()) => copy.send(text.as_bytes()).await.map(drop).map_err(StoreError::from),
                Err(error) => Err(error),
            };
            if let Err(error) = sent {
                copy.abort("the rows could not be sent").await?;
                return Err(error);
            }
        }
        copy.finish().await?;
        Ok(())
    }

    /// The rows, none of them beginning before the last version of its feature has ended.
    async fn after_what_ended<'a>(&mut self, rows: &'a [LoadRow]) -> Result<Cow<'a, [LoadRow]>, StoreError> {
        let Some(layer) = rows.first().map(|row| row.record.layer) else { return Ok(Cow::Borrowed(rows)) };
        let any_ended = match self.ended.get(&layer) {
            Some(known) => *known,
            None => {
                let statement = format!("SELECT EXISTS (SELECT FROM {layer} WHERE valid_to < 'infinity')");
                let found = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut *self.transaction).await?;
                self.ended.insert(layer, found);
                found
            }
        };
        if !any_ended {
            return Ok(Cow::Borrowed(rows));
        }
        let regions: Vec<&str> = rows.iter().map(|row| row.record.region.as_str()).collect();
        let ids: Vec<String> = rows.iter().map(|row| row.record.id.to_string()).collect();
        let statement = format!(
            "SELECT f.region, f.id, max(f.valid_to) FROM unnest($1::text[], $2::text[]) AS g (region, id)
             JOIN {layer} f ON f.region = g.region AND f.id = g.id WHERE f.valid_to < 'infinity' GROUP BY 1, 2"
        );
        let ended: Vec<(String, String, NaiveDate)> =
            sqlx::query_as(AssertSqlSafe(statement)).bind(&regions).bind(&ids).fetch_all(&mut *self.transaction).await?;
        let ended: HashMap<(String, String), NaiveDate> = ended.into_iter().map(|(region, id, day)| ((region, id), day)).collect();
        let mut rows = rows.to_vec();
        for (row, id) in rows.iter_mut().zip(ids) {
            if let Some(day) = ended.get(&(row.record.region.clone(), id)) {
                row.record.validity.from = Some(row.record.validity.from.map_or(*day, |from| from.max(*day)));
            }
        }
        Ok(Cow::Owned(rows))
    }

    /// New words for known features: from `validity.from` of the row on, the new version holds; what held before ends that day and
    /// is kept. A version that began on that very day, or a row without a date, is a correction: the old words go to the past.
    pub async fn replace(&mut self, dataset: DatasetId, rows: &[LoadRow]) -> Result<(), StoreError> {
        let Some(first) = rows.first() else { return Ok(()) };
        let layer = first.record.layer;
        let (mut regions, mut ids, mut from) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            regions.push(row.record.region.clone());
            ids.push(row.record.id.to_string());
            from.push(row.record.validity.from);
        }
        // A correction deletes the open version (its words go to the past) and takes over its beginning.
        let statement = format!(
            "WITH given AS (SELECT * FROM unnest($1::text[], $2::text[], $3::date[]) AS g (region, id, day)),
                  ended AS (UPDATE {layer} f SET valid_to = g.day FROM given g
                            WHERE f.region = g.region AND f.id = g.id AND f.valid_to = 'infinity' AND g.day > f.valid_from)
             DELETE FROM {layer} f USING given g
             WHERE f.region = g.region AND f.id = g.id AND f.valid_to = 'infinity' AND (g.day IS NULL OR g.day <= f.valid_from)
             RETURNING f.region, f.id, CASE WHEN isfinite(f.valid_from) THEN f.valid_from END"
        );
        let corrected: Vec<(String, String, Option<NaiveDate>)> =
            sqlx::query_as(AssertSqlSafe(statement)).bind(&regions).bind(&ids).bind(&from).fetch_all(&mut *self.transaction).await?;
        self.ended.insert(layer, true);
        let began: HashMap<(String, String), Option<NaiveDate>> =
            corrected.into_iter().map(|(region, id, from)| ((region, id), from)).collect();
        let rows: Vec<LoadRow> = rows
            .iter()
            .map(|row| {
                let mut row = row.clone();
                if let Some(from) = began.get(&(row.record.region.clone(), row.record.id.to_string())) {
                    row.record.validity.from = *from;
                }
                row
            })
            .collect();
        self.insert(dataset, &rows).await
    }

    /// Features that the new edition no longer has: they end on that day (today when it is not dated). A version that began on that
    /// day or later was never in force: it is deleted, and kept in the past.
    pub async fn end(&mut self, layer: Layer, features: &[(String, FeatureId)], on: Option<NaiveDate>) -> Result<(), StoreError> {
        let regions: Vec<&str> = features.iter().map(|(region, _)| region.as_str()).collect();
        let ids: Vec<String> = features.iter().map(|(_, id)| id.to_string()).collect();
        self.ended.insert(layer, true);
        let statement = format!(
            "WITH given AS (SELECT * FROM unnest($1::text[], $2::text[]) AS g (region, id)),
                  ended AS (UPDATE {layer} f SET valid_to = coalesce($3, current_date) FROM given g
                            WHERE f.region = g.region AND f.id = g.id AND f.valid_to = 'infinity' AND coalesce($3, current_date) > f.valid_from)
             DELETE FROM {layer} f USING given g
             WHERE f.region = g.region AND f.id = g.id AND f.valid_to = 'infinity' AND coalesce($3, current_date) <= f.valid_from"
        );
        sqlx::query(AssertSqlSafe(statement)).bind(&regions).bind(&ids).bind(on).execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Makes everything visible at once and answers the sequence it stands at.
    pub async fn commit(mut self) -> Result<u64, StoreError> {
        // Before the change log takes its lock: whoever writes to one of these layers meanwhile may still commit.
        super::setup::index_places(&mut self.transaction, self.ended.keys().copied()).await?;
        sqlx::query("SET CONSTRAINTS ALL IMMEDIATE").execute(&mut *self.transaction).await?;
        let sequence: Option<i64> =
            sqlx::query_scalar("SELECT max(sequence) FROM change_transaction").fetch_one(&mut *self.transaction).await?;
        self.transaction.commit().await?;
        Ok(sequence.unwrap_or(0).unsigned_abs())
    }

    /// Leaves everything as it was.
    pub async fn abandon(self) -> Result<(), StoreError> {
        Ok(self.transaction.rollback().await?)
    }
}

/// A row in the text form of COPY.
fn write(srid: i32, dataset: DatasetId, row: &LoadRow, out: &mut String) -> Result<(), StoreError> {
    let record = &row.record;
    escape(&record.region, out);
    let _ = write!(out, "\t{}\t", record.id);
    date(record.validity.from, "-infinity", out);
    out.push('\t');
    date(record.validity.to, "infinity", out);
    let _ = write!(out, "\t{dataset}\t");
    escape(&record.source, out);
    out.push('\t');
    escape(&record.source_id, out);
    let _ = write!(out, "\t{}\t", row.content_hash);
    match row.shape_hash {
        Some(hash) => drop(write!(out, "{hash}")),
        None => out.push_str("\\N"),
    }
    out.push('\t');
    match &record.name {
        Some(name) => escape(name, out),
        None => out.push_str("\\N"),
    }
    out.push('\t');
    if record.names.is_empty() {
        out.push_str("[]");
    } else {
        json(&record.names, out)?;
    }
    out.push('\t');
    if record.attributes.is_empty() {
        out.push_str("{}");
    } else {
        json(&record.attributes, out)?;
    }
    out.push('\t');
    match &record.geometry {
        None => out.push_str("\\N"),
        Some(geometry) => {
            let mut bytes = Vec::with_capacity(32);
            write_ewkb(geometry, srid, &mut bytes).map_err(|error| StoreError::Unreadable(format!("{}: {error}", record.source_id)))?;
            let start = out.len();
            out.extend(std::iter::repeat_n('0', bytes.len() * 2));
            let mut digits = vec![0; bytes.len() * 2];
            hex::encode_to_slice(&bytes, &mut digits).map_err(|error| StoreError::Unreadable(error.to_string()))?;
            out.truncate(start);
            out.push_str(std::str::from_utf8(&digits).unwrap_or_default());
        }
    }
    for (_, value) in record.fields.iter() {
        out.push('\t');
        match value {
            None => out.push_str("\\N"),
            Some(Value::Text(text)) => escape(text, out),
            Some(Value::Int(value)) => drop(write!(out, "{value}")),
            Some(Value::Number(value)) => drop(write!(out, "{value}")),
            Some(Value::Date(value)) => drop(write!(out, "{value}")),
        }
    }
    out.push('\n');
    Ok(())
}

fn columns(layer: Layer) -> String {
    let mut text = String::from(
        "region, id, valid_from, valid_to, dataset_id, source, source_id, content_hash, shape_hash, name, names, attributes, geom",
    );
    for field in layer.fields() {
        text.push_str(", ");
        text.push_str(field.name);
    }
    text
}

fn date(value: Option<NaiveDate>, none: &str, out: &mut String) {
    match value {
        Some(day) => drop(write!(out, "{day}")),
        None => out.push_str(none),
    }
}

fn json(value: &impl serde::Serialize, out: &mut String) -> Result<(), StoreError> {
    let text = serde_json::to_string(value).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    escape(&without_nul(&text), out);
    Ok(())
}

/// JSON text without its escaped NULs, which jsonb cannot hold. A backslash that is itself escaped begins no escape.
fn without_nul(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u0000") {
        return Cow::Borrowed(json);
    }
    let mut kept = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("\\u0000") {
            rest = after;
        } else {
            // The character after a backslash is ASCII: serde writes no others.
            kept.push_str(&rest[..2]);
            rest = &rest[2..];
        }
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// The text form of COPY: backslash, tab and line ends are escaped; NUL, which PostgreSQL cannot hold, is left out.
fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\0' => {}
            other => out.push(other),
        }
    }
}
