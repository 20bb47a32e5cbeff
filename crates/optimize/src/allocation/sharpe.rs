//! The tangency portfolio.

use nalgebra::{DMatrix, DMatrixView};

use super::active_set;
use super::attainable::{infeasible, largest_mean};
use super::constraints::{Constraints, Feasible};
use super::interior_point::{self, Ending};
use super::mean_variance::{check_inputs, variance};
use super::program::{Program, Row};
use super::solution::{Residuals, Solution, Status};
use crate::risk::{check_finite, correlation, dot};
use crate::{ErrorKind, Result};

/// The weights with the largest Sharpe ratio.
///
/// Maximises `(mean - risk_free_rate)' w / sqrt(w' Sigma w)`; `objective` is that ratio. All inputs
/// must have the same period. The ratio does not change with the size of the portfolio, so the
/// problem is solved for `y = kappa w` as a quadratic program: min `y' Sigma y` with
/// `(mean - rf)' y = 1` and every constraint multiplied by `kappa`; see Cornuejols & Tutuncu (2007),
/// "Optimization methods in finance", chapter 8.
///
/// # Errors
///
/// As [`max_utility`](super::max_utility), and
/// [`NoAssetAboveRiskFree`](ErrorKind::NoAssetAboveRiskFree) when no allowed portfolio has a mean
/// above the risk-free rate: the ratio is then not the quantity to maximise.
///
/// # Examples
///
/// ```
/// use nalgebra::DMatrix;
/// use tangency_optimize::allocation::{Constraints, max_sharpe};
///
/// let covariance = DMatrix::from_row_slice(2, 2, &[0.04, 0.0, 0.0, 0.04]);
/// let solution = max_sharpe(&[0.05, 0.08], covariance.as_view(), 0.02, &Constraints::long_only())?;
/// // Independent assets of the same risk are held in proportion to their excess means, 3 : 6.
/// assert!((solution.weights[0] - 1.0 / 3.0).abs() < 1e-14);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
pub fn max_sharpe(
    mean: &[f64],
    covariance: DMatrixView<'_, f64>,
    risk_free_rate: f64,
    constraints: &Constraints,
) -> Result<Solution> {
    check_inputs(mean, covariance)?;
    check_finite("risk_free_rate", &[risk_free_rate])?;
    let feasible = constraints.resolve(covariance.nrows())?;
    let excess: Vec<f64> = mean.iter().map(|m| m - risk_free_rate).collect();
    let (_, best) = largest_mean(&excess, &feasible)?;
    let size = excess.iter().fold(0.0_f64, |most, m| most.max(m.abs()));
    if best <= 1e-14 * size {
        let best_mean = best + risk_free_rate * feasible.budget;
        return Err(ErrorKind::NoAssetAboveRiskFree { risk_free_rate, best_mean }.into());
    }
    let program = homogeneous(&excess, size, covariance, &feasible);
    let solution = optimise(&program, &feasible, constraints.iteration_limit())?;
    Ok(solution.with_objective(|w| dot(&excess, w) / variance(covariance, w).sqrt()))
}

/// The weights with the largest diversification ratio: the weighted mean of the assets'
/// volatilities over the volatility of the portfolio.
///
/// Maximises `sigma' w / sqrt(w' Sigma w)`; `objective` is that ratio. Follows Choueifaty & Coignard
/// (2008), "Toward maximum diversification".
///
/// # Errors
///
/// As [`min_volatility`](super::min_volatility), and [`ZeroVariance`](ErrorKind::ZeroVariance) for an
/// asset that never moves.
pub fn max_diversification(
    covariance: DMatrixView<'_, f64>,
    constraints: &Constraints,
) -> Result<Solution> {
    correlation(covariance)?;
    let volatilities: Vec<f64> =
        (0..covariance.nrows()).map(|asset| covariance[(asset, asset)].sqrt()).collect();
    max_sharpe(&volatilities, covariance, 0.0, constraints)
}

