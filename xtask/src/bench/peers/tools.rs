//! The interpreters and the package that peers run in, where they are found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::process::{capture, cargo, workspace_root};

use super::super::record::CRATES;
use super::lines::{Line, read};

const FOLDER: &str = "benches/peers";
const RUST: &str = "benches/peers/rust";
/// Its cases, one a line: what is missing where it cannot be built.
const RUST_CASES: &str = "benches/peers/rust/cases.txt";
/// Names the interpreter for the Python scripts.
pub(super) const PYTHON: &str = "TANGENCY_PEERS_PYTHON";

/// Names features of the Rust package, for peers that take long to build.
pub(super) const FEATURES: &str = "TANGENCY_PEERS_FEATURES";

/// Libraries that start threads of their own unless told not to.
const SINGLE_THREADED: [&str; 6] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
];

/// What all peers came to.
#[derive(Debug, Default)]
pub(super) struct Printed {
    pub(super) lines: Vec<Line>,
    /// Scripts that could not be started at all, and why.
    pub(super) missing: Vec<(String, String)>,
    /// Scripts that failed.
    pub(super) failures: Vec<String>,
}

/// Runs every script and the Rust package, one after the other, where it may have cases that hold `filter`.
pub(super) fn run_all(filter: &str, run_folder: &Path, target: &Path) -> Result<Printed> {
    let mut printed = Printed::default();
    for script in scripts(&workspace_root().join(FOLDER))? {
        let file = script.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !may_hold(&file, filter) {
            continue;
        }
        let name = format!("{FOLDER}/{file}");
        let interpreter = match script.extension().and_then(|it| it.to_str()) {
            Some("py") => python(target).ok_or("no Python interpreter was found"),
            _ => works("Rscript").then(|| PathBuf::from("Rscript")).ok_or("no Rscript was found"),
        };
        match interpreter {
            Ok(interpreter) => {
                let mut command = Command::new(interpreter);
                command.arg(script);
                run(&name, command, run_folder, &mut printed);
            }
            Err(why) => printed.missing.push((name, why.to_owned())),
        }
    }
    let cases = fs::read_to_string(workspace_root().join(RUST_CASES)).unwrap_or_default();
    let mut cases = cases.lines().filter(|case| case.contains(filter)).peekable();
    if cases.peek().is_some() {
        match build_rust(target) {
            Ok(executable) => run(RUST, Command::new(executable), run_folder, &mut printed),
            Err(error) => {
                printed.missing.push((RUST.to_owned(), last_line(&error.to_string())));
                let missing = cases.map(|case| Line::missing(case, "the Rust peers do not build"));
                printed.lines.extend(missing);
            }
        }
    }
    printed.lines.retain(|line| line.case.contains(filter));
    Ok(printed)
}

fn run(name: &str, mut command: Command, run_folder: &Path, printed: &mut Printed) {
    eprintln!("peer {name}");
    command.current_dir(workspace_root()).env("TANGENCY_PEERS_FOLDER", run_folder);
    command.envs(SINGLE_THREADED.map(|name| (name, "1"))).stdin(Stdio::null());
    // Nothing is left beside the scripts.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    // What a script printed before it failed was measured all the same.
    let told = match command.output() {
        Err(error) => Err(format!("cannot be started: {error}")),
        Ok(output) => {
            let (lines, read) = read(name, &String::from_utf8_lossy(&output.stdout));
            printed.lines.extend(lines);
            match output.status.success() {
                true => read.map_err(|error| error.to_string()),
                false => Err(last_line(&String::from_utf8_lossy(&output.stderr))),
            }
        }
    };
    if let Err(why) = told {
        printed.failures.push(format!("{name}: {why}"));
    }
}

fn last_line(text: &str) -> String {
    text.trim_end().lines().last().unwrap_or_default().to_owned()
}

/// Whether a script can have such a case: its name begins with the crate, which may be what the filter begins
/// with.
fn may_hold(script: &str, filter: &str) -> bool {
    match filter.split_once('/') {
        Some((area, _)) if CRATES.contains(&area) => script.replace('_', "-").starts_with(area),
        _ => true,
    }
}

/// Every `.py` and `.R` that does not begin with an underscore, by name.
fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_script = name.ends_with(".py") || name.ends_with(".R");
        if is_script && !name.starts_with('_') {
            scripts.push(path);
        }
    }
    scripts.sort();
    Ok(scripts)
}

