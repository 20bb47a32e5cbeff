//! Every dependency is used, and has its sentence.

use std::collections::BTreeSet;

use super::manifests::dependencies;
use super::source::has_word;
use super::workspace::{Workspace, folder_of};
use super::{Check, Finding};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "dependency-sentences",
        rule: "each dependency has its row in docs/dependencies.md, and each row a dependency",
        find: dependency_sentences,
    },
    Check {
        name: "dependencies-used",
        rule: "a dependency that no code names costs its build for nothing",
        find: dependencies_used,
    },
];

const PAGE: &str = "docs/dependencies.md";

/// Never named in code, yet needed: with the reason.
const UNNAMED: &[(&str, &str)] =
    &[("argmin-math", "its implementations for `Vec<f64>` are what argmin computes with")];

fn dependency_sentences(workspace: &Workspace) -> Vec<Finding> {
    let declared = third_party(workspace);
    let Some(page) = workspace.text(PAGE) else {
        return vec![Finding::in_file(PAGE, "there is no such page")];
    };
    let described = described(page);
    let mut findings = Vec::new();
    for name in declared.iter().filter(|name| described.iter().all(|(_, row)| row != *name)) {
        findings.push(Finding::in_file(PAGE, format!("no row for `{name}`")));
    }
    for (line, name) in described.iter().filter(|(_, name)| !declared.contains(name)) {
        let what = format!("`{name}` is not in [workspace.dependencies]");
        findings.push(Finding::at(PAGE, *line, what));
    }
    findings
}

/// The rows of `[workspace.dependencies]` that are not our own crates.
fn third_party(workspace: &Workspace) -> BTreeSet<&str> {
    workspace_rows(workspace)
        .filter(|(_, row)| row.get("path").is_none())
        .map(|(name, _)| name)
        .collect()
}

fn workspace_rows(workspace: &Workspace) -> impl Iterator<Item = (&str, &toml::Value)> {
    let table = workspace.manifests.get("Cargo.toml").and_then(|root| root.get("workspace"));
    let rows = table.and_then(|table| table.get("dependencies")).and_then(toml::Value::as_table);
    rows.into_iter().flatten().map(|(name, row)| (name.as_str(), row))
}

/// Line and name of everything in backticks in the first column of the page's tables.
fn described(page: &str) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    for (line, text) in (1..).zip(page.lines()) {
        let Some(row) = text.trim().strip_prefix('|') else { continue };
        let cell = row.split('|').next().unwrap_or_default();
        names.extend(cell.split('`').skip(1).step_by(2).map(|name| (line, name)));
    }
    names
}

fn dependencies_used(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut declared = BTreeSet::new();
    for (path, manifest) in &workspace.manifests {
        for (kind, name, _) in dependencies(manifest) {
            declared.insert(name);
            let is_exempt = UNNAMED.iter().any(|(unnamed, _)| *unnamed == name);
            if !is_exempt && !is_named(workspace, folder_of(path), kind, name) {
                let what = format!("`{name}` in [{kind}] is named nowhere");
                findings.push(Finding::in_file(path, what));
            }
        }
    }
    for (name, _) in workspace_rows(workspace).filter(|(name, _)| !declared.contains(name)) {
        let what = format!("`{name}` in [workspace.dependencies] is used by no member");
        findings.push(Finding::in_file("Cargo.toml", what));
    }
    findings
}

/// Whether code of the package in `folder` names the crate. A development dependency may be
/// named by tests, and by the examples of the crate page.
fn is_named(workspace: &Workspace, folder: &str, kind: &str, name: &str) -> bool {
    let identifier = name.replace('-', "_");
    let is_dev = kind == "dev-dependencies";
    let prefix = format!("{folder}/");
    let in_code =
        workspace.sources.iter().filter(|source| source.path.starts_with(&prefix)).any(|source| {
            match is_dev {
                true => source.text.lines().any(|line| has_word(line, &identifier)),
                false => source.product_lines().any(|(_, code)| has_word(code, &identifier)),
            }
        });
    let page = workspace.text(&format!("{folder}/README.md")).unwrap_or_default();
    in_code || is_dev && page.lines().any(|line| has_word(line, &identifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace.dependencies]\nserde = \"1\"\nfaer = { version = \"0.24\" }\n\
                        tangency-pool = { path = \"crates/pool\" }\n";

    fn sentences(page: &str) -> Vec<String> {
        let workspace = Workspace::of(&[("Cargo.toml", ROOT), (PAGE, page)]);
        dependency_sentences(&workspace).into_iter().map(|finding| finding.what).collect()
    }

    fn used(manifest: &str, sources: &[(&str, &str)]) -> Vec<String> {
        let mut files = vec![("crates/pool/Cargo.toml", manifest)];
        files.extend_from_slice(sources);
        dependencies_used(&Workspace::of(&files)).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn the_page_and_the_manifest_agree() {
        let fine = "| crate | for |\n|---|---|\n| `serde`, `faer` | both, not `csv` |\n";
        assert!(sentences(fine).is_empty());
        assert_eq!(sentences("| `serde` | forms |\n"), ["no row for `faer`"]);
        let stale = "| `serde` | forms |\n| `faer` | factors |\n| `rayon` | gone |\n";
        assert_eq!(sentences(stale), ["`rayon` is not in [workspace.dependencies]"]);
    }

    #[test]
    fn a_missing_page_is_told() {
        assert_eq!(dependency_sentences(&Workspace::of(&[("Cargo.toml", ROOT)])).len(), 1);
    }

    #[test]
    fn a_dependency_is_named_in_code_and_not_in_a_comment() {
        let manifest = "[dependencies]\ncrossbeam-utils.workspace = true\n";
        let path = "crates/pool/src/a.rs";
        assert!(used(manifest, &[(path, "use crossbeam_utils::CachePadded;")]).is_empty());
        assert_eq!(used(manifest, &[(path, "// crossbeam_utils")]).len(), 1);
        let elsewhere = ("crates/optimize/src/a.rs", "use crossbeam_utils::CachePadded;");
        assert_eq!(used(manifest, &[elsewhere]).len(), 1);
    }

    #[test]
    fn tests_name_development_dependencies_and_no_others() {
        let test = ("crates/pool/tests/it/main.rs", "use proptest::prelude::*;");
        assert!(used("[dev-dependencies]\nproptest.workspace = true\n", &[test]).is_empty());
        assert_eq!(used("[dependencies]\nproptest.workspace = true\n", &[test]).len(), 1);
    }

    #[test]
    fn a_row_of_the_workspace_without_a_user_is_told() {
        let files = [
            ("Cargo.toml", ROOT),
            (
                "crates/a/Cargo.toml",
                "[dependencies]\nserde.workspace = true\ntangency-pool.workspace = true\n",
            ),
            ("crates/a/src/a.rs", "use serde as _; use tangency_pool as _;"),
        ];
        let findings = dependencies_used(&Workspace::of(&files));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].what.contains("`faer`"));
    }
}
