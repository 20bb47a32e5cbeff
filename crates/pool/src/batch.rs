//! One batch: its settings, and the call that runs it.

use std::fmt;
use std::time::Duration;

use crate::cancel::CancelToken;
use crate::chunking::Chunking;
use crate::crew::Crew;
use crate::execute::Settings;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::sink::{OnResult, Unobserved};
use crate::state::WorkerState;

/// The kind of batch whose closure sees the item alone.
#[derive(Debug, Clone, Copy)]
pub struct Stateless(pub(crate) ());

/// The kind of batch whose closure also sees the worker's state.
#[derive(Debug)]
pub struct Stateful<'a, S>(pub(crate) &'a WorkerState<S>);

/// A batch of items about to run on a pool.
///
/// Made by [`Pool::batch`](crate::Pool::batch), set up by chained calls, run by one of the `map`
/// methods, which block until every item has ended or the batch is stopped. Closures and items may
/// borrow from the caller's stack: no worker touches them after the call has returned or unwound.
///
/// With [`with`](Self::with) the closure takes `|state: &mut S, item: &T|`, without it `|item: &T|`.
///
/// The closure is called through `&F` from several threads, so it must be `Sync`:
///
/// ```compile_fail,E0277
/// let pool = tangency_pool::Pool::new(2).unwrap();
/// let seen = std::cell::Cell::new(0);
/// pool.batch().map(&[1, 2, 3], |n: &i32| seen.set(*n)); // a Cell is not Sync
/// ```
///
/// Items are read by the workers, so they must be `Sync` too, and results `Send`:
///
/// ```compile_fail,E0277
/// let pool = tangency_pool::Pool::new(2).unwrap();
/// let items = [std::cell::Cell::new(1)];
/// pool.batch().map(&items, |n| n.get());
/// ```
///
/// ```compile_fail,E0277
/// let pool = tangency_pool::Pool::new(2).unwrap();
/// pool.batch().map(&[1, 2, 3], |n| std::rc::Rc::new(*n));
/// ```
///
/// Results may borrow from the items but not outlive them:
///
/// ```compile_fail,E0597
/// let pool = tangency_pool::Pool::new(2).unwrap();
/// let report = {
///     let names = vec!["AAPL".to_owned()];
///     pool.batch().map(&names, |name| name.as_str())
/// };
/// assert_eq!(report.outcomes.len(), 1);
/// ```
#[must_use = "a batch runs when one of its `map` methods is called"]
pub struct Batch<'a, S = Stateless, K = Unobserved> {
    pub(crate) crew: &'a Crew,
    pub(crate) settings: Settings<'a>,
    pub(crate) state: S,
    pub(crate) sink: K,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(crew: &'a Crew) -> Self {
        let settings = Settings::default();
        Self { crew, settings, state: Stateless(()), sink: Unobserved(()) }
    }
}

impl<'a, S, K> Batch<'a, S, K> {
    /// How many items a worker takes at a time; [`Chunking::adaptive`] unless set.
    pub fn chunking(mut self, chunking: Chunking) -> Self {
        self.settings.chunking = chunking;
        self
    }

    /// Tells `progress` how far the batch has come.
    pub fn progress(mut self, progress: &'a dyn Progress) -> Self {
        self.settings.progress = Some(progress);
        self
    }

    /// Stops the batch when `token` is set: items not started by then are
    /// [`Cancelled`](Outcome::Cancelled).
    pub fn cancel(mut self, token: &'a CancelToken) -> Self {
        self.settings.cancel = Some(token);
        self
    }

    /// Stops the batch this long after its call. Items that are running end by themselves.
    pub fn deadline(mut self, after: Duration) -> Self {
        self.settings.timeout = Some(after);
        self
    }

    /// Whether the first item that fails or panics stops the batch; `false` unless set.
    ///
    /// Which items were started by then depends on timing, the one thing here that does.
    pub fn fail_fast(mut self, fail_fast: bool) -> Self {
        self.settings.fail_fast = fail_fast;
        self
    }

    /// How many items of an iterator may be on the way at a time: taken, but their outcome not yet
    /// seen by the caller. 1024 for each worker unless set; at least 1. Slices are not affected.
    pub fn look_ahead(mut self, items: usize) -> Self {
        self.settings.look_ahead = Some(items);
        self
    }
}

impl<'a, K> Batch<'a, Stateless, K> {
    /// Lends each item the state that its worker keeps under this handle.
    ///
    /// Should a worker's state fail to build, the batch stops with one error
    /// ([`BatchReport::error`](crate::BatchReport::error)), and the next batch with the handle tries again.
    pub fn with<S>(self, state: &'a WorkerState<S>) -> Batch<'a, Stateful<'a, S>, K> {
        let Self { crew, settings, sink, .. } = self;
        Batch { crew, settings, state: Stateful(state), sink }
    }
}

impl<'a, S> Batch<'a, S> {
    /// Tells `callback` of each item as it ends: its index and its outcome, in the order in which
    /// they end.
    ///
    /// Called on the thread of the batch call, so it needs to be neither `Send` nor `Sync`; a slow
    /// callback delays no worker. Items that are not started are not reported. Should it panic, the
    /// batch stops, the workers let go, and the panic goes on to the caller.
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use tangency_pool::{Outcome, Pool};
    ///
    /// let mut sum = 0;
    /// let report = Pool::new(2)?
    ///     .batch()
    ///     .on_result(|_index, outcome: &Outcome<u32, Infallible>| {
    ///         sum += outcome.as_done().copied().unwrap_or(0);
    ///     })
    ///     .map(&[1, 2, 3], |n| n * 10);
    /// assert!(report.is_complete());
    /// assert_eq!(sum, 60);
    /// # Ok::<(), tangency_pool::Error>(())
    /// ```
    pub fn on_result<R, E>(
        self,
        callback: impl FnMut(usize, &Outcome<R, E>) + 'a,
    ) -> Batch<'a, S, OnResult<'a, R, E>> {
        let Self { crew, settings, state, .. } = self;
        Batch { crew, settings, state, sink: OnResult { callback: Box::new(callback) } }
    }
}

impl<S, K> fmt::Debug for Batch<'_, S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("chunking", &self.settings.chunking)
            .field("deadline", &self.settings.timeout)
            .field("fail_fast", &self.settings.fail_fast)
            .finish_non_exhaustive()
    }
}
