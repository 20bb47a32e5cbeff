//! Returns.

use proptest::prelude::*;
use tangency_preprocess::returns::{log, log_into, simple, simple_into};
use tangency_testkit::prices::sp500_20;

#[test]
fn thirty_years_compound_back_to_the_last_price() {
    let prices = sp500_20();
    for closes in &prices.columns {
        let growth: f64 = simple(closes).unwrap().iter().map(|r| 1.0 + r).product();
        let logs: f64 = log(closes).unwrap().iter().sum();
        let want = closes[closes.len() - 1] / closes[0];
        // 8,312 roundings of half a unit in the last place, far from all in one direction.
        assert!((growth / want - 1.0).abs() < 1e-12, "{growth} {want}");
        assert!((logs.exp() / want - 1.0).abs() < 1e-12, "{logs} {want}");
    }
}

proptest! {
    #[test]
    fn both_kinds_say_the_same(prices in prop::collection::vec(0.01..1e5_f64, 1..50)) {
        let (simple, log) = (simple(&prices).unwrap(), log(&prices).unwrap());
        prop_assert_eq!(simple.len(), prices.len() - 1);
        for (row, (s, l)) in simple.iter().zip(&log).enumerate() {
            prop_assert_eq!(*s, prices[row + 1] / prices[row] - 1.0);
            // A return near zero keeps the absolute precision of a number near one.
            prop_assert!((s.ln_1p() - l).abs() < 1e-14 * (1.0 + l.abs()) + 4e-16 / (1.0 + s));
        }
    }

    #[test]
    fn buffers_take_the_same_values(prices in prop::collection::vec(0.01..1e5_f64, 2..50)) {
        let mut out = vec![0.0; prices.len() - 1];
        simple_into(&prices, &mut out).unwrap();
        prop_assert_eq!(&out, &simple(&prices).unwrap());
        log_into(&prices, &mut out).unwrap();
        prop_assert_eq!(&out, &log(&prices).unwrap());
    }
}

#[test]
fn the_row_of_a_bad_price_is_said() {
    let error = simple(&[1.0, f64::NAN, 0.0]).unwrap_err();
    assert!(error.is_data());
    assert_eq!(error.to_string(), "price at row 1 is NaN, expected a finite number above zero");
    assert_eq!(log(&[]).unwrap_err().to_string(), "needs 1 rows, got 0");
}
