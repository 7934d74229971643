//! Coordinates from one system to another, with PROJ's objects kept per thread (making one costs 40 to 110 ms).

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use geo::{CoordsIter, MapCoords};
use geo_types::{Coord, Geometry};
use proj::Proj;

use super::mercator::{mercator_to_wgs84, wgs84_to_mercator};
use super::{Crs, CrsError, System, china};
use crate::domain::Extent;

/// More pairs than any import has; a thread that meets more starts anew.
const MAX_CACHED: usize = 64;

type Cache = HashMap<String, HashMap<String, Rc<Proj>>>;

thread_local! {
    // Never freed: a thread that ends with the process would free its objects while PROJ takes itself down, and crash it. Only
    // threads that live as long as the process come here often.
    static CACHE: ManuallyDrop<RefCell<Cache>> = ManuallyDrop::new(RefCell::new(HashMap::new()));
}

/// Moves every coordinate of the geometry; it is unchanged when there is an error.
///
/// # Errors
/// As [`transform_points`].
pub fn transform(geometry: &mut Geometry<f64>, from: &Crs, to: &Crs) -> Result<(), CrsError> {
    if let Geometry::Point(point) = geometry {
        let mut points = [[point.x(), point.y()]];
        transform_points(&mut points, from, to)?;
        *point = points[0].into();
        return Ok(());
    }
    let Some(steps) = Steps::between(geometry.coords_iter().map(|coord| [coord.x, coord.y]), from, to)? else { return Ok(()) };
    let moved = without_boxes(geometry).try_map_coords(|coord| steps.apply([coord.x, coord.y]).map(|[x, y]| Coord { x, y }))?;
    *geometry = moved;
    Ok(())
}

/// A box is only two corners, which a projection does not keep upright.
fn without_boxes(geometry: &Geometry<f64>) -> Cow<'_, Geometry<f64>> {
    match geometry {
        Geometry::Rect(rect) => Cow::Owned(Geometry::Polygon(rect.to_polygon())),
        Geometry::GeometryCollection(collection) => {
            Cow::Owned(Geometry::GeometryCollection(collection.iter().map(|member| without_boxes(member).into_owned()).collect()))
        }
        _ => Cow::Borrowed(geometry),
    }
}

/// Moves every point; all are unchanged when there is an error.
///
/// # Errors
/// [`CrsError::OutOfRange`] for what is not finite, not on the globe, or more than five degrees outside the area of use
/// of either system; [`CrsError::NeedsParameters`] for an old Chinese datum; [`CrsError::Transform`] when PROJ refuses.
pub fn transform_points(points: &mut [[f64; 2]], from: &Crs, to: &Crs) -> Result<(), CrsError> {
    let Some(steps) = Steps::between(points.iter().copied(), from, to)? else { return Ok(()) };
    let moved = points.iter().map(|point| steps.apply(*point)).collect::<Result<Vec<_>, _>>()?;
    points.copy_from_slice(&moved);
    Ok(())
}

/// What is to be done for each point of a pair of systems.
struct Steps<'a> {
    from: &'a Crs,
    to: &'a Crs,
    conversion: Conversion,
    /// From `from` to longitude and latitude, where neither end tells it.
    to_globe: Option<Rc<Proj>>,
}

enum Conversion {
    Same,
    ToMercator,
    FromMercator,
    Proj(Rc<Proj>),
}

impl<'a> Steps<'a> {
    /// `None` when both are the same system and nothing is to be done.
    fn between(mut points: impl Iterator<Item = [f64; 2]>, from: &'a Crs, to: &'a Crs) -> Result<Option<Self>, CrsError> {
        if let Some(point) = points.find(|point| !(point[0].is_finite() && point[1].is_finite())) {
            return Err(CrsError::OutOfRange { point, name: from.name().to_owned(), reason: "it is not a number" });
        }
        if from.is_same(to) {
            return Ok(None);
        }
        from.check_parameters()?;
        to.check_parameters()?;
        Self::new(from, to).map(Some)
    }

    fn new(from: &'a Crs, to: &'a Crs) -> Result<Self, CrsError> {
        let conversion = match (code(from), code(to)) {
            (one, other) if one.is_some() && one == other => Conversion::Same,
            (Some(4326), Some(3857)) => Conversion::ToMercator,
            (Some(3857), Some(4326)) => Conversion::FromMercator,
            _ => Conversion::Proj(cached(from, proj_text(from), proj_text(to))?),
        };
        let told = from.is_geographic() || to.is_geographic() || code(from) == Some(3857) || code(to) == Some(3857);
        let to_globe = if told { None } else { Some(cached(from, proj_text(from), "EPSG:4326")?) };
        Ok(Self { from, to, conversion, to_globe })
    }

