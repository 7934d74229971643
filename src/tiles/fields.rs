//! The properties of tile features, the same for both formats, and their description for TileJSON.

use chrono::NaiveDate;

use super::TileLayer;
use super::budget::Level;
use super::content::{Content, Source, TileFeature, mercator, text_field};
use super::grid::to_wgs84;
use crate::domain::{Field, FieldKind, Layer, Text, Value};
use crate::spatial::{Cell, Feature, kind_field};

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
    fields.extend(layer.layer().fields().iter().filter(|field| field.in_tiles && !is_taken(layer, field)).map(|known| TileField {
        name: known.name,
        kind: match known.kind {
            FieldKind::Text | FieldKind::Date => "String",
            FieldKind::Int | FieldKind::Number => "Number",
        },
        title: known.title,
    }));
    if let TileLayer::Features(_) = layer {
        fields.extend([
            field("merged", "Boolean", "合并显示", "Merged or counted instead of drawn one by one"),
            field("count", "Number", "数量", "How many features are counted"),
            field("kinds", "String", "各类数量", "How many of each kind"),
            field("extent", "String", "范围", "Where they lie: west, south, east, north"),
        ]);
    }
    fields
}

/// Whether a label has something else under this name: a feature has a property once.
fn is_taken(layer: TileLayer, field: &Field) -> bool {
    matches!(layer, TileLayer::Labels(_)) && field.name == "rank"
}

/// Which properties the features of a layer of a tile have: looked up once, not for each of a thousand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    names: bool,
    /// A bit for each typed field.
    fields: u32,
}

impl Shown {
    pub(super) fn new(layer: TileLayer, z: u8, level: Level) -> Self {
        let label = matches!(layer, TileLayer::Labels(_));
        let shows = |field: &Field| {
            let from_z = field_from_z(layer, field.name);
            field.in_tiles && !is_taken(layer, field) && z >= from_z && (from_z == 0 || level.has_all_fields())
        };
        let fields = layer.layer().fields().iter().enumerate().filter(|(_, field)| shows(field));
        Self {
            names: label || (level.has_all_fields() && z >= name_from_z(layer.layer())),
            fields: fields.fold(0, |bits, (at, _)| bits | 1u32.checked_shl(at as u32).unwrap_or_default()),
        }
    }

    fn has(self, field: u8) -> bool {
        self.fields.checked_shr(u32::from(field)).unwrap_or_default() & 1 == 1
    }
}

/// Hands over the properties of a feature but its id, in a fixed order; absent ones are left out.
pub(super) fn properties<'a>(content: &Content<'_>, feature: &'a TileFeature<'a>, mut visit: impl FnMut(&'static str, Property<'a>)) {
    let layer = content.layer.layer();
    match &feature.source {
        Source::Feature(feature) => of_feature(layer, content.shown, feature, &mut visit),
        Source::Label { of, rank } => {
            of_feature(layer, content.shown, of, &mut visit);
            visit("rank", Property::Int(i64::from(*rank)));
        }
        Source::Joined { of, counted, .. } => {
            names(of, &mut visit);
            if let Some((name, value)) = kind(layer, of) {
                visit(name, Property::Text(value));
            }
            merged(counted, &mut visit);
        }
        Source::Cluster { cell, kind } => {
            if let (Some(field), Some(value)) = (kind_field(layer), kind) {
                visit(layer.fields()[usize::from(field)].name, Property::Text(value));
            }
            merged(cell, &mut visit);
        }
    }
}

fn merged<'a>(cell: &'a Cell<'a>, visit: &mut impl FnMut(&'static str, Property<'a>)) {
    visit("merged", Property::Bool(true));
    visit("count", Property::Int(cell.count as i64));
    visit("kinds", Property::Kinds(&cell.kinds));
    if cell.count > 0 {
        let (north_west, south_east) = (to_wgs84(mercator(cell.anchors.min)), to_wgs84(mercator(cell.anchors.max)));
        visit("extent", Property::Extent([north_west[0], south_east[1], south_east[0], north_west[1]]));
    }
}

fn names<'a>(feature: &'a Feature, visit: &mut impl FnMut(&'static str, Property<'a>)) {
    for (name, text) in [("name", &feature.name), ("name_en", &feature.name_en)] {
        if let Some(text) = text {
            visit(name, Property::Text(text));
        }
    }
}

/// The field that tells kinds apart, and its value.
fn kind(layer: Layer, feature: &Feature) -> Option<(&'static str, &str)> {
    let field = kind_field(layer)?;
    Some((layer.fields()[usize::from(field)].name, feature.tag(field)?.text()?))
}

fn of_feature<'a>(layer: Layer, shown: Shown, feature: &'a Feature, visit: &mut impl FnMut(&'static str, Property<'a>)) {
    if shown.names {
        names(feature, visit);
    }
    let fields = layer.fields();
    for tag in feature.tags.iter().filter(|tag| shown.has(tag.field)) {
        let Some(field) = fields.get(usize::from(tag.field)) else { continue };
        match &tag.value {
            Value::Text(text) => visit(field.name, Property::Text(text)),
            Value::Int(value) => visit(field.name, Property::Int(*value)),
            Value::Number(value) if value.is_finite() => visit(field.name, Property::Number(*value)),
            Value::Number(_) => {}
            Value::Date(date) => visit(field.name, Property::Date(*date)),
        }
    }
}

/// From which zoom on a field is written. What maps draw by is 0; from 16 on all are there. Labels carry what they say
/// wherever they are.
fn field_from_z(layer: TileLayer, field: &str) -> u8 {
    use Layer::{BoundaryLines, BoundaryMarkers, Buildings, ControlAreas, DoorPlates, Parcels, Permits, PlaceNames, Roads, Zoning};
    if matches!(layer, TileLayer::Labels(_))
        && text_field(layer.layer()).is_some_and(|known| layer.layer().fields()[usize::from(known)].name == field)
    {
        return 0;
    }
    match (layer.layer(), field) {
        (Layer::Divisions, "level") | (Zoning, "class" | "status") | (ControlAreas, "kind" | "status") => 0,
        (Roads | PlaceNames, "class") | (Permits | PlaceNames, "status") | (BoundaryLines, "rank") => 0,
        (BoundaryMarkers, "kind" | "condition") => 0,
        (Layer::Divisions, "code") => 8,
        (Zoning, "land_use") | (Permits, "case_no" | "case_type") | (ControlAreas | BoundaryLines, "code") => 14,
        (Parcels, _) | (Buildings, "use") | (BoundaryMarkers | DoorPlates, "number") => 15,
        _ => 16,
    }
}

/// From which zoom on features carry their names; below, only labels do.
fn name_from_z(layer: Layer) -> u8 {
    match layer {
        Layer::Divisions | Layer::PlaceNames | Layer::Roads | Layer::BoundaryLines => 0,
        Layer::Permits | Layer::PermitFootprints | Layer::BoundaryMarkers | Layer::ControlAreas => 13,
        Layer::Zoning => 14,
        Layer::Parcels | Layer::Buildings | Layer::DoorPlates => 15,
    }
}
