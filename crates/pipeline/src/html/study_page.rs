//! The page of a search: the winner and how much of it is luck, what following winners would have earned,
//! what the figures depend on.

use maud::{Markup, html};
use tangency_optimize::metrics::{Metric, Metrics};

use super::charts;
use super::elements::{document, figure, key, percent};
use super::study_pictures::{distribution, heat_map, importance, number, parallel};
use crate::study::{RuleStudyReport, WalkForwardRow, WalkForwardSection};

/// Renders the report of a search as one HTML document.
#[must_use]
pub fn render_study(report: &RuleStudyReport) -> String {
    document(
        &format!("Tangency: search of {}", report.rule),
        &html! {
            h1 { "Search of " (report.rule) }
            p.headline { (report.headline()) }
            p.soft {
                (report.source) ": " (report.bars) " bars, " (report.first_date) " to "
                (report.last_date) ". Decided at a close, filled at the " (report.execution)
                ". Method: " (report.method) "."
                @if report.rejected > 0 { " Combinations that constraints left out: " (report.rejected) "." }
            }
            @if let Some((reason, times)) = &report.commonest_failure {
                p.caveat { (report.failed) " trials failed, " (times) " of them with: " (reason) }
            }
            (figures(report))
            (luck(report))
            @if let Some(section) = &report.walk_forward { (walk_forward(section, report.metric)) }
            (landscape(report))
            p.soft { "Tangency " (report.version) "." }
        },
    )
}

fn figures(report: &RuleStudyReport) -> Markup {
    let Some(best) = &report.best_metrics else { return html! {} };
    html! {
        div.figures {
            div { span.soft { "total return" } b { (share(best, Metric::TotalReturn)) } }
            div { span.soft { "Sharpe ratio" } b { (ratio(best, Metric::Sharpe)) } }
            div { span.soft { "deepest drawdown" } b { (share(best, Metric::MaxDrawdown)) } }
            div { span.soft { "trades" } b { (best.get(Metric::Trades).map(number).unwrap_or_default()) } }
            div { span.soft { "trades won" } b { (share(best, Metric::WinRate)) } }
        }
        p.soft { "The best trial, on the rows it was chosen on." }
    }
}

fn luck(report: &RuleStudyReport) -> Markup {
    html! {
        h2 { "How much of it is luck" }
        @match &report.luck {
            Some(luck) => {
                p { (sentence(&luck.sentence)) }
                @if let Some(overfitting) = luck.probability_of_overfitting {
                    p {
                        "In " (percent(overfitting, 0)) " of the ways to split the rows in halves, the winner "
                        "of one half ranks at the median of the trials or below it in the other."
                    }
                }
                @if let Some(p) = luck.superior_predictive_ability {
                    p {
                        "Were no trial to earn anything in truth, the best would still look as good in "
                        (percent(p, 1)) " of samples (p-value of Hansen's test)."
                    }
                }
            }
            None => { p { "There is nothing to judge by: the best trial has no returns." } }
        }
        (figure(distribution(report), Some(&format!(
            "{} of {}", report.metric.name().replace('_', " "), sampled(report)
        ))))
    }
}

/// The verdict as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect::<String>() + ".")
        .unwrap_or_default()
}

/// Which trials a picture shows.
fn sampled(report: &RuleStudyReport) -> String {
    if report.sampled as u64 >= report.trials {
        "all trials".to_owned()
    } else {
        format!("{} trials of {}", report.sampled, report.trials)
    }
}

fn walk_forward(section: &WalkForwardSection, metric: Metric) -> Markup {
    let name = metric.name().replace('_', " ");
    let (ours, theirs) = (&section.metrics, &section.buy_and_hold);
    let row = |name: &str, text: &dyn Fn(&Metrics) -> String| {
        html! { tr { td { (name) } td { (text(ours)) } td { (text(theirs)) } } }
    };
    html! {
        h2 { "Walk-forward" }
        p {
            "Parameters were chosen " (section.folds.len()) " times, each time on the past alone, and traded on "
            "the rows that followed, " (section.first_date) " to " (section.last_date) "."
            @if section.efficiency.is_finite() {
                " The winners grew out of sample at " (percent(section.efficiency, 0))
                " of the pace that they were chosen for."
            }
        }
        (key(&[("buy and hold", charts::css_colour("prior")), ("winners of the past", charts::css_colour("earned"))]))
        (figure(charts::walk_forward(section), Some("Value of 1, the winners after costs")))
        div.scroll { table {
            thead { tr { th { "out of sample" } th { "winners of the past" } th { "buy and hold" } } }
            tbody {
                (row("total return", &|m| share(m, Metric::TotalReturn)))
                (row("return a year", &|m| share(m, Metric::AnnualizedReturn)))
                (row("Sharpe ratio", &|m| ratio(m, Metric::Sharpe)))
                (row("deepest drawdown", &|m| share(m, Metric::MaxDrawdown)))
            }
        } }
        p {}
        div.scroll { table {
            thead { tr {
                th { "chosen on" } th { "traded on" } th { "parameters" }
                th { (name) " in sample" } th { "out of sample" }
            } }
            tbody { @for fold in &section.folds { (fold_row(fold)) } }
        } }
        @if section.failed > 0 { p.soft { "Trials that failed on some window: " (section.failed) "." } }
    }
}

fn fold_row(fold: &WalkForwardRow) -> Markup {
    let dates = |(from, to): &(String, String)| format!("{from} to {to}");
    let text = |value: Option<f64>| {
        value.filter(|v| v.is_finite()).map_or("\u{2013}".to_owned(), |v| format!("{v:.4}"))
    };
    html! {
        tr {
            td { (dates(&fold.train)) }
            td { (dates(&fold.test)) }
            td { @match &fold.params { Some(params) => { (params) } None => { "nothing held" } } }
            td { (text(fold.in_sample)) }
            td { (text(fold.out_of_sample)) }
        }
    }
}

fn landscape(report: &RuleStudyReport) -> Markup {
    let (shares, map, lines) = (importance(report), heat_map(report), parallel(report));
    if shares.is_none() && map.is_none() && lines.is_none() {
        return html! {};
    }
    let name = report.metric.name().replace('_', " ");
    html! {
        h2 { "What it depends on" }
        @if let Some(picture) = shares {
            (figure(Some(picture), Some(&format!(
                "Share of the variance of the {name} over {} that each parameter explains by itself",
                sampled(report)
            ))))
        }
        @if let Some((picture, [down, across], several)) = map {
            p {
                @if several { "Median " } @else { "The " }
                (name) " at each pair of " (down) " and " (across) "; darker is better, the best trial's "
                "cell is framed. A winner on a plateau is worth more than one on a peak."
            }
            (figure(Some(picture), None))
        }
        @if let Some(picture) = lines {
            p { "Every line is a trial. Blue: the best 5 %; orange: the best." }
            (figure(Some(picture), Some("Each axis from its lowest to its highest value; below an axis where a parameter is switched off")))
        }
    }
}

/// A share in per cent, or a dash.
fn share(metrics: &Metrics, metric: Metric) -> String {
    let value = metrics.get(metric).filter(|value| value.is_finite());
    value.map_or("\u{2013}".to_owned(), |value| percent(value, 1))
}

/// A ratio, or a dash.
fn ratio(metrics: &Metrics, metric: Metric) -> String {
    let value = metrics.get(metric).filter(|value| value.is_finite());
    value.map_or("\u{2013}".to_owned(), |value| format!("{value:.2}"))
}