    fn apply(&self, given: [f64; 2]) -> Result<[f64; 2], CrsError> {
        if self.from.is_geographic() && (given[0].abs() > 180.0 + 1e-9 || given[1].abs() > 90.0 + 1e-9) {
            return Err(self.out_of_range(given, self.from, "longitude is -180 to 180 and latitude -90 to 90, in this order"));
        }
        let start = match self.from.0.system {
            System::Gcj02 => china::gcj02_to_wgs84(given),
            System::Bd09 => china::gcj02_to_wgs84(china::bd09_to_gcj02(given)),
            System::Known { .. } => given,
        };
        if self.from.is_geographic() {
            self.check_reach(given, start, self.to)?;
        }
        let reached = match &self.conversion {
            Conversion::Same => start,
            Conversion::ToMercator => wgs84_to_mercator(start),
            Conversion::FromMercator => mercator_to_wgs84(start),
            Conversion::Proj(proj) => self.convert(proj, given, start)?,
        };
        if !self.from.is_geographic() {
            let globe = if self.to.is_geographic() {
                reached
            } else if code(self.to) == Some(3857) {
                mercator_to_wgs84(reached)
            } else if code(self.from) == Some(3857) {
                mercator_to_wgs84(start)
            } else {
                match &self.to_globe {
                    Some(proj) => self.convert(proj, given, start)?,
                    None => reached,
                }
            };
            self.check_reach(given, globe, self.from)?;
            self.check_reach(given, globe, self.to)?;
        }
        Ok(match self.to.0.system {
            System::Gcj02 => china::wgs84_to_gcj02(reached),
            System::Bd09 => china::gcj02_to_bd09(china::wgs84_to_gcj02(reached)),
            System::Known { .. } => reached,
        })
    }

    fn convert(&self, proj: &Proj, given: [f64; 2], start: [f64; 2]) -> Result<[f64; 2], CrsError> {
        let error =
            |reason: String| CrsError::Transform { point: given, from: self.from.name().to_owned(), to: self.to.name().to_owned(), reason };
        let (x, y) = proj.convert((start[0], start[1])).map_err(|problem| error(problem.to_string()))?;
        if x.is_finite() && y.is_finite() { Ok([x, y]) } else { Err(error("it has no image there".to_owned())) }
    }

    fn check_reach(&self, given: [f64; 2], globe: [f64; 2], system: &Crs) -> Result<(), CrsError> {
        let Some(reach) = system.facts().and_then(|facts| facts.reach) else { return Ok(()) };
        if contains(&reach, globe) {
            return Ok(());
        }
        Err(self.out_of_range(
            given,
            system,
            "it is far outside the area where this system is used (wrong zone, wrong system or swapped axes?)",
        ))
    }

    fn out_of_range(&self, point: [f64; 2], system: &Crs, reason: &'static str) -> CrsError {
        CrsError::OutOfRange { point, name: system.name().to_owned(), reason }
    }
}

/// Longitudes are the same a turn further; a hair outside by rounding does not count.
fn contains(reach: &Extent, [longitude, latitude]: [f64; 2]) -> bool {
    let reach = reach.grown(1e-6);
    [longitude, longitude + 360.0, longitude - 360.0].iter().any(|longitude| reach.contains_point([*longitude, latitude]))
}

/// GCJ-02 and BD-09 are reached by way of WGS 84.
fn code(crs: &Crs) -> Option<u32> {
    match crs.0.system {
        System::Gcj02 | System::Bd09 => Some(4326),
        System::Known { .. } => crs.epsg(),
    }
}

fn proj_text(crs: &Crs) -> &str {
    match &crs.0.system {
        System::Gcj02 | System::Bd09 => "EPSG:4326",
        System::Known { text, .. } => text,
    }
}

