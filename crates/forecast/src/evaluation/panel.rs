//! Walk-forward evaluation of many series on a pool.

use tangency_pool::{Batch, BatchStats, Outcome};
use tangency_preprocess::folds::Fold;

use super::record::Record;
use super::walk_forward::{check_folds, forecast_fold};
use crate::data::TrainingData;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{DynFit, FitContext};

/// The records of a panel, and the items that have none.
#[derive(Debug, Clone)]
pub struct PanelRecord {
    /// One record a series, in the order given; a fold that failed is left out of its origins.
    pub records: Vec<Record>,
    /// The items that gave no forecast, by series and then by fold.
    pub failures: Vec<PanelFailure>,
    /// Times and counts of the batch; the only part that differs from run to run.
    pub stats: BatchStats,
}

/// An item of a panel that gave no forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelFailure {
    /// Position of the series.
    pub series: usize,
    /// Position of the fold.
    pub fold: usize,
    /// Why; a caught panic is [`ErrorKind::Panicked`], an item never started
    /// [`ErrorKind::Cancelled`].
    pub error: Error,
}

/// [`walk_forward`](super::walk_forward()) of every series, one item per series and fold, on a
/// batch of the caller's pool.
///
/// Progress, cancellation and chunking are the batch's:
/// `walk_forward_panel(pool.batch().progress(&bar), ..)`. The records hold the same bits for any
/// number of workers: each item derives its seed from its fold, as in a run on its own, so that a
/// series in a panel gives what it gives alone. An item that fails or panics leaves the others be.
///
/// # Errors
///
/// Only what no item could survive: [`ErrorKind::Empty`] without series or folds,
/// [`ErrorKind::ZeroHorizon`], and [`ErrorKind::InvalidFold`] with the series it does not fit.
pub fn walk_forward_panel(
    batch: Batch<'_>,
    model: &dyn DynFit,
    series: &[TrainingData<'_>],
    folds: &[Fold],
    horizon: usize,
    context: &FitContext,
) -> Result<PanelRecord> {
    if series.is_empty() {
        return Err(ErrorKind::Empty { what: "series" }.into());
    }
    let name = model.name();
    for data in series {
        check_folds(folds, data.n_rows(), horizon)
            .map_err(|error| error.at(name.as_str(), data.name()))?;
    }
    let report = batch.try_map_indices(series.len() * folds.len(), |item| {
        let (data, at) = (&series[item / folds.len()], item % folds.len());
        let context = context.for_item(at);
        forecast_fold(model, data, at, &folds[at], horizon, &context)
    });
    let mut records: Vec<Record> = series
        .iter()
        .map(|_| Record { name: name.clone(), horizon, origins: Vec::new() })
        .collect();
    let mut failures = Vec::new();
    for (item, outcome) in report.outcomes.into_iter().enumerate() {
        let (series_at, fold) = (item / folds.len(), item % folds.len());
        let error = match outcome {
            Outcome::Done(origin) => {
                records[series_at].origins.push(origin);
                continue;
            }
            Outcome::Failed(error) => error,
            Outcome::Panicked(message) => ErrorKind::Panicked { message }.into(),
            Outcome::Cancelled => ErrorKind::Cancelled.into(),
        };
        let error = error.at(name.as_str(), series[series_at].name());
        failures.push(PanelFailure { series: series_at, fold, error });
    }
    Ok(PanelRecord { records, failures, stats: report.stats })
}
