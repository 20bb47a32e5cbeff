//! Frames side by side on one axis of time.
//!
//! [`join`] matches equal timestamps, [`AsOf`] takes the last known row of another frame. Neither fills in
//! a value nor sorts anything: where a frame has no row, its columns are NaN (its text is empty), and
//! rows are dropped only by [`Join::Inner`] and [`Join::Left`], as their names say.
//! [`Frame::with_gaps`] then drops or refuses incomplete rows, when asked.
//!
//! Column names must differ; [`Frame::renamed`] sees to that without a copy.

mod as_of;
mod gather;
mod join;

pub use as_of::{AsOf, Direction};
pub use join::{Join, join};

#[cfg(doc)]
use crate::Frame;
pub(crate) use gather::gather;
