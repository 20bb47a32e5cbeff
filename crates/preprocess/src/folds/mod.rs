//! Which rows to learn from and which to be judged on.
//!
//! | plan | learns from | answers |
//! |---|---|---|
//! | [`WalkForward`] | the past alone | what a rule that is fitted again and again would have earned |
//! | [`PurgedKFold`] | everything but one stretch | how good a model is on rows it has not seen, once for each row |
//! | [`CombinatorialPurged`] | everything but several stretches, in all combinations | how much that depends on the stretch: several whole paths instead of one |
//!
//! Ranges are half-open rows, counted from 0. Only walk-forward folds can be traded: the other two
//! also learn from rows after the test, which is sound for judging a model and impossible for using
//! it. They keep what is known of the test out of training by leaving rows out around each test
//! stretch: rows whose labels reach into it or share rows with its labels (**purge**), and some more
//! after it (**embargo**), since what follows a test remembers it.
//!
//! Marcos López de Prado (2018), *Advances in Financial Machine Learning*, chapters 7 and 12.

mod combinatorial_purged;
mod label_spans;
mod purged_fold;
mod purged_k_fold;
mod walk_forward;

pub use combinatorial_purged::{CombinatorialFolds, CombinatorialPurged};
pub use label_spans::LabelSpans;
pub use purged_fold::PurgedFold;
pub use purged_k_fold::PurgedKFold;
pub use walk_forward::{Fold, Folds, WalkForward};
