//! Grid searches over backtests.

use tangency_pool::{CancelToken, Pool, Progress};

use super::grid::Grid;
use super::params::Params;
use super::report::SearchReport;
use super::run::Search;
use super::strategy_kind::StrategyKind;
use crate::backtest::{
    Backtest, BacktestConfig, Bars, Execution, MovingAverages, Signals, SmaCross,
};
use crate::error::{Error, ErrorKind, Result};

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
/// [`ErrorKind::UnknownName`] or [`ErrorKind::MissingParameter`] unless the grid has exactly the
/// strategy's parameters; otherwise as [`Search::run`] and [`Backtest::new`].
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
    kind.check_names(grid.names())?;
    let backtest = Backtest::new(*bars, *config)?;
    let scratch = pool.worker_state(|_| Ok::<_, Error>(Signals::default()));
    let objective = |signals: &mut Signals, params: &Params| {
        let strategy = kind.build(params)?;
        Ok(backtest.statistics(strategy.as_ref(), signals)?.metrics())
    };
    let report = Search::new(grid).run_with(pool, &scratch, objective, progress, cancel)?;
    Ok(BacktestSearch { execution: backtest.config().execution, report })
}

/// Backtests [`SmaCross`] with every combination of `fast` and `slow` in which fast is below slow;
/// the others are counted as rejected.
///
/// Each distinct moving average is computed once, on the pool, and shared by all trials: one double
/// a bar and window.
///
/// # Errors
///
/// [`ErrorKind::UnknownName`] or [`ErrorKind::MissingParameter`] unless the grid has exactly `fast`
/// and `slow`, [`ErrorKind::BadTrialParameter`] for a window that is no whole number, before any
/// trial starts; otherwise as [`Search::run`] and [`Backtest::new`].
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
    let backtest = Backtest::new(*bars, *config)?;
    let mut windows = Vec::new();
    for name in ["fast", "slow"] {
        for value in grid.values(name)?.iter() {
            let single = Params::new([name.to_owned()].into(), [value].into());
            windows.push(single.count(name)?);
        }
    }
    let grid = grid.clone().less_than("fast", "slow")?;
    if grid.count()?.trials == 0 {
        return Err(ErrorKind::EmptyGrid { rejected: grid.combinations() }.into());
    }
    let averages = MovingAverages::on_pool(bars.close(), windows, pool)?;
    let objective = |params: &Params| {
        let cross = SmaCross { fast: params.count("fast")?, slow: params.count("slow")? };
        Ok(backtest.statistics_of_cross(&averages, cross)?.metrics())
    };
    let report = Search::new(&grid).run(pool, objective, progress, cancel)?;
    Ok(BacktestSearch { execution: backtest.config().execution, report })
}
