//! Golden values, tolerances and generators shared by the tests.
//!
//! Values only, never scripts: each folder under `golden/` says where its numbers come from, under
//! which licence, and which tolerance they deserve. Nothing here depends on another crate of the
//! workspace, so every crate may use it as a development dependency.

pub mod backtest;
pub mod optimize;
pub mod forecast;
pub mod preprocess;
pub mod prices;
mod reference;

pub use reference::{golden, reference_dir};
