//! Where idle workers find batches.
//!
//! A batch stands in the queue with as many seats as workers may join it. Whoever is free takes the
//! front batch's next seat, so batches of several submitters are served in the order they came, and
//! a worker busy elsewhere delays nobody: seats that are never taken are withdrawn at the end. A
//! batch keeps its place while it is under way, so that seats can be added to it.
//!
//! No wake-up can be lost: a worker goes to sleep, and counts itself as a sleeper, under the lock
//! under which seats are added. `hint` only tells spinning workers when taking the lock is worth it:
//! it is stored with `Release` under the lock and loaded with `Acquire` outside, but nothing is read
//! on the strength of it, since the lock follows. A stale `false` costs a worker its spin and no
//! more, for it looks again under the lock before it sleeps.
//!
//! Waking a sleeper is a system call, and a batch of next to nothing is over before the sleeper is
//! up. So [`Queue::offer_first`] offers one seat and wakes nobody as long as some worker is up, and leaves
//! it to the caller to offer the others, and to wake workers, with [`Queue::call`] once the batch has shown
//! that it lasts. Whether the one that is up looks for work or has its hands full does not matter: the call
//! follows in a microsecond or two. All seats at once would keep a second worker up, who comes to find
//! the work done and is in the way of the first.

use std::sync::{Arc, PoisonError};

use crossbeam_utils::CachePadded;

use crate::erased::Loan;
use crate::sync::{AtomicBool, Condvar, Mutex, MutexGuard, Ordering, Spin};
use crate::worker::Worker;

pub(crate) type Job = Arc<Loan<Worker>>;

#[derive(Default)]
pub(crate) struct Queue {
    line: Mutex<Line>,
    woken: Condvar,
    /// Whether there may be something to take. Written under the lock. On a cache line of its own: who
    /// spins on it would otherwise take the line of the lock away from whoever is adding a batch.
    hint: CachePadded<AtomicBool>,
}

#[derive(Default)]
struct Line {
    /// In the order they came, each from its first offer until it is withdrawn.
    batches: Vec<Seats>,
    sleepers: usize,
    closed: bool,
}

struct Seats {
    job: Job,
    left: usize,
    /// For a batch that each worker joins once: who has, by index.
    each: Option<Vec<bool>>,
}

impl Seats {
    fn take(&mut self, worker: &Worker) -> Option<Job> {
        if self.left == 0 {
            return None;
        }
        if let Some(each) = &mut self.each {
            let joined = each.get_mut(worker.index())?;
            if std::mem::replace(joined, true) {
                return None;
            }
        }
        self.left -= 1;
        Some(Arc::clone(&self.job))
    }
}

impl Queue {
    /// Offers `seats` places in a batch that has not been in the queue yet, or is in it still.
    pub(crate) fn offer(&self, job: &Job, seats: usize) {
        let mut line = self.lock();
        self.add(&mut line, job, seats);
        let wake = seats.min(line.sleepers);
        drop(line);
        self.wake(wake);
    }

    /// Begins to offer `seats` places, at least one, to a crew of `workers`. Where one of them is up, it is
    /// one place, nobody is woken, and it is `true`: whoever offers has to [`call`](Self::call) with
    /// the rest unless the batch is over before.
    #[must_use]
    pub(crate) fn offer_first(&self, job: &Job, seats: usize, workers: usize) -> bool {
        let mut line = self.lock();
        if line.sleepers < workers {
            self.add(&mut line, job, 1);
            return true;
        }
        drop(line);
        self.offer(job, seats);
        false
    }

    /// Offers `more` places in a batch, and wakes workers for all of them that nobody has taken.
    pub(crate) fn call(&self, job: &Job, more: usize) {
        let mut line = self.lock();
        self.add(&mut line, job, more);
        let wake = line.find(job).map_or(0, |known| known.left).min(line.sleepers);
        drop(line);
        self.wake(wake);
    }

    /// Has at least `seats` places of a batch to be taken. One that has been withdrawn gets none: whoever
    /// calls may be the last to learn of its end.
    pub(crate) fn recall(&self, job: &Job, seats: usize) {
        self.again(job, seats, |left| left.max(seats));
    }

