//! One thread for each model against models that start threads of their own: time and context
//! switches.
//!
//! Every ticker tries eight orders. Either the pool's workers do that one after the other, or each of
//! them starts eight threads for it, as nested parallel libraries do.

use std::sync::atomic::{AtomicU64, Ordering};

use tangency::forecast::arima::Arima;
use tangency::forecast::{Fit, FitContext, TrainingData};
use tangency::pool::{CpuBudget, Pool};
use tangency_benches::experiment::{Variant, compare};
use tangency_testkit::prices::sp500_20;

const DAYS: usize = 250;
const ORDERS: [(usize, usize); 8] =
    [(0, 1), (1, 0), (1, 1), (2, 0), (0, 2), (2, 1), (1, 2), (2, 2)];

fn main() {
    let prices = sp500_20();
    let panel: Vec<Vec<f64>> = prices
        .columns
        .iter()
        .map(|closes| closes[closes.len() - DAYS..].iter().map(|close| close.ln()).collect())
        .collect();
    let pool = Pool::new(CpuBudget::detect().cores()).expect("threads");
    let one = |series: &[f64], (p, q): (usize, usize)| {
        let data = TrainingData::new(series);
        let fitted = Arima::new(p, 1, q).fit(&data, &FitContext::default());
        fitted.map_or(f64::INFINITY, |fitted| fitted.aicc())
    };
    let switches = AtomicU64::new(0);
    let flat = || {
        let report = pool.batch().map(&panel, |series| {
            counted(&switches, || ORDERS.map(|order| one(series, order)).to_vec())
        });
        report.into_results().expect("fits do not panic")
    };
    let nested = || {
        let report = pool.batch().map(&panel, |series| {
            std::thread::scope(|scope| {
                let fits = ORDERS.map(|order| {
                    let (one, switches) = (&one, &switches);
                    scope.spawn(move || counted(switches, || one(series, order)))
                });
                let aicc = fits.into_iter().map(|fit| fit.join().expect("fits do not panic"));
                aicc.collect::<Vec<f64>>()
            })
        });
        report.into_results().expect("fits do not panic")
    };
    let want = flat();
    assert!(want.iter().flatten().any(|aicc| aicc.is_finite()));
    let of = |run: &dyn Fn() -> Vec<Vec<f64>>| {
        switches.store(0, Ordering::Relaxed);
        assert!(run() == want);
        switches.load(Ordering::Relaxed)
    };
    let (of_nested, of_flat) = (of(&nested), of(&flat));
    let case = format!(
        "{} tickers, {} orders each, {} workers",
        panel.len(),
        ORDERS.len(),
        pool.workers()
    );
    let variants = vec![
        Variant::new("8 threads a model", || assert!(nested() == want)).with_switches(of_nested),
        Variant::new("one thread a model", || assert!(flat() == want)).with_switches(of_flat),
    ];
    compare("one thread per model against nested threads", &case, variants);
}

/// Adds the context switches of this thread during the call.
fn counted<R>(switches: &AtomicU64, call: impl FnOnce() -> R) -> R {
    let before = thread_switches();
    let result = call();
    switches.fetch_add(thread_switches() - before, Ordering::Relaxed);
    result
}

/// Zero where the system does not tell.
fn thread_switches() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let counts = status.lines().filter(|line| line.contains("voluntary_ctxt_switches:"));
    counts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}
