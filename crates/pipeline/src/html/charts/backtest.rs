//! One rule against buying and holding, and its trades on the price.

use std::ops::Range;

use plotters::prelude::*;
use tangency_optimize::backtest::{Side, TradeStatus};

use super::canvas::{EARNED, ERROR_VARIANCE, INK, PRIOR, price_label};
use super::over_time::{Line, beside_holding, extremes, over_dates, over_time, percent, thinned};
use crate::backtest::{BacktestReport, TradeRow};

/// More trades than this would hide the price under their marks; they are shaded only.
const MARKED_TRADES: usize = 150;

/// Equity of the rule and of holding, both from 1.
pub(in crate::html) fn backtest_equity(report: &BacktestReport) -> Option<String> {
    let from_one = |equity: &[f64]| -> Vec<f64> {
        equity.iter().map(|value| value / report.settings.cash).collect()
    };
    let (held, ruled) = (from_one(&report.buy_and_hold_equity), from_one(&report.equity));
    beside_holding(&report.dates, &held, &ruled)
}

/// How far each was below its highest value so far.
pub(in crate::html) fn backtest_drawdown(report: &BacktestReport) -> Option<String> {
    let held = underwater(&report.buy_and_hold_equity, report.settings.cash);
    let ruled = underwater(&report.equity, report.settings.cash);
    let deepest = extremes(held.iter().chain(&ruled)).0.min(-0.01);
    let lines: [Line<'_>; 2] = [(PRIOR.stroke_width(1), &held), (EARNED.stroke_width(1), &ruled)];
    over_time(&report.dates, 200, (deepest * 1.05..0.0, 5, &|value| percent(*value)), &lines)
}

/// The close, the bars in which a position was held, and entries and exits as triangles, within `bars`.
pub(in crate::html) fn trades_on_price(
    report: &BacktestReport,
    bars: Range<usize>,
) -> Option<String> {
    let (close, dates) = (&report.close[bars.clone()], &report.dates[bars.clone()]);
    let trades: Vec<&TradeRow> = report
        .trades
        .iter()
        .filter(|trade| trade.entry_bar < bars.end && trade.exit_bar >= bars.start)
        .collect();
    let (lowest, highest) = extremes(close);
    let margin = ((highest - lowest) * 0.08).max(highest.abs() * 1e-3);
    let axis = lowest - margin..highest + margin;
    let place = |bar: usize| bar as f64 - bars.start as f64;
    let label = |price: &f64| price_label(*price, highest);
    over_dates(dates, 320, (axis.clone(), 6, &label), |chart| {
        for trade in &trades {
            let from = place(trade.entry_bar).max(0.0);
            let to = place(trade.exit_bar).min(close.len() as f64 - 1.0);
            let corners = [(from, axis.start), (to, axis.end)];
            chart.draw_series([Rectangle::new(corners, colour(trade.side).mix(0.12).filled())])?;
        }
        chart.draw_series(LineSeries::new(thinned(close), INK.stroke_width(1)))?;
        if trades.len() > MARKED_TRADES {
            return Ok(());
        }
        for trade in &trades {
            let own = colour(trade.side).filled();
            if bars.contains(&trade.entry_bar) {
                let entry = (place(trade.entry_bar), trade.entry_price);
                let points = match trade.side {
                    Side::Long => UP,
                    Side::Short => DOWN,
                };
                chart
                    .draw_series([EmptyElement::at(entry) + Polygon::new(points.to_vec(), own)])?;
            }
            let closed = trade.status == TradeStatus::Closed;
            if closed && bars.contains(&trade.exit_bar) {
                let exit = (place(trade.exit_bar), trade.exit_price);
                chart
                    .draw_series([EmptyElement::at(exit) + Circle::new((0, 0), 4, INK.filled())])?;
            }
        }
        Ok(())
    })
}

/// A triangle upwards, in pixels around the point it marks.
const UP: [(i32, i32); 3] = [(0, -6), (-5, 5), (5, 5)];
/// A triangle downwards.
const DOWN: [(i32, i32); 3] = [(0, 6), (-5, -5), (5, -5)];

fn colour(side: Side) -> RGBColor {
    match side {
        Side::Long => EARNED,
        Side::Short => ERROR_VARIANCE,
    }
}

/// Share below the running maximum, which starts at the cash.
fn underwater(equity: &[f64], cash: f64) -> Vec<f64> {
    let mut high = cash;
    equity
        .iter()
        .map(|&value| {
            high = high.max(value);
            value / high - 1.0
        })
        .collect()
}
