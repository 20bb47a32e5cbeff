//! Searching parameters: a grid of trials, run on a pool, ranked by a metric.
//!
//! A [`Grid`] spans named [`Parameter`]s and enumerates their combinations lazily, the last
//! parameter fastest; a constraint leaves combinations out and they are counted. [`Search::run`]
//! measures an objective, any function from [`Params`] to [`Metrics`](crate::metrics::Metrics), on
//! each, and returns a [`SearchReport`]: one [`Trial`] each, in grid order, whatever the number of
//! workers. A trial that fails or panics is reported and takes no other down.
//!
//! [`SearchReport::best`] ranks by a [`Metric`](crate::metrics::Metric), which knows its direction.
//! Ties go to the earlier trial; NaN never wins.
//!
//! For backtests, [`strategy_grid`], [`sma_cross_grid`] and [`expression_grid`] do all of this in one call.

mod backtests;
mod grid;
mod params;
mod report;
mod run;
mod strategy_kind;
mod values;

pub use backtests::{BacktestSearch, expression_grid, sma_cross_grid, strategy_grid};
pub use grid::{Grid, GridCount};
pub use params::Params;
pub use report::{SearchReport, Trial};
pub use run::Search;
pub use strategy_kind::StrategyKind;
pub use values::{Parameter, Values};
