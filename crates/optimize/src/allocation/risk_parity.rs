//! Weights from shares of risk.

use nalgebra::{DMatrix, DMatrixView, DVector};

use super::mean_variance::variance;
use super::solution::{Residuals, Solution, Status};
use crate::factorisation;
use crate::risk::{axpy, check_covariance, check_length, correlation, risk_contributions, sum};
use crate::{ErrorKind, Result};

/// Sweeps over all assets before Newton's method takes over; real covariances need some dozens.
const SWEEP_LIMIT: usize = 100;
/// Sweeps and Newton steps together before giving up.
const ITERATION_LIMIT: usize = 300;
/// Shares of risk may miss their budget by this, relatively: a few units in the last place.
const TOLERANCE: f64 = 1e-13;

/// The long-only weights of which every asset carries the same share of the variance.
///
/// See [`risk_budgeting`], of which this is the case of equal budgets. Follows Maillard, Roncalli &
/// Teiletche (2010), "The properties of equally weighted risk contribution portfolios".
///
/// # Errors
///
/// As [`risk_budgeting`].
///
/// # Examples
///
/// ```
/// use nalgebra::DMatrix;
/// use tangency_optimize::allocation::risk_parity;
///
/// let covariance = DMatrix::from_row_slice(2, 2, &[0.01, 0.0, 0.0, 0.04]);
/// let solution = risk_parity(covariance.as_view())?;
/// // Two assets: in inverse proportion to their volatilities, 10 % and 20 %.
/// assert!((solution.weights[0] - 2.0 / 3.0).abs() < 1e-14);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
pub fn risk_parity(covariance: DMatrixView<'_, f64>) -> Result<Solution> {
    let n = covariance.nrows();
    risk_budgeting(covariance, &vec![1.0 / n.max(1) as f64; n])
}

/// The long-only weights of which asset i carries the share `budgets[i]` of the variance:
/// `w_i (Sigma w)_i = b_i w' Sigma w`, sum 1.
///
/// Such weights are unique for a positive definite covariance. They minimise
/// `1/2 x' C x - sum b_i ln x_i` over the correlation matrix C, up to scale; coordinates are
/// minimised one after the other until every share is met to 1e-13 or to rounding; where near hedges
/// make that slow, damped Newton steps finish. `objective` is the variance.
/// Follows Spinu (2013), "An algorithm for computing risk parity weights", and Griveau-Billion,
/// Richard & Roncalli (2013), "A fast algorithm for computing high-dimensional risk parity
/// portfolios".
///
/// # Errors
///
/// What is wrong with the covariance, see [`check_covariance`];
/// [`ZeroVariance`](ErrorKind::ZeroVariance) for an asset that never moves and so has no share;
/// [`WrongLength`](ErrorKind::WrongLength), and [`InvalidRiskBudget`](ErrorKind::InvalidRiskBudget)
/// unless the budgets are positive and sum to 1.
pub fn risk_budgeting(covariance: DMatrixView<'_, f64>, budgets: &[f64]) -> Result<Solution> {
    check_covariance(covariance)?;
    check_length("risk budgets", covariance.nrows(), budgets.len())?;
    let total = sum(budgets);
    if !budgets.iter().all(|b| *b > 0.0) || (total - 1.0).abs() > 1e-9 {
        return Err(ErrorKind::InvalidRiskBudget { sum: total }.into());
    }
    descend(covariance, budgets, ITERATION_LIMIT)
}

