//! Criterion benches of the workspace; run them with `cargo xtask bench`.
