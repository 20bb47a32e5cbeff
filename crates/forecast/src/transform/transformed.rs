//! A model of the transformed series.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::BoxCox;
use crate::arima::{FittedArima, Innovations};
use crate::data::{ForecastRequest, TrainingData};
use crate::error::{ErrorKind, Result};
use crate::forecast::Forecast;
use crate::model::{Fit, FitContext, FitStatus, Model, Predict};

/// A model of the transformed series that forecasts in the unit of the series, bias-adjusted.
///
/// # Examples
///
/// ```
/// use tangency_forecast::{Arima, Fit, FitContext, ForecastRequest, Predict, TrainingData};
/// use tangency_forecast::transform::{BoxCox, Transformed};
///
/// let series: Vec<f64> = (0..60).map(|t| (0.05 * f64::from(t) + 0.1 * f64::from(t * t % 5)).exp()).collect();
/// let model = Transformed::new(Arima::new(1, 1, 0), BoxCox::log());
/// let fitted = model.fit(&TrainingData::new(&series), &FitContext::default())?;
/// let forecast = fitted.predict(&ForecastRequest::new(3))?;
/// assert!(forecast.lower[2] > 0.0 && forecast.mean[2] < forecast.upper[2]);
/// # Ok::<(), tangency_forecast::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Transformed<M> {
    model: M,
    transform: BoxCox,
    bias_adjusted: bool,
}

impl<M> Transformed<M> {
    /// `model` of the transformed series; means are bias-adjusted.
    #[must_use]
    pub fn new(model: M, transform: BoxCox) -> Self {
        Self { model, transform, bias_adjusted: true }
    }

    /// Gives medians instead of means.
    #[must_use]
    pub fn with_medians(mut self) -> Self {
        self.bias_adjusted = false;
        self
    }
}

impl<M: Model> Model for Transformed<M> {
    fn name(&self) -> String {
        match self.transform.lambda() {
            0.0 => format!("log+{}", self.model.name()),
            lambda => format!("box-cox({lambda})+{}", self.model.name()),
        }
    }

    fn min_rows(&self) -> usize {
        self.model.min_rows()
    }
}

impl<M: Fit> Fit for Transformed<M> {
    type Fitted = FittedTransformed<M::Fitted>;

    /// Fits the model to the transformed target; regressors and features stay as they are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotPositive`] with the row of a value that has no transform,
    /// [`ErrorKind::NonFinite`] with that of an infinite one, and those of the model.
    fn fit(&self, data: &TrainingData<'_>, context: &FitContext) -> Result<Self::Fitted> {
        let target = transformed(self.transform, data);
        let target = target.map_err(|error| error.at(self.name(), data.name()))?;
        let model = self.model.fit(&data.with_target(&target), context)?;
        let (transform, bias_adjusted) = (self.transform, self.bias_adjusted);
        Ok(FittedTransformed { model, transform, bias_adjusted })
    }
}

/// A fitted [`Transformed`]: what the model says, in the unit of the series.
///
/// Around a [`FittedArima`] it takes new rows, simulates and forecasts from many origins as that
/// does. Serde reads and writes it where it does the model; the format number is the model's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedTransformed<F> {
    model: F,
    transform: BoxCox,
    bias_adjusted: bool,
}

impl<F> FittedTransformed<F> {
    /// The model on the scale of the transform.
    #[must_use]
    pub fn inner(&self) -> &F {
        &self.model
    }

    fn back(&self, forecast: &Forecast) -> Forecast {
        self.transform.back(forecast, self.bias_adjusted)
    }
}

impl<F: Predict> Predict for FittedTransformed<F> {
    fn predict(&self, request: &ForecastRequest<'_>) -> Result<Forecast> {
        Ok(self.back(&self.model.predict(request)?))
    }

    fn status(&self) -> FitStatus {
        self.model.status()
    }
}

/// The target's transform, row by row; an error for a value that has none.
fn transformed(transform: BoxCox, data: &TrainingData<'_>) -> Result<Vec<f64>> {
    let target: Vec<f64> = data.target().iter().map(|&value| transform.forward(value)).collect();
    let bad = (0..target.len()).find(|&row| target[row].is_nan() && !data.target()[row].is_nan());
    let Some(row) = bad else { return Ok(target) };
    let value = data.target()[row];
    Err(match value.is_infinite() {
        true => ErrorKind::NonFinite { what: "target".to_owned(), row, value },
        false => ErrorKind::NotPositive { row, value },
    }
    .into())
}

impl FittedTransformed<FittedArima> {
    /// [`FittedArima::append`] of rows in the unit of the series.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotPositive`], [`ErrorKind::NonFinite`], and those of the model.
    pub fn append(&self, new: &TrainingData<'_>) -> Result<Self> {
        let mut longer = self.clone();
        longer.extend(new)?;
        Ok(longer)
    }

    /// [`FittedArima::extend`] by rows in the unit of the series. After an error the model is as it
    /// was.
    ///
    /// # Errors
    ///
    /// Those of [`append`](Self::append).
    pub fn extend(&mut self, new: &TrainingData<'_>) -> Result<()> {
        let target = transformed(self.transform, new);
        let target = target.map_err(|error| error.at(self.model.model().name(), new.name()))?;
        self.model.extend(&new.with_target(&target))
    }

    /// [`FittedArima::simulate`] in the unit of the series.
    ///
    /// # Errors
    ///
    /// Those of the model.
    pub fn simulate(
        &self,
        request: &ForecastRequest<'_>,
        paths: usize,
        seed: u64,
        innovations: Innovations,
    ) -> Result<Vec<Vec<f64>>> {
        let mut paths = self.model.simulate(request, paths, seed, innovations)?;
        for value in paths.iter_mut().flatten() {
            *value = self.transform.inverse(*value);
        }
        Ok(paths)
    }

    /// [`FittedArima::predict_bootstrap`] in the unit of the series.
    ///
    /// # Errors
    ///
    /// Those of the model.
    pub fn predict_bootstrap(
        &self,
        request: &ForecastRequest<'_>,
        paths: usize,
        seed: u64,
    ) -> Result<Forecast> {
        Ok(self.back(&self.model.predict_bootstrap(request, paths, seed)?))
    }

    /// [`FittedArima::predict_conformal`] in the unit of the series: the errors are those of the
    /// transform, so that the interval's coverage stays.
    ///
    /// # Errors
    ///
    /// Those of the model.
    pub fn predict_conformal(
        &self,
        request: &ForecastRequest<'_>,
        calibration: usize,
    ) -> Result<Forecast> {
        Ok(self.back(&self.model.predict_conformal(request, calibration)?))
    }

    /// [`FittedArima::rolling_forecasts`] in the unit of the series.
    ///
    /// # Errors
    ///
    /// Those of the model.
    pub fn rolling_forecasts(
        &self,
        origins: Range<usize>,
        request: &ForecastRequest<'_>,
    ) -> Result<Vec<Forecast>> {
        let forecasts = self.model.rolling_forecasts(origins, request)?;
        Ok(forecasts.iter().map(|forecast| self.back(forecast)).collect())
    }
}
