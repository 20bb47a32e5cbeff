//! The ignored tests named `reference_*`: they compare with data that lies beside the
//! repository and may not be copied into it.

use crate::Result;
use crate::process::{capture, cargo, run as run_command, workspace_root};

use super::Outcome;

/// `--tests` and no `--workspace`: the very binaries that README.md's `cargo test` built.
const TESTS: &[&str] = &["test", "--tests", "--", "--ignored", "reference_"];

pub(super) fn run() -> Result<Outcome> {
    let folder = workspace_root().join("../shared");
    if !folder.is_dir() {
        return Ok(Outcome::Skipped("there is no folder ../shared".to_owned()));
    }
    // A run of no test at all would pass as well.
    let listing = capture(&mut cargo(&[TESTS, &["--list"]].concat()))?;
    let tests = count_tests(&listing);
    if tests == 0 {
        return Err("../shared is there, but no ignored test is named `reference_*`".into());
    }
    println!("{tests} reference tests");
    run_command(&mut cargo(TESTS))?;
    Ok(Outcome::Passed)
}

/// The tests in what the test binaries print for `--list`, one `path::name: test` a line.
fn count_tests(listing: &str) -> usize {
    listing.lines().filter(|line| line.ends_with(": test")).count()
}

#[cfg(test)]
mod tests {
    use super::count_tests;

    #[test]
    fn tests_are_counted_and_totals_are_not() {
        let listing =
            "backtest::reference_goog: test\n\n1 test, 0 benchmarks\n0 tests, 0 benchmarks\n";
        assert_eq!(count_tests(listing), 1);
        assert_eq!(count_tests("0 tests, 0 benchmarks\n"), 0);
    }
}
