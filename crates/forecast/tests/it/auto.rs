//! Automatic orders, beside those that other software chose.

use tangency_forecast::arima::Order;
use tangency_forecast::auto::Criterion;
use tangency_forecast::{AutoArima, ErrorKind, Fit, FitContext, FitStatus, Predict, TrainingData};
use tangency_pool::CancelToken;
use tangency_testkit::forecast::auto_cases;

use crate::series::{arma, noise, recorded, walk};

fn context() -> FitContext {
    FitContext::default()
}

/// Every recorded choice of the same differences is met or beaten.
#[test]
fn choices_are_as_good_as_the_recorded_ones() {
    let cases = auto_cases();
    assert_eq!(cases.len(), 30);
    for case in &cases {
        let data = TrainingData::new(&case.target);
        let fitted = AutoArima::new().with_season(case.m).fit(&data, &context()).unwrap();
        let order = fitted.best().model().order();
        let same = case
            .choices
            .iter()
            .filter(|choice| choice.order[1] == order.d && choice.seasonal[1] == order.seasonal_d);
        let best = same.map(|choice| choice.aicc).fold(f64::INFINITY, f64::min);
        assert!(best.is_finite(), "{}: nobody else differences like {order}", case.series);
        // The tolerance stated for these values; some recorded maxima carry R's finite prior.
        let got = fitted.best().aicc();
        assert!(got <= best + 0.1, "{}: {order} has {got}, recorded {best}", case.series);
    }
}

#[test]
fn an_exhaustive_search_is_no_worse_than_a_stepwise_one_and_lists_everything() {
    let series = arma(7, 150, 0.6, 0.3);
    let data = TrainingData::new(&series);
    let largest = Order::new(2, 1, 2);
    let search = AutoArima::new().with_largest(largest);
    let stepwise = search.clone().fit(&data, &context()).unwrap();
    let all = search.exhaustive(4).fit(&data, &context()).unwrap();
    assert!(all.best().aicc() <= stepwise.best().aicc() + 1e-6);
    let first = all.trace().iter().filter(|tried| !tried.thorough).count();
    assert_eq!(first, 18); // Nine orders, with and without a mean.
    assert_eq!(all.trace().iter().filter(|tried| tried.thorough).count(), 3);
}

#[test]
fn options_are_obeyed() {
    let series = walk(5, 200);
    let data = TrainingData::new(&series);
    let fit = |search: AutoArima| search.fit(&data, &context()).unwrap();
    assert_eq!(fit(AutoArima::new().with_differences(0, 0)).best().model().order().d, 0);
    let plain = fit(AutoArima::new().without_mean());
    assert!(plain.trace().iter().all(|tried| tried.mean == tangency_forecast::arima::Mean::None));
    let bic = fit(AutoArima::new().with_criterion(Criterion::Bic));
    let least = bic.trace().iter().map(|tried| tried.criterion).fold(f64::INFINITY, f64::min);
    assert!((bic.best().bic() - least).abs() < 1e-6);
    let inside = fit(AutoArima::new().with_root_margin(0.05));
    assert!(inside.best().is_inside(0.05));
    let quick = fit(AutoArima::new().approximate());
    assert!(quick.best().aicc() <= fit(AutoArima::new()).best().aicc() + 5.0);
}

#[test]
fn a_search_that_is_cancelled_between_candidates_says_so() {
    let series = walk(5, 200);
    let data = TrainingData::new(&series);
    let token = CancelToken::new();
    token.cancel();
    let cancelled = FitContext::new(1).with_cancel(token);
    // Candidates without coefficients come to their end even so.
    let search = AutoArima::new().with_largest(Order::new(0, 1, 0));
    for search in [search.clone(), search.exhaustive(4)] {
        assert_eq!(search.fit(&data, &context()).unwrap().status(), FitStatus::Converged);
        match search.fit(&data, &cancelled) {
            Ok(fitted) => assert_eq!(fitted.status(), FitStatus::StoppedEarly),
            Err(error) => assert!(error.is_cancelled(), "{error}"),
        }
    }
}

#[test]
fn missing_values_and_seasons_are_taken() {
    let mut series: Vec<f64> = recorded("airpassengers").iter().map(|value| value.ln()).collect();
    series[5] = f64::NAN;
    series[60] = f64::NAN;
    let data = TrainingData::new(&series);
    let search = AutoArima::new().with_season(12).with_largest(Order {
        seasonal_p: 0,
        seasonal_d: 1,
        seasonal_q: 1,
        ..Order::new(1, 1, 1)
    });
    let order = search.fit(&data, &context()).unwrap().best().model().order();
    assert_eq!((order.d, order.seasonal_d), (1, 1));
}

#[test]
fn what_no_candidate_survives_is_an_error() {
    let fit = |series: &[f64]| {
        AutoArima::new().fit(&TrainingData::new(series).named("X"), &context()).unwrap_err()
    };
    let error = fit(&noise(1, 7));
    assert_eq!(*error.kind(), ErrorKind::TooFewRows { needed: 8, got: 7 });
    assert_eq!(error.to_string(), "auto-arima on X: needs 8 rows, got 7");
    assert!(matches!(fit(&[2.0; 40]).kind(), ErrorKind::ConstantSeries { .. }));
    assert!(matches!(fit(&[f64::NAN; 40]).kind(), ErrorKind::AllMissing { rows: 40 }));
    let series = noise(1, 40);
    let bad = AutoArima::new().with_root_margin(-0.1);
    let error = bad.fit(&TrainingData::new(&series), &context()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidOption { .. }));
}
