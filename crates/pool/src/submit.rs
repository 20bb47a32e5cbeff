//! From the settings of a batch to its report, for items that can be counted off and for streams.

use crate::batch::{Batch, Stateful, Stateless};
use crate::chunking::Plan;
use crate::crew::Crew;
use crate::error::{Error, ErrorKind, Result};
use crate::execute::{Offer, Site, Stage};
use crate::outcome::Outcome;
use crate::report::{BatchReport, BatchStats};
use crate::roster::{Finished, Roster};
use crate::run::{Ended, Run};
use crate::sink::ResultSink;
use crate::stream::{Outbox, Stream};
use crate::watch::Course;
use crate::worker::Worker;

/// How far a stream runs ahead of its caller unless told otherwise, in items for each worker.
const LOOK_AHEAD: usize = 1024;

/// What a worker lends to the items that it runs in a batch.
pub(crate) trait Lends: Sync {
    type State;

    /// What speaks against it before any work starts.
    fn objection(&self, crew: &Crew) -> Option<Error>;

    /// Lends the state for as long as the worker is in the batch.
    fn lend<T>(&self, worker: &Worker, during: impl FnOnce(&mut Self::State) -> T) -> Result<T>;
}

impl Lends for Stateless {
    type State = ();

    fn objection(&self, _: &Crew) -> Option<Error> {
        None
    }

    fn lend<T>(&self, _: &Worker, during: impl FnOnce(&mut ()) -> T) -> Result<T> {
        Ok(during(&mut ()))
    }
}

impl<S: Send> Lends for Stateful<'_, S> {
    type State = S;

    fn objection(&self, crew: &Crew) -> Option<Error> {
        (!self.0.belongs_to(crew.id)).then(|| ErrorKind::ForeignState.into())
    }

    fn lend<T>(&self, worker: &Worker, during: impl FnOnce(&mut S) -> T) -> Result<T> {
        Ok(during(&mut *self.0.borrow(worker)?))
    }
}

/// Runs `task` on every index from 0 to `total`.
pub(crate) fn indexed<L, K, R, E, F>(
    batch: Batch<'_, L, K>,
    total: usize,
    task: F,
) -> BatchReport<R, E>
where
    L: Lends,
    K: ResultSink<R, E>,
    R: Send,
    E: Send,
    F: Fn(&mut L::State, usize) -> Result<R, E> + Sync,
{
    let Batch { crew, settings, state, mut sink } = batch;
    let stage = Stage::new(crew);
    let roster = stage.roster(&settings);
    let plan = plan(settings.chunking, total, &stage, &roster, state.objection(crew));
    let mut outcomes: Vec<Outcome<R, E>> = Vec::with_capacity(total);
    outcomes.resize_with(total, || Outcome::Cancelled);

    let run = Run::new(roster, &mut outcomes, plan, K::LISTENS);
    let enter = |site: Site<'_>| {
        // A worker that comes too late builds nothing.
        if run.is_over() {
            return;
        }
        let Site { worker, nested, between } = site;
        let lent = state.lend(worker, |state| {
            run.work(worker, nested, |index| task(state, index), between);
        });
        if let Err(error) = lent {
            run.roster.fail(error);
        }
    };
    let course = Indexed { run: &run, sink: &mut sink, ended: Vec::new(), total };
    let offer = Offer::Seats(plan.seats(total));
    stage.conduct(&run.roster, course, offer, settings.progress, &enter);

    let finished = run.into_roster().finish(total);
    let unstarted = finished.items.cancelled > 0;
    let (stats, error) = conclude(&stage, finished, unstarted);
    BatchReport::new(outcomes, stats, error)
}

