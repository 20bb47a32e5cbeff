//! Behaviour through the public API, against golden values and against plain definitions.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

mod folds;
mod golden_indicators;
mod indicators;
mod purged_folds;
mod returns;
