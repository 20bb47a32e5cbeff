//! Splits and dividends.

use proptest::prelude::*;
use tangency_shared_data::adjust::{Adjust, DividendMethod};
use tangency_shared_data::{ErrorKind, Frame};

fn closes(values: &[f64]) -> Frame {
    let days: Vec<i64> = (0..values.len() as i64).map(|day| 10 * day).collect();
    Frame::builder(days).column("close", values).build().unwrap()
}

#[test]
fn a_share_that_does_nothing_but_split_and_pay() {
    // 120; 4:1 split to 30; dividend of 3 on the next day; 1:2 reverse split.
    let bars = Frame::builder(&[0, 10, 20, 30])
        .column("Open", &[120.0, 30.0, 27.0, 54.0])
        .column("close", &[120.0, 30.0, 27.0, 54.0])
        .column("Volume", &[1.0, 4.0, 4.0, 2.0])
        .column("trades", &[7.0; 4])
        .build()
        .unwrap();
    let adjust = Adjust::new().split(10, 4.0).dividend(20, 3.0).split(30, 0.5).unchanged("trades");
    let ratio = adjust.apply(&bars).unwrap();
    assert_eq!(ratio.column("close").unwrap(), [54.0; 4]);
    assert_eq!(ratio.column("Open").unwrap(), [54.0; 4]);
    assert_eq!(ratio.column("Volume").unwrap(), [2.0; 4]);
    assert_eq!(ratio.column("trades").unwrap(), [7.0; 4]);
    let difference = adjust.clone().method(DividendMethod::Difference).apply(&bars).unwrap();
    assert_eq!(difference.column("close").unwrap(), [54.0; 4]);
    let splits = adjust.method(DividendMethod::None).apply(&bars).unwrap();
    assert_eq!(splits.column("close").unwrap(), [60.0, 60.0, 54.0, 54.0]);
}

#[test]
fn actions_of_one_day_and_between_rows() {
    // Of a split of the same day a dividend sees the new shares: 2 each on two of them.
    let same_day = Adjust::new().split(10, 2.0).dividend(10, 2.0).apply(&closes(&[100.0, 48.0]));
    assert_eq!(same_day.unwrap().column("close").unwrap(), [48.0, 48.0]);
    // Paid before the split, in old shares; both fall between two rows.
    let between = Adjust::new().dividend(3, 4.0).split(7, 2.0).apply(&closes(&[100.0, 48.0]));
    assert_eq!(between.unwrap().column("close").unwrap(), [48.0, 48.0]);
    // Two dividends at once are one.
    let twice = Adjust::new().dividend(10, 30.0).dividend(10, 20.0).apply(&closes(&[100.0, 50.0]));
    assert_eq!(twice.unwrap().column("close").unwrap(), [50.0, 50.0]);
}

#[test]
fn actions_that_separate_no_rows_change_nothing() {
    let frame = closes(&[1.0, 2.0, 3.0]);
    let adjust = Adjust::new().split(0, 2.0).split(-5, 3.0).dividend(0, 9.0).split(21, 7.0);
    assert!(adjust.apply(&frame).unwrap().same_bits(&frame));
    let empty = frame.slice(0..0).unwrap();
    assert_eq!(adjust.apply(&empty).unwrap().n_rows(), 0);
}

#[test]
fn missing_values_stay_missing() {
    let frame = closes(&[8.0, f64::NAN, 4.0, 4.0]);
    let adjusted = Adjust::new().split(30, 2.0).apply(&frame).unwrap();
    assert_eq!(adjusted.incomplete_rows(), [1]);
    assert_eq!(adjusted.column("close").unwrap()[0], 4.0);
    // The close before the ex-date is not there, and an older one would be a guess.
    let error = Adjust::new().dividend(20, 1.0).apply(&frame).unwrap_err();
    assert!(error.is_missing());
    assert_eq!(error.column(), Some("close"));
    let difference = Adjust::new().dividend(20, 1.0).method(DividendMethod::Difference);
    assert_eq!(difference.apply(&frame).unwrap().column("close").unwrap()[0], 7.0);
}

#[test]
fn what_is_refused() {
    let frame = closes(&[5.0, 4.0]);
    for ratio in [0.0, -2.0, f64::NAN, f64::INFINITY] {
        let error = Adjust::new().split(10, ratio).apply(&frame).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::BadAction { action: "split", .. }), "{error}");
    }
    for cash in [-1.0, f64::NAN, 5.0, 6.0] {
        let error = Adjust::new().dividend(10, cash).apply(&frame).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::BadAction { action: "dividend", .. }), "{error}");
    }
    let error = Adjust::new().dividend(86_400_000_000_000, 7.5).dividend(10, 6.0).apply(&frame);
    assert_eq!(
        error.unwrap_err().to_string(),
        "the dividend of 6 on 1970-01-01T00:00:00.000000010Z is not below the close before it, 5; \
         expected a smaller amount"
    );
    let wide = Frame::builder(&[0, 10]).column("AAPL", &[1.0, 2.0]).build().unwrap();
    let error = Adjust::new().split(10, 2.0).apply(&wide).unwrap_err();
    assert_eq!((error.kind(), error.column()), (&ErrorKind::NoRule, Some("AAPL")));
    let told = Adjust::new().split(10, 2.0).dividend(10, 0.25).close("AAPL").apply(&wide).unwrap();
    assert_eq!(told.column("AAPL").unwrap(), [0.25, 2.0]);
    let error = Adjust::new().dividend(10, 0.5).price("AAPL").apply(&wide).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnknownColumn { .. }), "{error}");
}

proptest! {
    /// The defining property of each method, from the quoted prices alone.
    #[test]
    fn returns_and_differences(
        rows in proptest::collection::vec(
            (10.0..100.0_f64, proptest::option::of(0.2..5.0_f64), proptest::option::of(0.0..1.5_f64)),
            2..15,
        ),
    ) {
        let prices: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let frame = closes(&prices);
        let mut adjust = Adjust::new();
        for (day, (_, split, dividend)) in rows.iter().enumerate().skip(1) {
            // Given in any order.
            if let Some(cash) = dividend {
                adjust = adjust.dividend(10 * day as i64, *cash);
            }
            if let Some(ratio) = split {
                adjust = adjust.split(10 * day as i64, *ratio);
            }
        }
        let ratio = adjust.apply(&frame).unwrap();
        let ratio = ratio.column("close").unwrap();
        let difference = adjust.method(DividendMethod::Difference).apply(&frame).unwrap();
        let difference = difference.column("close").unwrap();
        let last = rows.len() - 1;
        prop_assert_eq!(ratio[last], prices[last]);
        prop_assert_eq!(difference[last], prices[last]);
        for day in 1..rows.len() {
            let (split, cash) = (rows[day].1.unwrap_or(1.0), rows[day].2.unwrap_or(0.0));
            // One share at yesterday's price, without today's cash, against its new shares today.
            let expected = prices[day] * split / (prices[day - 1] - cash * split);
            let found = ratio[day] / ratio[day - 1];
            // A dozen roundings either way.
            prop_assert!((found - expected).abs() <= 1e-13 * expected);
            let shares: f64 = rows[day + 1..].iter().map(|row| row.1.unwrap_or(1.0)).product();
            let gain = (prices[day] + cash - prices[day - 1] / split) / shares;
            let found = difference[day] - difference[day - 1];
            let scale = difference.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
            prop_assert!((found - gain).abs() <= 1e-13 * scale.max(prices[day] / shares));
        }
    }
}
