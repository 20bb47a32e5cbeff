//! Every forecast of a run: each model, each asset, each origin, and what came of it.
//!
//! Models see log closes. The rows after the last close are given as missing values, so that today's
//! forecast is one more entry in the same record, with nothing to compare it with yet.

use tangency_forecast::ensemble::{Combination, combine};
use tangency_forecast::evaluation::{Origin, PanelFailure, Record, walk_forward_panel};
use tangency_forecast::{FitContext, TrainingData};
use tangency_preprocess::folds::Fold;

use crate::config::PipelineConfig;
use crate::error::{ErrorKind, Result};
use crate::market::Market;
use crate::observer::Stage;
use crate::pipeline::Stages;
use crate::report::ForecastFailure;
use crate::schedule::Schedule;

/// The forecasts of one asset.
#[derive(Debug)]
pub(crate) struct AssetBook {
    /// One record a model; an origin where the model failed is left out.
    pub(crate) members: Vec<Record>,
    /// Their combination, one entry an origin of the schedule.
    pub(crate) ensemble: Record,
}

/// All forecasts of a run.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) assets: Vec<AssetBook>,
    pub(crate) failures: Vec<ForecastFailure>,
}

impl Book {
    /// Makes every forecast on the pool, model by model, then combines them asset by asset.
    pub(crate) fn write(
        market: &Market,
        schedule: &Schedule,
        config: &PipelineConfig,
        stages: &Stages<'_>,
    ) -> Result<Self> {
        let horizon = config.horizon;
        let folds: Vec<Fold> = schedule
            .origins()
            .iter()
            .map(|&origin| Fold {
                train: schedule.train_rows(origin),
                test: origin..origin + horizon,
            })
            .collect();
        let padded: Vec<Vec<f64>> = (0..market.n_assets())
            .map(|asset| {
                let mut series = market.log_closes(asset).to_vec();
                series.resize(series.len() + horizon, f64::NAN);
                series
            })
            .collect();
        let series: Vec<TrainingData<'_>> = padded
            .iter()
            .zip(market.names())
            .map(|(values, name)| TrainingData::new(values).named(name))
            .collect();

        let context = FitContext::new(config.seed).with_cancel(stages.cancel_token());
        let mut members: Vec<Vec<Record>> = market.names().iter().map(|_| Vec::new()).collect();
        let mut failures = Vec::new();
        for spec in &config.members {
            let model = spec.build();
            let items = series.len() * folds.len();
            let panel = stages.batch(Stage::Forecast, &spec.to_string(), items, |batch| {
                walk_forward_panel(batch, &*model, &series, &folds, horizon, &context)
            })?;
            let panel = panel.map_err(ErrorKind::Forecast)?;
            failures.extend(summarise(&panel.failures, &spec.to_string(), market, schedule));
            for (asset, record) in panel.records.into_iter().enumerate() {
                members[asset].push(record);
            }
        }

        let n_origins = folds.len();
        let ensembles = stages.run(Stage::Forecast, "ensemble", members.len(), |asset| {
            combine_available(&members[asset], n_origins).ok_or_else(|| {
                ErrorKind::NoForecast { asset: market.names()[asset].clone() }.into()
            })
        })?;
        let assets = members
            .into_iter()
            .zip(ensembles)
            .map(|(members, ensemble)| AssetBook { members, ensemble })
            .collect();
        Ok(Self { assets, failures })
    }

    /// Out-of-sample errors known at origin `at`, in log returns over the horizon: those of the
    /// ensemble, and those of the naive forecast, one pair an earlier origin.
    pub(crate) fn errors(&self, asset: usize, at: usize) -> (Vec<f64>, Vec<f64>) {
        let record = &self.assets[asset].ensemble;
        let last = record.horizon - 1;
        let known_rows = record.origins[at].train_end;
        record.origins[..at]
            .iter()
            .filter(|origin| origin.first_target + last < known_rows)
            .map(|origin| (origin.error(last), origin.actual[last] - origin.naive))
            .unzip()
    }

