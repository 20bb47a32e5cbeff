//! The Black-Litterman model: what the market implies, tilted by views according to their certainty.
//!
//! All returns are **excess** returns in the units of the covariance (annual with an annual one).
//! With N assets and K views:
//!
//! ```text
//! pi    = delta Sigma w                                     what the market's weights imply
//! A     = P tau Sigma P' + omega                            K x K
//! mean  = pi + tau Sigma P' A^-1 (Q - P pi)                 posterior mean
//! M     = tau Sigma - tau Sigma P' A^-1 P tau Sigma         uncertainty of that mean
//! covariance = Sigma + M                                    of the returns, given the views
//! ```
//!
//! Start from a [`Prior`], state [`Views`], ask for the [`Posterior`]:
//!
//! ```
//! use nalgebra::DMatrix;
//! use tangency_optimize::black_litterman::{Prior, View, Views};
//!
//! let covariance = DMatrix::from_row_slice(2, 2, &[0.04, 0.01, 0.01, 0.09]);
//! let prior = Prior::from_market_caps(covariance.as_view(), &[3.0, 1.0], 2.5)?
//!     .with_asset_names(["AAPL", "XOM"])?;
//! let views = Views::new()
//!     .with(View::absolute("XOM", 0.10).with_confidence(0.5))
//!     .with(View::relative(["AAPL"], ["XOM"], 0.01).with_confidence(0.0));
//! let posterior = prior.posterior(&views)?;
//!
//! // Half way between the prior of XOM and the view on it; the second view counts for nothing.
//! assert!((posterior.mean()[1] - (prior.mean()[1] + 0.10) / 2.0).abs() < 1e-12);
//! # Ok::<(), tangency_optimize::Error>(())
//! ```
//!
//! # How certain a view is
//!
//! | [`Uncertainty`] | `omega_kk` | meaning |
//! |---|---|---|
//! | `HeLitterman` (default) | `tau p Sigma p'` | as uncertain as the prior is about the same portfolio |
//! | `Confidence(c)` | `tau p Sigma p' (1 - c) / c` | the share of the way from prior to view that a lone view moves |
//! | `Variance(v)` | `v` | the variance of the error of the view, in the units of Sigma |
//!
//! Confidence 0 drops the view, 1 makes it certain. [`Views::with_omega`] sets the whole matrix.
//!
//! Sigma is never inverted: the K x K matrix A is factored, and weights for a prior built from
//! weights follow from it directly, so a singular Sigma is no obstacle to them. Certain views that
//! repeat each other are used once; certain views that contradict each other are an error.
//!
//! References: Black & Litterman (1992), "Global portfolio optimization"; He & Litterman (1999),
//! "The intuition behind Black-Litterman model portfolios"; Idzorek (2005), "A step-by-step guide to
//! the Black-Litterman model"; Walters (2014), "The Black-Litterman model in detail", for the closed
//! form of the confidence.

mod blend;
mod posterior;
mod prior;
mod view;
mod views;

pub use posterior::{Posterior, normalised};
pub use prior::{Prior, implied_risk_aversion};
pub use view::{AssetRef, Uncertainty, View};
pub use views::Views;
