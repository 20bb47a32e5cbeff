//! Trials that a method proposes, round by round.

use std::ops::Range;
use std::sync::Arc;

use super::super::params::{Params, Schema};
use super::super::pareto::costs;
use super::super::sink::StudyTrial;
use super::super::source::{Proposal, Source, Work};
use super::super::space::Space;
use super::Method;
use super::draws::Draws;
use crate::error::Result;
use crate::metrics::Metric;

/// What came of a point.
#[derive(Debug, Clone)]
pub(in crate::search) struct Observation {
    pub(super) point: Vec<f64>,
    pub(super) budget: f64,
    /// One for each metric, lower is better; `None` where the trial failed or measured no number.
    pub(super) costs: Option<Vec<f64>>,
}

/// A point to be tried.
#[derive(Debug, Clone)]
pub(in crate::search) struct Candidate {
    pub(super) point: Vec<f64>,
    pub(super) params: Params,
    pub(super) budget: f64,
}

/// Points of a model that constraints may refuse in a row.
const MODEL_ATTEMPTS: u64 = 50;

/// What a sampler may know when it proposes.
pub(in crate::search) struct Context<'c> {
    pub(super) space: &'c Space,
    pub(super) schema: &'c Arc<Schema>,
    pub(super) seed: u64,
    /// Place of the first trial it proposes.
    pub(super) first: u64,
    /// Trials that are left.
    pub(super) left: usize,
}

impl Context<'_> {
    pub(super) fn dimensions(&self) -> usize {
        self.space.domains().len()
    }

    /// Random numbers of the trial at this place of the round.
    pub(super) fn draws(&self, offset: usize) -> Draws {
        Draws::of_trial(self.seed, self.first + offset as u64)
    }

    /// The first point that the constraints let through.
    pub(super) fn first_admitted(&self, next: impl FnMut(u64) -> Vec<f64>) -> Result<Candidate> {
        let (point, params) = self.space.first_admitted(self.schema, next)?;
        Ok(Candidate { point, params, budget: 1.0 })
    }

    /// A point that a model draws; one from anywhere where the constraints refuse all that it has
    /// drawn, as they may where good values of two parameters exclude each other.
    pub(super) fn drawn_by(
        &self,
        offset: usize,
        mut next: impl FnMut() -> Vec<f64>,
    ) -> Result<Candidate> {
        let mut anywhere = Draws::of_trial(!self.seed, self.first + offset as u64);
        self.first_admitted(|attempt| {
            if attempt < MODEL_ATTEMPTS { next() } else { anywhere.point(self.dimensions()) }
        })
    }

    /// What a point stands for.
    pub(super) fn params(&self, point: &[f64]) -> Params {
        self.space.params(self.schema, point)
    }

    /// The point with NaN for coordinates that values of others switch off.
    pub(super) fn active(&self, point: &[f64]) -> Vec<f64> {
        let params = self.params(point);
        let coordinate = |(u, value): (&f64, &f64)| if value.is_nan() { f64::NAN } else { *u };
        point.iter().zip(params.values()).map(coordinate).collect()
    }

    /// A point that has been admitted before.
    pub(super) fn at(&self, point: Vec<f64>) -> Candidate {
        Candidate { params: self.params(&point), point, budget: 1.0 }
    }

    /// Whether points can come again by chance.
    pub(super) fn is_finite(&self) -> bool {
        self.space.domains().iter().all(|domain| domain.count().is_some())
    }

    /// A point drawn evenly.
    pub(super) fn random(&self, offset: usize) -> Result<Candidate> {
        let mut draws = self.draws(offset);
        self.first_admitted(|_| draws.point(self.dimensions()))
    }
}

/// Chooses points.
pub(in crate::search) trait Sampler: Send + Sync {
    /// The next round, at least one candidate; those beyond what is left are dropped. `history` has
    /// every trial so far, in order.
    fn propose(&mut self, history: &[Observation], context: &Context<'_>)
    -> Result<Vec<Candidate>>;

    /// Whether it looks at the history at all.
    fn learns(&self) -> bool {
        true
    }

    /// What the first trials take, all of them together.
    fn work_of_first(&self, trials: u64) -> Work {
        Work { proposing: trials as f64, measuring: trials as f64 }
    }
}

/// The trials of a method.
pub(in crate::search) struct SampledSource<'s> {
    space: &'s Space,
    schema: Arc<Schema>,
    method: Method,
    metrics: Vec<Metric>,
    seed: u64,
    sampler: Box<dyn Sampler>,
    history: Vec<Observation>,
    /// The round under way and the place of its first trial.
    round: Vec<Candidate>,
    first: u64,
}

impl<'s> SampledSource<'s> {
    pub(in crate::search) fn new(
        space: &'s Space,
        method: Method,
        metrics: &[Metric],
        seed: u64,
    ) -> Result<Self> {
        if space.names().len() == 0 {
            return Err(crate::ErrorKind::EmptyGrid { rejected: 0 }.into());
        }
        Ok(Self {
            space,
            schema: space.schema(),
            method,
            metrics: metrics.to_vec(),
            seed,
            sampler: method.sampler(space.names().len(), seed)?,
            history: Vec::new(),
            round: Vec::new(),
            first: 0,
        })
    }
}

impl Source for SampledSource<'_> {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn space(&self) -> String {
        self.space.to_string()
    }

    fn method(&self) -> String {
        self.method.to_string()
    }

    fn trials(&self) -> u64 {
        self.method.trials()
    }

    fn rejected(&self) -> u64 {
        0
    }

    fn advance(&mut self, next: u64) -> Result<u64> {
        let end = self.first + self.round.len() as u64;
        if next < end {
            return Ok(end);
        }
        let left = self.method.trials().saturating_sub(next) as usize;
        if left == 0 {
            return Ok(next);
        }
        let context =
            Context { space: self.space, schema: &self.schema, seed: self.seed, first: next, left };
        let mut round = self.sampler.propose(&self.history, &context)?;
        round.truncate(left);
        (self.round, self.first) = (round, next);
        Ok(next + self.round.len() as u64)
    }

    fn proposals(&self, range: Range<u64>) -> Result<Vec<Proposal>> {
        let places = (range.start - self.first) as usize..(range.end - self.first) as usize;
        let proposal = |candidate: &Candidate| Proposal {
            params: candidate.params.clone(),
            budget: candidate.budget,
        };
        Ok(self.round[places].iter().map(proposal).collect())
    }

    fn learns(&self) -> bool {
        self.sampler.learns()
    }

    fn work_of_first(&self, trials: u64) -> Work {
        self.sampler.work_of_first(trials)
    }

    fn observe(&mut self, trials: &[StudyTrial]) {
        for trial in trials {
            let candidate = &self.round[(trial.index as u64 - self.first) as usize];
            self.history.push(Observation {
                point: candidate.point.clone(),
                budget: candidate.budget,
                costs: costs(trial, &self.metrics),
            });
        }
    }
}
