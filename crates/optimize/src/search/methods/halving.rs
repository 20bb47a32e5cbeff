//! Methods that try many points on a small budget and few on a large one.

use super::super::source::Work;
use super::fidelity::ranked;
use super::ranking::order;
use super::sampled::{Candidate, Context, Observation, Sampler};
use super::tpe::Tpe;
use crate::error::Result;

/// Where the first rung of a bracket comes from.
#[derive(Debug)]
pub(super) enum Model {
    Random,
    Parzen(Tpe),
}

/// Points beyond the number of parameters that a density needs.
const ENOUGH: usize = 3;
/// One share of the points of BOHB is drawn evenly whatever the model says.
const EVENLY: f64 = 1.0 / 3.0;

/// Brackets of rungs: each rung keeps the best of the one before and gives them `eta` times the
/// budget. Hyperband runs through brackets that begin with ever larger budgets; successive halving is
/// its first bracket over and over.
#[derive(Debug)]
pub(super) struct Bracketed {
    model: Model,
    /// Number of points and budget of each rung of each bracket.
    brackets: Vec<Vec<(usize, f64)>>,
    bracket: usize,
    rung: usize,
    /// Points of a first rung that a model proposes at a time, before it learns from them.
    round: usize,
    /// Place in the history at which the rung under way begins.
    begun: usize,
    /// Places in the history of the rung before.
    last: std::ops::Range<usize>,
}

impl Bracketed {
    pub(super) fn new(
        model: Model,
        min_budget: f64,
        eta: f64,
        widest_only: bool,
        trials: u64,
        round: usize,
    ) -> Self {
        let mut brackets = schedule(min_budget, eta);
        if widest_only {
            brackets.truncate(1);
        }
        // A first rung larger than all there is would never come to a second one.
        let fit = |bracket: &mut Vec<(usize, f64)>| {
            let total: usize = bracket.iter().map(|(n, _)| n).sum();
            if total as u64 > trials {
                let share = trials as f64 / total as f64;
                bracket.iter_mut().for_each(|(n, _)| *n = ((*n as f64 * share) as usize).max(1));
            }
        };
        brackets.iter_mut().for_each(fit);
        // What learns nothing proposes a rung at once.
        let round = if matches!(model, Model::Random) { usize::MAX } else { round };
        Self { model, brackets, bracket: 0, rung: 0, round, begun: 0, last: 0..0 }
    }

    fn first_rung(
        &self,
        history: &[Observation],
        context: &Context<'_>,
        count: usize,
    ) -> Result<Vec<Candidate>> {
        let Model::Parzen(tpe) = &self.model else {
            return (0..count).map(|offset| context.random(offset)).collect();
        };
        let known = ranked(history, context.dimensions() + ENOUGH)
            .and_then(|ranked| tpe.learn(history, &ranked, good_share(ranked.len()), context));
        let mut rung: Vec<Candidate> = Vec::new();
        for offset in 0..count {
            let evenly = context.draws(offset).uniform() < EVENLY;
            rung.push(match &known {
                Some(known) if !evenly => tpe.propose_one(known, &rung, context, offset)?,
                _ => context.random(offset)?,
            });
        }
        Ok(rung)
    }
}

/// How many of some points count as good: the share of Falkner et al. (2018), at least three, since a
/// density around fewer says next to nothing.
fn good_share(points: usize) -> usize {
    (points * 15).div_ceil(100).max(3)
}

/// Number of points and budget of each rung of each bracket, for budgets up to 1: `s` from the
/// largest for which `eta^-s` reaches the smallest budget down to 0.
fn schedule(min_budget: f64, eta: f64) -> Vec<Vec<(usize, f64)>> {
    // A budget that is missed by rounding alone counts.
    let most = ((1.0 / min_budget).ln() / eta.ln() + 1e-9).floor() as i32;
    let bracket = |s: i32| {
        let first = (f64::from(most + 1) / f64::from(s + 1) * eta.powi(s)).ceil();
        let rung = |i: i32| {
            (((first * eta.powi(-i)) as usize).max(1), if i == s { 1.0 } else { eta.powi(i - s) })
        };
        (0..=s).map(rung).collect()
    };
    (0..=most).rev().map(bracket).collect()
}

