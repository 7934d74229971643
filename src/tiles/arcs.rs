//! Outlines simplified arc by arc, so that both areas beside an arc come to the same.

/// How far from an arc its simplified form may lie.
const FLAT_SQUARES: f64 = 1.25;

/// A corner of an outline; a fixed one stays, because others end there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corner {
    pub(super) place: [i32; 2],
    pub(super) fixed: bool,
}

/// Room to work in.
#[derive(Debug, Default)]
pub(super) struct Arcs {
    arc: Vec<[i32; 2]>,
    kept: Vec<[i32; 2]>,
    ring: Vec<[i32; 2]>,
    flattening: Flattening,
}

/// Lines without corners that lie near to them (D. Douglas and T. Peucker, Cartographica 10, 1973), on whole numbers. Room to
/// work in.
#[derive(Debug, Default)]
pub(super) struct Flattening {
    keep: Vec<bool>,
    open: Vec<(usize, usize)>,
}

impl Flattening {
    /// What is kept of a line so that no corner lies farther than that from it; its ends always, and of a closed line the corner
    /// that is farthest from there. Of corners that lie equally far off the first is kept.
    pub(super) fn kept(&mut self, line: &[[i32; 2]], within: f64, out: &mut Vec<[i32; 2]>) {
        let Self { keep, open } = self;
        out.clear();
        let Some(last) = line.len().checked_sub(1) else { return };
        keep.clear();
        keep.resize(line.len(), false);
        (keep[0], keep[last]) = (true, true);
        open.clear();
        if line[0] == line[last] {
            let farthest = (1..last).max_by_key(|at| (square_of(line[0], line[*at]), line[*at])).unwrap_or_default();
            keep[farthest] = true;
            open.extend([(0, farthest), (farthest, last)]);
        } else {
            open.push((0, last));
        }
        while let Some((from, to)) = open.pop() {
            let (a, b) = (line[from], line[to]);
            let length_2 = square_of(a, b);
            let mut farthest = (0, from);
            for (at, place) in line.iter().enumerate().take(to).skip(from + 1) {
                let off = off_line(a, b, length_2, *place);
                if off > farthest.0 {
                    farthest = (off, at);
                }
            }
            let (off, at) = farthest;
            if off as f64 > within * within * length_2 as f64 {
                keep[at] = true;
                open.extend([(from, at), (at, to)]);
            }
        }
        out.extend(line.iter().zip(keep.iter()).filter(|(_, keep)| **keep).map(|(corner, _)| *corner));
    }
}

impl Arcs {
    /// An outline simplified arc by arc.
    pub(super) fn simplified(&mut self, walk: &[Corner]) -> Vec<[i32; 2]> {
        self.ring.clear();
        let fixed = walk.iter().position(|corner| corner.fixed);
        // Without fixed corners only one other area sees it: the first of its corners is the same for both.
        let start = fixed.or_else(|| (0..walk.len()).min_by_key(|at| walk[*at].place)).unwrap_or_default();
        let Some(first) = walk.get(start) else { return Vec::new() };
        self.arc.clear();
        for corner in walk[start..].iter().chain(&walk[..start]) {
            self.arc.push(corner.place);
            if corner.fixed && self.arc.len() > 1 {
                self.arc();
                self.arc.clear();
                self.arc.push(corner.place);
            }
        }
        self.arc.push(first.place);
        self.arc();
        // What is no more than its arcs' ends stays as it is.
        match self.ring.len() {
            3.. => std::mem::take(&mut self.ring),
            _ => walk.iter().map(|corner| corner.place).collect(),
        }
    }

    /// Adds what is kept of the arc to the ring, without its end.
    fn arc(&mut self) {
        let Self { arc, kept, ring, flattening } = self;
        let turned = arc.last() < arc.first() || (arc.last() == arc.first() && arc[arc.len() - 2] < arc[1]);
        if turned {
            arc.reverse();
        }
        flattening.kept(arc, FLAT_SQUARES, kept);
        if turned {
            kept.reverse();
        }
        ring.extend(&kept[..kept.len() - 1]);
    }
}

fn square_of(a: [i32; 2], b: [i32; 2]) -> i64 {
    [0, 1].map(|axis| i64::from(b[axis] - a[axis]).pow(2)).iter().sum()
}

/// How far a corner lies from the line between two others, or from the nearer of them, squared: times the square of how far those
/// are from each other.
fn off_line(a: [i32; 2], b: [i32; 2], length_2: i64, p: [i32; 2]) -> i64 {
    let [dx, dy, px, py] = [b[0] - a[0], b[1] - a[1], p[0] - a[0], p[1] - a[1]].map(i64::from);
    let along = px * dx + py * dy;
    if along <= 0 {
        (px * px + py * py) * length_2
    } else if along >= length_2 {
        square_of(b, p) * length_2
    } else {
        let across = dx * py - dy * px;
        across * across
    }
}
