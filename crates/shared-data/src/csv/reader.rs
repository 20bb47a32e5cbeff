//! Text to frame.

use std::io::Read;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Terminator};

use super::cell::{Cell, classify};
use super::header::Header;
use super::lines;
use crate::block::{BlockMut, not_increasing};
use crate::error::{Error, ErrorKind, Result, excerpt};
use crate::file;
use crate::frame::Frame;
use crate::options::{DateFormat, NanPolicy};
use crate::time;

/// Reads comma-separated values.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`date_column`](Self::date_column) | the first column | name of the column of dates |
/// | [`date_format`](Self::date_format) | [`DateFormat::Detect`] | what numbers mean as dates |
/// | [`missing_cells`](Self::missing_cells) | [`NanPolicy::Reject`] | empty cells, `NA`, `N/A`, `#N/A`, `null`, `None` in any case |
/// | [`literal_nan`](Self::literal_nan) | [`NanPolicy::Reject`] | cells that spell out `NaN` |
/// | [`accept_infinity`](Self::accept_infinity) | no | cells that spell out `inf` or `infinity` |
/// | [`delimiter`](Self::delimiter) | `,` | the byte between cells |
///
/// ```
/// use tangency_shared_data::{NanPolicy, csv::CsvReader};
///
/// let text = "Date,AAPL,MSFT\n2020-01-02,75.1,160.6\n2020-01-03,,158.6\n";
/// let frame = CsvReader::new().nan_policy(NanPolicy::Keep).read_bytes(text, "closes")?;
/// assert!(frame.column("AAPL")?[1].is_nan());
///
/// let error = CsvReader::new().read_bytes(text, "closes").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "closes, line 3, column \"AAPL\": the value of 2020-01-03 is missing"
/// );
/// # Ok::<(), tangency_shared_data::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a reader does nothing until it is given something to read"]
pub struct CsvReader {
    date_column: Option<String>,
    date_format: DateFormat,
    missing_cells: NanPolicy,
    literal_nan: NanPolicy,
    accept_infinity: bool,
    delimiter: u8,
}

impl Default for CsvReader {
    fn default() -> Self {
        Self {
            date_column: None,
            date_format: DateFormat::Detect,
            missing_cells: NanPolicy::Reject,
            literal_nan: NanPolicy::Reject,
            accept_infinity: false,
            delimiter: b',',
        }
    }
}

impl CsvReader {
    /// The choices of the table above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the dates from the column of this name, instead of the first.
    pub fn date_column(mut self, name: impl Into<String>) -> Self {
        self.date_column = Some(name.into());
        self
    }

    /// Sets what a number means in the column of dates.
    pub fn date_format(mut self, format: DateFormat) -> Self {
        self.date_format = format;
        self
    }

    /// Sets what happens to missing cells and to literal NaN, both.
    pub fn nan_policy(self, policy: NanPolicy) -> Self {
        self.missing_cells(policy).literal_nan(policy)
    }

    /// Sets what happens to missing cells.
    pub fn missing_cells(mut self, policy: NanPolicy) -> Self {
        self.missing_cells = policy;
        self
    }

    /// Sets what happens to cells that spell out NaN.
    pub fn literal_nan(mut self, policy: NanPolicy) -> Self {
        self.literal_nan = policy;
        self
    }

    /// Sets whether cells that spell out infinity are numbers.
    pub fn accept_infinity(mut self, accept: bool) -> Self {
        self.accept_infinity = accept;
        self
    }

    /// Sets the byte between cells, such as `b';'` or `b'\t'`.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Names the file, and the line and the column where they are known:
    /// [`ErrorKind::Io`], [`ErrorKind::EmptyFile`], [`ErrorKind::NotUtf8`];
    /// of the first line [`ErrorKind::NoHeader`], [`ErrorKind::NoColumns`],
    /// [`ErrorKind::EmptyColumnName`], [`ErrorKind::DuplicateColumn`], [`ErrorKind::UnknownColumn`];
    /// of the rows [`ErrorKind::NoRows`], [`ErrorKind::RaggedRow`], [`ErrorKind::BadNumber`],
    /// [`ErrorKind::MissingValue`], [`ErrorKind::NanValue`], [`ErrorKind::BadDate`],
    /// [`ErrorKind::DateOutOfRange`], [`ErrorKind::MissingDate`], [`ErrorKind::Unordered`],
    /// [`ErrorKind::Repeated`].
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Frame> {
        let path = path.as_ref();
        self.read_bytes(file::read(path)?, &file::name(path))
    }

    /// Reads text that is in memory already; messages call it by the name given.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), without [`ErrorKind::Io`].
    pub fn read_bytes(&self, bytes: impl AsRef<[u8]>, name: &str) -> Result<Frame> {
        self.parse(bytes.as_ref()).map_err(|error| error.in_file(name))
    }

