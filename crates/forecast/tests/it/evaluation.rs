//! Walk-forward records: what each fit sees, measures, and the test of differences.

use tangency_forecast::arima::Arima;
use tangency_forecast::evaluation::{
    Accuracy, Loss, Origin, Record, diebold_mariano, walk_forward, walk_forward_panel,
};
use tangency_forecast::{
    Drift, DynFit, ErrorKind, FitContext, FitStatus, ModelSpec, Naive, TrainingData,
};
use tangency_pool::{CancelToken, Pool};
use tangency_preprocess::folds::{Fold, WalkForward};

use crate::series::{noise, walk};

fn folds(rows: usize) -> Vec<Fold> {
    WalkForward::new(60, 5).step(7).purge(2).folds(rows).expect("folds fit").collect()
}

fn same_bits(a: &Origin, b: &Origin) -> bool {
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    bits(&a.mean) == bits(&b.mean)
        && bits(&a.std_error) == bits(&b.std_error)
        && a.naive.to_bits() == b.naive.to_bits()
        && a.naive_scale.to_bits() == b.naive_scale.to_bits()
}

#[test]
fn a_forecast_does_not_change_with_its_future() {
    let series = walk(31, 160);
    let folds = folds(160);
    let spec: ModelSpec = "ensemble".parse().unwrap();
    let models: [Box<dyn DynFit>; 3] =
        [Box::new(Naive), Box::new(Arima::new(1, 1, 1)), spec.build()];
    for model in &models {
        let record = walk_forward(model, &series, &folds, 5, &FitContext::new(3)).unwrap();
        for at in 0..folds.len() {
            let known = record.origins[at].train_end;
            let mut other = noise(99, 160);
            other.iter_mut().for_each(|value| *value *= 50.0);
            other[..known].copy_from_slice(&series[..known]);
            let again = walk_forward(model, &other, &folds[..=at], 5, &FitContext::new(3)).unwrap();
            assert!(same_bits(&record.origins[at], &again.origins[at]), "{} {at}", model.name());
            assert_ne!(record.origins[at].actual, again.origins[at].actual);
        }
    }
}

#[test]
fn records_say_which_rows_they_mean() {
    let series: Vec<f64> = (0..100).map(f64::from).collect();
    let folds = folds(100);
    let record = walk_forward(&Drift, &series, &folds, 3, &FitContext::default()).unwrap();
    assert_eq!(record.origins.len(), folds.len());
    let origin = &record.origins[1];
    assert_eq!((origin.train_end, origin.first_target), (67, 69));
    // A line: the drift forecast is exact, two purged rows included.
    assert_eq!(origin.mean, [69.0, 70.0, 71.0]);
    assert_eq!(origin.actual, [69.0, 70.0, 71.0]);
    assert_eq!((origin.naive, origin.naive_scale), (66.0, 1.0));
    assert_eq!(origin.rows_ahead(0), 3);
    let accuracy = Accuracy::of(&record).unwrap();
    assert_eq!((accuracy.mae, accuracy.r2_naive), (0.0, 1.0));
}

/// A record whose errors are given, one step, one row apart.
fn record(name: &str, errors: &[f64]) -> Record {
    let origin = |(at, error): (usize, &f64)| Origin {
        fold: at,
        train_end: at + 10,
        first_target: at + 10,
        mean: vec![-error],
        std_error: vec![1.0],
        actual: vec![0.0],
        naive: 2.0,
        naive_scale: 0.5,
        status: FitStatus::Converged,
    };
    let origins = errors.iter().enumerate().map(origin).collect();
    Record { name: name.to_owned(), horizon: 1, origins }
}

#[test]
fn measures_agree_with_their_definitions() {
    let accuracy = Accuracy::of(&record("a", &[1.0, -3.0, 2.0, 2.0])).unwrap();
    assert_eq!(accuracy.n, 4);
    assert_eq!(accuracy.bias, 0.5);
    assert_eq!(accuracy.mae, 2.0);
    assert_eq!(accuracy.rmse, 4.5_f64.sqrt());
    assert_eq!(accuracy.mase, 4.0);
    // 18 against four naive errors of 2.
    assert_eq!(accuracy.r2_naive, 1.0 - 18.0 / 16.0);
    assert!(Accuracy::at_step(&record("a", &[1.0]), 2).is_err());
    let naive =
        walk_forward(&Naive, &walk(1, 160), &folds(160), 5, &FitContext::default()).unwrap();
    assert_eq!(Accuracy::of(&naive).unwrap().r2_naive, 0.0);
}

