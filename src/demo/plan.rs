//! The district on the drawing board: main roads, river, parts of the town, and the streets that cut the parts into blocks.

use super::dice::Dice;
use super::mesh::Rect;
use super::names::{Identity, Name, Theme, Words, name, numeral};
use super::warp::{HALF_U, HALF_V};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// Runs east-west; numbered from its east end.
    Level,
    /// Runs north-south; numbered from its south end.
    Upright,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Expressway,
    Arterial,
    Collector,
    Local,
    Lane,
    Rural,
    Rail,
}

impl Class {
    pub fn id(self) -> &'static str {
        match self {
            Class::Expressway => "expressway",
            Class::Arterial => "arterial",
            Class::Collector => "collector",
            Class::Local => "local",
            Class::Lane => "lane",
            Class::Rural => "service",
            Class::Rail => "rail",
        }
    }
}

/// A named road: a straight line of the board.
#[derive(Clone, Debug)]
pub struct Road {
    pub axis: Axis,
    /// Its `v` when level, its `u` when upright.
    pub at: i32,
    /// From where to where along the other coordinate, `from < to`.
    pub from: i32,
    pub to: i32,
    pub class: Class,
    /// Half the width of the road land, metres; the widest part counts.
    pub half_m: i32,
    pub theme: Theme,
    /// Given by the plan itself; the others are named by their theme.
    pub key: Option<&'static str>,
    /// Paths between fields have none.
    pub name: Option<Name>,
}

/// The four sides of a face, in this order.
pub const SOUTH: usize = 0;
pub const EAST: usize = 1;
pub const NORTH: usize = 2;
pub const WEST: usize = 3;

/// A part of the town.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Farm,
    Hill,
    Housing,
    OldTown,
    Business,
    Civic,
    Campus,
    Industry,
    LakePark,
    River,
    Seat,
    Station,
}

/// A face between streets.
#[derive(Clone, Debug)]
pub struct Block {
    pub rect: Rect,
    /// The road on each side.
    pub sides: [Option<usize>; 4],
    pub part: Part,
    /// Row and column of its part.
    pub cell: (usize, usize),
}

/// A piece of road land.
#[derive(Clone, Debug)]
pub struct Strip {
    pub corners: Vec<[i32; 2]>,
    pub road: usize,
    pub over_water: bool,
}

#[derive(Debug)]
pub struct Plan {
    pub us: Vec<i32>,
    pub vs: Vec<i32>,
    pub roads: Vec<Road>,
    pub strips: Vec<Strip>,
    pub blocks: Vec<Block>,
}

/// Rows from south to north. The fourth is the river.
const PARTS: [&[u8; 9]; 9] =
    [b"FFFFFFFFF", b"FRRERRIIF", b"FRRVRRIIF", b"WWWWWWWWW", b"FROOCRRSF", b"FRVLCRRIF", b"FRRERRIIF", b"HFFFTFFFF", b"HHFFFFFFF"];

/// Paths between fields, which nobody names.
const FIELD_PATH: &str = "field path";

pub const RIVER_ROW: usize = 3;
/// Green banks between the river and what stands beside it, metres.
pub const BANK_M: i32 = 36;
/// Column of the axis and row line of the main avenue.
pub const AXIS: usize = 4;
pub const AVENUE: usize = 5;

/// Half width, class and fixed name of level line `k` beside column `j`, or nothing.
fn level_line(k: usize, j: usize) -> Option<(i32, Class, &'static str)> {
    let inside = (1..=6).contains(&j);
    match k {
        1 | 7 if inside => Some((28, Class::Expressway, if k == 1 { "环城南" } else { "环城北" })),
        1 | 7 => Some((9, Class::Local, "")),
        2 if inside => Some((19, Class::Arterial, "E-W a")),
        2 if j == 7 => Some((12, Class::Collector, "")),
        3 if (1..=4).contains(&j) => Some((8, Class::Local, "滨河南")),
        4 if inside => Some((12, Class::Collector, "滨河北")),
        5 if inside => Some((29, Class::Arterial, "大道")),
        5 => Some((14, Class::Collector, "大道")),
        6 if inside || j == 7 => Some((19, Class::Arterial, "E-W b")),
        8 if j >= 1 => Some((5, Class::Rural, "")),
        _ => None,
    }
}

