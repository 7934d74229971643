//! The world grid of 2^32 x 2^32 squares over web mercator, and the Hilbert curve through it.
//!
//! Every tile and every aggregation cell is a square of 2^k x 2^k grid squares, and the curve runs through each such square
//! without leaving it: features in curve order lie together for every zoom at once. Curve: D. Hilbert, "Über die stetige
//! Abbildung einer Linie auf ein Flächenstück", Math. Ann. 38 (1891).

/// Half the width of the web mercator square (EPSG:3857), metres: pi x 6378137.
pub const MERCATOR_HALF_M: f64 = 20_037_508.342_789_244;

/// Where a web mercator point (x east, y north, metres) lies in the grid: column from the west, row from the north, about
/// 1 cm each. A point outside the square is taken to its edge, so that it belongs to exactly one tile as well.
pub fn grid_position([x, y]: [f64; 2]) -> [u32; 2] {
    const HALF_SQUARES: f64 = 2_147_483_648.0;
    // `as` saturates, which is the clamping wanted here.
    [((1.0 + x / MERCATOR_HALF_M) * HALF_SQUARES) as u32, ((1.0 - y / MERCATOR_HALF_M) * HALF_SQUARES) as u32]
}

/// Sums and bounds of positions on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positions {
    pub sum: [u64; 2],
    pub min: [u32; 2],
    pub max: [u32; 2],
}

impl Positions {
    pub(super) const NONE: Self = Self { sum: [0; 2], min: [u32::MAX; 2], max: [0; 2] };

    pub(super) fn one(at: [u32; 2]) -> Self {
        Self { sum: at.map(u64::from), min: at, max: at }
    }

    pub(super) fn and(self, other: Self) -> Self {
        let pairs =
            |axis: usize| (self.sum[axis] + other.sum[axis], self.min[axis].min(other.min[axis]), self.max[axis].max(other.max[axis]));
        let (x, y) = (pairs(0), pairs(1));
        Self { sum: [x.0, y.0], min: [x.1, y.1], max: [x.2, y.2] }
    }
}

/// The place of a grid square on the curve. The first 2k bits depend on the first k bits of column and row alone.
pub(super) fn curve_key([mut x, mut y]: [u32; 2]) -> u64 {
    let mut key = 0u64;
    for bit in (0..32).rev() {
        let (right, down) = ((x >> bit) & 1, (y >> bit) & 1);
        key = (key << 2) | u64::from((3 * right) ^ down);
        if down == 0 {
            if right == 1 {
                // Bits above `bit` are spent, so flipping all of them does no harm.
                x = !x;
                y = !y;
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    key
}

/// The part of the curve inside tile `z/x/y`: first key, and last key (included).
pub(super) fn tile_keys(z: u8, [x, y]: [u32; 2]) -> (u64, u64) {
    if z == 0 {
        return (0, u64::MAX);
    }
    let shift = 32 - u32::from(z);
    let inside = (1u64 << (2 * shift)) - 1;
    let first = curve_key([x << shift, y << shift]) & !inside;
    (first, first | inside)
}

/// The column or row at zoom `z` of a grid column or row.
pub(super) fn at_zoom(position: u32, z: u8) -> u32 {
    (u64::from(position) >> (32 - u32::from(z))) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_curve_visits_every_square_of_a_small_grid_once_and_steps_to_a_neighbour() {
        let mut squares: Vec<(u64, [u32; 2])> =
            (0..16u32).flat_map(|x| (0..16u32).map(move |y| (curve_key([x << 28, y << 28]) >> 56, [x, y]))).collect();
        squares.sort_unstable();
        assert_eq!(squares.iter().map(|(key, _)| *key).collect::<Vec<_>>(), (0..256).collect::<Vec<_>>());
        for pair in squares.windows(2) {
            let (a, b) = (pair[0].1, pair[1].1);
            assert_eq!(a[0].abs_diff(b[0]) + a[1].abs_diff(b[1]), 1, "{a:?} and {b:?} are not neighbours");
        }
    }

    proptest! {
        #[test]
        fn a_tile_holds_exactly_the_keys_of_its_squares(x: u32, y: u32, z in 0u8..=22, other_x: u32, other_y: u32) {
            let tile = [at_zoom(x, z), at_zoom(y, z)];
            let (first, last) = tile_keys(z, tile);
            let key = curve_key([x, y]);
            prop_assert!(first <= key && key <= last);
            let other = curve_key([other_x, other_y]);
            prop_assert_eq!(first <= other && other <= last, [at_zoom(other_x, z), at_zoom(other_y, z)] == tile);
        }
    }

    #[test]
    fn points_off_the_square_go_to_its_edge() {
        assert_eq!(grid_position([-3e7, 3e7]), [0, 0]);
        assert_eq!(grid_position([3e7, -3e7]), [u32::MAX, u32::MAX]);
        assert_eq!(grid_position([0.0, 0.0]), [1 << 31, 1 << 31]);
    }
}
