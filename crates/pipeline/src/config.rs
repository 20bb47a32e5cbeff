//! The settings of a run, and the one place where they are checked.

use serde::Serialize;
use tangency_forecast::ModelSpec;
use tangency_forecast::arima::Order;
use tangency_optimize::allocation::Constraints;

use crate::error::{ErrorKind, Result};
use crate::grid::GridConfig;

/// Where a view's uncertainty comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewRule {
    /// `omega = tau p Sigma p' (1 - c) / c`, where the confidence `c` is the lower confidence bound
    /// of the forecast's out-of-sample R2. A forecast that proved nothing gives no view.
    #[default]
    Earned,
    /// `omega` is the measured out-of-sample error variance of the forecast, annualised: every
    /// forecast tilts a little.
    ErrorVariance,
}

/// The weights that hold when no view does.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriorWeights {
    /// One over the number of assets.
    #[default]
    Equal,
    /// Proportional to market capitalisation, by asset name, in any one currency; names that are no
    /// assets of the frame are passed over. Every decision of the out-of-sample record holds these
    /// weights, so capitalisations of today let that record know the future; the report says so.
    MarketCaps(Vec<(String, f64)>),
}

/// Settings of a [`Pipeline`](crate::Pipeline).
///
/// | field | default | range | what it does |
/// |---|---|---|---|
/// | `train` | 504 | 30.. | rows a model is fitted on and a covariance is estimated from |
/// | `horizon` | 21 | 1.. | rows from a forecast to its target; also the rebalancing interval |
/// | `warm_up` | 24 | 3.. | forecasts that must have come due before the first decision |
/// | `members` | `naive`, `drift`, `arima:1,1,1` | one or more | models of the ensemble, on log prices |
/// | `periods_per_year` | 252 | above 0 | annualisation |
/// | `skill_level` | 0.05 | 0 to 0.5, open | chance, at one decision, that any view survives on random walks |
/// | `interval_level` | 0.95 | 0 to 1, open | coverage of the forecast intervals |
/// | `views` | `Earned` | | which rule gives the portfolio its weights |
/// | `prior` | `Equal` | | weights without views |
/// | `tau` | 0.05 | above 0 | uncertainty of the prior mean, as a share of the covariance |
/// | `risk_aversion` | 2.5 | above 0 | `delta` of the equilibrium and of the utility |
/// | `risk_free_rate` | 0 | finite | annual decimal fraction |
/// | `min_weight`, `max_weight` | 0, 1 | from 0; sums must reach one | bounds of every weight |
/// | `cost` | 0.001 | 0 to 0.1 | share of the traded value that a rebalancing costs |
/// | `grid` | 5..60 x 20..200 | | the crossover grid of the report |
/// | `seed` | 0 | | seed of models that draw random numbers |
///
/// A value outside its range gives [`ErrorKind::Setting`]; nothing is clamped.
#[derive(Debug, Clone, Serialize)]
pub struct PipelineConfig {
    /// Rows a model is fitted on and a covariance is estimated from.
    pub train: usize,
    /// Rows from a forecast to its target, and between two rebalancings.
    pub horizon: usize,
    /// Forecasts that must have come due before the first decision.
    pub warm_up: usize,
    /// Models of the ensemble; they see log prices.
    #[serde(serialize_with = "members_as_text")]
    pub members: Vec<ModelSpec>,
    /// Periods per year, for annualisation.
    pub periods_per_year: f64,
    /// Chance that any view survives on a panel of random walks.
    pub skill_level: f64,
    /// Coverage of the forecast intervals.
    pub interval_level: f64,
    /// The rule that gives the portfolio its weights.
    pub views: ViewRule,
    /// The weights that hold without views.
    pub prior: PriorWeights,
    /// Uncertainty of the prior mean, as a share of the covariance.
    pub tau: f64,
    /// Risk aversion `delta`.
    pub risk_aversion: f64,
    /// Annual risk-free rate, decimal fraction.
    pub risk_free_rate: f64,
    /// Smallest weight of an asset.
    pub min_weight: f64,
    /// Largest weight of an asset.
    pub max_weight: f64,
    /// Cost of trading, as a share of the traded value.
    pub cost: f64,
    /// The moving-average grid of the report.
    pub grid: GridConfig,
    /// Seed of models that draw random numbers.
    pub seed: u64,
}

