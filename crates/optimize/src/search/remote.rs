//! Measuring the tiles of a study as jobs, on worker processes or on threads.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tangency_pool::process::{Job, JobFailure, Resources};
use tangency_pool::{Chunking, Outcome, Pool, ProgressSnapshot};

use super::evaluate::{Evaluator, TileDone, Window, measure_tile, requests};
use super::journal::Measured;
use super::objective::Objective;
use super::params::{Params, Schema};
use super::source::Proposal;
use crate::error::{ErrorKind, Result};
use crate::metrics::Metrics;

/// An objective that a worker process can open for itself.
///
/// A program that searches on worker processes registers [`TileJob`] of it with
/// [`worker_entry`](tangency_pool::process::worker_entry) first in its `main`.
pub trait RemoteObjective: Objective + Sized + Send + 'static {
    /// What it is called between processes.
    const NAME: &'static str;

    /// The most trials to measure together, as [`Objective::tile`].
    const TILE: usize = 64;

    /// Opens it: the data from a descriptor or from bytes, the settings from bytes.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with the resources.
    fn open(resources: &Resources) -> Result<Self, String>;
}

/// How long a worker process may take to open the objective where trials have a deadline, unless theirs is
/// longer: its data take what they take.
const OPENING: Duration = Duration::from_secs(60);

/// The job that measures tiles of an objective.
#[derive(Debug)]
pub struct TileJob<O>(PhantomData<fn() -> O>);

/// What a worker process is asked: some neighbouring trials.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TileInput {
    names: Vec<String>,
    labels: Vec<Box<[String]>>,
    values: Vec<Vec<f64>>,
    budgets: Vec<f64>,
    first: u64,
    seed: u64,
    rows: Option<(usize, usize)>,
}

/// What a worker process answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TileOutput {
    trials: Vec<Answer>,
    micros: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Answer {
    /// Which metrics, and their values.
    Done(u32, Vec<f64>),
    Failed(String),
    Panicked(String),
}

impl<O: RemoteObjective> Job for TileJob<O> {
    const NAME: &'static str = O::NAME;
    type Input = TileInput;
    type Output = TileOutput;
    type State = (O, O::Scratch);

    fn open(resources: &Resources) -> Result<Self::State, String> {
        Ok((O::open(resources)?, O::Scratch::default()))
    }

    fn run(
        (objective, scratch): &mut Self::State,
        input: &TileInput,
    ) -> Result<TileOutput, String> {
        let started = Instant::now();
        let schema = Schema::new(input.names.clone(), input.labels.clone());
        let proposals: Vec<Proposal> = input
            .values
            .iter()
            .zip(&input.budgets)
            .map(|(values, budget)| Proposal {
                params: Params::new(schema.clone(), values.as_slice().into()),
                budget: *budget,
            })
            .collect();
        let rows = input.rows.map(|(start, end)| start..end);
        let requests = requests(&proposals, input.first, input.seed, rows.as_ref());
        let trials = measure_tile(objective, scratch, &requests).into_iter().map(answer).collect();
        Ok(TileOutput { trials, micros: started.elapsed().as_micros() as u64 })
    }
}

fn answer(measured: Measured) -> Answer {
    match measured {
        Outcome::Done(metrics) => {
            let values = metrics.iter().map(|(_, value)| value).collect();
            Answer::Done(metrics.measured_bits(), values)
        }
        Outcome::Failed(reason) => Answer::Failed(reason),
        Outcome::Panicked(message) => Answer::Panicked(message),
        Outcome::Cancelled => Answer::Failed("cancelled".to_owned()),
    }
}

fn measured(answer: &Answer) -> Measured {
    match answer {
        Answer::Done(bits, values) => match Metrics::from_bits(*bits, values.iter().copied()) {
            Some(metrics) => Outcome::Done(metrics),
            None => Outcome::Failed("the worker process answered in another version".to_owned()),
        },
        Answer::Failed(reason) => Outcome::Failed(reason.clone()),
        Answer::Panicked(message) => Outcome::Panicked(message.clone()),
    }
}

/// An objective as jobs of a pool.
pub(super) struct Jobs<'o, O> {
    pool: &'o Pool,
    resources: &'o Resources,
    /// Longest time of a trial on a worker process, and of a tile, which aims at far less: one that takes
    /// longer is measured trial by trial.
    deadline: Option<Duration>,
    objective: PhantomData<fn() -> O>,
}

impl<'o, O: RemoteObjective> Jobs<'o, O> {
    pub(super) fn new(
        pool: &'o Pool,
        resources: &'o Resources,
        deadline: Option<Duration>,
    ) -> Self {
        Self { pool, resources, deadline, objective: PhantomData }
    }

