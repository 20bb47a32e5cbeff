//! The workers of a pool, and where their work comes from and is counted.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use crate::executor::ExecutorStats;
use crate::footprint::ProcessStats;
use crate::histogram::Tally;
use crate::queue::Queue;
use crate::staff::Staff;
use crate::state::Kept;
use crate::stats::{PoolCounters, PoolStats};
use crate::worker::PoolId;

/// What batches, workers and the pool share.
pub(crate) struct Crew {
    pub(crate) id: PoolId,
    pub(crate) name: String,
    pub(crate) queue: Arc<Queue>,
    pub(crate) counters: PoolCounters,
    pub(crate) executor: ExecutorStats,
    /// Threads that a library below an item may use.
    #[cfg_attr(not(feature = "rayon"), expect(dead_code, reason = "rayon is what it is for"))]
    pub(crate) threads_per_task: usize,
    /// How many workers there are to be. Written under the lock of the staff, read anywhere as a
    /// hint, hence relaxed.
    target: AtomicUsize,
    resizes: AtomicU64,
    staff: Mutex<Staff>,
    states: Mutex<Vec<Weak<dyn Kept>>>,
    built: Instant,
    #[cfg(feature = "process")]
    pub(crate) processes: crate::process::Executors,
}

impl Crew {
    pub(crate) fn new(id: PoolId, name: String, threads_per_task: usize) -> Self {
        Self {
            id,
            name,
            queue: Arc::default(),
            counters: PoolCounters::default(),
            executor: ExecutorStats::default(),
            threads_per_task,
            target: AtomicUsize::new(0),
            resizes: AtomicU64::new(0),
            staff: Mutex::default(),
            states: Mutex::default(),
            built: Instant::now(),
            #[cfg(feature = "process")]
            processes: crate::process::Executors::default(),
        }
    }

    /// How many workers there are to be.
    pub(crate) fn target(&self) -> usize {
        self.target.load(Ordering::Relaxed)
    }

    pub(crate) fn set_target(&self, workers: usize) {
        self.target.store(workers, Ordering::Relaxed);
    }

    pub(crate) fn count_resize(&self) {
        self.resizes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn staff(&self) -> MutexGuard<'_, Staff> {
        // Nothing under this lock panics half-way.
        self.staff.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker processes there are now, by their numbers.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.staff().workers().filter_map(|worker| worker.counters().pid()).collect()
    }

    /// Takes note of state that workers will keep, so that one who leaves can drop it.
    pub(crate) fn keep(&self, state: Weak<dyn Kept>) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.retain(|known| known.strong_count() > 0);
        states.push(state);
    }

    /// Drops what the worker of that index keeps.
    pub(crate) fn forget(&self, worker: usize) {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for state in states.iter().filter_map(Weak::upgrade) {
            state.forget(worker);
        }
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let (mut run, mut wait, mut chunk) = (Tally::default(), Tally::default(), Tally::default());
        let mut workers = Vec::new();
        for worker in self.staff().workers() {
            let counters = worker.counters();
            run.add(counters.run_time());
            wait.add(counters.wait_time());
            chunk.add(counters.chunk_items());
            workers.push(counters.snapshot(worker.index()));
        }
        PoolStats {
            batches: self.counters.batches(),
            items: self.counters.items(),
            uptime: self.built.elapsed(),
            target: self.target(),
            resizes: self.resizes.load(Ordering::Relaxed),
            restarts: workers.iter().map(|worker| worker.restarts).sum(),
            run_seconds: run.quantiles(1e-9),
            queue_wait_seconds: wait.quantiles(1e-9),
            chunk_items: chunk.quantiles(1.0),
            executor: self.executor.clone(),
            process: ProcessStats::read(),
            workers,
        }
    }
}
