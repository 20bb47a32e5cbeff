//! How many different things a search tried.

use serde::Serialize;
use tangency_pool::Pool;

use super::trial_returns::TrialReturns;
use crate::error::{ErrorKind, Result};
use crate::outcomes::all_done;

/// What many trials are worth together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EffectiveTrials {
    /// The number of independent trials that scatter as these do, 1 to the number of trials.
    pub number: f64,
    /// The share of a trial's variance that it does not have in common with all others, 0 to 1.
    pub own_share: f64,
}

/// The number of independent trials that scatter as these do, and what they have in common.
///
/// Neighbouring parameters give nearly the same returns: a hundred trials may be worth five. Each
/// trial's returns are scaled to mean 0 and length 1, what all trials have in common is taken out, and
/// the number is one more than the participation ratio of the eigenvalues of what is left,
/// `1 + (tr R)^2 / tr(R^2)` with `R` their products. Trials that fall into `K` groups of equal size,
/// alike within and unrelated between, give `K`, and an own share of 1. The common part goes out because the variance of the
/// trials' Sharpe ratios, which this number is used with, does not hold it either.
///
/// Products of unrelated series scatter by `1 / rows`; what that adds to `tr(R^2)` on average is
/// taken off. Trials that never move count as nothing tried.
///
/// It is about variance: the best of some near copies is a little better than each of them, so that the
/// largest of all is that of somewhat more independent trials than this.
///
/// Costs `trials^2 rows / 2` multiplications, on the pool, and holds one more copy of the returns.
///
/// The participation ratio goes back to Bell and Dean (1970), "Atomic vibrations in vitreous silica";
/// the use of an effective number here to Bailey and López de Prado (2014).
///
/// # Errors
///
/// [`ErrorKind::TooFewRows`] below four; [`ErrorKind::TooFewTrials`] where no trial moves;
/// [`ErrorKind::Pool`].
///
/// # Examples
///
/// ```
/// use tangency_optimize::overfitting::{TrialReturns, effective_trials};
/// use tangency_pool::Pool;
///
/// // Two rules, each with four parameters that make next to no difference.
/// let rule = |k: usize, t: usize| f64::from(((t * t + 1) * [7, 11][k % 2]) as u32 % 23) - 11.0;
/// let returns: Vec<f64> =
///     (0..8).flat_map(|k| (0..250).map(move |t| 0.001 * (rule(k, t) + 0.01 * k as f64))).collect();
/// let worth = effective_trials(&TrialReturns::new(&returns, 250)?, &Pool::new(2)?)?;
/// assert!((worth.number - 2.0).abs() < 0.1, "{worth:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn effective_trials(returns: &TrialReturns<'_>, pool: &Pool) -> Result<EffectiveTrials> {
    let rows = returns.n_rows();
    if rows < 4 {
        let estimator = "effective number of trials";
        return Err(ErrorKind::TooFewRows { estimator, needed: 4, got: rows }.into());
    }
    let mut columns: Vec<f64> = Vec::with_capacity(rows * returns.n_trials());
    for trial in returns.iter() {
        let mean = trial.iter().map(|r| r - trial[0]).sum::<f64>() / rows as f64;
        let deviation = |r: &f64| (r - trial[0]) - mean;
        let length = trial.iter().map(|r| deviation(r).powi(2)).sum::<f64>().sqrt();
        if length > 0.0 {
            columns.extend(trial.iter().map(|r| deviation(r) / length));
        }
    }
    let n = columns.len() / rows;
    if n < 2 {
        let (method, needed) = ("effective number of trials", 1);
        return if n == 1 {
            Ok(EffectiveTrials::ONE)
        } else {
            Err(ErrorKind::TooFewTrials { method, needed, got: 0 }.into())
        };
    }
    let mut common = vec![0.0; rows];
    for column in columns.chunks_exact(rows) {
        common.iter_mut().zip(column).for_each(|(sum, value)| *sum += value);
    }
    for column in columns.chunks_exact_mut(rows) {
        column.iter_mut().zip(&common).for_each(|(value, sum)| *value -= sum / n as f64);
    }
    let column = |trial: usize| &columns[trial * rows..(trial + 1) * rows];
    let own: Vec<f64> = (0..n).map(|trial| dot(column(trial), column(trial))).collect();
    let report = pool.batch().map_indices(n, |trial| {
        let products = (trial + 1..n).map(|other| {
            let square = dot(column(trial), column(other)).powi(2);
            // Unbiased for unrelated series, as the adjusted R squared is.
            square - (own[trial] * own[other] - square) / (rows as f64 - 2.0)
        });
        products.sum::<f64>()
    });
    let halves = all_done(report)?;
    let trace: f64 = own.iter().sum();
    let squares = own.iter().map(|r| r * r).sum::<f64>() + 2.0 * halves.iter().sum::<f64>();
    let most = n as f64;
    // Rounding alone is left where all trials are the same.
    if trace <= 1e-12 * most {
        return Ok(EffectiveTrials::ONE);
    }
    let number = (1.0 + trace * trace / squares.max(trace * trace / most)).clamp(1.0, most);
    // Taking out the mean of `number` independent parts takes a share of their own variance too.
    let own_share = (trace / most * number / (number - 1.0)).min(1.0);
    Ok(EffectiveTrials { number, own_share })
}

impl EffectiveTrials {
    /// Trials that are all the same.
    const ONE: Self = Self { number: 1.0, own_share: 0.0 };

    /// What `all` trials are worth, when this is about a random sample of `sampled` of them.
    ///
    /// The mean square of the correlation between two trials is that of the sample. It says what any number
    /// of such trials is worth: near copies no more than the sample, unrelated ones as many as there are.
    ///
    /// ```
    /// use tangency_optimize::overfitting::EffectiveTrials;
    ///
    /// let of_sample = |number| EffectiveTrials { number, own_share: 1.0 };
    /// assert_eq!(of_sample(250.0).among(250, 10_000).number, 10_000.0);
    /// let copies = of_sample(6.0).among(250, 10_000).number;
    /// assert!((6.0..6.2).contains(&copies), "{copies}");
    /// assert_eq!(of_sample(6.0).among(250, 250).number, 6.0);
    /// ```
    #[must_use]
    pub fn among(self, sampled: usize, all: u64) -> Self {
        let (few, many) = (sampled as f64, all as f64);
        if few < 2.0 || many <= few || self.number <= 1.0 {
            return self;
        }
        let ratio = self.number - 1.0;
        let square = if self.number >= few { 0.0 } else { (few / ratio - 1.0) / (few - 1.0) };
        let number = 1.0 + many / (1.0 + (many - 1.0) * square);
        Self { number: number.clamp(self.number, many), ..self }
    }
}

/// Four sums side by side, in a fixed order.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (blocks, others) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = blocks.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in blocks.zip(others) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
}