fn descend(
    covariance: DMatrixView<'_, f64>,
    budgets: &[f64],
    iteration_limit: usize,
) -> Result<Solution> {
    let correlation = correlation(covariance)?;
    let mut x: Vec<f64> = budgets.iter().map(|b| b.sqrt()).collect();
    let mut status = Status::StoppedEarly;
    let mut iterations = 0;
    let mut marginal = crate::risk::multiply(correlation.as_view(), &x);
    while iterations < iteration_limit {
        iterations += 1;
        if iterations <= SWEEP_LIMIT {
            sweep(&correlation, budgets, &mut x, &mut marginal);
        } else if !newton_step(&correlation, budgets, &mut x, &marginal) {
            break;
        }
        // Afresh, so that rounding does not pile up.
        marginal = crate::risk::multiply(correlation.as_view(), &x);
        let size = sum(&x);
        let settled = x.iter().zip(&marginal).zip(budgets).all(|((x, m), b)| {
            // Where large terms cancel in (C x)_i, their rounding is as close as it gets; more than
            // the eighth digit is no longer rounding but a perfect hedge.
            let rounding = (16.0 * f64::EPSILON * x * size).min(1e-8 * b);
            (x * m - b).abs() <= TOLERANCE * b + rounding
        });
        if settled {
            status = Status::Solved;
            break;
        }
    }
    let mut weights: Vec<f64> =
        x.iter().enumerate().map(|(i, x)| x / covariance[(i, i)].sqrt()).collect();
    let total = sum(&weights);
    for w in &mut weights {
        *w /= total;
    }
    let shares = risk_contributions(&weights, covariance)?;
    let optimality = shares
        .iter()
        .zip(budgets)
        .fold(0.0_f64, |most, (share, budget)| most.max((share / budget - 1.0).abs()));
    Ok(Solution {
        objective: variance(covariance, &weights),
        residuals: Residuals { feasibility: (sum(&weights) - 1.0).abs(), optimality },
        weights,
        status,
        iterations,
    })
}

/// Minimises over one coordinate after the other; `marginal` is `C x` throughout.
fn sweep(correlation: &DMatrix<f64>, budgets: &[f64], x: &mut [f64], marginal: &mut [f64]) {
    for i in 0..x.len() {
        // The positive root of x^2 + c x - b = 0, without cancellation for c > 0.
        let c = marginal[i] - x[i];
        let root = (c * c + 4.0 * budgets[i]).sqrt();
        let next = if c > 0.0 { 2.0 * budgets[i] / (c + root) } else { (root - c) / 2.0 };
        axpy(next - x[i], correlation.column(i).as_slice(), marginal);
        x[i] = next;
    }
}

/// One Newton step for all coordinates, shortened as far as self-concordance asks for; false when
/// rounding leaves no step to take.
fn newton_step(
    correlation: &DMatrix<f64>,
    budgets: &[f64],
    x: &mut [f64],
    marginal: &[f64],
) -> bool {
    let n = x.len();
    // In relative steps d = delta / x: gradient x (C x) - b, Hessian X C X + diag(b).
    let mut hessian = DMatrix::from_fn(n, n, |i, j| x[i] * correlation[(i, j)] * x[j]);
    for i in 0..n {
        hessian[(i, i)] += budgets[i];
    }
    let gradient = DVector::from_fn(n, |i, _| x[i] * marginal[i] - budgets[i]);
    let Some(cholesky) = factorisation::cholesky(hessian) else { return false };
    let step = cholesky.solve(&gradient);
    let smallest = budgets.iter().copied().fold(f64::INFINITY, f64::min);
    let decrement = (gradient.dot(&step).max(0.0) / smallest).sqrt();
    let length = if decrement > 0.3 { 1.0 / (1.0 + decrement) } else { 1.0 };
    for (x, d) in x.iter_mut().zip(step.iter()) {
        *x *= 1.0 - length * d;
    }
    x.iter().all(|x| *x > 0.0 && x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_on_sweeps_stops_early() {
        let covariance =
            DMatrix::from_row_slice(3, 3, &[0.04, 0.03, 0.0, 0.03, 0.09, 0.02, 0.0, 0.02, 0.16]);
        let budgets = [0.2, 0.5, 0.3];
        let early = descend(covariance.as_view(), &budgets, 1).unwrap();
        assert_eq!((early.status, early.iterations), (Status::StoppedEarly, 1));
        assert!(early.residuals.optimality > 1e-6);
        let solved = descend(covariance.as_view(), &budgets, ITERATION_LIMIT).unwrap();
        assert_eq!(solved.status, Status::Solved);
        assert!(solved.residuals.optimality < 1e-12);
    }
}
