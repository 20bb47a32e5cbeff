//! The part of `cargo metadata` that the commands read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::Result;
use crate::process::{capture, cargo};

#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: PathBuf,
}

/// A member of the workspace.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest_path: PathBuf,
    /// `None`: anywhere. An empty list: `publish = false`.
    pub(crate) publish: Option<Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    /// The table `[package.metadata]`.
    pub(crate) metadata: serde_json::Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal one, else `dev` or `build`.
    pub(crate) kind: Option<String>,
    /// The folder of a dependency within the workspace.
    pub(crate) path: Option<PathBuf>,
    pub(crate) features: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Target {
    pub(crate) kind: Vec<String>,
}

impl Metadata {
    /// The members of the workspace, without looking at what they depend on.
    pub(crate) fn load() -> Result<Self> {
        let json = capture(&mut cargo(&["metadata", "--format-version", "1", "--no-deps"]))?;
        Ok(serde_json::from_str(&json)?)
    }
}

impl Package {
    pub(crate) fn is_published(&self) -> bool {
        self.publish.as_ref().is_none_or(|registries| !registries.is_empty())
    }

    pub(crate) fn is_library(&self) -> bool {
        self.targets.iter().any(|target| target.kind.iter().any(|kind| kind == "lib"))
    }

    /// The flags docs.rs would give `cargo doc`, from `[package.metadata.docs.rs]`.
    pub(crate) fn docs_rs_flags(&self) -> Vec<String> {
        let settings = &self.metadata["docs"]["rs"];
        let mut flags = Vec::new();
        for name in ["all-features", "no-default-features"] {
            if settings[name] == true {
                flags.push(format!("--{name}"));
            }
        }
        for feature in settings["features"].as_array().into_iter().flatten() {
            flags.extend(feature.as_str().map(|name| format!("--features={name}")));
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(json: serde_json::Value) -> Package {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn publish_false_is_an_empty_list_of_registries() {
        assert!(package(serde_json::json!({"publish": null})).is_published());
        assert!(!package(serde_json::json!({"publish": []})).is_published());
    }

    #[test]
    fn a_package_without_a_lib_target_is_no_library() {
        let targets = serde_json::json!({"targets": [{"kind": ["bin"]}, {"kind": ["test"]}]});
        assert!(!package(targets).is_library());
        assert!(package(serde_json::json!({"targets": [{"kind": ["lib"]}]})).is_library());
    }

    #[test]
    fn docs_rs_settings_become_flags() {
        let settings = serde_json::json!({
            "metadata": {"docs": {"rs": {"no-default-features": true, "features": ["a", "b"]}}}
        });
        assert_eq!(
            package(settings).docs_rs_flags(),
            ["--no-default-features", "--features=a", "--features=b"]
        );
        assert!(package(serde_json::json!({})).docs_rs_flags().is_empty());
    }
}
