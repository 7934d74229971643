//! Lines of one name and kind as one feature of a tile, pieces that meet joined end to end.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::arcs::Flattening;
use super::content::{Content, Drawn, Source, TileFeature, holds};
use super::draw::{Outcome, PathKind, Pen, kind};
use super::grid::{BUFFER_UNITS, PIXEL_UNITS};
use super::paths::{Paths, Role};
use crate::domain::FeatureId;
use crate::spatial::{Cell, Cells, Found, LayerIndex, Shape, anchor, kind_field};

/// What lines have in common that are joined: name, English name, kind.
type Key<'a> = [Option<&'a str>; 3];

/// All lines of a tile, joined; what of them is drawn depends on how much may be left out.
#[derive(Debug)]
pub(super) struct Joined<'a> {
    groups: Vec<Group<'a>>,
    /// What is no line, or of which nothing is left at this zoom.
    apart: Vec<Found<'a>>,
}

#[derive(Debug, Default)]
struct Group<'a> {
    key: Key<'a>,
    members: Vec<Member<'a>>,
    chains: Vec<Chain>,
}

#[derive(Debug)]
struct Member<'a> {
    found: Found<'a>,
    /// Where it is counted, on the world grid: where it begins, so that it is drawn in the tile that counts it.
    home: [u32; 2],
}

/// Pieces that were joined, and whose they were.
#[derive(Debug)]
struct Chain {
    points: Vec<[i32; 2]>,
    longer_side: i32,
    members: Vec<usize>,
}

impl<'a> Joined<'a> {
    pub(super) fn new(index: &'a LayerIndex, content: &Content<'_>) -> Self {
        let (tile, layer) = (content.tile, index.layer());
        let reach = tile.reach_mercator();
        let mut pen = Pen::new(tile, BUFFER_UNITS, content.detail());
        let mut drawn = Paths::default();
        let mut numbers: HashMap<Key<'a>, usize, FixedState> = HashMap::default();
        let (mut groups, mut pieces, mut apart) = (Vec::new(), Vec::new(), Vec::new());
        for found in index.window_mercator_sized(&reach, f64::MIN_POSITIVE) {
            let feature = found.feature;
            let (first, end) = match pen.draw_found(index, &found, &reach, holds(tile, anchor(&found.extent)), &mut drawn) {
                Outcome::Drawn { first, end, kind: PathKind::Lines } => (first, end),
                // The tile it begins in draws it, and counts it.
                Outcome::Elsewhere if matches!(&feature.mercator, Shape::Geometry(geometry) if kind(geometry) == PathKind::Lines) => {
                    continue;
                }
                Outcome::Drawn { first, .. } => {
                    drawn.truncate(first);
                    apart.push(found);
                    continue;
                }
                Outcome::Collapsed | Outcome::Elsewhere => {
                    apart.push(found);
                    continue;
                }
            };
            let Some(home) = pen.start_of(index, &found) else { continue };
            let of_kind = kind_field(layer).and_then(|field| feature.tag(field)).and_then(|value| value.text());
            let key = [feature.name.as_deref(), feature.name_en.as_deref(), of_kind];
            let number = *numbers.entry(key).or_insert(groups.len());
            if number == groups.len() {
                groups.push(Group { key, ..Group::default() });
                pieces.push(Vec::new());
            }
            let member = groups[number].members.len();
            groups[number].members.push(Member { found, home });
            pieces[number].extend((first..end).map(|path| (path, member)));
        }
        for (group, pieces) in groups.iter_mut().zip(pieces) {
            let forwards = |path: usize| drawn.points(path).last() >= drawn.points(path).first();
            let points = |(path, member): (usize, usize)| {
                let points = drawn.points(path);
                (if forwards(path) { points.to_vec() } else { points.iter().rev().copied().collect() }, member)
            };
            group.chains = chains(pieces.into_iter().map(points).collect());
        }
        groups.sort_unstable_by_key(|group| group.key);
        Self { groups, apart }
    }

