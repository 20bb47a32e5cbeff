//! The exact Gaussian likelihood, with the variance and the regression coefficients profiled out.

use std::f64::consts::TAU;

use super::design::Design;
use super::gap_filter::{GapFilter, Gaps};
use super::innovations::Factors;
use super::lanes::Lanes;
use super::order::Order;
use super::polynomial::{Lags, Polynomials};
use super::presample::Presample;
use super::score::Weights;
use super::state_space::StateSpace;

/// The likelihood as a function of the ARMA coefficients.
#[derive(Debug)]
pub(super) struct Likelihood<'a> {
    order: Order,
    design: &'a Design,
    /// The innovation variance, unless it is profiled out.
    variance: Option<f64>,
    /// Sum of squares of the target, the scale of the cost where the variance is profiled out.
    scale: f64,
    /// Where rows are missing: which, and what that asks of a filter.
    gaps: Option<Gaps>,
    observed: usize,
    lags: Lags,
}

/// The memory of evaluations, reused from one to the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Workspace<const L: usize> {
    presample: Presample<L>,
    gaps: GapFilter<L>,
}

/// Everything the likelihood gives at one parameter vector.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) log_likelihood: f64,
    pub(super) cost: f64,
    pub(super) variance: f64,
    /// Coefficients of the design's basis.
    pub(super) basis: Vec<f64>,
    /// Lower triangle, row by row, of the basis' information in units of sigma2.
    pub(super) gram: Vec<f64>,
}

impl<'a> Likelihood<'a> {
    pub(super) fn new(order: Order, design: &'a Design, variance: Option<f64>) -> Self {
        let observed = design.n_present();
        let missing = observed < design.target.len();
        let series = design.filter_columns()[0];
        let gaps = missing.then(|| {
            let present: Vec<bool> = series.iter().map(|value| !value.is_nan()).collect();
            Gaps::new(&order, &present)
        });
        let squares = |value: &&f64| !value.is_nan();
        let scale = design.target.iter().filter(squares).map(|value| value * value).sum();
        let lags = Lags::of(&order);
        Self { order, design, variance, scale, gaps, observed, lags }
    }

    /// The same with the innovation variance given, or profiled out.
    pub(super) fn with_variance(self, variance: Option<f64>) -> Self {
        Self { variance, ..self }
    }

    pub(super) fn order(&self) -> &Order {
        &self.order
    }

    /// The target whose likelihood it is: differenced, without regression; NaN where missing.
    pub(super) fn target(&self) -> &[f64] {
        &self.design.target
    }

    /// Whether rows are missing, so that an evaluation takes a state-space filter.
    pub(super) fn has_gaps(&self) -> bool {
        self.gaps.is_some()
    }

    /// Minus the log-likelihood per row of `L` coefficient vectors; where the variance is profiled
    /// out, against that of white noise, so that the unit of the series does not matter. NaN becomes
    /// infinity.
    pub(super) fn cost<const L: usize>(
        &self,
        coefficients: &[Lanes<L>],
        workspace: &mut Workspace<L>,
    ) -> Lanes<L> {
        let polynomials = Polynomials::new(&self.order, coefficients);
        self.profiles(&polynomials, workspace, false).each_ref().map(Profile::finite_cost)
    }

