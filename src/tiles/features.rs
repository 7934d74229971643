//! Which features of a layer a tile draws by themselves, and how the others are merged and counted.

use std::collections::{BTreeMap, HashMap};

use super::budget::{FEATURE_BYTES, Level, TOO_HEAVY, is_coverage, is_painted_by_kind, position_bytes};
use super::content::{Content, Drawn, Kept, Source, TileFeature, counted, holds, lone_point, mercator, points_alone};
use super::draw::{Outcome, PathKind, Pen};
use super::grid::{BUFFER_UNITS, TileId};
use super::join::Joined;
use super::painted::Painted;
use super::paths::Paths;
use super::remainder::{Remainder, Remainders};
use super::squares;
use crate::domain::{Extent, Layer};
use crate::spatial::{Cell, Found, LayerIndex, Shape, anchor};

/// Where more zones or parcels than this are too small to be drawn, all are painted: to join them edge by edge takes longer than
/// all the rest of a tile, and what would be drawn by itself is hardly larger than they are.
const MOST_JOINED: usize = 1000;

/// One of so many features is drawn to see what all may weigh, where there are at least as many as that.
const SAMPLED: u8 = 16;
const SAMPLED_FROM: usize = 1000;

pub(super) fn features<'a>(index: &'a LayerIndex, content: &mut Content<'a>) {
    let (tile, layer) = (content.tile, index.layer());
    content.features.extend(drawn_alone(index, content));
    if content.level.joins_lines(layer, tile.z()) {
        let joined = Joined::new(index, content);
        joined_lines(index, joined, content);
    } else if is_coverage(layer) {
        // Points, and areas that are points.
        let cells = counted(index, content, f64::MIN_POSITIVE);
        let mut rest = Rest::new(layer, content);
        if !rest.is_painted() && (small_ones(index, content) > MOST_JOINED || is_too_heavy_by_sample(index, content)) {
            content.given_up = true;
            return;
        }
        shapes(index, content, f64::MIN_POSITIVE, |found| rest.add(index, found));
        if content.given_up {
            return;
        }
        let cells = rest.finish(cells.into_vec(), content);
        clusters(cells, content);
    } else {
        let mut collapsed = Vec::new();
        shapes(index, content, content.smallest_m(), |found| collapsed.push(*found));
        if content.given_up {
            return;
        }
        count_others(index, collapsed, content);
    }
    in_order(content);
}

/// The same layer at a coarser level, made from what a finer one drew; `None` where that does not tell enough.
pub(super) fn coarser<'a>(index: &'a LayerIndex, finer: Content<'a>, level: Level) -> Option<Content<'a>> {
    let (layer, Content { tile, layer: tile_layer, paths, mut features, given_up, kept, .. }) = (index.layer(), finer);
    let mut content = Content::new(tile, tile_layer, level);
    match kept {
        Kept::Joined(joined) => joined_lines(index, joined, &mut content),
        Kept::Collapsed(collapsed) if !given_up && !level.joins_lines(layer, tile.z()) => {
            let smallest_m = content.smallest_m();
            features.retain(|feature| {
                matches!((&feature.source, &feature.drawn), (Source::Feature(_), Drawn::Paths { .. }))
                    && feature.longer_side_m >= smallest_m
            });
            (content.paths, content.features) = (paths, features);
            content.features.extend(drawn_alone(index, &content));
            count_others(index, collapsed, &mut content);
        }
        _ => return None,
    }
    in_order(&mut content);
    Some(content)
}

fn drawn_alone<'a>(index: &'a LayerIndex, content: &Content<'_>) -> impl Iterator<Item = TileFeature<'a>> + use<'a> {
    points_alone(index, content).map(|(feature, point)| TileFeature::new(Source::Feature(feature), Drawn::Point(point)))
}

/// Adds joined lines, and counts the points besides and what is too short to be seen.
fn joined_lines<'a>(index: &'a LayerIndex, joined: Joined<'a>, content: &mut Content<'a>) {
    // Points only: which lines are counted is told by what they are joined to.
    let mut cells = counted(index, content, f64::MIN_POSITIVE);
    joined.add(index, content, &mut cells);
    clusters(cells.into_vec(), content);
    content.kept = Kept::Joined(joined);
}

/// Counts what is smaller than what is drawn, and of the others what is not seen at this zoom.
fn count_others<'a>(index: &'a LayerIndex, collapsed: Vec<Found<'a>>, content: &mut Content<'a>) {
    let smallest_m = content.smallest_m();
    let mut cells = counted(index, content, smallest_m);
    // Smaller ones are in the cells already.
    collapsed.iter().filter(|found| longer_side_m(&found.extent) >= smallest_m).for_each(|found| cells.add(found));
    clusters(cells.into_vec(), content);
    content.kept = Kept::Collapsed(collapsed);
}

