//! What holds for every ARIMA model, whatever the data.

use nalgebra::DMatrix;
use proptest::prelude::*;
use tangency_forecast::arima::{Arima, Mean};
use tangency_forecast::{
    Fit, FitContext, FitStatus, ForecastRequest, NamedMatrix, Predict, TrainingData,
};

use crate::series::{arma, log_prices, noise, same_cases, walk};

fn context() -> FitContext {
    FitContext::default()
}

#[test]
fn a_model_without_coefficients_has_closed_forms() {
    let series = noise(5, 40);
    let data = TrainingData::new(&series);
    let fitted = Arima::new(0, 0, 0).with_mean(Mean::Const).fit(&data, &context()).unwrap();
    let mean = series.iter().sum::<f64>() / 40.0;
    let variance = series.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 40.0;
    assert!((fitted.parameter("const").unwrap() - mean).abs() < 1e-14);
    assert!((fitted.sigma2() - variance).abs() < 1e-14);
    let expected = -20.0 * ((std::f64::consts::TAU * variance).ln() + 1.0);
    assert!((fitted.log_likelihood() - expected).abs() < 1e-11);
    let walk = walk(5, 40);
    let fitted = Arima::new(0, 1, 0).fit(&TrainingData::new(&walk), &context()).unwrap();
    let forecast = fitted.predict(&ForecastRequest::new(3)).unwrap();
    assert_eq!(forecast.mean, [walk[39]; 3]);
    assert!((forecast.std_error[2] / forecast.std_error[0] - 3.0_f64.sqrt()).abs() < 1e-14);
}

#[test]
fn estimates_find_the_process() {
    let series = arma(11, 4000, 0.7, 0.4);
    let fitted = Arima::new(1, 0, 1).fit(&TrainingData::new(&series), &context()).unwrap();
    assert_eq!(fitted.status(), FitStatus::Converged);
    // Asymptotic standard errors are about 0.014 and 0.018; the seed is fixed.
    assert!((fitted.parameter("ar1").unwrap() - 0.7).abs() < 0.05, "{:?}", fitted.parameters());
    assert!((fitted.parameter("ma1").unwrap() - 0.4).abs() < 0.06, "{:?}", fitted.parameters());
    assert!((fitted.sigma2() - 1.0).abs() < 0.08);
}

#[test]
fn fixed_parameters_stay_and_the_rest_is_estimated() {
    let series = arma(12, 500, 0.5, 0.3);
    let data = TrainingData::new(&series);
    let free = Arima::new(2, 0, 1).fit(&data, &context()).unwrap();
    let fixed = Arima::new(2, 0, 1).fix("ar2", 0.0).fit(&data, &context()).unwrap();
    assert_eq!(fixed.parameter("ar2"), Some(0.0));
    assert!(fixed.parameters()[1].fixed && !fixed.parameters()[0].fixed);
    assert!(fixed.log_likelihood() <= free.log_likelihood() + 1e-9);
    // With ar2 = 0 the model is ARMA(1,1): two searches that share nothing must agree.
    let small = Arima::new(1, 0, 1).fit(&data, &context()).unwrap();
    assert!((small.log_likelihood() - fixed.log_likelihood()).abs() < 1e-6);
    let variance = Arima::new(1, 0, 1).fix("sigma2", 2.0).fit(&data, &context()).unwrap();
    assert_eq!(variance.sigma2(), 2.0);
    assert!(variance.log_likelihood() < small.log_likelihood());
}

