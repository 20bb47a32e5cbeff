//! The mean of the worst outcomes, and weights that keep it small.

use nalgebra::{DMatrix, DMatrixView, DVector, LU};

use super::attainable::{infeasible, largest_mean, rows_of};
use super::constraints::{Constraints, Feasible};
use super::interior_point::{self, Ending, Interior};
use super::program::{Program, Row, Side};
use super::solution::{Residuals, Solution, Status};
use crate::risk::{Observations, axpy, check_length, sum};
use crate::{ErrorKind, Result};

/// Value at risk and conditional value at risk of a portfolio, as losses (positive is bad).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailRisk {
    /// The loss that a share `1 - beta` of the scenarios exceeds at most.
    pub value_at_risk: f64,
    /// The mean of the worst share `1 - beta` of the losses; the scenario at the edge counts in part.
    pub conditional_value_at_risk: f64,
}

/// The historical tail risk of weights over a `T x N` matrix of scenarios, each equally likely.
///
/// # Errors
///
/// [`InvalidParameter`](ErrorKind::InvalidParameter) unless `beta` is above 0 and below 1,
/// [`TooFewRows`](ErrorKind::TooFewRows) below 2 rows,
/// [`NonFiniteReturn`](ErrorKind::NonFiniteReturn), [`WrongLength`](ErrorKind::WrongLength).
pub fn tail_risk(scenarios: DMatrixView<'_, f64>, weights: &[f64], beta: f64) -> Result<TailRisk> {
    check_beta(beta)?;
    let scenarios = Observations::new(scenarios, "tail risk", 2)?;
    check_length("weights", scenarios.assets, weights.len())?;
    Ok(tail(&scenarios, weights, beta))
}

/// The weights with the smallest conditional value at risk at level `beta` (such as 0.95), over a
/// `T x N` matrix of scenarios such as historical returns, optionally with at least the
/// `target_return` as mean per period.
///
/// Minimises `min_a a + mean(max(loss - a, 0)) / (1 - beta)` with `loss = -r' w`; `objective` is
/// that conditional value at risk per period, computed afresh from the weights. The linear program
/// has `N + 1 + T` variables; its optimum need not be unique. From the interior point's guess the
/// exact corner is solved for where it is one. Follows Rockafellar & Uryasev (2000), "Optimization
/// of conditional value-at-risk".
///
/// # Errors
///
/// As [`tail_risk`] and [`min_volatility`](super::min_volatility);
/// [`TargetReturnTooHigh`](ErrorKind::TargetReturnTooHigh) with the largest mean that the constraints
/// allow.
pub fn min_cvar(
    scenarios: DMatrixView<'_, f64>,
    beta: f64,
    target_return: Option<f64>,
    constraints: &Constraints,
) -> Result<Solution> {
    check_beta(beta)?;
    let scenarios = Observations::new(scenarios, "minimum cvar", 2)?;
    let feasible = constraints.resolve(scenarios.assets)?;
    let size = scenarios.columns.iter().fold(0.0_f64, |most, r| most.max(r.abs()));
    let size = if size > 0.0 { size } else { 1.0 };
    let mut rows = rows_of(&feasible);
    if let Some(target) = target_return {
        crate::risk::check_finite("target return", &[target])?;
        let (_, largest) = largest_mean(&scenarios.means, &feasible)?;
        if target > largest + 1e-10 * size {
            return Err(ErrorKind::TargetReturnTooHigh { target, largest }.into());
        }
        let coefficients = scenarios.means.iter().enumerate().map(|(i, m)| (i, m / size)).collect();
        let lower = target.min(largest) / size;
        rows.push(Row { coefficients, lower, upper: f64::INFINITY });
    }
    let program = linear_program(&scenarios, beta, size, &feasible, rows);
    let interior = interior_point::solve(&program, constraints.iteration_limit());
    let status = match interior.ending {
        Ending::Infeasible => return Err(infeasible(&feasible)),
        Ending::Unbounded => return Err(ErrorKind::Unbounded.into()),
        Ending::Solved => Status::Solved,
        Ending::Early => Status::StoppedEarly,
    };

    let n = feasible.n();
    let cvar = |w: &[f64]| tail(&scenarios, w, beta).conditional_value_at_risk;
    let mut weights = interior.x[..n].to_vec();
    feasible.settle(&mut weights);
    let mut objective = cvar(&weights);
    if let Some(mut corner) = corner(&program, &interior, n) {
        feasible.settle(&mut corner);
        let at_corner = cvar(&corner);
        // The corner must be what the interior point was heading for.
        let near = corner.iter().zip(&weights).all(|(c, w)| (c - w).abs() < 1e-4);
        if near && at_corner <= objective + 1e-9 * objective.abs() {
            (weights, objective) = (corner, at_corner);
        }
    }
    let mut feasibility = feasible.violation(&weights);
    if let Some(target) = target_return {
        feasibility = feasibility.max(target - crate::risk::dot(&scenarios.means, &weights));
    }
    let optimality = if status.is_solved() { 1e-11 } else { f64::NAN };
    Ok(Solution {
        weights,
        status,
        objective,
        iterations: interior.iterations,
        residuals: Residuals { feasibility, optimality },
    })
}

