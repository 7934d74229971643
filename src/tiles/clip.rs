//! Cutting lines and rings to the box of a tile, on whole numbers.
//!
//! A ring is cut side by side (I. Sutherland and G. Hodgman, CACM 17, 1974), which may leave pieces joined along the edge of
//! the box; `sound` takes those apart. An edge is cut at the same place whichever way it runs.

/// A box on the grid of a zoom; both ends belong to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClipBox {
    pub(super) min: [i64; 2],
    pub(super) max: [i64; 2],
}

impl ClipBox {
    fn holds(&self, path: &[[i64; 2]]) -> bool {
        path.iter().all(|p| (0..2).all(|axis| self.min[axis] <= p[axis] && p[axis] <= self.max[axis]))
    }

    /// Whether all points lie beyond one side.
    fn misses(&self, path: &[[i64; 2]]) -> bool {
        (0..2).any(|axis| path.iter().all(|p| p[axis] < self.min[axis]) || path.iter().all(|p| p[axis] > self.max[axis]))
    }

    /// Cuts a ring (last corner not repeated) in place; empty when nothing is left. `spare` is room to work in.
    pub(super) fn ring(&self, ring: &mut Vec<[i64; 2]>, spare: &mut Vec<[i64; 2]>) {
        if self.holds(ring) {
            return;
        }
        if self.misses(ring) {
            ring.clear();
            return;
        }
        for axis in 0..2 {
            for (bound, sign) in [(self.min[axis], 1), (self.max[axis], -1)] {
                if ring.iter().all(|p| (p[axis] - bound) * sign >= 0) {
                    continue;
                }
                spare.clear();
                let mut before = match ring.last() {
                    Some(last) => *last,
                    None => return,
                };
                for &point in ring.iter() {
                    let (was_in, is_in) = ((before[axis] - bound) * sign >= 0, (point[axis] - bound) * sign >= 0);
                    if was_in != is_in {
                        push(spare, crossing(before, point, axis, bound));
                    }
                    if is_in {
                        push(spare, point);
                    }
                    before = point;
                }
                while spare.len() > 1 && spare.first() == spare.last() {
                    spare.pop();
                }
                std::mem::swap(ring, spare);
            }
        }
    }

    /// The parts of a line inside the box, each handed to `part`; touching a corner or an edge at a point is no part.
    pub(super) fn line(&self, line: &[[i64; 2]], spare: &mut Vec<[i64; 2]>, mut part: impl FnMut(&[[i64; 2]])) {
        if self.holds(line) {
            part(line);
            return;
        }
        if self.misses(line) {
            return;
        }
        spare.clear();
        for pair in line.windows(2) {
            let Some([from, to]) = self.segment(pair[0], pair[1]) else { continue };
            if spare.last() != Some(&from) {
                if spare.len() > 1 {
                    part(spare);
                }
                spare.clear();
                spare.push(from);
            }
            push(spare, to);
        }
        if spare.len() > 1 {
            part(spare);
        }
    }

    fn segment(&self, mut a: [i64; 2], mut b: [i64; 2]) -> Option<[[i64; 2]; 2]> {
        for axis in 0..2 {
            for (bound, sign) in [(self.min[axis], 1), (self.max[axis], -1)] {
                match ((a[axis] - bound) * sign >= 0, (b[axis] - bound) * sign >= 0) {
                    (false, false) => return None,
                    (true, true) => {}
                    (false, true) => a = crossing(a, b, axis, bound),
                    (true, false) => b = crossing(a, b, axis, bound),
                }
            }
        }
        Some([a, b])
    }
}

fn push(path: &mut Vec<[i64; 2]>, point: [i64; 2]) {
    if path.last() != Some(&point) {
        path.push(point);
    }
}

/// Where the edge meets the line `axis = bound`, rounded; the same for both directions.
fn crossing(a: [i64; 2], b: [i64; 2], axis: usize, bound: i64) -> [i64; 2] {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let other = 1 - axis;
    let share = (bound - a[axis]) as f64 / (b[axis] - a[axis]) as f64;
    let mut point = [bound; 2];
    point[other] = a[other] + ((b[other] - a[other]) as f64 * share).round() as i64;
    point
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOX: ClipBox = ClipBox { min: [0, 0], max: [100, 100] };

    fn doubled_area(ring: &[[i64; 2]]) -> i64 {
        (0..ring.len()).map(|at| (ring[at], ring[(at + 1) % ring.len()])).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
    }

    #[test]
    fn a_ring_around_the_box_becomes_the_box() {
        let mut ring = vec![[-900, -900], [900, -950], [910, 900], [-900, 880]];
        BOX.ring(&mut ring, &mut Vec::new());
        assert_eq!(doubled_area(&ring), 20_000);
        assert_eq!(ring.len(), 4);
    }

    #[test]
    fn a_ring_beside_the_box_leaves_nothing() {
        let mut ring = vec![[-50, -50], [-10, 150], [-60, 150]];
        BOX.ring(&mut ring, &mut Vec::new());
        assert!(ring.is_empty());
    }

    #[test]
    fn a_line_that_leaves_and_returns_is_two_parts() {
        let mut parts = Vec::new();
        BOX.line(&[[10, 10], [10, 150], [50, 150], [50, 20], [60, 20]], &mut Vec::new(), |part| parts.push(part.to_vec()));
        assert_eq!(parts, vec![vec![[10, 10], [10, 100]], vec![[50, 100], [50, 20], [60, 20]]]);
    }

    proptest! {
        #[test]
        fn cut_triangles_have_the_area_of_those_parts_of_the_box(points in [[-150i64..250, -150i64..250], [-150i64..250, -150i64..250], [-150i64..250, -150i64..250]]) {
            use geo::{Area, BooleanOps};
            let polygon = |ring: &[[i64; 2]]| geo_types::Polygon::new(ring.iter().map(|p| (p[0] as f64, p[1] as f64)).collect::<Vec<_>>().into(), vec![]);
            let expected = polygon(&points).intersection(&polygon(&[[0, 0], [100, 0], [100, 100], [0, 100]])).unsigned_area();
            let mut ring = points.to_vec();
            BOX.ring(&mut ring, &mut Vec::new());
            let area = doubled_area(&ring).abs() as f64 / 2.0;
            // Six corners at most, each rounded by half a unit.
            prop_assert!((area - expected).abs() <= 6.0 * 75.0, "{} instead of {}", area, expected);
        }

        #[test]
        fn an_edge_is_cut_at_the_same_place_both_ways(a in [-999i64..999, -999i64..999], b in [-999i64..999, -999i64..999]) {
            let turned = BOX.segment(b, a).map(|[a, b]| [b, a]);
            prop_assert_eq!(BOX.segment(a, b), turned);
        }
    }
}
