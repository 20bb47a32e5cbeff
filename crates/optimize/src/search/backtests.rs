//! Grid searches over backtests.

use tangency_pool::{CancelToken, Pool, Progress};

use super::grid::Grid;
use super::params::Params;
use super::report::SearchReport;
use super::run::Search;
use super::strategy_kind::{StrategyKind, check_names};
use crate::backtest::{
    Backtest, BacktestConfig, Bars, Execution, ExpressionStrategy, Indicators, MovingAverages,
    Signals, SmaCross, Strategy,
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
    let build = |params: &Params| kind.build(params);
    signals_grid(build, bars, grid, config, pool, progress, cancel)
}

/// Backtests a rule written as text with every combination of its parameters.
///
/// Indicators are computed once for all trials that use them.
///
/// # Errors
///
/// [`ErrorKind::UnknownName`] or [`ErrorKind::MissingParameter`] unless the grid has exactly those
/// parameters of the rule that have no value yet; otherwise as [`Search::run`] and [`Backtest::new`].
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
    let mut open = rule.parameter_names();
    open.retain(|name| !rule.parameters.contains_key(*name));
    check_names(&open, grid.names())?;
    let build = |params: &Params| {
        let set =
            |rule: ExpressionStrategy, (name, value): (&str, f64)| rule.with_parameter(name, value);
        Ok(Box::new(params.iter().fold(rule.clone(), set)) as Box<dyn Strategy>)
    };
    signals_grid(build, bars, grid, config, pool, progress, cancel)
}

/// Backtests the strategy that `build` makes of each combination.
fn signals_grid(
    build: impl Fn(&Params) -> Result<Box<dyn Strategy>> + Sync,
    bars: &Bars<'_>,
    grid: &Grid,
    config: &BacktestConfig,
    pool: &Pool,
    progress: Option<&dyn Progress>,
    cancel: Option<&CancelToken>,
) -> Result<BacktestSearch> {
    let backtest = Backtest::new(*bars, *config)?;
    let (prepared, indicators) = (backtest.prepare(), Indicators::new(*bars));
    let scratch = pool.worker_state(|_| Ok::<_, Error>(Signals::default()));
    let objective = |signals: &mut Signals, params: &Params| {
        build(params)?.signals_shared(&indicators, signals)?;
        Ok(prepared.statistics(signals)?.metrics())
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
    windows.sort_unstable();
    windows.dedup();
    let prepared = backtest.prepare();
    // Averages that stay in the caches are made once for all; others bar by bar with their trials.
    let fits = windows.len() * bars.len() <= SHARED;
    windows.retain(|window| *window <= bars.len());
    let averages =
        if fits { Some(MovingAverages::on_pool(bars.close(), windows, pool)?) } else { None };
    let objective = |params: &[Params]| {
        let crosses: Result<Vec<SmaCross>> = params.iter().map(cross_of).collect();
        let together = crosses.and_then(|crosses| match &averages {
            Some(averages) => prepared.run_crosses_over(averages, &crosses),
            None => prepared.run_crosses(&crosses),
        });
        match together {
            Ok(statistics) => statistics.iter().map(|s| Ok(s.metrics())).collect(),
            // Some window is too long: each trial for itself, so that only those fail.
            Err(_) => params
                .iter()
                .map(|p| Ok(prepared.run_crosses(&[cross_of(p)?])?[0].metrics()))
                .collect(),
        }
    };
    let chunk = if fits { 256 } else { 1024 };
    let report = Search::new(&grid).run_chunks(pool, chunk, objective, progress, cancel)?;
    Ok(BacktestSearch { execution: backtest.config().execution, report })
}

/// Doubles of all averages of a grid that are made once for all: 8 MiB.
const SHARED: usize = 1 << 20;

fn cross_of(params: &Params) -> Result<SmaCross> {
    Ok(SmaCross { fast: params.count("fast")?, slow: params.count("slow")? })
}
