//! Every boundary is a named error with its values.

use nalgebra::DMatrix;
use tangency_forecast::arima::{Arima, Mean};
use tangency_forecast::{
    Drift, DynFit, ErrorKind, Fit, FitContext, ForecastRequest, Model, Naive, NamedMatrix, Predict,
    TrainingData,
};
use tangency_pool::CancelToken;

use crate::series::{noise, walk};

fn fit_error(model: &dyn DynFit, data: &TrainingData<'_>) -> tangency_forecast::Error {
    model.fit_boxed(data, &FitContext::default()).expect_err("this data must not fit")
}

#[test]
fn too_few_rows_say_how_many() {
    let models: [Box<dyn DynFit>; 4] = [
        Box::new(Naive),
        Box::new(Drift),
        Box::new(Arima::new(1, 1, 1)),
        Box::new(Arima::new(0, 1, 1).seasonal(0, 1, 1, 12)),
    ];
    for model in &models {
        let enough = walk(1, model.min_rows());
        assert!(model.fit_boxed(&TrainingData::new(&enough), &FitContext::default()).is_ok());
        let data = TrainingData::new(&enough[1..]);
        let error = fit_error(model, &data);
        let expected =
            ErrorKind::TooFewRows { needed: model.min_rows(), got: model.min_rows() - 1 };
        assert_eq!(*error.kind(), expected, "{error}");
        assert!(fit_error(model, &TrainingData::new(&[])).is_data());
    }
    let error = fit_error(&Arima::new(1, 1, 1), &TrainingData::new(&[1.0; 3]).named("AAPL"));
    assert_eq!(error.to_string(), "arima:1,1,1 on AAPL: needs 6 rows, got 3");
}

#[test]
fn constant_series_after_differencing() {
    let constant = [5.0; 40];
    let line: Vec<f64> = (0..40).map(|t| 0.1 * f64::from(t)).collect();
    for (model, series) in [
        (Arima::new(1, 0, 0).with_mean(Mean::Const), &constant[..]),
        (Arima::new(1, 0, 1), &constant),
        (Arima::new(1, 1, 1), &constant),
        (Arima::new(0, 1, 1), &line),
        (Arima::new(0, 1, 1).with_mean(Mean::Drift), &line),
        (Arima::new(1, 2, 0), &line),
    ] {
        let error = fit_error(&model, &TrainingData::new(series));
        assert!(matches!(error.kind(), ErrorKind::ConstantSeries { .. }), "{error}");
    }
}

#[test]
fn values_that_are_not_finite_name_their_row() {
    let mut series = walk(3, 40);
    series[7] = f64::INFINITY;
    for model in [&Naive as &dyn DynFit, &Drift, &Arima::new(1, 0, 1)] {
        let error = fit_error(model, &TrainingData::new(&series));
        let expected =
            ErrorKind::NonFinite { what: "target".to_owned(), row: 7, value: f64::INFINITY };
        assert_eq!(*error.kind(), expected);
    }
    series[7] = f64::NAN;
    for model in [&Naive as &dyn DynFit, &Drift] {
        let error = fit_error(model, &TrainingData::new(&series));
        assert!(matches!(error.kind(), ErrorKind::MissingValues { missing: 1, row: 7, .. }));
    }
}

#[test]
fn regressors_of_the_wrong_shape_or_without_information() {
    let series = walk(3, 40);
    let model = Arima::new(1, 1, 0);
    let check = |matrix: &DMatrix<f64>, names: &[&str]| {
        let matrix = NamedMatrix::new(matrix.as_view(), names.iter().copied()).unwrap();
        fit_error(&model, &TrainingData::new(&series).with_regressors(matrix))
    };
    let error = check(&DMatrix::from_vec(39, 1, noise(1, 39)), &["x"]);
    let expected = ErrorKind::RowsDiffer { what: "regressors", expected: 40, got: 39 };
    assert_eq!(*error.kind(), expected);

    let column = noise(1, 40);
    let twice: Vec<f64> = column.iter().map(|value| 3.0 * value + 1.0).collect();
    let matrix = DMatrix::from_vec(40, 2, [column, twice].concat());
    let error = check(&matrix, &["x", "y"]);
    let collinear = |error: &tangency_forecast::Error, name: &str| {
        let expected = ErrorKind::CollinearRegressors { column: name.to_owned() };
        assert_eq!(*error.kind(), expected, "{error}");
    };
    collinear(&error, "x_y");
    // A level that differencing takes away, by the caller or as the model's own mean.
    collinear(&check(&DMatrix::from_element(40, 1, 2.0), &["x"]), "x_x");
    let constant = Arima::new(1, 1, 0).with_mean(Mean::Const);
    collinear(&fit_error(&constant, &TrainingData::new(&series)), "const");

    let mut hole = DMatrix::from_vec(40, 1, noise(2, 40));
    hole[(5, 0)] = f64::NAN;
    let error = check(&hole, &["x"]);
    assert!(matches!(error.kind(), ErrorKind::NonFinite { row: 5, what, .. } if what == "x"));
    assert!(NamedMatrix::new(hole.as_view(), ["a", "b"]).is_err());
}

