//! Whether a geometry can be kept: finite, not empty, on this planet, valid. Says what is wrong and where.

use geo::CoordsIter;
use geo_types::{Geometry, LineString};

use super::rings::check_areas;
use crate::domain::GeometryKind;

/// No metre or degree of any system on earth is larger (eastings with a zone number reach 60.5 million).
pub const MAX_COORDINATE: f64 = 1e8;

/// Why a geometry cannot be kept as it is. `Display` is English, [`Flaw::zh`] the same in Chinese.
/// Places are x, y in the coordinates of the geometry.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Flaw {
    #[error("the geometry is empty")]
    Empty,
    #[error("a coordinate is not a number ({x}, {y})", x = at[0], y = at[1])]
    NotFinite { at: [f64; 2] },
    #[error("a coordinate is larger than the earth ({x}, {y})", x = at[0], y = at[1])]
    TooLarge { at: [f64; 2] },
    #[error("{text} near {x} {y}", text = reason.en(), x = at[0], y = at[1])]
    Invalid { reason: Reason, at: [f64; 2] },
    #[error("the geometry is a {found}, but the layer holds {wanted}", wanted = kind_text(*wanted).1)]
    WrongKind { found: &'static str, wanted: GeometryKind },
}

/// What rule of the Simple Features standard is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    TooFewPoints,
    EmptyPart,
    SelfIntersection,
    RingsCross,
    RingsShareLine,
    HoleOutside,
    HolesOverlap,
    PartsOverlap,
    PartsShareLine,
    Disconnected,
}

impl Reason {
    pub fn en(self) -> &'static str {
        match self {
            Self::TooFewPoints => "too few different points",
            Self::EmptyPart => "a part without points",
            Self::SelfIntersection => "the boundary crosses or touches itself",
            Self::RingsCross => "a hole crosses the outer boundary or another hole",
            Self::RingsShareLine => "a hole runs along the outer boundary or another hole",
            Self::HoleOutside => "a hole lies outside its area",
            Self::HolesOverlap => "holes overlap",
            Self::PartsOverlap => "parts overlap",
            Self::PartsShareLine => "parts share a stretch of boundary",
            Self::Disconnected => "touching holes cut the area in two",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::TooFewPoints => "不同的点太少",
            Self::EmptyPart => "有不含点的部分",
            Self::SelfIntersection => "边界自相交或自接触",
            Self::RingsCross => "内环与外环或另一内环相交",
            Self::RingsShareLine => "内环与外环或另一内环共线",
            Self::HoleOutside => "内环在外环之外",
            Self::HolesOverlap => "内环互相重叠",
            Self::PartsOverlap => "各部分互相重叠",
            Self::PartsShareLine => "各部分有公共边",
            Self::Disconnected => "相接的内环把面分割成两块",
        }
    }
}

impl Flaw {
    /// The message in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Empty => "几何为空".to_owned(),
            Self::NotFinite { at: [x, y] } => format!("坐标不是数({x}, {y})"),
            Self::TooLarge { at: [x, y] } => format!("坐标超出地球范围({x}, {y})"),
            Self::Invalid { reason, at: [x, y] } => format!("{},位于 {x} {y} 附近", reason.zh()),
            Self::WrongKind { found, wanted } => format!("几何类型为 {found},而图层要求{}", kind_text(*wanted).0),
        }
    }

    /// Where it is, when it is anywhere.
    pub fn place(&self) -> Option<[f64; 2]> {
        match self {
            Self::Invalid { at, .. } if at[0].is_finite() && at[1].is_finite() => Some(*at),
            _ => None,
        }
    }
}

fn kind_text(kind: GeometryKind) -> (&'static str, &'static str) {
    match kind {
        GeometryKind::Point => ("点", "points"),
        GeometryKind::Line => ("线", "lines"),
        GeometryKind::Polygon => ("面", "polygons"),
        GeometryKind::Any => ("任意类型", "any kind"),
    }
}

