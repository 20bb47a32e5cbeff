//! When forecasts are made, and what was known at each of those moments.

use crate::config::PipelineConfig;
use crate::error::{ErrorKind, Result};

/// The origins of a walk-forward run.
///
/// An **origin** is the number of rows known when a forecast is made: the forecast from origin `o`
/// sees rows `o - train .. o` and its target is the close of row `o + horizon - 1`. Origins lie one
/// horizon apart, so targets never overlap, and the last origin is the end of the data: the decision
/// that is to be made today. Rows that do not fill a step are left out at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    train: usize,
    horizon: usize,
    origins: Vec<usize>,
}

impl Schedule {
    /// Lays the origins over `n_rows` rows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooFewRows`] when fewer than `warm_up` forecasts would have come due before the
    /// last row.
    pub fn new(n_rows: usize, config: &PipelineConfig) -> Result<Self> {
        let (train, horizon) = (config.train, config.horizon);
        let needed = config.rows_needed();
        if n_rows < needed {
            return Err(ErrorKind::TooFewRows {
                needed,
                got: n_rows,
                train,
                forecasts: config.warm_up + 1,
                horizon,
            }
            .into());
        }
        let first = train + (n_rows - train) % horizon;
        let origins = (first..=n_rows).step_by(horizon).collect();
        Ok(Self { train, horizon, origins })
    }

    /// All origins, ascending; the last is the end of the data.
    #[must_use]
    pub fn origins(&self) -> &[usize] {
        &self.origins
    }

    /// Rows from a forecast to its target.
    #[must_use]
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// The rows a decision at `origin` may learn from.
    #[must_use]
    pub fn train_rows(&self, origin: usize) -> std::ops::Range<usize> {
        origin - self.train..origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> PipelineConfig {
        PipelineConfig { train: 30, horizon: 7, warm_up: 3, ..PipelineConfig::default() }
    }

    #[test]
    fn origins_end_at_the_last_row_and_lie_one_horizon_apart() {
        let schedule = Schedule::new(100, &config()).unwrap();
        assert_eq!(schedule.origins(), [30, 37, 44, 51, 58, 65, 72, 79, 86, 93, 100]);
        let shifted = Schedule::new(103, &config()).unwrap();
        assert_eq!(shifted.origins()[0], 33);
        assert_eq!(shifted.origins().last(), Some(&103));
    }

    #[test]
    fn a_short_frame_is_refused_with_the_rows_it_needs() {
        assert!(Schedule::new(58, &config()).is_ok());
        let error = Schedule::new(57, &config()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "needs at least 58 rows (training window 30 + 4 forecasts of 7 rows), got 57"
        );
    }
}
