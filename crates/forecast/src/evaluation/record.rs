//! What was forecast, and what came.

use serde::{Deserialize, Serialize};

use crate::model::FitStatus;

/// The forecasts of one model at successive origins, in time order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The model.
    pub name: String,
    /// Steps forecast at each origin.
    pub horizon: usize,
    /// One entry a fold.
    pub origins: Vec<Origin>,
}

/// The forecasts made at one point in time, from the rows before `train_end` alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Position of the fold.
    pub fold: usize,
    /// One past the last row that the model saw: what lies before is known at this origin.
    pub train_end: usize,
    /// Row of the first forecast; above `train_end` by the purged rows.
    pub first_target: usize,
    /// Forecast means; entry k is for row `first_target + k`.
    pub mean: Vec<f64>,
    /// Forecast standard errors.
    pub std_error: Vec<f64>,
    /// What came; NaN where it is missing.
    pub actual: Vec<f64>,
    /// The last training value that is not missing: the naive forecast of every step.
    pub naive: f64,
    /// Mean absolute one-step difference of the training rows, the scale of MASE.
    pub naive_scale: f64,
    /// How the fit ended.
    pub status: FitStatus,
}

impl Origin {
    /// `actual - mean` at step `step`, counted from 0; NaN where missing or past the horizon.
    #[must_use]
    pub fn error(&self, step: usize) -> f64 {
        match (self.actual.get(step), self.mean.get(step)) {
            (Some(actual), Some(mean)) => actual - mean,
            _ => f64::NAN,
        }
    }

    /// Rows between the last row seen and the target of `step` (counted from 0); at least 1.
    #[must_use]
    pub fn rows_ahead(&self, step: usize) -> usize {
        self.first_target + step + 1 - self.train_end
    }
}
