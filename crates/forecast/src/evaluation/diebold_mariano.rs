//! Whether one model's forecasts are better than another's.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::record::Record;
use crate::error::{ErrorKind, Result};

/// What an error costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Its square.
    #[default]
    Squared,
    /// Its absolute value.
    Absolute,
}

impl Loss {
    fn of(self, error: f64) -> f64 {
        match self {
            Self::Squared => error * error,
            Self::Absolute => error.abs(),
        }
    }
}

/// The outcome of a test of equal accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DieboldMariano {
    /// Origins that both records share.
    pub n: usize,
    /// Mean loss of the first less that of the second; negative where the first is better.
    pub mean_difference: f64,
    /// The corrected statistic, Student t with n - 1 degrees of freedom under equal accuracy.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p_value: f64,
    /// Autocovariances that entered the variance of the mean.
    pub lags: usize,
}

/// Tests whether two records are equally accurate at `step` (counted from 1).
///
/// Diebold and Mariano (1995), "Comparing predictive accuracy", with the small-sample correction
/// and the t distribution of Harvey, Leybourne and Newbold (1997), "Testing the equality of
/// prediction mean squared errors".
///
/// The loss differences of forecasts whose targets lie within each other's horizon are
/// autocorrelated: with origins r rows apart and a forecast h rows ahead, `(h - 1) / r`
/// autocovariances enter with equal weights. Where that variance is not positive, which can
/// happen in small samples, none enters and [`DieboldMariano::lags`] is 0.
///
/// # Errors
///
/// [`ErrorKind::Empty`] with fewer than two common origins that have an actual value,
/// [`ErrorKind::NoDifference`] when all loss differences are equal.
pub fn diebold_mariano(
    first: &Record,
    second: &Record,
    step: usize,
    loss: Loss,
) -> Result<DieboldMariano> {
    let mut differences = Vec::new();
    let mut targets = Vec::new();
    let mut rows_ahead = 1;
    let at = step.saturating_sub(1);
    let mut others = second.origins.iter().peekable();
    for origin in &first.origins {
        while others.next_if(|other| other.train_end < origin.train_end).is_some() {}
        let Some(other) = others.peek().filter(|other| other.train_end == origin.train_end) else {
            continue;
        };
        let (a, b) = (origin.error(at), other.error(at));
        if step > 0 && !a.is_nan() && !b.is_nan() {
            differences.push(loss.of(a) - loss.of(b));
            targets.push(origin.first_target);
            rows_ahead = rows_ahead.max(origin.rows_ahead(at));
        }
    }
    let n = differences.len();
    if n < 2 {
        return Err(
            ErrorKind::Empty { what: "common origins with actual values (two at least)" }.into()
        );
    }
    let spacing = targets.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).min().unwrap_or(1);
    let lags = ((rows_ahead - 1) / spacing.max(1)).min(n - 1);
    test(&differences, lags)
}

fn test(differences: &[f64], lags: usize) -> Result<DieboldMariano> {
    let n = differences.len();
    let count = n as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let autocovariance = |lag: usize| {
        let pairs = differences[lag..].iter().zip(differences);
        pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / count
    };
    let own = autocovariance(0);
    // Rounding leaves this much of differences that are all the same.
    let largest = differences.iter().fold(0.0_f64, |a, d| a.max(d.abs()));
    if own <= (1e-14 * largest).powi(2) {
        return Err(ErrorKind::NoDifference.into());
    }
    let long_run = own + 2.0 * (1..=lags).map(autocovariance).sum::<f64>();
    let (variance, lags) = if long_run > 0.0 { (long_run, lags) } else { (own, 0) };
    let h = lags as f64 + 1.0;
    let correction = (count + 1.0 - 2.0 * h + h * (h - 1.0) / count) / count;
    let statistic = mean / (variance / count).sqrt() * correction.max(0.0).sqrt();
    let student = StudentsT::new(0.0, 1.0, count - 1.0).map_err(|_| ErrorKind::NoDifference)?;
    let p_value = (2.0 * student.cdf(-statistic.abs())).min(1.0);
    Ok(DieboldMariano { n, mean_difference: mean, statistic, p_value, lags })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_computation_by_hand() {
        // Mean 1, autocovariances 2 and -0.75 at lags 0 and 1 (divisor 4).
        let result = test(&[3.0, 1.0, -1.0, 1.0], 0).unwrap();
        // Variance of the mean 2 / 4, correction (4 + 1 - 2) / 4.
        let expected = (1.0 / 0.5_f64.sqrt()) * 0.75_f64.sqrt();
        assert!((result.statistic - expected).abs() < 1e-14);
        // Student t, 3 degrees of freedom, at 1.2247448713915890: closed form.
        assert!((result.p_value - 0.308_068_009_250_357_4).abs() < 1e-9, "{}", result.p_value);
        assert!(matches!(test(&[0.5; 5], 0).unwrap_err().kind(), ErrorKind::NoDifference));
    }

    #[test]
    fn a_variance_that_is_not_positive_falls_back_to_none() {
        let result = test(&[1.0, -1.0, 1.0, -1.0, 1.1], 1).unwrap();
        assert_eq!(result.lags, 0);
    }
}
