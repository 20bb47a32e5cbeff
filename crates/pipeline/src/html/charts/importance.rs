//! What a metric depends on: a bar a parameter.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{EARNED, FAINT, PRIOR, draw, font};

const ROW: i32 = 26;
/// Where the bars begin and end.
const BARS: (i32, i32) = (190, 860);

/// Shares of the whole, 0 to 1, with their names; the last is drawn as what is left over.
pub(in crate::html) fn importance(shares: &[(String, f64)]) -> Option<String> {
    let height = (shares.len() as i32 * ROW + 12) as u32;
    draw((960, height), |area| {
        for (row, (name, share)) in shares.iter().enumerate() {
            let top = 6 + row as i32 * ROW;
            let middle = top + ROW / 2;
            let named = font(13).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(name.clone(), (BARS.0 - 10, middle), named))?;
            let bar = |end: i32| [(BARS.0, top + 4), (end, top + ROW - 4)];
            area.draw(&Rectangle::new(bar(BARS.1), FAINT.filled()))?;
            let colour = if row + 1 == shares.len() { PRIOR } else { EARNED };
            let end = BARS.0 + (share.clamp(0.0, 1.0) * f64::from(BARS.1 - BARS.0)) as i32;
            area.draw(&Rectangle::new(bar(end), colour.filled()))?;
            let figure = font(13).pos(Pos::new(HPos::Left, VPos::Center));
            let text = format!("{:.1} %", 100.0 * share);
            area.draw(&Text::new(text, (BARS.1 + 10, middle), figure))?;
        }
        Ok(())
    })
}
