//! What an event backtest returns.

use serde::Serialize;

use crate::backtest::config::Execution;
use crate::backtest::statistics::Statistics;
use crate::backtest::trade::Trade;

/// The outcome of an event backtest.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EventResult {
    /// The price at which market orders were filled.
    pub execution: Execution,
    /// The figures.
    pub statistics: Statistics,
    /// Value traded over the mean equity, both sides counted.
    pub turnover: f64,
    /// Mean over the bars of gross value over equity at the close.
    pub mean_exposure: f64,
    /// Orders that found too little money, or no room for another lot.
    pub rejected: usize,
    /// Interest and borrowing costs, dividends not counted: negative when paid.
    pub financing: f64,
    /// Every trade in order of its exit, open ones last, if asked for.
    pub trades: Option<Vec<Trade>>,
    /// Equity at each close, in money, if asked for.
    pub equity: Option<Vec<f64>>,
    /// Net value of the position over the equity at each close, if asked for; negative when short.
    pub exposure: Option<Vec<f64>>,
}
