//! A fitted ARIMA model.

use super::Arima;
use super::design::{Design, regressor_rows};
use super::innovations::Factors;
use super::likelihood::Profile;
use super::order::Order;
use super::parameters::{Layout, Parameter};
use super::polynomial::Polynomials;
use super::state_space::StateSpace;
use super::transform::coefficients_to_partial;
use crate::data::TrainingData;
use crate::error::{ErrorKind, Result};
use crate::model::FitStatus;

/// An [`Arima`] with its parameters and the end of its series: forecasts, innovations, criteria.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "super::stored::Stored", into = "super::stored::Stored")]
pub struct FittedArima {
    pub(super) model: Arima,
    pub(super) parameters: Vec<Parameter>,
    pub(super) regressor_names: Vec<String>,
    pub(super) log_likelihood: f64,
    pub(super) variance: f64,
    pub(super) observed: usize,
    pub(super) innovations: Vec<f64>,
    pub(super) status: FitStatus,
    pub(super) evaluations: usize,
    pub(super) polynomials: Polynomials<1>,
    /// Differenced series without its regression part; the levels with NaN where rows are missing.
    pub(super) series: Vec<f64>,
    /// The last `d + D s` values of the series without its regression part.
    pub(super) level_tail: Vec<f64>,
    pub(super) rows: usize,
}

/// What a search gives.
#[derive(Debug)]
pub(super) struct Estimate {
    /// ARMA coefficients in the order of the parameter vector.
    pub(super) coefficients: Vec<f64>,
    pub(super) profile: Profile,
    pub(super) status: FitStatus,
    /// Computations of the likelihood.
    pub(super) evaluations: usize,
}

impl FittedArima {
    /// `fixed` has one slot a parameter; `estimate` is what was found for the others.
    pub(super) fn new(
        model: Arima,
        data: &TrainingData<'_>,
        layout: &Layout,
        fixed: &[Option<f64>],
        design: &Design,
        estimate: &Estimate,
    ) -> Result<Self> {
        let order = model.order;
        let Estimate { coefficients, profile, status, evaluations } = estimate;
        let regression = design.coefficients(&profile.basis);
        let mut values = regression.clone();
        values.extend_from_slice(coefficients);
        values.push(profile.variance);
        let parameters = layout
            .names()
            .iter()
            .zip(values)
            .zip(fixed)
            .map(|((name, value), fixed)| Parameter {
                name: name.clone(),
                value,
                fixed: fixed.is_some(),
            })
            .collect();
        let lanes: Vec<[f64; 1]> = coefficients.iter().map(|&value| [value]).collect();
        let polynomials = Polynomials::new(&order, &lanes);
        let columns = design.filter_columns();
        let mut series = columns[0].to_vec();
        for (basis, coefficient) in columns[1..].iter().zip(&profile.basis) {
            for (value, basis) in series.iter_mut().zip(*basis) {
                *value -= coefficient * basis;
            }
        }
        let innovations = innovations(&polynomials, &order, &series)?;
        Ok(Self {
            parameters,
            regressor_names: data.regressors().map_or(Vec::new(), |x| x.names().to_vec()),
            log_likelihood: profile.log_likelihood,
            variance: profile.variance,
            observed: design.n_present(),
            innovations,
            status: *status,
            evaluations: *evaluations,
            polynomials,
            series,
            level_tail: level_tail(data, &order, model.mean, &regression),
            rows: data.n_rows(),
            model,
        })
    }

    /// The model that was fitted.
    #[must_use]
    pub fn model(&self) -> &Arima {
        &self.model
    }

    /// All parameters: regression (`const`, `drift`, `x_NAME`), `ar`, `ma`, `sar`, `sma`, `sigma2`.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The value of one parameter by its name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<f64> {
        self.parameters.iter().find(|parameter| parameter.name == name).map(|p| p.value)
    }

    /// The exact Gaussian log-likelihood of the differenced series.
    #[must_use]
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Innovation variance (the maximum-likelihood one: no degrees of freedom are taken off).
    #[must_use]
    pub fn sigma2(&self) -> f64 {
        self.variance
    }

    /// Rows that count in the likelihood: after differencing, without missing ones.
    #[must_use]
    pub fn n_used(&self) -> usize {
        self.observed
    }

    /// One-step prediction errors of the differenced series, each given all rows before it (exact
    /// from the first row on); NaN in missing rows, and where missing rows postpone what the first
    /// levels tell. Length: rows less `d + D s`.
    #[must_use]
    pub fn innovations(&self) -> &[f64] {
        &self.innovations
    }

    /// How the search ended.
    #[must_use]
    pub fn status(&self) -> FitStatus {
        self.status
    }

    /// How often the search computed the likelihood (up to eight parameter vectors at a time).
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.evaluations
    }

    /// The number k of parameters in the criteria: those that the model leaves free, sigma2
    /// included. [`Arima::at`] estimates none, but whoever gave the values has: there too only those
    /// that [`Arima::fix`] names do not count.
    #[must_use]
    pub fn n_free(&self) -> usize {
        let is_fixed = |name: &str| self.model.fixed.iter().any(|(fixed, _)| fixed == name);
        self.parameters.iter().filter(|parameter| !is_fixed(&parameter.name)).count()
    }

    /// Akaike's criterion, `2 k - 2 log L`, with k as [`n_free`](Self::n_free) counts. Akaike
    /// (1974), "A new look at the statistical model identification".
    #[must_use]
    pub fn aic(&self) -> f64 {
        2.0 * self.n_free() as f64 - 2.0 * self.log_likelihood
    }

    /// Akaike's criterion with the small-sample term `2 k (k + 1) / (n - k - 1)`; infinite when n
    /// is not above k + 1. Hurvich and Tsai (1989), "Regression and time series model selection in
    /// small samples".
    #[must_use]
    pub fn aicc(&self) -> f64 {
        let (k, n) = (self.n_free() as f64, self.observed as f64);
        if n <= k + 1.0 {
            return f64::INFINITY;
        }
        self.aic() + 2.0 * k * (k + 1.0) / (n - k - 1.0)
    }

    /// Schwarz's criterion, `k ln n - 2 log L`. Schwarz (1978), "Estimating the dimension of a
    /// model".
    #[must_use]
    pub fn bic(&self) -> f64 {
        let (k, n) = (self.n_free() as f64, self.observed as f64);
        k * n.ln() - 2.0 * self.log_likelihood
    }
}

