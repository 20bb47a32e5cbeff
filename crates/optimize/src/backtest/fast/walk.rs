//! From orders to statistics, one round trip at a time.

use super::tables::{Edge, SUMS, Sums, Tables, plus};
use crate::backtest::config::BacktestConfig;
use crate::backtest::statistics::{NEARLY, Statistics, Tally};

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

/// Bars held in one trade, with their smallest and largest close: a drawdown may lie within them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    from: usize,
    to: usize,
    low: f64,
    top: f64,
}

impl Span {
    /// Whether a drawdown within may be below this one. None is below the whole range.
    #[inline(always)]
    fn may_be_below(&self, lowest: f64) -> bool {
        self.low < lowest * self.top * NEARLY
    }
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
    /// market, then alternating. `spans` is room for trades whose drawdowns are looked at afterwards,
    /// when those between trades have made most of them irrelevant.
    pub(super) fn take(
        &mut self,
        tables: &Tables<'_>,
        config: &BacktestConfig,
        bars: &[u32],
        spans: &mut Vec<Span>,
    ) {
        spans.clear();
        let mut bars = bars.iter().map(|bar| *bar as usize);
        if self.in_market
            && let Some(bar) = bars.next()
        {
            self.leave(tables, config, bar, spans);
        }
        while let Some(bar) = bars.next() {
            self.enter(tables, config, bar);
            let Some(bar) = bars.next() else { break };
            self.leave(tables, config, bar, spans);
        }
        for span in spans.iter() {
            self.look_into(tables, span);
        }
    }

    #[inline(always)]
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
    fn leave(
        &mut self,
        tables: &Tables<'_>,
        config: &BacktestConfig,
        bar: usize,
        spans: &mut Vec<Span>,
    ) {
        let price = tables.fill[bar] * (1.0 - config.costs.slippage);
        let exit_fee = self.size * price * config.costs.fee;
        self.cash = self.size * price - exit_fee;
        let profit = self.size * price - self.size * self.entry_price - self.entry_fee - exit_fee;
        self.tally.closed(exit_fee, profit);
        let span = self.held(tables, bar, &tables.exit[bar]);
        self.tally.extend(self.cash);
        if span.may_be_below(self.tally.lowest) {
            spans.push(span);
        }
        self.size = 0.0;
        self.in_market = false;
    }

    /// The position was held at the closes from its entry to before `end`: sums, high and the drawdown
    /// from highs before.
    #[inline(always)]
    fn held(&mut self, tables: &Tables<'_>, end: usize, exit: &Edge) -> Span {
        let bars = self.entry_bar..end;
        let entry = &tables.entry[self.entry_bar];
        self.sums = plus(self.sums, plus(entry.sums, exit.sums));
        self.tally.bars_in_market += bars.len();
        let (low, top) = tables.extremes.of(bars, entry.extremes, exit.extremes);
        self.tally.extend_down(self.size * low);
        self.tally.high = self.tally.high.max(self.size * top);
        Span { from: self.entry_bar, to: end, low, top }
    }

    /// The drawdown within a trade, from its own high.
    #[inline(always)]
    fn look_into(&mut self, tables: &Tables<'_>, span: &Span) {
        if span.may_be_below(self.tally.lowest) {
            let deepest = tables.extremes.deepest_fall(span.from..span.to);
            self.tally.lowest = self.tally.lowest.min(deepest);
        }
    }

    /// Goes on to the last bar: whether [`statistics`](Self::statistics) are right, or the sums have lost
    /// too many digits.
    #[inline]
    pub(super) fn settle(&mut self, tables: &Tables<'_>) -> bool {
        let n = tables.close.len();
        if self.in_market {
            let span = self.held(tables, n, &tables.end);
            self.look_into(tables, &span);
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
        self.tally.set_sums(sum, squares, losses, squared_losses);
        !lost
    }

    /// The figures of a walk that was [settled](Self::settle).
    #[inline]
    pub(super) fn statistics(&self, tables: &Tables<'_>, config: &BacktestConfig) -> Statistics {
        self.tally.statistics(tables.close.len(), config)
    }

    fn cash_or_value(&self, close: f64) -> f64 {
        // As the pass over the bars adds them: no cash is left while in the market.
        0.0 + self.size * close
    }
}
