//! Grids of backtests: how long a crossover takes, alone and by the thousand.
//!
//! Throughput counts bars times parameter sets. Each grid stands beside its floor: reading the two
//! doubles a bar and set that a comparison needs, and nothing else.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tangency::optimize::backtest::events::{EventBacktest, EventConfig, TradePlan};
use tangency::optimize::backtest::{
    Backtest, BacktestConfig, Bars, Costs, Detail, MovingAverages, Signals, SmaCross,
};
use tangency::optimize::metrics::Metric;
use tangency::optimize::search::{Grid, sma_cross_grid};
use tangency::pool::Pool;
use tangency::preprocess::indicators::{PrefixSums, sma_into};
use tangency_testkit::random_walks::Panel;

/// As many daily bars as nine years of trading have.
const BARS: usize = 2148;

/// Opens and closes of a seeded random walk; each open lies between two closes.
fn open_and_close() -> (Vec<f64>, Vec<f64>) {
    open_and_close_of(BARS)
}

fn open_and_close_of(bars: usize) -> (Vec<f64>, Vec<f64>) {
    let panel = Panel { n_assets: 1, n_rows: 2 * bars, ..Panel::default() };
    let walk = panel.simulate(11).remove(0);
    let every_second = |from: usize| walk.iter().copied().skip(from).step_by(2).collect();
    (every_second(0), every_second(1))
}

fn extremes(open: &[f64], close: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let pairs = || open.iter().zip(close);
    (pairs().map(|(o, c)| o.max(*c)).collect(), pairs().map(|(o, c)| o.min(*c)).collect())
}

fn config() -> BacktestConfig {
    BacktestConfig::new(252.0).with_costs(Costs::fee(0.001))
}

/// The whole call: averages, trials, report. Divide by the number of trials.
fn grids(criterion: &mut Criterion) {
    let (open, close) = open_and_close();
    let (high, low) = extremes(&open, &close);
    let bars = Bars::new(&open, &high, &low, &close).expect("a random walk stays above zero");
    for (trials, fast, slow) in
        [(1_000, "fast=5:44:1", "slow=50:170:5"), (10_000, "fast=5:104:1", "slow=105:204:1")]
    {
        let grid = Grid::parse([fast, slow]).expect("well formed");
        let mut group = criterion.benchmark_group(format!("optimize/sma-grid-{trials}x{BARS}"));
        group.throughput(Throughput::Elements(trials));
        group.sample_size(20);
        for workers in [1, 2] {
            let pool = Pool::new(workers).expect("threads");
            let id = BenchmarkId::new("shared-averages", format!("{workers}-workers"));
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    let search = sma_cross_grid(&bars, &grid, &config(), &pool, None, None)
                        .expect("a valid grid");
                    let report = search.report;
                    assert_eq!(report.trials.len() as u64, trials);
                    assert!(report.best(Metric::Sharpe).is_ok_and(|best| best.is_some()));
                    report
                });
            });
        }
        group.finish();
    }
}

/// Crossovers of the grid that other tools were measured on: every fast window with every slow one.
fn crosses(fast: std::ops::RangeInclusive<usize>, slow: &[usize]) -> Vec<SmaCross> {
    fast.flat_map(|fast| slow.iter().map(move |slow| SmaCross { fast, slow: *slow })).collect()
}

/// Closes to statistics on one thread, everything included, and the floor.
fn many(criterion: &mut Criterion) {
    let coarse: Vec<usize> = (50..171).step_by(5).collect();
    let fine: Vec<usize> = (105..=204).collect();
    for (bars, crosses) in [
        (BARS, crosses(5..=44, &coarse)),
        (BARS, crosses(5..=104, &fine)),
        (100_000, crosses(5..=44, &coarse)),
    ] {
        let (open, close) = open_and_close_of(bars);
        let (high, low) = extremes(&open, &close);
        let data = Bars::new(&open, &high, &low, &close).expect("a random walk stays above zero");
        let backtest = Backtest::new(data, config()).expect("a valid setting");
        // Results first: a sample against the event engine.
        let event = EventConfig::vectorbt(252.0).with_costs(Costs::fee(0.001));
        let event = EventBacktest::new(data, event).expect("a valid setting");
        let got = backtest.prepare().run_crosses(&crosses).expect("windows fit");
        for at in (0..crosses.len()).step_by(251) {
            let want = event
                .run_strategy(&crosses[at], &TradePlan::all_in(), Detail::NONE)
                .expect("windows fit")
                .statistics;
            assert_eq!(got[at].trades, want.trades);
            assert!((got[at].sharpe - want.sharpe).abs() < 1e-10);
            assert!((got[at].max_drawdown - want.max_drawdown).abs() < 1e-10);
        }
        let name = format!("optimize/sma-crosses-{}x{bars}", crosses.len());
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements((bars * crosses.len()) as u64));
        group.sample_size(20);
        group.bench_function("closes-to-statistics", |bencher| {
            bencher.iter(|| backtest.prepare().run_crosses(black_box(&crosses)));
        });
        // The same number of doubles as the sets read, from rows that fit the L2 cache.
        let rows = vec![1.0_f64; 32 * 2048];
        group.bench_function("floor-two-reads", |bencher| {
            bencher.iter(|| {
                let mut sums = [0.0_f64; 32];
                let mut left = 2 * bars * crosses.len();
                while left > 0 {
                    let take = left.min(rows.len());
                    for lanes in black_box(&rows[..take]).chunks_exact(32) {
                        for (sum, value) in sums.iter_mut().zip(lanes) {
                            *sum += value;
                        }
                    }
                    left -= take;
                }
                sums
            });
        });
        group.finish();
    }
}

