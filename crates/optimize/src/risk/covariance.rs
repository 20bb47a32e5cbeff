//! The sample covariance and the correlation.

use nalgebra::{DMatrix, DMatrixView};

use super::observations::Observations;
use super::spectrum::check_symmetric;
use crate::{ErrorKind, Result};

/// The sample covariance of a `T x N` matrix of returns, per period.
///
/// `ddof` is what the divisor `T - ddof` lacks of the number of rows: 1 for the unbiased estimate,
/// 0 for the maximum-likelihood one. The result is exactly symmetric. An asset that never moves
/// gives a row of zeros, not an error: whether that is acceptable depends on what follows.
///
/// # Errors
///
/// [`TooFewRows`](ErrorKind::TooFewRows) below `ddof + 1` rows or below 2,
/// [`NonFiniteReturn`](ErrorKind::NonFiniteReturn), [`Empty`](ErrorKind::Empty) without columns.
///
/// # Examples
///
/// ```
/// use nalgebra::DMatrix;
/// use tangency_optimize::risk::sample_covariance;
///
/// let returns = DMatrix::from_row_slice(3, 2, &[0.01, 0.02, 0.03, 0.00, 0.02, 0.01]);
/// let covariance = sample_covariance(returns.as_view(), 1)?;
/// assert!((covariance[(0, 1)] + 0.0001).abs() < 1e-15);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
pub fn sample_covariance(returns: DMatrixView<'_, f64>, ddof: usize) -> Result<DMatrix<f64>> {
    let needed = (ddof + 1).max(2);
    let centred = Observations::new(returns, "sample covariance", needed)?.centred();
    Ok(centred.second_moments((centred.rows - ddof) as f64))
}

/// The correlation matrix of a covariance matrix: unit diagonal, exactly symmetric.
///
/// # Errors
///
/// [`ZeroVariance`](ErrorKind::ZeroVariance) names the asset that never moves;
/// [`NonFiniteElement`](ErrorKind::NonFiniteElement), [`NotSymmetric`](ErrorKind::NotSymmetric) and
/// [`WrongLength`](ErrorKind::WrongLength) a matrix that is none.
pub fn correlation(covariance: DMatrixView<'_, f64>) -> Result<DMatrix<f64>> {
    check_symmetric("covariance", covariance)?;
    let deviations = standard_deviations(covariance)?;
    let n = covariance.nrows();
    Ok(DMatrix::from_fn(n, n, |i, j| {
        if i == j {
            1.0
        } else {
            let (low, high) = (i.min(j), i.max(j));
            let raw = covariance[(low, high)] / (deviations[low] * deviations[high]);
            raw.clamp(-1.0, 1.0)
        }
    }))
}

/// The square roots of the diagonal, each above zero.
pub(crate) fn standard_deviations(covariance: DMatrixView<'_, f64>) -> Result<Vec<f64>> {
    (0..covariance.nrows())
        .map(|asset| {
            let variance = covariance[(asset, asset)];
            if variance > 0.0 {
                Ok(variance.sqrt())
            } else {
                Err(ErrorKind::ZeroVariance { asset }.into())
            }
        })
        .collect()
}
