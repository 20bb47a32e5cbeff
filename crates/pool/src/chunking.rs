//! How many items a worker takes at a time.

use std::time::Duration;

use crate::error::{ErrorKind, Result};

/// How many items a worker takes from the batch at a time.
///
/// The choice moves time about, never results: those are the same for every chunking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chunking {
    /// This many, at least 1. `Fixed(1)` balances best and suits items of 10 microseconds and up.
    Fixed(usize),
    /// One equal part for each worker: the least overhead, for items that all take the same time.
    Static,
    /// Four parts for each worker, `items / (workers * 4)` and at least 1.
    Auto,
    /// As many as fill about `target`, judged by the items that this worker has run so far.
    ///
    /// Each worker starts with one item and grows its chunks at most eightfold at a time. No chunk
    /// is larger than a worker's half of its share of what is left, so that chunks shrink toward the
    /// end. A chunk that takes twice the target, because its items are not like those before, gives
    /// back the items it has not started. This is the default, with a target of 5 ms.
    Adaptive {
        /// How long a chunk should take.
        target: Duration,
    },
    /// The rule of thumb that came before `Adaptive`, for comparison: `items / (workers * 4)`, doubled
    /// where an item is estimated to take less than 50 ms, halved from 500 ms on. The estimate is
    /// the mean of the items that this worker has run; its first chunk is the plain quotient.
    Banded,
}

/// The target of [`Chunking::Adaptive`] unless another is set.
const TARGET: Duration = Duration::from_millis(5);
/// How much larger than the last one the next chunk may be.
const GROWTH: usize = 8;
/// A chunk that takes this many times the target gives back what it has not started.
const PATIENCE: u32 = 2;
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_millis(500);

impl Chunking {
    /// [`Adaptive`](Self::Adaptive) with its usual target of 5 ms.
    #[must_use]
    pub const fn adaptive() -> Self {
        Self::Adaptive { target: TARGET }
    }
}

impl Default for Chunking {
    fn default() -> Self {
        Self::adaptive()
    }
}

/// The choice, made for one batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Plan {
    rule: Rule,
    workers: usize,
    /// No chunk is larger.
    most: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Even(usize),
    Adaptive { target_ns: f64, patience: Duration },
    Banded(usize),
}

impl Plan {
    /// For a batch of `items` on `workers`.
    pub(crate) fn new(chunking: Chunking, items: usize, workers: usize) -> Result<Self> {
        let workers = workers.max(1);
        let quarter = (items / workers.saturating_mul(4)).max(1);
        let rule = match chunking {
            Chunking::Fixed(0) => return Err(ErrorKind::EmptyChunks.into()),
            Chunking::Fixed(size) => Rule::Even(size),
            Chunking::Static => Rule::Even(items.div_ceil(workers).max(1)),
            Chunking::Auto => Rule::Even(quarter),
            Chunking::Adaptive { target } => Rule::Adaptive {
                target_ns: target.as_nanos() as f64,
                patience: target.saturating_mul(PATIENCE),
            },
            Chunking::Banded => Rule::Banded(quarter),
        };
        Ok(Self { rule, workers, most: usize::MAX })
    }

    /// One item at a time, for a batch that will not run.
    pub(crate) fn single() -> Self {
        Self { rule: Rule::Even(1), workers: 1, most: 1 }
    }

    pub(crate) fn at_most(self, most: usize) -> Self {
        Self { most: most.max(1), ..self }
    }

    /// How many workers a batch of `items` has a use for.
    pub(crate) fn seats(&self, items: usize) -> usize {
        let chunks = match self.rule {
            Rule::Even(size) | Rule::Banded(size) => items.div_ceil(size.min(self.most)),
            Rule::Adaptive { .. } => items,
        };
        chunks.min(self.workers)
    }

