//! The most return for a given risk.

use nalgebra::DMatrixView;

use super::attainable::{largest_mean, rows_of};
use super::constraints::Constraints;
use super::mean_variance::{check_inputs, optimise, variance};
use super::program::Program;
use super::solution::{Residuals, Solution, Status};
use crate::risk::{dot, multiply};
use crate::{ErrorKind, Result};

/// The volatility may miss its target by this, relatively.
const TOLERANCE: f64 = 1e-13;
/// Quadratic programs before giving up; ten are usual.
const PROGRAM_LIMIT: usize = 200;

/// The weights with the largest mean among those with at most the `target` volatility.
///
/// Maximises `mean' w` with `sqrt(w' Sigma w) <= target`; `objective` is the mean. Where the
/// volatility binds, these are the weights of [`max_utility`](super::max_utility) at some risk
/// aversion. Between two neighbouring corners of the frontier the weights are linear in its inverse
/// (Markowitz, 1956, "The optimization of a quadratic function subject to linear constraints"), so a
/// bracketed search over it ends on the target exactly.
///
/// # Errors
///
/// As [`max_utility`](super::max_utility), and
/// [`TargetVolatilityTooLow`](ErrorKind::TargetVolatilityTooLow) with the smallest volatility that
/// the constraints allow.
pub fn efficient_risk(
    mean: &[f64],
    covariance: DMatrixView<'_, f64>,
    target: f64,
    constraints: &Constraints,
) -> Result<Solution> {
    check_inputs(mean, covariance)?;
    crate::risk::check_finite("target volatility", &[target])?;
    let feasible = constraints.resolve(covariance.nrows())?;
    let mut program = Program {
        hessian: Some(covariance.into_owned()),
        linear: vec![0.0; mean.len()],
        lower: feasible.lower.clone(),
        upper: feasible.upper.clone(),
        rows: rows_of(&feasible),
    };
    let limit = constraints.iteration_limit();
    let mut iterations = 0;
    // min 1/2 w' Sigma w - tolerance mean' w.
    let mut at = |tolerance: f64| -> Result<Point> {
        program.linear = mean.iter().map(|m| -tolerance * m).collect();
        let solution = optimise(&program, &feasible, limit)?;
        iterations += solution.iterations;
        Ok(Point { tolerance, variance: variance(covariance, &solution.weights), solution })
    };
    let goal = target.max(0.0) * target.max(0.0);
    let mut low = at(0.0)?;
    if low.variance > goal * (1.0 + 1e-10) || target < 0.0 {
        let smallest = low.variance.sqrt();
        return Err(ErrorKind::TargetVolatilityTooLow { target, smallest }.into());
    }
    let (greedy, largest) = largest_mean(mean, &feasible)?;
    if largest.is_finite() && variance(covariance, &greedy) <= goal {
        let residuals = Residuals { feasibility: feasible.violation(&greedy), optimality: 0.0 };
        let (status, weights) = (Status::Solved, greedy);
        return Ok(Solution { weights, status, objective: largest, iterations, residuals });
    }

    // Double the tolerance for risk until the target is passed.
    let size = mean.iter().fold(f64::MIN_POSITIVE, |most, m| most.max(m.abs()));
    let mut tolerance = (covariance.trace() / mean.len() as f64 / size).max(f64::MIN_POSITIVE);
    let mut high = at(tolerance)?;
    for _ in 0..60 {
        if high.variance >= goal {
            break;
        }
        tolerance *= 4.0;
        low = std::mem::replace(&mut high, at(tolerance)?);
    }
    let mut best = if high.variance <= goal { high.solution.clone() } else { low.solution.clone() };
    let mut status = Status::StoppedEarly;
    for round in 0..PROGRAM_LIMIT {
        let share = blend(covariance, &low, &high, goal);
        // Halving now and then brings both ends onto the same piece of the frontier.
        let share = if round % 3 == 2 { 0.5 } else { share };
        let middle = at(low.tolerance + share * (high.tolerance - low.tolerance))?;
        best = middle.solution.clone();
        if (middle.variance - goal).abs() <= TOLERANCE * goal {
            status = middle.solution.status;
            break;
        }
        if middle.tolerance <= low.tolerance || middle.tolerance >= high.tolerance {
            break;
        }
        if middle.variance < goal { low = middle } else { high = middle }
    }
    let volatility = variance(covariance, &best.weights).sqrt();
    best.status = status;
    best.iterations = iterations;
    best.residuals.feasibility = best.residuals.feasibility.max(volatility - target);
    best.objective = dot(mean, &best.weights);
    Ok(best)
}

/// The optimum at one tolerance for risk.
struct Point {
    tolerance: f64,
    variance: f64,
    solution: Solution,
}

/// The share of the way from `low` to `high` at which the variance of the mixture meets the goal.
fn blend(covariance: DMatrixView<'_, f64>, low: &Point, high: &Point, goal: f64) -> f64 {
    let (from, to) = (&low.solution.weights, &high.solution.weights);
    let step: Vec<f64> = to.iter().zip(from).map(|(b, a)| b - a).collect();
    let moved = multiply(covariance, &step);
    // variance(s) = low + 2 s cross + s^2 square.
    let (cross, square) = (dot(from, &moved), dot(&step, &moved));
    let gap = goal - low.variance;
    let root = (cross * cross + square * gap).max(0.0).sqrt();
    let share = gap / (cross + root);
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 }
}
