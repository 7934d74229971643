//! Lines of one name and kind as one feature of a tile, pieces that meet joined end to end.

use std::collections::{BTreeMap, HashMap};

use geo::Simplify;
use geo_types::{Coord, LineString};

use super::content::{Content, Drawn, Source, TileFeature, holds};
use super::draw::{Outcome, PathKind, Pen, kind};
use super::grid::{BUFFER_UNITS, PIXEL_UNITS};
use super::paths::{Paths, Role};
use crate::domain::FeatureId;
use crate::spatial::{Cell, Cells, Feature, LayerIndex, Shape, anchor, grid_position, kind_field};

/// What lines have in common that are joined: name, English name, kind.
type Key<'a> = [Option<&'a str>; 3];

#[derive(Debug, Default)]
struct Group<'a> {
    members: Vec<Member<'a>>,
    /// Pieces and the member each is of.
    pieces: Vec<(Vec<[i32; 2]>, usize)>,
}

#[derive(Debug)]
struct Member<'a> {
    feature: &'a Feature,
    /// Where it is counted, on the world grid: where it begins, so that it is drawn in the tile that counts it.
    home: [u32; 2],
}

/// Joined lines go to the content, what is too short to be seen into the cells. A line is counted in one tile of a zoom.
pub(super) fn lines<'a>(index: &'a LayerIndex, content: &mut Content<'a>, cells: &mut Cells<'a>) {
    let (tile, layer) = (content.tile, index.layer());
    let reach = tile.reach_mercator();
    let mut pen = Pen::new(tile, BUFFER_UNITS, content.level.detail());
    let mut drawn = Paths::default();
    let mut groups: BTreeMap<Key<'a>, Group<'a>> = BTreeMap::new();
    for (feature, extent) in index.window_mercator_sized(&reach, f64::MIN_POSITIVE) {
        let Shape::Geometry(geometry) = &feature.mercator else { continue };
        if kind(geometry) != PathKind::Lines {
            cells.add_feature(feature);
            continue;
        }
        drawn.truncate(0);
        let anchored = holds(tile, anchor(&extent));
        let (first, end) = match pen.draw(geometry, &reach, anchored, &mut drawn) {
            Outcome::Drawn { first, end, .. } => (first, end),
            Outcome::Collapsed => {
                cells.add_feature(feature);
                continue;
            }
            // The tile it begins in draws it, and counts it.
            Outcome::Elsewhere => continue,
        };
        let Some(home) = pen.line_start(geometry).map(grid_position) else { continue };
        let of_kind = kind_field(layer).and_then(|field| feature.tag(field)).and_then(|value| value.text());
        let group = groups.entry([feature.name.as_deref(), feature.name_en.as_deref(), of_kind]).or_default();
        let member = group.members.len();
        group.members.push(Member { feature, home });
        group.pieces.extend((first..end).map(|path| (drawn.points(path).to_vec(), member)));
    }
    let smallest_px = content.level.smallest_px(layer);
    let smallest = (smallest_px * f64::from(PIXEL_UNITS)).min(f64::from(i32::MAX)) as i32;
    for (key, Group { mut members, mut pieces }) in groups {
        let first = content.paths.count();
        let mut seen = vec![false; members.len()];
        for chain in chains(&mut pieces) {
            if longer_side(&chain.points) < smallest {
                continue;
            }
            chain.members.iter().for_each(|member| seen[*member] = true);
            content.paths.push(Role::Line, simplified(&chain.points, content.level.line_detail()));
        }
        let mut joined = Cell::empty([0; 2]);
        for (member, seen) in members.iter().zip(&seen) {
            match seen {
                false => cells.add_at(member.home, member.feature),
                true if holds(tile, member.home) => joined.count_feature(layer, member.feature, member.home),
                true => {}
            }
        }
        joined.kinds.sort_unstable();
        let end = content.paths.count();
        members.sort_unstable_by_key(|member| member.feature.id);
        let Some(Member { feature: of, .. }) = members.first().filter(|_| end > first) else { continue };
        let text = key.map(Option::unwrap_or_default).join("\u{1f}");
        let id = FeatureId::derive(layer.id(), "joined", &text);
        let drawn = Drawn::Paths { first, end, kind: PathKind::Lines };
        content.features.push(TileFeature { source: Source::Joined { of, id, counted: joined }, drawn });
    }
}

/// Pieces that were joined, and whose they were.
#[derive(Debug)]
struct Chain {
    points: Vec<[i32; 2]>,
    members: Vec<usize>,
}

/// Joins pieces where exactly two ends meet; pieces that lie on each other become one. The result depends on the pieces only.
fn chains(pieces: &mut [(Vec<[i32; 2]>, usize)]) -> Vec<Chain> {
    for (points, _) in pieces.iter_mut() {
        if points.last() < points.first() {
            points.reverse();
        }
    }
    pieces.sort_unstable();
    let single: Vec<(&[[i32; 2]], Vec<usize>)> =
        pieces.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0.as_slice(), same.iter().map(|(_, member)| *member).collect())).collect();
    let mut ends: HashMap<[i32; 2], Vec<usize>> = HashMap::new();
    for (at, (points, _)) in single.iter().enumerate() {
        for end in [points.first(), points.last()].into_iter().flatten() {
            ends.entry(*end).or_default().push(at);
        }
    }
    let mut used = vec![false; single.len()];
    let mut chains = Vec::new();
    for start in 0..single.len() {
        if std::mem::replace(&mut used[start], true) {
            continue;
        }
        let (points, members) = &single[start];
        let mut chain = Chain { points: points.to_vec(), members: members.clone() };
        for _ in 0..2 {
            while let Some(end) = chain.points.last().copied() {
                let meet = ends[&end].as_slice();
                let Some(next) = meet.iter().copied().find(|at| meet.len() == 2 && !used[*at]) else { break };
                used[next] = true;
                let (points, members) = &single[next];
                if points.first() == Some(&end) {
                    chain.points.extend(&points[1..]);
                } else {
                    chain.points.extend(points.iter().rev().skip(1));
                }
                chain.members.extend(members);
            }
            chain.points.reverse();
        }
        chains.push(chain);
    }
    chains
}

/// The line without corners that lie within so many units of it (D. Douglas and T. Peucker, Cartographica 10, 1973). Joined
/// lines are nobody's border, so they need not be simplified corner by corner.
fn simplified(line: &[[i32; 2]], within_units: f64) -> impl Iterator<Item = [i32; 2]> {
    let line: LineString<f64> = line.iter().map(|p| Coord { x: f64::from(p[0]), y: f64::from(p[1]) }).collect();
    line.simplify(within_units).0.into_iter().map(|c| [c.x as i32, c.y as i32])
}

fn longer_side(line: &[[i32; 2]]) -> i32 {
    let side = |axis: usize| {
        let ends = line.iter().fold((i32::MAX, i32::MIN), |(low, high), p| (low.min(p[axis]), high.max(p[axis])));
        ends.1.saturating_sub(ends.0)
    };
    side(0).max(side(1))
}
