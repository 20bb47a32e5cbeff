//! The pictures of the page, each a function from report sections to inline SVG.

mod canvas;
mod fan;
mod heat_map;
mod tracks;
mod weights;

pub(super) use canvas::css_colour;
pub(super) use fan::fan;
pub(super) use heat_map::heat_map;
pub(super) use tracks::{drawdown, equity, relative};
pub(super) use weights::weights;
