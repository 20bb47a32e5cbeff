#![doc = include_str!("../README.md")]

mod block;
mod builder;
mod civil;
pub mod csv;
mod error;
mod file;
mod format;
mod frame;
#[cfg(feature = "arrow2")]
pub mod interop;
pub mod ipc;
mod names;
mod options;
#[cfg(feature = "parquet")]
pub mod parquet;
mod rows;
mod spelling;
mod staged;
mod table;
pub mod time;
mod validate;

pub use builder::FrameBuilder;
pub use error::{Error, ErrorKind, PriceFlaw, Result};
pub use format::{Reader, read, write};
pub use frame::Frame;
pub use options::{DateFormat, NanPolicy};
pub use rows::RowBuilder;
pub use staged::StagedFile;
