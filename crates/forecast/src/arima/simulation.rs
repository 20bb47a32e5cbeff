//! Paths of the future, and intervals from them.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};
use tangency_pool::item_seed;

use super::fitted::FittedArima;
use crate::data::ForecastRequest;
use crate::error::{ErrorKind, Result};
use crate::forecast::Forecast;
use crate::model::{Model, Predict};

/// Where the shocks of a simulated path come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Innovations {
    /// The normal distribution with the model's variance.
    Gaussian,
    /// The model's own standardised innovations, less their mean, drawn with replacement.
    Resampled,
}

impl FittedArima {
    /// `paths` possible futures after the last row, each `request.horizon()` steps long, given all
    /// rows and the parameters as they are.
    ///
    /// The same seed gives the same paths; path k depends on the seed and k only. The level of the
    /// request is not used.
    ///
    /// # Errors
    ///
    /// Those of [`predict`](Predict::predict).
    pub fn simulate(
        &self,
        request: &ForecastRequest<'_>,
        paths: usize,
        seed: u64,
        innovations: Innovations,
    ) -> Result<Vec<Vec<f64>>> {
        let simulate = || self.simulate_paths(request, paths, seed, innovations);
        simulate().map_err(|error| error.at(self.model.name(), None))
    }

    fn simulate_paths(
        &self,
        request: &ForecastRequest<'_>,
        paths: usize,
        seed: u64,
        innovations: Innovations,
    ) -> Result<Vec<Vec<f64>>> {
        self.check(request)?;
        let horizon = request.horizon();
        let mut regression = vec![0.0; horizon];
        self.add_regression(&mut regression, request.regressors(), self.rows);
        let space = self.space()?;
        let Some(start) = self.positions(&space, self.rows..self.rows + 1).pop() else {
            return Err(ErrorKind::TooFewRows { needed: self.rows + 1, got: self.rows }.into());
        };
        // Future gains depend on no data: once for all paths.
        let size = start.state.len();
        let mut covariance = start.covariance;
        let mut next = vec![0.0; covariance.len()];
        let mut steps = Vec::with_capacity(horizon);
        for _ in 0..horizon {
            let first = covariance[..size].to_vec();
            let variance = first[0];
            let gain: Vec<f64> = first.iter().map(|value| value / variance).collect();
            for (row, gain) in covariance.chunks_exact_mut(size).zip(&gain) {
                row.iter_mut().zip(&first).for_each(|(slot, first)| *slot -= gain * first);
            }
            space.advance_covariance(&covariance, &mut next);
            std::mem::swap(&mut covariance, &mut next);
            steps.push((variance.sqrt(), gain));
        }
        let pool = match innovations {
            Innovations::Gaussian => Vec::new(),
            Innovations::Resampled => self.standardised()?,
        };
        let deviation = self.variance.sqrt();
        let draw = |seed: u64, step: usize| {
            let bits = item_seed(seed, step) >> 11;
            let uniform = (bits as f64 + 0.5) / (1_u64 << 53) as f64;
            match innovations {
                Innovations::Gaussian => deviation * Normal::standard().inverse_cdf(uniform),
                Innovations::Resampled => pool[(uniform * pool.len() as f64) as usize],
            }
        };
        let path = |at: usize| {
            let seed = item_seed(seed, at);
            let mut state = start.state.clone();
            let mut values = Vec::with_capacity(horizon);
            for (step, (scale, gain)) in steps.iter().enumerate() {
                let shock = scale * draw(seed, step);
                values.push(state[0] + shock + regression[step]);
                state.iter_mut().zip(gain).for_each(|(slot, gain)| *slot += gain * shock);
                space.advance_state(&mut state);
            }
            values
        };
        Ok((0..paths).map(path).collect())
    }

    /// Innovations in units of their own standard deviation times sigma, less their mean.
    fn standardised(&self) -> Result<Vec<f64>> {
        let space = self.space()?;
        let levels = self.levels();
        let present: Vec<bool> = levels.iter().map(|value| !value.is_nan()).collect();
        let filtered = space.filter(&[&levels], &present, present.len());
        let pairs = filtered.errors[0].iter().zip(&filtered.variances);
        let values: Vec<f64> = pairs
            .filter(|(error, _)| !error.is_nan())
            .map(|(error, variance)| error / variance.sqrt())
            .collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        Ok(values.into_iter().map(|value| value - mean).collect())
    }

    /// The forecast with intervals from `paths` resampled paths: their quantiles, so that fat tails
    /// and skewness of the innovations show. Efron and Tibshirani (1993), "An Introduction to the
    /// Bootstrap", chapter 8.
    ///
    /// Mean and standard error are those of [`predict`](Predict::predict).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] for fewer than 2 paths, and those of
    /// [`predict`](Predict::predict).
    pub fn predict_bootstrap(
        &self,
        request: &ForecastRequest<'_>,
        paths: usize,
        seed: u64,
    ) -> Result<Forecast> {
        let mut forecast = self.predict(request)?;
        if paths < 2 {
            let error = ErrorKind::InvalidOption {
                option: "the number of paths".to_owned(),
                value: paths.to_string(),
                expected: "at least 2".to_owned(),
            };
            return Err(crate::Error::from(error).at(self.model.name(), None));
        }
        let paths = self.simulate(request, paths, seed, Innovations::Resampled)?;
        let tail = 0.5 * (1.0 - request.level());
        for step in 0..request.horizon() {
            let mut values: Vec<f64> = paths.iter().map(|path| path[step]).collect();
            values.sort_by(f64::total_cmp);
            forecast.lower[step] = quantile(&values, tail);
            forecast.upper[step] = quantile(&values, 1.0 - tail);
        }
        Ok(forecast)
    }
}

/// Linear interpolation between the sorted values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    sorted[low] + (at - at.floor()) * (sorted[high] - sorted[low])
}
