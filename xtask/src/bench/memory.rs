//! What a case allocates: told by the program `memory`, which counts.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::Result;
use crate::process::capture;

use super::programs::Program;
use super::record::Memory;

const PROGRAM: &str = "memory";

/// All cases of the counting program; none where it was not built.
pub(super) fn measure(programs: &[Program]) -> Result<BTreeMap<String, Memory>> {
    let Some(program) = programs.iter().find(|program| program.name == PROGRAM) else {
        return Ok(BTreeMap::new());
    };
    let mut command = Command::new(&program.executable);
    command.current_dir(program.root.join("benches")).stdin(Stdio::null());
    read(&capture(&mut command)?)
}

fn read(printed: &str) -> Result<BTreeMap<String, Memory>> {
    #[derive(Deserialize)]
    struct Line {
        case: String,
        #[serde(flatten)]
        memory: Memory,
    }
    let mut cases = BTreeMap::new();
    for line in printed.lines() {
        let line: Line =
            serde_json::from_str(line).map_err(|error| format!("`{PROGRAM}`: {error}: {line}"))?;
        cases.insert(line.case, line.memory);
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_case() {
        let printed = r#"{"case":"pool/a/b","allocations":3,"allocated_bytes":300,"peak_bytes":200,"peak_rss_bytes":null}
"#;
        let cases = read(printed).unwrap();
        assert_eq!(cases["pool/a/b"].allocations, 3);
        assert!(read("no json\n").is_err());
    }
}
