//! The search for the maximum of the likelihood.
//!
//! Least-squares descents from several starts; L-BFGS with the More-Thuente line search (argmin)
//! where the variance is fixed; Nelder-Mead where some coefficients of a block are fixed and the
//! admissible region has an edge. Nocedal and Wright
//! (2006), "Numerical Optimization", 2nd edition, chapters 7 and 9.

use std::cell::{Cell, Ref, RefCell};

use argmin::core::{CostFunction, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::neldermead::NelderMead;
use argmin::solver::quasinewton::LBFGS;

use super::coordinates::Coordinates;
use super::lanes::Lanes;
use super::least_squares::Descent;
use super::likelihood::{Likelihood, Workspace};
use crate::model::{FitContext, FitStatus};

/// Lanes of one evaluation; two vector registers on every x86-64.
pub(super) const LANES: usize = 4;

/// Step of the central differences. The cost is of order 1 and exact to 1e-15, so that the
/// derivative is good to about 1e-10.
const DIFFERENCE: f64 = 1e-5;

/// The search stops where the gradient of the log-likelihood per row is this small ..
const GRADIENT: f64 = 1e-6;

/// .. or a step gains less than this per row.
const GAIN: f64 = 1e-11;

/// A least-squares step that gains less than this per row ends its descent.
pub(super) const FINE_GAIN: f64 = 1e-10;

/// The same for fits that only rank candidates.
pub(super) const COARSE_GAIN: f64 = 2e-7;

/// Gradient below which a search that could not step any further counts as converged: with a
/// curvature of 0.1 and 1,000 rows, 5e-5 of log-likelihood are left.
const FLAT: f64 = 1e-4;

/// Steps that every start takes before the best are chosen.
const FIRST_STEPS: u64 = 2;

/// Distance below which two descents after their first steps lead to the same maximum.
const SAME: f64 = 0.02;

/// The cost (minus log-likelihood per row) over the search space; keeps the best point seen.
#[derive(Debug)]
pub(super) struct Objective<'a> {
    likelihood: &'a Likelihood<'a>,
    coordinates: &'a Coordinates,
    context: &'a FitContext,
    single: RefCell<Workspace<1>>,
    lanes: RefCell<Workspace<LANES>>,
    best: RefCell<(f64, Vec<f64>)>,
    evaluations: Cell<usize>,
}

/// What [`Objective::residuals`] gives, one lane a point.
#[derive(Debug)]
pub(super) struct Residuals<'a> {
    pub(super) costs: Lanes<LANES>,
    pub(super) log_determinant: Lanes<LANES>,
    workspace: Ref<'a, Workspace<LANES>>,
}

impl Residuals<'_> {
    /// Innovations of the rows that count.
    pub(super) fn residuals(&self) -> &[Lanes<LANES>] {
        &self.workspace.residuals
    }

    /// Inverse variances of the first rows; those of the others are 1.
    pub(super) fn inverses(&self) -> &[Lanes<LANES>] {
        self.workspace.inverses()
    }
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
            single: RefCell::default(),
            lanes: RefCell::default(),
            best: RefCell::new((f64::INFINITY, Vec::new())),
            evaluations: Cell::new(0),
        }
    }

    fn evaluate<const L: usize>(
        &self,
        point: &[Lanes<L>],
        residuals: bool,
        workspace: &RefCell<Workspace<L>>,
    ) -> Lanes<L> {
        self.evaluations.set(self.evaluations.get() + 1);
        let (coefficients, admissible) = self.coordinates.coefficients(point);
        let mut costs = self.likelihood.cost(&coefficients, residuals, &mut workspace.borrow_mut());
        for (cost, admissible) in costs.iter_mut().zip(admissible) {
            if !admissible {
                *cost = f64::INFINITY;
            }
        }
        costs
    }

    /// How often the likelihood was computed; a batch of lanes counts once.
    pub(super) fn evaluations(&self) -> usize {
        self.evaluations.get()
    }

    /// The cost at one point.
    pub(super) fn cost(&self, point: &[f64]) -> f64 {
        let lanes: Vec<Lanes<1>> = point.iter().map(|&x| [x]).collect();
        let [cost] = self.evaluate(&lanes, false, &self.single);
        let mut best = self.best.borrow_mut();
        if cost < best.0 {
            *best = (cost, point.to_vec());
        }
        cost
    }

    /// The costs of many points, several at a time.
    pub(super) fn costs(&self, points: &[Vec<f64>]) -> Vec<f64> {
        let mut costs = Vec::with_capacity(points.len());
        for group in points.chunks(LANES) {
            let lanes = self.side_by_side(group);
            costs.extend_from_slice(&self.evaluate(&lanes, false, &self.lanes)[..group.len()]);
        }
        costs
    }

    /// Costs, residuals and log-determinants of up to [`LANES`] points.
    pub(super) fn residuals(&self, points: &[Vec<f64>]) -> Residuals<'_> {
        let costs = self.evaluate(&self.side_by_side(points), true, &self.lanes);
        let workspace = self.lanes.borrow();
        let log_determinant = workspace.log_determinant;
        Residuals { costs, log_determinant, workspace }
    }

    /// Points as lanes; the last one fills up what is left.
    fn side_by_side(&self, points: &[Vec<f64>]) -> Vec<Lanes<LANES>> {
        let pick = |lane: usize, k: usize| points[lane.min(points.len() - 1)][k];
        let lanes = |k: usize| std::array::from_fn(|lane| pick(lane, k));
        (0..self.coordinates.len()).map(lanes).collect()
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.context.is_cancelled()
    }

    /// The gradient by central differences.
    pub(super) fn gradient(&self, point: &[f64]) -> Vec<f64> {
        let mut shifted = Vec::with_capacity(2 * point.len());
        for k in 0..point.len() {
            for sign in [-1.0, 1.0] {
                let mut other = point.to_vec();
                other[k] += sign * step(point[k]);
                shifted.push(other);
            }
        }
        let costs = self.costs(&shifted);
        costs
            .chunks_exact(2)
            .zip(point)
            .map(|(pair, &x)| (pair[1] - pair[0]) / ((x + step(x)) - (x - step(x))))
            .collect()
    }
}

