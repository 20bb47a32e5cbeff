//! The exact Gaussian likelihood, with the variance and the regression coefficients profiled out.

use std::f64::consts::TAU;

use super::design::Design;
use super::innovations::{Buffers, Factors};
use super::lanes::{Lanes, minus_product};
use super::order::Order;
use super::polynomial::Polynomials;
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
    /// Rows of the filtered series that are there; `None` if all are.
    present: Option<Vec<bool>>,
    observed: usize,
}

/// Everything the likelihood gives at one parameter vector.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) log_likelihood: f64,
    cost: f64,
    pub(super) variance: f64,
    /// Coefficients of the design's basis.
    pub(super) basis: Vec<f64>,
    /// Lower triangle, row by row, of the basis' information in units of sigma2.
    pub(super) gram: Vec<f64>,
}

/// Buffers that an evaluation reuses.
#[derive(Debug, Clone)]
pub(super) struct Workspace<const L: usize> {
    errors: Vec<Vec<Lanes<L>>>,
    buffers: Buffers<L>,
    /// Where asked for: innovations less the regression, of the rows that count. Those beyond
    /// [`inverses`](Self::inverses) have variance 1 (in units of sigma2).
    pub(super) residuals: Vec<Lanes<L>>,
    pub(super) log_determinant: Lanes<L>,
}

impl<const L: usize> Workspace<L> {
    /// Inverse variances of the first rows.
    pub(super) fn inverses(&self) -> &[Lanes<L>] {
        self.buffers.inverses()
    }
}

impl<const L: usize> Default for Workspace<L> {
    fn default() -> Self {
        Self {
            errors: Vec::new(),
            buffers: Buffers::default(),
            residuals: Vec::new(),
            log_determinant: [0.0; L],
        }
    }
}

impl<'a> Likelihood<'a> {
    pub(super) fn new(order: Order, design: &'a Design, variance: Option<f64>) -> Self {
        let observed = design.n_present();
        let missing = observed < design.target.len();
        let series = design.filter_columns()[0];
        let present = missing.then(|| series.iter().map(|value| !value.is_nan()).collect());
        let squares = |value: &&f64| !value.is_nan();
        let scale = design.target.iter().filter(squares).map(|value| value * value).sum();
        Self { order, design, variance, scale, present, observed }
    }

    pub(super) fn order(&self) -> &Order {
        &self.order
    }

    /// The target whose likelihood it is: differenced, without regression; NaN where missing.
    pub(super) fn target(&self) -> &[f64] {
        &self.design.target
    }

    /// Whether the variance is profiled out.
    pub(super) fn is_concentrated(&self) -> bool {
        self.variance.is_none()
    }

    /// Whether evaluations run lanes side by side, so that a batch costs hardly more than one.
    pub(super) fn has_lanes(&self) -> bool {
        self.present.is_none()
    }

    /// Minus the log-likelihood per row of `L` coefficient vectors; where the variance is profiled
    /// out, against that of white noise, so that the unit of the series does not matter. NaN becomes
    /// infinity.
    ///
    /// With `residuals`, the workspace afterwards holds them and the log-determinants.
    pub(super) fn cost<const L: usize>(
        &self,
        coefficients: &[Lanes<L>],
        residuals: bool,
        workspace: &mut Workspace<L>,
    ) -> Lanes<L> {
        let mut costs = [f64::INFINITY; L];
        let polynomials = Polynomials::new(&self.order, coefficients);
        if self.present.is_some() {
            for (lane, cost) in costs.iter_mut().enumerate() {
                let pick = |values: &[Lanes<L>]| values.iter().map(|v| [v[lane]]).collect();
                let single = Polynomials { ar: pick(&polynomials.ar), ma: pick(&polynomials.ma) };
                if let Some(gapped) = self.profile_with_gaps(&single) {
                    *cost = gapped.profile.cost;
                    if residuals {
                        workspace.residuals.resize(gapped.residuals.len(), [f64::NAN; L]);
                        for (slot, value) in workspace.residuals.iter_mut().zip(gapped.residuals) {
                            slot[lane] = value;
                        }
                        workspace.log_determinant[lane] = gapped.log_determinant;
                    }
                }
            }
        } else {
            let profiles = self.profiles(polynomials, residuals, workspace);
            for (cost, profile) in costs.iter_mut().zip(profiles) {
                *cost = profile.cost;
            }
        }
        costs.map(|cost| if cost.is_nan() { f64::INFINITY } else { cost })
    }

