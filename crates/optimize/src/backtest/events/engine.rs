//! One asset, its bars with a setting.

use tangency_pool::{Outcome, Pool};

use super::actions::{CorporateAction, check_actions};
use super::config::EventConfig;
use super::order::{BarView, OrderStrategy, Orders};
use super::plan::{Direction, EntryPrice, Planned, TradePlan};
use super::planned::PreparedEvents;
use super::result::EventResult;
use super::run::{Moment, Run};
use crate::backtest::bars::Bars;
use crate::backtest::config::Execution;
use crate::backtest::indicators::Indicators;
use crate::backtest::result::Detail;
use crate::backtest::signals::Signals;
use crate::backtest::strategy::Strategy;
use crate::error::{Error, ErrorKind, Result};

/// Bars with a setting, ready for strategies that place orders.
///
/// # Examples
///
/// A crossover with a 5 % stop and a 20 % profit target, in whole units:
///
/// ```
/// use tangency_optimize::backtest::events::{EventBacktest, EventConfig, TradePlan};
/// use tangency_optimize::backtest::{Bars, Detail, SmaCross};
///
/// let close: Vec<f64> =
///     (0..300).map(|i| 100.0 + 20.0 * (f64::from(i) / 15.0).sin() + f64::from(i % 7)).collect();
/// let config = EventConfig::backtesting_py(252.0);
/// let backtest = EventBacktest::new(Bars::from_closes(&close)?, config)?;
/// let plan = TradePlan { stop_loss: Some(0.05), take_profit: Some(0.2), ..TradePlan::all_in() };
/// let result = backtest.run_strategy(&SmaCross { fast: 5, slow: 20 }, &plan, Detail::ALL)?;
/// let trades = result.trades.expect("asked for");
/// assert!(trades.iter().all(|trade| trade.size.fract() == 0.0));
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct EventBacktest<'a> {
    bars: Bars<'a>,
    config: EventConfig,
    actions: &'a [CorporateAction],
}

impl<'a> EventBacktest<'a> {
    /// Checks the setting; where there are only closes, market orders fill at the next close.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] naming the field of the setting.
    pub fn new(bars: Bars<'a>, mut config: EventConfig) -> Result<Self> {
        config.check()?;
        if bars.open().is_none() {
            config.execution = Execution::NextClose;
        }
        Ok(Self { bars, config, actions: &[] })
    }

    /// With splits and dividends, in order of their bars; for prices that are not adjusted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] for a bar out of order or beyond the data, a dividend below 0,
    /// or a ratio that is not above 0.
    pub fn with_actions(mut self, actions: &'a [CorporateAction]) -> Result<Self> {
        check_actions(actions, self.bars.len())?;
        self.actions = actions;
        Ok(self)
    }

