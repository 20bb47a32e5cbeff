//! Figures of pairs of values as a heat map: one cell a pair.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{ERROR_VARIANCE, INK, draw, font};
use super::over_time::hundredths;

/// Widest cell, in pixels; many columns make it narrower.
const CELL: i32 = 46;
/// Narrower cells have no room for their figure.
const WRITTEN: i32 = 38;
/// Width of all cells together.
const ROOM: i32 = 880;
const LEFT: i32 = 64;
const TOP: i32 = 12;

/// A figure for each pair of a row's and a column's value.
#[derive(Debug)]
pub(in crate::html) struct Cells<'a> {
    pub(in crate::html) row_title: &'a str,
    pub(in crate::html) column_title: &'a str,
    pub(in crate::html) rows: Vec<String>,
    pub(in crate::html) columns: Vec<String>,
    /// `[row][column]`; nothing where there is no figure.
    pub(in crate::html) figures: Vec<Vec<Option<f64>>>,
    /// Row and column of the cell that is framed.
    pub(in crate::html) framed: Option<(usize, usize)>,
    /// Whether lower figures are the better ones, and darker.
    pub(in crate::html) lower_is_better: bool,
}

/// From worse (pale) to better (dark).
pub(in crate::html) fn heat_map(cells: &Cells<'_>) -> Option<String> {
    let values = || cells.figures.iter().flatten().flatten().copied().filter(|v| v.is_finite());
    let lowest = values().fold(f64::INFINITY, f64::min);
    let highest = values().fold(f64::NEG_INFINITY, f64::max);
    let share = |value: f64| {
        let up = if highest > lowest { (value - lowest) / (highest - lowest) } else { 0.5 };
        if cells.lower_is_better { 1.0 - up } else { up }
    };
    let (columns, rows) = (cells.columns.len() as i32, cells.rows.len() as i32);
    let width = (ROOM / columns.max(1)).clamp(12, CELL);
    let row_height = CELL * 2 / 3;
    let height = rows * row_height;
    let size = ((LEFT + columns * width + 12) as u32, (TOP + height + 52) as u32);
    let centred = Pos::new(HPos::Center, VPos::Center);
    // As many column labels as there is room for.
    let every = (CELL * 5 / 6 / width + 1).max(1) as usize;
    draw(size, |area| {
        for (row, (label, figures)) in cells.rows.iter().zip(&cells.figures).enumerate() {
            let y = TOP + row as i32 * row_height;
            let middle = y + CELL / 3;
            let right = font(12).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(label.clone(), (LEFT - 8, middle), right))?;
            for (column, figure) in figures.iter().enumerate() {
                let x = LEFT + column as i32 * width;
                let cell = [(x + 1, y + 1), (x + width - 1, y + row_height - 1)];
                let Some(value) = figure.filter(|value| value.is_finite()) else { continue };
                area.draw(&Rectangle::new(cell, shade(share(value)).filled()))?;
                if width >= WRITTEN {
                    let ink = if share(value) > 0.4 { WHITE } else { INK };
                    let style = font(11).color(&ink).pos(centred);
                    area.draw(&Text::new(written(value), (x + width / 2, middle), style))?;
                }
                if cells.framed == Some((row, column)) {
                    // A path: the backend draws the borders of rectangles one pixel wide.
                    let [(left, top), (right, bottom)] = cell;
                    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
                    let around: Vec<(i32, i32)> = corners.into_iter().cycle().take(6).collect();
                    area.draw(&PathElement::new(around, ERROR_VARIANCE.stroke_width(3)))?;
                }
            }
        }
        for (column, label) in cells.columns.iter().enumerate().step_by(every) {
            let at = (LEFT + column as i32 * width + width / 2, TOP + height + 14);
            area.draw(&Text::new(label.clone(), at, font(12).pos(centred)))?;
        }
        let title = cells.column_title.to_owned();
        let below = (LEFT + columns * width / 2, TOP + height + 36);
        area.draw(&Text::new(title, below, font(12).pos(centred)))?;
        let turned = font(12).pos(centred).transform(FontTransform::Rotate270);
        let beside = (14, TOP + height / 2);
        area.draw(&Text::new(cells.row_title.to_owned(), beside, turned))?;
        Ok(())
    })
}

/// With the digits that a cell has room for.
fn written(value: f64) -> String {
    match value.abs() {
        size if size < 100.0 => hundredths(value),
        size if size < 100_000.0 => format!("{value:.0}"),
        _ => format!("{value:.0e}"),
    }
}

/// From pale to dark blue; lightness carries the figure, so it survives grey printing.
fn shade(share: f64) -> RGBColor {
    let between = |pale: f64, dark: f64| (pale + (dark - pale) * share.clamp(0.0, 1.0)) as u8;
    RGBColor(between(238.0, 18.0), between(244.0, 74.0), between(252.0, 150.0))
}
