//! Parquet to frame.

use std::fs::File;
use std::ops::RangeBounds;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use bytes::Bytes;

use super::FORMAT;
use super::metadata::{Overlap, decoded_bytes, overlap};
use super::row_groups::{Groups, Input, Part, Span};
use super::types;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::frame::Frame;
use crate::long::{LongFrame, SYMBOL};
use crate::names;
use crate::options::NanPolicy;
use crate::table::{TableOptions, assemble, assemble_long, find_dates, find_long};

/// Reads Parquet files.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`date_column`](Self::date_column) | the first date or timestamp column | name of the column of dates |
/// | [`nan_policy`](Self::nan_policy) | [`NanPolicy::Reject`] | null and NaN |
/// | [`columns`](Self::columns) | all | the columns to read beside the dates |
/// | [`time_range`](Self::time_range) | all | the span of time to read |
/// | [`row_groups`](Self::row_groups) | all | the row groups to read |
/// | [`decoded_limit`](Self::decoded_limit) | 16 GiB | bytes that the columns may decode to |
/// | [`symbol_column`](Self::symbol_column) | `symbol` | the column of symbols of a long table |
///
/// The other columns must hold numbers or text; see [`Frame::from_record_batch`] for the types.
#[derive(Debug, Clone)]
#[must_use = "a reader does nothing until it is given something to read"]
pub struct ParquetReader {
    options: TableOptions,
    columns: Option<Vec<String>>,
    span: Option<Span>,
    row_groups: Option<Vec<usize>>,
    symbol_column: Option<String>,
    decoded_limit: u64,
}

impl Default for ParquetReader {
    fn default() -> Self {
        Self {
            options: TableOptions::default(),
            columns: None,
            span: None,
            row_groups: None,
            symbol_column: None,
            decoded_limit: 1 << 34,
        }
    }
}

impl ParquetReader {
    /// The choices of the table above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the dates from the column of this name; 64-bit whole numbers are then Unix nanoseconds.
    pub fn date_column(mut self, name: impl Into<String>) -> Self {
        self.options.date_column = Some(name.into());
        self
    }

    /// Sets what happens to null and NaN.
    pub fn nan_policy(mut self, policy: NanPolicy) -> Self {
        self.options.nan_policy = policy;
        self
    }

    /// Reads these columns beside the dates, in this order; the others are not decoded.
    pub fn columns<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.columns = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Reads the rows whose dates lie in this span, in Unix nanoseconds UTC. Row groups outside of it,
    /// as far as the file's statistics say, are not decoded; of the others the dates first, then the
    /// values of the rows that are wanted. The frame may have no rows then.
    pub fn time_range(mut self, span: impl RangeBounds<i64>) -> Self {
        self.span = Some((span.start_bound().cloned(), span.end_bound().cloned()));
        self
    }

    /// Reads these row groups, counted from 0, in this order.
    pub fn row_groups(mut self, groups: impl IntoIterator<Item = usize>) -> Self {
        self.row_groups = Some(groups.into_iter().collect());
        self
    }

    /// Sets how many bytes the part of a file that is read may decode to, by its own account: a small
    /// file can hold, or claim to hold, a great many zeros.
    pub fn decoded_limit(mut self, bytes: u64) -> Self {
        self.decoded_limit = bytes;
        self
    }

    /// Sets the name of the column of symbols, for [`read_long`](Self::read_long).
    pub fn symbol_column(mut self, name: impl Into<String>) -> Self {
        self.symbol_column = Some(name.into());
        self
    }

    /// Reads a file. Values are decoded into Arrow arrays and copied from there into the frame.
    ///
    /// # Errors
    ///
    /// Names the file, and the row group and the column where they are known:
    /// [`ErrorKind::Io`], [`ErrorKind::EmptyFile`], [`ErrorKind::Malformed`],
    /// [`ErrorKind::UnknownColumn`], [`ErrorKind::RowGroupOutOfRange`], [`ErrorKind::DecodedLimit`],
    /// [`ErrorKind::NoRows`], and those of
    /// [`Frame::from_record_batch`].
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Frame> {
        self.open(path.as_ref(), |groups| self.frame(groups))
    }

    /// Reads bytes that are in memory already; messages call them by the name given. A `Vec<u8>` is
    /// taken over, not copied.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), without [`ErrorKind::Io`].
    pub fn read_bytes(&self, bytes: impl Into<Vec<u8>>, name: &str) -> Result<Frame> {
        let groups = groups_of_bytes(bytes.into());
        groups.and_then(|groups| self.frame(&groups)).map_err(|error| error.in_file(name))
    }

