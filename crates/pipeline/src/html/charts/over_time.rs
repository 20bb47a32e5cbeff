//! Lines over dates: the frame that all pictures of a track share.

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::canvas::{EARNED, FAINT, INK, PRIOR, draw, font};
use crate::study::WalkForwardSection;

/// How a line looks, and its value at each date.
pub(super) type Line<'a> = (ShapeStyle, &'a [f64]);

/// The vertical axis: its range, about how many labels, and how they are written.
pub(super) type Vertical<'a, Y> = (Y, usize, &'a dyn Fn(&f64) -> String);

/// More points than this on one line cannot be told apart on the page.
const POINTS: usize = 1_600;

/// One line a series; the first is drawn first.
pub(super) fn over_time<Y>(
    dates: &[String],
    height: u32,
    (axis, labels, label): Vertical<'_, Y>,
    lines: &[Line<'_>],
) -> Option<String>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    let vertical = (axis, labels, label);
    over_dates(dates, height, vertical, |chart| {
        for (style, values) in lines {
            chart.draw_series(LineSeries::new(thinned(values), *style))?;
        }
        Ok(())
    })
}

/// The area inside the axes of a picture over dates.
pub(super) type OverDates<'a, 'b, Y> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<RangedCoordf64, <Y as AsRangedCoord>::CoordDescType>,
>;

/// The frame alone, filled by `picture`; the horizontal axis counts dates from 0.
pub(super) fn over_dates<Y>(
    dates: &[String],
    height: u32,
    (axis, labels, label): Vertical<'_, Y>,
    picture: impl FnOnce(&mut OverDates<'_, '_, Y>) -> Result<(), DrawingAreaErrorKind<std::io::Error>>,
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
            .build_cartesian_2d(span(dates), axis)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .label_style(font(12))
            .x_labels(12)
            .y_labels(labels)
            .x_label_formatter(&|at| date_at(dates, *at))
            .y_label_formatter(label)
            .draw()?;
        picture(&mut chart)
    })
}

/// Value of 1 of a rule and of holding: on a logarithmic axis where it earns its place, which is where
/// values multiply, and where there is one, which there is not for a value of nothing.
pub(super) fn beside_holding(dates: &[String], held: &[f64], ruled: &[f64]) -> Option<String> {
    let (lowest, highest) = extremes(held.iter().chain(ruled));
    let lines = [(PRIOR.stroke_width(2), held), (EARNED.stroke_width(2), ruled)];
    if lowest > 0.0 && highest / lowest > 3.0 {
        let axis = (lowest * 0.96..highest * 1.04).log_scale();
        over_time(dates, 320, (axis, 12, &|value| round_value(*value)), &lines)
    } else {
        let margin = ((highest - lowest) * 0.06).max(1e-3);
        let axis = lowest - margin..highest + margin;
        over_time(dates, 320, (axis, 6, &|value| format!("{value:.2}")), &lines)
    }
}

/// A walk-forward run beside holding.
pub(in crate::html) fn walk_forward(section: &WalkForwardSection) -> Option<String> {
    beside_holding(&section.dates, &section.buy_and_hold_equity, &section.equity)
}

pub(super) fn extremes<'a>(values: impl IntoIterator<Item = &'a f64>) -> (f64, f64) {
    values.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lowest, highest), value| {
        (lowest.min(*value), highest.max(*value))
    })
}

/// The least and the largest of the values that are numbers.
pub(in crate::html) fn finite_extremes(values: &[f64]) -> Option<(f64, f64)> {
    let (lowest, highest) = extremes(values.iter().filter(|value| value.is_finite()));
    lowest.is_finite().then_some((lowest, highest))
}

/// The horizontal axis: positions of the dates.
fn span(dates: &[String]) -> std::ops::Range<f64> {
    0.0..(dates.len() as f64 - 1.0).max(1.0)
}

/// The date at a position: year and month, and the day where there are few months.
fn date_at(dates: &[String], at: f64) -> String {
    let year = |date: Option<&String>| date.and_then(|date| date.get(..4)?.parse::<i32>().ok());
    let is_short = match (year(dates.first()), year(dates.last())) {
        (Some(first), Some(last)) => last - first <= 1,
        _ => false,
    };
    let date = dates.get(at.round() as usize).map_or("", String::as_str);
    date.get(..if is_short { 10 } else { 7 }).unwrap_or(date).to_owned()
}

/// The points of a line. Of a long one the lowest and the highest of each stretch, in their order, so
/// that the drawing keeps its outline.
pub(super) fn thinned(values: &[f64]) -> Vec<(f64, f64)> {
    let at = |(position, value): (usize, &f64)| (position as f64, *value);
    if values.len() <= POINTS {
        return values.iter().enumerate().map(at).collect();
    }
    let stretch = values.len().div_ceil(POINTS / 2);
    let mut points = Vec::with_capacity(POINTS);
    for (stretch_idx, part) in values.chunks(stretch).enumerate() {
        let extreme = |better: fn(f64, f64) -> bool| {
            (0..part.len())
                .reduce(|best, next| if better(part[next], part[best]) { next } else { best })
        };
        let (low, high) = (extreme(|a, b| a < b).unwrap_or(0), extreme(|a, b| a > b).unwrap_or(0));
        let mut ends = [low, high];
        ends.sort_unstable();
        points.extend(ends.map(|end| at((stretch_idx * stretch + end, &part[end]))));
    }
    points
}

/// A label at 1, 2 and 5 of each decade; the lines between are told by their distance.
pub(super) fn round_value(value: f64) -> String {
    let decade = 10.0_f64.powf((value.log10() + 1e-9).floor());
    match (value / decade).round() as i64 {
        1 | 2 | 5 => format!("{value:.0$}", if decade < 1.0 { 1 } else { 0 }),
        _ => String::new(),
    }
}

/// Whole per cent, without the sign of a zero.
pub(super) fn percent(value: f64) -> String {
    format!("{:.0} %", (value * 100.0).round() + 0.0)
}

/// Two decimals, without the sign of a zero.
pub(super) fn hundredths(value: f64) -> String {
    format!("{:.2}", (value * 100.0).round() / 100.0 + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_extremes_and_its_order() {
        let mut values: Vec<f64> = (0..10_000).map(|i| (f64::from(i) / 300.0).sin()).collect();
        values[7_777] = 9.0;
        values[3_333] = -9.0;
        let points = thinned(&values);
        assert!(points.len() <= POINTS);
        assert!(points.contains(&(7_777.0, 9.0)) && points.contains(&(3_333.0, -9.0)));
        assert!(points.is_sorted_by(|a, b| a.0 <= b.0));
        assert_eq!(thinned(&values[..50]).len(), 50);
    }

    #[test]
    fn a_zero_has_no_sign() {
        assert_eq!(
            (hundredths(-0.004), hundredths(-0.006)),
            ("0.00".to_owned(), "-0.01".to_owned())
        );
        assert_eq!(percent(-0.004), "0 %");
    }

    #[test]
    fn dates_show_the_day_where_there_are_few_months() {
        let dates = ["2020-01-31T10:00:00Z".to_owned(), "2020-02-28".to_owned()];
        assert_eq!(date_at(&dates, 0.2), "2020-01-31");
        let dates = ["2012-01-31".to_owned(), "2020-02-28".to_owned()];
        assert_eq!(date_at(&dates, 1.0), "2020-02");
    }
}
