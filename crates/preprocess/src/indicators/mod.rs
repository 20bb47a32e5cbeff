//! Technical indicators.
mod ema;
mod rsi;
mod sma;

pub use ema::{ema, ema_into};
pub use rsi::{rsi, rsi_into};
pub use sma::{PrefixSums, sma, sma_into};

use crate::error::{ErrorKind, Result};

/// Checks the window and the buffer, and skips leading NaNs: the first row with a number.
fn first_number(values: &[f64], window: usize, out: &[f64]) -> Result<usize> {
    if window == 0 {
        return Err(ErrorKind::ZeroSize { parameter: "window" }.into());
    }
    if out.len() != values.len() {
        return Err(ErrorKind::OutputLength { expected: values.len(), got: out.len() }.into());
    }
    Ok(values.iter().position(|value| !value.is_nan()).unwrap_or(values.len()))
}
