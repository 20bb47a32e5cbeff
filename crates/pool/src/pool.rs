//! The pool: its threads, from the first batch to the last.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::batch::Batch;
use crate::builder::PoolBuilder;
use crate::crew::Crew;
use crate::error::Result;
use crate::follow::Follower;
use crate::footprint::ProcessStats;
use crate::prepare::prepare;
use crate::state::WorkerState;
use crate::stats::PoolStats;
use crate::worker::Worker;

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
    pub(crate) crew: Arc<Crew>,
    pub(crate) follower: Option<Follower>,
}

impl Pool {
    /// A pool with that many workers.
    ///
    /// # Errors
    ///
    /// Those of [`PoolBuilder::build`].
    pub fn new(workers: usize) -> Result<Self> {
        Self::builder().workers(workers).build()
    }

    /// A pool with settings.
    pub fn builder() -> PoolBuilder {
        PoolBuilder::new()
    }

    /// The pool of the process, built at the first call with
    /// [`CpuBudget::detect`](crate::CpuBudget::detect) workers, never dropped.
    ///
    /// For programs. Libraries take a `&Pool`. Where the environment asks for worker processes and the
    /// program has none, jobs run on threads and the statistics say why.
    ///
    /// # Panics
    ///
    /// When the system refuses even one thread.
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<Pool> = OnceLock::new();
        GLOBAL.get_or_init(|| {
            let builder = Self::builder().or_on_threads();
            builder
                .clone()
                .build()
                .or_else(|_| builder.workers(1).build())
                .expect("the system allows at least one more thread")
        })
    }

    /// How many workers there are to be now; one that is to leave may still be at its last item.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.crew.target()
    }

    /// Makes it that many workers, also while batches run, and comes back without waiting for them.
    ///
    /// New workers join the batches under way. Those with the highest indices leave, as soon as the
    /// item they are at has ended; what they have not started goes to the others, and what they kept
    /// is dropped. Results are the same as ever.
    ///
    /// ```
    /// let pool = tangency_pool::Pool::new(2)?;
    /// pool.resize(4)?;
    /// assert_eq!(pool.workers(), 4);
    /// # Ok::<(), tangency_pool::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoWorkers`](crate::ErrorKind::NoWorkers) for 0,
    /// [`ErrorKind::TooManyWorkers`](crate::ErrorKind::TooManyWorkers) for more than 65,535, and
    /// [`ErrorKind::ThreadRefused`](crate::ErrorKind::ThreadRefused) when the system refuses a
    /// thread: those before it have started by then.
    pub fn resize(&self, workers: usize) -> Result<()> {
        self.crew.resize(workers)
    }

    /// What the pool has done so far. Reads `/proc`, which takes some ten microseconds a thread.
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
        WorkerState::new(&self.crew, init)
    }

    /// Has every worker build its state now, all at the same time, and waits for them.
    ///
    /// A worker that is busy builds when it is free; one that joins the pool later builds when it
    /// needs to. From inside an item only the worker of that item builds.
    ///
    /// ```
    /// use tangency_pool::Pool;
    ///
    /// let pool = Pool::new(2)?;
    /// let market = pool.worker_state(|worker| Ok::<_, String>(worker.index()));
    /// pool.prepare(&market)?;
    /// assert!(pool.stats().workers.iter().all(|worker| worker.states_built == 1));
    /// # Ok::<(), tangency_pool::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first error that [`Batch::with`] would give: one, however many workers fail.
    pub fn prepare<T: Send>(&self, state: &WorkerState<T>) -> Result<()> {
        prepare(&self.crew, state)
    }

    /// A batch to set up and run.
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(&self.crew)
    }

    /// How many inputs of jobs lost every worker process that they were tried on, and are not tried
    /// again.
    #[cfg(feature = "process")]
    #[must_use]
    pub fn quarantined(&self) -> usize {
        self.crew.processes.quarantine().len()
    }

    /// Lets those inputs be tried again.
    #[cfg(feature = "process")]
    pub fn clear_quarantine(&self) {
        self.crew.processes.quarantine().clear();
    }

    /// Ends the threads, joins them and says what the pool has done. Dropping it does the same
    /// without a word.
    pub fn shutdown(mut self) -> PoolStats {
        // Threads take their context switches with them.
        let process = ProcessStats::read();
        self.halt();
        PoolStats { process, ..self.crew.stats() }
    }

    fn halt(&mut self) {
        drop(self.follower.take());
        self.crew.close();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.halt();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("workers", &self.workers()).finish_non_exhaustive()
    }
}
