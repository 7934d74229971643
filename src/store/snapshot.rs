//! Reads what the snapshots in memory are built from: one consistent reading of all layers, or of single features.
//! The bulk comes by binary COPY: 1.2 million plates in the time that ordinary rows take for a third of them.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use futures::TryStreamExt;
use geo_types::Geometry;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Row, Transaction, ValueRef};
use tokio::sync::mpsc::Sender;

use super::{StoreError, decode};
use crate::domain::{FeatureId, Fields, Layer, Name};
use crate::store::geom::read_ewkb;

/// A feature as it holds today.
#[derive(Debug)]
pub struct SnapshotRow {
    pub region: Arc<str>,
    pub id: FeatureId,
    pub name: Option<Box<str>>,
    pub names: Vec<Name>,
    pub fields: Fields,
    pub geometry: Option<Geometry<f64>>,
}

/// One repeatable-read transaction: everything read through it stands at one sequence.
#[derive(Debug)]
pub struct Reading {
    transaction: Transaction<'static, Postgres>,
    pub sequence: u64,
    /// When the last change was committed.
    pub status_time: Option<DateTime<Utc>>,
    pub epoch: String,
    /// The day on which it was read, in the city's time zone.
    pub today: NaiveDate,
}

/// Rows of a layer as the database sent them.
#[derive(Debug)]
pub struct SentRows {
    layer: Layer,
    bytes: Vec<u8>,
}

/// Texts that many rows repeat, each kept once by whoever decodes.
#[derive(Debug, Default)]
pub struct Texts(HashSet<Arc<str>>);

impl SentRows {
    /// Work for a calculation thread.
    pub fn decode(&self, texts: &mut Texts) -> Result<Vec<SnapshotRow>, StoreError> {
        let mut rows = Vec::with_capacity(self.bytes.len() / 128);
        let mut columns = Vec::new();
        let mut rest = self.bytes.as_slice();
        while let Some(used) = next_tuple(rest, &mut columns) {
            rows.push(row(self.layer, |index| columns[index], texts)?);
            rest = &rest[used..];
        }
        Ok(rows)
    }
}

impl Reading {
    pub async fn begin(pool: &PgPool) -> Result<Self, StoreError> {
        let mut transaction = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        // The last by its index: a maximum over all times would read the whole log at every poll.
        let (sequence, status_time, epoch, today): (i64, _, _, _) = sqlx::query_as(
            "SELECT coalesce(t.sequence, 0), t.committed_at, i.epoch::text, current_date FROM installation i \
             LEFT JOIN (SELECT sequence, committed_at FROM change_transaction WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1) t ON true",
        )
        .fetch_one(&mut *transaction)
        .await?;
        Ok(Self { transaction, sequence: sequence.unsigned_abs(), status_time, epoch, today })
    }

    /// Sends every feature of the layer that holds today to `to`, some megabytes at a time and in no particular order; a feature
    /// that is stored for several regions comes once for each. They come as the database sent them, so that the reading goes on
    /// while others decode. Waits while the channel is full; a receiver that has gone ends the reading.
    pub async fn layer(&mut self, layer: Layer, to: &Sender<SentRows>) -> Result<(), StoreError> {
        let statement = format!(
            "COPY (SELECT {} FROM {layer} WHERE valid_from <= current_date AND valid_to > current_date) TO STDOUT (FORMAT binary)",
            columns(layer, "geom")
        );
        let mut stream = self.transaction.copy_out_raw(&statement).await?;
        let mut bytes = Vec::with_capacity(SENT_TOGETHER + SENT_TOGETHER / 8);
        // 11 bytes of signature, flags, length of the extension
        let mut skipped = 19;
        let mut whole = 0;
        while let Some(chunk) = stream.try_next().await? {
            bytes.extend_from_slice(&chunk);
            if skipped > 0 {
                if bytes.len() < skipped {
                    continue;
                }
                bytes.drain(..std::mem::take(&mut skipped));
            }
            if bytes.len() < SENT_TOGETHER {
                continue;
            }
            while let Some(used) = tuple_length(&bytes[whole..]) {
                whole += used;
            }
            let mut next = Vec::with_capacity(SENT_TOGETHER + SENT_TOGETHER / 8);
            next.extend_from_slice(&bytes[std::mem::take(&mut whole)..]);
            bytes.truncate(bytes.len() - next.len());
            if to.send(SentRows { layer, bytes: std::mem::replace(&mut bytes, next) }).await.is_err() {
                return Ok(());
            }
        }
        // Whoever went away knows why.
        let _ = to.send(SentRows { layer, bytes }).await;
        Ok(())
    }

