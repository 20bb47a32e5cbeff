//! Comma-separated values.
//!
//! Lines of plain cells are read where they stand: `fast-float2` reads a number and says where it ended.
//! Every other line (quotes, white space, missing values, anything wrong) goes to `csv-core`, which splits
//! it into cells. Dates, missing values, order and layout are ours, because every message here names the
//! file, the line and the column, and because numbers go straight into the frame's buffer, without a table
//! of strings or of Arrow arrays in between.
//!
//! The file must begin with a line of column names. One column holds the dates, the first unless
//! told otherwise; its name may be empty. Blank lines are skipped; a byte-order mark and white space
//! around cells are ignored.

mod cell;
mod header;
mod lines;
mod plain;
mod quotes;
mod reader;
mod records;
mod sink;
mod writer;

use std::path::Path;

pub use reader::CsvReader;
pub use writer::{CsvWriter, write, write_to};

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
