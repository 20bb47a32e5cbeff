//! What a bench tells the software it is compared with: its input and its answer, and what runs beside it.
//!
//! The calls do nothing unless `cargo xtask bench peers` started the bench.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The folder of the run, from `cargo xtask bench peers`.
const FOLDER: &str = "TANGENCY_PEERS_FOLDER";

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// Writes columns of one length to `inputs/NAME.csv`, every digit kept, so that peers read the very
/// numbers of the bench.
///
/// # Panics
///
/// Where the columns differ in length or the file cannot be written: a bench that cannot tell its
/// peers must not be compared with them.
pub fn input(name: &str, columns: &[(&str, &[f64])]) {
    let Some(folder) = folder() else { return };
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    assert!(columns.iter().all(|(_, values)| values.len() == rows), "{name}: columns differ");
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut text = names.join(",") + "\n";
    for row in 0..rows {
        for (at, (_, values)) in columns.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let _ = write!(text, "{comma}{}", values[row]);
        }
        text.push('\n');
    }
    let folder = folder.join("inputs");
    let written = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join(format!("{name}.csv")), text));
    written.expect("the folder of the run can be written");
}

/// Copies a file to `inputs`, under the name it has: for benches that read files.
///
/// # Panics
///
/// Where it cannot be copied.
pub fn input_file(path: &Path) {
    let Some(folder) = folder() else { return };
    let folder = folder.join("inputs");
    let name = path.file_name().expect("a file has a name");
    let copied = fs::create_dir_all(&folder).and_then(|()| fs::copy(path, folder.join(name)));
    copied.expect("the folder of the run can be written");
}

/// Tells what the bench `case` (its whole name) computes, as numbers that a peer must give as well.
///
/// # Panics
///
/// Where the line cannot be written.
pub fn answer(case: &str, values: &[f64]) {
    let Some(folder) = folder() else { return };
    append(&folder, "answers.jsonl", &serde_json::json!({ "case": case, "answer": values }));
}

/// Tells that `case`, which is not ours and runs in the same bench, was found to give what the case `ours`
/// gives, and how many threads each has. To be called after the answers were compared.
///
/// # Panics
///
/// Where the line cannot be written.
pub fn beside(case: &str, threads: usize, ours: &str, our_threads: usize) {
    let Some(folder) = folder() else { return };
    let line = serde_json::json!({
        "case": case, "threads": threads, "ours": ours, "our_threads": our_threads,
    });
    append(&folder, "beside.jsonl", &line);
}

fn append(folder: &Path, name: &str, line: &serde_json::Value) {
    let file = OpenOptions::new().create(true).append(true).open(folder.join(name));
    let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
    written.expect("the folder of the run can be written");
}
