//! One worker.

use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::stats::WorkerCounters;

/// Tells pools apart; no two in one process have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolId(pub(crate) u64);

/// One worker of a pool, as the closure that builds its state sees it.
#[derive(Clone)]
pub struct Worker {
    inner: Arc<Inner>,
}

struct Inner {
    pool: PoolId,
    index: usize,
    name: String,
    counters: WorkerCounters,
    /// Whether it is to leave at the next chance. Relaxed: nothing is read on the strength of it,
    /// and what must not be missed is decided under the lock of the staff.
    is_retiring: AtomicBool,
}

thread_local! {
    /// The worker that this thread is. Set once, when the thread starts.
    static CURRENT: OnceCell<Worker> = const { OnceCell::new() };
}

impl Worker {
    pub(crate) fn new(pool: PoolId, index: usize, name: String) -> Self {
        let (counters, is_retiring) = (WorkerCounters::default(), AtomicBool::new(false));
        Self { inner: Arc::new(Inner { pool, index, name, counters, is_retiring }) }
    }

    /// Its number, from 0 up to the number of workers of the pool.
    #[must_use]
    pub fn index(&self) -> usize {
        self.inner.index
    }

    /// The name of its thread: the pool's name, a hyphen and the index.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    pub(crate) fn pool(&self) -> PoolId {
        self.inner.pool
    }

    pub(crate) fn counters(&self) -> &WorkerCounters {
        &self.inner.counters
    }

    /// Whether the worker is to leave, because the pool shrinks.
    pub(crate) fn is_retiring(&self) -> bool {
        self.inner.is_retiring.load(Ordering::Relaxed)
    }

    pub(crate) fn set_retiring(&self, retiring: bool) {
        self.inner.is_retiring.store(retiring, Ordering::Relaxed);
    }

    /// The worker of `pool` that the calling thread is, if it is one.
    pub(crate) fn current(pool: PoolId) -> Option<Self> {
        // A thread on its way out is no worker any more.
        CURRENT
            .try_with(|current| current.get().filter(|worker| worker.pool() == pool).cloned())
            .ok()
            .flatten()
    }

    /// Makes the calling thread this worker, for good.
    pub(crate) fn take_thread(&self) {
        CURRENT.with(|current| {
            // A thread becomes a worker once.
            let _ = current.set(self.clone());
        });
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("index", &self.index())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
