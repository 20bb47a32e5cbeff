//! The pictures of the page, each a function from report sections to inline SVG.

mod backtest;
mod canvas;
mod fan;
mod heat_map;
mod importance;
mod over_time;
mod parallel;
mod tracks;
mod trials;
mod weights;

pub(super) use backtest::{backtest_drawdown, backtest_equity, trades_on_price};
pub(super) use canvas::{EARNED, ERROR_VARIANCE, css_colour};
pub(super) use fan::fan;
pub(super) use heat_map::{Cells, heat_map};
pub(super) use importance::importance;
pub(super) use over_time::{finite_extremes, walk_forward};
pub(super) use parallel::{Axis, parallel};
pub(super) use tracks::{drawdown, equity, relative};
pub(super) use trials::{Mark, trials};
pub(super) use weights::weights;
