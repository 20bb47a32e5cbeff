//! Technical indicators, one file each.
//!
//! Every indicator is a function over `&[f64]` with an `_into` form, and a parameter struct
//! implementing [`Indicator`] for callers who choose by name at run time ([`parse`]).
//!
//! Common rules: the output is as long as the input; rows before enough is known are NaN; row `t`
//! depends on rows up to and including `t`; leading NaNs of the input shift the warm-up, and a NaN
//! after them makes every later value NaN, so that a hole in the data shows in the result; a series
//! shorter than the window is all NaN; a window of 0 is an error. Infinite inputs follow
//! floating-point arithmetic.

mod atr;
mod bollinger;
mod columns;
mod ema;
mod exact_sum;
mod indicator;
mod macd;
mod rsi;
mod sma;
mod window;

pub use atr::{Atr, atr, atr_into};
pub use bollinger::{Bollinger, bollinger_into};
pub use columns::Columns;
pub use ema::{Ema, ema, ema_into};
pub use indicator::{Indicator, known, parse};
pub use macd::{Macd, macd_into};
pub use rsi::{Rsi, rsi, rsi_into};
pub use sma::{PrefixSums, Sma, sma, sma_into};
