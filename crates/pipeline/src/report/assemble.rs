//! From findings to sections.

use statrs::distribution::{ContinuousCDF, Normal};
use tangency_forecast::evaluation::{Accuracy, Loss, Record, diebold_mariano};
use tangency_optimize::risk;

use super::sections::{
    AccuracyRow, AssetSection, DataSection, Fan, GridSection, OutOfSampleSection, PortfolioSection,
    Report, RuleValues,
};
use crate::book::{AssetBook, Book};
use crate::config::{PipelineConfig, ViewRule};
use crate::decision::{Decision, RuleOutcome};
use crate::error::{ErrorKind, Result};
use crate::market::Market;

/// Rows of history before a fan.
const HISTORY: usize = 126;

/// What the stages found out.
pub(crate) struct Findings {
    pub(crate) data: DataSection,
    /// At least one; the last is today's.
    pub(crate) decisions: Vec<Decision>,
    pub(crate) out_of_sample: OutOfSampleSection,
    pub(crate) grid: GridSection,
}

/// Puts a report together.
pub(crate) fn assemble(
    findings: Findings,
    market: &Market,
    book: &Book,
    config: &PipelineConfig,
) -> Result<Report> {
    let Some(today) = findings.decisions.last() else {
        return Err(ErrorKind::Task {
            stage: "report",
            index: 0,
            message: "no decision was made".to_owned(),
        }
        .into());
    };
    let outcome = today.of(config.views);
    let expected_return = risk::mean_of(&outcome.weights, &outcome.mean)?;
    let volatility = risk::volatility_of(&outcome.weights, today.covariance.as_view())?;
    let assets = (0..market.n_assets())
        .map(|asset| asset_section(asset, today, market, &book.assets[asset], config))
        .collect::<Vec<_>>();
    Ok(Report {
        headline: headline(&assets, outcome, config),
        version: env!("CARGO_PKG_VERSION"),
        data: findings.data,
        settings: config.clone(),
        portfolio: PortfolioSection {
            rule: config.views,
            views: outcome.views,
            expected_return,
            volatility,
            sharpe: expected_return / volatility,
            status: match outcome.status {
                Some(status) => status.as_str().to_owned(),
                None => "nothing to solve, the prior stands".to_owned(),
            },
        },
        assets,
        out_of_sample: findings.out_of_sample,
        grid: findings.grid,
        failures: book.failures.clone(),
    })
}

/// The result in one sentence; that no view survived comes first.
fn headline(assets: &[AssetSection], outcome: &RuleOutcome, config: &PipelineConfig) -> String {
    let n_assets = assets.len();
    let largest = assets
        .iter()
        .max_by(|a, b| a.weights.of(config.views).total_cmp(&b.weights.of(config.views)))
        .map(|asset| format!("{} {:.1} %", asset.name, asset.weights.of(config.views) * 100.0))
        .unwrap_or_default();
    match (config.views, outcome.views) {
        (ViewRule::Earned, 0) => format!(
            "No view survived: none of {n_assets} forecasts proved better than the naive one out of \
             sample, so the weights are the prior's."
        ),
        (ViewRule::Earned, n_views) => {
            let mut held: Vec<&AssetSection> =
                assets.iter().filter(|asset| asset.confidence > 0.0).collect();
            held.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
            let names: Vec<&str> = held.iter().take(5).map(|asset| asset.name.as_str()).collect();
            format!(
                "{n_views} of {n_assets} forecasts earned a view ({}{}); the largest weight is \
                 {largest}.",
                names.join(", "),
                if held.len() > names.len() { ", .." } else { "" }
            )
        }
        (ViewRule::ErrorVariance, n_views) => format!(
            "{n_views} forecasts tilt the prior, each by its measured error variance; the largest \
             weight is {largest}."
        ),
    }
}

fn asset_section(
    asset: usize,
    today: &Decision,
    market: &Market,
    book: &AssetBook,
    config: &PipelineConfig,
) -> AssetSection {
    let closes = market.closes(asset);
    let values = |of: fn(&RuleOutcome) -> &Vec<f64>| RuleValues {
        prior: of(&today.prior)[asset],
        earned: of(&today.earned)[asset],
        error_variance: of(&today.error_variance)[asset],
    };
    let mut accuracy = vec![accuracy_row("ensemble", &book.ensemble, config)];
    for record in &book.members {
        accuracy.push(accuracy_row(&record.name, record, config));
    }
    AssetSection {
        name: market.names()[asset].clone(),
        last_close: closes[closes.len() - 1],
        weights: values(|outcome| &outcome.weights),
        prior_mean: today.prior.mean[asset],
        forecast_log_return: today.views[asset].log_return,
        forecast_return: today.views[asset].excess_return,
        confidence: today.views[asset].confidence,
        posterior_mean: values(|outcome| &outcome.mean),
        skill: today.skills[asset],
        accuracy,
        fan: fan(closes, &book.ensemble, config),
    }
}

/// Accuracy at the last step of the horizon, which is the one that views are made of.
fn accuracy_row(name: &str, record: &Record, config: &PipelineConfig) -> AccuracyRow {
    let Ok(accuracy) = Accuracy::at_step(record, config.horizon) else {
        // A model that failed at every date has no record; the failures say why.
        return AccuracyRow {
            model: name.to_owned(),
            n: 0,
            mae: f64::NAN,
            rmse: f64::NAN,
            mase: f64::NAN,
            r2: f64::NAN,
            diebold_mariano_p: None,
            interval_coverage: f64::NAN,
        };
    };
    // Two records that never differ, the naive forecast and itself, give no test.
    let test = diebold_mariano(record, &naive(record), config.horizon, Loss::Squared).ok();
    let last = config.horizon - 1;
    let z = normal_quantile(config.interval_level);
    let known = record.origins.iter().filter(|origin| !origin.error(last).is_nan());
    let inside =
        known.filter(|origin| origin.error(last).abs() <= z * origin.std_error[last]).count();
    AccuracyRow {
        model: name.to_owned(),
        n: accuracy.n,
        mae: accuracy.mae,
        rmse: accuracy.rmse,
        mase: accuracy.mase,
        r2: accuracy.r2_naive,
        diebold_mariano_p: test.map(|test| test.p_value),
        interval_coverage: inside as f64 / accuracy.n as f64,
    }
}

/// The naive forecasts at the origins of a record: the last value known, at every step.
fn naive(record: &Record) -> Record {
    let mut naive = record.clone();
    for origin in &mut naive.origins {
        origin.mean.fill(origin.naive);
    }
    naive
}

/// The forecast from the last origin, back on the scale of prices: the exponential of a mean log
/// price is the median price.
fn fan(closes: &[f64], ensemble: &Record, config: &PipelineConfig) -> Fan {
    let history = closes[closes.len().saturating_sub(HISTORY)..].to_vec();
    let z = normal_quantile(config.interval_level);
    let Some(origin) = ensemble.origins.last() else {
        return Fan { history, median: Vec::new(), lower: Vec::new(), upper: Vec::new() };
    };
    let path = |sign: f64| -> Vec<f64> {
        let steps = origin.mean.iter().zip(&origin.std_error);
        steps.map(|(mean, error)| (mean + sign * z * error).exp()).collect()
    };
    Fan { history, median: path(0.0), lower: path(-1.0), upper: path(1.0) }
}

/// The half-width of a Gaussian interval of the given coverage, in standard errors.
fn normal_quantile(level: f64) -> f64 {
    Normal::standard().inverse_cdf(0.5 + 0.5 * level)
}
