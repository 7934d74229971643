//! Areas too many to be drawn one by one, painted on squares of half a pixel or more and outlined anew: what comes out is as
//! heavy as its outlines, however many corners went in.
//!
//! A square belongs to the area that its middle lies in; gaps of one square are closed. Outlines are cut into arcs where three
//! areas meet, and each arc is simplified once for both its sides, so a shared border stays shared. The squares are those of
//! the world, and arcs end at the edge of a tile, so tiles meet. Borders run half a square off at most, and then as far as
//! arcs are simplified. A group lies in one cell of a tile: what sticks out of a neighbouring tile belongs to the nearest
//! cell here. Where areas lie over each other, the last group shows.

use rayon::prelude::*;

use super::canvas::{Canvas, Outline};
use super::grid::{BUFFER_UNITS, TILE_UNITS, TileId};
use super::paths::Paths;
use super::remainder::Remainder;
use super::rings;
use super::sound::{EdgeRoom, make_sound, push_rings};
use super::squares::{Runs, Span, Squares};
use crate::spatial::{Found, LayerIndex};

/// The areas of one tile.
#[derive(Debug)]
pub(super) struct Painted<'a> {
    squares: Squares,
    side_units: i32,
    slot: Option<usize>,
    /// The square in the tile's north-west corner, and all that the tile shows.
    origin: [i64; 2],
    tile: Span,
    members: Vec<Member<'a>>,
}

#[derive(Debug)]
struct Member<'a> {
    group: u32,
    within: Span,
    runs: Runs<'a>,
}

impl<'a> Painted<'a> {
    /// `slot`: where what is derived from a layer for squares of this side is kept, if it is.
    pub(super) fn new(tile: TileId, side_units: i32, slot: Option<usize>) -> Self {
        let side = i64::from(TILE_UNITS / side_units);
        let buffer = i64::from(BUFFER_UNITS / side_units);
        let origin = [tile.x(), tile.y()].map(|c| i64::from(c) * side);
        let tile_span = Span { min: origin.map(|c| c - buffer), max: origin.map(|c| c + side + buffer) };
        Self { squares: Squares::new(tile.z(), side_units), side_units, slot, origin, tile: tile_span, members: Vec::new() }
    }

    /// Adds what of a feature lies in the tile to a group.
    pub(super) fn add(&mut self, group: u32, index: &'a LayerIndex, found: &Found<'a>) {
        let within = self.squares.within(&found.extent).cut(self.tile);
        if !within.is_empty() {
            let runs = self.squares.runs(index, found, &within, self.slot);
            self.members.push(Member { group, within, runs });
        }
    }

    /// Draws the areas, in the order of the groups; a group that shows nowhere has none. `order`: the place of each group
    /// among all, which must not depend on how they came.
    pub(super) fn finish(self, order: &[u32], paths: &mut Paths) -> Vec<Remainder> {
        let Some(within) = self.members.iter().map(|member| member.within).reduce(Span::with) else { return Vec::new() };
        let mut canvas = Canvas::new(within, self.origin, TILE_UNITS / self.side_units);
        for member in &self.members {
            let colour = order[member.group as usize] + 1;
            member.runs.each(|run| canvas.paint(colour, run));
        }
        canvas.close_gaps();
        canvas.settle();
        canvas.close_corners();
        let mut rings = canvas.rings();
        rings.sort_by_key(|(colour, _)| *colour);
        let mut groups = vec![0; order.len()];
        order.iter().enumerate().for_each(|(group, place)| groups[*place as usize] = group as u32);
        let of_one = |same: &[Outline]| {
            let to_units = |ring: &Vec<[i32; 2]>| ring.iter().map(|corner| corner.map(|c| c * self.side_units)).collect();
            let (shells, holes) = rings::with_shells(same.iter().map(|(_, ring)| to_units(ring)).collect());
            let mut area = Paths::default();
            push_rings(&mut area, &shells, &holes);
            make_sound(&mut area, 0, &mut EdgeRoom::default());
            area
        };
        let colours: Vec<&[Outline]> = rings.chunk_by(|a, b| a.0 == b.0).collect();
        let areas: Vec<Paths> = colours.par_iter().map(|same| of_one(same)).collect();
        let mut found = Vec::new();
        for (same, area) in colours.into_iter().zip(areas) {
            let first = paths.count();
            paths.append(&area);
            if paths.count() > first {
                found.push(Remainder { group: groups[same[0].0 as usize - 1], first, end: paths.count() });
            }
        }
        found
    }
}
