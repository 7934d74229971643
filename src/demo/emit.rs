//! A district told feature by feature, with the fields of the layers in `domain`.

use std::collections::{BTreeMap, HashMap};
use std::io;

use serde_json::{Map, Value, json};

use super::district::District;
use super::markers::line_code;
use super::names::Name;
use super::numbering::{Plate, gates, number_text, road_name};
use super::plan::Road;
use super::shape::{Point, Shape, area_m2, length_m};
use super::uses::Use;
use super::{Breach, Sink};
use crate::domain::Layer;

/// A feature as it is written: its key in its layer, its properties, its shape.
#[derive(Clone, Debug)]
pub struct Feature {
    pub id: String,
    pub properties: Map<String, Value>,
    pub shape: Shape,
}

/// Everything of the district, in the order of the layers.
pub fn emit(district: &District, sink: &mut dyn Sink) -> io::Result<()> {
    divisions(district, sink)?;
    zoning(district, sink)?;
    parcels(district, sink)?;
    control_areas(district, sink)?;
    roads(district, sink)?;
    buildings(district, sink)?;
    permits(district, sink)?;
    boundaries(district, sink)?;
    place_names(district, sink)?;
    door_plates(district, sink)
}

/// The properties of an object literal; other values have none.
pub(super) fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}

pub(super) fn feature(district: &District, id: String, shape: Shape, named: Option<&Name>, properties: Value) -> Feature {
    let mut properties = fields(properties);
    properties.insert("id".into(), json!(id));
    properties.insert("region".into(), json!(district.identity.code));
    if let Some(name) = named {
        properties.insert("name".into(), json!(name.zh));
        properties.insert("name_pinyin".into(), json!(name.pinyin));
        properties.insert("name_en".into(), json!(name.plain));
    }
    Feature { id, properties, shape }
}

fn divisions(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    let polygon = |corners: &[[i32; 2]]| Shape::Polygon(vec![d.mesh.ring(&d.warp, corners)]);
    let county = json!({"code": d.identity.code, "level": "county", "parent_code": d.identity.city_code, "city": d.identity.city.zh});
    sink.feature(Layer::Divisions, feature(d, d.identity.code.clone(), polygon(&d.divisions.corners), Some(&d.identity.district), county))?;
    for town in &d.divisions.towns {
        let properties = json!({"code": town.code, "level": "town", "parent_code": d.identity.code});
        sink.feature(Layer::Divisions, feature(d, town.code.clone(), polygon(&town.corners), Some(&town.name), properties))?;
    }
    for village in &d.divisions.villages {
        let properties = json!({
            "code": village.code, "level": "village", "parent_code": d.divisions.towns[village.town].code,
            "urban_rural": if village.rural { "220" } else { "111" },
        });
        let shape = polygon(&village.rect.corners());
        sink.feature(Layer::Divisions, feature(d, village.code.clone(), shape, Some(&village.name), properties))?;
    }
    Ok(())
}

/// The code of a unit of the plan: `district-row column`, as plans number their sheets.
pub(super) fn plan_unit(d: &District, cell: (usize, usize)) -> (String, String) {
    let unit = format!("{}-KG{}{}", d.identity.code, cell.0 + 1, cell.1 + 1);
    (unit, format!("{}{}{}单元控制性详细规划", d.identity.district.zh, (b'A' + cell.0 as u8) as char, cell.1 + 1))
}

fn zoning(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    for (place, zone) in d.land.zones.iter().enumerate() {
        let (unit, plan_name) = plan_unit(d, zone.cell);
        let Use { code, name, class, far_max, far_min, density_max_pct, green_min_pct, height_max_m, setback_m, form } = zone.land;
        let built = *form != super::uses::Form::Open;
        let shape = d.shape(&zone.face);
        let area = if let Shape::Polygon(rings) = &shape { area_m2(rings) } else { 0.0 };
        let properties = json!({
            "plan_code": format!("{unit}-{place:04}"), "plan_name": plan_name, "land_use": code, "land_use_name": name, "class": class,
            "far_max": far_max, "far_min": far_min, "density_max_pct": density_max_pct, "green_min_pct": green_min_pct,
            "height_max_m": height_max_m, "status": "in_force", "setback_min_m": built.then_some(setback_m), "area_m2": round(area, 2),
        });
        sink.feature(Layer::Zoning, feature(d, format!("{}Z{place:05}", d.identity.code), shape, None, properties))?;
    }
    Ok(())
}

