//! The Ljung-Box test of white noise.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{TestResult, autocorrelations};
use crate::error::{ErrorKind, Result};

/// Tests that the autocorrelations of lags 1 to `lags` are all zero.
///
/// `fitted`: how many ARMA coefficients were estimated to get these innovations; the statistic is
/// chi-squared with `lags - fitted` degrees of freedom. Ljung and Box (1978), "On a measure of lack
/// of fit in time series models".
///
/// # Errors
///
/// Those of [`autocorrelations`], and [`ErrorKind::InvalidOption`] unless `lags` exceeds `fitted`.
pub fn ljung_box(innovations: &[f64], lags: usize, fitted: usize) -> Result<TestResult> {
    if lags <= fitted {
        return Err(ErrorKind::InvalidOption {
            option: "the number of lags".to_owned(),
            value: lags.to_string(),
            expected: format!("more than the {fitted} coefficients fitted"),
        }
        .into());
    }
    let rows = innovations.len() as f64;
    let correlations = autocorrelations(innovations, lags)?;
    let terms = correlations.iter().enumerate().skip(1);
    let sum: f64 = terms.map(|(lag, r)| r * r / (rows - lag as f64)).sum();
    let statistic = rows * (rows + 2.0) * sum;
    let freedom = lags - fitted;
    let p_value = ChiSquared::new(freedom as f64).map_or(f64::NAN, |law| law.sf(statistic));
    Ok(TestResult { statistic, p_value, lags: freedom })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_series_by_hand() {
        // r1 = 0.4, r2 = -0.1: 5 * 7 * (0.16 / 4 + 0.01 / 3).
        let got = ljung_box(&[1.0, 2.0, 3.0, 4.0, 5.0], 2, 0).unwrap();
        let expected = 35.0 * (0.04 + 0.01 / 3.0);
        assert!((got.statistic - expected).abs() < 1e-13);
        // Two degrees of freedom: the survival function is exp(-x / 2).
        assert!((got.p_value - (-0.5 * expected).exp()).abs() < 1e-12);
        assert!(ljung_box(&[1.0, 2.0, 4.0], 1, 1).is_err());
    }
}
