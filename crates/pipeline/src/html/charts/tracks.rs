//! The out-of-sample record over time: value of each rule, value relative to the first, drawdown.

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

use super::canvas::rule_colour;
use super::over_time::{Line, over_time, percent, round_value};
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
    let lines: Vec<Line<'_>> = tracks
        .iter()
        .enumerate()
        .map(|(track_idx, (track, values))| (line(track_idx, track), values.as_slice()))
        .collect();
    over_time(&section.dates, height, (axis, labels, label), &lines)
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
