//! What can go wrong, with the values that tell.

use std::fmt;
use std::io;

use crate::civil;

/// The kinds of errors, with their values. Rows count from 0, file lines from 1.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused.
    #[error("cannot {operation}: {reason}")]
    Io {
        /// What was tried, such as `open the file`.
        operation: &'static str,
        /// The class of the refusal.
        kind: io::ErrorKind,
        /// The operating system's words.
        reason: String,
    },
    /// The extension names no format that this build reads.
    #[error("unknown file extension {extension:?}, expected one of {known}")]
    UnknownExtension {
        /// The extension found, without its dot; empty when there is none.
        extension: String,
        /// The extensions this build knows.
        known: &'static str,
    },
    /// The bytes are no valid file of their format.
    #[error("not a valid {format} file: {reason}")]
    Malformed {
        /// Name of the format.
        format: &'static str,
        /// What the decoder found.
        reason: String,
    },
    /// The file holds nothing.
    #[error("the file is empty")]
    EmptyFile,
    /// The first line looks like data.
    #[error("the first line must name the columns, found the data row {first:?}")]
    NoHeader {
        /// The beginning of that line.
        first: String,
    },
    /// There are names but no rows.
    #[error("there are column names but no rows")]
    NoRows,
    /// There is nothing beside the dates.
    #[error("there is no value column beside the dates")]
    NoColumns,
    /// The text is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A cell begins with a quote that is never closed.
    #[error("cell {position} begins with a quote that is never closed")]
    UnclosedQuote {
        /// The cell, from 1.
        position: usize,
    },
    /// A quoted cell goes on after its closing quote.
    #[error(
        "cell {position} goes on with {text:?} after its closing quote; a quote inside of quotes is doubled"
    )]
    TextAfterQuote {
        /// The cell, from 1.
        position: usize,
        /// The beginning of what follows.
        text: String,
    },
    /// A line has more or fewer cells than the header.
    #[error("expected {expected} cells as in the header, found {found}")]
    RaggedRow {
        /// Cells of the header.
        expected: usize,
        /// Cells of this line.
        found: usize,
    },
    /// The first line has other delimiters than the one asked for.
    #[error(
        "the first line has no {expected:?} but {n_found} times {found:?}: expected cells between {expected:?}; \
         set the delimiter to {found:?} if the file uses that"
    )]
    OtherDelimiter {
        /// The delimiter of the reader.
        expected: char,
        /// The one that the line has.
        found: char,
        /// How often.
        n_found: usize,
    },
    /// A byte that cannot stand between cells.
    #[error(
        "{delimiter:?} cannot separate cells; expected a punctuation mark, a tab or a space, and none of . + - \""
    )]
    BadDelimiter {
        /// The byte asked for.
        delimiter: char,
    },
    /// More different texts than a column can code.
    #[error("a text column holds at most 2^32 different texts, found {n_texts} and more")]
    TooManyTexts {
        /// How many there were.
        n_texts: usize,
    },
    /// A row of a long table has no symbol.
    #[error("row {row} has no symbol")]
    MissingSymbol {
        /// The row.
        row: usize,
    },
    /// A symbol's date comes before its last one, or is the same.
    #[error(
        "row {row} is out of order: {symbol} has {} after {}; the dates of a symbol must increase",
        civil::format(*timestamp), civil::format(*previous)
    )]
    SymbolUnordered {
        /// The symbol.
        symbol: String,
        /// The row.
        row: usize,
        /// Its date, in Unix nanoseconds.
        timestamp: i64,
        /// The symbol's date before it.
        previous: i64,
    },
    /// A symbol has no row at a date that others have.
    #[error("{symbol} has no row at {}, which others have", civil::format(*timestamp))]
    MissingPair {
        /// The symbol.
        symbol: String,
        /// The date, in Unix nanoseconds.
        timestamp: i64,
    },
    /// No text of that name.
    #[error("no symbol {symbol:?} among {n_symbols}")]
    UnknownSymbol {
        /// The symbol asked for.
        symbol: String,
        /// How many there are.
        n_symbols: usize,
    },
    /// Nothing to put together.
    #[error("expected at least one frame")]
    NoFrames,
    /// Frames that should have the same dates and columns.
    #[error(
        "its dates or the order of its columns differ from those of the first frame ({got} rows, the first has {needed}); align them first"
    )]
    NotAlike {
        /// Rows of the first frame.
        needed: usize,
        /// Rows of this one.
        got: usize,
    },
    /// A span of time that is none.
    #[error("expected a positive span of time, got {nanos} ns")]
    BadSpan {
        /// The span, in nanoseconds.
        nanos: i64,
    },
    /// A text that names no buckets of time.
    #[error(
        "cannot read {text:?} as a bucket of time (expected for example 5min, 1h, 1D, W, W-FRI, MS, ME, QS, QE, YS or YE)"
    )]
    BadBucket {
        /// The text.
        text: String,
    },
    /// A column whose name does not say how it is resampled or adjusted.
    #[error(
        "its name does not say what it holds; expected open, high, low, close or volume, or to be told"
    )]
    NoRule,
    /// A split or dividend that cannot be one.
    #[error("the {action} of {amount} on {} is {flaw}", civil::format(*ex_date))]
    BadAction {
        /// `split` or `dividend`.
        action: &'static str,
        /// The ratio, or the cash amount.
        amount: f64,
        /// Its ex-date, in Unix nanoseconds.
        ex_date: i64,
        /// What is wrong with it.
        flaw: String,
    },
    /// A row group that the file does not have.
    #[error("no row group {index}, there are {n_row_groups}")]
    RowGroupOutOfRange {
        /// The row group asked for, from 0.
        index: usize,
        /// How many there are.
        n_row_groups: usize,
    },
    /// A cell is no number.
    #[error("cannot read {text:?} as a number")]
    BadNumber {
        /// The beginning of the cell.
        text: String,
    },
    /// A cell is no date.
    #[error(
        "cannot read {text:?} as a date (expected for example 2020-01-31, 2020-01-31T16:00:00Z, 2020-01, 2020Q1, 2020 or Unix seconds)"
    )]
    BadDate {
        /// The beginning of the cell.
        text: String,
    },
    /// A date outside of what Unix nanoseconds in 64 bits can hold.
    #[error("the date {text:?} is outside 1677-09-21 to 2262-04-11")]
    DateOutOfRange {
        /// The date as written.
        text: String,
    },
    /// A row has no date.
    #[error("row {row} has no date")]
    MissingDate {
        /// The row.
        row: usize,
    },
    /// A value is missing and missing values are rejected.
    #[error("the value of {} is missing", civil::format(*timestamp))]
    MissingValue {
        /// The row.
        row: usize,
        /// Its date, in Unix nanoseconds.
        timestamp: i64,
    },
    /// A cell spells out NaN and that is rejected.
    #[error("the value of {} is NaN", civil::format(*timestamp))]
    NanValue {
        /// The row.
        row: usize,
        /// Its date, in Unix nanoseconds.
        timestamp: i64,
    },
    /// A date comes before that of the row before.
    #[error(
        "row {row} is out of order: {} comes after {}; dates must increase",
        civil::format(*timestamp), civil::format(*previous)
    )]
    Unordered {
        /// The row.
        row: usize,
        /// Its date, in Unix nanoseconds.
        timestamp: i64,
        /// The date of the row before.
        previous: i64,
    },
    /// A date is that of the row before.
    #[error("row {row} repeats the date {} of row {}", civil::format(*timestamp), row - 1)]
    Repeated {
        /// The row, at least 1.
        row: usize,
        /// The date both rows carry, in Unix nanoseconds.
        timestamp: i64,
    },
    /// Two columns carry one name.
    #[error("the column name {name:?} appears twice, in columns {first} and {second}")]
    DuplicateColumn {
        /// The name.
        name: String,
        /// Position of the first, counted from 1; in a file the dates count too.
        first: usize,
        /// Position of the second.
        second: usize,
    },
    /// A reader is told twice what one column holds.
    #[error("the column {name:?} is asked for twice, as {first} and as {second}")]
    AskedTwice {
        /// The name.
        name: String,
        /// What it was to hold: `dates`, `symbols` or `text`.
        first: &'static str,
        /// What else, or the same again.
        second: &'static str,
    },
    /// A value column has no name.
    #[error("column {position} has no name")]
    EmptyColumnName {
        /// Position, counted from 1; in a file the dates count too.
        position: usize,
    },
    /// No column of that name.
    #[error(
        "no column named {name:?} among {n_columns}{}",
        nearest.as_ref().map(|n| format!("; did you mean {n:?}?")).unwrap_or_default()
    )]
    UnknownColumn {
        /// The name asked for.
        name: String,
        /// A known name that looks like it.
        nearest: Option<String>,
        /// How many columns there are.
        n_columns: usize,
    },
    /// No column at that position.
    #[error("no column at position {index}, there are {n_columns}")]
    ColumnOutOfRange {
        /// The position asked for, from 0.
        index: usize,
        /// How many columns there are.
        n_columns: usize,
    },
    /// A range of rows that the frame does not have.
    #[error("rows {start}..{end} are outside of 0..{n_rows}")]
    RowsOutOfRange {
        /// First row asked for.
        start: usize,
        /// One past the last.
        end: usize,
        /// How many rows there are.
        n_rows: usize,
    },
    /// A column is longer or shorter than the dates.
    #[error("expected {needed} values, one a row, got {got}")]
    ColumnLength {
        /// Rows of the frame.
        needed: usize,
        /// Values of the column.
        got: usize,
    },
    /// A row is longer or shorter than the list of columns.
    #[error("row {row}: expected {needed} values, one a column, got {got}")]
    RowLength {
        /// The row.
        row: usize,
        /// Columns of the frame.
        needed: usize,
        /// Values of the row.
        got: usize,
    },
    /// The frame would not fit into memory.
    #[error("a frame of {n_rows} rows and {n_columns} columns does not fit into memory")]
    TooLarge {
        /// Rows asked for.
        n_rows: usize,
        /// Columns asked for.
        n_columns: usize,
    },
    /// The columns lie apart, so that no matrix can be lent.
    #[error(
        "the {n_columns} columns lie apart in memory; copy them into one matrix with `contiguous`"
    )]
    NotOneMatrix {
        /// Columns of the frame.
        n_columns: usize,
    },
    /// A table that would have to be copied, where that was not asked for.
    #[error("cannot be used in place: {reason}; read it with `IpcReader`, which copies")]
    NotInPlace {
        /// What stands in the way.
        reason: String,
    },
    /// The bytes are not those that were written.
    #[error("the data is damaged: its checksum is {found:08x}, written was {expected:08x}")]
    Damaged {
        /// The checksum that the file carries.
        expected: u32,
        /// The checksum of the bytes as they are.
        found: u32,
    },
    /// Compressed data that would be larger than allowed when decoded.
    #[error("decoding takes {needed} bytes, more than the {limit} allowed")]
    DecodedLimit {
        /// Bytes that the file claims to decode to, as far as was looked.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A price that cannot be one.
    #[error("the price of {asset} on {} is {flaw}", civil::format(*timestamp))]
    BadPrice {
        /// Name of the column.
        asset: String,
        /// The row.
        row: usize,
        /// Its date, in Unix nanoseconds.
        timestamp: i64,
        /// What is wrong with it.
        flaw: PriceFlaw,
    },
    /// A column of a type that is neither dates nor numbers.
    #[error("expected dates or numbers, found the type {data_type}")]
    UnsupportedType {
        /// The Arrow type.
        data_type: String,
    },
    /// No column of a table holds dates.
    #[error("no column holds dates: expected a date or timestamp column, or its name")]
    NoDateColumn,
}

/// What can be wrong with a price.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum PriceFlaw {
    /// There is none (NaN).
    Missing,
    /// It is zero.
    Zero,
    /// It is below zero.
    Negative(f64),
    /// It is infinite.
    Infinite,
}

impl fmt::Display for PriceFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Zero => f.write_str("zero, expected a positive number"),
            Self::Negative(price) => write!(f, "{price}, expected a positive number"),
            Self::Infinite => f.write_str("infinite, expected a finite number"),
        }
    }
}
