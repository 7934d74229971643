//! One whole district, from the drawing board to finished shapes; it fits in a few megabytes.

use super::breaches::breaches;
use super::controls::{Controls, controls};
use super::dice::Dice;
use super::divisions::{Divisions, divisions};
use super::land::{Face, Land, Parcel, land};
use super::markers::{Marker, markers};
use super::mesh::{Mesh, Rect};
use super::names::{Identity, identity};
use super::numbering::{Plate, Segment, plates, segments};
use super::permits::{Case, permits};
use super::places::{Place, places};
use super::plan::{AXIS, Plan, RIVER_ROW, plan};
use super::shape::{Ring, Shape, area_m2};
use super::site::{Site, Yard, build, parcel_ring};
use super::uses::Form;
use super::warp::Warp;

#[derive(Debug)]
pub struct District {
    pub identity: Identity,
    pub warp: Warp,
    pub mesh: Mesh,
    pub plan: Plan,
    pub land: Land,
    pub divisions: Divisions,
    pub controls: Controls,
    pub sites: Vec<Site>,
    pub plates: Vec<Plate>,
    pub segments: Vec<Segment>,
    pub markers: Vec<Marker>,
    pub cases: Vec<Case>,
    pub places: Vec<Place>,
}

/// Where the first district lies (EPSG:4549 metres, open sea, so that it covers no real place; a city of several hundred districts
/// reaches the coast in the south-west) and how far the next is.
const CENTRE: [f64; 2] = [580_000.0, 3_855_000.0];
const PITCH: [f64; 2] = [7_400.0, 6_500.0];

pub fn district(seed: u64, index: u32) -> District {
    let identity = identity(index);
    let dice = |stage: u8| Dice::new(seed, index, stage);
    let plan = plan(&identity, &mut dice(0));
    let divisions = divisions(&plan, &identity);
    let [column, row] = spiral(index);
    let centre = [CENTRE[0] + f64::from(column) * PITCH[0], CENTRE[1] + f64::from(row) * PITCH[1]];
    let old_town = [plan.us[3], i32::midpoint(plan.vs[4], plan.vs[5])];
    let warp = Warp::new(&mut dice(1), centre, divisions.river_v, old_town);
    let land = land(&plan, &warp, &mut dice(2));
    let controls = controls(&plan, &land, &identity);

    let old = Rect::new(plan.us[2], plan.vs[RIVER_ROW], plan.us[AXIS], plan.vs[6]);
    let mut mesh = Mesh::new(old);
    for zone in &land.zones {
        note(&mut mesh, &zone.face);
    }
    for control in &controls.all {
        note(&mut mesh, &control.face);
    }
    for parcel in &land.parcels {
        mesh.note(&parcel.rect.corners());
    }
    for village in &divisions.villages {
        mesh.note(&village.rect.corners());
    }
    mesh.note(&divisions.corners);

    let sites = sites(&plan, &warp, &mesh, &land, &controls, &mut dice(3));
    let plates = plates(&plan, &land.zones, &land.parcels, &mut dice(4));
    let segments = segments(&plan, &plates, &warp, &mesh);
    let markers = markers(&plan, &divisions);
    let (cases, places_so_far) = (Vec::new(), Vec::new());
    let mut whole =
        District { identity, warp, mesh, plan, land, divisions, controls, sites, plates, segments, markers, cases, places: places_so_far };

    let (breaches, taken) = breaches(&whole, &mut dice(5));
    for site in &mut whole.sites {
        site.planned |= taken.contains(&site.parcel);
    }
    whole.cases = permits(&whole, breaches, &taken, &mut dice(6));
    whole.places = places(&whole, &mut dice(7));
    whole
}

fn note(mesh: &mut Mesh, face: &Face) {
    match face {
        Face::Rect(rect, _) => mesh.note(&rect.corners()),
        Face::Corners(corners) => mesh.note(corners),
        Face::Rings(_) => {}
    }
}

fn sites(plan: &Plan, warp: &Warp, mesh: &Mesh, land: &Land, controls: &Controls, dice: &mut Dice) -> Vec<Site> {
    let core = [f64::from(plan.us[AXIS]) + 300.0, f64::from(plan.vs[5])];
    let one = |(place, parcel): (usize, &Parcel)| {
        let ring = parcel_ring(mesh, warp, parcel);
        let area_m2 = area_m2(std::slice::from_ref(&ring));
        let zone = &land.zones[parcel.zone];
        let keep_out: Vec<Ring> =
            controls.guards.iter().filter_map(|(_, guard)| guard.shared(&parcel.rect)).map(|shared| mesh.rect(warp, &shared)).collect();
        let [u, v] = parcel.rect.centre();
        let (du, dv) = ((u - core[0]) / 1500.0, (v - core[1]) / 1500.0);
        let rank = (1.0 - (du * du + dv * dv).sqrt()).max(0.0);
        let yard = Yard::new(warp, parcel, &ring, zone.land.setback_m, &keep_out);
        let buildings = build(&yard, zone.land, area_m2, rank, dice);
        let open = matches!(zone.land.form, Form::Rows | Form::Slabs | Form::Towers | Form::Podium | Form::Halls | Form::Wings);
        let share = if zone.land.form == Form::House { 0.012 } else { 0.14 };
        let planned = dice.chance(share) && (open || zone.land.form == Form::House) && !buildings.is_empty();
        Site { parcel: place, ring, area_m2, buildings, planned }
    };
    land.parcels.iter().enumerate().map(one).collect()
}

impl District {
    pub fn shape(&self, face: &Face) -> Shape {
        match face {
            Face::Rect(rect, holes) => {
                let mut rings = vec![self.mesh.rect(&self.warp, rect)];
                rings.extend(holes.iter().cloned());
                Shape::Polygon(rings)
            }
            Face::Corners(corners) => Shape::Polygon(vec![self.mesh.ring(&self.warp, corners)]),
            Face::Rings(rings) => Shape::Polygon(rings.clone()),
        }
    }
}

/// Places around the first, in growing squares, so that a district stays where it is at any scale.
fn spiral(index: u32) -> [i32; 2] {
    let (mut place, mut step, mut run, mut left, mut turns) = ([0, 0], [1, 0], 1, 1, 0);
    for _ in 0..index {
        place = [place[0] + step[0], place[1] + step[1]];
        left -= 1;
        if left == 0 {
            step = [-step[1], step[0]];
            turns += 1;
            run += 1 - turns % 2;
            left = run;
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn districts_stand_side_by_side_without_sharing_a_place() {
        let places: Vec<[i32; 2]> = (0..49).map(spiral).collect();
        assert_eq!(places.iter().collect::<HashSet<_>>().len(), 49);
        assert!(places.iter().all(|place| place[0].abs() <= 3 && place[1].abs() <= 3), "{places:?}");
    }
}
