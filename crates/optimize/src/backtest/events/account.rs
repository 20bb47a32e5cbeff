//! Cash, lots and what a fill does to them.

use super::config::EventConfig;
use super::order::Order;
use super::portfolio::AssetTrade;
use super::terms::{BarRange, Entry, Terms, stop_level, with_excursions};
use crate::backtest::statistics::Tally;
use crate::backtest::trade::{ExitReason, Side, Trade, TradeStatus};

/// One entry that is still held, in whole or in part.
#[derive(Debug, Clone)]
pub(super) struct Lot {
    pub(super) asset: usize,
    pub(super) trade: Trade,
    stop: Option<f64>,
    take: Option<f64>,
    trailing: Option<f64>,
    /// The first bar on which its time is up.
    due: usize,
    /// Best and worst price since the entry, from the side's point of view.
    best: f64,
    worst: f64,
    bounds: Bounds,
}

/// Levels as plain numbers, for the question whether a bar needs to be looked at: prices are above 0
/// and finite, so a level that is not there is 0 below them and infinite above.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    stop: f64,
    /// What the best price is multiplied by for the trailing stop.
    trail: f64,
    take: f64,
}

impl Lot {
    pub(super) fn sign(&self) -> f64 {
        self.trade.side.sign()
    }

    /// Units held, negative when short.
    pub(super) fn units(&self) -> f64 {
        self.trade.size * self.sign()
    }

    pub(super) fn is_due(&self, bar: usize) -> bool {
        bar >= self.due
    }

    /// The stop that counts now: the nearer of the fixed and the trailing one.
    pub(super) fn stop_level(&self) -> Option<(f64, ExitReason)> {
        stop_level(self.sign(), self.stop, self.trailing, self.best)
    }

    pub(super) fn take(&self) -> Option<f64> {
        self.take
    }

    /// Whether a bar reaches any of its levels.
    #[inline(always)]
    pub(super) fn may_end(&self, range: &BarRange) -> bool {
        let Bounds { stop, trail, take } = self.bounds;
        let trail = self.best * trail;
        let BarRange { open, high, low } = *range;
        match self.trade.side {
            Side::Long => {
                let reached = (low <= stop) | (open <= stop) | (low <= trail) | (open <= trail);
                reached | (high >= take) | (open >= take)
            }
            Side::Short => {
                let reached = (high >= stop) | (open >= stop) | (high >= trail) | (open >= trail);
                reached | (low <= take) | (open <= take)
            }
        }
    }

    /// Takes the lowest and the highest of the prices that were reached while holding.
    #[inline(always)]
    pub(super) fn reach(&mut self, low: f64, high: f64) {
        let lesser = |a: f64, b: f64| if b < a { b } else { a };
        let greater = |a: f64, b: f64| if b > a { b } else { a };
        let (best, worst) = match self.trade.side {
            Side::Long => (greater(self.best, high), lesser(self.worst, low)),
            Side::Short => (lesser(self.best, low), greater(self.worst, high)),
        };
        (self.best, self.worst) = (best, worst);
    }

    fn set_bounds(&mut self) {
        let is_long = self.trade.side == Side::Long;
        let never = |is_above: bool| if is_above { f64::INFINITY } else { 0.0 };
        self.bounds = Bounds {
            stop: self.stop.unwrap_or(never(!is_long)),
            trail: self.trailing.map_or(never(!is_long), |away| 1.0 - self.sign() * away),
            take: self.take.unwrap_or(never(is_long)),
        };
    }

    fn split(&mut self, ratio: f64) {
        self.trade.size *= ratio;
        for price in [&mut self.trade.entry_price, &mut self.best, &mut self.worst] {
            *price /= ratio;
        }
        for level in [&mut self.stop, &mut self.take].into_iter().flatten() {
            *level /= ratio;
        }
        self.set_bounds();
    }
}

/// At what a lot is closed.
#[derive(Debug, Clone, Copy)]
struct Fill {
    bar: usize,
    /// Before costs.
    raw: f64,
    price: f64,
    fee: f64,
    reason: ExitReason,
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) cash: f64,
    /// In the order in which they were opened.
    pub(super) lots: Vec<Lot>,
    /// A bar before which no lot is due.
    pub(super) first_due: usize,
    /// The last price of each asset: what its lots are valued at.
    pub(super) marks: Vec<f64>,
    pub(super) tally: Tally,
    pub(super) trades: Option<Vec<AssetTrade>>,
    pub(super) traded_value: f64,
    pub(super) rejected: usize,
    pub(super) terms: Terms,
    max_lots: usize,
}

impl Account {
    pub(super) fn new(config: &EventConfig, n_assets: usize, keep_trades: bool) -> Self {
        Self {
            cash: config.cash,
            lots: Vec::new(),
            first_due: usize::MAX,
            marks: vec![0.0; n_assets],
            tally: Tally::new(config.cash),
            trades: keep_trades.then(Vec::new),
            traded_value: 0.0,
            rejected: 0,
            terms: Terms::new(config),
            max_lots: config.max_lots,
        }
    }

    pub(super) fn lots_of(&self, asset: usize) -> impl Iterator<Item = &Lot> {
        self.lots.iter().filter(move |lot| lot.asset == asset)
    }

    /// Units held of an asset, negative when short.
    pub(super) fn position(&self, asset: usize) -> f64 {
        self.lots_of(asset).map(Lot::units).sum()
    }

