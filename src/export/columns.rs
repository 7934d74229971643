//! Which columns a layer has in a file, and a record as a row of it.

use std::collections::HashSet;

use geo::MapCoordsInPlace;
use geo_types::Coord;

use crate::crs::{self, Crs, CrsError};
use crate::domain::{FieldKind, Layer, Name, NameKind, Record, Value};
use crate::formats::SourceValue;
use crate::formats::write::{Column, ColumnKind, Row};

/// What the public sees of a layer.
#[derive(Clone, Debug, Default)]
pub struct Public {
    /// Metres of the working system to which positions are rounded; 0 is exact.
    pub precision_m: f64,
    /// Fields and attributes that are left out.
    pub hidden: HashSet<String>,
}

/// Turns records into rows.
#[derive(Debug)]
pub(super) struct Table {
    pub columns: Vec<Column>,
    /// Index into the layer's fields, for those that are written.
    fields: Vec<usize>,
    public: Option<Public>,
    from: Crs,
    to: Crs,
}

impl Table {
    pub(super) fn new(layer: Layer, public: Option<Public>, from: Crs, to: Crs) -> Self {
        let shown = |name: &str| public.as_ref().is_none_or(|public| !public.hidden.contains(name));
        let fields: Vec<usize> = layer.fields().iter().enumerate().filter(|(_, field)| shown(field.name)).map(|(place, _)| place).collect();
        let text = |name| Column { name, kind: ColumnKind::Text };
        let json = |name| Column { name, kind: ColumnKind::Json };
        let date = |name| Column { name, kind: ColumnKind::Date };
        let mut columns = vec![text("id"), text("region"), text("name"), text("name_en"), text("name_pinyin"), json("names")];
        columns.extend(fields.iter().map(|place| &layer.fields()[*place]).map(|field| Column {
            name: field.name,
            kind: match field.kind {
                FieldKind::Text => ColumnKind::Text,
                FieldKind::Int => ColumnKind::Int,
                FieldKind::Number => ColumnKind::Number,
                FieldKind::Date => ColumnKind::Date,
            },
        }));
        columns.extend([date("valid_from"), date("valid_to"), text("source"), text("source_id"), json("attributes")]);
        Self { columns, fields, public, from, to }
    }

    /// `regions`: all that the feature is stored for.
    ///
    /// # Errors
    /// A position that the system asked for cannot express.
    pub(super) fn row(&self, mut record: Record, regions: &str) -> Result<Row, CrsError> {
        if let Some(public) = &self.public {
            record.attributes.retain(|name, _| !public.hidden.contains(name));
        }
        let mut geometry = record.geometry.take();
        if let Some(shape) = &mut geometry {
            if let Some(precision_m) = self.public.as_ref().map(|public| public.precision_m).filter(|precision_m| *precision_m > 0.0) {
                let round = |value: f64| (value / precision_m).round() * precision_m;
                shape.map_coords_in_place(|Coord { x, y }| Coord { x: round(x), y: round(y) });
            }
            crs::transform(shape, &self.from, &self.to)?;
        }
        let text = |text: Option<&str>| text.map_or(SourceValue::Null, |text| SourceValue::Text(text.to_owned()));
        let date = |day: Option<_>| day.map_or(SourceValue::Null, SourceValue::Date);
        let pinyin = record.names.iter().find(|name| name.kind == NameKind::Pinyin).map(|name| name.text.as_str());
        let mut values = Vec::with_capacity(self.columns.len());
        values.extend([
            SourceValue::Text(record.id.to_string()),
            SourceValue::Text(regions.to_owned()),
            text(record.name.as_deref()),
            text(record.name_in("en")),
            text(pinyin),
            names(&record.names),
        ]);
        values.extend(self.fields.iter().map(|place| match record.fields.at(*place) {
            None => SourceValue::Null,
            Some(Value::Text(text)) => SourceValue::Text(text.to_string()),
            Some(Value::Int(value)) => SourceValue::Int(*value),
            Some(Value::Number(value)) => SourceValue::Real(*value),
            Some(Value::Date(day)) => SourceValue::Date(*day),
        }));
        values.extend([
            date(record.validity.from),
            date(record.validity.to),
            text(Some(&record.source)),
            text(Some(&record.source_id)),
            SourceValue::Text(serde_json::Value::Object(record.attributes).to_string()),
        ]);
        Ok(Row { geometry, values })
    }
}

fn names(names: &[Name]) -> SourceValue {
    // Texts and a plain enumeration can always be written.
    SourceValue::Text(serde_json::to_string(names).unwrap_or_default())
}
