//! An ensemble that measures its members on its own training rows.

use tangency_preprocess::folds::Fold;

use super::weights::{equal_weights, inverse_error_weights};
use crate::data::{ForecastRequest, TrainingData};
use crate::error::{Error, ErrorKind, Result};
use crate::evaluation::walk_forward;
use crate::forecast::Forecast;
use crate::model::{DynFit, Fit, FitContext, FitStatus, Model, Predict};

/// Several models as one, weighted by the inverse of their mean squared error in walk-forward folds
/// inside the training rows; the members are then fitted again on all rows.
///
/// Bates and Granger (1969), "The combination of forecasts". The inner folds end at origins spread
/// evenly over the later half of the rows. A member that cannot be fitted on all rows takes no
/// part ([`FittedEnsemble::failures`]); only if all fail does the ensemble.
///
/// | option | default | meaning |
/// |---|---|---|
/// | [`with_inner_folds`](Self::with_inner_folds) | 8 | origins at which members are measured; 0: equal weights |
/// | [`with_inner_horizon`](Self::with_inner_horizon) | 1 | steps measured at each |
///
/// A fit costs `inner_folds + 1` fits of each member.
#[derive(Debug)]
pub struct Ensemble {
    members: Vec<Box<dyn DynFit>>,
    inner_folds: usize,
    inner_horizon: usize,
}

/// A fitted [`Ensemble`].
#[derive(Debug)]
pub struct FittedEnsemble {
    members: Vec<Member>,
    failures: Vec<(String, Error)>,
}

#[derive(Debug)]
struct Member {
    name: String,
    weight: f64,
    model: Box<dyn Predict>,
}

impl Ensemble {
    /// An ensemble of these models.
    #[must_use]
    pub fn new(members: Vec<Box<dyn DynFit>>) -> Self {
        Self { members, inner_folds: 8, inner_horizon: 1 }
    }

    /// Sets at how many origins the members are measured; 0 gives equal weights.
    #[must_use]
    pub fn with_inner_folds(mut self, folds: usize) -> Self {
        self.inner_folds = folds;
        self
    }

    /// Sets how many steps are measured at each origin.
    #[must_use]
    pub fn with_inner_horizon(mut self, steps: usize) -> Self {
        self.inner_horizon = steps;
        self
    }

    /// Folds over the later half of `rows`, each trained on everything before it, leaving every
    /// member the rows it needs.
    fn folds(&self, rows: usize) -> Vec<Fold> {
        let smallest = self.members.iter().map(|member| member.min_rows()).max().unwrap_or(1);
        let first = (rows / 2).max(smallest);
        let last = rows.saturating_sub(self.inner_horizon);
        let room = (last + 1).saturating_sub(first);
        let count = self.inner_folds.min(room);
        (0..count)
            .map(|k| {
                let end = first + (k + 1) * room / count - 1;
                Fold { train: 0..end, test: end..end + self.inner_horizon }
            })
            .collect()
    }
}

impl Model for Ensemble {
    fn name(&self) -> String {
        let names: Vec<String> = self.members.iter().map(|member| member.name()).collect();
        format!("ensemble:{}", names.join("+"))
    }

    fn min_rows(&self) -> usize {
        let smallest = self.members.iter().map(|member| member.min_rows()).max().unwrap_or(1);
        match self.inner_folds {
            0 => smallest,
            folds => smallest + self.inner_horizon + folds - 1,
        }
    }
}

impl Fit for Ensemble {
    type Fitted = FittedEnsemble;

    /// Measures and fits the members.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Empty`] without members, [`ErrorKind::ZeroHorizon`] for an inner horizon of 0,
    /// [`ErrorKind::TooFewRows`], [`ErrorKind::Cancelled`], and the first member's error when all
    /// fail.
    fn fit(&self, data: &TrainingData<'_>, context: &FitContext) -> Result<FittedEnsemble> {
        let named = |error: Error| error.at(self.name(), data.name());
        if self.members.is_empty() {
            return Err(named(ErrorKind::Empty { what: "members" }.into()));
        }
        data.check(self.min_rows()).map_err(named)?;
        let folds = self.folds(data.n_rows());
        let mut fitted = Vec::new();
        let mut errors = Vec::new();
        let mut failures = Vec::new();
        for member in &self.members {
            let name = member.name();
            if context.is_cancelled() {
                return Err(named(ErrorKind::Cancelled.into()));
            }
            match member.fit_boxed(data, context) {
                Ok(model) => fitted.push(Member { name, weight: 0.0, model }),
                Err(error) => {
                    failures.push((name, error.at(member.name(), data.name())));
                    continue;
                }
            }
            errors.push(self.inner_error(member.as_ref(), data, &folds, context).map_err(named)?);
        }
        if fitted.is_empty() {
            let first = failures.into_iter().next();
            let error = first.map_or_else(|| ErrorKind::Empty { what: "members" }.into(), |f| f.1);
            return Err(error);
        }
        let weights = match folds.is_empty() {
            true => equal_weights(fitted.len()),
            false => inverse_error_weights(&errors),
        };
        for (member, weight) in fitted.iter_mut().zip(weights) {
            member.weight = weight;
        }
        Ok(FittedEnsemble { members: fitted, failures })
    }
}

impl Ensemble {
    /// Mean squared error over the inner folds; NaN if the member could not be measured.
    fn inner_error(
        &self,
        member: &dyn DynFit,
        data: &TrainingData<'_>,
        folds: &[Fold],
        context: &FitContext,
    ) -> Result<f64> {
        if folds.is_empty() {
            return Ok(f64::NAN);
        }
        let record = match walk_forward(member, data, folds, self.inner_horizon, context) {
            Ok(record) => record,
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) if matches!(error.kind(), ErrorKind::ZeroHorizon) => return Err(error),
            Err(_) => return Ok(f64::NAN),
        };
        let errors: Vec<f64> = record
            .origins
            .iter()
            .flat_map(|origin| (0..record.horizon).map(|step| origin.error(step)))
            .filter(|error| !error.is_nan())
            .collect();
        Ok(errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64)
    }
}

impl FittedEnsemble {
    /// The members that take part and their weights, which sum to 1.
    pub fn weights(&self) -> impl ExactSizeIterator<Item = (&str, f64)> {
        self.members.iter().map(|member| (member.name.as_str(), member.weight))
    }

    /// The members that could not be fitted, and why.
    #[must_use]
    pub fn failures(&self) -> &[(String, Error)] {
        &self.failures
    }
}

impl Predict for FittedEnsemble {
    /// The weighted mean of the members' means. The standard error is the weighted sum of the
    /// members': exact for perfectly correlated errors, too large otherwise.
    fn predict(&self, request: &ForecastRequest<'_>) -> Result<Forecast> {
        request.check().map_err(|error| error.at("ensemble", None))?;
        let mut mean = vec![0.0; request.horizon()];
        let mut std_error = vec![0.0; request.horizon()];
        for member in &self.members {
            let forecast = member.model.predict(request)?;
            for (total, value) in mean.iter_mut().zip(&forecast.mean) {
                *total += member.weight * value;
            }
            for (total, value) in std_error.iter_mut().zip(&forecast.std_error) {
                *total += member.weight * value;
            }
        }
        Ok(Forecast::gaussian(mean, std_error, request.level()))
    }

    fn status(&self) -> FitStatus {
        let early = |member: &Member| member.model.status() == FitStatus::StoppedEarly;
        match self.members.iter().any(early) {
            true => FitStatus::StoppedEarly,
            false => FitStatus::Converged,
        }
    }
}
