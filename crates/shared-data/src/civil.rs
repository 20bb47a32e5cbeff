//! Calendar arithmetic on Unix nanoseconds, without errors of its own.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Weekday};

pub(crate) const NANOS_PER_SECOND: i64 = 1_000_000_000;
pub(crate) const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// Days from the first of January of year 1 to the Unix epoch, as chrono counts them.
const EPOCH_DAY: i64 = 719_163;

/// Days from the Unix epoch to a calendar day; `None` when there is no such day.
pub(crate) fn day_number(year: i32, month: u32, day: u32) -> Option<i64> {
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(i64::from(date.num_days_from_ce()) - EPOCH_DAY)
}

/// Days from the Unix epoch to the day of an ISO week, Monday being 1; `None` when there is none.
pub(crate) fn week_day_number(year: i32, week: u32, weekday: u8) -> Option<i64> {
    let weekday = Weekday::try_from(weekday.checked_sub(1)?).ok()?;
    let date = NaiveDate::from_isoywd_opt(year, week, weekday)?;
    Some(i64::from(date.num_days_from_ce()) - EPOCH_DAY)
}

/// Days from the Unix epoch to the so-manieth day of a year; `None` when there is none.
pub(crate) fn ordinal_day_number(year: i32, ordinal: u32) -> Option<i64> {
    let date = NaiveDate::from_yo_opt(year, ordinal)?;
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

/// Months from January of year 0 to the month of a day, given in days since the Unix epoch.
///
/// Days far outside of what nanoseconds in 64 bits can hold count as the last one that chrono knows.
pub(crate) fn month_number(day: i64) -> i64 {
    let date = i32::try_from(day + EPOCH_DAY).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
    let date = date.unwrap_or(NaiveDate::MAX);
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

/// The first day of a month, in days since the Unix epoch.
pub(crate) fn first_day(month_number: i64) -> i64 {
    let (year, month) = (month_number.div_euclid(12), month_number.rem_euclid(12) + 1);
    let first = i32::try_from(year).ok().and_then(|year| day_number(year, month as u32, 1));
    first.unwrap_or(i64::from(i32::MAX))
}
