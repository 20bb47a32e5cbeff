//! The search for the maximum of the likelihood.
//!
//! L-BFGS with the More-Thuente line search (argmin) from several starts; Nelder-Mead where some
//! coefficients of a block are fixed and the admissible region has an edge. Nocedal and Wright
//! (2006), "Numerical Optimization", 2nd edition, chapters 7 and 9.

use std::cell::{Cell, RefCell};

use argmin::core::{CostFunction, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::neldermead::NelderMead;
use argmin::solver::quasinewton::LBFGS;

use super::coordinates::Coordinates;
use super::lanes::Lanes;
use super::likelihood::{Likelihood, Workspace};
use crate::model::{FitContext, FitStatus};

/// Lanes of one evaluation; two vector registers on every x86-64.
const LANES: usize = 4;

/// Step of the central differences. The cost is of order 1 and exact to 1e-15, so that the
/// derivative is good to about 1e-10.
const DIFFERENCE: f64 = 1e-5;

/// The search stops where the gradient of the log-likelihood per row is this small ..
const GRADIENT: f64 = 1e-6;

/// .. or a step gains less than this per row.
const GAIN: f64 = 1e-11;

/// Gradient below which a search that could not step any further counts as converged: with a
/// curvature of 0.1 and 1,000 rows, 5e-5 of log-likelihood are left.
const FLAT: f64 = 1e-4;

/// Steps that every start takes before the best are chosen.
const FIRST_STEPS: u64 = 4;

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
        workspace: &RefCell<Workspace<L>>,
    ) -> Lanes<L> {
        self.evaluations.set(self.evaluations.get() + 1);
        let (coefficients, admissible) = self.coordinates.coefficients(point);
        let mut costs = self.likelihood.cost(&coefficients, &mut workspace.borrow_mut());
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
        let [cost] = self.evaluate(&lanes, &self.single);
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
            let pick = |lane: usize, k: usize| group[lane.min(group.len() - 1)][k];
            let lanes: Vec<Lanes<LANES>> = (0..self.coordinates.len())
                .map(|k| std::array::from_fn(|lane| pick(lane, k)))
                .collect();
            costs.extend_from_slice(&self.evaluate(&lanes, &self.lanes)[..group.len()]);
        }
        costs
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
) -> Option<(Vec<f64>, FitStatus)> {
    for start in &advance(objective, starts, count.max(1)) {
        objective.cost(start);
        if objective.coordinates.is_smooth() {
            descend(objective, start.clone(), max_iterations);
        } else {
            walk_simplex(objective, start, max_iterations);
        }
    }
    let (cost, best) = objective.best.borrow().clone();
    if !cost.is_finite() {
        return None;
    }
    if objective.context.is_cancelled() {
        return Some((best, FitStatus::StoppedEarly));
    }
    let flat = objective.gradient(&best).iter().all(|slope| slope.abs() <= FLAT);
    // The edge of the admissible region has no gradient to judge by.
    let status = match flat || !objective.coordinates.is_smooth() {
        true => FitStatus::Converged,
        false => FitStatus::StoppedEarly,
    };
    Some((best, status))
}

/// The best `count` of the starts after a few steps each.
fn advance(objective: &Objective<'_>, starts: Vec<Vec<f64>>, count: usize) -> Vec<Vec<f64>> {
    if starts.len() <= count || !objective.coordinates.is_smooth() {
        return starts.into_iter().take(count).collect();
    }
    let mut advanced: Vec<(f64, Vec<f64>)> = starts
        .into_iter()
        .map(|start| {
            let before = objective.best.replace((f64::INFINITY, Vec::new()));
            objective.cost(&start);
            descend(objective, start, FIRST_STEPS);
            let reached = objective.best.replace(before);
            let mut best = objective.best.borrow_mut();
            if reached.0 < best.0 {
                *best = reached.clone();
            }
            reached
        })
        .collect();
    advanced.sort_by(|a, b| a.0.total_cmp(&b.0));
    advanced.truncate(count);
    advanced.into_iter().map(|(_, point)| point).collect()
}

/// L-BFGS. The outcome is in the objective's best point: argmin loses it when a line search fails.
fn descend(objective: &Objective<'_>, start: Vec<f64>, max_iterations: u64) {
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
