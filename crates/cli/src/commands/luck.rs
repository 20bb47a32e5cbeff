//! How likely the winner of `tangency grid` is luck.

use std::io;

use serde::Serialize;
use tangency::optimize::metrics::Metric;
use tangency::optimize::overfitting::{
    DataSnooping, Luck, SharpeSpread, TrialReturns, backtest_overfitting, effective_trials,
};
use tangency::optimize::search::{
    BacktestObjective, Objective, Params, Request, StudyTrial, TrialSink,
};
use tangency::pipeline::StudyLuck;
use tangency::pool::Pool;

/// Trials whose returns are computed again, so that what they have in common is known.
const FEW: usize = 1_000;
/// Returns of all of them that are held: 64 MiB.
const MOST_RETURNS: usize = 8 << 20;
/// Blocks of the cross-validation behind the probability of overfitting.
const BLOCKS: usize = 10;

/// The verdict as the document shows it.
#[derive(Serialize)]
pub(crate) struct Verdict {
    /// In one line.
    pub(crate) sentence: String,
    probability_of_luck: f64,
    deflated_sharpe: f64,
    probabilistic_sharpe: f64,
    /// Annual, as `sharpe` is.
    expected_maximum_sharpe: f64,
    /// Trials that could have won.
    trials: u64,
    /// Null where there are too many trials to compare their returns.
    effective_trials: Option<f64>,
    /// The same.
    probability_of_overfitting: Option<f64>,
    /// P-value of Hansen's test against earning nothing; the same.
    superior_predictive_ability: Option<f64>,
}

impl Verdict {
    /// The part of it that a report shows.
    pub(crate) fn section(&self) -> StudyLuck {
        StudyLuck {
            sentence: self.sentence.clone(),
            expected_maximum_sharpe: self.expected_maximum_sharpe,
            probability_of_overfitting: self.probability_of_overfitting,
            superior_predictive_ability: self.superior_predictive_ability,
        }
    }
}

/// What has to be known of all trials: fed by the study, holds the first thousand parameter sets.
#[derive(Default)]
pub(crate) struct Trials {
    periods_per_year: f64,
    spread: SharpeSpread,
    params: Vec<Params>,
}

impl Trials {
    pub(crate) fn new(periods_per_year: f64) -> Self {
        Self { periods_per_year, ..Self::default() }
    }

    /// Judges the winner; `None` where there is nothing to judge by, as for a rule that never traded.
    pub(crate) fn judge(
        &self,
        winner: &Params,
        objective: &BacktestObjective<'_>,
        pool: &Pool,
    ) -> Option<Verdict> {
        let returns = |params: &Params| {
            let mut returns = Vec::new();
            let request = Request::new(params);
            objective.period_returns(&mut Default::default(), &request, &mut returns).ok()?;
            Some(returns)
        };
        let of_winner = returns(winner)?;
        let n_rows = of_winner.len();
        // Where there were more trials, only the first are known here.
        let all = self.params.len() as u64 == self.spread.trials()
            && self.params.len() * n_rows <= MOST_RETURNS;
        let columns = all
            .then(|| pool.batch().map(&self.params, returns).into_results().ok())
            .flatten()
            .and_then(|columns| columns.into_iter().collect::<Option<Vec<_>>>())
            .map(|columns| columns.concat());
        let trials = columns.as_ref().and_then(|columns| TrialReturns::new(columns, n_rows).ok());
        let effective = trials.as_ref().and_then(|trials| effective_trials(trials, pool).ok());
        let luck = Luck::of_winner(&of_winner, &self.spread, effective).ok()?;
        let test = DataSnooping::default().mean_block(10.0_f64.min(n_rows as f64));
        let overfitting = |trials| backtest_overfitting(trials, BLOCKS, pool).ok();
        Some(Verdict {
            sentence: luck.sentence(self.periods_per_year),
            probability_of_luck: luck.probability,
            deflated_sharpe: luck.deflated_sharpe,
            probabilistic_sharpe: luck.probabilistic_sharpe,
            expected_maximum_sharpe: luck.expected_maximum_sharpe * self.periods_per_year.sqrt(),
            trials: luck.trials,
            effective_trials: effective.map(|effective| effective.number),
            probability_of_overfitting: trials
                .as_ref()
                .and_then(overfitting)
                .map(|o| o.probability()),
            superior_predictive_ability: trials
                .as_ref()
                .and_then(|trials| test.test(trials, None, pool).ok())
                .map(|test| test.consistent),
        })
    }
}

impl TrialSink for Trials {
    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        for trial in trials {
            // Trials on a part of the data are compared with nobody.
            let sharpe = trial.metric(Metric::Sharpe).filter(|_| trial.budget >= 1.0);
            let Some(sharpe) = sharpe.filter(|sharpe| sharpe.is_finite()) else { continue };
            self.spread.add(sharpe / self.periods_per_year.sqrt());
            if self.params.len() < FEW {
                self.params.push(trial.params.clone());
            }
        }
        Ok(())
    }
}
