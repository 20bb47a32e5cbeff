#![doc = include_str!("../README.md")]

mod error;
mod factorisation;
mod nearest_name;
mod outcomes;

pub mod allocation;
pub mod backtest;
pub mod black_litterman;
pub mod metrics;
pub mod overfitting;
pub mod resampling;
pub mod risk;
pub mod search;
pub mod validation;

pub use error::{Error, ErrorKind, Result};
/// The matrix types of the public interface, in the version they come from.
pub use nalgebra;
