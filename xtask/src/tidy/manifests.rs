//! What each manifest takes from the workspace instead of saying it again.

use super::workspace::Workspace;
use super::{Check, Finding};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "inherited-fields",
        rule: "version, edition, rust-version and licence are said once, in the root",
        find: inherited_fields,
    },
    Check {
        name: "inherited-lints",
        rule: "the lints are said once, in the root",
        find: inherited_lints,
    },
    Check {
        name: "inherited-dependencies",
        rule: "versions of dependencies are said once, in the root",
        find: inherited_dependencies,
    },
];

/// A version that is never published need not follow the workspace's.
const FIELDS: &[&str] = &["edition", "rust-version", "license"];
const PUBLISHED_FIELDS: &[&str] = &["version", "repository", "categories"];

pub(super) const KINDS: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// The packages of this workspace. One that is a workspace of its own, as a fuzz target on another
/// toolchain has to be, inherits nothing.
fn members(workspace: &Workspace) -> impl Iterator<Item = (&str, &toml::Table)> {
    workspace
        .manifests
        .iter()
        .filter(|(_, manifest)| manifest.contains_key("package"))
        .filter(|(_, manifest)| !manifest.contains_key("workspace"))
        .map(|(path, manifest)| (path.as_str(), manifest))
}

fn inherits(value: Option<&toml::Value>) -> bool {
    value.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
}

fn inherited_fields(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, manifest) in members(workspace) {
        let package = &manifest["package"];
        let is_private =
            package.get("publish").is_some_and(|publish| publish.as_bool() == Some(false));
        let published = if is_private { &[][..] } else { PUBLISHED_FIELDS };
        for field in FIELDS.iter().chain(published) {
            if !inherits(package.get(field)) {
                findings.push(Finding::in_file(path, format!("no `{field}.workspace = true`")));
            }
        }
    }
    findings
}

fn inherited_lints(workspace: &Workspace) -> Vec<Finding> {
    members(workspace)
        .filter(|(_, manifest)| !inherits(manifest.get("lints")))
        .map(|(path, _)| Finding::in_file(path, "no `[lints] workspace = true`"))
        .collect()
}

fn inherited_dependencies(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, manifest) in members(workspace) {
        for (kind, name, dependency) in dependencies(manifest) {
            if !inherits(Some(dependency)) {
                let what = format!("`{name}` in [{kind}] is not `workspace = true`");
                findings.push(Finding::in_file(path, what));
            }
        }
    }
    findings
}

/// Kind, name and row of every dependency, those for one platform included.
pub(super) fn dependencies(
    manifest: &toml::Table,
) -> impl Iterator<Item = (&'static str, &str, &toml::Value)> {
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let platforms = platforms.into_iter().flat_map(|targets| targets.values());
    let tables = std::iter::once(manifest).chain(platforms.filter_map(toml::Value::as_table));
    tables.flat_map(|table| {
        KINDS.iter().flat_map(move |&kind| {
            let rows = table.get(kind).and_then(toml::Value::as_table).into_iter().flatten();
            rows.map(move |(name, dependency)| (kind, name.as_str(), dependency))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "crates/pool/Cargo.toml";

    fn whats(check: fn(&Workspace) -> Vec<Finding>, manifest: &str) -> Vec<String> {
        check(&Workspace::of(&[("Cargo.toml", "[workspace]\n"), (PATH, manifest)]))
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn each_field_of_the_package_is_inherited() {
        let fields: Vec<&str> = FIELDS.iter().chain(PUBLISHED_FIELDS).copied().collect();
        let manifest = |without: Option<&str>| {
            let kept = fields.iter().filter(|&&field| Some(field) != without);
            let rows: String = kept.map(|field| format!("{field}.workspace = true\n")).collect();
            format!("[package]\n{rows}")
        };
        assert!(whats(inherited_fields, &manifest(None)).is_empty());
        for field in &fields {
            let found = whats(inherited_fields, &manifest(Some(field)));
            assert_eq!(found, [format!("no `{field}.workspace = true`")]);
        }
    }

    #[test]
    fn a_workspace_of_its_own_inherits_nothing() {
        let manifest = "[package]\nname = \"fuzz\"\n[dependencies]\nrustix = \"1\"\n";
        assert!(!whats(inherited_fields, manifest).is_empty());
        let own = format!("{manifest}[workspace]\n");
        assert!(whats(inherited_fields, &own).is_empty());
        assert!(whats(inherited_dependencies, &own).is_empty());
        assert!(whats(inherited_lints, &own).is_empty());
    }

    #[test]
    fn an_unpublished_package_may_have_its_own_version() {
        let manifest = "[package]\npublish = false\nversion = \"0.0.0\"\nedition.workspace = true\n\
                        rust-version.workspace = true\nlicense.workspace = true\n";
        assert!(whats(inherited_fields, manifest).is_empty());
    }

    #[test]
    fn lints_are_inherited() {
        assert!(whats(inherited_lints, "[package]\n[lints]\nworkspace = true\n").is_empty());
        assert_eq!(whats(inherited_lints, "[package]\n").len(), 1);
        assert_eq!(
            whats(inherited_lints, "[package]\n[lints.rust]\nunsafe_code = \"warn\"\n").len(),
            1
        );
    }

    #[test]
    fn dependencies_are_inherited_on_every_platform() {
        let manifest = "[package]\n[dependencies]\nserde.workspace = true\nfaer = \"0.24\"\n\
                        [target.'cfg(unix)'.dev-dependencies]\nlibc = { version = \"0.2\" }\n";
        let found = whats(inherited_dependencies, manifest);
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("`faer` in [dependencies]"));
        assert!(found[1].contains("`libc` in [dev-dependencies]"));
    }
}
