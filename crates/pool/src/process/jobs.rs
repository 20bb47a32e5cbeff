//! A batch of jobs: its settings, and the calls that run it.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use super::bench::{Bench, Terms};
use super::job::{Job, JobFailure};
use super::resources::Resources;
use crate::batch::{Batch, Stateless};
use crate::crew::Crew;
use crate::error::{Error, Result};
use crate::map::in_order;
use crate::outcome::Outcome;
use crate::report::{BatchReport, StreamReport};
use crate::sink::{ResultSink, Unobserved};
use crate::state::WorkerState;
use crate::submit::{Lends, indexed, streamed};
use crate::worker::Worker;

/// How often an item is tried again unless another number is set.
const RETRIES: u32 = 1;

/// A batch of jobs about to run where the pool's [`Executor`](crate::Executor) says.
///
/// Made by [`Batch::jobs`](crate::Batch::jobs), after the settings that all batches share.
#[must_use = "a batch runs when `run` or one of its kin is called"]
pub struct JobBatch<'a, J, K = Unobserved> {
    batch: Batch<'a, Stateless, K>,
    resources: Resources,
    deadline: Option<Duration>,
    open_deadline: Option<Duration>,
    retries: u32,
    finishes_running: bool,
    quarantines: bool,
    job: PhantomData<fn() -> J>,
}

impl<'a, K> Batch<'a, Stateless, K> {
    /// Items are inputs of this job.
    ///
    /// A batch that is stopped, by its token, its deadline, a failure where it is to fail fast, or a panic of
    /// its observer, kills the worker processes that are at an item, unless
    /// [`finish_running`](JobBatch::finish_running) lets them end; on threads such items end by
    /// themselves.
    pub fn jobs<J: Job>(self) -> JobBatch<'a, J, K> {
        JobBatch {
            batch: self,
            resources: Resources::new(),
            deadline: None,
            open_deadline: None,
            retries: RETRIES,
            finishes_running: false,
            quarantines: true,
            job: PhantomData,
        }
    }
}

impl<J: Job, K: ResultSink<J::Output, JobFailure>> JobBatch<'_, J, K> {
    /// What [`Job::open`] gets; nothing unless set. A worker opens the job once for one set and its
    /// clones, however many batches come with it.
    pub fn resources(mut self, resources: &Resources) -> Self {
        self.resources = resources.clone();
        self
    }

    /// Kills the worker process of an item that takes longer; none unless set. Looked at every 10 ms.
    /// On threads it has no effect.
    pub fn item_deadline(mut self, after: Duration) -> Self {
        self.deadline = Some(after);
        self
    }

    /// Kills a worker process that takes longer to open the job; the deadline of an item unless set. On
    /// threads it has no effect.
    pub fn open_deadline(mut self, after: Duration) -> Self {
        self.open_deadline = Some(after);
        self
    }

    /// How often an item is tried again on a new worker process after it has lost one; once unless
    /// set. After that it is a [`JobFailure::WorkerLost`], and in [quarantine](Self::quarantine).
    ///
    /// A process that cannot be started, or is lost while it opens the job, is no item's fault and costs
    /// none a retry: it is tried for again as often, and once at least. Then the batch fails with
    /// [`ErrorKind::StateFailed`](crate::ErrorKind::StateFailed); where it had begun, the item is a
    /// [`JobFailure::NotStarted`].
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Whether an input that loses every process it is tried on is not tried again by later batches, and
    /// one that did so before is not by this batch; `true` unless set.
    pub fn quarantine(mut self, quarantine: bool) -> Self {
        self.quarantines = quarantine;
        self
    }

    /// Whether items that run when the batch is stopped may end, within their deadline, as on threads;
    /// `false` unless set: their worker processes are killed and they are
    /// [`Cancelled`](crate::Outcome::Cancelled).
    pub fn finish_running(mut self, finish: bool) -> Self {
        self.finishes_running = finish;
        self
    }

    /// Runs the job on every input and returns its outputs in order.
    ///
    /// Where the job cannot be opened, the batch has one error, as with state that cannot be built:
    /// [`ErrorKind::StateFailed`](crate::ErrorKind::StateFailed) with the job's own words, or
    /// [`ErrorKind::UnknownJob`](crate::ErrorKind::UnknownJob).
    pub fn run(self, inputs: &[J::Input]) -> BatchReport<J::Output, JobFailure> {
        self.conduct(|batch, terms| {
            indexed(batch, inputs.len(), |bench, i| bench.run::<J>(&terms, &inputs[i]))
        })
    }

    /// Runs the job on every input that an iterator gives; see
    /// [`map_iter`](crate::Batch::map_iter).
    pub fn run_iter<I>(self, inputs: I) -> BatchReport<J::Output, JobFailure>
    where
        I: IntoIterator<Item = J::Input, IntoIter: Send>,
    {
        self.conduct(|batch, terms| {
            in_order(batch, inputs, |bench, input| bench.run::<J>(&terms, &input))
        })
    }

    /// Runs the job on every input that an iterator gives and drops each outcome once
    /// [`on_result`](crate::Batch::on_result) has seen it; see [`stream`](crate::Batch::stream).
    pub fn stream<I>(self, inputs: I) -> StreamReport
    where
        I: IntoIterator<Item = J::Input, IntoIter: Send>,
    {
        self.conduct(|batch, terms| {
            let drop = |_, _: Outcome<J::Output, JobFailure>| {};
            let run = |bench: &mut Bench, input| bench.run::<J>(&terms, &input);
            streamed(batch, inputs.into_iter(), drop, run).into()
        })
    }

    fn conduct<T>(
        self,
        run: impl for<'s> FnOnce(Batch<'s, JobSite<'s, J>, K>, Terms<'s>) -> T,
    ) -> T {
        let Self { batch, resources, deadline, retries, finishes_running, .. } = self;
        let Batch { crew, settings, sink, .. } = batch;
        let terms = Terms {
            resources: &resources,
            deadline,
            open_deadline: self.open_deadline.or(deadline),
            retries,
            finishes_running,
            quarantine: self.quarantines.then(|| crew.processes.quarantine()),
        };
        let benches = crew.processes.benches(crew);
        let state = JobSite { benches, terms, job: PhantomData };
        run(Batch { crew, settings, state, sink }, terms)
    }
}

impl<J: Job, K> fmt::Debug for JobBatch<'_, J, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobBatch")
            .field("job", &J::NAME)
            .field("resources", &self.resources)
            .field("item_deadline", &self.deadline)
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

/// Lends a worker's bench with the job open on it.
pub(super) struct JobSite<'a, J> {
    benches: &'a WorkerState<Bench>,
    terms: Terms<'a>,
    job: PhantomData<fn() -> J>,
}

impl<J: Job> Lends for JobSite<'_, J> {
    type State = Bench;

    fn objection(&self, _: &Crew) -> Option<Error> {
        None
    }

    fn lend<T>(&self, worker: &Worker, during: impl FnOnce(&mut Bench) -> T) -> Result<T> {
        let mut bench = self.benches.borrow(worker)?;
        bench.prepare::<J>(&self.terms)?;
        Ok(during(&mut bench))
    }
}
