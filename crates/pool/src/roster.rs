//! What every batch under way has: seats for its workers, a stop flag, an error, a caller to wake.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::queue::{Job, Queue};
use crate::report::WorkerShare;
use crate::segments::Segments;
use crate::stats::ItemCounts;
use crate::stop::{Limits, Stop, StopReason};
use crate::stopwatch::Stopwatch;
use crate::sync::Unparker;
use crate::worker::Worker;

/// One batch under way, whatever its items are.
pub(crate) struct Roster<'s> {
    pub(crate) stop: Stop<'s>,
    /// By the index of the worker. A worker is in a batch once at a time, so each counter has one
    /// writer.
    seats: Segments<CachePadded<Seat>>,
    started: Instant,
    /// When the first item began: states are built by then.
    begun: OnceLock<Instant>,
    /// How to call more workers.
    recall: OnceLock<(Arc<Queue>, Job)>,
    error: Mutex<Option<Error>>,
    caller: Unparker,
}

impl<'s> Roster<'s> {
    pub(crate) fn new(limits: Limits<'s>, started: Instant, caller: Unparker) -> Self {
        Self {
            stop: Stop::new(limits),
            seats: Segments::new(),
            started,
            begun: OnceLock::new(),
            recall: OnceLock::new(),
            error: Mutex::new(None),
            caller,
        }
    }

    /// Seats `worker`. `None` for a worker beyond the greatest number there can be.
    pub(crate) fn enter<'a>(&'a self, worker: &'a Worker, nested: bool) -> Option<Visit<'a>> {
        let seat = self.seats.get(worker.index())?;
        let now = Instant::now();
        self.begun.get_or_init(|| now);
        if !seat.is_used.swap(true, Ordering::Relaxed) && !nested {
            worker.counters().add_batch(now.duration_since(self.started));
        }
        let (init, items) = (worker.counters().init(), seat.items());
        let clock = Stopwatch::starting(now);
        Some(Visit { seat, worker, nested, since: now, clock, init, items, chunks: 0, largest: 0 })
    }

    /// Says how to call more workers in. Done once, before any worker is in.
    pub(crate) fn set_recall(&self, queue: &Arc<Queue>, job: &Job) {
        self.recall.get_or_init(|| (Arc::clone(queue), Arc::clone(job)));
    }

    /// Has so many seats to be taken, by workers that have left as well.
    pub(crate) fn recall(&self, seats: usize) {
        if let Some((queue, job)) = self.recall.get().filter(|_| seats > 0) {
            queue.recall(job, seats);
        }
    }

    /// Leaves a worker's seat to another, since that worker has to go and there may be work left. Where there
    /// is none, whoever takes the seat is back at once.
    pub(crate) fn vacate(&self) {
        if let Some((queue, job)) = self.recall.get() {
            queue.give_back(job);
        }
    }