    /// The same with the gradient, one slot a coefficient.
    pub(super) fn cost_and_gradient<const L: usize>(
        &self,
        coefficients: &[Lanes<L>],
        workspace: &mut Workspace<L>,
    ) -> (Lanes<L>, Vec<Lanes<L>>) {
        let polynomials = Polynomials::new(&self.order, coefficients);
        let profiles = self.profiles(&polynomials, workspace, true);
        let regression: Vec<Lanes<L>> = (0..self.design.basis.len())
            .map(|k| std::array::from_fn(|lane| profiles[lane].basis[k]))
            .collect();
        let rows = self.observed as f64;
        // Where sigma2 is profiled out it is S / n, and the cost's derivative by S is 1 / (2 S).
        let squares = std::array::from_fn(|lane| 0.5 / (rows * profiles[lane].variance));
        let weights = Weights { squares, log_determinant: [0.5 / rows; L] };
        let columns = self.design.filter_columns();
        let slopes = match &self.gaps {
            Some(gaps) => {
                workspace.gaps.gradient(&polynomials, gaps, &columns, &regression, &weights)
            }
            None => {
                let presample = &mut workspace.presample;
                presample.gradient(&polynomials, &self.lags, &columns, &regression, &weights)
            }
        };
        let gradient = slopes.pull_back(&self.order, coefficients);
        (profiles.each_ref().map(Profile::finite_cost), gradient)
    }

    /// The likelihood and what was profiled out, at one coefficient vector.
    pub(super) fn profile(&self, coefficients: &[f64]) -> Option<Profile> {
        let lanes: Vec<Lanes<1>> = coefficients.iter().map(|&value| [value]).collect();
        let polynomials = Polynomials::new(&self.order, &lanes);
        let profile = match self.gaps {
            Some(_) => self.profile_by_state_space(&polynomials)?,
            None => self.profile_by_innovations(polynomials),
        };
        profile.log_likelihood.is_finite().then_some(profile)
    }

    /// `keep`: whether a gradient will be asked for.
    fn profiles<const L: usize>(
        &self,
        polynomials: &Polynomials<L>,
        workspace: &mut Workspace<L>,
        keep: bool,
    ) -> [Profile; L] {
        let columns = self.design.filter_columns();
        if let Some(gaps) = &self.gaps {
            let filter = &mut workspace.gaps;
            filter.run(polynomials, gaps, &columns, keep);
            let log_determinant = filter.log_determinant();
            self.finish_lanes(log_determinant, |a, b| filter.product(a, b))
        } else {
            let presample = &mut workspace.presample;
            presample.run(polynomials, &self.lags, &columns);
            let log_determinant = presample.posterior.log_determinant();
            self.finish_lanes(log_determinant, |a, b| presample.product(a, b))
        }
    }

    /// From the scalar products of the columns (target first) in the metric of the likelihood.
    fn finish_lanes<const L: usize>(
        &self,
        log_determinant: Lanes<L>,
        product: impl Fn(usize, usize) -> Lanes<L>,
    ) -> [Profile; L] {
        let columns = self.design.basis.len();
        let squares = product(0, 0);
        let mut products = Vec::with_capacity(columns * (columns + 1) / 2);
        for a in 1..=columns {
            products.extend((1..=a).map(|b| product(a, b)));
        }
        let cross: Vec<Lanes<L>> = (1..=columns).map(|a| product(a, 0)).collect();
        std::array::from_fn(|lane| {
            let gram = products.iter().map(|value| value[lane]).collect();
            let cross = cross.iter().map(|value| value[lane]).collect();
            self.finish_regression(squares[lane], log_determinant[lane], gram, cross)
        })
    }

    fn profile_by_innovations(&self, polynomials: Polynomials<1>) -> Profile {
        let factors = Factors::new(polynomials, self.design.target.len());
        let [log_determinant] = factors.log_determinant();
        let mut errors = vec![Vec::new(); self.design.basis.len() + 1];
        let [squares] = factors.filter(&self.design.target, &mut errors[0]);
        for (basis, errors) in self.design.basis.iter().zip(&mut errors[1..]) {
            factors.filter(basis, errors);
        }
        let product = |a: usize, b: usize| -> f64 {
            let pairs = errors[a].iter().zip(&errors[b]).enumerate();
            pairs.map(|(row, (x, y))| x[0] * y[0] / factors.variance(row)[0]).sum()
        };
        let mut gram = Vec::new();
        for a in 1..errors.len() {
            gram.extend((1..=a).map(|b| product(a, b)));
        }
        let cross = (1..errors.len()).map(|a| product(a, 0)).collect();
        self.finish_regression(squares, log_determinant, gram, cross)
    }

