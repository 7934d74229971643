//! Lines of one name and kind as one feature of a tile, pieces that meet joined end to end.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::arcs::Flattening;
use super::content::{self, Content, Source, TileFeature, holds};
use super::draw::{Outcome, PathKind, Pen, kind};
use super::grid::{BUFFER_UNITS, PIXEL_UNITS};
use super::paths::{Paths, Role};
use crate::domain::FeatureId;
use crate::spatial::{Cell, Cells, Found, LayerIndex, Shape, anchor};

/// What lines have in common that are joined: name, English name, kind.
type Key<'a> = [Option<&'a str>; 3];

/// All lines of a tile, joined; what of them is drawn depends on how much may be left out. Everything stands in rows that groups
/// and chains have their parts of: a tile of a city has thousands of lines.
#[derive(Debug, Default)]
pub(super) struct Joined<'a> {
    groups: Vec<Group<'a>>,
    members: Vec<Member<'a>>,
    chains: Vec<Chain>,
    points: Vec<[i32; 2]>,
    /// Numbers of members within their group.
    chained: Vec<u32>,
    /// What is no line, or of which nothing is left at this zoom.
    apart: Vec<Found<'a>>,
}

#[derive(Debug)]
struct Group<'a> {
    key: Key<'a>,
    members: Range<usize>,
    chains: Range<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Member<'a> {
    found: Found<'a>,
    /// Where it is counted, on the world grid: where it begins, so that it is drawn in the tile that counts it.
    home: [u32; 2],
}

/// Pieces that were joined, and whose they were.
#[derive(Debug)]
struct Chain {
    points: Range<usize>,
    longer_side: i32,
    members: Range<usize>,
}

/// A line as it was drawn, and the number of its key.
struct Drawn<'a> {
    key: usize,
    member: Member<'a>,
    paths: Range<usize>,
}

/// A line's part in the tile, from its lower end to its higher, and the number of the member it is of.
type Piece<'p> = (&'p [[i32; 2]], u32);

impl<'a> Joined<'a> {
    pub(super) fn new(index: &'a LayerIndex, content: &Content<'_>) -> Self {
        let tile = content.tile;
        let reach = tile.reach_mercator();
        let mut pen = Pen::new(tile, BUFFER_UNITS, content.detail());
        let mut paths = Paths::default();
        let mut numbers: HashMap<Key<'a>, usize, FixedState> = HashMap::default();
        let (mut keys, mut drawn) = (Vec::new(), Vec::new());
        let mut joined = Self::default();
        for found in index.window_mercator_sized(&reach, f64::MIN_POSITIVE) {
            let feature = found.feature;
            let part = match pen.draw_found(index, &found, &reach, holds(tile, anchor(&found.extent)), &mut paths) {
                Outcome::Drawn { first, end, kind: PathKind::Lines } => first..end,
                // The tile it begins in draws it, and counts it.
                Outcome::Elsewhere if matches!(&feature.mercator, Shape::Geometry(geometry) if kind(geometry) == PathKind::Lines) => {
                    continue;
                }
                Outcome::Drawn { first, .. } => {
                    paths.truncate(first);
                    joined.apart.push(found);
                    continue;
                }
                Outcome::Collapsed | Outcome::Elsewhere => {
                    joined.apart.push(found);
                    continue;
                }
            };
            let Some(home) = pen.start_of(index, &found) else { continue };
            let key = [feature.name.as_deref(), feature.name_en.as_deref(), index.kind(&found)];
            let number = *numbers.entry(key).or_insert(keys.len());
            if number == keys.len() {
                keys.push(key);
            }
            drawn.push(Drawn { key: number, member: Member { found, home }, paths: part });
        }
        // By key, those of a key as they came.
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_unstable_by_key(|number| keys[*number]);
        let mut places = vec![0; keys.len()];
        order.iter().enumerate().for_each(|(place, number)| places[*number] = place);
        drawn.sort_by_key(|line| places[line.key]);
        drawn.iter().for_each(|line| line.paths.clone().for_each(|path| paths.turn_upwards(path)));
        let mut pieces: Vec<Piece<'_>> = Vec::new();
        for of_one in drawn.chunk_by(|a, b| a.key == b.key) {
            let (members, chains) = (joined.members.len(), joined.chains.len());
            joined.members.extend(of_one.iter().map(|line| line.member));
            pieces.clear();
            for (line, number) in of_one.iter().zip(0u32..) {
                pieces.extend(line.paths.clone().map(|path| (paths.points(path), number)));
            }
            joined.join(&mut pieces);
            let (members, chains) = (members..joined.members.len(), chains..joined.chains.len());
            joined.groups.push(Group { key: keys[of_one[0].key], members, chains });
        }
        joined
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
            let members = &self.members[members.clone()];
            let first = content.paths.count();
            seen.clear();
            seen.resize(members.len(), false);
            for chain in self.chains[chains.clone()].iter().filter(|chain| chain.longer_side >= smallest) {
                self.chained[chain.members.clone()].iter().for_each(|member| seen[*member as usize] = true);
                // Joined lines are nobody's border, so they need not be simplified corner by corner.
                flat.kept(&self.points[chain.points.clone()], within_units, &mut kept);
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
            let drawn = content::Drawn::Paths { first, end, kind: PathKind::Lines };
            content.features.push(TileFeature::new(Source::Joined { of, id, counted: joined }, drawn));
        }
    }

    /// Joins pieces where exactly two ends meet; pieces that lie on each other become one. The result depends on the pieces only.
    fn join(&mut self, pieces: &mut [Piece<'_>]) {
        let Self { chains, points: all_points, chained, .. } = self;
        pieces.sort_unstable();
        let single: Vec<&[Piece<'_>]> = pieces.chunk_by(|a, b| a.0 == b.0).collect();
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
        for start in 0..single.len() {
            if std::mem::replace(&mut used[start], true) {
                continue;
            }
            let (first, first_member) = (all_points.len(), chained.len());
            all_points.extend_from_slice(single[start][0].0);
            chained.extend(single[start].iter().map(|(_, member)| *member));
            for _ in 0..2 {
                while let Some(end) = all_points.last().copied() {
                    let meet = meeting(end);
                    let Some((_, next)) = meet.iter().copied().find(|(_, at)| meet.len() == 2 && !used[*at]) else { break };
                    used[next] = true;
                    let piece = single[next][0].0;
                    if piece.first() == Some(&end) {
                        all_points.extend_from_slice(&piece[1..]);
                    } else {
                        all_points.extend(piece.iter().rev().skip(1));
                    }
                    chained.extend(single[next].iter().map(|(_, member)| *member));
                }
                all_points[first..].reverse();
            }
            let longer_side = longer_side(&all_points[first..]);
            chains.push(Chain { points: first..all_points.len(), longer_side, members: first_member..chained.len() });
        }
    }
}

fn longer_side(line: &[[i32; 2]]) -> i32 {
    let side = |axis: usize| {
        let ends = line.iter().fold((i32::MAX, i32::MIN), |(low, high), p| (low.min(p[axis]), high.max(p[axis])));
        ends.1.saturating_sub(ends.0)
    };
    side(0).max(side(1))
}
