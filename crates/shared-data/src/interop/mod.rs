//! Frames and the arrays of other libraries, each behind a feature of its name.

pub mod arrow2;
