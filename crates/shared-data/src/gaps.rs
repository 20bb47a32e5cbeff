//! Rows that lack values, kept or dropped because somebody said so.

use crate::align::gather;
use crate::error::Result;
use crate::frame::Frame;
use crate::options::Gaps;

impl Frame {
    /// The rows, from 0, that lack the value (NaN) of at least one column.
    #[must_use]
    pub fn incomplete_rows(&self) -> Vec<usize> {
        self.rows_where(|n_missing| n_missing > 0)
    }

    /// The frame with its incomplete rows kept, dropped or refused. Without any, or when they are kept,
    /// nothing is copied. Dropping may leave no rows. A missing text is no gap.
    ///
    /// ```
    /// use tangency_shared_data::{Frame, Gaps};
    ///
    /// let frame = Frame::builder(&[0, 1, 2])
    ///     .column("A", &[1.0, f64::NAN, 3.0])
    ///     .column("B", &[4.0, 5.0, 6.0])
    ///     .build()?;
    /// assert_eq!(frame.incomplete_rows(), [1]);
    /// assert_eq!(frame.with_gaps(Gaps::Drop)?.timestamps(), [0, 2]);
    /// assert!(frame.with_gaps(Gaps::Reject).is_err());
    /// # Ok::<(), tangency_shared_data::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MissingValue`](crate::ErrorKind::MissingValue), with the column and the date, with
    /// [`Gaps::Reject`].
    pub fn with_gaps(&self, gaps: Gaps) -> Result<Self> {
        match gaps {
            Gaps::Keep => Ok(self.clone()),
            Gaps::Reject => self.validate_complete().map(|()| self.clone()),
            Gaps::Drop => self.keep_rows(self.rows_where(|n_missing| n_missing == 0)),
        }
    }

    /// The frame without the rows that lack the values of all columns, such as holidays after an outer
    /// join. Without any nothing is copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge), in theory.
    pub fn drop_empty_rows(&self) -> Result<Self> {
        let n_columns = self.n_columns();
        self.keep_rows(self.rows_where(|n_missing| n_missing < n_columns))
    }

    /// The rows of which so many values are missing.
    fn rows_where(&self, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut n_missing = vec![0; self.n_rows()];
        for (_, values) in self.columns() {
            for (n, value) in n_missing.iter_mut().zip(values) {
                *n += usize::from(value.is_nan());
            }
        }
        (0..self.n_rows()).filter(|&row| wanted(n_missing[row])).collect()
    }

    fn keep_rows(&self, rows: Vec<usize>) -> Result<Self> {
        if rows.len() == self.n_rows() {
            return Ok(self.clone());
        }
        let timestamps: Vec<i64> = rows.iter().map(|&row| self.timestamps()[row]).collect();
        gather(&timestamps, &[(self, rows)])
    }
}