    /// Reads a long table from a file: a date, a symbol and numbers a row, in the order of the file.
    ///
    /// Symbols are in the column named `symbol`, in any case, unless
    /// [`symbol_column`](Self::symbol_column) names another. [`columns`](Self::columns) are those beside
    /// dates and symbols.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read); the dates of each symbol must increase, otherwise
    /// [`ErrorKind::SymbolUnordered`]; [`ErrorKind::MissingSymbol`].
    pub fn read_long(&self, path: impl AsRef<Path>) -> Result<LongFrame> {
        self.open(path.as_ref(), |groups| self.long(groups))
    }

    /// Reads a long table from bytes that are in memory already; messages call them by the name given.
    ///
    /// # Errors
    ///
    /// As [`read_long`](Self::read_long), without [`ErrorKind::Io`].
    pub fn read_long_bytes(&self, bytes: impl Into<Vec<u8>>, name: &str) -> Result<LongFrame> {
        let groups = groups_of_bytes(bytes.into());
        groups.and_then(|groups| self.long(&groups)).map_err(|error| error.in_file(name))
    }

    fn open<R>(&self, path: &Path, read: impl FnOnce(&Groups) -> Result<R>) -> Result<R> {
        let opened = || {
            let file = File::open(path).map_err(|e| Error::io("read the file", &e))?;
            let metadata = file.metadata().map_err(|e| Error::io("read the file", &e))?;
            if metadata.is_dir() {
                let error = std::io::Error::from(std::io::ErrorKind::IsADirectory);
                return Err(Error::io("read the file", &error));
            }
            if metadata.len() == 0 {
                return Err(ErrorKind::EmptyFile.into());
            }
            Groups::open(Input::File(file), metadata.len())
        };
        opened()
            .and_then(|groups| read(&groups))
            .map_err(|error: Error| error.in_file(&file::name(path)))
    }

    fn frame(&self, groups: &Groups) -> Result<Frame> {
        let wanted = self.wanted(groups, None)?;
        let frame = self.read_part(groups, &wanted, |schema, batches| {
            assemble(schema, batches, &self.options, None)
        })?;
        match &self.columns {
            Some(names) => {
                // Dates may have been asked for too; every other name is there.
                let there = |name: &&str| frame.position(name).is_ok() || frame.text(name).is_ok();
                let names: Vec<&str> = names.iter().map(|name| name.trim()).filter(there).collect();
                let found = frame.names().iter().chain(frame.text_names());
                // Columns are decoded in the order of the file.
                if found.eq(&names) { Ok(frame) } else { frame.select(&names) }
            }
            None => Ok(frame),
        }
    }

    fn long(&self, groups: &Groups) -> Result<LongFrame> {
        let symbol = self.symbol_column.as_deref().unwrap_or(SYMBOL);
        let wanted = self.wanted(groups, Some(symbol))?;
        self.read_part(groups, &wanted, |schema, batches| {
            assemble_long(schema, batches, &self.options, symbol)
        })
    }

