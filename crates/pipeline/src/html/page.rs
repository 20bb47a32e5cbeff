//! The page from top to bottom: what to hold, why, how it would have fared, how sure one can be.

use maud::{Markup, html};

use super::charts;
use super::elements::{document, figure, number, percent, rules_key};
use super::tables;
use crate::config::ViewRule;
use crate::report::{AssetSection, GridSection, LuckSection, Report};

/// How many fans the page shows.
const FANS: usize = 6;

/// Renders a report as one HTML document.
#[must_use]
pub fn render(report: &Report) -> String {
    let data = &report.data;
    document(
        &format!("Tangency: weights for {}", data.last_date),
        &html! {
            h1 { "Portfolio weights for " (data.last_date) }
            p.headline { (report.headline) }
            p.soft {
                (data.source) ": " (report.assets.len()) " assets, " (data.rows) " rows, "
                (data.first_date) " to " (data.last_date)
            }
            @if let Some(caveat) = &data.caveat { p.caveat { (caveat) } }
            (figures(report))
            (weights(report))
            (fans(report))
            (record(report))
            (grid(report))
            (accuracy(report))
            (method(report))
        },
    )
}

fn figures(report: &Report) -> Markup {
    let portfolio = &report.portfolio;
    html! {
        div.figures {
            div { span.soft { "views held" } b { (portfolio.views) " of " (report.assets.len()) } }
            div { span.soft { "expected excess return" } b { (percent(portfolio.expected_return, 1)) } }
            div { span.soft { "volatility" } b { (percent(portfolio.volatility, 1)) } }
            div { span.soft { "Sharpe ratio" } b { (number(portfolio.sharpe, 2)) } }
        }
        p.soft { "A year ahead, under the posterior; the solver says: " (portfolio.status) "." }
    }
}

fn weights(report: &Report) -> Markup {
    html! {
        h2 { "Weights beside the prior" }
        (rules_key(&["prior", "earned", "error-variance"]))
        (figure(charts::weights(&report.assets), None))
        (tables::weights(report))
    }
}

/// The strongest views or, where none was earned, the forecasts that came closest.
fn fans(report: &Report) -> Markup {
    let mut assets: Vec<&AssetSection> = report.assets.iter().collect();
    assets.sort_by(|a, b| b.skill.lower_bound.total_cmp(&a.skill.lower_bound));
    let held = report.assets.iter().filter(|asset| asset.confidence > 0.0).count();
    html! {
        h2 { "Forecasts" }
        @if held == 0 {
            p {
                "No forecast earned a view. These are the " (FANS.min(assets.len()))
                " whose record came closest; none of them moves a weight under the earned rule."
            }
        } @else {
            p { "The strongest views first: median path and "
                (percent(report.settings.interval_level, 0)) " interval." }
        }
        div.fans {
            @for asset in assets.iter().take(FANS) {
                @let caption = format!(
                    "{}: out-of-sample R2 {:.3}, lower bound {:.3}",
                    asset.name, asset.skill.r2, asset.skill.lower_bound
                );
                (figure(charts::fan(&asset.fan), Some(&caption)))
            }
        }
        p.soft { "Prices; the horizontal axis counts rows from the decision." }
    }
}

fn record(report: &Report) -> Markup {
    let section = &report.out_of_sample;
    html! {
        h2 { "How each rule would have fared" }
        p {
            (section.rebalancings) " decisions since " (section.first_date)
            ", each made with the rows known on its day. At "
            (percent(section.share_with_views, 0)) " of them an earned view was held."
        }
        p.soft { (section.execution) }
        (tables::tracks(section))
        (rules_key(&section.tracks.iter().map(|track| track.name.as_str()).collect::<Vec<_>>()))
        (figure(charts::equity(section), Some("Value of 1, after costs, logarithmic axis")))
        (figure(charts::relative(section), Some("Value relative to the prior's")))
        (figure(charts::drawdown(section), Some("Deepest drawdown within each period")))
    }
}

