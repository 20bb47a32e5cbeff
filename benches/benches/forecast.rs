//! Fits, likelihoods and forecasts; every answer is asserted before it is measured.

#![expect(
    clippy::print_stdout,
    reason = "sums of likelihoods and the growth of memory are no times, so criterion has no place for them"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tangency::forecast::arima::Arima;
use tangency::forecast::{
    AutoArima, Fit, FitContext, ForecastRequest, Naive, Predict, TrainingData, fit_panel,
};
use tangency::pool::{Outcome, Pool};

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

/// The last 1,000 log prices of 20 stocks: each measurement is all of them, one after the other,
/// with 21 forecasts each.
fn stocks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("forecast/20-stocks");
    group.sample_size(10);
    let context = FitContext::default();
    let names = tangency_testkit::prices::sp500_20().names;
    let series: Vec<Vec<f64>> = names.iter().map(|name| log_prices(name, 1000)).collect();
    let request = ForecastRequest::new(21);
    // Every twentieth row missing.
    let mut gaps = series.clone();
    gaps.iter_mut().flat_map(|one| one.iter_mut().step_by(20)).for_each(|value| *value = f64::NAN);
    // Sums of log-likelihoods: what was reached when this was written, less rounding. The best that
    // other software reached, series by series, are 49,571.9 and 49,789.4.
    let (small, large) = (Arima::new(1, 1, 1), Arima::new(2, 1, 2));
    for (name, model, series, floor) in [
        ("arima-111", &small, &series, 49_573.6),
        ("arima-212", &large, &series, 49_896.2),
        ("arima-111-gaps", &small, &gaps, 46_714.8),
        ("arima-212-gaps", &large, &gaps, 47_100.9),
    ] {
        let run = || -> f64 {
            let one = |series: &Vec<f64>| {
                let fitted = model.fit(&TrainingData::new(series), &context).expect("prices fit");
                black_box(fitted.predict(&request).expect("a plain request"));
                fitted.log_likelihood()
            };
            series.iter().map(one).sum()
        };
        let total = run();
        println!("{name}: the log-likelihoods sum up to {total:.2}");
        assert!(total >= floor, "{name}: {total}");
        group.bench_function(name, |bencher| bencher.iter(run));
    }
    let search = AutoArima::new();
    let run = || -> f64 {
        let one = |series: &Vec<f64>| {
            let fitted = search.fit(&TrainingData::new(series), &context).expect("prices fit");
            black_box(fitted.predict(&request).expect("a plain request"));
            fitted.best().aicc()
        };
        series.iter().map(one).sum()
    };
    let total = run();
    println!("auto-arima: the AICc sum up to {total:.2}");
    assert!(total <= -99_696.0, "automatic: {total}");
    group.bench_function("auto-arima", |bencher| bencher.iter(run));
    group.finish();
}

/// The logarithms of AirPassengers, with 21 forecasts.
fn air_passengers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("forecast/air-passengers");
    group.sample_size(10);
    let context = FitContext::default();
    let passengers = tangency_testkit::forecast::arima_series("airpassengers");
    let series: Vec<f64> = passengers.iter().map(|value| value.ln()).collect();
    let data = TrainingData::new(&series);
    let request = ForecastRequest::new(21);
    let airline = Arima::new(0, 1, 1).seasonal(0, 1, 1, 12);
    let fitted = airline.fit(&data, &context).expect("the airline model fits");
    println!("airline: the log-likelihood is {:.4}", fitted.log_likelihood());
    assert!(fitted.log_likelihood() >= 244.696_486);
    group.bench_function("airline", |bencher| {
        bencher.iter(|| airline.fit(black_box(&data), &context)?.predict(&request));
    });
    let search = AutoArima::new().with_season(12);
    let best = search.fit(&data, &context).expect("an order is found");
    println!("auto-arima of AirPassengers: the AICc is {:.2}", best.best().aicc());
    assert!(best.best().aicc() <= -483.94);
    group.bench_function("auto-arima", |bencher| {
        bencher.iter(|| search.fit(black_box(&data), &context)?.predict(&request));
    });
    group.finish();
}

/// The most memory that this process ever held, in MB; `None` where the system does not tell.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1000.0)
}

/// 10,000 windows of 1,000 log prices on two workers; says by how many MB the peak of
/// memory grew over that of the data.
fn panel(criterion: &mut Criterion) {
    const SERIES: usize = 10_000;
    const ROWS: usize = 1_000;
    let mut group = criterion.benchmark_group("forecast/panel-10000x1000-2-workers");
    group.sample_size(10).throughput(Throughput::Elements(SERIES as u64));
    let prices = tangency_testkit::prices::sp500_20();
    let columns: Vec<Vec<f64>> = (0..SERIES)
        .map(|at| {
            let closes = &prices.columns[at % prices.columns.len()];
            // A window of its own for each: seven rows earlier every time round.
            let end = closes.len() - at / prices.columns.len() * 7 % (closes.len() - ROWS);
            closes[end - ROWS..end].iter().map(|close| close.ln()).collect()
        })
        .collect();
    let series: Vec<TrainingData<'_>> = columns.iter().map(TrainingData::from).collect();
    let pool = Pool::new(2).expect("two workers start");
    let (model, context) = (Arima::new(1, 1, 1), FitContext::default());
    let run = || {
        let report = fit_panel(pool.batch(), &series, &model, &context);
        report.outcomes.iter().filter(|one| matches!(one, Outcome::Done(_))).count()
    };
    let before = peak_memory();
    assert_eq!(run(), SERIES);
    if let Some((after, before)) = peak_memory().zip(before) {
        println!("the peak of memory grew by {:.0} MB", after - before);
    }
    group.bench_function("arima-111", |bencher| bencher.iter(run));
    group.finish();
}

criterion_group! {
    name = forecast;
    config = Criterion::default().sample_size(20);
    targets = fits, stocks, air_passengers, panel
}
criterion_main!(forecast);