#[test]
fn the_test_knows_better_from_worse() {
    let (small, large) = (noise(41, 200), noise(42, 200));
    let large: Vec<f64> = large.iter().map(|error| 1.5 * error).collect();
    let (good, bad) = (record("good", &small), record("bad", &large));
    let result = diebold_mariano(&good, &bad, 1, Loss::Squared).unwrap();
    assert!(result.statistic < -3.0 && result.p_value < 0.01, "{result:?}");
    let back = diebold_mariano(&bad, &good, 1, Loss::Squared).unwrap();
    assert_eq!(back.statistic, -result.statistic);
    assert_eq!(back.p_value, result.p_value);
    let error = diebold_mariano(&good, &good, 1, Loss::Absolute).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NoDifference);
    assert!(diebold_mariano(&good, &record("short", &[1.0]), 1, Loss::Squared).is_err());
}

#[test]
fn under_equal_accuracy_the_test_rejects_at_its_level() {
    let rejected = (0..400)
        .filter(|&seed| {
            let pair = [record("a", &noise(2 * seed, 24)), record("b", &noise(2 * seed + 1, 24))];
            diebold_mariano(&pair[0], &pair[1], 1, Loss::Absolute).unwrap().p_value < 0.1
        })
        .count();
    // 400 draws at 0.1: 40, three standard errors are 18.
    assert!((22..=58).contains(&rejected), "{rejected}");
}

#[test]
fn a_panel_gives_the_bits_of_single_runs_on_any_number_of_workers() {
    let series: Vec<Vec<f64>> = (0..6).map(|seed| walk(seed, 110)).collect();
    let names: Vec<String> = (0..6).map(|at| format!("T{at}")).collect();
    let data: Vec<TrainingData<'_>> =
        series.iter().zip(&names).map(|(s, n)| TrainingData::new(s).named(n)).collect();
    let folds = folds(110);
    let model = Arima::new(1, 1, 1);
    let context = FitContext::new(5);
    let alone: Vec<Record> =
        data.iter().map(|data| walk_forward(&model, data, &folds, 5, &context).unwrap()).collect();
    for workers in [1, 3] {
        let pool = Pool::new(workers).unwrap();
        let panel = walk_forward_panel(pool.batch(), &model, &data, &folds, 5, &context).unwrap();
        assert!(panel.failures.is_empty());
        for (panel, alone) in panel.records.iter().zip(&alone) {
            assert_eq!(panel.origins.len(), alone.origins.len());
            assert!(panel.origins.iter().zip(&alone.origins).all(|(a, b)| same_bits(a, b)));
        }
    }
}

#[test]
fn a_bad_series_of_a_panel_leaves_the_others_be() {
    let good = walk(1, 110);
    let mut bad = walk(2, 110);
    bad[63] = f64::NAN;
    let data = [TrainingData::new(&good), TrainingData::new(&bad).named("BAD")];
    let folds = folds(110);
    let pool = Pool::new(2).unwrap();
    let run = |batch| {
        walk_forward_panel(batch, &Naive, &data, &folds, 5, &FitContext::default()).unwrap()
    };
    let panel = run(pool.batch());
    assert_eq!(panel.records[0].origins.len(), folds.len());
    // Fold 0 trains on rows 0..60 and does not see the hole; later ones do.
    assert_eq!(panel.records[1].origins.len(), 1);
    assert_eq!(panel.failures.len(), folds.len() - 1);
    let failure = &panel.failures[0];
    assert_eq!((failure.series, failure.fold), (1, 1));
    assert_eq!(failure.error.series(), Some("BAD"));
    let token = CancelToken::new();
    token.cancel();
    let panel = run(pool.batch().cancel(&token));
    assert!(panel.failures.iter().all(|failure| failure.error.is_cancelled()));
    assert_eq!(panel.failures.len(), 2 * folds.len());
}

#[test]
fn folds_that_do_not_fit_are_errors_before_any_work() {
    let series = walk(1, 50);
    let run = |folds: &[Fold], horizon| {
        let result = walk_forward(&Naive, &series, folds, horizon, &FitContext::default());
        result.unwrap_err().kind().clone()
    };
    let fold = |train, test| Fold { train, test };
    assert_eq!(run(&[], 1), ErrorKind::Empty { what: "folds" });
    assert_eq!(run(&[fold(0..10, 10..12)], 0), ErrorKind::ZeroHorizon);
    for bad in [fold(0..10, 10..12), fold(0..10, 9..20), fold(0..10, 48..51), fold(10..10, 10..20)]
    {
        assert!(matches!(run(&[bad], 3), ErrorKind::InvalidFold { fold: 0, horizon: 3, .. }));
    }
}
