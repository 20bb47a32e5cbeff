//! Measuring the tiles of a study on the threads of a pool.

use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tangency_pool::{
    CancelToken, Chunking, Outcome, Pool, ProgressSnapshot, WorkerState, item_seed,
};

use super::journal::Measured;
use super::objective::{Failure, Objective, Request};
use super::source::{Proposal, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::metrics::Metrics;

/// A tile that has ended.
#[derive(Debug)]
pub(super) struct TileDone {
    pub(super) proposals: Vec<Proposal>,
    pub(super) measured: Vec<Measured>,
    /// Time that measuring took on its worker.
    pub(super) took: Duration,
}

/// Some tiles to be measured.
pub(super) struct Window<'w> {
    pub(super) source: &'w dyn Source,
    pub(super) tiles: &'w [Range<u64>],
    pub(super) seed: u64,
    pub(super) rows: Option<&'w Range<usize>>,
    /// Set when no further tile should start.
    pub(super) stop: &'w CancelToken,
    /// To be called now and then.
    pub(super) tick: &'w (dyn Fn() + Sync),
}

/// Something that measures tiles.
pub(super) trait Evaluator {
    /// The most trials that it measures together.
    fn tile(&self) -> usize;

    /// The fewest that show what a trial of many takes.
    fn least_tile(&self) -> usize;

    /// Measures the tiles of a window, at most as many at a time as there are workers, and shows
    /// each as it ends, with its place, on the calling thread.
    fn run(
        &mut self,
        window: &Window<'_>,
        arrived: &mut dyn FnMut(usize, Result<TileDone>),
    ) -> Result<()>;
}

/// Trials that are taken as one tile where they are quick, if several tiles of the objective go into it: one
/// record of the journal and one write to it, one round through the pool.
const TOGETHER: usize = 1024;

/// An objective on the threads of a pool.
pub(super) struct Threads<'o, O: Objective> {
    pool: &'o Pool,
    objective: &'o O,
    scratch: WorkerState<O::Scratch>,
}

impl<'o, O: Objective> Threads<'o, O> {
    pub(super) fn new(pool: &'o Pool, objective: &'o O) -> Self {
        let scratch = pool.worker_state(|_| Ok::<_, Error>(O::Scratch::default()));
        Self { pool, objective, scratch }
    }
}

impl<O: Objective> Evaluator for Threads<'_, O> {
    fn tile(&self) -> usize {
        let tile = self.objective.tile().max(1);
        tile * (TOGETHER / tile).max(1)
    }

    fn least_tile(&self) -> usize {
        self.objective.tile().max(1)
    }

    fn run(
        &mut self,
        window: &Window<'_>,
        arrived: &mut dyn FnMut(usize, Result<TileDone>),
    ) -> Result<()> {
        let tick = |_: &ProgressSnapshot| (window.tick)();
        // A cell, since an outcome is shown by reference and the trials in it are to be kept.
        let show = |place: usize, outcome: &Outcome<Cell<Option<TileDone>>, Error>| match outcome {
            Outcome::Done(tile) => {
                if let Some(tile) = tile.take() {
                    arrived(place, Ok(tile));
                }
            }
            Outcome::Failed(error) => arrived(place, Err(error.clone())),
            Outcome::Panicked(message) => {
                let message = format!("a constraint panicked: {message}");
                arrived(place, Err(ErrorKind::Pool { message }.into()));
            }
            Outcome::Cancelled => {}
        };
        let measure = |scratch: &mut O::Scratch, range: Range<u64>| {
            let proposals = window.source.proposals(range.clone())?;
            // What constraints left out before these trials says nothing of how long trials take.
            let started = Instant::now();
            let requests = requests(&proposals, range.start, window.seed, window.rows);
            let together = |part| measure_tile(self.objective, scratch, part);
            let measured =
                requests.chunks(self.objective.tile().max(1)).flat_map(together).collect();
            Ok(Cell::new(Some(TileDone { proposals, measured, took: started.elapsed() })))
        };
        let report = self
            .pool
            .batch()
            .chunking(Chunking::Fixed(1))
            .cancel(window.stop)
            .progress(&tick)
            .with(&self.scratch)
            .on_result(show)
            .try_stream(window.tiles.iter().cloned(), measure);
        match report.error() {
            Some(error) => Err(ErrorKind::Pool { message: error.to_string() }.into()),
            None => Ok(()),
        }
    }
}

/// What the trials from number `first` on ask for.
pub(super) fn requests<'p>(
    proposals: &'p [Proposal],
    first: u64,
    seed: u64,
    rows: Option<&Range<usize>>,
) -> Vec<Request<'p>> {
    let request = |(index, proposal): (u64, &'p Proposal)| Request {
        index,
        params: &proposal.params,
        rows: rows.cloned(),
        budget: proposal.budget,
        seed: item_seed(seed, index as usize),
    };
    (first..).zip(proposals).map(request).collect()
}

/// Measures neighbours together, and one by one if that panics.
pub(super) fn measure_tile<O: Objective>(
    objective: &O,
    scratch: &mut O::Scratch,
    requests: &[Request<'_>],
) -> Vec<Measured> {
    if requests.len() > 1 {
        let mut results = Vec::with_capacity(requests.len());
        let together = AssertUnwindSafe(|| {
            objective.evaluate_tile(scratch, requests, &mut results);
        });
        let whole = catch_unwind(together).is_ok();
        if whole && results.len() == requests.len() {
            return results.into_iter().map(outcome).collect();
        }
        // What a panic left behind is nothing to build on.
        *scratch = O::Scratch::default();
    }
    requests.iter().map(|request| measure_one(objective, scratch, request)).collect()
}

fn measure_one<O: Objective>(
    objective: &O,
    scratch: &mut O::Scratch,
    request: &Request<'_>,
) -> Measured {
    match catch_unwind(AssertUnwindSafe(|| objective.evaluate(scratch, request))) {
        Ok(result) => outcome(result),
        Err(payload) => {
            *scratch = O::Scratch::default();
            let text = payload
                .downcast_ref::<&'static str>()
                .map(|text| (*text).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned());
            Outcome::Panicked(text.unwrap_or_else(|| "a panic without a text message".to_owned()))
        }
    }
}

fn outcome(result: Result<Metrics, Failure>) -> Measured {
    match result {
        Ok(metrics) => Outcome::Done(metrics),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}