/// The interpreter of the environment, of the set-up in `benches/peers/README.md`, or of the system.
fn python(target: &Path) -> Option<PathBuf> {
    let named = std::env::var_os(PYTHON).map(PathBuf::from);
    let folders = [target.to_path_buf(), workspace_root().join("target")];
    let set_up = folders.map(|folder| folder.join("peers/bin/python"));
    let candidates = named.into_iter().chain(set_up).chain(["python3".into(), "python".into()]);
    candidates.into_iter().find(|candidate| works(candidate))
}

fn works(program: impl AsRef<std::ffi::OsStr>) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Builds the Rust peers, with their own lock file and target folder.
fn build_rust(target: &Path) -> Result<PathBuf> {
    let manifest = workspace_root().join(RUST).join("Cargo.toml");
    let folder = target.join("tangency-bench/peers");
    let manifest = manifest.to_string_lossy().into_owned();
    eprintln!("building {RUST}");
    let features = std::env::var(FEATURES).unwrap_or_default();
    let mut arguments = vec!["build", "--quiet", "--release", "--locked"];
    arguments.extend(["--manifest-path", &manifest, "--features", &features]);
    let mut command = cargo(&arguments);
    capture(command.env("CARGO_TARGET_DIR", &folder))?;
    Ok(folder.join("release").join(format!("rust-peers{}", std::env::consts::EXE_SUFFIX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::shell;

    #[test]
    fn scripts_are_found_by_extension_and_parts_of_them_are_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["forecast_a.py", "optimize_b.R", "_shared.py", "README.md", "data.csv"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = scripts(folder.path()).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap()).collect();
        assert_eq!(names, ["forecast_a.py", "optimize_b.R"]);
    }

    #[test]
    fn a_script_that_fails_is_told_with_its_last_words_and_the_next_one_runs() {
        let folder = tempfile::tempdir().unwrap();
        let mut printed = Printed::default();
        run(
            "a.py",
            shell("echo Traceback >&2; echo no module >&2; exit 1"),
            folder.path(),
            &mut printed,
        );
        let line = r#"{"case":"pool/a/theirs","ns":5,"answer":1}"#;
        run("b.py", shell(&format!("echo '{line}'")), folder.path(), &mut printed);
        run("c.py", shell("echo hello"), folder.path(), &mut printed);
        assert_eq!(printed.lines.len(), 1);
        assert_eq!(printed.failures[0], "a.py: no module");
        assert!(printed.failures[1].starts_with("c.py"), "{:?}", printed.failures);
    }

    #[test]
    fn what_a_script_printed_before_it_failed_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut printed = Printed::default();
        let script =
            r#"echo '{"case":"pool/a/theirs","ns":5}'; echo '{"case":'; echo no >&2; exit 1"#;
        run("a.py", shell(script), folder.path(), &mut printed);
        assert_eq!(printed.lines.len(), 1);
        assert_eq!(printed.failures, ["a.py: no"]);
    }

    #[test]
    fn scripts_of_other_crates_are_not_started_for_a_filter() {
        assert!(may_hold("shared_data_frames.py", "shared-data/"));
        assert!(!may_hold("forecast_arima.py", "pool/"));
        assert!(may_hold("forecast_arima.py", "arima") && may_hold("forecast_arima.py", ""));
        assert!(may_hold("forecast_arima.py", "arima-111/statsmodels"));
    }

    #[test]
    fn the_cases_of_the_rust_peers_are_known_without_a_build() {
        let cases = fs::read_to_string(workspace_root().join(RUST_CASES)).unwrap();
        assert!(cases.lines().count() >= 9);
        assert!(cases.lines().all(super::super::super::record::is_path), "{cases}");
    }

    #[test]
    fn scripts_are_told_to_use_one_thread_and_where_the_input_lies() {
        let folder = tempfile::tempdir().unwrap();
        let mut printed = Printed::default();
        let script = "printf '{\"case\":\"pool/a/%s\",\"ns\":%s}' \
                      \"$(basename \"$TANGENCY_PEERS_FOLDER\")\" \"$RAYON_NUM_THREADS\"";
        run("a.py", shell(script), folder.path(), &mut printed);
        let name = folder.path().file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(printed.lines[0].case, format!("pool/a/{name}"));
        assert_eq!(printed.lines[0].ns, Some(1.0));
    }
}
