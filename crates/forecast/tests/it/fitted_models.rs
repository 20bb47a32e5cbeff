//! What a fitted model can do after the fit: standard errors, new rows, rolling forecasts, files.

use nalgebra::DMatrix;
use proptest::prelude::*;
use tangency_forecast::arima::{Arima, FittedArima, Innovations, Mean};
use tangency_forecast::{
    ErrorKind, Fit, FitContext, ForecastRequest, NamedMatrix, Predict, TrainingData,
};

use crate::series::{arma, noise, recorded, same_cases, walk};

fn context() -> FitContext {
    FitContext::default()
}

#[test]
fn standard_errors_are_those_that_r_prints() {
    // arima(Nile, order = c(1, 0, 0)) prints 0.0867 and 29.1410, for coefficients 0.5063, 919.5685.
    let nile = recorded("nile");
    let data = TrainingData::new(&nile);
    let fitted = Arima::new(1, 0, 0).with_mean(Mean::Const).fit(&data, &context()).unwrap();
    let errors = fitted.standard_errors(&data).unwrap();
    assert!((errors[0].unwrap() - 29.141).abs() < 0.02, "{errors:?}");
    assert!((errors[1].unwrap() - 0.0867).abs() < 1e-4, "{errors:?}");
    // arima(log(AirPassengers), c(0, 1, 1), c(0, 1, 1)) prints 0.0896 and 0.0731; R's diffuse prior
    // is finite.
    let passengers: Vec<f64> = recorded("airpassengers").iter().map(|value| value.ln()).collect();
    let data = TrainingData::new(&passengers);
    let fitted = Arima::new(0, 1, 1).seasonal(0, 1, 1, 12).fit(&data, &context()).unwrap();
    let errors = fitted.standard_errors(&data).unwrap();
    assert!((errors[0].unwrap() - 0.0896).abs() < 5e-4, "{errors:?}");
    assert!((errors[1].unwrap() - 0.0731).abs() < 5e-4, "{errors:?}");
}

#[test]
fn standard_errors_without_coefficients_have_closed_forms() {
    let series = noise(5, 90);
    let data = TrainingData::new(&series);
    let model = Arima::new(0, 0, 0).with_mean(Mean::Const);
    let fitted = model.fit(&data, &context()).unwrap();
    let errors = fitted.standard_errors(&data).unwrap();
    let variance = fitted.sigma2();
    assert!((errors[0].unwrap() / (variance / 90.0).sqrt() - 1.0).abs() < 1e-10);
    assert!((errors[1].unwrap() / (variance * (2.0_f64 / 90.0).sqrt()) - 1.0).abs() < 1e-10);
    let fixed = model.fix("const", 0.1).fit(&data, &context()).unwrap();
    assert_eq!(fixed.standard_errors(&data).unwrap()[0], None);
    let error = fitted.standard_errors(&TrainingData::new(&series[1..])).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::RowsDiffer { expected: 90, got: 89, .. }));
    // Regressors: those of the fit, under their names.
    let matrix = DMatrix::from_vec(90, 1, noise(6, 90));
    let named = |name: &str| {
        let matrix = NamedMatrix::new(matrix.as_view(), [name]).unwrap();
        TrainingData::new(&series).with_regressors(matrix)
    };
    let fitted = model_with_regressor(&named("x"));
    assert!(fitted.standard_errors(&named("x")).is_ok());
    for other in [named("y"), data] {
        let error = fitted.standard_errors(&other).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ColumnsDiffer { .. }), "{error}");
    }
}

fn model_with_regressor(data: &TrainingData<'_>) -> FittedArima {
    Arima::new(0, 0, 0).fit(data, &context()).expect("noise fits")
}

fn models() -> [(Arima, Vec<f64>); 5] {
    [
        (Arima::new(1, 0, 1), vec![0.6, 0.3, 1.3]),
        (Arima::new(2, 1, 1), vec![0.5, -0.2, -0.3, 1.3]),
        (Arima::new(0, 2, 1), vec![-0.4, 0.8]),
        (Arima::new(1, 1, 0).with_mean(Mean::Drift), vec![0.2, 0.4, 1.1]),
        (Arima::new(0, 1, 1).seasonal(0, 1, 1, 4), vec![-0.4, -0.5, 1.0]),
    ]
}

