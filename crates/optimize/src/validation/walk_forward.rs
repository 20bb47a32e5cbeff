//! Walk-forward optimisation.

use std::ops::Range;

use serde::Serialize;
use tangency_pool::{CancelToken, Pool, Progress};
use tangency_preprocess::folds::Fold;

use super::selection::{Winner, select};
use crate::error::{Error, ErrorKind, Result};
use crate::metrics::{Metric, Metrics};
use crate::outcomes::all_done;
use crate::search::{Failure, Grid, Objective, Params, Request};

/// What became of one fold's winner.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WalkForwardFold {
    /// Rows it was chosen on.
    pub train: Range<usize>,
    /// Rows it was followed on.
    pub test: Range<usize>,
    /// Place of the winner among the trials of the grid.
    pub trial: u64,
    /// Its parameters.
    pub params: Params,
    /// Its figures on the training rows.
    pub in_sample: Metrics,
    /// Its figures on the test rows.
    pub out_of_sample: Metrics,
}

/// A walk-forward optimisation: the winner of each fold, and what following them would have earned.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WalkForwardReport {
    /// One a fold; `None` where no trial had a figure to be ranked by: nothing is held there.
    pub folds: Vec<Option<WalkForwardFold>>,
    /// Row of each entry of `returns`: the test rows of all folds, ascending, each once.
    pub rows: Vec<usize>,
    /// What the winners earned in these rows, one after the other; where tests overlap, that of the
    /// fold that tested the row first.
    pub returns: Vec<f64>,
    /// Walk-forward efficiency: mean log growth per row out of sample over that in sample, over all
    /// folds with a winner. 1 for winners that go on as they were; NaN where they did not grow in
    /// sample. Robert Pardo (2008), *The Evaluation and Optimization of Trading Strategies*.
    pub efficiency: f64,
    /// Trials of the grid.
    pub trials: u64,
    /// Trials that failed.
    pub failed: u64,
}

impl WalkForwardReport {
    /// The figures of the returns put together, see [`Metrics::of_returns`].
    #[must_use]
    pub fn metrics(&self, periods_per_year: f64) -> Metrics {
        Metrics::of_returns(&self.returns, periods_per_year)
    }
}

