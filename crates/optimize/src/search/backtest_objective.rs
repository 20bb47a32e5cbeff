//! Backtests as the objective of a search.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tangency_pool::Pool;

use super::fingerprint::Fingerprint;
use super::grid::Grid;
use super::objective::{Failure, Objective, Request};
use super::params::Params;
use super::strategy_kind::{StrategyKind, check_names};
use crate::backtest::{
    Backtest, BacktestConfig, Bars, Detail, ExpressionStrategy, Indicators, MovingAverages,
    PreparedBacktest, Signals, SmaCross, Statistics, Strategy,
};
use crate::error::Result;
use crate::metrics::Metrics;

/// Bytes of indicators that are kept for trials to share.
const SHARED_INDICATORS: usize = 64 << 20;
/// Doubles of all averages of a grid that are made once for all: those that stay in the caches.
const SHARED_AVERAGES: usize = 1 << 20;
/// Windows of rows whose tables are kept: the folds of a walk-forward run, the budgets of a bracket.
const KEPT_WINDOWS: usize = 64;

/// A strategy whose parameters are searched, on the bars of one asset.
///
/// On a slice of rows, or with a part of the budget (see [`Request::window`]), indicators are
/// computed on the whole series, which is no look-ahead since they are causal; the simulation starts
/// with full cash at the first row of the window, and signals from before it are not carried in.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::{BacktestConfig, Bars};
/// use tangency_optimize::metrics::Metric;
/// use tangency_optimize::search::{BacktestObjective, Collect, Grid, StrategyKind, Study};
/// use tangency_pool::Pool;
///
/// let closes: Vec<f64> = (0..500).map(|i| 100.0 + 20.0 * (f64::from(i) / 30.0).sin()).collect();
/// let bars = Bars::from_closes(&closes)?;
/// let objective =
///     BacktestObjective::strategy(StrategyKind::EmaCross, bars, BacktestConfig::new(252.0))?;
/// let grid = Grid::parse(["fast=5:20:5", "slow=10:40:10"])?.less_than("fast", "slow")?;
/// let study = Study::grid(&grid, Metric::Sharpe)
///     .objective(objective.name())
///     .data(objective.fingerprint());
/// let report = study.run(&Pool::new(2)?, &objective, &mut Collect::new())?;
/// assert_eq!((report.trials, report.rejected, report.failed), (12, 4, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BacktestObjective<'a> {
    backtest: Backtest<'a>,
    prepared: PreparedBacktest<'a>,
    rule: Rule,
    averages: Option<MovingAverages>,
    indicators: Mutex<Generation<'a>>,
    windows: Mutex<BTreeMap<(usize, usize), Arc<PreparedBacktest<'a>>>>,
}

/// What is traded.
enum Rule {
    Kind(StrategyKind),
    Expression(Box<ExpressionStrategy>),
}

/// Indicators that trials share, given up before they take too much memory.
struct Generation<'a> {
    indicators: Arc<Indicators<'a>>,
    trials: usize,
}

impl<'a> BacktestObjective<'a> {
    /// A ready-made strategy.
    ///
    /// # Errors
    ///
    /// As [`Backtest::new`].
    pub fn strategy(kind: StrategyKind, bars: Bars<'a>, config: BacktestConfig) -> Result<Self> {
        Self::new(Rule::Kind(kind), bars, config)
    }

    /// A rule written as text; its parameters without a value are searched.
    ///
    /// # Errors
    ///
    /// As [`Backtest::new`].
    pub fn expression(
        rule: ExpressionStrategy,
        bars: Bars<'a>,
        config: BacktestConfig,
    ) -> Result<Self> {
        Self::new(Rule::Expression(Box::new(rule)), bars, config)
    }

    fn new(rule: Rule, bars: Bars<'a>, config: BacktestConfig) -> Result<Self> {
        let backtest = Backtest::new(bars, config)?;
        let prepared = backtest.prepare();
        let indicators = Arc::new(Indicators::new(bars));
        Ok(Self {
            backtest,
            prepared,
            rule,
            averages: None,
            indicators: Mutex::new(Generation { indicators, trials: 0 }),
            windows: Mutex::default(),
        })
    }

