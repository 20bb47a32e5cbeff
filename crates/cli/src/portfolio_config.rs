//! The configuration file of `tangency weights`: bounds, sectors, views and parameters.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use tangency::optimize::allocation::{Constraints, Group};
use tangency::optimize::black_litterman::{View, Views};

use crate::exit::{Failure, Outcome};

/// What the file may say; everything has a default, and an unknown key is an error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PortfolioConfig {
    /// Annual risk-free rate.
    pub(crate) risk_free_rate: f64,
    /// Risk aversion of the equilibrium and the utility.
    pub(crate) risk_aversion: f64,
    /// Uncertainty of the prior mean, as a share of the covariance.
    pub(crate) tau: f64,
    /// Covariance estimator.
    pub(crate) covariance: CovarianceChoice,
    /// Expected returns of `max-sharpe`.
    pub(crate) expected_returns: ExpectedReturnsChoice,
    /// Tail probability is one minus this.
    pub(crate) cvar_level: f64,
    /// Rows to estimate from, counted from the end; all by default.
    pub(crate) last_rows: Option<usize>,
    bounds: Bounds,
    sectors: Vec<Sector>,
    views: Vec<ViewEntry>,
    /// Prior weights are proportional to these; equal without them.
    pub(crate) market_caps: BTreeMap<String, f64>,
}

