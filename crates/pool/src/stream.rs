//! A batch of items that come from an iterator, as its workers see it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::backlog::Backlog;
use crate::chunking::Plan;
use crate::error::ErrorKind;
use crate::outcome::Outcome;
use crate::panics;
use crate::roster::Roster;
use crate::stop::StopReason;
use crate::worker::Worker;

/// Outcomes on their way to the caller, each with its index.
pub(crate) type Outbox<R, E> = Vec<(usize, Outcome<R, E>)>;

/// One batch under way.
///
/// Whoever has run a chunk takes the next from the iterator, under a lock. Between the iterator and
/// the caller there are never more items and outcomes than the look-ahead.
pub(crate) struct Stream<'s, I: Iterator, R, E> {
    pub(crate) roster: Roster<'s>,
    source: Mutex<Source<I>>,
    plan: Plan,
    backlog: Backlog,
    outbox: Mutex<Outbox<R, E>>,
}

struct Source<I> {
    /// `None` once it has ended.
    items: Option<I>,
    taken: usize,
}

impl<'s, I: Iterator, R, E> Stream<'s, I, R, E> {
    pub(crate) fn new(roster: Roster<'s>, items: I, plan: Plan, look_ahead: usize) -> Self {
        Self {
            roster,
            source: Mutex::new(Source { items: Some(items), taken: 0 }),
            plan,
            backlog: Backlog::new(look_ahead),
            outbox: Mutex::default(),
        }
    }

    /// Takes chunks and runs their items until nothing is left, there is no room for results, or the
    /// batch is stopped.
    ///
    /// `between` is called after every chunk. An unwinding `between` goes through.
    pub(crate) fn work(
        &self,
        worker: &Worker,
        nested: bool,
        mut task: impl FnMut(I::Item) -> Result<R, E>,
        mut between: Option<&mut dyn FnMut()>,
    ) {
        let Some(mut visit) = self.roster.enter(worker, nested) else { return };
        let stop = &self.roster.stop;
        let (mut items, mut results): (Vec<I::Item>, Outbox<R, E>) = (Vec::new(), Vec::new());
        while !visit.is_to_leave() {
            let Some(start) = self.take(&mut items, visit.estimate()) else { return };
            visit.restart_clock();
            visit.begin_chunk(items.len());
            for (offset, item) in items.drain(..).enumerate() {
                if stop.is_due() {
                    break;
                }
                let outcome = match catch_unwind(AssertUnwindSafe(|| task(item))) {
                    Ok(Ok(value)) => Outcome::Done(value),
                    Ok(Err(error)) => Outcome::Failed(error),
                    Err(payload) if panics::is_interruption(&*payload) => {
                        visit.restart_clock();
                        break;
                    }
                    Err(payload) => Outcome::Panicked(panics::message(payload)),
                };
                visit.count(&outcome);
                if stop.limits.fail_fast && !outcome.is_done() {
                    stop.now(StopReason::FailFast);
                }
                results.push((start + offset, outcome));
            }
            self.announce(&mut results);
            if let Some(between) = &mut between {
                between();
            }
        }
    }

    /// Fills the empty list `into` with the next chunk. The index of its first item; `None` when
    /// there is nothing to take now.
    fn take(&self, into: &mut Vec<I::Item>, estimate: Option<f64>) -> Option<usize> {
        if self.roster.stop.is_due() {
            return None;
        }
        let mut source = lock(&self.source);
        let Source { items: Some(items), taken } = &mut *source else { return None };
        let start = *taken;
        let room = self.backlog.room(start);
        if room == 0 {
            drop(source);
            self.roster.wake_caller();
            return None;
        }
        let left = items.size_hint().1.unwrap_or(usize::MAX);
        let previous = into.capacity().max(1);
        let want = self.plan.next(previous, estimate, || left).min(room);
        let pulled = catch_unwind(AssertUnwindSafe(|| {
            into.reserve_exact(want);
            into.extend(items.by_ref().take(want));
        }));
        *taken += into.len();
        if into.len() < want {
            source.items = None;
        }
        if let Err(payload) = pulled {
            let (index, message) = (source.taken, panics::message(payload));
            drop(source);
            self.roster.fail(ErrorKind::IteratorPanicked { index, message }.into());
            return None;
        }
        (!into.is_empty()).then_some(start)
    }

    fn announce(&self, results: &mut Outbox<R, E>) {
        if results.is_empty() {
            return;
        }
        let mut outbox = lock(&self.outbox);
        let first = outbox.is_empty();
        outbox.append(results);
        drop(outbox);
        // The caller empties the outbox before it sleeps, so only the first entry has to wake it.
        if first {
            self.roster.wake_caller();
        }
    }

    /// Swaps what has ended since the last time for the empty list `into`.
    pub(crate) fn take_outbox(&self, into: &mut Outbox<R, E>) {
        std::mem::swap(&mut *lock(&self.outbox), into);
    }

    /// The caller is done with `items` more: calls workers back that left for want of room.
    pub(crate) fn delivered(&self, items: usize, workers: usize) {
        self.backlog.deliver(items);
        if self.backlog.take_starved() {
            self.roster.recall(workers);
        }
    }

    /// Items taken from the iterator so far.
    pub(crate) fn taken(&self) -> usize {
        lock(&self.source).taken
    }

    /// Whether there is nothing left to start.
    pub(crate) fn is_over(&self) -> bool {
        self.roster.stop.is_due() || self.is_drained()
    }

    pub(crate) fn into_roster(self) -> Roster<'s> {
        self.roster
    }

    /// Whether the iterator has ended.
    pub(crate) fn is_drained(&self) -> bool {
        lock(&self.source).items.is_none()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What panics under these locks is caught under them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
