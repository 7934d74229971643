//! Folds the changes on top of an index into a new base, beside the readers and the follower: what changes meanwhile is
//! written down and applied to the new base when it is ready.

use tokio::task::JoinHandle;

/// An index made of a frozen base and changes on top, such as a layer's or the gazetteer's.
pub(super) trait Layered: Clone + Send + 'static {
    type Change: Clone + Send;

    fn needs_merge(&self) -> bool;
    fn merged(&self) -> Self;
    fn changed(&self, change: Self::Change) -> Self;
}

/// A merge that may be under way.
#[derive(Debug)]
pub(super) struct Merge<I: Layered> {
    work: Option<JoinHandle<I>>,
    since: Vec<I::Change>,
}

impl<I: Layered> Default for Merge<I> {
    fn default() -> Self {
        Self { work: None, since: Vec::new() }
    }
}

impl<I: Layered> Merge<I> {
    /// The index after `change`; begins a merge when it is due and takes over a finished one.
    pub async fn apply(&mut self, index: &I, change: I::Change) -> I {
        let next = index.changed(change.clone());
        if self.work.is_some() {
            self.since.push(change);
        }
        self.take_over(next).await
    }

    async fn take_over(&mut self, current: I) -> I {
        let Some(work) = self.work.take() else {
            if current.needs_merge() {
                let from = current.clone();
                self.work = Some(tokio::task::spawn_blocking(move || from.merged()));
            }
            return current;
        };
        if !work.is_finished() {
            self.work = Some(work);
            return current;
        }
        let changes = std::mem::take(&mut self.since);
        match work.await {
            Ok(merged) => changes.into_iter().fold(merged, |index, change| index.changed(change)),
            Err(error) => {
                tracing::error!(%error, "merging an index failed; it goes on unmerged");
                current
            }
        }
    }

    /// Forgets a merge whose index was replaced as a whole.
    pub fn forget(&mut self) {
        self.work = None;
        self.since.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Sum {
        base: i64,
        delta: Vec<i64>,
    }

    impl Layered for Sum {
        type Change = i64;

        fn needs_merge(&self) -> bool {
            self.delta.len() >= 3
        }

        fn merged(&self) -> Self {
            std::thread::sleep(std::time::Duration::from_millis(5));
            Self { base: self.base + self.delta.iter().sum::<i64>(), delta: Vec::new() }
        }

        fn changed(&self, change: i64) -> Self {
            let mut next = self.clone();
            next.delta.push(change);
            next
        }
    }

    #[tokio::test]
    async fn nothing_that_changes_during_a_merge_is_lost() {
        let mut merge = Merge::default();
        let mut sum = Sum { base: 0, delta: Vec::new() };
        let mut merged = false;
        for change in 1..=200 {
            sum = merge.apply(&sum, change).await;
            assert_eq!(sum.base + sum.delta.iter().sum::<i64>(), change * (change + 1) / 2);
            merged |= sum.base > 0;
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        assert!(merged, "no merge was ever taken over");
    }
}
