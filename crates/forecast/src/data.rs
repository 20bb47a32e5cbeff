//! What a model is trained on and asked for.

use std::ops::Range;
use std::sync::Arc;

use nalgebra::DMatrixView;

use crate::error::{ErrorKind, Result};

/// A borrowed matrix whose columns have names; rows are points in time.
///
/// The values are column-major (rows x columns) and never copied; cutting rows moves two indices.
#[derive(Debug, Clone)]
pub struct NamedMatrix<'a> {
    values: DMatrixView<'a, f64>,
    names: Arc<[String]>,
    start: usize,
    end: usize,
}

impl<'a> NamedMatrix<'a> {
    /// Gives names to the columns of `values` (rows x columns).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnsDiffer`] when there is not one name per column.
    pub fn new<N: Into<String>>(
        values: DMatrixView<'a, f64>,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self> {
        let names: Arc<[String]> = names.into_iter().map(Into::into).collect();
        if names.len() != values.ncols() {
            return Err(ErrorKind::ColumnsDiffer {
                what: "names",
                expected: (0..values.ncols()).map(|column| format!("column {column}")).collect(),
                got: names.to_vec(),
            }
            .into());
        }
        let end = values.nrows();
        Ok(Self { values, names, start: 0, end })
    }

    /// The column names, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.end - self.start
    }

    /// Number of columns.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.names.len()
    }

    /// The values of one column, one per row; `None` outside the columns.
    #[must_use]
    pub fn column(&self, index: usize) -> Option<&[f64]> {
        (index < self.n_columns()).then(|| self.column_unchecked(index))
    }

    /// All columns in order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        (0..self.n_columns()).map(|index| self.column_unchecked(index))
    }

    /// The matrix of these rows (rows x columns, column-major).
    #[must_use]
    pub fn view(&self) -> DMatrixView<'_, f64> {
        self.values.rows(self.start, self.n_rows())
    }

    /// The same columns over some of the rows; the end is cut to the rows there are.
    #[must_use]
    pub fn rows(&self, range: Range<usize>) -> Self {
        let end = (self.start + range.end).min(self.end);
        let start = (self.start + range.start).min(end);
        Self { values: self.values, names: Arc::clone(&self.names), start, end }
    }

    fn column_unchecked(&self, index: usize) -> &[f64] {
        // A `DMatrixView` has unit row stride, so a column is one contiguous run.
        let column = self.values.column(index);
        let rows = column.data.into_slice();
        &rows[self.start..self.end]
    }
}

/// The rows a model may learn from. Nothing here lies in the future of the last row.
///
/// * `target`: the series to forecast, one value a row, oldest first; NaN is a missing value;
/// * `regressors`: columns known in the future too (calendar effects, planned values), as in
///   regression with ARIMA errors; a forecast must bring their future rows;
/// * `features`: one row per target row, holding what was known *before* that target value: lags,
///   rolling indicators. Trees and recurrent networks learn the map from row to target.
#[derive(Debug, Clone)]
pub struct TrainingData<'a> {
    target: &'a [f64],
    regressors: Option<NamedMatrix<'a>>,
    features: Option<NamedMatrix<'a>>,
    name: Option<&'a str>,
}

impl<'a> TrainingData<'a> {
    /// A series on its own.
    #[must_use]
    pub fn new(target: &'a [f64]) -> Self {
        Self { target, regressors: None, features: None, name: None }
    }

    /// Names the series for error messages, for instance by its ticker.
    #[must_use]
    pub fn named(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// Adds regressors (one row per target row).
    #[must_use]
    pub fn with_regressors(mut self, regressors: NamedMatrix<'a>) -> Self {
        self.regressors = Some(regressors);
        self
    }

    /// Adds features (one row per target row).
    #[must_use]
    pub fn with_features(mut self, features: NamedMatrix<'a>) -> Self {
        self.features = Some(features);
        self
    }

    /// The series.
    #[must_use]
    pub fn target(&self) -> &'a [f64] {
        self.target
    }

