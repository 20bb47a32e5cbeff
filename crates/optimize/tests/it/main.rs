//! Behaviour through the public API: one binary, one module a subject.

mod black_litterman;
mod risk;
