//! What the benches of the workspace share; run them with `cargo xtask bench`.

pub mod allocations;
pub mod experiment;
pub mod peers;
