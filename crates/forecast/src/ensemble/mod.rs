//! Combined forecasts, weighted by measured out-of-sample errors.
//!
//! [`Ensemble`] is a model of its own, which measures its members inside its training rows.
//! [`combine`] does the same with records that a walk-forward run has made already, looking at each
//! origin only at errors that were known by then.

mod combine;
mod fit;
mod weights;

pub use combine::{Combination, combine};
pub use fit::{Ensemble, FittedEnsemble};
