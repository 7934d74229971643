//! Cutting lines and rings to the box of a tile, on whole numbers.
//!
//! The parts of a polygon's rings inside the box are put together along its edge (K. Weiler and P. Atherton, SIGGRAPH 1977, for
//! a box). Where rounding leaves open how, a ring is cut side by side (I. Sutherland and G. Hodgman, CACM 17, 1974), which may
//! leave pieces joined along the edge; `sound` takes those apart. An edge is cut at the same place whichever way it runs.

/// A box on the grid of a zoom; both ends belong to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClipBox {
    pub(super) min: [i64; 2],
    pub(super) max: [i64; 2],
}

/// A ring of what was cut from a polygon.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) shell: bool,
    pub(super) ring: Vec<[i64; 2]>,
}

impl ClipBox {
    pub(super) fn holds(&self, path: &[[i64; 2]]) -> bool {
        path.iter().all(|p| (0..2).all(|axis| self.min[axis] <= p[axis] && p[axis] <= self.max[axis]))
    }

    /// Whether all points lie beyond one side.
    fn misses(&self, path: &[[i64; 2]]) -> bool {
        (0..2).any(|axis| path.iter().all(|p| p[axis] < self.min[axis]) || path.iter().all(|p| p[axis] > self.max[axis]))
    }

    /// What of a polygon lies in the box: a shell and its holes, rings without their last corner repeated and of any direction.
    /// The rings come shells first, each followed by its holes. Nothing where a corner lies on the edge, or two rings meet it in
    /// one place after rounding.
    pub(super) fn area(&self, rings: &mut [Vec<[i64; 2]>], spare: &mut Vec<[i64; 2]>) -> Option<Vec<Cut>> {
        let (mut whole, mut parts, mut around) = (Vec::new(), Vec::new(), Vec::new());
        for (at, ring) in rings.iter_mut().enumerate() {
            let area = doubled_area(ring);
            if area == 0 || self.misses(ring) {
                match at {
                    0 => return Some(Vec::new()),
                    _ => continue,
                }
            }
            // Shells run the way that the box is walked around, holes the other.
            if (area > 0) != (at == 0) {
                ring.reverse();
            }
            if self.holds(ring) {
                whole.push(at);
                continue;
            }
            let outside = ring.iter().position(|p| !self.holds(std::slice::from_ref(p)))?;
            ring.rotate_left(outside);
            if ring.iter().any(|p| (0..2).any(|axis| p[axis] == self.min[axis] || p[axis] == self.max[axis])) {
                return None;
            }
            let first = ring[0];
            let before = parts.len();
            ring.push(first);
            self.line(ring, spare, |part| parts.push(part.to_vec()));
            ring.pop();
            if parts.len() == before {
                around.push(at);
            }
        }
        let mut cuts: Vec<Cut> = Vec::new();
        if parts.is_empty() {
            // Nothing crosses the edge: all of the box is inside, or nothing but what lies in it as a whole.
            let inside = around.contains(&0) && around.iter().all(|at| encloses(&rings[*at], self.min) == (*at == 0));
            if inside {
                cuts.push(Cut { shell: true, ring: (0..4).map(|corner| self.corner(corner)).collect() });
            } else if around.contains(&0) {
                return Some(cuts);
            }
        } else {
            self.join(parts, &mut cuts)?;
        }
        let mut holes: Vec<Vec<Cut>> = cuts.iter().map(|_| Vec::new()).collect();
        for at in whole {
            let ring = rings[at].clone();
            if at == 0 {
                cuts.push(Cut { shell: true, ring });
                holes.push(Vec::new());
            } else {
                let of = if cuts.len() == 1 { 0 } else { cuts.iter().position(|shell| encloses(&shell.ring, ring[0]))? };
                holes[of].push(Cut { shell: false, ring });
            }
        }
        Some(cuts.into_iter().zip(holes).flat_map(|(shell, holes)| std::iter::once(shell).chain(holes)).collect())
    }

    /// Puts parts that begin and end on the edge together to rings: from where one ends, along the edge to where the next begins.
    fn join(&self, mut parts: Vec<Vec<[i64; 2]>>, cuts: &mut Vec<Cut>) -> Option<()> {
        let ends = |part: &Vec<[i64; 2]>| Some([self.along(*part.first()?)?, self.along(*part.last()?)?]);
        let ends: Vec<[i64; 2]> = parts.iter().map(ends).collect::<Option<_>>()?;
        let mut places: Vec<i64> = ends.iter().flatten().copied().collect();
        places.sort_unstable();
        if places.windows(2).any(|pair| pair[0] == pair[1]) {
            return None;
        }
        let mut begins: Vec<(i64, usize)> = ends.iter().enumerate().map(|(part, [begin, _])| (*begin, part)).collect();
        begins.sort_unstable();
        let sides = [0, 1, 2, 3].map(|corner| self.along(self.corner(corner)).unwrap_or_default());
        let round = 2 * (self.max[0] - self.min[0] + self.max[1] - self.min[1]);
        for first in 0..parts.len() {
            let mut ring = std::mem::take(&mut parts[first]);
            let mut last = first;
            while !ring.is_empty() {
                let end = ends[last][1];
                let next = begins.partition_point(|(begin, _)| *begin < end);
                let (begin, next) = if next < begins.len() { begins[next] } else { (begins[0].0 + round, begins[0].1) };
                for turn in [0, round] {
                    ring.extend(
                        (0..4).filter(|corner| (end + 1..begin).contains(&(sides[*corner] + turn))).map(|corner| self.corner(corner)),
                    );
                }
                if next == first {
                    cuts.push(Cut { shell: true, ring });
                    break;
                }
                // A part is joined once, or the rings were no rings of one polygon.
                if parts[next].is_empty() {
                    return None;
                }
                ring.append(&mut parts[next]);
                last = next;
            }
        }
        Some(())
    }