fn grid(report: &Report) -> Markup {
    let grid = &report.grid;
    html! {
        h2 { "Moving-average crossover grid" }
        p {
            (grid.backtests) " backtests of " (grid.pairs) " pairs of windows. In each cell: "
            (grid.metric) ", up to " (grid.in_sample_until) "."
        }
        p {
            @if grid.best.median.is_nan() {
                "No pair traded there"
            } @else {
                "The best pair there, " (grid.best.fast) "/" (grid.best.slow) " ("
                (number(grid.best.median, 2)) "), "
                @if grid.best_out_of_sample.is_nan() {
                    "never traded on the rows after it"
                } @else {
                    "came to " (number(grid.best_out_of_sample, 2)) " on the rows after it, rank "
                    (grid.best_rank_out_of_sample) " of " (grid.pairs)
                }
            }
            "; buying and holding came to " (number(grid.buy_and_hold_out_of_sample, 2)) "."
        }
        @if let Some(luck) = &grid.luck {
            p {
                "With the same money in every asset, " (luck.sentence) "."
                @if let Some(overfitting) = luck.probability_of_overfitting {
                    " In " (percent(overfitting, 0)) " of the ways to split those rows in halves, the "
                    "winner of one half ranks at the median of the pairs or below it in the other."
                }
                @if let Some(p) = luck.beats_holding { " " (beats_holding(p)) }
            }
        }
        (figure(charts::heat_map(&cells(grid)), None))
        @if let Some(luck) = &grid.luck {
            (figure(sharpes(luck), Some(
                "Annual Sharpe ratios of all pairs; the best one, and what the best of luck is expected to show"
            )))
        }
    }
}

/// Hansen's test as a sentence.
fn beats_holding(p: f64) -> String {
    if p > 0.5 {
        return "No pair stands out against buying and holding (Hansen's test).".to_owned();
    }
    format!(
        "Were no pair better than buying and holding, the best would still look as good in {} of samples \
         (p-value of Hansen's test).",
        percent(p, 1)
    )
}

fn cells(grid: &GridSection) -> charts::Cells<'static> {
    let text = |windows: &[usize]| windows.iter().map(usize::to_string).collect();
    let place = |windows: &[usize], best| windows.iter().position(|window| *window == best);
    let framed = place(&grid.fast, grid.best.fast).zip(place(&grid.slow, grid.best.slow));
    charts::Cells {
        row_title: "fast window (rows)",
        column_title: "slow window (rows)",
        rows: text(&grid.fast),
        columns: text(&grid.slow),
        figures: grid.median.clone(),
        framed,
        lower_is_better: false,
    }
}

/// All pairs, the best one, and the best that luck is expected to show.
fn sharpes(luck: &LuckSection) -> Option<String> {
    let sharpes: Vec<f64> = luck.trial_sharpes.iter().flatten().copied().collect();
    let marks = [
        (luck.expected_maximum_sharpe, charts::ERROR_VARIANCE, "best of luck, expected"),
        (luck.sharpe, charts::EARNED, "best pair"),
    ];
    charts::trials(&sharpes, &marks)
}

fn accuracy(report: &Report) -> Markup {
    html! {
        h2 { "How good each forecast really was" }
        p.soft {
            "Out-of-sample errors at " (report.settings.horizon) " rows ahead, in log-return units. "
            "MASE is relative to naive errors one row ahead. R2 above 0 means better than the naive forecast; a view needs a lower bound above 0. "
            "p: Diebold-Mariano test against the naive forecast, two-sided."
        }
        (tables::accuracy(report))
        @if !report.failures.is_empty() {
            p { "Forecasts that failed:" }
            (tables::failures(&report.failures))
        }
    }
}

fn method(report: &Report) -> Markup {
    let settings = &report.settings;
    let rule = match settings.views {
        ViewRule::Earned => "earned",
        ViewRule::ErrorVariance => "error-variance",
    };
    html! {
        h2 { "Method" }
        p {
            "A view's return is the ensemble's forecast over " (settings.horizon)
            " rows as a simple excess return a year: the median move and half the asset's variance, "
            "less the risk-free rate. Under the earned rule its confidence c is the "
            "lower confidence bound of the out-of-sample R2 against the naive forecast, cut off at 0 "
            "and corrected for the number of tickers, so that on random walks any view survives at one "
            "decision in at most " (percent(settings.skill_level, 0)) " of panels; omega = tau p Sigma p' (1 - c) / c. "
            "The error-variance rule takes the measured error variance as omega. Weights maximise "
            "mean - delta / 2 variance under bounds " (settings.min_weight) " to "
            (settings.max_weight) ", delta " (settings.risk_aversion) ", tau " (settings.tau) "."
        }
        p.soft { "Weights of the portfolio follow the " (rule) " rule. Tangency " (report.version) "." }
    }
}