/// The program in `(y, kappa)`, with `excess / size` for coefficients near one.
fn homogeneous(
    excess: &[f64],
    size: f64,
    covariance: DMatrixView<'_, f64>,
    feasible: &Feasible,
) -> Program {
    let n = feasible.n();
    let mut hessian = DMatrix::zeros(n + 1, n + 1);
    hessian.view_mut((0, 0), (n, n)).copy_from(&(covariance * 2.0));
    let coefficients = excess.iter().enumerate().map(|(at, m)| (at, m / size)).collect();
    let mut rows = vec![Row { coefficients, lower: 1.0, upper: 1.0 }];

    let mut budget = feasible.budget_row().coefficients;
    budget.push((n, -feasible.budget));
    rows.push(Row { coefficients: budget, lower: 0.0, upper: 0.0 });

    let mut lower = vec![f64::NEG_INFINITY; n + 1];
    let mut upper = vec![f64::INFINITY; n + 1];
    lower[n] = 0.0;
    let long_only = feasible.lower.iter().all(|l| *l >= 0.0);
    let mut limit = |coefficients: &[(usize, f64)], low: f64, high: f64| {
        for (value, is_low) in [(low, true), (high, false)] {
            if value.is_finite() {
                let mut coefficients = coefficients.to_vec();
                coefficients.push((n, -value));
                let (lower, upper) =
                    if is_low { (0.0, f64::INFINITY) } else { (f64::NEG_INFINITY, 0.0) };
                rows.push(Row { coefficients, lower, upper });
            }
        }
    };
    for asset in 0..n {
        let (mut low, mut high) = (feasible.lower[asset], feasible.upper[asset]);
        if low == 0.0 {
            lower[asset] = 0.0;
            low = f64::NEG_INFINITY;
        }
        // With a budget and no short sales this bound is never the first to bind.
        if long_only && high >= feasible.budget {
            high = f64::INFINITY;
        }
        if high == 0.0 {
            upper[asset] = 0.0;
            high = f64::INFINITY;
        }
        limit(&[(asset, 1.0)], low, high);
    }
    for group in &feasible.groups {
        limit(&group.coefficients, group.lower, group.upper);
    }
    Program { hessian: Some(hessian), linear: vec![0.0; n + 1], lower, upper, rows }
}

fn optimise(program: &Program, feasible: &Feasible, limit: u32) -> Result<Solution> {
    let n = feasible.n();
    let interior = interior_point::solve(program, limit);
    match interior.ending {
        Ending::Infeasible => return Err(infeasible(feasible)),
        Ending::Unbounded => return Err(ErrorKind::Unbounded.into()),
        Ending::Solved | Ending::Early => {}
    }
    let left = (limit as usize).saturating_sub(interior.iterations).min(20 + 2 * program.n());
    let polished = active_set::polish(program, &interior.x, interior.binding, left);
    let (y, status, optimality, iterations) = match polished {
        Some(optimum) => (optimum.x, Status::Solved, optimum.optimality, optimum.iterations),
        None if interior.ending == Ending::Solved => (interior.x, Status::Solved, 1e-11, left),
        None => (interior.x, Status::StoppedEarly, f64::NAN, left),
    };
    let kappa = y[n];
    let mut weights: Vec<f64> = y[..n].iter().map(|y| y / kappa).collect();
    let mut status = status;
    if weights.iter().any(|w| !w.is_finite()) {
        // The ratio grows without end along ever larger positions: any feasible weights will do.
        status = Status::StoppedEarly;
        weights = vec![feasible.budget / n as f64; n];
    }
    for (asset, w) in weights.iter_mut().enumerate() {
        for bound in [feasible.lower[asset], feasible.upper[asset]] {
            if (*w - bound).abs() <= 1e-12 {
                *w = bound;
            }
        }
    }
    feasible.settle(&mut weights);
    let feasibility = feasible.violation(&weights);
    Ok(Solution {
        weights,
        status,
        objective: f64::NAN,
        iterations: interior.iterations + iterations,
        residuals: Residuals { feasibility, optimality },
    })
}
