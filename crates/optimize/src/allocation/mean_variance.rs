//! Markowitz: variance against mean.

use nalgebra::DMatrixView;

use super::active_set;
use super::attainable::{infeasible, largest_mean, rows_of};
use super::constraints::{Constraints, Feasible};
use super::interior_point::{self, Ending};
use super::program::{Program, Row};
use super::solution::{Residuals, Solution, Status};
use crate::risk::{check_covariance, check_finite, check_length, dot, multiply};
use crate::{ErrorKind, Result};

/// The weights with the smallest volatility.
///
/// Minimises `w' Sigma w` subject to the constraints; `objective` is that variance. Follows
/// Markowitz (1952), "Portfolio selection".
///
/// # Errors
///
/// What is wrong with the covariance, see [`check_covariance`]; constraints that cannot be
/// satisfied, see [`Error::is_infeasible`](crate::Error::is_infeasible);
/// [`WrongLength`](ErrorKind::WrongLength) for bounds of another length.
///
/// # Examples
///
/// ```
/// use nalgebra::DMatrix;
/// use tangency_optimize::allocation::{Constraints, min_volatility};
///
/// let covariance = DMatrix::from_row_slice(2, 2, &[0.04, 0.0, 0.0, 0.16]);
/// let solution = min_volatility(covariance.as_view(), &Constraints::long_only())?;
/// assert!((solution.weights[0] - 0.8).abs() < 1e-15);
/// assert!(solution.status.is_solved());
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
pub fn min_volatility(
    covariance: DMatrixView<'_, f64>,
    constraints: &Constraints,
) -> Result<Solution> {
    check_covariance(covariance)?;
    let feasible = constraints.resolve(covariance.nrows())?;
    let program = Program {
        hessian: Some(covariance * 2.0),
        linear: vec![0.0; feasible.n()],
        lower: feasible.lower.clone(),
        upper: feasible.upper.clone(),
        rows: rows_of(&feasible),
    };
    let solved = optimise(&program, &feasible, constraints.iteration_limit())?;
    Ok(solved.with_objective(|w| variance(covariance, w)))
}

/// The weights with the largest quadratic utility.
///
/// Maximises `mean' w - risk_aversion / 2 * w' Sigma w`; `objective` is that utility. Mean and
/// covariance must have the same period (both annual, say). With the posterior mean and covariance
/// of Black-Litterman this is the constrained form of its weights.
///
/// # Errors
///
/// As [`min_volatility`]; [`WrongLength`](ErrorKind::WrongLength) and
/// [`NonFiniteEntry`](ErrorKind::NonFiniteEntry) for the mean,
/// [`InvalidParameter`](ErrorKind::InvalidParameter) unless the risk aversion is above zero,
/// [`Unbounded`](ErrorKind::Unbounded) when riskless positions without bounds have a mean.
pub fn max_utility(
    mean: &[f64],
    covariance: DMatrixView<'_, f64>,
    risk_aversion: f64,
    constraints: &Constraints,
) -> Result<Solution> {
    check_inputs(mean, covariance)?;
    if !(risk_aversion > 0.0 && risk_aversion.is_finite()) {
        let (name, expected) = ("risk_aversion", "above 0 and finite");
        return Err(ErrorKind::InvalidParameter { name, value: risk_aversion, expected }.into());
    }
    let feasible = constraints.resolve(covariance.nrows())?;
    let program = Program {
        hessian: Some(covariance * risk_aversion),
        linear: mean.iter().map(|m| -m).collect(),
        lower: feasible.lower.clone(),
        upper: feasible.upper.clone(),
        rows: rows_of(&feasible),
    };
    let solved = optimise(&program, &feasible, constraints.iteration_limit())?;
    Ok(solved.with_objective(|w| dot(mean, w) - 0.5 * risk_aversion * variance(covariance, w)))
}

