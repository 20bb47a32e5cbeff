//! The ends of what constraints allow: the largest mean, the smallest violation.

use super::constraints::Feasible;
use super::interior_point::{self, Ending};
use super::program::{Program, Row};
use super::{active_set, interior_point::Interior};
use crate::{ErrorKind, Result};

/// Weights with the largest mean that the constraints allow, and that mean (infinite if unlimited).
pub(super) fn largest_mean(mean: &[f64], feasible: &Feasible) -> Result<(Vec<f64>, f64)> {
    if feasible.groups.is_empty() && feasible.lower.iter().all(|l| l.is_finite()) {
        let weights = fill_best_first(mean, feasible);
        let largest = crate::risk::dot(mean, &weights);
        return Ok((weights, largest));
    }
    let program = Program {
        hessian: None,
        linear: mean.iter().map(|m| -m).collect(),
        lower: feasible.lower.clone(),
        upper: feasible.upper.clone(),
        rows: rows_of(feasible),
    };
    let interior = interior_point::solve(&program, 200);
    match interior.ending {
        Ending::Infeasible => Err(infeasible(feasible)),
        Ending::Unbounded => Ok((interior.x, f64::INFINITY)),
        Ending::Solved | Ending::Early => {
            let Interior { x, binding, .. } = interior;
            let limit = 10 + 2 * x.len();
            let mut weights = match active_set::polish(&program, &x, binding, limit) {
                Some(optimum) => optimum.x,
                None => x,
            };
            feasible.settle(&mut weights);
            let largest = crate::risk::dot(mean, &weights);
            Ok((weights, largest))
        }
    }
}

/// Bounds and a budget alone: fill assets to their upper bounds, best mean first.
fn fill_best_first(mean: &[f64], feasible: &Feasible) -> Vec<f64> {
    let mut order: Vec<usize> = (0..mean.len()).collect();
    order.sort_by(|&a, &b| mean[b].total_cmp(&mean[a]));
    let mut weights = feasible.lower.clone();
    let mut left = feasible.budget - crate::risk::sum(&weights);
    for asset in order {
        let add = (feasible.upper[asset] - weights[asset]).min(left).max(0.0);
        // An asset filled up equals its bound exactly.
        weights[asset] = if add == feasible.upper[asset] - weights[asset] {
            feasible.upper[asset]
        } else {
            weights[asset] + add
        };
        left -= add;
    }
    feasible.settle(&mut weights);
    weights
}

/// The budget and the groups.
pub(super) fn rows_of(feasible: &Feasible) -> Vec<Row> {
    let mut rows = vec![feasible.budget_row()];
    rows.extend(feasible.groups.iter().cloned());
    rows
}

/// The error for constraints that only together are impossible, with the least they can be missed by.
pub(super) fn infeasible(feasible: &Feasible) -> crate::Error {
    let n = feasible.n();
    // One more variable, by how much every row may be missed.
    let mut rows = Vec::new();
    for row in rows_of(feasible) {
        let mut low = row.coefficients.clone();
        low.push((n, 1.0));
        rows.push(Row { coefficients: low, lower: row.lower, upper: f64::INFINITY });
        let mut high = row.coefficients;
        high.push((n, -1.0));
        rows.push(Row { coefficients: high, lower: f64::NEG_INFINITY, upper: row.upper });
    }
    rows.retain(|row| row.lower.is_finite() || row.upper.is_finite());
    let mut linear = vec![0.0; n];
    linear.push(1.0);
    let mut lower = feasible.lower.clone();
    lower.push(0.0);
    let mut upper = feasible.upper.clone();
    upper.push(f64::INFINITY);
    let program = Program { hessian: None, linear, lower, upper, rows };
    let interior = interior_point::solve(&program, 200);
    ErrorKind::Infeasible { violation: interior.x[n].max(0.0) }.into()
}
