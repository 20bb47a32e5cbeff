//! Between frames and Arrow tables: what Parquet, Arrow files and record batches share.

mod dates;
mod export;
mod import;
mod numbers;
mod share;

pub(crate) use import::{TableOptions, assemble};
