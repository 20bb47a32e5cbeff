//! Lengths and calendars of buckets.

use std::str::FromStr;

use crate::civil::{NANOS_PER_DAY, NANOS_PER_SECOND};
use crate::error::{Error, ErrorKind, Result, excerpt};

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the days speak for themselves")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];
    const SHORT: [&'static str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

    /// Days after Monday.
    pub(crate) fn number(self) -> i64 {
        self as i64
    }
}

/// How time is cut into buckets. The text in brackets is what [`Bucket::from_str`] reads, in the
/// spelling of pandas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bucket {
    /// So many nanoseconds, counted from midnight UTC of the first row's day (`90s`, `5min`, `4h`, `1D`).
    Every(i64),
    /// Weeks that end on that day (`W-FRI`; `W` ends on Sunday).
    Week(Weekday),
    /// Months, known by their first day (`MS`).
    MonthStart,
    /// Months, known by their last day (`ME`).
    MonthEnd,
    /// Calendar quarters, known by their first day (`QS`).
    QuarterStart,
    /// Calendar quarters, known by their last day (`QE`).
    QuarterEnd,
    /// Years, known by their first day (`YS`).
    YearStart,
    /// Years, known by their last day (`YE`).
    YearEnd,
}

impl Bucket {
    /// Whether buckets are known by their last day; then that side is closed and labels them, unless
    /// told otherwise.
    pub(crate) fn by_end(self) -> bool {
        matches!(self, Self::Week(_) | Self::MonthEnd | Self::QuarterEnd | Self::YearEnd)
    }
}

impl FromStr for Bucket {
    type Err = Error;

    /// Reads the spelling of pandas: a whole number, 1 if left out, and `ns`, `us`, `ms`, `s`, `min`, `h`
    /// or `D`; or `W`, `W-MON` to `W-SUN`, `MS`, `ME`, `QS`, `QE`, `YS`, `YE`.
    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::from(ErrorKind::BadBucket { text: excerpt(text) });
        match text {
            "W" => return Ok(Self::Week(Weekday::Sunday)),
            "MS" => return Ok(Self::MonthStart),
            "ME" => return Ok(Self::MonthEnd),
            "QS" => return Ok(Self::QuarterStart),
            "QE" => return Ok(Self::QuarterEnd),
            "YS" => return Ok(Self::YearStart),
            "YE" => return Ok(Self::YearEnd),
            _ => {}
        }
        if let Some(day) = text.strip_prefix("W-") {
            let at = Weekday::SHORT.iter().position(|short| *short == day).ok_or_else(bad)?;
            return Ok(Self::Week(Weekday::ALL[at]));
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: i64 = if number.is_empty() { 1 } else { number.parse().map_err(|_| bad())? };
        let unit = match unit {
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => NANOS_PER_SECOND,
            "min" => 60 * NANOS_PER_SECOND,
            "h" => 3600 * NANOS_PER_SECOND,
            "D" => NANOS_PER_DAY,
            _ => return Err(bad()),
        };
        let nanos = number.checked_mul(unit).filter(|&nanos| nanos > 0).ok_or_else(bad)?;
        Ok(Self::Every(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let check = |text: &str, expected| assert_eq!(text.parse::<Bucket>().unwrap(), expected);
        check("5min", Bucket::Every(300_000_000_000));
        check("h", Bucket::Every(3_600_000_000_000));
        check("1D", Bucket::Every(NANOS_PER_DAY));
        check("250ms", Bucket::Every(250_000_000));
        check("W", Bucket::Week(Weekday::Sunday));
        check("W-FRI", Bucket::Week(Weekday::Friday));
        check("QE", Bucket::QuarterEnd);
        for text in ["", "5", "0min", "-1h", "M", "1.5h", "W-FOO", "99999999999D", "5 min", "2ME"] {
            let error = text.parse::<Bucket>().unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::BadBucket { .. }), "{text}: {error}");
        }
    }
}
