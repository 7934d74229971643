//! Road segments and door plates by the demo city's numbering rule. A road is numbered from its east end (level roads) or its
//! south end (upright roads); odd numbers stand on the left, even on the right; one number per door in turn, and one number is
//! held in reserve for each full 40 m of front without a door. A door opened later between two others takes `n-1`.

use std::collections::HashMap;

use super::dice::Dice;
use super::land::{Parcel, Zone};
use super::mesh::Mesh;
use super::names::Name;
use super::plan::{Axis, Class, EAST, NORTH, Plan, Road, SOUTH, WEST};
use super::shape::{Point, distance_m};
use super::uses::Form;
use super::warp::Warp;

/// One number is reserved for each full length of this without a door, metres.
pub const RESERVE_M: i32 = 40;
/// How far inside its parcel a plate hangs, metres.
const INSIDE_M: f64 = 1.2;

#[derive(Clone, Debug)]
pub struct Plate {
    /// On the board.
    pub at: [f64; 2],
    pub parcel: usize,
    pub road: usize,
    pub number: i32,
    /// `Some(1)` for `n-1`.
    pub insert: Option<i32>,
    pub kind: &'static str,
    /// Along the road in its numbering direction, metres of the board.
    pub along: f64,
}

/// A piece of a road between two junctions, along its numbering direction.
#[derive(Clone, Debug)]
pub struct Segment {
    pub road: usize,
    pub line: Vec<Point>,
    /// Lowest and highest number on the left (odd) and right (even) side.
    pub left: Option<[i32; 2]>,
    pub right: Option<[i32; 2]>,
}

struct Front {
    start: i32,
    end: i32,
    parcel: usize,
    side: usize,
}

pub fn plates(plan: &Plan, zones: &[Zone], parcels: &[Parcel], dice: &mut Dice) -> Vec<Plate> {
    // Fronts by road and parity: [odd, even].
    let mut fronts: Vec<[Vec<Front>; 2]> = plan.roads.iter().map(|_| [Vec::new(), Vec::new()]).collect();
    for (place, parcel) in parcels.iter().enumerate() {
        if zones[parcel.zone].land.form == Form::House {
            continue;
        }
        let rect = parcel.rect;
        for side in [SOUTH, EAST, NORTH, WEST] {
            let Some(road) = parcel.sides[side] else { continue };
            if matches!(plan.roads[road].class, Class::Expressway | Class::Rail | Class::Rural) {
                continue;
            }
            let (start, end) = if plan.roads[road].axis == Axis::Level { (-rect.u1, -rect.u0) } else { (rect.v0, rect.v1) };
            // A parcel whose north side is the road lies south of it: left of a road numbered westwards.
            let odd = side == NORTH || side == EAST;
            fronts[road][usize::from(!odd)].push(Front { start, end, parcel: place, side });
        }
    }
    let mut plates = Vec::new();
    for (road, sides) in fronts.iter_mut().enumerate() {
        for (parity, side) in sides.iter_mut().enumerate() {
            side.sort_by_key(|front| (front.start, front.parcel));
            number_side(plan, zones, parcels, road, parity as i32, side, dice, &mut plates);
        }
    }
    plates
}

#[expect(clippy::too_many_arguments, reason = "one side of one road, and all that is known of it")]
fn number_side(
    plan: &Plan,
    zones: &[Zone],
    parcels: &[Parcel],
    road: usize,
    parity: i32,
    fronts: &[Front],
    dice: &mut Dice,
    plates: &mut Vec<Plate>,
) {
    let axis = plan.roads[road].axis;
    let origin = if axis == Axis::Level { -plan.roads[road].to } else { plan.roads[road].from };
    let mut number = 1 + parity;
    let mut reached = origin;
    for front in fronts {
        let rect = parcels[front.parcel].rect;
        for (along, kind) in doors(zones[parcels[front.parcel].zone].land.form, plan.roads[road].class, front, dice) {
            let bare = (along as i32 - reached) / RESERVE_M;
            number += 2 * bare.max(0);
            let inserted = bare == 0
                && number > 2
                && dice.chance(0.012)
                && plates.last().is_some_and(|last: &Plate| last.road == road && last.insert.is_none());
            let at = match front.side {
                SOUTH => [-along, f64::from(rect.v0) + INSIDE_M],
                NORTH => [-along, f64::from(rect.v1) - INSIDE_M],
                WEST => [f64::from(rect.u0) + INSIDE_M, along],
                _ => [f64::from(rect.u1) - INSIDE_M, along],
            };
            let (value, insert) = if inserted { (number - 2, Some(1)) } else { (number, None) };
            plates.push(Plate { at, parcel: front.parcel, road, number: value, insert, kind, along });
            if !inserted {
                number += 2;
            }
            reached = along as i32;
        }
    }
}

