//! Overfitting statistics against golden values, definitions and bad input.

use proptest::prelude::*;
use tangency_optimize::ErrorKind;
use tangency_optimize::backtest::{Backtest, BacktestConfig, Costs, Detail, SmaCross};
use tangency_optimize::metrics::Metric;
use tangency_optimize::overfitting::{
    DataSnooping, EffectiveTrials, Luck, SharpeInference, SharpeSpread, StabilityMap, TrialReturns,
    backtest_overfitting, effective_trials, expected_maximum_sharpe,
};
use tangency_optimize::search::Grid;
use tangency_pool::{Pool, item_seed};
use tangency_testkit::backtest::{GridCase, bars, grid_cases, reference_grid_cases};
use tangency_testkit::overfitting::snooping_cases;

use crate::backtest_vectorbt::borrow;

fn pool() -> Pool {
    Pool::new(2).unwrap()
}

#[track_caller]
fn close(got: f64, want: f64, relative: f64, what: &str) {
    assert!((got - want).abs() <= relative * want.abs().max(1e-12), "{what}: {got}, not {want}");
}

/// Bar returns of every pair of a grid, one after the other.
fn returns_of(case: &GridCase) -> (Vec<[usize; 2]>, Vec<f64>, usize) {
    let owned = bars(&case.data);
    let bars = borrow(&owned);
    let config =
        BacktestConfig::new(case.ann_factor).with_cash(case.cash).with_costs(Costs::fee(case.fee));
    let backtest = Backtest::new(bars, config).unwrap();
    let (mut pairs, mut returns) = (Vec::new(), Vec::new());
    for fast in &case.fast {
        for slow in case.slow.iter().filter(|slow| fast < slow) {
            let rule = SmaCross { fast: *fast, slow: *slow };
            let equity = backtest.run_detailed(&rule, Detail::ALL).unwrap().equity.unwrap();
            let mut before = case.cash;
            returns.extend(equity.into_iter().map(|equity| {
                let earned = equity / before - 1.0;
                before = equity;
                earned
            }));
            pairs.push([*fast, *slow]);
        }
    }
    (pairs, returns, bars.len())
}

fn check_grid(case: &GridCase) {
    let Some(want) = &case.overfitting else { panic!("{} has no statistics", case.data) };
    let (pairs, returns, n_rows) = returns_of(case);
    let trials = TrialReturns::new(&returns, n_rows).unwrap();
    let got = backtest_overfitting(&trials, want.blocks, &pool()).unwrap();
    assert_eq!((got.rows_used, got.logits.len()), (want.rows_used, want.combos));
    // Ranks are whole numbers: logits are the same up to the logarithm's rounding.
    close(got.probability(), want.pbo, 1e-12, "pbo");
    let mut logits = got.logits.clone();
    close(logits.iter().sum::<f64>() / logits.len() as f64, want.logit_mean, 1e-9, "mean logit");
    logits.sort_by(f64::total_cmp);
    let (low, high) = (logits[(logits.len() - 1) / 2], logits[logits.len() / 2]);
    close(0.5 * (low + high), want.logit_median, 1e-9, "median logit");

    let sharpes: Vec<f64> =
        trials.iter().map(|trial| SharpeInference::of(trial).unwrap().sharpe).collect();
    let spread: SharpeSpread = sharpes.iter().copied().collect();
    assert_eq!(spread.trials(), want.n_trials);
    close(spread.variance(), want.var_sr, 1e-9, "variance");
    let best = (0..sharpes.len()).rev().max_by(|a, b| sharpes[*a].total_cmp(&sharpes[*b])).unwrap();
    assert_eq!(pairs[best], want.best_column);
    let luck = Luck::of_winner(trials.of(best), &spread, None).unwrap();
    close(luck.winner.sharpe, want.sr_per_bar, 1e-9, "sharpe");
    close(luck.winner.skewness, want.skew, 1e-9, "skewness");
    close(luck.winner.kurtosis, want.kurtosis, 1e-9, "kurtosis");
    close(luck.expected_maximum_sharpe, want.expected_max_sr, 1e-9, "expected maximum");
    close(luck.probabilistic_sharpe, want.psr_vs_zero, 1e-9, "psr");
    close(luck.deflated_sharpe, want.deflated_sharpe, 1e-9, "dsr");
}