impl Sampler for Bracketed {
    fn propose(
        &mut self,
        history: &[Observation],
        context: &Context<'_>,
    ) -> Result<Vec<Candidate>> {
        let (count, budget) = self.brackets[self.bracket][self.rung];
        let done = history.len() - self.begun;
        let mut rung = if self.rung == 0 {
            let round = self.round.min(count - done).min(context.left);
            self.first_rung(history, context, round)?
        } else {
            let before: Vec<&Observation> = history[self.last.clone()].iter().collect();
            let mut best = order(&before);
            best.truncate(count);
            let again = |at: usize| context.at(before[at].point.clone());
            best.into_iter().map(again).collect()
        };
        rung.iter_mut().for_each(|candidate| candidate.budget = budget);
        if self.rung > 0 || done + rung.len() == count {
            let end = history.len() + rung.len();
            (self.last, self.begun) = (self.begun..end, end);
            self.rung += 1;
        }
        if self.rung == self.brackets[self.bracket].len() {
            self.rung = 0;
            self.bracket = (self.bracket + 1) % self.brackets.len();
        }
        Ok(rung)
    }

    fn work_of_first(&self, trials: u64) -> Work {
        let sum = |trials: u64| {
            let (mut left, mut work) = (trials, Work { proposing: 0.0, measuring: 0.0 });
            for bracket in &self.brackets {
                for (rung, (points, budget)) in bracket.iter().enumerate() {
                    let taken = left.min(*points as u64);
                    left -= taken;
                    work.measuring += taken as f64 * budget;
                    if rung == 0 {
                        work.proposing += taken as f64;
                    }
                }
            }
            (work, trials - left)
        };
        let (cycle, length) = sum(u64::MAX);
        let (begun, cycles) = (sum(trials % length).0, (trials / length) as f64);
        Work {
            proposing: cycles * cycle.proposing + begun.proposing,
            measuring: cycles * cycle.measuring + begun.measuring,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_adds_up_over_brackets() {
        let sampler = Bracketed::new(Model::Random, 1.0 / 9.0, 3.0, false, 1000, 1);
        // 9 on a ninth, 3 on a third, 1 whole; 5 on a third, 1 whole; 3 whole.
        let sums = [
            (0, 0.0, 0.0),
            (9, 9.0, 1.0),
            (10, 9.0, 1.0 + 1.0 / 3.0),
            (13, 9.0, 3.0),
            (22, 17.0, 3.0 + 5.0 / 3.0 + 4.0),
            (22 * 7 + 9, 17.0 * 7.0 + 9.0, 7.0 * (7.0 + 5.0 / 3.0) + 1.0),
        ];
        for (trials, proposing, measuring) in sums {
            let work = sampler.work_of_first(trials);
            assert_eq!(work.proposing, proposing, "{trials}");
            assert!((work.measuring - measuring).abs() < 1e-12, "{trials}");
        }
    }

    #[test]
    fn the_published_table() {
        // Li et al. (2018), table 1: R = 81, eta = 3.
        let brackets = schedule(1.0 / 81.0, 3.0);
        let rungs = |s: usize| -> Vec<(usize, usize)> {
            brackets[4 - s].iter().map(|(n, r)| (*n, (r * 81.0).round() as usize)).collect()
        };
        assert_eq!(rungs(4), [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]);
        assert_eq!(rungs(2), [(15, 9), (5, 27), (1, 81)]);
        assert_eq!(rungs(1), [(8, 27), (2, 81)]);
        assert_eq!(rungs(0), [(5, 81)]);
        assert_eq!(schedule(0.9, 3.0), [[(1, 1.0)]]);
    }
}
