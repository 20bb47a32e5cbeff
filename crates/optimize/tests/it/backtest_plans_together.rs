//! Many plans at once against each of them alone and against the general event engine: nothing depends
//! on the company, its order, or the width of the registers.

use proptest::prelude::*;
use tangency_optimize::backtest::events::{
    Direction, EntryPrice, EventBacktest, EventConfig, EventResult, Sizing, TradePlan,
};
use tangency_optimize::backtest::{Bars, Costs, Detail, Execution, Signals, SimdWidth};

use crate::backtest_agreement::{Random, Series, same_cases};
use crate::backtest_plans::{AsOrders, random_config, random_plan};

/// Bars on whole prices around 100: opens that jump, closes that stand still, levels that are reached
/// exactly.
fn on_ticks(random: &mut Random, n: usize) -> Series {
    let [mut open, mut high, mut low, mut close] = [const { Vec::new() }; 4];
    let mut last = 100.0;
    for _ in 0..n {
        let mut step = |most: usize| random.below(2 * most + 1) as f64 - most as f64;
        let from = f64::max(last + step(2) * step(1), 80.0);
        let to = f64::max(from + step(3), 80.0);
        open.push(from);
        close.push(to);
        high.push(from.max(to) + step(1).max(0.0));
        low.push(from.min(to) + step(1).min(0.0));
        last = if random.below(9) == 0 { 100.0 } else { to };
    }
    Series { open, high, low, close }
}

/// Signals on many bars, on few, or on none; now and then both at once.
fn random_signals(random: &mut Random, n: usize) -> Signals {
    let one_in = [2, 5, 20, 100_000][random.below(4)];
    let flags = |random: &mut Random| (0..n).map(|_| random.below(one_in) == 0).collect();
    Signals::from_flags(flags(random), flags(random)).unwrap()
}

/// Plans of any shape; often of the same one, with levels that are met exactly.
fn random_plans(random: &mut Random, count: usize) -> Vec<TradePlan> {
    let first = random_plan(random);
    let is_grid = random.below(3) > 0;
    let plan = |random: &mut Random| {
        let plan = random_plan(random);
        if !is_grid {
            return plan;
        }
        let whole =
            |random: &mut Random| [None, Some(0.01), Some(0.02), Some(0.05)][random.below(4)];
        let (stop_loss, take_profit) = (whole(random), whole(random));
        let needs_stop = matches!(first.size, Sizing::Risk(_));
        TradePlan {
            direction: first.direction,
            size: first.size,
            stop_loss: if needs_stop { stop_loss.or(Some(0.03)) } else { stop_loss },
            take_profit,
            entry: match first.entry {
                EntryPrice::Market => EntryPrice::Market,
                _ => [EntryPrice::Limit(0.01), EntryPrice::Stop(0.02)][random.below(2)],
            },
            ..plan
        }
    };
    (0..count).map(|_| plan(random)).collect()
}

fn assert_same_bits(got: &EventResult, want: &EventResult, what: &str) {
    assert_eq!(got.statistics, want.statistics, "{what}");
    let bits = |result: &EventResult| {
        [result.turnover, result.mean_exposure, result.statistics.final_equity].map(f64::to_bits)
    };
    assert_eq!((bits(got), got.rejected), (bits(want), want.rejected), "{what}");
}

/// Trades and equity in every bit. Figures to 1e-7 of their scale: a lot of one unit moves the equity by
/// as little as 1e-7, of which its last bit, 1e-16, is 1e-9, and a square root of 252 makes that more.
fn assert_near(got: &EventResult, want: &EventResult, what: &str) {
    assert_eq!(got.trades, want.trades, "{what}");
    assert_eq!((&got.equity, &got.exposure), (&want.equity, &want.exposure), "{what}");
    assert_eq!(got.rejected, want.rejected, "{what}");
    let near = |got: f64, want: f64| (got - want).abs() <= 1e-7 * want.abs().max(1.0);
    let pairs = [(got.turnover, want.turnover), (got.mean_exposure, want.mean_exposure)];
    assert!(pairs.iter().all(|(got, want)| near(*got, *want)), "{what}: {pairs:?}");
    for (metric, got) in got.statistics.metrics().iter() {
        let want = want.statistics.metrics().get(metric).unwrap();
        let same = near(got, want) || got.is_nan() && want.is_nan();
        assert!(same, "{what}: {metric} is {got}, should be {want}");
    }
}

