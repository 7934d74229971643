//! Single features with all that is known of them, now or at another moment on either time axis.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value as Json;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgExecutor, PgPool, Row, ValueRef};

use super::{StoreError, decode};
use crate::domain::{FeatureId, Layer, Record, Validity};
use crate::store::geom::read_ewkb;

/// A day of the city, or a time.
#[derive(Clone, Copy, Debug)]
pub enum TimePoint {
    Day(NaiveDate),
    Time(DateTime<Utc>),
}

impl TimePoint {
    /// Whether it is surely later than the other. A day against a time depends on where the city is, and is not.
    pub fn is_after(self, other: Self) -> bool {
        match (self, other) {
            (Self::Day(a), Self::Day(b)) => a > b,
            (Self::Time(a), Self::Time(b)) => a > b,
            _ => false,
        }
    }
}

/// The moment a question is about: true on which day, as known when (a day: at its end). `None` is now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    pub at: Option<TimePoint>,
    pub recorded_at: Option<TimePoint>,
}

/// A feature and where it comes from.
#[derive(Clone, Debug)]
pub struct FoundFeature {
    pub record: Record,
    pub recorded_from: DateTime<Utc>,
    /// `{imported_at, files, edition}` of the dataset version that wrote it.
    pub dataset: Option<Json>,
}

/// What a look-up by id can find.
#[derive(Clone, Debug)]
pub enum Found {
    Feature(Box<FoundFeature>),
    /// It does not hold any more on the day asked about.
    Ended {
        on: NaiveDate,
    },
    /// It does not hold yet.
    NotYet {
        from: NaiveDate,
    },
    /// The register knew it and has taken it back.
    Removed,
    Never,
}

/// The feature as it held and was known at the moment.
pub async fn find(pool: &PgPool, layer: Layer, id: FeatureId, moment: Moment) -> Result<Found, StoreError> {
    let (day, known_at) = resolve(pool, moment).await?;
    let versions = versions(pool, layer, &[id], known_at).await?;
    let validities: Vec<Validity> = versions.iter().map(|version| version.record.validity).collect();
    if let Some(version) = versions.into_iter().find(|version| version.record.validity.contains(day)) {
        return Ok(Found::Feature(Box::new(version)));
    }
    if let Some(on) = validities.iter().filter_map(|validity| validity.to).filter(|to| *to <= day).max() {
        return Ok(Found::Ended { on });
    }
    if let Some(from) = validities.iter().filter_map(|validity| validity.from).min() {
        return Ok(Found::NotYet { from });
    }
    let statement = format!("SELECT EXISTS (SELECT FROM {layer}_past WHERE id = $1 AND ($2::timestamptz IS NULL OR recorded_from <= $2))");
    let was_known = sqlx::query_scalar(AssertSqlSafe(statement)).bind(id.to_string()).bind(known_at).fetch_one(pool).await?;
    Ok(if was_known { Found::Removed } else { Found::Never })
}

/// The day of validity and the time of record, with days as the city counts them: the time zone of the pool's sessions.
pub(super) async fn resolve(database: impl PgExecutor<'_>, moment: Moment) -> Result<(NaiveDate, Option<DateTime<Utc>>), StoreError> {
    let parts = |point| match point {
        None => (None, None),
        Some(TimePoint::Day(day)) => (Some(day), None),
        Some(TimePoint::Time(time)) => (None, Some(time)),
    };
    let ((at_day, at_time), (recorded_day, recorded_time)) = (parts(moment.at), parts(moment.recorded_at));
    Ok(sqlx::query_as(
        "SELECT coalesce($1::date, ($2::timestamptz)::date, current_date),
                coalesce($4::timestamptz, ($3::date + 1)::timestamptz - interval '1 microsecond')",
    )
    .bind(at_day)
    .bind(at_time)
    .bind(recorded_day)
    .bind(recorded_time)
    .fetch_one(database)
    .await?)
}

