//! How the figures of trials lie, and where some that matter stand among them.

use plotters::prelude::*;

use super::canvas::{FAINT, INK, PRIOR, draw, font};
use super::over_time::hundredths;

/// Classes of the histogram.
const CLASSES: usize = 30;

/// A figure that is marked: where, in which colour, and what it is.
pub(in crate::html) type Mark<'a> = (f64, RGBColor, &'a str);

/// Histogram of the trials' figures, with the marked ones as lines.
pub(in crate::html) fn trials(figures: &[f64], marks: &[Mark<'_>]) -> Option<String> {
    let all = || figures.iter().copied().chain(marks.iter().map(|mark| mark.0));
    let lowest = all().fold(f64::INFINITY, f64::min);
    let highest = all().fold(f64::NEG_INFINITY, f64::max);
    if !(lowest.is_finite() && highest.is_finite() && highest > lowest) {
        return None;
    }
    let width = (highest - lowest) / CLASSES as f64;
    let mut counts = [0_u32; CLASSES];
    for figure in figures {
        counts[(((figure - lowest) / width) as usize).min(CLASSES - 1)] += 1;
    }
    let most = f64::from(counts.into_iter().max().unwrap_or(1));
    draw((960, 220), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(26)
            .y_label_area_size(52)
            .build_cartesian_2d(lowest - width..highest + width, 0.0..most * 1.25)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .label_style(font(12))
            .x_labels(10)
            .y_labels(5)
            .x_label_formatter(&|&figure| hundredths(figure))
            .y_label_formatter(&|count| format!("{count:.0}"))
            .draw()?;
        chart.draw_series(counts.iter().enumerate().map(|(class, count)| {
            let left = lowest + class as f64 * width;
            let corners = [(left, 0.0), (left + 0.92 * width, f64::from(*count))];
            Rectangle::new(corners, PRIOR.filled())
        }))?;
        for (place, (figure, colour, label)) in marks.iter().enumerate() {
            let height = 1.12 + 0.08 * place as f64;
            let stem = [(*figure, 0.0), (*figure, most * height)];
            chart.draw_series(LineSeries::new(stem, colour.stroke_width(3)))?;
            // Written towards the middle, so that no label leaves the picture.
            let right = *figure > 0.5 * (lowest + highest);
            let text = format!("{label}: {figure:.2}");
            let offset = if right { -(text.len() as i32 * 7) - 6 } else { 6 };
            let at = EmptyElement::at((*figure, most * height));
            chart.draw_series([at + Text::new(text, (offset, -4), font(13).color(colour))])?;
        }
        Ok(())
    })
}
