//! Tiles as Mapbox Vector Tiles, version 2.1 (<https://github.com/mapbox/vector-tile-spec>), written straight into bytes.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::Write;

use foldhash::fast::FixedState;

use super::content::{Content, Drawn, Source, TileFeature};
use super::draw::PathKind;
use super::fields::{Property, properties};
use super::geojson::{write_extent, write_kinds};
use super::grid::TILE_UNITS;

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

/// A value as it is looked up among those written before.
#[derive(PartialEq, Eq, Hash)]
enum Known<'a> {
    Text(&'a str),
    Int(i64),
    Bits(u64),
    Bool(bool),
    Written(Vec<u8>),
    /// The name of the layer itself.
    Layer,
}

/// Keys and values of a layer, each once, in order of first use.
#[derive(Default)]
struct Tables<'a> {
    keys: Vec<&'static str>,
    /// Where the next key is looked for first: features name them in one order.
    next_key: usize,
    values: Vec<u8>,
    count: u32,
    /// The one being written.
    value: Vec<u8>,
    /// Hashed quickly and alike in every run: the texts are the city's own, and few.
    known: HashMap<Known<'a>, u32, FixedState>,
}

/// Appends a layer to a tile; nothing when there is nothing in it.
pub(super) fn layer(out: &mut Vec<u8>, content: &Content<'_>) {
    if content.features.is_empty() {
        return;
    }
    let name = content.layer.to_string();
    let mut tables = Tables::default();
    let (mut features, mut one, mut tags, mut geometry, mut text_id) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for feature in &content.features {
        tables.next_key = 0;
        one.clear();
        tags.clear();
        geometry.clear();
        let id = match &feature.source {
            Source::Feature(feature) | Source::Label { of: feature, .. } => Some(feature.id.number()),
            Source::Cluster { .. } | Source::Joined { .. } => None,
        };
        if let Some(id) = id {
            field(&mut one, 1, VARINT);
            varint(&mut one, id);
        }
        let mut tag = |key: u32, value: u32| {
            varint(&mut tags, u64::from(key));
            varint(&mut tags, u64::from(value));
        };
        text_id.clear();
        content.write_id(feature, &mut text_id);
        tag(tables.key("id"), tables.fresh_text(&text_id));
        tag(tables.key("layer"), tables.layer_name(&name));
        properties(content, feature, |name, value| tag(tables.key(name), tables.value(value)));
        bytes(&mut one, 2, &tags);
        let kind = write_geometry(&mut geometry, content, feature);
        field(&mut one, 3, VARINT);
        varint(&mut one, kind);
        bytes(&mut one, 4, &geometry);
        bytes(&mut features, 2, &one);
    }
    let mut layer = Vec::with_capacity(features.len() + tables.values.len() + 256);
    field(&mut layer, 15, VARINT);
    varint(&mut layer, 2);
    bytes(&mut layer, 1, name.as_bytes());
    layer.extend_from_slice(&features);
    for key in &tables.keys {
        bytes(&mut layer, 3, key.as_bytes());
    }
    layer.extend_from_slice(&tables.values);
    field(&mut layer, 5, VARINT);
    varint(&mut layer, TILE_UNITS as u64);
    bytes(out, 3, &layer);
}

impl<'a> Tables<'a> {
    fn key(&mut self, name: &'static str) -> u32 {
        let at = if self.keys.get(self.next_key).is_some_and(|known| std::ptr::eq(*known, name)) {
            self.next_key
        } else {
            // A layer has a dozen keys at most.
            self.keys.iter().position(|known| *known == name).unwrap_or_else(|| {
                self.keys.push(name);
                self.keys.len() - 1
            })
        };
        self.next_key = at + 1;
        at as u32
    }

    /// A text that comes once.
    fn fresh_text(&mut self, text: &[u8]) -> u32 {
        self.write(|out| bytes(out, 1, text))
    }

    fn layer_name(&mut self, name: &str) -> u32 {
        self.once(Known::Layer, |out| bytes(out, 1, name.as_bytes()))
    }

    fn value(&mut self, value: Property<'a>) -> u32 {
        match value {
            Property::Text(text) => self.once(Known::Text(text), |out| bytes(out, 1, text.as_bytes())),
            Property::Int(value) => self.once(Known::Int(value), |out| {
                field(out, 4, VARINT);
                varint(out, value as u64);
            }),
            Property::Number(value) => self.once(Known::Bits(value.to_bits()), |out| {
                field(out, 3, FIXED64);
                out.extend_from_slice(&value.to_le_bytes());
            }),
            Property::Bool(value) => self.once(Known::Bool(value), |out| {
                field(out, 7, VARINT);
                varint(out, u64::from(value));
            }),
            Property::Date(date) => {
                let mut text = Vec::new();
                // Writing to a vector cannot fail.
                let _ = write!(text, "{date}");
                self.once(Known::Written(text.clone()), |out| bytes(out, 1, &text))
            }
            Property::Kinds(kinds) => {
                let mut text = Vec::new();
                write_kinds(&mut text, kinds);
                self.once(Known::Written(text.clone()), |out| bytes(out, 1, &text))
            }
            Property::Extent(extent) => {
                let mut text = Vec::new();
                write_extent(&mut text, &extent);
                self.fresh_text(&text)
            }
        }
    }

    fn once(&mut self, known: Known<'a>, write: impl FnOnce(&mut Vec<u8>)) -> u32 {
        if let Some(at) = self.known.get(&known) {
            return *at;
        }
        let at = self.write(write);
        self.known.insert(known, at);
        at
    }

    fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> u32 {
        self.value.clear();
        write(&mut self.value);
        bytes(&mut self.values, 4, &self.value);
        self.count += 1;
        self.count - 1
    }
}

/// Writes the commands and says the type: 1 points, 2 lines, 3 polygons.
fn write_geometry(out: &mut Vec<u8>, content: &Content<'_>, feature: &TileFeature<'_>) -> u64 {
    let mut pen = Cursor { out, at: [0; 2] };
    let (first, end, kind) = match feature.drawn {
        Drawn::Point(point) => {
            pen.command(MOVE_TO, 1);
            pen.to(content.units(point));
            return 1;
        }
        Drawn::Paths { first, end, kind, .. } => (first, end, kind),
    };
    if kind == PathKind::Points {
        pen.command(MOVE_TO, end - first);
        (first..end).for_each(|path| pen.to(content.paths.points(path)[0]));
        return 1;
    }
    for path in first..end {
        let points = content.paths.points(path);
        pen.command(MOVE_TO, 1);
        pen.to(points[0]);
        pen.command(LINE_TO, points.len() - 1);
        points[1..].iter().for_each(|point| pen.to(*point));
        if kind == PathKind::Polygons {
            pen.command(CLOSE_PATH, 1);
        }
    }
    if kind == PathKind::Lines { 2 } else { 3 }
}

struct Cursor<'a> {
    out: &'a mut Vec<u8>,
    at: [i32; 2],
}

impl Cursor<'_> {
    fn command(&mut self, command: u32, count: usize) {
        varint(self.out, (count as u64) << 3 | u64::from(command));
    }

    fn to(&mut self, point: [i32; 2]) {
        for (to, from) in point.into_iter().zip(self.at) {
            let step = to - from;
            varint(self.out, u64::from(((step << 1) ^ (step >> 31)) as u32));
        }
        self.at = point;
    }
}

fn field(out: &mut Vec<u8>, number: u64, kind: u64) {
    varint(out, number << 3 | kind);
}

fn bytes(out: &mut Vec<u8>, number: u64, content: &[u8]) {
    field(out, number, BYTES);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
