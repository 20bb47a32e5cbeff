//! Behaviour of the public API.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

mod adjust;
mod align;
mod csv_errors;
mod csv_read;
mod damaged;
mod files;
mod foreign;
mod frame;
#[cfg(feature = "arrow2")]
mod interop_arrow2;
#[cfg(feature = "c-data")]
mod interop_c_data;
mod ipc;
mod long;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "parquet")]
mod parquet_parts;
mod prices;
mod record_batch;
mod reference;
mod resample;
mod round_trip;
mod shared;
mod time;
