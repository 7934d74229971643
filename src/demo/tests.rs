//! The planner's audit of the demo city: it looks at the written features only, and finds exactly the breaches that are listed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::sync::LazyLock;

use geo::{Area, BooleanOps, BoundingRect, Centroid, Distance, Euclidean, Intersects, LineLocatePoint, Relate};
use geo_types::{Geometry, LineString, Point as GeoPoint, Polygon};
use serde_json::Value;

use super::shape::{Point, Ring, Shape, doubled_area};
use super::{Breach, DEFAULT_SEED, Feature, MAX_DISTRICTS, Sink, generate};
use crate::domain::{FieldKind, GeometryKind, Layer};

#[derive(Default)]
struct City {
    layers: BTreeMap<Layer, Vec<Feature>>,
    breaches: Vec<Breach>,
}

impl Sink for City {
    fn feature(&mut self, layer: Layer, feature: Feature) -> io::Result<()> {
        self.layers.entry(layer).or_default().push(feature);
        Ok(())
    }

    fn breach(&mut self, breach: &Breach) -> io::Result<()> {
        self.breaches.push(breach.clone());
        Ok(())
    }
}

impl City {
    fn of(&self, layer: Layer) -> &[Feature] {
        self.layers.get(&layer).map_or(&[], Vec::as_slice)
    }
}

fn city(seed: u64) -> City {
    let mut city = City::default();
    generate(seed, 1, &mut city).unwrap();
    city
}

static CITIES: LazyLock<Vec<City>> = LazyLock::new(|| [DEFAULT_SEED, 2026].map(city).into());

fn text<'a>(feature: &'a Feature, field: &str) -> &'a str {
    feature.properties.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn number(feature: &Feature, field: &str) -> Option<f64> {
    feature.properties.get(field).and_then(Value::as_f64)
}

fn rings(feature: &Feature) -> &[Ring] {
    match &feature.shape {
        Shape::Polygon(rings) => rings,
        other => panic!("{} is not a polygon: {other:?}", feature.id),
    }
}

fn polygon(feature: &Feature) -> Polygon<f64> {
    match feature.shape.to_geo() {
        Some(Geometry::Polygon(polygon)) => polygon,
        other => panic!("{} is not a polygon: {other:?}", feature.id),
    }
}

fn line(feature: &Feature) -> LineString<f64> {
    match feature.shape.to_geo() {
        Some(Geometry::LineString(line)) => line,
        other => panic!("{} is not a line: {other:?}", feature.id),
    }
}

fn point(feature: &Feature) -> Option<GeoPoint<f64>> {
    match feature.shape.to_geo() {
        Some(Geometry::Point(point)) => Some(point),
        _ => None,
    }
}

/// Polygons by bounding box, for a quick look at what may touch.
struct Boxes {
    all: Vec<(geo_types::Rect<f64>, usize)>,
}

impl Boxes {
    fn new(polygons: &[Polygon<f64>]) -> Self {
        let mut all: Vec<_> = polygons.iter().enumerate().map(|(place, polygon)| (polygon.bounding_rect().unwrap(), place)).collect();
        all.sort_by(|a, b| a.0.min().x.total_cmp(&b.0.min().x));
        Self { all }
    }

    fn near(&self, polygon: &Polygon<f64>) -> Vec<usize> {
        let bounds = polygon.bounding_rect().unwrap();
        let end = self.all.partition_point(|(other, _)| other.min().x <= bounds.max().x);
        self.all[..end].iter().filter(|(other, _)| other.intersects(&bounds)).map(|(_, place)| *place).collect()
    }
}

/// The parts tile the whole without gap or overlap: each side of a part is the side of exactly one neighbour, turned round, or
/// of the whole; and the areas add up to the square millimetre.
fn assert_tiles(whole: &Feature, parts: &[&Feature]) {
    let mut sides: HashSet<(Point, Point)> = HashSet::new();
    for part in parts {
        for ring in rings(part) {
            for pair in ring.windows(2) {
                assert!(pair[0] != pair[1], "{} repeats a point", part.id);
                assert!(sides.insert((pair[0], pair[1])), "{} has a side twice: {:?}", part.id, pair);
            }
        }
    }
    let outline: HashSet<(Point, Point)> = rings(whole)[0].windows(2).map(|pair| (pair[0], pair[1])).collect();
    for (from, to) in &sides {
        assert!(
            sides.contains(&(*to, *from)) != outline.contains(&(*from, *to)),
            "side {from:?} {to:?} of a part of {} has no single neighbour",
            whole.id
        );
    }
    assert!(outline.is_subset(&sides), "the parts leave the border of {}", whole.id);
    let area: i128 = parts.iter().flat_map(|part| rings(part)).map(|ring| doubled_area(ring)).sum();
    assert_eq!(area, doubled_area(&rings(whole)[0]), "areas within {}", whole.id);
}

