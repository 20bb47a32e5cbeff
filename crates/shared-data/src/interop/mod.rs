//! Frames and the arrays of other libraries, each behind a feature of its name.

#[cfg(feature = "arrow2")]
pub mod arrow2;
#[cfg(feature = "c-data")]
pub mod c_data;
