//! Parallel coordinates: an upright axis a parameter, a line a trial.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{EARNED, ERROR_VARIANCE, INK, PRIOR, draw, font};

/// One axis: its name, the values at its lower and upper end, and where each line crosses it, from 0 at
/// the lower end to 1; NaN for a line that has no value there.
#[derive(Debug)]
pub(in crate::html) struct Axis {
    pub(in crate::html) name: String,
    pub(in crate::html) ends: (String, String),
    pub(in crate::html) places: Vec<f64>,
}

const TOP: i32 = 30;
const BOTTOM: i32 = 290;
const SIDE: i32 = 70;
const WIDTH: i32 = 960;
/// Lines without a value cross below the axis.
const OFF: f64 = -0.07;

/// All lines in grey, those from `good` on in blue, the last one in orange: the best comes last.
pub(in crate::html) fn parallel(axes: &[Axis], good: usize) -> Option<String> {
    let count = axes.first()?.places.len();
    let between = (WIDTH - 2 * SIDE) / (axes.len() as i32 - 1).max(1);
    let x = |axis: usize| SIDE + axis as i32 * between;
    let y = |place: f64| {
        let place = if place.is_nan() { OFF } else { place };
        BOTTOM - (place * f64::from(BOTTOM - TOP)).round() as i32
    };
    draw((WIDTH as u32, BOTTOM as u32 + 56), |area| {
        for line in 0..count {
            let style = match line {
                _ if line + 1 == count => ERROR_VARIANCE.stroke_width(3),
                _ if line >= good => EARNED.mix(0.55).stroke_width(1),
                _ => PRIOR.mix(0.28).stroke_width(1),
            };
            let points: Vec<(i32, i32)> =
                axes.iter().enumerate().map(|(at, axis)| (x(at), y(axis.places[line]))).collect();
            area.draw(&PathElement::new(points, style))?;
        }
        let centred = |vertical| font(12).pos(Pos::new(HPos::Center, vertical));
        for (at, axis) in axes.iter().enumerate() {
            let ends = vec![(x(at), TOP), (x(at), BOTTOM)];
            area.draw(&PathElement::new(ends, INK.stroke_width(1)))?;
            let (low, high) = (axis.ends.0.clone(), axis.ends.1.clone());
            area.draw(&Text::new(high, (x(at), TOP - 8), centred(VPos::Bottom)))?;
            area.draw(&Text::new(low, (x(at), BOTTOM + 8), centred(VPos::Top)))?;
            let name = font(13).pos(Pos::new(HPos::Center, VPos::Top));
            area.draw(&Text::new(axis.name.clone(), (x(at), BOTTOM + 28), name))?;
        }
        Ok(())
    })
}
