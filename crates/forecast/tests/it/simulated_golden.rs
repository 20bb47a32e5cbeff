//! Simulated series of the kinds that break filters (gaps, roots at the edge, counts, constant
//! stretches) against values recorded from statsmodels.

use nalgebra::DMatrix;
use tangency_forecast::arima::{Arima, Mean};
use tangency_forecast::diagnostics::{Trend, adf, kpss, ljung_box};
use tangency_forecast::{Fit, FitContext, ForecastRequest, NamedMatrix, Predict, TrainingData};
use tangency_testkit::forecast::simulated_cases;

#[test]
fn likelihoods_and_forecasts_are_those_recorded() {
    for case in simulated_cases() {
        let name = &case.name;
        let target: Vec<f64> = case.target.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
        let (rows, horizon, columns) =
            (target.len(), case.forecast_mean.len(), case.regressors.len());
        let matrix = DMatrix::from_vec(rows + horizon, columns, case.regressors.concat());
        let names = (0..columns).map(|k| format!("x{k}"));
        let all = NamedMatrix::new(matrix.as_view(), names).unwrap();
        let mut data = TrainingData::new(&target);
        let mut request = ForecastRequest::new(horizon);
        if columns > 0 {
            data = data.with_regressors(all.rows(0..rows));
            request = request.with_regressors(all.rows(rows..rows + horizon));
        }
        let ([p, d, q], [seasonal_p, seasonal_d, seasonal_q, season]) = (case.order, case.seasonal);
        let mut model = Arima::new(p, d, q).with_mean(case.mean.parse::<Mean>().unwrap());
        if season > 0 {
            model = model.seasonal(seasonal_p, seasonal_d, seasonal_q, season);
        }
        let fitted = model.at(&data, &case.parameters).unwrap();
        let distance = (fitted.log_likelihood() / case.log_likelihood - 1.0).abs();
        assert!(distance < 1e-8, "{name}: {} {distance}", fitted.log_likelihood());
        let forecast = fitted.predict(&request).unwrap();
        for step in 0..horizon {
            let (error, expected) = (forecast.std_error[step], case.forecast_se[step]);
            assert!((error / expected - 1.0).abs() < 1e-7, "{name} {step}: {error} {expected}");
            let distance = (forecast.mean[step] - case.forecast_mean[step]).abs() / expected;
            assert!(distance < 1e-7, "{name} {step}: {distance}");
        }
        // A fit is at least as good as any parameters.
        let best = model.fit(&data, &FitContext::default()).unwrap();
        assert!(best.log_likelihood() >= fitted.log_likelihood(), "{name}");
    }
}

#[test]
fn tests_of_the_series_are_those_recorded() {
    let mut complete = 0;
    for case in simulated_cases() {
        let Some(expected) = &case.tests else { continue };
        complete += 1;
        let series: Vec<f64> = case.target.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
        let root = adf(&series, Trend::Constant, Some(4)).unwrap();
        let portmanteau = ljung_box(&series, 6, 0).unwrap();
        for (what, got, expected) in [
            (
                "kpss",
                kpss(&series, Trend::Constant, Some(5)).unwrap().statistic,
                expected.kpss_level,
            ),
            (
                "kpss line",
                kpss(&series, Trend::Linear, Some(5)).unwrap().statistic,
                expected.kpss_line,
            ),
            ("adf", root.statistic, expected.adf),
            ("adf p", root.p_value, expected.adf_p),
            ("ljung-box", portmanteau.statistic, expected.ljung_box),
            ("ljung-box p", portmanteau.p_value, expected.ljung_box_p),
        ] {
            let close = (got - expected).abs() < 1e-9 * expected.abs().max(1e-3);
            assert!(close, "{} {what}: {got} {expected}", case.name);
        }
    }
    assert_eq!(complete, 3);
}