/// The event engine: signals with and without stops.
fn events(criterion: &mut Criterion) {
    let (open, close) = open_and_close();
    let (high, low) = extremes(&open, &close);
    let bars = Bars::new(&open, &high, &low, &close).expect("a random walk stays above zero");
    let config = EventConfig::vectorbt(252.0).with_costs(Costs::fee(0.001));
    let backtest = EventBacktest::new(bars, config).expect("a valid setting");
    let mut signals = Signals::default();
    let cross = SmaCross { fast: 10, slow: 50 };
    tangency::optimize::backtest::Strategy::signals_into(&cross, &bars, &mut signals)
        .expect("windows fit");
    let stops = TradePlan {
        stop_loss: Some(0.05),
        take_profit: Some(0.2),
        trailing_stop: Some(0.1),
        ..TradePlan::all_in()
    };
    let mut group = criterion.benchmark_group(format!("optimize/events-{BARS}"));
    group.throughput(Throughput::Elements(BARS as u64));
    for (name, plan) in [("all-in", TradePlan::all_in()), ("stops", stops)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| backtest.run_signals(black_box(&signals), &plan, Detail::NONE).is_ok());
        });
    }
    group.finish();
}

/// One crossover: over averages at hand, or from closes to statistics.
fn single(criterion: &mut Criterion) {
    let (open, close) = open_and_close();
    let (high, low) = extremes(&open, &close);
    let bars = Bars::new(&open, &high, &low, &close).expect("a random walk stays above zero");
    let backtest = Backtest::new(bars, config()).expect("a valid setting");
    let cross = SmaCross { fast: 10, slow: 50 };
    let averages = MovingAverages::new(&close, [10, 50]).expect("positive windows");
    let prepared = backtest.prepare();
    let want = backtest.run(&cross).expect("positive windows").statistics;
    let mut group = criterion.benchmark_group(format!("optimize/sma-cross-{BARS}"));
    group.throughput(Throughput::Elements(BARS as u64));
    group.bench_function("prepared", |bencher| {
        bencher.iter(|| {
            let got = prepared.statistics_of_cross(&averages, black_box(cross));
            assert_eq!(got.as_ref().ok(), Some(&want));
            got
        });
    });
    let mut scratch = Signals::new(BARS);
    group.bench_function("signals-first", |bencher| {
        bencher.iter(|| {
            let got = backtest.statistics(&black_box(cross), &mut scratch);
            assert_eq!(got.as_ref().ok(), Some(&want));
            got
        });
    });
    group.finish();
}

/// One moving average, alone and over sums that other windows share.
fn averages(criterion: &mut Criterion) {
    let (_, close) = open_and_close();
    let sums = PrefixSums::new(&close);
    let mut out = vec![0.0; BARS];
    let mut group = criterion.benchmark_group(format!("preprocess/sma-{BARS}"));
    group.throughput(Throughput::Elements(BARS as u64));
    group.bench_function("alone", |bencher| {
        bencher.iter(|| sma_into(black_box(&close), 50, &mut out).is_ok());
    });
    group.bench_function("shared-sums", |bencher| {
        bencher.iter(|| black_box(&sums).sma_into(50, &mut out).is_ok());
    });
    group.finish();
}

criterion_group!(benches, many, events, grids, single, averages);
criterion_main!(benches);
