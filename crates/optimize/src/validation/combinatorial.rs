//! Combinatorial purged cross-validation of a search.

use std::ops::Range;

use serde::Serialize;
use tangency_pool::{CancelToken, Pool, Progress};
use tangency_preprocess::folds::{CombinatorialPurged, PurgedFold};

use super::selection::{returns_on, select};
use super::walk_forward::not_measured;
use crate::error::{ErrorKind, Result};
use crate::metrics::Metric;
use crate::outcomes::all_done;
use crate::resampling::Distribution;
use crate::search::{Failure, Grid, Objective, Params};

/// One way through all rows, each stretch traded by a winner that was chosen without it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OutOfSamplePath {
    /// What was earned in each row of the data.
    pub returns: Vec<f64>,
    /// The metric of these returns; NaN where it does not exist.
    pub value: f64,
}

/// The winners of all splits, and the paths that their tests add up to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CombinatorialReport {
    /// Parameters of each split's winner and its metric on the training rows; `None` where no trial
    /// had a number: nothing is held in the tests of that split.
    pub winners: Vec<Option<(Params, f64)>>,
    /// The paths, see [`CombinatorialFolds::path`](tangency_preprocess::folds::CombinatorialFolds::path).
    pub paths: Vec<OutOfSamplePath>,
    /// Trials of the grid.
    pub trials: u64,
    /// Trials that failed.
    pub failed: u64,
}

impl CombinatorialReport {
    /// The metric over all paths. They share rows and winners: its width is not that of independent
    /// repetitions.
    #[must_use]
    pub fn distribution(&self) -> Distribution {
        self.paths.iter().map(|path| path.value).collect()
    }
}

/// Chooses the best trial of the grid on the training rows of every split, by `metric` of its returns
/// there, and follows it on the split's tests.
///
/// Training rows are several ranges; each is simulated by itself and the returns are joined, so the
/// metric has to be one that [returns have](Metric::of_returns). Windows do not see each other's
/// positions; what a window's first rows know of the rows before it is the objective's to say, and the
/// plan's purge should cover it where that matters.
///
/// Costs as many simulated rows a trial as there are splits times rows, and holds them for the trials
/// that are running; the report holds one double a path and row.
///
/// Marcos López de Prado (2018), *Advances in Financial Machine Learning*, chapter 12.
///
/// # Errors
///
/// [`ErrorKind::BadFolds`] where the plan does not fit `n_rows`, [`ErrorKind::NotMeasured`] for a
/// metric that returns do not have; otherwise as [`walk_forward`](super::walk_forward).
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::{BacktestConfig, Bars};
/// use tangency_optimize::metrics::Metric;
/// use tangency_optimize::search::{BacktestObjective, Grid, StrategyKind};
/// use tangency_optimize::validation::combinatorial;
/// use tangency_pool::Pool;
/// use tangency_preprocess::folds::CombinatorialPurged;
///
/// let closes: Vec<f64> =
///     (0..600).map(|i| 100.0 + 20.0 * (f64::from(i) / 30.0).sin() + f64::from(i % 7)).collect();
/// let bars = Bars::from_closes(&closes)?;
/// let objective = BacktestObjective::strategy(StrategyKind::SmaCross, bars, BacktestConfig::new(252.0))?;
/// let grid = Grid::parse(["fast=5:15:5", "slow=20:40:10"])?;
/// let plan = CombinatorialPurged::new(6, 2).purge(1).embargo(5);
/// let report = combinatorial(
///     &grid, &plan, closes.len(), Metric::Sharpe, 252.0, &objective, &Pool::new(2)?, None, None,
/// )?;
/// assert_eq!((report.winners.len(), report.paths.len()), (15, 5));
/// assert!(report.distribution().quantile(0.0) > 0.0, "a wave is easy on every path");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[expect(clippy::too_many_arguments, reason = "as walk_forward, with what paths are measured by")]
pub fn combinatorial<O: Objective>(
    grid: &Grid,
    plan: &CombinatorialPurged,
    n_rows: usize,
    metric: Metric,
    periods_per_year: f64,
    objective: &O,
    pool: &Pool,
    progress: Option<&dyn Progress>,
    cancel: Option<&CancelToken>,
) -> Result<CombinatorialReport> {
    let bad =
        |error: tangency_preprocess::Error| ErrorKind::BadFolds { message: error.to_string() };
    let splits = plan.folds(n_rows).map_err(bad)?;
    let folds: Vec<PurgedFold> = splits.clone().collect::<Result<_, _>>().map_err(bad)?;
    if metric.of_returns(&[], periods_per_year).is_none() {
        return Err(not_measured(metric));
    }
    // The training ranges of all splits, each asked for once.
    let mut windows: Vec<Range<usize>> = folds.iter().flat_map(|fold| fold.train.clone()).collect();
    windows.sort_by_key(|window| (window.start, window.end));
    windows.dedup();
    let place = |range: &Range<usize>| {
        windows.binary_search_by_key(&(range.start, range.end), |w| (w.start, w.end))
    };
    let parts: Vec<Vec<usize>> =
        folds.iter().map(|fold| fold.train.iter().flat_map(place).collect()).collect();
    let score = |scratch: &mut O::Scratch, params: &Params| {
        let on = |rows: &Range<usize>| returns_on(objective, scratch, params, rows);
        let returns: Vec<Vec<f64>> = windows.iter().map(on).collect::<Result<_, Failure>>()?;
        let mut joined = Vec::with_capacity(n_rows);
        let value = |parts: &Vec<usize>| {
            joined.clear();
            parts.iter().for_each(|part| joined.extend_from_slice(&returns[*part]));
            metric.of_returns(&joined, periods_per_year).unwrap_or(f64::NAN)
        };
        Ok(parts.iter().map(value).collect())
    };
    let selection = select(grid, folds.len(), metric, score, pool, progress, cancel)?;
    let report = pool.batch().try_map_indices(folds.len(), |split| {
        let scratch = &mut O::Scratch::default();
        let mut follow = |test: &Range<usize>| match &selection.winners[split] {
            Some(winner) => winner.returns(objective, scratch, test),
            None => Ok(vec![0.0; test.len()]),
        };
        folds[split].test.iter().map(&mut follow).collect::<Result<Vec<_>>>()
    });
    let tested = all_done(report)?;
    let path = |path| {
        let sources = splits.path(path);
        let returns: Vec<f64> = sources
            .into_iter()
            .flat_map(|(split, position)| tested[split][position].iter().copied())
            .collect();
        let value = metric.of_returns(&returns, periods_per_year).unwrap_or(f64::NAN);
        OutOfSamplePath { returns, value }
    };
    Ok(CombinatorialReport {
        paths: (0..splits.n_paths()).map(path).collect(),
        winners: selection.winners.into_iter().map(|w| w.map(|w| (w.params, w.value))).collect(),
        trials: selection.trials,
        failed: selection.failed,
    })
}