#[test]
fn zones_cover_the_district_without_gap_or_overlap() {
    for city in CITIES.iter() {
        let county = &city.of(Layer::Divisions)[0];
        assert_tiles(county, &city.of(Layer::Zoning).iter().collect::<Vec<_>>());
    }
}

#[test]
fn villages_tile_their_towns_and_towns_the_district() {
    for city in CITIES.iter() {
        let divisions = city.of(Layer::Divisions);
        for parent in divisions.iter().filter(|unit| text(unit, "level") != "village") {
            let children: Vec<&Feature> = divisions.iter().filter(|unit| text(unit, "parent_code") == text(parent, "code")).collect();
            assert!(children.len() >= 4, "{}", parent.id);
            assert_tiles(parent, &children);
            assert!(children.iter().all(|child| text(child, "code").starts_with(text(parent, "code"))));
        }
        assert!(
            divisions
                .iter()
                .all(|unit| matches!((text(unit, "level"), text(unit, "code").len()), ("county", 6) | ("town", 9) | ("village", 12)))
        );
    }
}

#[test]
fn every_polygon_is_valid_and_turns_counter_clockwise() {
    use geo::Validation;
    for city in CITIES.iter() {
        for features in city.layers.values() {
            for feature in features {
                if let Shape::Polygon(all) = &feature.shape {
                    assert!(doubled_area(&all[0]) > 0, "{}", feature.id);
                    assert!(polygon(feature).is_valid(), "{}: {:?}", feature.id, polygon(feature).check_validation());
                }
            }
        }
    }
}

#[test]
fn parcels_lie_in_one_zone_of_their_use_and_share_no_ground() {
    for city in CITIES.iter() {
        let zones: Vec<Polygon<f64>> = city.of(Layer::Zoning).iter().map(polygon).collect();
        let parcels: Vec<Polygon<f64>> = city.of(Layer::Parcels).iter().map(polygon).collect();
        let (zone_boxes, parcel_boxes) = (Boxes::new(&zones), Boxes::new(&parcels));
        for (place, parcel) in parcels.iter().enumerate() {
            let feature = &city.of(Layer::Parcels)[place];
            let middle = parcel.centroid().unwrap();
            let holder = zone_boxes.near(parcel).into_iter().find(|&zone| zones[zone].intersects(&middle)).unwrap();
            assert!(zones[holder].relate(parcel).is_covers(), "parcel {}", feature.id);
            assert_eq!(text(&city.of(Layer::Zoning)[holder], "land_use"), text(feature, "land_use"));
            assert!((parcel.unsigned_area() - number(feature, "area_m2").unwrap()).abs() < 0.01, "{}", feature.id);
            for other in parcel_boxes.near(parcel).into_iter().filter(|&other| other > place) {
                let relation = parcel.relate(&parcels[other]);
                assert!(relation.is_disjoint() || relation.is_touches(), "{} and {}", feature.id, city.of(Layer::Parcels)[other].id);
            }
        }
    }
}

/// The zone that holds each parcel, by parcel code.
fn zone_of_parcels(city: &City) -> HashMap<&str, &Feature> {
    let zones: Vec<Polygon<f64>> = city.of(Layer::Zoning).iter().map(polygon).collect();
    let boxes = Boxes::new(&zones);
    let of = |parcel: &Polygon<f64>| {
        let middle = parcel.centroid().unwrap();
        boxes.near(parcel).into_iter().find(|&zone| zones[zone].intersects(&middle)).unwrap()
    };
    city.of(Layer::Parcels).iter().map(|parcel| (text(parcel, "code"), &city.of(Layer::Zoning)[of(&polygon(parcel))])).collect()
}

