//! ARIMA models of fixed order, estimated by exact maximum likelihood.

mod autocovariance;
mod coordinates;
mod descent;
mod design;
mod differencing;
mod extension;
mod first_rows;
mod fitted;
mod fixed_blocks;
mod gap_filter;
mod gap_score;
#[cfg(test)]
mod gradient_check;
mod information;
mod innovations;
mod lanes;
mod likelihood;
mod order;
mod parameters;
mod polynomial;
mod posterior;
mod prediction;
mod presample;
mod presample_covariance;
#[cfg(test)]
mod random_cases;
mod rolling;
mod score;
mod scoring;
mod search;
mod simulation;
mod spectral_lines;
mod start;
mod starting_levels;
mod state_space;
mod stored;
mod sweep;
mod transform;

use self::coordinates::Coordinates;
use self::design::Design;
use self::fitted::Estimate;
pub use self::fitted::FittedArima;
use self::likelihood::{Likelihood, Profile};
pub use self::order::{Mean, Order};
use self::parameters::Layout;
pub use self::parameters::Parameter;
use self::search::Objective;
pub use self::simulation::Innovations;
use self::transform::coefficients_to_partial;
use crate::data::TrainingData;
use crate::error::{ErrorKind, Result};
use crate::model::{Fit, FitContext, FitStatus, Model};

/// An ARIMA model (p, d, q)(P, D, Q)s, with a mean and regressors, before it has seen data.
///
/// ```text
/// (1 - ar1 B - ..)(1 - sar1 B^s - ..) (1 - B)^d (1 - B^s)^D (y - X beta)
///     = (1 + ma1 B + ..)(1 + sma1 B^s + ..) e,        e ~ N(0, sigma2)
/// ```
///
/// The parameters maximise the exact Gaussian likelihood of the differenced regression errors
/// (no conditioning on first rows). sigma2 and beta are profiled out; the ARMA coefficients move
/// as partial autocorrelations, so that every model is stationary and invertible. Box, Jenkins and
/// Reinsel (1994), "Time Series Analysis", 3rd edition, chapter 7; Harvey and Phillips (1979),
/// "Maximum likelihood estimation of regression models with autoregressive-moving average
/// disturbances".
///
/// | option | default | range |
/// |---|---|---|
/// | [`seasonal`](Self::seasonal) | none | season of at least 2 rows, at most 1000 lags in all |
/// | [`with_mean`](Self::with_mean) | [`Mean::None`] | |
/// | [`fix`](Self::fix) | nothing fixed | finite, sigma2 positive |
/// | [`with_starts`](Self::with_starts) | 4 | from 1; two to four times as many from three coefficients on, without gaps in a season |
/// | [`with_start`](Self::with_start) | none besides | stationary and invertible |
/// | [`with_max_iterations`](Self::with_max_iterations) | 200 | per start |
///
/// Missing values (NaN) are skipped exactly, in a differenced model by the exact diffuse
/// likelihood of the levels. Regressors come with the data ([`TrainingData::with_regressors`]).
///
/// # Examples
///
/// ```
/// use tangency_forecast::arima::{Arima, Mean};
/// use tangency_forecast::{Fit, FitContext, ForecastRequest, Predict, TrainingData};
///
/// let series: Vec<f64> = (0..60).map(|t| 0.1 * f64::from(t) + f64::from(t * t % 7)).collect();
/// let model = Arima::new(1, 1, 1).with_mean(Mean::Drift);
/// let fitted = model.fit(&TrainingData::new(&series), &FitContext::default())?;
/// let forecast = fitted.predict(&ForecastRequest::new(5))?;
/// assert_eq!(forecast.mean.len(), 5);
/// assert!(fitted.parameter("ar1").is_some_and(|ar1| ar1.abs() < 1.0));
/// # Ok::<(), tangency_forecast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Arima {
    order: Order,
    mean: Mean,
    fixed: Vec<(String, f64)>,
    starts: usize,
    max_iterations: u64,
    /// ARMA coefficients to start from, besides the starting points of every fit.
    start: Option<Vec<f64>>,
}