/// Finite, not empty, in range and valid as PostGIS's `ST_IsValid` has it; a part without points is a flaw here too.
pub fn check(geometry: &Geometry<f64>) -> Result<(), Flaw> {
    let mut empty = true;
    for coord in geometry.coords_iter() {
        empty = false;
        let at = [coord.x, coord.y];
        if !(coord.x.is_finite() && coord.y.is_finite()) {
            return Err(Flaw::NotFinite { at });
        }
        if coord.x.abs() > MAX_COORDINATE || coord.y.abs() > MAX_COORDINATE {
            return Err(Flaw::TooLarge { at });
        }
    }
    if empty {
        return Err(Flaw::Empty);
    }
    check_rules(geometry)
}

fn check_rules(geometry: &Geometry<f64>) -> Result<(), Flaw> {
    match geometry {
        Geometry::Point(_) | Geometry::MultiPoint(_) | Geometry::Rect(_) => Ok(()),
        Geometry::Line(line) => check_line(&LineString(vec![line.start, line.end])),
        Geometry::LineString(line) => check_line(line),
        Geometry::MultiLineString(lines) => lines.iter().try_for_each(check_line),
        Geometry::Polygon(polygon) => check_areas(std::iter::once(polygon)),
        Geometry::MultiPolygon(polygons) => check_areas(polygons.iter()),
        Geometry::Triangle(triangle) => check_areas(std::iter::once(&triangle.to_polygon())),
        Geometry::GeometryCollection(members) => members.iter().try_for_each(|member| match member.coords_iter().next() {
            Some(_) => check_rules(member),
            None => Err(Flaw::Invalid { reason: Reason::EmptyPart, at: [f64::NAN; 2] }),
        }),
    }
}

