//! Text as records of cells, for lines that are more than plain numbers.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use super::{lines, quotes};
use crate::error::{Error, ErrorKind, Result};

/// Records one after the other, with the place at which each begins.
///
/// Whoever reads some of them by other means takes the [`rest`](Self::rest) and moves on with
/// [`skip`](Self::skip).
pub(crate) struct Records<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    tokens: Reader,
    /// Where the next record begins.
    next: usize,
    /// Where the current one began.
    start: usize,
    text: Vec<u8>,
    ends: Vec<usize>,
    n_cells: usize,
}

impl<'a> Records<'a> {
    pub(crate) fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        let tokens = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::CRLF).build();
        let (text, ends) = (vec![0; 1 << 10], vec![0; 1 << 6]);
        Self { bytes, delimiter, tokens, next: 0, start: 0, text, ends, n_cells: 0 }
    }

    /// What is left, from the beginning of a record; blank lines in front are passed over.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let bytes = self.bytes;
        while let Some(b'\r' | b'\n') = bytes.get(self.next) {
            self.next += 1;
        }
        &bytes[self.next..]
    }

    /// Goes on so many bytes after where [`rest`](Self::rest) began: at the end of a line.
    pub(crate) fn skip(&mut self, n_bytes: usize) {
        self.start = self.next;
        self.next += n_bytes;
    }

    /// Moves to the next record that is not a blank line; `false` at the end.
    pub(crate) fn advance(&mut self) -> Result<bool> {
        loop {
            self.start = self.bytes.len() - self.rest().len();
            if !self.read() {
                return Ok(false);
            }
            quotes::check(&self.bytes[self.start..self.next], self.delimiter)
                .map_err(|error| error.at_line(self.line()))?;
            let blank = self.n_cells == 1 && self.cell(0)?.trim().is_empty();
            if !blank {
                return Ok(true);
            }
        }
    }

    fn read(&mut self) -> bool {
        let (mut n_text, mut n_ends) = (0, 0);
        loop {
            let input = &self.bytes[self.next..];
            let (result, n_in, n_out, n_cells) =
                self.tokens.read_record(input, &mut self.text[n_text..], &mut self.ends[n_ends..]);
            self.next += n_in;
            n_text += n_out;
            n_ends += n_cells;
            match result {
                // Empty input, given on the next turn, ends the last record.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record => {
                    self.n_cells = n_ends;
                    return true;
                }
                ReadRecordResult::End => return false,
            }
        }
    }

    pub(crate) fn n_cells(&self) -> usize {
        self.n_cells
    }

    /// A cell of the current record, which must be there.
    pub(crate) fn cell(&self, at: usize) -> Result<&str> {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        let text = &self.text[start..self.ends[at]];
        std::str::from_utf8(text).map_err(|_| Error::from(ErrorKind::NotUtf8).at_line(self.line()))
    }

    /// All cells of the current record.
    pub(crate) fn cells(&self) -> Result<Vec<&str>> {
        (0..self.n_cells).map(|at| self.cell(at)).collect()
    }

    /// The line, from 1, on which the current record begins.
    pub(crate) fn line(&self) -> u64 {
        lines::line_of(self.bytes, self.start)
    }

    /// A bound on the number of rows after the header, from the number of delimiters: exact unless
    /// some stand in quotes.
    ///
    /// Line ends would do as well, but for a wide header and many blank lines they would promise far
    /// more memory than the file has cells.
    pub(crate) fn most_rows(&self, n_cells: usize) -> usize {
        let delimiters = memchr::memchr_iter(self.delimiter, self.bytes).count();
        (delimiters / (n_cells - 1).max(1)).saturating_sub(1)
    }
}
