//! The tree-structured Parzen estimator.

use std::collections::HashSet;

use super::super::params::Params;
use super::super::space::Space;
use super::bandwidths::Width;
use super::parzen::Parzen;
use super::ranking::order;
use super::sampled::{Candidate, Context, Observation, Sampler};
use crate::error::Result;

/// Trials drawn evenly before there is anything to learn from.
const STARTUP: usize = 10;
/// Points drawn from the density of good trials; the best of them is proposed. The published number.
const DRAWN: usize = 24;
/// The same over all parameters together, where the best of few draws is often far from the best place. It
/// found better values than 24 on seven functions out of seven (medians of a hundred seeds: Rosenbrock's 2.97
/// in place of 3.38, Ackley's 1.55 in place of 1.85); one parameter on its own has no need of it.
const DRAWN_TOGETHER: usize = 64;
/// Most trials that count as good.
const MOST_GOOD: usize = 25;

/// Proposes where good trials are dense and bad ones are not: the ratio of the two densities rises
/// with the expected improvement. Bergstra et al. (2011).
///
/// A tenth of the trials, at most 25, count as good, each by how much it improves on the best of the
/// others, where that is a number: Watanabe (2023), "Tree-structured Parzen estimator: understanding its
/// algorithm components and their roles for better empirical performance". What a round has proposed
/// counts as bad for the rest of it, or all of it would be drawn to the same place. Nothing in a finite
/// space is proposed twice as long as something else is found, by chance or by going through its points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tpe {
    kind: Kind,
    round: usize,
}

/// What the densities are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Each parameter on its own.
    Univariate,
    /// All parameters together.
    Multivariate,
    /// All together, of trials on several budgets. Their figures cannot be compared, so that all good
    /// ones count alike. Kernels reach to the neighbours and a round changes nothing: what is good on one
    /// budget lies apart from what is good on the next, and is held to be one heap by a deviation.
    Budgeted,
}

/// What a round knows of the trials before it.
#[derive(Debug)]
pub(super) struct Known {
    good: Parzen,
    /// In trial order.
    bad: Vec<Vec<f64>>,
    /// Points of finite spaces come again by chance; others do not.
    seen: HashSet<Vec<u64>>,
}

impl Tpe {
    pub(super) fn new(kind: Kind, round: usize) -> Self {
        Self { kind, round }
    }

    fn density(&self, points: &[Vec<f64>], weights: Option<Vec<f64>>, space: &Space) -> Parzen {
        let width = if self.kind == Kind::Multivariate { Width::Scott } else { Width::Neighbours };
        Parzen::new(space, points, weights, width, self.is_joint())
    }

    fn is_joint(&self) -> bool {
        self.kind != Kind::Univariate
    }

    fn drawn(&self) -> usize {
        if self.kind == Kind::Multivariate { DRAWN_TOGETHER } else { DRAWN }
    }

    /// `ranked` are places in the history, best first, failures last; that many of them are good, or all that
    /// were measured where those are fewer. `None` while nothing was: there is no telling where it is good.
    pub(super) fn learn(
        &self,
        history: &[Observation],
        ranked: &[usize],
        n_good: usize,
        context: &Context<'_>,
    ) -> Option<Known> {
        let n_good = n_good.min(ranked.partition_point(|at| history[*at].costs.is_some()));
        if n_good == 0 {
            return None;
        }
        let (mut good, mut bad) = (ranked[..n_good].to_vec(), ranked[n_good..].to_vec());
        good.sort_unstable();
        bad.sort_unstable();
        let edge = ranked.get(n_good).filter(|_| self.kind != Kind::Budgeted);
        let weights = edge.and_then(|edge| improvements(history, &good, *edge));
        let points = |places: &[usize]| -> Vec<Vec<f64>> {
            places.iter().map(|at| context.active(&history[*at].point)).collect()
        };
        let seen = seen(history, context);
        let good = self.density(&points(&good), weights, context.space);
        Some(Known { good, bad: points(&bad), seen })
    }

    /// One point at this place of the round, with those before it pending.
    pub(super) fn propose_one(
        &self,
        known: &Known,
        pending: &[Candidate],
        context: &Context<'_>,
        offset: usize,
    ) -> Result<Candidate> {
        let Known { good, bad, seen } = known;
        let waiting = if self.kind == Kind::Budgeted { &[] } else { pending };
        let waiting = waiting.iter().map(|candidate| context.active(&candidate.point));
        let bad: Vec<Vec<f64>> = bad.iter().cloned().chain(waiting).collect();
        let bad = self.density(&bad, None, context.space);
        let known = |candidate: &Candidate| is_repeated(&candidate.params, seen, pending);
        let mut draws = context.draws(offset);
        let mut unseen: Option<(f64, Candidate)> = None;
        for attempt in 0..self.drawn() {
            let candidate = if self.is_joint() {
                context.modelled(|| good.draw(&mut draws))?
            } else {
                // Each coordinate has its own best of the draws; of fewer, where what that comes to is known
                // already, since the best of many is nearly always the same.
                let choice = (DRAWN >> attempt).max(1);
                context.modelled(|| {
                    let drawn: Vec<Vec<f64>> = (0..choice).map(|_| good.draw(&mut draws)).collect();
                    (0..context.dimensions())
                        .map(|at| {
                            let gain =
                                |u: f64| good.log_density_of(at, u) - bad.log_density_of(at, u);
                            largest(drawn.iter().map(|point| (gain(point[at]), point[at])))
                        })
                        .collect()
                })?
            };
            let Some(candidate) = candidate else { continue };
            let point = context.active(&candidate.point);
            let gain = good.log_density(&point) - bad.log_density(&point);
            let beats = unseen.as_ref().is_none_or(|(best, _)| gain > *best);
            if beats && !known(&candidate) {
                unseen = Some((gain, candidate));
                if !self.is_joint() {
                    break;
                }
            }
        }
        // Where everything drawn has been tried, a point from anywhere tells more than a repetition.
        match unseen {
            Some((_, candidate)) => Ok(candidate),
            None => context.unknown(&mut draws, |params| is_repeated(params, seen, pending)),
        }
    }
}

