//! Trials that a method proposes, round by round.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use super::super::domain::Domain;
use super::super::params::{Params, Schema};
use super::super::pareto::costs;
use super::super::sink::StudyTrial;
use super::super::source::{GoOn, Proposal, Source, Work};
use super::super::space::Space;
use super::Method;
use super::draws::Draws;
use crate::error::{ErrorKind, Result};
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

/// Points that constraints may refuse in a row. Where they have let none through so far, the space counts as
/// empty then; where they have, that one is tried again. A part in a hundred thousand is found nearly always.
const ATTEMPTS: u64 = 1_000_000;
/// Points of a model that constraints may refuse in a row.
const MODEL_ATTEMPTS: u64 = 50;
/// Points between two questions whether to go on.
const UNASKED: u64 = 1024;
/// Points drawn for a new one of a finite space before its points are gone through.
const DRAWN_FOR_NEW: usize = 50;
/// Most points of a finite space that are gone through for a new one.
const GONE_THROUGH: u64 = 1 << 16;

/// What a sampler may know when it proposes.
pub(in crate::search) struct Context<'c> {
    pub(super) space: &'c Space,
    pub(super) schema: &'c Arc<Schema>,
    pub(super) seed: u64,
    /// Place of the first trial it proposes.
    pub(super) first: u64,
    /// Trials that are left.
    pub(super) left: usize,
    /// The first point of the study that the constraints let through.
    admitted: &'c RefCell<Option<Vec<f64>>>,
    go_on: GoOn<'c>,
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
    pub(super) fn first_admitted(
        &self,
        mut next: impl FnMut(u64) -> Vec<f64>,
    ) -> Result<Candidate> {
        for attempt in 0..ATTEMPTS {
            if attempt % UNASKED == UNASKED - 1 {
                (self.go_on)()?;
            }
            if let Some(candidate) = self.admit(next(attempt))? {
                self.admitted.borrow_mut().get_or_insert_with(|| candidate.point.clone());
                return Ok(candidate);
            }
        }
        // A study that has begun does not end for want of another point.
        match self.admitted.borrow().clone() {
            Some(point) => Ok(self.at(point)),
            None => Err(ErrorKind::NoAdmissiblePoint { attempts: ATTEMPTS }.into()),
        }
    }

    fn admit(&self, point: Vec<f64>) -> Result<Option<Candidate>> {
        let candidate = self.at(point);
        Ok(self.space.admits(&candidate.params)?.then_some(candidate))
    }

    /// A point that a model draws. `None` where the constraints refuse all that it has drawn, as they may
    /// where good values of two parameters exclude each other.
    pub(super) fn modelled(&self, mut next: impl FnMut() -> Vec<f64>) -> Result<Option<Candidate>> {
        for _ in 0..MODEL_ATTEMPTS {
            if let Some(candidate) = self.admit(next())? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// The same, or a point from anywhere.
    pub(super) fn drawn_by(
        &self,
        offset: usize,
        next: impl FnMut() -> Vec<f64>,
    ) -> Result<Candidate> {
        if let Some(candidate) = self.modelled(next)? {
            return Ok(candidate);
        }
        let mut anywhere = Draws::of_trial(!self.seed, self.first + offset as u64);
        self.first_admitted(|_| anywhere.point(self.dimensions()))
    }

    /// A point drawn evenly; of a finite space one that is not known, if there is one among the points that
    /// can be gone through.
    pub(super) fn unknown(
        &self,
        draws: &mut Draws,
        is_known: impl Fn(&Params) -> bool,
    ) -> Result<Candidate> {
        let mut draw = || self.first_admitted(|_| draws.point(self.dimensions()));
        let first = draw()?;
        let Some(points) = self.points() else { return Ok(first) };
        if !is_known(&first.params) {
            return Ok(first);
        }
        for _ in 0..DRAWN_FOR_NEW {
            let candidate = draw()?;
            if !is_known(&candidate.params) {
                return Ok(candidate);
            }
        }
        let from = (draws.uniform() * points as f64) as u64;
        for step in 0..points.min(GONE_THROUGH) {
            if step % UNASKED == UNASKED - 1 {
                (self.go_on)()?;
            }
            let candidate = self.admit(self.point((from + step) % points))?;
            if let Some(candidate) = candidate.filter(|c| !is_known(&c.params)) {
                return Ok(candidate);
            }
        }
        Ok(first)
    }

    /// Number of points of a finite space.
    fn points(&self) -> Option<u64> {
        let mut counts = self.space.domains().iter().map(Domain::count);
        counts.try_fold(1_u64, |points, count| Some(points.saturating_mul(count?)))
    }

    /// Point number `index` of a finite space, in mixed radix.
    fn point(&self, index: u64) -> Vec<f64> {
        let mut rest = index;
        let coordinate = |domain: &Domain| {
            let count = domain.count().unwrap_or(1);
            let piece = rest % count;
            rest /= count;
            (piece as f64 + 0.5) / count as f64
        };
        self.space.domains().iter().map(coordinate).collect()
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

    /// A point with what it stands for.
    pub(super) fn at(&self, point: Vec<f64>) -> Candidate {
        Candidate { params: self.params(&point), point, budget: 1.0 }
    }

    /// Whether points can come again by chance.
    pub(super) fn is_finite(&self) -> bool {
        self.points().is_some()
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
    /// The first point that the constraints let through.
    admitted: Option<Vec<f64>>,
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
            return Err(ErrorKind::EmptyGrid { rejected: 0 }.into());
        }
        Ok(Self {
            space,
            schema: space.schema(),
            method,
            metrics: metrics.to_vec(),
            seed,
            sampler: method.sampler(space.names().len(), seed)?,
            history: Vec::new(),
            admitted: None,
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

    fn advance(&mut self, next: u64, go_on: GoOn<'_>) -> Result<u64> {
        let end = self.first + self.round.len() as u64;
        if next < end {
            return Ok(end);
        }
        let left = self.method.trials().saturating_sub(next) as usize;
        if left == 0 {
            return Ok(next);
        }
        let admitted = RefCell::new(self.admitted.take());
        let context = Context {
            space: self.space,
            schema: &self.schema,
            seed: self.seed,
            first: next,
            left,
            admitted: &admitted,
            go_on,
        };
        let mut round = self.sampler.propose(&self.history, &context)?;
        round.truncate(left);
        self.admitted = admitted.into_inner();
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
