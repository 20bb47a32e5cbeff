//! The settings of a pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::budget::CpuBudget;
use crate::crew::Crew;
use crate::error::{ErrorKind, Result};
use crate::executor::{Executor, ExecutorStats};
use crate::follow::{Follow, Follower};
use crate::pool::Pool;
use crate::worker::PoolId;

/// The settings of a [`Pool`].
#[derive(Debug, Clone)]
#[must_use = "settings make no pool until `build` is called"]
pub struct PoolBuilder {
    workers: Option<usize>,
    budget: Option<CpuBudget>,
    name: String,
    threads_per_task: usize,
    follow: Option<Follow>,
    executor: Option<Executor>,
    /// Whether jobs run on threads where the program has no worker processes to offer.
    or_on_threads: bool,
    #[cfg(feature = "process")]
    worker_binary: Option<std::path::PathBuf>,
}

impl PoolBuilder {
    pub(crate) fn new() -> Self {
        Self {
            workers: None,
            budget: None,
            name: "tangency".to_owned(),
            threads_per_task: 1,
            follow: None,
            executor: None,
            or_on_threads: false,
            #[cfg(feature = "process")]
            worker_binary: None,
        }
    }

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

    /// How many threads a parallel library may use below one item; 1 unless set.
    ///
    /// With the feature `rayon` each worker has a rayon pool of that many threads, of which it is
    /// one: rayon calls inside an item stay there, and with 1 no thread is started for them. Without
    /// the feature this has no effect, and such calls go to rayon's global pool, a thread for each
    /// core.
    ///
    /// What is spawned with `rayon::spawn` then runs when the worker gets to it: with 1, an item that waits
    /// for it in any other way than by rayon's own (`scope`, `join`, `yield_now`) waits for ever. On
    /// the threads beside the worker a batch of this pool is
    /// [`ErrorKind::HelpsItem`]. They end with their worker. rayon itself keeps some kilobytes for each
    /// worker that was ever started.
    pub fn threads_per_task(mut self, threads: usize) -> Self {
        self.threads_per_task = threads;
        self
    }

    /// Lets the number of workers follow what the rest of the machine leaves idle.
    pub fn follow(mut self, follow: Follow) -> Self {
        self.follow = Some(follow);
        self
    }

    /// Where registered jobs run; unless set, what `TANGENCY_EXECUTOR` says (`threads` or
    /// `processes`), else threads.
    pub fn executor(mut self, executor: Executor) -> Self {
        self.executor = Some(executor);
        self
    }

    /// Without worker processes jobs run on threads.
    pub(crate) fn or_on_threads(mut self) -> Self {
        self.or_on_threads = true;
        self
    }

    /// The program to start as worker process, instead of this one once more. It has to call
    /// [`process::worker_entry`](crate::process::worker_entry) first in its `main`.
    #[cfg(feature = "process")]
    pub fn worker_binary(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.worker_binary = Some(path.into());
        self
    }

    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoWorkers`] for 0 workers and [`ErrorKind::TooManyWorkers`] for more than 65,535;
    /// [`ErrorKind::NoThreadsPerTask`] for 0 threads per task; [`ErrorKind::InvalidFollow`] for
    /// bounds that leave no number; [`ErrorKind::InvalidName`] for a name with a zero byte;
    /// [`ErrorKind::ThreadRefused`] when the system refuses a thread, after those that had started
    /// have ended again; [`ErrorKind::NoWorkerEntry`] when jobs are to run in processes and the
    /// program neither called `worker_entry` nor names a worker binary.
    pub fn build(self) -> Result<Pool> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);

        let workers =
            self.workers.unwrap_or_else(|| self.budget.unwrap_or_else(CpuBudget::detect).workers());
        if self.name.contains('\0') {
            return Err(ErrorKind::InvalidName { name: self.name }.into());
        }
        if self.threads_per_task == 0 {
            return Err(ErrorKind::NoThreadsPerTask.into());
        }
        let workers = match &self.follow {
            Some(follow) => {
                follow.check()?;
                workers.clamp(follow.min, follow.max)
            }
            None => workers,
        };
        let id = PoolId(NEXT_ID.fetch_add(1, Ordering::Relaxed));
        let mut crew = Crew::new(id, self.name, self.threads_per_task);
        crew.executor = ExecutorStats::wanted(self.executor);
        if crew.executor.kind == Executor::Processes {
            #[cfg(feature = "process")]
            match crate::process::install(&mut crew, self.worker_binary) {
                Err(error) if self.or_on_threads => {
                    crew.executor = ExecutorStats::fallback(error.to_string());
                }
                installed => installed?,
            }
            #[cfg(not(feature = "process"))]
            {
                crew.executor = ExecutorStats::fallback("built without the feature `process`");
            }
        }
        // Dropped on the way out of an error, it ends the threads it has.
        let mut pool = Pool { crew: Arc::new(crew), follower: None };
        pool.crew.resize(workers)?;
        if let Some(follow) = self.follow {
            pool.follower = Some(Follower::start(&pool.crew, follow)?);
        }
        Ok(pool)
    }
}
