//! Blocks become zones of the plan, and built zones become parcels. Zones cover the whole board; parcels lie inside their zone.

use super::dice::Dice;
use super::mesh::Rect;
use super::plan::{BANK_M, Block, Class, EAST, NORTH, Part, Plan, SOUTH, WEST};
use super::shape::{Point, Ring};
use super::uses::{self, Form, Use};
use super::warp::{Warp, wave};

/// The ground of a zone.
#[derive(Clone, Debug)]
pub enum Face {
    /// A rectangle of the board with holes given on the ground.
    Rect(Rect, Vec<Ring>),
    Corners(Vec<[i32; 2]>),
    /// Free on the ground.
    Rings(Vec<Ring>),
}

#[derive(Clone, Debug)]
pub struct Zone {
    pub face: Face,
    pub land: &'static Use,
    pub part: Part,
    pub cell: (usize, usize),
    pub sides: [Option<usize>; 4],
}

#[derive(Clone, Debug)]
pub struct Parcel {
    pub rect: Rect,
    pub zone: usize,
    /// The roads it fronts.
    pub sides: [Option<usize>; 4],
}

/// The green belt inside the ring road, and how far its green line reaches into the plots behind it, metres.
pub const BELT_M: i32 = 24;
pub const LINE_INTO_PLOT_M: i32 = 12;

#[derive(Debug, Default)]
pub struct Land {
    pub zones: Vec<Zone>,
    pub parcels: Vec<Parcel>,
    /// Fields under permanent protection.
    pub farmland: Vec<Rect>,
    /// Belts along the ring road, with the side where plots lie.
    pub belts: Vec<(Rect, usize)>,
    pub water: Vec<Rect>,
    pub lake: Option<Lake>,
    pub villages: Vec<Rect>,
}

#[derive(Debug)]
pub struct Lake {
    pub shore: Ring,
    pub island: Ring,
    /// The protected edge: the shore and some metres more.
    pub edge: Ring,
    pub path: Vec<Point>,
}

#[derive(Clone, Copy)]
struct Piece {
    rect: Rect,
    sides: [Option<usize>; 4],
}

impl Piece {
    /// The strip along a side, and the rest.
    fn carve(self, side: usize, depth: i32) -> (Piece, Piece) {
        let (mut strip, mut rest) = (self, self);
        match side {
            SOUTH => (strip.rect.v1, rest.rect.v0) = (self.rect.v0 + depth, self.rect.v0 + depth),
            NORTH => (strip.rect.v0, rest.rect.v1) = (self.rect.v1 - depth, self.rect.v1 - depth),
            WEST => (strip.rect.u1, rest.rect.u0) = (self.rect.u0 + depth, self.rect.u0 + depth),
            _ => (strip.rect.u0, rest.rect.u1) = (self.rect.u1 - depth, self.rect.u1 - depth),
        }
        strip.sides[(side + 2) % 4] = None;
        rest.sides[side] = None;
        (strip, rest)
    }

    /// Equal parts, none larger than this.
    fn divided(self, largest_u: i32, largest_v: i32, dice: &mut Dice) -> Vec<Piece> {
        let (width, height) = (self.rect.width(), self.rect.height());
        if width <= largest_u && height <= largest_v {
            return vec![self];
        }
        let (side, length) = if width * largest_v > height * largest_u { (WEST, width) } else { (SOUTH, height) };
        let (a, b) = self.carve(side, length / 2 + dice.range(-length / 12, length / 12));
        let mut parts = a.divided(largest_u, largest_v, dice);
        parts.extend(b.divided(largest_u, largest_v, dice));
        parts
    }
}

pub fn land(plan: &Plan, warp: &Warp, dice: &mut Dice) -> Land {
    let mut land = Land::default();
    for strip in &plan.strips {
        let road = &plan.roads[strip.road];
        let code = match road.class {
            Class::Rail => &uses::RAILWAY,
            Class::Rural => &uses::RURAL_ROAD,
            _ => &uses::ROAD,
        };
        land.zones.push(Zone { face: Face::Corners(strip.corners.clone()), land: code, part: Part::Farm, cell: (0, 0), sides: [None; 4] });
    }
    let mut work = Work { land, dice, plan, warp };
    for blocks in plan.blocks.chunk_by(|a, b| a.cell == b.cell) {
        work.part(blocks);
    }
    work.land
}

struct Work<'a> {
    land: Land,
    dice: &'a mut Dice,
    plan: &'a Plan,
    warp: &'a Warp,
}

