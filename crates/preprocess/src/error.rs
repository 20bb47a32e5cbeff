//! What can be wrong with prices, windows and fold sizes.

/// Why a preprocessing step could not be done.
///
/// The reason and its values are in [`kind`](Self::kind); the message is a fragment that reads well
/// after "failed to ..".
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    kind: ErrorKind,
}

/// The result of a fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// What went wrong, with the values that show it.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// True where the data are at fault (a bad price, too few rows, an impossible label), not the parameters.
    #[must_use]
    pub fn is_data(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::BadPrice { .. }
                | ErrorKind::TooFewRows { .. }
                | ErrorKind::LabelEndsEarly { .. }
        )
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind }
    }
}

/// The reasons behind an [`Error`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A price is zero, negative, infinite or missing.
    #[error("price at row {row} is {value}, expected a finite number above zero")]
    BadPrice {
        /// Position in the slice, from 0.
        row: usize,
        /// What stood there.
        value: f64,
    },
    /// There are fewer rows than the operation needs.
    #[error("needs {needed} rows, got {got}")]
    TooFewRows {
        /// The smallest number of rows that works.
        needed: usize,
        /// The number of rows given.
        got: usize,
    },
    /// Two inputs that belong to the same rows differ in length.
    #[error("{column} has {got} rows, expected {expected}")]
    ColumnLength {
        /// Which input.
        column: &'static str,
        /// The length of the others.
        expected: usize,
        /// Its length.
        got: usize,
    },
    /// An output buffer does not fit the result.
    #[error("output has {got} rows, expected {expected}")]
    OutputLength {
        /// The length of the result.
        expected: usize,
        /// The length of the buffer.
        got: usize,
    },
    /// The number of output buffers is not the number of lines an indicator has.
    #[error("{indicator} writes {expected} lines, got {got} buffers")]
    OutputCount {
        /// The indicator.
        indicator: &'static str,
        /// How many lines it writes.
        expected: usize,
        /// How many buffers were given.
        got: usize,
    },
    /// A size that has to be positive is zero.
    #[error("{parameter} is 0, expected at least 1")]
    ZeroSize {
        /// Which parameter.
        parameter: &'static str,
    },
    /// A number of folds that leaves nothing to learn from, or nothing to be judged on.
    #[error("{parameter} is {got}, expected {at_least} to {at_most}")]
    FoldCount {
        /// Which count.
        parameter: &'static str,
        /// The smallest that works for these rows and folds.
        at_least: usize,
        /// The largest that works.
        at_most: usize,
        /// The count given.
        got: usize,
    },
    /// Purge and embargo leave a fold without rows to learn from.
    #[error("fold {fold} has no training rows left of {n_rows}: purge and embargo take them all")]
    NoTrainingRows {
        /// The fold, from 0.
        fold: usize,
        /// All rows.
        n_rows: usize,
    },
    /// A label that ends before the row it belongs to.
    #[error("label of row {row} ends at row {end}, expected that row or a later one")]
    LabelEndsEarly {
        /// The row, from 0.
        row: usize,
        /// The row its label ends with.
        end: usize,
    },
    /// Sizes add up to more than `usize` holds.
    #[error("{parameter} is too large")]
    TooLarge {
        /// Which parameter.
        parameter: &'static str,
    },
    /// An indicator needs a column that the caller does not have.
    #[error("{indicator} needs the column {column}")]
    MissingColumn {
        /// The indicator.
        indicator: &'static str,
        /// The missing column.
        column: &'static str,
    },
    /// No indicator has this name.
    #[error("no indicator is called {name:?}; known are {known}")]
    UnknownIndicator {
        /// The name given.
        name: String,
        /// How the known ones are written.
        known: String,
    },
    /// The text after an indicator's name does not fit its parameters.
    #[error("{indicator} takes {expected}, got {got:?}")]
    BadParameters {
        /// The indicator.
        indicator: &'static str,
        /// What it takes, such as `sma:WINDOW`.
        expected: &'static str,
        /// What was given.
        got: String,
    },
}
