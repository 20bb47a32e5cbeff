//! `cargo xtask tidy`: the design's invariants, each a named check.
//!
//! Everything a check may look at is loaded first, into [`workspace::Workspace`]; a check is
//! a function of that alone, so that its tests can hand it a workspace of three lines.

mod dependencies;
mod documents;
mod edges;
mod files;
mod lexer;
mod manifests;
mod safety;
mod shape;
mod source;
mod sources;

mod workspace;

use std::fmt;

use crate::Result;
use crate::usage::{Command, Options, UsageError};
use workspace::Workspace;

pub(crate) const COMMAND: Command =
    Command { name: "tidy", summary: "check the design's invariants", help: HELP, run: execute };

const HELP: &str = "\
cargo xtask tidy [--list | --only CHECK]

Checks the invariants of ARCHITECTURE.md in the manifests, the sources and the
documents, and prints every violation as `file:line: what: why [check]`. Notes
ask for a look and do not fail.

  --list        name the checks and what they hold
  --only CHECK  run this check alone
";

/// One invariant.
struct Check {
    name: &'static str,
    /// The invariant in words: the `why` of each violation.
    rule: &'static str,
    find: fn(&Workspace) -> Vec<Finding>,
}

/// A place where an invariant does not hold.
#[derive(Debug, Clone, PartialEq)]
struct Finding {
    path: String,
    /// Counted from 1; 0 where the whole file is meant.
    line: usize,
    what: String,
    /// Worth a look, but no violation.
    is_note: bool,
}

impl Finding {
    fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), is_note: false }
    }

    fn in_file(path: &str, what: impl Into<String>) -> Self {
        Self::at(path, 0, what)
    }

    fn note(path: &str, what: impl Into<String>) -> Self {
        Self { is_note: true, ..Self::in_file(path, what) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path)?;
        if self.line > 0 {
            write!(formatter, ":{}", self.line)?;
        }
        write!(formatter, ": {}{}", if self.is_note { "note: " } else { "" }, self.what)
    }
}

fn checks() -> Vec<&'static Check> {
    [
        edges::CHECKS,
        sources::CHECKS,
        safety::CHECKS,
        shape::CHECKS,
        manifests::CHECKS,
        dependencies::CHECKS,
        documents::CHECKS,
        files::CHECKS,
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn execute(arguments: &[String]) -> Result {
    let options = Options::read(arguments, &["--list"], &["--only"])?;
    let mut checks = checks();
    if options.has("--list") {
        for check in checks {
            println!("{:<24} {}", check.name, check.rule);
        }
        return Ok(());
    }
    if let Some(name) = options.value("--only") {
        checks.retain(|check| check.name == name);
        if checks.is_empty() {
            let message = format!("no check `{name}`: `cargo xtask tidy --list` names them");
            return Err(UsageError::new(message).into());
        }
    }
    report(&Workspace::load()?, &checks)
}

/// Every check, as the step of `cargo xtask ci`.
pub(crate) fn check_all() -> Result {
    report(&Workspace::load()?, &checks())
}

fn report(workspace: &Workspace, checks: &[&Check]) -> Result {
    let mut violations = 0;
    let mut notes = 0;
    for check in checks {
        for finding in (check.find)(workspace) {
            if finding.is_note {
                notes += 1;
                println!("{finding} [{}]", check.name);
            } else {
                violations += 1;
                println!("{finding}: {} [{}]", check.rule, check.name);
            }
        }
    }
    println!("tidy: {} checks, {violations} violations, {notes} notes", checks.len());
    if violations == 0 { Ok(()) } else { Err(format!("tidy found {violations} violations").into()) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_so_that_only_means_one() {
        let names: BTreeSet<_> = checks().iter().map(|check| check.name).collect();
        assert_eq!(names.len(), checks().len());
    }

    #[test]
    fn a_violation_shows_where_and_what() {
        assert_eq!(Finding::at("a.rs", 3, "a print").to_string(), "a.rs:3: a print");
        assert_eq!(Finding::in_file("a.rs", "too long").to_string(), "a.rs: too long");
        assert_eq!(Finding::note("a.rs", "long").to_string(), "a.rs: note: long");
    }

    #[test]
    fn violations_fail_and_notes_do_not() {
        let violation =
            Check { name: "v", rule: "never", find: |_| vec![Finding::in_file("a", "b")] };
        let note = Check { name: "n", rule: "rarely", find: |_| vec![Finding::note("a", "b")] };
        let workspace = Workspace::default();
        assert!(report(&workspace, &[&note]).is_ok());
        assert!(report(&workspace, &[&note, &violation]).is_err());
    }
}
