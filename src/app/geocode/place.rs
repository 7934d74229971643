//! A table's place among those that are answered at once: given back when the answer ends, and also when nobody reads it on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

pub(super) struct Place<G> {
    shared: Arc<Shared<G>>,
    watch: JoinHandle<()>,
}

struct Shared<G> {
    guard: Mutex<Option<G>>,
    /// Counts up when the reader asks for more and when it gets it: odd while we are at work.
    steps: AtomicU64,
}

impl<G: Send + 'static> Place<G> {
    /// Gives the place up when the reader asks for nothing for so long (up to twice as long).
    pub fn new(guard: G, silence: Duration) -> Self {
        let shared = Arc::new(Shared { guard: Mutex::new(Some(guard)), steps: AtomicU64::new(0) });
        let watched = Arc::clone(&shared);
        let watch = tokio::spawn(async move {
            let mut before = None;
            loop {
                let now = watched.steps.load(Ordering::Relaxed);
                if now % 2 == 0 && before == Some(now) {
                    watched.give_up();
                    return;
                }
                before = Some(now);
                tokio::time::sleep(silence).await;
            }
        });
        Self { shared, watch }
    }

    /// The reader asks for more, or gets it.
    pub fn step(&self) {
        self.shared.steps.fetch_add(1, Ordering::Relaxed);
    }

    pub fn is_given_up(&self) -> bool {
        self.shared.guard.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

impl<G> Shared<G> {
    fn give_up(&self) {
        drop(self.guard.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl<G> Drop for Place<G> {
    fn drop(&mut self) {
        self.watch.abort();
        self.shared.give_up();
    }
}