    /// Joined lines go to the content, what is too short to be seen into the cells. A line is counted in one tile of a zoom.
    pub(super) fn add(&self, index: &'a LayerIndex, content: &mut Content<'a>, cells: &mut Cells<'a>) {
        let (tile, layer) = (content.tile, content.layer.layer());
        self.apart.iter().for_each(|found| cells.add(found));
        let smallest_px = content.level.smallest_px(layer);
        let smallest = (smallest_px * f64::from(PIXEL_UNITS)).min(f64::from(i32::MAX)) as i32;
        let within_units = content.level.line_detail();
        let (mut seen, mut kept, mut flat) = (Vec::new(), Vec::new(), Flattening::default());
        for Group { key, members, chains } in &self.groups {
            let first = content.paths.count();
            seen.clear();
            seen.resize(members.len(), false);
            for chain in chains.iter().filter(|chain| chain.longer_side >= smallest) {
                chain.members.iter().for_each(|member| seen[*member] = true);
                // Joined lines are nobody's border, so they need not be simplified corner by corner.
                flat.kept(&chain.points, within_units, &mut kept);
                content.paths.push(Role::Line, kept.iter().copied());
            }
            let mut joined = Cell::empty([0; 2]);
            for (member, seen) in members.iter().zip(&seen) {
                match seen {
                    false => cells.add_at(member.home, &member.found),
                    true if holds(tile, member.home) => joined.count(index, &member.found, member.home),
                    true => {}
                }
            }
            joined.kinds.sort_unstable();
            let end = content.paths.count();
            let Some(of) = members.iter().map(|member| member.found.feature).min_by_key(|feature| feature.id).filter(|_| end > first)
            else {
                continue;
            };
            let text = key.map(Option::unwrap_or_default).join("\u{1f}");
            let id = FeatureId::derive(layer.id(), "joined", &text);
            let drawn = Drawn::Paths { first, end, kind: PathKind::Lines };
            content.features.push(TileFeature::new(Source::Joined { of, id, counted: joined }, drawn));
        }
    }
}

/// A line's part in the tile, from its lower end to its higher, and the number of the member it is of.
type Piece = (Vec<[i32; 2]>, usize);

/// Joins pieces where exactly two ends meet; pieces that lie on each other become one. The result depends on the pieces only.
fn chains(mut pieces: Vec<Piece>) -> Vec<Chain> {
    pieces.sort_unstable();
    let single: Vec<&[Piece]> = pieces.chunk_by(|a, b| a.0 == b.0).collect();
    let mut ends: Vec<([i32; 2], usize)> = Vec::with_capacity(2 * single.len());
    for (at, same) in single.iter().enumerate() {
        ends.extend([same[0].0.first(), same[0].0.last()].into_iter().flatten().map(|end| (*end, at)));
    }
    ends.sort_unstable();
    let meeting = |end: [i32; 2]| {
        let from = ends.partition_point(|other| other.0 < end);
        let count = ends[from..].iter().take_while(|other| other.0 == end).take(3).count();
        &ends[from..from + count]
    };
    let mut used = vec![false; single.len()];
    let mut chains = Vec::new();
    for start in 0..single.len() {
        if std::mem::replace(&mut used[start], true) {
            continue;
        }
        let mut points = single[start][0].0.clone();
        let mut members: Vec<usize> = single[start].iter().map(|(_, member)| *member).collect();
        for _ in 0..2 {
            while let Some(end) = points.last().copied() {
                let meet = meeting(end);
                let Some((_, next)) = meet.iter().copied().find(|(_, at)| meet.len() == 2 && !used[*at]) else { break };
                used[next] = true;
                let piece = &single[next][0].0;
                if piece.first() == Some(&end) {
                    points.extend(&piece[1..]);
                } else {
                    points.extend(piece.iter().rev().skip(1));
                }
                members.extend(single[next].iter().map(|(_, member)| *member));
            }
            points.reverse();
        }
        chains.push(Chain { longer_side: longer_side(&points), points, members });
    }
    chains
}

fn longer_side(line: &[[i32; 2]]) -> i32 {
    let side = |axis: usize| {
        let ends = line.iter().fold((i32::MAX, i32::MIN), |(low, high), p| (low.min(p[axis]), high.max(p[axis])));
        ends.1.saturating_sub(ends.0)
    };
    side(0).max(side(1))
}