#[test]
fn statistics_of_whole_grids() {
    let cases = grid_cases();
    assert_eq!(cases.len(), 2);
    cases.iter().for_each(check_grid);
}

#[test]
#[ignore = "needs the reference folder beside the checkout"]
fn reference_statistics_of_whole_grids() {
    let cases = reference_grid_cases();
    let with: Vec<&GridCase> = cases.iter().filter(|case| case.overfitting.is_some()).collect();
    assert_eq!(with.len(), 1);
    with.into_iter().for_each(check_grid);
}

#[test]
fn p_values_of_the_snooping_tests() {
    let cases = snooping_cases();
    assert_eq!(cases.len(), 3);
    for case in &cases {
        let returns = case.returns();
        let trials = TrialReturns::new(&returns, case.rows).unwrap();
        let mean = trials.of(0).iter().sum::<f64>() / case.rows as f64;
        close(mean, case.mean0, 1e-12, "the panel");
        let test = DataSnooping::default().replications(20_000).mean_block(case.mean_block).seed(1);
        let got = test.test(&trials, None, &pool()).unwrap();
        // Standard errors at p = 0.33: 0.0033 here and 0.0015 there; 0.01 is nearly three of both.
        let near = |got: f64, want: f64| assert!((got - want).abs() < 0.01, "{got} {want}");
        near(got.lower, case.spa_lower);
        near(got.consistent, case.spa_consistent);
        near(got.upper, case.spa_upper);
        near(got.reality_check, case.reality_check);
        near(got.reality_check, case.arch_upper);
        close(got.spa_statistic, case.spa_statistic, 1e-9, "statistic");
        assert!(got.lower <= got.consistent && got.consistent <= got.upper);
        // A benchmark taken off beforehand is the same test.
        let ground: Vec<f64> = (0..case.rows).map(|t| 0.001 * (t % 7) as f64).collect();
        let raised: Vec<f64> =
            returns.iter().enumerate().map(|(at, r)| r + ground[at % case.rows]).collect();
        let raised = TrialReturns::new(&raised, case.rows).unwrap();
        let other = test.test(&raised, Some(&ground), &pool()).unwrap();
        assert_eq!(other.best, got.best);
        close(other.best_mean, got.best_mean, 1e-9, "mean");
        assert!((other.consistent - got.consistent).abs() < 5e-4, "rounding moves few draws");
    }
}

