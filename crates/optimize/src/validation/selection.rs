//! The best trial of a grid on each of several training sets, in one pass over the grid.

use std::collections::BTreeMap;
use std::ops::Range;

use tangency_pool::{CancelToken, Outcome, Pool, Progress};

use crate::error::{Error, ErrorKind, Result};
use crate::metrics::{Metric, Metrics};
use crate::search::{Failure, Grid, Objective, Params, Request};

/// The winner of one training set.
#[derive(Debug, Clone)]
pub(super) struct Winner {
    /// Its place among the trials of the grid.
    pub(super) trial: u64,
    pub(super) params: Params,
    pub(super) value: f64,
}

impl Winner {
    /// Its figures on some rows.
    pub(super) fn metrics<O: Objective>(
        &self,
        objective: &O,
        scratch: &mut O::Scratch,
        rows: &Range<usize>,
    ) -> Result<Metrics> {
        let request = Request::new(&self.params).with_rows(rows.clone());
        objective.evaluate(scratch, &request).map_err(|failure| self.failed(rows, &failure))
    }

    /// Its return in each of some rows.
    pub(super) fn returns<O: Objective>(
        &self,
        objective: &O,
        scratch: &mut O::Scratch,
        rows: &Range<usize>,
    ) -> Result<Vec<f64>> {
        returns_on(objective, scratch, &self.params, rows)
            .map_err(|failure| self.failed(rows, &failure))
    }

    fn failed(&self, rows: &Range<usize>, failure: &Failure) -> Error {
        let (params, start, end) = (self.params.to_string(), rows.start, rows.end);
        ErrorKind::WinnerFailed { params, start, end, reason: failure.to_string() }.into()
    }
}

/// What an objective earns in each of some rows.
pub(super) fn returns_on<O: Objective>(
    objective: &O,
    scratch: &mut O::Scratch,
    params: &Params,
    rows: &Range<usize>,
) -> Result<Vec<f64>, Failure> {
    let mut returns = Vec::with_capacity(rows.len());
    let request = Request::new(params).with_rows(rows.clone());
    objective.period_returns(scratch, &request, &mut returns)?;
    if returns.len() != rows.len() {
        return Err(format!("{} returns for {} rows", returns.len(), rows.len()).into());
    }
    Ok(returns)
}

/// What one pass over the grid found.
#[derive(Debug)]
pub(super) struct Selection {
    /// One a training set; `None` where no trial had a number.
    pub(super) winners: Vec<Option<Winner>>,
    pub(super) trials: u64,
    pub(super) failed: u64,
}

/// Why a trial has no figures.
enum Stop {
    /// A constraint of the grid failed: an error of the search.
    Constraint(Error),
    Trial(String),
}

/// Reasons that are told apart; where messages hold values there may be as many as trials.
const REASONS: usize = 1024;

/// Scores every trial on all training sets at once and keeps the best of each: ties go to the earlier
/// trial, NaN never wins.
pub(super) fn select<S: Default + Send + 'static>(
    grid: &Grid,
    n_sets: usize,
    metric: Metric,
    score: impl Fn(&mut S, &Params) -> Result<Vec<f64>, Failure> + Sync,
    pool: &Pool,
    progress: Option<&dyn Progress>,
    cancel: Option<&CancelToken>,
) -> Result<Selection> {
    let mut winners: Vec<Option<Winner>> = vec![None; n_sets];
    let (mut trials, mut failed) = (0_u64, 0_u64);
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    let mut constraint: Option<(usize, Error)> = None;
    let scratch = pool.worker_state(|_| Ok::<_, Error>(S::default()));
    let mut batch = pool.batch().with(&scratch);
    if let Some(progress) = progress {
        batch = batch.progress(progress);
    }
    if let Some(cancel) = cancel {
        batch = batch.cancel(cancel);
    }
    let task = |scratch: &mut S, params: Result<Params>| {
        let params = params.map_err(Stop::Constraint)?;
        let scores = score(scratch, &params).map_err(|failure| Stop::Trial(failure.to_string()))?;
        Ok((params, scores))
    };
    // Outcomes come in the order in which they end: ties are settled by the place in the grid.
    let take = |trial: usize, outcome: &Outcome<(Params, Vec<f64>), Stop>| {
        let mut fail = |reason: &str| {
            failed += 1;
            if reasons.len() < REASONS || reasons.contains_key(reason) {
                *reasons.entry(reason.to_owned()).or_insert(0) += 1;
            }
        };
        match outcome {
            Outcome::Done((params, scores)) => {
                let trial = trial as u64;
                for (winner, value) in winners.iter_mut().zip(scores) {
                    let so_far = winner.as_ref().map_or(f64::NAN, |winner| winner.value);
                    let earlier = winner.as_ref().is_some_and(|winner| trial < winner.trial);
                    if metric.is_better(*value, so_far) || (earlier && *value == so_far) {
                        *winner = Some(Winner { trial, params: params.clone(), value: *value });
                    }
                }
            }
            Outcome::Failed(Stop::Trial(reason)) => fail(reason),
            Outcome::Panicked(message) => fail(&format!("panicked: {message}")),
            Outcome::Failed(Stop::Constraint(error)) => {
                if constraint.as_ref().is_none_or(|(first, _)| trial < *first) {
                    constraint = Some((trial, error.clone()));
                }
            }
            Outcome::Cancelled => return,
        }
        trials += 1;
    };
    let report = batch.on_result(take).try_stream(grid.trials(), task);
    if let Some((_, error)) = constraint {
        return Err(error);
    }
    if let Some(error) = report.error() {
        return Err(ErrorKind::Pool { message: error.to_string() }.into());
    }
    if report.stats.stopped.is_some() {
        return Err(ErrorKind::Cancelled { done: trials }.into());
    }
    if trials == 0 {
        return Err(ErrorKind::EmptyGrid { rejected: grid.count()?.rejected }.into());
    }
    if failed == trials {
        // The first in alphabetical order in a tie, whatever ended first.
        let commonest = reasons.into_iter().rev().max_by_key(|(_, times)| *times);
        let (reason, times) = commonest.unwrap_or_default();
        return Err(ErrorKind::AllTrialsFailed { trials, reason, times }.into());
    }
    Ok(Selection { winners, trials, failed })
}
