//! Fits, likelihoods and forecasts; every answer is asserted before it is measured.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tangency::forecast::arima::Arima;
use tangency::forecast::{Fit, FitContext, ForecastRequest, Naive, Predict, TrainingData};

/// Natural logarithms of the last closes of one stock.
fn log_prices(name: &str, rows: usize) -> Vec<f64> {
    let prices = tangency_testkit::prices::sp500_20();
    let closes = prices.column(name);
    closes[closes.len() - rows..].iter().map(|close| close.ln()).collect()
}

fn fits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("forecast");
    let context = FitContext::default();
    // Log-likelihoods recorded for these series in the golden values; for 750 rows our own.
    let cases = [
        ("arima-011-n1000", Arima::new(0, 1, 1), 1000, None),
        ("arima-111-n1000", Arima::new(1, 1, 1), 1000, Some(2_431.151_710_412_151_3)),
        ("arima-111-n750", Arima::new(1, 1, 1), 750, None),
        ("arima-212-n1000", Arima::new(2, 1, 2), 1000, None),
    ];
    for (name, model, rows, expected) in cases {
        let series = log_prices("JPM", rows);
        let data = TrainingData::new(&series);
        let fitted = model.fit(&data, &context).expect("a price series fits");
        if let Some(expected) = expected {
            assert!(fitted.log_likelihood() >= expected - 1e-3, "{name}");
        }
        group.bench_function(format!("{name}/fit"), |bencher| {
            bencher.iter(|| model.fit(black_box(&data), &context));
        });
        let parameters: Vec<f64> = fitted.parameters().iter().map(|p| p.value).collect();
        let value = model.log_likelihood_at(&data, &parameters).expect("its own parameters");
        assert!((value - fitted.log_likelihood()).abs() < 1e-6, "{name}");
        group.bench_function(format!("{name}/log-likelihood"), |bencher| {
            bencher.iter(|| model.log_likelihood_at(black_box(&data), &parameters));
        });
        let request = ForecastRequest::new(21);
        assert_eq!(fitted.predict(&request).expect("plain request").mean.len(), 21);
        group.bench_function(format!("{name}/predict-21"), |bencher| {
            bencher.iter(|| fitted.predict(black_box(&request)));
        });
    }
    let series = log_prices("JPM", 1000);
    let data = TrainingData::new(&series);
    assert_eq!(Naive.fit(&data, &context).expect("a price series").last(), series[999]);
    group.bench_function("naive-n1000/fit", |bencher| {
        bencher.iter(|| Naive.fit(black_box(&data), &context));
    });
    group.finish();
}

criterion_group! {
    name = forecast;
    config = Criterion::default().sample_size(20);
    targets = fits
}
criterion_main!(forecast);
