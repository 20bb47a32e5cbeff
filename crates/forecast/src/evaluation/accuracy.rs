//! Measures of forecast accuracy.

use serde::{Deserialize, Serialize};

use super::record::Record;
use crate::error::{ErrorKind, Result};

/// How far off the forecasts of a record were. Missing actual values are left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Forecasts that count.
    pub n: usize,
    /// Mean error, `actual - forecast`, in the unit of the series.
    pub bias: f64,
    /// Mean absolute error, in the unit of the series.
    pub mae: f64,
    /// Root mean square error, in the unit of the series.
    pub rmse: f64,
    /// Mean absolute scaled error: each error over the mean absolute one-step difference of its own
    /// training rows. Below 1 is better than a one-step naive forecast in sample. Infinite where
    /// the training rows were constant. Hyndman and Koehler (2006), "Another look at measures of
    /// forecast accuracy".
    pub mase: f64,
    /// Out-of-sample R2 against the naive forecast, `1 - sum e^2 / sum (actual - naive)^2`: above 0
    /// is better than carrying the last value forward. Campbell and Thompson (2008), "Predicting
    /// excess stock returns out of sample". Minus infinity or NaN where the naive forecast was
    /// exact.
    pub r2_naive: f64,
}

impl Accuracy {
    /// Over all steps.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Empty`] when no forecast has an actual value.
    pub fn of(record: &Record) -> Result<Self> {
        Self::over(record, 0..record.horizon)
    }

    /// At one step, counted from 1.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Empty`] when no forecast of that step has an actual value.
    pub fn at_step(record: &Record, step: usize) -> Result<Self> {
        Self::over(record, step.saturating_sub(1)..step.min(record.horizon))
    }

    fn over(record: &Record, steps: std::ops::Range<usize>) -> Result<Self> {
        let (mut n, mut sum, mut absolute, mut squares) = (0_usize, 0.0, 0.0, 0.0);
        let (mut scaled, mut naive_squares) = (0.0, 0.0);
        for origin in &record.origins {
            for step in steps.clone() {
                let error = origin.error(step);
                if error.is_nan() {
                    continue;
                }
                n += 1;
                sum += error;
                absolute += error.abs();
                squares += error * error;
                scaled += error.abs() / origin.naive_scale;
                naive_squares += (origin.actual[step] - origin.naive).powi(2);
            }
        }
        if n == 0 {
            return Err(ErrorKind::Empty { what: "forecasts with an actual value" }.into());
        }
        let count = n as f64;
        Ok(Self {
            n,
            bias: sum / count,
            mae: absolute / count,
            rmse: (squares / count).sqrt(),
            mase: scaled / count,
            r2_naive: 1.0 - squares / naive_squares,
        })
    }
}
