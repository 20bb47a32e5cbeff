//! Parquet to frame.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;
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
            self.guarded(file, metadata.len())
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
        self.guarded(Bytes::from(bytes), length).map_err(|error| error.in_file(name))
    }

    /// Decodes, and takes a panic of the decoder for damage of the file: it has several where the
    /// pages contradict the metadata. Nothing outlives the panic but the message.
    fn guarded(&self, input: impl ChunkReader + 'static, length: u64) -> Result<Frame> {
        let decode = AssertUnwindSafe(|| self.decode(input, length));
        catch_unwind(decode).unwrap_or_else(|payload| {
            let message = payload.downcast_ref::<&str>().copied();
            let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            Err(Error::malformed(FORMAT, message.unwrap_or("the decoder gave up")))
        })
    }

    fn decode(&self, input: impl ChunkReader + 'static, length: u64) -> Result<Frame> {
        if length == 0 {
            return Err(ErrorKind::EmptyFile.into());
        }
        let malformed = |error: &dyn std::fmt::Display| Error::malformed(FORMAT, error);
        let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(|e| malformed(&e))?;
        pages_lie_inside(builder.metadata(), length)?;
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

/// Checks that every column chunk lies inside of the file; the decoder panics where one does not.
fn pages_lie_inside(metadata: &ParquetMetaData, file_len: u64) -> Result<()> {
    for group in metadata.row_groups() {
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let inside = || {
                let start = u64::try_from(start.min(column.data_page_offset())).ok()?;
                let end = start.checked_add(u64::try_from(column.compressed_size()).ok()?)?;
                (end <= file_len).then_some(())
            };
            if inside().is_none() || group.num_rows() < 0 || column.num_values() < 0 {
                return Err(Error::malformed(FORMAT, "a column lies outside of the file"));
            }
        }
    }
    Ok(())
}
