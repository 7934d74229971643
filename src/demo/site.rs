//! What stands on a parcel: true rectangles and U-shapes, square to the street, clear of the border and within the plan's limits.

use super::dice::Dice;
use super::land::Parcel;
use super::mesh::{Mesh, Rect};
use super::shape::{Point, Ring, area_m2, clearance_m, gap_m};
use super::uses::{Form, Use};
use super::warp::Warp;

#[derive(Clone, Debug)]
pub struct Building {
    pub ring: Ring,
    pub levels: i32,
    pub height_m: f64,
}

impl Building {
    pub fn footprint_m2(&self) -> f64 {
        area_m2(std::slice::from_ref(&self.ring))
    }

    pub fn floor_area_m2(&self) -> f64 {
        self.footprint_m2() * f64::from(self.levels)
    }
}

/// A parcel on the ground with what stands or is planned there.
#[derive(Clone, Debug)]
pub struct Site {
    pub parcel: usize,
    pub ring: Ring,
    pub area_m2: f64,
    pub buildings: Vec<Building>,
    /// Not built yet: the buildings are a permit's, not the city's.
    pub planned: bool,
}

impl Site {
    pub fn density_pct(&self) -> f64 {
        100.0 * self.buildings.iter().map(Building::footprint_m2).sum::<f64>() / self.area_m2
    }

    pub fn far(&self) -> f64 {
        self.buildings.iter().map(Building::floor_area_m2).sum::<f64>() / self.area_m2
    }
}

/// The yard in its own axes: `a` along the street grid's east, `b` to its north, metres from the middle.
pub struct Yard<'a> {
    origin: Point,
    east: [f64; 2],
    pub low: [f64; 2],
    pub high: [f64; 2],
    ring: &'a Ring,
    warp: &'a Warp,
    plot: Rect,
    setback_m: f64,
    keep_out: &'a [Ring],
}

impl<'a> Yard<'a> {
    pub fn new(warp: &'a Warp, parcel: &Parcel, ring: &'a Ring, setback_m: f64, keep_out: &'a [Ring]) -> Self {
        let [u, v] = parcel.rect.centre();
        let (origin, east) = (warp.at(u, v), warp.east_at(u, v));
        let mut yard = Self { origin, east, low: [0.0; 2], high: [0.0; 2], ring, warp, plot: parcel.rect, setback_m, keep_out };
        for point in ring {
            let (dx, dy) = ((point[0] - origin[0]) as f64 / 1000.0, (point[1] - origin[1]) as f64 / 1000.0);
            let place = [dx * east[0] + dy * east[1], dy * east[0] - dx * east[1]];
            for (axis, along) in place.into_iter().enumerate() {
                yard.low[axis] = yard.low[axis].min(along);
                yard.high[axis] = yard.high[axis].max(along);
            }
        }
        yard
    }

    pub fn size(&self) -> [f64; 2] {
        [self.high[0] - self.low[0], self.high[1] - self.low[1]]
    }

    fn ground(&self, [a, b]: [f64; 2]) -> Point {
        let [ex, ey] = self.east;
        [self.origin[0] + ((a * ex - b * ey) * 1000.0).round() as i64, self.origin[1] + ((a * ey + b * ex) * 1000.0).round() as i64]
    }

    /// The ring through these places of the yard.
    pub fn ring(&self, corners: &[[f64; 2]]) -> Ring {
        let mut ring: Ring = corners.iter().map(|corner| self.ground(*corner)).collect();
        ring.push(ring[0]);
        ring
    }

    fn bent(&self, corners: [[f64; 2]; 4]) -> Ring {
        let mut ring: Ring = corners.into_iter().map(|[u, v]| self.warp.at(u, v)).collect();
        ring.push(ring[0]);
        ring
    }

    pub fn block(&self, [a, b]: [f64; 2], width: f64, depth: f64) -> Ring {
        let (w, d) = (width / 2.0, depth / 2.0);
        self.ring(&[[a - w, b - d], [a + w, b - d], [a + w, b + d], [a - w, b + d]])
    }