impl Work<'_> {
    fn part(&mut self, blocks: &[Block]) {
        let part = blocks[0].part;
        let mut roles = self.roles(part, blocks.len());
        // Not every stretch of country has a village; the number lies past the last block where there is none.
        let farm_village = self.dice.range(0, blocks.len() as i32 * 3 / 2) as usize;
        for (place, block) in blocks.iter().enumerate() {
            let mut piece = Piece { rect: block.rect, sides: block.sides };
            if part != Part::River {
                piece = self.belts(piece, block);
            }
            match part {
                Part::River => self.river(piece, block),
                Part::LakePark => self.lake_park(piece, block),
                Part::Hill => {
                    for piece in piece.divided(500, 450, self.dice) {
                        self.zone(piece, &uses::FOREST, block);
                    }
                }
                Part::Farm => self.farm(piece, block, place == farm_village && blocks.len() > 1),
                Part::OldTown => self.old_town(piece, block, roles.pop().flatten()),
                _ => self.modern(piece, block, roles.pop().flatten()),
            }
        }
    }

    /// What the blocks of a part are for, in an order left to chance; `None` is its ordinary use.
    fn roles(&mut self, part: Part, count: usize) -> Vec<Option<&'static Use>> {
        let wanted: &[&'static Use] = match part {
            Part::Housing => &[&uses::SCHOOL, &uses::PARK, &uses::SHOPS],
            Part::OldTown => &[
                &uses::TEMPLE,
                &uses::PARK,
                &uses::SCHOOL,
                &uses::SHOPS_OLD,
                &uses::SHOPS_OLD,
                &uses::MONUMENT,
                &uses::SHOPS_OLD,
                &uses::COMMUNITY,
                &uses::SHOPS_OLD,
                &uses::SHOPS_OLD,
            ],
            Part::Business => &[&uses::SQUARE, &uses::HOTEL, &uses::SHOPS, &uses::SHOPS, &uses::PARK, &uses::SHOPS],
            Part::Civic => &[&uses::OFFICES, &uses::HOSPITAL, &uses::CULTURE, &uses::LIBRARY, &uses::SPORT, &uses::SQUARE, &uses::ELDERLY],
            Part::Campus => &[&uses::COLLEGE, &uses::COLLEGE, &uses::RESEARCH, &uses::HOUSING_ROWS],
            Part::Industry => &[&uses::POWER, &uses::LOGISTICS, &uses::INDUSTRY_2, self.dice.pick(&[&uses::RESERVED, &uses::SEWAGE])],
            Part::Seat => &[&uses::OFFICES, &uses::SCHOOL, &uses::SHOPS, &uses::PARK, &uses::HOSPITAL, &uses::BUS],
            Part::Station => &[&uses::STATION, &uses::SHOPS, &uses::BUS, &uses::WATERWORKS],
            _ => &[],
        };
        let mut roles: Vec<Option<&'static Use>> = wanted.iter().copied().map(Some).take(count).collect();
        roles.resize(count, None);
        self.dice.shuffle(&mut roles);
        roles
    }

    /// Green belts along the ring road and the railway.
    fn belts(&mut self, mut piece: Piece, block: &Block) -> Piece {
        for side in [SOUTH, EAST, NORTH, WEST] {
            let Some(road) = piece.sides[side] else { continue };
            let depth = match self.plan.roads[road].class {
                Class::Expressway if matches!(block.part, Part::Farm | Part::Hill) => 40,
                Class::Expressway => BELT_M,
                Class::Rail => 16,
                _ => continue,
            };
            let (belt, rest) = piece.carve(side, depth);
            if depth == BELT_M {
                self.land.belts.push((belt.rect, (side + 2) % 4));
            }
            self.zone(belt, &uses::BUFFER, block);
            piece = rest;
        }
        piece
    }

    fn river(&mut self, piece: Piece, block: &Block) {
        let (south, rest) = piece.carve(SOUTH, BANK_M);
        let (north, water) = rest.carve(NORTH, BANK_M);
        let town = (1..=6).contains(&block.cell.1);
        for bank in [south, north] {
            self.zone(bank, if town { &uses::PARK } else { &uses::BUFFER }, block);
        }
        self.zone(water, &uses::RIVER, block);
        self.land.water.push(water.rect);
    }

    fn lake_park(&mut self, piece: Piece, block: &Block) {
        let [u, v] = piece.rect.centre();
        let half = [f64::from(piece.rect.width()) / 2.0, f64::from(piece.rect.height()) / 2.0];
        let phase = [self.dice.unit(), self.dice.unit(), self.dice.unit()];
        let blob = |u: f64, v: f64, size: [f64; 2], more_m: f64| {
            let mut ring: Ring = (0..72)
                .map(|step| {
                    let turn = f64::from(step) / 72.0;
                    let radius =
                        1.0 + 0.13 * wave(2.0 * turn + phase[0]) + 0.08 * wave(3.0 * turn + phase[1]) + 0.04 * wave(5.0 * turn + phase[2]);
                    self.warp.at(u + (size[0] * radius + more_m) * wave(turn + 0.25), v + (size[1] * radius + more_m) * wave(turn))
                })
                .collect();
            ring.push(ring[0]);
            ring
        };
        let size = [half[0] * 0.70, half[1] * 0.70];
        let shore = blob(u, v, size, 0.0);
        let island = blob(u + size[0] * 0.3, v + size[1] * 0.2, [half[0] * 0.10, half[1] * 0.09], 0.0);
        let lake = Lake { edge: blob(u, v, size, 20.0), path: blob(u, v, size, 34.0), shore: shore.clone(), island: island.clone() };
        let reversed = |ring: &Ring| ring.iter().rev().copied().collect::<Ring>();
        let mut add = |face: Face, land: &'static Use| {
            self.land.zones.push(Zone { face, land, part: block.part, cell: block.cell, sides: piece.sides });
        };
        add(Face::Rect(piece.rect, vec![reversed(&shore)]), &uses::PARK);
        add(Face::Rings(vec![shore, reversed(&island)]), &uses::LAKE);
        add(Face::Rings(vec![island]), &uses::PARK);
        self.land.lake = Some(lake);
    }

    fn farm(&mut self, mut piece: Piece, block: &Block, village: bool) {
        if village && piece.rect.width() > 240 && piece.rect.height() > 200 {
            let side = [SOUTH, EAST, NORTH, WEST].into_iter().find(|&side| piece.sides[side].is_some()).unwrap_or(SOUTH);
            let (settlement, fields) = piece.carve(side, 120 + self.dice.range(0, 40));
            let (core, rest) =
                settlement.carve((side + 1) % 4, if side % 2 == 0 { piece.rect.width() } else { piece.rect.height() } * 2 / 3);
            self.village(core, block);
            let rest_use = if self.dice.chance(0.5) { &uses::ORCHARD } else { &uses::POND };
            self.zone(rest, rest_use, block);
            piece = fields;
        }
        let main = self.dice.pick(&[&uses::PADDY, &uses::PADDY, &uses::PADDY, &uses::DRY_FIELD, &uses::ORCHARD]);
        let protected = main.code != "0201" && self.dice.chance(0.75);
        if protected {
            self.land.farmland.push(piece.rect);
        }
        let deep = self.dice.chance(0.5);
        let (largest_u, largest_v) = if deep { (90, 230) } else { (230, 90) };
        for field in piece.divided(largest_u, largest_v, self.dice) {
            let other = self.dice.chance(0.12) && !protected;
            self.zone(field, if other { &uses::POND } else { main }, block);
        }
    }

    fn village(&mut self, piece: Piece, block: &Block) {
        self.land.villages.push(piece.rect);
        let (service, homes) = if piece.rect.width() > piece.rect.height() { piece.carve(WEST, 36) } else { piece.carve(SOUTH, 36) };
        let zone = self.zone(service, &uses::RURAL_SERVICE, block);
        self.land.parcels.push(Parcel { rect: service.rect, zone, sides: service.sides });
        let zone = self.zone(homes, &uses::HOMESTEAD, block);
        // Houses in double rows with a path of 4 m between the pairs.
        let rect = homes.rect;
        let (columns, depth) = (((rect.width() - 4) / 15).max(1), 16);
        let width = (rect.width() - 4) / columns;
        let mut v = rect.v0 + 3;
        while v + depth <= rect.v1 - 2 {
            for column in 0..columns {
                let u = rect.u0 + 2 + column * width;
                if self.dice.chance(0.93) {
                    let mut sides = [None; 4];
                    for (side, near) in [(SOUTH, v - rect.v0 < 6), (NORTH, rect.v1 - v - depth < 6)] {
                        if near {
                            sides[side] = homes.sides[side];
                        }
                    }
                    self.land.parcels.push(Parcel { rect: Rect::new(u, v, u + width, v + depth), zone, sides });
                }
            }
            v += depth + 4;
        }
    }

    fn old_town(&mut self, piece: Piece, block: &Block, role: Option<&'static Use>) {
        let land = role.unwrap_or(&uses::HOUSING_OLD);
        let zone = self.zone(piece, land, block);
        match land.form {
            Form::Open => return,
            Form::Street if land.code != "1503" => {}
            _ => {
                self.land.parcels.push(Parcel { rect: piece.rect, zone, sides: piece.sides });
                return;
            }
        }
        // Two rows of narrow plots, back to back, along the longer side.
        let long_u = piece.rect.width() >= piece.rect.height();
        let (side, depth) = if long_u { (SOUTH, piece.rect.height()) } else { (WEST, piece.rect.width()) };
        let (a, b) = piece.carve(side, depth / 2 + self.dice.range(-4, 4));
        for row in [a, b] {
            let mut rest = row;
            loop {
                let left = if long_u { rest.rect.width() } else { rest.rect.height() };
                let wide = self.dice.range(11, 19);
                if left < wide + 11 {
                    self.land.parcels.push(Parcel { rect: rest.rect, zone, sides: rest.sides });
                    break;
                }
                let (plot, more) = rest.carve(if long_u { WEST } else { SOUTH }, wide);
                self.land.parcels.push(Parcel { rect: plot.rect, zone, sides: plot.sides });
                rest = more;
            }
        }
    }

    fn modern(&mut self, mut piece: Piece, block: &Block, role: Option<&'static Use>) {
        let near_core = (i32::try_from(block.cell.1).unwrap_or(0) - 4).abs() <= 1;
        let ordinary: &'static Use = match block.part {
            Part::Housing if near_core => self.dice.pick(&[&uses::HOUSING_TOWERS, &uses::HOUSING_SLABS, &uses::HOUSING_TOWERS]),
            Part::Housing => self.dice.pick(&[&uses::HOUSING_ROWS, &uses::HOUSING_SLABS, &uses::HOUSING_ROWS]),
            Part::Seat | Part::Campus => &uses::HOUSING_ROWS,
            Part::Business => &uses::BUSINESS,
            Part::Civic => self.dice.pick(&[&uses::OFFICES, &uses::RESEARCH, &uses::HOUSING_SLABS]),
            Part::Station => self.dice.pick(&[&uses::LOGISTICS, &uses::SHOPS]),
            _ => &uses::INDUSTRY_1,
        };
        let land = role.unwrap_or(ordinary);
        if role.is_none() && matches!(block.part, Part::Housing | Part::Seat) {
            let roads: Vec<usize> = [SOUTH, EAST, NORTH, WEST].into_iter().filter(|&side| piece.sides[side].is_some()).collect();
            if !roads.is_empty() && self.dice.chance(0.45) {
                let (strip, rest) = piece.carve(self.dice.pick(&roads), self.dice.range(46, 60));
                self.services(strip, block);
                piece = rest;
            }
        }
        if role.is_some_and(|land| matches!(land.code, "080403" | "120802" | "1301" | "1302" | "1303")) {
            // Smaller than the block: the rest keeps the ordinary use.
            let long_u = piece.rect.width() >= piece.rect.height();
            let length = if long_u { piece.rect.width() } else { piece.rect.height() };
            let share = if land.code == "080403" { 62 } else { 40 };
            let (own, rest) = piece.carve(if long_u { WEST } else { SOUTH }, length * share / 100);
            self.plots(own, land, block);
            self.plots(rest, ordinary, block);
        } else {
            self.plots(piece, land, block);
        }
    }

    /// A strip of small services in a housing block: a kindergarten, shops, community house, fire or power station.
    fn services(&mut self, strip: Piece, block: &Block) {
        for piece in strip.divided(120, 120, self.dice) {
            let land: &'static Use =
                self.dice.pick(&[&uses::SHOPS, &uses::KINDERGARTEN, &uses::COMMUNITY, &uses::PARK, &uses::SHOPS, &uses::FIRE]);
            let zone = self.zone(piece, land, block);
            if land.form != Form::Open {
                self.land.parcels.push(Parcel { rect: piece.rect, zone, sides: piece.sides });
            }
        }
    }

    fn plots(&mut self, piece: Piece, land: &'static Use, block: &Block) {
        let zone = self.zone(piece, land, block);
        let (largest_u, largest_v) = match land.form {
            Form::Open => return,
            Form::Rows | Form::Slabs | Form::Towers => (240, 230),
            Form::Podium => (130, 120),
            Form::Halls => (210, 190),
            _ => (420, 400),
        };
        for plot in piece.divided(largest_u, largest_v, self.dice) {
            self.land.parcels.push(Parcel { rect: plot.rect, zone, sides: plot.sides });
        }
    }

    fn zone(&mut self, piece: Piece, land: &'static Use, block: &Block) -> usize {
        self.land.zones.push(Zone {
            face: Face::Rect(piece.rect, Vec::new()),
            land,
            part: block.part,
            cell: block.cell,
            sides: piece.sides,
        });
        self.land.zones.len() - 1
    }
}
