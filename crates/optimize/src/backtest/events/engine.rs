//! The pass over the bars, event by event.

use super::account::Account;
use super::actions::{ActionKind, CorporateAction};
use super::config::{AtEnd, EventConfig, require};
use super::order::{BarView, Order, OrderKind, OrderStrategy, Orders, Request};
use super::plan::{Planned, TradePlan};
use super::result::EventResult;
use crate::backtest::bars::Bars;
use crate::backtest::config::{BacktestConfig, Execution};
use crate::backtest::result::Detail;
use crate::backtest::signals::Signals;
use crate::backtest::strategy::Strategy;
use crate::backtest::trade::{ExitReason, Side};
use crate::error::{ErrorKind, Result};

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
        let mut before = 0;
        for action in actions {
            let in_order = (before..self.bars.len()).contains(&action.bar);
            require("bar of an action", action.bar as f64, in_order, "in order, within the data")?;
            before = action.bar;
            match action.kind {
                ActionKind::Dividend(money) => {
                    require("dividend", money, money.is_finite() && money >= 0.0, "0 or more")?;
                }
                ActionKind::Split(ratio) => {
                    require("split", ratio, ratio.is_finite() && ratio > 0.0, "above 0")?;
                }
            }
        }
        self.actions = actions;
        Ok(self)
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
        let (expected, got) = (self.bars.len(), signals.len());
        if expected != got {
            return Err(ErrorKind::WrongLength { what: "signals", expected, got }.into());
        }
        for (name, away) in [("stop_loss", plan.stop_loss), ("take_profit", plan.take_profit)] {
            let away = away.unwrap_or(0.5);
            require(name, away, away > 0.0 && away.is_finite(), "a fraction above 0")?;
        }
        plan.order(Side::Long, 1.0).check()?;
        let pyramiding = self.config.max_lots > 1;
        self.run_detailed(&mut Planned { signals, plan, pyramiding }, detail)
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
        let mut run = Run::new(self, detail);
        for bar in 0..self.bars.len() {
            run.step(bar, strategy)?;
        }
        Ok(run.finish())
    }
}

struct Run<'r, 'a> {
    backtest: &'r EventBacktest<'a>,
    account: Account,
    orders: Orders,
    /// Decided at the close before.
    placed: Vec<Request>,
    waiting: Vec<Order>,
    actions: &'a [CorporateAction],
    is_ruined: bool,
    financing: f64,
    exposure_sum: f64,
    equity_sum: f64,
    equity: Option<Vec<f64>>,
    exposure: Option<Vec<f64>>,
}

impl<'r, 'a> Run<'r, 'a> {
    fn new(backtest: &'r EventBacktest<'a>, detail: Detail) -> Self {
        let column = |wanted: bool| wanted.then(|| Vec::with_capacity(backtest.bars.len()));
        Self {
            backtest,
            account: Account::new(&backtest.config, detail.trades),
            orders: Orders::default(),
            placed: Vec::new(),
            waiting: Vec::new(),
            actions: backtest.actions,
            is_ruined: false,
            financing: 0.0,
            exposure_sum: 0.0,
            equity_sum: 0.0,
            equity: column(detail.equity),
            exposure: column(detail.exposure),
        }
    }

    fn step(&mut self, bar: usize, strategy: &mut dyn OrderStrategy) -> Result<()> {
        let (bars, config) = (&self.backtest.bars, &self.backtest.config);
        let close = bars.close()[bar];
        let open = bars.open().map_or(close, |open| open[bar]);
        let (high, low) = (bars.high_or_close()[bar], bars.low_or_close()[bar]);
        self.corporate_actions(bar);
        if bar > 0 && !self.account.lots.is_empty() || config.costs.cash_rate != 0.0 {
            self.finance(bar);
        }
        let at_open = config.execution == Execution::NextOpen;
        if at_open {
            self.market_orders(bar, open);
        }
        if !self.account.lots.is_empty() {
            self.levels(bar, open, high, low);
        }
        if !self.waiting.is_empty() {
            self.waiting_orders(bar, open, high, low);
        }
        self.account.reach(high, low);
        if !at_open {
            self.market_orders(bar, close);
        }

        let mut equity = self.account.equity(close);
        if equity <= 0.0 && !self.is_ruined {
            self.account.close_all(bar, close, ExitReason::Ruin);
            self.is_ruined = true;
            equity = self.account.cash;
        }
        let in_market = !self.account.lots.is_empty();
        let position = self.account.position();
        // A bar in cash that leaves the equity as it was adds nothing to any sum.
        if in_market || equity != self.account.tally.equity {
            self.account.tally.close(equity, in_market);
        }
        self.equity_sum += equity;
        if in_market {
            self.exposure_sum += self.account.gross(close) / equity;
        }
        if let Some(column) = &mut self.equity {
            column.push(equity);
        }
        if let Some(column) = &mut self.exposure {
            column.push(position * close / equity);
        }
        if self.is_ruined || bar + 1 == bars.len() {
            return Ok(());
        }
        if bar >= config.first_decision {
            let view = BarView {
                bars: bars.up_to(bar),
                equity,
                cash: self.account.cash,
                position,
                lots: self.account.lots.len(),
            };
            strategy.on_bar(&view, &mut self.orders)?;
            self.place()?;
        }
        if config.at_end == AtEnd::CloseAtLastOpen && bar + 2 == bars.len() {
            self.placed.clear();
            self.waiting.clear();
            self.placed.push(Request::Close);
        }
        Ok(())
    }

