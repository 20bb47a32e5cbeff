//! Bars, a rule and a setting become a report.

use tangency_optimize::backtest::events::{
    AtEnd, EventBacktest, EventConfig, EventResult, TradePlan,
};
use tangency_optimize::backtest::{Bars, BuyAndHold, Detail, Strategy, Trade};
use tangency_shared_data::time::format_date;

use super::monthly::by_month;
use super::report::{BacktestReport, TradeRow};
use crate::error::{ErrorKind, Result};

/// Everything a backtest of one rule is made from.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::events::{EventConfig, TradePlan};
/// use tangency_optimize::backtest::{Bars, SmaCross};
/// use tangency_pipeline::RuleBacktest;
///
/// let day = 86_400_000_000_000;
/// let timestamps: Vec<i64> = (0..300).map(|i| i * day).collect();
/// let close: Vec<f64> = (0..300).map(|i| 100.0 + 20.0 * (f64::from(i) / 15.0).sin()).collect();
/// let report = RuleBacktest {
///     source: "a sine".to_owned(),
///     timestamps: &timestamps,
///     bars: Bars::from_closes(&close)?,
///     config: EventConfig::vectorbt(252.0),
///     plan: TradePlan { stop_loss: Some(0.05), ..TradePlan::all_in() },
/// }
/// .run(&SmaCross { fast: 5, slow: 20 }, "sma-cross fast=5 slow=20")?;
/// assert_eq!(report.monthly[0].year, "1970");
/// assert_eq!(report.trades.len(), report.statistics.trades);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RuleBacktest<'a> {
    /// What the bars are, for the reader.
    pub source: String,
    /// Unix nanoseconds (UTC) of each bar.
    pub timestamps: &'a [i64],
    /// The bars.
    pub bars: Bars<'a>,
    /// Money, costs, units, execution.
    pub config: EventConfig,
    /// Direction, size and stops of the rule; buying and holding takes all the money and has no stops.
    pub plan: TradePlan,
}

impl RuleBacktest<'_> {
    /// Runs `strategy`, described by `rule`, and buying and holding beside it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Optimize`] for a setting out of range or a strategy that refuses its parameters,
    /// [`ErrorKind::Setting`] unless there is one timestamp a bar.
    pub fn run(&self, strategy: &dyn Strategy, rule: &str) -> Result<BacktestReport> {
        let bars = self.bars.len();
        if self.timestamps.len() != bars {
            return Err(ErrorKind::Setting {
                name: "timestamps",
                expected: format!("one a bar, {bars}"),
                got: self.timestamps.len().to_string(),
            }
            .into());
        }
        let backtest = EventBacktest::new(self.bars, self.config)?;
        let ruled = backtest.run_strategy(strategy, &self.plan, Detail::ALL)?;
        // Bought after the first bar whatever the model says, with what there is, and never sold.
        let from_start = EventConfig {
            first_decision: 0,
            leverage: 1.0,
            at_end: AtEnd::KeepOpen,
            ..self.config
        };
        let equity_only = Detail { equity: true, ..Detail::NONE };
        let held = EventBacktest::new(self.bars, from_start)?.run_strategy(
            &BuyAndHold,
            &TradePlan::all_in(),
            equity_only,
        )?;
        Ok(self.report(rule, backtest.config(), ruled, held))
    }

    fn report(
        &self,
        rule: &str,
        settings: &EventConfig,
        ruled: EventResult,
        held: EventResult,
    ) -> BacktestReport {
        let dates: Vec<String> = self.timestamps.iter().map(|&at| format_date(at)).collect();
        let equity = ruled.equity.unwrap_or_default();
        let mut trades: Vec<TradeRow> =
            ruled.trades.unwrap_or_default().iter().map(|trade| row(trade, &dates)).collect();
        // Exits may overtake each other where several lots are open; readers look for entries.
        trades.sort_by_key(|trade| (trade.entry_bar, trade.exit_bar));
        BacktestReport {
            version: env!("CARGO_PKG_VERSION"),
            source: self.source.clone(),
            rule: rule.to_owned(),
            bars: dates.len(),
            first_date: dates.first().cloned().unwrap_or_default(),
            last_date: dates.last().cloned().unwrap_or_default(),
            execution: ruled.execution,
            settings: *settings,
            plan: self.plan,
            statistics: ruled.statistics,
            buy_and_hold: held.statistics,
            turnover: ruled.turnover,
            mean_exposure: ruled.mean_exposure,
            rejected_orders: ruled.rejected,
            financing: ruled.financing,
            monthly: by_month(self.timestamps, &equity, settings.cash),
            trades,
            dates,
            close: self.bars.close().to_vec(),
            equity,
            exposure: ruled.exposure.unwrap_or_default(),
            buy_and_hold_equity: held.equity.unwrap_or_default(),
        }
    }
}

fn row(trade: &Trade, dates: &[String]) -> TradeRow {
    TradeRow {
        side: trade.side,
        entry_date: dates[trade.entry_bar].clone(),
        exit_date: dates[trade.exit_bar].clone(),
        entry_bar: trade.entry_bar,
        exit_bar: trade.exit_bar,
        entry_price: trade.entry_price,
        exit_price: trade.exit_price,
        size: trade.size,
        profit: trade.profit(),
        return_on_entry: trade.return_on_entry(),
        favourable: trade.favourable,
        adverse: trade.adverse,
        status: trade.status,
        exit_reason: trade.exit_reason,
    }
}
