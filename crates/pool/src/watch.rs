//! The caller's side of a batch under way: results, progress, waiting.

use std::time::{Duration, Instant};

use crossbeam_utils::Backoff;
use crossbeam_utils::sync::Parker;

use crate::progress::{Progress, ProgressSnapshot, Schedule};
use crate::queue::Job;
use crate::run::{Ended, Run};
use crate::sink::ResultSink;

/// How often to look at a cancellation token while no worker is free to look at it.
const TOKEN_INTERVAL: Duration = Duration::from_millis(5);

/// Serves the observers of one batch, always from the thread of the batch call.
pub(crate) struct Watch<'r, 's, R, E, K> {
    run: &'r Run<'s, R, E>,
    sink: &'r mut K,
    progress: Option<&'r dyn Progress>,
    schedule: Schedule,
    started: Instant,
    total: usize,
    ended: Ended<'s, R, E>,
}

impl<'r, 's, R, E, K: ResultSink<R, E>> Watch<'r, 's, R, E, K> {
    pub(crate) fn new(
        run: &'r Run<'s, R, E>,
        sink: &'r mut K,
        progress: Option<&'r dyn Progress>,
        started: Instant,
        total: usize,
    ) -> Self {
        let schedule = Schedule::starting(started);
        Self { run, sink, progress, schedule, started, total, ended: Vec::new() }
    }

    /// Waits until no worker is in the batch and none has a reason to join.
    pub(crate) fn wait(&mut self, job: &Job, parker: &Parker) {
        let backoff = Backoff::new();
        loop {
            self.poll();
            // In this order: who claimed the last chunk had entered before, so idle after over
            // means that it has left again.
            if self.run.is_over() && job.is_idle() {
                return;
            }
            if !backoff.is_completed() {
                backoff.snooze();
            } else if let Some(patience) = self.patience() {
                parker.park_timeout(patience);
            } else {
                parker.park();
            }
        }
    }

    /// Passes on what has ended, and the progress if it is due.
    pub(crate) fn poll(&mut self) {
        self.deliver();
        if let Some(progress) = self.progress {
            let now = Instant::now();
            if self.schedule.take(now) {
                progress.update(&self.snapshot(now, false));
            }
        }
    }

    /// The last word to the observers, when no worker is in the batch any more.
    pub(crate) fn conclude(&mut self) {
        self.deliver();
        if let Some(progress) = self.progress {
            progress.update(&self.snapshot(Instant::now(), true));
        }
    }

    fn deliver(&mut self) {
        if !K::LISTENS {
            return;
        }
        self.run.take_ended(&mut self.ended);
        for (index, outcome) in self.ended.drain(..) {
            self.sink.receive(index, outcome);
        }
    }

    fn snapshot(&self, now: Instant, last: bool) -> ProgressSnapshot {
        let (done, failed) = self.run.progress();
        let elapsed = now.duration_since(self.started);
        ProgressSnapshot::new(done, failed, self.total, elapsed, last)
    }

    /// How long the caller may sleep if nobody wakes it.
    fn patience(&self) -> Option<Duration> {
        let now = Instant::now();
        let progress = self.progress.map(|_| self.schedule.wait(now));
        let limits = self.run.limits();
        // Once a worker is in, it watches the limits and wakes the caller when it leaves.
        let limit = if self.run.is_waiting() {
            let deadline = limits.deadline.map(|deadline| deadline.saturating_duration_since(now));
            [deadline, limits.cancel.map(|_| TOKEN_INTERVAL)].into_iter().flatten().min()
        } else {
            None
        };
        [progress, limit].into_iter().flatten().min()
    }
}
