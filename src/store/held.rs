//! What held within a period of valid time, as the register knows it now: for questions about days other than today.

use sqlx::AssertSqlSafe;
use tokio::sync::mpsc::Sender;

use super::snapshot::{Reading, SnapshotRow, Texts, columns, decode_row};
use super::{StoreError, TimePoint};
use crate::domain::Layer;

/// A period of valid time with both ends in it; `None` is open.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    pub from: Option<TimePoint>,
    pub to: Option<TimePoint>,
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
            columns(layer)
        );
        let parts = |point| match point {
            None => (None, None),
            Some(TimePoint::Day(day)) => (Some(day), None),
            Some(TimePoint::Time(time)) => (None, Some(time)),
        };
        let ((from_day, from_time), (to_day, to_time)) = (parts(interval.from), parts(interval.to));
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
