//! Well-known binary (ISO 13249-3, and the older Z flag) as GDAL writes it: little endian. Heights and measures are dropped, curves
//! are drawn with straight pieces, surfaces in space are refused.

use geo_types::{Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

/// Angle of one piece of an arc, in degrees; GDAL draws arcs with the same.
const ARC_STEP_DEGREES: f64 = 4.0;

/// # Errors
/// In plain words, why it is not a geometry this service can hold.
pub(super) fn read(bytes: &[u8], max_depth: usize) -> Result<Geometry<f64>, String> {
    let mut input = Input { bytes, max_depth };
    input.geometry(0)
}

struct Input<'a> {
    bytes: &'a [u8],
    max_depth: usize,
}

/// Type without dimension, and numbers per position.
struct Head {
    kind: u32,
    numbers: usize,
}

impl Input<'_> {
    fn geometry(&mut self, depth: usize) -> Result<Geometry<f64>, String> {
        if depth > self.max_depth {
            return Err(format!("collections are nested deeper than {}", self.max_depth));
        }
        let head = self.head()?;
        Ok(match head.kind {
            1 => {
                let at = self.position(head.numbers)?;
                // two NaN are the empty point of ISO; the older form has no way to say it and says 0 0
                if at.x.is_nan() && at.y.is_nan() { MultiPoint(vec![]).into() } else { Point(at).into() }
            }
            2 | 8 | 9 => self.curve(&head, depth)?.into(),
            3 | 10 => self.area(&head, depth)?.into(),
            4 => {
                let mut points = Vec::new();
                for member in self.members(depth)? {
                    match member {
                        Geometry::Point(point) => points.push(point),
                        Geometry::MultiPoint(empty) if empty.0.is_empty() => {}
                        _ => return Err("a MultiPoint holds something else".to_owned()),
                    }
                }
                MultiPoint(points).into()
            }
            5 | 11 => {
                let lines = self
                    .members(depth)?
                    .into_iter()
                    .map(|member| LineString::try_from(member).map_err(|_| "a MultiLineString holds something else".to_owned()));
                MultiLineString(lines.collect::<Result<_, _>>()?).into()
            }
            6 | 12 => {
                let areas = self
                    .members(depth)?
                    .into_iter()
                    .map(|member| Polygon::try_from(member).map_err(|_| "a MultiPolygon holds something else".to_owned()));
                MultiPolygon(areas.collect::<Result<_, _>>()?).into()
            }
            7 => Geometry::GeometryCollection(GeometryCollection(self.members(depth)?)),
            17 => self.area(&Head { kind: 3, numbers: head.numbers }, depth)?.into(),
            15 => return Err("a PolyhedralSurface lies in space and has no place in the plane".to_owned()),
            16 => return Err("a TIN lies in space and has no place in the plane".to_owned()),
            kind => return Err(format!("geometry type {kind} is not known")),
        })
    }

    fn members(&mut self, depth: usize) -> Result<Vec<Geometry<f64>>, String> {
        let count = self.count(9)?;
        (0..count).map(|_| self.geometry(depth + 1)).collect()
    }

    /// LineString, CircularString or CompoundCurve, after its head.
    fn curve(&mut self, head: &Head, depth: usize) -> Result<LineString<f64>, String> {
        match head.kind {
            2 => self.positions(head.numbers).map(LineString),
            8 => Ok(LineString(drawn(&self.positions(head.numbers)?))),
            9 if depth <= self.max_depth => {
                let mut line: Vec<Coord<f64>> = Vec::new();
                for _ in 0..self.count(9)? {
                    let part = self.head()?;
                    let part = self.curve(&part, depth + 1)?.0;
                    let joined = line.last().is_some() && line.last() == part.first();
                    line.extend(part.into_iter().skip(usize::from(joined)));
                }
                Ok(LineString(line))
            }
            kind => Err(format!("geometry type {kind} is not a line")),
        }
    }

    /// Polygon or CurvePolygon, after its head.
    fn area(&mut self, head: &Head, depth: usize) -> Result<Polygon<f64>, String> {
        let mut rings = Vec::new();
        if head.kind == 3 {
            for _ in 0..self.count(4)? {
                rings.push(LineString(self.positions(head.numbers)?));
            }
        } else {
            for _ in 0..self.count(9)? {
                let ring = self.head()?;
                rings.push(self.curve(&ring, depth + 1)?);
            }
        }
        let mut rings = rings.into_iter();
        Ok(Polygon::new(rings.next().unwrap_or(LineString(vec![])), rings.collect()))
    }

    fn head(&mut self) -> Result<Head, String> {
        let order = self.take::<1>()?;
        if order != [1] {
            return Err("the geometry is not little endian".to_owned());
        }
        let code = u32::from_le_bytes(self.take()?);
        let (flags, code) = (code >> 29, code & 0x1fff_ffff);
        let (kind, dimension) = (code % 1000, code / 1000);
        let extra = match dimension {
            0 => (flags >> 2) as usize + (flags >> 1 & 1) as usize,
            1 | 2 => 1,
            3 => 2,
            _ => return Err(format!("geometry type {code} is not known")),
        };
        if flags & 1 == 1 {
            self.take::<4>()?;
        }
        Ok(Head { kind, numbers: 2 + extra })
    }

    fn positions(&mut self, numbers: usize) -> Result<Vec<Coord<f64>>, String> {
        let count = self.count(8 * numbers)?;
        (0..count).map(|_| self.position(numbers)).collect()
    }

    fn position(&mut self, numbers: usize) -> Result<Coord<f64>, String> {
        let at = Coord { x: f64::from_le_bytes(self.take()?), y: f64::from_le_bytes(self.take()?) };
        for _ in 2..numbers {
            self.take::<8>()?;
        }
        Ok(at)
    }

    /// A count that the bytes left can hold, each member having at least `bytes`.
    fn count(&mut self, bytes: usize) -> Result<usize, String> {
        let count = u32::from_le_bytes(self.take()?) as usize;
        if count.saturating_mul(bytes) > self.bytes.len() { Err(BREAKS_OFF.to_owned()) } else { Ok(count) }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>().ok_or_else(|| BREAKS_OFF.to_owned())?;
        self.bytes = rest;
        Ok(*taken)
    }
}

