//! The pass over the bars of one or many assets, event by event.

use super::account::Account;
use super::actions::{ActionKind, CorporateAction};
use super::config::{AtEnd, EventConfig, require};
use super::order::{Order, OrderKind, Request};
use super::portfolio::AssetTrade;
use super::terms::BarRange;
use crate::backtest::bars::Bars;
use crate::backtest::config::{BacktestConfig, Execution};
use crate::backtest::result::Detail;
use crate::backtest::statistics::Statistics;
use crate::backtest::trade::{ExitReason, Side};
use crate::error::Result;

/// A close at which the strategy is asked.
pub(super) struct Moment<'m> {
    pub(super) bar: usize,
    pub(super) equity: f64,
    pub(super) account: &'m Account,
}

/// What comes of a run.
pub(super) struct RunOutcome {
    pub(super) statistics: Statistics,
    pub(super) turnover: f64,
    pub(super) mean_exposure: f64,
    pub(super) rejected: usize,
    pub(super) financing: f64,
    pub(super) trades: Option<Vec<AssetTrade>>,
    pub(super) equity: Option<Vec<f64>>,
    pub(super) exposure: Option<Vec<f64>>,
}

/// The prices of one asset; its closes where there is nothing else.
#[derive(Debug, Clone, Copy)]
struct Columns<'a> {
    open: &'a [f64],
    high: &'a [f64],
    low: &'a [f64],
    close: &'a [f64],
}

impl<'a> Columns<'a> {
    fn new(bars: &Bars<'a>) -> Self {
        let close = bars.close();
        let open = bars.open().unwrap_or(close);
        Self { open, high: bars.high_or_close(), low: bars.low_or_close(), close }
    }

    #[inline(always)]
    fn range(&self, bar: usize) -> BarRange {
        BarRange { open: self.open[bar], high: self.high[bar], low: self.low[bar] }
    }
}

/// The bar of the first action, or one that does not come.
fn first_bar(actions: &[&[CorporateAction]]) -> usize {
    actions
        .iter()
        .filter_map(|of_asset| of_asset.first())
        .map(|it| it.bar)
        .min()
        .unwrap_or(usize::MAX)
}

pub(super) struct Run<'r, 'a> {
    /// One an asset, of the same number of bars each.
    columns: Vec<Columns<'a>>,
    n_bars: usize,
    config: &'r EventConfig,
    /// Whether money changes hands for holding it.
    has_rates: bool,
    /// What is left of the actions of each asset, and the bar of the first of them.
    actions: Vec<&'a [CorporateAction]>,
    next_action: usize,
    account: Account,
    requests: Vec<(usize, Request)>,
    /// Decided at the close before.
    placed: Vec<(usize, Request)>,
    waiting: Vec<(usize, Order)>,
    is_ruined: bool,
    financing: f64,
    exposure_sum: f64,
    equity_sum: f64,
    equity: Option<Vec<f64>>,
    exposure: Option<Vec<f64>>,
}