fn at(model: &Arima, series: &[f64], parameters: &[f64]) -> FittedArima {
    model.at(&TrainingData::new(series), parameters).expect("parameters inside the region")
}

proptest! {
    #![proptest_config(same_cases(40))]

    /// Appending is filtering everything at once, to the last bit; with a gap, to rounding.
    #[test]
    fn appended_rows_are_as_if_they_had_been_there(
        seed in 0..1000_u64, which in 0..5_usize, cut in 20..58_usize, gap in prop::bool::ANY,
    ) {
        let (model, parameters) = &models()[which];
        let mut series = walk(seed, 60);
        if gap {
            series[58] = f64::NAN;
        }
        let whole = at(model, &series, parameters);
        let first = at(model, &series[..cut], parameters);
        let grown = first.append(&TrainingData::new(&series[cut..])).unwrap();
        let request = ForecastRequest::new(6);
        let (a, b) = (whole.predict(&request).unwrap(), grown.predict(&request).unwrap());
        prop_assert!((whole.log_likelihood() - grown.log_likelihood()).abs() < 1e-9);
        prop_assert_eq!(whole.n_used(), grown.n_used());
        if gap {
            for step in 0..6 {
                prop_assert!((a.mean[step] - b.mean[step]).abs() < 1e-9);
                prop_assert!((a.std_error[step] / b.std_error[step] - 1.0).abs() < 1e-9);
            }
        } else {
            prop_assert_eq!(a, b);
            prop_assert_eq!(whole.innovations(), grown.innovations());
        }
    }

    /// A rolling forecast is the forecast of the first rows.
    #[test]
    fn rolling_forecasts_are_forecasts(
        seed in 0..1000_u64, which in 0..5_usize, gap in prop::bool::ANY,
    ) {
        let (model, parameters) = &models()[which];
        let mut series = walk(seed, 60);
        if gap {
            series[30] = f64::NAN;
        }
        let fitted = at(model, &series, parameters);
        let request = ForecastRequest::new(5).with_level(0.8);
        let rolled = fitted.rolling_forecasts(40..61, &request).unwrap();
        prop_assert_eq!(rolled.len(), 21);
        for (origin, rolled) in (40..61).zip(&rolled) {
            let single = at(model, &series[..origin], parameters).predict(&request).unwrap();
            for step in 0..5 {
                prop_assert!((rolled.mean[step] - single.mean[step]).abs() < 1e-8);
                prop_assert!((rolled.upper[step] - single.upper[step]).abs() < 1e-8);
            }
        }
    }

    /// A model of a simulated series finds the process within its standard errors.
    #[test]
    fn simulated_series_are_recovered(
        seed in 0..500_u64, phi in -0.8..0.8_f64, theta in -0.6..0.6_f64,
    ) {
        // Nearly cancelling roots tell nothing about either.
        prop_assume!((phi + theta).abs() > 0.35);
        let origin = at(&Arima::new(1, 0, 1), &[0.0; 5], &[phi, theta, 2.0]);
        let request = ForecastRequest::new(1500);
        let path = origin.simulate(&request, 1, seed, Innovations::Gaussian).unwrap().remove(0);
        let data = TrainingData::new(&path);
        let fitted = Arima::new(1, 0, 1).fit(&data, &context()).unwrap();
        let errors = fitted.standard_errors(&data).unwrap();
        for ((parameter, error), truth) in
            fitted.parameters().iter().zip(&errors).zip([phi, theta, 2.0])
        {
            let distance = (parameter.value - truth).abs() / error.unwrap();
            // Five standard errors: once in a million.
            prop_assert!(distance < 5.0, "{}: {} {truth}", parameter.name, parameter.value);
        }
    }
}

