//! One line of the history: what one case came to in one run of the benches.

use std::process::id;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::process::{capture, git};

use super::effort::Method;
use super::machine::{Machine, toolchain};
use super::statistics::{least, mean, median, standard_deviation};

/// What one run of the command has in common for all of its cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    /// Unique among the runs of a machine.
    pub(super) run: String,
    /// Unix seconds.
    pub(super) time: u64,
    /// From `--save`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) commit: String,
    /// Whether the working tree differed from the commit.
    pub(super) dirty: bool,
    pub(super) toolchain: String,
    #[serde(flatten)]
    pub(super) machine: Machine,
    /// Load average when the command started, before it built anything.
    pub(super) load: Option<f64>,
    pub(super) method: Method,
}

impl Run {
    pub(super) fn begin(
        machine: Machine,
        method: Method,
        name: Option<&str>,
        load: Option<f64>,
    ) -> Result<Self> {
        let time = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        // Without version control there is still something to measure.
        let commit = capture(&mut git(&["rev-parse", "HEAD"])).unwrap_or_default();
        let changes = capture(&mut git(&["status", "--porcelain"])).unwrap_or_default();
        Ok(Self {
            run: format!("{time}-{}", id()),
            time,
            name: name.map(str::to_owned),
            commit: commit.trim().to_owned(),
            dirty: !changes.trim().is_empty(),
            toolchain: toolchain()?.0,
            machine,
            load,
            method,
        })
    }

    /// The commit as people write it, with a mark where the working tree differed.
    pub(super) fn commit_mark(&self) -> String {
        let short = self.commit.get(..9).unwrap_or(&self.commit);
        format!("{short}{}", if self.dirty { "+" } else { "" })
    }
}

/// What a program that counts its allocations says of one call of a case.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    pub(super) allocations: u64,
    pub(super) allocated_bytes: u64,
    /// The most that was allocated at once, on top of what was there before.
    pub(super) peak_bytes: u64,
    /// Peak resident size of a process that does nothing else, where the system tells.
    pub(super) peak_rss_bytes: Option<u64>,
}

/// Times are nanoseconds for one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub(super) of: Run,
    /// `crate/case/implementation`.
    pub(super) case: String,
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) mean: f64,
    pub(super) sd: f64,
    /// The number of criterion's samples under the four figures above.
    pub(super) n: usize,
    /// The least time of each process: what verdicts are made from.
    pub(super) times: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) memory: Option<Memory>,
}

impl Record {
    /// `processes` holds one list of samples for each process.
    pub(super) fn new(of: Run, case: String, processes: &[Vec<f64>]) -> Self {
        let all: Vec<f64> = processes.iter().flatten().copied().collect();
        Self {
            of,
            case,
            min: least(&all),
            median: median(&all),
            mean: mean(&all),
            sd: standard_deviation(&all),
            n: all.len(),
            times: processes.iter().map(|samples| least(samples)).collect(),
            memory: None,
        }
    }
}

/// What a case's name begins with: the folders of crates, and the judge's own.
pub(super) const CRATES: [&str; 9] = [
    "pool",
    "shared-data",
    "preprocess",
    "forecast",
    "optimize",
    "pipeline",
    "tangency",
    "cli",
    "judge",
];

/// Whether a case is named `crate/case/implementation`; the case may be a path itself.
pub(super) fn is_path(case: &str) -> bool {
    let parts: Vec<&str> = case.split('/').collect();
    parts.len() >= 3 && CRATES.contains(&parts[0]) && parts.iter().all(|part| !part.is_empty())
}

#[cfg(test)]
pub(super) fn example(case: &str, commit: &str, times: &[f64]) -> Record {
    let run = Run {
        run: format!("1700000000-{commit}"),
        time: 1_700_000_000,
        name: None,
        commit: commit.to_owned(),
        dirty: false,
        toolchain: "rustc 1.95.0".to_owned(),
        machine: super::machine::example(),
        load: Some(0.5),
        method: Method::Full,
    };
    let processes: Vec<Vec<f64>> = times.iter().map(|&time| vec![time, 2.0 * time]).collect();
    Record::new(run, case.to_owned(), &processes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_keeps_the_least_time_of_each_process_and_figures_over_all_samples() {
        let record = example("pool/dispatch/auto", "abc", &[10.0, 12.0]);
        assert_eq!(record.times, [10.0, 12.0]);
        assert_eq!((record.min, record.n), (10.0, 4));
        assert_eq!((record.median, record.mean), (16.0, 16.5));
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let record = example("pool/dispatch/auto", "abc", &[0.1 + 0.2, 1e9 / 3.0]);
        let line = serde_json::to_string(&record).unwrap();
        assert!(!line.contains('\n') && line.contains("\"cpu\":\"Abacus 9 (1-2-3)\""));
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }

    #[test]
    fn names_are_paths_of_crate_case_and_implementation() {
        for name in ["pool/dispatch/auto", "shared-data/clone/8313x20/frame"] {
            assert!(is_path(name), "{name}");
        }
        for name in ["dispatch", "pool/dispatch", "panel/case/ours", "pool//auto", "pool/a/"] {
            assert!(!is_path(name), "{name}");
        }
    }
}
