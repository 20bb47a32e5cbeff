//! Covariance matrices and expected returns from a matrix of returns.
//!
//! Every estimator takes a `T x N` view, one row a period and one column an asset, in simple
//! returns as decimal fractions, and gives its figures **per period** unless it takes
//! `periods_per_year`. None accepts NaN: a gap is an error that names row and asset, because every
//! silent way to fill one biases the covariance.
//!
//! | estimator | follows |
//! |---|---|
//! | [`sample_covariance`] | the definition, divisor `T - ddof` |
//! | [`ledoit_wolf`] | Ledoit & Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices" |
//! | [`ledoit_wolf_constant_correlation`] | Ledoit & Wolf (2004), "Honey, I shrunk the sample covariance matrix" |
//! | [`ledoit_wolf_single_factor`] | Ledoit & Wolf (2003), "Improved estimation of the covariance matrix of stock returns" |
//! | [`oas`] | Chen, Wiesel, Eldar & Hero (2010), "Shrinkage algorithms for MMSE covariance estimation" |
//! | [`shrink_to_identity`] | a fixed intensity towards the mean variance |
//! | [`ewma_covariance`] | RiskMetrics (1996) and two relatives, see [`EwmaForm`] |
//! | [`semicovariance`] | downside co-moments about a benchmark return |
//! | [`factor_covariance`] | ordinary least squares on given factors |
//!
//! Sums run in one fixed order (eight lanes, one tree), so the same input gives the same bits on
//! every machine and whoever calls.

mod covariance;
mod ewma;
mod expected_returns;
mod factor;
mod gram;
mod observations;
mod portfolio;
mod semicovariance;
mod shrinkage;
mod shrinkage_target;
mod spectrum;

pub use covariance::{correlation, sample_covariance};
pub use ewma::{EwmaForm, ewma_covariance};
pub use expected_returns::{Averaging, capm_mean, exponential_mean, historical_mean};
pub use factor::{FactorModel, factor_covariance};
pub use portfolio::{mean_of, risk_contributions, variance_of, volatility_of};
pub use semicovariance::semicovariance;
pub use shrinkage::{Shrunk, ledoit_wolf, oas, shrink_to_identity};
pub use shrinkage_target::{ledoit_wolf_constant_correlation, ledoit_wolf_single_factor};
pub use spectrum::{check_covariance, clip_spectrum};

pub(crate) use gram::{axpy, dot, sum};
pub(crate) use observations::{Observations, check_finite, check_length};
pub(crate) use portfolio::multiply;
pub(crate) use spectrum::{check_psd, cholesky};
