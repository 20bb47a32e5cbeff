//! The command as a user meets it: exit codes, streams, documents, files.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod backtest;
mod bad_input;
mod command;
#[cfg(target_os = "linux")]
mod crash;
mod doctor;
mod forecast;
mod grid;
#[cfg(unix)]
mod interrupt;
#[cfg(target_os = "linux")]
mod journal;
mod run;
mod weights;
