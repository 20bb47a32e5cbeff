//! How many tickers a worker should take at a time, and what more workers bring: a panel of ARIMA
//! fits, batch size against workers.

use tangency::forecast::arima::Arima;
use tangency::forecast::{FitContext, ForecastRequest, Predict, TrainingData, fit_panel};
use tangency::pool::{Chunking, CpuBudget, Pool};
use tangency_benches::experiment::{Variant, compare, widths};
use tangency_testkit::prices::sp500_20;

/// Windows of 250 days of each of the 20 stocks.
const WINDOWS: usize = 6;
const DAYS: usize = 250;

fn main() {
    let prices = sp500_20();
    let mut panel: Vec<Vec<f64>> = Vec::new();
    for window in 0..WINDOWS {
        for column in &prices.columns {
            let from = column.len() - (window + 1) * DAYS;
            panel.push(column[from..from + DAYS].iter().map(|close| close.ln()).collect());
        }
    }
    let series: Vec<TrainingData<'_>> = panel.iter().map(|it| TrainingData::new(it)).collect();
    let (model, context) = (Arima::new(1, 1, 1), FitContext::default());
    let request = ForecastRequest::new(21);
    let forecast = |pool: &Pool, chunking: Chunking| -> Vec<f64> {
        let fitted = fit_panel(pool.batch().chunking(chunking), &series, &model, &context);
        let fitted = fitted.into_results().expect("log prices fit");
        let last = |fitted: &tangency::forecast::arima::FittedArima| {
            fitted.predict(&request).expect("a plain request").mean[20]
        };
        fitted.iter().map(last).collect()
    };
    let one = Pool::new(1).expect("a thread");
    let want = forecast(&one, Chunking::adaptive());
    for workers in widths(CpuBudget::detect().cores()) {
        let pool = Pool::new(workers).expect("threads");
        let variant = |name: String, chunking: Chunking| {
            let (pool, forecast, want) = (&pool, &forecast, &want);
            // The same bits, whatever the workers and the batch size.
            Variant::new(name, move || assert!(forecast(pool, chunking) == *want))
        };
        let mut variants = vec![variant("adaptive".to_owned(), Chunking::adaptive())];
        for size in [10, 20, 40, 50] {
            variants.push(variant(format!("batches of {size}"), Chunking::Fixed(size)));
        }
        let case = format!("{} series, {workers} workers", series.len());
        compare("batch size of a panel forecast", &case, variants);
    }
}
