//! What the code of a library never says.

use super::source::{Source, has_word};
use super::workspace::Workspace;
use super::{Check, Finding};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "frames-unnamed",
        rule: "numeric code takes slices and matrix views, never a frame",
        find: frames_unnamed,
    },
    Check {
        name: "libraries-silent",
        rule: "libraries print nothing: progress goes to an observer, diagnostics to tracing",
        find: libraries_silent,
    },
    Check {
        name: "no-global-pool",
        rule: "a library works on the pool its caller passes",
        find: no_global_pool,
    },
    Check {
        name: "process-state",
        rule: "panic hook, signals, environment and locale belong to the program",
        find: process_state,
    },
];

/// The crates that may name frames, by folder.
const NAME_FRAMES: &[&str] = &["shared-data", "pipeline", "tangency", "cli"];

const PRINTING: &[&str] = &["print!", "println!", "eprint!", "eprintln!", "dbg!"];

const PROCESS_STATE: &[&str] = &[
    "set_hook",
    "take_hook",
    "ctrlc::",
    // Solvers that install a handler of their own unless told otherwise.
    "ctrlc(true)",
    "signal_hook",
    "set_var",
    "remove_var",
    "setlocale",
    "set_current_dir",
];

fn frames_unnamed(workspace: &Workspace) -> Vec<Finding> {
    let sources = workspace
        .sources
        .iter()
        .filter(|source| source.crate_folder().is_some_and(|name| !NAME_FRAMES.contains(&name)));
    find_words(sources, &["tangency_shared_data"])
}

fn libraries_silent(workspace: &Workspace) -> Vec<Finding> {
    find_words(libraries(workspace), PRINTING)
}

fn no_global_pool(workspace: &Workspace) -> Vec<Finding> {
    let sources = libraries(workspace).filter(|source| source.crate_folder() != Some("pool"));
    find_words(sources, &["Pool::global"])
}

fn process_state(workspace: &Workspace) -> Vec<Finding> {
    find_words(libraries(workspace), PROCESS_STATE)
}

fn libraries(workspace: &Workspace) -> impl Iterator<Item = &Source> {
    workspace.sources.iter().filter(|source| source.is_library())
}

/// One finding for each word on each line of product code.
fn find_words<'a>(sources: impl Iterator<Item = &'a Source>, words: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for (line, code) in source.product_lines() {
            for word in words.iter().filter(|word| has_word(code, word)) {
                findings.push(Finding::at(&source.path, line, format!("`{word}`")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines on which `check` finds something in a file of the given crate.
    fn lines(check: fn(&Workspace) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        check(&Workspace::of(&[(path, text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_frame_in_a_numeric_crate_is_told() {
        let text = "/// Not `tangency_shared_data`.\nuse tangency_shared_data::Frame;\n";
        assert_eq!(lines(frames_unnamed, "crates/optimize/src/a.rs", text), [2]);
        assert!(lines(frames_unnamed, "crates/pipeline/src/a.rs", text).is_empty());
    }

    #[test]
    fn printing_is_for_the_command_and_for_tests() {
        let text = "//! println!()\nfn f() { println!(\"dbg!\"); }\nfn g() { dbg!(1); }\n\
                    #[cfg(test)]\nmod tests { fn f() { print!(\"\"); } }\n";
        assert_eq!(lines(libraries_silent, "crates/pool/src/a.rs", text), [2, 3]);
        assert!(lines(libraries_silent, "crates/cli/src/a.rs", text).is_empty());
        assert!(lines(libraries_silent, "crates/pool/tests/it/main.rs", text).is_empty());
    }

    #[test]
    fn the_global_pool_is_for_callers() {
        let text = "let pool = Pool::global();";
        assert_eq!(lines(no_global_pool, "crates/forecast/src/a.rs", text), [1]);
        assert!(lines(no_global_pool, "crates/pool/src/a.rs", text).is_empty());
        assert!(lines(no_global_pool, "crates/cli/src/a.rs", text).is_empty());
    }

    #[test]
    fn every_word_of_process_state_is_told() {
        for word in PROCESS_STATE {
            let text = format!("std::{word}(x);");
            assert_eq!(lines(process_state, "crates/pool/src/a.rs", &text), [1], "{word}");
            assert!(lines(process_state, "crates/cli/src/a.rs", &text).is_empty(), "{word}");
        }
        for fine in ["set_variance()", "executor.ctrlc(false).run()"] {
            assert!(lines(process_state, "crates/pool/src/a.rs", fine).is_empty(), "{fine}");
        }
    }
}
