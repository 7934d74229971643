//! Tiles as GeoJSON (RFC 7946), written straight into bytes.

use std::io::Write;

use super::budget::Aggregated;
use super::content::{Content, Drawn, TileFeature};
use super::draw::PathKind;
use super::fields::{Property, properties};
use super::grid::{BUFFER_UNITS, TILE_UNITS, TileId, to_wgs84};
use super::paths::Role;
use crate::spatial::MERCATOR_HALF_M;

/// Writes one FeatureCollection.
#[derive(Debug)]
pub(super) struct Writer {
    out: Vec<u8>,
    tile: TileId,
    decimals: u32,
    scale: f64,
    /// Scaled latitudes by tile unit, from `-BUFFER_UNITS` on, as far as they were needed: a tile asks for few of them often.
    latitudes: Vec<i64>,
    any: bool,
}

const NOT_YET: i64 = i64::MIN;

/// Digits more for rings with corners so near to edges of their polygon that rounding could make them touch.
pub(super) const MORE_DECIMALS: u32 = 3;

impl Writer {
    pub(super) fn new(tile: TileId) -> Self {
        let decimals = decimals(tile.z());
        Self {
            out: br#"{"type":"FeatureCollection","features":["#.to_vec(),
            tile,
            decimals,
            scale: 10f64.powi(decimals as i32),
            latitudes: Vec::new(),
            any: false,
        }
    }