/// Runs `task` on every item of an iterator and hands each outcome to `keep`, after the observer of
/// results has seen it.
pub(crate) fn streamed<L, K, I, R, E, F>(
    batch: Batch<'_, L, K>,
    items: I,
    mut keep: impl FnMut(usize, Outcome<R, E>),
    task: F,
) -> Streamed
where
    L: Lends,
    K: ResultSink<R, E>,
    I: Iterator + Send,
    I::Item: Send,
    R: Send,
    E: Send,
    F: Fn(&mut L::State, I::Item) -> Result<R, E> + Sync,
{
    let Batch { crew, settings, state, mut sink } = batch;
    let stage = Stage::new(crew);
    let roster = stage.roster(&settings);
    let look_ahead = settings.look_ahead.unwrap_or(stage.workers.saturating_mul(LOOK_AHEAD)).max(1);
    let (least, most) = items.size_hint();
    let length = most.filter(|&most| most == least);
    let counted = length.unwrap_or(look_ahead);
    let plan = plan(settings.chunking, counted, &stage, &roster, state.objection(crew));
    // Two chunks for each worker fit in: one that it runs, one that it has handed in.
    let plan = plan.at_most(look_ahead / stage.workers.saturating_mul(2));

    let stream = Stream::new(roster, items, plan, look_ahead);
    let enter = |site: Site<'_>| {
        if stream.is_over() {
            return;
        }
        let Site { worker, nested, between } = site;
        let lent = state.lend(worker, |state| {
            stream.work(worker, nested, |item| task(state, item), between);
        });
        if let Err(error) = lent {
            stream.roster.fail(error);
        }
    };
    let course = Flowing {
        stream: &stream,
        sink: &mut sink,
        keep: &mut keep,
        outbox: Vec::new(),
        workers: stage.workers,
        is_starved: false,
        length,
    };
    let seats = match length {
        Some(0) => 0,
        _ => most.map_or(stage.workers, |most| plan.seats(most)),
    };
    stage.conduct(&stream.roster, course, Offer::Seats(seats), settings.progress, &enter);

    let (taken, drained) = (stream.taken(), stream.is_drained() || length == Some(0));
    let finished = stream.into_roster().finish(taken);
    let unstarted = finished.items.cancelled > 0 || !drained;
    let (stats, error) = conclude(&stage, finished, unstarted);
    Streamed { stats, error, taken }
}

/// What is left of a stream beside its outcomes.
pub(crate) struct Streamed {
    pub(crate) stats: BatchStats,
    pub(crate) error: Option<Error>,
    pub(crate) taken: usize,
}

fn plan(
    chunking: crate::chunking::Chunking,
    items: usize,
    stage: &Stage<'_>,
    roster: &Roster<'_>,
    objection: Option<Error>,
) -> Plan {
    let plan = Plan::new(chunking, items, stage.workers);
    let objection = stage.objection().or(objection);
    if let Some(error) = objection.or_else(|| plan.as_ref().err().cloned()) {
        roster.fail(error);
    }
    plan.unwrap_or_else(|_| Plan::single())
}

fn conclude(stage: &Stage<'_>, finished: Finished, unstarted: bool) -> (BatchStats, Option<Error>) {
    stage.crew.counters.add(&finished.items);
    let stats = BatchStats {
        wall: stage.started.elapsed(),
        items: finished.items,
        chunks: finished.workers.iter().map(|share| share.chunks).sum(),
        chunk_size: finished.workers.iter().map(|share| share.largest_chunk).max().unwrap_or(1),
        nested: stage.nested.is_some(),
        stopped: finished.reason.filter(|_| unstarted),
        workers: finished.workers,
    };
    crate::events::batch_ended(&stage.crew.name, &stats, finished.error.as_ref());
    (stats, finished.error)
}

/// The caller's side of a batch whose items can be counted off.
struct Indexed<'r, 's, R, E, K> {
    run: &'r Run<'s, R, E>,
    sink: &'r mut K,
    ended: Ended<'s, R, E>,
    total: usize,
}

impl<R, E, K: ResultSink<R, E>> Course for Indexed<'_, '_, R, E, K> {
    fn deliver(&mut self) {
        if !K::LISTENS {
            return;
        }
        self.run.take_ended(&mut self.ended);
        for (index, outcome) in self.ended.drain(..) {
            self.sink.receive(index, outcome);
        }
    }

    fn total(&self) -> Option<usize> {
        Some(self.total)
    }

    fn known(&self) -> usize {
        self.total
    }
}

/// The caller's side of a stream.
struct Flowing<'r, 's, I: Iterator, R, E, K, O> {
    stream: &'r Stream<'s, I, R, E>,
    sink: &'r mut K,
    keep: &'r mut O,
    outbox: Outbox<R, E>,
    workers: usize,
    /// Whether workers have left for want of room and not been called back.
    is_starved: bool,
    length: Option<usize>,
}

impl<I, R, E, K, O> Course for Flowing<'_, '_, I, R, E, K, O>
where
    I: Iterator,
    K: ResultSink<R, E>,
    O: FnMut(usize, Outcome<R, E>),
{
    fn deliver(&mut self) {
        self.stream.take_outbox(&mut self.outbox);
        let items = self.outbox.len();
        for (index, outcome) in self.outbox.drain(..) {
            self.sink.receive(index, &outcome);
            (self.keep)(index, outcome);
        }
        self.stream.delivered(items, self.workers, &mut self.is_starved);
    }

    fn total(&self) -> Option<usize> {
        self.length
    }

    fn known(&self) -> usize {
        self.length.unwrap_or_else(|| self.stream.taken())
    }

    fn is_complete(&self, done: usize) -> bool {
        self.length == Some(0) || self.stream.is_drained() && done == self.stream.taken()
    }
}
