//! ARIMA models whose orders the data choose.

mod differences;
mod search;

use serde::{Deserialize, Serialize};

use crate::arima::{Arima, FittedArima, Mean, Order};
use crate::data::{ForecastRequest, TrainingData};
use crate::error::{Error, ErrorKind, Result};
use crate::forecast::Forecast;
use crate::model::{Fit, FitContext, FitStatus, Model, Predict};

/// Rows below which no order can be chosen.
const MIN_ROWS: usize = 8;

/// What orders are compared by; smaller is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Criterion {
    /// Akaike's criterion with the small-sample term ([`FittedArima::aicc`]).
    #[default]
    Aicc,
    /// Akaike's criterion.
    Aic,
    /// Schwarz's criterion.
    Bic,
}

impl Criterion {
    fn of(self, fitted: &FittedArima) -> f64 {
        match self {
            Self::Aicc => fitted.aicc(),
            Self::Aic => fitted.aic(),
            Self::Bic => fitted.bic(),
        }
    }
}

/// An ARIMA model that chooses its own orders, before it has seen data.
///
/// Seasonal differences by the strength of the season
/// ([`n_seasonal_differences`](crate::diagnostics::n_seasonal_differences)), then differences by
/// KPSS tests ([`n_differences`](crate::diagnostics::n_differences)), on the series less the
/// regressors' least-squares fit (missing rows closed up for the KPSS tests; for the season's
/// strength, and nothing else, bridged by straight lines); then the remaining orders by the
/// criterion, stepwise from five simple models or over the whole grid. Hyndman and Khandakar (2008),
/// "Automatic time series forecasting: the forecast package for R". The three best candidates are
/// fitted again from more starting values before the choice.
///
/// A mean is a candidate where nothing is differenced, a drift where there is one difference in
/// all.
///
/// | option | default |
/// |---|---|
/// | [`with_season`](Self::with_season) | none |
/// | [`with_criterion`](Self::with_criterion) | AICc |
/// | [`with_largest`](Self::with_largest) | (5, 2, 5)(2, 1, 2) |
/// | [`exhaustive`](Self::exhaustive) | stepwise |
/// | [`with_differences`](Self::with_differences) | by tests |
/// | [`approximate`](Self::approximate) | off |
/// | [`with_root_margin`](Self::with_root_margin) | 0: no model is turned down |
///
/// # Examples
///
/// ```
/// use tangency_forecast::{AutoArima, Fit, FitContext, ForecastRequest, Predict, TrainingData};
///
/// let series: Vec<f64> = (0..80).map(|t| f64::from(t * t % 17) + 0.5 * f64::from(t)).collect();
/// let fitted = AutoArima::new().fit(&TrainingData::new(&series), &FitContext::default())?;
/// assert!(fitted.trace().iter().all(|tried| tried.criterion >= fitted.best().aicc() - 1e-9));
/// assert_eq!(fitted.predict(&ForecastRequest::new(3))?.mean.len(), 3);
/// # Ok::<(), tangency_forecast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AutoArima {
    season: usize,
    criterion: Criterion,
    largest: Order,
    exhaustive: bool,
    most_terms: usize,
    differences: Option<(usize, usize)>,
    mean: bool,
    approximate: bool,
    root_margin: f64,
}

impl Default for AutoArima {
    fn default() -> Self {
        let largest = Order { seasonal_p: 2, seasonal_d: 1, seasonal_q: 2, ..Order::new(5, 2, 5) };
        Self {
            season: 0,
            criterion: Criterion::default(),
            largest,
            exhaustive: false,
            most_terms: 5,
            differences: None,
            mean: true,
            approximate: false,
            root_margin: 0.0,
        }
    }
}

impl AutoArima {
    /// Without a season, everything else by default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Rows per season; 0 or 1 for none.
    #[must_use]
    pub fn with_season(mut self, season: usize) -> Self {
        self.season = if season < 2 { 0 } else { season };
        self
    }

    /// Sets what orders are compared by.
    #[must_use]
    pub fn with_criterion(mut self, criterion: Criterion) -> Self {
        self.criterion = criterion;
        self
    }

    /// Sets the largest order of each kind (the season of `largest` is not used).
    #[must_use]
    pub fn with_largest(mut self, largest: Order) -> Self {
        self.largest = largest;
        self
    }

    /// Tries every order with `p + q + P + Q` of at most `most_terms`, instead of steps.
    #[must_use]
    pub fn exhaustive(mut self, most_terms: usize) -> Self {
        self.exhaustive = true;
        self.most_terms = most_terms;
        self
    }

    /// Fixes the differences, ordinary and seasonal, instead of testing for them.
    #[must_use]
    pub fn with_differences(mut self, d: usize, seasonal_d: usize) -> Self {
        self.differences = Some((d, seasonal_d));
        self
    }

