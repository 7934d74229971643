//! What CSV and workbooks share: column names, and two columns that make a point.

use std::collections::HashSet;
use std::sync::Arc;

use geo_types::{Geometry, Point};

use super::{FormatError, ReadOptions, SourceValue};
use crate::formats::source::Opened;

/// The columns of a table.
pub(super) struct Columns {
    pub names: Vec<Arc<str>>,
    /// Places of x and y.
    pub position: Option<[usize; 2]>,
}

impl Columns {
    /// Blank names become `column_3`, repeated ones `name_2`.
    pub(super) fn new(header: Vec<String>, file: &Opened, options: &ReadOptions) -> Result<Self, FormatError> {
        if header.len() > options.limits.fields {
            let limit = options.limits.fields as u64;
            return Err(FormatError::TooLarge {
                path: file.path.clone(),
                what: format!("the number of columns ({})", header.len()),
                limit,
            });
        }
        let mut taken: HashSet<String> = HashSet::new();
        let mut names: Vec<Arc<str>> = Vec::with_capacity(header.len());
        for (place, name) in header.into_iter().enumerate() {
            let name = name.trim().to_owned();
            let name = if name.is_empty() { format!("column_{}", place + 1) } else { name };
            let mut unique = name.clone();
            for number in 2.. {
                if taken.insert(unique.clone()) {
                    break;
                }
                unique = format!("{name}_{number}");
            }
            names.push(unique.into());
        }
        let find = |column: &String| {
            names.iter().position(|name| **name == **column).ok_or_else(|| FormatError::NoColumn {
                path: file.path.clone(),
                column: column.clone(),
                known: names.iter().map(ToString::to_string).collect(),
            })
        };
        let position = match (&options.csv.x, &options.csv.y) {
            (Some(x), Some(y)) => Some([find(x)?, find(y)?]),
            (Some(only), None) | (None, Some(only)) => {
                find(only)?;
                return Err(FormatError::NoColumn {
                    path: file.path.clone(),
                    column: "the other coordinate".to_owned(),
                    known: vec![only.clone()],
                });
            }
            (None, None) => None,
        };
        Ok(Self { names, position })
    }

    /// The point of a row: none when both columns are blank.
    pub(super) fn point(&self, fields: &[(Arc<str>, SourceValue)]) -> Result<Option<Geometry<f64>>, String> {
        let Some([x, y]) = self.position else { return Ok(None) };
        match (self.number(fields, x)?, self.number(fields, y)?) {
            (Some(x), Some(y)) => Ok(Some(Point::new(x, y).into())),
            (None, None) => Ok(None),
            (Some(_), None) => Err(format!("{} is blank", self.names[y])),
            (None, Some(_)) => Err(format!("{} is blank", self.names[x])),
        }
    }

    fn number(&self, fields: &[(Arc<str>, SourceValue)], place: usize) -> Result<Option<f64>, String> {
        let value = match fields.get(place).map(|(_, value)| value) {
            None | Some(SourceValue::Null) => return Ok(None),
            Some(SourceValue::Int(value)) => *value as f64,
            Some(SourceValue::Real(value)) => *value,
            Some(SourceValue::Text(text)) if text.trim().is_empty() => return Ok(None),
            Some(other) => {
                let text = other.as_text().unwrap_or_default();
                text.trim().parse().map_err(|_| format!("{} is not a number: {text:?}", self.names[place]))?
            }
        };
        if value.is_finite() { Ok(Some(value)) } else { Err(format!("{} is not a number: {value}", self.names[place])) }
    }

    /// More or fewer cells than the header has.
    pub(super) fn ragged(&self, cells: usize) -> Option<String> {
        (cells != self.names.len()).then(|| format!("the row has {cells} cells, the header {}", self.names.len()))
    }
}
