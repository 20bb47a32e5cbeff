//! One batch: its settings, and the call that runs it.

use std::convert::Infallible;
use std::fmt;
use std::time::{Duration, Instant};

use crossbeam_utils::sync::Parker;

use crate::cancel::CancelToken;
use crate::chunking::Chunking;
use crate::erased::lend;
use crate::error::{Error, ErrorKind};
use crate::outcome::Outcome;
use crate::panics;
use crate::pool::Pool;
use crate::progress::Progress;
use crate::report::{BatchReport, BatchStats};
use crate::run::{Limits, Run};
use crate::sink::{OnResult, ResultSink, Unobserved};
use crate::state::WorkerState;
use crate::watch::Watch;
use crate::worker::Worker;

/// The kind of batch whose closure sees the item alone.
#[derive(Debug, Clone, Copy)]
pub struct Stateless(pub(crate) ());

/// The kind of batch whose closure also sees the worker's state.
#[derive(Debug)]
pub struct Stateful<'a, S>(&'a WorkerState<S>);

/// A batch of items about to run on a pool.
///
/// Made by [`Pool::batch`], set up by chained calls, run by one of the `map` methods, which block
/// until every item has ended or the batch is stopped. Closures and items may borrow from the
/// caller's stack: no worker touches them after the call has returned or unwound.
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
    pool: &'a Pool,
    settings: Settings<'a>,
    state: S,
    sink: K,
}

#[derive(Clone, Copy, Default)]
struct Settings<'a> {
    chunking: Chunking,
    progress: Option<&'a dyn Progress>,
    cancel: Option<&'a CancelToken>,
    timeout: Option<Duration>,
    fail_fast: bool,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(pool: &'a Pool) -> Self {
        let settings = Settings::default();
        Self { pool, settings, state: Stateless(()), sink: Unobserved(()) }
    }
}

impl<'a, S, K> Batch<'a, S, K> {
    /// How many items a worker takes at a time; [`Chunking::Auto`] unless set.
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
}

impl<'a, K> Batch<'a, Stateless, K> {
    /// Lends each item the state that its worker keeps under this handle.
    ///
    /// Should a worker's state fail to build, the batch stops with one error
    /// ([`BatchReport::error`]), and the next batch with the handle tries again.
    pub fn with<S>(self, state: &'a WorkerState<S>) -> Batch<'a, Stateful<'a, S>, K> {
        let Self { pool, settings, sink, .. } = self;
        Batch { pool, settings, state: Stateful(state), sink }
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
        let Self { pool, settings, state, .. } = self;
        Batch { pool, settings, state, sink: OnResult { callback: Box::new(callback) } }
    }
}

impl<K> Batch<'_, Stateless, K> {
    /// Runs `task` on every item and returns its values in item order.
    pub fn map<'i, T, R, F>(self, items: &'i [T], task: F) -> BatchReport<R, Infallible>
    where
        T: Sync,
        R: Send,
        F: Fn(&'i T) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        self.run(items.len(), |index| Ok(task(&items[index])))
    }

    /// Runs `task`, which may fail, on every item.
    pub fn try_map<'i, T, R, E, F>(self, items: &'i [T], task: F) -> BatchReport<R, E>
    where
        T: Sync,
        R: Send,
        E: Send,
        F: Fn(&'i T) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        self.run(items.len(), |index| task(&items[index]))
    }

    /// Runs `task` on every index from 0 to `items`, for items that are no slice.
    pub fn map_indices<R, F>(self, items: usize, task: F) -> BatchReport<R, Infallible>
    where
        R: Send,
        F: Fn(usize) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        self.run(items, |index| Ok(task(index)))
    }

    /// Runs `task`, which may fail, on every index from 0 to `items`.
    pub fn try_map_indices<R, E, F>(self, items: usize, task: F) -> BatchReport<R, E>
    where
        R: Send,
        E: Send,
        F: Fn(usize) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        self.run(items, task)
    }

    fn run<R, E, F>(self, total: usize, task: F) -> BatchReport<R, E>
    where
        R: Send,
        E: Send,
        F: Fn(usize) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        let Self { pool, settings, sink, .. } = self;
        let enter = |run: &Run<'_, R, E>, site: Site<'_>| {
            run.work(site.worker, site.nested, &task, site.between);
        };
        execute(pool, settings, sink, total, None, enter)
    }
}

