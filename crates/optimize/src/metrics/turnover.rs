//! How much of a portfolio is traded.

use crate::error::{ErrorKind, Result};

/// Weights after one period in which nothing was traded: `w_i (1 + r_i) / sum_j w_j (1 + r_j)`.
///
/// NaN where the portfolio is worth nothing afterwards.
///
/// # Errors
///
/// [`ErrorKind::WrongLength`] unless there is one return a weight.
pub fn drifted_weights(weights: &[f64], asset_returns: &[f64]) -> Result<Vec<f64>> {
    check_length("asset returns", weights.len(), asset_returns.len())?;
    let grown: Vec<f64> = weights.iter().zip(asset_returns).map(|(w, r)| w * (1.0 + r)).collect();
    let total: f64 = grown.iter().sum();
    Ok(grown.into_iter().map(|w| w / total).collect())
}

/// Two-way turnover of going from drifted weights to a new target: `sum_i |target_i - drifted_i|`,
/// purchases and sales both counted. Half of it is the one-way turnover.
///
/// # Errors
///
/// [`ErrorKind::WrongLength`] unless both have one weight an asset.
///
/// # Examples
///
/// ```
/// use tangency_optimize::metrics::{drifted_weights, two_way_turnover};
///
/// // The first asset doubles, so back to equal weights a third of the portfolio changes hands.
/// let drifted = drifted_weights(&[0.5, 0.5], &[1.0, 0.0])?;
/// let turnover = two_way_turnover(&drifted, &[0.5, 0.5])?;
/// assert!((turnover - 1.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
pub fn two_way_turnover(drifted: &[f64], target: &[f64]) -> Result<f64> {
    check_length("target weights", drifted.len(), target.len())?;
    Ok(drifted.iter().zip(target).map(|(from, to)| (to - from).abs()).sum())
}

fn check_length(what: &'static str, expected: usize, got: usize) -> Result<()> {
    if expected == got {
        Ok(())
    } else {
        Err(ErrorKind::WrongLength { what, expected, got }.into())
    }
}
