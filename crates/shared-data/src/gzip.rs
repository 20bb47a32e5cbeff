//! Files packed with gzip (feature `gzip`).

use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::error::{Error, Result};
use crate::file;

/// The unpacked bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let packed = file::read(path)?;
    let mut bytes = Vec::new();
    // An empty file is that, and no damaged archive.
    if !packed.is_empty()
        && let Err(error) = MultiGzDecoder::new(&packed[..]).read_to_end(&mut bytes)
    {
        return Err(failed(&error).in_file(&file::name(path)));
    }
    Ok(bytes)
}

fn failed(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Error::malformed("gzip", error),
        io::ErrorKind::UnexpectedEof => Error::malformed("gzip", "it is cut off"),
        _ => Error::io("read the file", error),
    }
}

/// Writes a file that appears under its name only when it is whole.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<()>,
) -> Result<()> {
    file::write_atomically(path, |out| {
        let mut packed = GzEncoder::new(out, Compression::default());
        write(&mut packed)?;
        packed.finish().map(drop).map_err(|error| Error::io("write the data", &error))
    })
}
