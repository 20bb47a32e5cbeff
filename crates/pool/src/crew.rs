//! The workers of a pool, and where their work comes from and is counted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use crate::panics;
use crate::queue::Queue;
use crate::stats::{PoolCounters, PoolStats};
use crate::worker::{PoolId, Worker};

/// What a batch needs of its pool.
pub(crate) struct Crew {
    pub(crate) id: PoolId,
    pub(crate) queue: Arc<Queue>,
    pub(crate) workers: Vec<Worker>,
    pub(crate) counters: PoolCounters,
    pub(crate) built: Instant,
}

impl Crew {
    /// Workers without threads so far.
    pub(crate) fn new(id: PoolId, workers: usize, name: &str) -> Self {
        Self {
            id,
            queue: Arc::default(),
            workers: (0..workers).map(|i| Worker::new(id, i, format!("{name}-{i}"))).collect(),
            counters: PoolCounters::default(),
            built: Instant::now(),
        }
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let uptime = self.built.elapsed();
        let snapshot = |worker: &Worker| worker.counters().snapshot(worker.index(), uptime);
        PoolStats {
            batches: self.counters.batches(),
            items: self.counters.items(),
            uptime,
            workers: self.workers.iter().map(snapshot).collect(),
        }
    }
}

/// What a worker's thread does until the queue is closed.
pub(crate) fn serve(worker: &Worker, queue: &Queue) {
    worker.take_thread();
    while let Some(job) = queue.take() {
        // The batch catches what its items do. Should anything else come through, the worker lives
        // on.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| job.call(worker))) {
            panics::message(payload);
        }
    }
}
