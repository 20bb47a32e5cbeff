//! Where idle workers find batches.
//!
//! A batch stands in the queue with as many seats as workers may join it. Whoever is free takes the
//! front batch's next seat, so batches of several submitters are served in the order they came, and
//! a worker busy elsewhere delays nobody: seats that are never taken are withdrawn at the end.
//!
//! No wake-up can be lost: a worker goes to sleep, and counts itself as a sleeper, under the lock
//! under which seats are added. `hint` only tells spinning workers when taking the lock is worth it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crossbeam_utils::Backoff;

use crate::erased::Loan;
use crate::worker::Worker;

pub(crate) type Job = Arc<Loan<Worker>>;

#[derive(Default)]
pub(crate) struct Queue {
    line: Mutex<Line>,
    woken: Condvar,
    /// Whether there may be something to take. Written under the lock.
    hint: AtomicBool,
}

#[derive(Default)]
struct Line {
    batches: VecDeque<Seats>,
    sleepers: usize,
    closed: bool,
}

struct Seats {
    job: Job,
    left: usize,
}

impl Queue {
    /// Offers `seats` places in a batch.
    pub(crate) fn offer(&self, job: Job, seats: usize) {
        let mut line = self.lock();
        line.batches.push_back(Seats { job, left: seats });
        self.hint.store(true, Ordering::Release);
        let wake = seats.min(line.sleepers);
        drop(line);
        // A spinning worker may be quicker than the sleeper that is woken here. The sleeper then
        // finds nothing and sleeps on.
        for _ in 0..wake {
            self.woken.notify_one();
        }
    }

    /// Takes back the seats of `job` that nobody took.
    pub(crate) fn withdraw(&self, job: &Job) {
        let mut line = self.lock();
        line.batches.retain(|seats| !Arc::ptr_eq(&seats.job, job));
        let more = !line.batches.is_empty();
        self.hint.store(more || line.closed, Ordering::Release);
    }

    /// Lets workers leave once they are idle.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.hint.store(true, Ordering::Release);
        self.woken.notify_all();
    }

    /// Waits for a seat; `None` once the queue is closed.
    pub(crate) fn take(&self) -> Option<Job> {
        // A few microseconds of looking around first: a batch that follows on the heels of another
        // then costs no system call.
        let backoff = Backoff::new();
        while !self.hint.load(Ordering::Acquire) && !backoff.is_completed() {
            backoff.snooze();
        }
        let mut line = self.lock();
        loop {
            if let Some(front) = line.batches.front_mut() {
                front.left -= 1;
                let job = Arc::clone(&front.job);
                if front.left == 0 {
                    line.batches.pop_front();
                    let more = !line.batches.is_empty() || line.closed;
                    self.hint.store(more, Ordering::Release);
                }
                return Some(job);
            }
            if line.closed {
                return None;
            }
            line.sleepers += 1;
            line = self.woken.wait(line).unwrap_or_else(PoisonError::into_inner);
            line.sleepers -= 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        // Nothing under this lock panics half-way.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