    /// Whether a building may stand there: clear of the border, of the control lines and of the others.
    pub fn allows(&self, ring: &Ring, others: &[Building]) -> bool {
        clearance_m(ring, self.ring) >= self.setback_m + 0.1
            && self.keep_out.iter().all(|line| gap_m(ring, line) > 0.5)
            && others.iter().all(|other| gap_m(ring, &other.ring) > 3.0)
    }
}

/// The buildings of a plot of this use. `rank` from 0 to 1: how near the core, which makes towers taller.
pub fn build(yard: &Yard<'_>, land: &Use, site_m2: f64, rank: f64, dice: &mut Dice) -> Vec<Building> {
    let mut built = match land.form {
        Form::Open => Vec::new(),
        Form::Rows => rows(yard, dice, Row { depth: 12.0, width: [34, 58], levels: [5, 7], storey: 3.0, gap: 9.0, pitch: 33.0 }),
        Form::Slabs => rows(yard, dice, Row { depth: 14.0, width: [30, 46], levels: [11, 17], storey: 3.0, gap: 14.0, pitch: 52.0 }),
        Form::Towers => rows(yard, dice, Row { depth: 22.0, width: [24, 30], levels: [24, 32], storey: 3.0, gap: 30.0, pitch: 60.0 }),
        Form::Street => street(yard, dice),
        Form::Podium => podium(yard, rank, land, dice),
        Form::Halls => halls(yard, dice),
        Form::Wings => wings(yard, dice),
        Form::Pavilion => pavilion(yard, dice),
        Form::House => house(yard, dice),
    };
    limit(&mut built, land, site_m2);
    built
}

/// Takes away what the plan does not allow: buildings until the coverage fits, then storeys until the floor area fits.
fn limit(built: &mut Vec<Building>, land: &Use, site_m2: f64) {
    let covered = |built: &[Building]| built.iter().map(Building::footprint_m2).sum::<f64>() / site_m2;
    while land.density_max_pct.is_some_and(|most| covered(built) * 100.0 > most - 0.2) {
        built.pop();
    }
    for building in built.iter_mut() {
        let storey = building.height_m / f64::from(building.levels);
        while land.height_max_m.is_some_and(|most| building.height_m > most) && building.levels > 1 {
            building.levels -= 1;
            building.height_m -= storey;
        }
    }
    while land.far_max.is_some_and(|most| built.iter().map(Building::floor_area_m2).sum::<f64>() / site_m2 > most - 0.01) {
        let Some(tallest) = built.iter_mut().max_by_key(|building| building.levels).filter(|tallest| tallest.levels > 1) else {
            built.pop();
            continue;
        };
        tallest.height_m -= tallest.height_m / f64::from(tallest.levels);
        tallest.levels -= 1;
    }
    for building in built {
        building.height_m = (building.height_m * 10.0).round() / 10.0;
    }
}

struct Row {
    depth: f64,
    width: [i32; 2],
    levels: [i32; 2],
    storey: f64,
    gap: f64,
    pitch: f64,
}

fn add(yard: &Yard<'_>, built: &mut Vec<Building>, ring: Ring, levels: i32, storey_m: f64) -> bool {
    let fits = yard.allows(&ring, built);
    if fits {
        built.push(Building { ring, levels, height_m: f64::from(levels) * storey_m });
    }
    fits
}

/// Parallel rows facing south.
fn rows(yard: &Yard<'_>, dice: &mut Dice, row: Row) -> Vec<Building> {
    let mut built = Vec::new();
    let levels = dice.range(row.levels[0], row.levels[1]);
    let width = f64::from(dice.range(row.width[0], row.width[1]));
    let margin = yard.setback_m + 1.5;
    let count = (((yard.size()[1] - 2.0 * margin - row.depth) / row.pitch).floor() + 1.0).max(1.0);
    let pitch = if count > 1.0 { (yard.size()[1] - 2.0 * margin - row.depth) / (count - 1.0) } else { 0.0 };
    for line in 0..count as i32 {
        let b =
            if count > 1.0 { yard.low[1] + margin + row.depth / 2.0 + f64::from(line) * pitch } else { (yard.low[1] + yard.high[1]) / 2.0 };
        let shift = if row.gap > 20.0 && line % 2 == 1 { width * 0.6 } else { 0.0 };
        let mut a = yard.low[0] + margin + width / 2.0 + shift;
        while a + width / 2.0 < yard.high[0] - margin + 12.0 {
            let wide = if dice.chance(0.2) { width * 0.8 } else { width };
            let less = dice.range(0, 1);
            let placed = add(yard, &mut built, yard.block([a, b], wide, row.depth), levels - less, row.storey)
                || add(yard, &mut built, yard.block([a, b], wide * 0.62, row.depth), levels - less, row.storey);
            a += if placed { width + row.gap } else { 6.0 };
        }
    }
    built
}

