//! What is believed after the views.

use nalgebra::{DMatrix, DVector};

use super::prior::Prior;
use crate::{ErrorKind, Result};

/// Mean and covariance after the views, and the weights they call for.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    mean: Vec<f64>,
    covariance: DMatrix<f64>,
    mean_uncertainty: DMatrix<f64>,
    omega: DMatrix<f64>,
    prior_covariance: DMatrix<f64>,
    /// The weights behind the mean under the prior's covariance, where the prior had weights.
    prior_covariance_weights: Option<Vec<f64>>,
    risk_aversion: f64,
}

impl Posterior {
    pub(super) fn new(
        prior: &Prior,
        mean: Vec<f64>,
        mean_uncertainty: DMatrix<f64>,
        tilt: Vec<f64>,
        omega: DMatrix<f64>,
    ) -> Self {
        let covariance = &prior.covariance + &mean_uncertainty;
        let scale = prior.tau / prior.risk_aversion;
        let prior_covariance_weights = prior
            .weights
            .as_ref()
            .map(|weights| weights.iter().zip(&tilt).map(|(w, t)| w + scale * t).collect());
        Self {
            mean,
            covariance,
            mean_uncertainty,
            omega,
            prior_covariance: prior.covariance.clone(),
            prior_covariance_weights,
            risk_aversion: prior.risk_aversion,
        }
    }

    /// The posterior mean, length N, excess returns in the units of the prior.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The covariance of the returns given the views, `Sigma + M`.
    #[must_use]
    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.covariance
    }

    /// The uncertainty M of the posterior mean: `tau Sigma` without views, zero along certain ones.
    #[must_use]
    pub fn mean_uncertainty(&self) -> &DMatrix<f64> {
        &self.mean_uncertainty
    }

    /// The omega that was used, one row a view that took part (confidence 0 takes no part).
    #[must_use]
    pub fn omega(&self) -> &DMatrix<f64> {
        &self.omega
    }

    /// The unconstrained weights under the prior's covariance, `(delta Sigma)^-1 mean` (Idzorek).
    ///
    /// For a prior made from weights these are `w + tau / delta P' A^-1 (Q - P pi)`: assets that no
    /// view touches keep their weight exactly, and Sigma may be singular. They need not sum to one,
    /// see [`normalised`].
    ///
    /// # Errors
    ///
    /// [`Singular`](ErrorKind::Singular) for a singular Sigma under a prior made from a mean.
    pub fn weights(&self) -> Result<Vec<f64>> {
        match &self.prior_covariance_weights {
            Some(weights) => Ok(weights.clone()),
            None => solve("covariance", &self.prior_covariance, &self.mean, self.risk_aversion),
        }
    }

    /// The unconstrained weights under the posterior covariance,
    /// `(delta (Sigma + M))^-1 mean` (He & Litterman).
    ///
    /// # Errors
    ///
    /// [`Singular`](ErrorKind::Singular) for a singular covariance.
    pub fn weights_posterior_covariance(&self) -> Result<Vec<f64>> {
        solve("posterior covariance", &self.covariance, &self.mean, self.risk_aversion)
    }
}

/// Weights divided by their sum.
///
/// # Errors
///
/// [`InvalidParameter`](ErrorKind::InvalidParameter) unless the sum is above zero.
pub fn normalised(weights: &[f64]) -> Result<Vec<f64>> {
    let sum: f64 = weights.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        let (name, expected) = ("sum of weights", "above 0 and finite");
        return Err(ErrorKind::InvalidParameter { name, value: sum, expected }.into());
    }
    Ok(weights.iter().map(|w| w / sum).collect())
}

/// `(delta matrix)^-1 mean` by Cholesky.
fn solve(
    what: &'static str,
    matrix: &DMatrix<f64>,
    mean: &[f64],
    risk_aversion: f64,
) -> Result<Vec<f64>> {
    let cholesky = crate::risk::cholesky(what, matrix)?;
    let mut weights = DVector::from_column_slice(mean);
    cholesky.solve_mut(&mut weights);
    Ok(weights.iter().map(|w| w / risk_aversion).collect())
}
