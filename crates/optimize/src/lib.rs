#![doc = include_str!("../README.md")]

mod error;

pub mod allocation;
pub mod black_litterman;
pub mod risk;

pub use error::{Error, ErrorKind, Result};