    /// The same for single features.
    pub async fn features(&mut self, layer: Layer, ids: &[FeatureId]) -> Result<Vec<SnapshotRow>, StoreError> {
        let statement = format!(
            "SELECT {} FROM {layer} WHERE id = ANY($1) AND valid_from <= current_date AND valid_to > current_date",
            columns(layer, "geom")
        );
        let ids: Vec<String> = ids.iter().map(FeatureId::to_string).collect();
        let found = sqlx::query(AssertSqlSafe(statement)).bind(&ids).fetch_all(&mut *self.transaction).await?;
        let mut texts = Texts::default();
        found.iter().map(|found| decode_row(layer, found, &mut texts)).collect()
    }

    /// Features whose validity began or ended after the day `since`, up to today, which no change announces. When the clock was
    /// set back, those of the days that came to be in the future.
    pub async fn turning_since(&mut self, layer: Layer, since: NaiveDate) -> Result<Vec<FeatureId>, StoreError> {
        let statement = format!(
            "SELECT DISTINCT f.id FROM {layer} f, (SELECT least($1, current_date) AS after, greatest($1, current_date) AS until) d
             WHERE (f.valid_from > d.after AND f.valid_from <= d.until) OR (f.valid_to > d.after AND f.valid_to <= d.until)"
        );
        let ids: Vec<String> = sqlx::query_scalar(AssertSqlSafe(statement)).bind(since).fetch_all(&mut *self.transaction).await?;
        parse_ids(&ids)
    }

    /// The cases with these regions and numbers.
    pub async fn permits_of(&mut self, cases: &HashSet<(Arc<str>, Arc<str>)>) -> Result<Vec<FeatureId>, StoreError> {
        let (regions, numbers): (Vec<&str>, Vec<&str>) = cases.iter().map(|(region, number)| (region.as_ref(), number.as_ref())).unzip();
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT p.id FROM permits p JOIN unnest($1::text[], $2::text[]) AS c (region, number)
             ON p.region = c.region AND p.case_no = c.number",
        )
        .bind(&regions)
        .bind(&numbers)
        .fetch_all(&mut *self.transaction)
        .await?;
        parse_ids(&ids)
    }

    pub(super) fn connection(&mut self) -> &mut sqlx::PgConnection {
        &mut self.transaction
    }
}

pub(super) fn decode_row(layer: Layer, found: &PgRow, texts: &mut Texts) -> Result<SnapshotRow, StoreError> {
    decode_with_more(layer, found, texts).map(|(row, _)| row)
}

/// Values as they were sent.
type Columns<'a> = Vec<Option<&'a [u8]>>;

/// The row, and what was asked for behind its columns.
pub(super) fn decode_with_more<'a>(layer: Layer, found: &'a PgRow, texts: &mut Texts) -> Result<(SnapshotRow, Columns<'a>), StoreError> {
    let mut values = Vec::with_capacity(found.len());
    for index in 0..found.len() {
        let value = found.try_get_raw(index)?;
        values.push(if value.is_null() {
            None
        } else {
            Some(value.as_bytes().map_err(|error| StoreError::Unreadable(error.to_string()))?)
        });
    }
    let row = row(layer, |index| values[index], texts)?;
    Ok((row, values.split_off(FIRST_FIELD + layer.fields().len())))
}

