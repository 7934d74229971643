//! Towns, communities and villages with their codes, the lines between them and the markers on the lines.

use std::collections::BTreeMap;

use super::mesh::Rect;
use super::names::{Identity, Name, name};
use super::plan::{AVENUE, AXIS, Plan, RIVER_ROW};

#[derive(Clone, Debug)]
pub struct Village {
    pub code: String,
    pub name: Name,
    pub town: usize,
    pub rect: Rect,
    pub rural: bool,
}

#[derive(Clone, Debug)]
pub struct Town {
    pub code: String,
    pub name: Name,
    pub corners: Vec<[i32; 2]>,
}

/// A line between two units; `left` and `right` as seen along it.
#[derive(Clone, Debug)]
pub struct Line {
    pub rank: &'static str,
    pub left: String,
    pub right: String,
    pub corners: Vec<[i32; 2]>,
}

#[derive(Debug)]
pub struct Divisions {
    pub corners: Vec<[i32; 2]>,
    pub towns: Vec<Town>,
    pub villages: Vec<Village>,
    pub lines: Vec<Line>,
    pub river_v: i32,
}

impl Divisions {
    pub fn village_at(&self, [u, v]: [f64; 2]) -> Option<&Village> {
        self.villages.iter().find(|village| village.rect.holds(u, v))
    }
}

pub fn divisions(plan: &Plan, identity: &Identity) -> Divisions {
    let (us, vs) = (&plan.us, &plan.vs);
    let river_v = (vs[RIVER_ROW] + vs[RIVER_ROW + 1]) / 2;
    let (u0, u1, end) = (us[0], us[1], us[9]);
    let (v0, north, top) = (vs[0], vs[7], vs[9]);
    let towns = [
        ("001", &["鹤汀", "街道"], Rect::new(u1, river_v, us[AXIS], north).corners()),
        ("002", &["砚桥", "街道"], Rect::new(us[AXIS], river_v, end, north).corners()),
        ("003", &["荻影", "街道"], Rect::new(u1, v0, end, river_v).corners()),
        ("100", &["苇浦", "镇"], vec![[u0, v0], [u1, v0], [u1, north], [end, north], [end, top], [u0, top]]),
    ]
    .into_iter()
    .map(|(code, segments, corners)| Town { code: format!("{}{code}", identity.code), name: name(segments), corners })
    .collect::<Vec<_>>();

    let avenue = vs[AVENUE];
    let mut villages = Vec::new();
    let mut add = |town: usize, specific: &str, rural: bool, rect: Rect| {
        let of_town: &Town = &towns[town];
        let serial =
            villages.iter().filter(|other: &&Village| other.town == town && other.rural == rural).count() + if rural { 200 } else { 1 };
        let generic = if rural { "村" } else { "社区" };
        villages.push(Village { code: format!("{}{serial:03}", of_town.code), name: name(&[specific, generic]), town, rect, rural });
    };
    for (column, [south, north_part]) in [["砚池", "松墨里"], ["状元坊", "文澜"], ["钟楼前", "霁月"]].into_iter().enumerate()
    {
        let (left, right) = (us[column + 1], us[column + 2]);
        add(0, south, false, Rect::new(left, river_v, right, avenue));
        add(0, north_part, false, Rect::new(left, avenue, right, north));
    }
    for (column, [south, north_part]) in [["砚桥头", "星河里"], ["棠梨", "青桐"], ["鼎新", "云帆"]].into_iter().enumerate() {
        let (left, right) = (us[column + 4], us[column + 5]);
        add(1, south, false, Rect::new(left, river_v, right, avenue));
        add(1, north_part, false, Rect::new(left, avenue, right, north));
    }
    add(1, "启航", false, Rect::new(us[7], river_v, end, north));
    for (place, specific) in ["荻影", "柳浪", "听涛", "荷风", "望洲", "日新"].into_iter().enumerate() {
        let (left, right) = if place == 5 { (us[6], end) } else { (us[place + 1], us[place + 2]) };
        add(2, specific, false, Rect::new(left, vs[1], right, river_v));
    }
    add(2, "雁滩", true, Rect::new(u1, v0, us[AXIS], vs[1]));
    add(2, "渔歌", true, Rect::new(us[AXIS], v0, end, vs[1]));
    add(3, "野渡", true, Rect::new(u0, v0, u1, river_v));
    add(3, "桑麻", true, Rect::new(u0, river_v, u1, vs[6]));
    add(3, "栖鹭", true, Rect::new(u0, vs[6], u1, top));
    add(3, "石矶", true, Rect::new(u1, north, us[3], top));
    add(3, "稻香", true, Rect::new(us[3], north, us[AXIS], top));
    add(3, "苇浦街", false, Rect::new(us[AXIS], north, us[5], top));
    add(3, "蒲汀", true, Rect::new(us[5], north, us[7], top));
    add(3, "菱湾", true, Rect::new(us[7], north, end, top));

    let corners = Rect::new(u0, v0, end, top).corners();
    let lines = lines(&villages, &towns, identity);
    Divisions { corners, towns, villages, lines, river_v }
}

