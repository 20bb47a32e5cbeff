//! A batch of items that can be counted off, as its workers see it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::chunking::Plan;
use crate::erased::Slots;
use crate::outcome::Outcome;
use crate::panics;
use crate::roster::Roster;
use crate::stop::StopReason;
use crate::worker::Worker;

/// Items that have ended and that somebody wants to hear of, each with its index.
pub(crate) type Ended<'s, R, E> = Vec<(usize, &'s mut Outcome<R, E>)>;

/// A part of the results, with the index of its first.
type Part<'s, R, E> = (usize, &'s mut [Outcome<R, E>]);

/// One batch under way.
///
/// Every place in `slots` begins as `Cancelled` and is overwritten by the worker that ran its item,
/// so there is nothing to gather at the end and nothing to allocate for an item.
pub(crate) struct Run<'s, R, E> {
    pub(crate) roster: Roster<'s>,
    slots: Slots<'s, Outcome<R, E>>,
    plan: Plan,
    /// Parts of chunks whose takers did not get to them.
    given_back: Mutex<Vec<Part<'s, R, E>>>,
    /// How many there are, so that nobody need lock to learn that there are none. Changed under the
    /// lock. A reader that misses an entry leaves no item behind: whoever gives back goes on claiming
    /// itself, or gives its seat back after that, and who takes the seat, under the lock of the queue,
    /// sees the entry.
    given_back_count: AtomicUsize,
    /// Filled when the caller listens to results.
    ended: Option<Mutex<Ended<'s, R, E>>>,
}

impl<'s, R, E> Run<'s, R, E> {
    pub(crate) fn new(
        roster: Roster<'s>,
        outcomes: &'s mut [Outcome<R, E>],
        plan: Plan,
        listens: bool,
    ) -> Self {
        Self {
            roster,
            slots: Slots::new(outcomes),
            plan,
            given_back: Mutex::default(),
            given_back_count: AtomicUsize::new(0),
            ended: listens.then(Mutex::default),
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
        let Some(mut visit) = self.roster.enter(worker, nested) else { return };
        let stop = &self.roster.stop;
        let mut size = 0;
        while let Some((mut index, mut slots)) = self.claim(&mut size, visit.estimate()) {
            let begun = visit.begin_chunk(slots.len());
            while let Some((slot, rest)) = std::mem::take(&mut slots).split_first_mut() {
                if stop.is_due() {
                    return;
                }
                *slot = match catch_unwind(AssertUnwindSafe(|| task(index))) {
                    Ok(Ok(value)) => Outcome::Done(value),
                    Ok(Err(error)) => Outcome::Failed(error),
                    // The batch is stopped, and the place says `Cancelled` already.
                    Err(payload) if panics::is_interruption(&*payload) => {
                        visit.resume_clock();
                        return;
                    }
                    Err(payload) => Outcome::Panicked(panics::message(payload)),
                };
                let now = visit.count(slot);
                if stop.limits.fail_fast && !slot.is_done() {
                    stop.now(StopReason::FailFast);
                }
                if let Some(ended) = &self.ended {
                    self.announce(ended, index, slot);
                }
                if let Some(between) = &mut between {
                    between();
                }
                index += 1;
                slots = rest;
                let is_late = || {
                    let (now, patience) = (now?, self.plan.patience()?);
                    Some(now.duration_since(begun) > patience)
                };
                if !slots.is_empty()
                    && (visit.is_to_leave() || !nested && is_late().unwrap_or(false))
                {
                    self.give_back(index, std::mem::take(&mut slots));
                }
            }
            if visit.is_to_leave() {
                self.roster.vacate();
                return;
            }
        }
    }

    /// The next chunk; `size` is that of the last one and becomes that of this one.
    fn claim(&self, size: &mut usize, estimate: Option<f64>) -> Option<Part<'s, R, E>> {
        if self.roster.stop.is_due() {
            return None;
        }
        let part = self
            .claim_given_back(*size, estimate)
            .or_else(|| self.slots.claim(self.plan.next(*size, estimate, || self.slots.left())))?;
        *size = part.1.len();
        Some(part)
    }

    fn claim_given_back(&self, size: usize, estimate: Option<f64>) -> Option<Part<'s, R, E>> {
        if self.given_back_count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut parts = lock(&self.given_back);
        let left: usize = parts.iter().map(|(_, part)| part.len()).sum();
        let (start, part) = parts.pop()?;
        let want = self.plan.next(size, estimate, || left).min(part.len());
        let (own, rest) = part.split_at_mut(want);
        if !rest.is_empty() {
            parts.push((start + want, rest));
        }
        self.given_back_count.store(parts.len(), Ordering::Relaxed);
        Some((start, own))
    }

    /// Leaves the rest of a chunk to whoever comes first, and calls workers that may have gone.
    fn give_back(&self, start: usize, rest: &'s mut [Outcome<R, E>]) {
        let seats = self.plan.seats(rest.len());
        let mut parts = lock(&self.given_back);
        parts.push((start, rest));
        self.given_back_count.store(parts.len(), Ordering::Relaxed);
        drop(parts);
        // As long as chunks are left, nobody has gone for want of one.
        if self.slots.is_exhausted() {
            self.roster.recall(seats);
        }
    }

    fn announce(&self, ended: &Mutex<Ended<'s, R, E>>, index: usize, slot: &'s mut Outcome<R, E>) {
        let mut ended = lock(ended);
        let first = ended.is_empty();
        ended.push((index, slot));
        drop(ended);
        // The caller empties the list before it sleeps, so only the first entry has to wake it.
        if first {
            self.roster.wake_caller();
        }
    }

    /// Swaps what has ended since the last time for the empty list `into`.
    pub(crate) fn take_ended(&self, into: &mut Ended<'s, R, E>) {
        if let Some(ended) = &self.ended {
            std::mem::swap(&mut *lock(ended), into);
        }
    }

    /// Whether there is nothing to start at the moment. A worker inside may yet give items back.
    pub(crate) fn is_over(&self) -> bool {
        self.roster.stop.is_due() || self.slots.is_exhausted() && lock(&self.given_back).is_empty()
    }

    pub(crate) fn into_roster(self) -> Roster<'s> {
        self.roster
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks panics half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
