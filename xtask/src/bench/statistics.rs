//! The statistics behind a verdict: Student's and Welch's tests, Holm's correction, bootstrap intervals.
//!
//! Student (1908), "The probable error of a mean", Biometrika 6. B. L. Welch (1947), "The generalization of 'Student's' problem when several different population
//! variances are involved", Biometrika 34. S. Holm (1979), "A simple sequentially rejective multiple
//! test procedure", Scandinavian Journal of Statistics 6. B. Efron (1979), "Bootstrap methods:
//! another look at the jackknife", The Annals of Statistics 7.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Draws of a bootstrap interval: its ends move by less than a tenth of its width beyond these.
const RESAMPLES: usize = 2_000;

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// With `n - 1`; zero for a single value.
pub(super) fn standard_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

pub(super) fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The mean of the two in the middle where their number is even; NaN of none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NAN,
        (n, middle) if n % 2 == 1 => sorted[middle],
        (_, middle) => 0.5 * (sorted[middle - 1] + sorted[middle]),
    }
}

/// A statistic and its two-sided p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Test {
    pub(super) t: f64,
    pub(super) p: f64,
}

impl Test {
    /// Nothing can be said.
    const NONE: Self = Self { t: 0.0, p: 1.0 };

    /// Of a difference with its standard error.
    fn new(difference: f64, error: f64, freedom: f64) -> Self {
        if !difference.is_finite() || !error.is_finite() || difference == 0.0 {
            return Self::NONE;
        }
        let t = difference / error;
        if error == 0.0 {
            return Self { t, p: 0.0 };
        }
        match StudentsT::new(0.0, 1.0, freedom) {
            Ok(student) => Self { t, p: 2.0 * student.cdf(-t.abs()) },
            Err(_) => Self::NONE,
        }
    }
}

/// Welch's test that two means are equal: for samples that were measured apart.
///
/// It says nothing where either side has fewer than two values.
pub(super) fn welch(one: &[f64], other: &[f64]) -> Test {
    if one.len() < 2 || other.len() < 2 {
        return Test::NONE;
    }
    let (n, m) = (one.len() as f64, other.len() as f64);
    let a = standard_deviation(one).powi(2) / n;
    let b = standard_deviation(other).powi(2) / m;
    let freedom = (a + b).powi(2) / (a * a / (n - 1.0) + b * b / (m - 1.0));
    Test::new(mean(one) - mean(other), (a + b).sqrt(), freedom)
}

/// Student's test that the logarithms of the pairs' ratios are zero on average: what both halves of a
/// pair met at the time cancels in their ratio.
pub(super) fn paired(before: &[f64], after: &[f64]) -> Test {
    let pairs = before.iter().zip(after);
    let ratios: Vec<f64> = pairs.map(|(before, after)| (after / before).ln()).collect();
    if ratios.len() < 2 {
        return Test::NONE;
    }
    let n = ratios.len() as f64;
    Test::new(mean(&ratios), standard_deviation(&ratios) / n.sqrt(), n - 1.0)
}

/// The 95 % interval of a mean, after Student; without ends where there is one value.
pub(super) fn mean_interval(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let Ok(student) = StudentsT::new(0.0, 1.0, n - 1.0) else {
        return (f64::NEG_INFINITY, f64::INFINITY);
    };
    let half = student.inverse_cdf(0.975) * standard_deviation(values) / n.sqrt();
    (mean(values) - half, mean(values) + half)
}

/// Holm's adjusted p-values, in the order given: each may be held against the level itself.
pub(super) fn holm(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
    let mut adjusted = vec![0.0; values.len()];
    let mut largest = 0.0_f64;
    for (rank, &at) in order.iter().enumerate() {
        largest = largest.max((values[at] * (values.len() - rank) as f64).min(1.0));
        adjusted[at] = largest;
    }
    adjusted
}

/// What is asked of two samples: by how much the second takes longer than the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Design {
    /// Measured apart from each other: the ratio of the medians.
    Apart,
    /// Measured in turns, A B A B: the median of the pairs' ratios, in which what both met at the
    /// time cancels.
    Paired,
}

/// The change of the second sample against the first: 0.1 where it takes a tenth longer.
pub(super) fn change(design: Design, before: &[f64], after: &[f64]) -> f64 {
    match design {
        Design::Apart => median(after) / median(before) - 1.0,
        Design::Paired => {
            let pairs = before.iter().zip(after);
            median(&pairs.map(|(before, after)| after / before).collect::<Vec<_>>()) - 1.0
        }
    }
}

/// The 95 % bootstrap interval (percentiles) of [`change`]; the same draws in every call.
pub(super) fn interval(design: Design, before: &[f64], after: &[f64]) -> (f64, f64) {
    if before.is_empty() || after.is_empty() {
        return (f64::NAN, f64::NAN);
    }
    let mut draws = Draws(20_240_229);
    let mut one = vec![0.0; before.len()];
    let mut other = vec![0.0; after.len()];
    let mut changes: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            match design {
                Design::Apart => {
                    one.fill_with(|| before[draws.below(before.len())]);
                    other.fill_with(|| after[draws.below(after.len())]);
                }
                Design::Paired => {
                    let pairs = before.len().min(after.len());
                    one.truncate(pairs);
                    other.truncate(pairs);
                    for (one, other) in one.iter_mut().zip(&mut other) {
                        let pair = draws.below(pairs);
                        (*one, *other) = (before[pair], after[pair]);
                    }
                }
            }
            change(design, &one, &other)
        })
        .collect();
    changes.sort_unstable_by(f64::total_cmp);
    let quantile = |share: f64| changes[(share * (RESAMPLES - 1) as f64).round() as usize];
    (quantile(0.025), quantile(0.975))
}

/// SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
struct Draws(u64);

impl Draws {
    /// An index below `n`; the bias of a remainder of 64 bits is far below what is measured.
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: [f64; 6] = [10.1, 9.8, 10.4, 10.0, 9.9, 10.3];
    const OTHER: [f64; 5] = [11.0, 11.6, 10.9, 12.1, 11.2];

    #[test]
    fn moments_and_medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
        assert_eq!(standard_deviation(&[1.0, 3.0]), 2.0_f64.sqrt());
        assert_eq!(standard_deviation(&[1.0]), 0.0);
        assert_eq!(least(&OTHER), 10.9);
    }

    #[test]
    fn welch_gives_what_scipy_gives() {
        // scipy.stats.ttest_ind(ONE, OTHER, equal_var=False).pvalue
        let p = welch(&ONE, &OTHER).p;
        assert!((p - 0.002_400_578_040_337_260_4).abs() < 1e-12, "{p}");
        assert_eq!(welch(&ONE, &ONE).p, 1.0);
        assert_eq!(welch(&[1.0], &OTHER).p, 1.0);
        assert_eq!(welch(&[1.0, 1.0], &[2.0, 2.0]).p, 0.0);
    }

    #[test]
    fn a_paired_test_gives_what_scipy_gives() {
        // scipy.stats.ttest_1samp(numpy.log(numpy.array(OTHER) / ONE[:5]), 0)
        let test = paired(&ONE, &OTHER);
        assert!((test.t - 4.673_030_830_285_92).abs() < 1e-9, "{}", test.t);
        assert!((test.p - 0.009_496_850_665_523_306).abs() < 1e-12, "{}", test.p);
        assert_eq!(paired(&ONE, &ONE).p, 1.0);
        assert_eq!(paired(&[1.0], &OTHER).p, 1.0);
        assert_eq!(paired(&[1.0, 0.0], &[1.0, 0.0]).p, 1.0);
    }

    #[test]
    fn a_drift_that_both_halves_of_a_pair_meet_hides_nothing_from_a_paired_test() {
        let noise = [0.999, 1.002, 1.0, 0.998, 1.001, 1.0, 1.002, 0.999, 1.001, 0.998];
        let before: Vec<f64> = (0..10).map(|run| 100.0 + 10.0 * f64::from(run)).collect();
        let after: Vec<f64> =
            before.iter().zip(noise).map(|(it, noise)| 1.1 * it * noise).collect();
        assert!(paired(&before, &after).p < 1e-9);
        assert!(welch(&before, &after).p > 0.1);
    }

    #[test]
    fn the_interval_of_a_mean_gives_what_scipy_gives() {
        // scipy.stats.t.interval(0.95, 5, numpy.mean(ONE), scipy.stats.sem(ONE))
        let (low, high) = mean_interval(&ONE);
        assert!(
            (low - 9.840_220_368_419_416).abs() < 1e-9
                && (high - 10.326_446_298_247_252).abs() < 1e-9,
            "{low} {high}"
        );
        assert_eq!(mean_interval(&[1.0]).1, f64::INFINITY);
    }

    #[test]
    fn holm_gives_what_statsmodels_gives() {
        // statsmodels.stats.multitest.multipletests(.., method="holm")[1]
        let got = holm(&[0.01, 0.04, 0.03, 0.005, 0.5]);
        for (got, want) in got.iter().zip([0.04, 0.09, 0.09, 0.025, 0.5]) {
            assert!((got - want).abs() < 1e-15, "{got} {want}");
        }
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn an_interval_holds_the_change_and_shrinks_with_the_noise() {
        for design in [Design::Apart, Design::Paired] {
            let after: Vec<f64> = ONE.iter().map(|time| time * 1.1).collect();
            let (low, high) = interval(design, &ONE, &after);
            assert!(low <= 0.1 + 1e-12 && 0.1 - 1e-12 <= high, "{design:?}: {low} {high}");
        }
        // A drift that both halves of a pair meet leaves a paired interval alone.
        let before: Vec<f64> = (0..12).map(|run| 1.0 + f64::from(run)).collect();
        let after: Vec<f64> = before.iter().map(|time| time * 1.1).collect();
        let (low, high) = interval(Design::Paired, &before, &after);
        assert!((low - 0.1).abs() < 1e-12 && (high - 0.1).abs() < 1e-12);
        let (low, high) = interval(Design::Apart, &before, &after);
        assert!(low < -0.2 && high > 0.5);
    }

    #[test]
    fn a_bootstrap_interval_covers_the_truth_about_as_often_as_it_says() {
        // Twelve draws of a uniform around 1 and around 1.05 each time; the median's interval by
        // percentiles is a little wide or narrow at this n, hence the room.
        let mut draws = Draws(7);
        let mut uniform = |centre: f64| centre * (0.9 + 0.2 * draws.below(1 << 30) as f64 / 1e9);
        let covered = (0..200).filter(|_| {
            let before: Vec<f64> = (0..12).map(|_| uniform(1.0)).collect();
            let after: Vec<f64> = (0..12).map(|_| uniform(1.05)).collect();
            let (low, high) = interval(Design::Apart, &before, &after);
            (low..=high).contains(&0.05)
        });
        let covered = covered.count();
        assert!((180..=199).contains(&covered), "{covered} of 200");
    }
}
