//! The files of a report: all of them in place, or none touched.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use tangency_pool::CancelToken;
use tangency_shared_data::StagedFile;

use crate::error::{ErrorKind, Result};

/// Writes `files` (name and text) into `folder`, which is created if it is not there.
///
/// Every file is written whole under a temporary name first; then all are renamed. `names` are all
/// that may ever be written there: a folder in the place of one of them would stop the renaming
/// half-way, so it is an error before anything is touched.
pub(crate) fn write(
    folder: &Path,
    names: &[&str],
    files: &[(&'static str, String)],
    cancel: &CancelToken,
) -> Result<()> {
    let created = !folder.exists();
    for name in names {
        let path = folder.join(name);
        if path.is_dir() {
            let source = std::io::ErrorKind::IsADirectory.into();
            return Err(ErrorKind::Write { path, source }.into());
        }
    }
    std::fs::create_dir_all(folder)
        .map_err(|source| ErrorKind::Write { path: folder.to_owned(), source })?;
    let staged = files
        .iter()
        .map(|(name, text)| stage(&folder.join(name), text))
        .collect::<Result<Vec<StagedFile>>>()
        .and_then(|staged| {
            if cancel.is_cancelled() { Err(ErrorKind::Cancelled.into()) } else { Ok(staged) }
        });
    if staged.is_err() && created {
        // Only an empty folder goes; somebody else's files would keep it.
        let _ = std::fs::remove_dir(folder);
    }
    for file in staged? {
        file.publish().map_err(ErrorKind::File)?;
    }
    Ok(())
}

/// A document as the text of the file `name`.
pub(crate) fn json(name: &str, document: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(document)
        .map(|text| text + "\n")
        .map_err(|error| ErrorKind::Write { path: name.into(), source: error.into() }.into())
}

/// A CSV cell; quoted only where it must be.
pub(crate) fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\"")).into()
    } else {
        cell.into()
    }
}

/// A whole file under a temporary name.
fn stage(path: &Path, text: &str) -> Result<StagedFile> {
    let mut file = StagedFile::create(path).map_err(ErrorKind::File)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.flush());
    written.map_err(|source| ErrorKind::Write { path: path.to_owned(), source })?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(super::quoted("AAPL"), "AAPL");
        assert_eq!(super::quoted("A,\"B\""), "\"A,\"\"B\"\"\"");
    }
}
