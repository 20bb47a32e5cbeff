//! Timing items without paying for it.

use std::time::{Duration, Instant};

use crate::histogram::Histogram;

/// Items that take less are timed in groups of about this length.
const GROUP_NS: f64 = 10_000.0;
/// No group is larger, lest a long item hide among short ones.
const GROUP_ITEMS: u64 = 64;
/// What each reading of the clock leaves of the weight of those before it.
const MEMORY: f64 = 0.95;

/// Times one worker's items in one batch.
///
/// Reading the clock costs some 20 ns, more than the shortest items. So it is read after each item
/// only where items take 10 us or more; shorter ones are timed together, up to 64 at a time, and
/// each counts with their mean.
pub(crate) struct Stopwatch {
    read: Instant,
    /// Items ended since then.
    pending: u64,
    /// How many of them are a group.
    group: u64,
    /// Time and number of the items so far, the latest weighing most.
    time_ns: f64,
    items: f64,
}

impl Stopwatch {
    pub(crate) fn starting(now: Instant) -> Self {
        Self { read: now, pending: 0, group: 1, time_ns: 0.0, items: 0.0 }
    }

    /// An item has ended. The time, if the clock was read.
    pub(crate) fn item_ended(&mut self, into: &Histogram) -> Option<Instant> {
        self.pending += 1;
        (self.pending >= self.group).then(|| self.flush(into))
    }

    /// Reads the clock and counts what has ended since the last time.
    pub(crate) fn flush(&mut self, into: &Histogram) -> Instant {
        let now = Instant::now();
        let took = nanoseconds(now.duration_since(self.read));
        if let Some(mean) = took.checked_div(self.pending) {
            into.add(mean, self.pending);
            self.time_ns = self.time_ns * MEMORY + took as f64;
            self.items = self.items * MEMORY + self.pending as f64;
            self.pending = 0;
            // Saturates, should an item take no time at all.
            let group = self.estimate().map_or(1, |item| (GROUP_NS / item) as u64);
            self.group = group.clamp(1, GROUP_ITEMS);
        }
        self.read = now;
        now
    }

    /// Counts what has ended since the clock was last read, and reads it only if something has.
    pub(crate) fn settle(&mut self, into: &Histogram) -> Instant {
        if self.pending == 0 { self.read } else { self.flush(into) }
    }

    /// Reads the clock without counting: what went by is nobody's.
    pub(crate) fn resume(&mut self) -> Instant {
        self.read = Instant::now();
        self.read
    }

    /// When the clock was last read.
    pub(crate) fn last(&self) -> Instant {
        self.read
    }

    /// What an item takes of late, in nanoseconds; `None` before the first has ended.
    pub(crate) fn estimate(&self) -> Option<f64> {
        (self.items > 0.0).then(|| self.time_ns / self.items)
    }
}

/// As a number, up to 584 years.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Tally;

    fn busy(time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn long_items_are_timed_one_by_one_and_short_ones_together() {
        let histogram = Histogram::default();
        let mut watch = Stopwatch::starting(Instant::now());
        assert_eq!(watch.estimate(), None);
        for _ in 0..5 {
            busy(Duration::from_micros(50));
            assert!(watch.item_ended(&histogram).is_some());
        }
        assert!(watch.estimate().unwrap() >= 50_000.0);

        let mut watch = Stopwatch::starting(Instant::now());
        let readings = (0..6400).filter(|_| watch.item_ended(&histogram).is_some()).count();
        // One for the first item, and one for each 64; some more where the test was interrupted.
        assert!((100..3000).contains(&readings), "{readings}");
        watch.flush(&histogram);
        let mut tally = Tally::default();
        tally.add(&histogram);
        assert_eq!(tally.quantiles(1.0).count, 6405, "every item is counted");
    }
}
