//! Equity at the close of each bar as returns of calendar months and years.

use serde::Serialize;
use tangency_shared_data::time::format_date;

/// The returns of one calendar year, decimal fractions; they compound to the year's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct YearRow {
    /// The year, as dates are written.
    pub year: String,
    /// January to December; `None` for a month without a bar.
    pub months: [Option<f64>; 12],
    /// The year as far as there are bars.
    pub total: f64,
}

/// Returns of the months (UTC) in which there are bars, from the last close of the month before, or
/// from `cash` in the first. A month without bars belongs to nobody: what happened over it shows in
/// the next month that has one.
pub(super) fn by_month(timestamps: &[i64], equity: &[f64], cash: f64) -> Vec<YearRow> {
    let mut years: Vec<YearRow> = Vec::new();
    let (mut before_month, mut before_year) = (cash, cash);
    for (bar, (&at, &value)) in timestamps.iter().zip(equity).enumerate() {
        let (year, month) = year_and_month(at);
        let next = timestamps.get(bar + 1).map(|&next| year_and_month(next));
        if next.as_ref() == Some(&(year.clone(), month)) {
            continue;
        }
        if years.last().is_none_or(|row| row.year != year) {
            years.push(YearRow { year: year.clone(), months: [None; 12], total: 0.0 });
        }
        if let Some(row) = years.last_mut() {
            row.months[month] = Some(value / before_month - 1.0);
            row.total = value / before_year - 1.0;
        }
        before_month = value;
        if next.is_none_or(|(next, _)| next != year) {
            before_year = value;
        }
    }
    years
}

/// The year as written, and the month from 0.
fn year_and_month(at: i64) -> (String, usize) {
    let date = format_date(at);
    let day = date.split('T').next().unwrap_or_default();
    // Years before 0 or beyond 9999 do not fit into the nanoseconds of a timestamp.
    let month = day.get(5..7).and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    (day.get(..4).unwrap_or_default().to_owned(), month - 1)
}

#[cfg(test)]
mod tests {
    use tangency_shared_data::time::from_ymd;

    use super::*;

    fn at(year: i32, month: u32, day: u32) -> i64 {
        from_ymd(year, month, day).unwrap()
    }

    #[test]
    fn months_compound_to_the_year_and_gaps_stay_empty() {
        let timestamps = [
            at(2019, 11, 29),
            at(2019, 12, 2),
            at(2019, 12, 31),
            at(2020, 1, 2),
            at(2020, 3, 2),
            at(2020, 3, 31),
        ];
        let equity = [101.0, 110.0, 103.0, 99.0, 120.0, 132.0];
        let years = by_month(&timestamps, &equity, 100.0);
        assert_eq!(years.len(), 2);
        assert_eq!((years[0].year.as_str(), years[1].year.as_str()), ("2019", "2020"));
        assert_eq!(years[0].months[10], Some(101.0 / 100.0 - 1.0));
        assert_eq!(years[0].months[11], Some(103.0 / 101.0 - 1.0));
        assert_eq!(years[0].total, 103.0 / 100.0 - 1.0);
        assert_eq!(years[1].months[0], Some(99.0 / 103.0 - 1.0));
        assert_eq!(years[1].months[1], None, "no bar in February");
        assert_eq!(years[1].months[2], Some(132.0 / 99.0 - 1.0));
        assert_eq!(years[1].total, 132.0 / 103.0 - 1.0);
        for year in &years {
            let compounded: f64 = year.months.iter().flatten().map(|r| 1.0 + r).product();
            assert!((compounded - 1.0 - year.total).abs() < 1e-15);
        }
    }

    #[test]
    fn bars_within_a_day_fall_into_their_month() {
        let hour = 3_600_000_000_000;
        let timestamps = [at(2020, 1, 31) + 23 * hour, at(2020, 2, 1), at(2020, 2, 1) + hour];
        let years = by_month(&timestamps, &[1.1, 1.21, 1.21], 1.0);
        assert_eq!(years[0].months[0], Some(1.1 - 1.0));
        assert!((years[0].months[1].unwrap() - 0.1).abs() < 1e-15);
    }
}
