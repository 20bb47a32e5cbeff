//! What would go to crates.io compiles by itself.
//!
//! Cargo packs the published members, puts them into a registry of its own, and builds each
//! from there: a file outside `include`, or a dependency without a version, shows here.

use std::path::Path;

use crate::Result;
use crate::metadata::{Metadata, Package};
use crate::process::{cargo, run as run_command};

use super::Outcome;

pub(super) fn run() -> Result<Outcome> {
    let metadata = Metadata::load()?;
    run_command(&mut cargo(&arguments(&metadata.packages, &metadata.target_directory)?))?;
    Ok(Outcome::Passed)
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
