#![doc = include_str!("../README.md")]

mod block;
mod builder;
mod civil;
pub mod csv;
mod error;
mod file;
mod frame;
mod names;
mod options;
mod rows;
mod spelling;
pub mod time;
mod validate;

pub use builder::FrameBuilder;
pub use error::{Error, ErrorKind, PriceFlaw, Result};
pub use frame::Frame;
pub use options::{DateFormat, NanPolicy};
pub use rows::RowBuilder;
