//! Money, close by close and trade by trade.

use crate::backtest::fast::{Lanes, WIDEST};
use crate::backtest::statistics::Tally;

/// The accounts of several plans.
#[derive(Debug, Clone)]
pub(super) struct Books<L: Lanes> {
    pub(super) cash: L,
    /// Units held, negative when short.
    pub(super) units: L,
    pub(super) marks: Marks<L>,
    trades: Trades<L>,
    /// Bars there are.
    bars: f64,
}

/// What every close adds to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks<L: Lanes> {
    equity: L,
    /// One over the equity.
    inverse: L,
    high: L,
    /// The equity that was the lowest share of the high up to it, and that high; 1 and 1 before the
    /// first, with which products are exact, so that not the least drawdown is missed.
    low: L,
    low_high: L,
    sum: L,
    squares: L,
    losses: L,
    squared_losses: L,
    /// Values of the position, negative when short.
    values: L,
    /// Gross values of the position over the equity.
    exposures: L,
}

/// What every fill adds to.
#[derive(Debug, Clone, Copy)]
struct Trades<L: Lanes> {
    /// Value of the lot at its entry, negative when short, and the fee.
    entry_value: L,
    entry_fee: L,
    /// Sum of the cash at all closes, if there is no further fill.
    cash_sum: L,
    /// Closes at which a lot is held, if there is no further fill.
    in_market: L,
    traded_value: L,
    fees: L,
    entries: L,
    winners: L,
    gains: L,
    losses: L,
    rejected: L,
}

/// What the books of one plan come to.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) tally: Tally,
    pub(super) turnover: f64,
    pub(super) mean_exposure: f64,
    pub(super) rejected: usize,
}

impl<L: Lanes> Marks<L> {
    /// Takes a close. One after which cash and units stay as they are, without units, adds nothing
    /// from the second time on and need not be shown.
    #[inline(always)]
    pub(super) fn mark(&mut self, cash: L, units: L, close: f64) {
        let marks = self;
        let [none, one] = [0.0, 1.0].map(L::all);
        let value = units * L::all(close);
        let equity = cash + value;
        // The change first, so that an equity that stands still gives exactly 0.
        let change = (equity - marks.equity) * marks.inverse;
        let inverse = one / equity;
        marks.equity = equity;
        marks.inverse = inverse;
        let loss = change.min(none);
        marks.sum = marks.sum + change;
        marks.squares = marks.squares + change * change;
        marks.losses = marks.losses - loss;
        marks.squared_losses = marks.squared_losses + loss * loss;
        marks.values = marks.values + value;
        marks.exposures = marks.exposures + (value * inverse).abs();
        marks.high = marks.high.max(equity);
        // Shares of the high compared by their products: no division, and no branch, which nothing could
        // predict for an account that goes down.
        let is_lower = (equity * marks.low_high).below(marks.low * marks.high);
        marks.low.set(is_lower, equity);
        marks.low_high.set(is_lower, marks.high);
    }
}

impl<L: Lanes> Books<L> {
    #[inline(always)]
    pub(super) fn new(cash: f64, bars: usize) -> Self {
        let [none, one] = [0.0, 1.0].map(L::all);
        let bars = bars as f64;
        let cash = L::all(cash);
        let marks = Marks {
            equity: cash,
            inverse: one / cash,
            high: cash,
            low: one,
            low_high: one,
            sum: none,
            squares: none,
            losses: none,
            squared_losses: none,
            values: none,
            exposures: none,
        };
        let trades = Trades {
            entry_value: none,
            entry_fee: none,
            cash_sum: cash * L::all(bars),
            in_market: none,
            traded_value: none,
            fees: none,
            entries: none,
            winners: none,
            gains: none,
            losses: none,
            rejected: none,
        };
        Self { cash, units: none, marks, trades, bars }
    }

    #[inline(always)]
    pub(super) fn is_long(&self) -> L::Flags {
        L::all(0.0).below(self.units)
    }

    #[inline(always)]
    pub(super) fn is_short(&self) -> L::Flags {
        self.units.below(L::all(0.0))
    }

