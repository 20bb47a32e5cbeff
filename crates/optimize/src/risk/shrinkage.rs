//! Shrinkage towards the mean variance.

use nalgebra::{DMatrix, DMatrixView};

use super::gram::{dot, sum};
use super::observations::Observations;
use crate::{ErrorKind, Result};

/// A shrunk covariance and how far it was shrunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Shrunk {
    /// `(1 - intensity) S + intensity F`, per period, exactly symmetric.
    pub covariance: DMatrix<f64>,
    /// 0 leaves the sample covariance S, 1 is the target F alone.
    pub intensity: f64,
}

/// Ledoit-Wolf shrinkage towards the mean variance, `F = trace(S) / N * I`.
///
/// S has divisor T. The intensity is the asymptotically optimal one under the Frobenius norm; it
/// agrees with scikit-learn's `LedoitWolf`. Follows Ledoit & Wolf (2004), "A well-conditioned
/// estimator for large-dimensional covariance matrices".
///
/// # Errors
///
/// [`TooFewRows`](ErrorKind::TooFewRows) below 2 rows,
/// [`NonFiniteReturn`](ErrorKind::NonFiniteReturn), [`Empty`](ErrorKind::Empty).
///
/// # Examples
///
/// ```
/// use nalgebra::DMatrix;
/// use tangency_optimize::risk::ledoit_wolf;
///
/// // Three days of four assets: the sample covariance has rank 2, the shrunk one is regular.
/// let returns = DMatrix::from_fn(3, 4, |t, i| ((t * 7 + i * 5) % 11) as f64 / 100.0);
/// let shrunk = ledoit_wolf(returns.as_view())?;
/// assert!(shrunk.intensity > 0.0 && shrunk.intensity <= 1.0);
/// assert!(shrunk.covariance.cholesky().is_some());
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
pub fn ledoit_wolf(returns: DMatrixView<'_, f64>) -> Result<Shrunk> {
    let centred = Observations::new(returns, "ledoit-wolf covariance", 2)?.centred();
    let (t, n) = (centred.rows as f64, centred.assets as f64);
    let sample = centred.second_moments(t);
    let mean_variance = sample.trace() / n;
    let squared_norm = dot(sample.as_slice(), sample.as_slice());

    // The sum of all squared products x_i x_j of a row is the square of the row's squared norm.
    let mut row_norms = vec![0.0; centred.rows];
    for asset in 0..centred.assets {
        for (norm, x) in row_norms.iter_mut().zip(centred.column(asset)) {
            *norm += x * x;
        }
    }
    let noise = (dot(&row_norms, &row_norms) / t - squared_norm) / (n * t);
    let distance =
        (squared_norm - 2.0 * mean_variance * sample.trace()) / n + mean_variance * mean_variance;
    let noise = noise.min(distance);
    let intensity = if noise > 0.0 { noise / distance } else { 0.0 };
    Ok(towards_identity(sample, mean_variance, intensity))
}

/// Oracle approximating shrinkage towards the mean variance, for returns near the normal law.
///
/// S has divisor T; agrees with scikit-learn's `OAS`. Follows Chen, Wiesel, Eldar & Hero (2010),
/// "Shrinkage algorithms for MMSE covariance estimation".
///
/// # Errors
///
/// As [`ledoit_wolf`].
pub fn oas(returns: DMatrixView<'_, f64>) -> Result<Shrunk> {
    let centred = Observations::new(returns, "oas covariance", 2)?.centred();
    let (t, n) = (centred.rows as f64, centred.assets as f64);
    let sample = centred.second_moments(t);
    let mean_variance = sample.trace() / n;
    let mean_square = dot(sample.as_slice(), sample.as_slice()) / (n * n);
    let numerator = mean_square + mean_variance * mean_variance;
    let denominator = (t + 1.0) * (mean_square - mean_variance * mean_variance / n);
    let intensity = if denominator <= 0.0 { 1.0 } else { (numerator / denominator).min(1.0) };
    Ok(towards_identity(sample, mean_variance, intensity))
}

/// Shrinks the sample covariance (divisor T) by a fixed `intensity` towards the mean variance.
///
/// # Errors
///
/// As [`ledoit_wolf`], and [`InvalidParameter`](ErrorKind::InvalidParameter) for an intensity
/// outside 0 to 1.
pub fn shrink_to_identity(returns: DMatrixView<'_, f64>, intensity: f64) -> Result<Shrunk> {
    if !(0.0..=1.0).contains(&intensity) {
        let expected = "0 to 1";
        return Err(
            ErrorKind::InvalidParameter { name: "intensity", value: intensity, expected }.into()
        );
    }
    let centred = Observations::new(returns, "shrunk covariance", 2)?.centred();
    let sample = centred.second_moments(centred.rows as f64);
    let mean_variance = sample.trace() / centred.assets as f64;
    Ok(towards_identity(sample, mean_variance, intensity))
}

fn towards_identity(mut sample: DMatrix<f64>, mean_variance: f64, intensity: f64) -> Shrunk {
    sample *= 1.0 - intensity;
    for i in 0..sample.nrows() {
        sample[(i, i)] += intensity * mean_variance;
    }
    Shrunk { covariance: sample, intensity }
}

/// Mixes a sample covariance with its target and reports the clamped intensity.
pub(super) fn mix(sample: &DMatrix<f64>, target: &DMatrix<f64>, intensity: f64) -> Shrunk {
    let intensity = intensity.clamp(0.0, 1.0);
    let covariance = sample.zip_map(target, |s, f| (1.0 - intensity) * s + intensity * f);
    Shrunk { covariance, intensity }
}

/// The intensity `kappa / T` of a target, where a target equal to the sample needs no shrinkage.
pub(super) fn optimal_intensity(
    pi: f64,
    rho: f64,
    sample: &DMatrix<f64>,
    target: &DMatrix<f64>,
    rows: usize,
) -> f64 {
    let squares: Vec<f64> =
        sample.iter().zip(target.iter()).map(|(s, f)| (s - f) * (s - f)).collect();
    let gamma = sum(&squares);
    if gamma == 0.0 { 0.0 } else { (pi - rho) / gamma / rows as f64 }
}
