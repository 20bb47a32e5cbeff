//! Choices that readers share.

/// What happens to missing values: empty cells, nulls, NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NanPolicy {
    /// They are errors that name the column and the date.
    #[default]
    Reject,
    /// They become NaN.
    Keep,
}

/// How a date column that holds numbers is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DateFormat {
    /// By its form, as [`time::parse`](crate::time::parse) does.
    #[default]
    Detect,
    /// Whole seconds since 1970-01-01, whatever the number of digits.
    UnixSeconds,
    /// Whole milliseconds since 1970-01-01, whatever the number of digits.
    UnixMilliseconds,
}
