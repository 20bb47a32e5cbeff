//! Models of a transformed series.

use tangency_forecast::arima::{FittedArima, Innovations};
use tangency_forecast::transform::{BoxCox, FittedTransformed, Transformed};
use tangency_forecast::{
    Arima, ErrorKind, Fit, FitContext, ForecastRequest, Predict, TrainingData,
};

use crate::series::{noise, walk};

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

fn prices(rows: usize) -> Vec<f64> {
    walk(6, rows).iter().map(|value| (0.02 * value + 4.0).exp()).collect()
}

/// Everything that a fitted ARIMA can do, in the unit of the series.
#[test]
fn a_transformed_arima_does_what_an_arima_does() {
    let (series, context) = (prices(200), FitContext::default());
    let transform = BoxCox::new(0.3).unwrap();
    let inner: Vec<f64> = series.iter().map(|&value| transform.forward(value)).collect();
    let data = TrainingData::new(&series);
    let fitted =
        Transformed::new(Arima::new(1, 1, 1), transform).fit(&data.rows(0..190), &context).unwrap();
    let plain = Arima::new(1, 1, 1).fit(&TrainingData::new(&inner[..190]), &context).unwrap();
    let request = ForecastRequest::new(4).with_level(0.8);

    let grown = fitted.append(&data.rows(190..200)).unwrap();
    let longer = plain.append(&TrainingData::new(&inner[190..])).unwrap();
    let expected = transform.back(&longer.predict(&request).unwrap(), true);
    assert_eq!(grown.predict(&request).unwrap(), expected);

    let paths = grown.simulate(&request, 3, 5, Innovations::Gaussian).unwrap();
    let others = longer.simulate(&request, 3, 5, Innovations::Gaussian).unwrap();
    for (path, other) in paths.iter().flatten().zip(others.iter().flatten()) {
        assert_eq!(*path, transform.inverse(*other));
    }
    let rolled = grown.rolling_forecasts(180..183, &request).unwrap();
    let other = longer.rolling_forecasts(180..183, &request).unwrap();
    assert_eq!(rolled[2], transform.back(&other[2], true));
    let bootstrap = grown.predict_bootstrap(&request, 50, 3).unwrap();
    assert_eq!(
        bootstrap,
        transform.back(&longer.predict_bootstrap(&request, 50, 3).unwrap(), true)
    );
    let conformal = grown.predict_conformal(&request, 60).unwrap();
    assert_eq!(conformal, transform.back(&longer.predict_conformal(&request, 60).unwrap(), true));

    let mut same = grown.clone();
    let error = same.extend(&TrainingData::new(&[5.0, -1.0])).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotPositive { row: 1, value: -1.0 });
    assert_eq!(same.predict(&request).unwrap(), expected);
}

#[test]
fn transformed_models_survive_a_file() {
    let series = prices(80);
    let model = Transformed::new(Arima::new(0, 1, 1), BoxCox::log()).with_medians();
    let fitted = model.fit(&TrainingData::new(&series), &FitContext::default()).unwrap();
    let value = serde_json::to_value(&fitted).unwrap();
    let back: FittedTransformed<FittedArima> = serde_json::from_value(value.clone()).unwrap();
    let request = ForecastRequest::new(5);
    assert_eq!(back.predict(&request).unwrap(), fitted.predict(&request).unwrap());
    let mut future = value.clone();
    future["model"]["format"] = 9.into();
    let error = serde_json::from_value::<FittedTransformed<FittedArima>>(future).unwrap_err();
    assert!(error.to_string().contains("written in format 9"), "{error}");
    let mut unknown = value;
    unknown["shift"] = 1.into();
    assert!(serde_json::from_value::<FittedTransformed<FittedArima>>(unknown).is_err());
}
