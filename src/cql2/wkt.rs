//! Well-known text of geometries (OGC 06-103r4, 7), and CQL2's BBOX. The tokens come from the filter's own.

use geo_types::{Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, Rect};

use super::text::{Token, Tokens};
use super::{Fault, MAX_DEPTH};

pub(super) fn parse(text: &str) -> Result<Geometry<f64>, Fault> {
    let mut tokens = Tokens::new(text)?;
    let name = tokens.word().ok_or_else(|| tokens.expected("几何", "a geometry"))?;
    let geometry = geometry(&name, &mut tokens, 0)?;
    tokens.end()?;
    Ok(geometry)
}

pub(super) fn is_geometry(name: &str) -> bool {
    ["POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION", "BBOX"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// What follows the name of a geometry type.
pub(super) fn geometry(name: &str, tokens: &mut Tokens, depth: usize) -> Result<Geometry<f64>, Fault> {
    if depth > MAX_DEPTH {
        return Err(Fault::new("几何嵌套过深。", "The geometry is nested too deeply."));
    }
    // `POINT Z (1 2 3)` says what its coordinates show anyway.
    tokens.take_word("Z");
    let geometry = match name.to_ascii_uppercase().as_str() {
        "POINT" => {
            tokens.sign("(")?;
            let coord = coordinate(tokens)?;
            tokens.sign(")")?;
            Geometry::Point(Point(coord))
        }
        "LINESTRING" => Geometry::LineString(line(tokens, 2)?),
        "POLYGON" => Geometry::Polygon(polygon(tokens)?),
        "MULTIPOINT" => Geometry::MultiPoint(MultiPoint(list(tokens, |tokens| {
            let inner = tokens.take_sign("(");
            let coord = coordinate(tokens)?;
            if inner {
                tokens.sign(")")?;
            }
            Ok(Point(coord))
        })?)),
        "MULTILINESTRING" => Geometry::MultiLineString(MultiLineString(list(tokens, |tokens| line(tokens, 2))?)),
        "MULTIPOLYGON" => Geometry::MultiPolygon(MultiPolygon(list(tokens, polygon)?)),
        "GEOMETRYCOLLECTION" => Geometry::GeometryCollection(GeometryCollection(list(tokens, |tokens| {
            let name = tokens.word().ok_or_else(|| tokens.expected("几何", "a geometry"))?;
            self::geometry(&name, tokens, depth + 1)
        })?)),
        "BBOX" => bbox(&list(tokens, Tokens::number)?)?,
        _ => return Err(Fault::new(format!("没有几何类型 {name}。"), format!("There is no geometry type {name}."))),
    };
    Ok(geometry)
}

/// Four or six numbers: the lower corner, then the upper.
pub(super) fn bbox(numbers: &[f64]) -> Result<Geometry<f64>, Fault> {
    let (low, high) = match numbers {
        [a, b, c, d] | [a, b, _, c, d, _] => ([*a, *b], [*c, *d]),
        _ => return Err(Fault::new("BBOX 须有 4 或 6 个数。", "A BBOX has 4 or 6 numbers.")),
    };
    if low[0] > high[0] || low[1] > high[1] {
        return Err(Fault::new("BBOX 的下角须小于上角。", "The lower corner of a BBOX comes first."));
    }
    Ok(Geometry::Polygon(Rect::new(low, high).to_polygon()))
}

/// What a shape needs to be one: GeoJSON's rules, which both encodings share.
pub(super) fn closed_ring(ring: &LineString<f64>) -> Result<(), Fault> {
    if ring.0.len() >= 4 && ring.is_closed() {
        return Ok(());
    }
    Err(Fault::new("多边形的环须至少有四个点且首尾相同。", "A ring of a polygon has four points or more, the last the same as the first."))
}

fn polygon(tokens: &mut Tokens) -> Result<Polygon<f64>, Fault> {
    let mut rings = list(tokens, |tokens| line(tokens, 4))?;
    rings.iter().try_for_each(closed_ring)?;
    let outer = rings.remove(0);
    Ok(Polygon::new(outer, rings))
}

fn line(tokens: &mut Tokens, least: usize) -> Result<LineString<f64>, Fault> {
    let coords = list(tokens, coordinate)?;
    if coords.len() < least {
        return Err(Fault::new(format!("这里至少要 {least} 个点。"), format!("At least {least} points are needed here.")));
    }
    Ok(LineString(coords))
}

fn list<T>(tokens: &mut Tokens, mut one: impl FnMut(&mut Tokens) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    tokens.sign("(")?;
    let mut all = vec![one(tokens)?];
    while tokens.take_sign(",") {
        all.push(one(tokens)?);
    }
    tokens.sign(")")?;
    Ok(all)
}

fn coordinate(tokens: &mut Tokens) -> Result<Coord<f64>, Fault> {
    let coord = Coord { x: tokens.number()?, y: tokens.number()? };
    // a height
    if matches!(tokens.peek(), Some(Token::Number(_) | Token::Sign("-"))) {
        tokens.number()?;
    }
    Ok(coord)
}
