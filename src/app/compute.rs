//! Runs calculations beside the async threads, on a few threads that keep their PROJ objects warm.

use tokio::sync::oneshot;

use super::AppError;
use crate::crs::{self, Crs};

/// Runs `work` on a calculation thread.
///
/// # Errors
/// `Internal` when the work panicked.
pub(super) async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    let (send, receive) = oneshot::channel();
    rayon::spawn(move || {
        // The asker may have gone while this waited its turn.
        if send.is_closed() {
            return;
        }
        let _ = send.send(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)));
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
