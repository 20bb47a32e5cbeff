//! The transformation of Box and Cox, and the way back of a forecast.

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Result};
use crate::forecast::Forecast;

/// The Box-Cox transformation `(y^lambda - 1) / lambda`; for lambda 0 the logarithm.
///
/// Box and Cox (1964), "An analysis of transformations". For positive series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoxCox {
    lambda: f64,
}

impl BoxCox {
    /// The transformation of this power.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] for a power that is not finite.
    pub fn new(lambda: f64) -> Result<Self> {
        if lambda.is_finite() {
            return Ok(Self { lambda });
        }
        Err(ErrorKind::InvalidOption {
            option: "the power lambda".to_owned(),
            value: lambda.to_string(),
            expected: "a finite number".to_owned(),
        }
        .into())
    }

    /// The natural logarithm.
    #[must_use]
    pub fn log() -> Self {
        Self { lambda: 0.0 }
    }

    /// The power from -1 to 2 under which the spread within a season depends least on its level.
    ///
    /// The series is cut into whole seasons of `season` rows (pairs of rows for a season of 0 or
    /// 1), the earliest rows left over; the power minimises the coefficient of variation of
    /// `deviation / mean^(1 - lambda)` between them. Seasons with a missing row do not count.
    /// Guerrero (1993), "Time-series analysis supported by power transformations".
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooFewRows`] below two seasons, [`ErrorKind::NotPositive`],
    /// [`ErrorKind::NonFinite`], and [`ErrorKind::ConstantSeries`] where fewer than two complete
    /// seasons are left or none has any spread.
    ///
    /// # Examples
    ///
    /// ```
    /// use tangency_forecast::transform::BoxCox;
    ///
    /// // Waves whose height grows with their level ask for the logarithm.
    /// let wave = [1.0, 1.5, 2.0, 1.5];
    /// let series: Vec<f64> = (0..40).map(|t| wave[t % 4] * 1.5_f64.powi(t as i32 / 4)).collect();
    /// assert!(BoxCox::guerrero(&series, 4)?.lambda().abs() < 1e-3);
    /// # Ok::<(), tangency_forecast::Error>(())
    /// ```
    pub fn guerrero(series: &[f64], season: usize) -> Result<Self> {
        let period = season.max(2);
        if series.len() < 2 * period {
            return Err(ErrorKind::TooFewRows { needed: 2 * period, got: series.len() }.into());
        }
        for (row, &value) in series.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            if value.is_infinite() {
                let what = "the series".to_owned();
                return Err(ErrorKind::NonFinite { what, row, value }.into());
            }
            if value <= 0.0 {
                return Err(ErrorKind::NotPositive { row, value }.into());
            }
        }
        // Mean and standard deviation of each complete season.
        let seasons: Vec<(f64, f64)> = series[series.len() % period..]
            .chunks_exact(period)
            .filter(|rows| rows.iter().all(|value| !value.is_nan()))
            .map(mean_and_deviation)
            .collect();
        let variation = |lambda: f64| {
            let ratio = |(mean, deviation): &(f64, f64)| deviation / mean.powf(1.0 - lambda);
            let ratios: Vec<f64> = seasons.iter().map(ratio).collect();
            let (mean, deviation) = mean_and_deviation(&ratios);
            deviation / mean
        };
        if seasons.len() < 2 || seasons.iter().all(|(_, deviation)| *deviation == 0.0) {
            return Err(ErrorKind::ConstantSeries { rows: series.len() }.into());
        }
        // The lowest of a grid, then golden section between its neighbours.
        let grid = |k: u32| -1.0 + 0.05 * f64::from(k);
        let lowest = (0..=60).min_by(|a, b| variation(grid(*a)).total_cmp(&variation(grid(*b))));
        let at = grid(lowest.unwrap_or(0));
        let (mut low, mut high) = ((at - 0.05).max(-1.0), (at + 0.05).min(2.0));
        let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
        while high - low > 1e-8 {
            let (left, right) = (high - golden * (high - low), low + golden * (high - low));
            if variation(left) < variation(right) {
                high = right;
            } else {
                low = left;
            }
        }
        Self::new(0.5 * (low + high))
    }

    /// The power.
    #[must_use]
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// One value; NaN for a missing, a negative or an infinite one, and for 0 unless the power is
    /// positive.
    #[must_use]
    pub fn forward(&self, value: f64) -> f64 {
        if value < 0.0 || value.is_infinite() || (value == 0.0 && self.lambda <= 0.0) {
            return f64::NAN;
        }
        match self.lambda {
            0.0 => value.ln(),
            lambda => (lambda * value.ln()).exp_m1() / lambda,
        }
    }

    /// The value whose transform this is; where there is none, the end of the range (0 for a
    /// positive power, infinity for a negative one).
    #[must_use]
    pub fn inverse(&self, value: f64) -> f64 {
        match self.lambda {
            0.0 => value.exp(),
            lambda => ((lambda * value).max(-1.0).ln_1p() / lambda).exp(),
        }
    }

    /// A forecast of the transformed series in the unit of the series.
    ///
    /// The interval's ends are those of the transformed one, so that its coverage stays. With
    /// `bias_adjusted` the mean is that of the series: exact for the logarithm (the lognormal
    /// mean), to second order else; without, the median. The standard error is exact for the
    /// logarithm (about the mean), to first order else. Taylor (1986), "The retransformed mean
    /// after a fitted power transformation".
    #[must_use]
    pub fn back(&self, forecast: &Forecast, bias_adjusted: bool) -> Forecast {
        let inverse = |values: &[f64]| values.iter().map(|&value| self.inverse(value)).collect();
        let lambda = self.lambda;
        let pairs = || forecast.mean.iter().zip(&forecast.std_error);
        let mean = |(&mean, &error): (&f64, &f64)| {
            let median = self.inverse(mean);
            match (bias_adjusted, lambda) {
                (false, _) => median,
                (true, 0.0) => (mean + 0.5 * error * error).exp(),
                (true, _) => {
                    let base = lambda * mean + 1.0;
                    median * (1.0 + 0.5 * error * error * (1.0 - lambda) / (base * base))
                }
            }
        };
        let std_error = |(&mean, &error): (&f64, &f64)| match lambda {
            0.0 => (mean + 0.5 * error * error).exp() * (error * error).exp_m1().sqrt(),
            // dy/dz = y^(1 - lambda).
            _ => error * ((1.0 - lambda) * self.inverse(mean).ln()).exp(),
        };
        Forecast {
            mean: pairs().map(mean).collect(),
            std_error: pairs().map(std_error).collect(),
            lower: inverse(&forecast.lower),
            upper: inverse(&forecast.upper),
            level: forecast.level,
        }
    }
}

