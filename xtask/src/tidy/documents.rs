//! The pages that must exist, and what must stand on them.

use crate::readme;

use super::workspace::{Workspace, folder_of, name_of};
use super::{Check, Finding};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "crate-pages",
        rule: "each crate owns its README, which is its page, with a compiled example",
        find: crate_pages,
    },
    Check { name: "crate-docs", rule: "README and crate page are one text", find: crate_docs },
    Check {
        name: "readme-commands",
        rule: "CI runs the test command that README.md promises, word by word",
        find: readme_commands,
    },
    Check {
        name: "changelog",
        rule: "what a user gets with the next or the current version is written down",
        find: changelog,
    },
    Check {
        name: "data-origins",
        rule: "each data file has its source and its licence written down beside it",
        find: data_origins,
    },
];

const PAGE_INCLUDE: &str = "#![doc = include_str!(\"../README.md\")]";

/// The folders of a crate that hold other people's data.
const DATA_FOLDERS: &[&str] = &["golden", "data"];

/// What a page of origin says when it names a licence.
const LICENCES: &[&str] = &[
    "licence",
    "Licence",
    "license",
    "License",
    "BSD-",
    "MIT",
    "Apache-2.0",
    "CC0",
    "CC-BY",
    "public domain",
];

fn crate_pages(workspace: &Workspace) -> Vec<Finding> {
    let published: Vec<&str> = workspace.published_libraries().collect();
    let mut findings = Vec::new();
    for folder in workspace.crates() {
        let path = format!("{folder}/README.md");
        match workspace.text(&path) {
            None => findings.push(Finding::in_file(&path, "there is no such page")),
            Some(page) if published.contains(&folder) && !has_example(page) => {
                findings.push(Finding::in_file(&path, "no Rust example that doc tests compile"));
            }
            Some(_) => {}
        }
    }
    findings
}

/// Whether a fence opens a block that rustdoc takes for Rust and compiles.
fn has_example(page: &str) -> bool {
    let fences = page.lines().filter_map(|line| line.trim().strip_prefix("```"));
    fences.step_by(2).any(|tags| {
        let mut tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
        tags.all(|tag| matches!(tag, "rust" | "no_run" | "should_panic"))
    })
}

fn crate_docs(workspace: &Workspace) -> Vec<Finding> {
    workspace
        .sources
        .iter()
        .filter(|source| {
            source.crate_folder().is_some_and(|f| source.path == format!("crates/{f}/src/lib.rs"))
        })
        .filter(|source| !source.text.lines().any(|line| line.trim() == PAGE_INCLUDE))
        .map(|source| Finding::in_file(&source.path, format!("no `{PAGE_INCLUDE}`")))
        .collect()
}

fn readme_commands(workspace: &Workspace) -> Vec<Finding> {
    let readme = workspace.text("README.md").unwrap_or_default();
    match readme::commands(readme, "test") {
        Ok(_) => Vec::new(),
        Err(error) => {
            let error = error.to_string();
            vec![Finding::in_file("README.md", error.trim_start_matches("README.md: "))]
        }
    }
}

fn changelog(workspace: &Workspace) -> Vec<Finding> {
    let path = "CHANGELOG.md";
    let Some(text) = workspace.text(path) else {
        return vec![Finding::in_file(path, "there is no such page")];
    };
    let version = workspace
        .manifests
        .get("Cargo.toml")
        .and_then(|root| root.get("workspace")?.get("package")?.get("version")?.as_str())
        .unwrap_or("Unreleased");
    let mut headings = text.lines().filter_map(|line| line.strip_prefix("## "));
    let names_it = headings.any(|heading| {
        let name =
            heading.trim_start_matches('[').split([' ', ']', '(']).next().unwrap_or_default();
        name.eq_ignore_ascii_case("unreleased") || name == version
    });
    if names_it {
        return Vec::new();
    }
    vec![Finding::in_file(path, format!("neither `## Unreleased` nor `## {version}`"))]
}

fn data_origins(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in workspace.files.keys() {
        let Some(top) = data_folder(path) else { continue };
        if is_origin(path) || path.ends_with(".rs") || name_of(path).starts_with("LICENSE") {
            continue;
        }
        let Some((origin, text)) = origin_of(workspace, path, top) else {
            let what = "neither ORIGIN.md nor README.md beside it or above it";
            findings.push(Finding::in_file(path, what));
            continue;
        };
        if !LICENCES.iter().any(|licence| text.contains(licence)) {
            findings.push(Finding::in_file(origin, format!("no licence for {path}")));
        }
    }
    findings
}

/// The outermost data folder of a crate that holds `path`, such as `crates/cli/data`.
fn data_folder(path: &str) -> Option<&str> {
    let (name, rest) = path.strip_prefix("crates/")?.split_once('/')?;
    let (folder, _) = rest.split_once('/')?;
    let length = "crates/".len() + name.len() + 1 + folder.len();
    DATA_FOLDERS.contains(&folder).then_some(&path[..length])
}

