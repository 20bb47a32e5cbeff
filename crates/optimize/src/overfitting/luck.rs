//! The verdict on the winner of a search.

use std::fmt;

use serde::Serialize;

use super::effective_trials::EffectiveTrials;
use super::normal;
use super::sharpe_inference::{SharpeInference, expected_maximum_sharpe};
use crate::error::{ErrorKind, Result};

/// How the Sharpe ratios of the trials of a search lie, however many there are: fed one by one, holds
/// four numbers.
///
/// # Examples
///
/// ```
/// use tangency_optimize::overfitting::SharpeSpread;
///
/// let mut spread = SharpeSpread::default();
/// [0.02, f64::NAN, 0.05, -0.01].into_iter().for_each(|sharpe| spread.add(sharpe));
/// assert_eq!(spread.trials(), 3, "a trial without a Sharpe ratio could not have won");
/// assert!((spread.variance() - 0.0009).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct SharpeSpread {
    trials: u64,
    dropped: u64,
    mean: f64,
    squares: f64,
}

impl SharpeSpread {
    /// Takes in a trial's Sharpe ratio per period; one that is no finite number is passed over.
    pub fn add(&mut self, sharpe: f64) {
        if !sharpe.is_finite() {
            return;
        }
        self.trials += 1;
        let from_mean = sharpe - self.mean;
        self.mean += from_mean / self.trials as f64;
        self.squares += from_mean * (sharpe - self.mean);
    }

    /// With so many more trials that could have won and were dropped for what they showed on a part of the
    /// data, as methods that halve do.
    #[must_use]
    pub fn with_dropped(mut self, trials: u64) -> Self {
        self.dropped = trials;
        self
    }

    /// Trials that had a Sharpe ratio, those dropped included.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.trials + self.dropped
    }

    /// Variance of their Sharpe ratios, divisor `trials - 1`; 0 for a single trial.
    #[must_use]
    pub fn variance(&self) -> f64 {
        if self.trials < 2 { 0.0 } else { self.squares / (self.trials as f64 - 1.0) }
    }
}

impl FromIterator<f64> for SharpeSpread {
    fn from_iter<I: IntoIterator<Item = f64>>(sharpes: I) -> Self {
        let mut spread = Self::default();
        sharpes.into_iter().for_each(|sharpe| spread.add(sharpe));
        spread
    }
}

/// How likely the winner of a search is luck, with the figures behind it.
///
/// # The probability of luck
///
/// [`probability`](Self::probability) answers: were all trials without skill (true Sharpe ratios of
/// zero), how often would the best of such a search reach the winner's Sharpe ratio? The model is that
/// of the deflated Sharpe ratio: a trial's Sharpe ratio has the winner's standard error `s`; of its
/// variance the part `v`, the variance between the trials, is each trial's own, and the rest common to
/// all. Where the deflated Sharpe ratio compares with the mean of the largest own part, this takes its
/// whole distribution,
///
/// `P = E[1 - Phi((SR - C sqrt(s^2 - v)) / sqrt(v))^N]`, `C` standard normal,
///
/// so that on searches among skill-less trials it is below 5 % in about 5 % of them. A spread wider
/// than the standard error does not come from luck (some trials are worse in truth) and is cut off
/// there. One trial gives one minus the probabilistic Sharpe ratio. `v` is the variance between the
/// trials' Sharpe ratios, or, where their returns were at hand, the share of `s^2` that these do not
/// have in common. `N` counts every trial: where they come in families of near copies, the probability
/// errs against the winner, and [`DataSnooping`](super::DataSnooping) is exact.
///
/// # What it cannot say
///
/// It is how often luck does this, not how often what does this is luck: that depends on how many good
/// rules there are to be found, which no search knows. Where good rules are rare, most winners are luck
/// even at 5 %.
///
/// Skill is measured against earning nothing: on an asset that rose, being in the market is skill.
/// Returns in excess of buying and holding ask about timing. Serial correlation of returns is not in the
/// standard error. Trials that were run before this search, and not counted, are not known to it.
///
/// # Examples
///
/// ```
/// use tangency_optimize::overfitting::{Luck, SharpeSpread};
///
/// let winner: Vec<f64> =
///     (0..1000).map(|t| 0.0008 + 0.01 * (f64::from(t * t % 97) / 48.0 - 1.0)).collect();
/// let spread: SharpeSpread = (0..200).map(|k| 0.0003 * f64::from(k) - 0.03).collect();
/// let luck = Luck::of_winner(&winner, &spread, None)?;
/// assert!(luck.expected_maximum_sharpe > 0.04 && luck.probability < 0.2);
/// assert!(luck.to_string().starts_with("luck alone would do as well in"));
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Luck {
    /// The winner's Sharpe ratio per period, and what its accuracy depends on.
    pub winner: SharpeInference,
    /// Trials that could have won.
    pub trials: u64,
    /// What they are worth together, where their returns were at hand.
    pub effective_trials: Option<EffectiveTrials>,
    /// Variance of the trials' Sharpe ratios per period.
    pub sharpe_variance: f64,
    /// What the best of so many trials without skill is expected to show, per period.
    pub expected_maximum_sharpe: f64,
    /// How sure it is that the winner's true Sharpe ratio is above zero, had it been the only trial.
    pub probabilistic_sharpe: f64,
    /// How sure it is that it is above `expected_maximum_sharpe`.
    pub deflated_sharpe: f64,
    /// How often the best of such trials without skill would do as well as the winner, 0 to 1.
    pub probability: f64,
}

