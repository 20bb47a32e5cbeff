//! The last value plus the mean step.

use crate::data::{ForecastRequest, TrainingData};
use crate::error::Result;
use crate::forecast::Forecast;
use crate::model::{Fit, FitContext, Model, Predict};

/// The drift forecast: a line from the first value through the last, continued; the best forecast
/// of a random walk with drift.
///
/// The standard error `h` steps ahead is `s sqrt(h (1 + h / (n - 1)))`, where `s` is the standard
/// deviation of the differences (divisor: their number less one); the second term is the
/// uncertainty of the slope. Hyndman and Athanasopoulos (2021), "Forecasting: Principles and
/// Practice", 3rd edition, section 5.5.
///
/// Takes no missing values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drift;

/// A fitted [`Drift`].
#[derive(Debug, Clone, PartialEq)]
pub struct FittedDrift {
    last: f64,
    slope: f64,
    step_error: f64,
    rows: usize,
}

impl FittedDrift {
    /// Mean difference per row.
    #[must_use]
    pub fn slope(&self) -> f64 {
        self.slope
    }

    /// Standard deviation of the differences.
    #[must_use]
    pub fn step_error(&self) -> f64 {
        self.step_error
    }
}

impl Model for Drift {
    fn name(&self) -> String {
        "drift".to_owned()
    }

    fn min_rows(&self) -> usize {
        3
    }
}

impl Fit for Drift {
    type Fitted = FittedDrift;

    fn fit(&self, data: &TrainingData<'_>, _context: &FitContext) -> Result<FittedDrift> {
        let checked = data.check(self.min_rows()).and_then(|()| data.reject_missing("drift"));
        checked.map_err(|error| error.at(self.name(), data.name()))?;
        let target = data.target();
        let rows = target.len();
        let last = target[rows - 1];
        let slope = (last - target[0]) / (rows - 1) as f64;
        let sum: f64 = target.windows(2).map(|pair| (pair[1] - pair[0] - slope).powi(2)).sum();
        let step_error = (sum / (rows - 2) as f64).sqrt();
        Ok(FittedDrift { last, slope, step_error, rows })
    }
}

impl Predict for FittedDrift {
    fn predict(&self, request: &ForecastRequest<'_>) -> Result<Forecast> {
        request.check().map_err(|error| error.at("drift", None))?;
        let differences = (self.rows - 1) as f64;
        let steps = || (1..=request.horizon()).map(|step| step as f64);
        let mean = steps().map(|step| self.last + step * self.slope).collect();
        let std_error = steps()
            .map(|step| self.step_error * (step * (1.0 + step / differences)).sqrt())
            .collect();
        Ok(Forecast::gaussian(mean, std_error, request.level()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continues_the_line_and_counts_the_uncertainty_of_its_slope() {
        let data = [1.0, 3.0, 2.0, 4.0, 5.0];
        let fitted = Drift.fit(&TrainingData::new(&data), &FitContext::default()).unwrap();
        let forecast = fitted.predict(&ForecastRequest::new(2)).unwrap();
        assert_eq!(forecast.mean, vec![6.0, 7.0]);
        // Differences 2, -1, 2, 1 about the slope 1: squares 1, 4, 1, 0, divisor 3.
        let s = 2.0_f64.sqrt();
        assert!((forecast.std_error[0] - s * (1.25_f64).sqrt()).abs() < 1e-15);
        assert!((forecast.std_error[1] - s * 3.0_f64.sqrt()).abs() < 1e-15);
    }
}