/// The codes of the fictional counties around: south, east, north, west.
fn neighbour(identity: &Identity, side: usize) -> String {
    format!("{}{}", &identity.code[..4], 90 + side)
}

/// Cuts all borders where units meet, tells each piece by what lies left and right, and joins the pieces that belong together.
fn lines(villages: &[Village], towns: &[Town], identity: &Identity) -> Vec<Line> {
    type Edge = ([i32; 2], [i32; 2]);
    let mut groups: BTreeMap<(u8, String, String), Vec<Edge>> = BTreeMap::new();
    for village in villages {
        let corners = village.rect.corners();
        for side in 0..4 {
            let (from, to) = (corners[side], corners[(side + 1) % 4]);
            // The village is on the left of its own counter-clockwise side; look at what is on the right.
            let level = from[1] == to[1];
            let (low, high) = if level { (from[0].min(to[0]), from[0].max(to[0])) } else { (from[1].min(to[1]), from[1].max(to[1])) };
            let mut cuts = vec![low, high];
            for other in villages {
                let ends = if level { [other.rect.u0, other.rect.u1] } else { [other.rect.v0, other.rect.v1] };
                cuts.extend(ends.into_iter().filter(|cut| low < *cut && *cut < high));
            }
            cuts.sort_unstable();
            cuts.dedup();
            for pair in cuts.windows(2) {
                let middle = f64::from(pair[0] + pair[1]) / 2.0;
                let beyond = match side {
                    0 => [middle, f64::from(from[1]) - 1.0],
                    1 => [f64::from(from[0]) + 1.0, middle],
                    2 => [middle, f64::from(from[1]) + 1.0],
                    _ => [f64::from(from[0]) - 1.0, middle],
                };
                let (rank, left, right) = match villages.iter().find(|other| other.rect.holds(beyond[0], beyond[1])) {
                    None => (0, identity.code.clone(), neighbour(identity, side)),
                    Some(other) if other.town != village.town => (1, towns[village.town].code.clone(), towns[other.town].code.clone()),
                    Some(other) => (2, village.code.clone(), other.code.clone()),
                };
                // Each inner piece is seen from both sides; the one with the smaller code on the left is kept.
                if left > right {
                    continue;
                }
                let (a, b) = if level { ([pair[0], from[1]], [pair[1], from[1]]) } else { ([from[0], pair[0]], [from[0], pair[1]]) };
                let edge = if side == 0 || side == 1 { (a, b) } else { (b, a) };
                groups.entry((rank, left, right)).or_default().push(edge);
            }
        }
    }
    let mut lines = Vec::new();
    for ((rank, left, right), mut edges) in groups {
        while !edges.is_empty() {
            let start = edges.iter().position(|(from, _)| edges.iter().all(|(_, to)| to != from)).unwrap_or(0);
            let (from, mut end) = edges.remove(start);
            let mut corners = vec![from, end];
            while let Some(next) = edges.iter().position(|(from, _)| *from == end) {
                end = edges.remove(next).1;
                corners.push(end);
            }
            lines.push(Line { rank: ["county", "town", "village"][usize::from(rank)], left: left.clone(), right: right.clone(), corners });
        }
    }
    lines
}
