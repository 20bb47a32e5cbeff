//! What a pool has done so far.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_utils::CachePadded;
use serde::{Serialize, Serializer};

/// Items counted by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ItemCounts {
    /// Items that returned a value.
    pub done: u64,
    /// Items that returned an error.
    pub failed: u64,
    /// Items that panicked.
    pub panicked: u64,
    /// Items that were not started.
    pub cancelled: u64,
}

impl ItemCounts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.done + self.failed + self.panicked + self.cancelled
    }
}

/// A snapshot of what a pool has done since it was built.
///
/// Taken without stopping anything: the counters are read one after another and those of a batch
/// under way are added when its workers leave it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PoolStats {
    /// Batches that have ended, nested ones included.
    pub batches: u64,
    /// Their items.
    pub items: ItemCounts,
    /// Time since the pool was built.
    #[serde(rename = "uptime_seconds", serialize_with = "seconds")]
    pub uptime: Duration,
    /// One entry for each worker, by its index.
    pub workers: Vec<WorkerStats>,
}

/// What one worker has done since the pool was built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WorkerStats {
    /// The worker's number, from 0.
    pub worker: usize,
    /// Batches it took part in, nested ones not counted.
    pub batches: u64,
    /// Items it ran, those of nested batches included.
    pub items: u64,
    /// Time spent in batches, the building of state not counted.
    #[serde(rename = "busy_seconds", serialize_with = "seconds")]
    pub busy: Duration,
    /// Time spent building state, failed attempts included.
    #[serde(rename = "init_seconds", serialize_with = "seconds")]
    pub init: Duration,
    /// The rest of the uptime.
    #[serde(rename = "idle_seconds", serialize_with = "seconds")]
    pub idle: Duration,
    /// How many states it has built, for all handles together.
    pub states_built: u64,
}

/// Writes a duration as decimal seconds.
pub(crate) fn seconds<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_secs_f64())
}

/// The counters of one worker. Written by it alone, read by anyone, hence relaxed; padded so that
/// workers do not take each other's cache line.
#[derive(Debug, Default)]
pub(crate) struct WorkerCounters(CachePadded<Counters>);

#[derive(Debug, Default)]
struct Counters {
    batches: AtomicU64,
    items: AtomicU64,
    busy_ns: AtomicU64,
    init_ns: AtomicU64,
    states_built: AtomicU64,
}

impl WorkerCounters {
    /// An attempt at building state, and whether it led to one.
    pub(crate) fn add_init(&self, took: Duration, built: bool) {
        self.0.init_ns.fetch_add(nanoseconds(took), Ordering::Relaxed);
        self.0.states_built.fetch_add(u64::from(built), Ordering::Relaxed);
    }

    pub(crate) fn add_items(&self, items: u64) {
        self.0.items.fetch_add(items, Ordering::Relaxed);
    }

    pub(crate) fn add_batch(&self, busy: Duration) {
        self.0.batches.fetch_add(1, Ordering::Relaxed);
        self.0.busy_ns.fetch_add(nanoseconds(busy), Ordering::Relaxed);
    }

    /// Time spent building state so far.
    pub(crate) fn init(&self) -> Duration {
        Duration::from_nanos(self.0.init_ns.load(Ordering::Relaxed))
    }

    pub(crate) fn snapshot(&self, worker: usize, uptime: Duration) -> WorkerStats {
        let busy = Duration::from_nanos(self.0.busy_ns.load(Ordering::Relaxed));
        let init = self.init();
        WorkerStats {
            worker,
            batches: self.0.batches.load(Ordering::Relaxed),
            items: self.0.items.load(Ordering::Relaxed),
            busy,
            init,
            idle: uptime.saturating_sub(busy).saturating_sub(init),
            states_built: self.0.states_built.load(Ordering::Relaxed),
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    // 584 years.
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The counters of the pool, added to by each batch call at its end.
#[derive(Debug, Default)]
pub(crate) struct PoolCounters {
    batches: AtomicU64,
    done: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    cancelled: AtomicU64,
}

impl PoolCounters {
    pub(crate) fn add(&self, items: &ItemCounts) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.done.fetch_add(items.done, Ordering::Relaxed);
        self.failed.fetch_add(items.failed, Ordering::Relaxed);
        self.panicked.fetch_add(items.panicked, Ordering::Relaxed);
        self.cancelled.fetch_add(items.cancelled, Ordering::Relaxed);
    }

    pub(crate) fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }

    pub(crate) fn items(&self) -> ItemCounts {
        ItemCounts {
            done: self.done.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            panicked: self.panicked.load(Ordering::Relaxed),
            cancelled: self.cancelled.load(Ordering::Relaxed),
        }
    }
}
