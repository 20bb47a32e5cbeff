//! Grids of backtests: how long a crossover takes, alone and by the thousand.
//!
//! Throughput counts bars times parameter sets, so that its inverse is the time a bar and set. Each
//! grid stands beside its floor: reading the two doubles a bar and set that a comparison needs, and
//! nothing else.
//!
//! Bars and means over all results are told to `benches/peers/optimize_crosses_*.py`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tangency::optimize::backtest::events::{
    BarView, Direction, EntryPrice, EventBacktest, EventConfig, Level, Order, OrderStrategy,
    Orders, Sizing, TradePlan,
};
use tangency::optimize::backtest::{
    Backtest, BacktestConfig, Bars, Costs, Detail, Donchian, MovingAverages, RsiReversion, Side,
    Signals, SmaCross, Statistics, Strategy,
};
use tangency::optimize::metrics::Metric;
use tangency::optimize::search::{Grid, sma_cross_grid};
use tangency::pool::Pool;
use tangency::preprocess::indicators::{PrefixSums, sma_into};
use tangency_benches::peers::{answer, input};
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

/// Bars and crossovers of the grids that other tools were measured on.
fn measured() -> [(usize, Vec<SmaCross>); 3] {
    let coarse: Vec<usize> = (50..171).step_by(5).collect();
    let fine: Vec<usize> = (105..=204).collect();
    [
        (BARS, crosses(5..=44, &coarse)),
        (BARS, crosses(5..=104, &fine)),
        (100_000, crosses(5..=44, &coarse)),
    ]
}

/// Closes to statistics on one thread, everything included, and the floor.
fn many(criterion: &mut Criterion) {
    for (bars, crosses) in measured() {
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
        let columns = [("open", &open), ("close", &close)].map(|(name, it)| (name, &it[..]));
        input(&format!("bars-{bars}"), &columns);
        let mean = |figure: fn(&Statistics) -> f64| {
            let there: Vec<f64> = got.iter().map(figure).filter(|it| !it.is_nan()).collect();
            there.iter().sum::<f64>() / there.len() as f64
        };
        answer(
            &format!("{name}/closes-to-statistics"),
            &[
                mean(|it| it.total_return),
                mean(|it| it.sharpe),
                mean(|it| it.max_drawdown),
                mean(|it| it.trades as f64),
            ],
        );
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements((bars * crosses.len()) as u64));
        group.sample_size(20);
        group.bench_function("closes-to-statistics", |bencher| {
            bencher.iter(|| backtest.prepare().run_crosses(black_box(&crosses)));
        });
        // The same number of doubles as the sets read, from rows that fit the L2 cache.
        let rows = vec![1.0_f64; 32 * 2048];
        group.bench_function("floor-two-reads", |bencher| {
            bencher.iter(|| read_twice(&rows, bars * crosses.len()));
        });
        group.finish();
    }
}

/// Plans: signals under two hundred combinations of stops, targets and times.
fn plans(criterion: &mut Criterion) {
    let (open, close) = open_and_close();
    let (high, low) = extremes(&open, &close);
    let bars = Bars::new(&open, &high, &low, &close).expect("a random walk stays above zero");
    let config = EventConfig::vectorbt(252.0).with_costs(Costs::fee(0.001));
    let backtest = EventBacktest::new(bars, config).expect("a valid setting");
    let prepared = backtest.prepare();
    let all_in = TradePlan::all_in();
    let stops: Vec<TradePlan> = (1..=20)
        .flat_map(|stop| (1..=10).map(move |take| (f64::from(stop), f64::from(take))))
        .map(|(stop, take)| TradePlan {
            stop_loss: Some(0.01 * stop),
            take_profit: Some(0.03 * take),
            ..all_in
        })
        .collect();
    let trailing: Vec<TradePlan> = (0..200_u32)
        .map(|k| TradePlan {
            trailing_stop: Some(0.01 + 0.0005 * f64::from(k)),
            max_bars: Some(20 + k as usize % 100),
            ..all_in
        })
        .collect();
    let with = |change: fn(&mut TradePlan)| -> Vec<TradePlan> {
        let mut plans = stops.clone();
        plans.iter_mut().for_each(change);
        plans
    };
    let both = with(|plan| {
        plan.direction = Direction::Both;
        plan.size = Sizing::Equity(0.8);
    });
    let limits = with(|plan| plan.entry = EntryPrice::Limit(0.01));
    let strategies: [(&str, &dyn Strategy); 3] = [
        ("sma-10-50", &SmaCross { fast: 10, slow: 50 }),
        ("rsi-14", &RsiReversion { window: 14, low: 40.0, high: 60.0 }),
        ("donchian-20-10", &Donchian { entry: 20, exit: 10 }),
    ];
    let mut group = criterion.benchmark_group(format!("optimize/plans-200x{BARS}"));
    group.throughput(Throughput::Elements((200 * BARS) as u64));
    for (name, strategy) in strategies {
        let mut signals = Signals::default();
        strategy.signals_into(&bars, &mut signals).expect("windows fit");
        for (kind, plans) in
            [("stops", &stops), ("trailing", &trailing), ("both", &both), ("limits", &limits)]
        {
            group.bench_function(BenchmarkId::new(name, kind), |bencher| {
                bencher.iter(|| prepared.run_plans(black_box(&signals), plans).is_ok());
            });
        }
    }
    group.finish();
}

