//! Arrow IPC file to frame.

use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_schema::SchemaRef;

use super::body::Decoding;
use super::decode::IpcFile;
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
/// | [`decoded_limit`](Self::decoded_limit) | 16 GiB | bytes that compressed columns and texts that overlap may take |
///
/// The other columns must hold numbers or text, plain or coded by a dictionary; see
/// [`Frame::from_record_batch`] for the types.
#[derive(Debug, Clone)]
#[must_use = "a reader does nothing until it is given something to read"]
pub struct IpcReader {
    options: TableOptions,
    decoded_limit: u64,
}

impl Default for IpcReader {
    fn default() -> Self {
        Self { options: TableOptions::default(), decoded_limit: 1 << 34 }
    }
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

    /// Sets how many bytes the compressed columns of a file may decode to, all together, and by how many
    /// texts that overlap in the file may be longer than what they lie in: a small file can hold a great
    /// many zeros.
    pub fn decoded_limit(mut self, bytes: u64) -> Self {
        self.decoded_limit = bytes;
        self
    }

    /// Reads a file, whole, into an aligned buffer, and compares it with its checksum if it has one.
    ///
    /// The frame stands on that buffer when the file holds one batch of nanosecond timestamps and
    /// `Float64` columns without nulls, such as [`write`](super::write()) makes; otherwise values are
    /// copied once more, and compressed ones decoded before that.
    ///
    /// # Errors
    ///
    /// Names the file, and the column where it is known:
    /// [`ErrorKind::Io`], [`ErrorKind::EmptyFile`], [`ErrorKind::Malformed`], [`ErrorKind::Damaged`],
    /// [`ErrorKind::DecodedLimit`], [`ErrorKind::UnknownColumn`], [`ErrorKind::NoRows`], and those of
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

    pub(super) fn options(&self) -> &TableOptions {
        &self.options
    }

    fn decode(&self, bytes: &Buffer) -> Result<Frame> {
        let (schema, batches) = self.table(bytes)?;
        assemble(&schema, &batches, &self.options, Some(bytes))
    }

    /// The schema and the batches of a file that is whole and has rows.
    pub(super) fn table(&self, bytes: &Buffer) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let file = IpcFile::new(bytes)?;
        let _either = file.verify()?;
        let batches = file.batches(Decoding::Copying(self.decoded_limit))?;
        if batches.iter().all(|batch| batch.num_rows() == 0) {
            return Err(ErrorKind::NoRows.into());
        }
        Ok((Arc::clone(file.schema()), batches))
    }
}