/// 宗地代码: county 6, cadastral district 3, sub-district 3, kind 2 (GB), serial 5.
pub(super) fn parcel_code(d: &District, parcel: usize) -> String {
    let rect = &d.land.parcels[parcel].rect;
    let town = d.divisions.village_at(rect.centre()).map_or("000", |village| &d.divisions.towns[village.town].code[6..9]);
    let kind = if d.land.zones[d.land.parcels[parcel].zone].land.class == "residential" && town == "100" { "JC" } else { "GB" };
    format!("{}{town}001{kind}{:05}", d.identity.code, parcel + 1)
}

fn parcels(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    for site in &d.sites {
        let zone = &d.land.zones[d.land.parcels[site.parcel].zone];
        let code = parcel_code(d, site.parcel);
        let properties = json!({"code": code, "land_use": zone.land.code, "area_m2": round(site.area_m2, 2)});
        sink.feature(Layer::Parcels, feature(d, code.clone(), Shape::Polygon(vec![site.ring.clone()]), None, properties))?;
    }
    Ok(())
}

fn control_areas(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    for control in &d.controls.all {
        let properties = json!({
            "kind": control.kind, "code": control.code, "name": control.name, "legal_basis": control.legal_basis, "status": "in_force",
        });
        sink.feature(Layer::ControlAreas, feature(d, control.code.clone(), d.shape(&control.face), None, properties))?;
    }
    Ok(())
}

fn road_code(d: &District, place: usize) -> String {
    format!("{}{:04}", d.identity.code, place + 1)
}

fn roads(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    let mut serial = vec![0; d.plan.roads.len()];
    for segment in &d.segments {
        let road: &Road = &d.plan.roads[segment.road];
        serial[segment.road] += 1;
        let line = segment.line.clone();
        let end = |range: Option<[i32; 2]>, place: usize| range.map(|range| range[place]);
        let properties = json!({
            "class": road.class.id(), "road_code": road_code(d, segment.road),
            "left_from": end(segment.left, 0), "left_to": end(segment.left, 1),
            "right_from": end(segment.right, 0), "right_to": end(segment.right, 1),
            "width_m": 2 * road.half_m, "length_m": round(length_m(&line), 2),
        });
        let id = format!("{}-{:02}", road_code(d, segment.road), serial[segment.road]);
        sink.feature(Layer::Roads, feature(d, id, Shape::Line(line), road.name.as_ref(), properties))?;
    }
    if let Some(lake) = &d.land.lake {
        let id = format!("{}-01", road_code(d, d.plan.roads.len()));
        let path = super::names::name(&["环湖", "步道"]);
        let properties = json!({
            "class": "path", "road_code": road_code(d, d.plan.roads.len()), "width_m": 4, "length_m": round(length_m(&lake.path), 2),
        });
        sink.feature(Layer::Roads, feature(d, id, Shape::Line(lake.path.clone()), Some(&path), properties))?;
    }
    Ok(())
}

/// What stands on land with this use code.
pub(super) fn project_of(code: &str) -> &'static str {
    match code {
        "070301" => "农村住宅",
        "0702" | "0704" => "社区服务",
        code if code.starts_with("07") => "住宅",
        code if code.starts_with("0804") => "教育",
        code if code.starts_with("0806") => "医疗",
        "0801" => "行政办公",
        "0802" => "科研",
        code if code.starts_with("08") => "公共服务",
        "0902" => "商务办公",
        "090104" => "旅馆",
        code if code.starts_with("09") => "商业",
        code if code.starts_with("10") => "工业厂房",
        code if code.starts_with("11") => "仓储",
        code if code.starts_with("12") => "交通设施",
        code if code.starts_with("13") => "市政设施",
        _ => "宗教",
    }
}

fn buildings(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    let mut serial = 0;
    for site in d.sites.iter().filter(|site| !site.planned) {
        let land = d.land.zones[d.land.parcels[site.parcel].zone].land;
        for building in &site.buildings {
            serial += 1;
            let code = format!("{}F{serial:05}", d.identity.code);
            let properties = json!({
                "use": project_of(land.code), "levels": building.levels, "height_m": building.height_m,
                "floor_area_m2": round(building.floor_area_m2(), 2), "code": code, "parcel": parcel_code(d, site.parcel),
            });
            sink.feature(Layer::Buildings, feature(d, code.clone(), Shape::Polygon(vec![building.ring.clone()]), None, properties))?;
        }
    }
    Ok(())
}