impl Arima {
    /// The orders (p, d, q), without seasonal part and mean.
    #[must_use]
    pub fn new(p: usize, d: usize, q: usize) -> Self {
        Self::of_order(Order::new(p, d, q))
    }

    /// A model of the given orders.
    #[must_use]
    pub fn of_order(order: Order) -> Self {
        Self {
            order,
            mean: Mean::None,
            fixed: Vec::new(),
            starts: 4,
            max_iterations: 200,
            start: None,
        }
    }

    /// Adds the seasonal orders (P, D, Q) for a season of `season` rows.
    #[must_use]
    pub fn seasonal(mut self, p: usize, d: usize, q: usize, season: usize) -> Self {
        let plain = self.order;
        self.order = Order { seasonal_p: p, seasonal_d: d, seasonal_q: q, season, ..plain };
        self
    }

    /// Sets the mean.
    #[must_use]
    pub fn with_mean(mut self, mean: Mean) -> Self {
        self.mean = mean;
        self
    }

    /// Fixes a parameter by its name: `ar1`, `ma2`, `sar1`, `sma1`, `const`, `drift`, `x_NAME`,
    /// `sigma2`. The last call for a name counts.
    #[must_use]
    pub fn fix(mut self, name: impl Into<String>, value: f64) -> Self {
        let name = name.into();
        self.fixed.retain(|(other, _)| *other != name);
        self.fixed.push((name, value));
        self
    }

    /// From how many of the best starting points to search.
    #[must_use]
    pub fn with_starts(mut self, starts: usize) -> Self {
        self.starts = starts;
        self
    }

    /// One more point to start from: ARMA coefficients in the order ar, ma, sar, sma.
    #[must_use]
    pub fn with_start(mut self, coefficients: &[f64]) -> Self {
        self.start = Some(coefficients.to_vec());
        self
    }

    /// How many steps a search may take before it gives the best so far
    /// ([`FitStatus::StoppedEarly`]).
    #[must_use]
    pub fn with_max_iterations(mut self, iterations: u64) -> Self {
        self.max_iterations = iterations;
        self
    }

    /// The orders.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }

    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Mean {
        self.mean
    }

    /// The names of all parameters, in the order that [`at`](Self::at) takes them.
    #[must_use]
    pub fn parameter_names(&self, data: &TrainingData<'_>) -> Vec<String> {
        Layout::new(self.order, self.mean, data.regressors()).names().to_vec()
    }

    /// The log-likelihood of `data` at given parameters, in the order of
    /// [`parameter_names`](Self::parameter_names).
    ///
    /// # Errors
    ///
    /// Those of [`at`](Self::at).
    pub fn log_likelihood_at(&self, data: &TrainingData<'_>, parameters: &[f64]) -> Result<f64> {
        let name = |error: crate::Error| error.at(self.name(), data.name());
        let layout = self.layout(data).map_err(name)?;
        let fixed = layout.all_values(parameters).map_err(name)?;
        let design = self.design(data, &layout, &fixed).map_err(name)?;
        let profile = self.profile_at(&layout, &fixed, &design).map_err(name)?;
        Ok(profile.1.log_likelihood)
    }

    /// The model at given parameters, without any search: for forecasts and innovations at
    /// parameters from elsewhere.
    ///
    /// The moving-average part need not be invertible.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongParameterCount`], [`ErrorKind::InvalidOption`] for a parameter that is not
    /// finite or a variance that is not positive, [`ErrorKind::NotStationary`], and those of the
    /// data that [`fit`](Fit::fit) has, except for a constant series.
    pub fn at(&self, data: &TrainingData<'_>, parameters: &[f64]) -> Result<FittedArima> {
        let name = |error: crate::Error| error.at(self.name(), data.name());
        let layout = self.layout(data).map_err(name)?;
        let fixed = layout.all_values(parameters).map_err(name)?;
        self.fit_with(data, &FitContext::default(), &layout, &fixed, None).map_err(name)
    }