    fn corner(&self, number: usize) -> [i64; 2] {
        let [min, max] = [self.min, self.max];
        [[min[0], min[1]], [max[0], min[1]], [max[0], max[1]], [min[0], max[1]]][number]
    }

    /// How far along the edge a place on it lies, from the corner of the smallest coordinates on, first along x.
    fn along(&self, [x, y]: [i64; 2]) -> Option<i64> {
        let [min, max] = [self.min, self.max];
        let [width, height] = [max[0] - min[0], max[1] - min[1]];
        if y == min[1] {
            Some(x - min[0])
        } else if x == max[0] {
            Some(width + y - min[1])
        } else if y == max[1] {
            Some(width + height + max[0] - x)
        } else if x == min[0] {
            Some(2 * width + height + max[1] - y)
        } else {
            None
        }
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

/// In 128 bits: the world has 2^34 units on a side at the last zoom.
fn cross([a, b]: [i64; 2], [c, d]: [i64; 2]) -> i128 {
    i128::from(a) * i128::from(d) - i128::from(b) * i128::from(c)
}

/// Without overflow at any zoom.
fn doubled_area(ring: &[[i64; 2]]) -> i128 {
    let Some(mut before) = ring.last().copied() else { return 0 };
    let mut area = 0;
    for point in ring {
        area += cross(before, *point);
        before = *point;
    }
    area
}

/// Crossing number.
fn encloses(ring: &[[i64; 2]], [x, y]: [i64; 2]) -> bool {
    let Some(mut before) = ring.last().copied() else { return false };
    let mut inside = false;
    for point in ring.iter().copied() {
        let (low, high) = if before[1] <= point[1] { (before, point) } else { (point, before) };
        if low[1] <= y && y < high[1] && cross([high[0] - low[0], high[1] - low[1]], [x - low[0], y - low[1]]) > 0 {
            inside = !inside;
        }
        before = point;
    }
    inside
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
        fn cut_polygons_are_what_of_them_lies_in_the_box(steps in prop::collection::vec((1i64..60, 20i64..260), 3..40), hole in 1i64..16, middle in [-150i64..250, -150i64..250]) {
            use geo::{Area, BooleanOps, Validation};
            // A star around a middle, with a hole of its shape; no corner lies on the edge of the box.
            let total: i64 = steps.iter().map(|(turn, _)| turn).sum();
            let star = |size: i64| {
                let mut turned = 0;
                let corner = |(turn, far): &(i64, i64)| {
                    turned += turn;
                    let angle = turned as f64 / total as f64 * std::f64::consts::TAU;
                    [angle.cos(), angle.sin()].map(|c| (c * (far * size / 16) as f64).round() as i64)
                };
                steps.iter().map(corner).map(|[x, y]| [2 * (middle[0] + x) + 1, 2 * (middle[1] + y) + 1]).collect::<Vec<_>>()
            };
            let mut rings = vec![star(16)];
            if hole < 14 {
                rings.push(star(hole));
            }
            let line = |ring: &[[i64; 2]]| geo_types::LineString::from(ring.iter().map(|p| (p[0] as f64, p[1] as f64)).collect::<Vec<_>>());
            let polygon = geo_types::Polygon::new(line(&rings[0]), rings[1..].iter().map(|ring| line(ring)).collect());
            prop_assume!(polygon.is_valid());
            let bounds = ClipBox { min: [0, 0], max: [200, 200] };
            let square = geo_types::Polygon::new(line(&[[0, 0], [200, 0], [200, 200], [0, 200]]), vec![]);
            let expected = polygon.intersection(&square);
            if let Some(cuts) = bounds.area(&mut rings, &mut Vec::new()) {
                let area: i128 = cuts.iter().map(|cut| doubled_area(&cut.ring)).sum();
                prop_assert!(cuts.iter().all(|cut| (doubled_area(&cut.ring) > 0) == cut.shell || doubled_area(&cut.ring) == 0));
                prop_assert!((area as f64 / 2.0 - expected.unsigned_area()).abs() <= 150.0 * 2.0 * steps.len() as f64, "{} instead of {}", area as f64 / 2.0, expected.unsigned_area());
                prop_assert!(cuts.iter().all(|cut| bounds.holds(&cut.ring)));
            }
        }

        #[test]
        fn an_edge_is_cut_at_the_same_place_both_ways(a in [-999i64..999, -999i64..999], b in [-999i64..999, -999i64..999]) {
            let turned = BOX.segment(b, a).map(|[a, b]| [b, a]);
            prop_assert_eq!(BOX.segment(a, b), turned);
        }
    }
}