/// Plates along the roads, on the buildings of estates, in the villages, and a few whose place the register does not know.
fn door_plates(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    let mut serial = 0;
    let mut plate = |place: PlateText<'_>, shape: Shape, at: [f64; 2]| {
        serial += 1;
        let village = d.divisions.village_at(at);
        let town = village.map_or("", |village| &d.divisions.towns[village.town].name.zh);
        let (city, district) = (&d.identity.city.zh, &d.identity.district.zh);
        let PlateText { number, road, estate, hamlet, kind } = place;
        let where_it_is = match (road, hamlet, village) {
            (Some(road), ..) => road.to_owned(),
            (None, Some(hamlet), Some(village)) => format!("{}{hamlet}", village.name.zh),
            _ => String::new(),
        };
        let building = number.split_once('号').filter(|(_, rest)| !rest.is_empty());
        let local = match (building, estate) {
            (Some((gate, building)), Some(estate)) => format!("{gate}号{estate}{building}"),
            _ => number.clone(),
        };
        let properties = json!({
            "number": number, "road": road, "village": village.map(|village| &village.name.zh), "hamlet": hamlet,
            "address": format!("{city}{district}{town}{where_it_is}{local}"),
            "plate_kind": kind, "postcode": postcode(d, village.map_or(0, |village| village.town)),
        });
        sink.feature(Layer::DoorPlates, feature(d, format!("{}M{serial:06}", d.identity.code), shape, None, properties))
    };

    for on_road in &d.plates {
        let text = PlateText {
            number: number_text(on_road),
            road: Some(&road_name(&d.plan, on_road.road).zh),
            kind: on_road.kind,
            ..PlateText::default()
        };
        plate(text, Shape::Point(d.warp.at(on_road.at[0], on_road.at[1])), on_road.at)?;
    }

    let gates = gates(&d.plates);
    let estates: HashMap<usize, &str> = d.places.iter().filter_map(|place| Some((place.zone?, place.name.zh.as_str()))).collect();
    for site in d.sites.iter().filter(|site| !site.planned) {
        let parcel = &d.land.parcels[site.parcel];
        let (Some(gate), Some(estate)) = (gates.get(&site.parcel), estates.get(&parcel.zone)) else { continue };
        let road = &road_name(&d.plan, gate.road).zh;
        for (place, building) in site.buildings.iter().enumerate() {
            let number = format!("{}{}幢", number_text(gate), place + 1);
            let text = PlateText { number, road: Some(road), estate: Some(estate), kind: "楼牌", ..PlateText::default() };
            plate(text, Shape::Point(middle(&building.ring)), parcel.rect.centre())?;
        }
    }

    for (rect, hamlet) in d.land.villages.iter().zip(d.places.iter().filter(|place| place.class == "village")) {
        let homes = d.sites.iter().filter(|site| !site.planned && rect.shared(&d.land.parcels[site.parcel].rect).is_some());
        for (place, site) in homes.filter(|site| !site.buildings.is_empty()).enumerate() {
            let text =
                PlateText {
                    number: format!("{}号", place + 1), hamlet: Some(&hamlet.name.zh), kind: "农村门牌", ..PlateText::default()
                };
            plate(text, Shape::Point(middle(&site.buildings[0].ring)), d.land.parcels[site.parcel].rect.centre())?;
        }
    }

    // Numbers in the register whose doors nobody has measured yet: beyond the last one of their road.
    let mut last: BTreeMap<usize, &Plate> = BTreeMap::new();
    for on_road in &d.plates {
        let slot = last.entry(on_road.road).or_insert(on_road);
        if on_road.number > slot.number {
            *slot = on_road;
        }
    }
    for on_road in last.values().step_by(9) {
        let road = Some(road_name(&d.plan, on_road.road).zh.as_str());
        let text = PlateText { number: format!("{}号", on_road.number + 2), road, kind: "小门牌", ..PlateText::default() };
        plate(text, Shape::Nowhere, on_road.at)?;
    }
    Ok(())
}

#[derive(Default)]
struct PlateText<'a> {
    number: String,
    road: Option<&'a str>,
    estate: Option<&'a str>,
    hamlet: Option<&'a str>,
    kind: &'static str,
}

/// The middle of a building's corners.
fn middle(ring: &[Point]) -> Point {
    let corners = &ring[..ring.len() - 1];
    let count = corners.len() as i64;
    [0, 1].map(|axis| corners.iter().map(|corner| corner[axis]).sum::<i64>() / count)
}

