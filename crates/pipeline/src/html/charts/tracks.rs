//! The out-of-sample record: value and drawdown of each rule over time.

use plotters::prelude::*;

use super::canvas::{FAINT, INK, draw, font, rule_colour};
use crate::report::{OutOfSampleSection, TrackSection};

/// Value of each rule at the end of each period, on a logarithmic axis.
pub(in crate::html) fn equity(section: &OutOfSampleSection) -> Option<String> {
    let values = || section.tracks.iter().flat_map(|track| track.equity.iter().copied());
    let lowest = values().fold(1.0, f64::min) * 0.96;
    let highest = values().fold(1.0, f64::max) * 1.04;
    draw((960, 330), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(26)
            .y_label_area_size(52)
            .build_cartesian_2d(periods(section), (lowest..highest).log_scale())?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .label_style(font(12))
            .x_labels(12)
            .x_label_formatter(&|period| date_at(section, *period))
            .y_label_formatter(&|value| format!("{value:.2}"))
            .draw()?;
        for (track_idx, track) in section.tracks.iter().enumerate() {
            let points = track.equity.iter().enumerate().map(|(at, value)| (at as f64, *value));
            chart.draw_series(LineSeries::new(points, line(track_idx, track)))?;
        }
        Ok(())
    })
}

/// Deepest drawdown within each period.
pub(in crate::html) fn drawdown(section: &OutOfSampleSection) -> Option<String> {
    let deepest = section
        .tracks
        .iter()
        .flat_map(|track| track.drawdown.iter().copied())
        .fold(-0.01, f64::min);
    draw((960, 210), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(26)
            .y_label_area_size(52)
            .build_cartesian_2d(periods(section), deepest * 1.05..0.0)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .label_style(font(12))
            .x_labels(12)
            .y_labels(5)
            .x_label_formatter(&|period| date_at(section, *period))
            .y_label_formatter(&|value| format!("{:.0} %", value * 100.0))
            .draw()?;
        for (track_idx, track) in section.tracks.iter().enumerate() {
            let points = track.drawdown.iter().enumerate().map(|(at, value)| (at as f64, *value));
            chart.draw_series(LineSeries::new(points, line(track_idx, track)))?;
        }
        Ok(())
    })
}

/// Earlier tracks are drawn wider, so that a rule that follows the prior exactly stays visible on it.
fn line(track_idx: usize, track: &TrackSection) -> ShapeStyle {
    rule_colour(&track.name).stroke_width(if track_idx == 0 { 4 } else { 2 })
}

fn periods(section: &OutOfSampleSection) -> std::ops::Range<f64> {
    0.0..(section.dates.len() as f64 - 1.0).max(1.0)
}

/// The year and month of a period.
fn date_at(section: &OutOfSampleSection, period: f64) -> String {
    let date = section.dates.get(period.round() as usize).map_or("", String::as_str);
    date.get(..7).unwrap_or(date).to_owned()
}