/// Old houses follow their plot, so they are drawn on the board and bent with it.
fn street(yard: &Yard<'_>, dice: &mut Dice) -> Vec<Building> {
    let mut built = Vec::new();
    let rect = yard.plot;
    let (width, depth) = (f64::from(rect.width()), f64::from(rect.height()));
    let deep_v = depth > width;
    let levels = dice.range(2, 3);
    let (front, back) = (0.50 + 0.12 * dice.unit(), 0.74 + 0.06 * dice.unit());
    let flip = dice.chance(0.5);
    let bent = |from: f64, to: f64, margin: f64| {
        let (from, to) = if flip { (1.0 - to, 1.0 - from) } else { (from, to) };
        let long = if deep_v { depth } else { width } - 2.0 * margin;
        let (low, high) = (margin + from * long, margin + to * long);
        let (u0, v0) = (f64::from(rect.u0), f64::from(rect.v0));
        let [a, b, c, d] = if deep_v { [margin, low, width - margin, high] } else { [low, margin, high, depth - margin] };
        yard.bent([[u0 + a, v0 + b], [u0 + c, v0 + b], [u0 + c, v0 + d], [u0 + a, v0 + d]])
    };
    for trim in [0.4, 0.8, 1.3, 2.0] {
        let margin = yard.setback_m + trim;
        if add(yard, &mut built, bent(0.0, front, margin), levels, 3.3) {
            if dice.chance(0.75) {
                let least = front + 3.4 / width.max(depth);
                add(yard, &mut built, bent(back.max(least), 1.0, margin), 1, 3.3);
            }
            break;
        }
    }
    built
}

fn podium(yard: &Yard<'_>, rank: f64, land: &Use, dice: &mut Dice) -> Vec<Building> {
    let mut built = Vec::new();
    let [width, depth] = yard.size();
    let middle = [(yard.low[0] + yard.high[0]) / 2.0, (yard.low[1] + yard.high[1]) / 2.0];
    if width < 62.0 || depth < 62.0 {
        for share in [0.72, 0.62, 0.5, 0.4] {
            if add(yard, &mut built, yard.block(middle, width * share, depth * share), dice.range(3, 6), 4.2) {
                break;
            }
        }
        return built;
    }
    let most = land.height_max_m.unwrap_or(50.0) / 4.0;
    let tall = ((0.45 + 0.5 * rank * dice.unit()) * most).max(6.0) as i32;
    let side = dice.range(28, 36);
    let corner = dice.range(0, 3);
    let (sa, sb) = ([1.0, -1.0][(corner % 2) as usize], [1.0, -1.0][(corner / 2) as usize]);
    for pull in [0.25, 0.2, 0.14] {
        let at = [middle[0] - sa * width * pull, middle[1] - sb * depth * pull];
        if add(yard, &mut built, yard.block(at, f64::from(side), f64::from(side)), tall, 4.0) {
            break;
        }
    }
    for (a, b, w, d, levels) in [(0.22, -0.05, 0.34, 0.56, 5), (-0.2, 0.27, 0.34, 0.24, 4), (0.2, 0.3, 0.3, 0.2, 3)] {
        let ring = yard.block([middle[0] + sa * a * width, middle[1] + sb * b * depth], width * w, depth * d);
        add(yard, &mut built, ring, levels, 4.2);
    }
    built
}

