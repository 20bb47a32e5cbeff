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
    /// Whole microseconds since 1970-01-01, whatever the number of digits.
    UnixMicroseconds,
    /// Whole nanoseconds since 1970-01-01, whatever the number of digits.
    UnixNanoseconds,
}

impl DateFormat {
    /// Nanoseconds of the unit in which dates are counted.
    pub(crate) fn unit(self) -> Option<i64> {
        match self {
            Self::Detect => None,
            Self::UnixSeconds => Some(1_000_000_000),
            Self::UnixMilliseconds => Some(1_000_000),
            Self::UnixMicroseconds => Some(1_000),
            Self::UnixNanoseconds => Some(1),
        }
    }
}

/// What happens to rows that lack values (NaN).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// They are errors that name the column and the date.
    Reject,
    /// They stay as they are.
    Keep,
    /// They are left out.
    Drop,
}
