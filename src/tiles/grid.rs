//! The tile grid over web mercator (the usual z/x/y, rows from the north), and the way out of mercator to WGS 84.

use crate::domain::Extent;
use crate::spatial::{MERCATOR_HALF_M, grid_position};

/// Units on a side of a tile: its coordinates go from 0 to 4096, x east, y south.
pub const TILE_UNITS: i32 = 4096;
/// How far features reach over the edge of a tile, in those units, so that wide lines have no seams.
pub const BUFFER_UNITS: i32 = 128;
/// Units in a pixel: a tile is drawn at 512 pixels at most.
pub const PIXEL_UNITS: i32 = TILE_UNITS / 512;

/// A tile of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    z: u8,
    x: u32,
    y: u32,
}

/// Columns and rows of tiles, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileRange {
    pub z: u8,
    pub x: [u32; 2],
    pub y: [u32; 2],
}

impl TileId {
    pub const MAX_Z: u8 = 22;

    /// `None` outside the grid.
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= Self::MAX_Z && x < 1 << z && y < 1 << z).then_some(Self { z, x, y })
    }

    pub fn z(self) -> u8 {
        self.z
    }

    /// Column from the west.
    pub fn x(self) -> u32 {
        self.x
    }

    /// Row from the north.
    pub fn y(self) -> u32 {
        self.y
    }

    /// Without the buffer; web mercator metres.
    pub fn extent_mercator(self) -> Extent {
        let side = side_m(self.z);
        let west = f64::from(self.x) * side - MERCATOR_HALF_M;
        let north = MERCATOR_HALF_M - f64::from(self.y) * side;
        Extent { min: [west, north - side], max: [west + side, north] }
    }

    /// All that can show in the tile: the buffer, and what rounding and simplification may move.
    pub fn reach_mercator(self) -> Extent {
        self.extent_mercator().grown(reach_m(self.z))
    }
}

impl TileRange {
    pub fn contains(&self, tile: TileId) -> bool {
        tile.z == self.z && (self.x[0]..=self.x[1]).contains(&tile.x) && (self.y[0]..=self.y[1]).contains(&tile.y)
    }

    pub fn count(&self) -> u64 {
        u64::from(self.x[1] - self.x[0] + 1) * u64::from(self.y[1] - self.y[0] + 1)
    }

    pub fn iter(self) -> impl Iterator<Item = TileId> {
        (self.y[0]..=self.y[1]).flat_map(move |y| (self.x[0]..=self.x[1]).map(move |x| TileId { z: self.z, x, y }))
    }
}

/// The tiles of zoom `z` (at most 22) whose content can depend on what lies in a web mercator box.
pub fn tiles_reached(extent: &Extent, z: u8) -> TileRange {
    let z = z.min(TileId::MAX_Z);
    let grown = extent.grown(reach_m(z));
    let tile = |corner| grid_position(corner).map(|position| (u64::from(position) >> (32 - u32::from(z))) as u32);
    let north_west = tile([grown.min[0], grown.max[1]]);
    let south_east = tile([grown.max[0], grown.min[1]]);
    TileRange { z, x: [north_west[0], south_east[0]], y: [north_west[1], south_east[1]] }
}

/// A unit of a tile, web mercator metres.
pub(super) fn unit_m(z: u8) -> f64 {
    side_m(z) / f64::from(TILE_UNITS)
}

/// Degrees of WGS 84 for a web mercator point: lon, lat. EPSG guidance note 7-2, "Popular Visualisation Pseudo Mercator".
pub(super) fn to_wgs84([x, y]: [f64; 2]) -> [f64; 2] {
    let turn = std::f64::consts::PI / MERCATOR_HALF_M;
    [x / MERCATOR_HALF_M * 180.0, (y * turn).sinh().atan().to_degrees()]
}

fn side_m(z: u8) -> f64 {
    2.0 * MERCATOR_HALF_M / f64::from(1u32 << z)
}

fn reach_m(z: u8) -> f64 {
    f64::from(BUFFER_UNITS + 2 * PIXEL_UNITS) * unit_m(z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tiles_outside_the_grid_do_not_exist() {
        assert!(TileId::new(22, (1 << 22) - 1, 0).is_some());
        assert!(TileId::new(22, 1 << 22, 0).is_none());
        assert!(TileId::new(3, 0, 8).is_none());
        assert!(TileId::new(23, 0, 0).is_none());
    }

    #[test]
    fn a_known_tile_lies_where_others_say_it_does() {
        // Kunming, as every slippy map counts it.
        let tile = TileId::new(10, 804, 438).unwrap();
        let extent = tile.extent_mercator();
        let (south_west, north_east) = (to_wgs84(extent.min), to_wgs84(extent.max));
        assert!((south_west[0] - 102.65625).abs() < 1e-9 && (north_east[0] - 103.0078125).abs() < 1e-9);
        assert!((north_east[1] - 25.165173).abs() < 1e-6 && (south_west[1] - 24.846565).abs() < 1e-6, "{south_west:?} {north_east:?}");
    }

    proptest! {
        #[test]
        fn tiles_reached_are_those_whose_reach_meets_the_box(x in -2e7..2e7f64, y in -2e7..2e7f64, w in 0.0..9e5f64, h in 0.0..9e5f64, z in 0u8..8) {
            let extent = Extent { min: [x, y], max: [x + w, y + h] };
            let range = tiles_reached(&extent, z);
            for row in 0..1u32 << z {
                for column in 0..1u32 << z {
                    let tile = TileId::new(z, column, row).unwrap();
                    if tile.reach_mercator().grown(-1.0).intersects(&extent) {
                        prop_assert!(range.contains(tile), "{:?} misses {:?}", range, tile);
                    } else if !tile.reach_mercator().grown(1.0).intersects(&extent) {
                        prop_assert!(!range.contains(tile), "{:?} has {:?}", range, tile);
                    }
                }
            }
            prop_assert_eq!(range.iter().count() as u64, range.count());
        }
    }
}
