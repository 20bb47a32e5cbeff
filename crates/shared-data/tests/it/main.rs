//! Behaviour of the public API.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

mod csv_errors;
mod csv_read;
mod damaged;
mod files;
mod frame;
#[cfg(feature = "arrow2")]
mod interop_arrow2;
mod ipc;
#[cfg(feature = "parquet")]
mod parquet;
mod prices;
mod record_batch;
mod reference;
mod round_trip;
mod time;
