//! NSGA-II.

use super::super::domain::Domain;
use super::draws::Draws;
use super::ranking::{compare, fronts_and_crowding};
use super::sampled::{Candidate, Context, Observation, Sampler};
use crate::error::Result;

/// Share of pairs of parents that are crossed, and how near children stay to them.
const CROSSED: f64 = 0.9;
const CROSSOVER_INDEX: f64 = 20.0;
/// How near a mutation stays.
const MUTATION_INDEX: f64 = 20.0;

/// Generations of a population: parents are the best of the last generation and its parents, by front
/// and crowding; children come from tournaments, simulated binary crossover and polynomial mutation.
/// Deb et al. (2002); Deb and Agrawal (1995), "Simulated binary crossover for continuous search space".
#[derive(Debug)]
pub(super) struct Genetic {
    population: usize,
    /// Places in the history of the parents.
    parents: Vec<usize>,
}

impl Genetic {
    pub(super) fn new(population: usize) -> Self {
        Self { population: population.max(4), parents: Vec::new() }
    }

    /// The best of the parents and the last generation, best first, with their ranks.
    fn select(&mut self, history: &[Observation]) -> Vec<(usize, f64)> {
        let from = history.len().saturating_sub(self.population);
        let mut pool = std::mem::take(&mut self.parents);
        pool.extend(from..history.len());
        // Failures are worse than anything measured.
        let metrics = history.iter().find_map(|o| Some(o.costs.as_ref()?.len())).unwrap_or(1);
        let worst = vec![f64::MAX; metrics];
        let costs: Vec<&[f64]> =
            pool.iter().map(|at| history[*at].costs.as_deref().unwrap_or(&worst)).collect();
        let ranks = fronts_and_crowding(&costs);
        let mut order: Vec<usize> = (0..pool.len()).collect();
        order.sort_by(|a, b| compare(ranks[*a], ranks[*b]));
        order.truncate(self.population);
        self.parents = order.iter().map(|place| pool[*place]).collect();
        order.into_iter().map(|place| ranks[place]).collect()
    }
}

impl Sampler for Genetic {
    fn propose(
        &mut self,
        history: &[Observation],
        context: &Context<'_>,
    ) -> Result<Vec<Candidate>> {
        let count = self.population.min(context.left);
        if history.is_empty() {
            return (0..count).map(|offset| context.random(offset)).collect();
        }
        let ranks = self.select(history);
        let parent = |draws: &mut Draws| {
            let (a, b) = (draws.below(ranks.len()), draws.below(ranks.len()));
            let winner = if compare(ranks[a], ranks[b]).is_le() { a } else { b };
            history[self.parents[winner]].point.as_slice()
        };
        let child = |offset: usize| {
            let mut draws = context.draws(offset);
            context.drawn_by(offset, || {
                let (mother, father) = (parent(&mut draws), parent(&mut draws));
                breed(context.space.domains(), mother, father, &mut draws)
            })
        };
        (0..count).map(child).collect()
    }
}

/// A child of two points.
fn breed(domains: &[Domain], mother: &[f64], father: &[f64], draws: &mut Draws) -> Vec<f64> {
    let crossed = draws.uniform() < CROSSED;
    let rate = 1.0 / domains.len() as f64;
    let gene = |((domain, a), b): ((&Domain, &f64), &f64)| {
        let mut u = if !crossed || draws.uniform() < 0.5 {
            *a
        } else if domain.is_categorical() {
            *b
        } else {
            cross(*a, *b, draws)
        };
        if draws.uniform() < rate {
            u = if domain.is_categorical() { draws.uniform() } else { mutate(u, draws) };
        }
        u.clamp(0.0, 1.0)
    };
    domains.iter().zip(mother).zip(father).map(gene).collect()
}

/// Spread around the parents as far as they are apart.
fn cross(a: f64, b: f64, draws: &mut Draws) -> f64 {
    let u = draws.uniform();
    let power = 1.0 / (CROSSOVER_INDEX + 1.0);
    let spread = if u <= 0.5 {
        libm::pow(2.0 * u, power)
    } else {
        libm::pow(1.0 / (2.0 * (1.0 - u)), power)
    };
    let (middle, half) = (0.5 * (a + b), 0.5 * (b - a) * spread);
    if draws.uniform() < 0.5 { middle - half } else { middle + half }
}

/// A step whose density falls off with a power of its distance, within the interval.
fn mutate(u: f64, draws: &mut Draws) -> f64 {
    let r = draws.uniform();
    let power = MUTATION_INDEX + 1.0;
    let step = if r < 0.5 {
        libm::pow(2.0 * r + (1.0 - 2.0 * r) * libm::pow(1.0 - u, power), 1.0 / power) - 1.0
    } else {
        1.0 - libm::pow(2.0 * (1.0 - r) + (2.0 * r - 1.0) * libm::pow(u, power), 1.0 / power)
    };
    u + step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutations_stay_within_and_centre_on_their_parent() {
        let mut draws = Draws::new(2);
        for u in [0.0, 0.3, 0.5, 1.0] {
            let n = 4000;
            let steps: Vec<f64> = (0..n).map(|_| mutate(u, &mut draws)).collect();
            assert!(steps.iter().all(|step| (0.0..=1.0).contains(step)), "{u}");
            let near = steps.iter().filter(|step| (*step - u).abs() < 0.1).count();
            // With an index of 20 a step beyond a tenth has a probability of 0.9^21 = 0.11.
            assert!(near as f64 > 0.85 * f64::from(n), "{near}");
        }
    }

    #[test]
    fn crossing_keeps_the_mean_of_the_parents() {
        let mut draws = Draws::new(3);
        let n = 20_000;
        let mean = (0..n).map(|_| cross(0.2, 0.6, &mut draws)).sum::<f64>() / f64::from(n);
        // Children have a deviation of some 0.2.
        assert!((mean - 0.4).abs() < 4.0 * 0.21 / f64::from(n).sqrt(), "{mean}");
    }
}
