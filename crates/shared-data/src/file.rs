//! Whole files: reading them, and replacing them in one step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_buffer::{Buffer, MutableBuffer};

use crate::error::{Error, Result};

/// How messages name a file.
pub(crate) fn name(path: &Path) -> String {
    path.display().to_string()
}

/// The bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Error::io("read the file", &error).in_file(&name(path)))
}

/// The bytes of a file in a buffer aligned for any column.
pub(crate) fn read_aligned(path: &Path) -> Result<Buffer> {
    let attempt = || {
        let mut file = File::open(path)?;
        let length = usize::try_from(file.metadata()?.len())
            .map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        let mut buffer = MutableBuffer::from_len_zeroed(length);
        file.read_exact(buffer.as_slice_mut())?;
        Ok(Buffer::from(buffer))
    };
    attempt().map_err(|error| Error::io("read the file", &error).in_file(&name(path)))
}

/// Writes a file beside its final place and renames it there, so that a reader sees the old file or
/// the whole new one. A failure leaves the old file and nothing beside it.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>,
) -> Result<()> {
    let failed = |operation| move |error: io::Error| Error::io(operation, &error);
    let attempt = || {
        let (draft, file) = create_beside(path).map_err(failed("create the file"))?;
        let mut draft = Draft { path: Some(draft) };
        let mut out = BufWriter::with_capacity(1 << 16, file);
        write(&mut out)?;
        let file =
            out.into_inner().map_err(|error| failed("write the file")(error.into_error()))?;
        file.sync_all().map_err(failed("write the file"))?;
        drop(file);
        draft.rename(path).map_err(failed("rename the finished file"))
    };
    attempt().map_err(|error: Error| error.in_file(&name(path)))
}

/// A file under its temporary name, removed again unless it is renamed.
struct Draft {
    path: Option<PathBuf>,
}

impl Draft {
    fn rename(&mut self, to: &Path) -> io::Result<()> {
        if let Some(path) = &self.path {
            fs::rename(path, to)?;
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // What was wrong is being reported already; a remainder is no second error.
            let _ = fs::remove_file(path);
        }
    }
}

/// A new file in the same folder, since a rename does not cross file systems.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let Some(file_name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    };
    loop {
        let mut draft = std::ffi::OsString::from(".");
        draft.push(file_name);
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        draft.push(format!(".{}-{count}.tmp", std::process::id()));
        let draft = path.with_file_name(draft);
        match OpenOptions::new().write(true).create_new(true).open(&draft) {
            // Left over from a process of the same number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => return other.map(|file| (draft, file)),
        }
    }
}
