//! The search for the maximum of the likelihood.
//!
//! Quasi-Newton descents with exact gradients from several starts. Where some coefficients of a
//! block are fixed and the admissible region has an edge, Nelder-Mead (argmin) goes first and a
//! descent from the best it found last.

use std::cell::{Cell, RefCell};

use argmin::core::{CostFunction, Executor, State, TerminationReason};
use argmin::solver::neldermead::NelderMead;

use super::coordinates::Coordinates;
use super::descent::{Descent, advance};
use super::lanes::Lanes;
use super::likelihood::{Likelihood, Workspace};
use super::scoring::scoring_metric;
use crate::model::{FitContext, FitStatus};

/// Lanes of one evaluation with its gradient; two vector registers on every x86-64.
pub(super) const LANES: usize = 4;

/// Lanes where costs alone are wanted: the recursion's latency leaves room for more of them.
const WIDE: usize = 8;

/// A step that is expected to gain less than this per row ends its descent.
pub(super) const FINE_GAIN: f64 = 1e-10;

/// The same for fits that only rank candidates.
pub(super) const COARSE_GAIN: f64 = 2e-7;

/// Gradient below which a search that could not step any further counts as converged: with a
/// curvature of 0.1 and 1,000 rows, 5e-5 of log-likelihood are left.
const FLAT: f64 = 1e-4;

/// Steps that every start takes before the best are chosen.
const FIRST_STEPS: u64 = 1;

/// Distance below which two descents after their first steps lead to the same maximum.
const SAME: f64 = 0.02;

/// The cost (minus log-likelihood per row) over the search space; keeps the best point seen.
#[derive(Debug)]
pub(super) struct Objective<'a> {
    likelihood: &'a Likelihood<'a>,
    coordinates: &'a Coordinates,
    context: &'a FitContext,
    wide: RefCell<Workspace<WIDE>>,
    lanes: RefCell<Workspace<LANES>>,
    best: RefCell<Best>,
    evaluations: Cell<usize>,
}

/// The best point so far, and whether a search may stop there: its gradient is small, or the
/// simplex around it.
#[derive(Debug, Clone)]
struct Best {
    cost: f64,
    point: Vec<f64>,
    flat: bool,
}

impl<'a> Objective<'a> {
    pub(super) fn new(
        likelihood: &'a Likelihood<'a>,
        coordinates: &'a Coordinates,
        context: &'a FitContext,
    ) -> Self {
        Self {
            likelihood,
            coordinates,
            context,
            wide: RefCell::default(),
            lanes: RefCell::default(),
            best: RefCell::new(Best { cost: f64::INFINITY, point: Vec::new(), flat: true }),
            evaluations: Cell::new(0),
        }
    }

    fn evaluate(&self, points: &[Vec<f64>]) -> Lanes<WIDE> {
        self.evaluations.set(self.evaluations.get() + 1);
        let (coefficients, admissible) = self.coordinates.coefficients(&self.side_by_side(points));
        let mut costs = self.likelihood.cost(&coefficients, &mut self.wide.borrow_mut());
        forbid(&mut costs, admissible);
        costs
    }

    /// How often the likelihood was computed; a batch of lanes counts once.
    pub(super) fn evaluations(&self) -> usize {
        self.evaluations.get()
    }

    /// The cost at one point.
    pub(super) fn cost(&self, point: &[f64]) -> f64 {
        let cost = self.evaluate(&[point.to_vec()])[0];
        let mut best = self.best.borrow_mut();
        if cost < best.cost {
            *best = Best { cost, point: point.to_vec(), flat: false };
        }
        cost
    }

    /// The costs of many points, several at a time.
    pub(super) fn costs(&self, points: &[Vec<f64>]) -> Vec<f64> {
        let mut costs = Vec::with_capacity(points.len());
        for group in points.chunks(WIDE) {
            costs.extend_from_slice(&self.evaluate(group)[..group.len()]);
        }
        costs
    }

    /// Costs and gradients of up to [`LANES`] points.
    pub(super) fn gradients(&self, points: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let lanes: Vec<Lanes<LANES>> = self.side_by_side(points);
        let (coefficients, admissible) = self.coordinates.coefficients(&lanes);
        let (mut costs, slopes) =
            self.likelihood.cost_and_gradient(&coefficients, &mut self.lanes.borrow_mut());
        forbid(&mut costs, admissible);
        self.evaluations.set(self.evaluations.get() + 1);
        let slopes = self.coordinates.pull_back(&lanes, &slopes);
        let pick = |lane: usize| slopes.iter().map(|slope| slope[lane]).collect();
        (costs[..points.len()].to_vec(), (0..points.len()).map(pick).collect())
    }

    /// The metric of a first step from `point`.
    pub(super) fn metric(&self, point: &[f64]) -> Option<Vec<f64>> {
        scoring_metric(self.likelihood.order(), self.coordinates, point)
    }

    /// Points as lanes; the last one fills up what is left.
    fn side_by_side<const L: usize>(&self, points: &[Vec<f64>]) -> Vec<Lanes<L>> {
        let pick = |lane: usize, k: usize| points[lane.min(points.len() - 1)][k];
        let lanes = |k: usize| std::array::from_fn(|lane| pick(lane, k));
        (0..self.coordinates.len()).map(lanes).collect()
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.context.is_cancelled()
    }
}

