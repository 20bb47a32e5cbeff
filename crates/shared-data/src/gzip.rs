//! Files packed with gzip (feature `gzip`).

use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::error::{Error, ErrorKind, Result};
use crate::file;

/// The unpacked bytes of a file, no more than so many.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let packed = file::read(path)?;
    let mut bytes = Vec::new();
    // An empty file is that, and no damaged archive.
    if packed.is_empty() {
        return Ok(bytes);
    }
    // One byte more, to see that there is none.
    let mut unpacked = MultiGzDecoder::new(&packed[..]).take(limit.saturating_add(1));
    let refused = match unpacked.read_to_end(&mut bytes) {
        Err(error) => failed(&error),
        Ok(n_bytes) if n_bytes as u64 > limit => {
            ErrorKind::DecodedLimit { needed: n_bytes as u64, limit }.into()
        }
        Ok(_) => return Ok(bytes),
    };
    Err(refused.in_file(&file::name(path)))
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
