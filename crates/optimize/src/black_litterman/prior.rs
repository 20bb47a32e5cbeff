//! What is believed before any view.

use nalgebra::{DMatrix, DMatrixView};

use super::blend::blend;
use super::posterior::Posterior;
use super::views::Views;
use crate::risk::{check_covariance, check_finite, check_length, multiply};
use crate::{ErrorKind, Result};

/// The share of Sigma that the mean of the prior is uncertain by, unless set otherwise: He and
/// Litterman's 0.05 corresponds to twenty years of history.
const DEFAULT_TAU: f64 = 0.05;

/// Mean and covariance before any view, with the risk aversion `delta` and the uncertainty `tau`.
///
/// Holds its own copy of the covariance.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    pub(super) covariance: DMatrix<f64>,
    pub(super) mean: Vec<f64>,
    /// The weights that imply the mean, where the mean came from weights.
    pub(super) weights: Option<Vec<f64>>,
    pub(super) risk_aversion: f64,
    pub(super) tau: f64,
    pub(super) names: Vec<String>,
}

impl Prior {
    /// The equilibrium `pi = delta Sigma w` of a market with weights proportional to `market_caps`.
    ///
    /// # Errors
    ///
    /// [`InvalidMarketCaps`](ErrorKind::InvalidMarketCaps) for a negative one or a sum of zero, and
    /// the errors of [`from_weights`](Self::from_weights).
    pub fn from_market_caps(
        covariance: DMatrixView<'_, f64>,
        market_caps: &[f64],
        risk_aversion: f64,
    ) -> Result<Self> {
        check_finite("market_caps", market_caps)?;
        let sum: f64 = market_caps.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) || market_caps.iter().any(|cap| *cap < 0.0) {
            return Err(ErrorKind::InvalidMarketCaps { sum }.into());
        }
        let weights: Vec<f64> = market_caps.iter().map(|cap| cap / sum).collect();
        Self::from_weights(covariance, &weights, risk_aversion)
    }

    /// The equilibrium `pi = delta Sigma w` of given weights: the means for which an investor with
    /// that risk aversion holds exactly these weights. They need not sum to one.
    ///
    /// # Errors
    ///
    /// The errors of [`check_covariance`]; [`WrongLength`](ErrorKind::WrongLength) and
    /// [`NonFiniteEntry`](ErrorKind::NonFiniteEntry) for the weights;
    /// [`InvalidParameter`](ErrorKind::InvalidParameter) unless the risk aversion is above zero.
    pub fn from_weights(
        covariance: DMatrixView<'_, f64>,
        weights: &[f64],
        risk_aversion: f64,
    ) -> Result<Self> {
        check_covariance(covariance)?;
        check_length("weights", covariance.nrows(), weights.len())?;
        check_finite("weights", weights)?;
        check_positive("risk_aversion", risk_aversion)?;
        let mut mean = multiply(covariance, weights);
        for m in &mut mean {
            *m *= risk_aversion;
        }
        let weights = Some(weights.to_vec());
        Ok(Self::new(covariance, mean, weights, risk_aversion))
    }

    /// A given mean (excess returns), such as a historical one. The risk aversion serves only the
    /// posterior's weights.
    ///
    /// # Errors
    ///
    /// As [`from_weights`](Self::from_weights), for `mean` in place of the weights.
    pub fn from_mean(
        covariance: DMatrixView<'_, f64>,
        mean: &[f64],
        risk_aversion: f64,
    ) -> Result<Self> {
        check_covariance(covariance)?;
        check_length("mean", covariance.nrows(), mean.len())?;
        check_finite("mean", mean)?;
        check_positive("risk_aversion", risk_aversion)?;
        Ok(Self::new(covariance, mean.to_vec(), None, risk_aversion))
    }

    fn new(
        covariance: DMatrixView<'_, f64>,
        mean: Vec<f64>,
        weights: Option<Vec<f64>>,
        risk_aversion: f64,
    ) -> Self {
        let covariance = covariance.into_owned();
        Self { covariance, mean, weights, risk_aversion, tau: DEFAULT_TAU, names: Vec::new() }
    }

    /// Sets how uncertain the mean is, as a share of Sigma (0.05 unless set).
    ///
    /// With He-Litterman views or confidences the posterior mean does not depend on it, since their
    /// omega scales along; the posterior covariance does.
    ///
    /// # Errors
    ///
    /// [`InvalidParameter`](ErrorKind::InvalidParameter) unless it is above zero and finite.
    pub fn with_tau(mut self, tau: f64) -> Result<Self> {
        check_positive("tau", tau)?;
        self.tau = tau;
        Ok(self)
    }

    /// Names the assets, in the order of the covariance, so that views can say them.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](ErrorKind::WrongLength), [`DuplicateAsset`](ErrorKind::DuplicateAsset).
    pub fn with_asset_names<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        check_length("asset names", self.mean.len(), names.len())?;
        let mut seen = std::collections::BTreeSet::new();
        if let Some(name) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(ErrorKind::DuplicateAsset { name: name.clone() }.into());
        }
        self.names = names;
        Ok(self)
    }

    /// The prior mean `pi`, length N.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The covariance Sigma, `N x N`.
    #[must_use]
    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.covariance
    }

    /// The weights that imply the mean; `None` for a prior made from a mean.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// The asset names, empty when none were given.
    #[must_use]
    pub fn asset_names(&self) -> &[String] {
        &self.names
    }

    /// The uncertainty of the mean as a share of Sigma.
    #[must_use]
    pub fn tau(&self) -> f64 {
        self.tau
    }

    /// The risk aversion `delta`.
    #[must_use]
    pub fn risk_aversion(&self) -> f64 {
        self.risk_aversion
    }

    /// The number of assets, N.
    #[must_use]
    pub fn n_assets(&self) -> usize {
        self.mean.len()
    }

    /// Blends the views in.
    ///
    /// Without views, or with confidence 0 in all of them, the posterior mean is the prior's bit
    /// for bit, and the covariance `(1 + tau) Sigma`. Costs `O(N^2 K)`.
    ///
    /// # Errors
    ///
    /// What is wrong with a view, with its number: [`UnknownAsset`](ErrorKind::UnknownAsset),
    /// [`EmptyView`](ErrorKind::EmptyView), [`RisklessView`](ErrorKind::RisklessView),
    /// [`InvalidConfidence`](ErrorKind::InvalidConfidence),
    /// [`NegativeOmega`](ErrorKind::NegativeOmega),
    /// [`ContradictoryViews`](ErrorKind::ContradictoryViews);
    /// [`NonFiniteEntry`](ErrorKind::NonFiniteEntry) or
    /// [`NonFiniteElement`](ErrorKind::NonFiniteElement) for NaN,
    /// [`WrongLength`](ErrorKind::WrongLength) for a shape that does not fit.
    pub fn posterior(&self, views: &Views) -> Result<Posterior> {
        blend(self, views)
    }
}