/// Chooses the best trial of the grid on each fold's training rows by `metric`, and follows it on the
/// test rows.
///
/// Folds are in time order. Ties go to the earlier trial; a figure that is not a number never wins. The grid is passed once,
/// each trial on the training windows of all folds; then only the winners are run again. A trial that
/// fails or panics wins nowhere and is counted. Nothing is journalled: a run that is interrupted begins
/// anew.
///
/// # Errors
///
/// [`ErrorKind::Empty`] without folds, [`ErrorKind::EmptyGrid`], [`ErrorKind::AllTrialsFailed`] with the
/// commonest reason (also for a `metric` that the objective does not measure),
/// [`ErrorKind::WinnerFailed`], [`ErrorKind::Cancelled`], [`ErrorKind::Pool`], and those of the grid's
/// constraints.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::{BacktestConfig, Bars};
/// use tangency_optimize::metrics::Metric;
/// use tangency_optimize::search::{BacktestObjective, Grid, StrategyKind};
/// use tangency_optimize::validation::walk_forward;
/// use tangency_pool::Pool;
/// use tangency_preprocess::folds::WalkForward;
///
/// let closes: Vec<f64> =
///     (0..900).map(|i| 100.0 + 20.0 * (f64::from(i) / 30.0).sin() + f64::from(i % 7)).collect();
/// let bars = Bars::from_closes(&closes)?;
/// let objective = BacktestObjective::strategy(StrategyKind::SmaCross, bars, BacktestConfig::new(252.0))?;
/// let grid = Grid::parse(["fast=5:20:5", "slow=10:40:10"])?.less_than("fast", "slow")?;
/// let folds = WalkForward::new(300, 100).folds(closes.len())?;
/// let pool = Pool::new(2)?;
/// let report = walk_forward(&grid, folds, Metric::Sharpe, &objective, &pool, None, None)?;
/// assert_eq!((report.folds.len(), report.returns.len()), (6, 600));
/// assert!(report.efficiency > 0.5, "a wave goes on as it was");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn walk_forward<O: Objective>(
    grid: &Grid,
    folds: impl IntoIterator<Item = Fold>,
    metric: Metric,
    objective: &O,
    pool: &Pool,
    progress: Option<&dyn Progress>,
    cancel: Option<&CancelToken>,
) -> Result<WalkForwardReport> {
    let folds: Vec<Fold> = folds.into_iter().collect();
    if folds.is_empty() {
        return Err(ErrorKind::Empty { what: "list of folds" }.into());
    }
    let score = |scratch: &mut O::Scratch, params: &Params| {
        let value = |fold: &Fold| {
            let request = Request::new(params).with_rows(fold.train.clone());
            let measured = objective.evaluate(scratch, &request)?.get(metric);
            measured.ok_or_else(|| Failure::from(not_measured(metric)))
        };
        folds.iter().map(value).collect()
    };
    let selection = select(grid, folds.len(), metric, score, pool, progress, cancel)?;
    let report = pool.batch().try_map_indices(folds.len(), |at| {
        let Some(winner) = &selection.winners[at] else { return Ok(None) };
        follow(winner, &folds[at], objective, &mut O::Scratch::default()).map(Some)
    });
    let followed = all_done(report)?;
    let (rows, returns) = stitch(&folds, &followed);
    let growth = |side: fn(&Followed) -> &[f64]| {
        let all = || followed.iter().flatten().map(side);
        let count: usize = all().map(<[f64]>::len).sum();
        all().flatten().map(|r| r.ln_1p()).sum::<f64>() / count as f64
    };
    let (before, after) = (growth(|f| &f.trained), growth(|f| &f.tested));
    Ok(WalkForwardReport {
        efficiency: if before > 0.0 { after / before } else { f64::NAN },
        folds: followed.into_iter().map(|followed| Some(followed?.fold)).collect(),
        rows,
        returns,
        trials: selection.trials,
        failed: selection.failed,
    })
}

pub(super) fn not_measured(metric: Metric) -> Error {
    ErrorKind::NotMeasured { metric: metric.name() }.into()
}

/// A winner with its returns on both sides.
struct Followed {
    fold: WalkForwardFold,
    trained: Vec<f64>,
    tested: Vec<f64>,
}

fn follow<O: Objective>(
    winner: &Winner,
    fold: &Fold,
    objective: &O,
    scratch: &mut O::Scratch,
) -> Result<Followed> {
    let in_sample = winner.metrics(objective, scratch, &fold.train)?;
    let out_of_sample = winner.metrics(objective, scratch, &fold.test)?;
    let trained = winner.returns(objective, scratch, &fold.train)?;
    let tested = winner.returns(objective, scratch, &fold.test)?;
    let fold = WalkForwardFold {
        train: fold.train.clone(),
        test: fold.test.clone(),
        trial: winner.trial,
        params: winner.params.clone(),
        in_sample,
        out_of_sample,
    };
    Ok(Followed { fold, trained, tested })
}

/// Test rows and what was earned in them, each row once; nothing where there was no winner.
fn stitch(folds: &[Fold], followed: &[Option<Followed>]) -> (Vec<usize>, Vec<f64>) {
    let (mut rows, mut returns) = (Vec::new(), Vec::new());
    for (fold, followed) in folds.iter().zip(followed) {
        let next = rows.last().map_or(0, |last| last + 1);
        for row in fold.test.start.max(next)..fold.test.end {
            rows.push(row);
            let tested = followed.as_ref().map(|followed| &followed.tested);
            returns.push(tested.map_or(0.0, |tested| tested[row - fold.test.start]));
        }
    }
    (rows, returns)
}
