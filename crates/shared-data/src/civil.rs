//! Calendar arithmetic on Unix nanoseconds, without errors of its own.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};

pub(crate) const NANOS_PER_SECOND: i64 = 1_000_000_000;
pub(crate) const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// Days from the first of January of year 1 to the Unix epoch, as chrono counts them.
const EPOCH_DAY: i64 = 719_163;

/// Days from the Unix epoch to a calendar day; `None` when there is no such day.
pub(crate) fn day_number(year: i32, month: u32, day: u32) -> Option<i64> {
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(i64::from(date.num_days_from_ce()) - EPOCH_DAY)
}

/// `YYYY-MM-DD` at midnight UTC, otherwise `YYYY-MM-DDTHH:MM:SS[.f]Z`.
pub(crate) fn format(nanos: i64) -> String {
    let moment = DateTime::from_timestamp_nanos(nanos);
    let (year, month, day) = (moment.year(), moment.month(), moment.day());
    if nanos.rem_euclid(NANOS_PER_DAY) == 0 {
        return format!("{year:04}-{month:02}-{day:02}");
    }
    let (hour, minute, second) = (moment.hour(), moment.minute(), moment.second());
    let fraction = match nanos.rem_euclid(NANOS_PER_SECOND) {
        0 => String::new(),
        n if n % 1_000_000 == 0 => format!(".{:03}", n / 1_000_000),
        n if n % 1_000 == 0 => format!(".{:06}", n / 1_000),
        n => format!(".{n:09}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}