/// Half width, class and fixed name of upright line `k` beside row `i`, or nothing.
fn upright_line(k: usize, i: usize) -> Option<(i32, Class, &'static str)> {
    let inside = (1..=6).contains(&i);
    let north = i > RIVER_ROW;
    match k {
        1 | 7 if inside => Some((28, Class::Expressway, if k == 1 { "环城西" } else { "环城东" })),
        1 | 7 => Some((9, Class::Local, "")),
        2 | 6 if inside && i != RIVER_ROW => Some((16, Class::Arterial, if k == 2 { "N-S a" } else { "N-S d" })),
        3 if inside => Some((19, Class::Arterial, "N-S b")),
        3 if i == 0 => Some((8, Class::Local, "")),
        4 if inside => Some((25, Class::Arterial, if north { "中和北" } else { "中和南" })),
        4 => Some((12, Class::Collector, if north { "中和北" } else { "中和南" })),
        5 if inside => Some((19, Class::Arterial, "N-S c")),
        6 if i >= 7 => Some((5, Class::Rural, "")),
        8 => Some((15, Class::Rail, "rail")),
        _ => None,
    }
}

pub fn plan(identity: &Identity, dice: &mut Dice) -> Plan {
    let mut us = vec![-HALF_U, -2400, -1620, -820, 0, 800, 1600, 2400, 2810, HALF_U];
    let mut vs = vec![-HALF_V, -1950, -1200, -690, -450, 150, 850, 1600, 2180, HALF_V];
    for place in [1, 2, 3, 5, 6, 7] {
        us[place] += dice.range(-30, 30);
    }
    for place in [1, 2, 6, 7, 8] {
        vs[place] += dice.range(-30, 30);
    }
    let mut draft = Draft { roads: Vec::new(), strips: Vec::new(), blocks: Vec::new(), dice };
    let grid = draft.main_roads(&us, &vs);
    draft.parts(&us, &vs, &grid);
    let Draft { roads, strips, blocks, .. } = draft;
    let mut plan = join(Plan { us, vs, roads, strips, blocks });
    name_roads(&mut plan, identity, dice);
    plan
}

/// The main roads beside each part: road and half width of level lines by `[line][column]`, of upright ones by `[line][row]`.
struct Grid {
    level: Vec<Vec<Option<(usize, i32)>>>,
    upright: Vec<Vec<Option<(usize, i32)>>>,
}

struct Draft<'a> {
    roads: Vec<Road>,
    strips: Vec<Strip>,
    blocks: Vec<Block>,
    dice: &'a mut Dice,
}

