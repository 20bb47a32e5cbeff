//! Many series, one model each, on a pool.

use tangency_pool::{Batch, BatchReport};

use crate::data::TrainingData;
use crate::error::Error;
use crate::model::{Fit, FitContext};

/// Fits `model` to every series, one item each, on a batch of the caller's pool.
///
/// Outcomes are in the order of the series and have the same bits for any number of workers: item k
/// gets the seed of item k ([`FitContext::for_item`]), and a series gives what it gives alone. One
/// that fails or panics leaves the others be. Progress, cancellation and chunking are the batch's;
/// memory grows with the fitted models only.
///
/// # Examples
///
/// ```
/// use tangency_forecast::{Arima, FitContext, TrainingData, fit_panel};
/// use tangency_pool::Pool;
///
/// let columns: Vec<Vec<f64>> =
///     (1..4).map(|k| (0..50).map(|t| f64::from(t * t % (5 + k))).collect()).collect();
/// let series: Vec<_> = columns.iter().map(TrainingData::from).collect();
/// let pool = Pool::new(2)?;
/// let model = Arima::new(1, 0, 1);
/// let report = fit_panel(pool.batch(), &series, &model, &FitContext::new(1));
/// assert_eq!(report.outcomes.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fit_panel<M: Fit>(
    batch: Batch<'_>,
    series: &[TrainingData<'_>],
    model: &M,
    context: &FitContext,
) -> BatchReport<M::Fitted, Error> {
    batch.try_map_indices(series.len(), |at| model.fit(&series[at], &context.for_item(at)))
}
