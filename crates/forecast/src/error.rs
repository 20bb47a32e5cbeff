//! The one error type of the crate.

use std::fmt;

/// The result of a fit, a forecast or an evaluation.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a model could not be fitted, could not forecast or could not be judged.
///
/// Read [`Error::kind`] to react to it; `Display` gives one lower-case fragment with the model and
/// the series in front, where they are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    kind: Box<ErrorKind>,
    model: Option<String>,
    series: Option<String>,
}

/// What was wrong, with the values that were expected and met.
///
/// Rows count from 0 within the data handed in.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The training rows do not suffice for the model.
    #[error("needs {needed} rows, got {got}")]
    TooFewRows {
        /// Rows the model needs.
        needed: usize,
        /// Rows it was given.
        got: usize,
    },
    /// Nothing is left to explain: the series is constant after differencing and regression.
    #[error("the series is constant after differencing and regression ({rows} rows)")]
    ConstantSeries {
        /// Rows after differencing.
        rows: usize,
    },
    /// A value is infinite, or NaN where a missing value is not allowed.
    #[error("{what} has {value} in row {row}, expected a finite number")]
    NonFinite {
        /// The column: `target`, or a regressor's or feature's name.
        what: String,
        /// The row.
        row: usize,
        /// The value found.
        value: f64,
    },
    /// Missing values where this model has no exact treatment of them.
    #[error(
        "the target has {missing} missing values (first in row {row}), which {model} does not take"
    )]
    MissingValues {
        /// How many rows are missing.
        missing: usize,
        /// The first of them.
        row: usize,
        /// What does not take them.
        model: String,
    },
    /// Not one value is there.
    #[error("all {rows} values of the target are missing")]
    AllMissing {
        /// Rows of the target.
        rows: usize,
    },
    /// Missing values hide a level for good: a season never seen, for instance.
    #[error(
        "missing values leave {levels} of the levels that differencing starts from undetermined"
    )]
    UnidentifiedLevels {
        /// How many levels no row tells anything about.
        levels: usize,
    },
    /// A matrix does not have one row per target row, or per step of the horizon.
    #[error("{what} have {got} rows, expected {expected}")]
    RowsDiffer {
        /// Which matrix: `regressors` or `features`.
        what: &'static str,
        /// Rows expected.
        expected: usize,
        /// Rows given.
        got: usize,
    },
    /// A matrix does not have the columns that the names or the training data promise.
    #[error("{what} have the columns {got:?}, expected {expected:?}")]
    ColumnsDiffer {
        /// Which matrix: `regressors` or `features`.
        what: &'static str,
        /// Column names expected.
        expected: Vec<String>,
        /// Column names given.
        got: Vec<String>,
    },
    /// A regressor is a linear combination of the others, or vanishes under differencing.
    #[error("regressor {column} is, after differencing, zero or a combination of the others")]
    CollinearRegressors {
        /// The first regressor that adds nothing.
        column: String,
    },
    /// A value has no logarithm or power.
    #[error("the target has {value} in row {row}, which has no Box-Cox transform")]
    NotPositive {
        /// The row.
        row: usize,
        /// The value found.
        value: f64,
    },
    /// The likelihood does not curve downwards in every direction at the estimates.
    #[error(
        "the information matrix is singular: the estimates lie on an edge, or roots nearly cancel"
    )]
    SingularInformation,
    /// A horizon of zero steps was asked for.
    #[error("horizon 0 was asked for, expected at least 1 step")]
    ZeroHorizon,
    /// The coverage of an interval is not a probability.
    #[error("interval level {level} was asked for, expected more than 0 and less than 1")]
    InvalidLevel {
        /// The level asked for.
        level: f64,
    },
    /// An option of a model has a value that it cannot have.
    #[error("{option} is {value}, expected {expected}")]
    InvalidOption {
        /// The option.
        option: String,
        /// Its value.
        value: String,
        /// What would do.
        expected: String,
    },
    /// A parameter is named that the model does not have.
    #[error("no parameter is named {name}, expected one of {}", known.join(", "))]
    UnknownParameter {
        /// The name given.
        name: String,
        /// The names of the model.
        known: Vec<String>,
    },
    /// The number of parameters does not fit the model.
    #[error("got {got} parameters, expected {}: {known:?}", known.len())]
    WrongParameterCount {
        /// How many were given.
        got: usize,
        /// The names of the model's parameters, in order.
        known: Vec<String>,
    },
    /// The autoregressive polynomial has a root on or inside the unit circle.
    #[error("the autoregressive coefficients {coefficients:?} are not stationary")]
    NotStationary {
        /// The coefficients after multiplying out the seasonal part; those of one part where only
        /// that one is fixed.
        coefficients: Vec<f64>,
    },
    /// The moving-average polynomial of a start has a root on or inside the unit circle; or the
    /// roots of one that is fixed were not found.
    #[error("the moving-average coefficients {coefficients:?} are not invertible")]
    NotInvertible {
        /// The coefficients after multiplying out the seasonal part.
        coefficients: Vec<f64>,
    },
    /// No parameters were found at which the likelihood is a finite number.
    #[error("the likelihood is not finite at any starting value")]
    NoFiniteLikelihood,
    /// No model is called that.
    #[error("no model is called {given:?}, expected one of {known}")]
    UnknownModel {
        /// The name given.
        given: String,
        /// The models there are, with the form of their specification.
        known: &'static str,
    },
    /// A model's specification does not have the form it should have.
    #[error("the model {given:?} does not read, expected {expected}")]
    InvalidSpec {
        /// The text given.
        given: String,
        /// The form expected.
        expected: &'static str,
    },
    /// A fold is too short for the horizon, reaches outside the rows, or tests before it trains.
    #[error(
        "fold {fold} tests rows {start}..{end} of {rows}, expected at least {horizon} rows after its training rows and within the data"
    )]
    InvalidFold {
        /// Position of the fold.
        fold: usize,
        /// First test row.
        start: usize,
        /// One past the last test row.
        end: usize,
        /// Rows of the target.
        rows: usize,
        /// Steps to be judged.
        horizon: usize,
    },
    /// Nothing to work on: no folds, no members, no common origin.
    #[error("there are no {what}")]
    Empty {
        /// What there are none of.
        what: &'static str,
    },
    /// Records that should hold the same horizon do not.
    #[error("the record of {name} has horizon {got}, expected {expected} like the others")]
    HorizonsDiffer {
        /// The model of the record that does not fit.
        name: String,
        /// The horizon of the others.
        expected: usize,
        /// Its horizon.
        got: usize,
    },
    /// All differences between two records' losses are the same, so that no test is possible.
    #[error("the two records do not differ, so their accuracy cannot be tested")]
    NoDifference,
    /// The caller asked to stop before there was anything to give back.
    #[error("cancelled")]
    Cancelled,
    /// A model panicked; the pool caught it.
    #[error("panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
}

