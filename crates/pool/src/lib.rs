#![doc = include_str!("../README.md")]

mod batch;
mod budget;
mod cancel;
mod chunking;
mod erased;
mod error;
mod outcome;
mod panics;
mod pool;
mod progress;
mod queue;
mod report;
mod run;
mod seed;
mod sink;
mod state;
mod stats;
mod watch;
mod worker;

pub use batch::{Batch, Stateful, Stateless};
pub use budget::CpuBudget;
pub use cancel::CancelToken;
pub use chunking::Chunking;
pub use error::{Error, ErrorKind, Result};
pub use outcome::Outcome;
pub use pool::{Pool, PoolBuilder};
pub use progress::{PROGRESS_INTERVAL, Progress, ProgressSnapshot};
pub use report::{BatchReport, BatchStats, StopReason, WorkerShare};
pub use seed::item_seed;
pub use sink::{OnResult, ResultSink, Unobserved};
pub use state::WorkerState;
pub use stats::{ItemCounts, PoolStats, WorkerStats};
pub use worker::Worker;
