//! Where `unsafe` may live, and what must stand above it.

use super::source::{Source, has_word};
use super::workspace::Workspace;
use super::{Check, Finding};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "unsafe-files",
        rule: "unsafe code lives in the files listed in xtask/src/tidy/safety.rs",
        find: |workspace| unsafe_files(workspace, UNSAFE_FILES),
    },
    Check {
        name: "safety-notes",
        rule: "a SAFETY note names the invariant and who upholds it",
        find: safety_notes,
    },
];

/// The files that may hold `unsafe`, each with its reason.
const UNSAFE_FILES: &[(&str, &str)] = &[
    ("benches/src/allocations.rs", "an allocator that counts and passes every call on"),
    (
        "crates/optimize/src/backtest/fast/registers.rs",
        "vector instructions, in registers found at run time",
    ),
    (
        "crates/optimize/src/backtest/fast/simd.rs",
        "vector loads, and calls into code for processor features found at run time",
    ),
    ("crates/pool/src/erased.rs", "borrowed closures on threads that outlive them"),
    ("crates/shared-data/src/interop/arrow2.rs", "arrays cross the Arrow C Data Interface"),
    ("crates/shared-data/src/interop/c_data.rs", "arrays cross the Arrow C Data Interface"),
    ("crates/shared-data/src/shared/mapping.rs", "files as memory that nobody changes"),
    ("crates/shared-data/tests/it/interop_c_data.rs", "importing is unsafe to call"),
];

fn unsafe_files(workspace: &Workspace, allowed: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &workspace.sources {
        if allowed.iter().any(|(path, _)| *path == source.path) {
            continue;
        }
        for (line, code) in source.code_lines() {
            if has_word(code, "unsafe") {
                findings.push(Finding::at(&source.path, line, "`unsafe` outside the listed files"));
            }
            if has_word(code, "unsafe_code") && !code.contains("forbid") && !code.contains("deny") {
                let what = "the lint `unsafe_code` is lifted outside the listed files";
                findings.push(Finding::at(&source.path, line, what));
            }
        }
    }
    for (path, _) in allowed {
        let is_used = workspace.sources.iter().any(|source| {
            source.path == *path && source.code_lines().any(|(_, code)| has_word(code, "unsafe"))
        });
        if !is_used {
            findings.push(Finding::in_file(path, "is listed, but holds no `unsafe`"));
        }
    }
    findings
}

fn safety_notes(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &workspace.sources {
        for (line, code) in source.code_lines() {
            let opens = code.split("unsafe").skip(1).any(|rest| {
                let rest = rest.trim_start();
                rest.starts_with('{') || has_word(rest, "impl") && rest.starts_with("impl")
            });
            if has_word(code, "unsafe") && opens && !has_note(source, line) {
                findings.push(Finding::at(&source.path, line, "`unsafe` without a SAFETY note"));
            }
        }
    }
    findings
}

/// Whether a comment with `SAFETY:` ends right above the line, or above the statement that
/// the line continues, or stands on the line itself.
fn has_note(source: &Source, line: usize) -> bool {
    let lines: Vec<&str> = source.text.lines().take(line).map(str::trim).collect();
    let Some((own, above)) = lines.split_last() else { return false };
    if own.contains("// SAFETY:") {
        return true;
    }
    let statement =
        above.iter().rev().skip_while(|text| !text.starts_with("//") && !ends_statement(text));
    statement.take_while(|text| text.starts_with("//")).any(|text| text.contains("SAFETY:"))
}

fn ends_statement(text: &str) -> bool {
    text.is_empty() || text.ends_with([';', '{', '}', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "crates/pool/src/erased.rs";
    const ALLOWED: &[(&str, &str)] = &[(PATH, "a reason")];

    fn files(path: &str, text: &str) -> usize {
        let own = (PATH, "// SAFETY: fine\nunsafe {}");
        let workspace = Workspace::of(&[own, (path, text)]);
        unsafe_files(&workspace, ALLOWED).len()
    }

    fn notes(text: &str) -> Vec<usize> {
        let workspace = Workspace::of(&[(PATH, text)]);
        safety_notes(&workspace).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn unsafe_elsewhere_is_told_whatever_its_form() {
        for text in ["unsafe { f() }", "unsafe fn f() {}", "#![allow(unsafe_code)]"] {
            assert_eq!(files("crates/pool/src/batch.rs", text), 1, "{text}");
        }
        for text in ["// unsafe", "#![forbid(unsafe_code)]", "f(\"unsafe\")"] {
            assert_eq!(files("crates/pool/src/batch.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn a_listed_file_must_need_its_place() {
        let gone = Workspace::of(&[]);
        assert_eq!(unsafe_files(&gone, ALLOWED).len(), 1);
        let safe_now = Workspace::of(&[(PATH, "#![allow(unsafe_code)]\nfn f() {}")]);
        assert_eq!(unsafe_files(&safe_now, ALLOWED).len(), 1);
    }

    #[test]
    fn a_note_stands_above_the_block_or_its_statement() {
        assert!(notes("// SAFETY: why\nunsafe { f() };").is_empty());
        assert!(notes("// SAFETY: why,\n// and more\nlet x =\n    unsafe { f() };").is_empty());
        assert!(notes("let x = unsafe { f() }; // SAFETY: why").is_empty());
        assert!(notes("// SAFETY: why\nunsafe impl Send for X {}").is_empty());
    }

    #[test]
    fn a_missing_or_distant_note_is_told() {
        assert_eq!(notes("unsafe { f() };"), [1]);
        assert_eq!(notes("// why\nunsafe { f() };"), [2]);
        assert_eq!(notes("// SAFETY: why\nlet a = 1;\nunsafe { f() };"), [3]);
        assert_eq!(notes("unsafe impl Send for X {}"), [1]);
    }
}