#[test]
fn buildings_stand_inside_their_parcels_and_within_the_plan() {
    for city in CITIES.iter() {
        let parcels: HashMap<&str, &Feature> = city.of(Layer::Parcels).iter().map(|parcel| (text(parcel, "code"), parcel)).collect();
        let zones = zone_of_parcels(city);
        let mut sums: BTreeMap<&str, (f64, f64, Vec<Polygon<f64>>)> = BTreeMap::new();
        for building in city.of(Layer::Buildings) {
            let code = text(building, "parcel");
            let (parcel, zone, shape) = (polygon(parcels[code]), zones[code], polygon(building));
            assert!(parcel.relate(&shape).is_contains(), "building {}", building.id);
            let gap = Euclidean.distance(parcel.exterior(), shape.exterior());
            assert!(gap >= number(zone, "setback_min_m").unwrap(), "building {} is {gap} m from the border", building.id);
            assert!(number(building, "height_m") <= number(zone, "height_max_m"), "{}", building.id);
            let (floor, ground, others) = sums.entry(code).or_default();
            assert!(others.iter().all(|other| other.relate(&shape).is_disjoint()), "building {} on another", building.id);
            *floor += number(building, "floor_area_m2").unwrap();
            *ground += shape.unsigned_area();
            others.push(shape);
        }
        for (code, (floor, ground, _)) in sums {
            let area = number(parcels[code], "area_m2").unwrap();
            assert!(Some(floor / area) <= number(zones[code], "far_max"), "floor area on {code}");
            assert!(Some(100.0 * ground / area) <= number(zones[code], "density_max_pct"), "coverage of {code}");
        }
    }
}

/// Segments of each named road in their order, and the length before each.
type Segments<'a> = BTreeMap<&'a str, Vec<(&'a Feature, LineString<f64>, f64)>>;

fn roads(city: &City) -> Segments<'_> {
    use geo::Length;
    let mut roads: Segments<'_> = BTreeMap::new();
    for segment in city.of(Layer::Roads).iter().filter(|segment| segment.properties.contains_key("name")) {
        let known = roads.entry(text(segment, "name")).or_default();
        let before = known.last().map_or(0.0, |(_, line, before)| before + Euclidean.length(line));
        if let Some((last, previous, _)) = known.last() {
            assert_eq!(text(last, "road_code"), text(segment, "road_code"), "two roads are called {}", text(segment, "name"));
            assert_eq!(previous.0.last(), line(segment).0.first(), "{} is broken", text(segment, "name"));
        }
        known.push((segment, line(segment), before));
    }
    roads
}

#[test]
fn every_plate_is_on_its_side_of_its_road_and_numbers_rise() {
    for city in CITIES.iter() {
        let roads = roads(city);
        let mut seen = HashSet::new();
        // By road and parity: how far along, number, insert.
        type Order<'a> = BTreeMap<(&'a str, bool), Vec<(f64, u32, u32)>>;
        let mut order = Order::new();
        for plate in city.of(Layer::DoorPlates) {
            let road = text(plate, "road");
            let own = text(plate, "number");
            assert!(seen.insert(text(plate, "address")), "{} twice", text(plate, "address"));
            if road.is_empty() {
                assert_eq!(text(plate, "plate_kind"), "农村门牌");
                continue;
            }
            let segments = roads.get(road).unwrap_or_else(|| panic!("{} is on no road", plate.id));
            let Some(at) = point(plate) else { continue };
            let away = segments.iter().map(|(_, line, _)| Euclidean.distance(&at, line)).fold(f64::INFINITY, f64::min);
            // Outside a bend at a junction a plate is as near to either segment.
            let near: Vec<_> = segments.iter().filter(|(_, line, _)| Euclidean.distance(&at, line) < away + 0.001).collect();
            let (_, nearest, before) = near[0];
            let share = nearest.line_locate_point(&at).unwrap();
            let along = before
                + share * {
                    use geo::Length;
                    Euclidean.length(nearest)
                };
            let side = nearest
                .lines()
                .min_by(|a, b| Euclidean.distance(&at, a).total_cmp(&Euclidean.distance(&at, b)))
                .map(|part| (part.end.x - part.start.x) * (at.y() - part.start.y) - (part.end.y - part.start.y) * (at.x() - part.start.x))
                .unwrap();
            let (main, insert) =
                own.split_once('号').unwrap().0.split_once('-').map_or((own.split_once('号').unwrap().0, "0"), |parts| parts);
            let (main, insert): (u32, u32) = (main.parse().unwrap(), insert.parse().unwrap());
            assert_eq!(main % 2 == 1, side > 0.0, "plate {} {road}{own} on the wrong side", plate.id);
            if text(plate, "plate_kind") == "楼牌" {
                continue;
            }
            let fields = if main % 2 == 1 { ["left_from", "left_to"] } else { ["right_from", "right_to"] };
            let holds = |segment: &Feature| {
                let range = fields.map(|field| number(segment, field));
                range[0] <= Some(f64::from(main)) && Some(f64::from(main)) <= range[1] && range[0].is_some()
            };
            assert!(near.iter().any(|(segment, ..)| holds(segment)), "{road}{own} is outside the numbers of {}", near[0].0.id);
            order.entry((road, main % 2 == 1)).or_default().push((along, main, insert));
        }
        for ((road, _), mut plates) in order {
            plates.sort_by_key(|(_, main, insert)| (*main, *insert));
            for pair in plates.windows(2) {
                assert!(pair[0].0 < pair[1].0 && (pair[0].1, pair[0].2) != (pair[1].1, pair[1].2), "{road}: {pair:?}");
            }
        }
    }
}

