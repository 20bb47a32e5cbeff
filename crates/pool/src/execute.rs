//! How a batch runs: lent to the workers and waited for, or nested on the worker that calls.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::cancel::CancelToken;
use crate::chunking::Chunking;
use crate::crew::Crew;
use crate::erased::lend;
use crate::error::{Error, ErrorKind};
use crate::panics;
use crate::progress::Progress;
use crate::queue::Job;
use crate::roster::Roster;
use crate::stop::Limits;
use crate::sync::Parker;
use crate::watch::{Course, Watch};
use crate::worker::Worker;

/// What the caller has set for a batch, its observer of results excepted.
#[derive(Clone, Copy, Default)]
pub(crate) struct Settings<'a> {
    pub(crate) chunking: Chunking,
    pub(crate) progress: Option<&'a dyn Progress>,
    pub(crate) cancel: Option<&'a CancelToken>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) fail_fast: bool,
    pub(crate) look_ahead: Option<usize>,
}

impl<'a> Settings<'a> {
    pub(crate) fn limits(&self, started: Instant) -> Limits<'a> {
        Limits {
            cancel: self.cancel,
            // A deadline beyond the end of time is none.
            deadline: self.timeout.and_then(|after| started.checked_add(after)),
            fail_fast: self.fail_fast,
        }
    }
}

/// Where a worker enters a batch.
pub(crate) struct Site<'a> {
    pub(crate) worker: &'a Worker,
    pub(crate) nested: bool,
    /// What to do after each item, where the worker is the caller too.
    pub(crate) between: Option<&'a mut dyn FnMut()>,
}

/// Which workers a batch is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Offer {
    /// Any, up to so many.
    Seats(usize),
    /// Each of the first so many, once.
    Each(usize),
}

thread_local! {
    /// What this thread waits with, kept from batch to batch. A token that a worker left in it late
    /// makes the next wait look once more than it need.
    static PARKER: Rc<Parker> = Rc::new(Parker::new());
}

/// A parker that nobody waits with: a batch started from an observer of another has its own, since
/// either would take the other's tokens.
fn parker() -> Rc<Parker> {
    let kept = PARKER.try_with(|kept| (Rc::strong_count(kept) == 1).then(|| Rc::clone(kept)));
    // A thread on its way out keeps nothing any more.
    kept.ok().flatten().unwrap_or_else(|| Rc::new(Parker::new()))
}

/// Where and since when a batch runs.
pub(crate) struct Stage<'a> {
    pub(crate) crew: &'a Crew,
    pub(crate) nested: Option<Worker>,
    pub(crate) workers: usize,
    pub(crate) started: Instant,
    parker: Rc<Parker>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(crew: &'a Crew) -> Self {
        let nested = Worker::current(crew.id);
        let workers = if nested.is_some() { 1 } else { crew.target() };
        Self { crew, nested, workers, started: Instant::now(), parker: parker() }
    }

    /// What speaks against a batch on this thread.
    pub(crate) fn objection(&self) -> Option<Error> {
        #[cfg(feature = "rayon")]
        if crate::below::helps(self.crew.id) {
            return Some(ErrorKind::HelpsItem.into());
        }
        None
    }

    pub(crate) fn roster<'s>(&self, settings: &Settings<'s>) -> Roster<'s> {
        Roster::new(settings.limits(self.started), self.started, self.parker.unparker().clone())
    }

    /// Runs a batch to its end; `enter` is what a worker does in it.
    pub(crate) fn conduct<C: Course>(
        &self,
        roster: &Roster<'_>,
        course: C,
        offer: Offer,
        progress: Option<&dyn Progress>,
        enter: &(dyn Fn(Site<'_>) + Sync),
    ) {
        let mut watch = Watch::new(roster, course, progress, self.started);
        if !roster.stop.is_due() {
            match &self.nested {
                Some(worker) => {
                    let mut between = || watch.poll();
                    let _visible = roster.stop.show();
                    enter(Site { worker, nested: true, between: Some(&mut between) });
                }
                None => self.lend_out(roster, &mut watch, offer, enter),
            }
        }
        watch.conclude();
    }

    fn lend_out<C: Course>(
        &self,
        roster: &Roster<'_>,
        watch: &mut Watch<'_, '_, C>,
        offer: Offer,
        enter: &(dyn Fn(Site<'_>) + Sync),
    ) {
        let body = |worker: &Worker| {
            let _visible = roster.stop.show();
            let site = Site { worker, nested: false, between: None };
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| enter(site))) {
                let message = panics::message(payload);
                roster.fail(ErrorKind::Internal { worker: worker.index(), message }.into());
            }
        };
        lend(&body, &self.parker, |job| {
            let leaving = Leaving { crew: self.crew, job, roster };
            roster.set_recall(&self.crew.queue, job);
            match offer {
                Offer::Seats(0) | Offer::Each(0) => {}
                Offer::Seats(seats) => {
                    if self.crew.queue.offer_first(job, seats, self.workers)
                        && !watch.ends_soon(job)
                    {
                        self.crew.queue.call(job, seats - 1);
                    }
                }
                Offer::Each(workers) => self.crew.queue.offer_each(job, workers),
            }
            watch.wait(job, &self.parker);
            drop(leaving);
        });
    }
}

/// Ends the batch on the way out of the wait: at the end, where nothing is left to stop, or when an
/// observer's panic passes, so that the workers let go after the item they are at.
struct Leaving<'a, 's> {
    crew: &'a Crew,
    job: &'a Job,
    roster: &'a Roster<'s>,
}

impl Drop for Leaving<'_, '_> {
    fn drop(&mut self) {
        self.roster.abandon();
        self.crew.queue.withdraw(self.job);
    }
}
