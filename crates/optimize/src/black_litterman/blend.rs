//! The update of the mean: one K x K factorisation, no inverse of Sigma.

use nalgebra::DMatrix;

use super::posterior::Posterior;
use super::prior::Prior;
use super::view::Uncertainty;
use super::views::{Views, resolve};
use crate::risk::{axpy, dot};
use crate::{ErrorKind, Result};

/// A pivot below this share of its diagonal element means that the view repeats earlier ones
/// without any uncertainty of its own: far above rounding of a K x K factorisation, far below what a
/// confidence of 99.999 999 % leaves.
const DEPENDENT: f64 = 1e-12;

/// A repeated certain view may differ by this share of the returns involved.
const CONSISTENT: f64 = 1e-10;

/// A view that takes part: its position among the views, its portfolio and its Sigma p.
struct Active {
    view: usize,
    positions: Vec<(usize, f64)>,
    /// `Sigma p`, length N.
    covariance: Vec<f64>,
    expected_return: f64,
    /// What the prior expects of the same portfolio, `p' pi`.
    prior_return: f64,
}

pub(super) fn blend(prior: &Prior, views: &Views) -> Result<Posterior> {
    let (active, omega) = activate(prior, views)?;
    let k = active.len();
    let (n, tau) = (prior.n_assets(), prior.tau);

    let mut system = DMatrix::zeros(k, k);
    for row in 0..k {
        for column in 0..=row {
            let shared = pick(&active[row].positions, &active[column].covariance);
            system[(row, column)] = tau * shared + omega[(row, column)];
        }
    }
    let factor = Ldl::new(&system, &active)?;

    // A^-1 (Q - P pi), and with it the tilt P' A^-1 (Q - P pi) of the weights.
    let mut multipliers: Vec<f64> =
        active.iter().map(|a| a.expected_return - a.prior_return).collect();
    factor.forward(&mut multipliers);
    factor.check_consistent(&multipliers, &active)?;
    factor.scale(&mut multipliers);
    factor.backward(&mut multipliers);

    let mut mean = prior.mean.clone();
    let mut tilt = vec![0.0; n];
    for (view, &multiplier) in active.iter().zip(&multipliers) {
        if multiplier != 0.0 {
            axpy(tau * multiplier, &view.covariance, &mut mean);
            for &(asset, weight) in &view.positions {
                tilt[asset] += multiplier * weight;
            }
        }
    }
    let uncertainty = factor.mean_uncertainty(prior, active);
    Ok(Posterior::new(prior, mean, uncertainty, tilt, omega))
}

/// Resolves the views, drops those with confidence 0, and builds omega for the rest.
fn activate(prior: &Prior, views: &Views) -> Result<(Vec<Active>, DMatrix<f64>)> {
    let n = prior.n_assets();
    if let Some(columns) = views.n_assets {
        crate::risk::check_length("picking_matrix rows", n, columns)?;
    }
    if let Some(omega) = &views.omega {
        crate::risk::check_length("omega", views.len(), omega.nrows())?;
        check_omega(omega)?;
    }
    let mut active = Vec::with_capacity(views.len());
    let mut variances = Vec::with_capacity(views.len());
    for (at, view) in views.views.iter().enumerate() {
        let positions = resolve(at, &view.positions, &prior.names, n)?;
        let expected_return = view.expected_return;
        if !expected_return.is_finite() {
            let what = "view return";
            let kind = ErrorKind::NonFiniteEntry { what, index: at, value: expected_return };
            return Err(kind.into());
        }
        let mut covariance = vec![0.0; n];
        for &(asset, weight) in &positions {
            axpy(weight, prior.covariance.column(asset).as_slice(), &mut covariance);
        }
        let variance = prior.tau * pick(&positions, &covariance);
        let own = if views.omega.is_some() {
            0.0
        } else {
            match own_variance(at, view.uncertainty, variance)? {
                Some(own) => own,
                None => continue,
            }
        };
        let set = views.omega.as_ref().map_or(own, |omega| omega[(at, at)]);
        if variance + set <= 0.0 {
            return Err(ErrorKind::RisklessView { view: at }.into());
        }
        variances.push(own);
        let prior_return = pick(&positions, &prior.mean);
        active.push(Active { view: at, positions, covariance, expected_return, prior_return });
    }
    let omega = match &views.omega {
        Some(omega) => omega.clone(),
        None => DMatrix::from_diagonal(&variances.into()),
    };
    Ok((active, omega))
}

/// The element of omega that a view states for itself; `None` drops it.
fn own_variance(view: usize, uncertainty: Uncertainty, variance: f64) -> Result<Option<f64>> {
    match uncertainty {
        Uncertainty::HeLitterman => Ok(Some(variance)),
        Uncertainty::Confidence(confidence) if !(0.0..=1.0).contains(&confidence) => {
            Err(ErrorKind::InvalidConfidence { view, confidence }.into())
        }
        Uncertainty::Confidence(0.0) => Ok(None),
        Uncertainty::Confidence(confidence) => {
            let own = variance * (1.0 - confidence) / confidence;
            // A confidence so small that its omega overflows is no confidence at all.
            Ok(own.is_finite().then_some(own))
        }
        Uncertainty::Variance(value) if value >= 0.0 && value.is_finite() => Ok(Some(value)),
        Uncertainty::Variance(value) => Err(ErrorKind::NegativeOmega { view, value }.into()),
    }
}

