//! The probability of backtest overfitting.

use serde::Serialize;
use tangency_pool::Pool;

use super::trial_returns::TrialReturns;
use crate::error::{Error, ErrorKind, Result};
use crate::outcomes::all_done;

/// What became of the winner of one half of the rows in the other half, over all choices of halves.
///
/// Entries of the vectors belong together; they are in lexicographic order of the blocks that were in
/// sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BacktestOverfitting {
    /// Rows that were used: the first ones, as many as fill the blocks.
    pub rows_used: usize,
    /// The winner in sample, as its place among the trials; the earliest in a tie.
    pub winners: Vec<usize>,
    /// Its Sharpe ratio per period in sample.
    pub in_sample: Vec<f64>,
    /// Its Sharpe ratio per period out of sample.
    pub out_of_sample: Vec<f64>,
    /// Logit of its relative rank out of sample, `ln(w / (1 - w))` with `w = rank / (trials + 1)`
    /// and rank 1 for the worst: 0 at the median, above it for better.
    pub logits: Vec<f64>,
}

impl BacktestOverfitting {
    /// The probability of backtest overfitting, PBO: the share of choices in which the winner in
    /// sample ranked at the median of all trials or below it out of sample.
    ///
    /// About one half where no trial is better than another, near 0 where one really is. It ranks the
    /// trials among themselves: where all of them lose money, the least bad one can have a PBO of 0.
    #[must_use]
    pub fn probability(&self) -> f64 {
        share(&self.logits, |logit| logit <= 0.0)
    }

    /// The share of choices in which the winner lost money out of sample.
    #[must_use]
    pub fn probability_of_loss(&self) -> f64 {
        share(&self.out_of_sample, |sharpe| sharpe < 0.0)
    }

    /// Slope and intercept of the winner's Sharpe ratio out of sample on that in sample, by least
    /// squares. A negative slope: the better it looked, the worse it did. `None` where in-sample
    /// figures are all equal.
    #[must_use]
    pub fn degradation(&self) -> Option<(f64, f64)> {
        let n = self.in_sample.len() as f64;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let (x, y) = (mean(&self.in_sample), mean(&self.out_of_sample));
        let (mut squares, mut products) = (0.0, 0.0);
        for (a, b) in self.in_sample.iter().zip(&self.out_of_sample) {
            squares += (a - x) * (a - x);
            products += (a - x) * (b - y);
        }
        let slope = products / squares;
        (squares > 0.0).then_some((slope, y - slope * x))
    }
}

fn share(values: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    values.iter().filter(|value| holds(**value)).count() as f64 / values.len() as f64
}

