//! Searches judged on rows that they have not seen.
//!
//! [`walk_forward`] repeats what a trader would do: choose the best parameters on the past, trade them
//! for a while, choose again. [`combinatorial`] chooses on everything but some stretches, in all
//! combinations, and gives several whole out-of-sample paths instead of one; it learns from the future
//! too and is for judging, not for trading.
//!
//! Both take a [`Grid`](crate::search::Grid), folds from [`tangency_preprocess::folds`] and an
//! [`Objective`](crate::search::Objective) that measures on a slice of rows and tells its
//! [period returns](crate::search::Objective::period_returns):
//! [`BacktestObjective`](crate::search::BacktestObjective) for trading rules. What is chosen in a fold
//! depends on that fold's training rows alone, as far as the objective's figures do; a test replaces
//! the rest by noise.
//!
//! Memory does not grow with the grid: a fold keeps its best trial so far.

mod combinatorial;
mod selection;
mod walk_forward;

pub use combinatorial::{CombinatorialReport, OutOfSamplePath, combinatorial};
pub use walk_forward::{WalkForwardFold, WalkForwardReport, walk_forward};
