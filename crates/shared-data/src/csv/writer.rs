//! Frame to text.

use std::io::Write;
use std::path::Path;

use super::reader::check_delimiter;
use crate::error::{Error, Result};
use crate::file;
use crate::frame::Frame;
use crate::long::LongFrame;
use crate::text::TextColumn;
use crate::time;

/// Writes comma-separated values: a line of names, then one line a row, dates first, then (in a long
/// table) symbols, numbers, text.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`delimiter`](Self::delimiter) | `,` | the byte between cells: a punctuation mark, a tab or a space |
/// | [`missing`](Self::missing) | nothing | what stands in the cell of a missing value (NaN) |
///
/// Each number is the shortest text that reads back as the same `f64`. Dates are written as
/// [`time::format_date`] does. Cells are quoted where they have to be.
#[derive(Debug, Clone)]
#[must_use = "a writer does nothing until it is given a frame"]
pub struct CsvWriter {
    delimiter: u8,
    missing: String,
}

impl Default for CsvWriter {
    fn default() -> Self {
        Self { delimiter: b',', missing: String::new() }
    }
}

impl CsvWriter {
    /// The choices of the table above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the byte between cells, such as `b';'` or `b'\t'`.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Sets what stands in the cell of a missing value, such as `NA`.
    pub fn missing(mut self, word: impl Into<String>) -> Self {
        self.missing = word.into();
        self
    }

    /// Writes a file. It appears under its name once it is whole; a failure leaves what was there
    /// before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the operating system refuses;
    /// [`ErrorKind::BadDelimiter`](crate::ErrorKind::BadDelimiter); [`ErrorKind::Unordered`](crate::ErrorKind::Unordered) and
    /// [`ErrorKind::Repeated`](crate::ErrorKind::Repeated) for a frame whose order was somebody's word.
    pub fn write(&self, frame: &Frame, path: impl AsRef<Path>) -> Result<()> {
        file::write_atomically(path.as_ref(), |out| self.write_to(frame, out))
    }

    /// Writes the text of [`write`](Self::write) to anything that takes bytes.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write); [`ErrorKind::Io`](crate::ErrorKind::Io) when the writer fails.
    pub fn write_to(&self, frame: &Frame, out: impl Write) -> Result<()> {
        let _increasing = frame.ordered_timestamps()?;
        self.lines(frame, None, out)
    }

    /// Writes a long table to a file, as [`write`](Self::write) does a frame.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn write_long(&self, long: &LongFrame, path: impl AsRef<Path>) -> Result<()> {
        file::write_atomically(path.as_ref(), |out| self.write_long_to(long, out))
    }

    /// Writes the text of [`write_long`](Self::write_long) to anything that takes bytes.
    ///
    /// # Errors
    ///
    /// As [`write_to`](Self::write_to).
    pub fn write_long_to(&self, long: &LongFrame, out: impl Write) -> Result<()> {
        self.lines(long.rows(), Some((&long.symbol_name(), long.symbols())), out)
    }

    fn lines(
        &self,
        frame: &Frame,
        symbols: Option<(&str, &TextColumn)>,
        out: impl Write,
    ) -> Result<()> {
        check_delimiter(self.delimiter)?;
        let failed = |error: csv::Error| match error.into_kind() {
            csv::ErrorKind::Io(error) => Error::io("write the data", &error),
            other => Error::malformed("CSV", format_args!("{other:?}")),
        };
        let mut lines = csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .buffer_capacity(1 << 16)
            .from_writer(out);
        lines.write_field(frame.date_name()).map_err(failed)?;
        if let Some((name, _)) = symbols {
            lines.write_field(name).map_err(failed)?;
        }
        lines.write_record(frame.names().iter().chain(frame.text_names())).map_err(failed)?;
        let columns: Vec<&[f64]> = frame.columns().map(|(_, values)| values).collect();
        let texts: Vec<TextColumn> = frame.text_columns().map(|(_, column)| column).collect();
        let mut cell = String::new();
        for (row, &timestamp) in frame.timestamps().iter().enumerate() {
            lines.write_field(time::format_date(timestamp)).map_err(failed)?;
            if let Some((_, symbols)) = symbols {
                lines.write_field(symbols.get(row).unwrap_or_default()).map_err(failed)?;
            }
            for values in &columns {
                cell.clear();
                if values[row].is_nan() {
                    cell.push_str(&self.missing);
                } else {
                    push_number(&mut cell, values[row]);
                }
                lines.write_field(&cell).map_err(failed)?;
            }
            for column in &texts {
                lines.write_field(column.get(row).unwrap_or_default()).map_err(failed)?;
            }
            lines.write_record(None::<&[u8]>).map_err(failed)?;
        }
        lines.flush().map_err(|error| Error::io("write the data", &error))
    }
}

/// Writes a file with the default choices of [`CsvWriter`].
///
/// # Errors
///
/// As [`CsvWriter::write`].
pub fn write(frame: &Frame, path: impl AsRef<Path>) -> Result<()> {
    CsvWriter::new().write(frame, path)
}

/// Writes the text of [`write()`] to anything that takes bytes.
///
/// # Errors
///
/// As [`CsvWriter::write_to`].
pub fn write_to(frame: &Frame, out: impl Write) -> Result<()> {
    CsvWriter::new().write_to(frame, out)
}

/// The shortest decimal number that rounds to the value.
fn push_number(cell: &mut String, value: f64) {
    use std::fmt::Write as _;
    let size = value.abs();
    let written = if size == 0.0 || (1e-5..1e16).contains(&size) || size.is_infinite() {
        write!(cell, "{value}")
    } else {
        write!(cell, "{value:e}")
    };
    debug_assert!(written.is_ok(), "a string takes whatever is written to it");
}

#[cfg(test)]
mod tests {
    use super::push_number;

    #[track_caller]
    fn check(value: f64, expected: &str) {
        let mut cell = String::new();
        push_number(&mut cell, value);
        assert_eq!(cell, expected);
        assert_eq!(cell.parse::<f64>().unwrap().to_bits(), value.to_bits());
    }

    #[test]
    fn numbers_are_short_and_exact() {
        check(100.0, "100");
        check(0.1 + 0.2, "0.30000000000000004");
        check(-0.0, "-0");
        check(1e300, "1e300");
        check(5e-324, "5e-324");
        check(-1.5e-9, "-1.5e-9");
        check(f64::MAX, "1.7976931348623157e308");
        check(f64::NEG_INFINITY, "-inf");
    }
}