#[test]
fn markers_stand_on_their_line_or_on_both_sides_of_it() {
    for city in CITIES.iter() {
        let lines: Vec<(&str, LineString<f64>)> = city.of(Layer::BoundaryLines).iter().map(|one| (text(one, "code"), line(one))).collect();
        let gap = |at: &GeoPoint<f64>, code: &str| {
            lines.iter().filter(|(known, _)| *known == code).map(|(_, line)| Euclidean.distance(at, line)).fold(f64::INFINITY, f64::min)
        };
        let mut numbers = HashSet::new();
        let mut pairs: BTreeMap<String, Vec<GeoPoint<f64>>> = BTreeMap::new();
        for marker in city.of(Layer::BoundaryMarkers) {
            let (own, code, at) = (text(marker, "number"), text(marker, "line_code"), point(marker).unwrap());
            assert!(numbers.insert(own) && own.starts_with(code), "{own}");
            match text(marker, "kind") {
                "single" => assert!(gap(&at, code) < 0.002, "{own} is {} m off its line", gap(&at, code)),
                "pair" => pairs.entry(own[..own.len() - 1].to_owned()).or_default().push(at),
                other => assert_eq!(other, "triple"),
            }
        }
        assert!(!pairs.is_empty());
        for (own, ends) in pairs {
            let between = LineString::from(vec![ends[0], ends[1]]);
            assert_eq!(ends.len(), 2, "{own}");
            assert!(lines.iter().any(|(code, line)| own.starts_with(code) && line.intersects(&between)), "{own}");
        }
    }
}

#[test]
fn boundary_lines_name_the_units_on_their_left_and_right() {
    for city in CITIES.iter() {
        let units: HashMap<&str, Polygon<f64>> = city.of(Layer::Divisions).iter().map(|unit| (text(unit, "code"), polygon(unit))).collect();
        for border in city.of(Layer::BoundaryLines) {
            for part in line(border).lines() {
                let (dx, dy) = (part.end.x - part.start.x, part.end.y - part.start.y);
                let length = dx.hypot(dy);
                let beside = |side: f64| {
                    GeoPoint::new(
                        (part.start.x + part.end.x) / 2.0 - side * dy / length,
                        (part.start.y + part.end.y) / 2.0 + side * dx / length,
                    )
                };
                assert!(units[text(border, "left_code")].intersects(&beside(1.0)), "{}", border.id);
                let right = units.get(text(border, "right_code"));
                assert_eq!(right.is_none(), text(border, "rank") == "county", "{}", border.id);
                assert!(right.is_none_or(|unit| unit.intersects(&beside(-1.0))), "{}", border.id);
                assert!(!units[text(border, "left_code")].intersects(&beside(-1.0)), "{}", border.id);
            }
        }
    }
}

