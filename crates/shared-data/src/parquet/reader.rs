//! Parquet to frame.

use std::fs::File;
use std::path::Path;

use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;

use super::FORMAT;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::frame::Frame;
use crate::options::NanPolicy;
use crate::table::{TableOptions, assemble};

/// Rows decoded at a time: enough to make each column's share of a batch worth its overhead.
const BATCH_ROWS: usize = 1 << 14;

/// Reads Parquet files.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`date_column`](Self::date_column) | the first date or timestamp column | name of the column of dates |
/// | [`nan_policy`](Self::nan_policy) | [`NanPolicy::Reject`] | null and NaN |
///
/// The other columns must hold numbers; see [`Frame::from_record_batch`] for the types.
#[derive(Debug, Clone, Default)]
#[must_use = "a reader does nothing until it is given something to read"]
pub struct ParquetReader {
    options: TableOptions,
}

impl ParquetReader {
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

    /// Reads a file. Values are decoded into Arrow arrays and copied from there into the frame.
    ///
    /// # Errors
    ///
    /// Names the file, and the column where it is known:
    /// [`ErrorKind::Io`], [`ErrorKind::EmptyFile`], [`ErrorKind::Malformed`],
    /// [`ErrorKind::UnknownColumn`], [`ErrorKind::NoRows`], and those of
    /// [`Frame::from_record_batch`].
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Frame> {
        let path = path.as_ref();
        let opened = || {
            let file = File::open(path).map_err(|e| Error::io("read the file", &e))?;
            let metadata = file.metadata().map_err(|e| Error::io("read the file", &e))?;
            if metadata.is_dir() {
                let error = std::io::Error::from(std::io::ErrorKind::IsADirectory);
                return Err(Error::io("read the file", &error));
            }
            self.decode(file, metadata.len())
        };
        opened().map_err(|error: Error| error.in_file(&file::name(path)))
    }

    /// Reads bytes that are in memory already; messages call them by the name given. A `Vec<u8>` is
    /// taken over, not copied.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), without [`ErrorKind::Io`].
    pub fn read_bytes(&self, bytes: impl Into<Vec<u8>>, name: &str) -> Result<Frame> {
        let bytes: Vec<u8> = bytes.into();
        let length = bytes.len() as u64;
        self.decode(Bytes::from(bytes), length).map_err(|error| error.in_file(name))
    }

    fn decode(&self, input: impl ChunkReader + 'static, length: u64) -> Result<Frame> {
        if length == 0 {
            return Err(ErrorKind::EmptyFile.into());
        }
        let malformed = |error: &dyn std::fmt::Display| Error::malformed(FORMAT, error);
        let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(|e| malformed(&e))?;
        let schema = builder.schema().clone();
        let batches = builder
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|e| malformed(&e))?
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| malformed(&e))?;
        if batches.iter().all(|batch| batch.num_rows() == 0) {
            return Err(ErrorKind::NoRows.into());
        }
        assemble(&schema, &batches, &self.options, None)
    }
}
