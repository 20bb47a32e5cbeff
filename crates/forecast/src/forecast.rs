//! The answer of every model: a mean and its uncertainty per step.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::error::{ErrorKind, Result};

/// Forecasts of the next steps; entry `k` of each vector is `k + 1` steps ahead.
///
/// In the unit of the training target. The intervals are Gaussian, `mean -+ z std_error`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Conditional mean.
    pub mean: Vec<f64>,
    /// Standard error of the forecast (parameters taken as known, unless a model says otherwise).
    pub std_error: Vec<f64>,
    /// Lower end of the interval.
    pub lower: Vec<f64>,
    /// Upper end of the interval.
    pub upper: Vec<f64>,
    /// Coverage of the interval, for instance 0.95.
    pub level: f64,
}

impl Forecast {
    /// Adds the Gaussian interval of coverage `level` to means and standard errors.
    ///
    /// `level` must lie strictly between 0 and 1, as [`crate::ForecastRequest::check`] makes sure.
    #[must_use]
    pub fn gaussian(mean: Vec<f64>, std_error: Vec<f64>, level: f64) -> Self {
        let z = Normal::standard().inverse_cdf(0.5 + 0.5 * level);
        let ends = |sign: f64| {
            mean.iter().zip(&std_error).map(|(mean, error)| mean + sign * z * error).collect()
        };
        Self { lower: ends(-1.0), upper: ends(1.0), mean, std_error, level }
    }

    /// The same means and standard errors with Gaussian intervals of another coverage, strictly
    /// between 0 and 1: any number of levels from one forecast. Not for one that a
    /// [`BoxCox`](crate::transform::BoxCox) transformed back: transform back afterwards.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLevel`].
    pub fn at_level(&self, level: f64) -> Result<Self> {
        if !(level > 0.0 && level < 1.0) {
            return Err(ErrorKind::InvalidLevel { level }.into());
        }
        Ok(Self::gaussian(self.mean.clone(), self.std_error.clone(), level))
    }

    /// Number of steps.
    #[must_use]
    pub fn horizon(&self) -> usize {
        self.mean.len()
    }
}