    /// The log return over the horizon that the ensemble forecasts at origin `at`.
    pub(crate) fn ensemble_mean(&self, asset: usize, at: usize) -> f64 {
        let origin = &self.assets[asset].ensemble.origins[at];
        origin.mean[origin.mean.len() - 1] - origin.naive
    }
}

/// Combines, at each origin, the models that have a forecast there. A model that fails at one date
/// changes nothing at others. `None` when some origin has no forecast at all.
fn combine_available(members: &[Record], n_origins: usize) -> Option<Record> {
    let present = |fold: usize| -> Vec<bool> {
        let has = |record: &Record| {
            record.origins.binary_search_by_key(&fold, |origin| origin.fold).is_ok()
        };
        members.iter().map(has).collect()
    };
    let presence: Vec<Vec<bool>> = (0..n_origins).map(present).collect();
    let mut groups = presence.clone();
    groups.sort();
    groups.dedup();
    let mut origins: Vec<Option<Origin>> = vec![None; n_origins];
    let mut name = String::new();
    for group in groups {
        let available: Vec<Record> = members
            .iter()
            .zip(&group)
            .filter(|(_, present)| **present)
            .map(|(record, _)| record.clone())
            .collect();
        let combined = combine(&available, &Combination::default()).ok()?;
        for origin in combined.origins {
            let fold = origin.fold;
            if presence[fold] == group {
                origins[fold] = Some(origin);
            }
        }
        name = combined.name;
    }
    let origins = origins.into_iter().collect::<Option<Vec<Origin>>>()?;
    Some(Record { name, horizon: members.first()?.horizon, origins })
}

/// One line an asset, however many origins a model lost there.
fn summarise(
    failures: &[PanelFailure],
    model: &str,
    market: &Market,
    schedule: &Schedule,
) -> Vec<ForecastFailure> {
    let mut lines: Vec<ForecastFailure> = Vec::new();
    for failure in failures {
        let asset = &market.names()[failure.series];
        match lines.last_mut().filter(|line| line.asset == *asset) {
            Some(line) => line.origins += 1,
            None => lines.push(ForecastFailure {
                asset: asset.clone(),
                model: model.to_owned(),
                origins: 1,
                first_date: market.date(schedule.origins()[failure.fold] - 1),
                message: failure.error.kind().to_string(),
            }),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use tangency_forecast::FitStatus;

    fn record(name: &str, folds: &[usize], error: f64) -> Record {
        let origins = folds
            .iter()
            .map(|&fold| Origin {
                fold,
                train_end: 10 * (fold + 1),
                first_target: 10 * (fold + 1),
                mean: vec![1.0 + error],
                std_error: vec![1.0],
                actual: vec![1.0],
                naive: 0.0,
                naive_scale: 1.0,
                status: FitStatus::Converged,
            })
            .collect();
        Record { name: name.to_owned(), horizon: 1, origins }
    }

    #[test]
    fn a_model_that_fails_at_one_date_is_missing_there_only() {
        let all: Vec<usize> = (0..30).collect();
        let holes: Vec<usize> = (0..30).filter(|fold| *fold != 12 && *fold != 29).collect();
        let members = [record("a", &all, 1.0), record("b", &holes, 0.5)];
        let combined = combine_available(&members, 30).unwrap();
        assert_eq!(combined.origins.len(), 30);
        // Where only the first model stands, it stands alone.
        assert_eq!(combined.origins[12].mean, [2.0]);
        assert_eq!(combined.origins[29].mean, [2.0]);
        // Elsewhere weights are 1 : 4 once enough errors are known.
        assert!((combined.origins[28].mean[0] - (0.2 * 2.0 + 0.8 * 1.5)).abs() < 1e-12);
        assert_eq!(combined.origins[0].mean, [1.75]);
    }

    #[test]
    fn an_origin_without_any_forecast_is_no_record() {
        let members = [record("a", &[0, 1], 1.0), record("b", &[0, 1], 0.5)];
        assert!(combine_available(&members, 3).is_none());
    }
}