    /// The regressors, if any.
    #[must_use]
    pub fn regressors(&self) -> Option<&NamedMatrix<'a>> {
        self.regressors.as_ref()
    }

    /// The features, if any.
    #[must_use]
    pub fn features(&self) -> Option<&NamedMatrix<'a>> {
        self.features.as_ref()
    }

    /// The name of the series, if any.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.name
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.target.len()
    }

    /// The same data with another target of the same length.
    pub(crate) fn with_target<'b>(&'b self, target: &'b [f64]) -> TrainingData<'b> {
        TrainingData { target, ..self.clone() }
    }

    /// The same data over some of the rows; the end is cut to the rows there are.
    #[must_use]
    pub fn rows(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.target.len());
        let start = range.start.min(end);
        Self {
            target: &self.target[start..end],
            regressors: self.regressors.as_ref().map(|matrix| matrix.rows(start..end)),
            features: self.features.as_ref().map(|matrix| matrix.rows(start..end)),
            name: self.name,
        }
    }

    /// What a forecast of the rows in `range` may bring along: their regressors and features.
    #[must_use]
    pub fn request_for(&self, range: Range<usize>) -> ForecastRequest<'a> {
        let mut request = ForecastRequest::new(range.len());
        request.regressors = self.regressors.as_ref().map(|matrix| matrix.rows(range.clone()));
        request.features = self.features.as_ref().map(|matrix| matrix.rows(range));
        request
    }

    /// Checks the shapes, the number of rows, and that no value is infinite.
    ///
    /// NaN passes in the target and in the features (a missing value; the model decides), not in
    /// regressors.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RowsDiffer`], [`ErrorKind::TooFewRows`] when there are fewer than `min_rows`,
    /// [`ErrorKind::NonFinite`].
    pub fn check(&self, min_rows: usize) -> Result<()> {
        let rows = self.n_rows();
        for (what, matrix) in [("regressors", &self.regressors), ("features", &self.features)] {
            if let Some(matrix) = matrix
                && matrix.n_rows() != rows
            {
                let got = matrix.n_rows();
                return Err(ErrorKind::RowsDiffer { what, expected: rows, got }.into());
            }
        }
        if rows < min_rows {
            return Err(ErrorKind::TooFewRows { needed: min_rows, got: rows }.into());
        }
        reject("target", self.target, f64::is_infinite)?;
        for matrix in self.regressors.iter() {
            for (name, column) in matrix.names().iter().zip(matrix.columns()) {
                reject(name, column, |value| !value.is_finite())?;
            }
        }
        for matrix in self.features.iter() {
            for (name, column) in matrix.names().iter().zip(matrix.columns()) {
                reject(name, column, f64::is_infinite)?;
            }
        }
        Ok(())
    }

    /// The error for the first missing value of the target, for models that take none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MissingValues`] when a target value is NaN.
    pub fn reject_missing(&self, model: &str) -> Result<()> {
        match self.target.iter().position(|value| value.is_nan()) {
            None => Ok(()),
            Some(row) => Err(ErrorKind::MissingValues {
                missing: self.target.iter().filter(|value| value.is_nan()).count(),
                row,
                model: model.to_owned(),
            }
            .into()),
        }
    }
}

impl<'a> From<&'a [f64]> for TrainingData<'a> {
    fn from(target: &'a [f64]) -> Self {
        Self::new(target)
    }
}

impl<'a> From<&'a Vec<f64>> for TrainingData<'a> {
    fn from(target: &'a Vec<f64>) -> Self {
        Self::new(target)
    }
}

impl<'a> From<&TrainingData<'a>> for TrainingData<'a> {
    fn from(data: &TrainingData<'a>) -> Self {
        data.clone()
    }
}

fn reject(what: &str, values: &[f64], bad: impl Fn(f64) -> bool) -> Result<()> {
    match values.iter().position(|&value| bad(value)) {
        None => Ok(()),
        Some(row) => {
            Err(ErrorKind::NonFinite { what: what.to_owned(), row, value: values[row] }.into())
        }
    }
}

/// What a forecast is asked for: the steps, the coverage of its intervals, and the future rows of
/// regressors and features.
#[derive(Debug, Clone)]
pub struct ForecastRequest<'a> {
    horizon: usize,
    level: f64,
    regressors: Option<NamedMatrix<'a>>,
    features: Option<NamedMatrix<'a>>,
}

impl<'a> ForecastRequest<'a> {
    /// The next `horizon` steps, with 95 % intervals.
    #[must_use]
    pub fn new(horizon: usize) -> Self {
        Self { horizon, level: 0.95, regressors: None, features: None }
    }

    /// Sets the coverage of the intervals, more than 0 and less than 1.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Brings the regressors of the steps (one row a step).
    #[must_use]
    pub fn with_regressors(mut self, regressors: NamedMatrix<'a>) -> Self {
        self.regressors = Some(regressors);
        self
    }

    /// Brings the features of the steps (one row a step; models that feed their own forecasts
    /// back as lags say so and take the first row only).
    #[must_use]
    pub fn with_features(mut self, features: NamedMatrix<'a>) -> Self {
        self.features = Some(features);
        self
    }

    /// Number of steps.
    #[must_use]
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// Coverage of the intervals.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.level
    }

    /// Future regressors, if any.
    #[must_use]
    pub fn regressors(&self) -> Option<&NamedMatrix<'a>> {
        self.regressors.as_ref()
    }

    /// Future features, if any.
    #[must_use]
    pub fn features(&self) -> Option<&NamedMatrix<'a>> {
        self.features.as_ref()
    }

    /// Checks what every model asks of a request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ZeroHorizon`], [`ErrorKind::InvalidLevel`].
    pub fn check(&self) -> Result<()> {
        if self.horizon == 0 {
            return Err(ErrorKind::ZeroHorizon.into());
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(ErrorKind::InvalidLevel { level: self.level }.into());
        }
        Ok(())
    }
}