/// Buys again after every stop: a rule that only the general engine can follow.
#[derive(Debug)]
struct Again;

impl OrderStrategy for Again {
    fn name(&self) -> &'static str {
        "again"
    }

    fn on_bar(
        &mut self,
        view: &BarView<'_>,
        orders: &mut Orders,
    ) -> tangency::optimize::Result<()> {
        if view.lots() == 0 {
            let order = Order::market(Side::Long, Sizing::Funds(1.0));
            orders.place(order.with_stop_loss(Level::Away(0.05)));
        }
        Ok(())
    }
}

/// The general engine: a strategy that is asked after every bar, and a plan that pays interest.
fn events(criterion: &mut Criterion) {
    let (open, close) = open_and_close();
    let (high, low) = extremes(&open, &close);
    let bars = Bars::new(&open, &high, &low, &close).expect("a random walk stays above zero");
    let mut config = EventConfig::vectorbt(252.0).with_costs(Costs::fee(0.001));
    let backtest = EventBacktest::new(bars, config).expect("a valid setting");
    let mut signals = Signals::default();
    SmaCross { fast: 10, slow: 50 }.signals_into(&bars, &mut signals).expect("windows fit");
    let mut group = criterion.benchmark_group(format!("optimize/events-{BARS}"));
    group.throughput(Throughput::Elements(BARS as u64));
    group.bench_function("on-bar", |bencher| {
        bencher.iter(|| backtest.run(black_box(&mut Again)).is_ok());
    });
    config.costs.cash_rate = 0.02;
    let backtest = EventBacktest::new(bars, config).expect("a valid setting");
    let plan = TradePlan { stop_loss: Some(0.05), ..TradePlan::all_in() };
    group.bench_function("plan-with-interest", |bencher| {
        bencher.iter(|| backtest.run_signals(black_box(&signals), &plan, Detail::NONE).is_ok());
    });
    group.finish();
}

/// Every ready-made strategy and an expression, a thousand sets each, one worker.
fn many_strategies(criterion: &mut Criterion) {
    use tangency::optimize::backtest::{
        BigBar, BollingerReversion, EmaCross, ExpressionStrategy, MacdCross,
    };
    let (open, close) = open_and_close();
    let (high, low) = extremes(&open, &close);
    let bars = Bars::new(&open, &high, &low, &close).expect("a random walk stays above zero");
    let backtest = Backtest::new(bars, config()).expect("a valid setting");
    let pool = Pool::new(1).expect("threads");
    let mut group = criterion.benchmark_group(format!("optimize/run-many-1000x{BARS}"));
    group.throughput(Throughput::Elements((1000 * BARS) as u64));
    group.sample_size(20);
    macro_rules! bench {
        ($name:literal, $set:expr) => {
            let sets: Vec<_> = (0..1000_usize).map($set).collect();
            group.bench_function($name, |bencher| {
                bencher.iter(|| backtest.run_many(black_box(&sets), &pool).is_ok());
            });
        };
    }
    bench!("ema-cross", |k| EmaCross { fast: 5 + k % 40, slow: 50 + k / 40 * 5 });
    bench!("macd-cross", |k| MacdCross {
        fast: 5 + k % 10,
        slow: 20 + k / 10 % 10,
        signal: 5 + k / 100
    });
    bench!("rsi", |k| RsiReversion {
        window: 5 + k % 20,
        low: 20.0 + (k / 20 % 10) as f64,
        high: 60.0 + (k / 200) as f64
    });
    bench!("donchian", |k| Donchian { entry: 10 + k % 40, exit: 5 + k / 40 });
    bench!("bollinger", |k| BollingerReversion {
        window: 10 + k % 40,
        deviations: 1.0 + 0.05 * (k / 40) as f64
    });
    bench!("big-bar", |k| BigBar { window: 5 + k % 40, multiple: 1.0 + 0.02 * (k / 40) as f64 });
    let rule = ExpressionStrategy::new("rsi(14) < floor and close > sma(slow)", "rsi(14) > 70")
        .expect("well formed");
    bench!("expression", |k| rule
        .clone()
        .with_parameter("floor", (20 + k % 40) as f64)
        .with_parameter("slow", (50 + k / 40 * 5) as f64));
    group.finish();
}

/// Reads two doubles of `rows` for each of so many cells.
fn read_twice(rows: &[f64], cells: usize) -> [f64; 32] {
    let mut sums = [0.0_f64; 32];
    let mut left = 2 * cells;
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

criterion_group!(benches, many, plans, events, many_strategies, grids, single, averages);
criterion_main!(benches);
