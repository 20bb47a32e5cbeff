//! Staying close to given weights.

use nalgebra::DMatrixView;

use super::attainable::rows_of;
use super::constraints::{Constraints, Feasible};
use super::mean_variance::{check_inputs, optimise, variance};
use super::program::Program;
use super::solution::{Residuals, Solution, Status};
use crate::Result;
use crate::risk::multiply;

/// How far the prior may be from the budget and the group limits and still count as satisfying them.
const ROUNDING: f64 = 1e-10;

/// The weights nearest to a benchmark in tracking error.
///
/// Minimises `(w - benchmark)' Sigma (w - benchmark)`; `objective` is that variance. The benchmark
/// itself need not satisfy the constraints.
///
/// # Errors
///
/// As [`min_volatility`](super::min_volatility); [`WrongLength`](crate::ErrorKind::WrongLength) and
/// [`NonFiniteEntry`](crate::ErrorKind::NonFiniteEntry) for the benchmark.
pub fn min_tracking_error(
    benchmark: &[f64],
    covariance: DMatrixView<'_, f64>,
    constraints: &Constraints,
) -> Result<Solution> {
    check_inputs(benchmark, covariance)?;
    let feasible = constraints.resolve(covariance.nrows())?;
    track(benchmark, covariance, &feasible, constraints.iteration_limit())
}

/// The prior's weights if they satisfy the constraints, bit for bit; otherwise the feasible weights
/// nearest to them in tracking error.
///
/// This is what a Black-Litterman portfolio falls back to when no view is left. Bounds are taken
/// exactly; budget and groups may be missed by 1e-10, which is rounding of weights that were
/// normalised elsewhere. `objective` is the tracking variance, 0 for the prior itself.
///
/// # Errors
///
/// As [`min_tracking_error`].
pub fn feasible_prior(
    prior_weights: &[f64],
    covariance: DMatrixView<'_, f64>,
    constraints: &Constraints,
) -> Result<Solution> {
    check_inputs(prior_weights, covariance)?;
    let feasible = constraints.resolve(covariance.nrows())?;
    let within_bounds = prior_weights
        .iter()
        .zip(feasible.lower.iter().zip(&feasible.upper))
        .all(|(w, (lower, upper))| lower <= w && w <= upper);
    let feasibility = feasible.violation(prior_weights);
    if within_bounds && feasibility <= ROUNDING {
        return Ok(Solution {
            weights: prior_weights.to_vec(),
            status: Status::Solved,
            objective: 0.0,
            iterations: 0,
            residuals: Residuals { feasibility, optimality: 0.0 },
        });
    }
    track(prior_weights, covariance, &feasible, constraints.iteration_limit())
}

fn track(
    benchmark: &[f64],
    covariance: DMatrixView<'_, f64>,
    feasible: &Feasible,
    limit: u32,
) -> Result<Solution> {
    let pull = multiply(covariance, benchmark);
    let program = Program {
        hessian: Some(covariance * 2.0),
        linear: pull.iter().map(|p| -2.0 * p).collect(),
        lower: feasible.lower.clone(),
        upper: feasible.upper.clone(),
        rows: rows_of(feasible),
    };
    let solved = optimise(&program, feasible, limit)?;
    Ok(solved.with_objective(|w| {
        let apart: Vec<f64> = w.iter().zip(benchmark).map(|(w, b)| w - b).collect();
        variance(covariance, &apart)
    }))
}