impl Draft<'_> {
    fn main_roads(&mut self, us: &[i32], vs: &[i32]) -> Grid {
        let count = us.len() - 1;
        let mut add = |axis, at, from, to, spec: Option<(i32, Class, &'static str)>| {
            spec.map(|(half_m, class, key)| {
                let theme = if class < Class::Collector { Theme::Main } else { Theme::Country };
                let key = (!key.is_empty()).then_some(key);
                self.roads.push(Road { axis, at, from, to, class, half_m, theme, key, name: None });
                (self.roads.len() - 1, half_m)
            })
        };
        let lines = |along: &[i32]| (0..=along.len() - 1).collect::<Vec<_>>();
        let level =
            lines(vs).iter().map(|&k| (0..count).map(|j| add(Axis::Level, vs[k], us[j], us[j + 1], level_line(k, j))).collect()).collect();
        let upright = lines(us)
            .iter()
            .map(|&k| (0..count).map(|i| add(Axis::Upright, us[k], vs[i], vs[i + 1], upright_line(k, i))).collect())
            .collect();
        let grid = Grid { level, upright };
        let half = |slot: Option<(usize, i32)>| slot.map_or(0, |(_, half)| half);
        for (k, line) in grid.level.iter().enumerate() {
            for (j, slot) in line.iter().enumerate() {
                if let Some((road, half)) = slot {
                    let corners = Rect::new(us[j], vs[k] - half, us[j + 1], vs[k] + half).corners();
                    self.strips.push(Strip { corners, road: *road, over_water: false });
                }
            }
        }
        for (k, line) in grid.upright.iter().enumerate() {
            for (i, slot) in line.iter().enumerate() {
                let Some((road, wide)) = *slot else { continue };
                let u = us[k];
                let low = |j: usize| vs[i] + half(grid.level[i][j]);
                let high = |j: usize| vs[i + 1] - half(grid.level[i + 1][j]);
                let (a, b) = (k - 1, k);
                let mut corners = vec![[u - wide, low(a)], [u, low(a)], [u, low(b)], [u + wide, low(b)]];
                corners.extend([[u + wide, high(b)], [u, high(b)], [u, high(a)], [u - wide, high(a)]]);
                corners.dedup();
                self.strips.push(Strip { corners, road, over_water: i == RIVER_ROW });
            }
        }
        grid
    }

    fn parts(&mut self, us: &[i32], vs: &[i32], grid: &Grid) {
        let count = us.len() - 1;
        // Streets of neighbouring parts often meet across the main road: one preferred line for each row and column.
        let middle =
            |line: &[i32], dice: &mut Dice| (0..count).map(|k| (line[k] + line[k + 1]) / 2 + dice.range(-50, 50)).collect::<Vec<_>>();
        let (across_u, across_v) = (middle(us, self.dice), middle(vs, self.dice));
        for i in 0..count {
            for j in 0..count {
                let slots = [grid.level[i][j], grid.upright[j + 1][i], grid.level[i + 1][j], grid.upright[j][i]];
                let lines = [vs[i], us[j + 1], vs[i + 1], us[j]];
                let half = |side: usize| slots[side].map_or(0, |(_, half)| half);
                let rect =
                    Rect::new(lines[WEST] + half(WEST), lines[SOUTH] + half(SOUTH), lines[EAST] - half(EAST), lines[NORTH] - half(NORTH));
                let part = match PARTS[i][j] {
                    b'H' => Part::Hill,
                    b'R' => Part::Housing,
                    b'O' => Part::OldTown,
                    b'C' => Part::Business,
                    b'V' => Part::Civic,
                    b'E' => Part::Campus,
                    b'I' => Part::Industry,
                    b'L' => Part::LakePark,
                    b'W' => Part::River,
                    b'T' => Part::Seat,
                    b'S' => Part::Station,
                    _ => Part::Farm,
                };
                let block = Block { rect, sides: slots.map(|slot| slot.map(|(road, _)| road)), part, cell: (i, j) };
                let aligned = self.dice.chance(0.7);
                let preferred = [across_u[j] + if aligned { 0 } else { 70 }, across_v[i] + if aligned { 0 } else { -60 }];
                self.cut(block, lines, preferred, 0);
            }
        }
    }

    /// Cuts the block by a street where it is larger than its part likes; `ends` are the centre lines of the roads around it.
    fn cut(&mut self, block: Block, ends: [i32; 4], preferred: [i32; 2], depth: usize) {
        let Block { rect, sides, part, cell } = block.clone();
        let (largest_u, largest_v, widths, theme) = match part {
            Part::Housing | Part::Station => (330, 300, [12, 9, 8], Theme::Plants),
            Part::Seat => (240, 230, [10, 8, 7], Theme::Country),
            Part::OldTown => (150, 125, [9, 6, 3], Theme::Letters),
            Part::Business => (230, 210, [12, 9, 8], Theme::Trade),
            Part::Civic => (300, 260, [12, 9, 8], Theme::Main),
            Part::Campus => (470, 420, [12, 9, 8], Theme::Letters),
            Part::Industry => (420, 380, [12, 10, 9], Theme::Work),
            Part::Farm => (460, 420, [4, 3, 3], Theme::Country),
            Part::Hill | Part::LakePark | Part::River => (i32::MAX, i32::MAX, [0; 3], Theme::Country),
        };
        let (over_u, over_v) = (f64::from(rect.width()) / f64::from(largest_u), f64::from(rect.height()) / f64::from(largest_v));
        if over_u.max(over_v) <= 1.0 {
            self.blocks.push(block);
            return;
        }
        let upright = over_u >= over_v;
        let (low, high) = if upright { (rect.u0, rect.u1) } else { (rect.v0, rect.v1) };
        let wish = preferred[usize::from(!upright)];
        let third = (high - low) / 3;
        let at = if depth < 2 && (low + third..=high - third).contains(&wish) {
            wish
        } else {
            (low + high) / 2 + self.dice.range(-third / 4, third / 4)
        };
        let half_m = widths[depth.min(2)];
        let class = match (part, half_m) {
            (Part::Farm, _) => Class::Rural,
            (_, 10..) => Class::Collector,
            (_, 6..) => Class::Local,
            _ => Class::Lane,
        };
        let (from, to) = if upright { (SOUTH, NORTH) } else { (WEST, EAST) };
        let end = |side: usize| if sides[side].is_some() { ends[side] } else { [rect.v0, rect.u1, rect.v1, rect.u0][side] };
        let axis = if upright { Axis::Upright } else { Axis::Level };
        let key = (part == Part::Farm).then_some(FIELD_PATH);
        self.roads.push(Road { axis, at, from: end(from), to: end(to), class, half_m, theme, key, name: None });
        let road = self.roads.len() - 1;
        let (mut low_rect, mut high_rect, mut strip) = (rect, rect, rect);
        let (low_side, high_side) = if upright { (EAST, WEST) } else { (NORTH, SOUTH) };
        if upright {
            (low_rect.u1, strip.u0, strip.u1, high_rect.u0) = (at - half_m, at - half_m, at + half_m, at + half_m);
        } else {
            (low_rect.v1, strip.v0, strip.v1, high_rect.v0) = (at - half_m, at - half_m, at + half_m, at + half_m);
        }
        self.strips.push(Strip { corners: strip.corners(), road, over_water: false });
        for (rect, side) in [(low_rect, low_side), (high_rect, high_side)] {
            let (mut sides, mut ends) = (sides, ends);
            sides[side] = Some(road);
            ends[side] = at;
            self.cut(Block { rect, sides, part, cell }, ends, preferred, depth + 1);
        }
    }
}