    /// Value of all lots, those short negative.
    pub(super) fn net(&self) -> f64 {
        self.lots.iter().map(|lot| lot.units() * self.marks[lot.asset]).sum()
    }

    pub(super) fn equity(&self) -> f64 {
        self.equity_and_gross().0
    }

    /// Cash and the value of all lots, those short negative; the value without their signs.
    #[inline]
    pub(super) fn equity_and_gross(&self) -> (f64, f64) {
        self.lots.iter().fold((self.cash, 0.0), |(equity, gross), lot| {
            let value = lot.trade.size * self.marks[lot.asset];
            (equity + value * lot.sign(), gross + value)
        })
    }

    /// Equity, and money for entries: what the equity may carry less what it carries.
    pub(super) fn equity_and_funds(&self) -> (f64, f64) {
        let (equity, gross) = self.equity_and_gross();
        (equity, equity * self.terms.leverage - gross)
    }

    /// Opens a lot at a price before costs; too little money or no room is a rejection.
    pub(super) fn open(&mut self, asset: usize, order: &Order, bar: usize, raw: f64) {
        let has_room = self.lots_of(asset).count() < self.max_lots;
        self.open_with_room(asset, order, bar, raw, has_room);
    }

    pub(super) fn open_with_room(
        &mut self,
        asset: usize,
        order: &Order,
        bar: usize,
        raw: f64,
        has_room: bool,
    ) {
        self.marks[asset] = raw;
        let (equity, funds) = self.equity_and_funds();
        let entry = self.terms.entry(order, raw, equity, funds);
        let Some(entry) = entry.filter(|_| has_room) else {
            self.rejected += 1;
            return;
        };
        let Entry { price, size, fee, paid, stop, take } = entry;
        self.cash -= paid;
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
        let due = order.max_bars.map_or(usize::MAX, |bars| bar.saturating_add(bars));
        // That of lots that are gone may stay: asking once more does no harm.
        self.first_due = if self.lots.is_empty() { due } else { self.first_due.min(due) };
        let (trailing, best, worst) = (order.trailing_stop, price, price);
        let bounds = Bounds { stop: 0.0, trail: 0.0, take: 0.0 };
        let mut lot = Lot { asset, trade, stop, take, trailing, due, best, worst, bounds };
        lot.set_bounds();
        lot.reach(raw, raw);
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
        let Lot { asset, trade, take, .. } = &self.lots[at];
        self.marks[*asset] = raw;
        let is_buying = trade.side == Side::Short;
        let price = match take {
            Some(limit) if reason == ExitReason::TakeProfit => {
                self.terms.fill_within(raw, *limit, is_buying, false)
            }
            _ => self.terms.fill_price(raw, is_buying, false),
        };
        let fee = self.terms.fee(units.min(trade.size), price);
        self.settle(at, units, Fill { bar, raw, price, fee, reason });
    }

    /// Takes a fill that closes `units` of lot number `at`, all of it at most.
    fn settle(&mut self, at: usize, units: f64, fill: Fill) {
        let Fill { bar, raw, price, fee, reason } = fill;
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
        lot.reach(raw.min(price), raw.max(price));
        let value = lot.trade.size * price;
        self.cash += match lot.trade.side {
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
            trades.push(AssetTrade { asset: lot.asset, trade });
        }
    }

    /// Closes every lot of an asset, the oldest first.
    pub(super) fn close_asset(&mut self, asset: usize, bar: usize, raw: f64, reason: ExitReason) {
        while let Some(at) = self.lots.iter().position(|lot| lot.asset == asset) {
            self.close(at, f64::INFINITY, bar, raw, reason);
        }
    }

    /// Closes every lot at the last prices, the oldest first.
    pub(super) fn close_all(&mut self, bar: usize, reason: ExitReason) {
        while let Some(lot) = self.lots.first() {
            self.close(0, f64::INFINITY, bar, self.marks[lot.asset], reason);
        }
    }

    /// Multiplies units and divides prices. Where only whole units are held, what a lot has beyond them
    /// is paid in cash, free of costs, at `before`, the last price before the split.
    pub(super) fn split(&mut self, asset: usize, ratio: f64, bar: usize, before: f64) {
        let price = before / ratio;
        let mut at = 0;
        while at < self.lots.len() {
            let lot = &mut self.lots[at];
            if lot.asset != asset {
                at += 1;
                continue;
            }
            lot.split(ratio);
            let (size, held) = (lot.trade.size, self.terms.held_after_split(lot.trade.size));
            if held == size.round() {
                // The same, but for rounding.
                lot.trade.size = held;
            } else if held < size {
                let reason = ExitReason::Split;
                self.settle(at, size - held, Fill { bar, raw: price, price, fee: 0.0, reason });
            }
            // A lot of less than one unit is gone.
            at += usize::from(held > 0.0);
        }
    }

    /// The lots left at the end as open trades.
    pub(super) fn list_open(&mut self, bar: usize) {
        if let Some(trades) = &mut self.trades {
            trades.extend(self.lots.iter().map(|lot| AssetTrade {
                asset: lot.asset,
                trade: Trade {
                    exit_bar: bar,
                    exit_price: self.marks[lot.asset],
                    ..excursions(lot)
                },
            }));
        }
    }
}

/// The trade of a lot with its best and worst moments.
fn excursions(lot: &Lot) -> Trade {
    with_excursions(lot.trade, lot.best, lot.worst)
}
