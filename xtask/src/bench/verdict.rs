//! From two samples of a case to a word about it.

use std::fmt;

use serde::Serialize;

use super::statistics::{Design, change, holm, interval, median, paired, welch};

/// What a change must show before it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    /// On either side.
    pub(super) runs: usize,
    /// The level that adjusted p-values stay below.
    pub(super) level: f64,
    /// The least speed-up, or slowdown, that matters: 0.05 for a twentieth.
    pub(super) effect: f64,
}

impl Rule {
    /// The rule by which an optimisation is accepted.
    pub(super) const ACCEPTANCE: Self = Self { runs: 10, level: 0.05, effect: 0.05 };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Faster,
    Slower,
    /// The whole interval lies within the effect that matters.
    Same,
    /// The interval reaches beyond it, and the rule is not met: more runs, or a calmer machine.
    Noisy,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Same => "same",
            Self::Noisy => "noisy",
        })
    }
}

/// A case before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Comparison {
    pub(super) case: String,
    /// Medians over the runs, nanoseconds.
    pub(super) before: f64,
    pub(super) after: f64,
    /// Of time: -0.1 where a tenth is saved.
    pub(super) change: f64,
    /// 95 %, by bootstrap.
    pub(super) low: f64,
    pub(super) high: f64,
    /// Of Student's test of pairs or, of runs apart, of Welch's; and adjusted after Holm over all cases of the
    /// comparison.
    pub(super) p: f64,
    pub(super) p_adjusted: f64,
    pub(super) runs: [usize; 2],
    pub(super) verdict: Verdict,
}

impl Comparison {
    /// The time before over the time after: 1.1 where a tenth more gets done.
    pub(super) fn speed_up(&self) -> f64 {
        1.0 / (1.0 + self.change)
    }

    /// Whether it takes longer by `share` or more, beyond chance.
    pub(super) fn is_slower_by(&self, share: f64, level: f64) -> bool {
        self.p_adjusted < level && self.low > 0.0 && self.change >= share
    }
}

/// The two samples of one case, each value the time of one process.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    pub(super) case: &'a str,
    pub(super) before: &'a [f64],
    pub(super) after: &'a [f64],
}

/// Compares all pairs as one family, so that many cases raise no false alarm.
pub(super) fn compare(design: Design, pairs: &[Pair<'_>], rule: Rule) -> Vec<Comparison> {
    let test = match design {
        Design::Apart => welch,
        Design::Paired => paired,
    };
    let values: Vec<f64> = pairs.iter().map(|pair| test(pair.before, pair.after).p).collect();
    let adjusted = holm(&values);
    let each = pairs.iter().zip(values).zip(adjusted);
    each.map(|((pair, p), p_adjusted)| {
        let (low, high) = interval(design, pair.before, pair.after);
        let mut comparison = Comparison {
            case: pair.case.to_owned(),
            before: median(pair.before),
            after: median(pair.after),
            change: change(design, pair.before, pair.after),
            low,
            high,
            p,
            p_adjusted,
            runs: [pair.before.len(), pair.after.len()],
            verdict: Verdict::Noisy,
        };
        comparison.verdict = judge(&comparison, rule);
        comparison
    })
    .collect()
}

fn judge(comparison: &Comparison, rule: Rule) -> Verdict {
    let is_certain = comparison.p_adjusted < rule.level;
    // A speed-up of 5 % saves 4.8 % of the time.
    let least_saved = 1.0 / (1.0 + rule.effect) - 1.0;
    if is_certain && comparison.high < 0.0 && comparison.change <= least_saved {
        Verdict::Faster
    } else if comparison.is_slower_by(rule.effect, rule.level) {
        Verdict::Slower
    } else if comparison.low > least_saved && comparison.high < rule.effect {
        Verdict::Same
    } else {
        Verdict::Noisy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: [f64; 10] = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 99.8, 101.2, 98.8, 100.0];

    fn verdict(factor: f64, before: &[f64]) -> Verdict {
        // In another order, so that the pairs are not alike.
        let after: Vec<f64> = before.iter().rev().map(|time| time * factor).collect();
        let pair = Pair { case: "a", before, after: &after };
        compare(Design::Paired, &[pair], Rule::ACCEPTANCE)[0].verdict
    }

    #[test]
    fn changes_beyond_noise_and_effect_get_their_word() {
        assert_eq!(verdict(1.3, &CALM), Verdict::Slower);
        assert_eq!(verdict(1.1, &CALM), Verdict::Slower);
        assert_eq!(verdict(1.0, &CALM), Verdict::Same);
        assert_eq!(verdict(1.02, &CALM), Verdict::Same);
        assert_eq!(verdict(0.9, &CALM), Verdict::Faster);
        // Certain, yet smaller than what matters, and too near it to be called the same.
        assert_eq!(verdict(1.045, &CALM), Verdict::Noisy);
    }

    #[test]
    fn a_common_drift_hides_no_change_from_runs_in_turns() {
        let before: Vec<f64> =
            CALM.iter().enumerate().map(|(run, time)| time * (1.0 + 0.1 * run as f64)).collect();
        let noise = CALM.iter().rev().map(|time| time / 100.0);
        let after: Vec<f64> =
            before.iter().zip(noise).map(|(it, noise)| 1.12 * it * noise).collect();
        let judged = |design| {
            let pair = Pair { case: "a", before: &before, after: &after };
            compare(design, &[pair], Rule::ACCEPTANCE)[0].verdict
        };
        assert_eq!(judged(Design::Paired), Verdict::Slower);
        assert_eq!(judged(Design::Apart), Verdict::Noisy);
    }

    #[test]
    fn noise_is_called_noise() {
        let wild: Vec<f64> = (0..10).map(|run| 60.0 + 12.0 * f64::from(run * 7 % 10)).collect();
        assert_eq!(verdict(1.03, &wild), Verdict::Noisy);
    }

    #[test]
    fn one_case_among_many_needs_more_evidence() {
        let before = [100.0, 112.0, 95.0, 104.0, 99.0, 93.0, 108.0, 101.0, 97.0, 106.0];
        let after: Vec<f64> = before.iter().rev().map(|time| time * 1.075).collect();
        let one = || Pair { case: "one", before: &before, after: &after };
        let other = || Pair { case: "other", before: &CALM, after: &CALM };
        let alone = compare(Design::Apart, &[one()], Rule::ACCEPTANCE);
        assert_eq!(alone[0].p, alone[0].p_adjusted);
        assert!(alone[0].p < 0.05);
        let mut family = vec![one()];
        family.extend((0..20).map(|_| other()));
        let among = compare(Design::Apart, &family, Rule::ACCEPTANCE);
        assert!((among[0].p_adjusted - 21.0 * alone[0].p).abs() < 1e-12);
        assert_eq!(among[0].verdict, Verdict::Noisy);
    }

    #[test]
    fn a_gate_asks_for_significance_and_size() {
        let after: Vec<f64> = CALM.iter().rev().map(|time| time * 1.08).collect();
        let pair = Pair { case: "a", before: &CALM, after: &after };
        let comparison = &compare(Design::Apart, &[pair], Rule::ACCEPTANCE)[0];
        assert!(comparison.is_slower_by(0.05, 0.05));
        assert!(!comparison.is_slower_by(0.10, 0.05));
        assert!((comparison.speed_up() - 1.0 / 1.08).abs() < 0.02);
    }
}
