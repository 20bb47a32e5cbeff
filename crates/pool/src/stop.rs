//! Stopping a batch before its items have all started.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use serde::Serialize;

use crate::cancel::CancelToken;

/// Why a batch left items unstarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// Its [`CancelToken`](crate::CancelToken) was set.
    Cancelled,
    /// Its deadline passed.
    Deadline,
    /// An item failed or panicked, and the batch was to fail fast.
    FailFast,
    /// The batch as a whole failed, see [`BatchReport::error`](crate::BatchReport::error).
    Error,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "the batch was cancelled",
            Self::Deadline => "the deadline passed",
            Self::FailFast => "another item failed",
            Self::Error => "the batch failed",
        })
    }
}

/// What may end a batch before its items do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits<'a> {
    pub(crate) cancel: Option<&'a CancelToken>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) fail_fast: bool,
}

/// The stop flag and what may raise it.
pub(crate) struct Stop<'s> {
    pub(crate) limits: Limits<'s>,
    /// 0, or a reason from [`REASONS`] plus one. The first one stays. Relaxed: it says that no item
    /// is to start, and nothing is read on the strength of it.
    reason: Arc<AtomicU8>,
}

/// Whether the batch that the calling item belongs to is to stop: it was cancelled, its deadline has
/// passed, another item failed where that matters.
///
/// A thread cannot be killed, so a long item that means to end early asks, as often as it likes: it
/// costs some nanoseconds, with a deadline some tens of them. What it returns then is its outcome as
/// ever. State that is built for a batch may ask too. Elsewhere, and in a worker process, which is
/// killed instead, it is `false`.
///
/// ```
/// use std::time::Duration;
/// use tangency_pool::{Pool, stop_requested};
///
/// let batch = Pool::new(1)?.batch().deadline(Duration::from_millis(5)).map(&[()], |()| {
///     let mut steps = 0_u64;
///     while !stop_requested() {
///         steps += 1;
///     }
///     steps
/// });
/// # Ok::<(), tangency_pool::Error>(())
/// ```
#[must_use]
pub fn stop_requested() -> bool {
    PROBES.try_with(|probes| probes.borrow().last().is_some_and(Probe::is_due)).unwrap_or(false)
}

thread_local! {
    /// The batches that this thread is in, the innermost last.
    static PROBES: RefCell<Vec<Probe>> = const { RefCell::new(Vec::new()) };
}

/// What an item can see of the flag of its batch.
struct Probe {
    reason: Arc<AtomicU8>,
    cancel: Option<CancelToken>,
    deadline: Option<Instant>,
}

impl Probe {
    fn is_due(&self) -> bool {
        self.reason.load(Ordering::Relaxed) != 0
            || self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Lets what runs on this thread see the flag, for as long as it lives.
pub(crate) struct Visible(());

impl Drop for Visible {
    fn drop(&mut self) {
        PROBES.with(|probes| probes.borrow_mut().pop());
    }
}

const REASONS: [StopReason; 4] =
    [StopReason::Cancelled, StopReason::Deadline, StopReason::FailFast, StopReason::Error];

impl<'s> Stop<'s> {
    pub(crate) fn new(limits: Limits<'s>) -> Self {
        Self { limits, reason: Arc::new(AtomicU8::new(0)) }
    }

    /// Lets what runs on this thread see the flag.
    pub(crate) fn show(&self) -> Visible {
        let probe = Probe {
            reason: Arc::clone(&self.reason),
            cancel: self.limits.cancel.cloned(),
            deadline: self.limits.deadline,
        };
        PROBES.with(|probes| probes.borrow_mut().push(probe));
        Visible(())
    }

    /// Whether no further item may start. Asks the token and the clock.
    pub(crate) fn is_due(&self) -> bool {
        if self.reason.load(Ordering::Relaxed) != 0 {
            return true;
        }
        if self.limits.cancel.is_some_and(CancelToken::is_cancelled) {
            self.now(StopReason::Cancelled);
            return true;
        }
        if self.limits.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.now(StopReason::Deadline);
            return true;
        }
        false
    }

    /// Stops the batch.
    pub(crate) fn now(&self, reason: StopReason) {
        let code = REASONS.iter().position(|&known| known == reason).unwrap_or(0) as u8 + 1;
        let _ = self.reason.compare_exchange(0, code, Ordering::Relaxed, Ordering::Relaxed);
    }

    pub(crate) fn reason(&self) -> Option<StopReason> {
        let code = usize::from(self.reason.load(Ordering::Relaxed));
        code.checked_sub(1).and_then(|index| REASONS.get(index)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_stays() {
        for reason in REASONS {
            let stop = Stop::new(Limits::default());
            assert!(!stop.is_due());
            assert_eq!(stop.reason(), None);
            stop.now(reason);
            stop.now(StopReason::Cancelled);
            assert!(stop.is_due());
            assert_eq!(stop.reason(), Some(reason));
        }
    }

    #[test]
    fn token_and_clock_are_asked() {
        let token = CancelToken::new();
        let stop = Stop::new(Limits { cancel: Some(&token), ..Limits::default() });
        assert!(!stop.is_due());
        token.cancel();
        assert!(stop.is_due());
        assert_eq!(stop.reason(), Some(StopReason::Cancelled));

        let now = Some(Instant::now());
        let stop = Stop::new(Limits { deadline: now, ..Limits::default() });
        assert!(stop.is_due());
        assert_eq!(stop.reason(), Some(StopReason::Deadline));
    }
}
