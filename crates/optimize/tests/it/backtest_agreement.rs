//! The fast path against the event engine on random strategies and series, every register width
//! against the others.

use std::sync::Arc;

use proptest::test_runner::{Config, RngSeed};
pub(crate) use rand_like::Random;
use tangency_optimize::backtest::events::{EventBacktest, EventConfig, TradePlan};
use tangency_optimize::backtest::{
    Backtest, BacktestConfig, Bars, BigBar, Costs, Detail, Donchian, EmaCross, Execution,
    ExpressionStrategy, Indicators, MovingAverages, RsiReversion, Signals, SimdWidth, SmaCross,
    Statistics, Strategy,
};
use tangency_pool::Pool;

/// A small generator, so that the thousand cases are the same everywhere.
mod rand_like {
    pub(crate) struct Random(u64);

    impl Random {
        pub(crate) fn new(seed: u64) -> Self {
            Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
        }

        pub(crate) fn unit(&mut self) -> f64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
        }

        pub(crate) fn below(&mut self, n: usize) -> usize {
            (self.unit() * n as f64) as usize
        }

        pub(crate) fn normal(&mut self) -> f64 {
            (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
        }
    }
}

/// The same cases on every run: what is compared to a tolerance must not fail once in a thousand runs.
pub(crate) fn same_cases(cases: u32) -> Config {
    Config { rng_seed: RngSeed::Fixed(20_260), ..Config::with_cases(cases) }
}

pub(crate) struct Series {
    pub(crate) open: Vec<f64>,
    pub(crate) high: Vec<f64>,
    pub(crate) low: Vec<f64>,
    pub(crate) close: Vec<f64>,
}

impl Series {
    /// Random bars: smooth or wild, with ticks (so that averages tie) or without, now and then with
    /// a jump that dwarfs every other return.
    pub(crate) fn random(random: &mut Random) -> Self {
        let n = 2 + random.below(700);
        let sigma = [0.001, 0.02, 0.1][random.below(3)];
        let tick = [0.0, 0.0, 0.25][random.below(3)];
        let jump = random.below(4) == 0;
        let on_tick = |price: f64| {
            let price = price.max(0.5);
            if tick > 0.0 { (price / tick).round() * tick } else { price }
        };
        let mut series =
            Self { open: Vec::new(), high: Vec::new(), low: Vec::new(), close: Vec::new() };
        let mut last = 100.0;
        for bar in 0..n {
            let mut open = last * (1.0 + 0.3 * sigma * random.normal()).max(0.1);
            if jump && bar == n / 2 {
                open *= 1000.0;
            }
            let (open, close) =
                (on_tick(open), on_tick(open * (1.0 + sigma * random.normal()).max(0.1)));
            series.high.push(open.max(close) * (1.0 + 0.2 * sigma * random.unit()));
            series.low.push(open.min(close) * (1.0 - 0.2 * sigma * random.unit()));
            series.open.push(open);
            series.close.push(close);
            last = close;
        }
        series
    }

    pub(crate) fn bars(&self) -> Bars<'_> {
        Bars::new(&self.open, &self.high, &self.low, &self.close).unwrap()
    }
}

pub(crate) fn random_strategy(random: &mut Random, n: usize) -> Box<dyn Strategy> {
    let window = |random: &mut Random, most: usize| 1 + random.below(most.min(n));
    match random.below(6) {
        0 => Box::new(SmaCross { fast: window(random, 20), slow: window(random, 80) }),
        1 => Box::new(RsiReversion {
            window: window(random, 20),
            low: 20.0 + 35.0 * random.unit(),
            high: 45.0 + 35.0 * random.unit(),
        }),
        2 => Box::new(Donchian { entry: window(random, 40), exit: window(random, 40) }),
        3 => Box::new(EmaCross { fast: window(random, 20), slow: window(random, 80) }),
        4 => Box::new(BigBar { window: window(random, 20), multiple: 0.5 + random.unit() }),
        _ => {
            let n = window(random, 20);
            let entry =
                format!("close < lower_band({n}, 1) or close > highest(previous(close, 1), {n})");
            let exit = format!("not close > sma({n}) and rsi({n}) < 60");
            Box::new(ExpressionStrategy::new(&entry, &exit).unwrap())
        }
    }
}

