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
        let variances = error_variances(&factors, &full, rows, horizon);
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

/// Variances of the errors of the steps after `rows`, in units of sigma2; `full` is the
/// autoregression with the differences multiplied in.
fn error_variances(factors: &Factors<1>, full: &[f64], rows: usize, horizon: usize) -> Vec<f64> {
    let size = full.len().max(factors.weights(rows).len() + 1);
    // With constant factors every future innovation has the same responses.
    let sources = match factors.transient() <= rows {
        true => 1,
        false if horizon <= size => horizon,
        false => return growing_variances(factors, full, rows, horizon, size),
    };
    let mut variances = vec![0.0; horizon];
    // responses[k]: how the error k steps ahead moves with one future innovation.
    let mut responses = vec![0.0; horizon];
    for source in 0..sources {
        for ahead in source..horizon {
            let mut value = match ahead - source {
                0 => 1.0,
                lag => factors.weights(rows + ahead).get(lag - 1).map_or(0.0, |w| w[0]),
            };
            for (coefficient, response) in full.iter().zip(responses[source..ahead].iter().rev()) {
                value += coefficient * response;
            }
            responses[ahead] = value;
            variances[ahead] += value * value * factors.variance(rows + source)[0];
        }
    }
    if sources == 1 {
        let mut total = 0.0;
        for variance in &mut variances {
            total += *variance;
            *variance = total;
        }
    }
    variances
}

/// The same for many steps whose factors are not constant yet: the covariance of what the errors so
/// far add to each of the next `size` rows, from step to step.
fn growing_variances(
    factors: &Factors<1>,
    full: &[f64],
    rows: usize,
    horizon: usize,
    size: usize,
) -> Vec<f64> {
    let mut covariance = vec![0.0; size * size];
    let mut next = vec![0.0; size * size];
    let mut variances = Vec::with_capacity(horizon);
    for step in 0..horizon {
        // The innovation of this row, in this row and the next ones.
        let variance = factors.variance(rows + step)[0];
        let response = |lag: usize| match lag {
            0 => 1.0,
            _ => factors.weights(rows + step + lag).get(lag - 1).map_or(0.0, |w| w[0]),
        };
        let input: Vec<f64> = (0..size).map(response).collect();
        for (row, a) in covariance.chunks_exact_mut(size).zip(&input) {
            row.iter_mut().zip(&input).for_each(|(slot, b)| *slot += a * b * variance);
        }
        variances.push(covariance[0]);
        // This row's error goes into the next ones through the autoregression; one row on.
        let phi = |k: usize| full.get(k).copied().unwrap_or(0.0);
        let at = |i: usize, j: usize| match i < size && j < size {
            true => covariance[i * size + j],
            false => 0.0,
        };
        for i in 0..size {
            for j in 0..size {
                next[i * size + j] = at(i + 1, j + 1)
                    + phi(i) * at(0, j + 1)
                    + phi(j) * at(i + 1, 0)
                    + phi(i) * phi(j) * at(0, 0);
            }
        }
        std::mem::swap(&mut covariance, &mut next);
    }
    variances
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arima::polynomial::Polynomials;

    /// Every innovation on its own.
    fn one_by_one(factors: &Factors<1>, full: &[f64], rows: usize, horizon: usize) -> Vec<f64> {
        let mut variances = vec![0.0; horizon];
        for source in 0..horizon {
            let mut responses = vec![0.0; horizon];
            for ahead in source..horizon {
                let weights = factors.weights(rows + ahead);
                let mut value = match ahead - source {
                    0 => 1.0,
                    lag => weights.get(lag - 1).map_or(0.0, |weight| weight[0]),
                };
                for lag in 1..=full.len().min(ahead) {
                    value += full[lag - 1] * responses[ahead - lag];
                }
                responses[ahead] = value;
                variances[ahead] += value * value * factors.variance(rows + source)[0];
            }
        }
        variances
    }

    #[test]
    fn variances_are_those_of_all_innovations_one_by_one() {
        let lanes = |values: &[f64]| values.iter().map(|&value| [value]).collect::<Vec<_>>();
        for (ar, ma, full) in [
            (&[0.6][..], &[0.3][..], &[1.6, -0.6][..]),
            (&[0.6], &[-1.0], &[1.6, -0.6]),
            (&[], &[-0.4, 0.0, 0.0, 1.0, -0.4], &[0.0, 0.0, 0.0, 1.0]),
            (&[0.5, -0.3], &[0.2, 0.999, 0.2], &[0.5, -0.3]),
            (&[0.9], &[2.0], &[0.9]),
            (&[], &[], &[2.0, -1.0]),
        ] {
            for rows in [6, 200] {
                for horizon in [1, 3, 40] {
                    let polynomials = Polynomials { ar: lanes(ar), ma: lanes(ma) };
                    let factors = Factors::new(polynomials, rows + horizon);
                    let expected = one_by_one(&factors, full, rows, horizon);
                    let got = error_variances(&factors, full, rows, horizon);
                    for (a, b) in got.iter().zip(&expected) {
                        assert!((a / b - 1.0).abs() < 1e-12, "{ma:?} {rows} {horizon}: {a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn many_steps_cost_time_in_their_number() {
        let lanes = |values: &[f64]| values.iter().map(|&value| [value]).collect::<Vec<_>>();
        // The squares of so many steps would be ten thousand million products each.
        for theta in [0.3, -1.0] {
            let polynomials = Polynomials { ar: lanes(&[0.6]), ma: lanes(&[theta]) };
            let factors = Factors::new(polynomials, 100_050);
            let variances = error_variances(&factors, &[1.6, -0.6], 50, 100_000);
            assert_eq!(variances.len(), 100_000);
            assert!(variances.windows(2).all(|pair| pair[0] <= pair[1] * (1.0 + 1e-9)));
        }
    }
}