/// The probability of backtest overfitting by combinatorially symmetric cross-validation.
///
/// The rows are cut into `blocks` blocks of equal length (rows at the end that fill none are left
/// out). Every half of the blocks is in sample once, the other half out of sample: `C(blocks, blocks
/// / 2)` choices, 70 for 8 blocks, 12,870 for 16. The winner in sample is the trial with the largest
/// Sharpe ratio there; it is ranked among all trials by their Sharpe ratios out of sample. A trial
/// that does not move in a half has a Sharpe ratio of 0 there.
///
/// Blocks are joined as they are, so that indicators may look across a seam; blocks should be long
/// against whatever the strategies remember. Costs two passes over `blocks` numbers a trial and
/// choice, on the pool; holds `2 blocks` doubles a trial and 32 bytes a choice.
///
/// David H. Bailey, Jonathan M. Borwein, Marcos López de Prado and Qiji Jim Zhu (2017), "The
/// probability of backtest overfitting", Journal of Computational Finance 20.
///
/// # Errors
///
/// [`ErrorKind::InvalidParameter`] unless `blocks` is even and 2 to 20, [`ErrorKind::TooFewRows`]
/// below two rows a block, [`ErrorKind::TooFewTrials`] below two, [`ErrorKind::Pool`].
///
/// # Examples
///
/// ```
/// use tangency_optimize::overfitting::{TrialReturns, backtest_overfitting};
/// use tangency_pool::Pool;
///
/// // Nine trials of noise and one that earns a little on every day.
/// let noise = |k: usize, t: usize| ((t * t * (k + 3) + 7 * t) % 101) as f64 / 50.0 - 1.0;
/// let edge = |k: usize| if k == 6 { 0.5 } else { 0.0 };
/// let returns: Vec<f64> =
///     (0..10).flat_map(|k| (0..400).map(move |t| 0.01 * (noise(k, t) + edge(k)))).collect();
/// let trials = TrialReturns::new(&returns, 400)?;
/// let result = backtest_overfitting(&trials, 8, &Pool::new(2)?)?;
/// assert_eq!(result.logits.len(), 70);
/// assert_eq!(result.probability(), 0.0);
/// assert!(result.winners.iter().all(|winner| *winner == 6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn backtest_overfitting(
    returns: &TrialReturns<'_>,
    blocks: usize,
    pool: &Pool,
) -> Result<BacktestOverfitting> {
    if !(2..=20).contains(&blocks) || !blocks.is_multiple_of(2) {
        let (name, expected) = ("number of blocks", "an even number from 2 to 20");
        return Err(ErrorKind::InvalidParameter { name, value: blocks as f64, expected }.into());
    }
    let n = returns.n_trials();
    if n < 2 {
        let method = "the probability of backtest overfitting";
        return Err(ErrorKind::TooFewTrials { method, needed: 2, got: n }.into());
    }
    let length = returns.n_rows() / blocks;
    if length < 2 {
        let estimator = "the probability of backtest overfitting";
        let (needed, got) = (2 * blocks, returns.n_rows());
        return Err(ErrorKind::TooFewRows { estimator, needed, got }.into());
    }
    let moments: Vec<Moments> = returns
        .iter()
        .flat_map(|trial| trial.chunks_exact(length).take(blocks).map(Moments::of))
        .collect();
    let halves = halves(blocks);
    let scratch = pool.worker_state(move |_| Ok::<_, Error>(vec![0.0; n]));
    let report = pool.batch().with(&scratch).map(&halves, |out, half| {
        let mut winner = (0, f64::NEG_INFINITY);
        for (trial, of_trial) in moments.chunks_exact(blocks).enumerate() {
            let sharpe = sharpe(of_trial, *half, length);
            if sharpe > winner.1 {
                winner = (trial, sharpe);
            }
            out[trial] = self::sharpe(of_trial, !*half, length);
        }
        let of_winner = out[winner.0];
        let rank = 1 + out.iter().filter(|other| **other < of_winner).count();
        let w = rank as f64 / (n as f64 + 1.0);
        (winner.0, winner.1, of_winner, (w / (1.0 - w)).ln())
    });
    let outcomes = all_done(report)?;
    Ok(BacktestOverfitting {
        rows_used: length * blocks,
        winners: outcomes.iter().map(|outcome| outcome.0).collect(),
        in_sample: outcomes.iter().map(|outcome| outcome.1).collect(),
        out_of_sample: outcomes.iter().map(|outcome| outcome.2).collect(),
        logits: outcomes.iter().map(|outcome| outcome.3).collect(),
    })
}

/// Every half of the blocks, as bits, in lexicographic order of the blocks in it.
fn halves(blocks: usize) -> Vec<u32> {
    let mut halves: Vec<u32> =
        (0..1_u32 << blocks).filter(|half| half.count_ones() as usize == blocks / 2).collect();
    // The first block weighs most in that order, and is the lowest bit.
    halves.sort_by_key(|half| std::cmp::Reverse(half.reverse_bits()));
    halves
}

/// Mean and sum of squared differences to it, of one block.
#[derive(Debug, Clone, Copy)]
struct Moments {
    mean: f64,
    squares: f64,
}

impl Moments {
    fn of(returns: &[f64]) -> Self {
        let first = returns[0];
        let shift = returns.iter().map(|r| r - first).sum::<f64>() / returns.len() as f64;
        let squares = returns.iter().map(|r| ((r - first) - shift).powi(2)).sum();
        Self { mean: first + shift, squares }
    }
}

/// Mean over standard deviation of the blocks in `half`; 0 where nothing moves.
///
/// Put together from the moments of the blocks, all of `length` rows. Works on differences to the
/// first block's mean, so that equal returns give exactly 0.
fn sharpe(blocks: &[Moments], half: u32, length: usize) -> f64 {
    let chosen = || blocks.iter().enumerate().filter(move |(b, _)| half >> b & 1 == 1).map(|b| b.1);
    let Some(first) = chosen().next() else { return 0.0 };
    let count = (blocks.len() / 2) as f64;
    let (mut sum, mut within) = (0.0, 0.0);
    for block in chosen() {
        sum += block.mean - first.mean;
        within += block.squares;
    }
    let shift = sum / count;
    let between: f64 = chosen().map(|block| ((block.mean - first.mean) - shift).powi(2)).sum();
    let rows = count * length as f64;
    let variance = (within + length as f64 * between) / (rows - 1.0);
    if variance == 0.0 { 0.0 } else { (first.mean + shift) / variance.sqrt() }
}