fn check_line(line: &LineString<f64>) -> Result<(), Flaw> {
    match line.0.first() {
        None => Err(Flaw::Invalid { reason: Reason::EmptyPart, at: [f64::NAN; 2] }),
        Some(first) if line.0.iter().all(|point| point == first) => {
            Err(Flaw::Invalid { reason: Reason::TooFewPoints, at: [first.x, first.y] })
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::wkt;
    use geo_types::{GeometryCollection, MultiPolygon, Polygon, point, polygon};

    fn reason(geometry: impl Into<Geometry<f64>>) -> Option<Reason> {
        match check(&geometry.into()) {
            Err(Flaw::Invalid { reason, .. }) => Some(reason),
            Ok(()) => None,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn numbers_that_are_no_places_are_found_before_anything_else() {
        assert!(matches!(check(&point!(x: f64::NAN, y: 0.0).into()), Err(Flaw::NotFinite { .. })));
        assert!(matches!(
            check(&polygon![(x: 0.0, y: 0.0), (x: f64::INFINITY, y: 0.0), (x: 1.0, y: 1.0)].into()),
            Err(Flaw::NotFinite { .. })
        ));
        assert!(matches!(check(&polygon![(x: 0.0, y: 0.0), (x: 1e300, y: 0.0), (x: 1.0, y: 1.0)].into()), Err(Flaw::TooLarge { .. })));
        assert_eq!(check(&MultiPolygon::<f64>::new(vec![]).into()), Err(Flaw::Empty));
        assert_eq!(check(&Geometry::GeometryCollection(GeometryCollection::default())), Err(Flaw::Empty));
        assert_eq!(check(&Polygon::<f64>::new(LineString(vec![]), vec![]).into()), Err(Flaw::Empty));
    }

    #[test]
    fn each_broken_rule_has_its_name() {
        let cases: Vec<(Geometry<f64>, Option<Reason>)> = vec![
            (wkt!(POLYGON((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.))).into(), None),
            (wkt!(POLYGON((0. 0., 4. 0., 4. 0., 4. 4., 0. 4., 0. 0.))).into(), None),
            (wkt!(POLYGON((0. 0., 4. 4., 4. 0., 0. 4., 0. 0.))).into(), Some(Reason::SelfIntersection)),
            (wkt!(POLYGON((0. 0., 4. 0., 8. 0., 4. 0., 4. 4., 0. 0.))).into(), Some(Reason::SelfIntersection)),
            (wkt!(POLYGON((0. 0., 1. 0., 0. 0.))).into(), Some(Reason::TooFewPoints)),
            (wkt!(POLYGON((0. 0., 2. 0., 1. 0., 0. 0.))).into(), Some(Reason::SelfIntersection)),
            // a ring that touches itself in a point
            (wkt!(POLYGON((0. 0., 4. 0., 4. 4., 2. 0., 0. 4., 0. 0.))).into(), Some(Reason::SelfIntersection)),
            (wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(1. 1., 3. 1., 3. 3., 1. 1.))).into(), None),
            (wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(0. 0., 3. 1., 3. 3., 0. 0.))).into(), None),
            (wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(0. 0., 3. 0., 3. 3., 0. 0.))).into(), Some(Reason::RingsShareLine)),
            (wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(1. 1., 12. 1., 3. 3., 1. 1.))).into(), Some(Reason::RingsCross)),
            (wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(11. 1., 12. 1., 12. 3., 11. 1.))).into(), Some(Reason::HoleOutside)),
            (wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(9. 1., 12. 1., 12. 3., 9. 1.))).into(), Some(Reason::HoleOutside)),
            // out through two corners of the shell, never across an edge
            (wkt!(POLYGON((0. 0., 9. 0., 5. 5., 9. 9., 0. 9., 0. 0.),(2. 5., 9. 0., 12. 5., 9. 9., 2. 5.))).into(), Some(Reason::HoleOutside)),
            (wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(1. 1., 6. 1., 6. 6., 1. 1.),(4. 2., 5. 2., 5. 3., 4. 2.))).into(), Some(Reason::HolesOverlap)),
            (wkt!(POLYGON((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(0. 4., 4. 3., 9. 4., 4. 5., 0. 4.))).into(), Some(Reason::Disconnected)),
            (wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 0. 0.)),((4. 4., 8. 4., 8. 8., 4. 4.)))).into(), None),
            (wkt!(MULTIPOLYGON(((0. 0., 4. 0., 4. 4., 0. 4., 0. 0.)),((4. 0., 8. 0., 8. 4., 4. 4., 4. 0.)))).into(), Some(Reason::PartsShareLine)),
            (wkt!(MULTIPOLYGON(((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.)),((2. 2., 4. 2., 4. 4., 2. 2.)))).into(), Some(Reason::PartsOverlap)),
            (wkt!(MULTIPOLYGON(((2. 2., 4. 2., 4. 4., 2. 2.)),((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.)))).into(), Some(Reason::PartsOverlap)),
            (wkt!(MULTIPOLYGON(((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.)),((2. 2., 14. 2., 4. 4., 2. 2.)))).into(), Some(Reason::PartsOverlap)),
            // an island in the hole, touching its rim in a corner
            (wkt!(MULTIPOLYGON(((0. 0., 9. 0., 9. 9., 0. 9., 0. 0.),(1. 1., 8. 1., 8. 8., 1. 8., 1. 1.)),((1. 1., 4. 2., 4. 4., 1. 1.)))).into(), None),
            (wkt!(LINESTRING(1. 1., 1. 1.)).into(), Some(Reason::TooFewPoints)),
            (wkt!(LINESTRING(0. 0., 2. 2., 2. 0., 0. 2.)).into(), None),
        ];
        for (geometry, expected) in cases {
            assert_eq!(reason(geometry.clone()), expected, "{geometry:?}");
        }
    }

    #[test]
    fn the_place_of_a_crossing_is_told() {
        let bowtie = wkt!(POLYGON((0. 0., 4. 4., 4. 0., 0. 4., 0. 0.)));
        let flaw = check(&bowtie.into()).unwrap_err();
        assert_eq!(flaw.place(), Some([2.0, 2.0]));
        assert_eq!(flaw.to_string(), "the boundary crosses or touches itself near 2 2");
        assert_eq!(flaw.zh(), "边界自相交或自接触,位于 2 2 附近");
    }

    #[test]
    fn a_ring_of_fifty_thousand_points_is_checked_in_no_time() {
        let ring: Vec<(f64, f64)> = (0..50_000)
            .map(|step| {
                let angle = f64::from(step) / 50_000.0 * std::f64::consts::TAU;
                let radius = 1000.0 + 10.0 * (angle * 400.0).sin();
                (radius * angle.cos(), radius * angle.sin())
            })
            .collect();
        let start = std::time::Instant::now();
        assert_eq!(reason(Polygon::new(ring.into(), vec![])), None);
        assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    }
}
