//! The CMA evolution strategy.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::ranking::order;
use super::sampled::{Candidate, Context, Observation, Sampler};
use crate::error::Result;

/// First step size, as a share of the unit interval.
const SIGMA: f64 = 0.3;

/// Draws generations from a normal distribution whose mean, step size and covariance follow the better
/// half of each generation. Names and constants are those of Hansen (2016), "The CMA evolution
/// strategy: a tutorial".
///
/// The unit cube is unfolded: beyond a face the space is mirrored, so that the distribution has no
/// bounds and the objective no step at them.
#[derive(Debug)]
pub(super) struct CmaEs {
    population: Option<usize>,
    state: State,
    /// Draws before they were folded back, in the order of the round that is being measured.
    round: Vec<DVector<f64>>,
    restarts: u32,
}

#[derive(Debug)]
struct State {
    lambda: usize,
    weights: Vec<f64>,
    mu_eff: f64,
    c_sigma: f64,
    d_sigma: f64,
    c_c: f64,
    c_1: f64,
    c_mu: f64,
    /// Expected length of a standard normal vector.
    chi: f64,
    mean: DVector<f64>,
    sigma: f64,
    covariance: DMatrix<f64>,
    /// Eigenvectors, and the square roots of the eigenvalues.
    basis: DMatrix<f64>,
    scales: DVector<f64>,
    path_sigma: DVector<f64>,
    path_c: DVector<f64>,
    generation: u32,
    /// Best costs of the latest generations, for telling a stall.
    recent: Vec<f64>,
}

impl State {
    fn new(n: usize, lambda: usize, mean: DVector<f64>) -> Self {
        let dimension = n as f64;
        let mu = lambda / 2;
        let raw: Vec<f64> =
            (0..mu).map(|i| ((lambda as f64 + 1.0) / 2.0).ln() - (i as f64 + 1.0).ln()).collect();
        let sum: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|weight| weight / sum).collect();
        let mu_eff = 1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>();
        let c_sigma = (mu_eff + 2.0) / (dimension + mu_eff + 5.0);
        let beyond = (((mu_eff - 1.0) / (dimension + 1.0)).sqrt() - 1.0).max(0.0);
        let c_1 = 2.0 / ((dimension + 1.3).powi(2) + mu_eff);
        let c_mu = 2.0 * (mu_eff - 2.0 + 1.0 / mu_eff) / ((dimension + 2.0).powi(2) + mu_eff);
        Self {
            lambda,
            weights,
            mu_eff,
            c_sigma,
            d_sigma: 1.0 + 2.0 * beyond + c_sigma,
            c_c: (4.0 + mu_eff / dimension) / (dimension + 4.0 + 2.0 * mu_eff / dimension),
            c_1,
            c_mu: c_mu.min(1.0 - c_1),
            chi: dimension.sqrt()
                * (1.0 - 1.0 / (4.0 * dimension) + 1.0 / (21.0 * dimension.powi(2))),
            mean,
            sigma: SIGMA,
            covariance: DMatrix::identity(n, n),
            basis: DMatrix::identity(n, n),
            scales: DVector::from_element(n, 1.0),
            path_sigma: DVector::zeros(n),
            path_c: DVector::zeros(n),
            generation: 0,
            recent: Vec::new(),
        }
    }

    /// Learns from a generation, best first.
    fn update(&mut self, ranked: &[&DVector<f64>]) {
        let n = self.mean.len() as f64;
        self.generation += 1;
        let steps: Vec<DVector<f64>> =
            ranked.iter().map(|x| (*x - &self.mean) / self.sigma).collect();
        let mut step = DVector::zeros(self.mean.len());
        for (weight, y) in self.weights.iter().zip(&steps) {
            step.axpy(*weight, y, 1.0);
        }
        self.mean.axpy(self.sigma, &step, 1.0);

        let whitened = &self.basis
            * (self.basis.tr_mul(&step)).component_div(&self.scales.map(|scale| scale.max(1e-150)));
        let keep = 1.0 - self.c_sigma;
        let gain = (self.c_sigma * (2.0 - self.c_sigma) * self.mu_eff).sqrt();
        self.path_sigma = keep * &self.path_sigma + gain * whitened;
        let length = self.path_sigma.norm();
        // A step size that rises fast must not also stretch the covariance.
        let settled = (1.0 - keep.powi(2 * self.generation as i32)).sqrt();
        let calm = length / settled < (1.4 + 2.0 / (n + 1.0)) * self.chi;
        let h = if calm { 1.0 } else { 0.0 };
        let gain = h * (self.c_c * (2.0 - self.c_c) * self.mu_eff).sqrt();
        self.path_c = (1.0 - self.c_c) * &self.path_c + gain * &step;

        let lost = (1.0 - h) * self.c_1 * self.c_c * (2.0 - self.c_c);
        self.covariance *= 1.0 - self.c_1 - self.c_mu + lost;
        self.covariance.ger(self.c_1, &self.path_c, &self.path_c, 1.0);
        for (weight, y) in self.weights.iter().zip(&steps) {
            self.covariance.ger(self.c_mu * weight, y, y, 1.0);
        }
        self.sigma *=
            libm::exp(((self.c_sigma / self.d_sigma) * (length / self.chi - 1.0)).min(1.0));
        self.decompose();
    }

    fn decompose(&mut self) {
        // Rounding must not leave it asymmetric.
        self.covariance = 0.5 * (&self.covariance + self.covariance.transpose());
        let eigen = SymmetricEigen::new(self.covariance.clone());
        self.scales = eigen.eigenvalues.map(|value| value.max(1e-30).sqrt());
        self.basis = eigen.eigenvectors;
    }

    /// Whether nothing more will come of it: steps too small to matter, as good as no difference
    /// between generations, or numbers that have run away.
    fn is_stalled(&self) -> bool {
        let longest = self.sigma * self.scales.max();
        let condition = self.scales.max() / self.scales.min().max(1e-300);
        let window = 10 + 30 * self.mean.len() / self.lambda;
        let latest = &self.recent[self.recent.len().saturating_sub(window)..];
        let spread = latest.iter().copied().fold(f64::MIN, f64::max)
            - latest.iter().copied().fold(f64::MAX, f64::min);
        !longest.is_finite()
            || longest < 1e-11
            || condition > 1e7
            || latest.len() == window && spread <= 1e-12 * latest[0].abs()
    }
}

