//! Exponentially weighted covariances.

use nalgebra::{DMatrix, DMatrixView};

use super::observations::Observations;
use crate::{ErrorKind, Result};

/// What an exponentially weighted covariance takes off its returns, and how it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EwmaForm {
    /// Zero mean; weights `lambda^(T-1-t)` divided by their sum.
    #[default]
    ZeroMean,
    /// Zero mean, recursively: `E_0 = r_0 r_0'`, `E_t = lambda E_(t-1) + (1 - lambda) r_t r_t'`. The
    /// RiskMetrics (1996) form; the first row keeps a large weight in short samples.
    Recursive,
    /// The equally weighted mean is taken off, weights as in `ZeroMean` (as PyPortfolioOpt's `exp_cov`).
    PlainMean,
    /// The weighted mean is taken off and the result divided by `1 - sum of squared weights`, which
    /// removes the bias of estimating the mean.
    Unbiased,
}

/// The exponentially weighted covariance, per period; `lambda` is the decay from one row to the
/// row before it, for daily data often 0.94 (a span of s rows is `lambda = (s - 1) / (s + 1)`).
///
/// # Errors
///
/// [`InvalidParameter`](ErrorKind::InvalidParameter) for a decay outside 0 to 1 (both excluded),
/// [`TooFewRows`](ErrorKind::TooFewRows) below 2 rows,
/// [`NonFiniteReturn`](ErrorKind::NonFiniteReturn), [`Empty`](ErrorKind::Empty).
pub fn ewma_covariance(
    returns: DMatrixView<'_, f64>,
    lambda: f64,
    form: EwmaForm,
) -> Result<DMatrix<f64>> {
    if !(lambda > 0.0 && lambda < 1.0) {
        let expected = "above 0 and below 1";
        return Err(ErrorKind::InvalidParameter { name: "lambda", value: lambda, expected }.into());
    }
    let mut observations = Observations::new(returns, "ewma covariance", 2)?;
    let mut weights = decaying_weights(observations.rows, lambda);
    if form == EwmaForm::Recursive {
        for weight in &mut weights[1..] {
            *weight *= 1.0 - lambda;
        }
    } else {
        normalise(&mut weights);
    }
    match form {
        EwmaForm::ZeroMean | EwmaForm::Recursive => {}
        EwmaForm::PlainMean => observations = observations.centred(),
        EwmaForm::Unbiased => {
            for asset in 0..observations.assets {
                observations.means[asset] = super::gram::dot(&weights, observations.column(asset));
            }
            observations = observations.centred();
        }
    }
    let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
    for column in observations.columns.chunks_exact_mut(observations.rows) {
        for (value, root) in column.iter_mut().zip(&roots) {
            *value *= root;
        }
    }
    let divisor = match form {
        EwmaForm::Unbiased => 1.0 - super::gram::dot(&weights, &weights),
        _ => 1.0,
    };
    Ok(observations.second_moments(divisor))
}

/// `lambda^(rows - 1 - t)`: one for the last row.
pub(super) fn decaying_weights(rows: usize, lambda: f64) -> Vec<f64> {
    let mut weights = vec![1.0; rows];
    for t in (0..rows.saturating_sub(1)).rev() {
        weights[t] = weights[t + 1] * lambda;
    }
    weights
}

/// Divides weights by their sum.
pub(super) fn normalise(weights: &mut [f64]) {
    let total = super::gram::sum(weights);
    for weight in weights {
        *weight /= total;
    }
}
