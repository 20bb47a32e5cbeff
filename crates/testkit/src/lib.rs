#![doc = include_str!("../README.md")]

pub mod backtest;
pub mod forecast;
pub mod ipc_files;
pub mod optimize;
pub mod overfitting;
pub mod preprocess;
pub mod prices;
pub mod random_walks;
mod reference;
pub mod shared_data;

pub use random_walks::write_random_walks;
pub use reference::{golden, reference_dir};