    /// One search from ARMA coefficients that are thought to be close, and from a regression
    /// estimate.
    pub(crate) fn fit_near(
        &self,
        data: &TrainingData<'_>,
        context: &FitContext,
        coefficients: &[f64],
    ) -> Result<FittedArima> {
        let fit = || {
            let layout = self.layout(data)?;
            let fixed = layout.fixed_values(&self.fixed)?;
            self.fit_with(data, context, &layout, &fixed, Some(coefficients))
        };
        fit().map_err(|error| error.at(self.name(), data.name()))
    }

    fn layout(&self, data: &TrainingData<'_>) -> Result<Layout> {
        self.order.check()?;
        Ok(Layout::new(self.order, self.mean, data.regressors()))
    }

    /// Checks the data and lays out the regression.
    fn design(
        &self,
        data: &TrainingData<'_>,
        layout: &Layout,
        fixed: &[Option<f64>],
    ) -> Result<Design> {
        let needed = self.rows_for(fixed.iter().filter(|value| value.is_none()).count());
        data.check(needed)?;
        let present = data.target().iter().filter(|value| !value.is_nan()).count();
        if present == 0 && data.n_rows() > 0 {
            return Err(ErrorKind::AllMissing { rows: data.n_rows() }.into());
        }
        if present < needed {
            return Err(ErrorKind::TooFewRows { needed, got: present }.into());
        }
        Design::new(data, &self.order, self.mean, layout, fixed)
    }

    /// One row more than an autoregression reaches back, and one more for each of the `free`
    /// parameters.
    fn rows_for(&self, free: usize) -> usize {
        let lags = match free {
            0 => self.order.ar_lags(),
            _ => self.order.ar_lags().max(self.order.ma_lags()),
        };
        self.order.lost_rows() + lags + free + 1
    }

    /// A start from outside must lie where the search may go.
    fn check_start(&self, start: &[f64], layout: &Layout) -> Result<()> {
        if start.len() != self.order.n_coefficients() {
            let known = layout.names()[layout.coefficients()].to_vec();
            return Err(ErrorKind::WrongParameterCount { got: start.len(), known }.into());
        }
        let lanes: Vec<[f64; 1]> = start.iter().map(|&value| [value]).collect();
        let polynomials = polynomial::Polynomials::new(&self.order, &lanes);
        let ar: Vec<f64> = polynomials.ar.iter().map(|value| value[0]).collect();
        if coefficients_to_partial(&ar).is_none() {
            return Err(ErrorKind::NotStationary { coefficients: ar }.into());
        }
        let negative: Vec<f64> = polynomials.ma.iter().map(|value| -value[0]).collect();
        if coefficients_to_partial(&negative).is_none() {
            let coefficients = negative.into_iter().map(|value| -value).collect();
            return Err(ErrorKind::NotInvertible { coefficients }.into());
        }
        Ok(())
    }

    /// The likelihood where all ARMA coefficients are fixed.
    fn profile_at(
        &self,
        layout: &Layout,
        fixed: &[Option<f64>],
        design: &Design,
    ) -> Result<(Vec<f64>, Profile)> {
        let coefficients: Vec<f64> =
            fixed[layout.coefficients()].iter().map(|value| value.unwrap_or(0.0)).collect();
        let lanes: Vec<[f64; 1]> = coefficients.iter().map(|&value| [value]).collect();
        let ar: Vec<f64> =
            polynomial::Polynomials::new(&self.order, &lanes).ar.iter().map(|v| v[0]).collect();
        if coefficients_to_partial(&ar).is_none() {
            return Err(ErrorKind::NotStationary { coefficients: ar }.into());
        }
        let likelihood = Likelihood::new(self.order, design, fixed[layout.len() - 1]);
        let profile = likelihood.profile(&coefficients).ok_or(ErrorKind::NoFiniteLikelihood)?;
        Ok((coefficients, profile))
    }