impl<S: Send, K> Batch<'_, Stateful<'_, S>, K> {
    /// Runs `task` on every item with its worker's state and returns its values in item order.
    pub fn map<'i, T, R, F>(self, items: &'i [T], task: F) -> BatchReport<R, Infallible>
    where
        T: Sync,
        R: Send,
        F: Fn(&mut S, &'i T) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        self.run(items.len(), |state, index| Ok(task(state, &items[index])))
    }

    /// Runs `task`, which may fail, on every item with its worker's state.
    pub fn try_map<'i, T, R, E, F>(self, items: &'i [T], task: F) -> BatchReport<R, E>
    where
        T: Sync,
        R: Send,
        E: Send,
        F: Fn(&mut S, &'i T) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        self.run(items.len(), |state, index| task(state, &items[index]))
    }

    /// Runs `task` on every index from 0 to `items` with its worker's state.
    pub fn map_indices<R, F>(self, items: usize, task: F) -> BatchReport<R, Infallible>
    where
        R: Send,
        F: Fn(&mut S, usize) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        self.run(items, |state, index| Ok(task(state, index)))
    }

    /// Runs `task`, which may fail, on every index from 0 to `items` with its worker's state.
    pub fn try_map_indices<R, E, F>(self, items: usize, task: F) -> BatchReport<R, E>
    where
        R: Send,
        E: Send,
        F: Fn(&mut S, usize) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        self.run(items, task)
    }

    fn run<R, E, F>(self, total: usize, task: F) -> BatchReport<R, E>
    where
        R: Send,
        E: Send,
        F: Fn(&mut S, usize) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        let Self { pool, settings, sink, state: Stateful(state) } = self;
        let foreign = (!state.belongs_to(pool.id())).then(|| ErrorKind::ForeignState.into());
        let enter = |run: &Run<'_, R, E>, site: Site<'_>| {
            // A worker that comes too late builds nothing.
            if run.is_over() {
                return;
            }
            match state.borrow(site.worker) {
                Ok(mut borrowed) => {
                    let state = &mut *borrowed;
                    run.work(site.worker, site.nested, |i| task(state, i), site.between);
                }
                Err(error) => run.fail(error),
            }
        };
        execute(pool, settings, sink, total, foreign, enter)
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

/// Where a worker enters a batch.
struct Site<'a> {
    worker: &'a Worker,
    nested: bool,
    /// What to do after each item, where the worker is the caller too.
    between: Option<&'a mut dyn FnMut()>,
}

/// Runs a batch; `enter` is what a worker does in it.
fn execute<R, E, K, F>(
    pool: &Pool,
    settings: Settings<'_>,
    mut sink: K,
    total: usize,
    mut error: Option<Error>,
    enter: F,
) -> BatchReport<R, E>
where
    R: Send,
    E: Send,
    K: ResultSink<R, E>,
    F: Fn(&Run<'_, R, E>, Site<'_>) + Sync,
{
    let started = Instant::now();
    let nested = Worker::current(pool.id());
    let workers = if nested.is_some() { 1 } else { pool.workers() };
    let chunk_size = settings.chunking.size(total, workers).unwrap_or_else(|wrong| {
        error.get_or_insert(wrong);
        1
    });
    let seats = total.div_ceil(chunk_size).min(workers);
    let limits = Limits {
        cancel: settings.cancel,
        // A deadline beyond the end of time is none.
        deadline: settings.timeout.and_then(|after| started.checked_add(after)),
        fail_fast: settings.fail_fast,
    };
    let mut outcomes: Vec<Outcome<R, E>> = Vec::with_capacity(total);
    outcomes.resize_with(total, || Outcome::Cancelled);

    let parker = Parker::new();
    let caller = parker.unparker().clone();
    let run = Run::new(&mut outcomes, chunk_size, seats, limits, K::LISTENS, caller);
    if let Some(error) = error {
        run.fail(error);
    }
    let mut watch = Watch::new(&run, &mut sink, settings.progress, started, total);
    if !run.is_over() {
        match &nested {
            Some(worker) => {
                let mut between = || watch.poll();
                enter(&run, Site { worker, nested: true, between: Some(&mut between) });
            }
            None => {
                let body = |worker: &Worker| {
                    let site = Site { worker, nested: false, between: None };
                    let inside = std::panic::AssertUnwindSafe(|| enter(&run, site));
                    if let Err(payload) = std::panic::catch_unwind(inside) {
                        let message = panics::message(payload);
                        let worker = worker.index();
                        run.fail(ErrorKind::Internal { worker, message }.into());
                    }
                };
                lend(&body, &parker, |job| {
                    let leaving = Leaving { pool, job, run: &run };
                    pool.queue().offer(job.clone(), seats);
                    watch.wait(job, &parker);
                    drop(leaving);
                });
            }
        }
    }
    watch.conclude();
    drop(watch);

    let finished = run.finish(total);
    pool.counters().add(&finished.items);
    let stats = BatchStats {
        wall: started.elapsed(),
        items: finished.items,
        chunks: finished.workers.iter().map(|share| share.chunks).sum(),
        chunk_size,
        nested: nested.is_some(),
        stopped: finished.stopped,
        workers: finished.workers,
    };
    BatchReport::new(outcomes, stats, finished.error)
}

/// Ends the batch on the way out of the wait: at the end, where nothing is left to stop, or when an
/// observer's panic passes, so that the workers let go after the item they are at.
struct Leaving<'a, 's, R, E> {
    pool: &'a Pool,
    job: &'a crate::queue::Job,
    run: &'a Run<'s, R, E>,
}

impl<R, E> Drop for Leaving<'_, '_, R, E> {
    fn drop(&mut self) {
        self.run.abandon();
        self.pool.queue().withdraw(self.job);
    }
}
