//! What a backtest found out: plain data, in the order in which a reader meets them.

use serde::Serialize;
use tangency_optimize::backtest::events::{EventConfig, TradePlan};
use tangency_optimize::backtest::{Execution, ExitReason, Side, Statistics, TradeStatus};

use super::monthly::YearRow;

/// One rule over the bars of one asset, beside buying and holding it under the same costs.
///
/// Depends on the bars and the settings alone, so that two runs can be compared byte for byte. The
/// series (`dates` to `buy_and_hold_equity`) have one element a bar; they are left out of the JSON
/// document and go to `equity.csv`.
#[derive(Debug, Clone, Serialize)]
pub struct BacktestReport {
    /// Version of the software that computed it.
    pub version: &'static str,
    /// What the caller says the bars are, such as a file name.
    pub source: String,
    /// The rule in words.
    pub rule: String,
    /// Number of bars.
    pub bars: usize,
    /// Date of the first bar.
    pub first_date: String,
    /// Date of the last bar.
    pub last_date: String,
    /// The price at which market orders filled; next close where there are only closes.
    pub execution: Execution,
    /// Money, costs and units.
    pub settings: EventConfig,
    /// Direction, size and stops.
    pub plan: TradePlan,
    /// The figures of the rule.
    pub statistics: Statistics,
    /// The figures of buying with all the money on the first bar that can fill, and holding to the end:
    /// the same costs, nothing borrowed.
    pub buy_and_hold: Statistics,
    /// Value traded over the mean equity, both sides counted.
    pub turnover: f64,
    /// Mean over the bars of gross value over equity at the close.
    pub mean_exposure: f64,
    /// Orders that found too little money, or no room for another lot.
    pub rejected_orders: usize,
    /// Interest and borrowing costs, in money: negative when paid. Part of every figure but the fees and
    /// the profits of single trades.
    pub financing: f64,
    /// Returns by calendar month.
    pub monthly: Vec<YearRow>,
    /// Every trade in order of its entry.
    pub trades: Vec<TradeRow>,
    /// Date of each bar.
    #[serde(skip)]
    pub dates: Vec<String>,
    /// Close of each bar.
    #[serde(skip)]
    pub close: Vec<f64>,
    /// Equity of the rule at each close, in money.
    #[serde(skip)]
    pub equity: Vec<f64>,
    /// Net value of the position over the equity at each close.
    #[serde(skip)]
    pub exposure: Vec<f64>,
    /// Equity of buying and holding at each close, in money.
    #[serde(skip)]
    pub buy_and_hold_equity: Vec<f64>,
}

/// One trade with its dates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradeRow {
    /// Long or short.
    pub side: Side,
    /// Date of the bar on which the entry filled.
    pub entry_date: String,
    /// Date of the bar on which the exit filled; the last bar's for an open trade.
    pub exit_date: String,
    /// Number of the entry's bar, from 0.
    pub entry_bar: usize,
    /// Number of the exit's bar, from 0.
    pub exit_bar: usize,
    /// Fill price of the entry, slippage included.
    pub entry_price: f64,
    /// Fill price of the exit, slippage included; the last close for an open trade.
    pub exit_price: f64,
    /// Units held.
    pub size: f64,
    /// Money won, net of fees.
    pub profit: f64,
    /// The same as a fraction of the money put in.
    pub return_on_entry: f64,
    /// Maximum favourable excursion as a fraction of the entry price, 0 or more.
    pub favourable: f64,
    /// Maximum adverse excursion as a fraction of the entry price, 0 or negative.
    pub adverse: f64,
    /// Whether it has ended.
    pub status: TradeStatus,
    /// What ended it.
    pub exit_reason: ExitReason,
}

impl BacktestReport {
    /// What a reader needs to know first, in one sentence.
    #[must_use]
    pub fn headline(&self) -> String {
        let (ours, theirs) = (&self.statistics, &self.buy_and_hold);
        if ours.trades == 0 {
            return format!(
                "The rule never traded; buying and holding came to {:.1} %.",
                theirs.total_return * 100.0
            );
        }
        let trades = if ours.trades == 1 { "trade" } else { "trades" };
        format!(
            "{:.1} % in {} {trades} with a deepest drawdown of {:.1} %; buying and holding came to \
             {:.1} % with {:.1} %.",
            ours.total_return * 100.0,
            ours.trades,
            ours.max_drawdown.abs() * 100.0,
            theirs.total_return * 100.0,
            theirs.max_drawdown.abs() * 100.0
        )
    }

    /// What trading and holding were charged, in words: every cost that is not 0.
    #[must_use]
    pub fn costs_in_words(&self) -> String {
        let costs = &self.settings.costs;
        let share = |value: f64| format!("{} %", short(100.0 * value));
        let charged = [
            (costs.fee, format!("fee {} of each fill", share(costs.fee))),
            (costs.fixed, format!("{} a fill", short(costs.fixed))),
            (costs.per_unit, format!("{} a unit", short(costs.per_unit))),
            (costs.slippage, format!("slippage {}", share(costs.slippage))),
            (costs.spread, format!("spread {}", share(costs.spread))),
            (costs.entry_spread, format!("spread of entries {}", share(costs.entry_spread))),
            (
                costs.borrow_rate,
                format!("{} a year for units sold short", share(costs.borrow_rate)),
            ),
            (costs.debit_rate, format!("{} a year for borrowed cash", share(costs.debit_rate))),
            (costs.cash_rate, format!("{} a year earned on cash", share(costs.cash_rate))),
        ];
        let charged: Vec<String> =
            charged.into_iter().filter(|(cost, _)| *cost != 0.0).map(|(_, words)| words).collect();
        if charged.is_empty() { "no costs".to_owned() } else { charged.join(", ") }
    }
}

/// A number without the digits that only rounding put there.
fn short(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
