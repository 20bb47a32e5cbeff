//! Tests and diagnostics on real series, beside values published for them.

use tangency_forecast::diagnostics::{
    Trend, adf, kpss, n_differences, n_seasonal_differences, seasonal_strength,
};
use tangency_forecast::{ErrorKind, diagnostics};

use crate::series::{log_prices, noise, recorded};

#[test]
fn dickey_fuller_of_the_sunspots_and_the_passengers() {
    // statsmodels' published example on sunspots: 8 lags, statistic -2.837781, p 0.053076.
    let test = adf(&recorded("sunspots"), Trend::Constant, Some(8)).unwrap();
    assert!((test.statistic + 2.837_781).abs() < 1e-6, "{test:?}");
    assert!((test.p_value - 0.053_076).abs() < 1e-6, "{test:?}");
    // And of AirPassengers with 13 lags: 0.8153688792, p 0.9918802434.
    let test = adf(&recorded("airpassengers"), Trend::Constant, Some(13)).unwrap();
    assert!((test.statistic - 0.815_368_879_2).abs() < 1e-9, "{test:?}");
    assert!((test.p_value - 0.991_880_243_4).abs() < 1e-9, "{test:?}");
}

#[test]
fn kpss_of_the_sunspots() {
    // statsmodels' published example: 7 lags, statistic 0.669866, p 0.016285.
    let test = kpss(&recorded("sunspots"), Trend::Constant, Some(7)).unwrap();
    assert!((test.statistic - 0.669_866).abs() < 1e-6, "{test:?}");
    assert!((test.p_value - 0.016_285).abs() < 1e-6, "{test:?}");
}

#[test]
fn differences_that_the_tests_ask_for() {
    let passengers: Vec<f64> = recorded("airpassengers").iter().map(|value| value.ln()).collect();
    assert_eq!(n_seasonal_differences(&passengers, 12, 1).unwrap(), 1);
    assert!(seasonal_strength(&passengers, 12).unwrap() > 0.95);
    assert_eq!(n_differences(&noise(3, 300), 2, 0.05).unwrap(), 0);
    assert_eq!(n_differences(&log_prices("KO", 500), 2, 0.05).unwrap(), 1);
}

#[test]
fn values_that_are_not_there_are_named() {
    let mut series = noise(1, 50);
    series[4] = f64::NAN;
    for error in [
        kpss(&series, Trend::Constant, None).unwrap_err(),
        adf(&series, Trend::Constant, None).unwrap_err(),
        diagnostics::jarque_bera(&series).unwrap_err(),
        diagnostics::ljung_box(&series, 5, 0).unwrap_err(),
        diagnostics::partial_autocorrelations(&series, 5).unwrap_err(),
        seasonal_strength(&series, 4).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::NonFinite { row: 4, .. }), "{error}");
    }
    assert!(matches!(
        adf(&[2.0; 40], Trend::Linear, None).unwrap_err().kind(),
        ErrorKind::ConstantSeries { rows: 40 }
    ));
}
