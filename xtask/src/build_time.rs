//! `cargo xtask build-time`: what a newcomer waits for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use serde::Deserialize;

use crate::Result;
use crate::process::{cargo, line, run, workspace_root};
use crate::usage::{Command, Options, UsageError};

pub(crate) const COMMAND: Command = Command {
    name: "build-time",
    summary: "measure the cold debug build of a project that depends on tangency",
    help: HELP,
    run: execute,
};

const HELP: &str = "\
cargo xtask build-time [--limit SECONDS]

Builds, in a temporary folder with an empty target folder, a project whose only
dependency is tangency with its default features. The registry is warmed first,
so that no download is timed. Prints the seconds and the number of crates.

  --limit SECONDS  fail when the build takes longer
";

fn execute(arguments: &[String]) -> Result {
    let options = Options::read(arguments, &[], &["--limit"])?;
    let limit = options.value("--limit").map(parse_limit).transpose()?;
    let root = workspace_root();
    let folder = tempfile::tempdir()?;
    write_project(folder.path(), &root.join("crates/tangency"))?;
    // The versions this repository is tested with; cargo drops the rows it does not need.
    fs::copy(root.join("Cargo.lock"), folder.path().join("Cargo.lock"))?;

    run(in_project(&["fetch"], folder.path()).stdout(Stdio::null()))?;
    let mut build = in_project(&["build", "--offline", "--message-format=json"], folder.path());
    println!("$ {}", line(&build));
    let start = Instant::now();
    let output = build.stderr(Stdio::inherit()).output()?;
    let seconds = start.elapsed().as_secs_f64();
    if !output.status.success() {
        return Err(format!("the project did not build: {}", output.status).into());
    }
    let crates = count_crates(&String::from_utf8(output.stdout)?)?;
    println!("{seconds:.1} s for {crates} crates on {} threads", threads());
    match limit {
        Some(limit) if seconds > limit => {
            Err(format!("{seconds:.1} s is over the limit of {limit} s").into())
        }
        _ => Ok(()),
    }
}

fn parse_limit(text: &str) -> std::result::Result<f64, UsageError> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 => Ok(seconds),
        _ => {
            Err(UsageError::new(format!("`--limit {text}`: expected a positive number of seconds")))
        }
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn write_project(folder: &Path, facade: &Path) -> Result {
    // What JSON writes between quotes is a basic string of TOML as well.
    let path = serde_json::to_string(facade)?;
    let manifest = format!(
        "[package]\nname = \"newcomer\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\ntangency = {{ path = {path} }}\n\n[workspace]\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::create_dir(folder.join("src"))?;
    fs::write(folder.join("src/main.rs"), "use tangency as _;\n\nfn main() {}\n")?;
    Ok(())
}

/// Cargo as a newcomer would call it: none of our settings, a target folder of its own.
fn in_project(arguments: &[&str], folder: &Path) -> std::process::Command {
    let mut command = cargo(arguments);
    command.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
    for variable in ["CARGO_INCREMENTAL", "RUSTFLAGS", "RUSTC_WRAPPER"] {
        command.env_remove(variable);
    }
    command
}

/// The packages that cargo's messages name as compiled.
fn count_crates(messages: &str) -> Result<usize> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        #[serde(default)]
        package_id: String,
    }
    let mut packages = BTreeSet::new();
    for line in messages.lines() {
        let message: Message = serde_json::from_str(line)?;
        if message.reason == "compiler-artifact" {
            packages.insert(message.package_id);
        }
    }
    Ok(packages.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_counts_once_whatever_its_artifacts() {
        let messages = r#"{"reason":"compiler-artifact","package_id":"serde"}
{"reason":"compiler-artifact","package_id":"serde"}
{"reason":"build-script-executed","package_id":"libc"}
{"reason":"compiler-artifact","package_id":"newcomer"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(count_crates(messages).unwrap(), 2);
        assert!(count_crates("no json").is_err());
    }

    #[test]
    fn the_project_has_one_dependency_and_a_workspace_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        write_project(folder.path(), Path::new("somewhere/tangency")).unwrap();
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        assert_eq!(
            manifest["dependencies"]["tangency"]["path"].as_str(),
            Some("somewhere/tangency")
        );
        assert!(manifest.contains_key("workspace"));
        assert!(folder.path().join("src/main.rs").is_file());
    }

    #[test]
    fn a_limit_is_a_positive_number() {
        assert_eq!(parse_limit("60").unwrap(), 60.0);
        for text in ["0", "-1", "soon", "NaN"] {
            assert!(parse_limit(text).is_err(), "{text}");
        }
    }
}
