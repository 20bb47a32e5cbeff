//! Drawing again: truth that is known, golden block lengths, bad input.

use proptest::prelude::*;
use tangency_optimize::ErrorKind;
use tangency_optimize::backtest::{Backtest, BacktestConfig, Bars, SmaCross};
use tangency_optimize::metrics::{Metric, max_drawdown};
use tangency_optimize::overfitting::TrialReturns;
use tangency_optimize::resampling::{
    Bootstrap, PriceNoise, automatic_block_length, bootstrap_interval, noisy_prices,
    resample_trades, shuffle_trades,
};
use tangency_pool::{Pool, item_seed};
use tangency_testkit::backtest::synthetic_bars;
use tangency_testkit::overfitting::snooping_cases;

use crate::backtest_vectorbt::borrow;

fn pool() -> Pool {
    Pool::new(2).unwrap()
}

fn noise(stream: u64, at: usize) -> f64 {
    item_seed(stream, at) as f64 / 2_f64.powi(64) - 0.5
}

#[test]
fn block_lengths_of_arch() {
    for case in snooping_cases() {
        let returns = case.returns();
        let trials = TrialReturns::new(&returns, case.rows).unwrap();
        let got = automatic_block_length(trials.of(0)).unwrap();
        // Lengths below a row are a row here.
        let same = |got: f64, want: f64| {
            assert!((got - want.max(1.0)).abs() < 1e-9 * got, "{got} {want}");
        };
        same(got.stationary, case.block_stationary);
        same(got.fixed, case.block_circular);
    }
}

#[test]
fn intervals_of_the_mean_hold_it_as_often_as_they_say() {
    let pool = pool();
    let mean = |drawn: &[f64]| drawn.iter().sum::<f64>() / drawn.len() as f64;
    let share = |memory: f64, way: Bootstrap| {
        let n = 300;
        let covered = (0..n).filter(|seed| {
            let mut last = 0.0;
            let next = |t| {
                last = noise(*seed, t) + memory * last;
                last
            };
            let returns: Vec<f64> = (0..200).map(next).collect();
            let interval = bootstrap_interval(&returns, way, mean, 0.9, 199, *seed, &pool).unwrap();
            interval.lower <= 0.0 && 0.0 <= interval.upper
        });
        covered.count() as f64 / n as f64
    };
    // Standard error 0.017; a percentile interval of 200 rows is a little short.
    let single = Bootstrap::Stationary { mean_block: 1.0 };
    assert!((0.83..0.95).contains(&share(0.0, single)));
    // With memory, single rows say too much; blocks of any kind repair most of it.
    assert!(share(0.6, single) < 0.75);
    for way in [
        Bootstrap::Stationary { mean_block: 15.0 },
        Bootstrap::MovingBlock { block: 15 },
        Bootstrap::CircularBlock { block: 15 },
    ] {
        let share = share(0.6, way);
        assert!((0.79..0.95).contains(&share), "{way:?}: {share}");
    }
}

