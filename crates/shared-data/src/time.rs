//! Unix nanoseconds as dates, and dates as Unix nanoseconds.
//!
//! All times are UTC; days have 86,400 seconds. 64 bits of nanoseconds reach from 1677-09-21 to
//! 2262-04-11.

use crate::civil::{self, NANOS_PER_SECOND};
use crate::error::{Error, ErrorKind, Result, excerpt};

/// Nanoseconds of a day.
pub const NANOS_PER_DAY: i64 = civil::NANOS_PER_DAY;

/// A time as text: `2020-01-31` at midnight UTC, otherwise `2020-01-31T16:00:00Z`, with as many
/// decimals of a second (3, 6 or 9) as it needs. [`parse`] gives the same time back.
///
/// ```
/// use tangency_shared_data::time;
///
/// assert_eq!(time::format_date(0), "1970-01-01");
/// assert_eq!(time::format_date(57_600_500_000_000), "1970-01-01T16:00:00.500Z");
/// ```
#[must_use]
pub fn format_date(nanos: i64) -> String {
    civil::format(nanos)
}

/// Midnight UTC of a calendar day; `None` when there is no such day, or it does not fit.
#[must_use]
pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<i64> {
    civil::day_number(year, month, day)?.checked_mul(NANOS_PER_DAY)
}

/// Unix nanoseconds of a date or time. White space around it is ignored.
///
/// | form | meaning |
/// |---|---|
/// | `2020-01-31`, `20200131`, `2020-031`, `2020-W05-5` | midnight UTC of the day |
/// | `2020-01-31T16:00`, `2020-01-31 16:00:05.25`, `20200131T160005` | that time, UTC |
/// | `2020-01-31T16:00:00Z`, `...+02:00`, `...-0530`, `...+02` | that time at that offset |
/// | `2020`, `2020-01`, `2020Q1`, `2020-Q1`, `2020-W05` | midnight UTC of the first day |
/// | 9 or 10 digits | Unix seconds (1973-03-03 to 2262-04-11) |
/// | 11 to 13 digits | Unix milliseconds (1970-04-26 to 2262-04-11) |
/// | `-` and up to 10 digits, up to 13 digits | Unix seconds, milliseconds |
///
/// Shorter numbers are no dates: they are more likely row numbers. A file whose Unix times lie
/// outside of these spans can say so with a [`DateFormat`](crate::DateFormat).
///
/// # Errors
///
/// [`ErrorKind::BadDate`] for any other text and for days and hours that no calendar or clock has;
/// [`ErrorKind::DateOutOfRange`] for times before 1677-09-21 or after 2262-04-11.
pub fn parse(text: &str) -> Result<i64> {
    try_parse(text).map_err(|failure| failure.error(text))
}

/// Why a text is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Form,
    Range,
}

impl Failure {
    pub(crate) fn error(self, text: &str) -> Error {
        let text = excerpt(text.trim());
        match self {
            Self::Form => ErrorKind::BadDate { text }.into(),
            Self::Range => ErrorKind::DateOutOfRange { text }.into(),
        }
    }
}

/// [`parse`] without the message.
pub(crate) fn try_parse(text: &str) -> Result<i64, Failure> {
    try_parse_bytes(text.trim().as_bytes())
}

/// [`try_parse`] of text without white space around it.
pub(crate) fn try_parse_bytes(text: &[u8]) -> Result<i64, Failure> {
    if let Some(digits) = text.strip_prefix(b"-") {
        return match digits.len() {
            1..=10 => scaled(number(digits)?, -NANOS_PER_SECOND),
            11..=13 => scaled(number(digits)?, -1_000_000),
            _ => Err(Failure::Form),
        };
    }
    if text.iter().all(u8::is_ascii_digit) {
        return match text.len() {
            4 => day(number(text)?, 1, 1),
            8 => day(number(&text[..4])?, number(&text[4..6])?, number(&text[6..])?),
            9..=10 => scaled(number(text)?, NANOS_PER_SECOND),
            11..=13 => scaled(number(text)?, 1_000_000),
            _ => Err(Failure::Form),
        };
    }
    calendar(text)
}

/// A whole number of a unit of so many nanoseconds, whatever its number of digits.
pub(crate) fn try_parse_units(text: &str, nanos: i64) -> Result<i64, Failure> {
    let units = text.trim().parse::<i64>().map_err(|_| Failure::Form)?;
    units.checked_mul(nanos).ok_or(Failure::Range)
}

