//! A district told feature by feature, with the fields of the layers in `domain`.

use std::io;

use serde_json::{Map, Value, json};

use super::Sink;
use super::district::District;
use super::names::Name;
use super::numbering::{number_text, road_name};
use super::plan::Road;
use super::shape::{Shape, area_m2, length_m};
use super::uses::Use;
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
        let line = d.mesh.line(&d.warp, &[segment.from, segment.to]);
        let end = |range: Option<[i32; 2]>, place: usize| range.map(|range| range[place]);
        let properties = json!({
            "class": road.class.id(), "road_code": road_code(d, segment.road),
            "left_from": end(segment.left, 0), "left_to": end(segment.left, 1),
            "right_from": end(segment.right, 0), "right_to": end(segment.right, 1),
            "width_m": 2 * road.half_m, "length_m": round(length_m(&line), 2),
        });
        let id = format!("{}-{:02}", road_code(d, segment.road), serial[segment.road]);
        sink.feature(Layer::Roads, feature(d, id, Shape::Line(line), Some(road_name(&d.plan, segment.road)), properties))?;
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

/// What a building on land of this use is for.
pub(super) fn building_use(land: &Use) -> &'static str {
    match land.code {
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
                "use": building_use(land), "levels": building.levels, "height_m": building.height_m,
                "floor_area_m2": round(building.floor_area_m2(), 2), "code": code, "parcel": parcel_code(d, site.parcel),
            });
            sink.feature(Layer::Buildings, feature(d, code.clone(), Shape::Polygon(vec![building.ring.clone()]), None, properties))?;
        }
    }
    Ok(())
}

fn door_plates(d: &District, sink: &mut dyn Sink) -> io::Result<()> {
    for (place, plate) in d.plates.iter().enumerate() {
        let road = road_name(&d.plan, plate.road);
        let number = number_text(plate);
        let point = d.warp.at(plate.at[0], plate.at[1]);
        let village = d.divisions.village_at(plate.at);
        let town = village.map_or("", |village| &d.divisions.towns[village.town].name.zh);
        let properties = json!({
            "number": number, "road": road.zh, "village": village.map(|village| &village.name.zh),
            "address": format!("{}{}{town}{}{number}", d.identity.city.zh, d.identity.district.zh, road.zh),
            "plate_kind": plate.kind, "postcode": postcode(d, village.map_or(0, |village| village.town)),
        });
        sink.feature(Layer::DoorPlates, feature(d, format!("{}M{:06}", d.identity.code, place + 1), Shape::Point(point), None, properties))?;
    }
    Ok(())
}

/// Six digits in the unused range 99.
fn postcode(d: &District, town: usize) -> String {
    format!("99{:03}{}", d.identity.index % 1000, town + 1)
}

pub(super) fn round(value: f64, decimals: i32) -> f64 {
    let factor = 10f64.powi(decimals);
    (value * factor).round() / factor
}
