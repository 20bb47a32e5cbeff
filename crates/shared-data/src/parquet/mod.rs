//! Parquet files (feature `parquet`).

mod reader;
mod writer;

use std::path::Path;

pub use reader::ParquetReader;
pub use writer::{write, write_to};

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