fn cached(crs: &Crs, from: &str, to: &str) -> Result<Rc<Proj>, CrsError> {
    CACHE.with(|cache| {
        let mut cache = cache.borrow_mut();
        if let Some(proj) = cache.get(from).and_then(|targets| targets.get(to)) {
            return Ok(Rc::clone(proj));
        }
        if cache.values().map(HashMap::len).sum::<usize>() >= MAX_CACHED {
            cache.clear();
        }
        let proj = Proj::new_known_crs(from, to, None)
            .map_err(|error| CrsError::Unsupported { name: crs.name().to_owned(), reason: error.to_string() })?;
        let proj = Rc::new(proj);
        cache.entry(from.to_owned()).or_default().insert(to.to_owned(), Rc::clone(&proj));
        Ok(proj)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{line_string, point, polygon};
    use proptest::prelude::*;
    use std::sync::{LazyLock, Mutex};

    /// Each system is read once for all tests: a reading costs a look into PROJ's database.
    fn system(definition: &str) -> Crs {
        static KNOWN: LazyLock<Mutex<HashMap<String, Crs>>> = LazyLock::new(Mutex::default);
        let mut known = KNOWN.lock().unwrap();
        known.entry(definition.to_owned()).or_insert_with(|| Crs::parse(definition).unwrap()).clone()
    }

    fn moved(at: [f64; 2], from: &str, to: &str) -> Result<[f64; 2], CrsError> {
        let mut points = [at];
        transform_points(&mut points, &system(from), &system(to))?;
        Ok(points[0])
    }

    fn assert_near(found: [f64; 2], expected: [f64; 2], tolerance: f64) {
        assert!((found[0] - expected[0]).abs() < tolerance && (found[1] - expected[1]).abs() < tolerance, "{found:?} against {expected:?}");
    }

    const HANGZHOU: [f64; 2] = [120.15507, 30.27415];

    #[test]
    fn hangzhou_is_where_the_published_value_says() {
        for from in ["EPSG:4326", "EPSG:4490"] {
            assert_near(moved(HANGZHOU, from, "EPSG:4549").unwrap(), [514_920.840, 3_350_514.409], 0.001);
            assert_near(moved(HANGZHOU, from, "EPSG:4528").unwrap(), [40_514_920.840, 3_350_514.409], 0.001);
        }
        assert_near(moved([514_920.840, 3_350_514.409], "EPSG:4549", "EPSG:4326").unwrap(), HANGZHOU, 1e-8);
        assert_near(moved([514_920.840, 3_350_514.409], "EPSG:4549", "EPSG:4528").unwrap(), [40_514_920.840, 3_350_514.409], 0.001);
    }

    #[test]
    fn axes_are_east_then_north_however_the_system_is_written() {
        let wkt = Crs::parse("EPSG:4549").unwrap().wkt();
        let proj4 = Crs::parse("EPSG:4549").unwrap().proj4();
        for system in [wkt.as_str(), proj4.as_str()] {
            assert_near(moved(HANGZHOU, "EPSG:4326", system).unwrap(), [514_920.840, 3_350_514.409], 0.001);
        }
        // a bound system keeps the order too
        let base = Crs::parse("EPSG:2385").unwrap().wkt();
        let target = Crs::wgs84().wkt();
        let bound = format!(
            "BOUNDCRS[SOURCECRS[{base}],TARGETCRS[{target}],ABRIDGEDTRANSFORMATION[\"city\",METHOD[\"Geocentric translations (geog2D domain)\",ID[\"EPSG\",9603]],PARAMETER[\"X-axis translation\",10,ID[\"EPSG\",8605]],PARAMETER[\"Y-axis translation\",20,ID[\"EPSG\",8606]],PARAMETER[\"Z-axis translation\",30,ID[\"EPSG\",8607]]]]"
        );
        let [x, y] = moved(HANGZHOU, "EPSG:4326", &bound).unwrap();
        assert!((400_000.0..600_000.0).contains(&x) && (3_300_000.0..3_400_000.0).contains(&y), "{x} {y}");
    }

    #[test]
    fn parameters_that_are_given_are_used() {
        let without = "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80 +units=m";
        let with = "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3 +units=m";
        let (plain, shifted) = (moved(HANGZHOU, "EPSG:4326", without).unwrap(), moved(HANGZHOU, "EPSG:4326", with).unwrap());
        let distance_m = (plain[0] - shifted[0]).hypot(plain[1] - shifted[1]);
        assert!((10.0..300.0).contains(&distance_m), "{distance_m}");
        assert_near(moved(shifted, with, "EPSG:4326").unwrap(), HANGZHOU, 1e-8);
    }

    #[test]
    fn old_chinese_datums_are_refused_with_what_is_needed() {
        for old in ["EPSG:4610", "EPSG:2363", "EPSG:4214", "EPSG:2436", "EPSG:4555", "EPSG:4796"] {
            for (from, to) in [(old, "EPSG:4549"), ("EPSG:4326", old), (old, "GCJ-02")] {
                let error = moved(HANGZHOU, from, to).unwrap_err();
                assert!(matches!(error, CrsError::NeedsParameters { .. }), "{error}");
                assert!(error.to_string().contains("+towgs84=dx,dy,dz") && error.zh().contains("七参数"), "{error}");
            }
        }
    }

    #[test]
    fn what_is_out_of_reach_is_an_error_and_not_a_number() {
        for at in [
            [120.0, 95.0],
            [f64::NAN, 30.0],
            [120.0, f64::INFINITY],
            [1e300, 30.0],
            [-60.0, 30.0],
            [120.0, -60.0],
            [30.27, 120.15],
            [118.7546, 0.0],
        ] {
            let error = moved(at, "EPSG:4326", "EPSG:4549").unwrap_err();
            assert!(matches!(error, CrsError::OutOfRange { .. }), "{at:?}: {error}");
        }
        // northing first, the wrong zone, and numbers of another kind
        for at in [[3_350_514.4, 514_920.8], [40_514_920.8, 3_350_514.4], [1e12, 1e12], [-1e7, 5e6], [1e300, -1e300]] {
            for to in ["EPSG:4326", "EPSG:3857", "EPSG:4528", "GCJ-02"] {
                assert!(moved(at, "EPSG:4549", to).is_err(), "{at:?} to {to}: {:?}", moved(at, "EPSG:4549", to));
            }
        }
        assert!(moved([10.0, 89.0], "EPSG:4326", "EPSG:3857").is_err());
        assert!(moved([140.0, 30.0], "EPSG:4326", "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80 +units=m").is_err());
    }

    #[test]
    fn the_shifted_systems_of_web_maps_go_by_way_of_wgs84() {
        let gcj = moved([514_920.840, 3_350_514.409], "EPSG:4549", "GCJ-02").unwrap();
        assert_near(gcj, [120.159765, 30.271821], 2e-6);
        assert_near(moved(gcj, "GCJ-02", "EPSG:4549").unwrap(), [514_920.840, 3_350_514.409], 0.01);
        assert_near(moved([120.166328, 30.27765], "BD-09", "EPSG:4326").unwrap(), HANGZHOU, 2e-6);
        assert_near(moved(gcj, "GCJ-02", "BD-09").unwrap(), [120.166328, 30.27765], 2e-6);
    }

    #[test]
    fn a_geometry_is_moved_whole_or_not_at_all() {
        let (from, to) = (Crs::wgs84(), Crs::parse("EPSG:4549").unwrap());
        let mut line: Geometry = line_string![(x: 120.1, y: 30.2), (x: 120.2, y: 95.0)].into();
        let before = line.clone();
        assert!(transform(&mut line, &from, &to).is_err());
        assert_eq!(line, before);
        let mut area: Geometry = polygon![exterior: [(x: 120.1, y: 30.2), (x: 120.2, y: 30.2), (x: 120.2, y: 30.3)], interiors: [[(x: 120.15, y: 30.21), (x: 120.18, y: 30.21), (x: 120.18, y: 30.22)]]].into();
        transform(&mut area, &from, &to).unwrap();
        let corner = moved([120.15, 30.21], "EPSG:4326", "EPSG:4549").unwrap();
        let Geometry::Polygon(area) = area else { panic!() };
        assert_near([area.interiors()[0].0[0].x, area.interiors()[0].0[0].y], corner, 1e-9);
        let mut rect: Geometry = geo_types::Rect::new((120.1, 30.2), (120.2, 30.3)).into();
        transform(&mut rect, &from, &to).unwrap();
        assert!(matches!(rect, Geometry::Polygon(_)));
        let mut single: Geometry = point!(x: 120.15507, y: 30.27415).into();
        transform(&mut single, &from, &Crs::mercator()).unwrap();
        assert_eq!(single, Geometry::Point(wgs84_to_mercator(HANGZHOU).into()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn there_and_back_is_the_same_point(longitude in 117.0..123.0f64, latitude in 22.0..50.0f64) {
            let there = moved([longitude, latitude], "EPSG:4490", "EPSG:4549").unwrap();
            let back = moved(there, "EPSG:4549", "EPSG:4490").unwrap();
            prop_assert!((back[0] - longitude).abs() < 1e-9 && (back[1] - latitude).abs() < 1e-9);
        }

        #[test]
        fn no_pair_of_numbers_panics(x: f64, y: f64) {
            for (from, to) in [("EPSG:4549", "EPSG:4326"), ("EPSG:4549", "EPSG:3857"), ("EPSG:3857", "EPSG:4549"), ("BD-09", "EPSG:4549")] {
                if let Ok(point) = moved([x, y], from, to) {
                    prop_assert!(point[0].is_finite() && point[1].is_finite());
                }
            }
        }
    }
}
