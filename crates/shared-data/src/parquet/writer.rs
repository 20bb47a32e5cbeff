//! Frame to Parquet.

use std::io::Write;
use std::path::Path;

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{self, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::FORMAT;
use crate::error::{Error, Result};
use crate::file;
use crate::frame::Frame;
use crate::long::LongFrame;
use crate::table::long_batch;

/// How the pages of a Parquet file are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// With Snappy, which every reader of Parquet knows: fast both ways.
    #[default]
    Snappy,
    /// With Zstandard at level 3: smaller files, slower to write, nearly as fast to read.
    Zstd,
}

/// Writes Parquet files.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`compression`](Self::compression) | [`Compression::Snappy`] | how pages are compressed |
/// | [`row_group_rows`](Self::row_group_rows) | 1,048,576 | rows of a row group, the unit that a reader can pass over |
/// | [`dictionary`](Self::dictionary) | yes | whether values that repeat are written once |
///
/// Files carry the least and the greatest date of every row group and page, so that
/// [`ParquetReader::time_range`](super::ParquetReader::time_range) and other readers can pass over the rest.
#[derive(Debug, Clone)]
#[must_use = "a writer does nothing until it is given a frame"]
pub struct ParquetWriter {
    compression: Compression,
    row_group_rows: usize,
    dictionary: bool,
}

impl Default for ParquetWriter {
    fn default() -> Self {
        Self { compression: Compression::Snappy, row_group_rows: 1 << 20, dictionary: true }
    }
}

impl ParquetWriter {
    /// The choices of the table above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how pages are compressed.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Sets the number of rows of a row group, at least 1.
    pub fn row_group_rows(mut self, n_rows: usize) -> Self {
        self.row_group_rows = n_rows.max(1);
        self
    }

    /// Sets whether values that repeat are written once.
    pub fn dictionary(mut self, dictionary: bool) -> Self {
        self.dictionary = dictionary;
        self
    }

    /// Writes a file with the columns of [`to_record_batch`](Frame::to_record_batch).
    ///
    /// The file appears under its name once it is whole; a failure leaves what was there before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the operating system refuses;
    /// [`ErrorKind::Unordered`](crate::ErrorKind::Unordered) and [`ErrorKind::Repeated`](crate::ErrorKind::Repeated) for a frame
    /// whose order was somebody's word.
    pub fn write(&self, frame: &Frame, path: impl AsRef<Path>) -> Result<()> {
        file::write_atomically(path.as_ref(), |out| self.write_to(frame, out))
    }

    /// Writes the bytes of [`write`](Self::write) to anything that takes bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the writer fails.
    pub fn write_to(&self, frame: &Frame, out: impl Write + Send) -> Result<()> {
        let _increasing = frame.ordered_timestamps()?;
        self.encode(&frame.to_record_batch(), &frame.date_name(), out)
    }

    /// Writes a file with the columns of a long table: dates, symbols, numbers.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn write_long(&self, long: &LongFrame, path: impl AsRef<Path>) -> Result<()> {
        file::write_atomically(path.as_ref(), |out| self.write_long_to(long, out))
    }

    /// Writes the bytes of [`write_long`](Self::write_long) to anything that takes bytes.
    ///
    /// # Errors
    ///
    /// As [`write_to`](Self::write_to).
    pub fn write_long_to(&self, long: &LongFrame, out: impl Write + Send) -> Result<()> {
        self.encode(&long_batch(long), &long.rows().date_name(), out)
    }

    fn encode(&self, batch: &RecordBatch, date_name: &str, out: impl Write + Send) -> Result<()> {
        let dates = ColumnPath::from(date_name);
        let compression = match self.compression {
            Compression::None => basic::Compression::UNCOMPRESSED,
            Compression::Snappy => basic::Compression::SNAPPY,
            Compression::Zstd => basic::Compression::ZSTD(ZstdLevel::try_new(3).map_err(failed)?),
        };
        // Dates hardly repeat and mostly rise by the same step.
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_max_row_group_row_count(Some(self.row_group_rows))
            .set_dictionary_enabled(self.dictionary)
            .set_column_dictionary_enabled(dates.clone(), false)
            .set_column_encoding(dates, Encoding::DELTA_BINARY_PACKED)
            .build();
        let mut file =
            ArrowWriter::try_new(out, batch.schema(), Some(properties)).map_err(failed)?;
        file.write(batch).map_err(failed)?;
        file.close().map_err(failed)?;
        Ok(())
    }
}

fn failed(error: ParquetError) -> Error {
    match error {
        ParquetError::External(error) => match error.downcast::<std::io::Error>() {
            Ok(error) => Error::io("write the data", &error),
            Err(error) => Error::malformed(FORMAT, error),
        },
        other => Error::malformed(FORMAT, other),
    }
}

/// Writes a file with the default choices of [`ParquetWriter`].
///
/// # Errors
///
/// As [`ParquetWriter::write`].
pub fn write(frame: &Frame, path: impl AsRef<Path>) -> Result<()> {
    ParquetWriter::new().write(frame, path)
}

/// Writes the bytes of [`write()`] to anything that takes bytes.
///
/// # Errors
///
/// As [`ParquetWriter::write_to`].
pub fn write_to(frame: &Frame, out: impl Write + Send) -> Result<()> {
    ParquetWriter::new().write_to(frame, out)
}
