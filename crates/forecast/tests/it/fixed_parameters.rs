//! Parameters that the caller fixes, inside the admissible region and outside.

use tangency_forecast::arima::{Arima, FittedArima};
use tangency_forecast::{
    ErrorKind, Fit, FitContext, FitStatus, ForecastRequest, Model, Predict, TrainingData,
};

use crate::series::{arma, walk};

fn fit(model: &Arima, series: &[f64]) -> FittedArima {
    model.fit(&TrainingData::new(series), &FitContext::default()).expect("a long series fits")
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{a} {b}");
}

/// A root and its reciprocal are the same process with another innovation variance.
#[test]
fn a_fixed_moving_average_need_not_be_invertible() {
    let series = arma(31, 600, 0.5, 1.0 / 1.5);
    let mut gaps = series.clone();
    gaps[300] = f64::NAN;
    for rows in [&series[..100], &series, &gaps] {
        let outside = fit(&Arima::new(1, 0, 1).fix("ma1", 1.5), rows);
        let inside = fit(&Arima::new(1, 0, 1).fix("ma1", 1.0 / 1.5), rows);
        assert_eq!(outside.status(), FitStatus::Converged);
        assert_eq!(outside.parameter("ma1"), Some(1.5));
        let ar1 = |fitted: &FittedArima| fitted.parameter("ar1").unwrap();
        close(ar1(&outside), ar1(&inside), 1e-5);
        close(outside.log_likelihood(), inside.log_likelihood(), 1e-9);
        close(outside.sigma2() * 2.25, inside.sigma2(), 1e-6);
        let data = TrainingData::new(rows);
        let errors = |fitted: &FittedArima| fitted.standard_errors(&data).unwrap()[0].unwrap();
        close(errors(&outside), errors(&inside), 1e-5);
        // With the variance fixed too, at the value that makes the two the same.
        let both = Arima::new(1, 0, 1).fix("ma1", 1.5).fix("sigma2", 0.8);
        let other = Arima::new(1, 0, 1).fix("ma1", 1.0 / 1.5).fix("sigma2", 0.8 * 2.25);
        let (both, other) = (fit(&both, rows), fit(&other, rows));
        close(ar1(&both), ar1(&other), 1e-5);
        close(both.log_likelihood(), other.log_likelihood(), 1e-9);
    }
}

#[test]
fn seasonal_and_longer_moving_averages_need_not_be_invertible_either() {
    for (model, values, theta) in [
        (Arima::new(1, 0, 0).seasonal(0, 0, 1, 4), &[("sma1", -2.5)][..], 0.3),
        (Arima::new(1, 0, 2), &[("ma1", 0.5), ("ma2", 2.0)], 0.3),
        (Arima::new(1, 0, 1), &[("ma1", -1.0)], -1.0),
    ] {
        let series = arma(32, 240, 0.4, theta);
        let model = values.iter().fold(model, |model, (name, value)| model.fix(*name, *value));
        let fitted = fit(&model, &series);
        assert_eq!(fitted.status(), FitStatus::Converged);
        let mut parameters: Vec<f64> = fitted.parameters().iter().map(|p| p.value).collect();
        let data = TrainingData::new(&series);
        for ar1 in [-0.5, 0.0, 0.3, 0.5, 0.7, 0.9, 0.98] {
            parameters[0] = ar1;
            let other = model.log_likelihood_at(&data, &parameters).unwrap();
            assert!(other <= fitted.log_likelihood() + 1e-9, "{values:?} {ar1}");
        }
        for by in [-0.01, 0.01] {
            parameters[0] = fitted.parameter("ar1").unwrap() + by;
            let other = model.log_likelihood_at(&data, &parameters).unwrap();
            assert!(other < fitted.log_likelihood(), "{values:?} {by}");
        }
    }
}

/// Powers of theta, as a closed form has them, overflow after some 500 rows.
#[test]
fn models_at_given_parameters_need_not_be_invertible() {
    for theta in [2.0, -3.0, 1.000_1] {
        let series = arma(33, 2000, 0.0, 1.0 / theta);
        let model = Arima::new(0, 0, 1);
        let inside = [1.0 / theta, theta * theta];
        for rows in [505, 600, 2000] {
            let data = TrainingData::new(&series[..rows]);
            let value = model.log_likelihood_at(&data, &[theta, 1.0]).unwrap();
            close(value, model.log_likelihood_at(&data, &inside).unwrap(), 1e-9);
            let outer = model.at(&data, &[theta, 1.0]).unwrap();
            let inner = model.at(&data, &inside).unwrap();
            let request = ForecastRequest::new(21);
            let (a, b) = (outer.predict(&request).unwrap(), inner.predict(&request).unwrap());
            for step in 0..21 {
                close(a.mean[step], b.mean[step], 1e-9);
                close(a.std_error[step], b.std_error[step], 1e-9);
            }
            let grown = outer.append(&TrainingData::new(&series[..300])).unwrap();
            assert!(grown.log_likelihood().is_finite());
        }
    }
    let huge = [1e200; 3];
    let model = Arima::new(0, 0, 1).at(&TrainingData::new(&walk(3, 50)), &[0.5, 1.0]).unwrap();
    let error = model.append(&TrainingData::new(&huge)).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NoFiniteLikelihood);
}