    /// Computes the moving averages of a grid of crossovers beforehand, on the pool, where all of
    /// them fit into the caches. Results do not depend on it. Other strategies have none.
    ///
    /// # Errors
    ///
    /// [`BadTrialParameter`](crate::ErrorKind::BadTrialParameter) for a window that is no whole
    /// number, or [`Pool`](crate::ErrorKind::Pool).
    pub fn with_averages(mut self, grid: &Grid, pool: &Pool) -> Result<Self> {
        if !self.is_cross() {
            return Ok(self);
        }
        let bars = self.backtest.bars();
        let mut windows = Vec::new();
        for name in ["fast", "slow"] {
            let values = grid.values(name)?;
            if values.len() as usize > SHARED_AVERAGES {
                return Ok(self);
            }
            for value in values.iter() {
                windows.push(super::params::count(name, value)?);
            }
        }
        windows.sort_unstable();
        windows.dedup();
        windows.retain(|window| *window <= bars.len());
        if windows.len() * bars.len() <= SHARED_AVERAGES {
            self.averages = Some(MovingAverages::on_pool(bars.close(), windows, pool)?);
        }
        Ok(self)
    }

    /// The bars and the setting, with the execution that is used.
    #[must_use]
    pub fn backtest(&self) -> &Backtest<'a> {
        &self.backtest
    }

    /// Checks that a space has the strategy's parameters and no others.
    ///
    /// # Errors
    ///
    /// [`UnknownName`](crate::ErrorKind::UnknownName) with the nearest name, or
    /// [`MissingParameter`](crate::ErrorKind::MissingParameter).
    pub fn check_parameters<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<()> {
        match &self.rule {
            Rule::Kind(kind) => kind.check_names(names),
            Rule::Expression(rule) => {
                let mut open = rule.parameter_names();
                open.retain(|name| !rule.parameters.contains_key(*name));
                check_names(&open, names)
            }
        }
    }

    /// The strategy in words, for a journal.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.rule {
            Rule::Kind(kind) => kind.name().to_owned(),
            Rule::Expression(rule) => {
                let mut name = format!("enter {}, leave {}", rule.entry, rule.exit);
                for (parameter, value) in &rule.parameters {
                    name += &format!(", {parameter} = {value}");
                }
                name
            }
        }
    }

    /// Bars and setting.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let (bars, config) = (self.backtest.bars(), self.backtest.config());
        Fingerprint::new()
            .numbers("open", bars.open().unwrap_or_default())
            .numbers("high", bars.high_or_close())
            .numbers("low", bars.low_or_close())
            .numbers("close", bars.close())
            .text("config", &format!("{config:?}"))
    }

    fn build(&self, params: &Params) -> Result<Box<dyn Strategy>> {
        match &self.rule {
            Rule::Kind(kind) => kind.build(params),
            Rule::Expression(rule) => {
                let set = |rule: ExpressionStrategy, (name, value): (&str, f64)| {
                    rule.with_parameter(name, value)
                };
                Ok(Box::new(params.iter().fold((**rule).clone(), set)))
            }
        }
    }

    /// The indicators that `trials` more trials may share.
    pub(super) fn indicators(&self, trials: usize) -> Arc<Indicators<'a>> {
        let bars = self.backtest.bars();
        // A strategy has at most three columns of its own.
        let most = (SHARED_INDICATORS / (24 * bars.len().max(1))).max(1);
        let mut generation = lock(&self.indicators);
        if generation.trials >= most {
            *generation = Generation { indicators: Arc::new(Indicators::new(*bars)), trials: 0 };
        }
        generation.trials += trials;
        Arc::clone(&generation.indicators)
    }

    /// The tables of some of the rows.
    fn window(&self, rows: Range<usize>) -> Result<Arc<PreparedBacktest<'a>>> {
        let key = (rows.start, rows.end);
        if let Some(known) = lock(&self.windows).get(&key) {
            return Ok(Arc::clone(known));
        }
        let bars = self.backtest.bars().slice(rows)?;
        let made = Arc::new(Backtest::new(bars, *self.backtest.config())?.prepare());
        let mut windows = lock(&self.windows);
        if windows.len() >= KEPT_WINDOWS {
            windows.clear();
        }
        windows.insert(key, Arc::clone(&made));
        Ok(made)
    }

    /// Signals of one trial on the whole series, and the window it is judged on.
    fn signals(
        &self,
        indicators: &Indicators<'_>,
        signals: &mut Signals,
        request: &Request<'_>,
    ) -> Result<Option<Range<usize>>> {
        self.build(request.params)?.signals_shared(indicators, signals)?;
        let (n, rows) = (self.backtest.bars().len(), request.rows.clone());
        // A slice beyond the data is an error, not a shorter slice.
        if let Some(rows) = rows {
            self.backtest.bars().slice(rows)?;
        }
        let window = request.window(n);
        Ok((window != (0..n)).then_some(window))
    }

    pub(super) fn measure(
        &self,
        indicators: &Indicators<'_>,
        signals: &mut Signals,
        request: &Request<'_>,
    ) -> Result<Metrics> {
        let statistics = match self.signals(indicators, signals, request)? {
            None => self.prepared.statistics(signals)?,
            Some(rows) => self.window(rows.clone())?.statistics(&signals.slice(rows)?)?,
        };
        Ok(statistics.metrics())
    }

    /// Whether trials are crossovers of moving averages, which are measured together.
    pub(super) fn is_cross(&self) -> bool {
        matches!(self.rule, Rule::Kind(StrategyKind::SmaCross))
    }

    /// Crossovers on all rows, together.
    fn crosses<'p>(&self, params: impl Iterator<Item = &'p Params>) -> Result<Vec<Metrics>> {
        let crosses: Vec<SmaCross> = params.map(cross_of).collect::<Result<_>>()?;
        let bars = self.backtest.bars().len();
        let statistics = match &self.averages {
            // A window longer than the series is not among the averages: its own error says so.
            Some(averages) if crosses.iter().all(|c| c.fast.max(c.slow) <= bars) => {
                self.prepared.run_crosses_over(averages, &crosses)?
            }
            _ => self.prepared.run_crosses(&crosses)?,
        };
        Ok(statistics.iter().map(Statistics::metrics).collect())
    }

    /// Crossovers on all rows, one result each.
    pub(super) fn crosses_each<'p, P>(&self, params: P) -> Vec<Result<Metrics>>
    where
        P: IntoIterator<Item = &'p Params, IntoIter: Clone>,
    {
        let params = params.into_iter();
        match self.crosses(params.clone()) {
            Ok(metrics) => metrics.into_iter().map(Ok).collect(),
            // Some window does not fit: each for itself, so that only those fail.
            Err(_) => params.map(|p| Ok(self.crosses(std::iter::once(p))?[0])).collect(),
        }
    }
}