/// What a check of one permit against everything else finds.
fn findings(city: &City, case: &Feature, around: &Around<'_>) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let footprints = around.footprints.get(text(case, "case_no")).map_or(&[][..], Vec::as_slice);
    let parcel = around.parcels.get(text(case, "parcel_code"));
    if let Some((parcel, zone)) = parcel {
        let area = number(case, "site_area_m2").unwrap();
        assert!((area - parcel.unsigned_area()).abs() < 0.01, "{}", case.id);
        let over =
            |value: &str, limit: &str| matches!((number(case, value), number(zone, limit)), (Some(value), Some(limit)) if value > limit);
        let under =
            |value: &str, limit: &str| matches!((number(case, value), number(zone, limit)), (Some(value), Some(limit)) if value < limit);
        if over("far", "far_max") {
            found.insert("far_max");
        }
        if under("far", "far_min") {
            found.insert("far_min");
        }
        if over("density_pct", "density_max_pct") {
            found.insert("density_max");
        }
        if under("green_pct", "green_min_pct") {
            found.insert("green_min");
        }
        if over("height_m", "height_max_m") {
            found.insert("height_max");
        }
        if let (Some(far), Some(floor)) = (number(case, "far"), number(case, "floor_area_m2")) {
            assert!((floor / area - far).abs() < 0.001, "{}: its own numbers disagree", case.id);
        }
        let ground: f64 = footprints.iter().filter(|(kind, _)| *kind == "building").map(|(_, shape)| shape.unsigned_area()).sum();
        if let (Some(density), true) = (number(case, "density_pct"), ground > 0.0) {
            assert!((100.0 * ground / area - density).abs() < 0.01, "{}: coverage disagrees with the footprints", case.id);
        }
    }
    for (kind, shape) in footprints {
        for zone in around.zone_boxes.near(shape) {
            if around.zones[zone].intersection(shape).unsigned_area() > 1.0
                && text(&city.of(Layer::Zoning)[zone], "land_use") != text(case, "use")
            {
                found.insert("use");
            }
        }
        for control in around.control_boxes.near(shape) {
            let feature = &city.of(Layer::ControlAreas)[control];
            let works = matches!(text(case, "use").get(..2), Some("12" | "13"));
            let rule = match text(feature, "kind") {
                "road_red_line" => "road_red_line",
                "green_line" => "green_line",
                "blue_line" => "blue_line",
                "purple_line" => "purple_line",
                "yellow_line" if !works => "yellow_line",
                "farmland" => "farmland",
                "ecology" => "ecology",
                _ => continue,
            };
            if around.controls[control].intersection(shape).unsigned_area() > 0.5 {
                found.insert(rule);
            }
        }
        let inside = around.urban.contains_properly(shape);
        if (text(case, "case_type") == "乡村建设规划许可证") == inside {
            found.insert("urban_boundary");
        }
        if let Some((parcel, zone)) = parcel
            && *kind == "building"
        {
            if !parcel.relate(shape).is_covers() {
                found.insert("beyond_parcel");
            } else if Euclidean.distance(parcel.exterior(), shape.exterior()) < number(zone, "setback_min_m").unwrap() {
                found.insert("setback");
            }
        }
    }
    found
}

struct Urban(Polygon<f64>);

impl Urban {
    fn contains_properly(&self, shape: &Polygon<f64>) -> bool {
        self.0.relate(shape).is_covers()
    }
}

struct Around<'a> {
    footprints: HashMap<&'a str, Vec<(&'a str, Polygon<f64>)>>,
    parcels: HashMap<&'a str, (Polygon<f64>, &'a Feature)>,
    zones: Vec<Polygon<f64>>,
    zone_boxes: Boxes,
    controls: Vec<Polygon<f64>>,
    control_boxes: Boxes,
    urban: Urban,
}

