//! Frame to Arrow IPC file.

use std::io::Write;
use std::path::Path;

use arrow_ipc::writer::FileWriter;
use arrow_schema::ArrowError;

use crate::error::{Error, Result};
use crate::file;
use crate::frame::Frame;

/// Writes an Arrow IPC file with one record batch, as
/// [`to_record_batch`](Frame::to_record_batch) describes it, uncompressed.
///
/// The file appears under its name once it is whole; a failure leaves what was there before.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the operating system refuses.
pub fn write(frame: &Frame, path: impl AsRef<Path>) -> Result<()> {
    file::write_atomically(path.as_ref(), |out| write_to(frame, out))
}

/// Writes the bytes of [`write()`] to anything that takes bytes.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the writer fails.
pub fn write_to(frame: &Frame, out: impl Write) -> Result<()> {
    let failed = |error: ArrowError| match error {
        ArrowError::IoError(_, error) => Error::io("write the data", &error),
        other => Error::malformed("Arrow IPC", other),
    };
    let batch = frame.to_record_batch();
    let mut file = FileWriter::try_new(out, &batch.schema()).map_err(failed)?;
    file.write(&batch).map_err(failed)?;
    file.finish().map_err(failed)
}
