//! Forecasts of a fitted ARIMA model on the scale of the series.

use super::design::regressor_rows;
use super::fitted::FittedArima;
use super::innovations::Factors;
use super::order::Mean;
use super::polynomial::{difference_polynomial, integrated_autoregression};
use super::state_space::StateSpace;
use crate::data::{ForecastRequest, NamedMatrix};
use crate::error::{Error, ErrorKind, Result};
use crate::forecast::Forecast;
use crate::model::{FitStatus, Model, Predict};

impl Predict for FittedArima {
    fn predict(&self, request: &ForecastRequest<'_>) -> Result<Forecast> {
        let result = self.check(request).and_then(|()| self.forecast(request));
        result.map_err(|error| error.at(self.model.name(), None))
    }

    fn status(&self) -> FitStatus {
        self.status
    }
}

impl FittedArima {
    pub(super) fn check(&self, request: &ForecastRequest<'_>) -> Result<()> {
        self.check_rows(request, request.horizon())
    }

    /// Checks a request whose regressors should have so many rows.
    pub(super) fn check_rows(&self, request: &ForecastRequest<'_>, rows: usize) -> Result<()> {
        request.check()?;
        let names = request.regressors().map_or(&[][..], |matrix| matrix.names());
        if names != self.regressor_names {
            return Err(ErrorKind::ColumnsDiffer {
                what: "regressors",
                expected: self.regressor_names.clone(),
                got: names.to_vec(),
            }
            .into());
        }
        let Some(matrix) = request.regressors() else { return Ok(()) };
        if matrix.n_rows() != rows {
            let (expected, got) = (rows, matrix.n_rows());
            return Err(ErrorKind::RowsDiffer { what: "regressors", expected, got }.into());
        }
        for (name, column) in names.iter().zip(matrix.columns()) {
            if let Some(row) = column.iter().position(|value| !value.is_finite()) {
                let (what, value) = (name.clone(), column[row]);
                return Err(ErrorKind::NonFinite { what, row, value }.into());
            }
        }
        Ok(())
    }

    fn forecast(&self, request: &ForecastRequest<'_>) -> Result<Forecast> {
        let horizon = request.horizon();
        let (mut mean, variances) = if self.series.iter().any(|value| value.is_nan()) {
            self.steps_with_gaps(horizon)?
        } else {
            self.steps(horizon)
        };
        self.add_regression(&mut mean, request.regressors(), self.rows);
        let std_error = variances.iter().map(|value| (self.variance * value).sqrt()).collect();
        Ok(Forecast::gaussian(mean, std_error, request.level()))
    }

    /// Adds the regression part of the rows from `start` on; `regressors` are theirs.
    pub(super) fn add_regression(
        &self,
        mean: &mut [f64],
        regressors: Option<&NamedMatrix<'_>>,
        start: usize,
    ) {
        let n_regression = usize::from(self.model.mean != Mean::None) + self.regressor_names.len();
        for (column, parameter) in self.parameters[..n_regression].iter().enumerate() {
            let values = regressor_rows(self.model.mean, regressors, column, start, mean.len());
            for (mean, value) in mean.iter_mut().zip(values) {
                *mean += parameter.value * value;
            }
        }
    }

    /// Conditional means without the regression part, and error variances in units of sigma2.
    ///
    /// The factorisation of the sample simply goes on: what a future row takes of the sample's
    /// innovations gives its mean, what it takes of future ones gives its error. Brockwell and
    /// Davis (1991), "Time Series: Theory and Methods", 2nd edition, sections 5.3 and 9.5.
    fn steps(&self, horizon: usize) -> (Vec<f64>, Vec<f64>) {
        let rows = self.series.len();
        let factors = Factors::new(self.polynomials.clone(), rows + horizon);
        let ar = &factors.polynomials().ar;
        let mut series = self.series.clone();
        for row in rows..rows + horizon {
            let mut value = 0.0;
            for (lag, weight) in (1..=row).zip(factors.weights(row)) {
                if row - lag < rows {
                    value += weight[0] * self.innovations[row - lag];
                }
            }
            for (phi, past) in ar.iter().zip(series.iter().rev()) {
                value += phi[0] * past;
            }
            series.push(value);
        }
        let differences = difference_polynomial(&self.model.order);
        let mut level = self.level_tail.clone();
        for value in &series[rows..] {
            let past = differences[1..].iter().zip(level.iter().rev());
            let next = value - past.map(|(delta, past)| delta * past).sum::<f64>();
            level.push(next);
        }
        let plain: Vec<f64> = ar.iter().map(|phi| phi[0]).collect();
        let full = integrated_autoregression(&plain, &differences);
        let mut variances = vec![0.0; horizon];
        // responses[k]: how the error k steps ahead moves with one future innovation.
        let mut responses = vec![0.0; horizon];
        for source in 0..horizon {
            for ahead in source..horizon {
                let mut value = match ahead - source {
                    0 => 1.0,
                    lag => factors.weights(rows + ahead).get(lag - 1).map_or(0.0, |w| w[0]),
                };
                for (coefficient, response) in
                    full.iter().zip(responses[source..ahead].iter().rev())
                {
                    value += coefficient * response;
                }
                responses[ahead] = value;
                variances[ahead] += value * value * factors.variance(rows + source)[0];
            }
        }
        (level[self.level_tail.len()..].to_vec(), variances)
    }

    /// The same for a series with missing rows: the filter, in levels, runs on.
    fn steps_with_gaps(&self, horizon: usize) -> Result<(Vec<f64>, Vec<f64>)> {
        let space = StateSpace::new(&self.polynomials, &self.model.order).ok_or_else(|| {
            let coefficients = self.polynomials.ar.iter().map(|value| value[0]).collect();
            Error::from(ErrorKind::NotStationary { coefficients })
        })?;
        let present: Vec<bool> = self.series.iter().map(|value| !value.is_nan()).collect();
        let rows = present.len();
        let mut filtered = space.filter(&[&self.series], &present, rows + horizon);
        let mean = filtered.predictions.pop().unwrap_or_default();
        Ok((mean, filtered.variances[rows..].to_vec()))
    }
}
