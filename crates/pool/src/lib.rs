#![doc = include_str!("../README.md")]

mod backlog;
#[cfg(feature = "indicatif")]
mod bar;
mod batch;
#[cfg(feature = "rayon")]
mod below;
mod budget;
mod builder;
mod cancel;
mod chunking;
mod crew;
mod erased;
#[cfg(test)]
mod erased_tests;
mod error;
mod events;
mod execute;
mod executor;
mod follow;
mod footprint;
mod histogram;
mod load;
mod map;
mod outcome;
mod panics;
mod pool;
mod prepare;
#[cfg(feature = "process")]
pub mod process;
mod progress;
mod queue;
#[cfg(test)]
mod queue_tests;
mod report;
mod roster;
mod run;
mod seed;
mod segments;
mod sink;
mod spin;
mod staff;
mod state;
mod stats;
mod stop;
mod stopwatch;
mod stream;
mod submit;
mod sync;
mod watch;
mod worker;

#[cfg(feature = "indicatif")]
pub use bar::IndicatifBar;
pub use batch::{Batch, Stateful, Stateless};
pub use budget::CpuBudget;
pub use builder::PoolBuilder;
pub use cancel::CancelToken;
pub use chunking::Chunking;
pub use error::{Error, ErrorKind, Result};
pub use executor::{Executor, ExecutorStats};
pub use follow::Follow;
pub use footprint::ProcessStats;
pub use histogram::Quantiles;
pub use outcome::Outcome;
pub use pool::Pool;
pub use progress::{PROGRESS_INTERVAL, Progress, ProgressSnapshot};
pub use report::{BatchReport, BatchStats, StreamReport, WorkerShare};
pub use seed::item_seed;
pub use sink::{OnResult, ResultSink, Unobserved};
pub use state::WorkerState;
pub use stats::{ItemCounts, PoolStats, WorkerStats};
pub use stop::{StopReason, stop_requested};
pub use worker::Worker;
