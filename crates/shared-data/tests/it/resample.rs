//! Buckets of time.

use proptest::prelude::*;
use tangency_shared_data::resample::{Bucket, Resample, Rule, Side, Weekday};
use tangency_shared_data::{ErrorKind, Frame, TextColumn, time};
use tangency_testkit::{prices, shared_data};

fn series(name: &str) -> Frame {
    let (times, prices, sizes) = match name {
        "ticks" => shared_data::ticks(),
        _ => {
            let closes = prices::sp500_20();
            let times = closes.dates.iter().map(|date| time::parse(date).unwrap()).collect();
            (times, closes.column("AAPL").to_vec(), closes.column("MSFT").to_vec())
        }
    };
    Frame::builder(times).column("price", prices).column("size", sizes).build().unwrap()
}

fn side(name: &str) -> Side {
    if name == "left" { Side::Left } else { Side::Right }
}

fn is(found: f64, expected: Option<f64>, tolerance: f64) -> bool {
    match expected {
        None => found.is_nan(),
        Some(expected) => (found - expected).abs() <= tolerance * expected.abs(),
    }
}

#[test]
fn as_pandas_has_it() {
    let (closes, ticks) = (series("closes"), series("ticks"));
    let cases = shared_data::resampled();
    assert!(cases.len() > 70);
    for case in cases {
        let context = format!("{case:?}");
        let frame = if case.series == "ticks" { &ticks } else { &closes };
        let bucket: Bucket = case.bucket.parse().unwrap();
        let mut resample = Resample::new(bucket);
        if let Some(closed) = &case.closed {
            resample = resample.closed(side(closed));
        }
        if let Some(label) = &case.label {
            resample = resample.label(side(label));
        }
        // Without empty buckets there are so many rows fewer.
        let bars = resample.bars(frame, "price", Some("size")).unwrap();
        assert_eq!(bars.n_rows(), case.n_rows - case.n_empty, "{context}");
        let resample = resample.keep_empty(true);
        let bars = resample.bars(frame, "price", Some("size")).unwrap();
        assert_eq!(bars.n_rows(), case.n_rows, "{context}");
        assert_eq!(bars.names(), ["open", "high", "low", "close", "volume"]);
        let prices = frame.select(&["price"]).unwrap();
        let mean = resample.clone().rule("price", Rule::Mean).apply(&prices).unwrap();
        let count = resample.rule("price", Rule::Count).apply(&prices).unwrap();
        for (row, label, open, high, low, close, sum, average, n) in case.rows {
            assert_eq!(bars.timestamps()[row], label, "{context}, row {row}");
            let found = |name: &str| bars.column(name).unwrap()[row];
            let exact = [("open", open), ("high", high), ("low", low), ("close", close)];
            for (name, expected) in exact {
                assert!(is(found(name), expected, 0.0), "{context}, row {row}, {name}");
            }
            // Both add up with compensation, pandas within one pass over all groups.
            assert!(is(found("volume"), sum, 1e-12), "{context}, row {row}");
            assert!(is(mean.column("price").unwrap()[row], average, 1e-12), "{context}, row {row}");
            // pandas counts no prices in an empty bucket, which is NaN here.
            let count = count.column("price").unwrap()[row];
            assert!(
                is(count, n, 0.0) || (count.is_nan() && n == Some(0.0)),
                "{context}, row {row}"
            );
        }
    }
}

#[test]
fn bars_of_bars_by_their_names() {
    let day = time::NANOS_PER_DAY;
    let bars = Frame::builder(&[0, day, 2 * day])
        .column("Open", &[1.0, 2.0, 3.0])
        .column("HIGH", &[5.0, 9.0, 4.0])
        .column("low", &[0.5, 0.7, 0.2])
        .column("Close", &[2.0, f64::NAN, 3.5])
        .column("volume", &[10.0, f64::NAN, 5.0])
        .column("trades", &[3.0, 4.0, 5.0])
        .text_column("session", TextColumn::new(["a", "b", "c"]).unwrap())
        .build()
        .unwrap();
    let error = Resample::new(Bucket::MonthEnd).apply(&bars).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NoRule);
    assert_eq!(error.column(), Some("trades"));
    let month = Resample::new(Bucket::MonthEnd).otherwise(Rule::Sum).apply(&bars).unwrap();
    assert_eq!(month.timestamps(), [time::parse("1970-01-31").unwrap()]);
    let row: Vec<f64> = month.columns().map(|(_, values)| values[0]).collect();
    assert_eq!(row, [1.0, 9.0, 0.2, 3.5, 15.0, 12.0]);
    assert_eq!(month.text("session").unwrap().get(0), Some("c"));
    let chosen =
        Resample::new(Bucket::MonthEnd).rule("trades", Rule::Max).rule("Close", Rule::First);
    let month = chosen.apply(&bars).unwrap();
    assert_eq!(month.column("trades").unwrap(), [5.0]);
    assert_eq!(month.column("Close").unwrap(), [2.0]);
}