proptest! {
    #![proptest_config(same_cases(300))]

    #[test]
    fn together_as_alone_as_in_the_general_engine(
        seed in any::<u64>(),
        n in prop_oneof![1 => 1_usize..4, 4 => 4_usize..200],
        count in 0_usize..20,
        is_on_ticks in any::<bool>(),
        has_only_closes in any::<bool>(),
    ) {
        let mut random = Random::new(seed);
        let series = if is_on_ticks { on_ticks(&mut random, n) } else { Series::random(&mut random) };
        let n = series.close.len();
        let bars = if has_only_closes && !is_on_ticks {
            Bars::from_closes(&series.close).unwrap()
        } else {
            series.bars()
        };
        let signals = random_signals(&mut random, n);
        let mut config = random_config(&mut random);
        // Where nothing costs anything, all that a plan loses may be the last bit of its cash, and ratios
        // over that are what rounding makes of them.
        config.costs.fee = config.costs.fee.max(1e-4);
        let plans = random_plans(&mut random, count);
        let backtest = EventBacktest::new(bars, config).unwrap();
        let together = backtest.prepare().run_plans(&signals, &plans).unwrap();
        prop_assert_eq!(together.len(), count);
        for (plan, together) in plans.iter().zip(&together) {
            let what = format!("{plan:?}, {config:?}");
            let alone = backtest.run_signals(&signals, plan, Detail::ALL).unwrap();
            assert_same_bits(together, &alone, &what);
            let mut orders = AsOrders { signals: &signals, plan: *plan };
            let general = backtest.run_detailed(&mut orders, Detail::ALL).unwrap();
            assert_near(&alone, &general, &what);
        }
        let reversed: Vec<TradePlan> = plans.iter().rev().copied().collect();
        for width in SimdWidth::available() {
            let prepared = backtest.prepare().with_width(*width);
            let got = prepared.run_plans(&signals, &reversed).unwrap();
            for (got, want) in got.iter().rev().zip(&together) {
                assert_same_bits(got, want, &width.to_string());
            }
        }
    }
}

/// Two hundred combinations, of which some lose everything and some cannot afford a single unit, beside
/// each other.
#[test]
fn a_lost_account_does_not_touch_its_neighbours() {
    let (mut lost, mut idle, mut healthy) = (0, 0, 0);
    for seed in 0..20 {
        let mut random = Random::new(seed + 600);
        let series = std::iter::repeat_with(|| Series::random(&mut random))
            .find(|series| series.close.len() > 100)
            .unwrap();
        let signals = random_signals(&mut Random::new(4 * seed + 1), series.close.len());
        let mut config = EventConfig::vectorbt(252.0).with_costs(Costs::fee(0.001));
        config.leverage = 10.0;
        config.execution = [Execution::NextOpen, Execution::NextClose][seed as usize % 2];
        let plans: Vec<TradePlan> = (0..200)
            .map(|k| TradePlan {
                direction: [Direction::Both, Direction::ShortOnly][k / 100],
                size: Sizing::Units(f64::from(1 << (k % 14))),
                stop_loss: (k % 3 == 0).then_some(0.05),
                ..TradePlan::all_in()
            })
            .collect();
        let backtest = EventBacktest::new(series.bars(), config).unwrap();
        let together = backtest.prepare().run_plans(&signals, &plans).unwrap();
        for (plan, together) in plans.iter().zip(&together) {
            let alone = backtest.run_signals(&signals, plan, Detail::NONE).unwrap();
            assert_same_bits(together, &alone, &format!("seed {seed}, {plan:?}"));
            let is_lost = together.statistics.max_drawdown <= -1.0;
            lost += usize::from(is_lost);
            idle += usize::from(together.statistics.trades == 0);
            healthy += usize::from(!is_lost && together.statistics.trades > 0);
        }
    }
    assert!(lost > 50 && idle > 50 && healthy > 500, "{lost} lost, {idle} idle, {healthy} healthy");
}

#[test]
fn no_plans_and_the_first_that_makes_no_sense() {
    let close = [10.0, 11.0, 12.0];
    let config = EventConfig::vectorbt(252.0);
    let backtest = EventBacktest::new(Bars::from_closes(&close).unwrap(), config).unwrap();
    let run = |plans: &[TradePlan]| backtest.prepare().run_plans(&Signals::new(3), plans);
    assert_eq!(run(&[]).unwrap(), []);
    let all_in = TradePlan::all_in();
    let no_bars = TradePlan { max_bars: Some(0), ..all_in };
    let above_itself = TradePlan { stop_loss: Some(-0.1), ..all_in };
    let error = run(&[all_in, no_bars, above_itself]).unwrap_err().to_string();
    assert_eq!(error, "max_bars is 0, expected at least 1 bar");
}
