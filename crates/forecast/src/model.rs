//! The traits every model implements: fit on rows, then forecast.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use tangency_pool::{CancelToken, item_seed};

use crate::data::{ForecastRequest, TrainingData};
use crate::error::Result;
use crate::forecast::Forecast;

/// What an unfitted model says about itself.
pub trait Model: Debug + Send + Sync {
    /// The model as its specification reads, for instance `arima:1,1,1`.
    fn name(&self) -> String;

    /// The fewest rows that [`Fit::fit`] accepts.
    fn min_rows(&self) -> usize;
}

/// A model that can learn from rows. Fitting borrows the model and gives a new type, so that
/// "not fitted yet" cannot happen at run time.
pub trait Fit: Model {
    /// What the training gives.
    type Fitted: Predict + 'static;

    /// Learns from `data`, on the calling thread, and keeps no borrow of it.
    ///
    /// # Errors
    ///
    /// Data that the model cannot learn from. An optimiser that stops early is no error but a
    /// [`FitStatus`] of the fitted model.
    fn fit(&self, data: &TrainingData<'_>, context: &FitContext) -> Result<Self::Fitted>;
}

/// A fitted model.
pub trait Predict: Debug + Send + Sync {
    /// Forecasts the steps that follow the last training row.
    ///
    /// # Errors
    ///
    /// A horizon of 0, a level outside (0, 1), or future regressors or features that do not fit
    /// those of the training.
    fn predict(&self, request: &ForecastRequest<'_>) -> Result<Forecast>;

    /// Whether the training came to its end.
    fn status(&self) -> FitStatus {
        FitStatus::Converged
    }
}

/// How a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FitStatus {
    /// The optimum was found to the stated tolerance (or the model has a closed form).
    Converged,
    /// The iteration limit or a cancellation came first: the best found so far.
    StoppedEarly,
}

/// What a fit may use besides its rows: the seed, and a way to be told to stop.
#[derive(Debug, Clone, Default)]
pub struct FitContext {
    seed: u64,
    cancel: Option<CancelToken>,
}

impl FitContext {
    /// A context whose random numbers, where a model draws any, come from `seed` alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, cancel: None }
    }

    /// Lets `token` stop a fit; the model then gives the best it has found.
    #[must_use]
    pub fn with_cancel(mut self, token: CancelToken) -> Self {
        self.cancel = Some(token);
        self
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether the fit should stop with the best it has.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// The context of item `index` of a panel: its own seed ([`item_seed`]), the same cancellation.
    ///
    /// The seed depends on this context's seed and the index only, so that results do not depend
    /// on which worker takes the item.
    #[must_use]
    pub fn for_item(&self, index: usize) -> Self {
        Self { seed: item_seed(self.seed, index), cancel: self.cancel.clone() }
    }
}

/// [`Fit`] behind a pointer, for lists of mixed models. Every [`Fit`] is one.
pub trait DynFit: Model {
    /// [`Fit::fit`], boxed.
    ///
    /// # Errors
    ///
    /// Those of [`Fit::fit`].
    fn fit_boxed(&self, data: &TrainingData<'_>, context: &FitContext) -> Result<Box<dyn Predict>>;
}

impl<F: Fit> DynFit for F {
    fn fit_boxed(&self, data: &TrainingData<'_>, context: &FitContext) -> Result<Box<dyn Predict>> {
        Ok(Box::new(self.fit(data, context)?))
    }
}

impl<M: Model + ?Sized> Model for Box<M> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn min_rows(&self) -> usize {
        (**self).min_rows()
    }
}

/// A boxed model is a model: whatever takes a [`Fit`] takes it.
impl Fit for Box<dyn DynFit> {
    type Fitted = Box<dyn Predict>;

    fn fit(&self, data: &TrainingData<'_>, context: &FitContext) -> Result<Box<dyn Predict>> {
        (**self).fit_boxed(data, context)
    }
}

impl Predict for Box<dyn Predict> {
    fn predict(&self, request: &ForecastRequest<'_>) -> Result<Forecast> {
        (**self).predict(request)
    }

    fn status(&self) -> FitStatus {
        (**self).status()
    }
}
