//! What can go wrong with a pool or with a whole batch.

use crate::stop::StopReason;

/// The result of an operation on a pool.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a pool could not be built, or why a batch as a whole failed.
///
/// The failure of one item is no error of the batch: it is that item's
/// [`Outcome`](crate::Outcome). Only [`BatchReport::into_results`](crate::BatchReport::into_results)
/// turns the first of them into an `Error`, for callers who want all or nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    kind: ErrorKind,
}

impl Error {
    /// What happened, with the values that belong to it.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Whether the state of a worker is the cause: it could not be built, or not be lent.
    #[must_use]
    pub fn is_state(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::StateFailed { .. }
                | ErrorKind::StatePanicked { .. }
                | ErrorKind::StateInUse { .. }
                | ErrorKind::ForeignState
        )
    }

    /// The index of the item that is the cause, where it is one item.
    #[must_use]
    pub fn item(&self) -> Option<usize> {
        match self.kind {
            ErrorKind::ItemFailed { index, .. } | ErrorKind::ItemPanicked { index, .. } => {
                Some(index)
            }
            _ => None,
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind }
    }
}

/// The kinds of [`Error`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A pool was asked for with no workers.
    #[error("a pool needs at least 1 worker, got 0")]
    NoWorkers,
    /// A pool was asked for with more workers than it can number.
    #[error("a pool has at most {most} workers, got {workers}")]
    TooManyWorkers {
        /// How many were asked for.
        workers: usize,
        /// How many there may be.
        most: usize,
    },
    /// The bounds of [`Follow`](crate::Follow) leave no number of workers.
    #[error("following the load needs 1 <= min <= max, got min {min} and max {max}")]
    InvalidFollow {
        /// The lower bound.
        min: usize,
        /// The upper bound.
        max: usize,
    },
    /// An item was to have no thread at all.
    #[error("a task needs at least 1 thread, got 0")]
    NoThreadsPerTask,
    /// The name of the pool cannot be the name of a thread.
    #[error("the pool name {name:?} holds a zero byte")]
    InvalidName {
        /// The name as given.
        name: String,
    },
    /// The system refused a thread.
    #[error("worker {worker} of {workers} could not be started: {message}")]
    ThreadRefused {
        /// Which worker, from 0.
        worker: usize,
        /// How many were asked for.
        workers: usize,
        /// What the system said.
        message: String,
    },
    /// `Chunking::Fixed(0)`.
    #[error("a chunk needs at least 1 item, got 0")]
    EmptyChunks,
    /// Building a worker's state returned an error.
    #[error("state of worker {worker} could not be built: {message}")]
    StateFailed {
        /// Which worker, from 0.
        worker: usize,
        /// The error, as it displays.
        message: String,
    },
    /// Building a worker's state panicked.
    #[error("building the state of worker {worker} panicked: {message}")]
    StatePanicked {
        /// Which worker, from 0.
        worker: usize,
        /// The panic message.
        message: String,
    },
    /// A nested batch asked for the state that the surrounding item is using.
    #[error(
        "state of worker {worker} is already lent to the item that started this nested batch; \
         give the nested batch a state of its own"
    )]
    StateInUse {
        /// Which worker, from 0.
        worker: usize,
    },
    /// A batch was started on a rayon thread that helps an item of the same pool
    /// ([`PoolBuilder::threads_per_task`](crate::PoolBuilder::threads_per_task)): it might wait for the
    /// worker that waits for it.
    #[error(
        "a batch cannot start on a rayon thread that helps an item of the same pool; start it on the \
         item's own thread, or give the task one thread"
    )]
    HelpsItem,
    /// The handle was made by another pool.
    #[error("the worker state belongs to another pool")]
    ForeignState,
    /// The iterator that gives the items panicked.
    #[error("the iterator panicked before item {index}: {message}")]
    IteratorPanicked {
        /// The item it was asked for, from 0.
        index: usize,
        /// The panic message.
        message: String,
    },
    /// An item returned an error.
    #[error("item {index} failed: {message}")]
    ItemFailed {
        /// The item, from 0.
        index: usize,
        /// Its error, as it displays.
        message: String,
    },
    /// An item panicked.
    #[error("item {index} panicked: {message}")]
    ItemPanicked {
        /// The item, from 0.
        index: usize,
        /// The panic message.
        message: String,
    },
    /// The batch was stopped before all its items had started.
    #[error("{cancelled} of {total} items were not started: {reason}")]
    Stopped {
        /// What stopped it.
        reason: StopReason,
        /// Items that were not started.
        cancelled: usize,
        /// Items of the batch.
        total: usize,
    },
    /// The batch was stopped before its iterator had ended, with no item taken in vain.
    #[error("the iterator was left after {taken} items: {reason}")]
    IteratorLeft {
        /// What stopped the batch.
        reason: StopReason,
        /// Items that were taken, and ran.
        taken: usize,
    },
    /// Jobs were to run in processes, but nothing says what a worker process is to do.
    #[error(
        "worker processes need `process::worker_entry` as the first call in `main`, or the path of \
         a worker binary that makes it"
    )]
    NoWorkerEntry,
    /// The worker process does not know the job.
    #[error("job {name:?} is not registered in the worker process, which knows {known:?}")]
    UnknownJob {
        /// The name of the job.
        name: String,
        /// The names of the jobs that it was started with.
        known: Vec<String>,
    },
    /// The pool itself is at fault.
    #[error("the pool broke on worker {worker}: {message}")]
    Internal {
        /// Which worker, from 0.
        worker: usize,
        /// The panic message.
        message: String,
    },
}
