//! The out-of-sample record over time: value of each rule, value relative to the first, drawdown.

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

use super::canvas::{FAINT, INK, draw, font, rule_colour};
use crate::report::{OutOfSampleSection, TrackSection};

/// Value of each rule at the end of each period, on a logarithmic axis.
pub(in crate::html) fn equity(section: &OutOfSampleSection) -> Option<String> {
    let tracks: Vec<(&TrackSection, Vec<f64>)> =
        section.tracks.iter().map(|track| (track, track.equity.clone())).collect();
    let (lowest, highest) = extremes(&tracks);
    let axis = (lowest * 0.96..highest * 1.04).log_scale();
    lines(section, 320, axis, &tracks, 12, &|value| round_value(*value))
}

/// Value of every later rule relative to the first, which is the level line at 1.
pub(in crate::html) fn relative(section: &OutOfSampleSection) -> Option<String> {
    let (first, later) = section.tracks.split_first()?;
    let ratio = |track: &TrackSection| {
        track.equity.iter().zip(&first.equity).map(|(value, ground)| value / ground).collect()
    };
    let mut tracks: Vec<(&TrackSection, Vec<f64>)> = vec![(first, vec![1.0; first.equity.len()])];
    tracks.extend(later.iter().map(|track| (track, ratio(track))));
    let (lowest, highest) = extremes(&tracks);
    let margin = ((highest - lowest) * 0.08).max(1e-3);
    lines(section, 200, lowest - margin..highest + margin, &tracks, 5, &|value| {
        format!("{value:.3}")
    })
}

/// Deepest drawdown within each period.
pub(in crate::html) fn drawdown(section: &OutOfSampleSection) -> Option<String> {
    let tracks: Vec<(&TrackSection, Vec<f64>)> =
        section.tracks.iter().map(|track| (track, track.drawdown.clone())).collect();
    let deepest = extremes(&tracks).0.min(-0.01);
    lines(section, 210, deepest * 1.05..0.0, &tracks, 5, &|value| percent(*value))
}

/// One line a track over the periods.
fn lines<Y>(
    section: &OutOfSampleSection,
    height: u32,
    axis: Y,
    tracks: &[(&TrackSection, Vec<f64>)],
    labels: usize,
    label: &dyn Fn(&f64) -> String,
) -> Option<String>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    draw((960, height), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(26)
            .y_label_area_size(52)
            .build_cartesian_2d(periods(section), axis)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .label_style(font(12))
            .x_labels(12)
            .y_labels(labels)
            .x_label_formatter(&|period| date_at(section, *period))
            .y_label_formatter(label)
            .draw()?;
        for (track_idx, (track, values)) in tracks.iter().enumerate() {
            let points = values.iter().enumerate().map(|(at, value)| (at as f64, *value));
            chart.draw_series(LineSeries::new(points, line(track_idx, track)))?;
        }
        Ok(())
    })
}

/// A label at 1, 2 and 5 of each decade; the lines between are told by their distance.
fn round_value(value: f64) -> String {
    let decade = 10.0_f64.powf((value.log10() + 1e-9).floor());
    match (value / decade).round() as i64 {
        1 | 2 | 5 => format!("{value:.0$}", if decade < 1.0 { 1 } else { 0 }),
        _ => String::new(),
    }
}

/// Whole per cent, without the sign of a zero.
fn percent(value: f64) -> String {
    format!("{:.0} %", (value * 100.0).round() + 0.0)
}

/// Smallest and largest value of all tracks.
fn extremes(tracks: &[(&TrackSection, Vec<f64>)]) -> (f64, f64) {
    let values = || tracks.iter().flat_map(|(_, values)| values.iter().copied());
    (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
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