    /// Runs some inputs; `ended` is shown each that has an answer, and the reason of each that lost
    /// its worker process.
    fn batch(
        &self,
        window: &Window<'_>,
        inputs: &[TileInput],
        retries: u32,
        mut ended: impl FnMut(usize, Result<TileOutput, String>),
    ) -> Result<()> {
        let tick = |_: &ProgressSnapshot| (window.tick)();
        let show = |place: usize, outcome: &Outcome<TileOutput, JobFailure>| match outcome {
            Outcome::Done(output) => ended(place, Ok(output.clone())),
            Outcome::Failed(failure) => ended(place, Err(failure.to_string())),
            Outcome::Panicked(message) => ended(place, Err(format!("panicked: {message}"))),
            Outcome::Cancelled => {}
        };
        let mut batch = self
            .pool
            .batch()
            .chunking(Chunking::Fixed(1))
            .cancel(window.stop)
            .progress(&tick)
            .on_result(show)
            .jobs::<TileJob<O>>()
            .resources(self.resources)
            .retries(retries)
            // Whether a trial is tried must not depend on those that it was tried with before.
            .quarantine(false)
            .finish_running(true);
        if let Some(deadline) = self.deadline {
            batch = batch.item_deadline(deadline).open_deadline(deadline.max(OPENING));
        }
        let report = batch.run(inputs);
        match report.error() {
            Some(error) => Err(ErrorKind::Pool { message: error.to_string() }.into()),
            None => Ok(()),
        }
    }

    /// Measures the trials of some tiles one by one, each once more if it loses its process: two are
    /// enough to call it failed. Tiles without all their answers were stopped, and are measured when the
    /// study is resumed.
    fn one_by_one(
        &self,
        window: &Window<'_>,
        tiles: Vec<(usize, Vec<Proposal>)>,
        arrived: &mut dyn FnMut(usize, Result<TileDone>),
    ) -> Result<()> {
        let mut inputs = Vec::new();
        // Of which tile each of them is, and the answers that each tile has.
        let mut owners = Vec::new();
        let mut apart: Vec<Apart> = Vec::with_capacity(tiles.len());
        for (place, proposals) in tiles {
            let first = window.tiles[place].start;
            for (index, proposal) in (first..).zip(&proposals) {
                owners.push((apart.len(), (index - first) as usize));
                inputs.push(Self::input(window, index, std::slice::from_ref(proposal)));
            }
            let measured = vec![None; proposals.len()];
            apart.push(Apart { place, proposals, measured, took: Duration::ZERO });
        }
        let started = Instant::now();
        self.batch(window, &inputs, 1, |at, output| {
            let (tile, trial) = owners[at];
            let Apart { place, proposals, measured: answers, took } = &mut apart[tile];
            let (answer, time) = match output {
                Ok(output) => (
                    output.trials.first().map_or_else(unanswered, measured),
                    Duration::from_micros(output.micros),
                ),
                Err(reason) => (Outcome::Failed(reason), started.elapsed()),
            };
            answers[trial] = Some(answer);
            *took += time;
            if answers.iter().all(Option::is_some) {
                let measured = answers.drain(..).flatten().collect();
                let proposals = std::mem::take(proposals);
                arrived(*place, Ok(TileDone { proposals, measured, took: *took }));
            }
        })
    }

    fn input(window: &Window<'_>, first: u64, proposals: &[Proposal]) -> TileInput {
        let schema = window.source.schema();
        TileInput {
            names: schema.names().to_vec(),
            labels: schema.labels().to_vec(),
            values: proposals.iter().map(|p| p.params.values().to_vec()).collect(),
            budgets: proposals.iter().map(|p| p.budget).collect(),
            first,
            seed: window.seed,
            rows: window.rows.map(|rows| (rows.start, rows.end)),
        }
    }
}

impl<O: RemoteObjective> Evaluator for Jobs<'_, O> {
    fn tile(&self) -> usize {
        O::TILE.max(1)
    }

    fn least_tile(&self) -> usize {
        self.tile()
    }

    fn run(
        &mut self,
        window: &Window<'_>,
        arrived: &mut dyn FnMut(usize, Result<TileDone>),
    ) -> Result<()> {
        let proposals: Vec<Vec<Proposal>> = window
            .tiles
            .iter()
            .map(|range| window.source.proposals(range.clone()))
            .collect::<Result<_>>()?;
        let is_single = |(_, proposals): &(usize, Vec<Proposal>)| proposals.len() == 1;
        let (mut singles, mut tiles): (Vec<_>, Vec<_>) =
            proposals.into_iter().enumerate().partition(is_single);
        let inputs: Vec<TileInput> = tiles
            .iter()
            .map(|(place, proposals)| Self::input(window, window.tiles[*place].start, proposals))
            .collect();
        self.batch(window, &inputs, 0, |at, output| {
            // One that cost the process goes the way of those that are alone: each for itself shows which.
            if let Ok(output) = output {
                let (place, proposals) = &mut tiles[at];
                arrived(*place, Ok(tile_done(std::mem::take(proposals), &output)));
            }
        })?;
        tiles.retain(|(_, proposals)| !proposals.is_empty());
        singles.append(&mut tiles);
        self.one_by_one(window, singles, arrived)
    }
}

/// A tile whose trials are measured one by one.
struct Apart {
    place: usize,
    proposals: Vec<Proposal>,
    measured: Vec<Option<Measured>>,
    /// Time of those that have been.
    took: Duration,
}

fn unanswered() -> Measured {
    Outcome::Failed("the worker process answered without trials".to_owned())
}

fn tile_done(proposals: Vec<Proposal>, output: &TileOutput) -> TileDone {
    let mut answers: Vec<Measured> = output.trials.iter().map(measured).collect();
    answers.resize_with(proposals.len(), unanswered);
    TileDone { proposals, measured: answers, took: Duration::from_micros(output.micros) }
}
