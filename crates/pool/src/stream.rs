//! A batch of items that come from an iterator, as its workers see it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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

struct Source<I: Iterator> {
    /// `None` once it has ended.
    items: Option<I>,
    taken: usize,
    /// Rests of chunks whose takers had to leave, each with the index of its first.
    given_back: Vec<(usize, Vec<I::Item>)>,
}

/// How long outcomes of a chunk may wait for one another: long beside what it takes to wake the caller.
const HOLD: Duration = Duration::from_micros(100);

impl<'s, I: Iterator, R, E> Stream<'s, I, R, E> {
    pub(crate) fn new(roster: Roster<'s>, items: I, plan: Plan, look_ahead: usize) -> Self {
        Self {
            roster,
            source: Mutex::new(Source { items: Some(items), taken: 0, given_back: Vec::new() }),
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
            // The iterator's time, and that of the wait for it, is no item's.
            visit.stop_clock();
            let Some(start) = self.take(&mut items, visit.estimate()) else { return };
            let mut announced = visit.resume_clock();
            visit.begin_chunk(items.len());
            let mut chunk = (start..).zip(items.drain(..));
            while let Some((index, item)) = chunk.next() {
                if stop.is_due() {
                    break;
                }
                let outcome = match catch_unwind(AssertUnwindSafe(|| task(item))) {
                    Ok(Ok(value)) => Outcome::Done(value),
                    Ok(Err(error)) => Outcome::Failed(error),
                    Err(payload) if panics::is_interruption(&*payload) => {
                        visit.resume_clock();
                        break;
                    }
                    Err(payload) => Outcome::Panicked(panics::message(payload)),
                };
                let now = visit.count(&outcome);
                if stop.limits.fail_fast && !outcome.is_done() {
                    stop.now(StopReason::FailFast);
                }
                results.push((index, outcome));
                if let Some(now) = now.filter(|now| now.duration_since(announced) >= HOLD) {
                    self.announce(&mut results);
                    announced = now;
                }
                if visit.is_to_leave() {
                    self.give_back(index + 1, chunk.by_ref().map(|(_, item)| item).collect());
                }
            }
            drop(chunk);
            self.announce(&mut results);
            if let Some(between) = &mut between {
                between();
            }
        }
        self.roster.vacate();
    }

    /// Fills the empty list `into` with the next chunk. The index of its first item; `None` when
    /// there is nothing to take now.
    fn take(&self, into: &mut Vec<I::Item>, estimate: Option<f64>) -> Option<usize> {
        if self.roster.stop.is_due() {
            return None;
        }
        let mut source = lock(&self.source);
        if let Some((start, rest)) = source.given_back.pop() {
            into.extend(rest);
            return Some(start);
        }
        let Source { items: Some(items), taken, .. } = &mut *source else { return None };
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

    /// Leaves the rest of a chunk to the worker that takes the place of this one.
    fn give_back(&self, start: usize, rest: Vec<I::Item>) {
        if !rest.is_empty() {
            lock(&self.source).given_back.push((start, rest));
        }
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

    /// The caller is done with `items` more: calls workers back that left for want of room, at most so many
    /// as there is room for now. `is_starved` is what the caller knows of them from call to call.
    pub(crate) fn delivered(&self, items: usize, workers: usize, is_starved: &mut bool) {
        self.backlog.deliver(items);
        *is_starved |= self.backlog.take_starved();
        if !*is_starved {
            return;
        }
        let source = lock(&self.source);
        let room = self.backlog.left(source.taken);
        let is_drained = source.is_drained();
        drop(source);
        if is_drained || room > 0 {
            *is_starved = false;
            self.roster.recall(if is_drained { 0 } else { room.min(workers) });
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

    /// Whether there is no item left that nobody has begun with.
    pub(crate) fn is_drained(&self) -> bool {
        lock(&self.source).is_drained()
    }
}

impl<I: Iterator> Source<I> {
    fn is_drained(&self) -> bool {
        self.items.is_none() && self.given_back.is_empty()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What panics under these locks is caught under them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;
    use crate::chunking::Chunking;
    use crate::erased::lend;
    use crate::queue::Queue;
    use crate::stop::Limits;
    use crate::sync::Parker;
    use crate::worker::PoolId;

    /// The seats that a stream with room for two items offers, once two were taken and another worker
    /// has asked for more in vain, and so many have been delivered.
    fn seats_after(delivered: usize, taken: usize) -> usize {
        let parker = Parker::new();
        let roster = Roster::new(Limits::default(), Instant::now(), parker.unparker().clone());
        let plan = Plan::new(Chunking::Fixed(1), 10, 4).unwrap();
        let stream: Stream<'_, _, u8, ()> = Stream::new(roster, 0..taken, plan, 2);
        let queue = Arc::new(Queue::default());
        lend(&|_: &Worker| {}, &parker, |job| {
            queue.offer(job, 0);
            stream.roster.set_recall(&queue, job);
            let mut items = Vec::new();
            assert_eq!(stream.take(&mut items, None), Some(0));
            items.clear();
            assert_eq!(stream.take(&mut items, None), Some(1));
            items.clear();
            assert_eq!(stream.take(&mut items, None), None);
            let mut is_starved = false;
            for items in [0, 0, delivered, 0] {
                stream.delivered(items, 4, &mut is_starved);
            }
            queue.close();
            let worker = Worker::new(PoolId(0), 0, "only".to_owned());
            std::iter::from_fn(|| queue.take(&worker)).count()
        })
    }

    #[test]
    fn workers_are_called_back_when_there_is_room_for_them() {
        assert_eq!([0, 1, 2].map(|delivered| seats_after(delivered, 10)), [0, 1, 2]);
    }
}