impl CmaEs {
    pub(super) fn new(dimensions: usize, population: Option<usize>) -> Self {
        let lambda = population.map_or_else(|| default_population(dimensions), |p| p.max(4));
        let mean = DVector::from_element(dimensions, 0.5);
        let state = State::new(dimensions, lambda, mean);
        Self { population, state, round: Vec::new(), restarts: 0 }
    }

    /// Learns from the round that has been measured, and begins anew where that has stalled.
    fn learn(&mut self, history: &[Observation], context: &Context<'_>) {
        let observed: Vec<&Observation> =
            history[history.len() - self.round.len()..].iter().collect();
        let ranked = order(&observed);
        let best = ranked.first().and_then(|at| observed[*at].costs.as_ref()).map(|costs| costs[0]);
        let points: Vec<&DVector<f64>> = ranked.iter().map(|at| &self.round[*at]).collect();
        self.state.update(&points);
        self.state.recent.extend(best);
        if self.state.is_stalled() {
            self.restarts += 1;
            let n = self.state.mean.len();
            let first = self.population.map_or_else(|| default_population(n), |p| p.max(4));
            let mut draws = context.draws(usize::MAX >> 1);
            let mean = DVector::from_vec(draws.point(n));
            self.state = State::new(n, first << self.restarts.min(8), mean);
        }
    }
}

fn default_population(dimensions: usize) -> usize {
    4 + (3.0 * (dimensions as f64).ln()).floor() as usize
}

impl Sampler for CmaEs {
    fn propose(
        &mut self,
        history: &[Observation],
        context: &Context<'_>,
    ) -> Result<Vec<Candidate>> {
        if !self.round.is_empty() {
            self.learn(history, context);
        }
        let n = context.dimensions();
        let state = &self.state;
        self.round.clear();
        let mut candidates = Vec::new();
        for offset in 0..state.lambda.min(context.left) {
            let mut draws = context.draws(offset);
            let mut drawn = DVector::zeros(n);
            let candidate = context.drawn_by(offset, || {
                let z = DVector::from_fn(n, |_, _| draws.normal());
                drawn = &state.mean + state.sigma * (&state.basis * z.component_mul(&state.scales));
                drawn.iter().map(|u| fold(*u)).collect()
            })?;
            if !drawn.iter().map(|u| fold(*u)).eq(candidate.point.iter().copied()) {
                drawn = DVector::from_column_slice(&candidate.point);
            }
            candidates.push(candidate);
            self.round.push(drawn);
        }
        Ok(candidates)
    }
}

/// Back into the unit interval, mirrored at its ends.
fn fold(u: f64) -> f64 {
    let u = u.rem_euclid(2.0);
    if u <= 1.0 { u } else { 2.0 - u }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_of_the_tutorial() {
        // n = 10, lambda = 10: table 1 of the tutorial, evaluated with its formulas in Python.
        let state = State::new(10, default_population(10), DVector::zeros(10));
        assert_eq!(state.lambda, 10);
        assert!((state.weights.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!((state.mu_eff - 3.167_299_28).abs() < 1e-7, "{}", state.mu_eff);
        assert!((state.c_sigma - 0.284_428_588).abs() < 1e-8, "{}", state.c_sigma);
        assert!((state.chi - 3.084_726_8).abs() < 1e-6, "{}", state.chi);
    }

    #[test]
    fn folding_is_continuous() {
        for (u, folded) in [(0.3, 0.3), (1.2, 0.8), (-0.2, 0.2), (2.4, 0.4), (-1.0, 1.0)] {
            assert!((fold(u) - folded).abs() < 1e-15, "{u}");
        }
    }
}
