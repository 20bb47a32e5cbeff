//! What no file of the repository holds, and which files it must or must not have.

use super::source::has_word;
use super::workspace::{Workspace, name_of};
use super::{Check, Finding};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "words",
        rule: "a repository speaks of no machine and leaves no work for later in its files",
        find: words,
    },
    Check { name: "file-size", rule: "a clone stays small: 2 MB a file", find: file_size },
    Check {
        name: "lock-tracked",
        rule: "everybody builds the versions that were tested",
        find: lock_tracked,
    },
    Check {
        name: "licensed-data",
        rule: "series without a free licence stay outside the repository",
        find: licensed_data,
    },
];

/// Spelled in two parts: this file, too, must hold none of them.
const WORDS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("/", "work/"),
    concat!("/", "root/"),
    concat!("/", "home/"),
    concat!("/", "Users/"),
];

const MAX_BYTES: u64 = 2_000_000;

/// The symbols of the reference series that may be read beside the repository only.
const UNLICENSED: &[&str] = &["goog", "eurusd", "btcusd"];

fn words(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in workspace.texts().filter(|(path, _)| *path != "Cargo.lock") {
        for (line, content) in (1..).zip(text.lines()) {
            for word in WORDS.iter().filter(|word| says(content, word)) {
                findings.push(Finding::at(path, line, format!("`{word}`")));
            }
        }
    }
    findings
}

/// A folder counts where an absolute path begins: `src/work/` and `https://x/home/` are fine.
fn says(content: &str, word: &str) -> bool {
    if !word.starts_with('/') {
        return has_word(content, word);
    }
    content.match_indices(word).any(|(at, _)| {
        let before = content[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}'))
    })
}

fn file_size(workspace: &Workspace) -> Vec<Finding> {
    let large = workspace.files.iter().filter(|(_, file)| file.bytes > MAX_BYTES);
    large.map(|(path, file)| Finding::in_file(path, format!("{} bytes", file.bytes))).collect()
}

fn lock_tracked(workspace: &Workspace) -> Vec<Finding> {
    match workspace.files.get("Cargo.lock") {
        Some(lock) if lock.is_tracked => Vec::new(),
        _ => vec![Finding::in_file("Cargo.lock", "is not under version control")],
    }
}

fn licensed_data(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in workspace.files.keys().filter(|path| !path.ends_with(".rs")) {
        let name = name_of(path).to_lowercase();
        for symbol in UNLICENSED.iter().filter(|symbol| name.contains(*symbol)) {
            findings.push(Finding::in_file(path, format!("named after the series `{symbol}`")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::File;

    #[test]
    fn every_word_is_told_in_every_text() {
        for word in WORDS {
            let text = format!("fine\nsee {word} here\n");
            for path in ["docs/a.md", "crates/pool/src/a.rs"] {
                let findings = words(&Workspace::of(&[(path, &text)]));
                assert_eq!(findings.len(), 1, "{word}");
                assert_eq!(findings[0].line, 2);
            }
        }
    }

    #[test]
    fn parts_of_words_and_of_longer_paths_are_fine() {
        let text = format!("{}S src{} https://a.b{}c", WORDS[0], WORDS[3], WORDS[5]);
        assert!(words(&Workspace::of(&[("a.md", &text)])).is_empty());
    }

    #[test]
    fn a_large_file_is_told() {
        let mut workspace = Workspace::default();
        for (path, bytes) in [("fits", MAX_BYTES), ("grew", MAX_BYTES + 1)] {
            workspace.files.insert(path.to_owned(), File { bytes, ..File::default() });
        }
        let findings = file_size(&workspace);
        assert_eq!(findings, [Finding::in_file("grew", "2000001 bytes")]);
    }

    #[test]
    fn the_lock_file_is_there_and_tracked() {
        let mut workspace = Workspace::of(&[("Cargo.lock", "")]);
        assert!(lock_tracked(&workspace).is_empty());
        workspace.files.insert("Cargo.lock".to_owned(), File::default());
        assert_eq!(lock_tracked(&workspace).len(), 1);
        assert_eq!(lock_tracked(&Workspace::default()).len(), 1);
    }

    #[test]
    fn series_without_a_licence_are_told_by_name() {
        let workspace = Workspace::of(&[
            ("crates/testkit/data/GOOG.csv", ""),
            ("crates/testkit/golden/optimize/eurusd_trades.json", ""),
            ("crates/optimize/tests/it/reference_goog.rs", ""),
        ]);
        assert_eq!(licensed_data(&workspace).len(), 2);
    }
}
