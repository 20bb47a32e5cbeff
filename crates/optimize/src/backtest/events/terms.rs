//! Prices, sizes and fees of fills: what needs no ledger.

use super::config::{EventConfig, Shortfall, TradingCosts, Units};
use super::order::{Level, Order, OrderKind, Sizing};
use crate::backtest::fast::Lanes;
use crate::backtest::trade::{ExitReason, Side, Trade};

/// On which terms orders fill. Used by every engine, so that all fill at the same bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    costs: TradingCosts,
    units: Units,
    shortfall: Shortfall,
    pub(super) leverage: f64,
}

/// Where a lot is given up and where its profit is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels {
    pub(super) stop: Option<Level>,
    pub(super) take: Option<Level>,
}

/// An entry that can be paid for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) price: f64,
    pub(super) size: f64,
    pub(super) fee: f64,
    /// What leaves the cash, negative for a short sale.
    pub(super) paid: f64,
    pub(super) stop: Option<f64>,
    pub(super) take: Option<f64>,
}

/// What orders take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purchase<L: Lanes> {
    pub(super) size: L,
    pub(super) fee: L,
    /// What leaves the cash, negative for a short sale.
    pub(super) paid: L,
    /// Whether there is enough money for it, and it is for anything at all.
    pub(super) is_paid: L::Flags,
}

impl Terms {
    pub(super) fn new(config: &EventConfig) -> Self {
        let EventConfig { costs, units, shortfall, leverage, .. } = *config;
        Self { costs, units, shortfall, leverage }
    }

    /// What a price is multiplied by where it fills, one after the other.
    #[inline(always)]
    pub(super) fn moves(&self, is_buying: bool, is_entry: bool) -> [f64; 3] {
        let sign = if is_buying { 1.0 } else { -1.0 };
        let entry_spread = if is_entry { self.costs.entry_spread } else { 0.0 };
        [
            1.0 + sign * self.costs.slippage,
            1.0 + sign * 0.5 * self.costs.spread,
            1.0 + sign * entry_spread,
        ]
    }

    #[inline(always)]
    pub(super) fn fill_price<L: Lanes>(&self, price: L, is_buying: bool, is_entry: bool) -> L {
        let [slippage, spread, entry_spread] = self.moves(is_buying, is_entry);
        price * L::all(slippage) * L::all(spread) * L::all(entry_spread)
    }

    /// As `fill_price`, of limit orders: slippage and spread do not take a fill beyond its limit, which
    /// is infinite for a purchase and 0 for a sale where there is none.
    #[inline(always)]
    pub(super) fn fill_within<L: Lanes>(
        &self,
        price: L,
        limit: L,
        is_buying: bool,
        is_entry: bool,
    ) -> L {
        let [slippage, spread, entry_spread] = self.moves(is_buying, is_entry);
        let price = price * L::all(slippage) * L::all(spread);
        let price = if is_buying { price.min(limit) } else { price.max(limit) };
        price * L::all(entry_spread)
    }

    #[inline(always)]
    pub(super) fn fee<L: Lanes>(&self, units: L, price: L) -> L {
        let TradingCosts { fee, per_unit, fixed, .. } = self.costs;
        units * price * L::all(fee) + L::all(per_unit) * units + L::all(fixed)
    }

    /// The most units that `funds` pay for at a fill price.
    #[inline(always)]
    pub(super) fn affordable<L: Lanes>(&self, funds: L, price: L) -> L {
        let TradingCosts { fee, per_unit, fixed, .. } = self.costs;
        (funds - L::all(fixed)) / (price * L::all(1.0 + fee) + L::all(per_unit))
    }

    /// The share of the funds that an order for `share` of them takes.
    #[inline(always)]
    pub(super) fn share_of_funds<L: Lanes>(&self, share: L) -> L {
        match self.units {
            Units::Fractional => share,
            // Just below all of it, so that rounding never asks for more than there is.
            Units::Whole => L::all(1.0 - f64::EPSILON).or(share, L::all(1.0).up_to(share)),
        }
    }

    /// Whether an order for a share of the funds takes exactly that.
    #[inline(always)]
    pub(super) fn takes_exactly(&self) -> bool {
        self.units == Units::Fractional
    }

    /// What orders for some units take at fill prices, and whether `funds` pay for them. `exactly` is
    /// what long ones cost if that is known beforehand.
    #[inline(always)]
    pub(super) fn purchase<L: Lanes>(
        &self,
        side: Side,
        units: L,
        price: L,
        funds: L,
        exactly: Option<L>,
    ) -> Purchase<L> {
        let some = units.below(L::all(f64::INFINITY));
        let units = match (self.shortfall, exactly) {
            (Shortfall::FillPart, None) => {
                let part = funds * self.share_of_funds(L::all(1.0));
                units.min(self.affordable(part, price))
            }
            _ => units,
        };
        let size = if self.units == Units::Whole { units.floor() } else { units };
        let fee = self.fee(size, price);
        let spent = size * price + fee;
        let paid = match side {
            // By construction; keeps the crumbs of rounding out of the cash.
            Side::Long => exactly.unwrap_or(spent),
            Side::Short => fee - size * price,
        };
        let none = L::all(0.0);
        let mut is_paid = none.below(size) & some & none.below(funds);
        if exactly.is_none() {
            is_paid = is_paid & spent.up_to(funds * L::all(1.0 + 1e-12));
        }
        Purchase { size, fee, paid, is_paid }
    }

