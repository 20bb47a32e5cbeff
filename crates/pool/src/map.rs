//! The calls that run a batch: over slices, indices and iterators, with and without state.

use std::convert::Infallible;

use crate::batch::{Batch, Stateful, Stateless};
use crate::outcome::Outcome;
use crate::report::{BatchReport, StreamReport};
use crate::sink::ResultSink;
use crate::submit::{Lends, Streamed, indexed, streamed};

impl<K> Batch<'_, Stateless, K> {
    /// Runs `task` on every item and returns its values in item order.
    pub fn map<'i, T, R, F>(self, items: &'i [T], task: F) -> BatchReport<R, Infallible>
    where
        T: Sync,
        R: Send,
        F: Fn(&'i T) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        indexed(self, items.len(), |(), index| Ok(task(&items[index])))
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
        indexed(self, items.len(), |(), index| task(&items[index]))
    }

    /// Runs `task` on every index from 0 to `items`, for items that are no slice.
    pub fn map_indices<R, F>(self, items: usize, task: F) -> BatchReport<R, Infallible>
    where
        R: Send,
        F: Fn(usize) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        indexed(self, items, |(), index| Ok(task(index)))
    }

    /// Runs `task`, which may fail, on every index from 0 to `items`.
    pub fn try_map_indices<R, E, F>(self, items: usize, task: F) -> BatchReport<R, E>
    where
        R: Send,
        E: Send,
        F: Fn(usize) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        indexed(self, items, |(), index| task(index))
    }

    /// Runs `task` on every item of an iterator and returns its values in item order.
    ///
    /// Workers take items as they need them: what is in memory besides the outcomes is bounded by
    /// [`look_ahead`](Self::look_ahead). `next` is called by one worker at a time. When the batch is
    /// stopped, items taken by then and not started are `Cancelled`; the rest is never taken.
    ///
    /// ```
    /// use tangency_pool::Pool;
    ///
    /// let report = Pool::new(2)?.batch().map_iter((1..=4).map(|n| n * 10), |n| n + 1);
    /// assert_eq!(report.into_results()?, [11, 21, 31, 41]);
    /// # Ok::<(), tangency_pool::Error>(())
    /// ```
    pub fn map_iter<I, R, F>(self, items: I, task: F) -> BatchReport<R, Infallible>
    where
        I: IntoIterator<IntoIter: Send, Item: Send>,
        R: Send,
        F: Fn(I::Item) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        in_order(self, items, |(), item| Ok(task(item)))
    }

    /// Runs `task`, which may fail, on every item of an iterator.
    pub fn try_map_iter<I, R, E, F>(self, items: I, task: F) -> BatchReport<R, E>
    where
        I: IntoIterator<IntoIter: Send, Item: Send>,
        R: Send,
        E: Send,
        F: Fn(I::Item) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        in_order(self, items, |(), item| task(item))
    }

    /// Runs `task` on every item of an iterator, shows each outcome to
    /// [`on_result`](Batch::on_result) as it ends, and drops it.
    ///
    /// So neither the items nor their outcomes have to fit in memory: a grid of a billion points
    /// takes no more than one of a thousand. A slow observer slows the workers down once
    /// [`look_ahead`](Self::look_ahead) outcomes wait for it.
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use tangency_pool::{Outcome, Pool};
    ///
    /// let mut best = (0, 0);
    /// let report = Pool::new(2)?
    ///     .batch()
    ///     .on_result(|index, outcome: &Outcome<u64, Infallible>| {
    ///         best = best.max((outcome.as_done().copied().unwrap_or(0), index));
    ///     })
    ///     .stream(0..10_000_u64, |n| n * 7919 % 10_007);
    /// assert!(report.is_complete());
    /// assert_eq!(best.0, 10_006);
    /// # Ok::<(), tangency_pool::Error>(())
    /// ```
    pub fn stream<I, R, F>(self, items: I, task: F) -> StreamReport
    where
        I: IntoIterator<IntoIter: Send, Item: Send>,
        R: Send,
        F: Fn(I::Item) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        let drop = |_, _: Outcome<R, Infallible>| {};
        streamed(self, items.into_iter(), drop, |(), item| Ok(task(item))).into()
    }

    /// Runs `task`, which may fail, on every item of an iterator, and drops each outcome once
    /// [`on_result`](Batch::on_result) has seen it.
    pub fn try_stream<I, R, E, F>(self, items: I, task: F) -> StreamReport
    where
        I: IntoIterator<IntoIter: Send, Item: Send>,
        R: Send,
        E: Send,
        F: Fn(I::Item) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        let drop = |_, _: Outcome<R, E>| {};
        streamed(self, items.into_iter(), drop, |(), item| task(item)).into()
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
        indexed(self, items.len(), |state, index| Ok(task(state, &items[index])))
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
        indexed(self, items.len(), |state, index| task(state, &items[index]))
    }

    /// Runs `task` on every index from 0 to `items` with its worker's state.
    pub fn map_indices<R, F>(self, items: usize, task: F) -> BatchReport<R, Infallible>
    where
        R: Send,
        F: Fn(&mut S, usize) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        indexed(self, items, |state, index| Ok(task(state, index)))
    }

    /// Runs `task`, which may fail, on every index from 0 to `items` with its worker's state.
    pub fn try_map_indices<R, E, F>(self, items: usize, task: F) -> BatchReport<R, E>
    where
        R: Send,
        E: Send,
        F: Fn(&mut S, usize) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        indexed(self, items, |state, index| task(state, index))
    }

    /// Runs `task` on every item of an iterator with its worker's state and returns its values in item order.
    ///
    /// Like the stateless `map_iter`.
    pub fn map_iter<I, R, F>(self, items: I, task: F) -> BatchReport<R, Infallible>
    where
        I: IntoIterator<IntoIter: Send, Item: Send>,
        R: Send,
        F: Fn(&mut S, I::Item) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        in_order(self, items, |state, item| Ok(task(state, item)))
    }

    /// Runs `task`, which may fail, on every item of an iterator with its worker's state.
    pub fn try_map_iter<I, R, E, F>(self, items: I, task: F) -> BatchReport<R, E>
    where
        I: IntoIterator<IntoIter: Send, Item: Send>,
        R: Send,
        E: Send,
        F: Fn(&mut S, I::Item) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        in_order(self, items, |state, item| task(state, item))
    }

    /// Runs `task` on every item of an iterator with its worker's state, shows each outcome to
    /// [`on_result`](Batch::on_result) as it ends, and drops it.
    ///
    /// Like the stateless `stream`.
    pub fn stream<I, R, F>(self, items: I, task: F) -> StreamReport
    where
        I: IntoIterator<IntoIter: Send, Item: Send>,
        R: Send,
        F: Fn(&mut S, I::Item) -> R + Sync,
        K: ResultSink<R, Infallible>,
    {
        let drop = |_, _: Outcome<R, Infallible>| {};
        streamed(self, items.into_iter(), drop, |state, item| Ok(task(state, item))).into()
    }

    /// Runs `task`, which may fail, on every item of an iterator with its worker's state, and drops each outcome once
    /// [`on_result`](Batch::on_result) has seen it.
    pub fn try_stream<I, R, E, F>(self, items: I, task: F) -> StreamReport
    where
        I: IntoIterator<IntoIter: Send, Item: Send>,
        R: Send,
        E: Send,
        F: Fn(&mut S, I::Item) -> Result<R, E> + Sync,
        K: ResultSink<R, E>,
    {
        let drop = |_, _: Outcome<R, E>| {};
        streamed(self, items.into_iter(), drop, |state, item| task(state, item)).into()
    }
}

/// A stream whose outcomes are kept, each in its place.
pub(crate) fn in_order<L, K, I, R, E, F>(
    batch: Batch<'_, L, K>,
    items: I,
    task: F,
) -> BatchReport<R, E>
where
    L: Lends,
    K: ResultSink<R, E>,
    I: IntoIterator<IntoIter: Send, Item: Send>,
    R: Send,
    E: Send,
    F: Fn(&mut L::State, I::Item) -> Result<R, E> + Sync,
{
    let mut outcomes: Vec<Outcome<R, E>> = Vec::new();
    let keep = |index: usize, outcome| {
        if index >= outcomes.len() {
            outcomes.resize_with(index + 1, || Outcome::Cancelled);
        }
        outcomes[index] = outcome;
    };
    let Streamed { stats, error, taken } = streamed(batch, items.into_iter(), keep, task);
    outcomes.resize_with(taken, || Outcome::Cancelled);
    BatchReport::new(outcomes, stats, error)
}

impl From<Streamed> for StreamReport {
    fn from(streamed: Streamed) -> Self {
        Self::new(streamed.stats, streamed.error)
    }
}