#[test]
fn fitted_values_and_innovations_add_up() {
    let series = walk(8, 50);
    let data = TrainingData::new(&series);
    let fitted = Arima::new(1, 1, 1).fit(&data, &context()).unwrap();
    let values = fitted.fitted_values(&data).unwrap();
    assert!(values[0].is_nan());
    for row in 1..50 {
        assert!((values[row] + fitted.innovations()[row - 1] - series[row]).abs() < 1e-12);
    }
    assert!(fitted.fitted_values(&TrainingData::new(&series[..9])).is_err());
}

#[test]
fn simulated_paths_have_the_forecast_s_mean_and_spread() {
    let (model, parameters) = &models()[4];
    let mut series = walk(9, 60);
    series[59] = f64::NAN;
    let fitted = at(model, &series, parameters);
    let request = ForecastRequest::new(9);
    let forecast = fitted.predict(&request).unwrap();
    let paths = fitted.simulate(&request, 4000, 3, Innovations::Gaussian).unwrap();
    for step in [0, 4, 8] {
        let mean = paths.iter().map(|path| path[step]).sum::<f64>() / 4000.0;
        let square = paths.iter().map(|path| (path[step] - mean).powi(2)).sum::<f64>() / 4000.0;
        // Standard errors of a mean and of a deviation from 4,000 draws: 1.6 % and 1.1 %.
        let error = forecast.std_error[step];
        assert!((mean - forecast.mean[step]).abs() < 0.07 * error, "{step}");
        assert!((square.sqrt() / error - 1.0).abs() < 0.05, "{step}");
    }
    let again = fitted.simulate(&request, 7, 3, Innovations::Gaussian).unwrap();
    assert_eq!(again[..], paths[..7]);
    assert_ne!(fitted.simulate(&request, 7, 4, Innovations::Gaussian).unwrap(), again);
}

#[test]
fn bootstrap_and_conformal_intervals_follow_the_innovations() {
    // Skewed shocks: exponential less one.
    let shocks: Vec<f64> =
        noise(4, 3000).chunks_exact(2).map(|z| 0.5 * (z[0] * z[0] + z[1] * z[1]) - 1.0).collect();
    let fitted = at(&Arima::new(0, 0, 0), &shocks, &[1.0]);
    let request = ForecastRequest::new(2).with_level(0.9);
    let gaussian = fitted.predict(&request).unwrap();
    assert!((gaussian.lower[0] + 1.645).abs() < 1e-3);
    let bootstrap = fitted.predict_bootstrap(&request, 5000, 1).unwrap();
    // Quantiles of the exponential less one: -ln 0.95 - 1 and -ln 0.05 - 1.
    assert!((bootstrap.lower[1] + 0.949).abs() < 0.05, "{bootstrap:?}");
    assert!((bootstrap.upper[1] - 1.996).abs() < 0.3, "{bootstrap:?}");
    let conformal = fitted.predict_conformal(&request, 999).unwrap();
    let width = conformal.upper[0] - conformal.mean[0];
    let inside = shocks.iter().filter(|shock| shock.abs() <= width).count();
    assert!((inside as f64 / 1500.0 - 0.9).abs() < 0.02, "{inside}");
    let error = fitted.predict_conformal(&request, 8).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidOption { .. }), "{error}");
    let error = fitted.predict_conformal(&request, 1499).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::TooFewRows { needed: 1501, got: 1500 });
    let error = fitted.predict_conformal(&request, usize::MAX).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::TooFewRows { needed: usize::MAX, got: 1500 });
}