    #[inline(always)]
    pub(super) fn is_held(&self) -> L::Flags {
        self.is_long() | self.is_short()
    }

    /// Takes the fills of lots whose size is `units`, negative when short, on a bar.
    #[inline(always)]
    pub(super) fn enter(&mut self, flags: L::Flags, bar: usize, entry: &Entry<L>) {
        let left = L::all(self.bars - bar as f64);
        let value = entry.units * entry.price;
        self.units.set(flags, entry.units);
        self.cash.set(flags, self.cash - entry.paid);
        let trades = &mut self.trades;
        trades.entry_value.set(flags, value);
        trades.entry_fee.set(flags, entry.fee);
        trades.cash_sum.set(flags, trades.cash_sum - entry.paid * left);
        trades.in_market.add_where(flags, left);
        trades.traded_value.add_where(flags, value.abs());
        trades.fees.add_where(flags, entry.fee);
        trades.entries.add_where(flags, L::all(1.0));
    }

    #[inline(always)]
    pub(super) fn reject(&mut self, flags: L::Flags) {
        self.trades.rejected.add_where(flags, L::all(1.0));
    }

    /// Takes the fills that close lots, at a price after costs.
    #[inline(always)]
    pub(super) fn leave(&mut self, flags: L::Flags, bar: usize, price: L, fee: L) {
        let left = L::all(self.bars - bar as f64);
        let value = self.units * price;
        let received = value - fee;
        let trades = &mut self.trades;
        let profit = value - trades.entry_value - trades.entry_fee - fee;
        let none = L::all(0.0);
        self.units.set(flags, none);
        self.cash.add_where(flags, received);
        trades.cash_sum.add_where(flags, received * left);
        trades.in_market.set(flags, trades.in_market - left);
        trades.traded_value.add_where(flags, value.abs());
        trades.fees.add_where(flags, fee);
        trades.winners.add_where(flags & none.below(profit), L::all(1.0));
        trades.gains.add_where(flags, profit.max(none));
        trades.losses.set(flags, trades.losses - profit.min(none));
    }

    /// What the books come to after the last close, a plan each.
    #[inline(always)]
    pub(super) fn accounts(&self) -> [Account; WIDEST] {
        let Self { marks, trades, .. } = self;
        let is_open = L::all(1.0).or(L::all(0.0), self.is_held()).values();
        let lowest = (marks.low / marks.low_high).values();
        let [equity, high] = [marks.equity, marks.high].map(L::values);
        let [sum, squares, losses, squared_losses] =
            [marks.sum, marks.squares, marks.losses, marks.squared_losses].map(L::values);
        let [in_market, entries, winners, rejected] =
            [trades.in_market, trades.entries, trades.winners, trades.rejected].map(L::values);
        let [gains, trade_losses, fees] = [trades.gains, trades.losses, trades.fees].map(L::values);
        let bars = L::all(self.bars);
        let turnover = trades.traded_value / ((trades.cash_sum + marks.values) / bars);
        let [turnover, exposure] = [turnover, marks.exposures / bars].map(L::values);
        std::array::from_fn(|lane| Account {
            tally: Tally {
                equity: equity[lane],
                high: high[lane],
                lowest: lowest[lane],
                sum: sum[lane],
                sum_of_squares: squares[lane],
                gains: sum[lane] + losses[lane],
                losses: losses[lane],
                sum_of_squared_losses: squared_losses[lane],
                bars_in_market: in_market[lane] as usize,
                entries: entries[lane] as usize,
                closed: (entries[lane] - is_open[lane]) as usize,
                winners: winners[lane] as usize,
                trade_gains: gains[lane],
                trade_losses: trade_losses[lane],
                fees: fees[lane],
            },
            turnover: turnover[lane],
            mean_exposure: exposure[lane],
            rejected: rejected[lane] as usize,
        })
    }
}

/// Entries that are paid for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<L: Lanes> {
    /// Negative when short.
    pub(super) units: L,
    pub(super) price: L,
    pub(super) fee: L,
    /// What leaves the cash.
    pub(super) paid: L,
}
