//! Every choice of some stretches as the test, and the paths they add up to.

use std::iter::FusedIterator;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::label_spans::LabelSpans;
use super::purged_fold::{PurgedFold, check_fold_count, purge_and_embargo};
use crate::error::{ErrorKind, Result};

/// Combinatorial purged cross-validation: the rows are cut into `n_folds` stretches, and every
/// choice of `n_test` of them is a test once.
///
/// | setting | default | meaning |
/// |---|---|---|
/// | `n_folds` | | stretches the rows are cut into, 2 to the number of rows |
/// | `n_test` | | stretches tested at a time, 1 to `n_folds - 1` |
/// | `purge` | 0 | rows that a label looks ahead; as many are left out on either side of a test |
/// | `embargo` | 0 | further rows left out after a test |
///
/// There are `C(n_folds, n_test)` splits, in lexicographic order of their test stretches. Each
/// stretch is tested in `C(n_folds - 1, n_test - 1)` of them, so that the tests put together give
/// that many whole **paths** ([`path`](CombinatorialFolds::path)), each with every row tested once
/// by a model that had not seen it: a distribution of results where walk-forward gives one number.
/// Paths share training rows and are not independent.
///
/// Stretches hold `n_rows / n_folds` rows, the last one also the remainder. Splits and paths equal
/// those of skfolio's `CombinatorialPurgedCV`.
///
/// Marcos López de Prado (2018), *Advances in Financial Machine Learning*, section 12.4.
///
/// # Examples
///
/// ```
/// use tangency_preprocess::folds::CombinatorialPurged;
///
/// let splits = CombinatorialPurged::new(6, 2).purge(1).embargo(2).folds(60)?;
/// assert_eq!((splits.len(), splits.n_paths()), (15, 5));
/// let seventh = splits.clone().nth(6).expect("there are 15")?;
/// assert_eq!(seventh.test, [10..20, 30..40]);
/// assert_eq!(seventh.train, [0..9, 23..29, 43..60]);
/// // Path 0 takes stretch 0 from split 0 and stretch 5 from split 4.
/// assert_eq!(splits.path(0), [(0, 0), (0, 1), (1, 1), (2, 1), (3, 1), (4, 1)]);
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CombinatorialPurged {
    n_folds: usize,
    n_test: usize,
    #[serde(default)]
    purge: usize,
    #[serde(default)]
    embargo: usize,
}

impl CombinatorialPurged {
    /// The largest number of splits.
    pub const LIMIT: usize = 1 << 20;

    /// Cuts the rows into `n_folds` stretches and tests `n_test` of them at a time.
    #[must_use]
    pub fn new(n_folds: usize, n_test: usize) -> Self {
        Self { n_folds, n_test, purge: 0, embargo: 0 }
    }

    purge_and_embargo!();

    /// The splits over `n_rows` rows; each is laid out when it is asked for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FoldCount`] for fewer than two stretches or more than rows, or a test of none or
    /// all of them; [`ErrorKind::TooLarge`] beyond [`LIMIT`](Self::LIMIT) splits. A split that purge
    /// and embargo leave without training rows is an error in its place.
    pub fn folds(&self, n_rows: usize) -> Result<CombinatorialFolds> {
        self.folds_over(n_rows, LabelSpans::fixed(self.purge))
    }

    /// The splits over the rows that have these labels; the purge follows from them, and a fixed one
    /// set before is not used.
    ///
    /// # Errors
    ///
    /// As [`folds`](Self::folds), and [`ErrorKind::ColumnLength`] unless each row has a label.
    pub fn folds_for_labels(
        &self,
        n_rows: usize,
        labels: &LabelSpans,
    ) -> Result<CombinatorialFolds> {
        labels.check(n_rows)?;
        self.folds_over(n_rows, labels.clone())
    }

