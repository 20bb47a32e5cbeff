//! Checks on values.

use tangency_shared_data::{ErrorKind, Frame, NanPolicy, PriceFlaw, time};

fn with_price(price: f64) -> Frame {
    let dates = [time::parse("2020-01-30").unwrap(), time::parse("2020-01-31").unwrap()];
    Frame::builder(&dates)
        .column("AAPL", &[1.0, f64::MIN_POSITIVE])
        .column("MSFT", vec![2.0, price])
        .build()
        .unwrap()
}

#[track_caller]
fn check(price: f64, flaw: PriceFlaw, message: &str) {
    let error = with_price(price).validate_prices().unwrap_err();
    assert_eq!(error.to_string(), message);
    let timestamp = time::parse("2020-01-31").unwrap();
    let expected = ErrorKind::BadPrice { asset: "MSFT".into(), row: 1, timestamp, flaw };
    assert_eq!(*error.kind(), expected);
}

#[test]
fn bad_prices_name_asset_and_date() {
    let on = "the price of MSFT on 2020-01-31 is";
    check(f64::NAN, PriceFlaw::Missing, &format!("{on} missing"));
    check(0.0, PriceFlaw::Zero, &format!("{on} zero, expected a positive number"));
    check(-0.0, PriceFlaw::Zero, &format!("{on} zero, expected a positive number"));
    check(-1.5, PriceFlaw::Negative(-1.5), &format!("{on} -1.5, expected a positive number"));
    let infinite = format!("{on} infinite, expected a finite number");
    check(f64::INFINITY, PriceFlaw::Infinite, &infinite);
    check(f64::NEG_INFINITY, PriceFlaw::Infinite, &infinite);
}

#[test]
fn good_prices_pass() {
    with_price(3.0).validate_prices().unwrap();
    with_price(5e-324).validate_prices().unwrap();
}

#[test]
fn missing_prices_can_be_accepted_and_bad_ones_not() {
    with_price(f64::NAN).validate_prices_with(NanPolicy::Keep).unwrap();
    assert!(with_price(0.0).validate_prices_with(NanPolicy::Keep).is_err());
}

#[test]
fn a_slice_is_checked_alone() {
    let frame = with_price(0.0);
    frame.slice(0..1).unwrap().validate_prices().unwrap();
    let error = frame.slice(1..2).unwrap().validate_prices().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::BadPrice { row: 0, .. }));
}

#[test]
fn completeness() {
    with_price(-1.0).validate_complete().unwrap();
    let error = with_price(f64::NAN).validate_complete().unwrap_err();
    assert_eq!(error.to_string(), "column \"MSFT\": the value of 2020-01-31 is missing");
    assert!(error.is_missing());
}
