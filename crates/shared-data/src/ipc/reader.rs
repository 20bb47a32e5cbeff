//! Arrow IPC file to frame.

use std::path::Path;

use arrow_buffer::Buffer;

use super::decode;
use crate::error::{ErrorKind, Result};
use crate::file;
use crate::frame::Frame;
use crate::options::NanPolicy;
use crate::table::{TableOptions, assemble};

/// Reads Arrow IPC files.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`date_column`](Self::date_column) | the first date or timestamp column | name of the column of dates |
/// | [`nan_policy`](Self::nan_policy) | [`NanPolicy::Reject`] | null and NaN |
///
/// The other columns must hold numbers; see [`Frame::from_record_batch`] for the types.
#[derive(Debug, Clone, Default)]
#[must_use = "a reader does nothing until it is given something to read"]
pub struct IpcReader {
    options: TableOptions,
}

impl IpcReader {
    /// The choices of the table above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the dates from the column of this name; 64-bit whole numbers are then Unix nanoseconds.
    pub fn date_column(mut self, name: impl Into<String>) -> Self {
        self.options.date_column = Some(name.into());
        self
    }

    /// Sets what happens to null and NaN.
    pub fn nan_policy(mut self, policy: NanPolicy) -> Self {
        self.options.nan_policy = policy;
        self
    }

    /// Reads a file, whole, into an aligned buffer. The frame stands on that buffer when the file
    /// holds one batch of nanosecond timestamps and `Float64` columns without nulls, such as
    /// [`write`](super::write()) makes; otherwise values are copied once more.
    ///
    /// # Errors
    ///
    /// Names the file, and the column where it is known:
    /// [`ErrorKind::Io`], [`ErrorKind::EmptyFile`], [`ErrorKind::Malformed`],
    /// [`ErrorKind::UnknownColumn`], [`ErrorKind::NoRows`], and those of
    /// [`Frame::from_record_batch`].
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Frame> {
        let path = path.as_ref();
        let name = file::name(path);
        self.decode(&file::read_aligned(path)?).map_err(|error| error.in_file(&name))
    }

    /// Reads bytes that are in memory already, copied once into an aligned buffer; messages call
    /// them by the name given.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), without [`ErrorKind::Io`].
    pub fn read_bytes(&self, bytes: impl AsRef<[u8]>, name: &str) -> Result<Frame> {
        self.decode(&Buffer::from(bytes.as_ref())).map_err(|error| error.in_file(name))
    }

    fn decode(&self, bytes: &Buffer) -> Result<Frame> {
        if bytes.is_empty() {
            return Err(ErrorKind::EmptyFile.into());
        }
        let (schema, batches) = decode::batches(bytes)?;
        if batches.iter().all(|batch| batch.num_rows() == 0) {
            return Err(ErrorKind::NoRows.into());
        }
        assemble(&schema, &batches, &self.options, Some(bytes))
    }
}
