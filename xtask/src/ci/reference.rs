//! The ignored tests named `reference_*`: they compare with data that lies beside the
//! repository and may not be copied into it.

use std::path::Path;

use crate::Result;
use crate::process::{capture, cargo, run as run_command, workspace_root};

use super::Outcome;

/// `--tests` and no `--workspace`: the very binaries that README.md's `cargo test` built.
const TESTS: &[&str] = &["test", "--tests", "--", "--ignored", "reference_"];

pub(super) fn run() -> Result<Outcome> {
    if let Some(reason) = missing(&workspace_root()) {
        return Ok(Outcome::Skipped(reason));
    }
    // A run of no test at all would pass as well.
    let listing = capture(&mut cargo(&[TESTS, &["--list"]].concat()))?;
    let tests = count_tests(&listing);
    if tests == 0 {
        return Err(
            "the reference values are there, but no ignored test is named `reference_*`".into()
        );
    }
    println!("{tests} reference tests");
    run_command(&mut cargo(TESTS))?;
    Ok(Outcome::Passed)
}

/// What the tests read: golden values, and the series that they are of.
const FOLDERS: [&str; 2] = ["../shared/golden", "../shared/data"];

/// Why there is nothing to compare with: a folder `shared` of another kind may lie beside any checkout.
fn missing(root: &Path) -> Option<String> {
    let missing = FOLDERS.into_iter().find(|folder| !root.join(folder).is_dir())?;
    Some(format!("there is no folder {missing}"))
}

/// The tests in what the test binaries print for `--list`, one `path::name: test` a line.
fn count_tests(listing: &str) -> usize {
    listing.lines().filter(|line| line.ends_with(": test")).count()
}

#[cfg(test)]
mod tests {
    use super::{count_tests, missing};

    #[test]
    fn any_other_folder_of_that_name_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("checkout");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::create_dir_all(folder.path().join("shared")).unwrap();
        assert!(missing(&root).is_some());
        std::fs::create_dir_all(folder.path().join("shared/golden")).unwrap();
        assert!(missing(&root).is_some_and(|reason| reason.ends_with("shared/data")));
        std::fs::create_dir_all(folder.path().join("shared/data")).unwrap();
        assert_eq!(missing(&root), None);
    }

    #[test]
    fn tests_are_counted_and_totals_are_not() {
        let listing =
            "backtest::reference_goog: test\n\n1 test, 0 benchmarks\n0 tests, 0 benchmarks\n";
        assert_eq!(count_tests(listing), 1);
        assert_eq!(count_tests("0 tests, 0 benchmarks\n"), 0);
    }
}