    /// Reads everything a reader gives; messages call it by the name given.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_from(&self, mut reader: impl Read, name: &str) -> Result<Frame> {
        let mut bytes = Vec::new();
        reader
            .read_to_end(&mut bytes)
            .map_err(|error| Error::io("read the data", &error).in_file(name))?;
        self.read_bytes(bytes, name)
    }

    fn parse(&self, bytes: &[u8]) -> Result<Frame> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if let Err(error) = std::str::from_utf8(bytes) {
            let line = 1 + lines::count(&bytes[..error.valid_up_to()]);
            return Err(Error::from(ErrorKind::NotUtf8).at_line(line));
        }
        let mut records = Records::new(bytes, self.delimiter);
        if !records.advance()? {
            return Err(ErrorKind::EmptyFile.into());
        }
        let header = Header::new(&records.record, self.date_column.as_deref())
            .map_err(|error| error.at_line(records.line()))?;
        self.rows(records, header)
    }

    fn rows(&self, mut records: Records<'_>, header: Header) -> Result<Frame> {
        let n_columns = header.names.len();
        let mut block = BlockMut::zeroed(records.most_rows(header.n_cells), n_columns)?;
        let stride = block.stride();
        let mut timestamps: Vec<i64> = Vec::with_capacity(block.n_rows());
        while records.advance()? {
            let row = timestamps.len();
            let here = |kind: ErrorKind| Error::from(kind).at_line(records.line());
            let (expected, found) = (header.n_cells, records.record.len());
            if expected != found {
                return Err(here(ErrorKind::RaggedRow { expected, found }));
            }
            let date = &records.record[header.date_cell];
            let timestamp = self
                .date(date, row)
                .map_err(|error| error.at_line(records.line()).in_column(&header.date_name))?;
            if let Some(&previous) = timestamps.last()
                && previous >= timestamp
            {
                return Err(not_increasing(row, previous, timestamp).at_line(records.line()));
            }
            timestamps.push(timestamp);
            let values = &mut block.values_mut()[row..];
            let cells = records.record.iter().enumerate().filter(|(at, _)| *at != header.date_cell);
            for (column, (at, text)) in cells.enumerate() {
                values[column * stride] = match self.value(text) {
                    Ok(value) => value,
                    Err(cell) => {
                        let kind = rejected(cell, text, row, timestamp);
                        return Err(here(kind).in_column(header.column_name(at)));
                    }
                };
            }
        }
        if timestamps.is_empty() {
            return Err(ErrorKind::NoRows.into());
        }
        if timestamps.len() < block.n_rows() {
            block.truncate_rows(timestamps.len());
        }
        block.timestamps_mut().copy_from_slice(&timestamps);
        Ok(Frame::from_block(block.freeze(header.names)))
    }

    fn date(&self, text: &str, row: usize) -> Result<i64> {
        if text.trim().is_empty() {
            return Err(ErrorKind::MissingDate { row }.into());
        }
        let parsed = match self.date_format {
            DateFormat::Detect => time::try_parse(text),
            DateFormat::UnixSeconds => time::try_parse_units(text, 1_000_000_000),
            DateFormat::UnixMilliseconds => time::try_parse_units(text, 1_000_000),
        };
        parsed.map_err(|failure| failure.error(text))
    }

    /// The number of a cell, or the cell that is rejected.
    fn value(&self, text: &str) -> Result<f64, Cell> {
        match classify(text) {
            Cell::Number(value) => Ok(value),
            Cell::Infinity(value) if self.accept_infinity => Ok(value),
            Cell::Missing if self.missing_cells == NanPolicy::Keep => Ok(f64::NAN),
            Cell::Nan if self.literal_nan == NanPolicy::Keep => Ok(f64::NAN),
            cell => Err(cell),
        }
    }
}

fn rejected(cell: Cell, text: &str, row: usize, timestamp: i64) -> ErrorKind {
    match cell {
        Cell::Missing => ErrorKind::MissingValue { row, timestamp },
        Cell::Nan => ErrorKind::NanValue { row, timestamp },
        _ => ErrorKind::BadNumber { text: excerpt(text.trim()) },
    }
}

/// The records of a text, one after the other, with the line on which each begins.
struct Records<'a> {
    bytes: &'a [u8],
    tokens: csv::Reader<&'a [u8]>,
    record: StringRecord,
    delimiter: u8,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        let tokens = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .terminator(Terminator::CRLF)
            .buffer_capacity(1 << 16)
            .from_reader(bytes);
        Self { bytes, tokens, record: StringRecord::new(), delimiter }
    }

    /// Moves to the next record that is not a blank line.
    fn advance(&mut self) -> Result<bool> {
        loop {
            let found = self.tokens.read_record(&mut self.record);
            // Neither reading memory nor text known to be UTF-8 fails, nor do uneven records.
            if !found.map_err(|error| Error::malformed("CSV", error))? {
                return Ok(false);
            }
            let blank = self.record.len() == 1 && self.record[0].trim().is_empty();
            if !blank {
                return Ok(true);
            }
        }
    }

    fn line(&self) -> u64 {
        let start = self.record.position().map_or(0, csv::Position::byte);
        lines::line_of(self.bytes, usize::try_from(start).unwrap_or(usize::MAX))
    }

    /// A bound on the number of rows after the header, from the number of delimiters: exact unless
    /// some stand in quotes.
    ///
    /// Line ends would do as well, but for a wide header and many blank lines they would promise far
    /// more memory than the file has cells.
    fn most_rows(&self, n_cells: usize) -> usize {
        let delimiters = self.bytes.iter().filter(|&&c| c == self.delimiter).count();
        (delimiters / (n_cells - 1).max(1)).saturating_sub(1)
    }
}
