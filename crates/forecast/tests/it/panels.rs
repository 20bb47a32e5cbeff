//! Many series on a pool.

use tangency_forecast::transform::{BoxCox, Transformed};
use tangency_forecast::{
    Arima, ErrorKind, Fit, FitContext, ForecastRequest, Predict, TrainingData, fit_panel,
};
use tangency_pool::{Outcome, Pool};

use crate::series::{noise, walk};

#[test]
fn a_panel_has_the_same_bits_for_any_number_of_workers() {
    let mut columns: Vec<Vec<f64>> = (0..24).map(|seed| walk(seed, 150)).collect();
    columns[7] = vec![1.0; 150];
    columns[9].truncate(4);
    columns[11][70] = f64::NAN;
    let series: Vec<_> = columns.iter().map(TrainingData::from).collect();
    let model = Arima::new(1, 1, 1);
    let context = FitContext::new(3);
    let run = |workers: usize| {
        let pool = Pool::new(workers).unwrap();
        fit_panel(pool.batch(), &series, &model, &context)
    };
    let (one, three) = (run(1), run(3));
    for (at, (a, b)) in one.outcomes.iter().zip(&three.outcomes).enumerate() {
        match (a, b) {
            (Outcome::Done(a), Outcome::Done(b)) => {
                assert_eq!(a.parameters(), b.parameters());
                assert_eq!(a.log_likelihood(), b.log_likelihood());
                let alone = model.fit(&series[at], &context).unwrap();
                assert_eq!(alone.parameters(), a.parameters());
            }
            (Outcome::Failed(a), Outcome::Failed(b)) => {
                assert_eq!(a, b);
                let constant = matches!(a.kind(), ErrorKind::ConstantSeries { .. });
                let short = matches!(a.kind(), ErrorKind::TooFewRows { .. });
                assert!(if at == 7 { constant } else { at == 9 && short }, "{at}: {a}");
            }
            other => panic!("{at}: {other:?}"),
        }
    }
    assert_eq!(one.outcomes.len(), 24);
}

#[test]
fn transformed_models_forecast_in_the_unit_of_the_series() {
    let prices: Vec<f64> = walk(6, 200).iter().map(|value| (0.02 * value + 4.0).exp()).collect();
    let data = TrainingData::new(&prices);
    let context = FitContext::default();
    let model = Transformed::new(Arima::new(0, 1, 0), BoxCox::log());
    let forecast = model.fit(&data, &context).unwrap().predict(&ForecastRequest::new(3)).unwrap();
    let medians = model
        .clone()
        .with_medians()
        .fit(&data, &context)
        .unwrap()
        .predict(&ForecastRequest::new(3));
    let medians = medians.unwrap();
    for step in 0..3 {
        // A random walk of logarithms: the median stays, the mean grows.
        assert!((medians.mean[step] / prices[199] - 1.0).abs() < 1e-12);
        assert!(forecast.mean[step] > medians.mean[step]);
        let product = medians.lower[step] * medians.upper[step];
        assert!((product.sqrt() / prices[199] - 1.0).abs() < 1e-12);
    }
    let mut bad = noise(2, 40);
    bad[0] = 1.0;
    let row = bad.iter().position(|value| *value <= 0.0).unwrap();
    let error = model.fit(&TrainingData::new(&bad), &context).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotPositive { row, value: bad[row] });
    // Under a negative power infinity has a finite limit.
    let mut infinite = prices.clone();
    infinite[7] = f64::INFINITY;
    for lambda in [-0.5, 0.0, 0.5] {
        let model = Transformed::new(Arima::new(0, 1, 0), BoxCox::new(lambda).unwrap());
        let error = model.fit(&TrainingData::new(&infinite), &context).unwrap_err();
        let (what, value) = ("target".to_owned(), f64::INFINITY);
        assert_eq!(*error.kind(), ErrorKind::NonFinite { what, row: 7, value });
    }
    let wider = medians.at_level(0.5);
    assert!(wider.unwrap().upper[0] < medians.upper[0]);
    assert!(medians.at_level(1.0).is_err());
}
