//! The Jarque-Bera test of normality.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{TestResult, check, is_constant, mean};
use crate::error::{ErrorKind, Result};

/// Tests that skewness is 0 and kurtosis 3: `n / 6 (S^2 + (K - 3)^2 / 4)`, chi-squared with two
/// degrees of freedom. Jarque and Bera (1980), "Efficient tests for normality, homoscedasticity and
/// serial independence of regression residuals".
///
/// # Errors
///
/// [`ErrorKind::TooFewRows`] for fewer than 4 rows, [`ErrorKind::NonFinite`],
/// [`ErrorKind::ConstantSeries`].
pub fn jarque_bera(innovations: &[f64]) -> Result<TestResult> {
    check(innovations, 4)?;
    if is_constant(innovations) {
        return Err(ErrorKind::ConstantSeries { rows: innovations.len() }.into());
    }
    let (rows, centre) = (innovations.len() as f64, mean(innovations));
    let moment = |power: i32| {
        innovations.iter().map(|value| (value - centre).powi(power)).sum::<f64>() / rows
    };
    let variance = moment(2);
    let skewness = moment(3) / variance.powf(1.5);
    let excess = moment(4) / (variance * variance) - 3.0;
    let statistic = rows / 6.0 * (skewness * skewness + 0.25 * excess * excess);
    let p_value = ChiSquared::new(2.0).map_or(f64::NAN, |law| law.sf(statistic));
    Ok(TestResult { statistic, p_value, lags: 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_values_in_equal_parts() {
        // Skewness 0, kurtosis 1: n / 6 * (2^2 / 4) = n / 6.
        let series: Vec<f64> = (0..60).map(|t| f64::from(t % 2)).collect();
        let got = jarque_bera(&series).unwrap();
        assert!((got.statistic - 10.0).abs() < 1e-12);
        assert!((got.p_value - (-5.0_f64).exp()).abs() < 1e-12);
        assert!(jarque_bera(&[1.0; 8]).is_err());
    }
}
