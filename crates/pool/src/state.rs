//! State that each worker builds once and keeps.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::Instant;

use crossbeam_utils::CachePadded;

use crate::crew::Crew;
use crate::error::{ErrorKind, Result};
use crate::panics;
use crate::segments::Segments;
use crate::worker::{PoolId, Worker};

type Init<T> = dyn Fn(&Worker) -> Result<T, String> + Send + Sync;

/// A handle on state that each worker of a pool builds once and keeps from batch to batch.
///
/// Made by [`Pool::worker_state`](crate::Pool::worker_state), used by
/// [`Batch::with`](crate::Batch::with). Any number of handles live side by side on one pool. A worker
/// builds its state the first time it takes part in a batch with the handle, or at
/// [`Pool::prepare`](crate::Pool::prepare), keeps it as long as the handle or a clone of it lives,
/// and lends it to one item after another as `&mut T`. The states are dropped by the thread that
/// drops the last clone. A worker that leaves because the pool shrinks drops its own, and one that
/// takes its place builds anew.
///
/// An item that panics leaves the state as it was at that moment, and the next item on that worker
/// meets it so. Scratch space should be reset at the start of an item; a handle whose state is beyond
/// repair is dropped and made anew. Where results must not depend on the worker, an item must not
/// read what another item left behind.
pub struct WorkerState<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    pool: PoolId,
    init: Box<Init<T>>,
    /// One for each worker, by index. Only that worker locks it, for as long as it takes part in a
    /// batch, or when it leaves.
    slots: Segments<CachePadded<Slot<T>>>,
}

/// A place for one worker's state.
struct Slot<T>(Mutex<Option<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

/// State of any type, as a worker that leaves sees it.
pub(crate) trait Kept: Send + Sync {
    /// Drops what the worker of that index keeps.
    fn forget(&self, worker: usize);
}

impl<T: Send> Kept for Inner<T> {
    fn forget(&self, worker: usize) {
        let state = self
            .slots
            .get(worker)
            .and_then(|slot| slot.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        // Out of the lock, and contained: it is the program's code that runs here.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(state))) {
            panics::message(payload);
        }
    }
}

impl<T: Send + 'static> WorkerState<T> {
    pub(crate) fn new<E, F>(crew: &Crew, init: F) -> Self
    where
        E: fmt::Display,
        F: Fn(&Worker) -> Result<T, E> + Send + Sync + 'static,
    {
        let init = Box::new(move |worker: &Worker| init(worker).map_err(|e| e.to_string()));
        let inner = Arc::new(Inner { pool: crew.id, init, slots: Segments::new() });
        let kept: Arc<dyn Kept> = Arc::clone(&inner) as _;
        crew.keep(Arc::downgrade(&kept) as Weak<dyn Kept>);
        Self { inner }
    }
}

impl<T: Send> WorkerState<T> {
    /// The state of `worker`, built now if this is the first time.
    pub(crate) fn borrow(&self, worker: &Worker) -> Result<Borrowed<'_, T>> {
        let index = worker.index();
        if self.inner.pool != worker.pool() {
            return Err(ErrorKind::ForeignState.into());
        }
        let slot = self.inner.slots.get(index).ok_or(ErrorKind::ForeignState)?;
        let mut slot = match slot.0.try_lock() {
            Ok(slot) => slot,
            // Unwinding out of a batch leaves the state as a panicking item would.
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
            // Only this thread ever locks the slot, so an item further up has it.
            Err(TryLockError::WouldBlock) => {
                return Err(ErrorKind::StateInUse { worker: index }.into());
            }
        };
        if slot.is_none() {
            let started = Instant::now();
            let built = catch_unwind(AssertUnwindSafe(|| (self.inner.init)(worker)));
            worker.counters().add_init(started.elapsed(), matches!(built, Ok(Ok(_))));
            *slot = Some(match built {
                Ok(Ok(state)) => state,
                Ok(Err(message)) => {
                    return Err(ErrorKind::StateFailed { worker: index, message }.into());
                }
                Err(payload) => {
                    let message = panics::message(payload);
                    return Err(ErrorKind::StatePanicked { worker: index, message }.into());
                }
            });
        }
        Ok(Borrowed(slot))
    }

    /// Drops what the worker of that index keeps.
    #[cfg(feature = "process")]
    pub(crate) fn forget(&self, worker: usize) {
        self.inner.forget(worker);
    }

    pub(crate) fn belongs_to(&self, pool: PoolId) -> bool {
        self.inner.pool == pool
    }
}

impl<T> Clone for WorkerState<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T> fmt::Debug for WorkerState<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerState").field("pool", &self.inner.pool.0).finish_non_exhaustive()
    }
}

/// A worker's state while it takes part in a batch. Holds a `Some`.
pub(crate) struct Borrowed<'a, T>(MutexGuard<'a, Option<T>>);

impl<T> Deref for Borrowed<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("filled by `borrow` and never emptied")
    }
}

impl<T> DerefMut for Borrowed<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("filled by `borrow` and never emptied")
    }
}
