//! The error of this crate: what went wrong, and where.

mod kind;

use std::fmt;
use std::io;

pub use kind::{ErrorKind, PriceFlaw};

/// What every fallible call of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong and where: file, line or row group, and column as far as they are known.
///
/// The message is a single line that reads well after "failed to ...", such as
/// `prices.csv, line 7, column "AAPL": cannot read "12,5" as a number`.
#[derive(Clone, PartialEq)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Clone, PartialEq)]
struct Inner {
    kind: ErrorKind,
    file: Option<String>,
    line: Option<u64>,
    row_group: Option<usize>,
    column: Option<String>,
}

impl Error {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.inner.kind
    }

    /// The file, as it was named by the caller.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.inner.file.as_deref()
    }

    /// The line of the file, from 1, on which the row begins.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        self.inner.line
    }

    /// The row group of a Parquet file, from 0.
    #[must_use]
    pub fn row_group(&self) -> Option<usize> {
        self.inner.row_group
    }

    /// The column's name.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.inner.column.as_deref()
    }

    /// Whether the operating system refused, as against the data being wrong.
    #[must_use]
    pub fn is_io(&self) -> bool {
        matches!(self.kind(), ErrorKind::Io { .. })
    }

    /// Whether a value was missing or NaN where that is rejected.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::MissingValue { .. }
                | ErrorKind::NanValue { .. }
                | ErrorKind::BadPrice { flaw: PriceFlaw::Missing, .. }
        )
    }

    pub(crate) fn io(operation: &'static str, error: &io::Error) -> Self {
        // The number the system adds helps nobody who reads one line.
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "no such file or folder".to_owned(),
            _ => one_line(&error.to_string()),
        };
        ErrorKind::Io { operation, kind: error.kind(), reason }.into()
    }

    pub(crate) fn malformed(format: &'static str, reason: impl fmt::Display) -> Self {
        ErrorKind::Malformed { format, reason: one_line(&reason.to_string()) }.into()
    }

    /// Turns positions among the value columns into those of the file, where dates stand too.
    pub(crate) fn after_dates(mut self, date_cell: usize) -> Self {
        let shift = |position: &mut usize| *position += usize::from(*position > date_cell);
        match &mut self.inner.kind {
            ErrorKind::EmptyColumnName { position } => shift(position),
            ErrorKind::DuplicateColumn { first, second, .. } => {
                shift(first);
                shift(second);
            }
            _ => {}
        }
        self
    }

    pub(crate) fn in_file(mut self, file: &str) -> Self {
        self.inner.file = Some(file.to_owned());
        self
    }

    pub(crate) fn at_line(mut self, line: u64) -> Self {
        self.inner.line = Some(line);
        self
    }

    #[cfg(feature = "parquet")]
    pub(crate) fn in_row_group(mut self, row_group: usize) -> Self {
        self.inner.row_group = Some(row_group);
        self
    }

    pub(crate) fn in_column(mut self, column: &str) -> Self {
        self.inner.column = Some(excerpt(column));
        self
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self {
            inner: Box::new(Inner { kind, file: None, line: None, row_group: None, column: None }),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, file, line, row_group, column } = &*self.inner;
        let mut separator = "";
        if let Some(file) = file {
            f.write_str(file)?;
            separator = ", ";
        }
        if let Some(line) = line {
            write!(f, "{separator}line {line}")?;
            separator = ", ";
        }
        if let Some(row_group) = row_group {
            write!(f, "{separator}row group {row_group}")?;
            separator = ", ";
        }
        if let Some(column) = column {
            write!(f, "{separator}column {column:?}")?;
            separator = ", ";
        }
        let colon = if separator.is_empty() { "" } else { ": " };
        write!(f, "{colon}{kind}")
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, file, line, row_group, column } = &*self.inner;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("file", file)
            .field("line", line)
            .field("row_group", row_group)
            .field("column", column)
            .finish()
    }
}

impl std::error::Error for Error {}

/// The beginning of a text, short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.char_indices().nth(300) {
        Some((end, _)) => format!("{}...", &joined[..end]),
        None => joined,
    }
}
