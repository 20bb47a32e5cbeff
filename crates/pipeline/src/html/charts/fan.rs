//! One asset's forecast: the last closes, the median path and its interval.

use plotters::prelude::*;

use super::canvas::{EARNED, FAINT, INK, draw, font, price_label};
use crate::report::Fan;

/// History and fan on one price axis; the x axis counts rows from the decision.
pub(in crate::html) fn fan(fan: &Fan) -> Option<String> {
    let past = fan.history.len() as f64 - 1.0;
    let steps = fan.median.len() as f64;
    let prices = || fan.history.iter().chain(&fan.lower).chain(&fan.upper).copied();
    let (lowest, highest) =
        (prices().fold(f64::INFINITY, f64::min), prices().fold(f64::NEG_INFINITY, f64::max));
    let margin = ((highest - lowest) * 0.06).max(highest.abs() * 1e-3);
    let last = *fan.history.last()?;
    // The fan opens at the last close.
    let path = |values: &[f64]| {
        let mut points = vec![(0.0, last)];
        points.extend(values.iter().enumerate().map(|(step, value)| (step as f64 + 1.0, *value)));
        points
    };
    draw((330, 215), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(24)
            .y_label_area_size(44)
            .build_cartesian_2d(-past..steps, lowest - margin..highest + margin)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .label_style(font(12))
            .x_labels(6)
            .y_labels(5)
            .x_label_formatter(&|row| format!("{row:+.0}"))
            .y_label_formatter(&|price| price_label(*price, highest))
            .draw()?;
        let mut outline = path(&fan.upper);
        outline.extend(path(&fan.lower).into_iter().rev());
        chart.draw_series([Polygon::new(outline, EARNED.mix(0.16).filled())])?;
        let history =
            fan.history.iter().enumerate().map(|(row, price)| (row as f64 - past, *price));
        chart.draw_series(LineSeries::new(history, INK.stroke_width(1)))?;
        chart.draw_series(LineSeries::new(path(&fan.median), EARNED.stroke_width(2)))?;
        Ok(())
    })
}
