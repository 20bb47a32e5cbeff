//! Cash, lots and what a fill does to them.

use super::config::{EventConfig, TradingCosts, Units};
use super::order::{Level, Order, Sizing};
use crate::backtest::statistics::Tally;
use crate::backtest::trade::{ExitReason, Side, Trade, TradeStatus};

/// One entry that is still held, in whole or in part.
#[derive(Debug, Clone)]
pub(super) struct Lot {
    pub(super) trade: Trade,
    pub(super) stop: Option<f64>,
    pub(super) take: Option<f64>,
    trailing: Option<f64>,
    max_bars: Option<usize>,
    /// Best and worst price since the entry, from the side's point of view.
    best: f64,
    worst: f64,
}

impl Lot {
    fn sign(&self) -> f64 {
        self.trade.side.sign()
    }

    pub(super) fn is_due(&self, bar: usize) -> bool {
        self.max_bars.is_some_and(|bars| bar >= self.trade.entry_bar + bars)
    }

    /// The stop that counts now: the nearer of the fixed and the trailing one.
    pub(super) fn stop_level(&self) -> Option<(f64, ExitReason)> {
        let trail = self.trailing.map(|away| self.best * (1.0 - self.sign() * away));
        let fixed = self.stop.map(|stop| (stop, ExitReason::StopLoss));
        match (fixed, trail) {
            (Some((stop, _)), Some(trail)) if (trail - stop) * self.sign() > 0.0 => {
                Some((trail, ExitReason::TrailingStop))
            }
            (None, Some(trail)) => Some((trail, ExitReason::TrailingStop)),
            (fixed, _) => fixed,
        }
    }

    /// Takes a price that was reached while holding.
    pub(super) fn reach(&mut self, price: f64) {
        let sign = self.sign();
        if (price - self.best) * sign > 0.0 {
            self.best = price;
        }
        if (price - self.worst) * sign < 0.0 {
            self.worst = price;
        }
    }

    fn split(&mut self, ratio: f64) {
        self.trade.size *= ratio;
        for price in [&mut self.trade.entry_price, &mut self.best, &mut self.worst] {
            *price /= ratio;
        }
        for level in [&mut self.stop, &mut self.take].into_iter().flatten() {
            *level /= ratio;
        }
    }
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) cash: f64,
    pub(super) lots: Vec<Lot>,
    pub(super) tally: Tally,
    pub(super) trades: Option<Vec<Trade>>,
    pub(super) traded_value: f64,
    pub(super) rejected: usize,
    costs: TradingCosts,
    units: Units,
    leverage: f64,
    max_lots: usize,
}

impl Account {
    pub(super) fn new(config: &EventConfig, keep_trades: bool) -> Self {
        Self {
            cash: config.cash,
            lots: Vec::new(),
            tally: Tally::new(config.cash),
            trades: keep_trades.then(Vec::new),
            traded_value: 0.0,
            rejected: 0,
            costs: config.costs,
            units: config.units,
            leverage: config.leverage,
            max_lots: config.max_lots,
        }
    }

    /// Units held, negative when short.
    pub(super) fn position(&self) -> f64 {
        self.lots.iter().map(|lot| lot.trade.size * lot.sign()).sum()
    }

    /// Value of all lots, without their signs.
    pub(super) fn gross(&self, price: f64) -> f64 {
        self.lots.iter().map(|lot| lot.trade.size * price).sum()
    }

    pub(super) fn equity(&self, price: f64) -> f64 {
        self.lots.iter().fold(self.cash, |cash, lot| cash + lot.trade.size * price * lot.sign())
    }

    fn fill_price(&self, price: f64, is_buying: bool, is_entry: bool) -> f64 {
        let sign = if is_buying { 1.0 } else { -1.0 };
        let mut price = price * (1.0 + sign * self.costs.slippage);
        if self.costs.spread > 0.0 {
            price *= 1.0 + sign * 0.5 * self.costs.spread;
        }
        if is_entry && self.costs.entry_spread > 0.0 {
            price *= 1.0 + sign * self.costs.entry_spread;
        }
        price
    }

    fn fee(&self, units: f64, price: f64) -> f64 {
        units * price * self.costs.fee + self.costs.per_unit * units + self.costs.fixed
    }

