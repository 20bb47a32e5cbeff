//! How a batch runs: lent to the workers and waited for, or nested on the worker that calls.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crossbeam_utils::sync::Parker;

use crate::cancel::CancelToken;
use crate::chunking::Chunking;
use crate::crew::Crew;
use crate::erased::lend;
use crate::error::{Error, ErrorKind};
use crate::outcome::Outcome;
use crate::panics;
use crate::progress::Progress;
use crate::queue::Job;
use crate::report::{BatchReport, BatchStats};
use crate::run::Run;
use crate::sink::ResultSink;
use crate::stop::Limits;
use crate::watch::Watch;
use crate::worker::Worker;

/// What the caller has set for a batch, its observer of results excepted.
#[derive(Clone, Copy, Default)]
pub(crate) struct Settings<'a> {
    pub(crate) chunking: Chunking,
    pub(crate) progress: Option<&'a dyn Progress>,
    pub(crate) cancel: Option<&'a CancelToken>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) fail_fast: bool,
}

/// Where a worker enters a batch.
pub(crate) struct Site<'a> {
    pub(crate) worker: &'a Worker,
    pub(crate) nested: bool,
    /// What to do after each item, where the worker is the caller too.
    pub(crate) between: Option<&'a mut dyn FnMut()>,
}

/// Runs a batch; `enter` is what a worker does in it.
pub(crate) fn execute<R, E, K, F>(
    crew: &Crew,
    settings: Settings<'_>,
    mut sink: K,
    total: usize,
    mut error: Option<Error>,
    enter: F,
) -> BatchReport<R, E>
where
    R: Send,
    E: Send,
    K: ResultSink<R, E>,
    F: Fn(&Run<'_, R, E>, Site<'_>) + Sync,
{
    let started = Instant::now();
    let nested = Worker::current(crew.id);
    let workers = if nested.is_some() { 1 } else { crew.workers.len() };
    let chunk_size = settings.chunking.size(total, workers).unwrap_or_else(|wrong| {
        error.get_or_insert(wrong);
        1
    });
    let seats = total.div_ceil(chunk_size).min(workers);
    let limits = Limits {
        cancel: settings.cancel,
        // A deadline beyond the end of time is none.
        deadline: settings.timeout.and_then(|after| started.checked_add(after)),
        fail_fast: settings.fail_fast,
    };
    let mut outcomes: Vec<Outcome<R, E>> = Vec::with_capacity(total);
    outcomes.resize_with(total, || Outcome::Cancelled);

    let parker = Parker::new();
    let caller = parker.unparker().clone();
    let run = Run::new(&mut outcomes, chunk_size, seats, limits, K::LISTENS, caller);
    if let Some(error) = error {
        run.fail(error);
    }
    let mut watch = Watch::new(&run, &mut sink, settings.progress, started, total);
    if !run.is_over() {
        match &nested {
            Some(worker) => {
                let mut between = || watch.poll();
                enter(&run, Site { worker, nested: true, between: Some(&mut between) });
            }
            None => {
                let body = |worker: &Worker| {
                    let site = Site { worker, nested: false, between: None };
                    let inside = AssertUnwindSafe(|| enter(&run, site));
                    if let Err(payload) = catch_unwind(inside) {
                        let message = panics::message(payload);
                        let worker = worker.index();
                        run.fail(ErrorKind::Internal { worker, message }.into());
                    }
                };
                lend(&body, &parker, |job| {
                    let leaving = Leaving { crew, job, run: &run };
                    crew.queue.offer(job.clone(), seats);
                    watch.wait(job, &parker);
                    drop(leaving);
                });
            }
        }
    }
    watch.conclude();
    drop(watch);

    let finished = run.finish(total);
    crew.counters.add(&finished.items);
    let stats = BatchStats {
        wall: started.elapsed(),
        items: finished.items,
        chunks: finished.workers.iter().map(|share| share.chunks).sum(),
        chunk_size,
        nested: nested.is_some(),
        stopped: finished.stopped,
        workers: finished.workers,
    };
    BatchReport::new(outcomes, stats, finished.error)
}

/// Ends the batch on the way out of the wait: at the end, where nothing is left to stop, or when an
/// observer's panic passes, so that the workers let go after the item they are at.
struct Leaving<'a, 's, R, E> {
    crew: &'a Crew,
    job: &'a Job,
    run: &'a Run<'s, R, E>,
}

impl<R, E> Drop for Leaving<'_, '_, R, E> {
    fn drop(&mut self) {
        self.run.abandon();
        self.crew.queue.withdraw(self.job);
    }
}
