#![doc = include_str!("../README.md")]

pub mod adjust;
pub mod align;
mod block;
mod builder;
mod civil;
pub mod csv;
mod error;
mod file;
mod format;
mod frame;
mod gaps;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg(any(feature = "arrow2", feature = "c-data"))]
pub mod interop;
pub mod ipc;
mod long;
mod matrix;
mod names;
mod options;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod resample;
mod rows;
mod shared;
mod spelling;
mod staged;
mod table;
mod text;
pub mod time;
mod validate;

pub use builder::FrameBuilder;
pub use error::{Error, ErrorKind, PriceFlaw, Result};
pub use format::{Reader, read, read_long, write, write_long};
pub use frame::Frame;
pub use long::LongFrame;
pub use options::{DateFormat, Gaps, NanPolicy};
pub use rows::RowBuilder;
pub use shared::{Placement, SharedFrame};
pub use staged::StagedFile;
pub use text::TextColumn;
