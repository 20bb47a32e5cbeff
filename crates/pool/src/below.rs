//! Keeping parallel libraries below an item on the item's worker.
//!
//! rayon keeps what it knows of the calling thread for as long as the process lives (it says so of
//! `use_current_thread`): some kilobytes for each worker that is started, which a pool that grows
//! and shrinks for days should know.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::worker::{PoolId, Worker};

thread_local! {
    /// The pool whose worker this thread helps as one of its rayon threads.
    static HELPS: Cell<Option<PoolId>> = const { Cell::new(None) };
}

/// Whether the calling thread helps an item of that pool, as a rayon thread beside the item's worker.
pub(crate) fn helps(pool: PoolId) -> bool {
    HELPS.try_with(Cell::get).ok().flatten() == Some(pool)
}

/// A rayon pool around one worker. The threads beside the worker have ended when it is dropped.
pub(crate) struct Below {
    pool: Option<rayon::ThreadPool>,
    beside: Arc<Beside>,
}

/// How many threads have not ended.
struct Beside {
    threads: Mutex<usize>,
    ended: Condvar,
}

/// Gives the calling thread a rayon pool of its own, so that rayon calls in items stay here.
///
/// With one thread the calling thread is all there is: `par_iter`, `join` and `scope` run in place.
/// More threads are started beside it. Where rayon refuses, its calls go to its global pool, as they
/// would without this.
pub(crate) fn keep_rayon_here(worker: &Worker, threads: usize) -> Option<Below> {
    let (name, pool) = (worker.name().to_owned(), worker.pool());
    let beside = Arc::new(Beside { threads: Mutex::new(threads - 1), ended: Condvar::new() });
    let exit = Arc::clone(&beside);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(move |index| format!("{name}.{index}"))
        // Neither is called for the worker's own thread.
        .start_handler(move |_| HELPS.set(Some(pool)))
        .exit_handler(move |_| {
            *exit.threads.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
            exit.ended.notify_all();
        })
        .use_current_thread()
        .build()
        .ok()?;
    Some(Below { pool: Some(pool), beside })
}

impl Drop for Below {
    fn drop(&mut self) {
        drop(self.pool.take());
        let mut threads = self.beside.threads.lock().unwrap_or_else(PoisonError::into_inner);
        while *threads > 0 {
            threads = self.beside.ended.wait(threads).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
