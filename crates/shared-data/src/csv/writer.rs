//! Frame to text.

use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};
use crate::file;
use crate::frame::Frame;
use crate::time;

/// Writes a file: a line of names, then one line a row, dates first.
///
/// Each number is the shortest text that reads back as the same `f64`; NaN is an empty cell. Dates
/// are written as [`time::format_date`] does. The file appears under its name once it is whole; a
/// failure leaves what was there before.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the operating system refuses.
pub fn write(frame: &Frame, path: impl AsRef<Path>) -> Result<()> {
    file::write_atomically(path.as_ref(), |out| write_to(frame, out))
}

/// Writes the text of [`write()`] to anything that takes bytes.
///
/// # Errors
///
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the writer fails.
pub fn write_to(frame: &Frame, out: impl Write) -> Result<()> {
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => Error::io("write the data", &error),
        other => Error::malformed("CSV", format_args!("{other:?}")),
    };
    let mut lines = csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(out);
    lines.write_field(frame.date_name()).map_err(failed)?;
    lines.write_record(frame.names()).map_err(failed)?;
    let columns: Vec<&[f64]> = frame.columns().map(|(_, values)| values).collect();
    let mut cell = String::new();
    for (row, &timestamp) in frame.timestamps().iter().enumerate() {
        lines.write_field(time::format_date(timestamp)).map_err(failed)?;
        for values in &columns {
            cell.clear();
            push_number(&mut cell, values[row]);
            lines.write_field(&cell).map_err(failed)?;
        }
        lines.write_record(None::<&[u8]>).map_err(failed)?;
    }
    lines.flush().map_err(|error| Error::io("write the data", &error))
}

/// The shortest decimal number that rounds to the value; nothing for NaN.
fn push_number(cell: &mut String, value: f64) {
    use std::fmt::Write as _;
    let size = value.abs();
    let written = if value.is_nan() {
        Ok(())
    } else if size == 0.0 || (1e-5..1e16).contains(&size) || size.is_infinite() {
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
        if !value.is_nan() {
            assert_eq!(cell.parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
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
        check(f64::NAN, "");
    }
}