impl Objective for BacktestObjective<'_> {
    type Scratch = Signals;

    fn evaluate(&self, signals: &mut Signals, request: &Request<'_>) -> Result<Metrics, Failure> {
        let whole = request.rows.is_none() && request.budget >= 1.0;
        if whole && self.is_cross() {
            return Ok(self.crosses(std::iter::once(request.params))?[0]);
        }
        Ok(self.measure(&self.indicators(1), signals, request)?)
    }

    fn evaluate_tile(
        &self,
        signals: &mut Signals,
        requests: &[Request<'_>],
        results: &mut Vec<Result<Metrics, Failure>>,
    ) {
        let whole = requests.iter().all(|r| r.rows.is_none() && r.budget >= 1.0);
        if whole && self.is_cross() {
            let each = self.crosses_each(requests.iter().map(|request| request.params));
            results.extend(each.into_iter().map(|result| result.map_err(Failure::from)));
            return;
        }
        let indicators = self.indicators(requests.len());
        let measure = |request| self.measure(&indicators, signals, request).map_err(Failure::from);
        results.extend(requests.iter().map(measure));
    }

    fn tile(&self) -> usize {
        match (&self.rule, &self.averages) {
            (Rule::Kind(StrategyKind::SmaCross), Some(_)) => 256,
            (Rule::Kind(StrategyKind::SmaCross), None) => 1024,
            _ => 64,
        }
    }

    fn period_returns(
        &self,
        signals: &mut Signals,
        request: &Request<'_>,
        returns: &mut Vec<f64>,
    ) -> Result<(), Failure> {
        let window = self.signals(&self.indicators(1), signals, request)?;
        let detail = Detail { equity: true, ..Detail::NONE };
        let result = match window {
            None => self.backtest.run_signals(signals, detail)?,
            Some(rows) => {
                let prepared = self.window(rows.clone())?;
                prepared.backtest().run_signals(&signals.slice(rows)?, detail)?
            }
        };
        let mut before = self.backtest.config().cash;
        for equity in result.equity.unwrap_or_default() {
            returns.push(equity / before - 1.0);
            before = equity;
        }
        Ok(())
    }
}

impl fmt::Debug for BacktestObjective<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BacktestObjective")
            .field("rule", &self.name())
            .field("backtest", &self.backtest)
            .finish_non_exhaustive()
    }
}

fn cross_of(params: &Params) -> Result<SmaCross> {
    Ok(SmaCross { fast: params.count("fast")?, slow: params.count("slow")? })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is complete at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
