//! What is too small or too dense to be drawn by itself, counted by cells of the world grid.

use super::curve::{Positions, at_zoom, grid_position, tile_keys};
use super::feature::{Feature, Shape, anchor, size_m};
use super::index::{Found, LayerIndex};
use crate::domain::{Extent, Layer};

/// Which features are counted, and how finely.
#[derive(Clone, Copy, Debug)]
pub struct CellQuery {
    /// The tile whose cells are asked for: zoom (at most 28), column, row.
    pub z: u8,
    pub tile: [u32; 2],
    /// A tile has 2^`cell_bits` cells on a side; at most 6.
    pub cell_bits: u8,
    /// Counted are features whose mercator box is shorter than this on its longer side.
    pub smaller_than_m: f64,
    /// Whether points are counted; otherwise they stand alone.
    pub points: bool,
}

/// What was counted in one cell. A feature belongs to the cell its anchor lies in, the centre of its mercator box: to
/// exactly one cell of exactly one tile at each zoom.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// Column from the west and row from the north inside the tile.
    pub place: [u32; 2],
    pub count: u64,
    /// The anchors on the world grid ([`grid_position`]).
    pub anchors: Positions,
    /// How many there are of each value of the kind field, by value. Features without one are in `count` only.
    pub kinds: Vec<(&'a str, u64)>,
    /// The feature, when it is the only one.
    pub only: Option<&'a Feature>,
}

/// The index of the field that tells the kinds of a layer apart, if it has one.
pub fn kind_field(layer: Layer) -> Option<u8> {
    let name = match layer {
        Layer::Divisions => "level",
        Layer::Zoning | Layer::Roads | Layer::PlaceNames => "class",
        Layer::Parcels => "land_use",
        Layer::ControlAreas | Layer::PermitFootprints | Layer::BoundaryMarkers => "kind",
        Layer::Buildings => "use",
        Layer::Permits => "status",
        Layer::BoundaryLines => "rank",
        Layer::DoorPlates => return None,
    };
    layer.field_index(name).map(|index| index as u8)
}

impl<'a> Cell<'a> {
    /// One with nothing counted yet.
    pub fn empty(place: [u32; 2]) -> Self {
        Self { place, count: 0, anchors: Positions::NONE, kinds: Vec::new(), only: None }
    }

    /// Counts a feature of a layer at a position of the world grid.
    pub fn count(&mut self, index: &'a LayerIndex, found: &Found<'a>, position: [u32; 2]) {
        self.add(1, Positions::one(position), index.kind(found).map(|kind| (kind, 1)).into_iter(), Some(found.feature));
    }

    fn add(&mut self, count: u64, anchors: Positions, kinds: impl Iterator<Item = (&'a str, u64)>, only: Option<&'a Feature>) {
        self.only = if self.count == 0 { only } else { None };
        self.count += count;
        self.anchors = self.anchors.and(anchors);
        for (kind, count) in kinds {
            // Nearly always the very text that was counted before.
            let same = self.kinds.iter().position(|(known, _)| std::ptr::eq(*known, kind));
            match same.or_else(|| self.kinds.iter().position(|(known, _)| *known == kind)) {
                Some(at) => self.kinds[at].1 += count,
                None => self.kinds.push((kind, count)),
            }
        }
    }

    /// Counts what another cell counts here too.
    pub fn absorb(&mut self, other: Self) {
        self.add(other.count, other.anchors, other.kinds.into_iter(), other.only);
    }

    /// The mean of the anchors on the world grid.
    pub fn mean(&self) -> [u32; 2] {
        self.anchors.sum.map(|sum| (sum / self.count.max(1)) as u32)
    }
}

impl LayerIndex {
    /// The cells of a tile, filled with what is to be counted. A million features in view cost about a millisecond: blocks
    /// that lie in one cell are taken as a whole.
    pub fn cells(&self, query: &CellQuery) -> Cells<'_> {
        let mut cells = Cells::new(query, self);
        let wanted = |extent: &Extent, feature: &Feature| {
            size_m(extent) < query.smaller_than_m && (query.points || !matches!(feature.mercator, Shape::Point(_)))
        };
        if query.points || !self.base.all_points() {
            for block in self.blocks_in(query) {
                let members = self.base.block_members(block);
                let sum = &self.base.blocks[block];
                let same_cell = cells.of(sum.anchors.min).filter(|cell| cells.of(sum.anchors.max) == Some(*cell));
                match same_cell {
                    Some(cell)
                        if query.points && f64::from(sum.max_size_m) < query.smaller_than_m && self.hidden_in(&members).is_empty() =>
                    {
                        let first = block.checked_sub(1).map_or(0, |before| self.base.blocks[before].kinds_end as usize);
                        let kinds = self.base.kind_counts[first..sum.kinds_end as usize]
                            .iter()
                            .map(|(kind, count)| (&*self.base.kinds[usize::from(*kind)], u64::from(*count)));
                        let only = if members.len() == 1 { Some(&*self.base.features[members.start]) } else { None };
                        cells.cell(cell).add(members.len() as u64, sum.anchors, kinds, only);
                    }
                    _ => {
                        for at in self.live(members) {
                            let (feature, extent) = (&*self.base.features[at], self.base.mercator_box(at));
                            if wanted(&extent, feature) {
                                cells.add(&Found::of_base(feature, extent, at));
                            }
                        }
                    }
                }
            }
        }
        for entry in self.delta.anchored(tile_keys(query.z, query.tile)) {
            if wanted(&entry.boxes.mercator, &entry.feature) {
                cells.add(&Found::of_delta(entry));
            }
        }
        cells
    }

