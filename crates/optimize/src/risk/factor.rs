//! A covariance that factors explain.

use nalgebra::{DMatrix, DMatrixView};

use super::observations::{Observations, check_length};
use crate::Result;

/// Least-squares loadings on K factors and the covariance they imply.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorModel {
    /// `K x N`: the sensitivity of each asset (column) to each factor (row).
    pub loadings: DMatrix<f64>,
    /// `K x K`: sample covariance of the factors, divisor T - 1.
    pub factor_covariance: DMatrix<f64>,
    /// Residual variance of each asset, divisor T - 1 - K.
    pub residual_variances: Vec<f64>,
    /// `N x N`: `loadings' factor_covariance loadings + diag(residual_variances)`.
    pub covariance: DMatrix<f64>,
}

/// Regresses each asset on the factors, with an intercept, over the same T rows; all per period.
///
/// # Errors
///
/// [`TooFewRows`](crate::ErrorKind::TooFewRows) below K + 2 rows,
/// [`NonFiniteReturn`](crate::ErrorKind::NonFiniteReturn), [`WrongLength`](crate::ErrorKind::WrongLength) when the
/// factors have other rows, [`Singular`](crate::ErrorKind::Singular) when they explain each other.
pub fn factor_covariance(
    returns: DMatrixView<'_, f64>,
    factors: DMatrixView<'_, f64>,
) -> Result<FactorModel> {
    let k = factors.ncols();
    let assets = Observations::new(returns, "factor model", k + 2)?.centred();
    check_length("factors", assets.rows, factors.nrows())?;
    let factors = Observations::new(factors, "factor model", k + 2)?.centred();
    let degrees = (assets.rows - 1) as f64;
    let factor_covariance = factors.second_moments(degrees);
    let joint = super::gram::cross_products(&factors.columns, &assets.columns, assets.rows, false);
    let joint = DMatrix::from_vec(k, assets.assets, joint) / degrees;
    let cholesky = super::spectrum::cholesky("factor covariance", &factor_covariance)?;
    let loadings = cholesky.solve(&joint);

    let mut residual_variances = Vec::with_capacity(assets.assets);
    for asset in 0..assets.assets {
        let mut residual = assets.column(asset).to_vec();
        for factor in 0..k {
            super::gram::axpy(-loadings[(factor, asset)], factors.column(factor), &mut residual);
        }
        let squares = super::gram::dot(&residual, &residual);
        residual_variances.push(squares / (assets.rows - 1 - k) as f64);
    }
    let mut covariance = loadings.transpose() * (&factor_covariance * &loadings);
    for (i, variance) in residual_variances.iter().enumerate() {
        covariance[(i, i)] += variance;
    }
    covariance.fill_lower_triangle_with_upper_triangle();
    Ok(FactorModel { loadings, factor_covariance, residual_variances, covariance })
}
