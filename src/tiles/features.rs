//! Which features of a layer a tile draws by themselves, and how the others are merged and counted.

use std::collections::BTreeMap;

use super::budget::is_coverage;
use super::content::{Content, Drawn, Source, TileFeature, counted, holds, lone_point, mercator, points_alone};
use super::draw::{Outcome, PathKind, Pen};
use super::grid::{BUFFER_UNITS, TileId};
use super::join;
use super::remainder::{Remainder, Remainders};
use crate::domain::Extent;
use crate::spatial::{Cell, Cells, LayerIndex, Shape, anchor};

pub(super) fn features<'a>(index: &'a LayerIndex, content: &mut Content<'a>) {
    let (tile, layer) = (content.tile, index.layer());
    let alone = points_alone(index, content);
    content.features.extend(alone.map(|(feature, point)| TileFeature { source: Source::Feature(feature), drawn: Drawn::Point(point) }));
    if content.level.joins_lines(layer, tile.z()) {
        // Points only.
        let mut cells = counted(index, content, f64::MIN_POSITIVE);
        join::lines(index, content, &mut cells);
        merged(cells, Vec::new(), content);
    } else {
        let mut cells = counted(index, content, content.smallest_m());
        let remainders = if is_coverage(layer) {
            let mut remainders = Remainders::new(tile, content.level.remainder_detail());
            shapes(index, content, &mut cells, Some(&mut remainders));
            remainders.finish(&mut content.paths)
        } else {
            shapes(index, content, &mut cells, None);
            Vec::new()
        };
        merged(cells, remainders, content);
    }
    // Each key is made once: comparing the features themselves would read them all over again.
    content.features.sort_by_cached_key(|feature| match &feature.source {
        Source::Feature(feature) | Source::Label { of: feature, .. } => (0, *feature.id.as_bytes(), [0; 2]),
        Source::Joined { id, .. } => (1, *id.as_bytes(), [0; 2]),
        Source::Cluster(cell) => (2, [0; 10], [cell.place[1], cell.place[0]]),
    });
}

/// Draws what is large enough and still there at this zoom. Of a coverage the rest goes to the remainders, in each tile it
/// reaches; it is counted in one.
fn shapes<'a>(index: &'a LayerIndex, content: &mut Content<'a>, cells: &mut Cells<'a>, mut remainders: Option<&mut Remainders>) {
    let (tile, smallest_m) = (content.tile, content.smallest_m());
    let reach = tile.reach_mercator();
    let bits = content.level.cell_bits(tile.z());
    let mut pen = Pen::new(tile, BUFFER_UNITS);
    let from_m = if remainders.is_some() { 0.0 } else { smallest_m };
    let found: Vec<_> = index.window_mercator_sized(&reach, from_m).collect();
    for (feature, extent) in found {
        let Shape::Geometry(geometry) = &feature.mercator else { continue };
        // Small ones are in the cells already.
        if extent.width().max(extent.height()) >= smallest_m {
            let anchored = holds(tile, anchor(&extent));
            match pen.draw(geometry, &reach, anchored, &mut content.paths) {
                Outcome::Drawn { first, end, kind, room } => {
                    let drawn = Drawn::Paths { first, end, kind, room };
                    content.features.push(TileFeature { source: Source::Feature(feature), drawn });
                    continue;
                }
                Outcome::Elsewhere => continue,
                Outcome::Collapsed => cells.add_feature(feature),
            }
        }
        if let Some(remainders) = &mut remainders {
            remainders.add(nearest_cell(tile, bits, &extent), geometry, &extent);
        }
    }
}

/// The number of the cell (row by row) that holds a feature's anchor, or comes nearest to it.
fn nearest_cell(tile: TileId, bits: u8, extent: &Extent) -> u32 {
    let shift = 32 - u32::from(tile.z() + bits);
    let at = anchor(extent).map(|position| position.checked_shr(shift).unwrap_or(0));
    let [column, row] = [0, 1].map(|axis| {
        let first = [tile.x(), tile.y()][axis] << bits;
        at[axis].clamp(first, first + (1 << bits) - 1) - first
    });
    (row << bits) + column
}

/// Adds the cells to the content: as areas, as the points they hold alone, as points in their midst.
fn merged<'a>(cells: Cells<'a>, remainders: Vec<Remainder>, content: &mut Content<'a>) {
    let bits = content.level.cell_bits(content.tile.z());
    let mut areas: BTreeMap<u32, Remainder> = remainders.into_iter().map(|remainder| (remainder.cell, remainder)).collect();
    let area = |of: Remainder| Drawn::Paths { first: of.first, end: of.end, kind: PathKind::Polygons, room: of.room };
    for mut cell in cells.into_vec() {
        trim_kinds(&mut cell, content.level.kinds_named());
        let (source, drawn) = match lone_point(&cell) {
            Some((feature, point)) => (Source::Feature(feature), Drawn::Point(point)),
            None => match areas.remove(&((cell.place[1] << bits) + cell.place[0])) {
                Some(remainder) => (Source::Cluster(cell), area(remainder)),
                None => {
                    let point = mercator(cell.mean());
                    (Source::Cluster(cell), Drawn::Point(point))
                }
            },
        };
        content.features.push(TileFeature { source, drawn });
    }
    for (number, remainder) in areas {
        let cell = Cell::empty([number & ((1 << bits) - 1), number >> bits]);
        content.features.push(TileFeature { source: Source::Cluster(cell), drawn: area(remainder) });
    }
}

/// Of very many kinds the most frequent are named; the rest is in the count.
fn trim_kinds(cell: &mut Cell<'_>, named: usize) {
    if cell.kinds.len() > named {
        cell.kinds.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        cell.kinds.truncate(named);
        cell.kinds.sort_unstable();
    }
}