#[test]
fn a_fixed_autoregression_must_be_stationary() {
    let series = walk(3, 120);
    let data = TrainingData::new(&series);
    for (model, coefficients) in [
        (Arima::new(1, 0, 1).fix("ar1", 1.2), vec![1.2]),
        (Arima::new(1, 0, 1).fix("ar1", 1.0), vec![1.0]),
        (Arima::new(2, 0, 1).fix("ar1", 0.6).fix("ar2", 0.5), vec![0.6, 0.5]),
        (Arima::new(1, 0, 0).seasonal(1, 0, 0, 4).fix("sar1", -1.1), vec![-1.1]),
    ] {
        let error = model.fit(&data, &FitContext::default()).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::NotStationary { coefficients });
    }
}

/// As R's arima has it: the coefficients that are estimated, and one for sigma2.
#[test]
fn criteria_count_the_free_parameters() {
    let series = arma(35, 200, 0.6, 0.3);
    let model = Arima::new(2, 0, 1);
    let free = fit(&model, &series);
    assert_eq!(free.n_free(), 4);
    let some = fit(&model.clone().fix("ar2", 0.0).fix("ma1", 0.3), &series);
    assert_eq!(some.n_free(), 2);
    let small = fit(&Arima::new(1, 0, 1).fix("ma1", 0.3), &series);
    close(some.aic(), small.aic(), 1e-6);
    close(some.aicc(), small.aicc(), 1e-6);
    close(some.bic(), small.bic(), 1e-6);
    // At parameters from elsewhere, which were estimated there.
    let values: Vec<f64> = free.parameters().iter().map(|p| p.value).collect();
    let at = model.at(&TrainingData::new(&series), &values).unwrap();
    assert_eq!(at.n_free(), 4);
    close(at.aicc(), free.aicc(), 1e-9);
}

#[test]
fn fixed_parameters_need_no_rows() {
    let airline = Arima::new(0, 0, 1).seasonal(0, 0, 1, 12).fix("ma1", 0.3).fix("sma1", 0.4);
    for (model, expected) in [
        (airline.clone(), 15),
        (airline.fix("sigma2", 1.0), 1),
        (Arima::new(2, 1, 1).fix("ar1", 0.1), 7),
        (Arima::new(2, 1, 1).fix("ar1", 0.1).fix("ar2", 0.1).fix("ma1", 0.2), 5),
    ] {
        assert_eq!(model.min_rows(), expected);
        let series = walk(5, expected);
        let fit = |rows: &[f64]| model.fit(&TrainingData::new(rows), &FitContext::default());
        assert!(fit(&series).is_ok(), "{expected}");
        let error = fit(&series[1..]).unwrap_err();
        let (needed, got) = (expected, expected - 1);
        assert_eq!(*error.kind(), ErrorKind::TooFewRows { needed, got });
    }
}

#[test]
fn a_search_with_one_of_several_fixed_knows_whether_it_came_to_its_end() {
    let series = arma(34, 400, 0.6, 0.3);
    let data = TrainingData::new(&series);
    let model = Arima::new(3, 0, 2).fix("ar2", 0.1);
    let whole = fit(&model, &series);
    assert_eq!(whole.status(), FitStatus::Converged);
    let cut = fit(&model.clone().with_starts(1).with_max_iterations(1), &series);
    assert_eq!(cut.status(), FitStatus::StoppedEarly);
    assert!(cut.log_likelihood() < whole.log_likelihood());
    // The end is a maximum: the gradient was followed after the simplex.
    let parameters: Vec<f64> = whole.parameters().iter().map(|p| p.value).collect();
    for at in (0..5).filter(|at| *at != 1) {
        for by in [-1e-3, 1e-3] {
            let mut moved = parameters.clone();
            moved[at] += by;
            let other = model.log_likelihood_at(&data, &moved).unwrap();
            assert!(other < whole.log_likelihood() + 1e-7, "{at} {by}");
        }
    }
}
