//! Arrow IPC files of long tables.

use std::io::Write;
use std::path::Path;

use arrow_buffer::Buffer;

use super::reader::IpcReader;
use super::writer::{Compression, encode};
use crate::error::Result;
use crate::file;
use crate::long::{LongFrame, SYMBOL};
use crate::table::{assemble_long, long_batch};

/// Writes a long table to a file as [`write`](super::write()) does a frame: dates, symbols, numbers, text.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the operating system refuses.
pub fn write_long(long: &LongFrame, path: impl AsRef<Path>) -> Result<()> {
    write_long_compressed(long, path, Compression::None)
}

/// Writes a file as [`write_long`] does, its columns compressed.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the operating system refuses.
pub fn write_long_compressed(
    long: &LongFrame,
    path: impl AsRef<Path>,
    compression: Compression,
) -> Result<()> {
    file::write_atomically(path.as_ref(), |out| encode(&long_batch(long), out, compression, None))
}

/// Writes the bytes of [`write_long`] to anything that takes bytes.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the writer fails.
pub fn write_long_to(long: &LongFrame, out: impl Write) -> Result<()> {
    encode(&long_batch(long), out, Compression::None, None)
}

impl IpcReader {
    /// Reads a long table from a file: a date, a symbol and numbers a row, in the order of the file.
    ///
    /// Symbols are in the column named `symbol`, in any case.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read); the dates of each symbol must increase, otherwise
    /// [`ErrorKind::SymbolUnordered`](crate::ErrorKind::SymbolUnordered); [`ErrorKind::MissingSymbol`](crate::ErrorKind::MissingSymbol).
    pub fn read_long(&self, path: impl AsRef<Path>) -> Result<LongFrame> {
        let path = path.as_ref();
        let name = file::name(path);
        self.decode_long(&file::read_aligned(path)?).map_err(|error| error.in_file(&name))
    }

    /// Reads a long table from bytes that are in memory already; messages call them by the name given.
    ///
    /// # Errors
    ///
    /// As [`read_long`](Self::read_long), without [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn read_long_bytes(&self, bytes: impl AsRef<[u8]>, name: &str) -> Result<LongFrame> {
        self.decode_long(&Buffer::from(bytes.as_ref())).map_err(|error| error.in_file(name))
    }

    fn decode_long(&self, bytes: &Buffer) -> Result<LongFrame> {
        let (schema, batches) = self.table(bytes)?;
        assemble_long(&schema, &batches, self.options(), SYMBOL)
    }
}
