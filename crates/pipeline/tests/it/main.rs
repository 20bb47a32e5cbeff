//! Behaviour of the pipeline through its public API.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod backtest;
mod bad_input;
mod files;
mod look_ahead;
mod luck;
mod panels;
mod same_bits;
mod skill;
mod study;
#[cfg(feature = "parquet")]
mod trials;
mod tuning;
