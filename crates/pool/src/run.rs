//! One batch under way, as its workers see it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;
use crossbeam_utils::sync::Unparker;

use crate::erased::Slots;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::panics;
use crate::report::WorkerShare;
use crate::stats::ItemCounts;
use crate::stop::{Limits, Stop, StopReason};
use crate::worker::Worker;

/// Items that have ended and that somebody wants to hear of, each with its index.
pub(crate) type Ended<'s, R, E> = Vec<(usize, &'s mut Outcome<R, E>)>;

/// One batch under way.
///
/// Every place in `slots` begins as `Cancelled` and is overwritten by the worker that ran its item,
/// so there is nothing to gather at the end and nothing to allocate for an item.
pub(crate) struct Run<'s, R, E> {
    slots: Slots<'s, Outcome<R, E>>,
    chunk: usize,
    stop: Stop<'s>,
    seats: Box<[CachePadded<Seat>]>,
    seats_taken: AtomicUsize,
    /// Filled when the caller listens to results.
    ended: Option<Mutex<Ended<'s, R, E>>>,
    error: Mutex<Option<Error>>,
    caller: Unparker,
}

impl<'s, R, E> Run<'s, R, E> {
    pub(crate) fn new(
        outcomes: &'s mut [Outcome<R, E>],
        chunk: usize,
        seats: usize,
        limits: Limits<'s>,
        listens: bool,
        caller: Unparker,
    ) -> Self {
        Self {
            slots: Slots::new(outcomes),
            chunk,
            stop: Stop::new(limits),
            seats: (0..seats).map(|_| CachePadded::default()).collect(),
            seats_taken: AtomicUsize::new(0),
            ended: listens.then(Mutex::default),
            error: Mutex::new(None),
            caller,
        }
    }

    /// Takes chunks and runs their items until nothing is left or the batch is stopped.
    ///
    /// `between` is called after every item. An unwinding `between` goes through.
    pub(crate) fn work(
        &self,
        worker: &Worker,
        nested: bool,
        mut task: impl FnMut(usize) -> Result<R, E>,
        mut between: Option<&mut dyn FnMut()>,
    ) {
        // There are as many seats as the queue gives out.
        let Some(seat) = self.seats.get(self.seats_taken.fetch_add(1, Ordering::Relaxed)) else {
            return;
        };
        let mut occupied = seat.occupy(worker, nested);
        while let Some((start, slots)) = self.claim() {
            occupied.chunks += 1;
            for (offset, slot) in slots.iter_mut().enumerate() {
                if self.stop.is_due() {
                    return;
                }
                let index = start + offset;
                *slot = match catch_unwind(AssertUnwindSafe(|| task(index))) {
                    Ok(Ok(value)) => Outcome::Done(value),
                    Ok(Err(error)) => Outcome::Failed(error),
                    Err(payload) => Outcome::Panicked(panics::message(payload)),
                };
                if !seat.count(slot) && self.stop.limits.fail_fast {
                    self.stop.now(StopReason::FailFast);
                }
                if let Some(ended) = &self.ended {
                    self.announce(ended, index, slot);
                }
                if let Some(between) = &mut between {
                    between();
                }
            }
        }
    }

    fn claim(&self) -> Option<(usize, &'s mut [Outcome<R, E>])> {
        if self.stop.is_due() { None } else { self.slots.claim(self.chunk) }
    }

    fn announce(&self, ended: &Mutex<Ended<'s, R, E>>, index: usize, slot: &'s mut Outcome<R, E>) {
        let mut ended = lock(ended);
        let first = ended.is_empty();
        ended.push((index, slot));
        drop(ended);
        // The caller empties the list before it sleeps, so only the first entry has to wake it.
        if first {
            self.caller.unpark();
        }
    }

    /// Swaps what has ended since the last time for the empty list `into`.
    pub(crate) fn take_ended(&self, into: &mut Ended<'s, R, E>) {
        if let Some(ended) = &self.ended {
            std::mem::swap(&mut *lock(ended), into);
        }
    }

    /// Ends the batch with an error. The first one stays.
    pub(crate) fn fail(&self, error: Error) {
        lock(&self.error).get_or_insert(error);
        self.stop.now(StopReason::Error);
    }

    /// Ends the batch, since nobody waits for it any more.
    pub(crate) fn abandon(&self) {
        self.stop.now(StopReason::Cancelled);
    }