impl Default for PortfolioConfig {
    fn default() -> Self {
        Self {
            risk_free_rate: 0.0,
            risk_aversion: 2.5,
            tau: 0.05,
            covariance: CovarianceChoice::default(),
            expected_returns: ExpectedReturnsChoice::default(),
            cvar_level: 0.95,
            last_rows: None,
            bounds: Bounds::default(),
            sectors: Vec::new(),
            views: Vec::new(),
            market_caps: BTreeMap::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CovarianceChoice {
    Sample,
    #[default]
    LedoitWolf,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ExpectedReturnsChoice {
    #[default]
    Arithmetic,
    Compounding,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Bounds {
    lower: f64,
    upper: f64,
    /// Bounds of single assets, `NAME = [lower, upper]`.
    assets: BTreeMap<String, [f64; 2]>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { lower: 0.0, upper: 1.0, assets: BTreeMap::new() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sector {
    name: String,
    assets: Vec<String>,
    min: Option<f64>,
    max: Option<f64>,
}

/// Either `asset`, or `long` and `short` baskets of equal weight.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewEntry {
    asset: Option<String>,
    #[serde(default)]
    long: Vec<String>,
    #[serde(default)]
    short: Vec<String>,
    /// Annual excess return that is expected.
    #[serde(rename = "return")]
    expected_return: f64,
    confidence: Option<f64>,
    variance: Option<f64>,
}

impl PortfolioConfig {
    /// Reads TOML or, for a name that ends in `.json`, JSON.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::input(format!("{name}: cannot open the file: {error}")))?;
        let one_line =
            |error: String| Failure::input(format!("{name}: {}", error.trim().replace('\n', " ")));
        if path.extension().is_some_and(|extension| extension == "json") {
            serde_json::from_str(&text).map_err(|error| one_line(error.to_string()))
        } else {
            toml::from_str(&text).map_err(|error: toml::de::Error| {
                let line = error
                    .span()
                    .map(|span| text[..span.start].matches('\n').count() + 1)
                    .map_or(String::new(), |line| format!("line {line}: "));
                one_line(format!("{line}{}", error.message()))
            })
        }
    }

    /// Refuses views and market capitalisations for a method that has no use for them.
    pub(crate) fn only_default_opinions(&self) -> Outcome<()> {
        for (section, given) in
            [("views", !self.views.is_empty()), ("market_caps", !self.market_caps.is_empty())]
        {
            if given {
                return Err(Failure::input(format!("{section}: only black-litterman uses them")));
            }
        }
        Ok(())
    }

    /// Refuses bounds and sectors for a method that cannot honour them.
    pub(crate) fn only_default_constraints(&self, method: &str) -> Outcome<()> {
        let bounds = &self.bounds;
        let default = bounds.lower == 0.0 && bounds.upper == 1.0 && bounds.assets.is_empty();
        if default && self.sectors.is_empty() {
            return Ok(());
        }
        Err(Failure::input(format!(
            "{method} takes no bounds or sectors: its weights follow from the covariance alone"
        )))
    }

    /// The constraints over `assets`.
    pub(crate) fn constraints(&self, assets: &[String]) -> Outcome<Constraints> {
        let mut lower = vec![self.bounds.lower; assets.len()];
        let mut upper = vec![self.bounds.upper; assets.len()];
        for (name, [low, high]) in &self.bounds.assets {
            let asset_idx = position(assets, name, "bounds.assets")?;
            (lower[asset_idx], upper[asset_idx]) = (*low, *high);
        }
        let mut constraints = Constraints::long_only().with_asset_bounds(&lower, &upper);
        for sector in &self.sectors {
            let members = sector
                .assets
                .iter()
                .map(|asset| position(assets, asset, "sectors"))
                .collect::<Outcome<Vec<usize>>>()?;
            let mut group = Group::new(sector.name.as_str(), members);
            if let Some(min) = sector.min {
                group = group.at_least(min);
            }
            if let Some(max) = sector.max {
                group = group.at_most(max);
            }
            constraints = constraints.with_group(group);
        }
        Ok(constraints)
    }

    /// The views over `assets`.
    pub(crate) fn views(&self, assets: &[String]) -> Outcome<Views> {
        let mut views = Views::new();
        for entry in &self.views {
            let basket = |names: &[String]| {
                names
                    .iter()
                    .map(|name| position(assets, name, "views"))
                    .collect::<Outcome<Vec<usize>>>()
            };
            let mut view = match &entry.asset {
                Some(asset) if entry.long.is_empty() && entry.short.is_empty() => {
                    View::absolute(position(assets, asset, "views")?, entry.expected_return)
                }
                None if !entry.long.is_empty() && !entry.short.is_empty() => View::relative(
                    basket(&entry.long)?,
                    basket(&entry.short)?,
                    entry.expected_return,
                ),
                _ => {
                    return Err(Failure::input(
                        "views: a view names either `asset`, or `long` and `short`",
                    ));
                }
            };
            view = match (entry.confidence, entry.variance) {
                (None, None) => view,
                (Some(confidence), None) => view.with_confidence(confidence),
                (None, Some(variance)) => view.with_variance(variance),
                (Some(_), Some(_)) => {
                    return Err(Failure::input(
                        "views: a view has either a `confidence` or a `variance`, not both",
                    ));
                }
            };
            views.push(view);
        }
        Ok(views)
    }

    /// Prior weights over `assets`, summing to one.
    pub(crate) fn prior_weights(&self, assets: &[String]) -> Outcome<Vec<f64>> {
        if self.market_caps.is_empty() {
            return Ok(vec![1.0 / assets.len() as f64; assets.len()]);
        }
        for name in self.market_caps.keys() {
            position(assets, name, "market_caps")?;
        }
        let caps = assets
            .iter()
            .map(|asset| match self.market_caps.get(asset) {
                Some(cap) if cap.is_finite() && *cap > 0.0 => Ok(*cap),
                Some(cap) => Err(Failure::input(format!(
                    "market_caps: that of {asset} must be positive and finite, got {cap}"
                ))),
                None => Err(Failure::input(format!("market_caps: none given for {asset}"))),
            })
            .collect::<Outcome<Vec<f64>>>()?;
        let total: f64 = caps.iter().sum();
        Ok(caps.iter().map(|cap| cap / total).collect())
    }
}

fn position(assets: &[String], name: &str, section: &str) -> Outcome<usize> {
    assets.iter().position(|asset| asset == name).ok_or_else(|| {
        Failure::input(format!("{section}: {name:?} is not among the assets of the input"))
    })
}
