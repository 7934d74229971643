//! Folds the changes on top of an index into a new base, beside the readers and the follower: what changes meanwhile is
//! written down and applied to the new base when it is ready.

use rayon::ThreadPoolBuilder;
use tokio::task::JoinHandle;

/// When no more changes than this came meanwhile, they are applied where the new base is taken over; more of them beside, like the
/// merge itself.
const FEW: usize = 16;

/// An index made of a frozen base and changes on top, such as a layer's or the gazetteer's.
pub(super) trait Layered: Clone + Send + 'static {
    type Change: Clone + Send + 'static;

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
        if self.work.is_some() {
            self.since.push(change.clone());
        }
        self.take_over(index.changed(change)).await
    }

    async fn take_over(&mut self, current: I) -> I {
        let Some(work) = self.work.take() else {
            if current.needs_merge() {
                let from = current.clone();
                self.work = Some(beside(move || from.merged()));
            }
            return current;
        };
        if !work.is_finished() {
            self.work = Some(work);
            return current;
        }
        let changes = std::mem::take(&mut self.since);
        let with = |merged: I, changes: Vec<I::Change>| changes.into_iter().fold(merged, |index, change| index.changed(change));
        match work.await {
            Ok(merged) if changes.len() > FEW => {
                self.work = Some(beside(move || with(merged, changes)));
                current
            }
            Ok(merged) => with(merged, changes),
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

/// On a thread of its own: on the calculation threads, tiles would wait for seconds until a large merge is through.
fn beside<I: Send + 'static>(work: impl FnOnce() -> I + Send + 'static) -> JoinHandle<I> {
    tokio::task::spawn_blocking(move || match ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "merge".to_owned()).build() {
        Ok(thread) => thread.install(work),
        Err(_) => work(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::{Duration, Instant};

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
        // Few changes come during a merge, or more than are applied on the spot.
        for pause in [Duration::from_millis(1), Duration::from_micros(10)] {
            let mut merge = Merge::default();
            let mut sum = Sum { base: 0, delta: Vec::new() };
            let mut bases = BTreeSet::new();
            for change in 1..=300 {
                sum = merge.apply(&sum, change).await;
                assert_eq!(sum.base + sum.delta.iter().sum::<i64>(), change * (change + 1) / 2);
                bases.insert(sum.base);
                let until = Instant::now() + pause;
                while Instant::now() < until {
                    tokio::task::yield_now().await;
                }
            }
            // However fast they come, the end is reached.
            while merge.work.is_some() {
                tokio::time::sleep(Duration::from_millis(1)).await;
                sum = merge.take_over(sum).await;
                if merge.since.is_empty() && !sum.needs_merge() {
                    break;
                }
            }
            bases.insert(sum.base);
            assert_eq!(sum.base + sum.delta.iter().sum::<i64>(), 300 * 301 / 2);
            assert!(bases.len() > 1, "no merge was ever taken over");
        }
    }

    #[tokio::test]
    async fn many_changes_during_a_merge_are_applied_beside() {
        let mut merge = Merge { work: Some(beside(|| Sum { base: 7, delta: Vec::new() })), since: (1..=100).collect() };
        let current = Sum { base: 0, delta: (0..=100).collect() };
        let mut now = current.clone();
        let mut waited = 0;
        while now == current {
            tokio::time::sleep(Duration::from_millis(1)).await;
            now = merge.take_over(now).await;
            waited += usize::from(merge.since.is_empty() && merge.work.is_some());
        }
        assert!(waited > 0, "they were applied on the spot");
        assert_eq!(now, Sum { base: 7, delta: (1..=100).collect() });
        assert!(merge.work.is_none() && merge.since.is_empty());
    }
}