#[test]
fn the_audit_finds_the_listed_breaches_and_no_others() {
    for city in CITIES.iter() {
        let zone_by_parcel = zone_of_parcels(city);
        let zones: Vec<_> = city.of(Layer::Zoning).iter().map(polygon).collect();
        let controls: Vec<_> = city.of(Layer::ControlAreas).iter().map(polygon).collect();
        let urban = city.of(Layer::ControlAreas).iter().find(|control| text(control, "kind") == "urban_boundary").map(polygon).unwrap();
        let mut footprints: HashMap<&str, Vec<(&str, Polygon<f64>)>> = HashMap::new();
        for footprint in city.of(Layer::PermitFootprints) {
            footprints.entry(text(footprint, "case_no")).or_default().push((text(footprint, "kind"), polygon(footprint)));
        }
        let around = Around {
            footprints,
            parcels: city
                .of(Layer::Parcels)
                .iter()
                .map(|parcel| (text(parcel, "code"), (polygon(parcel), zone_by_parcel[text(parcel, "code")])))
                .collect(),
            zone_boxes: Boxes::new(&zones),
            control_boxes: Boxes::new(&controls),
            zones,
            controls,
            urban: Urban(urban),
        };
        let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for case in city.of(Layer::Permits) {
            let count = around.footprints.get(text(case, "case_no")).map_or(0, Vec::len);
            assert_eq!(number(case, "footprints"), Some(count as f64));
            let rules = findings(city, case, &around);
            if !rules.is_empty() {
                found.insert(&case.id, rules);
            }
        }
        // Ground given twice by permits of one kind that are in force: the later one is at fault.
        let live: Vec<&Feature> = city
            .of(Layer::Permits)
            .iter()
            .filter(|case| matches!(text(case, "status"), "applied" | "approved" | "building" | "built" | "breach"))
            .collect();
        for (place, one) in live.iter().enumerate() {
            for other in &live[place + 1..] {
                if text(one, "case_type") != text(other, "case_type") {
                    continue;
                }
                let of = |case: &Feature| around.footprints.get(text(case, "case_no")).cloned().unwrap_or_default();
                let shared = of(one).iter().any(|(_, a)| {
                    of(other).iter().any(|(_, b)| {
                        a.bounding_rect().unwrap().intersects(&b.bounding_rect().unwrap()) && a.intersection(b).unsigned_area() > 0.5
                    })
                });
                if shared {
                    let later = if text(one, "applied_on") > text(other, "applied_on") { one } else { other };
                    found.entry(&later.id).or_default().insert("double_allocation");
                }
            }
        }
        let listed: BTreeMap<&str, BTreeSet<&str>> =
            city.breaches.iter().map(|breach| (breach.case_no.as_str(), breach.rules.iter().copied().collect())).collect();
        let differing: BTreeSet<_> =
            found.iter().collect::<BTreeSet<_>>().symmetric_difference(&listed.iter().collect()).copied().collect();
        assert!(differing.is_empty(), "found or listed, but not both: {differing:?}");
        let rules: BTreeSet<&str> = listed.values().flatten().copied().collect();
        assert_eq!(listed.len(), 17, "{listed:?}");
        assert_eq!(rules.len(), 17, "one breach of each rule: {rules:?}");
    }
}

#[test]
fn permits_come_in_all_states_with_dates_in_order_and_numbers_of_their_time() {
    for city in CITIES.iter() {
        let cases = city.of(Layer::Permits);
        let states: BTreeSet<&str> = cases.iter().map(|case| text(case, "status")).collect();
        assert_eq!(states.len(), 10, "{states:?}");
        let mut certificates = HashSet::new();
        for case in cases {
            let [applied, decided, expires] = ["applied_on", "decided_on", "expires_on"].map(|field| text(case, field));
            assert!(decided.is_empty() || applied <= decided, "{}", case.id);
            assert!(expires.is_empty() || decided < expires, "{}", case.id);
            let certificate = text(case, "certificate_no");
            if certificate.is_empty() {
                continue;
            }
            assert!(certificates.insert(certificate), "{certificate} twice");
            let digits = certificate.chars().filter(char::is_ascii_digit).count();
            assert_eq!(digits, if decided < "2024-09-12" { 15 } else { 17 }, "{certificate} of {decided}");
        }
        assert!(cases.iter().any(|case| case.shape == Shape::Nowhere));
    }
}

