//! ARIMA(1, 1, 1) on log prices of 15 stocks, in turn: log-likelihoods.

use anofox_forecast::core::TimeSeries;
use anofox_forecast::models::Forecaster;
use anofox_forecast::models::arima::ARIMA;
use chronos_ts::arima::{EstimationMethod, SarimaModel, SarimaOrder};
use ndarray::Array1;

use crate::telling::{columns, tell};

/// Searches end at different points of a flat top.
const LIKELIHOOD: f64 = 1e-5;

pub fn arima() {
    let series = columns("log-prices");
    let arrays: Vec<Array1<f64>> = series.iter().map(|it| Array1::from(it.clone())).collect();
    for (name, method) in [("ml", EstimationMethod::Mle), ("css", EstimationMethod::Css)] {
        let fit = || -> Vec<f64> {
            let order = SarimaOrder::arima(1, 1, 1);
            let one = |it: &Array1<f64>| SarimaModel::fit_with_method(it, order, method);
            arrays.iter().map(|it| one(it).map_or(f64::NAN, |it| it.log_likelihood)).collect()
        };
        let case = format!("forecast/arima-111-15-stocks/chronos-ts-{name}");
        tell(&case, "0.1.0", LIKELIHOOD, fit, |it| it);
    }
    let start = chrono::DateTime::from_timestamp(0, 0).expect("the epoch");
    let panel: Vec<TimeSeries> = series
        .iter()
        .map(|it| {
            let day = |at: usize| start + chrono::Duration::days(at as i64);
            TimeSeries::univariate((0..it.len()).map(day).collect(), it.clone()).expect("a series")
        })
        .collect();
    let fit = || -> Vec<f64> {
        let one = |it: &TimeSeries| {
            let mut model = ARIMA::new(1, 1, 1);
            model.fit(it).ok()?;
            // Its criterion counts two coefficients and a constant.
            Some((2.0 * PARAMETERS - model.aic()?) / 2.0)
        };
        panel.iter().map(|it| one(it).unwrap_or(f64::NAN)).collect()
    };
    tell("forecast/arima-111-15-stocks/anofox-forecast", "0.19.0", LIKELIHOOD, fit, |it| it);
}

const PARAMETERS: f64 = 3.0;
