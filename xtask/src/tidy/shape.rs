//! The size and the names of files, and what a `lib.rs` is.

use super::source::has_word;
use super::workspace::{Workspace, name_of};
use super::{Check, Finding};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "file-length",
        rule: "a file holds one concept: 100 to 400 lines of code, never more than 600",
        find: file_length,
    },
    Check {
        name: "file-names",
        rule: "a name says what is inside; these say nothing",
        find: file_names,
    },
    Check {
        name: "lib-is-a-map",
        rule: "lib.rs holds the crate page, the modules and what they offer, no logic",
        find: lib_is_a_map,
    },
];

/// Lines of code, without blanks, comments and inline tests.
const LONG: usize = 400;
const TOO_LONG: usize = 600;

const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

const LOGIC: &[&str] =
    &["fn", "struct", "enum", "union", "impl", "trait", "const", "static", "type", "macro_rules!"];

fn file_length(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &workspace.sources {
        let lines = if source.is_all_test() {
            source.code_lines().count()
        } else {
            source.product_lines().count()
        };
        let what = format!("{lines} lines of code");
        if lines > TOO_LONG {
            findings.push(Finding::in_file(&source.path, what));
        } else if lines > LONG {
            findings.push(Finding::note(&source.path, format!("{what}: still one concept?")));
        }
    }
    findings
}

fn file_names(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &workspace.sources {
        let parts = source.path.trim_end_matches(".rs").split('/');
        for part in parts.filter(|part| EMPTY_NAMES.contains(part)) {
            findings.push(Finding::in_file(&source.path, format!("`{part}`")));
        }
        for (line, code) in source.code_lines() {
            for name in EMPTY_NAMES.iter().filter(|name| has_word(code, &format!("mod {name}"))) {
                findings.push(Finding::at(&source.path, line, format!("`mod {name}`")));
            }
        }
    }
    findings
}

fn lib_is_a_map(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    let maps = workspace
        .sources
        .iter()
        .filter(|source| source.path.starts_with("crates/") && name_of(&source.path) == "lib.rs");
    for source in maps {
        for (line, code) in source.product_lines() {
            for word in LOGIC.iter().filter(|word| has_word(code, word)) {
                findings.push(Finding::at(&source.path, line, format!("`{word}`")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(lines: usize, rest: &str) -> Vec<Finding> {
        let text = "let a = 1;\n// why\n\n".repeat(lines) + rest;
        file_length(&Workspace::of(&[("crates/pool/src/a.rs", &text)]))
    }

    #[test]
    fn length_counts_code_and_not_comments_or_inline_tests() {
        assert!(length(LONG, "#[cfg(test)]\nmod tests {\n\n}\n").is_empty());
        assert!(length(LONG + 1, "")[0].is_note);
        assert!(length(TOO_LONG, "")[0].is_note);
        assert!(!length(TOO_LONG + 1, "")[0].is_note);
    }

    #[test]
    fn the_length_of_a_test_file_counts_too() {
        let text = "let a = 1;\n".repeat(TOO_LONG + 1);
        let findings = file_length(&Workspace::of(&[("crates/pool/tests/it/main.rs", &text)]));
        assert_eq!(findings.len(), 1);
        assert!(!findings[0].is_note);
    }

    #[test]
    fn empty_names_are_told_for_files_folders_and_modules() {
        for path in ["crates/pool/src/utils.rs", "crates/pool/tests/common/mod.rs"] {
            assert_eq!(file_names(&Workspace::of(&[(path, "")])).len(), 1, "{path}");
        }
        let inline = Workspace::of(&[("crates/pool/src/a.rs", "mod helpers {}\nmod helpful;")]);
        assert_eq!(file_names(&inline), [Finding::at("crates/pool/src/a.rs", 1, "`mod helpers`")]);
    }

    #[test]
    fn logic_in_a_lib_is_told_and_a_map_is_not() {
        let path = "crates/pool/src/lib.rs";
        let map = "#![doc = include_str!(\"../README.md\")]\nmod batch;\n\n/// Batches.\n\
                   pub use batch::{Batch, Outcome};\n#[cfg(test)]\nmod tests { fn f() {} }\n";
        assert!(lib_is_a_map(&Workspace::of(&[(path, map)])).is_empty());
        let logic = Workspace::of(&[(path, "mod batch;\npub fn run() {}\n")]);
        assert_eq!(lib_is_a_map(&logic), [Finding::at(path, 2, "`fn`")]);
    }
}