    /// The size of a worker's next chunk: after one of `previous` items (0 for none), with an item
    /// taking about `estimate` nanoseconds and `left` items not handed out yet. That is asked only
    /// where it matters: the answer lies where workers fight.
    pub(crate) fn next(
        &self,
        previous: usize,
        estimate: Option<f64>,
        left: impl FnOnce() -> usize,
    ) -> usize {
        let size = match (self.rule, estimate) {
            (Rule::Even(size), _) | (Rule::Banded(size), None) => size,
            (Rule::Banded(size), Some(item)) if item < SHORT.as_nanos() as f64 => {
                size.saturating_mul(2)
            }
            (Rule::Banded(size), Some(item)) if item > LONG.as_nanos() as f64 => size / 2,
            (Rule::Banded(size), Some(_)) => size,
            (Rule::Adaptive { .. }, None) => 1,
            (Rule::Adaptive { target_ns, .. }, Some(item)) => {
                // Saturates, should an item take no time at all.
                let fitting = (target_ns / item.max(0.1)) as usize;
                let share = left().div_ceil(self.workers.saturating_mul(2));
                fitting.min(previous.saturating_mul(GROWTH)).min(share)
            }
        };
        size.clamp(1, self.most)
    }

    /// How long a chunk may take before it gives back what it has not started.
    pub(crate) fn patience(&self) -> Option<Duration> {
        match self.rule {
            Rule::Adaptive { patience, .. } => Some(patience),
            Rule::Even(_) | Rule::Banded(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: f64 = 1e6;

    fn plan(chunking: Chunking, items: usize, workers: usize) -> Plan {
        Plan::new(chunking, items, workers).unwrap()
    }

    #[test]
    fn even_sizes() {
        let size = |chunking, items| plan(chunking, items, 4).next(0, Some(MS), || items);
        assert_eq!(size(Chunking::Fixed(7), 100), 7);
        assert_eq!(size(Chunking::Static, 100), 25);
        assert_eq!(size(Chunking::Static, 101), 26);
        assert_eq!(size(Chunking::Static, 0), 1);
        assert_eq!(size(Chunking::Auto, 1600), 100);
        assert_eq!(size(Chunking::Auto, 15), 1);
        assert_eq!(size(Chunking::Auto, 0), 1);
        let error = Plan::new(Chunking::Fixed(0), 10, 1).unwrap_err();
        assert_eq!(error.to_string(), "a chunk needs at least 1 item, got 0");
    }

    #[test]
    fn adaptive_chunks_fill_the_target() {
        let plan = plan(Chunking::adaptive(), 1_000_000, 2);
        assert_eq!(plan.next(0, None, || 1_000_000), 1);
        // 5 ms of items of 1 us, reached in steps of eight.
        assert_eq!(plan.next(1, Some(1e3), || 1_000_000), 8);
        assert_eq!(plan.next(4096, Some(1e3), || 1_000_000), 5000);
        // Items of 10 ms go one by one, items that take no time are no division by zero.
        assert_eq!(plan.next(8, Some(10.0 * MS), || 1_000_000), 1);
        assert_eq!(plan.next(usize::MAX, Some(0.0), || 1_000_000), 250_000);
    }

    #[test]
    fn adaptive_chunks_shrink_toward_the_end() {
        let plan = plan(Chunking::adaptive(), 10_000, 4);
        let sizes: Vec<_> =
            [8000, 800, 80, 8, 1, 0].map(|left| plan.next(5000, Some(1e3), || left)).into();
        assert_eq!(sizes, [1000, 100, 10, 1, 1, 1]);
    }

    #[test]
    fn bands() {
        let plan = plan(Chunking::Banded, 1600, 4);
        assert_eq!(plan.next(0, None, || 1600), 100);
        assert_eq!(plan.next(100, Some(49.0 * MS), || 1500), 200);
        assert_eq!(plan.next(100, Some(50.0 * MS), || 1500), 100);
        assert_eq!(plan.next(100, Some(500.0 * MS), || 1500), 100);
        assert_eq!(plan.next(100, Some(501.0 * MS), || 1500), 50);
    }

    #[test]
    fn seats_are_no_more_than_chunks() {
        assert_eq!(plan(Chunking::Fixed(50), 100, 8).seats(100), 2);
        assert_eq!(plan(Chunking::adaptive(), 3, 8).seats(3), 3);
        assert_eq!(plan(Chunking::adaptive(), 300, 8).seats(300), 8);
        assert_eq!(plan(Chunking::Fixed(50), 100, 8).at_most(10).seats(100), 8);
    }
}