/// The mean and the sample standard deviation (divisor n - 1).
fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let rows = values.len() as f64;
    let mean = values.iter().sum::<f64>() / rows;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (rows - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, Normal};

    #[test]
    fn there_and_back() {
        for lambda in [-0.5, 0.0, 0.3, 1.0, 2.0] {
            let transform = BoxCox::new(lambda).unwrap();
            for value in [0.01, 1.0, 250.0] {
                let back = transform.inverse(transform.forward(value));
                assert!((back / value - 1.0).abs() < 1e-12, "{lambda} {value}");
            }
            assert!(transform.forward(-1.0).is_nan());
        }
        assert_eq!(BoxCox::new(0.5).unwrap().inverse(-9.0), 0.0);
        assert!(BoxCox::new(f64::NAN).is_err());
    }

    #[test]
    fn adjusted_means_are_those_of_the_distribution() {
        // Second order is enough where the error is small beside the base of the power.
        for (lambda, error) in [(-0.5, 0.01), (0.0, 0.2), (0.5, 0.2), (1.0, 0.2)] {
            let forecast = Forecast::gaussian(vec![1.5], vec![error], 0.9);
            let transform = BoxCox::new(lambda).unwrap();
            let back = transform.back(&forecast, true);
            // The mean and deviation of the back-transformed normal by 2,000 of its quantiles.
            let values: Vec<f64> = (0..2000)
                .map(|k| (f64::from(k) + 0.5) / 2000.0)
                .map(|u| transform.inverse(1.5 + error * Normal::standard().inverse_cdf(u)))
                .collect();
            let mean = values.iter().sum::<f64>() / 2000.0;
            let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 2000.0;
            assert!((back.mean[0] / mean - 1.0).abs() < 1e-4, "{lambda}");
            assert!((back.std_error[0] / square.sqrt() - 1.0).abs() < 0.02, "{lambda}");
            let median = transform.back(&forecast, false).mean[0];
            assert!((median - transform.inverse(1.5)).abs() < 1e-15);
        }
    }
}
