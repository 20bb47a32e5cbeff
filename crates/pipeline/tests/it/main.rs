//! Behaviour of the pipeline through its public API.

mod bad_input;
mod files;
mod look_ahead;
mod luck;
mod panels;
mod same_bits;
mod skill;
