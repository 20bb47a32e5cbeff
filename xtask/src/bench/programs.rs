//! The bench programs: building them, and telling what each is for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;

use crate::Result;
use crate::process::{cargo, line};

/// What a bench target is for, which its source says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// It hands itself to criterion.
    Criterion,
    /// It lies in `benches/experiments` and prints measurements.
    Experiment,
    /// Anything else, such as the kernels that instructions are counted of.
    Other,
}

#[derive(Debug, Clone)]
pub(super) struct Program {
    /// The target's name.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) executable: PathBuf,
    /// The root of the checkout that it was built from.
    pub(super) root: PathBuf,
}

/// Builds the benches of the checkout in `root`, all of them or one, and gives the programs.
///
/// `target` is the target folder; none for the one that cargo would choose.
pub(super) fn build(
    root: &Path,
    target: Option<&Path>,
    only: Option<&str>,
) -> Result<Vec<Program>> {
    let mut arguments = vec!["bench", "--package", super::PACKAGE, "--no-run"];
    match only {
        Some(name) => arguments.extend(["--bench", name]),
        None => arguments.push("--benches"),
    }
    arguments.push("--message-format=json-render-diagnostics");
    let mut command = cargo(&arguments);
    command.current_dir(root).stderr(Stdio::inherit());
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    eprintln!("$ {}", line(&command));
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("the benches of {} do not build", root.display()).into());
    }
    let mut programs = read_messages(&String::from_utf8(output.stdout)?)?;
    for program in &mut programs {
        program.root = root.to_path_buf();
    }
    if programs.is_empty() {
        return Err(format!("{} has no bench of that name", root.display()).into());
    }
    Ok(programs)
}

fn read_messages(messages: &str) -> Result<Vec<Program>> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        #[serde(default)]
        executable: Option<PathBuf>,
        #[serde(default)]
        target: Option<Target>,
    }
    #[derive(Deserialize)]
    struct Target {
        kind: Vec<String>,
        name: String,
        src_path: PathBuf,
    }
    let mut programs = Vec::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Message = serde_json::from_str(line)?;
        let (Some(executable), Some(target)) = (message.executable, message.target) else {
            continue;
        };
        if message.reason == "compiler-artifact" && target.kind == ["bench"] {
            let source = fs::read_to_string(&target.src_path).unwrap_or_default();
            programs.push(Program {
                name: target.name,
                kind: kind(&target.src_path, &source),
                executable,
                root: PathBuf::new(),
            });
        }
    }
    programs.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(programs)
}

fn kind(path: &Path, source: &str) -> Kind {
    if source.contains("criterion_main!(") {
        Kind::Criterion
    } else if path.parent().is_some_and(|folder| folder.ends_with("experiments")) {
        Kind::Experiment
    } else {
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bench_targets_alone_are_programs() {
        let messages = r#"{"reason":"compiler-artifact","executable":null,"target":{"kind":["lib"],"name":"a","src_path":"a.rs"}}
{"reason":"compiler-artifact","executable":"x/b","target":{"kind":["bench"],"name":"b","src_path":"none.rs"}}
{"reason":"compiler-artifact","executable":"x/c","target":{"kind":["bin"],"name":"c","src_path":"c.rs"}}
{"reason":"build-finished","success":true}"#;
        let programs = read_messages(messages).unwrap();
        assert_eq!(programs.len(), 1);
        assert_eq!((programs[0].name.as_str(), programs[0].kind), ("b", Kind::Other));
    }

    #[test]
    fn a_source_says_what_its_program_is_for() {
        let criterion = "criterion_group!(benches, a);\ncriterion_main!(benches);";
        assert_eq!(kind(Path::new("benches/benches/a.rs"), criterion), Kind::Criterion);
        let experiment = Path::new("benches/experiments/a.rs");
        assert_eq!(kind(experiment, "fn main() {}"), Kind::Experiment);
        assert_eq!(kind(Path::new("benches/counts.rs"), "fn main() {}"), Kind::Other);
    }
}