/// Each figure to 1e-10 of its scale: itself, or for the ratios the size that a return of one
/// deviation gives them.
pub(crate) fn assert_agree(fast: &Statistics, slow: &Statistics, what: &str) {
    let counts = |s: &Statistics| (s.bars, s.trades, s.closed_trades, s.bars_in_market);
    assert_eq!(counts(fast), counts(slow), "{what}");
    for (metric, got) in fast.metrics().iter() {
        let want = slow.metrics().get(metric).unwrap();
        let close =
            got.is_nan() && want.is_nan() || (got - want).abs() <= 1e-10 * want.abs().max(1.0);
        assert!(close, "{what}: {metric} is {got}, should be {want}");
    }
}

#[test]
fn a_thousand_random_strategies_and_series() {
    let (mut trades, mut open_ends) = (0, 0);
    for seed in 0..1000 {
        let mut random = Random::new(seed + 1);
        let series = Series::random(&mut random);
        let strategy = random_strategy(&mut random, series.close.len());
        let costs = Costs { fee: 0.003 * random.unit(), slippage: 0.002 * random.unit() };
        let costs = if random.below(4) == 0 { Costs::FREE } else { costs };
        let execution = [Execution::NextOpen, Execution::NextClose][random.below(2)];
        let bars = series.bars();
        let config = BacktestConfig::new(252.0).with_costs(costs).with_execution(execution);
        let fast =
            Backtest::new(bars, config).unwrap().run_detailed(strategy.as_ref(), Detail::ALL);
        let mut config = EventConfig::vectorbt(252.0).with_costs(costs);
        config.execution = execution;
        let event = EventBacktest::new(bars, config)
            .unwrap()
            .run_strategy(strategy.as_ref(), &TradePlan::all_in(), Detail::ALL)
            .unwrap();
        let fast = fast.unwrap();
        let what = format!("seed {seed}, {strategy:?}, {execution}");
        assert_eq!(fast.trades, event.trades, "{what}");
        assert_eq!(fast.equity, event.equity, "{what}");
        assert_agree(&fast.statistics, &event.statistics, &what);
        trades += fast.statistics.trades;
        open_ends += fast.statistics.trades - fast.statistics.closed_trades;
    }
    assert!(trades > 5_000 && open_ends > 200, "{trades} trades, {open_ends} open at the end");
}

#[test]
fn every_width_and_every_way_gives_the_same_bits() {
    for seed in 0..60 {
        let mut random = Random::new(seed + 5000);
        let series = Series::random(&mut random);
        let config = BacktestConfig::new(252.0).with_costs(Costs::fee(0.001));
        let backtest = Backtest::new(series.bars(), config).unwrap();
        let n = series.close.len();
        let crosses: Vec<SmaCross> = (0..40)
            .map(|_| SmaCross {
                fast: 1 + random.below(60.min(n)),
                slow: 1 + random.below(200.min(n)),
            })
            .collect();
        let together = backtest.prepare().run_crosses(&crosses).unwrap();
        for width in SimdWidth::available() {
            let prepared = backtest.prepare().with_width(*width);
            assert_eq!(prepared.run_crosses(&crosses).unwrap(), together, "{width}");
        }
        let windows = crosses.iter().flat_map(|cross| [cross.fast, cross.slow]);
        let averages = MovingAverages::new(&series.close, windows).unwrap();
        let mut signals = Signals::default();
        for (cross, together) in crosses.iter().zip(&together) {
            assert_eq!(backtest.run(cross).unwrap().statistics, *together, "{cross:?}");
            assert_eq!(backtest.statistics_of_cross(&averages, *cross).unwrap(), *together);
            cross.signals_into(&series.bars(), &mut signals).unwrap();
            assert_eq!(backtest.prepare().statistics(&signals).unwrap(), *together);
        }
    }
}

