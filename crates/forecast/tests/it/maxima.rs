//! How often the usual number of starting points finds what ten times as many find:
//! `cargo test -p tangency-forecast --test it -- --ignored --nocapture maxima`.

use tangency_forecast::arima::Arima;
use tangency_forecast::{Fit, FitContext, TrainingData};

use crate::series::{arma, log_prices};

/// By how much of log-likelihood the usual search falls short of one from ten times as many points.
fn shortfall(model: &Arima, series: &[f64]) -> f64 {
    let data = TrainingData::new(series);
    let fit = |model: &Arima| {
        model.fit(&data, &FitContext::default()).expect("a long series fits").log_likelihood()
    };
    (fit(&model.clone().with_starts(40)) - fit(model)).max(0.0)
}

/// How many of `shortfalls` are above 1e-3, of how many, and the largest.
fn summary(shortfalls: &[f64]) -> (usize, usize, f64) {
    let short = shortfalls.iter().filter(|short| **short > 1e-3).count();
    (short, shortfalls.len(), shortfalls.iter().copied().fold(0.0, f64::max))
}

#[test]
#[ignore = "long searches"]
fn maxima_of_log_prices() {
    let names = tangency_testkit::prices::sp500_20().names;
    let mut shortfalls = Vec::new();
    for rows in [400, 750, 1000] {
        for name in &names {
            let series = log_prices(name, rows);
            for (p, q) in [(1, 1), (2, 1), (1, 2), (3, 1), (2, 2)] {
                shortfalls.push(shortfall(&Arima::new(p, 1, q), &series));
            }
        }
    }
    let (short, fits, largest) = summary(&shortfalls);
    println!("log prices: {short} of {fits} fall short, by {largest:.3} at most");
    assert!(short <= 1, "{short} of {fits}");
}

#[test]
#[ignore = "long searches"]
fn maxima_of_simulated_series() {
    let orders = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (3, 3)];
    let mut shortfalls = Vec::new();
    for at in 0..300_u64 {
        let (p, q) = orders[at as usize % orders.len()];
        let rows = [60, 120, 250, 500, 1000][at as usize / orders.len() % 5];
        // Spread over the square by two irrational steps.
        let share = |step: f64| 1.9 * ((at as f64 * step).fract() - 0.5);
        let series = arma(at, rows, share(0.754_877_666), share(0.569_840_291));
        shortfalls.push(shortfall(&Arima::new(p, 0, q), &series));
    }
    let (short, fits, largest) = summary(&shortfalls);
    println!("simulated: {short} of {fits} fall short, by {largest:.3} at most");
    assert!(short <= 6, "{short} of {fits}");
}