    /// Whether no further item will be started.
    pub(crate) fn is_over(&self) -> bool {
        self.slots.is_exhausted() || self.stop.is_due()
    }

    /// Whether no worker has begun yet.
    pub(crate) fn is_waiting(&self) -> bool {
        self.seats_taken.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn limits(&self) -> &Limits<'s> {
        &self.stop.limits
    }

    /// Items ended so far: all of them, and those that failed or panicked.
    pub(crate) fn progress(&self) -> (usize, usize) {
        self.seats.iter().fold((0, 0), |(done, failed), seat| {
            let wrong = seat.failed.load(Ordering::Relaxed) + seat.panicked.load(Ordering::Relaxed);
            let right = seat.done.load(Ordering::Relaxed);
            (done + (right + wrong) as usize, failed + wrong as usize)
        })
    }

    /// The end of the batch, once no worker is inside.
    pub(crate) fn finish(self, total: usize) -> Finished {
        let mut items = ItemCounts::default();
        let mut workers: Vec<WorkerShare> = Vec::with_capacity(self.seats.len());
        for seat in &self.seats {
            items.done += seat.done.load(Ordering::Relaxed);
            items.failed += seat.failed.load(Ordering::Relaxed);
            items.panicked += seat.panicked.load(Ordering::Relaxed);
            if let Some(share) = *lock(&seat.share) {
                // One worker may have taken two seats, one after the other.
                match workers.iter_mut().find(|known| known.worker == share.worker) {
                    Some(known) => {
                        known.items += share.items;
                        known.chunks += share.chunks;
                        known.busy += share.busy;
                    }
                    None => workers.push(share),
                }
            }
        }
        workers.retain(|share| share.chunks > 0);
        workers.sort_by_key(|share| share.worker);
        items.cancelled = total as u64 - items.total();
        let stopped = if items.cancelled > 0 { self.stop.reason() } else { None };
        let error = self.error.into_inner().unwrap_or_else(PoisonError::into_inner);
        Finished { items, workers, stopped, error }
    }
}

/// What is left of a batch beside its outcomes.
pub(crate) struct Finished {
    pub(crate) items: ItemCounts,
    pub(crate) workers: Vec<WorkerShare>,
    pub(crate) stopped: Option<StopReason>,
    pub(crate) error: Option<Error>,
}

/// One worker's place in a batch. Its counters are written by that worker alone and read by the
/// caller for progress, hence relaxed; that they are complete at the end follows from the loan.
#[derive(Default)]
struct Seat {
    done: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    share: Mutex<Option<WorkerShare>>,
}

impl Seat {
    fn occupy<'a>(&'a self, worker: &'a Worker, nested: bool) -> Occupied<'a> {
        let init = worker.counters().init();
        Occupied { seat: self, worker, nested, since: Instant::now(), init, chunks: 0 }
    }

    /// Counts an outcome; whether it is a value.
    fn count<R, E>(&self, outcome: &Outcome<R, E>) -> bool {
        let counter = match outcome {
            Outcome::Done(_) => &self.done,
            Outcome::Failed(_) => &self.failed,
            Outcome::Panicked(_) | Outcome::Cancelled => &self.panicked,
        };
        // One writer: no need for an atomic addition.
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        outcome.is_done()
    }

    fn items(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
            + self.failed.load(Ordering::Relaxed)
            + self.panicked.load(Ordering::Relaxed)
    }
}

/// A seat in use. Books time and counts when the worker leaves, also by unwinding.
struct Occupied<'a> {
    seat: &'a Seat,
    worker: &'a Worker,
    nested: bool,
    since: Instant,
    /// The worker's time spent building state, up to when it sat down.
    init: Duration,
    chunks: u64,
}

impl Drop for Occupied<'_> {
    fn drop(&mut self) {
        let counters = self.worker.counters();
        let items = self.seat.items();
        // Items may start nested batches that build state.
        let init = counters.init().saturating_sub(self.init);
        let busy = self.since.elapsed().saturating_sub(init);
        counters.add_items(items);
        // A nested batch runs within the time of the item that started it.
        if !self.nested {
            counters.add_batch(busy);
        }
        *lock(&self.seat.share) =
            Some(WorkerShare { worker: self.worker.index(), items, chunks: self.chunks, busy });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks panics half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
