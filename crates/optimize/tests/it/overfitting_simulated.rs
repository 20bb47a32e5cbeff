//! Whether probabilities are what they say, on searches whose truth is known.
//!
//! Every share is compared with bounds of about four standard errors of its number of searches, so
//! that a change of seed would not fail and a wrong formula would.

use statrs::function::erf::erfc_inv;
use tangency_optimize::overfitting::{
    DataSnooping, Luck, SharpeInference, SharpeSpread, TrialReturns, backtest_overfitting,
    effective_trials,
};
use tangency_pool::{Pool, item_seed};

/// Standard normal number `at` of a stream.
fn normal(stream: u64, at: usize) -> f64 {
    let uniform = ((item_seed(stream, at) >> 11) as f64 + 0.5) / 2_f64.powi(53);
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * uniform)
}

/// A panel of daily returns: trial `k` earns `edge(k)` in units of its daily deviation, shares the
/// part `common` of its variance with all and `grouped` with those of equal `k % groups`.
struct Panel {
    trials: usize,
    rows: usize,
    common: f64,
    grouped: f64,
    groups: usize,
}

impl Panel {
    const NOISE: Self = Self { trials: 30, rows: 250, common: 0.0, grouped: 0.0, groups: 1 };

    fn returns(&self, seed: u64, edge: impl Fn(usize) -> f64) -> Vec<f64> {
        let stream = |k: usize| item_seed(seed, k);
        let shared: Vec<f64> = (0..self.rows).map(|t| normal(stream(0), t)).collect();
        let groups: Vec<Vec<f64>> = (0..self.groups)
            .map(|g| (0..self.rows).map(|t| normal(stream(1 + g), t)).collect())
            .collect();
        let own = (1.0 - self.common - self.grouped).sqrt();
        let one = |k: usize| {
            let (edge, group) = (edge(k), &groups[k % self.groups]);
            let shared = &shared;
            (0..self.rows).map(move |t| {
                let parts = self.common.sqrt() * shared[t] + self.grouped.sqrt() * group[t];
                0.01 * (edge + parts + own * normal(stream(1_000 + k), t))
            })
        };
        (0..self.trials).flat_map(one).collect()
    }
}

fn judge(returns: &[f64], rows: usize, pool: Option<&Pool>) -> Luck {
    let trials = TrialReturns::new(returns, rows).unwrap();
    let sharpes: Vec<f64> =
        trials.iter().map(|trial| SharpeInference::of(trial).unwrap().sharpe).collect();
    let best = (0..sharpes.len()).max_by(|a, b| sharpes[*a].total_cmp(&sharpes[*b])).unwrap();
    let spread: SharpeSpread = sharpes.iter().copied().collect();
    let number = pool.map(|pool| effective_trials(&trials, pool).unwrap());
    Luck::of_winner(trials.of(best), &spread, number).unwrap()
}

/// Shares of searches without skill whose probability of luck is below 5 % and below 50 %, and whose
/// deflated Sharpe ratio is above 95 %; and the mean of that ratio.
fn searches(panel: &Panel, pool: Option<&Pool>, n: u64) -> [f64; 4] {
    let mut sums = [0.0; 4];
    for seed in 0..n {
        let luck = judge(&panel.returns(seed, |_| 0.0), panel.rows, pool);
        sums[0] += f64::from(u8::from(luck.probability < 0.05));
        sums[1] += f64::from(u8::from(luck.probability < 0.5));
        sums[2] += f64::from(u8::from(luck.deflated_sharpe > 0.95));
        sums[3] += luck.deflated_sharpe;
    }
    sums.map(|sum| sum / n as f64)
}

#[track_caller]
fn assert_calibrated([five, fifty, deflated, mean]: [f64; 4]) {
    // 400 searches: standard errors 0.011 and 0.025.
    assert!((0.01..0.095).contains(&five), "below 5 %: {five}");
    assert!((0.4..0.6).contains(&fifty), "below 50 %: {fifty}");
    // Compared with the mean of the best of luck alone: one half on average, and stricter than it
    // says at the far end.
    assert!(deflated < 0.05, "deflated above 95 %: {deflated}");
    assert!((0.4..0.6).contains(&mean), "mean deflated: {mean}");
}

#[test]
fn luck_is_calibrated_for_independent_trials() {
    assert_calibrated(searches(&Panel::NOISE, None, 400));
}

#[test]
fn luck_is_nearly_calibrated_for_a_handful_of_trials() {
    // Their spread is poorly known: somewhat more than 5 %.
    let [five, fifty, ..] = searches(&Panel { trials: 5, ..Panel::NOISE }, None, 400);
    assert!(five < 0.12 && (0.4..0.65).contains(&fifty), "{five} {fifty}");
    // With their returns at hand it is known.
    let pool = Pool::new(2).unwrap();
    assert_calibrated(searches(&Panel { trials: 5, ..Panel::NOISE }, Some(&pool), 400));
}

#[test]
fn luck_is_calibrated_for_trials_that_move_together() {
    let panel = Panel { common: 0.8, ..Panel::NOISE };
    assert_calibrated(searches(&panel, None, 400));
    assert_calibrated(searches(&panel, Some(&Pool::new(2).unwrap()), 400));
}

