//! `cargo xtask ci`: everything that must hold before a change lands.

mod behind_features;
mod counts;
mod features;
mod package;
mod reference;
mod warnings;

use std::time::{Duration, Instant};

use crate::process::{capture, cargo, run, shell, workspace_root};
use crate::usage::{Command, Options, UsageError};
use crate::{Result, readme, tidy};
use warnings::Warnings;

pub(crate) const COMMAND: Command = Command {
    name: "ci",
    summary: "everything that must hold before a change lands",
    help: HELP,
    run: execute,
};

const HELP: &str = "\
cargo xtask ci [--list] [--from STEP | --only STEP]

Runs every step of the continuous integration in order and stops at the first
that fails. Needs no standard input and no network beyond crates.io.

  --list       name the steps and what they check
  --from STEP  begin with this step
  --only STEP  run this step alone
";

/// What a step that did not fail came to.
#[derive(Debug, PartialEq)]
enum Outcome {
    Passed,
    /// With the reason, so that a skipped step is never mistaken for a passed one.
    Skipped(String),
}

struct Step {
    name: &'static str,
    what: &'static str,
    run: fn() -> Result<Outcome>,
}

/// Cheap steps first: a misplaced comma should not cost a build.
const STEPS: &[Step] = &[
    Step { name: "fmt", what: "the sources are formatted", run: fmt },
    Step { name: "tidy", what: "the design's invariants hold", run: tidy_step },
    Step { name: "clippy", what: "no lint fires, on any target with any feature", run: clippy },
    Step { name: "test", what: "README.md's own test command passes", run: test },
    Step {
        name: "xtask",
        what: "the tests of the automation and of what benches share pass",
        run: xtask,
    },
    Step {
        name: "reference",
        what: "the tests against ../shared pass, where its golden files and series are",
        run: reference::run,
    },
    Step {
        name: "behind",
        what: "the tests behind features that are off by default pass, with a soak of one minute",
        run: behind_features::run,
    },
    Step {
        name: "features",
        what: "each library compiles bare, and with each feature alone",
        run: features::run,
    },
    Step { name: "doc", what: "the documentation builds without a warning", run: doc },
    Step {
        name: "counts",
        what: "no kernel takes 3 % and 64 instructions more than benches/counts.toml says",
        run: counts::run,
    },
    Step {
        name: "package",
        what: "each published crate packages, and compiles from its package",
        run: package::run,
    },
];

fn execute(arguments: &[String]) -> Result {
    let options = Options::read(arguments, &["--list"], &["--from", "--only"])?;
    if options.has("--list") {
        for step in STEPS {
            println!("{:<10} {}", step.name, step.what);
        }
        return Ok(());
    }
    let steps = select(STEPS, options.value("--from"), options.value("--only"))?;

    let start = Instant::now();
    let mut summary = Vec::new();
    for step in steps {
        println!("\n=== {}: {}", step.name, step.what);
        let step_start = Instant::now();
        let outcome = (step.run)();
        let seconds = seconds(step_start.elapsed());
        let told = match outcome {
            Ok(Outcome::Passed) => format!("ok in {seconds}"),
            Ok(Outcome::Skipped(reason)) => format!("skipped: {reason}"),
            Err(error) => {
                println!("--- {}: failed after {seconds}", step.name);
                return Err(format!("ci failed at step `{}`: {error}", step.name).into());
            }
        };
        println!("--- {}: {told}", step.name);
        summary.push(format!("  {:<10} {told}", step.name));
    }
    println!("\nci passed in {}\n{}", seconds(start.elapsed()), summary.join("\n"));
    Ok(())
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn select<'a>(
    steps: &'a [Step],
    from: Option<&str>,
    only: Option<&str>,
) -> std::result::Result<&'a [Step], UsageError> {
    let position = |name: &str| {
        steps.iter().position(|step| step.name == name).ok_or_else(|| {
            UsageError::new(format!("no step `{name}`: `cargo xtask ci --list` names them"))
        })
    };
    match (from, only) {
        (Some(_), Some(_)) => Err(UsageError::new("give `--from` or `--only`, not both")),
        (Some(name), None) => Ok(&steps[position(name)?..]),
        (None, Some(name)) => Ok(std::slice::from_ref(&steps[position(name)?])),
        (None, None) => Ok(steps),
    }
}

/// Whether this toolchain has the component behind a cargo command: a bare one may lack it, and be out of
/// reach of what it could be downloaded from.
fn has(command: &str) -> bool {
    capture(&mut cargo(&[command, "--version"])).is_ok()
}

fn fmt() -> Result<Outcome> {
    if !has("fmt") {
        return Ok(Outcome::Skipped("rustfmt is not installed".to_owned()));
    }
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn tidy_step() -> Result<Outcome> {
    tidy::check_all()?;
    Ok(Outcome::Passed)
}

fn clippy() -> Result<Outcome> {
    if !has("clippy") {
        return Ok(Outcome::Skipped("clippy is not installed".to_owned()));
    }
    let warnings = Warnings::detect()?;
    let arguments = ["clippy", "--workspace", "--all-targets", "--all-features", "--"];
    run(&mut cargo(&[&arguments, warnings.flags()].concat()))?;
    Ok(warnings.outcome())
}

fn test() -> Result<Outcome> {
    let readme = std::fs::read_to_string(workspace_root().join("README.md"))
        .map_err(|error| format!("README.md: {error}"))?;
    for command in readme::commands(&readme, "test")? {
        run(&mut shell(&command))?;
    }
    Ok(Outcome::Passed)
}

fn xtask() -> Result<Outcome> {
    run(&mut cargo(&["test", "--package", "xtask"]))?;
    run(&mut cargo(&["test", "--package", "tangency-benches", "--lib"]))?;
    Ok(Outcome::Passed)
}

fn doc() -> Result<Outcome> {
    let warnings = Warnings::detect()?;
    let arguments = ["doc", "--workspace", "--no-deps", "--all-features"];
    run(cargo(&arguments).env("RUSTDOCFLAGS", warnings.flags().join(" ")))?;
    Ok(warnings.outcome())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(from: Option<&str>, only: Option<&str>) -> Vec<&'static str> {
        select(STEPS, from, only).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn from_takes_the_rest_and_only_takes_one() {
        assert_eq!(names(None, None).len(), STEPS.len());
        assert_eq!(names(Some("doc"), None), ["doc", "counts", "package"]);
        assert_eq!(names(None, Some("clippy")), ["clippy"]);
    }

    #[test]
    fn a_component_that_is_not_there_is_found_missing() {
        assert!(has("tree"));
        assert!(!has("no-such-component"));
    }

    #[test]
    fn unknown_steps_and_both_options_are_refused() {
        assert!(select(STEPS, Some("docs"), None).is_err());
        assert!(select(STEPS, None, Some("docs")).is_err());
        assert!(select(STEPS, Some("doc"), Some("doc")).is_err());
    }
}
