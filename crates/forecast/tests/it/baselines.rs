//! The naive and the drift forecast.

use tangency_forecast::{Drift, Fit, FitContext, ForecastRequest, Naive, Predict, TrainingData};

use crate::series::walk;

#[test]
fn intervals_hold_their_coverage_on_random_walks() {
    let mut inside = 0;
    let n = 600;
    for seed in 0..n {
        let series = walk(seed, 60);
        let data = TrainingData::new(&series[..55]);
        let fitted = Naive.fit(&data, &FitContext::default()).unwrap();
        let forecast = fitted.predict(&ForecastRequest::new(5).with_level(0.8)).unwrap();
        inside += u64::from((forecast.lower[4]..forecast.upper[4]).contains(&series[59]));
    }
    let share = inside as f64 / n as f64;
    // Three binomial standard errors of 600 draws at 0.8 are 0.049; the estimated scale adds some.
    assert!((share - 0.8).abs() < 0.06, "{share}");
}

#[test]
fn shifting_and_scaling_carry_over() {
    let series = walk(7, 50);
    let moved: Vec<f64> = series.iter().map(|value| 4.0 * value + 100.0).collect();
    let request = ForecastRequest::new(3);
    let drift = |values: &[f64]| {
        let fitted = Drift.fit(&TrainingData::new(values), &FitContext::default()).unwrap();
        fitted.predict(&request).unwrap()
    };
    let (plain, moved) = (drift(&series), drift(&moved));
    for step in 0..3 {
        // Rounding of values near 100.
        assert!((4.0 * plain.mean[step] + 100.0 - moved.mean[step]).abs() < 1e-12);
        assert!((4.0 * plain.std_error[step] - moved.std_error[step]).abs() < 1e-12);
    }
}

#[test]
fn a_constant_series_has_no_error() {
    let fitted = Naive.fit(&TrainingData::new(&[3.0; 5]), &FitContext::default()).unwrap();
    let forecast = fitted.predict(&ForecastRequest::new(2)).unwrap();
    assert_eq!((forecast.mean[1], forecast.std_error[1]), (3.0, 0.0));
}
