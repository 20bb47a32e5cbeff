//! The tests of features that README.md's `cargo test` leaves off.

use crate::Result;
use crate::process::{cargo, run as run_command};

use super::Outcome;

/// One cargo command each. The soak is ignored by default: it lasts a minute by design.
const COMMANDS: [&[&str]; 4] = [
    &["test", "--package", "tangency-pool", "--all-features"],
    &[
        "test",
        "--package",
        "tangency-pool",
        "--all-features",
        "--test",
        "process",
        "--",
        "--ignored",
        "soak_one_minute",
    ],
    &["test", "--package", "tangency-shared-data", "--all-features"],
    &["test", "--package", "tangency-optimize", "--all-features"],
];

pub(super) fn run() -> Result<Outcome> {
    for command in COMMANDS {
        run_command(&mut cargo(command))?;
    }
    Ok(Outcome::Passed)
}
