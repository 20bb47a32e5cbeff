//! Ensembles: weights, causality, members that fail.

use tangency_forecast::arima::Arima;
use tangency_forecast::ensemble::{Combination, Ensemble, combine};
use tangency_forecast::evaluation::{Accuracy, Record, walk_forward};
use tangency_forecast::{
    Drift, DynFit, ErrorKind, Fit, FitContext, ForecastRequest, Naive, Predict, TrainingData,
};
use tangency_preprocess::folds::{Fold, WalkForward};

use crate::series::{arma, noise, walk};

fn folds(rows: usize) -> Vec<Fold> {
    WalkForward::new(50, 4).step(3).folds(rows).expect("folds fit").collect()
}

fn records(series: &[f64]) -> Vec<Record> {
    let models: [&dyn DynFit; 3] = [&Naive, &Drift, &Arima::new(1, 0, 0)];
    let context = FitContext::default();
    models
        .iter()
        .map(|model| walk_forward(*model, series, &folds(series.len()), 4, &context))
        .collect::<Result<_, _>>()
        .expect("plain data")
}

#[test]
fn the_online_combination_does_not_know_the_future() {
    let series = walk(51, 200);
    let all = records(&series);
    let whole = combine(&all, &Combination::default()).unwrap();
    for at in [0, 9, 20, whole.origins.len() - 1] {
        let known = whole.origins[at].train_end;
        let mut shuffled = all.clone();
        for (member, record) in shuffled.iter_mut().enumerate() {
            for origin in &mut record.origins {
                for step in 0..4 {
                    if origin.first_target + step >= known {
                        // Actual values not known yet become anything at all.
                        origin.actual[step] = 1e3 * noise(known as u64, 4)[step];
                    }
                }
                if origin.train_end > known {
                    origin.mean = noise(member as u64, 4);
                }
            }
        }
        let again = combine(&shuffled, &Combination::default()).unwrap();
        let bits = |record: &Record, at: usize| {
            record.origins[at].mean.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        for before in 0..=at {
            assert_eq!(bits(&whole, before), bits(&again, before), "{at} {before}");
        }
    }
}

#[test]
fn weights_are_equal_until_enough_errors_are_known() {
    let series = arma(52, 300, 0.3, 0.0);
    let all = records(&series);
    let combined = combine(&all, &Combination::default()).unwrap();
    let mean = |at: usize, step: usize| {
        all.iter().map(|record| record.origins[at].mean[step]).sum::<f64>() / 3.0
    };
    // Origins are 3 rows apart: at origin 7 only seven one-step errors are known, at 8 eight.
    assert!((combined.origins[7].mean[0] - mean(7, 0)).abs() < 1e-14);
    assert!((combined.origins[8].mean[0] - mean(8, 0)).abs() > 1e-6);
    // Step 4 of origin 7 has its target on row 60, which origin 8 (rows before 74) knows only from
    // the origin after next on.
    assert!((combined.origins[8].mean[3] - mean(8, 3)).abs() < 1e-14);
    let errors = |record: &Record| Accuracy::of(record).unwrap().rmse;
    let worst = all.iter().map(errors).fold(0.0, f64::max);
    assert!(errors(&combined) < worst);
}

#[test]
fn the_better_member_has_the_larger_weight() {
    let series = arma(53, 400, 0.2, 0.0);
    let members: Vec<Box<dyn DynFit>> = vec![Box::new(Naive), Box::new(Arima::new(1, 0, 0))];
    let ensemble = Ensemble::new(members).with_inner_folds(40);
    let fitted = ensemble.fit(&TrainingData::new(&series), &FitContext::default()).unwrap();
    let weights: Vec<f64> = fitted.weights().map(|(_, weight)| weight).collect();
    assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    // The naive forecast of nearly white noise has about 1.6 times the squared error.
    assert!(weights[1] > 0.53, "{weights:?}");
    let forecast = fitted.predict(&ForecastRequest::new(3)).unwrap();
    assert!(forecast.lower.iter().zip(&forecast.upper).all(|(lower, upper)| lower < upper));
}

#[test]
fn members_that_fail_are_named_and_left_out() {
    let line: Vec<f64> = (0..80).map(f64::from).collect();
    let members: Vec<Box<dyn DynFit>> = vec![Box::new(Drift), Box::new(Arima::new(1, 1, 1))];
    let data = TrainingData::new(&line).named("LINE");
    let fitted = Ensemble::new(members).fit(&data, &FitContext::default()).unwrap();
    assert_eq!(fitted.weights().collect::<Vec<_>>(), [("drift", 1.0)]);
    let (name, error) = &fitted.failures()[0];
    assert_eq!(name, "arima:1,1,1");
    assert!(matches!(error.kind(), ErrorKind::ConstantSeries { .. }));
    assert_eq!(fitted.predict(&ForecastRequest::new(1)).unwrap().mean, [80.0]);
    let members: Vec<Box<dyn DynFit>> = vec![Box::new(Arima::new(1, 1, 1))];
    let error = Ensemble::new(members).fit(&data, &FitContext::default()).unwrap_err();
    assert_eq!((error.model(), error.series()), (Some("arima:1,1,1"), Some("LINE")));
    let error = Ensemble::new(Vec::new()).fit(&data, &FitContext::default()).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Empty { what: "members" });
}

#[test]
fn records_that_do_not_fit_together_are_errors() {
    let series = walk(54, 120);
    let context = FitContext::default();
    let run = |horizon| walk_forward(&Naive, &series, &folds(120), horizon, &context).unwrap();
    let rule = Combination::default();
    assert!(matches!(combine(&[], &rule).unwrap_err().kind(), ErrorKind::Empty { .. }));
    let error = combine(&[run(2), run(3)], &rule).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::HorizonsDiffer { expected: 2, got: 3, .. }));
    let mut other = run(2);
    other.origins.iter_mut().for_each(|origin| origin.train_end += 1);
    assert!(combine(&[run(2), other], &rule).is_err());
}
