//! Searching parameters: trials chosen from a space, run on a pool, ranked by a metric.
//!
//! Two ways in:
//!
//! * [`Search`] measures every combination of a [`Grid`] and keeps all trials in memory. For backtests,
//!   [`strategy_grid`], [`sma_cross_grid`] and [`expression_grid`] do it in one call.
//! * [`Study`] measures the trials of a grid, or those that a [`Method`] chooses from a [`Space`], and
//!   hands them in order to a [`TrialSink`]. Memory does not grow with their number. It keeps a journal,
//!   is resumed to the same trials, and shows a [`StudyObserver`] how far it has come and the best so
//!   far.
//!
//! A [`Grid`] spans named [`Parameter`]s and enumerates their combinations lazily, the last parameter
//! fastest; conditions and constraints leave combinations out and they are counted. What is measured is
//! an [`Objective`] over parameters, rows and budget ([`Request`]): [`BacktestObjective`], or any
//! closure, such as the error of a forecast.
//!
//! Trials are ranked by a [`Metric`](crate::metrics::Metric), which knows its direction. Ties go to the
//! earlier trial; NaN never wins. A trial that fails or panics is reported and takes no other down.
//! Nothing depends on the number of workers.

mod backtest_metrics;
mod backtest_objective;
mod backtests;
mod conduct;
mod domain;
mod evaluate;
mod fingerprint;
mod grid;
mod importance;
mod journal;
mod methods;
mod objective;
mod pace;
mod params;
mod pareto;
mod progress;
#[cfg(feature = "process")]
mod remote;
#[cfg(feature = "process")]
mod remote_backtest;
mod report;
mod run;
mod sample;
mod sink;
mod source;
mod space;
mod strategy_kind;
mod study;
mod study_report;
mod values;

pub use backtest_objective::BacktestObjective;
pub use backtests::{BacktestSearch, expression_grid, sma_cross_grid, strategy_grid};
pub use fingerprint::Fingerprint;
pub use grid::{Grid, GridCount};
pub use importance::{ParameterImportance, parameter_importance};
pub use journal::{JournalMode, StudySummary, studies};
pub use methods::Method;
pub use objective::{Failure, Objective, Request};
pub use params::Params;
pub use progress::{StudyObserver, StudySnapshot};
#[cfg(feature = "process")]
pub use remote::{RemoteObjective, TileInput, TileJob, TileOutput};
#[cfg(feature = "process")]
pub use remote_backtest::RemoteBacktest;
pub use report::{SearchReport, Trial};
pub use run::Search;
pub use sample::Sample;
pub use sink::{Both, Collect, Discard, StudyTrial, TrialSink};
pub use space::Space;
pub use strategy_kind::StrategyKind;
pub use study::Study;
pub use study_report::StudyReport;
pub use values::{Parameter, Values};