#[test]
fn workers_change_no_bit() {
    let case = &snooping_cases()[0];
    let returns = case.returns();
    let trials = TrialReturns::new(&returns, case.rows).unwrap();
    let run = |workers| {
        let pool = Pool::new(workers).unwrap();
        let snooping =
            DataSnooping::default().replications(203).test(&trials, None, &pool).unwrap();
        let pbo = backtest_overfitting(&trials, 10, &pool).unwrap();
        let number = effective_trials(&trials, &pool).unwrap();
        (snooping, pbo, number)
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
}

/// Every figure from its definition on joined rows.
fn overfitting_by_definition(returns: &[f64], n_rows: usize, blocks: usize) -> Vec<f64> {
    let length = n_rows / blocks;
    let sharpe = |trial: &[f64], half: u32| {
        let rows: Vec<f64> = (0..length * blocks)
            .filter(|t| half >> (t / length) & 1 == 1)
            .map(|t| trial[t])
            .collect();
        let mean = rows.iter().sum::<f64>() / rows.len() as f64;
        let squares: f64 = rows.iter().map(|r| (r - mean).powi(2)).sum();
        if rows.iter().all(|r| *r == rows[0]) {
            0.0
        } else {
            mean / (squares / (rows.len() as f64 - 1.0)).sqrt()
        }
    };
    let trials: Vec<&[f64]> = returns.chunks_exact(n_rows).collect();
    let mut logits = Vec::new();
    for half in (0_u32..1 << blocks).filter(|h| h.count_ones() as usize == blocks / 2) {
        let inside: Vec<f64> = trials.iter().map(|trial| sharpe(trial, half)).collect();
        let outside: Vec<f64> = trials.iter().map(|trial| sharpe(trial, !half)).collect();
        let best =
            (0..trials.len()).rev().max_by(|a, b| inside[*a].total_cmp(&inside[*b])).unwrap();
        let worse = outside.iter().filter(|other| **other < outside[best]).count();
        let w = (1 + worse) as f64 / (trials.len() + 1) as f64;
        logits.push((w / (1.0 - w)).ln());
    }
    logits
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn overfitting_is_what_it_says(
        seed in any::<u64>(),
        n_trials in 2_usize..7,
        n_rows in 12_usize..40,
        half in 1_usize..4,
    ) {
        let blocks = 2 * half;
        // One trial is out of the market for the first half of the rows. (Of two such trials with a
        // single move each, rounding would tell which is better.)
        let value = |at: usize| {
            let idle = at / n_rows == 1 && at % n_rows < n_rows / 2;
            if idle { 0.0 } else { (item_seed(seed, at) >> 40) as f64 / 1e7 - 0.8 }
        };
        let returns: Vec<f64> = (0..n_trials * n_rows).map(value).collect();
        let trials = TrialReturns::new(&returns, n_rows).unwrap();
        let got = backtest_overfitting(&trials, blocks, &pool()).unwrap();
        let mut got = got.logits;
        let mut want = overfitting_by_definition(&returns, n_rows, blocks);
        got.sort_by(f64::total_cmp);
        want.sort_by(f64::total_cmp);
        prop_assert_eq!(got, want);
    }

    #[test]
    fn probabilities_are_probabilities(
        sharpe in -0.5_f64..0.5,
        skewness in -3.0_f64..3.0,
        above in 0.0_f64..30.0,
        trials in 1.0_f64..1e6,
        variance in 0.0_f64..0.1,
        observations in 3_usize..10_000,
    ) {
        let kurtosis = 1.0 + skewness * skewness + above;
        let inference = SharpeInference { sharpe, skewness, kurtosis, observations };
        let alone = inference.probabilistic_sharpe(0.0);
        let deflated = inference.deflated_sharpe(trials, variance);
        prop_assert!((0.0..=1.0).contains(&deflated) && deflated <= alone);
        let more = inference.deflated_sharpe(2.0 * trials, variance);
        prop_assert!(more <= deflated, "another trial is never for the winner");
    }
}

#[test]
fn worked_examples_of_the_papers() {
    // Bailey and Lopez de Prado (2012): 24 monthly returns, Sharpe ratio 0.458 a month.
    let normal = SharpeInference { sharpe: 0.458, skewness: 0.0, kurtosis: 3.0, observations: 24 };
    let skewed = SharpeInference { skewness: -2.448, kurtosis: 10.164, ..normal };
    assert!((normal.probabilistic_sharpe(0.0) - 0.982).abs() < 5e-4);
    assert!((skewed.probabilistic_sharpe(0.0) - 0.913).abs() < 5e-4);
    // Bailey and Lopez de Prado (2014): 100 trials, variance 1/2 a year, five years of days, Sharpe
    // ratio 2.5 a year, skewness -3, kurtosis 10: expected maximum 0.1132 a day, DSR 0.9004; with 46
    // trials 0.9505.
    let winner = SharpeInference {
        sharpe: 2.5 / 250_f64.sqrt(),
        skewness: -3.0,
        kurtosis: 10.0,
        observations: 1250,
    };
    let variance = 0.5 / 250.0;
    assert!((expected_maximum_sharpe(100.0, variance) - 0.1132).abs() < 5e-5);
    assert!((winner.deflated_sharpe(100.0, variance) - 0.9004).abs() < 5e-5);
    assert!((winner.deflated_sharpe(46.0, variance) - 0.9505).abs() < 5e-5);

    // The smallest track record is the one at which the probabilistic ratio reaches the level.
    let needed = skewed.minimum_track_record(0.0, 0.95).unwrap().unwrap();
    let n = needed.round() as usize;
    let at = |observations| SharpeInference { observations, ..skewed }.probabilistic_sharpe(0.0);
    assert!(at(n - 1) < 0.95 && at(n + 1) > 0.95, "{needed}");
    assert_eq!(skewed.minimum_track_record(0.5, 0.95).unwrap(), None);
}

#[test]
fn the_expected_maximum_is_close_to_the_exact_one() {
    // Means of the largest of N standard normal numbers (Harter 1961).
    for (n, exact) in [(2.0, 0.56419), (5.0, 1.16296), (10.0, 1.53875), (100.0, 2.50759)] {
        let got = expected_maximum_sharpe(n, 1.0);
        let allowed = if n < 5.0 { 0.08 } else { 0.03 };
        assert!((got / exact - 1.0).abs() < allowed, "{n}: {got} {exact}");
    }
    assert_eq!(expected_maximum_sharpe(1.0, 1.0), 0.0);
    assert!(expected_maximum_sharpe(0.5, 1.0).is_nan());
    assert!(expected_maximum_sharpe(10.0, -1.0).is_nan());
}

#[test]
fn luck_in_its_limits() {
    let returns: Vec<f64> =
        (0..500).map(|t| 0.001 + 0.01 * ((t * t % 97) as f64 / 48.0 - 1.0)).collect();
    let one: SharpeSpread = [0.1].into_iter().collect();
    let alone = Luck::of_winner(&returns, &one, None).unwrap();
    assert!((alone.probability - (1.0 - alone.probabilistic_sharpe)).abs() < 1e-12);
    assert_eq!(alone.deflated_sharpe, alone.probabilistic_sharpe, "nothing to deflate");

    // As wide a spread as independent trials have: 1 - Phi^N.
    let error = alone.winner.standard_error();
    let wide: SharpeSpread = (0..40).map(|k| 3.0 * error * f64::from(k % 2)).collect();
    let independent = Luck::of_winner(&returns, &wide, None).unwrap();
    let want = 1.0 - alone.probabilistic_sharpe.powi(40);
    assert!((independent.probability - want).abs() < 1e-10);
    // Trials that are all the same are one trial.
    let narrow: SharpeSpread = (0..40).map(|k| 1e-9 * f64::from(k)).collect();
    let same = Luck::of_winner(&returns, &narrow, None).unwrap();
    assert!((same.probability - alone.probability).abs() < 1e-6);
    // Between the two in between, and growing with the number of trials.
    let half: SharpeSpread = (0..40).map(|k| error * f64::from(k % 2)).collect();
    let between = Luck::of_winner(&returns, &half, None).unwrap().probability;
    assert!(same.probability < between && between < independent.probability);
    let four = EffectiveTrials { number: 4.0, own_share: 0.5 };
    let fewer = Luck::of_winner(&returns, &half, Some(four)).unwrap();
    assert!(
        fewer.deflated_sharpe > Luck::of_winner(&returns, &half, None).unwrap().deflated_sharpe
    );
    assert!(fewer.sentence(252.0).contains("(worth 4.0 independent ones)"));
    assert!(!fewer.sentence(252.0).contains('\n'));
}

#[test]
fn effective_numbers_of_known_panels() {
    let n_rows = 600;
    let noise = |k: usize, t: usize| item_seed(k as u64, t) as f64 / 2_f64.powi(64) - 0.5;
    let number = |n: usize, series: &dyn Fn(usize, usize) -> f64| {
        let returns: Vec<f64> =
            (0..n).flat_map(|k| (0..n_rows).map(move |t| series(k, t))).collect();
        effective_trials(&TrialReturns::new(&returns, n_rows).unwrap(), &pool()).unwrap()
    };
    let own_share = |n, series: &dyn Fn(usize, usize) -> f64| number(n, series).own_share;
    let number = |n, series: &dyn Fn(usize, usize) -> f64| number(n, series).number;
    // Independent trials count in full, more of them than rows as well.
    assert!((number(50, &noise) / 50.0 - 1.0).abs() < 0.05);
    assert!(number(900, &noise) > 800.0);
    assert!(own_share(50, &noise) > 0.98);
    // A common part makes no fewer of them, since it makes no spread either.
    let common = |k: usize, t: usize| 3.0 * noise(10_000, t) + noise(k, t);
    assert!((number(50, &common) / 50.0 - 1.0).abs() < 0.05);
    assert!((own_share(50, &common) - 0.1).abs() < 0.02, "nine parts in ten are common");
    // Six groups of eight.
    let groups = |k: usize, t: usize| noise(k % 6, t) + 0.01 * noise(k + 100, t);
    assert!((number(48, &groups) - 6.0).abs() < 0.3);
    assert!(own_share(48, &groups) > 0.95);
    // Scale and mean make no difference; copies are one trial; trials that never move are none.
    let scaled = |k: usize, t: usize| (k + 1) as f64 * (groups(k, t) + k as f64);
    assert!((number(48, &scaled) - number(48, &groups)).abs() < 1e-9);
    assert_eq!(number(7, &|_, t| noise(0, t)), 1.0);
    assert_eq!(number(7, &|k, t| if k == 3 { noise(0, t) } else { 0.0 }), 1.0);
}

#[test]
fn the_map_of_a_grid() {
    let grid =
        Grid::parse(["fast=1:3:1", "slow=2:5:1"]).unwrap().less_than("fast", "slow").unwrap();
    let trials: Vec<_> = grid.trials().map(Result::unwrap).collect();
    let figure = |p: &tangency_optimize::search::Params| {
        -(p.get("fast").unwrap() - 2.0).abs() - (p.get("slow").unwrap() - 4.0).abs()
    };
    // In any order.
    let pairs = trials.iter().rev().map(|params| (params, figure(params)));
    let map = StabilityMap::of_trials(&grid, pairs, Metric::Sharpe).unwrap();
    assert_eq!(map.len(), 12);
    let best = map.best().unwrap();
    assert_eq!((best, map.value(best)), (6, 0.0));
    assert!(map.value(8).is_nan(), "fast=3, slow=2 was left out");
    let around = map.around(best);
    // fast 1 to 3, slow 3 to 5, without the middle and without 3/3.
    assert_eq!(around.neighbours.values(), [-2.0, -2.0, -2.0, -1.0, -1.0, -1.0, -1.0]);
    assert_eq!((around.median, around.worst), (-1.0, -2.0));
    assert!((around.mean + 10.0 / 7.0).abs() < 1e-15);
    assert_eq!(around.plateau_share(1.0), 4.0 / 7.0);
    assert_eq!(map.most_robust(), Some(6));
    // For a metric that is better when lower, all turns round.
    let map = StabilityMap::new(vec![3], vec![3.0, 1.0, 2.0], Metric::UlcerIndex).unwrap();
    assert_eq!((map.best(), map.around(1).worst), (Some(1), 3.0));
    assert_eq!(map.around(1).plateau_share(1.0), 0.5);
    let alone = StabilityMap::new(vec![1, 1], vec![1.0], Metric::Sharpe).unwrap();
    assert!(alone.around(0).neighbours.is_empty() && alone.around(0).median.is_nan());
    let none = StabilityMap::new(vec![2], vec![f64::NAN; 2], Metric::Sharpe).unwrap();
    assert_eq!((none.best(), none.most_robust()), (None, None));

    let message =
        |steps, values| StabilityMap::new(steps, values, Metric::Sharpe).unwrap_err().to_string();
    assert_eq!(message(vec![2, 2], vec![0.0; 3]), "stability map has length 3, expected 4");
    assert_eq!(message(vec![], vec![]), "stability map is empty");
    let other = Grid::parse(["fast=1:2:1", "slow=2:5:1"]).unwrap();
    let error = StabilityMap::of_trials(&other, [(&trials[8], 0.0)], Metric::Sharpe).unwrap_err();
    assert_eq!(error.to_string(), "parameter fast is 3, expected a value of the grid");
}

#[test]
fn bad_input_is_named() {
    let pool = pool();
    let kind = |values: &[f64], n| TrialReturns::new(values, n).unwrap_err().to_string();
    assert_eq!(kind(&[], 3), "trial returns is empty");
    assert_eq!(kind(&[0.1], 0), "trial returns is empty");
    assert_eq!(kind(&[0.1; 7], 3), "trial returns has length 7, expected 6");
    assert_eq!(
        kind(&[0.1, 0.2, 0.3, f64::INFINITY], 2),
        "return in row 1 of trial 1 is inf, expected a finite number"
    );

    let three = [0.1, 0.2, 0.3];
    assert_eq!(
        SharpeInference::of(&three[..2]).unwrap_err().to_string(),
        "sharpe needs at least 3 rows of returns, got 2"
    );
    assert_eq!(
        SharpeInference::of(&[0.1; 5]).unwrap_err().to_string(),
        "all returns are 0.1, so there is no scatter to judge them by"
    );
    let error = SharpeInference::of(&[0.1, f64::NAN, 0.3]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NonFiniteEntry { index: 1, .. }));
    let level = SharpeInference::of(&three).unwrap().minimum_track_record(0.0, 1.0).unwrap_err();
    assert!(matches!(level.kind(), ErrorKind::InvalidParameter { .. }));

    let two = [0.1, 0.2, 0.3, 0.4, 0.0, 0.1, 0.2, -0.1];
    let two = TrialReturns::new(&two, 4).unwrap();
    for blocks in [0, 1, 3, 22] {
        let error = backtest_overfitting(&two, blocks, &pool).unwrap_err().to_string();
        assert!(error.ends_with("expected an even number from 2 to 20"), "{error}");
    }
    let error = backtest_overfitting(&two, 4, &pool).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooFewRows { needed: 8, got: 4, .. }), "{error}");
    let one = TrialReturns::new(&three, 3).unwrap();
    let error = backtest_overfitting(&one, 2, &pool).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooFewTrials { needed: 2, got: 1, .. }));

    let test = DataSnooping::default().mean_block(2.0);
    let error = test.replications(0).test(&two, None, &pool).unwrap_err().to_string();
    assert_eq!(error, "number of replications is 0, expected at least 1");
    let error = test.mean_block(5.0).test(&two, None, &pool).unwrap_err().to_string();
    assert_eq!(error, "block length is 5, expected 1 to the number of rows");
    let error = test.test(&two, Some(&three), &pool).unwrap_err().to_string();
    assert_eq!(error, "benchmark has length 3, expected 4");
    let error = test.test(&two, Some(&[0.0, 0.0, f64::NAN, 0.0]), &pool).unwrap_err().to_string();
    assert_eq!(error, "benchmark[2] is NaN, expected a finite number");
    let flat = [0.1, 0.2, 0.3, 0.4, 0.25, 0.25, 0.25, 0.25];
    let flat = TrialReturns::new(&flat, 4).unwrap();
    let error = test.test(&flat, None, &pool).unwrap_err().to_string();
    assert_eq!(
        error,
        "all excess returns of trial 1 are 0.25, so there is no scatter to judge them by"
    );
    let idle = TrialReturns::new(&[0.0; 8], 4).unwrap();
    let error = test.test(&idle, None, &pool).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooFewTrials { got: 0, .. }));
    let error = effective_trials(&idle, &pool).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooFewTrials { got: 0, .. }));
    let short = TrialReturns::new(&three, 3).unwrap();
    assert!(matches!(
        effective_trials(&short, &pool).unwrap_err().kind(),
        ErrorKind::TooFewRows { needed: 4, got: 3, .. }
    ));

    let spread: SharpeSpread = [0.1, 0.2].into_iter().collect();
    let error = Luck::of_winner(&three, &SharpeSpread::default(), None).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooFewTrials { got: 0, .. }));
    for number in [0.5, 2.5, f64::NAN] {
        let worth = EffectiveTrials { number, own_share: 1.0 };
        let error = Luck::of_winner(&three, &spread, Some(worth)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidParameter { .. }), "{number}");
    }
}