fn permits(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    for case in &d.cases {
        let shape = case.point.map_or(Shape::Nowhere, Shape::Point);
        let address = case.at.map(|at| address(d, at));
        let properties = json!({
            "name": case.name, "case_no": case.case_no, "certificate_no": case.certificate_no, "case_type": case.kind.title(),
            "status": case.status, "status_text": case.status_text(), "stage": case.stage(), "applicant": case.applicant, "address": address,
            "applied_on": case.applied_on, "decided_on": case.decided_on, "expires_on": case.expires_on, "use": case.use_code,
            "site_area_m2": case.site_area_m2, "floor_area_m2": case.floor_area_m2, "far": case.far().map(|far| round(far, 3)),
            "density_pct": case.density_pct, "green_pct": case.green_pct, "height_m": case.height_m, "footprints": case.footprints.len(),
            "parcel_code": case.parcel.map(|parcel| parcel_code(d, parcel)),
        });
        sink.feature(Layer::Permits, feature(d, case.case_no.clone(), shape, None, properties))?;
    }
    for case in d.cases.iter().filter(|case| !case.breaks.is_empty()) {
        sink.breach(&Breach {
            case_no: case.case_no.clone(),
            rules: case.breaks.clone(),
            why_zh: case.why[0].clone(),
            why_en: case.why[1].clone(),
        })?;
    }
    for case in &d.cases {
        for (place, (kind, ring)) in case.footprints.iter().enumerate() {
            let id = format!("{}-F{:02}", case.case_no, place + 1);
            let properties = json!({"case_no": case.case_no, "kind": kind});
            sink.feature(Layer::PermitFootprints, feature(d, id, Shape::Polygon(vec![ring.clone()]), None, properties))?;
        }
    }
    Ok(())
}

fn boundaries(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    let unit = |code: &str| {
        let towns = d.divisions.towns.iter().map(|town| (&town.code, &town.name));
        let villages = d.divisions.villages.iter().map(|village| (&village.code, &village.name));
        let known = towns.chain(villages).find(|(known, _)| *known == code).map(|(_, name)| name.zh.as_str());
        known.unwrap_or(if code == d.identity.code { d.identity.district.zh.as_str() } else { "邻县" }).to_owned()
    };
    let mut pieces = HashMap::new();
    for line in &d.divisions.lines {
        let code = line_code(&line.left, &line.right);
        let piece = pieces.entry(code.clone()).and_modify(|piece| *piece += 1).or_insert(1);
        let properties = json!({
            "name": format!("{}与{}界线", unit(&line.left), unit(&line.right)),
            "rank": line.rank, "left_code": line.left, "right_code": line.right, "code": code,
        });
        let shape = Shape::Line(d.mesh.line(&d.warp, &line.corners));
        sink.feature(Layer::BoundaryLines, feature(d, format!("{code}-{piece}"), shape, None, properties))?;
    }
    for (place, marker) in d.markers.iter().enumerate() {
        let shape = Shape::Point(d.warp.at(f64::from(marker.at[0]), f64::from(marker.at[1])));
        let condition = ["完好", "完好", "完好", "完好", "完好", "已恢复", "完好", "完好", "损坏"][place % 9];
        let properties = json!({
            "number": marker.number, "kind": marker.kind, "line_code": marker.line_code, "condition": condition,
            "next_inspection": format!("{}-05-15", 2027 + place % 5),
        });
        sink.feature(Layer::BoundaryMarkers, feature(d, marker.number.clone(), shape, None, properties))?;
    }
    Ok(())
}

fn place_names(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    for (place, known) in d.places.iter().enumerate() {
        let properties = json!({
            "class": known.class, "class_code": known.class_code, "status": known.status, "address": address(d, known.at),
            "old_name": known.old_name,
        });
        let id = format!("{}D{:04}", d.identity.code, place + 1);
        sink.feature(Layer::PlaceNames, feature(d, id, known.shape.clone(), Some(&known.name), properties))?;
    }
    Ok(())
}

/// City, district, town and community of a place of the board.
fn address(d: &District, at: [f64; 2]) -> String {
    let village = d.divisions.village_at(at);
    let town = village.map_or("", |village| &d.divisions.towns[village.town].name.zh);
    format!("{}{}{town}{}", d.identity.city.zh, d.identity.district.zh, village.map_or("", |village| &village.name.zh))
}

/// Six digits in the unused range 99.
fn postcode(d: &District, town: usize) -> String {
    format!("99{:03}{}", d.identity.index % 1000, town + 1)
}

pub(super) fn round(value: f64, decimals: i32) -> f64 {
    let factor = 10f64.powi(decimals);
    (value * factor).round() / factor
}