    /// The points whose anchor lies in a tile (zoom at most 28), each in exactly one tile of a zoom; order as in
    /// [`Self::window_mercator`].
    pub fn points_in_tile(&self, z: u8, tile: [u32; 2]) -> impl Iterator<Item = &Feature> {
        let query = CellQuery { z, tile, cell_bits: 0, smaller_than_m: 0.0, points: true };
        let inside = move |feature: &&Feature| match feature.mercator {
            Shape::Point(point) => grid_position(point).map(|position| at_zoom(position, z)) == tile,
            _ => false,
        };
        let base = self
            .blocks_in(&query)
            .flat_map(|block| self.live(self.base.block_members(block)))
            .map(|at| &*self.base.features[at])
            .filter(inside);
        base.chain(self.delta.anchored(tile_keys(z, tile)).map(|entry| &*entry.feature).filter(inside))
    }

    /// The blocks that may hold anchors of the tile.
    fn blocks_in(&self, query: &CellQuery) -> std::ops::Range<usize> {
        let (first, last) = tile_keys(query.z, query.tile);
        let blocks = &self.base.blocks;
        // The block before the first that begins in the tile may reach into it.
        let from = blocks.partition_point(|block| block.first_key < first).saturating_sub(1);
        from..blocks.partition_point(|block| block.first_key <= last).max(from)
    }
}

/// Which cell of a tile a feature with this box belongs to, if it belongs to the tile; see [`Cell`].
pub(super) fn cell_of(query: &CellQuery, anchor: [u32; 2]) -> Option<[u32; 2]> {
    let bits = query.z + query.cell_bits;
    let column_row = anchor.map(|position| at_zoom(position, bits));
    let tile = column_row.map(|position| position >> query.cell_bits);
    (tile == query.tile).then(|| column_row.map(|position| position & ((1 << query.cell_bits) - 1)))
}

/// The cells of one tile, as they fill.
#[derive(Debug)]
pub struct Cells<'a> {
    query: CellQuery,
    index: &'a LayerIndex,
    side: u32,
    filled: Vec<Option<Cell<'a>>>,
}

impl<'a> Cells<'a> {
    fn new(query: &CellQuery, index: &'a LayerIndex) -> Self {
        let side = 1 << query.cell_bits;
        Self { query: *query, index, side, filled: vec![None; (side * side) as usize] }
    }

    fn of(&self, anchor: [u32; 2]) -> Option<[u32; 2]> {
        cell_of(&self.query, anchor)
    }

    /// Counts one more feature, if its anchor lies in the tile.
    pub fn add(&mut self, found: &Found<'a>) {
        self.add_at(anchor(&found.extent), found);
    }

    /// Counts one more feature at a position of the world grid, if that lies in the tile.
    pub fn add_at(&mut self, position: [u32; 2], found: &Found<'a>) {
        let Some(place) = self.of(position) else { return };
        let index = self.index;
        self.cell(place).count(index, found, position);
    }

    fn cell(&mut self, place: [u32; 2]) -> &mut Cell<'a> {
        self.filled[(place[1] * self.side + place[0]) as usize].get_or_insert_with(|| Cell::empty(place))
    }

    /// The cells that hold something, by row and column.
    pub fn into_vec(self) -> Vec<Cell<'a>> {
        let mut cells: Vec<Cell<'a>> = self.filled.into_iter().flatten().collect();
        for cell in &mut cells {
            cell.kinds.sort_unstable();
        }
        cells
    }
}
