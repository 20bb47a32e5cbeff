//! The returns of many trials over the same rows.

use crate::error::{ErrorKind, Result};

/// Returns of every trial in every period: borrowed, checked once.
///
/// One column a trial, columns one after the other, so that `values[trial * n_rows + row]` is what
/// the trial earned in that period: a `rows x trials` matrix in column-major order, as the `values()`
/// of a nalgebra matrix or view that is contiguous. Simple returns, fractions per period.
///
/// # Examples
///
/// ```
/// use tangency_optimize::overfitting::TrialReturns;
///
/// let two_trials = TrialReturns::new(&[0.01, -0.02, 0.03, 0.0, 0.01, -0.01], 3)?;
/// assert_eq!((two_trials.n_rows(), two_trials.n_trials()), (3, 2));
/// assert_eq!(two_trials.of(1), [0.0, 0.01, -0.01]);
///
/// let error = TrialReturns::new(&[0.01, 0.02, f64::NAN, 0.0], 2).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "return in row 0 of trial 1 is NaN, expected a finite number"
/// );
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TrialReturns<'a> {
    values: &'a [f64],
    n_rows: usize,
}

impl<'a> TrialReturns<'a> {
    /// Columns of `n_rows` returns each.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Empty`] without rows or trials, [`ErrorKind::WrongLength`] unless the columns are
    /// whole, [`ErrorKind::NonFiniteTrialReturn`] naming row and trial.
    pub fn new(values: &'a [f64], n_rows: usize) -> Result<Self> {
        if n_rows == 0 || values.is_empty() {
            return Err(ErrorKind::Empty { what: "trial returns" }.into());
        }
        if !values.len().is_multiple_of(n_rows) {
            let (what, got) = ("trial returns", values.len());
            let expected = values.len() / n_rows * n_rows;
            return Err(ErrorKind::WrongLength { what, expected, got }.into());
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let (trial, row, value) = (at / n_rows, at % n_rows, values[at]);
            return Err(ErrorKind::NonFiniteTrialReturn { row, trial, value }.into());
        }
        Ok(Self { values, n_rows })
    }

    /// Number of periods, at least 1.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of trials, at least 1.
    #[must_use]
    pub fn n_trials(&self) -> usize {
        self.values.len() / self.n_rows
    }

    /// The returns of a trial, oldest first.
    ///
    /// # Panics
    ///
    /// When there is no such trial.
    #[must_use]
    pub fn of(&self, trial: usize) -> &'a [f64] {
        &self.values[trial * self.n_rows..(trial + 1) * self.n_rows]
    }

    /// Every trial in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [f64]> + use<'a> {
        self.values.chunks_exact(self.n_rows)
    }
}