    /// The bars.
    #[must_use]
    pub fn bars(&self) -> &Bars<'a> {
        &self.bars
    }

    /// The corporate actions.
    #[must_use]
    pub fn actions(&self) -> &'a [CorporateAction] {
        self.actions
    }

    /// The setting, with the execution that is used.
    #[must_use]
    pub fn config(&self) -> &EventConfig {
        &self.config
    }

    /// Runs a strategy that places orders, for its figures.
    ///
    /// # Errors
    ///
    /// Those of the strategy, and [`ErrorKind::InvalidParameter`] for an order that makes no sense.
    pub fn run(&self, strategy: &mut dyn OrderStrategy) -> Result<EventResult> {
        self.run_detailed(strategy, Detail::NONE)
    }

    /// Runs the signals of a strategy under a plan.
    ///
    /// # Errors
    ///
    /// Those of the strategy, and as [`run_signals`](Self::run_signals).
    pub fn run_strategy(
        &self,
        strategy: &dyn Strategy,
        plan: &TradePlan,
        detail: Detail,
    ) -> Result<EventResult> {
        let mut signals = Signals::default();
        strategy.signals_into(&self.bars, &mut signals)?;
        self.run_signals(&signals, plan, detail)
    }

    /// Runs signals computed elsewhere under a plan.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongLength`] unless there is one of each a bar, [`ErrorKind::InvalidParameter`]
    /// for a plan that makes no sense.
    pub fn run_signals(
        &self,
        signals: &Signals,
        plan: &TradePlan,
        detail: Detail,
    ) -> Result<EventResult> {
        if self.goes_from_event_to_event(plan) {
            return self.prepare().run_signals(signals, plan, detail);
        }
        self.check_length(signals)?;
        plan.check()?;
        self.run_bar_by_bar(signals, plan, detail)
    }

    pub(super) fn check_length(&self, signals: &Signals) -> Result<()> {
        let (expected, got) = (self.bars.len(), signals.len());
        if expected == got {
            Ok(())
        } else {
            Err(ErrorKind::WrongLength { what: "signals", expected, got }.into())
        }
    }

    /// Whether nothing happens between signals, levels and times.
    pub(super) fn goes_from_event_to_event(&self, plan: &TradePlan) -> bool {
        let costs = &self.config.costs;
        let reverses_by_waiting =
            plan.direction == Direction::Both && plan.entry != EntryPrice::Market;
        self.config.max_lots == 1
            && self.config.maintenance_margin == 0.0
            && [costs.borrow_rate, costs.cash_rate, costs.debit_rate] == [0.0; 3]
            && self.actions.is_empty()
            && !reverses_by_waiting
    }

    /// Signals, as many as bars, under a plan that makes sense, by the general engine.
    pub(super) fn run_bar_by_bar(
        &self,
        signals: &Signals,
        plan: &TradePlan,
        detail: Detail,
    ) -> Result<EventResult> {
        let pyramiding = self.config.max_lots > 1;
        self.run_detailed(&mut Planned { signals, plan, pyramiding }, detail)
    }

    /// Makes the tables that all runs of signals on these bars share: one pass over the bars.
    #[must_use]
    pub fn prepare(&self) -> PreparedEvents<'a> {
        PreparedEvents::new(*self)
    }

    /// Runs every strategy under every plan on the pool, each for its figures; the outcome of a
    /// strategy holds its results in the order of the plans. Tables and indicators are shared by
    /// all, the signals of a strategy by its plans. Nothing depends on the number of workers.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pool`] when the batch as a whole failed.
    pub fn run_many<S: Strategy>(
        &self,
        strategies: &[S],
        plans: &[TradePlan],
        pool: &Pool,
    ) -> Result<Vec<Outcome<Vec<EventResult>, Error>>> {
        let scratch = pool.worker_state(|_| Ok::<_, Error>(Signals::default()));
        let (prepared, indicators) = (self.prepare(), Indicators::new(self.bars));
        let report = pool.batch().with(&scratch).try_map(strategies, |signals, strategy| {
            strategy.signals_shared(&indicators, signals)?;
            prepared.run_plans(signals, plans)
        });
        if let Some(error) = report.error() {
            return Err(ErrorKind::Pool { message: error.to_string() }.into());
        }
        Ok(report.outcomes)
    }

    /// Runs a strategy that places orders and keeps what `detail` asks for.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_detailed(
        &self,
        strategy: &mut dyn OrderStrategy,
        detail: Detail,
    ) -> Result<EventResult> {
        let (bars, actions) = ([self.bars], [self.actions]);
        let mut orders = Orders::default();
        let run = Run::new(&bars, &self.config, &actions, detail);
        let outcome = run.all(|moment, requests| {
            let Moment { bar, equity, account } = moment;
            let view = BarView {
                bars: self.bars.up_to(*bar),
                equity: *equity,
                cash: account.cash,
                position: account.position(0),
                lots: account.lots.len(),
            };
            strategy.on_bar(&view, &mut orders)?;
            if !orders.requests.is_empty() {
                requests.append(&mut orders.requests);
            }
            Ok(())
        })?;
        Ok(EventResult {
            execution: self.config.execution,
            statistics: outcome.statistics,
            turnover: outcome.turnover,
            mean_exposure: outcome.mean_exposure,
            rejected: outcome.rejected,
            financing: outcome.financing,
            trades: outcome
                .trades
                .map(|trades| trades.into_iter().map(|listed| listed.trade).collect()),
            equity: outcome.equity,
            exposure: outcome.exposure,
        })
    }
}