    /// The likelihood and what was profiled out, at one coefficient vector.
    pub(super) fn profile(&self, coefficients: &[f64]) -> Option<Profile> {
        let lanes: Vec<Lanes<1>> = coefficients.iter().map(|&value| [value]).collect();
        let polynomials = Polynomials::new(&self.order, &lanes);
        let profile = if self.present.is_some() {
            self.profile_with_gaps(&polynomials)?.profile
        } else {
            let [profile] = self.profiles(polynomials, false, &mut Workspace::default());
            profile
        };
        profile.log_likelihood.is_finite().then_some(profile)
    }

    fn profiles<const L: usize>(
        &self,
        polynomials: Polynomials<L>,
        residuals: bool,
        workspace: &mut Workspace<L>,
    ) -> [Profile; L] {
        let rows = self.design.target.len();
        let buffers = std::mem::take(&mut workspace.buffers);
        let factors = Factors::reusing(polynomials, rows, buffers);
        let log_determinant = factors.log_determinant();
        let n_columns = self.design.basis.len() + 1;
        workspace.errors.resize_with(n_columns, Vec::new);
        let squares = factors.filter(&self.design.target, &mut workspace.errors[0]);
        workspace.log_determinant = log_determinant;
        if n_columns == 1 {
            if residuals {
                take_residuals(&[], workspace);
            }
            workspace.buffers = factors.into_buffers();
            return std::array::from_fn(|lane| {
                self.finish(squares[lane], log_determinant[lane], Vec::new())
            });
        }
        for (basis, errors) in self.design.basis.iter().zip(&mut workspace.errors[1..]) {
            factors.filter(basis, errors);
        }
        let errors = &workspace.errors;
        let transient = factors.transient();
        let product = |a: usize, b: usize| {
            let mut total = [0.0; L];
            for (row, (x, y)) in errors[a].iter().zip(&errors[b]).enumerate() {
                if row < transient {
                    let variance = factors.variance(row);
                    for lane in 0..L {
                        total[lane] += x[lane] * y[lane] / variance[lane];
                    }
                } else {
                    for lane in 0..L {
                        total[lane] += x[lane] * y[lane];
                    }
                }
            }
            total
        };
        let mut products = Vec::with_capacity(n_columns * (n_columns + 1) / 2);
        for a in 1..n_columns {
            for b in 1..=a {
                products.push(product(a, b));
            }
        }
        let cross: Vec<Lanes<L>> = (1..n_columns).map(|a| product(a, 0)).collect();
        let profiles: [Profile; L] = std::array::from_fn(|lane| {
            let gram = products.iter().map(|value| value[lane]).collect();
            let cross = cross.iter().map(|value| value[lane]).collect();
            self.finish_regression(squares[lane], log_determinant[lane], gram, cross)
        });
        if residuals {
            let basis: Vec<Lanes<L>> = (0..n_columns - 1)
                .map(|k| std::array::from_fn(|lane| profiles[lane].basis[k]))
                .collect();
            take_residuals(&basis, workspace);
        }
        workspace.buffers = factors.into_buffers();
        profiles
    }

    fn profile_with_gaps(&self, polynomials: &Polynomials<1>) -> Option<Gapped> {
        let present = self.present.as_deref().unwrap_or_default();
        let space = StateSpace::new(polynomials, &self.order)?;
        let columns = self.design.filter_columns();
        let filtered = space.filter(&columns, present, present.len());
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
        let profile = self.finish_regression(product(0, 0), log_determinant, gram, cross);
        let residual = |row: usize| {
            let explained = profile.basis.iter().zip(&filtered.errors[1..]);
            let error = filtered.errors[0][row] - explained.map(|(b, e)| b * e[row]).sum::<f64>();
            error / filtered.variances[row].sqrt()
        };
        let residuals = rows().map(residual).collect();
        Some(Gapped { profile, residuals, log_determinant })
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

/// What the filter with gaps gives.
struct Gapped {
    profile: Profile,
    residuals: Vec<f64>,
    log_determinant: f64,
}

/// Fills the workspace's residuals from its errors; `basis` are the regression's coefficients.
fn take_residuals<const L: usize>(basis: &[Lanes<L>], workspace: &mut Workspace<L>) {
    let (errors, columns) = workspace.errors.split_at_mut(1);
    std::mem::swap(&mut workspace.residuals, &mut errors[0]);
    for (coefficient, errors) in basis.iter().zip(columns) {
        for (slot, error) in workspace.residuals.iter_mut().zip(errors) {
            *slot = minus_product(*slot, coefficient, error);
        }
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
