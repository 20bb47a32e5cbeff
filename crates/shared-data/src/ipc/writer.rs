//! Frame to Arrow IPC file.

use std::io::Write;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_schema::ArrowError;

use super::checksum::{BLANK, KEY, Stamping};
use super::mark;
use crate::error::{Error, Result};
use crate::file;
use crate::frame::Frame;
use crate::table::plain_text;

/// How an Arrow IPC file is compressed (feature `compressed-ipc`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all: the file can be mapped, and its columns used in place.
    #[default]
    None,
    /// LZ4 frames: quick, and as pyarrow writes Feather files.
    #[cfg(feature = "compressed-ipc")]
    Lz4,
    /// Zstandard: smaller.
    #[cfg(feature = "compressed-ipc")]
    Zstd,
}

/// Writes an Arrow IPC file with one record batch, as
/// [`to_record_batch`](Frame::to_record_batch) describes it, uncompressed, with a checksum in its footer;
/// text columns as text, since many readers know no dictionaries.
///
/// The file appears under its name once it is whole; a failure leaves what was there before.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the operating system refuses.
pub fn write(frame: &Frame, path: impl AsRef<Path>) -> Result<()> {
    write_compressed(frame, path, Compression::None)
}

/// Writes the bytes of [`write()`] to anything that takes bytes.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the writer fails.
pub fn write_to(frame: &Frame, out: impl Write) -> Result<()> {
    encode_frame(frame, out, Compression::None)
}

/// Writes a file as [`write()`] does, its columns compressed. Such a file cannot be mapped.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the operating system refuses.
pub fn write_compressed(
    frame: &Frame,
    path: impl AsRef<Path>,
    compression: Compression,
) -> Result<()> {
    file::write_atomically(path.as_ref(), |out| encode_frame(frame, out, compression))
}

fn encode_frame(frame: &Frame, out: impl Write, compression: Compression) -> Result<()> {
    // The mark is not passed on: who gives it has looked.
    let _increasing = frame.ordered_timestamps()?;
    let mark = Some((mark::KEY, mark::INCREASING));
    encode(&frame.to_record_batch(), out, compression, mark)
}

/// Writes a file of one record batch, its text columns as text, with an entry in the footer's metadata
/// beside the checksum.
pub(super) fn encode(
    batch: &RecordBatch,
    out: impl Write,
    compression: Compression,
    entry: Option<(&str, &str)>,
) -> Result<()> {
    let failed = |error: ArrowError| match error {
        ArrowError::IoError(_, error) => Error::io("write the data", &error),
        other => Error::malformed("Arrow IPC", other),
    };
    let batch = plain_text(batch);
    let codec = match compression {
        Compression::None => None,
        #[cfg(feature = "compressed-ipc")]
        Compression::Lz4 => Some(CompressionType::LZ4_FRAME),
        #[cfg(feature = "compressed-ipc")]
        Compression::Zstd => Some(CompressionType::ZSTD),
    };
    let codec: Option<CompressionType> = codec;
    let options = IpcWriteOptions::default().try_with_compression(codec).map_err(failed)?;
    let out = Stamping::new(out);
    let mut file =
        FileWriter::try_new_with_options(out, &batch.schema(), options).map_err(failed)?;
    file.write(&batch).map_err(failed)?;
    if let Some((key, value)) = entry {
        file.write_metadata(key, value);
    }
    file.write_metadata(KEY, BLANK);
    file.get_mut().hold();
    let stamping = file.into_inner().map_err(failed)?;
    stamping.stamp().map_err(|error| Error::io("write the data", &error))
}
