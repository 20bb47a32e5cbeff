//! The pool: its threads, from the first batch to the last.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

use crate::batch::Batch;
use crate::budget::CpuBudget;
use crate::crew::{Crew, serve};
use crate::error::{ErrorKind, Result};
use crate::state::WorkerState;
use crate::stats::PoolStats;
use crate::worker::{PoolId, Worker};

/// Worker threads that stay alive, with the state that each of them keeps.
///
/// Not generic, so that every library can share one: what a batch computes is up to the batch
/// ([`batch`](Self::batch)), what workers keep is up to handles
/// ([`worker_state`](Self::worker_state)). A pool may be used from several threads at a time; their
/// batches are served in the order they came.
///
/// Dropping the pool lets the workers finish, ends their threads and joins them. States go when
/// their handles do.
pub struct Pool {
    crew: Crew,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// A pool with that many workers.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoWorkers`] for 0; [`ErrorKind::ThreadRefused`] when the system refuses a thread.
    pub fn new(workers: usize) -> Result<Self> {
        Self::builder().workers(workers).build()
    }

    /// A pool with settings.
    pub fn builder() -> PoolBuilder {
        PoolBuilder { workers: None, budget: None, name: "tangency".to_owned() }
    }

    /// The pool of the process, built at the first call with [`CpuBudget::detect`] workers, never
    /// dropped.
    ///
    /// For programs. Libraries take a `&Pool`.
    ///
    /// # Panics
    ///
    /// When the system refuses even one thread.
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<Pool> = OnceLock::new();
        GLOBAL.get_or_init(|| {
            Self::builder()
                .build()
                .or_else(|_| Self::new(1))
                .expect("the system allows at least one more thread")
        })
    }

    /// How many workers there are.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.crew.workers.len()
    }

    /// What the pool has done so far.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.crew.stats()
    }

    /// State that each worker builds with `init` the first time it needs it, and keeps as long as
    /// the handle lives.
    ///
    /// `init` outlives this call, so it owns what it uses:
    ///
    /// ```compile_fail,E0373
    /// let pool = tangency_pool::Pool::new(2).unwrap();
    /// let state = {
    ///     let prices = vec![1.0, 2.0];
    ///     pool.worker_state(|_| Ok::<_, String>(prices.len())) // borrows `prices`
    /// };
    /// ```
    pub fn worker_state<T, E, F>(&self, init: F) -> WorkerState<T>
    where
        T: Send + 'static,
        E: fmt::Display,
        F: Fn(&Worker) -> Result<T, E> + Send + Sync + 'static,
    {
        WorkerState::new(self.crew.id, self.workers(), init)
    }

    /// A batch to set up and run.
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(&self.crew)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.crew.queue.close();
        join_others(self.threads.drain(..));
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("workers", &self.workers()).finish_non_exhaustive()
    }
}

/// Joins all threads but the current one, which can only end after this.
fn join_others(threads: impl Iterator<Item = JoinHandle<()>>) {
    let own = thread::current().id();
    for thread in threads {
        if thread.thread().id() != own {
            // A worker's thread catches every panic; there is nothing to learn from its end.
            let _ = thread.join();
        }
    }
}

/// The settings of a [`Pool`].
#[derive(Debug, Clone)]
#[must_use = "settings make no pool until `build` is called"]
pub struct PoolBuilder {
    workers: Option<usize>,
    budget: Option<CpuBudget>,
    name: String,
}

impl PoolBuilder {
    /// Exactly this many workers, whatever the budget says.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// As many workers as this budget gives; [`CpuBudget::detect`] unless set.
    pub fn budget(mut self, budget: CpuBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// The first part of the names of the threads; `tangency` unless set.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoWorkers`] for 0 workers; [`ErrorKind::InvalidName`] for a name with a zero
    /// byte; [`ErrorKind::ThreadRefused`] when the system refuses a thread. Threads that had started
    /// are ended again.
    pub fn build(self) -> Result<Pool> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);

        let workers =
            self.workers.unwrap_or_else(|| self.budget.unwrap_or_else(CpuBudget::detect).workers());
        if workers == 0 {
            return Err(ErrorKind::NoWorkers.into());
        }
        if self.name.contains('\0') {
            return Err(ErrorKind::InvalidName { name: self.name }.into());
        }
        let id = PoolId(NEXT_ID.fetch_add(1, Ordering::Relaxed));
        // Dropped on the way out of an error, it ends the threads it has.
        let mut pool =
            Pool { crew: Crew::new(id, workers, &self.name), threads: Vec::with_capacity(workers) };
        for worker in &pool.crew.workers {
            let thread = thread::Builder::new().name(worker.name().to_owned()).spawn({
                let (worker, queue) = (worker.clone(), Arc::clone(&pool.crew.queue));
                move || serve(&worker, &queue)
            });
            pool.threads.push(thread.map_err(|refused| ErrorKind::ThreadRefused {
                worker: worker.index(),
                workers,
                message: refused.to_string(),
            })?);
        }
        Ok(pool)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_thread_does_not_join_itself() {
        let (hand_over, handed) = mpsc::channel::<JoinHandle<()>>();
        let (done, is_done) = mpsc::channel();
        let thread = thread::spawn(move || {
            join_others(std::iter::once(handed.recv().unwrap()));
            done.send(()).unwrap();
        });
        hand_over.send(thread).unwrap();
        is_done.recv_timeout(std::time::Duration::from_secs(5)).unwrap();
    }
}
