//! The `tangency` command.

fn main() {}
