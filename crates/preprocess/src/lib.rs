#![doc = include_str!("../README.md")]

mod error;
pub mod folds;
pub mod indicators;
pub mod returns;

pub use error::{Error, ErrorKind, Result};