#[test]
fn regression_coefficients_are_those_of_the_process() {
    let errors = arma(13, 800, 0.6, 0.0);
    let x = noise(14, 810);
    let series: Vec<f64> = errors.iter().zip(&x).map(|(e, x)| 5.0 + 2.0 * x + e).collect();
    let matrix = DMatrix::from_vec(810, 1, x);
    let regressors = NamedMatrix::new(matrix.as_view(), ["signal"]).unwrap();
    let data = TrainingData::new(&series).with_regressors(regressors.rows(0..800));
    let model = Arima::new(1, 0, 0).with_mean(Mean::Const);
    let fitted = model.fit(&data, &context()).unwrap();
    // Standard errors: about 0.03 for the slope, 0.09 for the constant.
    assert!((fitted.parameter("x_signal").unwrap() - 2.0).abs() < 0.1);
    assert!((fitted.parameter("const").unwrap() - 5.0).abs() < 0.3);
    let future = regressors.rows(800..810);
    let request = ForecastRequest::new(10).with_regressors(future.clone());
    let forecast = fitted.predict(&request).unwrap();
    // Far out the autoregression has decayed: 0.6^10 of the last error is left.
    let x = future.column(0).unwrap()[9];
    let expected = fitted.parameter("const").unwrap() + fitted.parameter("x_signal").unwrap() * x;
    assert!((forecast.mean[9] - expected).abs() < 0.05);
}

#[test]
fn missing_rows_equal_a_shorter_series_where_nothing_connects_them() {
    // White noise: leaving a row out and not having it are the same.
    let mut series = noise(21, 80);
    let kept: Vec<f64> =
        series.iter().copied().enumerate().filter(|(t, _)| t % 7 != 3).map(|p| p.1).collect();
    for row in (3..80).step_by(7) {
        series[row] = f64::NAN;
    }
    let model = Arima::new(0, 0, 0).with_mean(Mean::Const);
    let gaps = model.fit(&TrainingData::new(&series), &context()).unwrap();
    let short = model.fit(&TrainingData::new(&kept), &context()).unwrap();
    assert_eq!(gaps.n_used(), kept.len());
    assert!((gaps.log_likelihood() - short.log_likelihood()).abs() < 1e-10);
    assert!(gaps.innovations()[3].is_nan() && !gaps.innovations()[4].is_nan());
}

#[test]
fn a_gap_forecasts_like_a_longer_horizon() {
    let series = arma(22, 120, 0.8, 0.2);
    let mut gap = series.clone();
    gap.truncate(117);
    gap.extend([f64::NAN; 3]);
    let model = Arima::new(1, 0, 1);
    let parameters = [0.8, 0.2, 1.0];
    let whole = model.at(&TrainingData::new(&series[..117]), &parameters).unwrap();
    let gapped = model.at(&TrainingData::new(&gap), &parameters).unwrap();
    let far = whole.predict(&ForecastRequest::new(5)).unwrap();
    let near = gapped.predict(&ForecastRequest::new(2)).unwrap();
    for step in 0..2 {
        assert!((far.mean[step + 3] - near.mean[step]).abs() < 1e-10);
        assert!((far.std_error[step + 3] - near.std_error[step]).abs() < 1e-10);
    }
}

/// A series close to white noise has several maxima; a few starts must do as well as many.
#[test]
fn few_starts_find_what_many_find() {
    for name in ["AAPL", "JPM", "KO", "XOM", "MSFT", "WMT"] {
        let series = log_prices(name, 750);
        let data = TrainingData::new(&series);
        for (p, q) in [(1, 1), (2, 1)] {
            let few = Arima::new(p, 1, q).fit(&data, &context()).unwrap();
            let many = Arima::new(p, 1, q).with_starts(25).fit(&data, &context()).unwrap();
            let short = many.log_likelihood() - few.log_likelihood();
            assert!(short < 1e-3, "{name} ({p},1,{q}) falls short by {short}");
        }
    }
}

fn coefficients() -> impl Strategy<Value = (f64, f64)> {
    (-0.9..0.9_f64, -0.9..0.9_f64)
}