    pub(crate) fn wake_caller(&self) {
        self.caller.unpark();
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

    /// When the first item began.
    pub(crate) fn begun(&self) -> Option<Instant> {
        self.begun.get().copied()
    }

    /// Items that have ended, and those among them without a value.
    pub(crate) fn progress(&self) -> (usize, usize) {
        self.seats.iter().fold((0, 0), |(done, failed), seat| {
            let right = seat.done.load(Ordering::Relaxed);
            let wrong = seat.failed.load(Ordering::Relaxed) + seat.panicked.load(Ordering::Relaxed);
            (done + (right + wrong) as usize, failed + wrong as usize)
        })
    }

    /// The end of the batch, once no worker is inside.
    pub(crate) fn finish(self, total: usize) -> Finished {
        let mut items = ItemCounts::default();
        for seat in self.seats.iter() {
            items.done += seat.done.load(Ordering::Relaxed);
            items.failed += seat.failed.load(Ordering::Relaxed);
            items.panicked += seat.panicked.load(Ordering::Relaxed);
        }
        let mut workers: Vec<WorkerShare> =
            self.seats.iter().filter_map(|seat| *lock(&seat.share)).collect();
        workers.retain(|share| share.chunks > 0);
        items.cancelled = (total as u64).saturating_sub(items.total());
        let reason = self.stop.reason();
        let error = self.error.into_inner().unwrap_or_else(PoisonError::into_inner);
        Finished { items, workers, reason, error }
    }
}

/// What is left of a batch beside its outcomes.
pub(crate) struct Finished {
    pub(crate) items: ItemCounts,
    pub(crate) workers: Vec<WorkerShare>,
    /// Why the batch was stopped, be it with no item left to stop.
    pub(crate) reason: Option<StopReason>,
    pub(crate) error: Option<Error>,
}

/// One worker's place in a batch. Its counters are written by that worker alone and read by the
/// caller for progress, hence relaxed; that they are complete at the end follows from the loan.
#[derive(Default)]
pub(crate) struct Seat {
    is_used: AtomicBool,
    done: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    share: Mutex<Option<WorkerShare>>,
}

impl Seat {
    fn items(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
            + self.failed.load(Ordering::Relaxed)
            + self.panicked.load(Ordering::Relaxed)
    }
}

/// A worker in its seat. Books time and counts when it leaves, also by unwinding.
pub(crate) struct Visit<'a> {
    seat: &'a Seat,
    worker: &'a Worker,
    nested: bool,
    since: Instant,
    clock: Stopwatch,
    /// The worker's time spent building state, up to when it sat down.
    init: Duration,
    /// Items that ended in this seat before.
    items: u64,
    chunks: u64,
    largest: usize,
}

impl Visit<'_> {
    /// What an item takes of late on this worker, in nanoseconds.
    pub(crate) fn estimate(&self) -> Option<f64> {
        self.clock.estimate()
    }

    /// A chunk of that many items begins; roughly since when.
    pub(crate) fn begin_chunk(&mut self, items: usize) -> Instant {
        self.chunks += 1;
        self.largest = self.largest.max(items);
        self.worker.counters().add_chunk(items);
        self.clock.last()
    }

    /// What goes by from now on, until the clock is resumed, is no item's time.
    pub(crate) fn stop_clock(&mut self) {
        self.clock.settle(self.worker.counters().run_time());
    }

    /// Begins a new count of time: what went by since the clock was last read is no item's. The time.
    pub(crate) fn resume_clock(&mut self) -> Instant {
        self.clock.resume()
    }

    /// Counts an outcome. The time, if the clock was read.
    pub(crate) fn count<R, E>(&mut self, outcome: &Outcome<R, E>) -> Option<Instant> {
        let counter = match outcome {
            Outcome::Done(_) => &self.seat.done,
            Outcome::Failed(_) => &self.seat.failed,
            Outcome::Panicked(_) | Outcome::Cancelled => &self.seat.panicked,
        };
        // One writer: no need for an atomic addition.
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.clock.item_ended(self.worker.counters().run_time())
    }

    /// Whether the worker is to leave the batch, because the pool shrinks.
    pub(crate) fn is_to_leave(&self) -> bool {
        !self.nested && self.worker.is_retiring()
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let counters = self.worker.counters();
        let end = self.clock.settle(counters.run_time());
        let items = self.seat.items() - self.items;
        // Items may start nested batches that build state.
        let init = counters.init().saturating_sub(self.init);
        let busy = end.duration_since(self.since).saturating_sub(init);
        counters.add_items(items);
        // A nested batch runs within the time of the item that started it.
        if !self.nested {
            counters.add_busy(busy);
        }
        let mut share = lock(&self.seat.share);
        let share = share.get_or_insert(WorkerShare {
            worker: self.worker.index(),
            items: 0,
            chunks: 0,
            largest_chunk: 0,
            busy: Duration::ZERO,
        });
        share.items += items;
        share.chunks += self.chunks;
        share.largest_chunk = share.largest_chunk.max(self.largest);
        share.busy += busy;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks panics half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
