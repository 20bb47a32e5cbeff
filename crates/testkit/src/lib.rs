#![doc = include_str!("../README.md")]

pub mod backtest;
pub mod forecast;
pub mod optimize;
pub mod preprocess;
pub mod prices;
pub mod random_walks;
mod reference;

pub use random_walks::write_random_walks;
pub use reference::{golden, reference_dir};
