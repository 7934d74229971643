//! Runs calculations beside the async threads, on a few threads that keep their PROJ objects warm; a bounded number may wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::AppError;
use crate::crs::{self, Crs};
use crate::telemetry;

/// How often what can wait looks whether anybody is served by waiting.
const IDLE_PAUSE: Duration = Duration::from_millis(10);

/// The calculation threads and the queue before them. What follows the change log uses the same threads, so the queue is here
/// and not theirs: a change never waits behind more than what is being calculated already.
#[derive(Debug)]
pub struct Calculations {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
}

/// A place in the queue, until it is one's turn or one goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Calculations {
    pub fn new(most_waiting: usize) -> Self {
        // One more than threads: the next is at hand when one ends.
        Self { turns: Arc::new(Semaphore::new(rayon::current_num_threads() + 1)), waiting: AtomicUsize::new(0), most_waiting }
    }

    /// Runs `work` on a calculation thread, in turn.
    ///
    /// # Errors
    /// `Unavailable` when too many wait already, `Internal` when the work panicked.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let turn = self.turn().await?;
        run(turn, work).await
    }

    /// A turn for what nobody waits for: only while nobody else does.
    pub(super) async fn idle_turn(&self) -> Result<OwnedSemaphorePermit, AppError> {
        loop {
            if self.waiting.load(Ordering::Relaxed) == 0
                && self.turns.available_permits() > 1
                && let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned()
            {
                return Ok(turn);
            }
            tokio::time::sleep(IDLE_PAUSE).await;
        }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Result<OwnedSemaphorePermit, AppError> {
        if let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() {
            return Ok(turn);
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= self.most_waiting {
            metrics::counter!(telemetry::SHED).increment(1);
            return Err(AppError::busy());
        }
        Arc::clone(&self.turns).acquire_owned().await.map_err(|error| AppError::Internal(error.into()))
    }
}

/// Runs `work` now; the turn ends with it, whoever may have gone meanwhile.
pub(super) async fn run<T: Send + 'static>(turn: OwnedSemaphorePermit, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    let (send, receive) = oneshot::channel();
    rayon::spawn(move || {
        // The asker may have gone while this waited its turn.
        let done = if send.is_closed() { None } else { Some(catch_unwind(AssertUnwindSafe(work))) };
        drop(turn);
        if let Some(done) = done {
            let _ = send.send(done);
        }
    });
    match receive.await {
        Ok(Ok(value)) => Ok(value),
        _ => Err(AppError::Internal(anyhow::anyhow!("a calculation panicked"))),
    }
}

/// Makes the transformations between the working system and WGS 84 on every calculation thread: each takes up to 0.1 s, once.
pub fn warm_up(working: &Crs) {
    let working = working.clone();
    rayon::spawn_broadcast(move |_| {
        for (from, to) in [(&working, &Crs::wgs84()), (&Crs::wgs84(), &working)] {
            // Whether this point can be transformed does not matter.
            let _ = crs::transform_points(&mut [[0.0, 0.0]], from, to);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn beyond_the_queue_one_is_told_to_come_back_and_the_queue_is_served() {
        let calculations = Arc::new(Calculations::new(2));
        let held: Vec<_> = std::iter::from_fn(|| Arc::clone(&calculations.turns).try_acquire_owned().ok()).collect();
        let wait = || {
            let calculations = Arc::clone(&calculations);
            tokio::spawn(async move { calculations.run(|| 7).await })
        };
        let first = [wait(), wait()];
        while calculations.waiting.load(Ordering::Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(calculations.run(|| 7).await, Err(AppError::Unavailable { .. })));
        let gone = wait();
        gone.abort();
        drop(held);
        for served in first {
            assert_eq!(served.await.unwrap().unwrap(), 7);
        }
        let _ = gone.await;
        assert_eq!(calculations.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_panic_gives_its_turn_back() {
        let calculations = Calculations::new(0);
        for _ in 0..20 {
            assert!(calculations.run::<()>(|| panic!("meant")).await.is_err());
        }
        assert_eq!(calculations.run(|| 1).await.unwrap(), 1);
    }
}
