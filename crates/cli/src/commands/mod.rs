//! One file a subcommand.

pub(crate) mod backtest;
pub(crate) mod doctor;
pub(crate) mod forecast;
pub(crate) mod grid;
mod luck;
pub(crate) mod run;
pub(crate) mod studies;
pub(crate) mod trials;
mod walk_forward;
pub(crate) mod weights;

use tangency::pool::{CpuBudget, Executor, Pool};

use crate::args::Global;
use crate::exit::{Failure, Outcome};

/// The pool that the options ask for: `--workers`, or what the machine gives.
fn pool(global: &Global) -> Outcome<Pool> {
    executor_pool(global, None)
}

/// The same, with jobs on this executor; without one, on that which the environment names.
fn executor_pool(global: &Global, executor: Option<Executor>) -> Outcome<Pool> {
    let mut builder = match global.workers {
        Some(workers) => Pool::builder().workers(usize::from(workers)),
        None => Pool::builder().budget(CpuBudget::detect()),
    };
    if let Some(executor) = executor {
        builder = builder.executor(executor);
    }
    builder.build().map_err(Failure::work)
}