#[test]
fn gaps_stay_gaps() {
    let hour = 3_600_000_000_000;
    let frame = Frame::builder(&[0, 3 * hour, 3 * hour + 1])
        .column("close", &[1.0, f64::NAN, f64::NAN])
        .column("volume", &[f64::NAN; 3])
        .build()
        .unwrap();
    let hourly = Resample::new(Bucket::Every(hour));
    let short = hourly.apply(&frame).unwrap();
    assert_eq!(short.timestamps(), [0, 3 * hour]);
    assert!(short.column("close").unwrap()[1].is_nan(), "nothing is carried over");
    assert!(short.column("volume").unwrap().iter().all(|v| v.is_nan()), "no sum of nothing");
    let long = hourly.keep_empty(true).apply(&frame).unwrap();
    assert_eq!(long.timestamps(), [0, hour, 2 * hour, 3 * hour]);
    assert!(long.column("close").unwrap()[1..].iter().all(|v| v.is_nan()));
    let empty = frame.slice(0..0).unwrap();
    assert_eq!(Resample::new(Bucket::MonthEnd).apply(&empty).unwrap().n_rows(), 0);
}

#[test]
fn what_is_refused() {
    let frame = Frame::builder(&[i64::MIN, i64::MAX]).column("close", &[1.0, 2.0]).build().unwrap();
    for nanos in [0, -5] {
        let error = Resample::new(Bucket::Every(nanos)).apply(&frame).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::BadSpan { nanos });
    }
    let error = Resample::new(Bucket::YearEnd).apply(&frame).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::DateOutOfRange { .. }), "{error}");
    let error = Resample::new(Bucket::YearStart).rule("clse", Rule::Sum).apply(&frame).unwrap_err();
    assert!(error.to_string().contains("did you mean \"close\"?"), "{error}");
    let error = Resample::new(Bucket::YearStart).bars(&frame, "close", Some("v")).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnknownColumn { .. }), "{error}");
}

fn bucket() -> impl Strategy<Value = Bucket> {
    prop_oneof![
        (1..200_000_i64).prop_map(|seconds| Bucket::Every(seconds * 1_000_000_000)),
        Just(Bucket::Week(Weekday::Wednesday)),
        Just(Bucket::MonthStart),
        Just(Bucket::MonthEnd),
        Just(Bucket::QuarterStart),
        Just(Bucket::QuarterEnd),
        Just(Bucket::YearStart),
        Just(Bucket::YearEnd),
    ]
}

proptest! {
    /// Each row goes into one bucket, and its label is where it should be.
    #[test]
    fn no_row_is_lost(
        bucket in bucket(),
        steps in proptest::collection::vec(1..40_000_000_000_000_000_i64, 1..40),
        start in -1_000_000_000_000_000_000..1_000_000_000_000_000_000_i64,
        right in any::<bool>(),
        keep in any::<bool>(),
    ) {
        // Empty buckets of some seconds over years would be too many.
        let keep = keep && !matches!(bucket, Bucket::Every(_));
        let times: Vec<i64> = steps.iter().scan(start, |t, step| { *t += step; Some(*t) }).collect();
        let n = times.len();
        let frame = Frame::builder(&times).column("close", vec![1.0; n]).build().unwrap();
        let closed = if right { Side::Right } else { Side::Left };
        let count = |label| {
            Resample::new(bucket)
                .closed(closed)
                .label(label)
                .rule("close", Rule::Count)
                .keep_empty(keep)
                .apply(&frame)
                .unwrap()
        };
        let (left, right) = (count(Side::Left), count(Side::Right));
        let counts = left.column("close").unwrap();
        prop_assert_eq!(counts.iter().filter(|c| !c.is_nan()).sum::<f64>(), n as f64);
        prop_assert_eq!(counts.len(), right.n_rows());
        let mut row = 0;
        for (at, &n) in counts.iter().enumerate() {
            let (from, to) = (left.timestamps()[at], right.timestamps()[at]);
            prop_assert!(from < to);
            for _ in 0..if n.is_nan() { 0 } else { n as usize } {
                let day = time::NANOS_PER_DAY;
                prop_assert!(from <= times[row] && times[row] < to + day);
                row += 1;
            }
        }
    }
}

#[test]
fn rows_far_apart_do_not_ask_for_memory_without_bounds() {
    let years = 30 * 366 * time::NANOS_PER_DAY;
    let frame = Frame::builder(&[0, years]).column("close", &[1.0, 2.0]).build().unwrap();
    let seconds = Resample::new(Bucket::Every(1_000_000_000)).keep_empty(true);
    let error = seconds.apply(&frame).unwrap_err();
    let n_rows = 30 * 366 * 86_400;
    assert_eq!(*error.kind(), ErrorKind::TooLarge { n_rows, n_columns: 1 });
    assert_eq!(seconds.keep_empty(false).apply(&frame).unwrap().n_rows(), 2);
    let single = Resample::new(Bucket::Every(1)).keep_empty(true);
    let ends = Frame::builder(&[i64::MIN + 1, i64::MAX - 1]).column("close", &[1.0, 2.0]);
    let error = single.apply(&ends.build().unwrap()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooLarge { .. }), "{error}");
    let days = Resample::new(Bucket::Every(time::NANOS_PER_DAY)).keep_empty(true);
    assert_eq!(days.apply(&frame).unwrap().n_rows(), 30 * 366 + 1);
}

#[test]
fn bars_beside_a_text_of_the_same_name_are_refused() {
    let frame = Frame::builder(&[0, 1])
        .column("price", &[1.0, 2.0])
        .text_column("close", TextColumn::new(["early", "late"]).unwrap())
        .build()
        .unwrap();
    let error = Resample::new(Bucket::Every(10)).bars(&frame, "price", None).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::DuplicateColumn { .. }), "{error}");
}
