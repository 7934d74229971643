//! From loose boundary edges to the rings of valid polygons.
//!
//! Edges meet at their ends only and have the inside on their left. A walk that keeps to the inside goes around one
//! connected piece of it; where it comes back to a corner it has been at, a ring is complete.

use std::collections::HashMap;

use super::sound::{doubled_area, turn};

/// A ring without repeated corners: of positive area around a shell, of negative around a hole.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) points: Vec<[i32; 2]>,
    area: i64,
    /// For a hole, the number of the shell it lies in.
    pub(super) shell: Option<usize>,
}

/// The shells, and the holes with their shells; in an order that depends on the edges only.
pub(super) fn trace(mut edges: Vec<[[i32; 2]; 2]>) -> (Vec<Ring>, Vec<Ring>) {
    edges.sort_unstable();
    let mut used = vec![false; edges.len()];
    let mut rings = Vec::new();
    for start in 0..edges.len() {
        let mut walk: Vec<[i32; 2]> = Vec::new();
        let mut places: HashMap<[i32; 2], usize> = HashMap::new();
        let mut next = Some(start);
        while let Some(edge) = next.filter(|edge| !used[*edge]) {
            used[edge] = true;
            let [from, to] = edges[edge];
            places.insert(from, walk.len());
            walk.push(from);
            if let Some(&place) = places.get(&to) {
                let points = walk.split_off(place);
                points.iter().for_each(|point| {
                    places.remove(point);
                });
                rings.push(points);
            }
            next = following(&edges, [from, to]);
        }
    }
    with_shells(rings)
}

/// Rings that do not cross, as shells and as holes with the smallest shell around each.
pub(super) fn with_shells(rings: Vec<Vec<[i32; 2]>>) -> (Vec<Ring>, Vec<Ring>) {
    let (mut shells, mut holes) = (Vec::new(), Vec::new());
    for points in rings {
        let area = doubled_area(&points);
        let ring = Ring { points, area, shell: None };
        match area {
            1.. => shells.push(ring),
            ..0 => holes.push(ring),
            0 => {}
        }
    }
    for hole in &mut holes {
        let around = shells.iter().enumerate().filter(|(_, shell)| encloses(&shell.points, hole));
        hole.shell = around.min_by_key(|(at, shell)| (shell.area, *at)).map(|(at, _)| at);
    }
    (shells, holes)
}

/// The edge that goes on along the same inside: the first one clockwise from where `edge` came.
fn following(edges: &[[[i32; 2]; 2]], [from, to]: [[i32; 2]; 2]) -> Option<usize> {
    let first = edges.partition_point(|edge| edge[0] < to);
    let leaving = edges[first..].iter().take_while(|edge| edge[0] == to).count();
    let sector = |end: [i32; 2]| match turn(to, from, end) {
        ..0 => 0,
        0 if end == from => 3,
        0 => 1,
        1.. => 2,
    };
    (first..first + leaving).min_by(|a, b| {
        let (a, b) = (edges[*a][1], edges[*b][1]);
        sector(a).cmp(&sector(b)).then_with(|| turn(to, a, b).cmp(&0))
    })
}

/// Whether a hole lies in a shell: by the middle of an edge, which touches no other ring. Crossing number, at twice the scale.
fn encloses(shell: &[[i32; 2]], hole: &Ring) -> bool {
    let middle = [0, 1].map(|axis| hole.points[0][axis] + hole.points[1][axis]);
    let double = |p: [i32; 2]| p.map(|c| 2 * c);
    let Some(mut before) = shell.last().map(|p| double(*p)) else { return false };
    let mut inside = false;
    for point in shell.iter().map(|p| double(*p)) {
        let (low, high) = if before[1] <= point[1] { (before, point) } else { (point, before) };
        if low[1] <= middle[1] && middle[1] < high[1] && turn(low, high, middle) > 0 {
            inside = !inside;
        }
        before = point;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Edges of rings given by corners, each closed.
    fn edges(rings: &[&[[i32; 2]]]) -> Vec<[[i32; 2]; 2]> {
        rings.iter().flat_map(|ring| (0..ring.len()).map(|at| [ring[at], ring[(at + 1) % ring.len()]])).collect()
    }

    #[test]
    fn squares_that_touch_at_a_corner_are_two() {
        let (shells, holes) = trace(edges(&[&[[0, 0], [1, 0], [1, 1], [0, 1]], &[[1, 1], [2, 1], [2, 2], [1, 2]]]));
        assert_eq!((shells.len(), holes.len()), (2, 0));
    }

    #[test]
    fn a_hole_that_touches_its_shell_at_a_corner_is_a_hole() {
        let (shells, holes) = trace(edges(&[&[[0, 0], [4, 0], [8, 0], [8, 8], [0, 8]], &[[4, 0], [3, 3], [5, 3]]]));
        assert_eq!((shells.len(), holes.len()), (1, 1));
        assert_eq!((shells[0].area, holes[0].area, holes[0].shell), (128, -6, Some(0)));
    }

    #[test]
    fn a_hole_goes_to_the_smallest_shell_around_it() {
        let square = |low: i32, high: i32| [[low, low], [high, low], [high, high], [low, high]];
        let hole = |low: i32, high: i32| [[low, low], [low, high], [high, high], [high, low]];
        let (shells, holes) = trace(edges(&[&square(0, 20), &hole(1, 19), &square(2, 18), &hole(3, 5)]));
        assert_eq!((shells.len(), holes.len()), (2, 2));
        for hole in &holes {
            let shell = &shells[hole.shell.unwrap()];
            assert_eq!(shell.area, if hole.area == -8 { 512 } else { 800 });
        }
    }
}