/// The weights with the smallest volatility among those with at least the `target` mean.
///
/// Minimises `w' Sigma w` with `mean' w >= target`; `objective` is the variance.
///
/// # Errors
///
/// As [`max_utility`], and [`TargetReturnTooHigh`](ErrorKind::TargetReturnTooHigh) with the largest
/// mean that the constraints allow.
pub fn efficient_return(
    mean: &[f64],
    covariance: DMatrixView<'_, f64>,
    target: f64,
    constraints: &Constraints,
) -> Result<Solution> {
    check_inputs(mean, covariance)?;
    check_finite("target return", &[target])?;
    let feasible = constraints.resolve(covariance.nrows())?;
    let (best, largest) = largest_mean(mean, &feasible)?;
    let size = mean.iter().fold(0.0_f64, |most, m| most.max(m.abs()));
    if target > largest + 1e-10 * size {
        return Err(ErrorKind::TargetReturnTooHigh { target, largest }.into());
    }
    let mut rows = rows_of(&feasible);
    if size > 0.0 {
        // Coefficients near one, as those of the other rows.
        let coefficients = mean.iter().enumerate().map(|(at, m)| (at, m / size)).collect();
        let lower = target.min(largest) / size;
        rows.push(Row { coefficients, lower, upper: f64::INFINITY });
    }
    let program = Program {
        hessian: Some(covariance * 2.0),
        linear: vec![0.0; feasible.n()],
        lower: feasible.lower.clone(),
        upper: feasible.upper.clone(),
        rows,
    };
    let solved = match optimise(&program, &feasible, constraints.iteration_limit()) {
        Ok(solved) => solved,
        // At the very end of the frontier there is one portfolio and no interior around it.
        Err(error) if matches!(error.kind(), ErrorKind::Infeasible { .. }) => Solution {
            residuals: Residuals { feasibility: feasible.violation(&best), optimality: 0.0 },
            weights: best,
            status: Status::Solved,
            objective: f64::NAN,
            iterations: 0,
        },
        Err(error) => return Err(error),
    };
    Ok(solved.with_objective(|w| variance(covariance, w)))
}

/// Runs the interior point, then the active set, then puts rounding in its place.
pub(super) fn optimise(program: &Program, feasible: &Feasible, limit: u32) -> Result<Solution> {
    let interior = interior_point::solve(program, limit);
    match interior.ending {
        Ending::Infeasible => return Err(infeasible(feasible)),
        Ending::Unbounded => return Err(ErrorKind::Unbounded.into()),
        Ending::Solved | Ending::Early => {}
    }
    let left = (limit as usize).saturating_sub(interior.iterations).min(20 + 2 * program.n());
    let polished = active_set::polish(program, &interior.x, interior.binding, left);
    let mut solution = match polished {
        Some(optimum) => Solution {
            weights: optimum.x,
            status: Status::Solved,
            objective: f64::NAN,
            iterations: interior.iterations + optimum.iterations,
            residuals: Residuals { feasibility: 0.0, optimality: optimum.optimality },
        },
        None => Solution {
            weights: interior.x,
            status: if interior.ending == Ending::Solved {
                Status::Solved
            } else {
                Status::StoppedEarly
            },
            objective: f64::NAN,
            iterations: interior.iterations + left,
            // The tolerance that the interior point was given, if it says it met it.
            residuals: Residuals {
                feasibility: 0.0,
                optimality: if interior.ending == Ending::Solved { 1e-11 } else { f64::NAN },
            },
        },
    };
    feasible.settle(&mut solution.weights);
    solution.residuals.feasibility = feasible.violation(&solution.weights);
    Ok(solution)
}

impl Solution {
    pub(super) fn with_objective(mut self, objective: impl Fn(&[f64]) -> f64) -> Self {
        self.objective = objective(&self.weights);
        self
    }
}

/// `w' Sigma w`; rounding below zero is zero.
pub(super) fn variance(covariance: DMatrixView<'_, f64>, weights: &[f64]) -> f64 {
    dot(weights, &multiply(covariance, weights)).max(0.0)
}

/// Mean and covariance of the same assets.
pub(super) fn check_inputs(mean: &[f64], covariance: DMatrixView<'_, f64>) -> Result<()> {
    check_covariance(covariance)?;
    check_length("mean", covariance.nrows(), mean.len())?;
    check_finite("mean", mean)
}
