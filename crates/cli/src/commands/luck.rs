//! How likely the winner of `tangency grid` is luck.

use std::collections::HashSet;
use std::io;

use serde::Serialize;
use tangency::optimize::metrics::Metric;
use tangency::optimize::overfitting::{
    DataSnooping, Luck, SharpeSpread, TrialReturns, backtest_overfitting, effective_trials,
};
use tangency::optimize::search::{
    BacktestObjective, Objective, Params, Request, Sample, StudyTrial, TrialSink,
};
use tangency::pipeline::StudyLuck;
use tangency::pool::Pool;

/// Trials whose returns are computed again, so that what they have in common is known.
const FEW: usize = 1_000;
/// Of more than that, a sample: the time goes with its square.
const SAMPLED: usize = 250;
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
    /// Trials that could have won; with methods that halve every set of parameters, whatever was spent on it.
    trials: u64,
    /// Trials whose returns were compared: all, or a sample of them and the winner. What follows is about these;
    /// null where the returns of two would not fit into memory.
    compared: usize,
    /// What all trials are worth, by what those compared have in common.
    effective_trials: Option<f64>,
    probability_of_overfitting: Option<f64>,
    /// P-value of Hansen's test against earning nothing.
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

/// What has to be known of all trials: fed by the study, holds a thousand of them.
pub(crate) struct Trials {
    periods_per_year: f64,
    spread: SharpeSpread,
    sample: Sample,
    /// Sets of parameters, from the first one on that was tried on a part of the data.
    halved: HashSet<Vec<u64>>,
}

impl Trials {
    pub(crate) fn new(periods_per_year: f64) -> Self {
        Self {
            periods_per_year,
            spread: SharpeSpread::default(),
            sample: Sample::new(FEW),
            halved: HashSet::new(),
        }
    }

    /// Judges the winner; `None` where there is nothing to judge by, as for a rule that never traded.
    pub(crate) fn judge(
        self,
        winner: &StudyTrial,
        objective: &BacktestObjective<'_>,
        pool: &Pool,
    ) -> Option<Verdict> {
        let returns = |params: &Params| {
            let mut returns = Vec::new();
            let request = Request::new(params);
            objective.period_returns(&mut Default::default(), &request, &mut returns).ok()?;
            Some(returns)
        };
        let of_winner = returns(&winner.params)?;
        let n_rows = of_winner.len();
        let dropped = (self.halved.len() as u64).saturating_sub(self.spread.trials());
        let spread = self.spread.with_dropped(dropped);
        let compared = compared(self.sample, winner, MOST_RETURNS / n_rows.max(1));
        let columns = (compared.len() > 1 || spread.trials() == 1)
            .then(|| pool.batch().map(&compared, returns).into_results().ok())
            .flatten()
            .and_then(|columns| columns.into_iter().collect::<Option<Vec<_>>>())
            .map(|columns| columns.concat());
        let trials = columns.as_ref().and_then(|columns| TrialReturns::new(columns, n_rows).ok());
        let effective = trials
            .as_ref()
            .and_then(|trials| effective_trials(trials, pool).ok())
            .map(|effective| effective.among(compared.len(), spread.trials()));
        let luck = Luck::of_winner(&of_winner, &spread, effective).ok()?;
        let test = DataSnooping::default().mean_block(10.0_f64.min(n_rows as f64));
        let overfitting = |trials| backtest_overfitting(trials, BLOCKS, pool).ok();
        let mut sentence = luck.sentence(self.periods_per_year);
        let compared = trials.as_ref().map_or(0, |_| compared.len());
        if compared > 0 && (compared as u64) < luck.trials {
            sentence += &format!("; the returns of {compared} of the trials were compared");
        }
        Some(Verdict {
            sentence,
            probability_of_luck: luck.probability,
            deflated_sharpe: luck.deflated_sharpe,
            probabilistic_sharpe: luck.probabilistic_sharpe,
            expected_maximum_sharpe: luck.expected_maximum_sharpe * self.periods_per_year.sqrt(),
            trials: luck.trials,
            compared,
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

    /// Sharpe ratio per period, where there is one.
    fn sharpe(&self, trial: &StudyTrial) -> Option<f64> {
        let sharpe = trial.metric(Metric::Sharpe).filter(|sharpe| sharpe.is_finite())?;
        Some(sharpe / self.periods_per_year.sqrt())
    }
}

/// The parameters of trials to be compared, at most so many, the winner among them.
fn compared(sample: Sample, winner: &StudyTrial, most: usize) -> Vec<Params> {
    let most = if sample.seen() > FEW as u64 { most.min(SAMPLED) } else { most };
    let mut trials = sample.into_trials();
    trials.retain(|t| t.metric(Metric::Sharpe).is_some_and(f64::is_finite));
    if trials.len() > most {
        trials.retain(|trial| trial.index != winner.index);
        // Every so many of a sample are a sample too: which trials are in it does not go with their order.
        let (others, kept) = (trials.len(), most.saturating_sub(1));
        trials = (0..kept).map(|at| trials[at * others / kept].clone()).collect();
        trials.push(winner.clone());
    }
    trials.into_iter().map(|trial| trial.params).collect()
}

impl TrialSink for Trials {
    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        for trial in trials {
            let Some(sharpe) = self.sharpe(trial) else { continue };
            // Figures on a part of the data are compared with nobody, but who was dropped by them was tried.
            if trial.budget >= 1.0 {
                self.spread.add(sharpe);
            }
            if trial.budget < 1.0 || !self.halved.is_empty() {
                let bits = trial.params.values().iter().map(|value| value.to_bits());
                self.halved.insert(bits.collect());
            }
        }
        self.sample.receive(trials)
    }
}