const BREAKS_OFF: &str = "the geometry breaks off";

/// Arcs through each three points (start, middle, end), drawn.
fn drawn(points: &[Coord<f64>]) -> Vec<Coord<f64>> {
    let Some(first) = points.first() else { return Vec::new() };
    let mut line = vec![*first];
    for arc in points.windows(3).step_by(2) {
        let &[start, middle, end] = arc else { continue };
        line.extend(arc_points(start, middle, end));
        line.push(end);
    }
    line
}

/// The points between start and end; none when the three are in line.
fn arc_points(start: Coord<f64>, middle: Coord<f64>, end: Coord<f64>) -> Vec<Coord<f64>> {
    let is_circle = start == end;
    let centre = if is_circle {
        // a full circle: the middle point is opposite
        Coord { x: (start.x + middle.x) / 2.0, y: (start.y + middle.y) / 2.0 }
    } else {
        let (b, c) = (middle - start, end - start);
        let twice = 2.0 * (b.x * c.y - b.y * c.x);
        if twice.abs() < 1e-12 * (b.x.hypot(b.y) * c.x.hypot(c.y)) || twice == 0.0 {
            return vec![middle];
        }
        let (b2, c2) = (b.x * b.x + b.y * b.y, c.x * c.x + c.y * c.y);
        start + Coord { x: (c.y * b2 - b.y * c2) / twice, y: (b.x * c2 - c.x * b2) / twice }
    };
    let radius = (start.x - centre.x).hypot(start.y - centre.y);
    let angle = |point: Coord<f64>| (point.y - centre.y).atan2(point.x - centre.x);
    let turn = std::f64::consts::TAU;
    let from = angle(start);
    let (to_middle, to_end) = ((angle(middle) - from).rem_euclid(turn), (angle(end) - from).rem_euclid(turn));
    let sweep = if is_circle {
        turn
    } else if to_middle < to_end {
        to_end
    } else {
        to_end - turn
    };
    let steps = (sweep.abs().to_degrees() / ARC_STEP_DEGREES).ceil().max(1.0) as usize;
    let step = sweep / steps as f64;
    (1..steps)
        .map(|number| from + step * number as f64)
        .map(|angle| Coord { x: centre.x + radius * angle.cos(), y: centre.y + radius * angle.sin() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdal::vector::Geometry as Ogr;
    use proptest::prelude::*;

    fn of_wkt(wkt: &str) -> Result<Geometry<f64>, String> {
        read(&Ogr::from_wkt(wkt).unwrap().iso_wkb().unwrap(), 64)
    }

    #[test]
    fn plain_geometries_lose_only_their_heights() {
        let flat = of_wkt("POLYGON ((0 0,4 0,4 4,0 0),(1 0.5,2 0.5,2 1,1 0.5))").unwrap();
        for with_height in [
            "POLYGON Z ((0 0 9,4 0 9,4 4 9,0 0 9),(1 0.5 9,2 0.5 9,2 1 9,1 0.5 9))",
            "POLYGON ZM ((0 0 9 1,4 0 9 1,4 4 9 1,0 0 9 1),(1 0.5 9 1,2 0.5 9 1,2 1 9 1,1 0.5 9 1))",
        ] {
            assert_eq!(of_wkt(with_height).unwrap(), flat);
            assert_eq!(read(&Ogr::from_wkt(with_height).unwrap().wkb().unwrap(), 64).unwrap(), flat);
        }
        assert_eq!(of_wkt("MULTIPOINT (1 2,3 4)").unwrap(), MultiPoint::from(vec![(1.0, 2.0), (3.0, 4.0)]).into());
        assert_eq!(of_wkt("POINT EMPTY").unwrap(), MultiPoint(vec![]).into());
        assert!(
            matches!(of_wkt("GEOMETRYCOLLECTION (POINT (1 2),LINESTRING (0 0,1 1))").unwrap(), Geometry::GeometryCollection(members) if members.0.len() == 2)
        );
    }

    #[test]
    fn curves_are_drawn_close_to_the_curve() {
        let Geometry::LineString(half) = of_wkt("CIRCULARSTRING (0 0,5 5,10 0)").unwrap() else { panic!() };
        assert!(half.0.len() > 40 && half.0.iter().all(|at| ((at.x - 5.0).hypot(at.y) - 5.0).abs() < 1e-9), "{half:?}");
        assert!(half.0.iter().all(|at| at.y > -1e-9));
        let Geometry::Polygon(circle) = of_wkt("CURVEPOLYGON (CIRCULARSTRING (0 0,10 0,0 0))").unwrap() else { panic!() };
        let area = geo::Area::unsigned_area(&circle);
        assert!((area - 25.0 * std::f64::consts::PI).abs() < 0.1, "{area}");
        let Geometry::LineString(compound) = of_wkt("COMPOUNDCURVE ((0 0,10 0),CIRCULARSTRING (10 0,15 5,10 10),(10 10,0 10))").unwrap()
        else {
            panic!()
        };
        assert_eq!((compound.0[0], compound.0[compound.0.len() - 1]), (Coord { x: 0.0, y: 0.0 }, Coord { x: 0.0, y: 10.0 }));
        assert!(
            matches!(of_wkt("MULTISURFACE (CURVEPOLYGON (CIRCULARSTRING (0 0,10 0,0 0)),((20 0,30 0,30 9,20 0)))").unwrap(), Geometry::MultiPolygon(areas) if areas.0.len() == 2)
        );
        assert!(matches!(of_wkt("MULTICURVE ((0 0,1 1),CIRCULARSTRING (0 0,5 5,10 0))").unwrap(), Geometry::MultiLineString(_)));
    }

    #[test]
    fn surfaces_in_space_are_refused_by_name() {
        assert!(of_wkt("POLYHEDRALSURFACE Z (((0 0 0,1 0 0,1 1 1,0 0 0)))").unwrap_err().contains("PolyhedralSurface"));
        assert!(of_wkt("TIN Z (((0 0 0,1 0 0,1 1 1,0 0 0)))").unwrap_err().contains("TIN"));
        assert!(matches!(of_wkt("TRIANGLE ((0 0,1 0,1 1,0 0))").unwrap(), Geometry::Polygon(_)));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, 64);
        }

        #[test]
        fn a_cut_or_changed_geometry_does_not_panic(cut in 0usize..200, place in 0usize..100, byte: u8) {
            let mut bytes = Ogr::from_wkt("MULTISURFACE (CURVEPOLYGON (COMPOUNDCURVE ((0 0,1 1),CIRCULARSTRING (1 1,2 2,0 0))),((5 5,6 5,6 6,5 5)))").unwrap().wkb().unwrap();
            if let Some(slot) = bytes.get_mut(place) { *slot = byte; }
            bytes.truncate(cut);
            let _ = read(&bytes, 64);
        }
    }
}
