//! Tests and diagnostics on real series, beside values published for them.

use tangency_forecast::diagnostics::{
    Trend, adf, kpss, n_differences, n_seasonal_differences, seasonal_strength,
};
use tangency_forecast::transform::BoxCox;
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

/// Neither the unit nor the level of a series is the tests' business.
#[test]
fn unit_root_tests_know_no_level_and_no_unit() {
    // Values of 20 bits, so that adding 2^30 is exact.
    let series: Vec<f64> =
        noise(8, 200).iter().map(|value| (value * 65_536.0).round() / 65_536.0).collect();
    let far: Vec<f64> = series.iter().map(|value| value + 1_073_741_824.0).collect();
    let small: Vec<f64> = series.iter().map(|value| value * 1e-12).collect();
    for trend in [Trend::Constant, Trend::Linear] {
        let (here, there) = (adf(&series, trend, Some(4)), adf(&far, trend, Some(4)));
        let expected = here.unwrap().statistic;
        let distance = (there.unwrap().statistic / expected - 1.0).abs();
        assert!(distance < 1e-12, "{trend:?} {distance}");
        let scaled = adf(&small, trend, Some(4)).unwrap().statistic;
        assert!((scaled / expected - 1.0).abs() < 1e-10, "{scaled} {expected}");
        let (here, there) = (kpss(&series, trend, Some(4)), kpss(&far, trend, Some(4)));
        let distance = (there.unwrap().statistic / here.unwrap().statistic - 1.0).abs();
        assert!(distance < 1e-12, "{trend:?} {distance}");
    }
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

/// `forecast::BoxCox.lambda(x, method = "guerrero")` of R's forecast 8.20, which stops its search
/// 1e-4 from the minimum.
#[test]
fn powers_are_those_that_r_chooses() {
    for (name, season, expected) in [
        ("airpassengers", 12, -0.294_715_59),
        ("wineind", 12, -0.465_413_78),
        ("lynx", 1, 0.152_184_87),
        ("nile", 1, 0.998_889_36),
    ] {
        let lambda = BoxCox::guerrero(&recorded(name), season).unwrap().lambda();
        assert!((lambda - expected).abs() < 2e-4, "{name}: {lambda} {expected}");
    }
    let kind = |series: &[f64], season| BoxCox::guerrero(series, season).unwrap_err();
    assert_eq!(*kind(&[1.0; 23], 12).kind(), ErrorKind::TooFewRows { needed: 24, got: 23 });
    assert_eq!(*kind(&[1.0; 24], 12).kind(), ErrorKind::ConstantSeries { rows: 24 });
    let error = kind(&[1.0, 2.0, 0.0, 3.0], 0);
    assert_eq!(*error.kind(), ErrorKind::NotPositive { row: 2, value: 0.0 });
    let error = kind(&[1.0, f64::INFINITY, 4.0, 3.0], 0);
    assert!(matches!(error.kind(), ErrorKind::NonFinite { row: 1, .. }), "{error}");
}
