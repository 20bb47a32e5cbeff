//! From orders to statistics, one round trip at a time.

use super::tables::{SUMS, Sums, Tables, plus};
use crate::backtest::config::BacktestConfig;
use crate::backtest::statistics::{Statistics, Tally};

/// The largest share of a sum that rounding may take.
const TOLERANCE: f64 = 5e-11;

/// The state of one parameter set between two words of orders.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    cash: f64,
    size: f64,
    entry_price: f64,
    entry_fee: f64,
    entry_bar: usize,
    in_market: bool,
    /// Last bit of the words before: whether `above` and `below` were set on the bar before.
    pub(super) carry: (u64, u64),
    sums: Sums,
    tally: Tally,
}

impl Walk {
    pub(super) fn new(config: &BacktestConfig) -> Self {
        Self {
            cash: config.cash,
            size: 0.0,
            entry_price: 0.0,
            entry_fee: 0.0,
            entry_bar: 0,
            in_market: false,
            carry: (0, 0),
            sums: [0.0; SUMS],
            tally: Tally::new(config.cash),
        }
    }

    pub(super) fn in_market(&self) -> bool {
        self.in_market
    }

    /// Takes the fill bars of orders on from where the last ones ended: an exit first while in the
    /// market, then alternating.
    pub(super) fn take(&mut self, tables: &Tables<'_>, config: &BacktestConfig, bars: &[u32]) {
        let mut bars = bars.iter().map(|bar| *bar as usize);
        if self.in_market {
            let Some(bar) = bars.next() else { return };
            self.leave(tables, config, bar);
        }
        while let Some(bar) = bars.next() {
            self.enter(tables, config, bar);
            let Some(bar) = bars.next() else { return };
            self.leave(tables, config, bar);
        }
    }

    #[inline]
    fn enter(&mut self, tables: &Tables<'_>, config: &BacktestConfig, bar: usize) {
        let fee = config.costs.fee;
        let price = tables.fill[bar] * (1.0 + config.costs.slippage);
        self.size = self.cash / (price * (1.0 + fee));
        self.entry_fee = self.size * price * fee;
        self.entry_price = price;
        self.entry_bar = bar;
        self.in_market = true;
        self.tally.entered(self.entry_fee);
    }

    #[inline(always)]
    fn leave(&mut self, tables: &Tables<'_>, config: &BacktestConfig, bar: usize) {
        let price = tables.fill[bar] * (1.0 - config.costs.slippage);
        let exit_fee = self.size * price * config.costs.fee;
        self.cash = self.size * price - exit_fee;
        let profit = self.size * price - self.size * self.entry_price - self.entry_fee - exit_fee;
        self.tally.closed(exit_fee, profit);
        self.sums = plus(self.sums, plus(tables.entry[self.entry_bar], tables.exit[bar]));
        self.held(tables, bar);
        self.tally.extend(self.cash);
        self.size = 0.0;
        self.in_market = false;
    }

    /// The position was held at the closes from its entry to before `end`: high and drawdown.
    #[inline]
    fn held(&mut self, tables: &Tables<'_>, end: usize) {
        let bars = self.entry_bar..end;
        self.tally.bars_in_market += bars.len();
        let (high, lowest) = (self.tally.high, self.tally.lowest);
        let (low, top) = tables.extremes.bounds(bars.clone());
        let highest = self.size * top;
        if highest <= high && self.size * low >= lowest * high {
            return;
        }
        let (low, top) = tables.extremes.exact(bars.clone());
        self.tally.extend_down(self.size * low);
        // A drawdown within the trade counts from its own high.
        if low < self.tally.lowest * top {
            self.tally.lowest = self.tally.lowest.min(tables.extremes.deepest_fall(bars));
        }
        self.tally.high = self.tally.high.max(self.size * top);
    }

    /// The figures, or `None` where the sums have lost too many digits.
    pub(super) fn finish(
        &mut self,
        tables: &Tables<'_>,
        config: &BacktestConfig,
    ) -> Option<Statistics> {
        let n = tables.close.len();
        if self.in_market {
            self.sums = plus(self.sums, plus(tables.entry[self.entry_bar], tables.total));
            self.held(tables, n);
            self.tally.equity = self.cash_or_value(tables.close[n - 1]);
        } else {
            self.tally.equity = self.cash;
        }
        let [sum, squares, losses, squared_losses] = self.sums;
        let roundings = 4.0 * f64::EPSILON * self.tally.entries as f64;
        // What each sum is weighed against: the mean against the deviation, the others themselves.
        let scales = [squares.abs().sqrt(), squares, losses, squared_losses];
        let lost = (0..SUMS).any(|at| {
            let bound = roundings * tables.largest[at];
            let room = TOLERANCE * scales[at] - bound;
            // A NaN is no room either.
            room.is_nan() || room < 0.0
        });
        if lost {
            return None;
        }
        self.tally.set_sums(sum, squares, losses, squared_losses);
        Some(self.tally.statistics(n, config))
    }

    fn cash_or_value(&self, close: f64) -> f64 {
        // As the pass over the bars adds them: no cash is left while in the market.
        0.0 + self.size * close
    }
}
