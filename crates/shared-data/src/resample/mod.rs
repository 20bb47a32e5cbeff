//! Rows of one bucket of time made into one: minutes into hours, days into months, trades into bars.
//!
//! [`Resample`] takes buckets of a fixed length or of the calendar, with the conventions of pandas for
//! which side of a bucket is closed and which one labels it. Times are UTC.

mod bucket;
mod edges;
mod rule;
mod sampler;

pub use bucket::{Bucket, Weekday};
pub use rule::Rule;
pub use sampler::{Resample, Side};
