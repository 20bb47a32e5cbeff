//! Train on the past, test on what follows, move on.

use std::iter::FusedIterator;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Result};

/// Rows to learn from and rows to be judged on; `train.end <= test.start` always.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fold {
    /// Rows to fit on, half-open.
    pub train: Range<usize>,
    /// Rows to predict or trade, half-open, after the training rows.
    pub test: Range<usize>,
}

/// The plan of a walk-forward run; [`folds`](Self::folds) lays it over a number of rows.
///
/// | setting | default | meaning |
/// |---|---|---|
/// | `train` | | rows of the first training window, at least 1 |
/// | `test` | | rows of each test window, at least 1 |
/// | `step` | `test` | rows the windows move from fold to fold, at least 1; below `test`, tests overlap |
/// | `expanding` | `false` | keep row 0 in every training window, so that it grows by `step` |
/// | `purge` | 0 | rows left out between train and test because a label spans several rows |
/// | `embargo` | 0 | further rows left out there, against serial correlation |
/// | `reduce_test` | `false` | keep a last fold whose test window is cut short by the end of the data |
///
/// Fold `k` trains on `[k step, k step + train)` (from 0 if expanding) and tests on the `test` rows
/// that begin `purge + embargo` rows after it. Rows at the end that fill no whole test window are
/// left out unless `reduce_test`.
///
/// **Look-ahead.** A target that sums the next `h` rows is known only `h` rows later: give
/// `purge(h - 1)` or the last training labels already contain the test's first rows. Nothing is
/// ever trained on rows after a test window, so the embargo, which in cross-validation follows the
/// test, has its place before it here and simply adds to the purge.
///
/// After López de Prado (2018), *Advances in Financial Machine Learning*, chapter 7; the folds equal
/// those of skfolio's `WalkForward` with `purged_size = purge + embargo`.
///
/// # Examples
///
/// ```
/// use tangency_preprocess::folds::WalkForward;
///
/// let folds: Vec<_> = WalkForward::new(30, 10).purge(3).folds(103)?.collect();
/// assert_eq!(folds.len(), 7);
/// assert_eq!((folds[0].train.clone(), folds[0].test.clone()), (0..30, 33..43));
/// assert_eq!((folds[6].train.clone(), folds[6].test.clone()), (60..90, 93..103));
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkForward {
    train: usize,
    test: usize,
    #[serde(default)]
    step: Option<usize>,
    #[serde(default)]
    expanding: bool,
    #[serde(default)]
    purge: usize,
    #[serde(default)]
    embargo: usize,
    #[serde(default)]
    reduce_test: bool,
}

impl WalkForward {
    /// Windows of `train` and `test` rows, moving by `test` rows.
    #[must_use]
    pub fn new(train: usize, test: usize) -> Self {
        Self { train, test, step: None, expanding: false, purge: 0, embargo: 0, reduce_test: false }
    }

    /// Rows to move from fold to fold.
    #[must_use]
    pub fn step(mut self, rows: usize) -> Self {
        self.step = Some(rows);
        self
    }

    /// Whether every training window starts at row 0.
    #[must_use]
    pub fn expanding(mut self, expanding: bool) -> Self {
        self.expanding = expanding;
        self
    }

    /// Rows left out between train and test because labels overlap.
    #[must_use]
    pub fn purge(mut self, rows: usize) -> Self {
        self.purge = rows;
        self
    }

    /// Further rows left out between train and test.
    #[must_use]
    pub fn embargo(mut self, rows: usize) -> Self {
        self.embargo = rows;
        self
    }

    /// Whether to keep a last fold with a shorter test window.
    #[must_use]
    pub fn reduce_test(mut self, reduce: bool) -> Self {
        self.reduce_test = reduce;
        self
    }

    /// The folds over `n_rows` rows, in time order; at least one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ZeroSize`] for an empty train, test or step, [`ErrorKind::TooFewRows`] when not
    /// even the first fold fits, [`ErrorKind::TooLarge`] when the sizes overflow.
    pub fn folds(&self, n_rows: usize) -> Result<Folds> {
        let step = self.step.unwrap_or(self.test);
        for (parameter, size) in [("train", self.train), ("test", self.test), ("step", step)] {
            if size == 0 {
                return Err(ErrorKind::ZeroSize { parameter }.into());
            }
        }
        let too_large = |parameter| ErrorKind::TooLarge { parameter };
        let gap = self.purge.checked_add(self.embargo).ok_or_else(|| too_large("purge"))?;
        let first_test = self.train.checked_add(gap).ok_or_else(|| too_large("train"))?;
        let smallest_test = if self.reduce_test { 1 } else { self.test };
        let needed = first_test.checked_add(smallest_test).ok_or_else(|| too_large("test"))?;
        let Some(room) = n_rows.checked_sub(needed) else {
            return Err(ErrorKind::TooFewRows { needed, got: n_rows }.into());
        };
        // Without this, a reduced fold would follow a test window that already ends at the last
        // row whenever tests overlap, and judge the same rows again.
        let count = if self.reduce_test {
            let whole = n_rows.checked_sub(first_test + 1).map_or(0, |room| room / step + 1);
            let full = n_rows.saturating_sub(first_test).saturating_sub(self.test);
            let needed_to_reach_the_end = full.div_ceil(step) + 1;
            whole.min(needed_to_reach_the_end)
        } else {
            room / step + 1
        };
        Ok(Folds {
            next: 0,
            end: count,
            n_rows,
            train: self.train,
            test: self.test,
            gap,
            step,
            expanding: self.expanding,
        })
    }
}

/// The iterator behind [`WalkForward::folds`]: knows its length, works from both ends.
#[derive(Debug, Clone)]
pub struct Folds {
    next: usize,
    end: usize,
    n_rows: usize,
    train: usize,
    test: usize,
    gap: usize,
    step: usize,
    expanding: bool,
}

impl Folds {
    fn at(&self, k: usize) -> Fold {
        let start = k * self.step;
        let train_end = start + self.train;
        let test_start = train_end + self.gap;
        // Saturating: with `reduce_test`, a test length near usize::MAX is legal.
        let test_end = test_start.saturating_add(self.test).min(self.n_rows);
        let train_start = if self.expanding { 0 } else { start };
        Fold { train: train_start..train_end, test: test_start..test_end }
    }
}

impl Iterator for Folds {
    type Item = Fold;

    fn next(&mut self) -> Option<Fold> {
        let fold = (self.next < self.end).then(|| self.at(self.next))?;
        self.next += 1;
        Some(fold)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }

    fn nth(&mut self, n: usize) -> Option<Fold> {
        self.next = self.next.saturating_add(n).min(self.end);
        self.next()
    }
}

impl DoubleEndedIterator for Folds {
    fn next_back(&mut self) -> Option<Fold> {
        let last = self.end.checked_sub(1).filter(|last| *last >= self.next)?;
        self.end = last;
        Some(self.at(last))
    }
}

impl ExactSizeIterator for Folds {}
impl FusedIterator for Folds {}