    /// Decodes what is wanted, lets somebody make a table of it, and says in which row group it failed.
    fn read_part<R>(
        &self,
        groups: &Groups,
        wanted: &Wanted,
        table: impl Fn(&Schema, &[RecordBatch]) -> Result<R>,
    ) -> Result<R> {
        let all = groups.metadata.metadata();
        let columns = wanted.columns.as_deref();
        let mut row_groups = wanted.row_groups.clone();
        let overlap = |&at: &usize| match &self.span {
            Some(span) => overlap(all.row_group(at), wanted.date_at, span),
            None => Overlap::All,
        };
        row_groups.retain(|group| overlap(group) != Overlap::None);
        let limit = self.decoded_limit;
        let needed = decoded_bytes(all, &row_groups, columns).unwrap_or(u64::MAX);
        if needed > limit {
            return Err(ErrorKind::DecodedLimit { needed, limit }.into());
        }
        let mut batches = Vec::new();
        let mut left = limit;
        match self.span {
            None => {
                batches = groups.decode(&row_groups, &Part { columns, span: None }, &mut left)?
            }
            Some(span) => {
                for group in &row_groups {
                    let some = overlap(group) == Overlap::Some;
                    let span = some.then_some((wanted.date_at, span));
                    batches.extend(groups.decode(&[*group], &Part { columns, span }, &mut left)?);
                }
            }
        }
        if all.file_metadata().num_rows() == 0 {
            return Err(ErrorKind::NoRows.into());
        }
        let schema = groups.metadata.schema();
        let schema = match columns {
            Some(columns) => schema.project(columns).map_err(|e| Error::malformed(FORMAT, e))?,
            None => Schema::clone(schema),
        };
        table(&schema, &batches).map_err(|error| {
            let n_rows = |&group: &usize| all.row_group(group).num_rows() as usize;
            let group = match (row_of(error.kind()), self.span) {
                (Some(row), None) => {
                    let ends = row_groups.iter().scan(0, |end, group| {
                        *end += n_rows(group);
                        Some(*end)
                    });
                    let at = ends.take_while(|&end| end <= row).count();
                    row_groups.get(at).copied()
                }
                // A date that cannot be read is not counted: look for it once more.
                (None, _) if is_in_a_row(error.kind()) => {
                    let part = Part { columns, span: None };
                    let fails = |group: &&usize| {
                        let decoded = groups.decode(&[**group], &part, &mut limit.clone());
                        let error = decoded.and_then(|batches| table(&schema, &batches)).err();
                        error.is_some_and(|error| is_in_a_row(error.kind()))
                    };
                    row_groups.iter().find(fails).copied()
                }
                _ => None,
            };
            match group {
                Some(group) => error.in_row_group(group),
                None => error,
            }
        })
    }

    /// Finds columns and row groups in the file.
    fn wanted(&self, groups: &Groups, symbol: Option<&str>) -> Result<Wanted> {
        let n_row_groups = groups.metadata.metadata().num_row_groups();
        let row_groups = match &self.row_groups {
            None => (0..n_row_groups).collect(),
            Some(wanted) => match wanted.iter().find(|&&group| group >= n_row_groups) {
                Some(&index) => {
                    return Err(ErrorKind::RowGroupOutOfRange { index, n_row_groups }.into());
                }
                None => wanted.clone(),
            },
        };
        let fields = groups.metadata.schema().fields();
        let date_column = self.options.date_column.as_deref();
        let (date_at, symbol_at) = match symbol {
            None => (find_dates(fields, date_column)?, None),
            Some(symbol) => {
                let (date_at, symbol_at) = find_long(fields, date_column, symbol)?;
                (date_at, Some(symbol_at))
            }
        };
        let columns = match &self.columns {
            None => None,
            Some(names) => {
                let list: Vec<String> = fields.iter().map(|f| f.name().trim().to_owned()).collect();
                let mut columns: Vec<usize> = symbol_at.into_iter().chain([date_at]).collect();
                for name in names {
                    let at = list.iter().position(|known| known == name.trim());
                    columns.push(at.ok_or_else(|| names::unknown(name, &list))?);
                }
                columns.sort_unstable();
                columns.dedup();
                Some(columns)
            }
        };
        let all = 0..fields.len();
        let read = columns.as_ref().map_or_else(|| all.collect(), Vec::clone);
        types::check(groups.metadata.schema(), groups.metadata.parquet_schema(), read, date_at)?;
        Ok(Wanted { date_at, columns, row_groups })
    }
}

/// The part of a file that is asked for.
#[derive(Debug)]
struct Wanted {
    date_at: usize,
    /// Positions in the file, increasing; `None` for all.
    columns: Option<Vec<usize>>,
    row_groups: Vec<usize>,
}

fn groups_of_bytes(bytes: Vec<u8>) -> Result<Groups> {
    if bytes.is_empty() {
        return Err(ErrorKind::EmptyFile.into());
    }
    let length = bytes.len() as u64;
    Groups::open(Input::Bytes(Bytes::from(bytes)), length)
}

/// The row that an error is about.
fn row_of(kind: &ErrorKind) -> Option<usize> {
    match *kind {
        ErrorKind::MissingValue { row, .. }
        | ErrorKind::MissingDate { row }
        | ErrorKind::MissingSymbol { row }
        | ErrorKind::Unordered { row, .. }
        | ErrorKind::SymbolUnordered { row, .. }
        | ErrorKind::Repeated { row, .. } => Some(row),
        _ => None,
    }
}

fn is_in_a_row(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::BadDate { .. } | ErrorKind::DateOutOfRange { .. })
}
