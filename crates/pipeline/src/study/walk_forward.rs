//! A walk-forward run with its dates, beside buying and holding.

use std::ops::Range;

use tangency_optimize::backtest::Bars;
use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::validation::WalkForwardReport;
use tangency_preprocess::folds::Fold;
use tangency_shared_data::time::format_date;

use super::report::{WalkForwardRow, WalkForwardSection};

pub(super) fn section(
    timestamps: &[i64],
    bars: &Bars<'_>,
    folds: &[Fold],
    report: &WalkForwardReport,
    metric: Metric,
    periods_per_year: f64,
) -> WalkForwardSection {
    let date = |row: usize| format_date(timestamps[row]);
    let ends = |rows: &Range<usize>| (date(rows.start), date(rows.end.max(rows.start + 1) - 1));
    let row = |(fold, winner): (&Fold, &Option<_>)| {
        let winner: Option<&tangency_optimize::validation::WalkForwardFold> = winner.as_ref();
        WalkForwardRow {
            train: ends(&fold.train),
            test: ends(&fold.test),
            params: winner.map(|winner| winner.params.clone()),
            in_sample: winner.and_then(|winner| winner.in_sample.get(metric)),
            out_of_sample: winner.and_then(|winner| winner.out_of_sample.get(metric)),
        }
    };
    let close = bars.close();
    // Held from the close before the first traded row; the first row of all has none before it.
    let held: Vec<f64> = report
        .rows
        .iter()
        .map(|&row| row.checked_sub(1).map_or(0.0, |before| close[row] / close[before] - 1.0))
        .collect();
    let dates: Vec<String> = report.rows.iter().map(|row| date(*row)).collect();
    WalkForwardSection {
        folds: folds.iter().zip(&report.folds).map(row).collect(),
        first_date: dates.first().cloned().unwrap_or_default(),
        last_date: dates.last().cloned().unwrap_or_default(),
        efficiency: report.efficiency,
        metrics: report.metrics(periods_per_year),
        buy_and_hold: Metrics::of_returns(&held, periods_per_year),
        failed: report.failed,
        dates,
        equity: compounded(&report.returns),
        buy_and_hold_equity: compounded(&held),
    }
}

/// Value of 1 after each return.
fn compounded(returns: &[f64]) -> Vec<f64> {
    let mut value = 1.0;
    let after = |r: &f64| {
        value *= 1.0 + r;
        value
    };
    returns.iter().map(after).collect()
}
