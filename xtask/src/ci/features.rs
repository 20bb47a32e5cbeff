//! Each library bare, and with each of its features alone.
//!
//! Clippy stands in for `cargo check`: it shares the dependencies that the clippy step has
//! checked, and makes a warning under one odd feature an error.

use crate::Result;
use crate::metadata::{Metadata, Package};
use crate::process::{cargo, run as run_command};

use super::Outcome;
use super::warnings::Warnings;

pub(super) fn run() -> Result<Outcome> {
    let warnings = Warnings::detect()?;
    let has_clippy = super::has("clippy");
    for selection in selections(&Metadata::load()?.packages) {
        let command = if has_clippy { "clippy" } else { "check" };
        let mut arguments = [command, "--quiet"].map(str::to_owned).to_vec();
        arguments.extend(selection);
        if has_clippy {
            arguments.push("--".to_owned());
            arguments.extend(warnings.flags().iter().map(|&flag| flag.to_owned()));
        }
        run_command(&mut cargo(&arguments))?;
    }
    if !has_clippy {
        let reason = "each compiles, but clippy is not installed: warnings are shown only";
        return Ok(Outcome::Skipped(reason.to_owned()));
    }
    Ok(warnings.outcome())
}

/// One list of flags for each combination. `--lib`: the features that tests ask of
/// dependencies must not hide a missing one.
fn selections(packages: &[Package]) -> Vec<Vec<String>> {
    let mut selections = Vec::new();
    for package in packages.iter().filter(|package| package.is_published() && package.is_library())
    {
        let library = ["--package", package.name.as_str(), "--lib"].map(str::to_owned).to_vec();
        let bare = [library.clone(), vec!["--no-default-features".to_owned()]].concat();
        selections.push(bare.clone());
        for feature in package.features.keys() {
            if feature == "default" {
                selections.push(library.clone());
            } else {
                selections.push([bare.clone(), vec![format!("--features={feature}")]].concat());
            }
        }
    }
    selections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Target;

    fn library(name: &str, features: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            targets: vec![Target { kind: vec!["lib".to_owned()] }],
            features: features.iter().map(|&feature| (feature.to_owned(), Vec::new())).collect(),
            ..Package::default()
        }
    }

    #[test]
    fn a_library_is_tried_bare_by_default_and_with_each_feature() {
        let lines: Vec<String> = selections(&[library("facade", &["default", "html", "pool"])])
            .iter()
            .map(|flags| flags.join(" "))
            .collect();
        assert_eq!(
            lines,
            [
                "--package facade --lib --no-default-features",
                "--package facade --lib",
                "--package facade --lib --no-default-features --features=html",
                "--package facade --lib --no-default-features --features=pool",
            ]
        );
    }

    #[test]
    fn commands_and_unpublished_packages_are_left_out() {
        let command = Package { targets: Vec::new(), ..library("command", &[]) };
        let unpublished = Package { publish: Some(Vec::new()), ..library("testkit", &[]) };
        assert!(selections(&[command, unpublished]).is_empty());
    }
}