/// Everything with a dash or a Q after the year.
fn calendar(text: &[u8]) -> Result<i64, Failure> {
    let (year, rest) = text.split_at_checked(4).ok_or(Failure::Form)?;
    let year = number(year)?;
    let quarter = rest.strip_prefix(b"-").unwrap_or(rest);
    if let [b'Q' | b'q', n @ b'1'..=b'4'] = quarter {
        return day(year, i64::from(n - b'1') * 3 + 1, 1);
    }
    match rest {
        [b'-', month @ ..] if month.len() == 2 => day(year, number(month)?, 1),
        [b'-', b'W' | b'w', week @ ..] => {
            let (week, weekday) = match week {
                [w1, w2] => ([*w1, *w2], 1),
                [w1, w2, b'-', weekday @ b'1'..=b'7'] => ([*w1, *w2], weekday - b'0'),
                _ => return Err(Failure::Form),
            };
            midnight(civil::week_day_number(year as i32, number(&week)? as u32, weekday))
        }
        [b'-', ordinal @ ..] if ordinal.len() == 3 => {
            midnight(civil::ordinal_day_number(year as i32, number(ordinal)? as u32))
        }
        [b'-', m1, m2, b'-', d1, d2, clock @ ..] => {
            day_and_clock(year, number(&[*m1, *m2])?, number(&[*d1, *d2])?, clock)
        }
        [m1, m2, d1, d2, b'T' | b't', ..] => {
            day_and_clock(year, number(&[*m1, *m2])?, number(&[*d1, *d2])?, &rest[4..])
        }
        _ => Err(Failure::Form),
    }
}

/// A day and what follows it: nothing, or a separator and a time.
fn day_and_clock(year: i64, month: i64, date: i64, clock: &[u8]) -> Result<i64, Failure> {
    if clock.is_empty() {
        return day(year, month, date);
    }
    let [b' ' | b'T' | b't', clock @ ..] = clock else {
        return Err(Failure::Form);
    };
    let clock = time_of_day(clock)?;
    // The time and the offset may bring a day back into range, or push it out.
    let days = day_number(year, month, date)?;
    let nanos = i128::from(days) * i128::from(NANOS_PER_DAY) + i128::from(clock);
    i64::try_from(nanos).map_err(|_| Failure::Range)
}

/// Nanoseconds after midnight UTC of `HH:MM[:SS[.f]]` or `HHMM[SS[.f]]` and an offset; may be negative.
fn time_of_day(text: &[u8]) -> Result<i64, Failure> {
    let (clock, offset) = match text.iter().position(|c| matches!(c, b'Z' | b'z' | b'+' | b'-')) {
        None => (text, 0),
        Some(at) => (&text[..at], offset_minutes(&text[at..])?),
    };
    let (hour, minute, seconds) = match clock {
        [h1, h2, b':', m1, m2, seconds @ ..] => {
            (number(&[*h1, *h2])?, number(&[*m1, *m2])?, seconds)
        }
        [h1, h2, m1, m2, seconds @ ..] => (number(&[*h1, *h2])?, number(&[*m1, *m2])?, seconds),
        _ => return Err(Failure::Form),
    };
    // With a colon after the hour there is one after the minute too.
    let seconds = match (clock.get(2), seconds) {
        (Some(b':'), [b':', digits @ ..]) if !digits.is_empty() => digits,
        (Some(b':'), [_, ..]) => return Err(Failure::Form),
        (_, seconds) => seconds,
    };
    let (second, fraction) = match seconds {
        [] => (0, &[][..]),
        [s1, s2] => (number(&[*s1, *s2])?, &[][..]),
        [s1, s2, b'.' | b',', fraction @ ..] if (1..=9).contains(&fraction.len()) => {
            (number(&[*s1, *s2])?, fraction)
        }
        _ => return Err(Failure::Form),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Failure::Form);
    }
    let mut nanos = if fraction.is_empty() { 0 } else { number(fraction)? };
    for _ in fraction.len()..9 {
        nanos *= 10;
    }
    Ok(((hour * 60 + minute - offset) * 60 + second) * NANOS_PER_SECOND + nanos)
}

/// Minutes east of Greenwich of `Z`, `+hh`, `+hhmm`, `+hh:mm`.
fn offset_minutes(text: &[u8]) -> Result<i64, Failure> {
    let (sign, digits) = match text {
        [b'Z' | b'z'] => return Ok(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return Err(Failure::Form),
    };
    let (hours, minutes) = match digits {
        [h1, h2] => (number(&[*h1, *h2])?, 0),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => (number(&[*h1, *h2])?, number(&[*m1, *m2])?),
        _ => return Err(Failure::Form),
    };
    if hours > 23 || minutes > 59 {
        return Err(Failure::Form);
    }
    Ok(sign * (hours * 60 + minutes))
}

/// At least one and at most 18 digits.
fn number(digits: &[u8]) -> Result<i64, Failure> {
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Failure::Form);
    }
    Ok(digits.iter().fold(0, |n, d| 10 * n + i64::from(d - b'0')))
}

fn scaled(units: i64, nanos: i64) -> Result<i64, Failure> {
    units.checked_mul(nanos).ok_or(Failure::Range)
}

fn day_number(year: i64, month: i64, day: i64) -> Result<i64, Failure> {
    // Callers pass at most four digits, so nothing is cut off.
    civil::day_number(year as i32, month as u32, day as u32).ok_or(Failure::Form)
}

fn day(year: i64, month: i64, day: i64) -> Result<i64, Failure> {
    midnight(Some(day_number(year, month, day)?))
}

/// The nanoseconds of a day, if there is such a day.
fn midnight(day: Option<i64>) -> Result<i64, Failure> {
    day.ok_or(Failure::Form)?.checked_mul(NANOS_PER_DAY).ok_or(Failure::Range)
}
