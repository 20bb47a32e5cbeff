//! Forecasts that any model has to beat.

mod drift;
mod naive;

pub use drift::{Drift, FittedDrift};
pub use naive::{FittedNaive, Naive};
