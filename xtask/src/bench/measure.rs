//! One process of a criterion bench, and what it measured.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde::Deserialize;

use crate::Result;

use super::effort::Effort;
use super::programs::Program;

/// Nanoseconds for one call, one figure a sample, by the name of the case.
pub(super) type Samples = BTreeMap<String, Vec<f64>>;

/// Starts the program once and reads what criterion wrote.
///
/// Criterion's folder is new each time, so that a figure can only be of this process.
pub(super) fn measure(
    program: &Program,
    filter: Option<&str>,
    effort: &Effort,
    environment: &[(&str, String)],
) -> Result<Samples> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(&program.executable);
    command
        .args(effort.arguments())
        .args(filter)
        .current_dir(program.root.join("benches"))
        .env("CRITERION_HOME", folder.path())
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null());
    let output = command
        .output()
        .map_err(|error| format!("cannot start {}: {error}", program.executable.display()))?;
    if !output.status.success() {
        return Err(failure(&program.name, &output).into());
    }
    read_folder(folder.path())
}

/// What went wrong, with the case that was running.
fn failure(program: &str, output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut running = said.lines().chain(printed.lines()).filter_map(|line| {
        let rest = line.strip_prefix("Benchmarking ")?;
        Some(rest.split(": ").next().unwrap_or(rest))
    });
    let place = match running.next_back() {
        Some(case) => format!("in or after the case `{case}`"),
        None => "before its first case".to_owned(),
    };
    // Of a panic, where it was and what it said; else whatever came last.
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.iter().position(|line| line.contains("panicked at"));
    let from = from.unwrap_or(lines.len().saturating_sub(3));
    let told = lines[from..].iter().take(4).map(|line| format!("\n    {line}"));
    format!("the bench `{program}` failed {place} ({}):{}", output.status, told.collect::<String>())
}

/// Every case below criterion's folder: `.../new/benchmark.json` and `sample.json`.
fn read_folder(folder: &Path) -> Result<Samples> {
    let mut samples = Samples::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("new/benchmark.json") {
                let sample = fs::read_to_string(path.with_file_name("sample.json"))?;
                let (case, times) = read_case(&fs::read_to_string(&path)?, &sample)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                samples.insert(case, times);
            }
        }
    }
    Ok(samples)
}

fn read_case(benchmark: &str, sample: &str) -> serde_json::Result<(String, Vec<f64>)> {
    #[derive(Deserialize)]
    struct Benchmark {
        full_id: String,
    }
    #[derive(Deserialize)]
    struct Sample {
        iters: Vec<f64>,
        times: Vec<f64>,
    }
    let benchmark: Benchmark = serde_json::from_str(benchmark)?;
    let sample: Sample = serde_json::from_str(sample)?;
    let times = sample.times.iter().zip(&sample.iters).map(|(time, calls)| time / calls);
    Ok((benchmark.full_id, times.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::shell;

    #[test]
    fn samples_are_times_of_one_call() {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("pool_dispatch/auto/new");
        fs::create_dir_all(&case).unwrap();
        let benchmark = r#"{"group_id":"pool/dispatch","full_id":"pool/dispatch/auto"}"#;
        fs::write(case.join("benchmark.json"), benchmark).unwrap();
        let sample = r#"{"sampling_mode":"Linear","iters":[2.0,4.0],"times":[20.0,44.0]}"#;
        fs::write(case.join("sample.json"), sample).unwrap();
        // A copy under another name is not of this run.
        let base = folder.path().join("pool_dispatch/auto/base");
        fs::create_dir_all(&base).unwrap();
        fs::write(base.join("benchmark.json"), benchmark).unwrap();
        let samples = read_folder(folder.path()).unwrap();
        assert_eq!(samples, [("pool/dispatch/auto".to_owned(), vec![10.0, 11.0])].into());
    }

    #[test]
    fn a_failure_names_the_case_and_says_what_the_panic_said() {
        let script = "echo 'Benchmarking pool/a/b' >&2; \
                      echo 'Benchmarking pool/a/b: Warming up for 3 s' >&2; \
                      echo \"thread 'main' panicked at benches/pool.rs:7:9:\" >&2; \
                      echo 'answers differ' >&2; exit 101";
        let told = failure("pool", &shell(script).output().unwrap());
        for part in ["`pool` failed", "`pool/a/b`", "101", "pool.rs:7:9", "answers differ"] {
            assert!(told.contains(part), "{told}");
        }
        let told = failure("pool", &shell("echo no >&2; exit 1").output().unwrap());
        assert!(told.contains("before its first case") && told.contains("no"), "{told}");
    }
}
