//! One rule over the bars of one asset, as a document a person can judge it by.

mod monthly;
mod report;
mod run;
mod write;

pub use monthly::YearRow;
pub use report::{BacktestReport, TradeRow};
pub use run::RuleBacktest;
