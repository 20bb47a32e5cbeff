//! Autocorrelations and partial autocorrelations.

use super::{check, is_constant, mean};
use crate::error::{ErrorKind, Result};

/// Sample autocorrelations of lags `0..=lags`, each sum divided by that of lag 0.
///
/// Box, Jenkins and Reinsel (1994), "Time Series Analysis", 3rd edition, section 2.1.5. White
/// noise stays within about `1.96 / sqrt(n)` of zero.
///
/// # Errors
///
/// [`ErrorKind::TooFewRows`] for fewer than `lags + 1` rows, [`ErrorKind::NonFinite`],
/// [`ErrorKind::ConstantSeries`].
pub fn autocorrelations(series: &[f64], lags: usize) -> Result<Vec<f64>> {
    check(series, (lags + 1).max(2))?;
    if is_constant(series) {
        return Err(ErrorKind::ConstantSeries { rows: series.len() }.into());
    }
    let mean = mean(series);
    let centred: Vec<f64> = series.iter().map(|value| value - mean).collect();
    let product = |lag: usize| -> f64 {
        centred[lag..].iter().zip(&centred).map(|(later, value)| later * value).sum()
    };
    let total = product(0);
    Ok((0..=lags).map(|lag| product(lag) / total).collect())
}

/// Sample partial autocorrelations of lags `1..=lags`, by Durbin-Levinson from the sample
/// autocorrelations.
///
/// Durbin (1960), "The fitting of time-series models".
///
/// # Errors
///
/// Those of [`autocorrelations`].
pub fn partial_autocorrelations(series: &[f64], lags: usize) -> Result<Vec<f64>> {
    let correlations = autocorrelations(series, lags)?;
    let mut coefficients: Vec<f64> = Vec::with_capacity(lags);
    let mut partials = Vec::with_capacity(lags);
    for k in 0..lags {
        let known = coefficients.iter().zip(correlations[1..=k].iter().rev());
        let explained = coefficients.iter().zip(&correlations[1..=k]);
        let numerator = correlations[k + 1] - known.map(|(a, b)| a * b).sum::<f64>();
        let partial = numerator / (1.0 - explained.map(|(a, b)| a * b).sum::<f64>());
        let before = coefficients.clone();
        for (value, other) in coefficients.iter_mut().zip(before.iter().rev()) {
            *value -= partial * other;
        }
        coefficients.push(partial);
        partials.push(partial);
    }
    Ok(partials)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_series_by_hand() {
        // Deviations -2, -1, 0, 1, 2: products 10, 4, -1 at lags 0, 1, 2.
        let series = [1.0, 2.0, 3.0, 4.0, 5.0];
        let got = autocorrelations(&series, 2).unwrap();
        assert_eq!(got, [1.0, 0.4, -0.1]);
        let partial = partial_autocorrelations(&series, 2).unwrap();
        assert_eq!(partial[0], 0.4);
        // (r2 - r1^2) / (1 - r1^2)
        assert!((partial[1] - (-0.1 - 0.16) / (1.0 - 0.16)).abs() < 1e-15);
        assert!(autocorrelations(&[3.0; 9], 2).is_err());
        assert!(autocorrelations(&series, 5).is_err());
    }
}
