//! Prices before a split or a dividend, made comparable with those after it.
//!
//! A split multiplies the number of shares and divides the price; a dividend takes cash out of the
//! company, and the price falls by about that much on the ex-date. Neither is a return of the holder, so
//! the rows before the ex-date are changed ("back-adjusted") and the last row stays as it was quoted.

mod actions;
mod factors;

pub use actions::{Adjust, DividendMethod};