    /// A number of units as it can be held: towards 0 where only whole ones can.
    pub(super) fn held_units(&self, units: f64) -> f64 {
        if self.units == Units::Whole { units.trunc() } else { units }
    }

    /// What can be held of a lot after a split: whole units where there are no others, to the nearest
    /// where only rounding is in between.
    pub(super) fn held_after_split(&self, units: f64) -> f64 {
        let nearest = units.round();
        match self.units {
            Units::Fractional => units,
            Units::Whole if (units - nearest).abs() <= 1e-9 * units => nearest,
            Units::Whole => units.floor(),
        }
    }

    /// The entry of an order at a price before costs; `None` where there is too little money.
    #[inline(always)]
    pub(super) fn entry(&self, order: &Order, raw: f64, equity: f64, funds: f64) -> Option<Entry> {
        let Order { side, size, .. } = *order;
        let levels = Levels { stop: order.stop_loss, take: order.take_profit };
        let is_long = side == Side::Long;
        let price = match order.kind {
            OrderKind::Limit(limit) => self.fill_within(raw, limit, is_long, true),
            OrderKind::Market | OrderKind::Stop(_) => self.fill_price(raw, is_long, true),
        };
        let sign = side.sign();
        let at = |level: Level, sign: f64| match level {
            Level::Price(price) => price,
            Level::Away(away) => price * (1.0 + sign * away),
        };
        let stop = levels.stop.map(|level| at(level, -sign));
        let take = levels.take.map(|level| at(level, sign));
        let (units, exactly) = match size {
            Sizing::Funds(share) => {
                let part = funds * self.share_of_funds(share);
                (self.affordable(part, price), self.takes_exactly().then_some(part))
            }
            Sizing::Equity(share) => (equity * share / price, None),
            Sizing::Units(units) => (units, None),
            Sizing::Value(value) => (value / price, None),
            Sizing::Risk(share) => {
                (equity * share / ((price - stop.unwrap_or(price)) * sign), None)
            }
        };
        let Purchase { size, fee, paid, is_paid } =
            self.purchase(side, units, price, funds, exactly);
        is_paid.then_some(Entry { price, size, fee, paid, stop, take })
    }
}

/// A trade with the furthest that prices went its way and against it.
pub(super) fn with_excursions(trade: Trade, best: f64, worst: f64) -> Trade {
    let away = |price: f64| (price / trade.entry_price - 1.0) * trade.side.sign();
    Trade { favourable: away(best), adverse: away(worst), ..trade }
}

/// The stop that counts: the nearer of the fixed and the trailing one.
#[inline(always)]
pub(super) fn stop_level(
    sign: f64,
    stop: Option<f64>,
    trailing: Option<f64>,
    best: f64,
) -> Option<(f64, ExitReason)> {
    let trail = trailing.map(|away| best * (1.0 - sign * away));
    let fixed = stop.map(|stop| (stop, ExitReason::StopLoss));
    match (fixed, trail) {
        (Some((stop, _)), Some(trail)) if (trail - stop) * sign > 0.0 => {
            Some((trail, ExitReason::TrailingStop))
        }
        (None, Some(trail)) => Some((trail, ExitReason::TrailingStop)),
        (fixed, _) => fixed,
    }
}

/// Open, high and low of a bar.
#[derive(Debug, Clone, Copy)]
pub(super) struct BarRange {
    pub(super) open: f64,
    pub(super) high: f64,
    pub(super) low: f64,
}

impl BarRange {
    /// Where a level is reached, if it is: at the open where that is beyond it, else at the level.
    #[inline(always)]
    pub(super) fn beyond(&self, level: f64, is_above: bool) -> Option<f64> {
        if is_above {
            (self.high.max(self.open) >= level).then(|| self.open.max(level))
        } else {
            (self.low.min(self.open) <= level).then(|| self.open.min(level))
        }
    }

    /// The lowest and the highest price that must have come after a waiting order filled: the whole bar
    /// after a fill at its open; otherwise the extreme that prices went on to, and the close.
    #[inline(always)]
    pub(super) fn after(&self, fill: f64, is_above: bool, close: f64) -> [f64; 2] {
        if fill == self.open {
            [self.low, self.high]
        } else if is_above {
            [fill.min(close), self.high]
        } else {
            [self.low, fill.max(close)]
        }
    }

    /// Where a lot is closed within the bar: at its stop first, at its take profit otherwise.
    #[inline(always)]
    pub(super) fn level_exit(
        &self,
        side: Side,
        stop: Option<(f64, ExitReason)>,
        take: Option<f64>,
    ) -> Option<(f64, ExitReason)> {
        let is_long = side == Side::Long;
        let stop = stop.and_then(|(stop, reason)| Some((self.beyond(stop, !is_long)?, reason)));
        stop.or_else(|| Some((self.beyond(take?, is_long)?, ExitReason::TakeProfit)))
    }
}
