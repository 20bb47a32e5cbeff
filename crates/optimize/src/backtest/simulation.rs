//! The pass over the bars.

use super::config::BacktestConfig;
use super::result::Detail;
use super::signals::Order;
use super::statistics::{Statistics, Tally};
use super::trade::{ExitReason, Trade, TradeStatus};

/// Is shown everything that happens; what it does not keep costs nothing.
pub(super) trait Record {
    fn trade(&mut self, trade: Trade);
    fn close(&mut self, equity: f64, in_market: bool);
}

/// Keeps nothing.
pub(super) struct Nothing;

impl Record for Nothing {
    #[inline]
    fn trade(&mut self, _: Trade) {}
    #[inline]
    fn close(&mut self, _: f64, _: bool) {}
}

/// Keeps what was asked for.
pub(super) struct Details {
    pub(super) trades: Option<Vec<Trade>>,
    pub(super) equity: Option<Vec<f64>>,
    pub(super) exposure: Option<Vec<f64>>,
}

impl Details {
    pub(super) fn new(detail: Detail, n_bars: usize) -> Self {
        let column = |wanted: bool| wanted.then(|| Vec::with_capacity(n_bars));
        Self {
            trades: detail.trades.then(Vec::new),
            equity: column(detail.equity),
            exposure: column(detail.exposure),
        }
    }
}

impl Record for Details {
    fn trade(&mut self, trade: Trade) {
        if let Some(trades) = &mut self.trades {
            trades.push(trade);
        }
    }

    fn close(&mut self, equity: f64, in_market: bool) {
        if let Some(column) = &mut self.equity {
            column.push(equity);
        }
        if let Some(column) = &mut self.exposure {
            column.push(f64::from(u8::from(in_market)));
        }
    }
}

/// Trades the orders over the bars: those of bar `i` fill at `fill[i + 1]`.
///
/// One pass, no allocation. `order_after(i)` is asked once a bar, in order, for the order decided at
/// the close of bar `i`; both columns have the same length, at least 1.
#[inline]
pub(super) fn simulate<R: Record>(
    fill: &[f64],
    close: &[f64],
    config: &BacktestConfig,
    mut order_after: impl FnMut(usize) -> Order,
    record: &mut R,
) -> Statistics {
    let fee = config.costs.fee;
    let (buying, selling) = (1.0 + config.costs.slippage, 1.0 - config.costs.slippage);
    let mut tally = Tally::new(config.cash);
    let mut cash = config.cash;
    // The position: its size is 0 and the trade that of the last entry, or of none, while flat.
    let mut size = 0.0;
    let mut in_market = false;
    let mut trade = Trade::NONE;
    let mut order = Order::Nothing;
    for (bar, (&fill, &close)) in fill.iter().zip(close).enumerate() {
        let mut traded = false;
        if order == Order::Enter && !in_market {
            let price = fill * buying;
            size = cash / (price * (1.0 + fee));
            let entry_fee = size * price * fee;
            tally.entered(entry_fee);
            cash = 0.0;
            trade = Trade { entry_bar: bar, entry_price: price, size, entry_fee, ..Trade::NONE };
            in_market = true;
        } else if order == Order::Leave && in_market {
            trade.exit_bar = bar;
            trade.exit_price = fill * selling;
            trade.exit_fee = size * trade.exit_price * fee;
            trade.status = TradeStatus::Closed;
            trade.exit_reason = ExitReason::Signal;
            cash = size * trade.exit_price - trade.exit_fee;
            tally.closed(trade.exit_fee, trade.profit());
            record.trade(trade);
            size = 0.0;
            in_market = false;
            traded = true;
        }
        let equity = cash + size * close;
        // In cash the equity stands still, and the tally would add zeros.
        if in_market || traded {
            tally.close(equity, in_market);
        }
        record.close(equity, in_market);
        order = order_after(bar);
    }
    if in_market {
        trade.exit_bar = close.len() - 1;
        trade.exit_price = close[close.len() - 1];
        record.trade(trade);
    }
    tally.statistics(close.len(), config)
}
