//! What a search found.

use tangency_pool::{BatchStats, Outcome};

use super::params::Params;
use crate::error::{Error, ErrorKind, Result};
use crate::metrics::{Metric, Metrics};

/// One combination and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial<E = Error> {
    /// Its place among the trials, from 0.
    pub index: usize,
    /// Its parameters.
    pub params: Params,
    /// The share of the budget it was measured with; 1 except in methods that halve.
    pub budget: f64,
    /// What was measured, or why nothing was.
    pub outcome: Outcome<Metrics, E>,
}

impl<E> Trial<E> {
    /// What was measured, if the trial ran to its end.
    #[must_use]
    pub fn metrics(&self) -> Option<&Metrics> {
        self.outcome.as_done()
    }

    /// One measured value; NaN where it does not exist for these data.
    #[must_use]
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        self.metrics()?.get(metric)
    }
}

/// All trials of a search, in grid order.
#[derive(Debug, Clone)]
#[must_use = "trials may have failed"]
#[non_exhaustive]
pub struct SearchReport<E = Error> {
    /// One a combination that the constraints let through.
    pub trials: Vec<Trial<E>>,
    /// Combinations that the constraints left out.
    pub rejected: u64,
    /// Counts, and times, which differ from run to run.
    pub stats: BatchStats,
}

impl<E> SearchReport<E> {
    pub(super) fn new(trials: Vec<Trial<E>>, rejected: u64, stats: BatchStats) -> Self {
        Self { trials, rejected, stats }
    }

    /// The best trial by a metric: ties go to the earlier one, NaN never wins. `None` where no trial
    /// has a number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMeasured`] when trials ran and none measured that metric.
    pub fn best(&self, metric: Metric) -> Result<Option<&Trial<E>>> {
        self.check_measured(metric)?;
        let mut best: Option<(&Trial<E>, f64)> = None;
        for (trial, value) in self.measured(metric) {
            if metric.is_better(value, best.map_or(f64::NAN, |(_, value)| value)) {
                best = Some((trial, value));
            }
        }
        Ok(best.map(|(trial, _)| trial))
    }

    /// The best `n` trials by a metric, best first; ties in grid order, trials without a number left
    /// out.
    ///
    /// # Errors
    ///
    /// As [`best`](Self::best).
    pub fn top(&self, metric: Metric, n: usize) -> Result<Vec<&Trial<E>>> {
        self.check_measured(metric)?;
        let mut ranked: Vec<(&Trial<E>, f64)> =
            self.measured(metric).filter(|(_, value)| !value.is_nan()).collect();
        // Stable, so that equal values keep their order.
        ranked.sort_by(|(_, a), (_, b)| metric.is_better(*b, *a).cmp(&metric.is_better(*a, *b)));
        Ok(ranked.into_iter().take(n).map(|(trial, _)| trial).collect())
    }

    /// Trials that failed or panicked.
    pub fn failed(&self) -> impl Iterator<Item = &Trial<E>> {
        self.trials.iter().filter(|t| t.outcome.is_failed() || t.outcome.is_panicked())
    }

    /// Whether the search was stopped before every trial had started.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.trials.iter().any(|trial| trial.outcome.is_cancelled())
    }

    fn measured(&self, metric: Metric) -> impl Iterator<Item = (&Trial<E>, f64)> {
        self.trials.iter().filter_map(move |trial| Some((trial, trial.metric(metric)?)))
    }

    fn check_measured(&self, metric: Metric) -> Result<()> {
        let ran = self.trials.iter().any(|trial| trial.outcome.is_done());
        if ran && self.measured(metric).next().is_none() {
            return Err(ErrorKind::NotMeasured { metric: metric.name() }.into());
        }
        Ok(())
    }
}