fn is_origin(path: &str) -> bool {
    matches!(name_of(path), "ORIGIN.md" | "README.md")
}

/// The nearest page of origin at or above the file, up to the data folder `top`.
///
/// A page in `top` speaks for the files right there, and not for every area below it.
fn origin_of<'a>(workspace: &'a Workspace, path: &str, top: &str) -> Option<(&'a str, &'a str)> {
    let mut folder = folder_of(path);
    loop {
        if folder.len() > top.len() || folder_of(path) == top {
            let pages = [format!("{folder}/ORIGIN.md"), format!("{folder}/README.md")];
            for page in pages {
                if let Some((page, file)) = workspace.files.get_key_value(&page) {
                    return Some((page, file.text.as_deref()?));
                }
            }
        }
        if folder.len() <= top.len() {
            return None;
        }
        folder = folder_of(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(check: fn(&Workspace) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
        check(&Workspace::of(files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_crate_has_a_page_and_each_library_an_example() {
        let library = [("crates/pool/Cargo.toml", "[package]\n"), ("crates/pool/src/lib.rs", "")];
        let with = |page| [&library[..], &[("crates/pool/README.md", page)]].concat();
        assert_eq!(whats(crate_pages, &library).len(), 1);
        assert_eq!(whats(crate_pages, &with("# Pool\n```sh\nls\n```\n")).len(), 1);
        assert_eq!(whats(crate_pages, &with("```rust,ignore\nlet a = 1;\n```\n")).len(), 1);
        assert!(
            whats(crate_pages, &with("```text\nx\n```\n```rust\nlet a = 1;\n```\n")).is_empty()
        );
        assert!(whats(crate_pages, &with("```\nlet a = 1;\n```\n")).is_empty());
    }

    #[test]
    fn the_page_of_a_command_needs_no_rust() {
        let files = [("crates/cli/Cargo.toml", "[package]\n"), ("crates/cli/README.md", "# cli\n")];
        assert!(whats(crate_pages, &files).is_empty());
    }

    #[test]
    fn a_library_includes_its_page() {
        let path = "crates/pool/src/lib.rs";
        assert!(whats(crate_docs, &[(path, PAGE_INCLUDE)]).is_empty());
        assert_eq!(whats(crate_docs, &[(path, "//! Pool.")]).len(), 1);
        assert!(whats(crate_docs, &[("crates/pool/src/batch/lib.rs", "")]).is_empty());
    }

    #[test]
    fn the_readme_promises_a_test_command() {
        assert_eq!(whats(readme_commands, &[]).len(), 1);
        let readme = "<!-- ci: test -->\n```sh\ncargo test\n```\n";
        assert!(whats(readme_commands, &[("README.md", readme)]).is_empty());
    }

    #[test]
    fn the_changelog_names_the_next_or_the_current_version() {
        let root = ("Cargo.toml", "[workspace.package]\nversion = \"0.1.0\"\n");
        assert_eq!(whats(changelog, &[root]).len(), 1);
        for heading in ["## Unreleased", "## [Unreleased]", "## 0.1.0 (2026-01-01)", "## [0.1.0]"] {
            assert!(whats(changelog, &[root, ("CHANGELOG.md", heading)]).is_empty(), "{heading}");
        }
        for heading in ["# Unreleased", "## 0.0.9", "## 0.1.01"] {
            assert_eq!(whats(changelog, &[root, ("CHANGELOG.md", heading)]).len(), 1, "{heading}");
        }
    }

    #[test]
    fn data_without_an_origin_is_told() {
        let data = ("crates/testkit/golden/pool/values.json", "{}");
        assert_eq!(whats(data_origins, &[data]).len(), 1);
        let licensed = "From somewhere. Licence: MIT.";
        assert!(
            whats(data_origins, &[data, ("crates/testkit/golden/pool/ORIGIN.md", licensed)])
                .is_empty()
        );
        let silent = ("crates/testkit/golden/pool/ORIGIN.md", "From somewhere.");
        assert!(whats(data_origins, &[data, silent])[0].contains("no licence"));
    }

    #[test]
    fn an_origin_speaks_for_the_folders_below_but_not_for_all_areas_at_once() {
        let data = ("crates/testkit/golden/pool/deep/values.json", "{}");
        let area = ("crates/testkit/golden/pool/README.md", "License: MIT");
        let top = ("crates/testkit/golden/README.md", "License: MIT");
        assert!(whats(data_origins, &[data, area]).is_empty());
        assert_eq!(whats(data_origins, &[data, top]).len(), 1);
        let flat = ("crates/cli/data/prices.csv", "1");
        assert!(whats(data_origins, &[flat, ("crates/cli/data/README.md", "License")]).is_empty());
        assert!(whats(data_origins, &[("crates/cli/src/data/mod.rs", "")]).is_empty());
    }
}
