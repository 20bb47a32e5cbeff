//! Walk-forward evaluation of one series.

use tangency_preprocess::folds::Fold;

use super::record::{Origin, Record};
use crate::data::TrainingData;
use crate::error::{ErrorKind, Result};
use crate::model::{DynFit, FitContext};

/// Fits `model` on the training rows of each fold and records its forecasts of the first `horizon`
/// test rows.
///
/// `data` is a slice (`&[f64]`) or [`TrainingData`] with regressors and features. Each fit sees the
/// rows of `fold.train` and nothing else; if rows are purged between training and test, the
/// forecast reaches over them and only the test rows are recorded. A forecast at the target's row
/// may use the regressors and features of that row, which by their definition are known before.
///
/// Runs on the calling thread. Fold `k` is fitted with seed `item_seed(seed, k)`, whatever the
/// other folds do.
///
/// # Errors
///
/// The first error of a fit or a forecast; [`ErrorKind::Empty`] without folds,
/// [`ErrorKind::ZeroHorizon`], [`ErrorKind::InvalidFold`] for a fold that tests fewer rows than
/// `horizon`, reaches outside the data or tests before it trains, [`ErrorKind::Cancelled`].
pub fn walk_forward<'a>(
    model: &dyn DynFit,
    data: impl Into<TrainingData<'a>>,
    folds: &[Fold],
    horizon: usize,
    context: &FitContext,
) -> Result<Record> {
    let data = data.into();
    let name = model.name();
    let named = |error: crate::Error| error.at(name.as_str(), data.name());
    check_folds(folds, data.n_rows(), horizon).map_err(named)?;
    let mut origins = Vec::with_capacity(folds.len());
    for (at, fold) in folds.iter().enumerate() {
        if context.is_cancelled() {
            return Err(named(ErrorKind::Cancelled.into()));
        }
        let context = context.for_item(at);
        origins.push(forecast_fold(model, &data, at, fold, horizon, &context).map_err(named)?);
    }
    Ok(Record { name, horizon, origins })
}

/// Checks folds against the rows, before any work starts.
pub(super) fn check_folds(folds: &[Fold], rows: usize, horizon: usize) -> Result<()> {
    if horizon == 0 {
        return Err(ErrorKind::ZeroHorizon.into());
    }
    if folds.is_empty() {
        return Err(ErrorKind::Empty { what: "folds" }.into());
    }
    for (at, fold) in folds.iter().enumerate() {
        let (start, end) = (fold.test.start, fold.test.end);
        let fits = fold.train.end <= start && end.saturating_sub(start) >= horizon && end <= rows;
        if !fits || fold.train.start >= fold.train.end {
            return Err(ErrorKind::InvalidFold { fold: at, start, end, rows, horizon }.into());
        }
    }
    Ok(())
}

/// One fold: fit, forecast, record.
pub(super) fn forecast_fold(
    model: &dyn DynFit,
    data: &TrainingData<'_>,
    at: usize,
    fold: &Fold,
    horizon: usize,
    context: &FitContext,
) -> Result<Origin> {
    let train = data.rows(fold.train.clone());
    let fitted = model.fit_boxed(&train, context)?;
    let (train_end, first_target) = (fold.train.end, fold.test.start);
    let targets = first_target..first_target + horizon;
    let mut forecast = fitted.predict(&data.request_for(train_end..targets.end))?;
    let purged = first_target - train_end;
    forecast.mean.drain(..purged);
    forecast.std_error.drain(..purged);
    let seen: Vec<f64> = train.target().iter().copied().filter(|value| !value.is_nan()).collect();
    let differences = seen.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    Ok(Origin {
        fold: at,
        train_end,
        first_target,
        mean: forecast.mean,
        std_error: forecast.std_error,
        actual: data.target()[targets].to_vec(),
        naive: seen.last().copied().unwrap_or(f64::NAN),
        naive_scale: differences.sum::<f64>() / seen.len().saturating_sub(1).max(1) as f64,
        status: fitted.status(),
    })
}
