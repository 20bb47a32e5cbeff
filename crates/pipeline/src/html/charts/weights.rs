//! Weights beside the prior: three bars an asset.

use plotters::prelude::*;

use super::canvas::{EARNED, ERROR_VARIANCE, FAINT, INK, PRIOR, draw, font};
use crate::report::AssetSection;

/// Grouped bars of the prior, earned and error-variance weights, in the order of the assets.
pub(in crate::html) fn weights(assets: &[AssetSection]) -> Option<String> {
    let values = |asset: &AssetSection| {
        [
            (asset.weights.prior, PRIOR),
            (asset.weights.earned, EARNED),
            (asset.weights.error_variance, ERROR_VARIANCE),
        ]
    };
    let extreme = |pick: fn(f64, f64) -> f64| {
        assets.iter().flat_map(values).fold(0.0, |best, (value, _)| pick(best, value))
    };
    let (lowest, highest) = (extreme(f64::min) * 1.08, extreme(f64::max).max(1e-6) * 1.08);
    let width = (assets.len() as u32 * 46 + 70).clamp(480, 2400);
    draw((width, 320), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(30)
            .y_label_area_size(52)
            .build_cartesian_2d(0.0..assets.len() as f64, lowest..highest)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .y_label_style(font(12))
            .y_labels(6)
            .y_label_formatter(&|weight| format!("{:.1} %", weight * 100.0))
            .draw()?;
        for (asset_idx, asset) in assets.iter().enumerate() {
            for (bar, (value, colour)) in values(asset).into_iter().enumerate() {
                let left = asset_idx as f64 + 0.14 + 0.24 * bar as f64;
                chart.draw_series([Rectangle::new(
                    [(left, 0.0), (left + 0.22, value)],
                    colour.filled(),
                )])?;
            }
            let (x, y) = chart.backend_coord(&(asset_idx as f64 + 0.5, lowest));
            let anchor = plotters::style::text_anchor::Pos::new(
                plotters::style::text_anchor::HPos::Center,
                plotters::style::text_anchor::VPos::Top,
            );
            area.draw(&Text::new(asset.name.clone(), (x, y + 6), font(12).pos(anchor)))?;
        }
        Ok(())
    })
}