/// Points that are not admissible cost infinity.
fn forbid<const L: usize>(costs: &mut Lanes<L>, admissible: [bool; L]) {
    for (cost, admissible) in costs.iter_mut().zip(admissible) {
        if !admissible {
            *cost = f64::INFINITY;
        }
    }
}

/// What argmin sees of the objective; it consumes its problem, so this is a reference.
#[derive(Debug, Clone, Copy)]
struct Problem<'a>(&'a Objective<'a>);

impl Problem<'_> {
    fn go_on(&self) -> Result<(), argmin::core::Error> {
        match self.0.context.is_cancelled() {
            true => Err(argmin::core::Error::msg("cancelled")),
            false => Ok(()),
        }
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, point: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        self.go_on()?;
        Ok(self.0.cost(point))
    }
}

/// The best point found and how the search ended.
///
/// Where there are more starts than `count`, all take a few steps first and the best go on.
pub(super) fn minimise(
    objective: &Objective<'_>,
    starts: Vec<Vec<f64>>,
    count: usize,
    max_iterations: u64,
    gain: f64,
) -> Option<(Vec<f64>, FitStatus)> {
    if objective.coordinates.is_smooth() {
        descend(objective, starts, count.max(1), max_iterations, gain);
    } else {
        for start in starts.into_iter().take(count.max(1)) {
            objective.cost(&start);
            walk_simplex(objective, &start, max_iterations);
        }
        polish(objective, max_iterations, gain);
    }
    let best = objective.best.borrow().clone();
    if !best.cost.is_finite() {
        return None;
    }
    let status = match best.flat && !objective.context.is_cancelled() {
        true => FitStatus::Converged,
        false => FitStatus::StoppedEarly,
    };
    Some((best.point, status))
}

/// All starts take a few steps, the best `count` that are not on the same way go on to the end.
fn descend(
    objective: &Objective<'_>,
    starts: Vec<Vec<f64>>,
    count: usize,
    max_iterations: u64,
    gain: f64,
) {
    let mut descents: Vec<Descent> =
        starts.into_iter().map(|start| Descent::new(objective, start)).collect();
    if descents.len() > count {
        advance(objective, &mut descents, FIRST_STEPS.min(max_iterations), gain);
        descents.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        let mut followed: Vec<Descent> = Vec::new();
        for descent in descents {
            if followed.len() < count
                && !followed.iter().any(|other| are_close(&other.point, &descent.point))
            {
                followed.push(descent);
            }
        }
        descents = followed;
    }
    advance(objective, &mut descents, max_iterations, gain);
    let mut best = objective.best.borrow_mut();
    for descent in descents {
        if descent.cost < best.cost {
            let flat = is_flat(&descent, gain);
            *best = Best { cost: descent.cost, point: descent.point, flat };
        }
    }
}

/// One descent from the best point so far, which lies inside the admissible region.
fn polish(objective: &Objective<'_>, max_iterations: u64, gain: f64) {
    let before = objective.best.borrow().clone();
    if !before.cost.is_finite() {
        return;
    }
    let mut descents = [Descent::new(objective, before.point)];
    advance(objective, &mut descents, max_iterations, gain);
    let [descent] = descents;
    if descent.cost <= before.cost {
        let flat = before.flat || is_flat(&descent, gain);
        *objective.best.borrow_mut() = Best { cost: descent.cost, point: descent.point, flat };
    }
}

fn is_flat(descent: &Descent, gain: f64) -> bool {
    let tolerance = if gain > FINE_GAIN { f64::INFINITY } else { FLAT };
    descent.gradient.iter().all(|slope| slope.abs() <= tolerance)
}

/// Whether two points are the same up to [`SAME`] in every partial autocorrelation.
fn are_close(a: &[f64], b: &[f64]) -> bool {
    let bounded = |x: f64| x / (1.0 + x * x).sqrt();
    a.iter().zip(b).all(|(a, b)| (bounded(*a) - bounded(*b)).abs() < SAME)
}

/// Nelder-Mead (1965), "A simplex method for function minimization".
fn walk_simplex(objective: &Objective<'_>, start: &[f64], max_iterations: u64) {
    let mut simplex = vec![start.to_vec()];
    for k in 0..start.len() {
        let mut corner = start.to_vec();
        corner[k] += if corner[k] > 0.0 { -0.2 } else { 0.2 };
        simplex.push(corner);
    }
    let Ok(solver) = NelderMead::new(simplex).with_sd_tolerance(1e-13) else { return };
    let limit = max_iterations.saturating_mul(20);
    let executor =
        Executor::new(Problem(objective), solver).configure(|state| state.max_iters(limit));
    let before = objective.best.borrow().cost;
    let Ok(walked) = executor.ctrlc(false).run() else { return };
    let reason = walked.state().get_termination_reason();
    let mut best = objective.best.borrow_mut();
    if best.cost < before {
        best.flat = matches!(reason, Some(TerminationReason::SolverConverged));
    }
}
