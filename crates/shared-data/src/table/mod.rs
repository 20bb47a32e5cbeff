//! Between frames and Arrow tables: what Parquet, Arrow files and record batches share.

mod dates;
mod export;
mod import;
mod long;
mod numbers;
mod share;
mod texts;

#[cfg(feature = "parquet")]
pub(crate) use dates::{fill as fill_dates, find as find_dates};
pub(crate) use export::{long_batch, plain_text};
#[cfg(any(feature = "arrow2", feature = "c-data"))]
pub(crate) use import::adopt;
pub(crate) use import::{Order, TableOptions, assemble};
pub(crate) use long::assemble_long;
#[cfg(feature = "parquet")]
pub(crate) use long::find_long;
#[cfg(feature = "parquet")]
pub(crate) use numbers::is_number;
pub(crate) use share::in_place;
#[cfg(feature = "parquet")]
pub(crate) use texts::is_text;
