//! How likely the winner of the report's grid is luck.

use tangency_optimize::overfitting::{
    DataSnooping, Luck, SharpeInference, SharpeSpread, TrialReturns, backtest_overfitting,
    effective_trials,
};
use tangency_pool::Pool;

use crate::report::LuckSection;

/// Blocks of the cross-validation behind the probability of overfitting.
const BLOCKS: usize = 10;

/// Judges the winner by the in-sample returns of all pairs, and by those of buying and holding.
///
/// `None` where there is nothing to judge by: too few rows, or a winner that never traded.
pub(crate) fn judge(
    returns: &[Vec<f64>],
    winner: usize,
    held: &[f64],
    periods_per_year: f64,
    pool: &Pool,
) -> Option<LuckSection> {
    let columns = returns.concat();
    let trials = TrialReturns::new(&columns, held.len()).ok()?;
    // One that never traded has no Sharpe ratio and could not have won.
    let sharpes = trials.iter().filter_map(|trial| Some(SharpeInference::of(trial).ok()?.sharpe));
    let spread: SharpeSpread = sharpes.collect();
    let effective = effective_trials(&trials, pool).ok()?;
    let luck = Luck::of_winner(trials.of(winner), &spread, Some(effective)).ok()?;
    let overfitting = backtest_overfitting(&trials, BLOCKS, pool).ok();
    let test = DataSnooping::default().mean_block(10.0_f64.min(held.len() as f64));
    let against_holding = test.test(&trials, Some(held), pool).ok();
    let annual = periods_per_year.sqrt();
    Some(LuckSection {
        sentence: luck.sentence(periods_per_year),
        probability_of_luck: luck.probability,
        deflated_sharpe: luck.deflated_sharpe,
        sharpe: luck.winner.sharpe * annual,
        expected_maximum_sharpe: luck.expected_maximum_sharpe * annual,
        trials: luck.trials,
        effective_trials: effective.number,
        probability_of_overfitting: overfitting.map(|overfitting| overfitting.probability()),
        beats_holding: against_holding.map(|test| test.consistent),
        trial_sharpes: trials
            .iter()
            .map(|trial| Some(SharpeInference::of(trial).ok()?.sharpe * annual))
            .collect(),
    })
}
