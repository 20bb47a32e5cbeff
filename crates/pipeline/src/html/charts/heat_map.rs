//! The grid as a heat map: one cell a pair of windows.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{INK, draw, font};
use crate::report::GridSection;

const CELL: i32 = 46;
const LEFT: i32 = 64;
const TOP: i32 = 12;

/// Median figure of each pair, from low (pale) to high (dark); the winner is framed.
pub(in crate::html) fn heat_map(grid: &GridSection) -> Option<String> {
    let values = || grid.median.iter().flatten().flatten().copied().filter(|v| v.is_finite());
    let lowest = values().fold(f64::INFINITY, f64::min);
    let highest = values().fold(f64::NEG_INFINITY, f64::max);
    let (columns, rows) = (grid.slow.len() as i32, grid.fast.len() as i32);
    let height = rows * CELL * 2 / 3;
    let size = ((LEFT + columns * CELL + 12) as u32, (TOP + height + 52) as u32);
    let centred = Pos::new(HPos::Center, VPos::Center);
    draw(size, |area| {
        for (row, fast) in grid.fast.iter().enumerate() {
            let y = TOP + row as i32 * CELL * 2 / 3;
            let middle = y + CELL / 3;
            area.draw(&Text::new(
                fast.to_string(),
                (LEFT - 8, middle),
                font(12).pos(Pos::new(HPos::Right, VPos::Center)),
            ))?;
            for (column, slow) in grid.slow.iter().enumerate() {
                let x = LEFT + column as i32 * CELL;
                let cell = [(x + 1, y + 1), (x + CELL - 1, y + CELL * 2 / 3 - 1)];
                let Some(value) = grid.median[row][column] else { continue };
                let share =
                    if highest > lowest { (value - lowest) / (highest - lowest) } else { 0.5 };
                area.draw(&Rectangle::new(cell, shade(share).filled()))?;
                let ink = if share > 0.4 { WHITE } else { INK };
                area.draw(&Text::new(
                    format!("{value:.2}"),
                    (x + CELL / 2, middle),
                    font(11).color(&ink).pos(centred),
                ))?;
                if (*fast, *slow) == (grid.best.fast, grid.best.slow) {
                    area.draw(&Rectangle::new(cell, RGBColor(214, 122, 38).stroke_width(3)))?;
                }
            }
        }
        for (column, slow) in grid.slow.iter().enumerate() {
            let x = LEFT + column as i32 * CELL + CELL / 2;
            area.draw(&Text::new(slow.to_string(), (x, TOP + height + 14), font(12).pos(centred)))?;
        }
        let below = TOP + height + 36;
        area.draw(&Text::new(
            "slow window (rows)",
            (LEFT + columns * CELL / 2, below),
            font(12).pos(centred),
        ))?;
        let turned = font(12).pos(centred).transform(FontTransform::Rotate270);
        area.draw(&Text::new("fast window (rows)", (14, TOP + height / 2), turned))?;
        Ok(())
    })
}

/// From pale to dark blue; lightness carries the figure, so it survives grey printing.
fn shade(share: f64) -> RGBColor {
    let between = |pale: f64, dark: f64| (pale + (dark - pale) * share.clamp(0.0, 1.0)) as u8;
    RGBColor(between(238.0, 18.0), between(244.0, 74.0), between(252.0, 150.0))
}