#[test]
fn any_metric_has_an_interval_and_workers_change_no_bit() {
    let returns: Vec<f64> = (0..300).map(|t| 0.02 * noise(1, t) + 0.001).collect();
    let way = Bootstrap::Stationary { mean_block: 8.0 };
    for metric in [Metric::Sharpe, Metric::MaxDrawdown, Metric::Calmar, Metric::ProfitFactor] {
        let figure = |drawn: &[f64]| metric.of_returns(drawn, 252.0).unwrap();
        let run = |workers, seed| {
            let pool = Pool::new(workers).unwrap();
            bootstrap_interval(&returns, way, figure, 0.95, 101, seed, &pool).unwrap()
        };
        let interval = run(1, 3);
        assert_eq!(interval, run(2, 3));
        assert_eq!(interval, run(5, 3));
        assert_ne!(interval, run(1, 4));
        assert_eq!(interval.estimate, figure(&returns));
        assert_eq!((interval.drawn.len(), interval.drawn.undefined()), (101, 0));
        assert!(interval.lower < interval.upper);
    }
    // A figure that does not exist on some paths is counted.
    let lonely: Vec<f64> = (0..30).map(|t| if t == 3 { -0.01 } else { 0.01 }).collect();
    let single = Bootstrap::Stationary { mean_block: 1.0 };
    let profit = |drawn: &[f64]| Metric::ProfitFactor.of_returns(drawn, 252.0).unwrap();
    let interval = bootstrap_interval(&lonely, single, profit, 0.95, 400, 1, &pool()).unwrap();
    // No loss among thirty draws: (29/30)^30 = 0.36 of the paths.
    let missing = interval.drawn.undefined() as f64 / 400.0;
    assert!((missing - 0.36).abs() < 0.1, "{missing}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn orders_of_trades_keep_their_product(
        trades in prop::collection::vec(-0.3_f64..0.4, 1..25),
        seed in any::<u64>(),
    ) {
        let pool = pool();
        let shuffled = shuffle_trades(&trades, 40, seed, &pool).unwrap();
        let total = trades.iter().map(|r| 1.0 + r).product::<f64>() - 1.0;
        for end in [0.0, 1.0] {
            prop_assert!((shuffled.total_return.quantile(end) - total).abs() < 1e-12 * (1.0 + total));
        }
        // No order has a drawdown deeper than all losses in a row, or shallower than the worst loss.
        let losses = trades.iter().filter(|r| **r < 0.0);
        let deepest = losses.clone().map(|r| 1.0 + r).product::<f64>() - 1.0;
        let worst = losses.clone().copied().fold(0.0, f64::min);
        let drawdowns = &shuffled.max_drawdown;
        prop_assert!(drawdowns.quantile(0.0) >= deepest - 1e-12);
        prop_assert!(drawdowns.quantile(1.0) <= worst + 1e-12);
        let streaks = &shuffled.longest_losing_streak;
        prop_assert!(streaks.quantile(1.0) <= losses.count() as f64);
        let drawn = resample_trades(&trades, 40, seed, &pool).unwrap();
        prop_assert_eq!(drawn.total_return.len(), 40);
    }
}

#[test]
fn drawn_trades_have_the_growth_they_should() {
    // One half wins 10 %, the other loses 8 %: the mean of the total is that of independent trades.
    let trades: Vec<f64> = (0..20).map(|k| if k % 2 == 0 { 0.1 } else { -0.08 }).collect();
    let paths = resample_trades(&trades, 20_000, 5, &pool()).unwrap();
    let want = 1.01_f64.powi(20) - 1.0;
    // The deviation of a path is about 0.5, that of the mean 0.0035.
    assert!((paths.total_return.mean() - want).abs() < 0.015);
    let loss = paths.total_return.share_at_most(0.0);
    assert!((0.3..0.5).contains(&loss), "{loss}");
    assert!(paths.risk_of_drawdown(0.1) > paths.risk_of_drawdown(0.3));
    // The history itself is one of the orders.
    let alternating = max_drawdown(&trades);
    let shuffled = shuffle_trades(&trades, 2_000, 5, &pool()).unwrap();
    assert!(shuffled.max_drawdown.share_at_most(alternating - 1e-9) > 0.9, "the kindest order");
}

#[test]
fn noise_on_prices() {
    let owned = synthetic_bars();
    let bars = borrow(&owned);
    let config = BacktestConfig::new(252.0);
    let total = |bars: &Bars<'_>| {
        let rule = SmaCross { fast: 5, slow: 20 };
        Ok(Backtest::new(*bars, config)?.run(&rule)?.statistics.total_return)
    };
    let run = |share, workers| {
        let noise = PriceNoise { share, paths: 60, seed: 2 };
        noisy_prices(&bars, noise, total, &Pool::new(workers).unwrap()).unwrap()
    };
    let none = run(0.0, 1);
    // A factor of exp(0) = 1 changes no price.
    assert!(none.disturbed.values().iter().all(|value| *value == none.undisturbed));
    let (little, much) = (run(0.02, 1), run(0.5, 2));
    assert_eq!(much, run(0.5, 5));
    let width = |report: &tangency_optimize::resampling::NoiseReport| {
        report.disturbed.quantile(0.9) - report.disturbed.quantile(0.1)
    };
    assert!(width(&little) < width(&much));
    assert_eq!((much.disturbed.len(), much.failed), (60, 0));

    // What fails on some series is counted.
    let wary = |bars: &Bars<'_>| {
        if bars.close()[5] > owned.close[5] {
            return Err(ErrorKind::Empty { what: "courage" }.into());
        }
        Ok(1.0)
    };
    let noise = PriceNoise { share: 0.1, paths: 60, seed: 2 };
    let report = noisy_prices(&bars, noise, wary, &pool()).unwrap();
    assert_eq!(report.failed + report.disturbed.len(), 60);
    assert!((10..50).contains(&report.failed));
}

