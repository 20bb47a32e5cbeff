//! Asking a batch to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that stops batches, from any thread.
///
/// Clones share the flag. Once set it stays set. Items that are running end by themselves: a thread
/// cannot be killed. A long item that captures a clone may look at
/// [`is_cancelled`](Self::is_cancelled) and return early.
///
/// ```
/// use tangency_pool::{CancelToken, Pool};
///
/// let token = CancelToken::new();
/// token.cancel();
/// let report = Pool::new(2)?.batch().cancel(&token).map(&[1, 2, 3], |n| n + 1);
/// assert_eq!(report.stats.items.cancelled, 3);
/// # Ok::<(), tangency_pool::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    cancelled: Arc<AtomicBool>,
}

impl CancelToken {
    /// A token that is not cancelled yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the flag. Safe to call again, from anywhere.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    /// Whether the flag is set.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}