/// Long enough for several tiles of bars, with sets whose first crossing lies in any of them.
#[test]
fn tiles_do_not_show() {
    let mut random = Random::new(7);
    let mut last = 50.0;
    let close: Vec<f64> = (0..40_000)
        .map(|_| {
            last *= 1.0 + 0.002 * random.normal();
            last
        })
        .collect();
    let backtest =
        Backtest::new(Bars::from_closes(&close).unwrap(), BacktestConfig::new(252.0)).unwrap();
    let mut crosses: Vec<SmaCross> =
        (0..30).map(|k| SmaCross { fast: 3 + k, slow: 64 * k + 7 }).collect();
    crosses.extend([4096, 4097, 20_000, 39_999, 40_000].map(|slow| SmaCross { fast: 9, slow }));
    let too_long = backtest.prepare().run_crosses(&[SmaCross { fast: 9, slow: 40_001 }]);
    assert_eq!(
        too_long.unwrap_err().to_string(),
        "window is 40001 bars, longer than the 40000 bars there are"
    );
    // In one tile alone, in many together.
    let together = backtest.prepare().run_crosses(&crosses).unwrap();
    let event = EventBacktest::new(*backtest.bars(), EventConfig::vectorbt(252.0)).unwrap();
    for (cross, together) in crosses.iter().zip(&together) {
        let alone = backtest.prepare().run_crosses(&[*cross]).unwrap();
        assert_eq!(alone[0], *together, "{cross:?}");
        assert_eq!(backtest.run(cross).unwrap().statistics, *together, "{cross:?}");
        let slow = event.run_strategy(cross, &TradePlan::all_in(), Detail::NONE).unwrap();
        assert_agree(together, &slow.statistics, &format!("{cross:?}"));
    }
}

/// A rule that is nothing but the crossing of two columns, with signals written from its definition.
#[derive(Debug)]
struct Columns([Vec<f64>; 2]);

impl Strategy for Columns {
    fn name(&self) -> &'static str {
        "columns"
    }

    fn signals_into(
        &self,
        bars: &Bars<'_>,
        signals: &mut Signals,
    ) -> tangency_optimize::Result<()> {
        let [fast, slow] = &self.0;
        signals.reset(bars.len());
        let (entries, exits) = signals.columns_mut();
        for bar in 1..fast.len() {
            entries[bar] = fast[bar - 1] <= slow[bar - 1] && fast[bar] > slow[bar];
            exits[bar] = fast[bar - 1] >= slow[bar - 1] && fast[bar] < slow[bar];
        }
        Ok(())
    }

    fn crossing(&self, _: &Indicators<'_>) -> tangency_optimize::Result<Option<[Arc<[f64]>; 2]>> {
        Ok(Some(self.0.each_ref().map(|column| column.as_slice().into())))
    }
}

/// Ties, warm-ups of any length, gaps after them, infinities, nothing at all.
#[test]
fn a_crossing_says_what_its_signals_say() {
    let pool = Pool::new(2).unwrap();
    let mut trades = 0;
    for seed in 0..150 {
        let mut random = Random::new(seed + 9000);
        let series = Series::random(&mut random);
        let n = series.close.len();
        let backtest = Backtest::new(series.bars(), BacktestConfig::new(252.0)).unwrap();
        let (few, gaps) = (2 + random.below(60), random.below(3) == 0);
        let column = |random: &mut Random| -> Vec<f64> {
            let warm_up = random.below(n + n / 8 + 1);
            let warm_up = if random.below(2) == 0 { warm_up } else { warm_up / 20 };
            let value = |bar: usize, random: &mut Random| match random.below(40) {
                0 if gaps => f64::NAN,
                1 if gaps => f64::INFINITY,
                _ if bar < warm_up => f64::NAN,
                // Values that are held for a while, so that there are runs between crossings.
                level if level < 20 => 0.5,
                _ => random.below(few) as f64 / few as f64,
            };
            (0..n).map(|bar| value(bar, random)).collect()
        };
        let rules: Vec<Columns> =
            (0..6).map(|_| Columns([column(&mut random), column(&mut random)])).collect();
        for (rule, got) in rules.iter().zip(backtest.run_many(&rules, &pool).unwrap()) {
            let want = backtest.run(rule).unwrap().statistics;
            assert_eq!(got.done(), Some(want), "seed {seed}");
            trades += want.trades;
        }
        let short = [Columns([vec![1.0; n], vec![1.0; n - 1]])];
        let outcome = backtest.run_many(&short, &pool).unwrap().remove(0);
        let error = outcome.as_failed().unwrap().to_string();
        assert!(error.contains("columns of a crossing"), "{error}");
    }
    assert!(trades > 10_000, "{trades} trades");
}
