//! Text to frame.

use std::io::Read;
use std::path::Path;

use super::cell::{Cell, Words};
use super::header::{Header, Role, Wanted};
use super::plain::Plain;
use super::records::Records;
use super::sink::Sink;
use crate::block::not_increasing;
use crate::error::{Error, ErrorKind, Result, excerpt};
use crate::file;
use crate::frame::Frame;
use crate::long::{LongFrame, SYMBOL, SymbolOrder};
use crate::options::{DateFormat, NanPolicy};
use crate::text::Table;
use crate::time;

/// Reads comma-separated values.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`date_column`](Self::date_column) | the first column | name of the column of dates |
/// | [`date_format`](Self::date_format) | [`DateFormat::Detect`] | what numbers mean as dates |
/// | [`missing_cells`](Self::missing_cells) | [`NanPolicy::Reject`] | what happens to empty cells and the missing words |
/// | [`missing_words`](Self::missing_words) | `NA`, `N/A`, `#N/A`, `null`, `None` | words for a missing value, in any case |
/// | [`literal_nan`](Self::literal_nan) | [`NanPolicy::Reject`] | cells that spell out `NaN` |
/// | [`accept_infinity`](Self::accept_infinity) | no | cells that spell out `inf` or `infinity` |
/// | [`delimiter`](Self::delimiter) | `,` | the byte between cells: a punctuation mark, a tab or a space |
/// | [`text_column`](Self::text_column) | none | columns of text beside the numbers |
/// | [`symbol_column`](Self::symbol_column) | `symbol` | the column of symbols of a long table |
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
    words: Words,
    text_columns: Vec<String>,
    symbol_column: Option<String>,
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
            words: Words::default(),
            text_columns: Vec::new(),
            symbol_column: None,
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

    /// Sets the words that stand for a missing value, in any case, instead of those of the table. The
    /// empty cell stays one. A number is possible: `-999` is then missing, `-999.0` is not.
    pub fn missing_words<S: AsRef<str>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.words = Words::new(words);
        self
    }

    /// Reads the column of this name as text instead of numbers; may be called for several. Only an
    /// empty cell is a missing text: `NA` may well be a symbol.
    pub fn text_column(mut self, name: impl Into<String>) -> Self {
        self.text_columns.push(name.into());
        self
    }

    /// Sets the name of the column of symbols, for [`read_long`](Self::read_long).
    pub fn symbol_column(mut self, name: impl Into<String>) -> Self {
        self.symbol_column = Some(name.into());
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
    /// of the first line [`ErrorKind::OtherDelimiter`], [`ErrorKind::NoHeader`], [`ErrorKind::NoColumns`],
    /// [`ErrorKind::EmptyColumnName`], [`ErrorKind::DuplicateColumn`], [`ErrorKind::UnknownColumn`],
    /// [`ErrorKind::AskedTwice`]; of any line [`ErrorKind::UnclosedQuote`], [`ErrorKind::TextAfterQuote`];
    /// of the rows [`ErrorKind::NoRows`], [`ErrorKind::RaggedRow`], [`ErrorKind::BadNumber`],
    /// [`ErrorKind::MissingValue`], [`ErrorKind::NanValue`], [`ErrorKind::BadDate`],
    /// [`ErrorKind::DateOutOfRange`], [`ErrorKind::MissingDate`], [`ErrorKind::Unordered`],
    /// [`ErrorKind::Repeated`]; and [`ErrorKind::BadDelimiter`].
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
        let parsed = self.parse(bytes.as_ref(), None);
        parsed.map(Frame::from_table).map_err(|error| error.in_file(name))
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

    /// Reads a long table from a file: a date, a symbol and numbers a row, in the order of the file.
    ///
    /// Symbols are in the column named `symbol`, in any case, unless
    /// [`symbol_column`](Self::symbol_column) names another; dates in the first column that is not it,
    /// unless [`date_column`](Self::date_column) names another.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read); the dates of each symbol must increase, otherwise
    /// [`ErrorKind::SymbolUnordered`]; [`ErrorKind::MissingSymbol`].
    pub fn read_long(&self, path: impl AsRef<Path>) -> Result<LongFrame> {
        let path = path.as_ref();
        self.read_long_bytes(file::read(path)?, &file::name(path))
    }

    /// Reads a long table from text that is in memory already; messages call it by the name given.
    ///
    /// # Errors
    ///
    /// As [`read_long`](Self::read_long), without [`ErrorKind::Io`].
    pub fn read_long_bytes(&self, bytes: impl AsRef<[u8]>, name: &str) -> Result<LongFrame> {
        let symbol = self.symbol_column.as_deref().unwrap_or(SYMBOL);
        let parsed = self.parse(bytes.as_ref(), Some(symbol));
        parsed.map(LongFrame::from_table).map_err(|error| error.in_file(name))
    }

    fn parse(&self, bytes: &[u8], symbol_column: Option<&str>) -> Result<Table> {
        check_delimiter(self.delimiter)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut records = Records::new(bytes, self.delimiter);
        if !records.advance()? {
            return Err(ErrorKind::EmptyFile.into());
        }
        let wanted = Wanted {
            delimiter: self.delimiter,
            date_column: self.date_column.as_deref(),
            symbol_column,
            text_columns: &self.text_columns,
            words: &self.words,
        };
        let header = Header::new(&records.cells()?, &wanted)
            .map_err(|error| error.at_line(records.line()))?;
        self.rows(records, header, symbol_column.is_some())
    }

    fn rows(&self, mut records: Records<'_>, header: Header, long: bool) -> Result<Table> {
        let most_rows = records.most_rows(header.n_cells());
        let mut sink = Sink::new(most_rows, header.names.len(), header.text_names.len())?;
        let mut order = if long { Order::by_symbol() } else { Order::Strict { previous: None } };
        let plain = Plain {
            delimiter: self.delimiter,
            date_format: self.date_format,
            missing_numbers: self.words.numbers(),
        };
        loop {
            match plain.read(records.rest(), &header, &mut sink)? {
                Some(n_bytes) => records.skip(n_bytes),
                None if records.advance()? => {
                    self.row(&records, &header, &mut sink, long)?;
                }
                None => break,
            }
            order.check(&sink).map_err(|error| {
                error.at_line(records.line()).in_column(header.column_name(header.date_cell()))
            })?;
            sink.finish_row();
        }
        if sink.n_rows() == 0 {
            return Err(ErrorKind::NoRows.into());
        }
        let Header { names, text_names, .. } = header;
        Ok(sink.finish(names, text_names))
    }

    /// Reads a record that is more than plain numbers, or says what is wrong with it.
    fn row(
        &self,
        records: &Records<'_>,
        header: &Header,
        sink: &mut Sink,
        long: bool,
    ) -> Result<()> {
        let row = sink.n_rows();
        let here = |kind: ErrorKind| Error::from(kind).at_line(records.line());
        let (expected, found) = (header.n_cells(), records.n_cells());
        if expected != found {
            return Err(here(ErrorKind::RaggedRow { expected, found }));
        }
        let text_of = |cell: usize| {
            records.cell(cell).map_err(|error| error.in_column(header.column_name(cell)))
        };
        let date_cell = header.date_cell();
        let timestamp = self.date(text_of(date_cell)?, row).map_err(|error| {
            error.at_line(records.line()).in_column(header.column_name(date_cell))
        })?;
        sink.set_date(timestamp);
        for (cell, role) in header.roles.iter().enumerate() {
            let text = text_of(cell)?;
            let in_column = |kind| here(kind).in_column(header.column_name(cell));
            match *role {
                Role::Date => {}
                Role::Number(column) => match self.value(text) {
                    Ok(value) => sink.set_number(column, value),
                    Err(cell) => return Err(in_column(rejected(cell, text, row, timestamp))),
                },
                Role::Text(column) => {
                    let text = text.trim();
                    if text.is_empty() && long && column == 0 {
                        return Err(in_column(ErrorKind::MissingSymbol { row }));
                    }
                    if text.is_empty() && self.missing_cells == NanPolicy::Reject {
                        return Err(in_column(ErrorKind::MissingValue { row, timestamp }));
                    }
                    sink.set_text(column, text)?;
                }
            }
        }
        Ok(())
    }

    fn date(&self, text: &str, row: usize) -> Result<i64> {
        if text.trim().is_empty() {
            return Err(ErrorKind::MissingDate { row }.into());
        }
        let parsed = match self.date_format.unit() {
            None => time::try_parse(text),
            Some(nanos) => time::try_parse_units(text, nanos),
        };
        parsed.map_err(|failure| failure.error(text))
    }

    /// The number of a cell, or the cell that is rejected.
    fn value(&self, text: &str) -> Result<f64, Cell> {
        match self.words.classify(text) {
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

/// Which dates may follow each other.
enum Order {
    /// Each row comes after the one before.
    Strict { previous: Option<i64> },
    /// Each row of a symbol comes after the symbol's row before.
    BySymbol(SymbolOrder),
}

impl Order {
    fn by_symbol() -> Self {
        Self::BySymbol(SymbolOrder::default())
    }

    /// Checks the row that is about to be finished.
    fn check(&mut self, sink: &Sink) -> Result<()> {
        let (row, timestamp) = (sink.n_rows(), sink.date());
        match self {
            Self::Strict { previous } => match previous.replace(timestamp) {
                Some(before) if before >= timestamp => Err(not_increasing(row, before, timestamp)),
                _ => Ok(()),
            },
            Self::BySymbol(order) => match sink.text(0) {
                Some((code, symbol)) => order.check(code, symbol, row, timestamp),
                None => Err(ErrorKind::MissingSymbol { row }.into()),
            },
        }
    }
}

/// Delimiters that a number, a quote or a line end could be taken for are none.
pub(super) fn check_delimiter(delimiter: u8) -> Result<()> {
    let usable = delimiter == b'\t' || (delimiter.is_ascii_punctuation() || delimiter == b' ');
    if usable && !b".+-\"".contains(&delimiter) {
        return Ok(());
    }
    Err(ErrorKind::BadDelimiter { delimiter: char::from(delimiter) }.into())
}
