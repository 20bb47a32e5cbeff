//! Standard output: one JSON document, or text for people.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use tangency::shared_data::StagedFile;

use crate::exit::Failure;

/// Prints a document or, without `--json`, the text that `text` makes of it.
pub(crate) fn print<T: Serialize>(
    json: bool,
    document: &T,
    text: impl FnOnce(&T) -> String,
) -> Result<(), Failure> {
    let output = if json {
        let mut line = serde_json::to_string_pretty(document)
            .map_err(|error| Failure::output(format!("failed to write JSON: {error}")))?;
        line.push('\n');
        line
    } else {
        text(document)
    };
    write(&output)
}

/// Prints the failure where scripts or people look for it.
pub(crate) fn print_failure(json: bool, failure: &Failure) {
    if json {
        let document = serde_json::json!({
            "error": { "kind": failure.kind, "message": failure.message }
        });
        // Nobody is left to tell when standard output is gone too.
        let _ = write(&format!("{document}\n"));
    } else {
        let _ = writeln!(std::io::stderr(), "tangency: {}", failure.message);
    }
}

/// A reader that stopped listening (`tangency run | head`) is no failure of the command.
fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::output(format!("failed to write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Fails early where a file could not be put later.
pub(crate) fn check_file(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::output(format!("{} is a folder", path.display())));
    }
    // A file is put in the place of what is there: a device or a pipe would be gone.
    if std::fs::metadata(path).is_ok_and(|what| !what.is_file()) {
        return Err(Failure::output(format!("{} is no regular file", path.display())));
    }
    // The only sure test of a folder is to write there; the draft goes when it is dropped.
    StagedFile::create(path).map(drop).map_err(Failure::output)
}

/// Fails early where a folder could not be made or written to later. It is not made yet.
pub(crate) fn check_folder(path: &Path) -> Result<(), Failure> {
    let existing = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("."));
    if !existing.is_dir() {
        return Err(Failure::output(format!("{} is not a folder", existing.display())));
    }
    StagedFile::create(existing.join("report.json")).map(drop).map_err(Failure::output)
}