/// Features by id, then joined lines, then clusters by row and column.
fn in_order(content: &mut Content<'_>) {
    // Each key is made once: comparing the features themselves would read them all over again.
    content.features.sort_by_cached_key(|feature| match &feature.source {
        Source::Feature(feature) | Source::Label { of: feature, .. } => (0, *feature.id.as_bytes(), [0; 2], None),
        Source::Joined { id, .. } => (1, *id.as_bytes(), [0; 2], None),
        Source::Cluster { cell, kind } => (2, [0; 10], [cell.place[1], cell.place[0]], *kind),
    });
}

fn longer_side_m(extent: &Extent) -> f64 {
    extent.width().max(extent.height())
}

/// How many features of the tile are not large enough to be drawn by themselves.
fn small_ones(index: &LayerIndex, content: &Content<'_>) -> usize {
    let smallest_m = content.smallest_m();
    let reach = content.tile.reach_mercator();
    let sized = index.window_mercator_sized(&reach, f64::MIN_POSITIVE);
    sized.filter(|found| longer_side_m(&found.extent) < smallest_m).count()
}

/// Whether every so manieth of what is large enough to be drawn by itself comes to so much that all will be too heavy by far.
/// Which ones are looked at depends on nothing but their ids.
fn is_too_heavy_by_sample<'a>(index: &'a LayerIndex, content: &mut Content<'a>) -> bool {
    let (tile, reach) = (content.tile, content.tile.reach_mercator());
    let mut pen = Pen::new(tile, BUFFER_UNITS, content.detail());
    let (mut paths, mut drawn, mut seen) = (Paths::default(), 0, 0);
    for found in index.window_mercator_sized(&reach, content.smallest_m()) {
        seen += 1;
        if found.feature.id.as_bytes()[9] % SAMPLED == 0 {
            let anchored = holds(tile, anchor(&found.extent));
            drawn += usize::from(matches!(pen.draw_found(index, &found, &reach, anchored, &mut paths), Outcome::Drawn { .. }));
        }
    }
    let weighs = drawn * FEATURE_BYTES + paths.points_in(0, paths.count()) * position_bytes(tile);
    seen >= SAMPLED_FROM && weighs * usize::from(SAMPLED) > TOO_HEAVY * 11 / 10
}

/// Draws what is large enough and still there at this zoom, and hands over what is not, of all that is at least `from_m` long.
fn shapes<'a>(index: &'a LayerIndex, content: &mut Content<'a>, from_m: f64, mut left: impl FnMut(&Found<'a>)) {
    let (tile, smallest_m) = (content.tile, content.smallest_m());
    let reach = tile.reach_mercator();
    let mut pen = Pen::new(tile, BUFFER_UNITS, content.detail());
    let position = position_bytes(tile);
    for found in index.window_mercator_sized(&reach, from_m) {
        let Found { feature, extent, .. } = found;
        let longer_side_m = longer_side_m(&extent);
        if longer_side_m >= smallest_m {
            let anchored = holds(tile, anchor(&extent));
            match pen.draw_found(index, &found, &reach, anchored, &mut content.paths) {
                Outcome::Drawn { first, end, kind } => {
                    let drawn = Drawn::Paths { first, end, kind };
                    content.features.push(TileFeature { source: Source::Feature(feature), drawn, longer_side_m });
                    // Both only grow: what is certain to be too heavy is not drawn to its end.
                    if content.features.len() * FEATURE_BYTES + content.paths.points_in(0, end) * position > TOO_HEAVY {
                        content.given_up = true;
                        return;
                    }
                    continue;
                }
                Outcome::Elsewhere => continue,
                Outcome::Collapsed => {}
            }
        }
        left(&found);
    }
}

/// What of a coverage is not drawn by itself: an area for each cell and kind, in each tile it reaches; counted in one.
struct Rest<'a> {
    tile: TileId,
    cell_bits: u8,
    /// Whether what is of different kinds must not be merged.
    by_kind: bool,
    numbers: HashMap<(u32, Option<&'a str>), u32>,
    groups: Vec<Group<'a>>,
    areas: Areas<'a>,
}

/// How the areas of what is not drawn by itself are found.
enum Areas<'a> {
    /// From the edges of few and small ones.
    Joined(Remainders),
    /// From squares, where nothing is drawn by itself.
    Painted(Painted<'a>),
}

struct Group<'a> {
    kind: Option<&'a str>,
    cell: Cell<'a>,
    area: Option<Remainder>,
}

