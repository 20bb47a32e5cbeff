//! K-fold cross-validation that keeps the test out of training.

use serde::{Deserialize, Serialize};

use super::label_spans::LabelSpans;
use super::purged_fold::{PurgedFold, check_fold_count, purge_and_embargo};
use crate::error::Result;

/// Every row is tested once, and learnt from in most of the other folds.
///
/// | setting | default | meaning |
/// |---|---|---|
/// | `n_folds` | | stretches the rows are cut into, 2 to the number of rows |
/// | `purge` | 0 | rows that a label looks ahead; as many are left out on either side of a test |
/// | `embargo` | 0 | further rows left out after a test |
///
/// Stretches are contiguous and their lengths differ by at most one row, the longer ones first.
/// Fold `k` tests stretch `k`.
///
/// Marcos López de Prado (2018), *Advances in Financial Machine Learning*, section 7.4; with labels
/// of different lengths, [`folds_for_labels`](Self::folds_for_labels), as there.
///
/// # Examples
///
/// ```
/// use tangency_preprocess::folds::PurgedKFold;
///
/// let folds = PurgedKFold::new(3).purge(2).embargo(1).folds(30)?;
/// assert_eq!(folds[1].test, [10..20]);
/// assert_eq!(folds[1].train, [0..8, 23..30]);
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgedKFold {
    n_folds: usize,
    #[serde(default)]
    purge: usize,
    #[serde(default)]
    embargo: usize,
}

impl PurgedKFold {
    /// Cuts the rows into `n_folds` stretches.
    #[must_use]
    pub fn new(n_folds: usize) -> Self {
        Self { n_folds, purge: 0, embargo: 0 }
    }

    purge_and_embargo!();

    /// The folds over `n_rows` rows, in time order of their tests.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FoldCount`](crate::ErrorKind::FoldCount) for fewer than two folds or more than rows,
    /// [`ErrorKind::NoTrainingRows`](crate::ErrorKind::NoTrainingRows) where purge and embargo leave nothing to learn from.
    pub fn folds(&self, n_rows: usize) -> Result<Vec<PurgedFold>> {
        self.folds_over(n_rows, &LabelSpans::fixed(self.purge))
    }

    /// The folds over the rows that have these labels; the purge follows from them, and a fixed one
    /// set before is not used.
    ///
    /// # Errors
    ///
    /// As [`folds`](Self::folds), and [`ErrorKind::ColumnLength`](crate::ErrorKind::ColumnLength) unless each row has a label.
    pub fn folds_for_labels(&self, n_rows: usize, labels: &LabelSpans) -> Result<Vec<PurgedFold>> {
        labels.check(n_rows)?;
        self.folds_over(n_rows, labels)
    }

    fn folds_over(&self, n_rows: usize, labels: &LabelSpans) -> Result<Vec<PurgedFold>> {
        let n = self.n_folds;
        check_fold_count(n, n_rows)?;
        let (length, longer) = (n_rows / n, n_rows % n);
        let start = |k: usize| k * length + k.min(longer);
        let fold = |k| {
            let test = start(k)..start(k + 1);
            PurgedFold::around(vec![test], n_rows, labels, self.embargo, k)
        };
        (0..n).map(fold).collect()
    }
}
