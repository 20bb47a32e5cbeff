//! One division of the rows around test stretches.

use std::ops::Range;

use super::label_spans::LabelSpans;
use crate::error::{ErrorKind, Result};

/// The two settings of every plan whose folds are [`PurgedFold`]s.
macro_rules! purge_and_embargo {
    () => {
        /// Rows that a label looks ahead.
        #[must_use]
        pub fn purge(mut self, rows: usize) -> Self {
            self.purge = rows;
            self
        }

        /// Further rows left out after a test.
        #[must_use]
        pub fn embargo(mut self, rows: usize) -> Self {
            self.embargo = rows;
            self
        }
    };
}
pub(super) use purge_and_embargo;

/// Whether rows can be cut into so many stretches.
pub(super) fn check_fold_count(n_folds: usize, n_rows: usize) -> Result<()> {
    if (2..=n_rows).contains(&n_folds) {
        return Ok(());
    }
    let (parameter, at_least, at_most) = ("number of folds", 2, n_rows);
    Err(ErrorKind::FoldCount { parameter, at_least, at_most, got: n_folds }.into())
}

/// Rows to learn from and rows to be judged on, where training rows may lie on both sides of a test.
///
/// Ranges are half-open, in time order, and do not overlap; training rows are as few ranges as
/// possible, each test stretch is a range of its own, even where two of them touch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PurgedFold {
    /// Rows to fit on; at least one.
    pub train: Vec<Range<usize>>,
    /// Rows to predict or trade, one range a test stretch.
    pub test: Vec<Range<usize>>,
}

impl PurgedFold {
    /// Leaves out of training the tests, what the labels forbid, and the embargo after each test.
    pub(super) fn around(
        test: Vec<Range<usize>>,
        n_rows: usize,
        labels: &LabelSpans,
        embargo: usize,
        fold: usize,
    ) -> Result<Self> {
        let mut train: Vec<Range<usize>> = Vec::new();
        let mut push = |rows: Range<usize>| match train.last_mut() {
            _ if rows.is_empty() => {}
            Some(last) if last.end == rows.start => last.end = rows.end,
            _ => train.push(rows),
        };
        // Row after the last that is ruled out so far.
        let mut from = 0;
        for stretch in &test {
            let doubtful = labels.reaches_from(stretch.start).max(from);
            push(from..doubtful.min(stretch.start).max(from));
            for row in doubtful..stretch.start {
                if labels.last(row) < stretch.start {
                    push(row..row + 1);
                }
            }
            from = from.max(labels.shared_until(stretch).saturating_add(embargo).min(n_rows));
        }
        push(from..n_rows);
        if train.is_empty() {
            return Err(ErrorKind::NoTrainingRows { fold, n_rows }.into());
        }
        Ok(Self { train, test })
    }

    /// Training rows one by one.
    pub fn train_rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.train.iter().flat_map(Range::clone)
    }

    /// Test rows one by one.
    pub fn test_rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.test.iter().flat_map(Range::clone)
    }
}