impl FittedArima {
    /// Whether all roots, autoregressive and moving-average, have a modulus of at least
    /// `1 + margin`.
    #[must_use]
    pub fn is_inside(&self, margin: f64) -> bool {
        let inside = |coefficients: &[[f64; 1]], sign: f64| {
            let mut factor = sign;
            let scaled: Vec<f64> = coefficients
                .iter()
                .map(|value| {
                    factor *= 1.0 + margin;
                    factor * value[0]
                })
                .collect();
            coefficients_to_partial(&scaled).is_some()
        };
        margin == 0.0 || (inside(&self.polynomials.ar, 1.0) && inside(&self.polynomials.ma, -1.0))
    }
}

/// The exact one-step prediction errors.
fn innovations(polynomials: &Polynomials<1>, order: &Order, series: &[f64]) -> Result<Vec<f64>> {
    Ok(Pass::new(polynomials, order, series)?.innovations)
}

/// What one pass over a series gives.
pub(super) struct Pass {
    /// One-step prediction errors, NaN where there are none.
    pub(super) innovations: Vec<f64>,
    /// Their sum of squares over their variances, in units of sigma2.
    pub(super) squares: f64,
    pub(super) log_determinant: f64,
    /// Rows that count.
    pub(super) observed: usize,
}

impl Pass {
    pub(super) fn new(polynomials: &Polynomials<1>, order: &Order, series: &[f64]) -> Result<Self> {
        if series.iter().any(|value| value.is_nan()) {
            return Self::with_gaps(polynomials, order, series);
        }
        let mut errors = Vec::new();
        let factors = Factors::new(polynomials.clone(), series.len());
        let [squares] = factors.filter(series, &mut errors);
        let [log_determinant] = factors.log_determinant();
        let innovations = errors.into_iter().map(|error| error[0]).collect();
        Ok(Self { innovations, squares, log_determinant, observed: series.len() })
    }

    fn with_gaps(polynomials: &Polynomials<1>, order: &Order, series: &[f64]) -> Result<Self> {
        let space =
            StateSpace::new(polynomials, order).ok_or_else(|| ErrorKind::NotStationary {
                coefficients: polynomials.ar.iter().map(|value| value[0]).collect(),
            })?;
        let present: Vec<bool> = series.iter().map(|value| !value.is_nan()).collect();
        let filtered = space.filter(&[series], &present, series.len());
        if filtered.unresolved > 0 {
            return Err(ErrorKind::UnidentifiedLevels { levels: filtered.unresolved }.into());
        }
        let mut log_determinant = filtered.diffuse_log_determinant;
        let (mut squares, mut observed) = (0.0, 0);
        let mut innovations = filtered.errors.into_iter().next().unwrap_or_default();
        for (error, variance) in innovations.iter().zip(&filtered.variances) {
            if !error.is_nan() {
                squares += error * error / variance;
                log_determinant += variance.ln();
                observed += 1;
            }
        }
        innovations.drain(..order.lost_rows().min(innovations.len()));
        Ok(Self { innovations, squares, log_determinant, observed })
    }
}

fn level_tail(
    data: &TrainingData<'_>,
    order: &Order,
    mean: super::Mean,
    regression: &[f64],
) -> Vec<f64> {
    let rows = data.n_rows();
    let first = rows - order.lost_rows();
    let mut tail = data.target()[first..].to_vec();
    for (column, coefficient) in regression.iter().enumerate() {
        let values = regressor_rows(mean, data.regressors(), column, 0, rows);
        for (level, value) in tail.iter_mut().zip(&values[first..]) {
            *level -= coefficient * value;
        }
    }
    tail
}