#[test]
fn regressors_go_along_with_appending_and_rolling() {
    let errors = arma(13, 120, 0.6, 0.0);
    let x = noise(14, 120);
    let series: Vec<f64> = errors.iter().zip(&x).map(|(e, x)| 2.0 * x + e).collect();
    let matrix = DMatrix::from_vec(120, 1, x);
    let x = NamedMatrix::new(matrix.as_view(), ["x"]).unwrap();
    let data = TrainingData::new(&series).with_regressors(x.clone());
    let model = Arima::new(1, 0, 0);
    let fitted = model.fit(&data.rows(0..100), &context()).unwrap();
    let grown = fitted.append(&data.rows(100..110)).unwrap();
    let values: Vec<f64> = fitted.parameters().iter().map(|parameter| parameter.value).collect();
    let whole = model.at(&data.rows(0..110), &values).unwrap();
    let request = ForecastRequest::new(4).with_regressors(x.rows(110..114));
    let (a, b) = (whole.predict(&request).unwrap(), grown.predict(&request).unwrap());
    assert!((a.mean[3] - b.mean[3]).abs() < 1e-10);
    let rolling = ForecastRequest::new(4).with_regressors(x.rows(105..114));
    let rolled = grown.rolling_forecasts(105..111, &rolling).unwrap();
    assert!((rolled[5].mean[3] - b.mean[3]).abs() < 1e-10);
    let error = grown.append(&TrainingData::new(&series[..3])).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ColumnsDiffer { .. }));
    let error = grown.rolling_forecasts(105..111, &request).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::RowsDiffer { expected: 9, got: 4, .. }));
    assert!(grown.rolling_forecasts(105..112, &ForecastRequest::new(1)).is_err());
}

#[test]
fn models_survive_a_file_and_future_formats_are_told() {
    let mut series = walk(3, 80);
    for gap in [false, true] {
        if gap {
            series[40] = f64::NAN;
        }
        let data = TrainingData::new(&series);
        let fitted = Arima::new(1, 1, 1).with_mean(Mean::Drift).fit(&data, &context()).unwrap();
        let text = serde_json::to_string(&fitted).unwrap();
        let back: FittedArima = serde_json::from_str(&text).unwrap();
        let request = ForecastRequest::new(7);
        assert_eq!(back.predict(&request).unwrap(), fitted.predict(&request).unwrap());
        assert_eq!(back.aicc(), fitted.aicc());
        assert_eq!(back.parameters(), fitted.parameters());
        let more = TrainingData::new(&series[10..14]);
        let (a, b) = (back.append(&more).unwrap(), fitted.append(&more).unwrap());
        assert_eq!(a.log_likelihood(), b.log_likelihood());

        let future = text.replacen("\"format\":1", "\"format\":2", 1);
        let error = serde_json::from_str::<FittedArima>(&future).unwrap_err().to_string();
        assert!(
            error.contains("written in format 2, this version reads up to format 1"),
            "{error}"
        );
        // What sorts the keys puts the model before its format.
        let mut sorted = serde_json::to_value(&fitted).unwrap();
        let back: FittedArima = serde_json::from_value(sorted.clone()).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
        let body = serde_json::to_string(&sorted["fitted"]).unwrap();
        let reordered = format!("{{\"fitted\":{body},\"format\":1}}");
        let back: FittedArima = serde_json::from_str(&reordered).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
        sorted["fitted"] = serde_json::json!({ "shape": "of the future" });
        for (format, expected) in [
            (1, "the model does not read"),
            (7, "written in format 7, this version reads up to format 1"),
        ] {
            sorted["format"] = format.into();
            let error = serde_json::from_value::<FittedArima>(sorted.clone()).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            let text = format!("{{\"extra\":0,\"fitted\":[],\"format\":{format}}}");
            assert!(serde_json::from_str::<FittedArima>(&text).is_err());
        }
        for wrong in [
            format!("{{\"fitted\":{body}}}"),
            format!("{{\"fitted\":{body},\"fitted\":{body},\"format\":1}}"),
            format!("{{\"format\":1,\"format\":1,\"fitted\":{body}}}"),
            format!("{{\"format\":1,\"fitted\":{body},\"more\":1}}"),
        ] {
            assert!(serde_json::from_str::<FittedArima>(&wrong).is_err());
        }
        let cut = text.replacen("\"rows\":80", "\"rows\":90", 1);
        assert!(serde_json::from_str::<FittedArima>(&cut).is_err());
        assert!(serde_json::from_str::<FittedArima>("{}").is_err());
    }
}