    /// Leaves means and drifts out.
    #[must_use]
    pub fn without_mean(mut self) -> Self {
        self.mean = false;
        self
    }

    /// Compares candidates after a few steps of one search, and fits only the three best to the
    /// end: for long series and long seasons.
    #[must_use]
    pub fn approximate(mut self) -> Self {
        self.approximate = true;
        self
    }

    /// Turns down candidates with a root of modulus below `1 + margin` (for instance 0.01): their
    /// maxima lie at the edge, often on a cycle that only this sample has.
    #[must_use]
    pub fn with_root_margin(mut self, margin: f64) -> Self {
        self.root_margin = margin;
        self
    }
}

/// One model that was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its orders.
    pub order: Order,
    /// Its mean.
    pub mean: Mean,
    /// The criterion; infinite when it could not be fitted or was turned down.
    pub criterion: f64,
    /// The log-likelihood, where it was fitted.
    pub log_likelihood: Option<f64>,
    /// Whether it was fitted from all starting values, as the best few are.
    pub thorough: bool,
    /// Why it could not be fitted.
    pub error: Option<Error>,
}

/// The model that was chosen, with what was tried on the way.
#[derive(Debug, Clone)]
pub struct FittedAutoArima {
    best: FittedArima,
    trace: Vec<Candidate>,
    status: FitStatus,
}

impl FittedAutoArima {
    /// The chosen model.
    #[must_use]
    pub fn best(&self) -> &FittedArima {
        &self.best
    }

    /// The chosen model on its own.
    #[must_use]
    pub fn into_best(self) -> FittedArima {
        self.best
    }

    /// Every model that was tried, in order; those fitted again appear twice.
    #[must_use]
    pub fn trace(&self) -> &[Candidate] {
        &self.trace
    }
}

impl Model for AutoArima {
    fn name(&self) -> String {
        match self.season {
            0 => "auto-arima".to_owned(),
            season => format!("auto-arima:{season}"),
        }
    }

    fn min_rows(&self) -> usize {
        MIN_ROWS
    }
}

impl Fit for AutoArima {
    type Fitted = FittedAutoArima;

    /// Chooses the orders and fits them; deterministic, the seed is not used.
    ///
    /// # Errors
    ///
    /// Those of [`Arima`]'s fit that no candidate escapes; [`ErrorKind::InvalidOption`] for a
    /// root margin that is negative or not finite; [`ErrorKind::Cancelled`] where no candidate was
    /// tried before a cancellation.
    fn fit(&self, data: &TrainingData<'_>, context: &FitContext) -> Result<FittedAutoArima> {
        self.choose(data, context).map_err(|error| error.at(self.name(), data.name()))
    }
}

impl AutoArima {
    fn choose(&self, data: &TrainingData<'_>, context: &FitContext) -> Result<FittedAutoArima> {
        if !(self.root_margin >= 0.0 && self.root_margin.is_finite()) {
            return Err(ErrorKind::InvalidOption {
                option: "the root margin".to_owned(),
                value: self.root_margin.to_string(),
                expected: "a number from 0".to_owned(),
            }
            .into());
        }
        data.check(MIN_ROWS)?;
        let present = data.target().iter().filter(|value| !value.is_nan()).count();
        if present == 0 {
            return Err(ErrorKind::AllMissing { rows: data.n_rows() }.into());
        }
        if present < MIN_ROWS {
            return Err(ErrorKind::TooFewRows { needed: MIN_ROWS, got: present }.into());
        }
        let (d, seasonal_d) = match self.differences {
            Some(differences) => differences,
            None => differences::choose(data, self.season, &self.largest)?,
        };
        let differenced = Order { d, seasonal_d, season: self.season, ..Order::default() };
        search::run(self, data, context, differenced)
    }

    /// The mean that may stand in a model of these differences.
    fn mean_of(&self, d: usize, seasonal_d: usize) -> Mean {
        match d + seasonal_d {
            0 if self.mean => Mean::Const,
            1 if self.mean => Mean::Drift,
            _ => Mean::None,
        }
    }

    fn model(&self, order: Order, mean: Mean, thorough: bool) -> Arima {
        let model = Arima::of_order(order).with_mean(mean);
        match (thorough, self.approximate) {
            (true, _) => model,
            (false, false) => model.with_starts(1),
            (false, true) => model.with_starts(1).with_max_iterations(4),
        }
    }
}

impl Predict for FittedAutoArima {
    fn predict(&self, request: &ForecastRequest<'_>) -> Result<Forecast> {
        self.best.predict(request)
    }

    /// [`FitStatus::StoppedEarly`] if the search over orders was, or that of the chosen model.
    fn status(&self) -> FitStatus {
        self.status
    }
}
