//! Bars and a setting, ready to run strategies.

use tangency_pool::{Outcome, Pool};

use super::bars::Bars;
use super::config::{BacktestConfig, Execution};
use super::fast::{CrossScratch, PreparedBacktest};
use super::indicators::Indicators;
use super::moving_averages::MovingAverages;
use super::result::{BacktestResult, Detail};
use super::signals::Signals;
use super::simulation::{Details, simulate};
use super::statistics::Statistics;
use super::strategies::SmaCross;
use super::strategy::Strategy;
use super::trade::{Trade, TradeStatus};
use crate::error::{Error, ErrorKind, Result};

/// Bars with a setting; runs any number of strategies on them.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::{Backtest, BacktestConfig, Bars, Costs, Execution, SmaCross};
///
/// let closes: Vec<f64> = (0..300).map(|i| 100.0 + 10.0 * f64::from(i).to_radians().sin()).collect();
/// let config = BacktestConfig::new(252.0).with_costs(Costs::fee(0.001));
/// let backtest = Backtest::new(Bars::from_closes(&closes)?, config)?;
/// let result = backtest.run(&SmaCross { fast: 5, slow: 20 })?;
/// assert_eq!(result.execution, Execution::NextClose, "there are no opens");
/// assert_eq!(result.statistics.trades, 1);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Backtest<'a> {
    bars: Bars<'a>,
    config: BacktestConfig,
}

impl<'a> Backtest<'a> {
    /// Checks the setting; where there are only closes, orders fill at the next close.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] naming the field of the setting.
    pub fn new(bars: Bars<'a>, mut config: BacktestConfig) -> Result<Self> {
        config.check()?;
        if bars.open().is_none() {
            config.execution = Execution::NextClose;
        }
        Ok(Self { bars, config })
    }

    /// The bars.
    #[must_use]
    pub fn bars(&self) -> &Bars<'a> {
        &self.bars
    }

    /// The setting, with the execution that is used.
    #[must_use]
    pub fn config(&self) -> &BacktestConfig {
        &self.config
    }

    /// Runs one strategy for its statistics.
    ///
    /// # Errors
    ///
    /// Those of the strategy.
    pub fn run(&self, strategy: &dyn Strategy) -> Result<BacktestResult> {
        self.run_detailed(strategy, Detail::NONE)
    }

    /// Runs one strategy and keeps what `detail` asks for.
    ///
    /// # Errors
    ///
    /// Those of the strategy.
    pub fn run_detailed(&self, strategy: &dyn Strategy, detail: Detail) -> Result<BacktestResult> {
        let mut signals = Signals::default();
        strategy.signals_into(&self.bars, &mut signals)?;
        self.run_signals(&signals, detail)
    }

    /// Runs signals computed elsewhere.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongLength`] unless there is one of each a bar.
    pub fn run_signals(&self, signals: &Signals, detail: Detail) -> Result<BacktestResult> {
        self.check_length("signals", signals.len())?;
        let statistics = self.prepare().statistics(signals)?;
        let (fill, close) = (self.fill_prices(), self.bars.close());
        let mut details = Details::new(detail, close.len());
        if detail != Detail::NONE {
            let order = |bar| signals.order(bar);
            simulate(fill, close, &self.config, order, &mut details);
        }
        let Details { mut trades, equity, exposure } = details;
        for trade in trades.iter_mut().flatten() {
            self.excursions(trade);
        }
        let execution = self.config.execution;
        Ok(BacktestResult { execution, statistics, trades, equity, exposure })
    }

    /// The statistics of one strategy, with `signals` as the scratch space.
    ///
    /// # Errors
    ///
    /// Those of the strategy.
    pub fn statistics(&self, strategy: &dyn Strategy, signals: &mut Signals) -> Result<Statistics> {
        strategy.signals_into(&self.bars, signals)?;
        self.prepare().statistics(signals)
    }

    /// The statistics of one crossover over averages computed beforehand. The same bits as
    /// [`run`](Self::run). For many, [`prepare`](Self::prepare) first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnpreparedWindow`], or [`ErrorKind::WrongLength`] when the averages are of
    /// another number of bars.
    pub fn statistics_of_cross(
        &self,
        averages: &MovingAverages,
        cross: SmaCross,
    ) -> Result<Statistics> {
        self.prepare().statistics_of_cross(averages, cross)
    }

    /// Makes the tables that all runs on these bars share: one pass over the bars.
    #[must_use]
    pub fn prepare(&self) -> PreparedBacktest<'a> {
        PreparedBacktest::new(*self)
    }

    /// Runs many strategies on the pool, each for its statistics; outcomes are in their order and
    /// do not depend on the number of workers. Tables and indicators are shared by all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pool`] when the batch as a whole failed.
    pub fn run_many<S: Strategy>(
        &self,
        strategies: &[S],
        pool: &Pool,
    ) -> Result<Vec<Outcome<Statistics, Error>>> {
        let scratch =
            pool.worker_state(|_| Ok::<_, Error>((Signals::default(), CrossScratch::of_one())));
        let (prepared, indicators) = (self.prepare(), Indicators::new(self.bars));
        let report = pool.batch().with(&scratch).try_map(strategies, |scratch, strategy| {
            prepared.statistics_of(strategy, &indicators, scratch)
        });
        if let Some(error) = report.error() {
            return Err(ErrorKind::Pool { message: error.to_string() }.into());
        }
        Ok(report.outcomes)
    }

    /// Sets the excursions of a long trade from the highs and lows of the bars it was held in.
    fn excursions(&self, trade: &mut Trade) {
        let held = match self.config.execution {
            // In from the open of its first bar, out at the open of its last.
            Execution::NextOpen if trade.status == TradeStatus::Closed => {
                trade.entry_bar..trade.exit_bar
            }
            Execution::NextOpen => trade.entry_bar..trade.exit_bar + 1,
            Execution::NextClose => trade.entry_bar + 1..trade.exit_bar + 1,
        };
        // Fills, before and after slippage, are prices that were reached too.
        let fill = self.fill_prices();
        let mut fills = vec![trade.entry_price, fill[trade.entry_bar]];
        if trade.status == TradeStatus::Closed {
            fills.extend([trade.exit_price, fill[trade.exit_bar]]);
        }
        let (high, low) = (self.bars.high_or_close(), self.bars.low_or_close());
        let best = high[held.clone()].iter().chain(&fills).fold(0.0, |best: f64, p| best.max(*p));
        let worst = low[held].iter().chain(&fills).fold(f64::INFINITY, |worst, p| worst.min(*p));
        trade.favourable = best / trade.entry_price - 1.0;
        trade.adverse = worst / trade.entry_price - 1.0;
    }

    pub(super) fn fill_prices(&self) -> &'a [f64] {
        match self.config.execution {
            Execution::NextOpen => self.bars.open().unwrap_or(self.bars.close()),
            Execution::NextClose => self.bars.close(),
        }
    }

    pub(super) fn check_length(&self, what: &'static str, got: usize) -> Result<()> {
        let expected = self.bars.len();
        if expected == got {
            Ok(())
        } else {
            Err(ErrorKind::WrongLength { what, expected, got }.into())
        }
    }
}
