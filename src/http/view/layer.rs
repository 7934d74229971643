//! A layer.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{Bilingual, City, LayerInfo};

#[derive(Debug, Serialize, ToSchema)]
pub struct LayerView {
    id: &'static str,
    title: Bilingual,
    /// point, line, polygon or any
    #[schema(value_type = String)]
    geometry: crate::domain::GeometryKind,
    count: usize,
    /// Of these, kept without a position.
    unlocated: usize,
    /// West, south, east, north, degrees.
    extent: Option<[f64; 4]>,
    sequence: u64,
    status_date: Option<NaiveDate>,
    changed_at: Option<DateTime<Utc>>,
    attribution: Option<Bilingual>,
    licence: Option<String>,
    fields: Vec<FieldView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FieldView {
    name: &'static str,
    #[schema(value_type = String)]
    kind: crate::domain::FieldKind,
    title: Bilingual,
}

impl LayerView {
    pub fn new(info: LayerInfo, city: &City) -> Self {
        let credits = city.layers.get(&info.layer);
        let shown = |name: &str| credits.is_none_or(|credits| !credits.hidden.contains(name));
        Self {
            id: info.layer.id(),
            title: info.layer.title().into(),
            geometry: info.layer.geometry(),
            count: info.count,
            unlocated: info.unlocated,
            extent: info.extent.map(|extent| [extent.min[0], extent.min[1], extent.max[0], extent.max[1]]),
            sequence: info.sequence,
            status_date: info.status_date,
            changed_at: info.changed_at,
            attribution: credits.and_then(|credits| credits.attribution.as_ref()).map(Into::into),
            licence: credits.and_then(|credits| credits.licence.clone()),
            fields: info
                .layer
                .fields()
                .iter()
                .filter(|field| shown(field.name))
                .map(|field| FieldView { name: field.name, kind: field.kind, title: field.title.into() })
                .collect(),
        }
    }
}
