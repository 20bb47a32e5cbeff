//! What a pool has done so far.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;
use serde::{Serialize, Serializer};

use crate::executor::ExecutorStats;
use crate::footprint::ProcessStats;
use crate::histogram::{Histogram, Quantiles};
use crate::stopwatch::nanoseconds;

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
    /// How many workers there are to be now.
    pub target: usize,
    /// How often that number has changed.
    pub resizes: u64,
    /// Workers that took the place of one that had left or, as a process, died.
    pub restarts: u64,
    /// How long items took, in seconds. Items under 10 microseconds are timed in groups of up to 64,
    /// and each counts with the mean of its group.
    pub run_seconds: Quantiles,
    /// How long batches waited for a worker, in seconds: one value for each worker of each batch,
    /// from the batch call to the worker's first item, nested batches not counted.
    pub queue_wait_seconds: Quantiles,
    /// How many items the chunks had.
    pub chunk_items: Quantiles,
    /// Where jobs run, and why not elsewhere.
    pub executor: ExecutorStats,
    /// Memory and context switches of the process; `None` where the system does not tell.
    pub process: Option<ProcessStats>,
    /// One entry for each worker there is or was, by its index.
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
    /// The rest of the time that it has been there.
    #[serde(rename = "idle_seconds", serialize_with = "seconds")]
    pub idle: Duration,
    /// How many states it has built, for all handles together.
    pub states_built: u64,
    /// How often it was replaced: by a new thread after the pool had shrunk, or by a new process
    /// after the old one had died.
    pub restarts: u64,
    /// Its process, where it has one now.
    pub pid: Option<u32>,
}

/// Writes a duration as decimal seconds.
pub(crate) fn seconds<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_secs_f64())
}

/// The counters of one worker. Written by it alone, read by anyone, hence relaxed; padded so that
/// workers do not take each other's cache line.
#[derive(Default)]
pub(crate) struct WorkerCounters(CachePadded<Counters>);

#[derive(Default)]
struct Counters {
    batches: AtomicU64,
    items: AtomicU64,
    busy_ns: AtomicU64,
    init_ns: AtomicU64,
    states_built: AtomicU64,
    restarts: AtomicU64,
    /// 0 for none.
    pid: AtomicU64,
    run_time: Histogram,
    wait_time: Histogram,
    chunk_items: Histogram,
    presence: Mutex<Presence>,
}

/// How long the worker has been there.
#[derive(Default)]
struct Presence {
    before: Duration,
    since: Option<Instant>,
}

impl WorkerCounters {
    /// The worker is there from now on; again, if it is `back`.
    pub(crate) fn begin(&self, back: bool) {
        self.presence().since = Some(Instant::now());
        if back {
            self.add_restart();
        }
    }

    /// The worker has left.
    pub(crate) fn end(&self) {
        let mut presence = self.presence();
        if let Some(since) = presence.since.take() {
            presence.before += since.elapsed();
        }
    }

    fn presence(&self) -> MutexGuard<'_, Presence> {
        self.0.presence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_restart(&self) {
        self.0.restarts.fetch_add(1, Ordering::Relaxed);
    }

    #[cfg(feature = "process")]
    pub(crate) fn set_pid(&self, pid: Option<u32>) {
        self.0.pid.store(pid.map_or(0, u64::from), Ordering::Relaxed);
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        u32::try_from(self.0.pid.load(Ordering::Relaxed)).ok().filter(|&pid| pid > 0)
    }

    /// A batch that the worker takes part in, be it several times, and how long that waited for it.
    pub(crate) fn add_batch(&self, waited: Duration) {
        self.0.batches.fetch_add(1, Ordering::Relaxed);
        self.0.wait_time.add(nanoseconds(waited), 1);
    }

    pub(crate) fn add_chunk(&self, items: usize) {
        self.0.chunk_items.add(items as u64, 1);
    }

    pub(crate) fn run_time(&self) -> &Histogram {
        &self.0.run_time
    }

    pub(crate) fn wait_time(&self) -> &Histogram {
        &self.0.wait_time
    }

    pub(crate) fn chunk_items(&self) -> &Histogram {
        &self.0.chunk_items
    }

    /// An attempt at building state, and whether it led to one.
    pub(crate) fn add_init(&self, took: Duration, built: bool) {
        self.0.init_ns.fetch_add(nanoseconds(took), Ordering::Relaxed);
        self.0.states_built.fetch_add(u64::from(built), Ordering::Relaxed);
    }

    pub(crate) fn add_items(&self, items: u64) {
        self.0.items.fetch_add(items, Ordering::Relaxed);
    }

    pub(crate) fn add_busy(&self, busy: Duration) {
        self.0.busy_ns.fetch_add(nanoseconds(busy), Ordering::Relaxed);
    }

    /// Time spent building state so far.
    pub(crate) fn init(&self) -> Duration {
        Duration::from_nanos(self.0.init_ns.load(Ordering::Relaxed))
    }

    pub(crate) fn snapshot(&self, worker: usize) -> WorkerStats {
        let uptime = {
            let presence = self.presence();
            presence.before + presence.since.map_or(Duration::ZERO, |since| since.elapsed())
        };
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
            restarts: self.0.restarts.load(Ordering::Relaxed),
            pid: self.pid(),
        }
    }
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