    /// Opens a lot at a price before costs; too little money or no room is a rejection.
    pub(super) fn open(&mut self, order: &Order, bar: usize, raw: f64) {
        let price = self.fill_price(raw, order.side == Side::Long, true);
        let a_unit = price * (1.0 + self.costs.fee) + self.costs.per_unit;
        let (equity, funds) = if self.lots.is_empty() {
            (self.cash, self.cash * self.leverage)
        } else {
            let equity = self.equity(raw);
            (equity, equity * self.leverage - self.gross(raw))
        };
        let sign = order.side.sign();
        let stop = match order.stop_loss {
            Some(Level::Price(stop)) => Some(stop),
            Some(Level::Away(away)) => Some(price * (1.0 - sign * away)),
            None => None,
        };
        let take = order.take_profit.map(|level| match level {
            Level::Price(take) => take,
            Level::Away(away) => price * (1.0 + sign * away),
        });
        let share = match order.size {
            // Just below all of it, so that rounding never asks for more than there is.
            Sizing::Funds(1.0) if self.units == Units::Whole => 1.0 - f64::EPSILON,
            Sizing::Funds(share) => share,
            _ => 0.0,
        };
        let mut size = match order.size {
            Sizing::Funds(_) => (funds * share - self.costs.fixed) / a_unit,
            Sizing::Equity(share) => equity * share / price,
            Sizing::Units(units) => units,
            Sizing::Value(value) => value / price,
            Sizing::Risk(share) => equity * share / ((price - stop.unwrap_or(price)) * sign),
        };
        if self.units == Units::Whole {
            size = size.floor();
        }
        let fee = self.fee(size, price);
        let is_exact = matches!(order.size, Sizing::Funds(_)) && self.units == Units::Fractional;
        let spent = size * price + fee;
        let affordable = is_exact || spent <= funds * (1.0 + 1e-12);
        let has_room = self.lots.len() < self.max_lots;
        if !(size > 0.0 && size.is_finite() && funds > 0.0 && affordable && has_room) {
            self.rejected += 1;
            return;
        }
        self.cash -= match order.side {
            // By construction; keeps the crumbs of rounding out of the cash.
            Side::Long if is_exact => funds * share,
            Side::Long => spent,
            Side::Short => fee - size * price,
        };
        self.tally.entered(fee);
        self.traded_value += size * price;
        let trade = Trade {
            entry_bar: bar,
            entry_price: price,
            size,
            entry_fee: fee,
            side: order.side,
            ..Trade::NONE
        };
        let (trailing, max_bars) = (order.trailing_stop, order.max_bars);
        let mut lot = Lot { trade, stop, take, trailing, max_bars, best: price, worst: price };
        lot.reach(raw);
        self.lots.push(lot);
    }

    /// Closes `units` of lot number `at`, all of it at most, at a price before costs.
    pub(super) fn close(
        &mut self,
        at: usize,
        units: f64,
        bar: usize,
        raw: f64,
        reason: ExitReason,
    ) {
        let side = self.lots[at].trade.side;
        let price = self.fill_price(raw, side == Side::Short, false);
        let whole = units >= self.lots[at].trade.size;
        let mut lot = if whole {
            self.lots.remove(at)
        } else {
            let rest = &mut self.lots[at].trade;
            let part = units / rest.size;
            let mut lot = Lot { trade: *rest, ..self.lots[at].clone() };
            lot.trade.size = units;
            lot.trade.entry_fee *= part;
            let rest = &mut self.lots[at].trade;
            rest.size -= units;
            rest.entry_fee -= lot.trade.entry_fee;
            // The rest is a trade of its own.
            self.tally.entries += 1;
            lot
        };
        lot.reach(raw);
        lot.reach(price);
        let fee = self.fee(lot.trade.size, price);
        let value = lot.trade.size * price;
        self.cash += match side {
            Side::Long => value - fee,
            Side::Short => -value - fee,
        };
        self.traded_value += value;
        let trade = Trade {
            exit_bar: bar,
            exit_price: price,
            exit_fee: fee,
            status: TradeStatus::Closed,
            exit_reason: reason,
            ..excursions(&lot)
        };
        self.tally.closed(fee, trade.profit());
        if let Some(trades) = &mut self.trades {
            trades.push(trade);
        }
    }

    pub(super) fn close_all(&mut self, bar: usize, raw: f64, reason: ExitReason) {
        while !self.lots.is_empty() {
            self.close(0, f64::INFINITY, bar, raw, reason);
        }
    }

    /// Trades to a position worth `weight` of the equity.
    pub(super) fn target(&mut self, weight: f64, bar: usize, raw: f64) {
        let equity = self.equity(raw);
        let mut wanted = equity * weight / raw;
        if self.units == Units::Whole {
            wanted = wanted.trunc();
        }
        let mut change = wanted - self.position();
        // Down first: lots on the other side of the change, oldest first.
        while change != 0.0 && self.lots.first().is_some_and(|lot| lot.sign() * change < 0.0) {
            let units = self.lots[0].trade.size.min(change.abs());
            change -= units.copysign(change);
            self.close(0, units, bar, raw, ExitReason::Rebalance);
        }
        if change.abs() * raw > 1e-12 * equity.abs() {
            let side = if change > 0.0 { Side::Long } else { Side::Short };
            // Costs come out of the position where there is nothing else to pay them.
            let price = self.fill_price(raw, side == Side::Long, true);
            let a_unit = price * (1.0 + self.costs.fee) + self.costs.per_unit;
            let funds = equity * self.leverage - self.gross(raw);
            let affordable =
                (funds.min(self.equity(raw) * self.leverage) - self.costs.fixed) / a_unit;
            let units = change.abs().min(affordable.max(0.0));
            self.open(&Order::market(side, Sizing::Units(units)), bar, raw);
        }
    }

    pub(super) fn split(&mut self, ratio: f64) {
        self.lots.iter_mut().for_each(|lot| lot.split(ratio));
    }

    /// Takes the range of a bar into every lot.
    pub(super) fn reach(&mut self, high: f64, low: f64) {
        for lot in &mut self.lots {
            lot.reach(high);
            lot.reach(low);
        }
    }

    /// The lots left at the end as open trades.
    pub(super) fn list_open(&mut self, bar: usize, close: f64) {
        if let Some(trades) = &mut self.trades {
            trades.extend(self.lots.iter().map(|lot| Trade {
                exit_bar: bar,
                exit_price: close,
                ..excursions(lot)
            }));
        }
    }
}

/// The trade of a lot with its best and worst moments.
fn excursions(lot: &Lot) -> Trade {
    let away = |price: f64| (price / lot.trade.entry_price - 1.0) * lot.sign();
    Trade { favourable: away(lot.best), adverse: away(lot.worst), ..lot.trade }
}