impl Default for PipelineConfig {
    fn default() -> Self {
        Self {
            train: 504,
            horizon: 21,
            warm_up: 24,
            members: vec![
                ModelSpec::Naive,
                ModelSpec::Drift,
                ModelSpec::Arima(Order::new(1, 1, 1)),
            ],
            periods_per_year: 252.0,
            skill_level: 0.05,
            interval_level: 0.95,
            views: ViewRule::Earned,
            prior: PriorWeights::Equal,
            tau: 0.05,
            risk_aversion: 2.5,
            risk_free_rate: 0.0,
            min_weight: 0.0,
            max_weight: 1.0,
            cost: 0.001,
            grid: GridConfig::default(),
            seed: 0,
        }
    }
}

impl PipelineConfig {
    /// Rows a frame must have: one training window, and as many horizons as forecasts must come due
    /// before the first decision, plus the one after it.
    #[must_use]
    pub fn rows_needed(&self) -> usize {
        // Saturating: an absurd setting is more rows than any frame has.
        self.train.saturating_add(self.warm_up.saturating_add(1).saturating_mul(self.horizon))
    }

    /// Checks every setting that can be judged without data.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setting`] with the name, the range and the value of the first bad one,
    /// [`ErrorKind::WindowTooShort`] when a model needs more rows than the training window has.
    pub fn validate(&self) -> Result<()> {
        at_least("train", self.train, 30)?;
        at_least("horizon", self.horizon, 1)?;
        at_least("warm_up", self.warm_up, 3)?;
        at_least("number of models", self.members.len(), 1)?;
        within("periods_per_year", self.periods_per_year, 0.0, f64::MAX)?;
        within("skill_level", self.skill_level, 0.0, 0.5)?;
        within("interval_level", self.interval_level, 0.0, 1.0)?;
        within("tau", self.tau, 0.0, f64::MAX)?;
        within("risk_aversion", self.risk_aversion, 0.0, f64::MAX)?;
        within("risk_free_rate", self.risk_free_rate, f64::MIN, f64::MAX)?;
        if !(0.0..=f64::MAX).contains(&self.min_weight) {
            return Err(setting("min_weight", "at least 0", self.min_weight));
        }
        if !(0.0..=0.1).contains(&self.cost) {
            return Err(setting("cost", "between 0 and 0.1", self.cost));
        }
        for member in &self.members {
            let needed = member.build().min_rows();
            if needed > self.train {
                return Err(ErrorKind::WindowTooShort {
                    model: member.to_string(),
                    needed,
                    got: self.train,
                }
                .into());
            }
        }
        self.grid.validate()
    }

    /// The constraints on the weights.
    #[must_use]
    pub fn constraints(&self) -> Constraints {
        Constraints::long_only().with_bounds(self.min_weight, self.max_weight)
    }

    /// The prior weights over `assets`, summing to one; the bounds are not looked at.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MissingMarketCap`] and [`ErrorKind::MarketCap`].
    pub fn prior_weights(&self, assets: &[String]) -> Result<Vec<f64>> {
        match &self.prior {
            PriorWeights::Equal => Ok(vec![1.0 / assets.len() as f64; assets.len()]),
            PriorWeights::MarketCaps(caps) => {
                let mut weights = Vec::with_capacity(assets.len());
                for asset in assets {
                    let Some((_, cap)) = caps.iter().find(|(name, _)| name == asset) else {
                        return Err(ErrorKind::MissingMarketCap { asset: asset.clone() }.into());
                    };
                    if !(cap.is_finite() && *cap > 0.0) {
                        return Err(ErrorKind::MarketCap { asset: asset.clone(), got: *cap }.into());
                    }
                    weights.push(*cap);
                }
                let total: f64 = weights.iter().sum();
                weights.iter_mut().for_each(|weight| *weight /= total);
                Ok(weights)
            }
        }
    }
}

fn members_as_text<S: serde::Serializer>(
    members: &[ModelSpec],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(members.iter().map(ToString::to_string))
}

pub(crate) fn at_least(name: &'static str, got: usize, least: usize) -> Result<()> {
    if got < least {
        return Err(setting(name, &format!("at least {least}"), got));
    }
    Ok(())
}

/// Open interval.
fn within(name: &'static str, got: f64, low: f64, high: f64) -> Result<()> {
    if got > low && got < high {
        return Ok(());
    }
    let expected = match (low, high) {
        (f64::MIN, f64::MAX) => "finite".to_owned(),
        (_, f64::MAX) => format!("above {low}"),
        _ => format!("above {low} and below {high}"),
    };
    Err(setting(name, &expected, got))
}

pub(crate) fn setting(
    name: &'static str,
    expected: &str,
    got: impl std::fmt::Display,
) -> crate::Error {
    ErrorKind::Setting { name, expected: expected.to_owned(), got: got.to_string() }.into()
}