#[test]
fn luck_errs_against_the_winner_in_families_of_trials() {
    let panel = Panel { trials: 48, grouped: 0.96, groups: 6, ..Panel::NOISE };
    let pool = Pool::new(2).unwrap();
    let [five, fifty, deflated, mean] = searches(&panel, Some(&pool), 400);
    assert!(five < 0.05 && fifty < 0.4, "{five} {fifty}");
    // With the effective number of trials the deflated ratio is near one half on average again. The
    // best of near copies is a little better than each of them: somewhat above it.
    assert!(deflated < 0.05 && (0.4..0.68).contains(&mean), "{deflated} {mean}");
    // Counting all of them it is well below.
    let [.., counted] = searches(&panel, None, 400);
    assert!(counted < mean - 0.1, "{counted} {mean}");
}

#[test]
fn a_real_winner_is_no_luck() {
    // A Sharpe ratio of 3.2 a year over four years among thirty trials.
    let edge = |k| if k == 11 { 0.2 } else { 0.0 };
    let panel = Panel { rows: 1_000, ..Panel::NOISE };
    for seed in 0..10 {
        let luck = judge(&panel.returns(seed, edge), panel.rows, None);
        assert!(luck.probability < 0.01 && luck.deflated_sharpe > 0.9, "{luck:?}");
    }
}

/// Share of panels without an edge in which the tests reject at 5 %: White's, lower, consistent, upper.
fn rejections(
    panel: &Panel,
    mean_block: f64,
    memory: f64,
    edge: impl Fn(usize) -> f64,
) -> [f64; 4] {
    let pool = Pool::new(2).unwrap();
    let n = 300;
    let mut rejected = [0.0; 4];
    for seed in 0..n {
        let mut returns = panel.returns(seed, &edge);
        if memory > 0.0 {
            for trial in returns.chunks_exact_mut(panel.rows) {
                for t in 1..trial.len() {
                    trial[t] += memory * trial[t - 1];
                }
            }
        }
        let trials = TrialReturns::new(&returns, panel.rows).unwrap();
        let test = DataSnooping::default().replications(199).mean_block(mean_block).seed(seed);
        let test = test.test(&trials, None, &pool).unwrap();
        let all = [test.reality_check, test.lower, test.consistent, test.upper];
        for (rejected, p) in rejected.iter_mut().zip(all) {
            *rejected += f64::from(u8::from(p <= 0.05)) / n as f64;
        }
    }
    rejected
}

#[test]
fn the_snooping_tests_reject_no_more_than_they_say() {
    // 300 panels: a standard error of 0.0126 at 5 %.
    let panel = Panel { trials: 10, rows: 150, common: 0.3, ..Panel::NOISE };
    let [reality, lower, consistent, upper] = rejections(&panel, 1.0, 0.0, |_| 0.0);
    for share in [reality, consistent, upper] {
        assert!((0.01..0.1).contains(&share), "{share}");
    }
    assert!(lower >= consistent && consistent >= upper);
    // With returns that remember, single rows say too much; blocks repair most of it.
    let panel = Panel { rows: 500, ..panel };
    let [reality, _, spa, _] = rejections(&panel, 12.0, 0.4, |_| 0.0);
    assert!(reality < 0.11 && spa < 0.13, "{reality} {spa}");
    let [.., single, _] = rejections(&panel, 1.0, 0.4, |_| 0.0);
    assert!(single > 0.2 && single > spa + 0.1, "{single} {spa}");
}

#[test]
fn hopeless_trials_hide_a_good_one_from_the_reality_check_alone() {
    let edge = |k: usize| if k == 4 { 0.22 } else { -0.4 };
    let panel = Panel { trials: 10, rows: 150, ..Panel::NOISE };
    let [reality, _, consistent, upper] = rejections(&panel, 1.0, 0.0, edge);
    assert!(consistent > 0.7, "{consistent}");
    assert!(consistent > reality + 0.1 && consistent > upper + 0.1, "{reality} {upper}");
}

#[test]
fn overfitting_of_noise_and_of_an_edge() {
    let pool = Pool::new(2).unwrap();
    let panel = Panel { rows: 400, ..Panel::NOISE };
    let probability = |seed: u64, edge: f64| {
        let returns = panel.returns(seed, |k| if k == 5 { edge } else { 0.0 });
        let trials = TrialReturns::new(&returns, panel.rows).unwrap();
        backtest_overfitting(&trials, 8, &pool).unwrap()
    };
    let n = 60;
    let noise: f64 =
        (0..n).map(|seed| probability(seed, 0.0).probability()).sum::<f64>() / n as f64;
    // Single panels scatter by about 0.2, so the mean of sixty by 0.026.
    assert!((noise - 0.5).abs() < 0.1, "{noise}");
    let real: f64 =
        (0..n).map(|seed| probability(seed, 0.35).probability()).sum::<f64>() / n as f64;
    assert!(real < 0.02, "{real}");
    let of_edge = probability(0, 0.35);
    assert!(of_edge.probability_of_loss() < 0.05);
    assert!(of_edge.winners.iter().filter(|winner| **winner == 5).count() > 65);
    // Both halves hold the same rows together: the better one is, the worse the other.
    assert!(probability(0, 0.0).degradation().unwrap().0 < 0.0);
}
