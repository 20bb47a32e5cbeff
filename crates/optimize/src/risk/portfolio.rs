//! Mean, variance and risk contributions of given weights.

use nalgebra::DMatrixView;

use super::gram::{axpy, dot};
use super::observations::check_length;
use crate::Result;

/// The mean of a portfolio, `mean' w`.
///
/// # Errors
///
/// [`WrongLength`](crate::ErrorKind::WrongLength) when the lengths differ.
pub fn mean_of(weights: &[f64], mean: &[f64]) -> Result<f64> {
    check_length("mean", weights.len(), mean.len())?;
    Ok(dot(mean, weights))
}

/// The variance of a portfolio, `w' Sigma w`, in the units of the `N x N` covariance.
///
/// # Errors
///
/// [`WrongLength`](crate::ErrorKind::WrongLength) when the shapes do not fit.
pub fn variance_of(weights: &[f64], covariance: DMatrixView<'_, f64>) -> Result<f64> {
    check_length("covariance", weights.len(), covariance.nrows())?;
    check_length("covariance", weights.len(), covariance.ncols())?;
    Ok(dot(weights, &multiply(covariance, weights)))
}

/// The volatility of a portfolio, the square root of [`variance_of`]; rounding below zero is zero.
///
/// # Errors
///
/// [`WrongLength`](crate::ErrorKind::WrongLength) when the shapes do not fit.
pub fn volatility_of(weights: &[f64], covariance: DMatrixView<'_, f64>) -> Result<f64> {
    Ok(variance_of(weights, covariance)?.max(0.0).sqrt())
}

/// Each asset's share of the variance, `w_i (Sigma w)_i / w' Sigma w`: they sum to one.
///
/// All NaN for a portfolio without variance, which has no shares to give.
///
/// # Errors
///
/// [`WrongLength`](crate::ErrorKind::WrongLength) when the shapes do not fit.
pub fn risk_contributions(weights: &[f64], covariance: DMatrixView<'_, f64>) -> Result<Vec<f64>> {
    let variance = variance_of(weights, covariance)?;
    let marginal = multiply(covariance, weights);
    Ok(weights.iter().zip(&marginal).map(|(w, m)| w * m / variance).collect())
}

/// `matrix * x`, adding columns in order.
pub(crate) fn multiply(matrix: DMatrixView<'_, f64>, x: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; matrix.nrows()];
    for (column, &factor) in matrix.column_iter().zip(x) {
        if factor != 0.0 {
            axpy(factor, column.as_slice(), &mut out);
        }
    }
    out
}