fn step(x: f64) -> f64 {
    DIFFERENCE * x.abs().max(1.0)
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

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, point: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        self.go_on()?;
        Ok(self.0.gradient(point))
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
    if objective.coordinates.is_smooth() && objective.likelihood.is_concentrated() {
        descend(objective, starts, count.max(1), max_iterations, gain);
    } else {
        for start in starts.into_iter().take(count.max(1)) {
            objective.cost(&start);
            if objective.coordinates.is_smooth() {
                follow_gradient(objective, start, max_iterations);
            } else {
                walk_simplex(objective, &start, max_iterations);
            }
        }
    }
    let (cost, best) = objective.best.borrow().clone();
    if !cost.is_finite() {
        return None;
    }
    if objective.context.is_cancelled() {
        return Some((best, FitStatus::StoppedEarly));
    }
    let tolerance = if gain > FINE_GAIN { f64::INFINITY } else { FLAT };
    let flat = objective.gradient(&best).iter().all(|slope| slope.abs() <= tolerance);
    // The edge of the admissible region has no gradient to judge by.
    let status = match flat || !objective.coordinates.is_smooth() {
        true => FitStatus::Converged,
        false => FitStatus::StoppedEarly,
    };
    Some((best, status))
}

/// Least-squares descents: all starts take a few steps, the best `count` that are not on the same
/// way go on to the end.
fn descend(
    objective: &Objective<'_>,
    starts: Vec<Vec<f64>>,
    count: usize,
    max_iterations: u64,
    gain: f64,
) {
    let first = FIRST_STEPS.min(max_iterations);
    let mut descents: Vec<Descent> =
        starts.into_iter().filter_map(|start| Descent::new(objective, start)).collect();
    for descent in &mut descents {
        descent.advance(objective, first, gain);
    }
    descents.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let mut followed: Vec<Vec<f64>> = Vec::new();
    let mut left = count;
    for mut descent in descents {
        if left == 0 {
            break;
        }
        if !followed.iter().any(|other| are_close(other, &descent.point)) {
            followed.push(descent.point.clone());
            descent.advance(objective, max_iterations - first, gain);
            followed.push(descent.point.clone());
            left -= 1;
        }
        let mut best = objective.best.borrow_mut();
        if descent.cost < best.0 {
            *best = (descent.cost, descent.point);
        }
    }
}

/// Whether two points are the same up to [`SAME`] in every partial autocorrelation.
fn are_close(a: &[f64], b: &[f64]) -> bool {
    let bounded = |x: f64| x / (1.0 + x * x).sqrt();
    a.iter().zip(b).all(|(a, b)| (bounded(*a) - bounded(*b)).abs() < SAME)
}

/// L-BFGS. The outcome is in the objective's best point: argmin loses it when a line search fails.
fn follow_gradient(objective: &Objective<'_>, start: Vec<f64>, max_iterations: u64) {
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 7)
        .with_tolerance_grad(GRADIENT)
        .and_then(|solver| solver.with_tolerance_cost(GAIN));
    let Ok(solver) = solver else { return };
    let executor = Executor::new(Problem(objective), solver)
        .configure(|state| state.param(start).max_iters(max_iterations));
    // An error ends this start; the best point so far stands.
    drop(executor.ctrlc(false).run());
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
    drop(executor.ctrlc(false).run());
}
