//! Frame to Parquet.

use std::io::Write;
use std::path::Path;

use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::FORMAT;
use crate::error::{Error, Result};
use crate::file;
use crate::frame::Frame;

/// Writes a Parquet file with the columns of [`to_record_batch`](Frame::to_record_batch), compressed
/// with Snappy, which every reader of Parquet knows.
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
pub fn write_to(frame: &Frame, out: impl Write + Send) -> Result<()> {
    let failed = |error: ParquetError| match error {
        ParquetError::External(error) => match error.downcast::<std::io::Error>() {
            Ok(error) => Error::io("write the data", &error),
            Err(error) => Error::malformed(FORMAT, error),
        },
        other => Error::malformed(FORMAT, other),
    };
    let batch = frame.to_record_batch();
    let dates = ColumnPath::from(frame.date_name());
    // Dates never repeat and mostly rise by the same step.
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_column_dictionary_enabled(dates.clone(), false)
        .set_column_encoding(dates, Encoding::DELTA_BINARY_PACKED)
        .build();
    let mut file = ArrowWriter::try_new(out, batch.schema(), Some(properties)).map_err(failed)?;
    file.write(&batch).map_err(failed)?;
    file.close().map_err(failed)?;
    Ok(())
}