#[test]
fn every_property_fits_its_field_and_every_field_is_used() {
    let unused = [(Layer::DoorPlates, "lane")];
    for city in CITIES.iter() {
        for layer in Layer::ALL {
            let features = city.of(layer);
            let ids: HashSet<&str> = features.iter().map(|feature| feature.id.as_str()).collect();
            assert_eq!(ids.len(), features.len(), "ids of {layer}");
            for field in layer.fields() {
                let values: Vec<&Value> = features.iter().filter_map(|feature| feature.properties.get(field.name)).collect();
                assert_eq!(values.is_empty(), unused.contains(&(layer, field.name)), "{layer}.{}", field.name);
                let fits = |value: &Value| match field.kind {
                    FieldKind::Text => value.is_string(),
                    FieldKind::Int => value.is_i64(),
                    FieldKind::Number => value.is_number(),
                    FieldKind::Date => value.as_str().is_some_and(|day| chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok()),
                };
                assert!(values.iter().all(|value| fits(value)), "{layer}.{}", field.name);
            }
            for feature in features {
                let fits = match (&feature.shape, layer.geometry()) {
                    (Shape::Nowhere, _) => layer.may_lack_position(),
                    (_, GeometryKind::Any) => true,
                    (Shape::Point(_), kind) => kind == GeometryKind::Point,
                    (Shape::Line(_), kind) => kind == GeometryKind::Line,
                    (_, kind) => kind == GeometryKind::Polygon,
                };
                assert!(fits, "{layer} {}", feature.id);
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_a_larger_city_keeps_its_first_district() {
    let write = |seed, scale| {
        let folder = tempfile::tempdir().unwrap();
        super::write(folder.path(), seed, scale).unwrap();
        ["roads", "door_plates", "permits"].map(|layer| std::fs::read_to_string(folder.path().join(format!("{layer}.geojson"))).unwrap())
    };
    let (first, again, larger, other) = (write(5, 1), write(5, 1), write(5, 2), write(6, 1));
    assert_eq!(first, again);
    assert!(first[0] != other[0]);
    for (small, large) in first.iter().zip(&larger) {
        assert!(large.starts_with(small.trim_end_matches("\n]}\n")));
        assert!(serde_json::from_str::<Value>(large).is_ok());
    }
}

#[test]
fn the_readme_of_the_pack_counts_and_lists_what_the_default_seed_makes() {
    let readme = include_str!("../../data/cities/demo/README.md");
    let city = &CITIES[0];
    for layer in Layer::ALL {
        let row = format!("| `{layer}.geojson` | {layer} | {} |", city.of(layer).len());
        assert!(readme.contains(&row), "the table lacks {row}");
    }
    let listed = readme.lines().filter(|line| line.starts_with("| 990102-")).count();
    assert_eq!(listed, city.breaches.len());
    for breach in &city.breaches {
        let row = format!("| {} | {} | {} | {} |", breach.case_no, breach.rules.join(", "), breach.why_zh, breach.why_en);
        assert!(readme.contains(&row), "the list lacks {row}");
    }
}

#[test]
fn the_largest_city_has_ten_million_plates_inside_the_extent_of_its_profile() {
    let fewest = CITIES.iter().map(|city| city.of(Layer::DoorPlates).len()).min().unwrap();
    assert!(fewest * MAX_DISTRICTS as usize > 10_000_000, "{fewest} plates in a district");
    let profile: toml::Table = include_str!("../../data/cities/demo/profiles/door_plates.toml").parse().unwrap();
    let allowed: Vec<f64> = profile["extent"].as_array().unwrap().iter().filter_map(toml::Value::as_float).collect();
    let working = crate::crs::Crs::parse("EPSG:4549").unwrap();
    // The corners of the square of all districts.
    for index in [1482, 1521, 1560, 1599] {
        let mut corner = City::default();
        super::emit::emit(&super::district::district(DEFAULT_SEED, index), &mut corner).unwrap();
        let places = corner.of(Layer::DoorPlates).iter().filter_map(|plate| match plate.shape {
            Shape::Point(point) => Some(super::shape::metres(point)),
            _ => None,
        });
        let mut places: Vec<[f64; 2]> = places.collect();
        crate::crs::transform_points(&mut places, &working, &crate::crs::Crs::wgs84()).unwrap();
        let inside = |place: &[f64; 2]| (0..2).all(|axis| allowed[axis] < place[axis] && place[axis] < allowed[axis + 2]);
        assert!(!places.is_empty() && places.iter().all(inside), "district {index} reaches beyond {allowed:?}");
    }
}