#[test]
fn bad_input_is_named() {
    let pool = pool();
    let mean = |drawn: &[f64]| drawn[0];
    let way = Bootstrap::MovingBlock { block: 2 };
    let message = |returns: &[f64], level, paths| {
        bootstrap_interval(returns, way, mean, level, paths, 0, &pool).unwrap_err().to_string()
    };
    assert_eq!(message(&[], 0.9, 9), "a bootstrap needs at least 1 rows of returns, got 0");
    assert_eq!(message(&[0.1], 0.9, 9), "block length is 2, expected 1 to the number of rows");
    assert_eq!(message(&[0.1; 3], 1.0, 9), "level is 1, expected above 0 and below 1");
    assert_eq!(message(&[0.1; 3], 0.9, 0), "number of paths is 0, expected at least 1");
    assert_eq!(
        message(&[0.1, f64::NAN, 0.2], 0.9, 9),
        "returns[1] is NaN, expected a finite number"
    );
    let panics = |_: &[f64]| panic!("no figure");
    let error = bootstrap_interval(&[0.1; 3], way, panics, 0.9, 9, 0, &pool).unwrap_err();
    assert_eq!(error.to_string(), "the pool failed: panicked: no figure");

    let trades =
        |returns: &[f64], paths| shuffle_trades(returns, paths, 0, &pool).unwrap_err().to_string();
    assert_eq!(trades(&[], 9), "trade returns is empty");
    assert_eq!(trades(&[0.1, f64::NAN], 9), "trade returns[1] is NaN, expected a finite number");
    assert_eq!(
        trades(&[0.1, -1.5], 9),
        "return of a trade is -1.5, expected at least -1: all that was put in"
    );
    assert_eq!(trades(&[0.1], 0), "number of paths is 0, expected at least 1");

    let closes = [1.0, 1.1, 1.2, 1.1];
    let bars = Bars::from_closes(&closes).unwrap();
    let first = |bars: &Bars<'_>| Ok(bars.close()[0]);
    let noise = |share, paths| PriceNoise { share, paths, seed: 0 };
    let message =
        |bars: &Bars<'_>, plan| noisy_prices(bars, plan, first, &pool).unwrap_err().to_string();
    assert_eq!(
        message(&bars, noise(-0.1, 5)),
        "share of noise is -0.1, expected a finite number, 0 or more"
    );
    assert_eq!(message(&bars, noise(0.1, 0)), "number of paths is 0, expected at least 1");
    let two = bars.slice(0..2).unwrap();
    assert!(message(&two, noise(0.1, 5)).starts_with("noise on prices needs at least 3 rows"));
    let fails = |_: &Bars<'_>| Err(ErrorKind::Empty { what: "figure" }.into());
    let error = noisy_prices(&bars, noise(0.1, 5), fails, &pool).unwrap_err();
    assert_eq!(error.to_string(), "figure is empty");

    assert!(automatic_block_length(&[0.1; 15]).is_err());
    assert!(matches!(
        automatic_block_length(&[0.1; 30]).unwrap_err().kind(),
        ErrorKind::ConstantReturns { .. }
    ));
    let mut hole = vec![0.1; 30];
    hole[7] = f64::NAN;
    let error = automatic_block_length(&hole).unwrap_err();
    assert_eq!(error.to_string(), "values[7] is NaN, expected a finite number");
}