    /// Ends the collection; layers that were too heavy are named in a member `aggregated`.
    pub(super) fn finish(mut self, aggregated: &[Aggregated]) -> Vec<u8> {
        self.out.push(b']');
        if !aggregated.is_empty() {
            self.out.extend_from_slice(br#","aggregated":["#);
            for (at, Aggregated { layer, level }) in aggregated.iter().enumerate() {
                let separator = if at > 0 { "," } else { "" };
                // Writing to a vector cannot fail.
                let _ = write!(self.out, r#"{separator}{{"layer":"{layer}","level":{level},"reason":"bytes"}}"#);
            }
            self.out.push(b']');
        }
        self.out.push(b'}');
        self.out
    }

    pub(super) fn layer(&mut self, content: &Content<'_>) {
        let layer = content.layer.to_string();
        for feature in &content.features {
            if self.any {
                self.out.push(b',');
            }
            self.any = true;
            self.out.extend_from_slice(br#"{"type":"Feature","id":""#);
            content.write_id(feature, &mut self.out);
            self.out.extend_from_slice(br#"","geometry":"#);
            self.geometry(content, feature);
            self.out.extend_from_slice(br#","properties":{"layer":""#);
            self.out.extend_from_slice(layer.as_bytes());
            self.out.push(b'"');
            let out = &mut self.out;
            properties(content, feature, |name, value| {
                out.extend_from_slice(b",\"");
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b"\":");
                write_property(out, &value);
            });
            self.out.extend_from_slice(b"}}");
        }
    }

    fn geometry(&mut self, content: &Content<'_>, feature: &TileFeature<'_>) {
        let (first, end, kind) = match feature.drawn {
            Drawn::Point(point) => {
                self.out.extend_from_slice(br#"{"type":"Point","coordinates":"#);
                let [lon, lat] = to_wgs84(point);
                self.position(rounded(lon * self.scale), rounded(lat * self.scale), self.decimals);
                self.out.push(b'}');
                return;
            }
            Drawn::Paths { first, end, kind } => (first, end, kind),
        };
        let paths = &content.paths;
        let shells = (first..end).filter(|path| paths.role(*path) != Role::Hole).count();
        let (name, many) = match (kind, shells) {
            (PathKind::Points, 1) => ("Point", false),
            (PathKind::Points, _) => ("MultiPoint", true),
            (PathKind::Lines, 1) => ("LineString", false),
            (PathKind::Lines, _) => ("MultiLineString", true),
            (PathKind::Polygons, 1) => ("Polygon", false),
            (PathKind::Polygons, _) => ("MultiPolygon", true),
        };
        self.out.extend_from_slice(br#"{"type":""#);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(br#"","coordinates":"#);
        if many {
            self.out.push(b'[');
        }
        for path in first..end {
            let hole = paths.role(path) == Role::Hole;
            if path > first {
                // A shell ends the polygon before it.
                self.out.extend_from_slice(if kind == PathKind::Polygons && !hole { b"]," } else { b"," });
            }
            if kind == PathKind::Polygons && !hole {
                self.out.push(b'[');
            }
            self.path(paths.points(path), kind, paths.is_tight(path));
        }
        if kind == PathKind::Polygons {
            self.out.push(b']');
        }
        if many {
            self.out.push(b']');
        }
        self.out.push(b'}');
    }

    fn path(&mut self, points: &[[i32; 2]], kind: PathKind, tight: bool) {
        match kind {
            PathKind::Points => self.units(points[0], tight),
            PathKind::Lines => {
                let mut separator = b'[';
                for point in points {
                    self.out.push(separator);
                    self.units(*point, tight);
                    separator = b',';
                }
                self.out.push(b']');
            }
            // Shells run clockwise on the screen inside, counter-clockwise in RFC 7946: backwards, from the same corner.
            PathKind::Polygons => {
                self.out.push(b'[');
                self.units(points[0], tight);
                for point in points.iter().rev() {
                    self.out.push(b',');
                    self.units(*point, tight);
                }
                self.out.push(b']');
            }
        }
    }

    fn units(&mut self, [x, y]: [i32; 2], tight: bool) {
        let units = f64::from(TILE_UNITS) * f64::from(1u32 << self.tile.z());
        let column = f64::from(self.tile.x()) * f64::from(TILE_UNITS) + f64::from(x);
        let row = f64::from(self.tile.y()) * f64::from(TILE_UNITS) + f64::from(y);
        let lon = column / units * 360.0 - 180.0;
        let lat = || to_wgs84([0.0, MERCATOR_HALF_M * (1.0 - 2.0 * row / units)])[1];
        if tight {
            let scale = self.scale * 10f64.powi(MORE_DECIMALS as i32);
            self.position(rounded(lon * scale), rounded(lat() * scale), self.decimals + MORE_DECIMALS);
            return;
        }
        if self.latitudes.is_empty() {
            self.latitudes.resize((TILE_UNITS + 2 * BUFFER_UNITS + 1) as usize, NOT_YET);
        }
        let slot = (y + BUFFER_UNITS) as usize;
        if self.latitudes[slot] == NOT_YET {
            self.latitudes[slot] = rounded(lat() * self.scale);
        }
        self.position(rounded(lon * self.scale), self.latitudes[slot], self.decimals);
    }

    fn position(&mut self, lon: i64, lat: i64, decimals: u32) {
        self.out.push(b'[');
        write_decimal(&mut self.out, lon, decimals);
        self.out.push(b',');
        write_decimal(&mut self.out, lat, decimals);
        self.out.push(b']');
    }
}

/// Digits after the point, so that rounding moves nothing by more than an eighth of a tile unit: 7 at zoom 16 (1 cm).
pub(super) fn decimals(z: u8) -> u32 {
    let steps_per_degree = 8.0 * f64::from(TILE_UNITS) * f64::from(1u32 << z) / 360.0;
    (steps_per_degree.log10().ceil() as u32).clamp(3, 9)
}

/// Half away from zero; for degrees, which are far from the limits.
fn rounded(value: f64) -> i64 {
    if value < 0.0 { (value - 0.5) as i64 } else { (value + 0.5) as i64 }
}

/// `scaled` / 10^`decimals`, without zeros at the end.
fn write_decimal(out: &mut Vec<u8>, scaled: i64, decimals: u32) {
    if scaled < 0 {
        out.push(b'-');
    }
    let mut digits = [b'0'; 24];
    let mut rest = scaled.unsigned_abs();
    let mut at = digits.len();
    let point = digits.len() - decimals as usize;
    while rest > 0 || at >= point {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[at..point]);
    let used = digits[point..].iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    if used > 0 {
        out.push(b'.');
        out.extend_from_slice(&digits[point..point + used]);
    }
}

fn write_property(out: &mut Vec<u8>, value: &Property<'_>) {
    // Writing to a vector cannot fail.
    let _ = match value {
        Property::Text(text) => {
            write_text(out, text);
            Ok(())
        }
        Property::Int(value) => write!(out, "{value}"),
        Property::Number(value) => write!(out, "{value}"),
        Property::Date(date) => write!(out, "\"{date}\""),
        Property::Bool(value) => write!(out, "{value}"),
        Property::Kinds(kinds) => {
            write_kinds(out, kinds);
            Ok(())
        }
        Property::Extent(extent) => {
            write_extent(out, extent);
            Ok(())
        }
    };
}

pub(super) fn write_kinds(out: &mut Vec<u8>, kinds: &[(&str, u64)]) {
    out.push(b'{');
    for (at, (kind, count)) in kinds.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_text(out, kind);
        let _ = write!(out, ":{count}");
    }
    out.push(b'}');
}

pub(super) fn write_extent(out: &mut Vec<u8>, extent: &[f64; 4]) {
    for (at, degrees) in extent.iter().enumerate() {
        out.push(if at == 0 { b'[' } else { b',' });
        write_decimal(out, rounded(degrees * 1e7), 7);
    }
    out.push(b']');
}

/// The bytes that [`write_text`] writes, quotes included.
pub(super) fn json_len(text: &str) -> usize {
    let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    let more = |byte: u8| if byte >= 0x20 || byte == b'\n' { 1 } else { 5 };
    let count = text.bytes().filter(special).count();
    // Nearly all texts have none, which is soon seen.
    let escapes = if count == 0 { 0 } else { text.bytes().filter(special).map(more).sum() };
    2 + text.len() + escapes
}

/// A JSON string (RFC 8259).
fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
    }
    out.extend_from_slice(&text.as_bytes()[plain..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_back_by_a_json_parser(text: String) {
            let mut out = Vec::new();
            write_text(&mut out, &text);
            prop_assert_eq!(out.len(), json_len(&text));
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }

        #[test]
        fn any_number_of_degrees_is_read_back(degrees in -180.0..180.0f64, decimals in 3u32..=9) {
            let mut out = Vec::new();
            let scale = 10f64.powi(decimals as i32);
            write_decimal(&mut out, rounded(degrees * scale), decimals);
            let read: f64 = std::str::from_utf8(&out).unwrap().parse().unwrap();
            prop_assert!((read - degrees).abs() <= 0.51 / scale);
        }
    }

    #[test]
    fn a_zoom_has_as_many_digits_as_it_can_show() {
        assert_eq!([0, 8, 16, 17, 22].map(decimals), [3, 5, 7, 8, 9]);
    }
}