fn parse_ids(ids: &[String]) -> Result<Vec<FeatureId>, StoreError> {
    ids.iter().map(|id| id.parse().map_err(|_| StoreError::Unreadable(format!("id {id:?}")))).collect()
}

const FIRST_FIELD: usize = 5;
/// Bytes of rows that are handed over at once.
const SENT_TOGETHER: usize = 2 << 20;
/// Longer texts (addresses: 12 characters of Chinese and more) hardly ever repeat; a million of them kept aside cost more than they save.
const LONGEST_SHARED: usize = 36;

/// What a row is decoded from; `geometry` is an expression.
pub(super) fn columns(layer: Layer, geometry: &str) -> String {
    let mut text = format!("region, id, name, names, {geometry}");
    for field in layer.fields() {
        text.push_str(", ");
        text.push_str(field.name);
    }
    text
}

fn row<'a>(layer: Layer, column: impl Fn(usize) -> Option<&'a [u8]>, Texts(texts): &mut Texts) -> Result<SnapshotRow, StoreError> {
    let required = |index| column(index).ok_or_else(|| StoreError::Unreadable(format!("{layer}: column {index} is null")));
    let mut intern = |text: &str| -> Arc<str> {
        if text.len() > LONGEST_SHARED {
            return text.into();
        }
        match texts.get(text) {
            Some(known) => Arc::clone(known),
            None => {
                let new: Arc<str> = text.into();
                texts.insert(Arc::clone(&new));
                new
            }
        }
    };
    let id = decode::text(required(1)?)?;
    Ok(SnapshotRow {
        region: intern(decode::text(required(0)?)?),
        id: id.parse().map_err(|_| StoreError::Unreadable(format!("{layer}: id {id:?}")))?,
        name: column(2).map(decode::text).transpose()?.map(Into::into),
        names: match column(3) {
            None | Some([1, b'[', b']']) => Vec::new(),
            Some(bytes) => decode::json(bytes)?,
        },
        geometry: match column(4) {
            None => None,
            Some(bytes) => Some(read_ewkb(bytes).map_err(|error| StoreError::Unreadable(format!("{layer} {id}: {error}")))?),
        },
        fields: decode::fields(layer, |index| column(FIRST_FIELD + index), intern)?,
    })
}

/// The columns of the next whole tuple of a binary COPY stream into `columns`, and how many bytes it took; `None`: more bytes are
/// needed, or the end.
fn next_tuple<'a>(bytes: &'a [u8], columns: &mut Vec<Option<&'a [u8]>>) -> Option<usize> {
    columns.clear();
    walk_tuple(bytes, |column| columns.push(column))
}

fn tuple_length(bytes: &[u8]) -> Option<usize> {
    walk_tuple(bytes, |_| ())
}

fn walk_tuple<'a>(bytes: &'a [u8], mut column: impl FnMut(Option<&'a [u8]>)) -> Option<usize> {
    let count = i16::from_be_bytes(bytes.get(..2)?.try_into().ok()?);
    // the trailer counts -1 columns
    usize::try_from(count).ok()?;
    let mut at = 2;
    for _ in 0..count {
        let length = i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
        at += 4;
        match usize::try_from(length) {
            Err(_) => column(None),
            Ok(length) => {
                column(Some(bytes.get(at..at + length)?));
                at += length;
            }
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuple_is_read_only_when_it_is_whole() {
        let bytes = [0, 2, 0, 0, 0, 1, b'a', 255, 255, 255, 255, 255, 255];
        let mut columns = Vec::new();
        for cut in 0..11 {
            assert!(next_tuple(&bytes[..cut], &mut columns).is_none());
        }
        assert_eq!(next_tuple(&bytes, &mut columns), Some(11));
        assert_eq!(columns, [Some(&b"a"[..]), None]);
        assert_eq!(next_tuple(&bytes[11..], &mut columns), None, "the trailer is the end");
    }
}
