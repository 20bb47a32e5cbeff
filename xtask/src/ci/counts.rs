//! Instruction counts of the kernels, where they can be compared.

use crate::Result;
use crate::bench::{CheckedCounts, check_counts};

use super::Outcome;

pub(super) fn run() -> Result<Outcome> {
    Ok(match check_counts()? {
        CheckedCounts::Passed => Outcome::Passed,
        CheckedCounts::NotComparable(reason) => Outcome::Skipped(reason),
    })
}