    fn folds_over(&self, n_rows: usize, labels: LabelSpans) -> Result<CombinatorialFolds> {
        let (n, k) = (self.n_folds, self.n_test);
        check_fold_count(n, n_rows)?;
        if k == 0 || k >= n {
            let (parameter, at_most) = ("number of test folds", n - 1);
            return Err(ErrorKind::FoldCount { parameter, at_least: 1, at_most, got: k }.into());
        }
        let too_many = ErrorKind::TooLarge { parameter: "number of splits" };
        let splits = combinations(n, k).filter(|n| *n <= Self::LIMIT).ok_or(too_many)?;
        Ok(CombinatorialFolds {
            n_rows,
            n_folds: n,
            labels,
            embargo: self.embargo,
            splits,
            next: 0,
            chosen: (0..k).collect(),
        })
    }
}

/// The iterator behind [`CombinatorialPurged::folds`]: knows its length and the paths.
#[derive(Debug, Clone)]
pub struct CombinatorialFolds {
    n_rows: usize,
    n_folds: usize,
    labels: LabelSpans,
    embargo: usize,
    splits: usize,
    next: usize,
    /// Test stretches of the next split, ascending.
    chosen: Vec<usize>,
}

impl CombinatorialFolds {
    /// Rows of a stretch.
    ///
    /// # Panics
    ///
    /// When there is no such stretch.
    #[must_use]
    pub fn stretch(&self, stretch: usize) -> Range<usize> {
        assert!(stretch < self.n_folds, "no stretch {stretch} among {}", self.n_folds);
        let length = self.n_rows / self.n_folds;
        let end = if stretch + 1 == self.n_folds { self.n_rows } else { (stretch + 1) * length };
        stretch * length..end
    }

    /// Number of whole paths that the tests of all splits add up to.
    #[must_use]
    pub fn n_paths(&self) -> usize {
        self.splits * self.chosen.len() / self.n_folds
    }

    /// Where a path takes its stretches from, in time order: the split, and the position of the
    /// stretch among that split's tests. Path `p` takes each stretch from the split that tests it for
    /// the `p + 1`th time.
    ///
    /// # Panics
    ///
    /// When there is no such path.
    #[must_use]
    pub fn path(&self, path: usize) -> Vec<(usize, usize)> {
        assert!(path < self.n_paths(), "no path {path} among {}", self.n_paths());
        let mut seen = vec![0; self.n_folds];
        let mut sources = vec![(0, 0); self.n_folds];
        let mut chosen: Vec<usize> = (0..self.chosen.len()).collect();
        for split in 0..self.splits {
            for (position, stretch) in chosen.iter().enumerate() {
                if seen[*stretch] == path {
                    sources[*stretch] = (split, position);
                }
                seen[*stretch] += 1;
            }
            advance(&mut chosen, self.n_folds);
        }
        sources
    }
}

impl Iterator for CombinatorialFolds {
    type Item = Result<PurgedFold>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.splits {
            return None;
        }
        let tests = self.chosen.iter().map(|stretch| self.stretch(*stretch)).collect();
        let fold = PurgedFold::around(tests, self.n_rows, &self.labels, self.embargo, self.next);
        self.next += 1;
        advance(&mut self.chosen, self.n_folds);
        Some(fold)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.splits - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for CombinatorialFolds {}
impl FusedIterator for CombinatorialFolds {}

/// The next choice in lexicographic order; stays at the last one.
fn advance(chosen: &mut [usize], n: usize) {
    let k = chosen.len();
    let Some(at) = (0..k).rev().find(|at| chosen[*at] < n - k + at) else { return };
    chosen[at] += 1;
    for later in at + 1..k {
        chosen[later] = chosen[later - 1] + 1;
    }
}

/// `n` over `k`, if it fits.
fn combinations(n: usize, k: usize) -> Option<usize> {
    // Each partial product is a binomial coefficient, so the division leaves no remainder.
    (0..k.min(n - k)).try_fold(1_usize, |product, i| Some(product.checked_mul(n - i)? / (i + 1)))
}