fn check_omega(omega: &DMatrix<f64>) -> Result<()> {
    for view in 0..omega.nrows() {
        let value = omega[(view, view)];
        if value < 0.0 {
            return Err(ErrorKind::NegativeOmega { view, value }.into());
        }
    }
    if omega.is_empty() {
        return Ok(());
    }
    crate::risk::check_psd("omega", omega.as_view())
}

/// `p' x` for a sparse p.
fn pick(positions: &[(usize, f64)], x: &[f64]) -> f64 {
    positions.iter().map(|&(asset, weight)| weight * x[asset]).sum()
}

/// `A = L D L'` of a positive semidefinite A, in order, without pivoting.
///
/// A pivot of zero means that the row is a combination of the rows before it: that view is certain
/// and already said. It is left out, after a check that it says the same.
struct Ldl {
    /// Unit lower triangle, row by row.
    lower: Vec<Vec<f64>>,
    /// Pivots; `None` for a view that repeats earlier ones.
    pivots: Vec<Option<f64>>,
}

impl Ldl {
    fn new(system: &DMatrix<f64>, active: &[Active]) -> Result<Self> {
        let k = system.nrows();
        let mut lower: Vec<Vec<f64>> = Vec::with_capacity(k);
        let mut pivots: Vec<Option<f64>> = Vec::with_capacity(k);
        for row in 0..k {
            let mut scaled = vec![0.0; row];
            let mut unit = vec![0.0; row];
            let mut pivot = system[(row, row)];
            for column in 0..row {
                let Some(d) = pivots[column] else { continue };
                let product = dot(&scaled[..column], &lower[column]);
                scaled[column] = system[(row, column)] - product;
                unit[column] = scaled[column] / d;
                pivot -= unit[column] * scaled[column];
            }
            let diagonal = system[(row, row)];
            if pivot < -DEPENDENT.sqrt() * diagonal {
                let view = active[row].view;
                return Err(ErrorKind::NegativeOmega { view, value: pivot }.into());
            }
            pivots.push((pivot > DEPENDENT * diagonal).then_some(pivot));
            lower.push(unit);
        }
        Ok(Self { lower, pivots })
    }

    /// `x := L^-1 x`.
    fn forward(&self, x: &mut [f64]) {
        for row in 0..x.len() {
            x[row] -= dot(&self.lower[row], &x[..row]);
            // Rows below do not refer to a repeated view: its column of L is zero.
        }
    }

    /// After [`forward`](Self::forward), what is left of a repeated view must be rounding.
    fn check_consistent(&self, forward: &[f64], active: &[Active]) -> Result<()> {
        let scale = active
            .iter()
            .map(|a| a.expected_return.abs().max(a.prior_return.abs()))
            .fold(0.0, f64::max);
        for ((left, pivot), view) in forward.iter().zip(&self.pivots).zip(active) {
            if pivot.is_none() && left.abs() > CONSISTENT * scale {
                let stated = view.expected_return;
                let implied = stated - left;
                return Err(
                    ErrorKind::ContradictoryViews { view: view.view, implied, stated }.into()
                );
            }
        }
        Ok(())
    }

    /// `x := D^-1 x`, zero for repeated views.
    fn scale(&self, x: &mut [f64]) {
        for (x, pivot) in x.iter_mut().zip(&self.pivots) {
            *x = pivot.map_or(0.0, |d| *x / d);
        }
    }

    /// `x := L'^-1 x`.
    fn backward(&self, x: &mut [f64]) {
        for row in (0..x.len()).rev() {
            let (head, tail) = x.split_at_mut(row);
            axpy(-tail[0], &self.lower[row], head);
        }
    }

    /// `M = tau Sigma - Y' D^-1 Y` with `Y = L^-1 P tau Sigma`, exactly symmetric.
    fn mean_uncertainty(&self, prior: &Prior, active: Vec<Active>) -> DMatrix<f64> {
        let tau = prior.tau;
        let mut uncertainty = &prior.covariance * tau;
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(active.len());
        for (k, view) in active.into_iter().enumerate() {
            let mut y = view.covariance;
            for value in &mut y {
                *value *= tau;
            }
            for (earlier, &factor) in rows.iter().zip(&self.lower[k]) {
                if factor != 0.0 {
                    axpy(-factor, earlier, &mut y);
                }
            }
            if let Some(d) = self.pivots[k] {
                for (column, &y_column) in y.iter().enumerate() {
                    let factor = -y_column / d;
                    if factor != 0.0 {
                        let mut target = uncertainty.column_mut(column);
                        axpy(factor, &y[..=column], &mut target.as_mut_slice()[..=column]);
                    }
                }
            }
            rows.push(y);
        }
        uncertainty.fill_lower_triangle_with_upper_triangle();
        uncertainty
    }
}