    fn place(&mut self) -> Result<()> {
        for request in self.orders.requests.drain(..) {
            match request {
                Request::Open(order) => {
                    order.check()?;
                    if order.kind == OrderKind::Market {
                        self.placed.push(request);
                    } else {
                        self.waiting.push(order);
                    }
                }
                Request::Target(weight) => {
                    require("target weight", weight, weight.is_finite(), "a finite number")?;
                    self.placed.push(request);
                }
                Request::Close => self.placed.push(request),
                Request::CancelWaiting => self.waiting.clear(),
            }
        }
        Ok(())
    }

    fn corporate_actions(&mut self, bar: usize) {
        while let Some((action, rest)) = self.actions.split_first()
            && action.bar == bar
        {
            match action.kind {
                ActionKind::Dividend(money) => {
                    self.account.cash += money * self.account.position();
                }
                ActionKind::Split(ratio) => {
                    self.account.split(ratio);
                    for order in &mut self.waiting {
                        if let OrderKind::Limit(price) | OrderKind::Stop(price) = &mut order.kind {
                            *price /= ratio;
                        }
                    }
                }
            }
            self.actions = rest;
        }
    }

    fn finance(&mut self, bar: usize) {
        let Some(before) = bar.checked_sub(1) else { return };
        let (config, account) = (&self.backtest.config, &mut self.account);
        let costs = &config.costs;
        let cash_rate = if account.cash > 0.0 { costs.cash_rate } else { costs.debit_rate };
        let shorted: f64 = account
            .lots
            .iter()
            .filter(|lot| lot.trade.side == Side::Short)
            .map(|lot| lot.trade.size * self.backtest.bars.close()[before])
            .sum();
        let paid =
            (account.cash * cash_rate - shorted * costs.borrow_rate) / config.periods_per_year;
        account.cash += paid;
        self.financing += paid;
    }

    fn market_orders(&mut self, bar: usize, price: f64) {
        for at in (0..self.account.lots.len()).rev() {
            if self.account.lots[at].is_due(bar) {
                self.account.close(at, f64::INFINITY, bar, price, ExitReason::Time);
            }
        }
        for request in self.placed.drain(..) {
            match request {
                Request::Open(order) => self.account.open(&order, bar, price),
                Request::Close => self.account.close_all(bar, price, ExitReason::Signal),
                Request::Target(weight) => self.account.target(weight, bar, price),
                Request::CancelWaiting => {}
            }
        }
    }

    /// Stops and take profits of every lot.
    fn levels(&mut self, bar: usize, open: f64, high: f64, low: f64) {
        for at in (0..self.account.lots.len()).rev() {
            let lot = &self.account.lots[at];
            let is_long = lot.trade.side == Side::Long;
            let stop = lot.stop_level().and_then(|(stop, reason)| {
                Some((beyond(stop, !is_long, open, high, low)?, reason))
            });
            let take = || {
                let price = beyond(lot.take?, is_long, open, high, low)?;
                Some((price, ExitReason::TakeProfit))
            };
            if let Some((price, reason)) = stop.or_else(take) {
                self.account.close(at, f64::INFINITY, bar, price, reason);
            }
        }
    }

    fn waiting_orders(&mut self, bar: usize, open: f64, high: f64, low: f64) {
        let waiting = std::mem::take(&mut self.waiting);
        for order in waiting {
            let is_long = order.side == Side::Long;
            let fill = match order.kind {
                OrderKind::Limit(price) => beyond(price, !is_long, open, high, low),
                OrderKind::Stop(price) => beyond(price, is_long, open, high, low),
                OrderKind::Market => Some(open),
            };
            let Some(price) = fill else {
                self.waiting.push(order);
                continue;
            };
            let before = self.account.lots.len();
            self.account.open(&order, bar, price);
            // The worst is assumed of the rest of the bar.
            if let Some(lot) = self.account.lots.get(before)
                && let Some((stop, reason)) = lot.stop_level()
                && let Some(exit) = beyond(stop, !is_long, price, high, low)
            {
                self.account.close(before, f64::INFINITY, bar, exit, reason);
            }
        }
    }

    fn finish(mut self) -> EventResult {
        let (bars, config) = (&self.backtest.bars, &self.backtest.config);
        let n = bars.len();
        self.account.list_open(n - 1, bars.close()[n - 1]);
        let setting = BacktestConfig::new(config.periods_per_year).with_cash(config.cash);
        EventResult {
            execution: config.execution,
            statistics: self.account.tally.statistics(n, &setting),
            turnover: self.account.traded_value / (self.equity_sum / n as f64),
            mean_exposure: self.exposure_sum / n as f64,
            rejected: self.account.rejected,
            financing: self.financing,
            trades: self.account.trades,
            equity: self.equity,
            exposure: self.exposure,
        }
    }
}

/// Where a level is reached, if it is: at the open where that is beyond it, else at the level.
fn beyond(level: f64, is_above: bool, open: f64, high: f64, low: f64) -> Option<f64> {
    if is_above {
        (high.max(open) >= level).then(|| open.max(level))
    } else {
        (low.min(open) <= level).then(|| open.min(level))
    }
}