    fn profile_by_state_space(&self, polynomials: &Polynomials<1>) -> Option<Profile> {
        let space = StateSpace::new(polynomials, &self.order)?;
        let columns = self.design.filter_columns();
        let present: Vec<bool> = columns[0].iter().map(|value| !value.is_nan()).collect();
        let filtered = space.filter(&columns, &present, present.len());
        let rows = || (0..present.len()).filter(|&row| !filtered.errors[0][row].is_nan());
        let log_determinant = filtered.diffuse_log_determinant
            + rows().map(|row| filtered.variances[row].ln()).sum::<f64>();
        let product = |a: usize, b: usize| -> f64 {
            let (x, y) = (&filtered.errors[a], &filtered.errors[b]);
            rows().map(|row| x[row] * y[row] / filtered.variances[row]).sum()
        };
        let mut gram = Vec::new();
        for a in 1..columns.len() {
            gram.extend((1..=a).map(|b| product(a, b)));
        }
        let cross = (1..columns.len()).map(|a| product(a, 0)).collect();
        Some(self.finish_regression(product(0, 0), log_determinant, gram, cross))
    }

    /// Generalised least squares: `gram` is the lower triangle, row by row.
    fn finish_regression(
        &self,
        squares: f64,
        log_determinant: f64,
        gram: Vec<f64>,
        cross: Vec<f64>,
    ) -> Profile {
        let basis = solve_cholesky(gram.clone(), cross.clone());
        // The least-squares fit was taken out before, so this subtraction is a small correction.
        let explained: f64 = basis.iter().zip(&cross).map(|(a, b)| a * b).sum();
        let profile = self.finish(squares - explained, log_determinant, basis);
        Profile { gram, ..profile }
    }

    fn finish(&self, squares: f64, log_determinant: f64, basis: Vec<f64>) -> Profile {
        let rows = self.observed as f64;
        let (variance, misfit) = match self.variance {
            Some(variance) => (variance, squares / variance),
            None => (squares / rows, rows),
        };
        let log_likelihood = -0.5 * (rows * (TAU * variance).ln() + log_determinant + misfit);
        let cost = match self.variance {
            Some(_) => -log_likelihood / rows,
            None => 0.5 * ((squares / self.scale).ln() + log_determinant / rows),
        };
        Profile { log_likelihood, cost, variance, basis, gram: Vec::new() }
    }
}

impl Profile {
    /// The cost; infinite where there is none.
    fn finite_cost(&self) -> f64 {
        if self.cost.is_nan() { f64::INFINITY } else { self.cost }
    }
}

/// Solves a positive definite system given by its lower triangle; NaN if it is not definite.
fn solve_cholesky(mut gram: Vec<f64>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    let at = |row: usize, column: usize| row * (row + 1) / 2 + column;
    for row in 0..size {
        for column in 0..=row {
            let mut value = gram[at(row, column)];
            for k in 0..column {
                value -= gram[at(row, k)] * gram[at(column, k)];
            }
            gram[at(row, column)] =
                if row == column { value.sqrt() } else { value / gram[at(column, column)] };
        }
        for k in 0..row {
            right[row] -= gram[at(row, k)] * right[k];
        }
        right[row] /= gram[at(row, row)];
    }
    for row in (0..size).rev() {
        for k in row + 1..size {
            right[row] -= gram[at(k, row)] * right[k];
        }
        right[row] /= gram[at(row, row)];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cholesky_solves() {
        // [[4, 2], [2, 3]] x = [8, 7] has x = [1.25, 1.5].
        let x = solve_cholesky(vec![4.0, 2.0, 3.0], vec![8.0, 7.0]);
        assert!((x[0] - 1.25).abs() < 1e-15 && (x[1] - 1.5).abs() < 1e-15);
        assert!(solve_cholesky(vec![-1.0], vec![1.0])[0].is_nan());
    }
}
