//! The coordinates of all features of a tile in one row, so that a feature costs no allocation.

/// What a path is to its feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Line,
    Shell,
    /// Of the shell before it.
    Hole,
}

/// What a path is, and how it is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    role: Role,
    tight: bool,
}

impl Kind {
    pub(super) fn role(self) -> Role {
        self.role
    }
}

/// Paths in tile units (x east, y south); rings do not repeat their first corner.
#[derive(Debug, Default)]
pub(super) struct Paths {
    points: Vec<[i32; 2]>,
    /// Where each path ends in `points`; it begins where the one before ends.
    ends: Vec<u32>,
    kinds: Vec<Kind>,
}

impl Paths {
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn role(&self, path: usize) -> Role {
        self.kinds[path].role
    }

    pub(super) fn kind(&self, path: usize) -> Kind {
        self.kinds[path]
    }

    /// Whether a corner lies so near to an edge that coordinates must keep more digits.
    pub(super) fn is_tight(&self, path: usize) -> bool {
        self.kinds[path].tight
    }

    pub(super) fn set_tight(&mut self, path: usize) {
        self.kinds[path].tight = true;
    }

    pub(super) fn points(&self, path: usize) -> &[[i32; 2]] {
        &self.points[self.start(path)..self.ends[path] as usize]
    }

    /// How many points the paths from `first` to before `end` have.
    pub(super) fn points_in(&self, first: usize, end: usize) -> usize {
        self.start(end) - self.start(first)
    }

    /// How many of them are of tight paths; the first point of a ring counts twice.
    pub(super) fn tight_points_in(&self, first: usize, end: usize) -> usize {
        (first..end).filter(|path| self.is_tight(*path)).map(|path| self.points(path).len() + 1).sum()
    }

    pub(super) fn push(&mut self, role: Role, points: impl IntoIterator<Item = [i32; 2]>) {
        self.push_as(Kind { role, tight: false }, points);
    }

    pub(super) fn push_as(&mut self, kind: Kind, points: impl IntoIterator<Item = [i32; 2]>) {
        self.points.extend(points);
        self.ends.push(self.points.len() as u32);
        self.kinds.push(kind);
    }

    pub(super) fn append(&mut self, other: &Self) {
        let before = self.points.len() as u32;
        self.points.extend_from_slice(&other.points);
        self.ends.extend(other.ends.iter().map(|end| before + end));
        self.kinds.extend_from_slice(&other.kinds);
    }

    /// Turns a path around that runs from its higher end to its lower.
    pub(super) fn turn_upwards(&mut self, path: usize) {
        let (start, end) = (self.start(path), self.ends[path] as usize);
        let points = &mut self.points[start..end];
        if points.last() < points.first() {
            points.reverse();
        }
    }

    /// Forgets the paths from `first` on.
    pub(super) fn truncate(&mut self, first: usize) {
        self.points.truncate(self.start(first));
        self.ends.truncate(first);
        self.kinds.truncate(first);
    }

    /// Looks at each path from `first` on, lets `keep` change it, and forgets it when that says no.
    pub(super) fn retain_from(&mut self, first: usize, mut keep: impl FnMut(Role, &mut [[i32; 2]]) -> bool) {
        let (mut start, mut end) = (self.start(first), self.start(first));
        let mut kept = first;
        for path in first..self.ends.len() {
            let (kind, next) = (self.kinds[path], self.ends[path] as usize);
            if keep(kind.role, &mut self.points[start..next]) {
                self.points.copy_within(start..next, end);
                end += next - start;
                (self.ends[kept], self.kinds[kept]) = (end as u32, kind);
                kept += 1;
            }
            start = next;
        }
        self.points.truncate(end);
        self.ends.truncate(kept);
        self.kinds.truncate(kept);
    }

    fn start(&self, path: usize) -> usize {
        if path == 0 { 0 } else { self.ends[path - 1] as usize }
    }
}