/// Variables: N weights, the threshold a, T excess losses; returns in units of `size`.
fn linear_program(
    scenarios: &Observations,
    beta: f64,
    size: f64,
    feasible: &Feasible,
    mut rows: Vec<Row>,
) -> Program {
    let (n, t) = (scenarios.assets, scenarios.rows);
    for row in 0..t {
        let mut coefficients: Vec<(usize, f64)> = Vec::with_capacity(n + 2);
        for asset in 0..n {
            let r = scenarios.column(asset)[row];
            if r != 0.0 {
                coefficients.push((asset, r / size));
            }
        }
        coefficients.push((n, 1.0));
        coefficients.push((n + 1 + row, 1.0));
        rows.push(Row { coefficients, lower: 0.0, upper: f64::INFINITY });
    }
    let mut linear = vec![0.0; n];
    linear.push(1.0);
    linear.resize(n + 1 + t, 1.0 / ((1.0 - beta) * t as f64));
    let mut lower = feasible.lower.clone();
    lower.push(f64::NEG_INFINITY);
    lower.resize(n + 1 + t, 0.0);
    let mut upper = feasible.upper.clone();
    upper.resize(n + 1 + t, f64::INFINITY);
    Program { hessian: None, linear, lower, upper, rows }
}

/// The corner that the binding constraints meet in, if there are exactly as many as it takes.
fn corner(program: &Program, interior: &Interior, n: usize) -> Option<Vec<f64>> {
    let Interior { x, binding, .. } = interior;
    let free: Vec<usize> = (0..=n).filter(|&at| binding.bounds[at] == Side::Free).collect();
    // A scenario fixes something where it is at the threshold: no excess, and no room either.
    let rows: Vec<usize> = (0..program.rows.len())
        .filter(|&r| binding.rows[r] != Side::Free)
        .filter(|&r| match program.rows[r].coefficients.last() {
            Some(&(last, _)) if last > n => binding.bounds[last] != Side::Free,
            _ => true,
        })
        .collect();
    if rows.len() != free.len() {
        return None;
    }
    let mut fixed = x[..=n].to_vec();
    for (at, value) in fixed.iter_mut().enumerate() {
        match binding.bounds[at] {
            Side::Free => *value = 0.0,
            Side::Lower => *value = program.lower[at],
            Side::Upper => *value = program.upper[at],
        }
    }
    let mut system = DMatrix::zeros(rows.len(), free.len());
    let mut right = DVector::zeros(rows.len());
    for (k, &r) in rows.iter().enumerate() {
        let row = &program.rows[r];
        right[k] = if binding.rows[r] == Side::Lower { row.lower } else { row.upper };
        for &(at, c) in row.coefficients.iter().filter(|(at, _)| *at <= n) {
            match free.binary_search(&at) {
                Ok(place) => system[(k, place)] = c,
                Err(_) => right[k] -= c * fixed[at],
            }
        }
    }
    let solved = LU::new(system).solve(&right)?;
    for (&at, value) in free.iter().zip(solved.iter()) {
        fixed[at] = *value;
    }
    fixed.truncate(n);
    fixed.iter().all(|w| w.is_finite()).then_some(fixed)
}

/// Tail risk from the sorted losses.
fn tail(scenarios: &Observations, weights: &[f64], beta: f64) -> TailRisk {
    let mut losses = vec![0.0; scenarios.rows];
    for (asset, &w) in weights.iter().enumerate() {
        axpy(-w, scenarios.column(asset), &mut losses);
    }
    losses.sort_unstable_by(|a, b| b.total_cmp(a));
    let count = (1.0 - beta) * scenarios.rows as f64;
    // 0.05 * 500 is 25 and a little: the little is rounding.
    let whole = ((count + 1e-9).floor() as usize).min(losses.len());
    let part = (count - whole as f64).max(0.0);
    let edge = losses[whole.min(losses.len() - 1)];
    let conditional = (sum(&losses[..whole]) + part * edge) / (whole as f64 + part);
    TailRisk { value_at_risk: edge, conditional_value_at_risk: conditional }
}

fn check_beta(beta: f64) -> Result<()> {
    if beta > 0.0 && beta < 1.0 {
        return Ok(());
    }
    let expected = "above 0 and below 1";
    Err(ErrorKind::InvalidParameter { name: "beta", value: beta, expected }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_counts_the_edge_in_part() {
        // Losses 4, 3, 2, 1 at level 0.625: one and a half of four scenarios.
        let scenarios = DMatrix::from_column_slice(4, 1, &[-0.02, -0.04, -0.01, -0.03]);
        let got = tail_risk(scenarios.as_view(), &[1.0], 0.625).unwrap();
        assert_eq!(got.value_at_risk, 0.03);
        assert!((got.conditional_value_at_risk - 0.055 / 1.5).abs() < 1e-16);
        // Less than one scenario: the worst.
        let got = tail_risk(scenarios.as_view(), &[1.0], 0.9).unwrap();
        assert!((got.conditional_value_at_risk - 0.04).abs() < 1e-16);
    }
}