impl Luck {
    /// Judges the winner by its returns, among trials whose Sharpe ratios per period are `spread`.
    ///
    /// `effective_trials` is what [`effective_trials`](super::effective_trials()) says where the
    /// returns of all are at hand: its number then stands for that of the trials in the deflated
    /// Sharpe ratio, its own share for the spread in the probability of luck.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooFewTrials`] for a spread of none, [`ErrorKind::InvalidParameter`] for an
    /// effective number below 1 or above the trials; otherwise as [`SharpeInference::of`].
    pub fn of_winner(
        returns: &[f64],
        spread: &SharpeSpread,
        effective_trials: Option<EffectiveTrials>,
    ) -> Result<Self> {
        let trials = spread.trials();
        if trials == 0 {
            let method = "the probability of luck";
            return Err(ErrorKind::TooFewTrials { method, needed: 1, got: 0 }.into());
        }
        let number = effective_trials.map_or(trials as f64, |effective| effective.number);
        if !(1.0..=trials as f64).contains(&number) {
            let (name, expected) = ("effective number of trials", "1 to the number of trials");
            return Err(ErrorKind::InvalidParameter { name, value: number, expected }.into());
        }
        let winner = SharpeInference::of(returns)?;
        let variance = spread.variance();
        let own_variance = effective_trials.map_or(variance, |effective| {
            effective.own_share.clamp(0.0, 1.0) * winner.standard_error().powi(2)
        });
        let expected_maximum = expected_maximum_sharpe(number, variance);
        Ok(Self {
            winner,
            trials,
            effective_trials,
            sharpe_variance: variance,
            expected_maximum_sharpe: expected_maximum,
            probabilistic_sharpe: winner.probabilistic_sharpe(0.0),
            deflated_sharpe: winner.probabilistic_sharpe(expected_maximum),
            probability: reached_by_luck(&winner, trials as f64, own_variance),
        })
    }

    /// The verdict in one line, with Sharpe ratios a year.
    #[must_use]
    pub fn sentence(&self, periods_per_year: f64) -> String {
        let annual = |sharpe: f64| sharpe * periods_per_year.sqrt();
        let worth = match self.effective_trials {
            Some(EffectiveTrials { number, .. }) if number < 0.95 * self.trials as f64 => {
                format!(" (worth {number:.1} independent ones)")
            }
            _ => String::new(),
        };
        format!(
            "luck alone would do as well in {} of such searches: the winner's Sharpe ratio is {:.2}, \
             the best of {}{worth} without skill is expected to show {:.2} (deflated Sharpe \
             ratio {:.2})",
            percent(self.probability),
            annual(self.winner.sharpe),
            if self.trials == 1 { "1 trial".to_owned() } else { format!("{} trials", self.trials) },
            annual(self.expected_maximum_sharpe),
            self.deflated_sharpe,
        )
    }
}

impl fmt::Display for Luck {
    /// [`sentence`](Luck::sentence) with Sharpe ratios per period.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(1.0))
    }
}

/// Two digits where they say something; never a certainty.
fn percent(probability: f64) -> String {
    match 100.0 * probability {
        p if p < 0.01 => "less than 0.01 %".to_owned(),
        p if p < 1.0 => format!("{p:.2} %"),
        p if p < 10.0 => format!("{p:.1} %"),
        p if p > 99.0 => "more than 99 %".to_owned(),
        p => format!("{p:.0} %"),
    }
}

/// Probability that the best of `n` skill-less trials reaches the winner; see [`Luck`].
fn reached_by_luck(winner: &SharpeInference, n: f64, own_variance: f64) -> f64 {
    let error = winner.standard_error();
    if error == 0.0 {
        return f64::from(u8::from(winner.sharpe <= 0.0));
    }
    // In units of the standard error.
    let sharpe = winner.sharpe / error;
    let own = (own_variance.sqrt() / error).min(1.0);
    let common = (1.0 - own * own).max(0.0).sqrt();
    if own == 0.0 {
        return normal::above(sharpe);
    }
    // Phi^n, without cancellation where Phi is near 1.
    let log_all_below = |z: f64, n: f64| n * (-normal::above(z)).ln_1p();
    if common == 0.0 {
        return -log_all_below(sharpe, n).exp_m1();
    }
    // Over the part that varies more slowly, so that the integrand is smooth on the scale of a step.
    if own >= common {
        expectation(|c| {
            let density = (-0.5 * c * c).exp();
            density * -log_all_below((sharpe - c * common) / own, n).exp_m1()
        })
    } else {
        expectation(|largest| {
            let log_density = n.ln() + log_all_below(largest, n - 1.0) - 0.5 * largest * largest;
            log_density.exp() * normal::above((sharpe - largest * own) / common)
        })
    }
}

/// The integral of `f / sqrt(2 pi)` by the trapezoidal rule, which converges faster than any power
/// for smooth integrands that vanish at both ends.
fn expectation(f: impl Fn(f64) -> f64) -> f64 {
    const HALF_STEPS: i32 = 1_536;
    // Beyond 12 there is nothing: the largest of 2^64 normal numbers is near 9.
    const WIDTH: f64 = 12.0 / HALF_STEPS as f64;
    let sum: f64 = (-HALF_STEPS..=HALF_STEPS).map(|step| f(f64::from(step) * WIDTH)).sum();
    (sum * WIDTH / (2.0 * std::f64::consts::PI).sqrt()).min(1.0)
}
