//! Parquet files (feature `parquet`).
//!
//! [`ParquetReader`] decodes the columns and the span of time that are asked for and passes over the rest
//! of the file; [`ParquetWriter`] has the choices of compression and row groups. The `parquet` crate, the
//! standard's own implementation, decodes and encodes; what a file says of itself is compared with its
//! length first.

mod metadata;
mod reader;
mod row_groups;
mod types;
mod writer;

use std::path::Path;

pub use reader::ParquetReader;
pub use writer::{Compression, ParquetWriter, write, write_to};

use crate::error::Result;
use crate::frame::Frame;

const FORMAT: &str = "Parquet";

/// Reads a file with the default choices of [`ParquetReader`].
///
/// # Errors
///
/// As [`ParquetReader::read`].
pub fn read(path: impl AsRef<Path>) -> Result<Frame> {
    ParquetReader::new().read(path)
}
