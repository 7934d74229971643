//! What the register said of features before, where their names or addresses were others: for whoever searches by them.
//! On both axes: versions whose validity has ended, and wordings that were changed in place.

use chrono::NaiveDate;
use sqlx::AssertSqlSafe;

use super::snapshot::{Reading, SnapshotRow, Texts, columns, decode_with_more};
use super::{StoreError, decode};
use crate::domain::{FeatureId, Layer, Validity};

/// One earlier wording, with the position only where no version holds today.
#[derive(Debug)]
pub struct EarlierRow {
    pub row: SnapshotRow,
    pub validity: Validity,
    /// The day of the city on which the register stopped saying so; `None`: it still does, of a time that has passed.
    pub recorded_until: Option<NaiveDate>,
    /// From when on the last version holds that has begun.
    pub now_from: Option<NaiveDate>,
}

impl Reading {
    /// All of the layer, or of these features only; in no particular order, and some twice. A feature whose validity has ended without
    /// a successor comes with at least its last version. What was deleted is not there: the register has taken it back.
    pub async fn earlier(&mut self, layer: Layer, ids: Option<&[FeatureId]>) -> Result<Vec<EarlierRow>, StoreError> {
        let texts = |alias: &str| {
            let fields = texts_of(layer).iter().map(|field| format!(", {alias}.{field}")).collect::<String>();
            format!("ROW({alias}.name, {alias}.names{fields})")
        };
        let of_these = if ids.is_some() { "f.id = ANY($1) AND " } else { "" };
        let (now, past) = (layer.id().to_owned(), format!("{layer}_past"));
        let began = format!("FROM {now} c WHERE c.region = f.region AND c.id = f.id AND c.valid_from <= current_date");
        let differs = format!("{} IS DISTINCT FROM {}", texts("c"), texts("f"));
        // Of a whole layer by one join of all with all; of some features by looking up each: a join that was planned while the past was
        // still short would read the layer for every row of it.
        let said_otherwise = match ids {
            None => format!("EXISTS (SELECT {began} AND {differs})"),
            Some(_) => format!("(SELECT bool_or({differs}) {began})"),
        };
        let none_holds = match ids {
            None => format!("NOT EXISTS (SELECT {began} AND c.valid_to > current_date)"),
            Some(_) => format!("(SELECT max(c.valid_to) {began}) <= current_date"),
        };
        let ended = "f.valid_to <= current_date AND f.valid_to < 'infinity'";
        let (placed, unplaced) = (columns(layer, "geom"), columns(layer, "NULL::geometry"));
        let more = |recorded: &str| format!("f.valid_from, f.valid_to, {recorded}, (SELECT max(c.valid_from) {began})");
        let statement = format!(
            "SELECT {placed}, {still} FROM {now} f WHERE {of_these}{ended} AND {none_holds}
             UNION ALL
             SELECT {unplaced}, {still} FROM {now} f WHERE {of_these}{ended} AND {said_otherwise}
             UNION ALL
             SELECT {unplaced}, {until} FROM {past} f WHERE {of_these}{said_otherwise}
                AND f.valid_from <= f.recorded_to::date AND f.valid_to > f.recorded_from::date",
            still = more("NULL::date"),
            until = more("f.recorded_to::date"),
        );
        let ids: Option<Vec<String>> = ids.map(|ids| ids.iter().map(FeatureId::to_string).collect());
        let mut query = sqlx::query(AssertSqlSafe(statement));
        if let Some(ids) = &ids {
            query = query.bind(ids);
        }
        // A long past that nobody has counted yet would be joined row by row, in six times the time.
        if ids.is_none() {
            sqlx::raw_sql("SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off").execute(self.connection()).await?;
        }
        let found = query.fetch_all(self.connection()).await?;
        if ids.is_none() {
            sqlx::raw_sql("SET LOCAL enable_nestloop = on; SET LOCAL enable_mergejoin = on").execute(self.connection()).await?;
        }
        let mut texts = Texts::default();
        let day = |bytes: Option<&[u8]>| bytes.map(decode::date).transpose().map(Option::flatten);
        let read = |found| {
            let (row, more) = decode_with_more(layer, found, &mut texts)?;
            let [from, to, until, now_from] = [0, 1, 2, 3].map(|place| day(more.get(place).copied().flatten()));
            Ok(EarlierRow { row, validity: Validity { from: from?, to: to? }, recorded_until: until?, now_from: now_from? })
        };
        found.iter().map(read).collect()
    }
}

/// Fields that are searched like names.
fn texts_of(layer: Layer) -> &'static [&'static str] {
    if layer == Layer::DoorPlates { &["address", "road", "lane", "number"] } else { &[] }
}
