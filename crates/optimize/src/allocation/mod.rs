//! Portfolio weights from a covariance, expected returns or scenarios.
//!
//! Each method takes plain numbers and [`Constraints`], and returns a [`Solution`].
//!
//! | method | problem |
//! |---|---|
//! | [`min_volatility`] | min `w' Sigma w` |
//! | [`max_utility`] | max `mean' w - risk_aversion / 2 w' Sigma w` |
//! | [`max_sharpe`] | max `(mean - rf)' w / sqrt(w' Sigma w)` |
//! | [`efficient_return`] | min `w' Sigma w` with `mean' w >= target` |
//! | [`efficient_risk`] | max `mean' w` with `sqrt(w' Sigma w) <= target` |
//! | [`max_diversification`] | max `sigma' w / sqrt(w' Sigma w)` |
//! | [`min_tracking_error`] | min `(w - b)' Sigma (w - b)` |
//! | [`feasible_prior`] | the prior itself if it is feasible, the nearest feasible weights if not |
//! | [`risk_parity`], [`risk_budgeting`] | `w_i (Sigma w)_i / w' Sigma w = b_i` |
//! | [`hrp`] | hierarchical risk parity |
//! | [`min_cvar`] | min conditional value at risk over scenarios |
//!
//! # How the convex programs are solved
//!
//! Clarabel's interior-point method, on one thread, finds which constraints bind. An active-set
//! step then solves the optimality conditions for exactly those and checks every sign and every
//! bound, changing the set where it was wrong. So a weight at a bound *equals* the bound, weights
//! sum to the budget within 1e-12 (one or two units in the last place in practice), and
//! [`Residuals`] says how well the optimality conditions hold. Where the optimum is not unique
//! (twin assets), the weights are one of the optima and always the same one.
//!
//! # What is an error and what is a status
//!
//! Constraints that nothing can satisfy are bad input: an [`Error`](crate::Error) that carries the
//! numbers, see [`Error::is_infeasible`](crate::Error::is_infeasible). A solver that runs into its
//! iteration limit has found something worth looking at: [`Status::StoppedEarly`].

mod active_set;
mod attainable;
mod constraints;
mod cvar;
mod efficient_risk;
mod hierarchical;
mod interior_point;
mod mean_variance;
mod program;
mod risk_parity;
mod sharpe;
mod solution;
mod tracking;

pub use constraints::{Constraints, Group};
pub use cvar::{TailRisk, min_cvar, tail_risk};
pub use efficient_risk::efficient_risk;
pub use hierarchical::{ClusterDistance, Linkage, hrp};
pub use mean_variance::{efficient_return, max_utility, min_volatility};
pub use risk_parity::{risk_budgeting, risk_parity};
pub use sharpe::{max_diversification, max_sharpe};
pub use solution::{Residuals, Solution, Status};
pub use tracking::{feasible_prior, min_tracking_error};
