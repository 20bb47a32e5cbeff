//! Comma-separated values.
//!
//! The `csv` crate splits the text into cells; dates, numbers, order and layout are ours, because
//! every message here names the file, the line and the column, and because cells go straight into
//! the frame's buffer, without a table of strings or of Arrow arrays in between.
//!
//! The file must begin with a line of column names. One column holds the dates, the first unless
//! told otherwise; its name may be empty. Blank lines are skipped; a byte-order mark and white space
//! around cells are ignored.

mod cell;
mod header;
mod lines;
mod reader;
mod writer;

use std::path::Path;

pub use reader::CsvReader;
pub use writer::{write, write_to};

use crate::error::Result;
use crate::frame::Frame;

/// Reads a file with the default choices of [`CsvReader`]: dates first, no missing values.
///
/// # Errors
///
/// As [`CsvReader::read`].
pub fn read(path: impl AsRef<Path>) -> Result<Frame> {
    CsvReader::new().read(path)
}