impl<'r, 'a> Run<'r, 'a> {
    /// At least one asset; the caller has checked bars, setting and actions.
    pub(super) fn new(
        bars: &[Bars<'a>],
        config: &'r EventConfig,
        actions: &[&'a [CorporateAction]],
        detail: Detail,
    ) -> Self {
        let n_bars = bars[0].len();
        let column = |wanted: bool| wanted.then(|| Vec::with_capacity(n_bars));
        let costs = &config.costs;
        Self {
            columns: bars.iter().map(Columns::new).collect(),
            n_bars,
            config,
            has_rates: [costs.cash_rate, costs.debit_rate, costs.borrow_rate] != [0.0; 3],
            actions: actions.to_vec(),
            next_action: first_bar(actions),
            account: Account::new(config, bars.len(), detail.trades),
            requests: Vec::new(),
            placed: Vec::new(),
            waiting: Vec::new(),
            is_ruined: false,
            financing: 0.0,
            exposure_sum: 0.0,
            equity_sum: 0.0,
            equity: column(detail.equity),
            exposure: column(detail.exposure),
        }
    }

    /// Goes through all bars; `ask` places requests at each close.
    pub(super) fn all(
        mut self,
        mut ask: impl FnMut(&Moment<'_>, &mut Vec<(usize, Request)>) -> Result<()>,
    ) -> Result<RunOutcome> {
        for bar in 0..self.n_bars {
            self.trade(bar);
            let equity = self.mark(bar);
            self.decide(bar, equity, &mut ask)?;
        }
        Ok(self.finish())
    }

    /// Steps 1 to 4, and the orders of step 5.
    fn trade(&mut self, bar: usize) {
        // First on what was held overnight, at the prices it was held at.
        if self.has_rates {
            self.finance(bar);
        }
        if bar == self.next_action {
            self.corporate_actions(bar);
        }
        if self.account.lots.is_empty() && self.placed.is_empty() && self.waiting.is_empty() {
            return;
        }
        let at_open = self.config.execution == Execution::NextOpen;
        // What is at hand is worth its open until it trades or the bar closes.
        for (mark, columns) in self.account.marks.iter_mut().zip(&self.columns) {
            *mark = columns.open[bar];
        }
        if at_open {
            self.market_orders(bar);
        }
        if !self.account.lots.is_empty() {
            self.levels(bar);
        }
        for lot in &mut self.account.lots {
            let Columns { high, low, .. } = &self.columns[lot.asset];
            lot.reach(low[bar], high[bar]);
        }
        if !self.waiting.is_empty() {
            self.waiting_orders(bar);
        }
        for (mark, columns) in self.account.marks.iter_mut().zip(&self.columns) {
            *mark = columns.close[bar];
        }
        if !at_open {
            self.market_orders(bar);
        }
        if bar + 1 == self.n_bars && self.config.at_end == AtEnd::CloseAtLastOpen {
            for (asset, columns) in self.columns.iter().enumerate() {
                let price = if at_open { columns.open[bar] } else { columns.close[bar] };
                self.account.close_asset(asset, bar, price, ExitReason::EndOfData);
            }
        }
    }

    /// Marks the equity at the close; ends what the equity does not carry.
    fn mark(&mut self, bar: usize) -> f64 {
        let account = &mut self.account;
        let (mut equity, gross) = account.equity_and_gross();
        let needed = self.config.maintenance_margin;
        if equity <= 0.0 && !self.is_ruined {
            account.close_all(bar, ExitReason::Ruin);
            self.waiting.clear();
            self.is_ruined = true;
            equity = account.cash;
        } else if needed > 0.0 && equity < needed * gross {
            account.close_all(bar, ExitReason::MarginCall);
            equity = account.cash;
        }
        let in_market = !account.lots.is_empty();
        // A bar in cash that leaves the equity as it was adds nothing to any sum.
        if in_market || equity != account.tally.equity {
            account.tally.close(equity, in_market);
        }
        self.equity_sum += equity;
        if in_market {
            self.exposure_sum += gross / equity;
        }
        if let Some(column) = &mut self.equity {
            column.push(equity);
        }
        if let Some(column) = &mut self.exposure {
            column.push(account.net() / equity);
        }
        equity
    }

    fn decide(
        &mut self,
        bar: usize,
        equity: f64,
        ask: &mut impl FnMut(&Moment<'_>, &mut Vec<(usize, Request)>) -> Result<()>,
    ) -> Result<()> {
        let n = self.n_bars;
        if self.is_ruined || bar + 1 == n {
            return Ok(());
        }
        if bar >= self.config.first_decision {
            ask(&Moment { bar, equity, account: &self.account }, &mut self.requests)?;
            if !self.requests.is_empty() {
                self.place()?;
            }
        }
        Ok(())
    }

    fn place(&mut self) -> Result<()> {
        let finite =
            |weight: f64| require("target weight", weight, weight.is_finite(), "a finite number");
        for (asset, request) in self.requests.drain(..) {
            match &request {
                Request::Open(order) => {
                    order.check()?;
                    if order.kind != OrderKind::Market {
                        self.waiting.push((asset, *order));
                        continue;
                    }
                }
                Request::Target(weight) => finite(*weight)?,
                Request::Targets(weights) => weights.iter().try_for_each(|w| finite(*w))?,
                Request::Close => {}
                Request::CancelWaiting => {
                    self.waiting.retain(|(waiting, _)| *waiting != asset);
                    continue;
                }
            }
            self.placed.push((asset, request));
        }
        Ok(())
    }

    /// Dividends first: they are for units as they were at the close before.
    fn corporate_actions(&mut self, bar: usize) {
        for asset in 0..self.actions.len() {
            let actions = self.actions[asset];
            let count = actions.iter().take_while(|action| action.bar == bar).count();
            let (now, later) = actions.split_at(count);
            for action in now {
                if let ActionKind::Dividend(money) = action.kind {
                    self.account.cash += money * self.account.position(asset);
                }
            }
            for action in now {
                if let ActionKind::Split(ratio) = action.kind {
                    // Nothing is held before the first close.
                    let before = self.columns[asset].close[bar.saturating_sub(1)];
                    self.account.split(asset, ratio, bar, before);
                    self.split_waiting(asset, ratio);
                }
            }
            self.actions[asset] = later;
        }
        self.next_action = first_bar(&self.actions);
    }

    /// A split changes what waiting orders mean: their prices and levels, and their units.
    fn split_waiting(&mut self, asset: usize, ratio: f64) {
        for (_, order) in self.waiting.iter_mut().filter(|(waiting, _)| *waiting == asset) {
            order.split(ratio);
        }
        for (_, request) in self.placed.iter_mut().filter(|(placed, _)| *placed == asset) {
            if let Request::Open(order) = request {
                order.split(ratio);
            }
        }
    }

    /// Interest since the close before; none on money alone where it bears none, and none on what a lost
    /// account owes.
    fn finance(&mut self, bar: usize) {
        let Some(before) = bar.checked_sub(1).filter(|_| !self.is_ruined) else { return };
        let (costs, account) = (&self.config.costs, &mut self.account);
        if account.lots.is_empty() && costs.cash_rate == 0.0 {
            return;
        }
        let cash_rate = if account.cash > 0.0 { costs.cash_rate } else { costs.debit_rate };
        let shorted: f64 = account
            .lots
            .iter()
            .filter(|lot| lot.trade.side == Side::Short)
            .map(|lot| lot.trade.size * self.columns[lot.asset].close[before])
            .sum();
        let paid =
            (account.cash * cash_rate - shorted * costs.borrow_rate) / self.config.periods_per_year;
        account.cash += paid;
        self.financing += paid;
    }

    /// Orders of the close before, at the marks.
    fn market_orders(&mut self, bar: usize) {
        let account = &mut self.account;
        if self.placed.is_empty() && bar < account.first_due {
            return;
        }
        let mut at = 0;
        while let Some(lot) = account.lots.get(at) {
            if lot.is_due(bar) {
                let price = account.marks[lot.asset];
                account.close(at, f64::INFINITY, bar, price, ExitReason::Time);
            } else {
                at += 1;
            }
        }
        for (asset, request) in self.placed.drain(..) {
            let price = account.marks[asset];
            match request {
                Request::Open(order) => account.open(asset, &order, bar, price),
                Request::Close => account.close_asset(asset, bar, price, ExitReason::Signal),
                Request::Target(weight) => account.targets(&[(asset, weight)], bar),
                Request::Targets(weights) => {
                    let targets: Vec<_> = weights.into_iter().enumerate().collect();
                    account.targets(&targets, bar);
                }
                Request::CancelWaiting => {}
            }
        }
    }

    /// Stops and take profits of every lot, the oldest first.
    fn levels(&mut self, bar: usize) {
        let mut at = 0;
        while let Some(lot) = self.account.lots.get(at) {
            let range = self.columns[lot.asset].range(bar);
            let exit = lot
                .may_end(&range)
                .then(|| range.level_exit(lot.trade.side, lot.stop_level(), lot.take()));
            match exit.flatten() {
                Some((price, reason)) => {
                    self.account.close(at, f64::INFINITY, bar, price, reason);
                }
                None => at += 1,
            }
        }
    }

    fn waiting_orders(&mut self, bar: usize) {
        let waiting = std::mem::take(&mut self.waiting);
        for (asset, order) in waiting {
            let range = self.columns[asset].range(bar);
            let Some(price) = order.kind.fill_within(order.side, &range) else {
                self.waiting.push((asset, order));
                continue;
            };
            let before = self.account.lots.len();
            self.account.open(asset, &order, bar, price);
            // The worst is assumed of the rest of the bar.
            let rest = BarRange { open: price, ..range };
            let Some(lot) = self.account.lots.get_mut(before) else { continue };
            match rest.level_exit(order.side, lot.stop_level(), None) {
                Some((exit, reason)) => {
                    self.account.close(before, f64::INFINITY, bar, exit, reason);
                }
                None => {
                    let is_above = order.kind.is_above(order.side);
                    let [low, high] = range.after(price, is_above, self.columns[asset].close[bar]);
                    lot.reach(low, high);
                }
            }
        }
    }

    fn finish(mut self) -> RunOutcome {
        let n = self.n_bars;
        self.account.list_open(n - 1);
        let setting = BacktestConfig::new(self.config.periods_per_year).with_cash(self.config.cash);
        RunOutcome {
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
