//! The last value carried forward.

use crate::data::{ForecastRequest, TrainingData};
use crate::error::Result;
use crate::forecast::Forecast;
use crate::model::{Fit, FitContext, Model, Predict};

/// The naive forecast: every step equals the last value; the best forecast of a random walk.
///
/// The standard error `h` steps ahead is `s sqrt(h)`, where `s` is the root mean square of the
/// one-step differences. Hyndman and Athanasopoulos (2021), "Forecasting: Principles and
/// Practice", 3rd edition, sections 5.2 and 5.5.
///
/// Takes no missing values; a constant series gives a standard error of 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Naive;

/// A fitted [`Naive`].
#[derive(Debug, Clone, PartialEq)]
pub struct FittedNaive {
    last: f64,
    step_error: f64,
}

impl FittedNaive {
    /// The value carried forward.
    #[must_use]
    pub fn last(&self) -> f64 {
        self.last
    }

    /// Standard error one step ahead.
    #[must_use]
    pub fn step_error(&self) -> f64 {
        self.step_error
    }
}

impl Model for Naive {
    fn name(&self) -> String {
        "naive".to_owned()
    }

    fn min_rows(&self) -> usize {
        2
    }
}

impl Fit for Naive {
    type Fitted = FittedNaive;

    fn fit(&self, data: &TrainingData<'_>, _context: &FitContext) -> Result<FittedNaive> {
        let checked = data.check(self.min_rows()).and_then(|()| data.reject_missing("naive"));
        checked.map_err(|error| error.at(self.name(), data.name()))?;
        let target = data.target();
        let sum: f64 = target.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
        let step_error = (sum / (target.len() - 1) as f64).sqrt();
        Ok(FittedNaive { last: target[target.len() - 1], step_error })
    }
}

impl Predict for FittedNaive {
    fn predict(&self, request: &ForecastRequest<'_>) -> Result<Forecast> {
        request.check().map_err(|error| error.at("naive", None))?;
        let steps = 1..=request.horizon();
        let mean = vec![self.last; request.horizon()];
        let std_error = steps.map(|step| self.step_error * (step as f64).sqrt()).collect();
        Ok(Forecast::gaussian(mean, std_error, request.level()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_grows_with_the_square_root_of_the_horizon() {
        let data = [1.0, 3.0, 2.0, 4.0, 5.0];
        let fitted = Naive.fit(&TrainingData::new(&data), &FitContext::default()).unwrap();
        let forecast = fitted.predict(&ForecastRequest::new(4)).unwrap();
        assert_eq!(forecast.mean, vec![5.0; 4]);
        // Differences 2, -1, 2, 1: mean square 10 / 4.
        assert_eq!(forecast.std_error[0], 2.5_f64.sqrt());
        assert_eq!(forecast.std_error[3], 2.0 * 2.5_f64.sqrt());
        // 97.5 % quantile of the standard normal.
        let z = 1.959_963_984_540_054;
        assert!((forecast.upper[0] - (5.0 + z * 2.5_f64.sqrt())).abs() < 1e-12);
    }
}
