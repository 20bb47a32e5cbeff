//! The page's tables: plain figures under plain headings.

use maud::{Markup, html};

use super::elements::{number, percent};
use crate::report::{ForecastFailure, OutOfSampleSection, Report};

/// Weights, means and confidence of every asset.
pub(super) fn weights(report: &Report) -> Markup {
    html! {
        div.scroll { table {
            thead { tr {
                th { "asset" } th { "prior" } th { "earned" } th { "error-variance" }
                th { "median move, a year" } th { "forecast, a year" } th { "confidence" } th { "prior mean" }
                th { "posterior mean" }
            } }
            tbody { @for asset in &report.assets {
                tr.held[asset.confidence > 0.0] {
                    td { (asset.name) }
                    td { (percent(asset.weights.prior, 2)) }
                    td { (percent(asset.weights.earned, 2)) }
                    td { (percent(asset.weights.error_variance, 2)) }
                    td { (percent(asset.forecast_log_return, 1)) }
                    td { (percent(asset.forecast_return, 1)) }
                    td { @if asset.confidence > 0.0 { (format!("{:.3}", asset.confidence)) } @else { "no view" } }
                    td { (percent(asset.prior_mean, 1)) }
                    td { (percent(asset.posterior_mean.of(report.settings.views), 1)) }
                }
            } }
        } }
    }
}

/// The out-of-sample record of each rule.
pub(super) fn tracks(section: &OutOfSampleSection) -> Markup {
    html! {
        div.scroll { table {
            thead { tr {
                th { "rule" } th { "return a year" } th { "volatility" } th { "Sharpe" }
                th { "max drawdown" } th { "total return" } th { "turnover a rebalancing" }
            } }
            tbody { @for track in &section.tracks {
                tr {
                    td { (track.name) }
                    td { (percent(track.annualized_return, 2)) }
                    td { (percent(track.annualized_volatility, 2)) }
                    td { (number(track.sharpe, 3)) }
                    td { (percent(track.max_drawdown, 1)) }
                    td { (percent(track.total_return, 0)) }
                    td { (percent(track.mean_turnover, 1)) }
                }
            } }
        } }
    }
}

/// One row an asset and model.
pub(super) fn accuracy(report: &Report) -> Markup {
    html! {
        div.scroll { table {
            thead { tr {
                th { "asset" } th { "model" } th { "forecasts" } th { "MAE" } th { "RMSE" }
                th { "MASE" } th { "R2" } th { "lower bound" } th { "p" } th { "in interval" }
            } }
            tbody { @for asset in &report.assets { @for (row_idx, row) in asset.accuracy.iter().enumerate() {
                tr.held[row_idx == 0 && asset.confidence > 0.0] {
                    td { @if row_idx == 0 { (asset.name) } }
                    td { (row.model) }
                    td { (row.n) }
                    td { (figure(row.mae, 4)) }
                    td { (figure(row.rmse, 4)) }
                    td { (figure(row.mase, 2)) }
                    td { (figure(row.r2, 4)) }
                    td { @if row_idx == 0 { (format!("{:.4}", asset.skill.lower_bound)) } }
                    td { @if let Some(p) = row.diebold_mariano_p { (format!("{p:.3}")) } }
                    td { @if row.n > 0 { (percent(row.interval_coverage, 1)) } }
                }
            } } }
        } }
    }
}

/// A figure, or nothing where there is none.
fn figure(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { String::new() }
}

/// What failed, where, and why.
pub(super) fn failures(failures: &[ForecastFailure]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "asset" } th { "model" } th { "origins" } th { "first" } th { "reason" } } }
            tbody { @for failure in failures {
                tr {
                    td { (failure.asset) } td { (failure.model) } td { (failure.origins) }
                    td { (failure.first_date) } td { (failure.message) }
                }
            } }
        } }
    }
}
