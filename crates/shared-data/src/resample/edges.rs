//! Where one bucket ends and the next begins.
//!
//! Times are `i128` here: an edge may lie just outside of what Unix nanoseconds in 64 bits can hold.

use super::bucket::Bucket;
use super::sampler::Side;
use crate::civil::{self, NANOS_PER_DAY};

/// The moments that cut time into buckets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edges {
    bucket: Bucket,
    /// A moment from which buckets of fixed length are counted.
    origin: i128,
    closed: Side,
}

const DAY: i128 = NANOS_PER_DAY as i128;

impl Edges {
    /// Edges for rows of which the first has that timestamp.
    pub(crate) fn new(bucket: Bucket, first: i64, closed: Side) -> Self {
        let first = i128::from(first);
        Self { bucket, origin: first - first.rem_euclid(DAY), closed }
    }

    /// The left and the right edge of the bucket of a time.
    pub(crate) fn around(&self, time: i64) -> (i128, i128) {
        let time = i128::from(time);
        match self.closed {
            Side::Left => {
                let left = self.at_or_before(time);
                (left, self.after(left))
            }
            Side::Right => {
                // A bucket that ends with a day has the whole of that day.
                let whole_days = self.bucket.by_end();
                let time = if whole_days { time - time.rem_euclid(DAY) } else { time };
                let edge = self.at_or_before(time);
                if edge == time {
                    (self.at_or_before(edge - 1), edge)
                } else {
                    (edge, self.after(edge))
                }
            }
        }
    }

    /// The last edge that is not after a time.
    fn at_or_before(&self, time: i128) -> i128 {
        let days = time.div_euclid(DAY);
        match self.bucket {
            Bucket::Every(nanos) => time - (time - self.origin).rem_euclid(i128::from(nanos)),
            Bucket::Week(end) => {
                // 1970-01-01 was a Thursday, three days after Monday.
                (days - (days + 3 - i128::from(end.number())).rem_euclid(7)) * DAY
            }
            Bucket::MonthStart => months(days, 1) * DAY,
            Bucket::QuarterStart => months(days, 3) * DAY,
            Bucket::YearStart => months(days, 12) * DAY,
            // The day before a first day.
            Bucket::MonthEnd => (months(days + 1, 1) - 1) * DAY,
            Bucket::QuarterEnd => (months(days + 1, 3) - 1) * DAY,
            Bucket::YearEnd => (months(days + 1, 12) - 1) * DAY,
        }
    }

    /// The edge after an edge.
    pub(crate) fn after(&self, edge: i128) -> i128 {
        // No calendar bucket is longer than two of its kind are apart: go safely into the next one.
        match self.bucket {
            Bucket::Every(nanos) => edge + i128::from(nanos),
            Bucket::Week(_) => edge + 7 * DAY,
            Bucket::MonthStart | Bucket::MonthEnd => self.at_or_before(edge + 32 * DAY),
            Bucket::QuarterStart | Bucket::QuarterEnd => self.at_or_before(edge + 100 * DAY),
            Bucket::YearStart | Bucket::YearEnd => self.at_or_before(edge + 370 * DAY),
        }
    }

    /// The number of buckets from one edge to another, at most: exact for those of fixed length.
    pub(crate) fn between(&self, from: i128, to: i128) -> usize {
        // No bucket of the calendar is shorter than a week.
        let length = match self.bucket {
            Bucket::Every(nanos) => i128::from(nanos),
            _ => 7 * DAY,
        };
        usize::try_from((to - from).max(0) / length).unwrap_or(usize::MAX)
    }
}

/// The first day of the month, quarter or year (so many months) of a day, in days since the epoch.
fn months(days: i128, step: i64) -> i128 {
    let month = civil::month_number(days as i64);
    i128::from(civil::first_day(month - month.rem_euclid(step)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resample::Weekday;
    use crate::time;

    #[track_caller]
    fn check(bucket: Bucket, closed: Side, time: &str, left: &str, right: &str) {
        let time = time::parse(time).unwrap();
        let edges = Edges::new(bucket, time, closed).around(time);
        let text = |nanos: i128| time::format_date(i64::try_from(nanos).unwrap());
        assert_eq!((text(edges.0), text(edges.1)), (left.to_owned(), right.to_owned()));
    }

    #[test]
    fn calendars() {
        use Side::{Left, Right};
        check(Bucket::MonthStart, Left, "2020-02-29T12:00", "2020-02-01", "2020-03-01");
        check(Bucket::MonthStart, Left, "2020-02-01", "2020-02-01", "2020-03-01");
        check(Bucket::MonthStart, Right, "2020-02-01", "2020-01-01", "2020-02-01");
        check(Bucket::MonthEnd, Right, "2020-02-29T12:00", "2020-01-31", "2020-02-29");
        check(Bucket::MonthEnd, Right, "2020-01-31", "2019-12-31", "2020-01-31");
        check(Bucket::MonthEnd, Left, "2020-01-31", "2020-01-31", "2020-02-29");
        check(Bucket::QuarterEnd, Right, "2020-01-31", "2019-12-31", "2020-03-31");
        check(Bucket::QuarterStart, Left, "1969-12-31", "1969-10-01", "1970-01-01");
        check(Bucket::YearEnd, Right, "2020-12-31T23:59", "2019-12-31", "2020-12-31");
        check(Bucket::YearStart, Left, "2020-12-31", "2020-01-01", "2021-01-01");
        check(Bucket::Week(Weekday::Sunday), Right, "2020-01-05", "2019-12-29", "2020-01-05");
        check(Bucket::Week(Weekday::Friday), Right, "2020-01-04", "2020-01-03", "2020-01-10");
    }

    #[test]
    fn fixed_lengths() {
        let week = Bucket::Every(7 * NANOS_PER_DAY);
        check(week, Side::Left, "2020-01-04T13:00", "2020-01-04", "2020-01-11");
        let hours = Bucket::Every(7 * 3_600_000_000_000);
        check(
            hours,
            Side::Left,
            "2020-01-04T13:00",
            "2020-01-04T07:00:00Z",
            "2020-01-04T14:00:00Z",
        );
        check(hours, Side::Right, "2020-01-04T07:00", "2020-01-04", "2020-01-04T07:00:00Z");
        // The first and the last moments there are.
        for time in [i64::MIN, i64::MAX] {
            for bucket in
                [hours, Bucket::MonthEnd, Bucket::YearStart, Bucket::Week(Weekday::Monday)]
            {
                for side in [Side::Left, Side::Right] {
                    let (left, right) = Edges::new(bucket, time, side).around(time);
                    assert!(left < right);
                }
            }
        }
    }
}
