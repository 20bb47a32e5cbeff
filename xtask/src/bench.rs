//! `cargo xtask bench`: performance that is tracked and judged.

mod ab;
mod acceptance;
mod chart;
mod counts;
mod effort;
mod experiments;
mod history;
mod machine;
mod measure;
mod memory;
mod page;
mod peers;
mod programs;
mod record;
mod scalability;
mod settings;
mod statistics;
mod suite;
mod table;
mod trial;
mod turns;
mod verdict;
mod worktrees;

use crate::Result;
use crate::usage::{Command, UsageError};

pub(crate) use counts::{Checked as CheckedCounts, check as check_counts};

/// The package that holds the benches.
const PACKAGE: &str = "tangency-benches";

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    summary: "measure, compare with what was before, judge",
    help: HELP,
    run: execute,
};

const HELP: &str = "\
cargo xtask bench [FILTER] [--baseline REF] [--save NAME] [--gate PERCENT] [--quick] [--json]
cargo xtask bench ab REF_A REF_B [FILTER]
cargo xtask bench experiments | peers | counts | trial

Runs the criterion benches whose name (crate/case/implementation) matches FILTER, a
regular expression, each in ten processes; adds a record for each case to the
history; and prints a table beside the baseline: change of the least times, 95 %
interval (bootstrap), p (Welch, after Holm over all cases), and a verdict. Faster
and slower need p < 0.05, an interval beyond 0 and 5 %.

  --baseline REF   a name given to --save, or a commit; else the last run of each case
  --save NAME      name this run
  --gate PERCENT   fail on a significant slowdown of that much
  --quick          three short processes for each case; the suite in minutes
  --runs N         processes for each case
  --history FILE   in place of TANGENCY_BENCH_HISTORY, or TARGET/tangency-bench/history.jsonl
  --json           one JSON document in place of the table
  --write-docs     put the results into docs/benchmarks.md

ab builds both commits (`.` is the working tree) below the target folder, runs their
benches in turns, A B A B, and accepts or rejects B: [--quick] [--runs N] [--json].

experiments [FILTER] runs the experiments the project was founded on: [--quick]
[--json] [--write-docs].

peers [FILTER] compares with other software on the same input, answers first:
[--quick] [--json] [--write-docs]. See benches/peers/README.md.

counts holds instruction counts under callgrind against benches/counts.toml and fails
where one grew by more than 3 % and 64 instructions: [--write] [--write-docs].

trial plants slowdowns and counts how often the judge sees them, beside a busy
process: [--tries N] [--runs N] [--quiet] [--write-docs].
";

fn execute(arguments: &[String]) -> Result {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("ab") => ab::execute(rest),
        Some("experiments") => experiments::execute(rest),
        Some("peers") => peers::execute(rest),
        Some("counts") => counts::execute(rest),
        Some("trial") => trial::execute(rest),
        Some(trial::BUSY) => trial::stay_busy(),
        _ => suite::execute(arguments),
    }
}

/// Two at least: one says nothing about the spread.
fn parse_runs(text: &str) -> std::result::Result<usize, UsageError> {
    match text.parse::<usize>() {
        Ok(runs) if runs >= 2 => Ok(runs),
        _ => Err(UsageError::new(format!("`{text}`: expected a number of runs, 2 or more"))),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_runs;

    #[test]
    fn a_number_of_runs_is_two_or_more() {
        assert_eq!(parse_runs("12").unwrap(), 12);
        for text in ["1", "0", "-3", "many"] {
            assert!(parse_runs(text).is_err(), "{text}");
        }
    }
}
