//! One file a subcommand.

pub(crate) mod doctor;
pub(crate) mod forecast;
pub(crate) mod grid;
pub(crate) mod run;
pub(crate) mod weights;

use tangency::pool::{CpuBudget, Pool};

use crate::args::Global;
use crate::exit::{Failure, Outcome};

/// The pool that the options ask for: `--workers`, or what the machine gives.
fn pool(global: &Global) -> Outcome<Pool> {
    let builder = match global.workers {
        Some(workers) => Pool::builder().workers(usize::from(workers)),
        None => Pool::builder().budget(CpuBudget::detect()),
    };
    builder.build().map_err(Failure::work)
}
