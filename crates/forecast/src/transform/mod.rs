//! Models of a transformed series, with forecasts in the unit of the series.

mod box_cox;
mod transformed;

pub use box_cox::BoxCox;
pub use transformed::{FittedTransformed, Transformed};