    /// Gives back the place of a worker that leaves a batch before its end, if that has not come meanwhile.
    pub(crate) fn give_back(&self, job: &Job) {
        self.again(job, 1, |left| left + 1);
    }

    fn again(&self, job: &Job, seats: usize, change: impl FnOnce(usize) -> usize) {
        let mut line = self.lock();
        let Some(known) = line.find(job) else { return };
        known.left = change(known.left);
        self.hint.store(line.is_worth_a_look(), Ordering::Release);
        let wake = seats.min(line.sleepers);
        drop(line);
        self.wake(wake);
    }

    fn add(&self, line: &mut Line, job: &Job, seats: usize) {
        match line.find(job) {
            Some(known) => known.left += seats,
            None => line.batches.push(Seats { job: Arc::clone(job), left: seats, each: None }),
        }
        self.hint.store(line.is_worth_a_look(), Ordering::Release);
    }

    /// A worker that is up may be quicker than a sleeper that is woken here. The sleeper
    /// then finds nothing and sleeps on.
    fn wake(&self, sleepers: usize) {
        for _ in 0..sleepers {
            self.woken.notify_one();
        }
    }

    /// Offers one place in a batch to each of the first `workers` workers.
    pub(crate) fn offer_each(&self, job: &Job, workers: usize) {
        let each = Some(vec![false; workers]);
        let mut line = self.lock();
        line.batches.push(Seats { job: Arc::clone(job), left: workers, each });
        self.hint.store(line.is_worth_a_look(), Ordering::Release);
        drop(line);
        // Those who may take it are among the sleepers, and nobody knows where.
        self.woken.notify_all();
    }

    /// Adds `seats` to every batch that any worker may join, for workers that have just come.
    pub(crate) fn widen(&self, seats: usize) {
        let mut line = self.lock();
        for batch in line.batches.iter_mut().filter(|batch| batch.each.is_none()) {
            batch.left += seats;
        }
        self.hint.store(line.is_worth_a_look(), Ordering::Release);
        drop(line);
        self.woken.notify_all();
    }

    /// Takes a batch out of the queue, with the seats of it that nobody took.
    pub(crate) fn withdraw(&self, job: &Job) {
        let mut line = self.lock();
        line.batches.retain(|seats| !Arc::ptr_eq(&seats.job, job));
        self.hint.store(line.is_worth_a_look(), Ordering::Release);
    }

    /// Lets workers leave once they are idle.
    pub(crate) fn close(&self) {
        let mut line = self.lock();
        line.closed = true;
        self.hint.store(line.is_worth_a_look(), Ordering::Release);
        drop(line);
        self.woken.notify_all();
    }

    /// Makes every idle worker look whether it is to leave.
    pub(crate) fn wake_all(&self) {
        // Whoever looked before the lock was taken sleeps by now and hears this.
        drop(self.lock());
        self.woken.notify_all();
    }

    /// Whether the workers are to leave.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits for a seat; `None` once the queue is closed or the worker is to leave.
    pub(crate) fn take(&self, worker: &Worker) -> Option<Job> {
        // A few microseconds of looking around first: a batch that follows on the heels of another
        // then costs no system call.
        let mut spin = Spin::new();
        while !self.hint.load(Ordering::Acquire) && spin.turn() {}
        let mut line = self.lock();
        loop {
            if worker.is_retiring() {
                // A wake-up meant for anybody must not end with one who leaves.
                self.woken.notify_one();
                return None;
            }
            if let Some(job) = line.batches.iter_mut().find_map(|batch| batch.take(worker)) {
                self.hint.store(line.is_worth_a_look(), Ordering::Release);
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

impl Line {
    fn find(&mut self, job: &Job) -> Option<&mut Seats> {
        self.batches.iter_mut().find(|known| Arc::ptr_eq(&known.job, job))
    }

    fn is_worth_a_look(&self) -> bool {
        self.closed || self.batches.iter().any(|batch| batch.left > 0)
    }
}
