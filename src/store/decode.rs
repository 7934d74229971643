//! PostgreSQL's binary wire forms of the column types we use, for COPY streams and for ordinary rows alike.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::StoreError;
use crate::domain::{FieldKind, Fields, Layer, Value};

/// Days and microseconds are counted from here.
const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date");

pub(super) fn text(bytes: &[u8]) -> Result<&str, StoreError> {
    std::str::from_utf8(bytes).map_err(|_| StoreError::Unreadable("text that is not UTF-8".into()))
}

pub(super) fn int(bytes: &[u8]) -> Result<i64, StoreError> {
    bytes.try_into().map(i64::from_be_bytes).map_err(|_| StoreError::Unreadable("a bigint of the wrong size".into()))
}

fn number(bytes: &[u8]) -> Result<f64, StoreError> {
    bytes.try_into().map(f64::from_be_bytes).map_err(|_| StoreError::Unreadable("a number of the wrong size".into()))
}

/// `None` for the infinities.
pub(super) fn date(bytes: &[u8]) -> Result<Option<NaiveDate>, StoreError> {
    let days = bytes.try_into().map(i32::from_be_bytes).map_err(|_| StoreError::Unreadable("a date of the wrong size".into()))?;
    match days {
        i32::MIN | i32::MAX => Ok(None),
        0.. => Ok(EPOCH.checked_add_days(Days::new(u64::from(days.unsigned_abs())))),
        _ => Ok(EPOCH.checked_sub_days(Days::new(u64::from(days.unsigned_abs())))),
    }
}

pub(super) fn timestamp(bytes: &[u8]) -> Result<DateTime<Utc>, StoreError> {
    let microseconds = int(bytes)?;
    EPOCH
        .and_hms_opt(0, 0, 0)
        .and_then(|start| start.checked_add_signed(TimeDelta::microseconds(microseconds)))
        .map(|time| time.and_utc())
        .ok_or_else(|| StoreError::Unreadable("a time out of range".into()))
}

/// A jsonb value without its version byte.
pub(super) fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    let text = bytes.strip_prefix(&[1]).unwrap_or(bytes);
    serde_json::from_slice(text).map_err(|error| StoreError::Unreadable(format!("JSON: {error}")))
}

/// The typed fields of a layer from as many columns, in the layer's order. `intern` may share equal texts.
pub(super) fn fields<'a>(
    layer: Layer,
    mut column: impl FnMut(usize) -> Option<&'a [u8]>,
    mut intern: impl FnMut(&str) -> std::sync::Arc<str>,
) -> Result<Fields, StoreError> {
    let mut fields = Fields::new(layer);
    for (index, field) in layer.fields().iter().enumerate() {
        let Some(bytes) = column(index) else { continue };
        let value = match field.kind {
            FieldKind::Text => Some(Value::Text(intern(text(bytes)?))),
            FieldKind::Int => Some(Value::Int(int(bytes)?)),
            FieldKind::Number => Some(Value::Number(number(bytes)?)),
            FieldKind::Date => date(bytes)?.map(Value::Date),
        };
        fields.set_at(index, value);
    }
    Ok(fields)
}
