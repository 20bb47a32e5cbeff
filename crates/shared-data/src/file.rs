//! Whole files: reading them, and replacing them in one step.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use arrow_buffer::{Buffer, MutableBuffer};

use crate::error::{Error, Result};
use crate::staged::StagedFile;

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

/// Writes a file that appears under its name only when it is whole.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>,
) -> Result<()> {
    let mut staged = StagedFile::create(path)?;
    write(&mut staged).map_err(|error| error.in_file(&name(path)))?;
    staged.publish()
}
