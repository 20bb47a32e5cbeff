//! Watching a batch go by.

use std::time::{Duration, Instant};

/// The least time between two calls of [`Progress::update`], the last one excepted.
pub const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// Is told how far a batch has come.
///
/// Called from the thread that runs the batch call, at most every [`PROGRESS_INTERVAL`] and once
/// more at the end, also when the batch was stopped. Never from two threads at once for one batch.
/// Every `Fn(&ProgressSnapshot) + Sync` is one. Should it panic, the batch stops, the workers let go,
/// and the panic goes on to the caller.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use tangency_pool::{Pool, ProgressSnapshot};
///
/// let last = AtomicUsize::new(0);
/// let bar = |now: &ProgressSnapshot| last.store(now.done, Ordering::Relaxed);
/// let report = Pool::new(2)?.batch().progress(&bar).map(&[0; 50], |n| n + 1);
/// assert!(report.is_complete());
/// assert_eq!(last.into_inner(), 50);
/// # Ok::<(), tangency_pool::Error>(())
/// ```
pub trait Progress: Sync {
    /// Takes note of the state of the batch.
    fn update(&self, snapshot: &ProgressSnapshot);
}

impl<F: Fn(&ProgressSnapshot) + Sync> Progress for F {
    fn update(&self, snapshot: &ProgressSnapshot) {
        self(snapshot);
    }
}

/// How far a batch has come.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ProgressSnapshot {
    /// Items that have ended, whatever their outcome.
    pub done: usize,
    /// Those among them that failed or panicked.
    pub failed: usize,
    /// Items of the batch.
    pub total: usize,
    /// Time since the batch call began.
    pub elapsed: Duration,
    /// Items ended per second, on average since the beginning.
    pub rate: f64,
    /// Time left at that rate; `None` as long as no item has ended.
    pub eta: Option<Duration>,
    /// Whether this is the last call for this batch.
    pub last: bool,
}

impl ProgressSnapshot {
    pub(crate) fn new(
        done: usize,
        failed: usize,
        total: usize,
        elapsed: Duration,
        last: bool,
    ) -> Self {
        let seconds = elapsed.as_secs_f64();
        let rate = if seconds > 0.0 { done as f64 / seconds } else { 0.0 };
        let left = total.saturating_sub(done);
        let eta = if left == 0 {
            Some(Duration::ZERO)
        } else if done == 0 || rate <= 0.0 {
            None
        } else {
            // Beyond what a Duration can hold there is no estimate worth giving.
            Duration::try_from_secs_f64(left as f64 / rate).ok()
        };
        Self { done, failed, total, elapsed, rate, eta, last }
    }
}

/// Says when the observer is due.
#[derive(Debug)]
pub(crate) struct Schedule {
    due: Instant,
}

impl Schedule {
    pub(crate) fn starting(now: Instant) -> Self {
        Self { due: now + PROGRESS_INTERVAL }
    }

    /// Whether the observer is due; if so, the next time is one interval from `now`.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let due = now >= self.due;
        if due {
            self.due = now + PROGRESS_INTERVAL;
        }
        due
    }

    pub(crate) fn wait(&self, now: Instant) -> Duration {
        self.due.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_eta() {
        let s = ProgressSnapshot::new(50, 3, 200, Duration::from_secs(10), false);
        assert_eq!(s.rate, 5.0);
        assert_eq!(s.eta, Some(Duration::from_secs(30)));
        let s = ProgressSnapshot::new(0, 0, 200, Duration::from_secs(10), false);
        assert_eq!(s.eta, None);
        let s = ProgressSnapshot::new(0, 0, 0, Duration::ZERO, true);
        assert_eq!((s.rate, s.eta), (0.0, Some(Duration::ZERO)));
    }

    #[test]
    fn the_schedule_keeps_its_interval() {
        let start = Instant::now();
        let mut schedule = Schedule::starting(start);
        assert!(!schedule.take(start + PROGRESS_INTERVAL / 2));
        assert_eq!(schedule.wait(start), PROGRESS_INTERVAL);
        let late = start + PROGRESS_INTERVAL * 3;
        assert!(schedule.take(late));
        assert!(!schedule.take(late + PROGRESS_INTERVAL / 2));
        assert!(schedule.take(late + PROGRESS_INTERVAL));
    }
}