#[test]
fn forecasts_need_a_horizon_a_level_and_their_regressors() {
    let series = walk(3, 60);
    let values = DMatrix::from_vec(60, 1, noise(2, 60));
    let regressors = NamedMatrix::new(values.as_view(), ["x"]).unwrap();
    let data = TrainingData::new(&series);
    let with = data.clone().with_regressors(regressors.clone());
    let context = FitContext::default();
    let fitted = Arima::new(1, 1, 0).fit(&with, &context).unwrap();
    let plain: [Box<dyn Predict>; 3] = [
        Naive.fit_boxed(&data, &context).unwrap(),
        Drift.fit_boxed(&data, &context).unwrap(),
        Arima::new(1, 1, 0).fit_boxed(&data, &context).unwrap(),
    ];
    for model in &plain {
        let error = model.predict(&ForecastRequest::new(0)).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::ZeroHorizon);
        for level in [0.0, 1.0, f64::NAN] {
            let error = model.predict(&ForecastRequest::new(1).with_level(level)).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::InvalidLevel { .. }));
        }
    }
    let error = fitted.predict(&ForecastRequest::new(3)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ColumnsDiffer { .. }), "{error}");
    let short = ForecastRequest::new(3).with_regressors(regressors.rows(0..2));
    let expected = ErrorKind::RowsDiffer { what: "regressors", expected: 3, got: 2 };
    assert_eq!(*fitted.predict(&short).unwrap_err().kind(), expected);
    let whole = ForecastRequest::new(3).with_regressors(regressors.rows(0..3));
    assert_eq!(fitted.predict(&whole).unwrap().mean.len(), 3);
}

#[test]
fn parameters_that_do_not_exist_or_are_not_stationary() {
    let series = walk(3, 60);
    let data = TrainingData::new(&series);
    let model = Arima::new(1, 1, 1);
    let error = fit_error(&model.clone().fix("ar2", 0.1), &data);
    assert!(matches!(error.kind(), ErrorKind::UnknownParameter { .. }));
    let error = fit_error(&model.clone().fix("ar1", 1.0), &data);
    assert_eq!(*error.kind(), ErrorKind::NotStationary { coefficients: vec![1.0] });
    let error = fit_error(&model.clone().fix("sigma2", -1.0), &data);
    assert!(matches!(error.kind(), ErrorKind::InvalidOption { .. }));
    let error = model.at(&data, &[1.2, 0.0, 1.0]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotStationary { coefficients: vec![1.2] });
    let error = model.log_likelihood_at(&data, &[0.1, 0.0]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WrongParameterCount { got: 2, .. }));
    let error = fit_error(&Arima::new(1, 0, 0).seasonal(1, 0, 0, 1), &data);
    assert!(matches!(error.kind(), ErrorKind::InvalidOption { .. }));
    let error = fit_error(&Arima::new(usize::MAX, 0, 0), &data);
    assert!(matches!(error.kind(), ErrorKind::InvalidOption { .. }));
}

#[test]
fn a_cancelled_fit_stops_early_with_the_best_start() {
    let series = walk(3, 200);
    let token = CancelToken::new();
    token.cancel();
    let context = FitContext::new(1).with_cancel(token);
    let fitted = Arima::new(2, 1, 2).fit(&TrainingData::new(&series), &context).unwrap();
    assert_eq!(fitted.status(), tangency_forecast::FitStatus::StoppedEarly);
    assert!(fitted.log_likelihood().is_finite());
}

#[test]
fn starts_from_outside_must_lie_inside() {
    let series = walk(3, 200);
    let data = TrainingData::new(&series);
    let model = Arima::new(1, 1, 1);
    let error = fit_error(&model.clone().with_start(&[0.2, -1.5]), &data);
    assert_eq!(*error.kind(), ErrorKind::NotInvertible { coefficients: vec![-1.5] });
    let error = fit_error(&model.clone().with_start(&[1.0, 0.5]), &data);
    assert_eq!(*error.kind(), ErrorKind::NotStationary { coefficients: vec![1.0] });
    let error = fit_error(&model.clone().with_start(&[0.1]), &data);
    assert!(matches!(error.kind(), ErrorKind::WrongParameterCount { got: 1, .. }));
    let plain = model.fit(&data, &FitContext::default()).unwrap();
    let started = model.with_start(&[0.2, -0.3]).fit(&data, &FitContext::default()).unwrap();
    assert!(started.log_likelihood() >= plain.log_likelihood() - 1e-6);
}

#[test]
fn a_search_that_is_cut_short_gives_a_status_and_the_best_so_far() {
    let series = walk(3, 400);
    let data = TrainingData::new(&series);
    let context = FitContext::default();
    let cut =
        Arima::new(3, 1, 2).with_starts(1).with_max_iterations(1).fit(&data, &context).unwrap();
    assert_eq!(cut.status(), tangency_forecast::FitStatus::StoppedEarly);
    let whole = Arima::new(3, 1, 2).fit(&data, &context).unwrap();
    assert!(cut.log_likelihood().is_finite());
    assert!(cut.log_likelihood() <= whole.log_likelihood() + 1e-6);
}