    fn fit_with(
        &self,
        data: &TrainingData<'_>,
        context: &FitContext,
        layout: &Layout,
        fixed: &[Option<f64>],
        near: Option<&[f64]>,
    ) -> Result<FittedArima> {
        let design = self.design(data, layout, fixed)?;
        let variance = fixed[layout.len() - 1];
        if variance.is_none() {
            design.reject_constant(data, &self.order)?;
        }
        let estimate = if fixed[layout.coefficients()].iter().all(Option::is_some) {
            let (coefficients, profile) = self.profile_at(layout, fixed, &design)?;
            Estimate { coefficients, profile, status: FitStatus::Converged, evaluations: 1 }
        } else {
            let searched = fixed_blocks::searchable(&self.order, layout, fixed)?;
            let coordinates = Coordinates::new(self.order, &searched[layout.coefficients()]);
            let likelihood = Likelihood::new(self.order, &design, searched[layout.len() - 1]);
            let objective = Objective::new(&likelihood, &coordinates, context);
            let (follow, pool) = start::counts(&likelihood, &coordinates, self.starts);
            let (starts, count, gain) = match near {
                Some(near) => {
                    (start::nearby(&likelihood, &coordinates, near), 1, search::COARSE_GAIN)
                }
                None => {
                    let mut starts =
                        start::starting_points(&objective, &likelihood, &coordinates, pool);
                    if let Some(start) = &self.start {
                        self.check_start(start, layout)?;
                        starts.insert(0, coordinates.point_near(start));
                    }
                    let count = follow + usize::from(self.start.is_some());
                    (starts, count, search::FINE_GAIN)
                }
            };
            let (point, status) =
                search::minimise(&objective, starts, count, self.max_iterations, gain)
                    .ok_or(ErrorKind::NoFiniteLikelihood)?;
            let lanes: Vec<[f64; 1]> = point.iter().map(|&x| [x]).collect();
            let found = coordinates.coefficients(&lanes).0;
            let coefficients: Vec<f64> = found
                .iter()
                .zip(&fixed[layout.coefficients()])
                .map(|(value, fixed)| fixed.unwrap_or(value[0]))
                .collect();
            let evaluations = objective.evaluations();
            let likelihood = likelihood.with_variance(variance);
            let profile = likelihood.profile(&coefficients).ok_or(ErrorKind::NoFiniteLikelihood)?;
            Estimate { coefficients, profile, status, evaluations }
        };
        FittedArima::new(self.clone(), data, layout, fixed, &design, &estimate)
    }
}

impl Model for Arima {
    fn name(&self) -> String {
        format!("arima:{}", self.order)
    }

    /// Parameters that are fixed need no row; each regressor needs one more.
    fn min_rows(&self) -> usize {
        let own = self.order.n_coefficients() + usize::from(self.mean != Mean::None) + 1;
        let fixed = self.fixed.iter().filter(|(name, _)| !name.starts_with("x_")).count();
        self.rows_for(own.saturating_sub(fixed))
    }
}

impl Fit for Arima {
    type Fitted = FittedArima;

    /// Maximises the likelihood; deterministic, the seed is not used.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooFewRows`], [`ErrorKind::AllMissing`], [`ErrorKind::UnidentifiedLevels`],
    /// [`ErrorKind::ConstantSeries`], [`ErrorKind::NonFinite`], [`ErrorKind::RowsDiffer`] and
    /// [`ErrorKind::CollinearRegressors`] for regressors (and for a mean that vanishes under
    /// differencing), [`ErrorKind::InvalidOption`] for orders or fixed values out of range,
    /// [`ErrorKind::UnknownParameter`], [`ErrorKind::NotStationary`] for autoregressive coefficients
    /// that are all fixed (moving averages that are all fixed need not be invertible),
    /// that and [`ErrorKind::NotInvertible`] for a start from outside.
    fn fit(&self, data: &TrainingData<'_>, context: &FitContext) -> Result<FittedArima> {
        let fit = || {
            let layout = self.layout(data)?;
            let fixed = layout.fixed_values(&self.fixed)?;
            self.fit_with(data, context, &layout, &fixed, None)
        };
        fit().map_err(|error| error.at(self.name(), data.name()))
    }
}
