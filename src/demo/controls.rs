//! The five lines (五线) and the three control lines (三条控制线) of the district.

use super::land::{Face, LINE_INTO_PLOT_M, Land};
use super::mesh::Rect;
use super::names::Identity;
use super::plan::{AVENUE, Class, EAST, NORTH, Part, Plan, RIVER_ROW, SOUTH};
use super::uses::Form;

#[derive(Clone, Debug)]
pub struct Control {
    pub kind: &'static str,
    pub code: String,
    pub name: String,
    pub legal_basis: &'static str,
    pub face: Face,
}

#[derive(Debug)]
pub struct Controls {
    pub all: Vec<Control>,
    /// Where lines reach into plots: kind and ground. Buildings keep out of it.
    pub guards: Vec<(&'static str, Rect)>,
    /// The strict part of the historic quarter.
    pub core: Rect,
}

pub fn controls(plan: &Plan, land: &Land, identity: &Identity) -> Controls {
    let mut draft = Draft { all: Vec::new(), identity };
    let mut guards = Vec::new();
    let (us, vs) = (&plan.us, &plan.vs);

    for strip in &plan.strips {
        let road = &plan.roads[strip.road];
        if road.class <= Class::Collector {
            let name = road.name.as_ref().map_or_else(String::new, |name| format!("{}道路红线", name.zh));
            draft.add("road_red_line", name, Face::Corners(strip.corners.clone()));
        }
    }
    // The avenue is to be widened east of the fifth line: its red line already takes a strip of the plots.
    for column in 5..=6 {
        let (half, wide) = (29, 29 + LINE_INTO_PLOT_M);
        for (low, high) in [(vs[AVENUE] - wide, vs[AVENUE] - half), (vs[AVENUE] + half, vs[AVENUE] + wide)] {
            let rect = Rect::new(us[column] + 19, low, us[column + 1] - 28, high);
            guards.push(("road_red_line", rect));
            draft.add("road_red_line", "大道规划拓宽道路红线".to_owned(), Face::Rect(rect, Vec::new()));
        }
    }

    // The river's line follows its banks, and reaches into the plots where no road runs between.
    let south_edge = |column: usize| match column {
        1..=4 => vs[RIVER_ROW] + 8,
        5 | 6 => vs[RIVER_ROW] - LINE_INTO_PLOT_M,
        _ => vs[RIVER_ROW],
    };
    let north_edge = |column: usize| vs[RIVER_ROW + 1] - if (1..=6).contains(&column) { 12 } else { 0 };
    let mut corners = Vec::new();
    for column in 0..us.len() - 1 {
        corners.extend([[us[column], south_edge(column)], [us[column + 1], south_edge(column)]]);
    }
    for column in (0..us.len() - 1).rev() {
        corners.extend([[us[column + 1], north_edge(column)], [us[column], north_edge(column)]]);
    }
    corners.dedup();
    draft.add("blue_line", format!("{}河蓝线", identity.city.zh.trim_end_matches('市')), Face::Corners(corners));
    guards.push(("blue_line", Rect::new(us[5], vs[RIVER_ROW] - LINE_INTO_PLOT_M, us[7], vs[RIVER_ROW])));
    if let Some(lake) = &land.lake {
        draft.add("blue_line", format!("{}蓝线", identity.lake.zh), Face::Rings(vec![lake.edge.clone()]));
    }

    for zone in &land.zones {
        let name = zone.land.name;
        let in_town = !matches!(zone.part, Part::Farm | Part::Hill);
        match (zone.land.code, &zone.face) {
            ("1402", Face::Rect(rect, _)) if in_town => match land.belts.iter().find(|(belt, _)| belt == rect) {
                Some((belt, side)) => {
                    let strip = plot_strip(belt, *side);
                    guards.push(("green_line", strip));
                    draft.add("green_line", "环城绿带绿线".to_owned(), Face::Rect(united(belt, &strip), Vec::new()));
                }
                None => draft.add("green_line", format!("{name}绿线"), zone.face.clone()),
            },
            ("1401", Face::Rect(..)) if in_town => draft.add("green_line", format!("{name}绿线"), zone.face.clone()),
            (code, _) if (code.starts_with("13") || code.starts_with("1208")) && zone.land.form != Form::Open => {
                draft.add("yellow_line", format!("{name}黄线"), zone.face.clone());
            }
            ("0301", _) => draft.add("ecology", "生态保护红线".to_owned(), zone.face.clone()),
            _ => {}
        }
    }
    for field in &land.farmland {
        draft.add("farmland", "永久基本农田".to_owned(), Face::Rect(*field, Vec::new()));
    }

    let middle = [us[3] - 210, i32::midpoint(vs[4], vs[5])];
    let core = Rect::new(middle[0] - 160, middle[1] - 130, middle[0] + 120, middle[1] + 120);
    draft.add("purple_line", "状元坊历史文化街区核心保护范围".to_owned(), Face::Rect(core, Vec::new()));
    draft.add("historic", "状元坊历史文化街区建设控制地带".to_owned(), Face::Rect(core.grown(90), Vec::new()));

    let (left, bottom, right, top) = (us[1] - 28, vs[1] - 28, us[8] - 15, vs[7] + 28);
    let boundary =
        vec![[left, bottom], [right, bottom], [right, top], [us[5], top], [us[5], vs[8]], [us[4], vs[8]], [us[4], top], [left, top]];
    draft.add("urban_boundary", "城镇开发边界".to_owned(), Face::Corners(boundary));
    let all = draft.all;
    Controls { all, guards, core }
}

fn plot_strip(belt: &Rect, side: usize) -> Rect {
    let by = LINE_INTO_PLOT_M;
    match side {
        SOUTH => Rect::new(belt.u0, belt.v0 - by, belt.u1, belt.v0),
        NORTH => Rect::new(belt.u0, belt.v1, belt.u1, belt.v1 + by),
        EAST => Rect::new(belt.u1, belt.v0, belt.u1 + by, belt.v1),
        _ => Rect::new(belt.u0 - by, belt.v0, belt.u0, belt.v1),
    }
}

fn united(a: &Rect, b: &Rect) -> Rect {
    Rect::new(a.u0.min(b.u0), a.v0.min(b.v0), a.u1.max(b.u1), a.v1.max(b.v1))
}

struct Draft<'a> {
    all: Vec<Control>,
    identity: &'a Identity,
}

impl Draft<'_> {
    fn add(&mut self, kind: &'static str, name: String, face: Face) {
        let (letters, legal_basis) = match kind {
            "road_red_line" => ("HX", "城乡规划法第三十五条"),
            "green_line" => ("LVX", "城市绿线管理办法"),
            "blue_line" => ("LX", "城市蓝线管理办法"),
            "purple_line" => ("ZX", "城市紫线管理办法"),
            "historic" => ("JK", "历史文化名城名镇名村保护条例"),
            "yellow_line" => ("HGX", "城市黄线管理办法"),
            "farmland" => ("JBNT", "土地管理法第三十三条、第三十五条"),
            "ecology" => ("STHX", "生态保护红线管理办法(试行)"),
            _ => ("KFBJ", "国土空间规划"),
        };
        let serial = self.all.iter().filter(|other| other.kind == kind).count() + 1;
        let code = format!("{}{letters}{serial:04}", self.identity.code);
        self.all.push(Control { kind, code, name, legal_basis, face });
    }
}
