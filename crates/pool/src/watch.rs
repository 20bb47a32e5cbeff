//! The caller's side of a batch under way: results, progress, waiting.

use std::time::{Duration, Instant};

use crate::progress::{Progress, ProgressSnapshot, Schedule};
use crate::queue::Job;
use crate::roster::Roster;
use crate::sync::{Parker, Spin};

/// How often to look at a cancellation token while no worker is in the batch to look at it.
const TOKEN_INTERVAL: Duration = Duration::from_millis(5);

/// Looks at a batch that has just begun, each after a pause of the processor.
const FIRST_LOOKS: usize = 32;

/// What the caller's side needs to know of a batch, whatever its items are.
pub(crate) trait Course {
    /// Passes on what has ended since the last time.
    fn deliver(&mut self);

    /// Items of the batch; `None` as long as nobody knows.
    fn total(&self) -> Option<usize>;

    /// Items that are known so far.
    fn known(&self) -> usize;

    /// Whether those `done` items are all of them.
    fn is_complete(&self, done: usize) -> bool {
        self.total() == Some(done)
    }

    /// Whether it is worth looking again before anybody says so.
    fn patience(&self) -> Option<Duration> {
        None
    }
}

/// Serves the observers of one batch, always from the thread of the batch call.
pub(crate) struct Watch<'r, 's, C> {
    roster: &'r Roster<'s>,
    course: C,
    progress: Option<&'r dyn Progress>,
    schedule: Schedule,
    started: Instant,
}

impl<'r, 's, C: Course> Watch<'r, 's, C> {
    pub(crate) fn new(
        roster: &'r Roster<'s>,
        course: C,
        progress: Option<&'r dyn Progress>,
        started: Instant,
    ) -> Self {
        Self { roster, course, progress, schedule: Schedule::starting(started), started }
    }

    /// Waits until every item has ended, or the batch is stopped and no worker is in it.
    pub(crate) fn wait(&mut self, job: &Job, parker: &Parker) {
        let mut spin = Spin::new();
        loop {
            self.poll();
            // In this order: what the workers counted is visible once they are seen to have left,
            // and a worker that gave items back has left them uncounted.
            if job.is_idle() && self.is_over() {
                return;
            }
            if spin.turn() {
                continue;
            }
            if let Some(patience) = self.patience(job) {
                parker.park_timeout(patience);
            } else {
                parker.park();
            }
        }
    }

    /// Whether the batch ends within a microsecond or two, which is less than it takes to wake a worker.
    pub(crate) fn ends_soon(&self, job: &Job) -> bool {
        let mut spin = Spin::new();
        (0..FIRST_LOOKS).any(|_| {
            spin.turn();
            job.is_idle() && self.is_over()
        })
    }

    fn is_over(&self) -> bool {
        self.roster.stop.is_due() || self.course.is_complete(self.roster.progress().0)
    }

    /// Passes on what has ended, and the progress if it is due.
    pub(crate) fn poll(&mut self) {
        self.course.deliver();
        if let Some(progress) = self.progress {
            let now = Instant::now();
            if self.schedule.take(now) {
                progress.update(&self.snapshot(now, false));
            }
        }
    }

    /// The last word to the observers, when no worker is in the batch any more.
    pub(crate) fn conclude(&mut self) {
        self.course.deliver();
        if let Some(progress) = self.progress {
            progress.update(&self.snapshot(Instant::now(), true));
        }
    }

    fn snapshot(&self, now: Instant, last: bool) -> ProgressSnapshot {
        let (done, failed) = self.roster.progress();
        let elapsed = now.duration_since(self.started);
        let running = self.roster.begun().map(|begun| now.saturating_duration_since(begun));
        ProgressSnapshot {
            total: self.course.known(),
            last,
            ..ProgressSnapshot::new(done, failed, self.course.total(), elapsed, running)
        }
    }

    /// How long the caller may sleep if nobody wakes it.
    fn patience(&self, job: &Job) -> Option<Duration> {
        let now = Instant::now();
        let progress = self.progress.map(|_| self.schedule.wait(now));
        let limits = self.roster.stop.limits;
        // As long as a worker is in, it watches the limits, and the last one wakes the caller when it leaves.
        let limit = if job.is_idle() {
            let deadline = limits.deadline.map(|deadline| deadline.saturating_duration_since(now));
            [deadline, limits.cancel.map(|_| TOKEN_INTERVAL)].into_iter().flatten().min()
        } else {
            None
        };
        [progress, limit, self.course.patience()].into_iter().flatten().min()
    }
}
