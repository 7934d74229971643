//! The properties of tile features, the same for both formats, and their description for TileJSON.

use chrono::NaiveDate;

use super::TileLayer;
use super::content::{Source, TileFeature, mercator};
use super::grid::to_wgs84;
use crate::domain::{FieldKind, Layer, Text, Value};
use crate::spatial::Feature;

/// A property that features of a tile layer may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileField {
    pub name: &'static str,
    /// As TileJSON 3.0 calls it: `String`, `Number` or `Boolean`.
    pub kind: &'static str,
    pub title: Text,
}

/// A property's value, before either format.
#[derive(Debug)]
pub(super) enum Property<'a> {
    Text(&'a str),
    Int(i64),
    Number(f64),
    Date(NaiveDate),
    Bool(bool),
    Kinds(&'a [(&'a str, u64)]),
    /// West, south, east, north; degrees of WGS 84.
    Extent([f64; 4]),
}

/// What `vector_layers.fields` says of a layer.
pub fn tilejson_fields(layer: TileLayer) -> Vec<TileField> {
    let field = |name, kind, zh, en| TileField { name, kind, title: Text { zh, en } };
    let mut fields = vec![
        field("id", "String", "标识", "Id"),
        field("layer", "String", "图层", "Layer"),
        field("name", "String", "名称", "Name"),
        field("name_en", "String", "英文名称", "Name in English"),
    ];
    if let TileLayer::Labels(_) = layer {
        fields.push(field("rank", "Number", "标注优先级(小者优先)", "Rank of the label, lowest first"));
    }
    fields.extend(layer.layer().fields().iter().filter(|field| field.in_tiles).map(|known| TileField {
        name: known.name,
        kind: match known.kind {
            FieldKind::Text | FieldKind::Date => "String",
            FieldKind::Int | FieldKind::Number => "Number",
        },
        title: known.title,
    }));
    if let TileLayer::Features(_) = layer {
        fields.extend([
            field("merged", "Boolean", "合并显示", "Counted instead of drawn"),
            field("count", "Number", "数量", "How many features are counted"),
            field("kinds", "String", "各类数量", "How many of each kind"),
            field("extent", "String", "范围", "Where they lie: west, south, east, north"),
        ]);
    }
    fields
}

/// Hands over the properties of a feature but its id, in a fixed order; absent ones are left out.
pub(super) fn properties<'a>(layer: TileLayer, feature: &'a TileFeature<'a>, mut visit: impl FnMut(&'static str, Property<'a>)) {
    match &feature.source {
        Source::Feature(feature) => of_feature(layer.layer(), feature, &mut visit),
        Source::Label { of, rank } => {
            of_feature(layer.layer(), of, &mut visit);
            visit("rank", Property::Int(i64::from(*rank)));
        }
        Source::Cluster(cell) => {
            visit("merged", Property::Bool(true));
            visit("count", Property::Int(cell.count as i64));
            visit("kinds", Property::Kinds(&cell.kinds));
            let (north_west, south_east) = (to_wgs84(mercator(cell.anchors.min)), to_wgs84(mercator(cell.anchors.max)));
            visit("extent", Property::Extent([north_west[0], south_east[1], south_east[0], north_west[1]]));
        }
    }
}

fn of_feature<'a>(layer: Layer, feature: &'a Feature, visit: &mut impl FnMut(&'static str, Property<'a>)) {
    let mut text = |name, text: &'a Option<Box<str>>| {
        if let Some(text) = text {
            visit(name, Property::Text(text));
        }
    };
    text("name", &feature.name);
    text("name_en", &feature.name_en);
    for tag in &feature.tags {
        let Some(field) = layer.fields().get(usize::from(tag.field)).filter(|field| field.in_tiles) else { continue };
        match &tag.value {
            Value::Text(text) => visit(field.name, Property::Text(text)),
            Value::Int(value) => visit(field.name, Property::Int(*value)),
            Value::Number(value) if value.is_finite() => visit(field.name, Property::Number(*value)),
            Value::Number(_) => {}
            Value::Date(date) => visit(field.name, Property::Date(*date)),
        }
    }
}
