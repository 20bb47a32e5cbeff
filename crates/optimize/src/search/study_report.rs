//! What a study came to.

use std::collections::HashMap;
use std::time::Duration;

use tangency_pool::Outcome;

use super::pareto::ParetoFront;
use super::sink::StudyTrial;
use crate::metrics::Metric;

/// What a study came to; the trials themselves have gone to the sink.
#[derive(Debug, Clone)]
#[must_use = "the study may have been cancelled"]
#[non_exhaustive]
pub struct StudyReport {
    /// Trials of the study.
    pub trials: u64,
    /// Trials measured now.
    pub evaluated: u64,
    /// Trials taken from the journal.
    pub replayed: u64,
    /// Trials that failed or panicked.
    pub failed: u64,
    /// Combinations of a grid that constraints left out.
    pub rejected: u64,
    /// The best trial by the first metric: ties go to the earlier one, NaN never wins.
    pub best: Option<StudyTrial>,
    /// The trials that no other is better than in one metric and at least as good in all, in trial
    /// order; empty for a single metric.
    pub pareto_front: Vec<StudyTrial>,
    /// The commonest reason for which trials failed, and how often.
    pub commonest_failure: Option<(String, u64)>,
    /// Whether it was cancelled before its end.
    pub cancelled: bool,
    /// Bytes of the journal that were no whole record: a torn end, which was cut off, or damage, which was
    /// stepped over. The trials that they held were measured again.
    pub dropped_bytes: u64,
    /// Time it took; differs from run to run.
    pub elapsed: Duration,
}

/// Reasons that are told apart; where messages hold values there may be as many as trials.
const REASONS: usize = 1024;

/// Trials that ended well without the first metric among what they measured, from the first on, after which none
/// is expected to measure it. By number, so that the size of windows does not show.
const ENOUGH_WITHOUT: u64 = 100;

/// What is known of the trials that have been delivered.
#[derive(Debug)]
pub(super) struct Standing {
    metrics: Vec<Metric>,
    pub(super) delivered: u64,
    pub(super) failed: u64,
    /// Whether some trial measured the first metric.
    pub(super) measured: bool,
    pub(super) best: Option<(StudyTrial, f64)>,
    front: ParetoFront,
    reasons: HashMap<String, u64>,
}

impl Standing {
    pub(super) fn new(metrics: &[Metric]) -> Self {
        Self {
            metrics: metrics.to_vec(),
            delivered: 0,
            failed: 0,
            measured: false,
            best: None,
            front: ParetoFront::new(metrics),
            reasons: HashMap::new(),
        }
    }

    /// Takes note of the next trial; whether it is the best so far. Trials on less than the whole
    /// budget are compared with nobody: their figures are about something else.
    pub(super) fn take(&mut self, trial: &StudyTrial) -> bool {
        self.delivered += 1;
        let metrics = match &trial.outcome {
            Outcome::Done(metrics) => metrics,
            Outcome::Failed(reason) => {
                self.fail(reason);
                return false;
            }
            Outcome::Panicked(message) => {
                self.fail(&format!("panicked: {message}"));
                return false;
            }
            Outcome::Cancelled => return false,
        };
        let metric = self.metrics[0];
        let value = metrics.get(metric);
        self.measured |= value.is_some();
        if trial.budget < 1.0 {
            return false;
        }
        if self.metrics.len() > 1 {
            self.front.offer(trial);
        }
        let value = value.unwrap_or(f64::NAN);
        let best = self.best.as_ref().map_or(f64::NAN, |(_, value)| *value);
        let better = metric.is_better(value, best);
        if better {
            self.best = Some((trial.clone(), value));
        }
        better
    }

    fn fail(&mut self, reason: &str) {
        self.failed += 1;
        if let Some(times) = self.reasons.get_mut(reason) {
            *times += 1;
        } else if self.reasons.len() < REASONS {
            self.reasons.insert(reason.to_owned(), 1);
        }
    }

    /// Whether to give up hope that some trial measures the first metric.
    pub(super) fn lacks_metric(&self) -> bool {
        !self.measured && self.delivered - self.failed >= ENOUGH_WITHOUT
    }

    /// The commonest reason, the first by the alphabet in a tie.
    pub(super) fn commonest_failure(&self) -> Option<(String, u64)> {
        let rank =
            |(reason, times): &(&String, &u64)| (std::cmp::Reverse(**times), (*reason).clone());
        let (reason, times) = self.reasons.iter().min_by_key(rank)?;
        Some((reason.clone(), *times))
    }

    pub(super) fn into_front(self) -> Vec<StudyTrial> {
        self.front.into_trials()
    }
}