/// Makes one road of pieces that continue each other.
fn join(mut plan: Plan) -> Plan {
    let mut order: Vec<usize> = (0..plan.roads.len()).collect();
    let rank = |road: &Road| (road.axis, road.at, road.from);
    order.sort_by_key(|&place| rank(&plan.roads[place]));
    let mut joined: Vec<Road> = Vec::new();
    let mut new_place = vec![0; plan.roads.len()];
    for place in order {
        let road = plan.roads[place].clone();
        match joined.last_mut() {
            Some(last)
                if (last.axis, last.at, last.to) == (road.axis, road.at, road.from) && last.class == road.class && last.key == road.key
                    || last.key.is_some() && (last.axis, last.at, last.to, last.key) == (road.axis, road.at, road.from, road.key) =>
            {
                last.to = road.to;
                last.half_m = last.half_m.max(road.half_m);
                last.class = last.class.min(road.class);
            }
            _ => joined.push(road),
        }
        new_place[place] = joined.len() - 1;
    }
    for strip in &mut plan.strips {
        strip.road = new_place[strip.road];
    }
    for side in plan.blocks.iter_mut().flat_map(|block| &mut block.sides) {
        *side = side.map(|road| new_place[road]);
    }
    plan.roads = joined;
    plan
}

fn name_roads(plan: &mut Plan, identity: &Identity, dice: &mut Dice) {
    let mut words = Words::new(dice);
    let themed: Vec<(&str, String)> =
        ["E-W a", "E-W b", "N-S a", "N-S b", "N-S c", "N-S d"].map(|key| (key, words.next(Theme::Main))).into();
    let city = identity.city.zh.trim_end_matches('市').to_owned();
    let (avenue, river) = (plan.vs[AVENUE], plan.vs[RIVER_ROW]);
    let mut industrial = 0;
    let series = words.next(Theme::Work);
    let mut old_lanes: Option<(String, usize)> = None;
    for road in &mut plan.roads {
        let named = match road.key {
            Some(FIELD_PATH) => continue,
            Some("rail") => name(&[&city, "铁路"]),
            Some("大道") => name(&[&city, "大道"]),
            Some("滨河南") => name(&["滨河", "南路"]),
            Some("滨河北") => name(&["滨河", "北路"]),
            Some("中和北") => name(&["中和", "北路"]),
            Some("中和南") => name(&["中和", "南路"]),
            Some(ring) if ring.starts_with("环城") => name(&["环城", &format!("{}路", &ring["环城".len()..])]),
            Some(key) => {
                let word = themed.iter().find(|(known, _)| *known == key).map_or("", |(_, word)| word);
                let broken = road.axis == Axis::Upright && matches!(key, "N-S a" | "N-S d");
                match (broken, road.from > river) {
                    (true, true) => name(&[word, "北路"]),
                    (true, false) => name(&[word, "南路"]),
                    _ => name(&[word, "路"]),
                }
            }
            None if road.class == Class::Lane => match &mut old_lanes {
                // Lanes that belong together are numbered: 砚池一巷, 砚池二巷.
                Some((word, count)) if *count < 4 => {
                    *count += 1;
                    name(&[word, numeral(*count), "巷"])
                }
                _ => {
                    let word = words.next(Theme::Letters);
                    let named = name(&[&word, numeral(1), "巷"]);
                    old_lanes = Some((word, 1));
                    named
                }
            },
            None if road.theme == Theme::Work && road.class == Class::Collector && road.axis == Axis::Upright && industrial < 9 => {
                industrial += 1;
                name(&[&series, numeral(industrial), "路"])
            }
            None if road.class == Class::Rural => name(&[&words.next(Theme::Country), "路"]),
            None => {
                let generic = match (road.theme, road.axis) {
                    (Theme::Letters | Theme::Trade, Axis::Level) => "街",
                    (Theme::Letters, Axis::Upright) if road.class > Class::Collector => "巷",
                    _ => "路",
                };
                name(&[&words.next(road.theme), generic])
            }
        };
        road.name = Some(named);
    }
    debug_assert!(avenue > river);
}