/// Where the doors of a front are, in order, and which plate they carry.
fn doors(form: Form, class: Class, front: &Front, dice: &mut Dice) -> Vec<(f64, &'static str)> {
    let length = front.end - front.start;
    let start = f64::from(front.start);
    let one = |share: f64, kind: &'static str| vec![(start + f64::from(length) * share, kind)];
    let spacing = match form {
        Form::Open | Form::House => return Vec::new(),
        Form::Street if length < 17 => return one(0.5, "小门牌"),
        Form::Street => 11,
        Form::Rows | Form::Slabs | Form::Towers if class <= Class::Arterial => 27,
        Form::Rows | Form::Slabs | Form::Towers => 17,
        Form::Podium => 15,
        Form::Halls => {
            return if length > 150 {
                vec![(start + 40.0, "大门牌"), (start + f64::from(length) - 40.0, "大门牌")]
            } else {
                one(0.5, "大门牌")
            };
        }
        Form::Wings | Form::Pavilion => return one(0.5, "大门牌"),
    };
    let ends = if length > 30 { 6 } else { 3 };
    let count = ((length - 2 * ends) / spacing).max(1);
    let step = f64::from(length - 2 * ends) / f64::from(count);
    let gate = if form == Form::Street { -1 } else { count / 2 };
    (0..count)
        .filter(|place| *place == gate || form == Form::Street || !dice.chance(0.08))
        .map(|place| {
            let kind = if place == gate { "大门牌" } else { "小门牌" };
            (start + f64::from(ends) + (f64::from(place) + 0.5) * step, kind)
        })
        .collect()
}

/// The plate of the main gate of each parcel that has one, by parcel.
pub fn gates(plates: &[Plate]) -> HashMap<usize, &Plate> {
    let mut gates = HashMap::new();
    for plate in plates.iter().filter(|plate| plate.kind == "大门牌") {
        gates.entry(plate.parcel).or_insert(plate);
    }
    gates
}

/// Cuts the roads at their junctions. A plate counts for the segment it is nearest to on the ground.
pub fn segments(plan: &Plan, plates: &[Plate], warp: &Warp, mesh: &Mesh) -> Vec<Segment> {
    let mut by_road: Vec<Vec<&Plate>> = plan.roads.iter().map(|_| Vec::new()).collect();
    for plate in plates {
        by_road[plate.road].push(plate);
    }
    let mut segments = Vec::new();
    for (place, road) in plan.roads.iter().enumerate() {
        let first = segments.len();
        let cuts = junctions(plan, road);
        for pair in cuts.windows(2) {
            let point = |along: i32| if road.axis == Axis::Level { [-along, road.at] } else { [road.at, along] };
            segments.push(Segment { road: place, line: mesh.line(warp, &[point(pair[0]), point(pair[1])]), left: None, right: None });
        }
        let own = &mut segments[first..];
        for plate in &by_road[place] {
            let at = warp.at(plate.at[0], plate.at[1]);
            let on_board = cuts.partition_point(|cut| f64::from(*cut) <= plate.along).clamp(1, own.len()) - 1;
            // Where side streets are staggered the segments are short: look a few to either side.
            let near = on_board.saturating_sub(4)..(on_board + 5).min(own.len());
            let Some(nearest) = near.min_by(|a, b| distance_m(at, &own[*a].line).total_cmp(&distance_m(at, &own[*b].line))) else {
                continue;
            };
            let slot = if plate.number % 2 == 1 { &mut own[nearest].left } else { &mut own[nearest].right };
            let [low, high] = slot.unwrap_or([plate.number, plate.number]);
            *slot = Some([low.min(plate.number), high.max(plate.number)]);
        }
    }
    segments
}

/// Where other roads meet or cross it, and its ends, along its numbering direction.
fn junctions(plan: &Plan, road: &Road) -> Vec<i32> {
    let mut cuts: Vec<i32> = plan
        .roads
        .iter()
        .filter(|other| other.axis != road.axis && other.class != Class::Rail)
        .filter(|other| (road.from..=road.to).contains(&other.at) && (other.from..=other.to).contains(&road.at))
        .map(|other| other.at)
        .chain([road.from, road.to])
        .collect();
    if road.axis == Axis::Level {
        cuts.iter_mut().for_each(|cut| *cut = -*cut);
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// `23号`, `23-1号`.
pub fn number_text(plate: &Plate) -> String {
    match plate.insert {
        Some(insert) => format!("{}-{insert}号", plate.number),
        None => format!("{}号", plate.number),
    }
}

pub fn road_name(plan: &Plan, road: usize) -> &Name {
    // Plates hang on streets only, and the plan names every street.
    plan.roads[road].name.as_ref().unwrap_or_else(|| unreachable!("road {road} without a name"))
}
