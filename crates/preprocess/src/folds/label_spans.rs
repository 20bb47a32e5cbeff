//! How far into the future the label of each row reaches.

use std::ops::Range;

use crate::error::{ErrorKind, Result};

/// The last row that the label of each row looks at.
///
/// The label of row `i` is known once row `last(i)` is: the return over the next five rows has
/// `last(i) = i + 5`, a trade that is held until a barrier is touched has the row at which it was.
///
/// # Examples
///
/// ```
/// use tangency_preprocess::folds::LabelSpans;
///
/// let trades = LabelSpans::until(vec![2, 1, 6, 4, 4])?;
/// assert_eq!((trades.last(0), trades.last(2)), (2, 6));
/// assert_eq!(LabelSpans::fixed(3).last(10), 13);
/// assert!(LabelSpans::until(vec![2, 0]).is_err(), "the label of row 1 ends before it begins");
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSpans(Spans);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Spans {
    /// Every label looks this many rows ahead.
    Fixed(usize),
    /// The last row of each label, and the largest of those up to each row.
    Until { last: Vec<usize>, latest: Vec<usize> },
}

impl LabelSpans {
    /// Every label looks `rows` rows ahead of its own.
    #[must_use]
    pub fn fixed(rows: usize) -> Self {
        Self(Spans::Fixed(rows))
    }

    /// The label of row `i` ends with row `last[i]`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::LabelEndsEarly`] for a label that ends before its own row.
    pub fn until(last: Vec<usize>) -> Result<Self> {
        if let Some((row, end)) = last.iter().copied().enumerate().find(|(row, end)| end < row) {
            return Err(ErrorKind::LabelEndsEarly { row, end }.into());
        }
        let mut latest = last.clone();
        for row in 1..latest.len() {
            latest[row] = latest[row].max(latest[row - 1]);
        }
        Ok(Self(Spans::Until { last, latest }))
    }

    /// The last row that the label of `row` looks at; `row` itself where there is no label.
    #[must_use]
    pub fn last(&self, row: usize) -> usize {
        match &self.0 {
            Spans::Fixed(rows) => row.saturating_add(*rows),
            Spans::Until { last, .. } => last.get(row).copied().unwrap_or(row),
        }
    }

    pub(super) fn check(&self, n_rows: usize) -> Result<()> {
        match &self.0 {
            Spans::Until { last, .. } if last.len() != n_rows => Err(ErrorKind::ColumnLength {
                column: "label spans",
                expected: n_rows,
                got: last.len(),
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// Rows after a test stretch that share rows with its labels, as the row after the last of them.
    pub(super) fn shared_until(&self, test: &Range<usize>) -> usize {
        match &self.0 {
            Spans::Fixed(rows) => test.end.saturating_add(*rows),
            // The labels of the stretch alone count, not those of rows before it.
            Spans::Until { last, .. } => {
                last[test.clone()].iter().max().map_or(test.end, |last| last + 1)
            }
        }
    }

    /// The first row before `start` whose label reaches `start`, or `start`. Rows from there on may
    /// or may not reach it; rows before it do not.
    pub(super) fn reaches_from(&self, start: usize) -> usize {
        match &self.0 {
            Spans::Fixed(rows) => start.saturating_sub(*rows),
            Spans::Until { latest, .. } => latest[..start].partition_point(|last| *last < start),
        }
    }
}
