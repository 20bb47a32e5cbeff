//! What would go to crates.io compiles by itself.
//!
//! Cargo packs the published members, puts them into a registry of its own, and builds each
//! from there: a file outside `include`, or a dependency without a version, shows here.

use std::path::Path;

use crate::Result;
use crate::metadata::{Metadata, Package};
use crate::process::{cargo, run as run_command, run_told};

use super::Outcome;

/// What cargo says where it could not ask the registry, in lower case.
const UNREACHABLE: [&str; 8] = [
    "could not resolve host",
    "could not connect",
    "failed to download",
    "failed to query replaced source",
    "unable to update registry",
    "network failure",
    "spurious network error",
    "offline mode",
];

pub(super) fn run() -> Result<Outcome> {
    let metadata = Metadata::load()?;
    let arguments = arguments(&metadata.packages, &metadata.target_directory)?;
    // All that is needed has been downloaded by the steps before: without a look at the registry nothing can
    // come between. Where this step runs alone, there may be something to fetch.
    let offline = [&arguments[..], &["--offline".to_owned()]].concat();
    if run_command(&mut cargo(&offline)).is_ok() {
        return Ok(Outcome::Passed);
    }
    let Err((error, told)) = run_told(&mut cargo(&arguments)) else { return Ok(Outcome::Passed) };
    match is_unreachable(&told) {
        true => Ok(Outcome::Skipped("the registry cannot be reached".to_owned())),
        false => Err(error),
    }
}

fn is_unreachable(told: &str) -> bool {
    let told = told.to_lowercase();
    UNREACHABLE.iter().any(|sign| told.contains(sign))
}

fn arguments(packages: &[Package], target: &Path) -> Result<Vec<String>> {
    if !packages.iter().any(Package::is_published) {
        return Err("no member of the workspace is published".into());
    }
    // A working tree with changes is a fair thing to check, and the checkout of a CI may be one.
    let mut arguments = ["package", "--workspace", "--allow-dirty"].map(str::to_owned).to_vec();
    // Unless it is named, each package is built in a target folder of its own, with all that it depends on.
    arguments.push(format!("--target-dir={}", target.display()));
    for package in packages.iter().filter(|package| !package.is_published()) {
        arguments.push(format!("--exclude={}", package.name));
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_out_of_reach_is_told_from_a_package_that_is_wrong() {
        let out_of_reach = "error: failed to prepare local package for uploading\n\nCaused by:\n  failed to \
                            query replaced source registry `crates-io`\n  [6] Could not resolve host";
        assert!(is_unreachable(out_of_reach));
        for wrong in [
            "error: all dependencies must have a version specified when packaging.",
            "error[E0432]: unresolved import `crate::reached`",
            "error: failed to verify package tarball",
        ] {
            assert!(!is_unreachable(wrong), "{wrong}");
        }
    }

    #[test]
    fn unpublished_members_are_left_out() {
        let published = Package { name: "pool".to_owned(), ..Package::default() };
        let kept =
            Package { name: "xtask".to_owned(), publish: Some(Vec::new()), ..Package::default() };
        let target = Path::new("target");
        assert!(arguments(std::slice::from_ref(&kept), target).is_err());
        assert_eq!(
            arguments(&[published, kept], target).unwrap(),
            ["package", "--workspace", "--allow-dirty", "--target-dir=target", "--exclude=xtask"]
        );
    }
}