/// The features that hold today, in the order of `ids`; one that has gone meanwhile is left out.
pub async fn find_many(pool: &PgPool, layer: Layer, ids: &[FeatureId]) -> Result<Vec<FoundFeature>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let today: NaiveDate = sqlx::query_scalar("SELECT current_date").fetch_one(pool).await?;
    let mut found = versions(pool, layer, ids, None).await?;
    found.retain(|version| version.record.validity.contains(today));
    found.sort_by_key(|version| ids.iter().position(|id| *id == version.record.id));
    // stored once for each region, answered once
    found.dedup_by_key(|version| version.record.id);
    Ok(found)
}

/// All periods of validity of these features, as known at `recorded_at`.
pub(super) async fn versions(
    pool: &PgPool,
    layer: Layer,
    ids: &[FeatureId],
    recorded_at: Option<DateTime<Utc>>,
) -> Result<Vec<FoundFeature>, StoreError> {
    let dataset = "(SELECT jsonb_build_object('imported_at', d.imported_at, 'files', d.files, 'edition', d.valid_from) FROM dataset d WHERE d.id = f.dataset_id)";
    let columns = columns(layer, dataset, "f.geom");
    // As known then: the row as it stands if it is that old, else what was kept when it was changed.
    let statement = format!(
        "SELECT {columns} FROM {layer} f WHERE f.id = ANY($1) AND ($2::timestamptz IS NULL OR f.recorded_from <= $2)
         UNION ALL
         SELECT {columns} FROM {layer}_past f WHERE f.id = ANY($1)
            AND f.recorded_from <= $2 AND f.recorded_to > $2
         ORDER BY 3, 1",
    );
    let ids: Vec<String> = ids.iter().map(FeatureId::to_string).collect();
    let rows = sqlx::query(AssertSqlSafe(statement)).bind(&ids).bind(recorded_at).fetch_all(pool).await?;
    rows.iter().map(|row| read(layer, row)).collect()
}

const FIRST_FIELD: usize = 12;

/// What [`read`] reads, of a row `f`: `dataset` and `geometry` are expressions.
pub(super) fn columns(layer: Layer, dataset: &str, geometry: &str) -> String {
    let mut columns = format!(
        "f.region, f.id, f.valid_from, f.valid_to, f.recorded_from, f.source, f.source_id, f.name, f.names, f.attributes, {geometry}, {dataset}"
    );
    for field in layer.fields() {
        columns.push_str(", f.");
        columns.push_str(field.name);
    }
    columns
}

pub(super) fn read(layer: Layer, row: &PgRow) -> Result<FoundFeature, StoreError> {
    let mut values = Vec::with_capacity(row.len());
    for index in 0..row.len() {
        let value = row.try_get_raw(index)?;
        values.push(if value.is_null() {
            None
        } else {
            Some(value.as_bytes().map_err(|error| StoreError::Unreadable(error.to_string()))?)
        });
    }
    let required = |index: usize| values[index].ok_or_else(|| StoreError::Unreadable(format!("{layer}: column {index} is null")));
    let text = |index: usize| required(index).and_then(decode::text);
    let id = text(1)?;
    Ok(FoundFeature {
        record: Record {
            layer,
            region: text(0)?.to_owned(),
            id: id.parse().map_err(|_| StoreError::Unreadable(format!("{layer}: id {id:?}")))?,
            validity: Validity { from: decode::date(required(2)?)?, to: decode::date(required(3)?)? },
            source: text(5)?.to_owned(),
            source_id: text(6)?.to_owned(),
            name: values[7].map(decode::text).transpose()?.map(str::to_owned),
            names: decode::json(required(8)?)?,
            attributes: decode::json(required(9)?)?,
            geometry: values[10].map(read_ewkb).transpose().map_err(|error| StoreError::Unreadable(format!("{layer} {id}: {error}")))?,
            fields: decode::fields(layer, |index| values[FIRST_FIELD + index], |text| text.into())?,
        },
        recorded_from: decode::timestamp(required(4)?)?,
        dataset: values[11].map(decode::json).transpose()?,
    })
}
