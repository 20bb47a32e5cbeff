//! Lines of plain cells, read without taking them apart first.
//!
//! A number is read where it stands and tells where it ended; what stands there must be a delimiter or
//! the end of the line. Nothing here decides that a cell is wrong: whatever is not plain is left to the
//! tokeniser, which knows quotes, white space, missing values and the words of every error.

use super::header::{Header, Role};
use super::sink::Sink;
use crate::error::Result;
use crate::options::DateFormat;
use crate::time;

/// What a plain line looks like.
#[derive(Debug)]
pub(crate) struct Plain<'a> {
    pub(crate) delimiter: u8,
    pub(crate) date_format: DateFormat,
    /// Numbers that stand for a missing value: their cells are not plain.
    pub(crate) missing_numbers: &'a [f64],
}

impl Plain<'_> {
    /// Reads the line at the beginning of `rest` into the sink's current row; how many bytes it took, or
    /// `None` when it is not plain. What the sink then holds of the row is written over.
    pub(crate) fn read(
        &self,
        rest: &[u8],
        header: &Header,
        sink: &mut Sink,
    ) -> Result<Option<usize>> {
        let mut at = 0;
        let last = header.roles.len() - 1;
        for (cell, role) in header.roles.iter().enumerate() {
            let text = &rest[at..];
            let used = match *role {
                Role::Number(column) => match fast_float2::parse_partial::<f64, _>(text) {
                    Ok((value, used)) if value.is_finite() && !self.stands_for_missing(value) => {
                        sink.set_number(column, value);
                        used
                    }
                    _ => return Ok(None),
                },
                Role::Date => {
                    let used = self.cell_length(text);
                    let Ok(timestamp) = self.date(&text[..used]) else { return Ok(None) };
                    sink.set_date(timestamp);
                    used
                }
                Role::Text(column) => {
                    let used = self.cell_length(text);
                    let Some(text) = plain_text(&text[..used]) else { return Ok(None) };
                    sink.set_text(column, text)?;
                    used
                }
            };
            at += used;
            match rest.get(at) {
                Some(&end) if end == self.delimiter && cell < last => at += 1,
                Some(b'\n' | b'\r') | None if cell == last => return Ok(Some(at)),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    fn stands_for_missing(&self, value: f64) -> bool {
        !self.missing_numbers.is_empty() && self.missing_numbers.contains(&value)
    }

    /// The length of a cell without quotes.
    fn cell_length(&self, text: &[u8]) -> usize {
        let end = |&c: &u8| c == self.delimiter || c == b'\n' || c == b'\r';
        text.iter().position(end).unwrap_or(text.len())
    }

    fn date(&self, text: &[u8]) -> Result<i64, time::Failure> {
        match self.date_format.unit() {
            None => time::try_parse_bytes(text),
            Some(nanos) => {
                let text = std::str::from_utf8(text).map_err(|_| time::Failure::Form)?;
                time::try_parse_units(text, nanos)
            }
        }
    }
}

/// Text that stands for itself: no quotes, no white space around it, not empty.
fn plain_text(cell: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(cell).ok()?;
    let plain = !text.is_empty() && !text.contains('"') && text.trim().len() == text.len();
    plain.then_some(text)
}