fn halls(yard: &Yard<'_>, dice: &mut Dice) -> Vec<Building> {
    let mut built = Vec::new();
    let [width, depth] = yard.size();
    let margin = yard.setback_m + 2.0;
    let count = ((depth - 2.0 * margin) / 58.0).floor().max(1.0);
    let pitch = (depth - 2.0 * margin) / count;
    let columns = if width > 150.0 { 2 } else { 1 };
    for line in 0..count as i32 {
        for column in 0..columns {
            let share = (width - 2.0 * margin) / f64::from(columns);
            let at = [yard.low[0] + margin + (f64::from(column) + 0.5) * share, yard.low[1] + margin + (f64::from(line) + 0.5) * pitch];
            let office = line == 0 && column == 0 && dice.chance(0.5);
            let (levels, storey) = if office { (dice.range(4, 5), 3.9) } else { (2, 7.5) };
            for size in [1.0, 0.92, 0.84, 0.76, 0.66, 0.55] {
                let deep = if office { 18.0 } else { (pitch - 10.0) * size };
                if add(yard, &mut built, yard.block(at, (share - 10.0) * size, deep), levels, storey) {
                    break;
                }
            }
        }
    }
    built
}

/// A U around a court, and a row or two behind it.
fn wings(yard: &Yard<'_>, dice: &mut Dice) -> Vec<Building> {
    let mut built = Vec::new();
    let [width, depth] = yard.size();
    let levels = dice.range(4, 5);
    let (step_a, step_b) = (width.min(400.0) / (width / 130.0).floor().max(1.0), depth / (depth / 130.0).floor().max(1.0));
    let mut b = yard.low[1] + step_b / 2.0;
    while b < yard.high[1] {
        let mut a = yard.low[0] + step_a / 2.0;
        while a < yard.high[0] {
            let kind = dice.range(0, 4);
            for share in [0.66, 0.56, 0.46, 0.36] {
                let (w, d) = (step_a * share / 2.0, step_b * share / 2.0);
                let wing = 15.0f64.min(w * 0.5).min(d * 0.6);
                let ring = match kind {
                    0 => yard.block([a, b], step_a * share, 18.0),
                    1 => yard.block([a, b], 38.0 * share / 0.62, 46.0 * share / 0.62),
                    _ => yard.ring(&[
                        [a - w, b - d],
                        [a - w + wing, b - d],
                        [a - w + wing, b + d - wing],
                        [a + w - wing, b + d - wing],
                        [a + w - wing, b - d],
                        [a + w, b - d],
                        [a + w, b + d],
                        [a - w, b + d],
                    ]),
                };
                let levels = if kind == 1 { 2 } else { levels };
                if add(yard, &mut built, ring, levels, 3.9) {
                    break;
                }
            }
            a += step_a;
        }
        b += step_b;
    }
    built
}

fn pavilion(yard: &Yard<'_>, dice: &mut Dice) -> Vec<Building> {
    let mut built = Vec::new();
    let [width, depth] = yard.size();
    let middle = [(yard.low[0] + yard.high[0]) / 2.0, (yard.low[1] + yard.high[1]) / 2.0];
    let levels = dice.range(2, 3);
    for share in [0.56, 0.5, 0.42, 0.34, 0.26] {
        if add(yard, &mut built, yard.block(middle, (width * share).min(130.0), (depth * share).min(110.0)), levels, 4.2) {
            break;
        }
    }
    built
}

fn house(yard: &Yard<'_>, dice: &mut Dice) -> Vec<Building> {
    let mut built = Vec::new();
    let middle = [(yard.low[0] + yard.high[0]) / 2.0, (yard.low[1] + yard.high[1]) / 2.0];
    let levels = dice.range(1, 3);
    let lift = yard.size()[1] * 0.10;
    for less in [0.0, 1.0, 2.0, 3.5] {
        let (w, d) = (11.0 + 1.2 * dice.unit() - less, 9.5 + dice.unit() - less);
        if add(yard, &mut built, yard.block([middle[0], middle[1] + lift], w, d), levels, 3.3)
            || add(yard, &mut built, yard.block(middle, w, d), levels, 3.3)
        {
            break;
        }
    }
    built
}

pub fn parcel_ring(mesh: &Mesh, warp: &Warp, parcel: &Parcel) -> Ring {
    mesh.rect(warp, &parcel.rect)
}