impl Error {
    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The model that failed, as its specification reads, where it is known.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The series that it failed on, where [`crate::TrainingData::named`] gave a name.
    #[must_use]
    pub fn series(&self) -> Option<&str> {
        self.series.as_deref()
    }

    /// Whether the data are to blame: too short, constant, missing, not finite or collinear.
    #[must_use]
    pub fn is_data(&self) -> bool {
        matches!(
            *self.kind,
            ErrorKind::TooFewRows { .. }
                | ErrorKind::ConstantSeries { .. }
                | ErrorKind::NonFinite { .. }
                | ErrorKind::MissingValues { .. }
                | ErrorKind::AllMissing { .. }
                | ErrorKind::NotPositive { .. }
                | ErrorKind::UnidentifiedLevels { .. }
                | ErrorKind::RowsDiffer { .. }
                | ErrorKind::ColumnsDiffer { .. }
                | ErrorKind::CollinearRegressors { .. }
        )
    }

    /// Whether the caller asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(*self.kind, ErrorKind::Cancelled)
    }

    /// Names the model and the series, keeping names that are there already: the innermost model
    /// of an ensemble is the one that failed.
    #[must_use]
    pub fn at(mut self, model: impl Into<String>, series: Option<&str>) -> Self {
        self.model.get_or_insert_with(|| model.into());
        if self.series.is_none() {
            self.series = series.map(str::to_owned);
        }
        self
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind: Box::new(kind), model: None, series: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.model, &self.series) {
            (Some(model), Some(series)) => write!(f, "{model} on {series}: ")?,
            (Some(name), None) | (None, Some(name)) => write!(f, "{name}: ")?,
            (None, None) => {}
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for Error {}
