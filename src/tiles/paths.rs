//! The coordinates of all features of a tile in one row, so that a feature costs no allocation.

/// What a path is to its feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Line,
    Shell,
    /// Of the shell before it.
    Hole,
}

/// Paths in tile units (x east, y south); rings do not repeat their first corner.
#[derive(Debug, Default)]
pub(super) struct Paths {
    points: Vec<[i32; 2]>,
    /// Role, and where the path ends in `points`; it begins where the one before ends.
    ends: Vec<(Role, u32)>,
}

impl Paths {
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn role(&self, path: usize) -> Role {
        self.ends[path].0
    }

    pub(super) fn points(&self, path: usize) -> &[[i32; 2]] {
        &self.points[self.start(path)..self.ends[path].1 as usize]
    }

    /// How many points the paths from `first` to before `end` have.
    pub(super) fn points_in(&self, first: usize, end: usize) -> usize {
        self.start(end) - self.start(first)
    }

    pub(super) fn push(&mut self, role: Role, points: impl IntoIterator<Item = [i32; 2]>) {
        self.points.extend(points);
        self.ends.push((role, self.points.len() as u32));
    }

    /// Forgets the paths from `first` on.
    pub(super) fn truncate(&mut self, first: usize) {
        self.points.truncate(self.start(first));
        self.ends.truncate(first);
    }

    /// Looks at each path from `first` on, lets `keep` change it, and forgets it when that says no.
    pub(super) fn retain_from(&mut self, first: usize, mut keep: impl FnMut(Role, &mut [[i32; 2]]) -> bool) {
        let (mut start, mut end) = (self.start(first), self.start(first));
        let mut kept = first;
        for path in first..self.ends.len() {
            let (role, next) = (self.ends[path].0, self.ends[path].1 as usize);
            if keep(role, &mut self.points[start..next]) {
                self.points.copy_within(start..next, end);
                end += next - start;
                self.ends[kept] = (role, end as u32);
                kept += 1;
            }
            start = next;
        }
        self.points.truncate(end);
        self.ends.truncate(kept);
    }

    fn start(&self, path: usize) -> usize {
        if path == 0 { 0 } else { self.ends[path - 1].1 as usize }
    }
}
