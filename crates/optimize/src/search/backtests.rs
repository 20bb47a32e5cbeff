//! Grid searches over backtests.

use tangency_pool::{CancelToken, Pool, Progress};

use super::backtest_objective::BacktestObjective;
use super::grid::Grid;
use super::objective::{Objective, Request};
use super::params::Params;
use super::report::SearchReport;
use super::run::Search;
use super::strategy_kind::StrategyKind;
use crate::backtest::{BacktestConfig, Bars, Execution, ExpressionStrategy, Signals};
use crate::error::{Error, Result};

/// The trials of a grid of backtests.
#[derive(Debug, Clone)]
#[must_use = "trials may have failed"]
pub struct BacktestSearch {
    /// The price at which orders were filled; next close where there are only closes.
    pub execution: Execution,
    /// Every trial, measured by [`Statistics::metrics`](crate::backtest::Statistics::metrics).
    pub report: SearchReport,
}

/// Backtests a ready-made strategy with every combination of a grid.
///
/// A crossover of moving averages goes to [`sma_cross_grid`]. [`BuyAndHold`] has no parameters and
/// so no grid.
///
/// [`BuyAndHold`]: crate::backtest::BuyAndHold
///
/// # Errors
///
/// [`UnknownName`](crate::ErrorKind::UnknownName) or [`MissingParameter`](crate::ErrorKind::MissingParameter) unless the grid has exactly the
/// strategy's parameters; otherwise as [`Search::run`] and [`Backtest::new`](crate::backtest::Backtest::new).
pub fn strategy_grid(
    kind: StrategyKind,
    bars: &Bars<'_>,
    grid: &Grid,
    config: &BacktestConfig,
    pool: &Pool,
    progress: Option<&dyn Progress>,
    cancel: Option<&CancelToken>,
) -> Result<BacktestSearch> {
    if kind == StrategyKind::SmaCross {
        return sma_cross_grid(bars, grid, config, pool, progress, cancel);
    }
    let objective = BacktestObjective::strategy(kind, *bars, *config)?;
    search(&objective, grid, pool, progress, cancel)
}

/// Backtests a rule written as text with every combination of its parameters.
///
/// Indicators are computed once for all trials that use them.
///
/// # Errors
///
/// [`UnknownName`](crate::ErrorKind::UnknownName) or [`MissingParameter`](crate::ErrorKind::MissingParameter) unless the grid has exactly those
/// parameters of the rule that have no value yet; otherwise as [`Search::run`] and [`Backtest::new`](crate::backtest::Backtest::new).
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::{BacktestConfig, Bars, ExpressionStrategy};
/// use tangency_optimize::metrics::Metric;
/// use tangency_optimize::search::{Grid, expression_grid};
/// use tangency_pool::Pool;
///
/// let closes: Vec<f64> = (0..500).map(|i| 100.0 + 20.0 * (f64::from(i) / 30.0).sin()).collect();
/// let bars = Bars::from_closes(&closes)?;
/// let rule = ExpressionStrategy::new("rsi(window) < 30", "rsi(window) > ceiling")?;
/// let grid = Grid::parse(["window=5:20:5", "ceiling=60,70"])?;
/// let config = BacktestConfig::new(252.0);
/// let search = expression_grid(&rule, &bars, &grid, &config, &Pool::new(2)?, None, None)?;
/// assert_eq!(search.report.trials.len(), 8);
/// assert!(search.report.best(Metric::TotalReturn)?.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn expression_grid(
    rule: &ExpressionStrategy,
    bars: &Bars<'_>,
    grid: &Grid,
    config: &BacktestConfig,
    pool: &Pool,
    progress: Option<&dyn Progress>,
    cancel: Option<&CancelToken>,
) -> Result<BacktestSearch> {
    let objective = BacktestObjective::expression(rule.clone(), *bars, *config)?;
    search(&objective, grid, pool, progress, cancel)
}

/// Backtests [`SmaCross`](crate::backtest::SmaCross) with every combination of `fast` and `slow` in which fast is below slow;
/// the others are counted as rejected.
///
/// Each distinct moving average is computed once, on the pool, and shared by all trials: one double
/// a bar and window.
///
/// # Errors
///
/// [`UnknownName`](crate::ErrorKind::UnknownName) or [`MissingParameter`](crate::ErrorKind::MissingParameter) unless the grid has exactly `fast`
/// and `slow`, [`BadTrialParameter`](crate::ErrorKind::BadTrialParameter) for a window that is no whole number, before any
/// trial starts; otherwise as [`Search::run`] and [`Backtest::new`](crate::backtest::Backtest::new).
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::{BacktestConfig, Bars, Costs};
/// use tangency_optimize::metrics::Metric;
/// use tangency_optimize::search::{Grid, sma_cross_grid};
/// use tangency_pool::Pool;
///
/// let closes: Vec<f64> =
///     (0..500).map(|i| 100.0 + 20.0 * (f64::from(i) / 30.0).sin() + f64::from(i % 7)).collect();
/// let bars = Bars::from_closes(&closes)?;
/// let grid = Grid::parse(["fast=5:20:5", "slow=10:40:10"])?;
/// let config = BacktestConfig::new(252.0).with_costs(Costs::fee(0.001));
/// let search = sma_cross_grid(&bars, &grid, &config, &Pool::new(2)?, None, None)?;
/// assert_eq!((search.report.trials.len(), search.report.rejected), (12, 4));
/// let best = search.report.best(Metric::Sharpe)?.expect("some trial traded");
/// assert!(best.metric(Metric::TotalReturn).is_some_and(|r| r > 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sma_cross_grid(
    bars: &Bars<'_>,
    grid: &Grid,
    config: &BacktestConfig,
    pool: &Pool,
    progress: Option<&dyn Progress>,
    cancel: Option<&CancelToken>,
) -> Result<BacktestSearch> {
    StrategyKind::SmaCross.check_names(grid.names())?;
    for name in ["fast", "slow"] {
        grid.check_counts(name)?;
    }
    let objective = BacktestObjective::strategy(StrategyKind::SmaCross, *bars, *config)?
        .with_averages(grid, pool)?;
    let grid = grid.clone().less_than("fast", "slow")?;
    search(&objective, &grid, pool, progress, cancel)
}

/// Every combination of a grid, kept in memory.
fn search(
    objective: &BacktestObjective<'_>,
    grid: &Grid,
    pool: &Pool,
    progress: Option<&dyn Progress>,
    cancel: Option<&CancelToken>,
) -> Result<BacktestSearch> {
    objective.check_parameters(grid.names())?;
    let search = Search::new(grid);
    let report = if objective.is_cross() {
        let measure = |params: &[Params]| objective.crosses_each(params);
        search.run_chunks(pool, objective.tile(), measure, progress, cancel)?
    } else {
        let scratch = pool.worker_state(|_| Ok::<_, Error>(Signals::default()));
        let measure = |signals: &mut Signals, params: &Params| {
            objective.measure(&objective.indicators(1), signals, &Request::new(params))
        };
        search.run_with(pool, &scratch, measure, progress, cancel)?
    };
    Ok(BacktestSearch { execution: objective.backtest().config().execution, report })
}
