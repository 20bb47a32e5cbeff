//! The walk-forward part of `tangency grid`.

use std::fmt::Write as _;

use tangency::optimize::ErrorKind;
use tangency::optimize::metrics::{Metric, Metrics};
use tangency::optimize::search::{BacktestObjective, Grid};
use tangency::optimize::validation::{WalkForwardReport, walk_forward};
use tangency::pipeline::WalkForwardSection;
use tangency::pool::{CancelToken, Pool};
use tangency::preprocess::folds::{Fold, WalkForward};

use crate::args::GridArgs;
use crate::exit::{Failure, Outcome};
use crate::progress::Meter;

/// The folds that the options ask for.
pub(super) fn plan(args: &GridArgs) -> Outcome<Option<WalkForward>> {
    let Some(text) = &args.walk_forward else { return Ok(None) };
    if args.method != "grid" {
        return Err(Failure::usage(
            "--walk-forward tries every combination on every window; it goes with --method grid",
        ));
    }
    let rows: Option<Vec<usize>> = text.split(':').map(|part| part.trim().parse().ok()).collect();
    let plan = match rows.as_deref() {
        Some([train, test]) => WalkForward::new(*train, *test),
        Some([train, test, step]) => WalkForward::new(*train, *test).step(*step),
        _ => {
            return Err(Failure::usage(format!(
                "--walk-forward {text}: expected numbers of rows, TRAIN:TEST or TRAIN:TEST:STEP"
            )));
        }
    };
    Ok(Some(plan.expanding(args.expanding)))
}

/// The same over the bars.
pub(super) fn folds(plan: &WalkForward, bars: usize) -> Outcome<Vec<Fold>> {
    let laid = plan.folds(bars).map_err(|error| Failure::usage(format!("--walk-forward: {error}")));
    Ok(laid?.collect())
}

/// Chooses on every window and follows the winners.
pub(super) fn run(
    grid: &Grid,
    folds: &[Fold],
    metric: Metric,
    objective: &BacktestObjective<'_>,
    pool: &Pool,
    meter: &Meter,
    cancel: &CancelToken,
) -> Outcome<WalkForwardReport> {
    let folds = folds.iter().cloned();
    walk_forward(grid, folds, metric, objective, pool, Some(meter), Some(cancel)).map_err(|error| {
        match error.kind() {
            ErrorKind::Cancelled { .. } => Failure::interrupted(),
            ErrorKind::AllTrialsFailed { .. } | ErrorKind::Pool { .. } => {
                Failure::work(format!("walk-forward: {error}"))
            }
            _ => Failure::usage(format!("walk-forward: {error}")),
        }
    })
}

/// The folds and what following their winners came to, for people.
pub(super) fn write(section: &WalkForwardSection, metric: &str, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\nwalk-forward, {} choices on the past alone:", section.folds.len());
    let figure = |value: Option<f64>| match value {
        Some(value) if value.is_finite() => format!("{value:.4}"),
        _ => "-".to_owned(),
    };
    let _ = writeln!(
        text,
        "  {:<24} {:<28} {:>13} {:>13}",
        "traded on", "parameters", metric, "out of sample"
    );
    for fold in &section.folds {
        let params = fold.params.as_ref().map_or("nothing held".to_owned(), ToString::to_string);
        let dates = format!("{} to {}", fold.test.0, fold.test.1);
        let (before, after) = (figure(fold.in_sample), figure(fold.out_of_sample));
        let _ = writeln!(text, "  {dates:<24} {params:<28} {before:>13} {after:>13}");
    }
    let line = |name: &str, metrics: &Metrics| {
        let of = |metric| figure(metrics.get(metric));
        format!(
            "  {name:<20} total return {:>9}, sharpe {:>8}, max drawdown {:>8}\n",
            of(Metric::TotalReturn),
            of(Metric::Sharpe),
            of(Metric::MaxDrawdown)
        )
    };
    text.push_str(&line("winners of the past", &section.metrics));
    text.push_str(&line("buy and hold", &section.buy_and_hold));
    if section.efficiency.is_finite() {
        let _ = writeln!(
            text,
            "  the winners grew at {:.0} % of the pace that they were chosen for",
            100.0 * section.efficiency
        );
    }
}
