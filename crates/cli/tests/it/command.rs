//! Running the built binary.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Standard output as the one JSON document it must be.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no single JSON document: {error}\n{}", self.stdout))
    }
}

/// The command, ready for arguments, away from the environment's worker settings.
pub(crate) fn tangency() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tangency"));
    command.env_remove("TANGENCY_WORKERS");
    command
}

/// Runs to the end; arguments are split at spaces.
pub(crate) fn run(arguments: &str) -> Ended {
    run_with(&arguments.split(' ').collect::<Vec<_>>())
}

/// Runs to the end.
pub(crate) fn run_with(arguments: &[&str]) -> Ended {
    let output = tangency().args(arguments).output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder with a small file of real prices.
pub(crate) struct Workplace {
    folder: TempDir,
}

impl Workplace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.text(name)
    }

    /// The path as an argument.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The last `n_rows` of the first `n_assets` stocks of the embedded data set.
    pub(crate) fn prices(&self, n_assets: usize, n_rows: usize) -> String {
        let prices = tangency_testkit::prices::sp500_20();
        let mut text = format!("Date,{}\n", prices.names[..n_assets].join(","));
        for row in prices.dates.len() - n_rows..prices.dates.len() {
            let cells: Vec<String> =
                prices.columns[..n_assets].iter().map(|column| column[row].to_string()).collect();
            text += &format!("{},{}\n", prices.dates[row], cells.join(","));
        }
        self.write("prices.csv", &text)
    }

    pub(crate) fn entries(&self) -> Vec<String> {
        entries(self.folder.path())
    }
}

/// Names of what is in a folder, sorted.
pub(crate) fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
