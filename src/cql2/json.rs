//! CQL2 JSON. The JSON reader itself refuses what is nested beyond 128 levels.

use geo_types::{Geometry, LineString};
use serde_json::Value as Json;

use super::types::{Comparison, Expression, Operand, Scalar, Spatial};
use super::{Fault, MAX_DEPTH, Properties, wkt};

pub(super) fn parse(text: &str, properties: Properties<'_>) -> Result<Expression, Fault> {
    let json: Json =
        serde_json::from_str(text).map_err(|error| Fault::new(format!("不是 JSON：{error}"), format!("This is not JSON: {error}")))?;
    Reader { properties }.expression(&json, 0)
}

struct Reader<'a> {
    properties: Properties<'a>,
}

impl Reader<'_> {
    fn expression(&self, json: &Json, depth: usize) -> Result<Expression, Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::new("过滤条件嵌套过深。", "The filter is nested too deeply."));
        }
        if let Json::Bool(value) = json {
            return Ok(Expression::Constant(*value));
        }
        let (op, args) = operation(json).ok_or_else(|| strange(json))?;
        let lower = op.to_ascii_lowercase();
        if let Some(spatial) = Spatial::of(&lower) {
            let [a, b] = exactly(args, op)?;
            return Ok(Expression::Spatial(spatial, self.operand(a)?, self.operand(b)?));
        }
        if let Some(comparison) = Comparison::of(op) {
            let [a, b] = exactly(args, op)?;
            return Expression::compare(comparison, self.scalar(a, depth)?, self.scalar(b, depth)?);
        }
        match lower.as_str() {
            "and" | "or" => {
                if args.len() < 2 {
                    return Err(count(op));
                }
                let parts = args.iter().map(|one| self.expression(one, depth + 1)).collect::<Result<_, _>>()?;
                Ok(if lower == "and" { Expression::And(parts) } else { Expression::Or(parts) })
            }
            "not" => {
                let [one] = exactly(args, op)?;
                Ok(self.expression(one, depth + 1)?.negated())
            }
            "isnull" => {
                let [one] = exactly(args, op)?;
                Expression::is_null(property(one).ok_or_else(|| strange(one))?, self.properties)
            }
            "like" => {
                let [a, b] = exactly(args, op)?;
                Expression::like(self.scalar(a, depth)?, self.scalar(b, depth)?)
            }
            "between" => {
                let [value, low, high] = exactly(args, op)?;
                Expression::between(self.scalar(value, depth)?, self.scalar(low, depth)?, self.scalar(high, depth)?)
            }
            "in" => {
                let [value, list] = exactly(args, op)?;
                let list = list.as_array().ok_or_else(|| strange(list))?;
                Expression::within(self.scalar(value, depth)?, list.iter().map(|one| self.scalar(one, depth)).collect::<Result<_, _>>()?)
            }
            _ => Err(Fault::new(format!("没有运算 {op:.40}。"), format!("There is no operation {op:.40}."))),
        }
    }

    fn scalar(&self, json: &Json, depth: usize) -> Result<Scalar, Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::new("过滤条件嵌套过深。", "The filter is nested too deeply."));
        }
        match json {
            Json::String(text) => return Ok(Scalar::Text(text.clone())),
            Json::Bool(value) => return Ok(Scalar::Boolean(*value)),
            Json::Number(number) => return Scalar::number(number.as_f64().unwrap_or(f64::NAN)),
            _ => {}
        }
        if let Some(name) = property(json) {
            return Scalar::property(name, self.properties);
        }
        if let Some(date) = json.get("date").and_then(Json::as_str) {
            return Scalar::date(date);
        }
        if let Some(time) = json.get("timestamp").and_then(Json::as_str) {
            return Scalar::time(time);
        }
        match operation(json) {
            Some((op, args)) if op.eq_ignore_ascii_case("casei") => self.scalar(exactly::<1>(args, op)?[0], depth + 1)?.folded(),
            Some((op, args)) if op.eq_ignore_ascii_case("accenti") => self.scalar(exactly::<1>(args, op)?[0], depth + 1)?.unaccented(),
            _ => Err(strange(json)),
        }
    }

    fn operand(&self, json: &Json) -> Result<Operand, Fault> {
        if let Some(name) = property(json) {
            return Operand::property(name, self.properties);
        }
        if let Some(bbox) = json.get("bbox").filter(|_| json.get("type").is_none()) {
            let numbers: Option<Vec<f64>> = bbox.as_array().and_then(|all| all.iter().map(Json::as_f64).collect());
            return Ok(Operand::Literal(Box::new(wkt::bbox(&numbers.ok_or_else(|| strange(json))?)?)));
        }
        let geometry: geojson::Geometry = serde_json::from_value(json.clone()).map_err(|_| strange(json))?;
        let geometry = Geometry::<f64>::try_from(geometry).map_err(|_| strange(json))?;
        sound(&geometry)?;
        Ok(Operand::Literal(Box::new(geometry)))
    }
}

/// What the reader of GeoJSON lets pass.
fn sound(geometry: &Geometry<f64>) -> Result<(), Fault> {
    let short = || Fault::new("几何没有足够的点。", "The geometry has too few points.");
    let line = |line: &LineString<f64>| if line.0.len() < 2 { Err(short()) } else { Ok(()) };
    let polygon = |polygon: &geo_types::Polygon<f64>| {
        wkt::closed_ring(polygon.exterior())?;
        polygon.interiors().iter().try_for_each(wkt::closed_ring)
    };
    match geometry {
        Geometry::LineString(one) => line(one),
        Geometry::MultiLineString(lines) if !lines.0.is_empty() => lines.iter().try_for_each(line),
        Geometry::Polygon(one) => polygon(one),
        Geometry::MultiPolygon(parts) if !parts.0.is_empty() => parts.iter().try_for_each(polygon),
        Geometry::MultiPoint(points) if !points.0.is_empty() => Ok(()),
        Geometry::GeometryCollection(parts) if !parts.0.is_empty() => parts.iter().try_for_each(sound),
        Geometry::Point(_) => Ok(()),
        _ => Err(short()),
    }
}

fn operation(json: &Json) -> Option<(&str, &[Json])> {
    Some((json.get("op")?.as_str()?, json.get("args")?.as_array()?))
}

fn property(json: &Json) -> Option<&str> {
    json.get("property")?.as_str()
}

fn exactly<'a, const N: usize>(args: &'a [Json], op: &str) -> Result<[&'a Json; N], Fault> {
    let args: Vec<&Json> = args.iter().collect();
    args.try_into().map_err(|_| count(op))
}

fn count(op: &str) -> Fault {
    Fault::new(format!("运算 {op:.40} 的参数个数不对。"), format!("The operation {op:.40} has the wrong number of arguments."))
}

fn strange(json: &Json) -> Fault {
    let text: String = json.to_string().chars().take(80).collect();
    Fault::new(format!("无法理解：{text}"), format!("This is not understood: {text}"))
}