proptest! {
    #![proptest_config(same_cases(64))]

    /// A stationary Gaussian process looks the same backwards.
    #[test]
    fn likelihood_does_not_know_the_direction_of_time(
        seed in 0..1000_u64, (phi, theta) in coefficients(), rows in 10..120_usize,
    ) {
        let series = arma(seed, rows, phi, theta);
        let backwards: Vec<f64> = series.iter().rev().copied().collect();
        let model = Arima::new(1, 0, 1);
        let value = |series: &[f64]| {
            model.log_likelihood_at(&TrainingData::new(series), &[phi, theta, 1.3]).unwrap()
        };
        let (a, b) = (value(&series), value(&backwards));
        prop_assert!((a - b).abs() < 1e-10 * a.abs().max(1.0), "{a} {b}");
    }

    /// In other units, the same model. Powers of two keep every bit, from the starting values
    /// through the search to the forecast; only the likelihood moves, by the Jacobian.
    #[test]
    fn fits_follow_the_unit(seed in 0..1000_u64, power in -20..20_i32) {
        let series = walk(seed, 120);
        let factor = 2.0_f64.powi(power);
        let scaled: Vec<f64> = series.iter().map(|value| factor * value).collect();
        let model = Arima::new(1, 1, 1);
        let plain = model.fit(&TrainingData::new(&series), &context()).unwrap();
        let other = model.fit(&TrainingData::new(&scaled), &context()).unwrap();
        let moved = other.log_likelihood() + 119.0 * factor.ln();
        prop_assert!((plain.log_likelihood() - moved).abs() < 1e-9, "{moved}");
        prop_assert_eq!(plain.parameter("ar1"), other.parameter("ar1"));
        prop_assert_eq!(plain.parameter("ma1"), other.parameter("ma1"));
        let forecasts = |fitted: &tangency_forecast::arima::FittedArima| {
            fitted.predict(&ForecastRequest::new(4)).unwrap()
        };
        let (plain, other) = (forecasts(&plain), forecasts(&other));
        for step in 0..4 {
            prop_assert_eq!(plain.mean[step] * factor, other.mean[step]);
            prop_assert_eq!(plain.std_error[step] * factor, other.std_error[step]);
        }
    }

    /// A shift disappears in the differences and moves the forecasts along.
    #[test]
    fn forecasts_follow_a_shift(
        seed in 0..1000_u64, (phi, theta) in coefficients(), shift in -1e4..1e4_f64,
    ) {
        let series = walk(seed, 120);
        let shifted: Vec<f64> = series.iter().map(|value| value + shift).collect();
        let fitted = |series: &[f64]| {
            Arima::new(1, 1, 1).at(&TrainingData::new(series), &[phi, theta, 1.0]).unwrap()
        };
        let (plain, moved) = (fitted(&series), fitted(&shifted));
        // Rounding at 1e4, over 120 rows and a root up to 0.9.
        prop_assert!((plain.log_likelihood() - moved.log_likelihood()).abs() < 1e-7);
        let request = ForecastRequest::new(4);
        let (plain, moved) = (plain.predict(&request).unwrap(), moved.predict(&request).unwrap());
        for step in 0..4 {
            prop_assert!((plain.mean[step] + shift - moved.mean[step]).abs() < 1e-9);
            prop_assert_eq!(plain.std_error[step], moved.std_error[step]);
        }
    }

    /// Without differences the error grows towards that of the process; it is never below sigma.
    #[test]
    fn standard_errors_grow_with_the_horizon(
        seed in 0..1000_u64, (phi, theta) in coefficients(), d in 0..3_usize,
    ) {
        let series = walk(seed, 60);
        let model = Arima::new(1, d, 1);
        let fitted = model.at(&TrainingData::new(&series), &[phi, theta, 1.0]).unwrap();
        let forecast = fitted.predict(&ForecastRequest::new(8)).unwrap();
        if d == 0 {
            for pair in forecast.std_error.windows(2) {
                prop_assert!(pair[1] >= pair[0] * (1.0 - 1e-12));
            }
        }
        prop_assert!(forecast.std_error.iter().all(|error| *error >= 1.0 - 1e-12));
    }
}
