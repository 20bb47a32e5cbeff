//! What a backtest returns.

use serde::Serialize;

use super::config::Execution;
use super::statistics::Statistics;
use super::trade::Trade;

/// What to keep besides the statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detail {
    /// Every trade.
    pub trades: bool,
    /// Equity at each close.
    pub equity: bool,
    /// Share of the equity held in the asset at each close.
    pub exposure: bool,
}

impl Detail {
    /// Statistics only.
    pub const NONE: Self = Self { trades: false, equity: false, exposure: false };
    /// Everything.
    pub const ALL: Self = Self { trades: true, equity: true, exposure: true };
}

/// The outcome of one backtest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestResult {
    /// The price at which orders were filled. Next close where next open was asked for and there
    /// are only closes.
    pub execution: Execution,
    /// The figures.
    pub statistics: Statistics,
    /// Every trade in order of entry, if asked for.
    pub trades: Option<Vec<Trade>>,
    /// Equity at each close, in money, if asked for.
    pub equity: Option<Vec<f64>>,
    /// Share of the equity held in the asset at each close, if asked for: 0 or 1, since an entry
    /// takes all cash.
    pub exposure: Option<Vec<f64>>,
}
