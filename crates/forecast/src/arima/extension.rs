//! New rows without a new fit.

use std::f64::consts::TAU;

use super::differencing::difference;
use super::fitted::{FittedArima, Pass};
use super::polynomial::difference_polynomial;
use crate::data::TrainingData;
use crate::error::{ErrorKind, Result};
use crate::model::Model;

impl FittedArima {
    /// This model over its rows and `new` ones, with the parameters as they are.
    ///
    /// Forecasts, innovations and criteria are those of [`Arima::at`](super::Arima::at) over all
    /// rows, to the last bit where no row is missing. Costs one pass over the series.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NonFinite`], [`ErrorKind::RowsDiffer`] and [`ErrorKind::ColumnsDiffer`] for
    /// regressors other than those of the fit, [`ErrorKind::NoFiniteLikelihood`] for rows so large
    /// that their squares overflow.
    pub fn append(&self, new: &TrainingData<'_>) -> Result<Self> {
        let mut longer = self.clone();
        longer.extend(new)?;
        Ok(longer)
    }

    /// [`append`](Self::append) in place. After an error the model is as it was.
    ///
    /// # Errors
    ///
    /// Those of [`append`](Self::append).
    pub fn extend(&mut self, new: &TrainingData<'_>) -> Result<()> {
        self.extend_by(new).map_err(|error| error.at(self.model.name(), new.name()))
    }

    fn extend_by(&mut self, new: &TrainingData<'_>) -> Result<()> {
        new.check(0)?;
        let names = new.regressors().map_or(&[][..], |matrix| matrix.names());
        if names != self.regressor_names {
            return Err(ErrorKind::ColumnsDiffer {
                what: "regressors",
                expected: self.regressor_names.clone(),
                got: names.to_vec(),
            }
            .into());
        }
        let order = self.model.order;
        let lost = order.lost_rows();
        let mut regression = vec![0.0; new.n_rows()];
        self.add_regression(&mut regression, new.regressors(), self.rows);
        let added: Vec<f64> = new.target().iter().zip(&regression).map(|(y, x)| y - x).collect();
        let mut tail = self.level_tail.clone();
        tail.extend_from_slice(&added);
        let series = if lost == 0 || self.is_in_levels() {
            [self.series.as_slice(), &added].concat()
        } else if added.iter().any(|value| value.is_nan()) {
            [self.levels(), added].concat()
        } else {
            [self.series.clone(), difference(&tail, &order)].concat()
        };
        let pass = Pass::new(&self.polynomials, &order, &series)?;
        let rows = pass.observed as f64;
        let log_likelihood = -0.5
            * (rows * (TAU * self.variance).ln()
                + pass.log_determinant
                + pass.squares / self.variance);
        if !log_likelihood.is_finite() {
            return Err(ErrorKind::NoFiniteLikelihood.into());
        }
        self.log_likelihood = log_likelihood;
        self.observed = pass.observed;
        self.innovations = pass.innovations;
        self.level_tail = tail.split_off(tail.len() - lost);
        self.rows += new.n_rows();
        self.series = series;
        Ok(())
    }

    /// Whether `series` holds levels although the model differences: rows are missing.
    fn is_in_levels(&self) -> bool {
        self.model.order.lost_rows() > 0 && self.series.len() == self.rows
    }

    /// The series less its regression part, before differencing; NaN where missing.
    pub(super) fn levels(&self) -> Vec<f64> {
        let lost = self.model.order.lost_rows();
        if lost == 0 || self.is_in_levels() {
            return self.series.clone();
        }
        // From the last levels backwards: the polynomial ends in 1 or -1.
        let differences = difference_polynomial(&self.model.order);
        let mut levels = vec![0.0; self.rows];
        levels[self.rows - lost..].copy_from_slice(&self.level_tail);
        for row in (lost..self.rows).rev() {
            let known: f64 = (0..lost).map(|lag| differences[lag] * levels[row - lag]).sum();
            levels[row - lost] = (self.series[row - lost] - known) * differences[lost];
        }
        levels
    }

    /// One-step predictions of the target of the fit, `data`: each row given all rows before it;
    /// NaN where there is no innovation (missing rows, the first `d + D s`).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RowsDiffer`] for data of another length.
    pub fn fitted_values(&self, data: &TrainingData<'_>) -> Result<Vec<f64>> {
        if data.n_rows() != self.rows {
            let (expected, got) = (self.rows, data.n_rows());
            return Err(ErrorKind::RowsDiffer { what: "the data of the fit", expected, got }.into());
        }
        let lost = self.model.order.lost_rows();
        let mut values = vec![f64::NAN; lost];
        let pairs = data.target()[lost..].iter().zip(&self.innovations);
        values.extend(pairs.map(|(value, error)| value - error));
        Ok(values)
    }
}