/// Points of a finite space that have been tried; of others, where none comes again by chance, none.
fn seen(history: &[Observation], context: &Context<'_>) -> HashSet<Vec<u64>> {
    if !context.is_finite() {
        return HashSet::new();
    }
    history.iter().map(|observation| bits(&context.params(&observation.point))).collect()
}

fn is_repeated(params: &Params, seen: &HashSet<Vec<u64>>, pending: &[Candidate]) -> bool {
    let own = bits(params);
    seen.contains(&own) || pending.iter().any(|other| bits(&other.params) == own)
}

/// Points drawn evenly, none of them tried before.
fn evenly(count: usize, history: &[Observation], context: &Context<'_>) -> Result<Vec<Candidate>> {
    let (seen, mut round) = (seen(history, context), Vec::new());
    for offset in 0..count {
        let is_known = |params: &Params| is_repeated(params, &seen, &round);
        let candidate = context.unknown(&mut context.draws(offset), is_known)?;
        round.push(candidate);
    }
    Ok(round)
}

/// By how much good trials are better than the best of the others, 1 on average. `None` for several
/// metrics, and where that is no number or nothing improves.
fn improvements(history: &[Observation], good: &[usize], edge: usize) -> Option<Vec<f64>> {
    let cost = |at: usize| match history[at].costs.as_deref() {
        Some([cost]) => Some(*cost),
        _ => None,
    };
    let edge = cost(edge)?;
    let gains: Option<Vec<f64>> = good.iter().map(|at| Some(edge - cost(*at)?)).collect();
    let mut gains = gains?;
    let mean = gains.iter().sum::<f64>() / gains.len() as f64;
    if !(mean > 0.0 && mean.is_finite()) {
        return None;
    }
    gains.iter_mut().for_each(|gain| *gain /= mean);
    Some(gains)
}

/// What tells one set of parameters from another.
fn bits(params: &Params) -> Vec<u64> {
    params.values().iter().map(|value| value.to_bits()).collect()
}

/// The value with the largest gain, the first of several.
fn largest(gains: impl Iterator<Item = (f64, f64)>) -> f64 {
    let start = (f64::NEG_INFINITY, 0.5);
    gains.fold(start, |best, next| if next.0 > best.0 { next } else { best }).1
}

impl Sampler for Tpe {
    fn propose(
        &mut self,
        history: &[Observation],
        context: &Context<'_>,
    ) -> Result<Vec<Candidate>> {
        if history.len() < STARTUP {
            return evenly((STARTUP - history.len()).min(context.left), history, context);
        }
        let ranked = order(&history.iter().collect::<Vec<_>>());
        let n_good = ranked.len().div_ceil(10).min(MOST_GOOD);
        let count = self.round.min(context.left);
        let Some(known) = self.learn(history, &ranked, n_good, context) else {
            return evenly(count, history, context);
        };
        let mut round = Vec::new();
        for offset in 0..count {
            round.push(self.propose_one(&known, &round, context, offset)?);
        }
        Ok(round)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(costs: &[Option<Vec<f64>>]) -> Vec<Observation> {
        let observation = |costs: &Option<Vec<f64>>| Observation {
            point: vec![],
            budget: 1.0,
            costs: costs.clone(),
        };
        costs.iter().map(observation).collect()
    }

    #[test]
    fn good_trials_count_by_what_they_improve() {
        let one = |cost: f64| Some(vec![cost]);
        let all = observed(&[one(1.0), one(4.0), one(3.0), one(9.0)]);
        // 3 and 1 below the best of the others.
        assert_eq!(improvements(&all, &[0, 2], 1), Some(vec![1.5, 0.5]));
        assert_eq!(improvements(&observed(&[one(2.0), one(2.0)]), &[0], 1), None);
        assert_eq!(improvements(&observed(&[one(2.0), None]), &[0], 1), None);
        assert_eq!(improvements(&observed(&[one(2.0), one(f64::INFINITY)]), &[0], 1), None);
        let several = observed(&[Some(vec![1.0, 2.0]), Some(vec![3.0, 4.0])]);
        assert_eq!(improvements(&several, &[0], 1), None);
    }
}
