//! Shrinkage towards targets with structure: one correlation for all, or one factor.

use nalgebra::{DMatrix, DMatrixView};

use super::covariance::standard_deviations;
use super::gram::{dot, sum};
use super::observations::Observations;
use super::shrinkage::{Shrunk, mix, optimal_intensity};
use crate::Result;

/// Ledoit-Wolf shrinkage towards constant correlation: variances stay, correlations move to their mean.
///
/// Every moment has divisor T. Follows Ledoit & Wolf (2004), "Honey, I shrunk the sample covariance
/// matrix". (PyPortfolioOpt puts a sample covariance of divisor T - 1 into the same formula, which
/// changes the intensity in the third digit.)
///
/// # Errors
///
/// As [`ledoit_wolf`](super::ledoit_wolf), and [`ZeroVariance`](crate::ErrorKind::ZeroVariance)
/// for an asset that never moves, which has no correlations.
pub fn ledoit_wolf_constant_correlation(returns: DMatrixView<'_, f64>) -> Result<Shrunk> {
    let centred =
        Observations::new(returns, "ledoit-wolf constant-correlation covariance", 2)?.centred();
    let n = centred.assets;
    let sample = centred.second_moments(centred.rows as f64);
    let deviations = standard_deviations(sample.as_view())?;
    if n == 1 {
        return Ok(Shrunk { covariance: sample, intensity: 0.0 });
    }

    let mut correlations = Vec::with_capacity(n * (n - 1) / 2);
    for j in 1..n {
        for i in 0..j {
            correlations.push(sample[(i, j)] / (deviations[i] * deviations[j]));
        }
    }
    let mean_correlation = sum(&correlations) / correlations.len() as f64;
    let target = DMatrix::from_fn(n, n, |i, j| {
        if i == j { sample[(i, i)] } else { mean_correlation * (deviations[i] * deviations[j]) }
    });

    // pi_ij: variance of x_i x_j; theta_ij: covariance of x_i^2 with x_i x_j.
    let squares = centred.mean_products(|_, x| x * x, |_, x| x * x);
    let cubes = centred.mean_products(|_, x| x * x * x, |_, x| x);
    let pi = squares.zip_map(&sample, |m, s| m - s * s);
    let mut rho = 0.0;
    for i in 0..n {
        rho += pi[(i, i)];
        for j in (0..n).filter(|&j| j != i) {
            let theta = cubes[(i, j)] - sample[(i, i)] * sample[(i, j)];
            // Both halves of the published sum over i != j, written once.
            rho += mean_correlation * deviations[j] / deviations[i] * theta;
        }
    }
    let intensity = optimal_intensity(sum(pi.as_slice()), rho, &sample, &target, centred.rows);
    Ok(mix(&sample, &target, intensity))
}

/// Ledoit-Wolf shrinkage towards a single-factor model whose factor is the equally weighted mean of
/// the assets.
///
/// Every moment has divisor T. Follows Ledoit & Wolf (2003), "Improved estimation of the covariance
/// matrix of stock returns with an application to portfolio selection".
///
/// # Errors
///
/// As [`ledoit_wolf`](super::ledoit_wolf), and [`ZeroVariance`](crate::ErrorKind::ZeroVariance)
/// (asset 0) when the factor never moves.
pub fn ledoit_wolf_single_factor(returns: DMatrixView<'_, f64>) -> Result<Shrunk> {
    let centred = Observations::new(returns, "ledoit-wolf single-factor covariance", 2)?.centred();
    let n = centred.assets;
    let t = centred.rows as f64;
    let sample = centred.second_moments(t);

    let mut factor = vec![0.0; centred.rows];
    for asset in 0..n {
        for (f, x) in factor.iter_mut().zip(centred.column(asset)) {
            *f += x / n as f64;
        }
    }
    let variance = dot(&factor, &factor) / t;
    if variance <= 0.0 {
        return Err(crate::ErrorKind::ZeroVariance { asset: 0 }.into());
    }
    let covariances: Vec<f64> = (0..n).map(|i| dot(centred.column(i), &factor) / t).collect();
    let target = DMatrix::from_fn(n, n, |i, j| {
        if i == j { sample[(i, i)] } else { covariances[i] * covariances[j] / variance }
    });

    let squares = centred.mean_products(|_, x| x * x, |_, x| x * x);
    // E[x_i^2 x_j f] and E[x_i f x_j f].
    let with_factor = centred.mean_products(|_, x| x * x, |row, x| x * factor[row]);
    let twice_factor = centred.mean_products(|row, x| x * factor[row], |row, x| x * factor[row]);
    let pi = squares.zip_map(&sample, |m, s| m - s * s);
    let mut rho = 0.0;
    for i in 0..n {
        rho += pi[(i, i)];
        for j in (0..n).filter(|&j| j != i) {
            // Asymptotic covariances of s_ij with s_if (and, by symmetry, s_jf) and with s_ff.
            let with_beta = with_factor[(i, j)] - covariances[i] * sample[(i, j)];
            let with_variance = twice_factor[(i, j)] - variance * sample[(i, j)];
            rho += 2.0 * covariances[j] / variance * with_beta
                - covariances[i] * covariances[j] / (variance * variance) * with_variance;
        }
    }
    let intensity = optimal_intensity(sum(pi.as_slice()), rho, &sample, &target, centred.rows);
    Ok(mix(&sample, &target, intensity))
}