/// The risk aversion that a market's history implies: annual excess return over annual variance.
///
/// `market_returns` are simple returns per period, `risk_free_rate` is annual; the variance has
/// divisor T - 1. Negative when the market fell behind the risk-free rate, in which case a prior
/// refuses it.
///
/// # Errors
///
/// [`TooFewRows`](ErrorKind::TooFewRows) below 2 returns,
/// [`NonFiniteEntry`](ErrorKind::NonFiniteEntry),
/// [`InvalidParameter`](ErrorKind::InvalidParameter) unless `periods_per_year` and the variance are
/// above zero.
pub fn implied_risk_aversion(
    market_returns: &[f64],
    risk_free_rate: f64,
    periods_per_year: f64,
) -> Result<f64> {
    let got = market_returns.len();
    if got < 2 {
        let estimator = "implied risk aversion";
        return Err(ErrorKind::TooFewRows { estimator, needed: 2, got }.into());
    }
    check_finite("market_returns", market_returns)?;
    check_finite("risk_free_rate", &[risk_free_rate])?;
    check_positive("periods_per_year", periods_per_year)?;
    let mean = crate::risk::sum(market_returns) / got as f64;
    let deviations: Vec<f64> = market_returns.iter().map(|r| r - mean).collect();
    let variance = crate::risk::dot(&deviations, &deviations) / (got - 1) as f64;
    check_positive("market variance", variance)?;
    Ok((mean * periods_per_year - risk_free_rate) / (variance * periods_per_year))
}

fn check_positive(name: &'static str, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(ErrorKind::InvalidParameter { name, value, expected: "above 0 and finite" }.into())
}