impl<'a> Rest<'a> {
    fn is_painted(&self) -> bool {
        matches!(self.areas, Areas::Painted(_))
    }

    fn new(layer: Layer, content: &Content<'_>) -> Self {
        let tile = content.tile;
        Self {
            tile,
            cell_bits: content.level.cell_bits(tile.z()),
            by_kind: is_painted_by_kind(layer),
            numbers: HashMap::new(),
            groups: Vec::new(),
            areas: match content.level.square_units() {
                Some(side) => Areas::Painted(Painted::new(tile, side, squares::slot(tile.z(), content.level))),
                None => Areas::Joined(Remainders::new(tile, content.detail())),
            },
        }
    }

    fn add(&mut self, index: &'a LayerIndex, found: &Found<'a>) {
        let Found { feature, extent, .. } = *found;
        let kind = index.kind(found).filter(|_| self.by_kind);
        let cell = nearest_cell(self.tile, self.cell_bits, &extent);
        let number = *self.numbers.entry((cell, kind)).or_insert_with(|| {
            let place = [cell & ((1 << self.cell_bits) - 1), cell >> self.cell_bits];
            self.groups.push(Group { kind, cell: Cell::empty(place), area: None });
            self.groups.len() as u32 - 1
        });
        let position = anchor(&extent);
        if holds(self.tile, position) {
            self.groups[number as usize].cell.count(index, found, position);
        }
        match (&mut self.areas, &feature.mercator) {
            (Areas::Painted(areas), _) => areas.add(number, index, found),
            (Areas::Joined(areas), Shape::Geometry(geometry)) => areas.add(number, geometry, &extent),
            (Areas::Joined(_), _) => {}
        }
    }

    /// Adds the areas to the content. What has none is counted by the largest area of its cell; returned are the cells without
    /// any, and what was counted before in those.
    fn finish(self, counted: Vec<Cell<'a>>, content: &mut Content<'a>) -> Vec<Cell<'a>> {
        let Self { mut groups, areas, .. } = self;
        let found = match areas {
            Areas::Joined(areas) => areas.finish(&mut content.paths),
            Areas::Painted(areas) => {
                let mut by_place: Vec<u32> = (0..groups.len() as u32).collect();
                by_place.sort_unstable_by_key(|at| (groups[*at as usize].cell.place, groups[*at as usize].kind));
                let mut order = vec![0; groups.len()];
                by_place.iter().enumerate().for_each(|(place, group)| order[*group as usize] = place as u32);
                areas.finish(&order, &mut content.paths)
            }
        };
        for remainder in found {
            groups[remainder.group as usize].area = Some(remainder);
        }
        let place = |cell: &Cell<'_>| [cell.place[1], cell.place[0]];
        let mut cells: BTreeMap<[u32; 2], Cell<'a>> = counted.into_iter().map(|cell| (place(&cell), cell)).collect();
        let (mut areas, bare): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.area.is_some());
        for Group { cell, .. } in bare {
            match cells.get_mut(&place(&cell)) {
                Some(known) => known.absorb(cell),
                None => drop(cells.insert(place(&cell), cell)),
            }
        }
        areas.sort_by(|a, b| (place(&a.cell), b.cell.count, a.kind).cmp(&(place(&b.cell), a.cell.count, b.kind)));
        for Group { kind, mut cell, area } in areas {
            if let Some(bare) = cells.remove(&place(&cell)) {
                cell.absorb(bare);
            }
            let Some(Remainder { first, end, .. }) = area else { continue };
            let drawn = Drawn::Paths { first, end, kind: PathKind::Polygons };
            content.features.push(TileFeature::new(Source::Cluster { cell: told(cell, content), kind }, drawn));
        }
        cells.into_values().filter(|cell| cell.count > 0).collect()
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

/// Adds cells to the content: as the points they hold alone, or as points in their midst.
fn clusters<'a>(cells: Vec<Cell<'a>>, content: &mut Content<'a>) {
    for cell in cells {
        let (source, drawn) = match lone_point(&cell) {
            Some((feature, point)) => (Source::Feature(feature), Drawn::Point(point)),
            None => {
                let point = mercator(cell.mean());
                (Source::Cluster { cell: told(cell, content), kind: None }, Drawn::Point(point))
            }
        };
        content.features.push(TileFeature::new(source, drawn));
    }
}

/// The cell as the tile tells it. Of very many kinds the most frequent are named; the rest is in the count.
fn told<'a>(mut cell: Cell<'a>, content: &Content<'_>) -> Cell<'a> {
    let named = content.level.kinds_named();
    if cell.kinds.len() > named {
        cell.kinds.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        cell.kinds.truncate(named);
    }
    cell.kinds.sort_unstable();
    cell
}
