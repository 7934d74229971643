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
    keep: Vec<bool>,
    open: Vec<(usize, usize)>,
}

impl Arcs {
    /// An outline simplified arc by arc.
    pub(super) fn simplified(&mut self, walk: &[Corner]) -> Vec<[i32; 2]> {
        self.ring.clear();
        let fixed = walk.iter().position(|corner| corner.fixed);
        // Without fixed corners only one other area sees it: the first of its corners is the same for both.
        let start = fixed.or_else(|| (0..walk.len()).min_by_key(|at| walk[*at].place)).unwrap_or_default();
        let around = |at: usize| walk[(start + at) % walk.len()];
        let mut from = 0;
        for to in 1..=walk.len() {
            if to == walk.len() || around(to).fixed {
                self.arc.clear();
                self.arc.extend((from..=to).map(|at| around(at).place));
                self.arc();
                from = to;
            }
        }
        // What is no more than its arcs' ends stays as it is.
        match self.ring.len() {
            3.. => std::mem::take(&mut self.ring),
            _ => walk.iter().map(|corner| corner.place).collect(),
        }
    }

    /// Adds what is kept of the arc to the ring, without its end.
    fn arc(&mut self) {
        let Self { arc, kept, ring, keep, open } = self;
        let turned = arc.last() < arc.first() || (arc.last() == arc.first() && arc[arc.len() - 2] < arc[1]);
        if turned {
            arc.reverse();
        }
        let last = arc.len() - 1;
        keep.clear();
        keep.resize(arc.len(), false);
        (keep[0], keep[last]) = (true, true);
        open.clear();
        if arc[0] == arc[last] {
            let farthest = (1..last).max_by_key(|at| (square_of(arc[0], arc[*at]), arc[*at])).unwrap_or_default();
            keep[farthest] = true;
            open.extend([(0, farthest), (farthest, last)]);
        } else {
            open.push((0, last));
        }
        while let Some((from, to)) = open.pop() {
            let off =
                (from + 1..to).map(|at| (off_line(arc[from], arc[to], arc[at]), at)).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            if let Some((off, at)) = off
                && off > FLAT_SQUARES
            {
                keep[at] = true;
                open.extend([(from, at), (at, to)]);
            }
        }
        kept.clear();
        kept.extend(arc.iter().zip(keep.iter()).filter(|(_, keep)| **keep).map(|(corner, _)| *corner));
        if turned {
            kept.reverse();
        }
        ring.extend(&kept[..kept.len() - 1]);
    }
}
fn square_of(a: [i32; 2], b: [i32; 2]) -> i64 {
    [0, 1].map(|axis| i64::from(b[axis] - a[axis]).pow(2)).iter().sum()
}

/// How far a corner lies from the line between two others, or from the nearer of them.
fn off_line(a: [i32; 2], b: [i32; 2], p: [i32; 2]) -> f64 {
    let [dx, dy, px, py] = [b[0] - a[0], b[1] - a[1], p[0] - a[0], p[1] - a[1]].map(f64::from);
    let length_2 = dx * dx + dy * dy;
    let along = ((px * dx + py * dy) / length_2).clamp(0.0, 1.0);
    let [ox, oy] = [px - along * dx, py - along * dy];
    (ox * ox + oy * oy).sqrt()
}
