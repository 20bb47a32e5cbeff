//! Forecasts from many origins with one set of parameters, and what their errors say.

use std::ops::Range;

use super::fitted::FittedArima;
use super::state_space::StateSpace;
use crate::data::ForecastRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::forecast::Forecast;
use crate::model::{Model, Predict};

/// What is known of the next row's state: its mean and covariance (in units of sigma2).
#[derive(Debug, Clone)]
pub(super) struct Position {
    pub(super) origin: usize,
    pub(super) state: Vec<f64>,
    pub(super) covariance: Vec<f64>,
}

impl Position {
    /// Means and error variances (in units of sigma2) of the next rows.
    fn ahead(mut self, space: &StateSpace, horizon: usize) -> (Vec<f64>, Vec<f64>) {
        let (mut means, mut variances) = (Vec::new(), Vec::new());
        let mut next = vec![0.0; self.covariance.len()];
        for _ in 0..horizon {
            means.push(self.state[0]);
            variances.push(self.covariance[0]);
            space.advance_state(&mut self.state);
            space.advance_covariance(&self.covariance, &mut next);
            std::mem::swap(&mut self.covariance, &mut next);
        }
        (means, variances)
    }
}

impl FittedArima {
    pub(super) fn space(&self) -> Result<StateSpace> {
        StateSpace::new(&self.polynomials, &self.model.order).ok_or_else(|| {
            let coefficients = self.polynomials.ar.iter().map(|value| value[0]).collect();
            Error::from(ErrorKind::NotStationary { coefficients })
        })
    }

    /// Where the filter stands before each of the rows `origins`.
    pub(super) fn positions(&self, space: &StateSpace, origins: Range<usize>) -> Vec<Position> {
        let levels = self.levels();
        let present: Vec<bool> = levels.iter().map(|value| !value.is_nan()).collect();
        let mut positions = Vec::with_capacity(origins.len());
        space.filter_visiting(&[&levels], &present, origins.end, |row, state, covariance| {
            if origins.contains(&row) {
                let (state, covariance) = (state.to_vec(), covariance.to_vec());
                positions.push(Position { origin: row, state, covariance });
            }
        });
        positions
    }

    /// Forecasts from every origin in `origins` (an origin is a number of known rows, at most all)
    /// with the parameters as they are: what [`predict`](Predict::predict) of
    /// [`Arima::at`](super::Arima::at) over the first rows gives, in one pass.
    ///
    /// Regressors in `request` are those of the rows from `origins.start` to the last origin's
    /// horizon, `origins.len() - 1 + horizon` rows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] for origins beyond the rows, or before the differences are
    /// known; those of [`predict`](Predict::predict).
    pub fn rolling_forecasts(
        &self,
        origins: Range<usize>,
        request: &ForecastRequest<'_>,
    ) -> Result<Vec<Forecast>> {
        self.roll(origins, request).map_err(|error| error.at(self.model.name(), None))
    }

    fn roll(&self, origins: Range<usize>, request: &ForecastRequest<'_>) -> Result<Vec<Forecast>> {
        if origins.is_empty() {
            return Err(ErrorKind::Empty { what: "origins" }.into());
        }
        let horizon = request.horizon();
        let spanned = origins.len() - 1 + horizon;
        self.check_rows(request, spanned)?;
        let space = self.space()?;
        let outside = || ErrorKind::InvalidOption {
            option: "the range of origins".to_owned(),
            value: format!("{}..{}", origins.start, origins.end),
            expected: format!(
                "origins that know the levels of the differences, up to {} rows",
                self.rows
            ),
        };
        if origins.end > self.rows + 1 {
            return Err(outside().into());
        }
        let mut regression = vec![0.0; spanned];
        self.add_regression(&mut regression, request.regressors(), origins.start);
        let positions = self.positions(&space, origins.clone());
        if positions.len() != origins.len() {
            return Err(outside().into());
        }
        let forecast = |position: Position| {
            let first = position.origin - origins.start;
            let (mut mean, variances) = position.ahead(&space, horizon);
            for (mean, part) in mean.iter_mut().zip(&regression[first..]) {
                *mean += part;
            }
            let std_error = variances.iter().map(|value| (self.variance * value).sqrt()).collect();
            Forecast::gaussian(mean, std_error, request.level())
        };
        Ok(positions.into_iter().map(forecast).collect())
    }

    /// The forecast with conformal intervals: as wide as the absolute errors of `calibration`
    /// rolling forecasts of the same number of steps, the last ones in the series.
    ///
    /// Of m errors the one of rank `ceil((m + 1) level)` is taken, which covers at least `level` of
    /// exchangeable errors whatever their distribution. Vovk, Gammerman and Shafer (2005),
    /// "Algorithmic Learning in a Random World"; Lei, G'Sell, Rinaldo, Tibshirani and Wasserman
    /// (2018), "Distribution-free predictive inference for regression". The parameters have seen
    /// the errors' rows, so that the intervals are a little narrow in short series.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] where `calibration` is too small for the level,
    /// [`ErrorKind::TooFewRows`] where the series is too short for it, and those of
    /// [`predict`](Predict::predict).
    pub fn predict_conformal(
        &self,
        request: &ForecastRequest<'_>,
        calibration: usize,
    ) -> Result<Forecast> {
        let conformal = || self.conformal(request, calibration);
        conformal().map_err(|error| error.at(self.model.name(), None))
    }

    fn conformal(&self, request: &ForecastRequest<'_>, calibration: usize) -> Result<Forecast> {
        let mut forecast = self.predict(request)?;
        let (horizon, level) = (request.horizon(), request.level());
        let lost = self.model.order.lost_rows();
        let needed = calibration.saturating_add(lost + horizon);
        if self.rows < needed {
            return Err(ErrorKind::TooFewRows { needed, got: self.rows }.into());
        }
        let space = self.space()?;
        let levels = self.levels();
        let first = self.rows + 1 - calibration - horizon;
        let mut errors = vec![Vec::with_capacity(calibration); horizon];
        for position in self.positions(&space, first..self.rows) {
            let origin = position.origin;
            let (means, _) = position.ahead(&space, horizon.min(self.rows - origin));
            for (step, mean) in means.iter().enumerate() {
                let error = (levels[origin + step] - mean).abs();
                // For each step the last `calibration` rows of the series.
                if origin + step + calibration >= self.rows && !error.is_nan() {
                    errors[step].push(error);
                }
            }
        }
        for (step, errors) in errors.iter_mut().enumerate() {
            errors.sort_by(f64::total_cmp);
            let rank = ((errors.len() + 1) as f64 * level).ceil() as usize;
            let Some(width) = rank.checked_sub(1).and_then(|at| errors.get(at)) else {
                return Err(ErrorKind::InvalidOption {
                    option: "the number of calibration rows".to_owned(),
                    value: errors.len().to_string(),
                    expected: format!(
                        "at least {} for level {level}",
                        (level / (1.0 - level)).ceil()
                    ),
                }
                .into());
            };
            forecast.lower[step] = forecast.mean[step] - width;
            forecast.upper[step] = forecast.mean[step] + width;
        }
        Ok(forecast)
    }
}
